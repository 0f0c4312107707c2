//! "What does the change do?": two predictions, or two recordings, figure by figure.
//!
//! Predictions have the same luck, so differences are taken replication by replication (common random numbers; Law,
//! Simulation Modeling and Analysis, 5th edition, section 11.2), and one is certain where the 95 % interval of its
//! mean does not hold 0. Recordings have no replications: their differences have an interval only where the rows do.

use serde::Serialize;

use super::cost::Cost;
use super::prediction::{Key, Prediction, Row, Status, Verdict};
use crate::recording::{Observation, Recording};
use crate::statistics::estimate;

/// What a difference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    Better,
    Worse,
    /// Certainly larger, or smaller, of a figure that is neither good nor bad.
    More,
    Less,
    /// Not certain.
    Unsure,
    /// The same in every replication.
    None,
}

/// A figure of both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    #[serde(flatten)]
    pub key: Key,
    pub unit: &'static str,
    /// Means.
    pub a: f64,
    pub b: f64,
    /// Mean of b - a, and its 95 % confidence interval; NaN where there is none.
    pub difference: f64,
    pub low: f64,
    pub high: f64,
    /// Of a; NaN if that is 0.
    pub relative: f64,
    pub change: Change,
}

/// An objective of either test, or of both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VerdictChange {
    pub slo: String,
    /// `None`: that test has no such objective.
    pub a_status: Option<Status>,
    pub b_status: Option<Status>,
    /// Share of replications that pass; NaN where there is no such objective.
    pub a_probability: f64,
    pub b_probability: f64,
    pub wished: bool,
}

/// What both cost, US dollars per month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostChange {
    pub a_usd_per_month: f64,
    pub b_usd_per_month: f64,
    /// b - a.
    pub difference: f64,
    /// Parts without a known price, which are not in it, each with why.
    pub unknown: Vec<String>,
}

/// A test of both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestComparison {
    pub test: String,
    pub differences: Vec<Difference>,
    pub verdicts: Vec<VerdictChange>,
    /// Replications of both; `None` of recordings.
    pub replications: Option<usize>,
    /// `None` of recordings, and where neither has a known price.
    pub cost: Option<CostChange>,
    /// What only one of them knows, "metric scope", without that of which the other has other statistics or spans.
    pub only_a: Vec<String>,
    pub only_b: Vec<String>,
    /// What limits; may be empty.
    pub a_limits: String,
    pub b_limits: String,
    /// Objectives of b that fail though they are required.
    pub b_fails: Vec<String>,
}

/// Two systems, or two recordings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub a: String,
    pub b: String,
    /// Predictions, compared replication by replication.
    pub paired: bool,
    pub seed: Option<u64>,
    /// Asked for.
    pub replications: Option<usize>,
    pub tests: Vec<TestComparison>,
    /// Not all replications of all tests were done.
    pub interrupted: bool,
    /// Tests that are left out because of that.
    pub missing: Vec<String>,
}

impl TestComparison {
    /// Whether every figure of both is the same in every replication, and neither has others.
    #[must_use]
    pub fn is_same(&self) -> bool {
        let same = self.differences.iter().all(|one| one.change == Change::None);
        same && self.only_a.is_empty() && self.only_b.is_empty()
    }
}

/// Rows that are left out where all of them are 0.
const LEFT_OUT_AT_0: [&str; 4] = ["errors", "api_errors", "http_status", "requests_refused"];
/// The more of it, the better.
const GOOD: [&str; 6] = ["http_reqs", "iterations", "checks", "flow_success", "step_success", "hit_ratio"];
/// The more of it, the worse.
const BAD: [&str; 26] = [
    "http_req_duration",
    "http_req_duration{ok}",
    "http_req_duration{failed}",
    "http_req_waiting",
    "http_req_failed",
    "errors",
    "dropped_iterations",
    "connection_wait",
    "connections_waiting",
    "api_errors",
    "api_latency",
    "api_rejected",
    "flow_duration",
    "step_duration",
    "query_duration",
    "slow_queries",
    "deadlocks",
    "rollbacks",
    "recovery_time",
    "jobs_waiting",
    "requests_waiting",
    "requests_refused",
    "rate_limit_refused",
    "cpu_throttled",
    "out_of_memory",
    "stale_reads",
];

fn change(metric: &str, (low, high): (f64, f64), same: bool) -> Change {
    let up = match () {
        () if same => return Change::None,
        () if low > 0.0 => true,
        () if high < 0.0 => false,
        () => return Change::Unsure,
    };
    match (GOOD.contains(&metric), BAD.contains(&metric)) {
        (true, _) => [Change::Worse, Change::Better][usize::from(up)],
        (_, true) => [Change::Better, Change::Worse][usize::from(up)],
        _ => [Change::Less, Change::More][usize::from(up)],
    }
}

