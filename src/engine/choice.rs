//! Which way a request goes.

use super::program::Pc;
use crate::random::Draw;

/// Ways by weight: `(cumulative share, where)`; the last share is 1.
#[derive(Clone, Debug)]
pub struct ChoiceSpec {
    pub ways: Vec<(f64, Pc)>,
}

impl ChoiceSpec {
    /// The way that a draw takes.
    pub(super) fn way(&self, mut draw: Draw) -> u32 {
        let share = draw.uniform();
        let way = self.ways.iter().find(|&&(until, _)| share < until).or(self.ways.last());
        way.map_or(0, |&(_, to)| to)
    }
}
