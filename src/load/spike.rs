//! A load that rises and falls again in the middle of a test.

use super::curve::{Leg, legs};
use crate::model::{Scenario, Test};

/// Seconds of the test that there must be before the rise, and behind the fall.
const LEAST: f64 = 10.0;

/// When the highest load of a test begins to rise, and when it is over; seconds since the test began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// Begin of the stage that leads to the highest load.
    pub rises: f64,
    /// End of the first stage that leads down from it.
    pub over: f64,
    /// Whether nobody is left then.
    pub to_nothing: bool,
}

/// The spike of a test: `None` if it has several scenarios, or if the highest load begins or ends it.
#[must_use]
pub fn spike(test: &Test) -> Option<Spike> {
    let [Scenario { executor, start, .. }] = test.scenarios.as_slice() else { return None };
    let legs: Vec<Leg> = legs(executor, *start);
    let highest = legs.iter().map(|leg| leg.to).fold(f64::NEG_INFINITY, f64::max);
    let top = legs.iter().position(|leg| leg.from < highest && leg.to >= highest)?;
    let fall = legs[top..].iter().find(|leg| leg.to < highest)?;
    let end = legs.last()?.to_s;
    let spike = Spike { rises: legs[top].from_s, over: fall.to_s, to_nothing: fall.to <= 0.0 };
    (spike.rises >= LEAST && end - spike.over >= LEAST).then_some(spike)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::sample::test;
    use crate::model::{Executor, Stage};

    fn of(stages: &[(f64, f64)]) -> Option<(f64, f64, bool)> {
        let stages = stages.iter().map(|&(duration, target)| Stage { duration, target }).collect();
        let executor = Executor::RampingVus { start_vus: 0, stages, graceful_ramp_down: 30.0 };
        spike(&test(vec![(0.0, executor)])).map(|spike| (spike.rises, spike.over, spike.to_nothing))
    }

    #[test]
    fn a_spike_has_something_before_and_behind_it() {
        let idle_before = [(30.0, 0.0), (30.0, 300.0), (120.0, 300.0), (30.0, 0.0), (60.0, 0.0)];
        assert_eq!(of(&idle_before), Some((30.0, 210.0, true)));
        let busy_before = [(30.0, 50.0), (0.0, 400.0), (60.0, 400.0), (10.0, 50.0), (30.0, 50.0)];
        assert_eq!(of(&busy_before), Some((30.0, 100.0, false)));
        // Up, there and down: nothing to compare with, and nothing behind it.
        assert_eq!(of(&[(60.0, 500.0), (300.0, 500.0), (60.0, 0.0)]), None);
        assert_eq!(of(&[(60.0, 50.0), (60.0, 500.0), (60.0, 0.0)]), None);
        assert_eq!(of(&[(60.0, 50.0), (60.0, 500.0)]), None);
    }
}