/// Two predictions of a test with the same seed.
#[must_use]
pub fn compare(a: &Prediction, b: &Prediction) -> TestComparison {
    let find = |of: &'_ Prediction, key: &Key| of.metrics.iter().position(|row| row.key == *key);
    // One that was interrupted has fewer of them.
    let replications = a.replications.min(b.replications);
    let values = |row: &'_ Row| row.values[..replications.min(row.values.len())].to_vec();
    let none = vec![0.0; replications];
    let mut differences = Vec::new();
    for row in &a.metrics {
        match find(b, &row.key) {
            Some(other) => {
                differences.push(paired(&row.key, row.unit, &values(row), &values(&b.metrics[other])));
            }
            None if left_out(row) => differences.push(paired(&row.key, row.unit, &values(row), &none)),
            None => {}
        }
    }
    for row in b.metrics.iter().filter(|row| find(a, &row.key).is_none() && left_out(row)) {
        differences.push(paired(&row.key, row.unit, &none, &values(row)));
    }
    let keys = |of: &Prediction| -> Vec<Key> {
        of.metrics.iter().filter(|row| !left_out(row)).map(|row| row.key.clone()).collect()
    };
    let (only_a, only_b) = (only(&keys(a), &keys(b)), only(&keys(b), &keys(a)));
    let fails = b.verdicts.iter().filter(|v| v.status == Status::Fail && !v.wished);
    TestComparison {
        test: a.test.clone(),
        differences,
        verdicts: verdicts(&a.verdicts, &b.verdicts),
        replications: Some(replications),
        cost: cost_change(a.cost.as_ref(), b.cost.as_ref()),
        only_a,
        only_b,
        a_limits: a.bottleneck.resource.clone(),
        b_limits: b.bottleneck.resource.clone(),
        b_fails: fails.map(|v| v.slo.clone()).collect(),
    }
}

/// Nothing where neither has a price: then all of both is unknown.
fn cost_change(a: Option<&Cost>, b: Option<&Cost>) -> Option<CostChange> {
    let both = [a, b].map(|cost| cost.cloned().unwrap_or_default());
    let mut unknown: Vec<String> = Vec::new();
    for part in both.iter().flat_map(|cost| &cost.unknown) {
        let words = format!("{}: {}", part.name, part.why);
        if !unknown.contains(&words) {
            unknown.push(words);
        }
    }
    let [a, b] = both.map(|cost| cost.usd_per_month);
    (a > 0.0 || b > 0.0).then_some(CostChange { a_usd_per_month: a, b_usd_per_month: b, difference: b - a, unknown })
}

/// Objectives of both in the order of the first, then those of the second alone.
fn verdicts(a: &[Verdict], b: &[Verdict]) -> Vec<VerdictChange> {
    let change = |slo: &str| {
        let of = |all: &[Verdict]| all.iter().find(|one| one.slo == slo).cloned();
        let (first, second) = (of(a), of(b));
        let probability = |v: &Option<Verdict>| v.as_ref().map_or(f64::NAN, |v| v.probability);
        VerdictChange {
            slo: slo.to_owned(),
            a_status: first.as_ref().map(|v| v.status),
            b_status: second.as_ref().map(|v| v.status),
            a_probability: probability(&first),
            b_probability: probability(&second),
            wished: second.or(first).is_some_and(|v| v.wished),
        }
    };
    let others = b.iter().filter(|v| a.iter().all(|other| other.slo != v.slo));
    a.iter().chain(others).map(|v| change(&v.slo)).collect()
}

