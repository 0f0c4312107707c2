//! Replications of a test of one system, and how far they are from the objectives' bounds.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::certainty::share_of;
use crate::statistics::{deviation, mean};
use crate::study::judge::{Excess, FARTHEST};
use crate::study::prediction::TimeShare;
use crate::study::sweep::point::TestPoint;

/// A distance from the bound of so many standard deviations is clear with 2 replications; half a deviation less with
/// each doubling, to the least.
pub(super) const CLEAR: f64 = 6.0;
pub(super) const LEAST_CLEAR: f64 = 4.0;
/// No test is steadier than this, relative.
pub(super) const LEAST_SPREAD: f64 = 0.02;
/// From so many replications on their own spread is known.
pub(super) const OWN_SPREAD: usize = 8;
/// Fewer say nothing surely by themselves.
const FEW: usize = 4;
/// A value that moves less than this part of its distance to the bound is where it was.
const ALIKE: f64 = 0.1;

/// Some replications of a test with a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// One for each replication, and perhaps for some of a twin besides.
    pub excess: Vec<Excess>,
    /// What they show.
    pub point: TestPoint,
    /// Where the time of requests near p95 goes.
    pub slow: Option<TimeShare>,
    /// Requests of a replication.
    pub requests: f64,
}

impl Batch {
    /// Replications of a test in which nothing of a tier is left, so that no objective holds.
    #[must_use]
    pub fn of_nothing(test: &str, replications: usize) -> Batch {
        let point = TestPoint {
            test: test.to_owned(),
            replications,
            cut: false,
            figures: Vec::new(),
            verdicts: Vec::new(),
            holds: vec![false; replications],
            limits: String::new(),
            resources: Vec::new(),
        };
        Batch { excess: vec![Excess { objective: 0, by: FARTHEST }; replications], point, slow: None, requests: 0.0 }
    }
}

impl Batch {
    /// Whether another showed the same to the last digit in all replications of this one, so that what was changed does not
    /// matter in this test, and more of the other tell the same of this one.
    #[must_use]
    pub fn is_twin(&self, other: &Batch) -> bool {
        let p95 =
            |batch: &Batch| batch.point.figure("http_req_duration", "", "p95").map(|figure| figure.values.clone());
        let same =
            |(mine, others): (Vec<f64>, Vec<f64>)| mine.iter().zip(&others).all(|(a, b)| a.to_bits() == b.to_bits());
        self.excess.iter().zip(&other.excess).all(|(a, b)| a == b) && p95(self).zip(p95(other)).is_some_and(same)
    }

    /// The objective that is missed most often, in words.
    #[must_use]
    pub fn worst(&self) -> String {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for excess in &self.excess {
            // One that is missed counts for more than one that is only the nearest.
            *counts.entry(excess.objective).or_default() += if excess.by >= 0.0 { 1000 } else { 1 };
        }
        let objective = counts.iter().max_by_key(|(_, count)| **count).map_or(0, |(objective, _)| *objective);
        let mut required = self.point.verdicts.iter().filter(|verdict| !verdict.wished);
        required.nth(objective).map_or(String::new(), |verdict| verdict.slo.clone())
    }
}

/// Distances of the worst objective, replication by replication.
#[must_use]
pub fn distances(batch: &Batch) -> Vec<f64> {
    batch.excess.iter().map(|excess| excess.by).collect()
}

/// The worst over tests, replication by replication. A test that surely holds or surely fails may have fewer, and does so
/// in all.
#[must_use]
pub fn worst_of(tests: &[Vec<f64>]) -> Vec<f64> {
    let unsure = || tests.iter().filter(|excess| !said_surely(excess)).map(Vec::len);
    let count = unsure().min().or(tests.iter().map(Vec::len).min()).unwrap_or(0);
    let of = |excess: &Vec<f64>, i: usize| excess.get(i).copied().unwrap_or_else(|| mean(excess));
    let worst = |i: usize| tests.iter().map(|excess| of(excess, i)).fold(f64::NEG_INFINITY, f64::max);
    (0..count).map(worst).collect()
}

/// A test is harder to keep that holds less often; of equals the one that is nearer to a bound, or misses it by more.
#[must_use]
pub fn harder(a: &Batch, b: &Batch) -> Ordering {
    let held = |batch: &Batch| share_of(&distances(batch));
    held(b).total_cmp(&held(a)).then(mean(&distances(a)).total_cmp(&mean(&distances(b))))
}

/// Whether the objective that is missed after is as far from its bound as before.
#[must_use]
pub fn alike(before: &Batch, after: &Batch) -> bool {
    let missed = after.worst();
    let find = |batch: &Batch| batch.point.verdicts.iter().find(|verdict| verdict.slo == missed).cloned();
    find(before)
        .zip(find(after))
        .is_some_and(|(before, after)| (before.value - after.value).abs() <= ALIKE * (after.value - after.bound).abs())
}

/// Whether some replications leave no doubt that all hold, or that none does.
#[must_use]
pub fn said_surely(excess: &[f64]) -> bool {
    let (n, held) = (excess.len(), excess.iter().filter(|by| **by < 0.0).count());
    let away = mean(excess).abs() / deviation(excess).max(LEAST_SPREAD);
    n >= FEW && (held == 0 || held == n) && away > (if n < OWN_SPREAD { CLEAR } else { LEAST_CLEAR })
}
