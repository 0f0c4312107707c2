//! The state of an alarm from its data points, as Amazon CloudWatch decides it.
//!
//! The rules and all examples are those of the CloudWatch user guide, "Evaluating an alarm" and
//! "Configuring how CloudWatch alarms treat missing data":
//!
//! - more data points than needed are looked at, the *evaluation range*; if it has as many real ones as
//!   are needed, the most recent of these decide, and what stands in for missing ones does not matter;
//! - else all real ones count, and as few missing ones as possible are filled in: as breaching, as not
//!   breaching, or, by `missing` and `ignore`, not at all;
//! - not filled in, real ones below M decide for OK if one of them does not breach. If all of them
//!   breach, `ignore` keeps the state, and `missing` sounds the alarm as soon as the oldest of them is M
//!   data points old (the guide's "premature alarm state": before that the next one may be well).

use crate::model::{Alarm, MissingData};

/// Data points that are looked at beyond those that are needed. The guide gives the range for three
/// evaluation periods (five) and for others says only that it is longer than what is needed.
const BEYOND: usize = 2;

/// What an alarm says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Ok,
    Alarm,
    InsufficientData,
}

/// How many data points are looked at.
#[must_use]
pub fn evaluation_range(evaluation_periods: u32) -> usize {
    evaluation_periods as usize + BEYOND
}

/// The state of an alarm after `before`. `breaches` is the evaluation range, most recent first: whether
/// each data point breaches, `None` where there is none.
#[must_use]
pub fn evaluate(alarm: &Alarm, breaches: impl Iterator<Item = Option<bool>> + Clone, before: State) -> State {
    let needed = alarm.evaluation_periods as usize;
    let to_alarm = alarm.datapoints_to_alarm as usize;
    let real = breaches.clone().flatten();
    let found = real.clone().take(needed).count();
    let breaching = real.clone().take(needed).filter(|&breaches| breaches).count();
    let verdict = |breaching: usize| if breaching >= to_alarm { State::Alarm } else { State::Ok };
    if found == needed || breaching >= to_alarm {
        return verdict(breaching);
    }
    let filled = needed - found;
    match alarm.missing {
        MissingData::Breaching => verdict(breaching + filled),
        MissingData::NotBreaching => verdict(breaching),
        MissingData::Missing | MissingData::Ignore if breaching < found => State::Ok,
        MissingData::Ignore => before,
        MissingData::Missing => {
            let ages = breaches.enumerate().filter(|(_, point)| *point == Some(true)).map(|(age, _)| age + 1);
            let oldest = ages.last().unwrap_or(0);
            if found > 0 && oldest >= to_alarm { State::Alarm } else { State::InsufficientData }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::alarm;
    use super::*;

    /// Data points as the guide writes them, the most recent one on the right.
    fn state(points: &str, to_alarm: u32, missing: MissingData, before: State) -> State {
        let alarm = Alarm { evaluation_periods: 3, datapoints_to_alarm: to_alarm, missing, ..alarm() };
        let points: Vec<Option<bool>> = points
            .split_whitespace()
            .map(|point| match point {
                "0" | "O" => Some(false),
                "X" => Some(true),
                _ => None,
            })
            .collect();
        assert_eq!(points.len(), evaluation_range(3));
        evaluate(&alarm, points.into_iter().rev(), before)
    }

    use State::{Alarm as A, InsufficientData as I, Ok as O};

    /// Rows of a table: data points; states by missing, ignore (`None`: as it was), breaching, not breaching.
    fn table(to_alarm: u32, rows: &[(&str, [Option<State>; 4])]) {
        use MissingData::{Breaching, Ignore, Missing, NotBreaching};
        for (points, states) in rows {
            for (missing, expected) in [Missing, Ignore, Breaching, NotBreaching].into_iter().zip(states) {
                for before in [O, A, I] {
                    let found = state(points, to_alarm, missing, before);
                    assert_eq!(found, expected.unwrap_or(before), "{points}, {missing:?} after {before:?}");
                }
            }
        }
    }

    #[test]
    fn three_of_three_as_documented() {
        table(
            3,
            &[
                ("0 - X - X", [Some(O), Some(O), Some(O), Some(O)]),
                ("0 - - - -", [Some(O), Some(O), Some(O), Some(O)]),
                ("- - - - -", [Some(I), None, Some(A), Some(O)]),
                ("0 X X - X", [Some(A), Some(A), Some(A), Some(A)]),
                ("- - X - -", [Some(A), None, Some(A), Some(O)]),
                // From the guide's edition of 2019.
                ("- - - - X", [Some(I), None, Some(A), Some(O)]),
                ("X - - - -", [Some(A), None, Some(A), Some(O)]),
            ],
        );
    }

    #[test]
    fn two_of_three_as_documented() {
        table(
            2,
            &[
                ("0 - X - X", [Some(A), Some(A), Some(A), Some(A)]),
                ("0 0 X 0 X", [Some(A), Some(A), Some(A), Some(A)]),
                ("0 - X - -", [Some(O), Some(O), Some(A), Some(O)]),
                ("- - - - 0", [Some(O), Some(O), Some(A), Some(O)]),
                ("- - - X -", [Some(A), None, Some(A), Some(O)]),
                ("- - - - X", [Some(I), None, Some(A), Some(O)]),
            ],
        );
    }

    /// "Avoiding premature transitions to alarm state".
    #[test]
    fn a_single_point_does_not_sound_before_its_time() {
        use MissingData::Missing;
        assert_ne!(state("- - - - X", 3, Missing, O), A);
        assert_ne!(state("- - - X -", 3, Missing, O), A);
        assert_eq!(state("- - - X O", 3, Missing, A), O);
        assert_eq!(state("- - X - O", 3, Missing, A), O);
    }

    /// The figure of "Evaluating an alarm": threshold 3, three of three.
    #[test]
    fn it_sounds_from_the_third_period_and_stops_at_the_sixth() {
        let above = [true, true, true, true, true, false, false, false, true, false];
        let alarm = Alarm { evaluation_periods: 3, datapoints_to_alarm: 3, ..alarm() };
        let at = |period: usize| {
            let range = (0..evaluation_range(3)).map(|age| period.checked_sub(age).map(|period| above[period]));
            evaluate(&alarm, range, O)
        };
        let sounding: Vec<usize> = (2..above.len()).filter(|&period| at(period) == A).map(|p| p + 1).collect();
        assert_eq!(sounding, [3, 4, 5]);
    }
}