/// What of one has no figure in the other, whatever the statistic and the span, each once.
fn only(these: &[Key], others: &[Key]) -> Vec<String> {
    let is = |a: &Key, b: &Key| a.metric == b.metric && a.scope == b.scope;
    let mut names: Vec<String> = Vec::new();
    for key in these.iter().filter(|key| others.iter().all(|other| !is(key, other))) {
        let name = format!("{} {}", key.metric, key.scope).trim_end().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn left_out(row: &Row) -> bool {
    LEFT_OUT_AT_0.contains(&row.key.metric.as_str()) && !row.key.scope.is_empty()
}

fn paired(key: &Key, unit: &'static str, a: &[f64], b: &[f64]) -> Difference {
    let apart: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
    let same = a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan());
    let e = estimate(&apart);
    // Where nothing was reported, nothing differs.
    let known = |value: f64| if same { 0.0 } else { value };
    let (mean_a, mean_b) = (estimate(a).value, estimate(b).value);
    Difference {
        key: key.clone(),
        unit,
        a: mean_a,
        b: mean_b,
        difference: known(e.value),
        low: known(signed(&apart, e.mean_low, e.value, e.mean_high)),
        high: known(e.mean_high),
        relative: if same { 0.0 } else { e.value / mean_a },
        change: change(&key.metric, (signed(&apart, e.mean_low, e.value, e.mean_high), e.mean_high), same),
    }
}

/// The lower end as it is: an interval of figures ends at 0 where none is below, one of differences does not.
fn signed(apart: &[f64], low: f64, value: f64, high: f64) -> f64 {
    let clamped = low == 0.0 && apart.iter().all(|one| one.is_nan() || *one >= 0.0);
    if clamped { value - (high - value) } else { low }
}

/// Two recordings of a test.
#[must_use]
pub fn compare_recordings(a: &Recording, b: &Recording) -> TestComparison {
    let mut differences = Vec::new();
    for one in &a.observations {
        let key = key(one);
        let Some(other) = b.observations.iter().find(|other| self::key(other) == key) else { continue };
        let (mean_a, mean_b) = (one.middle(), other.middle());
        let ranges = one.range.zip(other.range);
        let (low, high) = ranges.map_or((f64::NAN, f64::NAN), |(a, b)| (b.0 - a.1, b.1 - a.0));
        let (difference, unit) = (mean_b - mean_a, one.unit);
        let change = change(&key.metric, (low, high), one.value == other.value && one.range == other.range);
        let relative = difference / mean_a;
        differences.push(Difference { key, unit, a: mean_a, b: mean_b, difference, low, high, relative, change });
    }
    let keys = |of: &Recording| -> Vec<Key> { of.observations.iter().map(key).collect() };
    TestComparison {
        test: String::new(),
        differences,
        verdicts: Vec::new(),
        replications: None,
        cost: None,
        only_a: only(&keys(a), &keys(b)),
        only_b: only(&keys(b), &keys(a)),
        a_limits: String::new(),
        b_limits: String::new(),
        b_fails: Vec::new(),
    }
}

fn key(o: &Observation) -> Key {
    Key {
        metric: o.metric.clone(),
        scope: o.scope.clone(),
        stat: if o.stat == "med" { "p50".to_owned() } else { o.stat.clone() },
        from_s: o.window.map(|window| window.0),
        to_s: o.window.map(|window| window.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(metric: &str) -> Key {
        Key { metric: metric.into(), scope: String::new(), stat: "avg".into(), from_s: None, to_s: None }
    }

    #[test]
    fn only_in_one_is_what_the_other_has_at_no_span() {
        let whole = key("cpu");
        let stage = Key { from_s: Some(0.0), to_s: Some(9.0), ..key("cpu") };
        let other = Key { from_s: Some(0.0), to_s: Some(5.0), ..key("cpu") };
        assert_eq!(only(&[whole.clone(), stage], &[whole.clone(), other]), Vec::<String>::new());
        assert_eq!(only(&[key("gc"), whole.clone(), key("gc")], &[whole]), ["gc"]);
    }

    #[test]
    fn differences_are_taken_in_pairs() {
        // Each alone is all over the place; b is 1 above a, give or take little.
        let (a, b) = ([10.0, 50.0, 90.0], [11.0, 51.1, 90.9]);
        let worse = paired(&key("http_req_duration"), "ms", &a, &b);
        assert!((worse.difference - 1.0).abs() < 1e-12 && worse.low > 0.7 && worse.high < 1.3, "{worse:?}");
        assert_eq!(worse.change, Change::Worse);
        assert_eq!(paired(&key("http_reqs"), "1/s", &a, &b).change, Change::Better);
        assert_eq!(paired(&key("cpu"), "%", &a, &b).change, Change::More);
        assert_eq!(paired(&key("cpu"), "%", &b, &a).change, Change::Less);
        assert_eq!(paired(&key("cpu"), "%", &a, &[50.0, 90.0, 10.0]).change, Change::Unsure);
    }

    #[test]
    fn one_replication_in_which_it_is_more_is_not_certain() {
        let rare = paired(&key("errors"), "1/s", &[0.0; 4], &[0.0, 0.0, 0.0, 8.0]);
        assert!(rare.low < 0.0 && rare.change == Change::Unsure, "{rare:?}");
    }

    #[test]
    fn what_is_the_same_differs_by_nothing() {
        let same = paired(&key("http_req_duration"), "ms", &[1.0, f64::NAN], &[1.0, f64::NAN]);
        assert_eq!((same.difference, same.low, same.high, same.relative), (0.0, 0.0, 0.0, 0.0));
        assert_eq!(same.change, Change::None);
    }
}
