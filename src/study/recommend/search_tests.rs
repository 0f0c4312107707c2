//! Searches of spaces whose answers are known by formula.

use super::super::space::{Config, Knob, KnobValue, covers};
use super::*;
use crate::random::Draw;
use std::convert::Infallible;

/// Excess by a formula; counts what is asked.
struct Formula<'a, F> {
    space: &'a Space,
    excess: F,
    /// Those that fail by less seem to pass at first.
    doubt: f64,
    asked: usize,
}

impl<F: Fn(&Config) -> f64> Tries for Formula<'_, F> {
    type Error = Infallible;
    fn try_out(&mut self, index: usize) -> Result<Trial, Infallible> {
        self.asked += 1;
        let excess = (self.excess)(self.space.config(index));
        Ok(if excess < 0.0 || excess < self.doubt { Trial::Passes } else { Trial::Fails(excess) })
    }
    fn make_sure(&mut self, index: usize) -> Result<Trial, Infallible> {
        let excess = (self.excess)(self.space.config(index));
        Ok(if excess < 0.0 { Trial::Passes } else { Trial::Fails(excess) })
    }
}

fn knob(values: usize, ordered: bool) -> Knob {
    let gives: Vec<Option<Vec<f64>>> = (0..values).map(|value| Some(vec![value as f64])).collect();
    let value = |value: usize| KnobValue { text: value.to_string(), number: Some(value as f64) };
    Knob {
        path: format!("knob{values}"),
        values: (0..values).map(value).collect(),
        covers: ordered.then(|| covers(&gives)),
    }
}

fn found(space: &Space, exhaustive: bool, excess: impl Fn(&Config) -> f64) -> (Found, usize) {
    found_in_doubt(space, exhaustive, 0.0, excess)
}

fn found_in_doubt(space: &Space, exhaustive: bool, doubt: f64, excess: impl Fn(&Config) -> f64) -> (Found, usize) {
    let mut formula = Formula { space, excess, doubt, asked: 0 };
    let Ok(found) = search(space, space.len(), exhaustive, &mut formula);
    (found, formula.asked)
}

/// Instances of growing price and number, and connections of which there are best as many as suit both.
fn fleet() -> Space {
    let knobs = vec![knob(5, true), knob(8, true), knob(12, false), knob(4, false)];
    Space::new(knobs, vec![None; 4], |config| (1u32 << config[0]) as f64 * (config[1] + 1) as f64)
}

#[test]
fn it_finds_what_trying_all_finds_with_few_trials() {
    let space = fleet();
    assert_eq!(space.len(), 1920);
    for round in 0..60 {
        let mut draw = Draw::new(3, round);
        let (wanted, best, other) = (1.0 + 60.0 * draw.uniform(), 11.0 * draw.uniform(), 3.0 * draw.uniform());
        let width = 0.5 + 3.0 * draw.uniform();
        let excess = |config: &Config| {
            let power = (1.6f64.powi(config[0] as i32)) * (config[1] + 1) as f64;
            let away = ((config[2] as f64 - best) / width).powi(2) + ((config[3] as f64 - other) / 1.5).powi(2);
            wanted / power - 1.0 + 0.1 * away - 0.05
        };
        let ((quick, few), (all, many)) = (found(&space, false, excess), found(&space, true, excess));
        assert_eq!(quick.first, all.first, "round {round}");
        assert!(!quick.assumed_wrongly, "round {round}");
        assert!(few <= 100, "{few} trials instead of {many} in round {round}");
    }
}

/// What seemed to pass and does not is no answer, and what was cut away for its sake is looked at again.
#[test]
fn what_only_seems_to_pass_is_no_answer() {
    let space = fleet();
    for round in 0..10 {
        let mut draw = Draw::new(4, round);
        let (wanted, best) = (1.0 + 60.0 * draw.uniform(), 11.0 * draw.uniform());
        let excess = |config: &Config| {
            let power = (1.6f64.powi(config[0] as i32)) * (config[1] + 1) as f64;
            wanted / power - 1.0 + 0.02 * (config[2] as f64 - best).powi(2) + 0.01 * config[3] as f64
        };
        for exhaustive in [false, true] {
            let (doubted, _) = found_in_doubt(&space, exhaustive, 0.1, excess);
            assert_eq!(doubted.first, found(&space, true, excess).0.first, "round {round}, exhaustive {exhaustive}");
        }
    }
}

#[test]
fn where_nothing_passes_it_says_so() {
    let (none, few) = found(&fleet(), false, |config| 5.0 - config[0] as f64 / 10.0);
    assert_eq!(none.first, None);
    assert!(few < 60, "{few}");
    assert!(none.states.iter().all(|state| !matches!(state, State::Open | State::Passes)));
}

#[test]
fn what_was_assumed_wrongly_is_found_out_and_mended() {
    // More instances are worse than few.
    let space = Space::new(vec![knob(40, true)], vec![None], |config| config[0] as f64);
    let excess = |config: &Config| if config[0] < 30 { -1.0 } else { 1.0 };
    let (wrong, _) = found(&space, false, excess);
    assert!(wrong.assumed_wrongly || wrong.first == Some(0));
    assert_eq!(wrong.first, Some(0));
}

#[test]
fn bounds_that_prove_failures_do_not_hide_what_passes() {
    let space = Space::new(vec![knob(3, true), knob(20, false)], vec![None; 2], |config| config[0] as f64);
    let excess = |config: &Config| match (config[0], config[1]) {
        (1 | 2, 17) => -1.0,
        _ => f64::INFINITY,
    };
    let (quick, _) = found(&space, false, excess);
    assert_eq!(quick.first, found(&space, true, excess).0.first);
}
