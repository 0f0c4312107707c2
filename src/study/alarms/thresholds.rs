//! Which threshold of an alarm, all else as it is, would have warned in a failing test.
//!
//! An alarm sounds the less, the further out its threshold is. So there is a furthest threshold at
//! which it still sounds in nearly every replication and alignment of the test, and a nearest one at
//! which it keeps silent in those in which it shall; useful are those between the two.

use serde::Serialize;

use super::{Demands, Seen, Watched};
use crate::model::{Alarm, Comparison};

/// Share of replications and alignments in which a warning comes, or silence is kept.
pub const NEARLY_ALL: f64 = 0.95;

/// Thresholds that would do, for one test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    pub test: String,
    /// The furthest threshold at which it sounds in 95 % of the replications and alignments.
    pub sounds_at: Option<f64>,
    /// The furthest at which it does so in time.
    pub in_time_at: Option<f64>,
    /// The nearest at which it is silent in 95 % of them in each of the tests that shall be silent.
    pub silent_at: Option<f64>,
}

/// Advice for each test in which an objective fails in most replications.
pub fn advice(alarm: &Alarm, number: usize, tests: &[Watched], demands: &Demands, seen: &[Vec<Seen>]) -> Vec<Advice> {
    if alarm.signal.is_none() || !alarm.never.is_empty() {
        return Vec::new();
    }
    let quiet: Vec<&[Seen]> = tests
        .iter()
        .zip(seen)
        .filter(|(watched, _)| demands.silent_in.contains(&watched.test.name))
        .map(|(_, seen)| seen.as_slice())
        .collect();
    let silent_at = (!quiet.is_empty()).then(|| nearest_silent(alarm, number, &quiet)).flatten();
    let fails = |seen: &[Seen]| 2 * seen.iter().filter(|one| one.failed).count() > seen.len();
    let failing =
        tests.iter().zip(seen).filter(|(watched, seen)| fails(seen) && !demands.silent_in.contains(&watched.test.name));
    failing
        .map(|(watched, seen)| Advice {
            test: watched.test.name.clone(),
            sounds_at: furthest(alarm, number, &[seen], |_, _| true),
            in_time_at: furthest(alarm, number, &[seen], |one, at| {
                one.failed_at.is_some_and(|failed_at| at <= failed_at - demands.ahead_s)
            }),
            silent_at,
        })
        .collect()
}

/// Share of replications and alignments in which the alarm sounds, and that counts.
fn share(alarm: &Alarm, number: usize, seen: &[&[Seen]], threshold: f64, counts: impl Fn(&Seen, f64) -> bool) -> f64 {
    let (mut all, mut sounding) = (0usize, 0usize);
    for one in seen.iter().copied().flatten() {
        for points in &one.points[number] {
            all += 1;
            let at = points.sounds(alarm, threshold);
            sounding += usize::from(at.is_some_and(|at| counts(one, at as f64)));
        }
    }
    sounding as f64 / all.max(1) as f64
}

/// Values between which the alarm may change its mind, from where it sounds most to where it sounds least.
fn candidates(alarm: &Alarm, number: usize, seen: &[&[Seen]]) -> Vec<f64> {
    let all = seen.iter().copied().flatten().flat_map(|one| &one.points[number]);
    let mut values: Vec<f64> = all.flat_map(super::sound::Points::values).filter(|value| *value > 0.0).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    if matches!(alarm.comparison, Comparison::Less | Comparison::LessOrEqual) {
        values.reverse();
    }
    values
}

/// The furthest threshold at which it sounds nearly always.
fn furthest(alarm: &Alarm, number: usize, seen: &[&[Seen]], counts: impl Fn(&Seen, f64) -> bool) -> Option<f64> {
    let values = candidates(alarm, number, seen);
    let sounds = values.partition_point(|&value| share(alarm, number, seen, value, &counts) >= NEARLY_ALL);
    sounds.checked_sub(1).map(|last| values[last])
}

/// The nearest threshold at which it is nearly always silent, in each of the tests.
fn nearest_silent(alarm: &Alarm, number: usize, tests: &[&[Seen]]) -> Option<f64> {
    let values = candidates(alarm, number, tests);
    let loud =
        |value: f64| tests.iter().any(|seen| share(alarm, number, &[seen], value, |_, _| true) > 1.0 - NEARLY_ALL);
    values.get(values.partition_point(|&value| loud(value))).copied()
}
