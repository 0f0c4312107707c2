//! Recorded spans against the length of a test.

use crate::load::regular_end_s;
use crate::model::Test;

/// A span that lies within the test by at least this share is predicted by that part.
const NEARLY_ALL: f64 = 0.95;

/// What a prediction is asked for, for a recorded span.
#[derive(Clone, Debug, PartialEq)]
pub struct Covered {
    /// The part within the test; `None`: the whole test.
    pub window: Option<(f64, f64)>,
    /// Nothing of it, or too little, lies within the test.
    pub beyond: bool,
    /// Nothing of it does: there is no figure to predict.
    pub outside: bool,
    /// Why the part is not the span; empty if it is.
    pub note: String,
}

/// The part of a recorded span in which the test puts load on: after its last scenario's end (the
/// graceful stop left out) nothing is asked for, and a rate over that time says nothing.
#[must_use]
pub fn covered(window: Option<(f64, f64)>, test: &Test) -> Covered {
    let end = regular_end_s(test);
    match window {
        Some((from, to)) if to > end => {
            let share = (end - from) / (to - from);
            let part = (share > 0.0).then_some((from, end)).or(window);
            if share >= NEARLY_ALL {
                let note =
                    format!("the span reaches beyond the test's end at {end:.0} s: predicted for the part before");
                return Covered { window: part, beyond: false, outside: false, note };
            }
            let note = format!("the span lies beyond the test's end at {end:.0} s, or too much of it");
            Covered { window: part, beyond: true, outside: share <= 0.0, note }
        }
        _ => Covered { window, beyond: false, outside: false, note: String::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Executor, Scenario};

    #[test]
    fn spans_end_where_the_load_does() {
        let executor = Executor::ConstantVus { vus: 1, duration: 90.0 };
        let name = String::new();
        let scenario =
            Scenario { name, executor, start: 10.0, graceful_stop: 30.0, iteration: 0, request_timeout: 60.0 };
        let test = Test {
            name: String::new(),
            about: String::new(),
            scenarios: vec![scenario],
            objectives: Vec::new(),
            recordings: Vec::new(),
            spans: Vec::new(),
            unscored: Vec::new(),
            differs: Vec::new(),
            taken_from_test: Vec::new(),
            changes: Vec::new(),
            events: Vec::new(),
        };
        let part = |from, to| {
            let covered = covered(Some((from, to)), &test);
            (covered.window, covered.beyond, covered.outside, covered.note.is_empty())
        };
        assert_eq!(part(0.0, 100.0), (Some((0.0, 100.0)), false, false, true));
        assert_eq!(part(0.0, 101.0), (Some((0.0, 100.0)), false, false, false));
        assert_eq!(part(80.0, 120.0), (Some((80.0, 100.0)), true, false, false));
        assert_eq!(part(100.0, 120.0), (Some((100.0, 120.0)), true, true, false));
        assert_eq!(covered(None, &test).window, None);
    }
}
