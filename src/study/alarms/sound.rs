//! When an alarm sounds in a test, over every way in which its periods may lie.
//!
//! CloudWatch evaluates an alarm once a minute, and nobody knows at which second of a minute the test
//! begins: with sliding windows there are 60 alignments, second by second. Windows of the wall clock
//! begin at multiples of the period, so there are as many alignments as it has seconds.

use super::evaluate::{State, evaluate, evaluation_range};
use super::track::Track;
use crate::model::{Alarm, EvaluationWindow};

const MINUTE: i64 = 60;

/// The data points of an alarm in one run at one alignment.
#[derive(Clone, Debug)]
pub struct Points {
    /// Seconds since the test began at which the first point ends, and from one end to the next.
    first: i64,
    step: i64,
    /// Points from the begin of one period to that of the next.
    stride: usize,
    points: Vec<Option<f64>>,
}

/// The points of every alignment; `ran` is how long the test took, seconds.
#[must_use]
pub fn alignments(alarm: &Alarm, track: &Track, ran: i64) -> Vec<Points> {
    let period = i64::from(alarm.period);
    let (step, stride) = match alarm.windows {
        EvaluationWindow::Sliding if period >= MINUTE => (MINUTE, (period / MINUTE) as usize),
        EvaluationWindow::Sliding | EvaluationWindow::WallClock => (period, 1),
    };
    let range = evaluation_range(alarm.evaluation_periods) as i64;
    let lead = range * period / step;
    // The last point with a second of the test in it is looked at until it leaves the range.
    let last = ran + range * period + step;
    let of = |phase: i64| {
        let first = phase - lead * step;
        let ends = (0..).map(|i| first + i * step).take_while(|&end| end <= last);
        Points { first, step, stride, points: ends.map(|end| track.point(alarm, end - period, end)).collect() }
    };
    (0..step).map(of).collect()
}

impl Points {
    /// When the alarm is first found sounding after the test has begun, seconds.
    #[must_use]
    pub fn sounds(&self, alarm: &Alarm, threshold: f64) -> Option<i64> {
        let range = evaluation_range(alarm.evaluation_periods);
        let reach = (range - 1) * self.stride;
        let mut state = State::InsufficientData;
        for newest in reach..self.points.len() {
            let breaches = (0..range).map(|age| {
                let point = self.points.get(newest - age * self.stride).copied().flatten();
                point.map(|value| alarm.comparison.holds(value, threshold))
            });
            state = evaluate(alarm, breaches, state);
            let at = self.first + newest as i64 * self.step;
            if state == State::Alarm && at > 0 {
                return Some(at);
            }
        }
        None
    }

    /// Every value that a threshold could be compared with.
    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.points.iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::alarm;
    use super::*;

    /// One request in each of 420 seconds, more than 10 in 300 s twice in a row: the older period has its
    /// eleventh request 311 s after the begin, and the next evaluation comes within a minute.
    #[test]
    fn sliding_windows_sound_at_the_next_full_minute() {
        let track = Track::counted(std::iter::repeat_n(1.0, 420));
        let mut first: Vec<i64> = alignments(&alarm(), &track, 420)
            .iter()
            .map(|points| points.sounds(&alarm(), 10.0).expect("sounds"))
            .collect();
        first.sort_unstable();
        assert_eq!(first, (311..=370).collect::<Vec<_>>());
        // No period has more than 300 requests.
        assert!(alignments(&alarm(), &track, 420).iter().all(|points| points.sounds(&alarm(), 300.0).is_none()));
    }

    /// By the clock a period ends `phase` after the begin; those with more than 10 requests that are the
    /// first pair end at `phase` and `phase + 300`, or 300 s later where the first has too few.
    #[test]
    fn windows_of_the_clock_touch_the_test_in_two_or_three_periods() {
        let alarm = Alarm { windows: EvaluationWindow::WallClock, ..alarm() };
        let track = Track::counted(std::iter::repeat_n(1.0, 420));
        let all = alignments(&alarm, &track, 420);
        assert_eq!(all.len(), 300);
        for (phase, points) in (0..).zip(&all) {
            let expected = if phase > 10 { phase + 300 } else { phase + 600 };
            assert_eq!(points.sounds(&alarm, 10.0), Some(expected), "{phase}");
        }
    }
}
