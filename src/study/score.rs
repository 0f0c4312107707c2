//! How far a model may be trusted: coverage and errors over what was scored, by figure, load and endpoint.

use serde::Serialize;

use super::check_result::{CheckRow, CheckTest, CheckVerdict, ErrorUnit};
use super::instant::Zone;
use super::misses::Cause;
use crate::model::{Model, Role};

/// How well the model did on rows it had never seen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Tests that the model's numbers come from.
    pub calibrated_on: Vec<String>,
    /// Tests with scored rows.
    pub held_out: Vec<String>,
    /// Scored rows.
    pub rows: usize,
    /// Of these, rows whose recorded value lies within the prediction interval.
    pub covered: usize,
    /// What the others more likely are.
    pub misses: Misses,
    pub metrics: Vec<ScoreMetric>,
    /// By load zone: `below`, `knee`, `saturated`; those without rows are left out.
    pub zones: Vec<Group>,
    /// By endpoint, of figures of requests; empty: all requests.
    pub endpoints: Vec<Group>,
}

/// How many misses are more likely what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Misses {
    pub noise: usize,
    pub saturation: usize,
    pub model: usize,
}

/// Scored rows of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    pub name: String,
    pub rows: usize,
    pub covered: usize,
    pub misses: Misses,
    pub metrics: Vec<ScoreMetric>,
}

/// The errors of one metric and statistic over some scored rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScoreMetric {
    pub metric: String,
    pub stat: String,
    pub rows: usize,
    pub covered: usize,
    /// Median of the errors' sizes, without sign.
    pub median_error: Option<f64>,
    /// The largest error, with its sign.
    pub worst_error: Option<f64>,
    pub error_unit: ErrorUnit,
}

/// The score over the scored rows of some tests.
#[must_use]
pub fn score(model: &Model, tests: &[CheckTest]) -> Score {
    let scored: Vec<&CheckRow> = tests.iter().flat_map(|test| &test.rows).filter(|row| row.scored).collect();
    let calibrates = model.tests.iter().filter(|test| test.recordings.iter().any(|r| r.role == Role::Calibrate));
    let held_out = tests.iter().filter(|test| test.rows.iter().any(|row| row.scored));
    let zones =
        Zone::ALL.iter().map(|zone| group(zone.word(), scored.iter().copied().filter(|row| row.zone == Some(*zone))));
    let endpoints = std::iter::once("").chain(model.endpoints.iter().map(|endpoint| endpoint.name.as_str()));
    let of_requests = |row: &&CheckRow| row.key.metric.starts_with("http_req");
    let endpoints = endpoints
        .map(|name| group(name, scored.iter().copied().filter(of_requests).filter(|row| row.key.scope == name)));
    let there = |group: &Group| group.rows > 0;
    Score {
        calibrated_on: calibrates.map(|test| test.name.clone()).collect(),
        held_out: held_out.map(|test| test.test.clone()).collect(),
        rows: scored.len(),
        covered: covered(&scored),
        misses: misses(&scored),
        zones: zones.filter(there).collect(),
        endpoints: endpoints.filter(there).collect(),
        metrics: metrics(&scored),
    }
}

fn group<'a>(name: &str, rows: impl Iterator<Item = &'a CheckRow>) -> Group {
    let rows: Vec<&CheckRow> = rows.collect();
    let (covered, misses) = (covered(&rows), misses(&rows));
    Group { name: name.to_owned(), rows: rows.len(), covered, misses, metrics: metrics(&rows) }
}

fn covered(rows: &[&CheckRow]) -> usize {
    rows.iter().filter(|row| row.verdict == Some(CheckVerdict::Agree)).count()
}

fn misses(rows: &[&CheckRow]) -> Misses {
    let count = |cause| rows.iter().filter(|row| row.miss.as_ref().is_some_and(|miss| miss.cause == cause)).count();
    Misses { noise: count(Cause::Noise), saturation: count(Cause::Saturation), model: count(Cause::Model) }
}

/// By metric and statistic, in the order of the rows.
fn metrics(rows: &[&CheckRow]) -> Vec<ScoreMetric> {
    let mut metrics: Vec<ScoreMetric> = Vec::new();
    for row in rows {
        let known = metrics.iter().any(|m| m.metric == row.key.metric && m.stat == row.key.stat);
        if known {
            continue;
        }
        let same = |other: &&&CheckRow| other.key.metric == row.key.metric && other.key.stat == row.key.stat;
        let same: Vec<&CheckRow> = rows.iter().filter(same).copied().collect();
        metrics.push(over(&same, &row.key.metric, &row.key.stat, row.error_unit));
    }
    metrics
}

fn over(rows: &[&CheckRow], metric: &str, stat: &str, error_unit: ErrorUnit) -> ScoreMetric {
    let mut errors: Vec<f64> = rows.iter().filter_map(|row| row.relative_error).collect();
    errors.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    ScoreMetric {
        metric: metric.to_owned(),
        stat: stat.to_owned(),
        rows: rows.len(),
        covered: covered(rows),
        median_error: median(&errors),
        worst_error: errors.last().copied(),
        error_unit,
    }
}

/// Middle size of errors sorted by size.
fn median(sorted: &[f64]) -> Option<f64> {
    let n = sorted.len();
    let size = |i: usize| sorted.get(i).map(|error| error.abs());
    match n {
        0 => None,
        n if n % 2 == 1 => size(n / 2),
        n => Some(f64::midpoint(size(n / 2 - 1)?, size(n / 2)?)),
    }
}

/// A figure that people ask for first, over all endpoints.
pub struct Headline {
    pub name: &'static str,
    metric: &'static str,
    stats: &'static [&'static str],
}

/// The headline figures of a track record.
pub const HEADLINES: [Headline; 6] = [
    Headline { name: "throughput", metric: "http_reqs", stats: &["rate", "count"] },
    Headline { name: "mean", metric: "http_req_duration", stats: &["avg"] },
    Headline { name: "p50", metric: "http_req_duration", stats: &["p50", "med"] },
    Headline { name: "p95", metric: "http_req_duration", stats: &["p95"] },
    Headline { name: "p99", metric: "http_req_duration", stats: &["p99"] },
    Headline { name: "errors", metric: "http_req_failed", stats: &["rate"] },
];

/// The first of a headline's statistics that was scored.
#[must_use]
pub fn headline<'a>(metrics: &'a [ScoreMetric], headline: &Headline) -> Option<&'a ScoreMetric> {
    let of = |stat: &&str| metrics.iter().find(|m| m.metric == headline.metric && m.stat == **stat);
    headline.stats.iter().find_map(of)
}
