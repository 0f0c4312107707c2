//! What a page is told, line by line: an estimate, a rough answer, better ones, the last one.

use serde::Serialize;

use super::lines::{LINES, Line, predicted_line};
use crate::recording::causes::by_word;
use crate::study::instant::Instant;
use crate::study::prediction::{Prediction, Resource, Row, TimeShare, Verdict};

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Step {
    /// Means by operational analysis; nothing was simulated.
    Estimate,
    /// Of the test in a share of its time.
    Rough,
    /// Of the whole test; more replications are to come.
    Better,
    /// As many replications as were asked for.
    Done,
    /// The work ended: why, in words.
    Failed,
}

/// Means by operational analysis in the busiest span.
#[derive(Debug, Serialize)]
pub(super) struct Estimated {
    pub step: Step,
    pub requests_per_s: Option<f64>,
    pub response_ms: Option<f64>,
    /// Requests per second that cannot be passed, and the resource that sets it.
    pub bound_per_s: f64,
    pub limited_by: String,
}

/// What was simulated so far.
#[derive(Debug, Serialize)]
pub(super) struct Answer<'a> {
    pub step: Step,
    pub replications: usize,
    /// Share of the test's time that was simulated: 1 but for a rough answer.
    pub time_share: f64,
    pub figures: Vec<Shown<'a>>,
    /// Failed requests per second by cause, of those that happen.
    pub causes: Vec<Shown<'a>>,
    pub verdicts: &'a [Verdict],
    pub bottleneck: &'a str,
    pub limits: &'a str,
    pub resources: &'a [Resource],
    /// Where the time of requests near p95 goes.
    pub slow: Option<&'a TimeShare>,
    pub usd_per_month: Option<f64>,
    pub lines: Vec<Line>,
    pub warnings: Vec<&'a str>,
}

/// A figure with its 95 % prediction interval.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    pub metric: &'a str,
    pub scope: &'a str,
    pub stat: &'a str,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub unit: &'a str,
}

/// Why it ended.
#[derive(Debug, Serialize)]
pub(super) struct Failed {
    pub step: Step,
    pub error: String,
}

/// Figures of all requests that the page shows.
const FIGURES: [(&str, &str); 6] = [
    ("http_req_duration", "p50"),
    ("http_req_duration", "p95"),
    ("http_req_duration", "p99"),
    ("http_reqs", "rate"),
    ("http_req_failed", "rate"),
    ("iterations", "rate"),
];

impl Estimated {
    pub fn of(known: &Instant) -> Option<Estimated> {
        let window = known.windows.iter().find(|window| window.busiest)?;
        Some(Estimated {
            step: Step::Estimate,
            requests_per_s: window.estimate.as_ref().map(|means| means.throughput),
            response_ms: window.estimate.as_ref().map(|means| means.response_s * 1e3),
            bound_per_s: window.throughput_high,
            limited_by: window.limited_by.clone(),
        })
    }
}

impl<'a> Answer<'a> {
    pub fn of(p: &'a Prediction, step: Step, time_share: f64) -> Answer<'a> {
        let whole = || p.metrics.iter().filter(|row| row.key.from_s.is_none());
        let number = |value: f64| value.is_finite().then_some(value);
        let shown = |row: &'a Row| Shown {
            metric: &row.key.metric,
            scope: &row.key.scope,
            stat: &row.key.stat,
            value: number(row.estimate.value),
            low: number(row.estimate.low),
            high: number(row.estimate.high),
            unit: row.unit,
        };
        let is = |row: &&Row, (metric, stat): (&str, &str)| {
            row.key.metric == metric && row.key.stat == stat && row.key.scope.is_empty()
        };
        let of_a_cause = |row: &&Row| by_word(row.key.scope.as_bytes()).is_some() && row.estimate.value > 0.0;
        let causes = whole().filter(|row| row.key.metric == "errors" && row.key.stat == "rate").filter(of_a_cause);
        Answer {
            step,
            replications: p.replications,
            time_share,
            figures: FIGURES.iter().filter_map(|key| whole().find(|row| is(row, *key))).map(shown).collect(),
            causes: causes.map(shown).collect(),
            verdicts: &p.verdicts,
            bottleneck: &p.bottleneck.explanation,
            limits: &p.bottleneck.resource,
            resources: &p.bottleneck.resources,
            slow: p.where_time_goes.iter().find(|time| time.scope.is_empty() && time.percentile == "p95"),
            usd_per_month: p.cost.as_ref().map(|cost| cost.usd_per_month),
            lines: LINES.iter().filter_map(|line| predicted_line(p, line, time_share)).collect(),
            warnings: p.warnings.iter().map(|warning| warning.text.as_str()).collect(),
        }
    }
}
