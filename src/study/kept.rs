//! What is kept of the replications of one test, so that more of them can be laid beside those that are there.

use super::observe::Figure;
use super::over_time::OverTime;
use super::prediction::Key;
use crate::measure::Attribution;

/// What one replication showed.
pub(super) struct Replication {
    pub figures: Vec<Figure>,
    /// Per endpoint.
    pub attribution: Vec<Attribution>,
    /// Per queue.
    pub job_time: Vec<Attribution>,
    /// `None` where nobody wants lines over time.
    pub over_time: Option<OverTime>,
    pub cut_at: Option<u64>,
}

/// Replications of one test, from the first on.
#[derive(Debug, Default)]
pub struct Kept {
    /// What the figures are, with their units: the same for all.
    pub(super) keys: Vec<(Key, &'static str)>,
    /// The figures of each replication, in the order of the keys.
    pub(super) values: Vec<Vec<f64>>,
    /// Of all together, per endpoint; none before the first.
    pub(super) attribution: Vec<Attribution>,
    /// The same per queue.
    pub(super) job_time: Vec<Attribution>,
    /// Of those that have lines over time.
    pub(super) over_time: Vec<OverTime>,
    /// When replications were cut, of those that were; ns.
    pub(super) cuts: Vec<u64>,
}

impl Kept {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn add(&mut self, one: Replication) {
        if self.is_empty() {
            self.keys = one.figures.iter().map(|figure| (figure.key.clone(), figure.unit)).collect();
        }
        self.values.push(one.figures.iter().map(|figure| figure.value).collect());
        if self.len() == 1 {
            (self.attribution, self.job_time) = (one.attribution, one.job_time);
        } else {
            self.attribution.iter_mut().zip(&one.attribution).for_each(|(all, one)| all.merge(one));
            self.job_time.iter_mut().zip(&one.job_time).for_each(|(all, one)| all.merge(one));
        }
        self.over_time.extend(one.over_time);
        self.cuts.extend(one.cut_at);
    }

    /// A figure of the whole test, replication by replication; empty if there is no such figure.
    pub(super) fn of(&self, metric: &str, stat: &str) -> Vec<f64> {
        let place = self.keys.iter().position(|(key, _)| key.metric == metric && key.stat == stat);
        place.map_or(Vec::new(), |place| self.values.iter().map(|values| values[place]).collect())
    }
}
