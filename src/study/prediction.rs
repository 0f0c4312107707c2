//! What a prediction is: figures with intervals, verdicts, the bottleneck, where the time goes.

use serde::{Deserialize, Serialize};

use super::cost::Cost;
use crate::recording::Observation;
pub use crate::statistics::Estimate;

/// Which figure: the contract's metric, scope, statistic and time span.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize)]
pub struct Key {
    pub metric: String,
    pub scope: String,
    pub stat: String,
    /// Seconds since the test began; `None`: the whole test.
    pub from_s: Option<f64>,
    pub to_s: Option<f64>,
}

impl From<&Observation> for Key {
    fn from(o: &Observation) -> Key {
        Key {
            metric: o.metric.clone(),
            scope: o.scope.clone(),
            stat: o.stat.clone(),
            from_s: o.window.map(|window| window.0),
            to_s: o.window.map(|window| window.1),
        }
    }
}

/// A figure as it was recorded: one value, or a range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordedFigure {
    #[serde(flatten)]
    pub key: Key,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub unit: &'static str,
}

impl From<&Observation> for RecordedFigure {
    fn from(o: &Observation) -> RecordedFigure {
        RecordedFigure {
            key: Key::from(o),
            value: o.value,
            low: o.range.map(|range| range.0),
            high: o.range.map(|range| range.1),
            unit: o.unit,
        }
    }
}

/// One predicted figure. `values` holds what each replication would have reported (NaN where it
/// had nothing to report, for example a percentile of no requests).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    #[serde(flatten)]
    pub key: Key,
    #[serde(flatten)]
    pub estimate: Estimate,
    pub unit: &'static str,
    #[serde(skip)]
    pub values: Vec<f64>,
}

/// A service level objective judged against a prediction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub slo: String,
    pub status: Status,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// Share of replications that pass.
    pub probability: f64,
    pub bound: f64,
    pub unit: &'static str,
    /// Only wished for: a failure does not change the exit code.
    pub wished: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Pass,
    /// Within 10 % of the bound, or the interval straddles it.
    Marginal,
    Fail,
}

/// One resource, its use, and what it allows at most (operational analysis).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resource {
    /// "app cpu", "pool main", "main cpu".
    pub name: String,
    pub kind: ResourceKind,
    /// Share of capacity in use during the busiest stage, 0 to 1, mean over replications.
    pub utilisation: Estimate,
    /// Seconds of this resource that one request needs (service demand at the whole resource); of a
    /// rate limit the tokens that a good answer takes.
    pub demand_s: f64,
    /// Servers: cores, connections, threads; of a rate limit tokens per second.
    pub servers: f64,
    /// `servers / demand`: no more requests per second than this can pass; `None` if unused.
    pub bound_per_s: Option<f64>,
}

/// What a resource has to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
    /// Servers, each of which does one thing at a time.
    Servers,
    /// Tokens per second.
    RateLimit,
}

/// Resources, most used first, and the one that limits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bottleneck {
    /// Name of the resource with the lowest bound; empty if there is none.
    pub resource: String,
    /// One or two sentences for people, with the numbers.
    pub explanation: String,
    /// Time span of the busiest stage to which utilisations refer.
    pub from_s: f64,
    pub to_s: f64,
    pub resources: Vec<Resource>,
}

/// Where the time of requests near one percentile goes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimeShare {
    /// Empty: requests; else the queue of whose jobs this is.
    pub scope: String,
    /// "p50", "p95", "p99".
    pub percentile: String,
    /// Duration of these requests, ms.
    pub duration_ms: f64,
    /// Parts, largest first; shares add up to 1.
    pub parts: Vec<TimePart>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimePart {
    /// "waiting for pool main", "work on app cpu", "think x" …
    pub what: String,
    pub share: f64,
    pub ms: f64,
}

/// Something the reader must know to judge the result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Warning {
    /// Short stable word: "unstable", "cut", "precision", "assumed", "model", "out_of_memory", "preset", "taken_from_test".
    pub kind: &'static str,
    pub text: String,
}

/// Something planned for the middle of the test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedEvent {
    /// Seconds after the test's begin.
    pub at_s: f64,
    /// How long it lasts of itself; 0: it only happens.
    pub lasts_s: f64,
    /// "kill app".
    pub what: String,
    /// "1 instance, back after 20 s".
    pub about: String,
    /// The scope of its `recovery_time`.
    pub scope: String,
}

/// One line over time: mean over replications per second, and the range of the middle 95 %.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    pub metric: String,
    pub scope: String,
    pub stat: String,
    pub unit: &'static str,
    /// Second `i` covers `[i, i + 1)` since the test began.
    pub mean: Vec<f64>,
    pub low: Vec<f64>,
    pub high: Vec<f64>,
}

impl Verdict {
    /// The verdict as pages and exit codes have it: what is marginal and holds in nearly all tests passes, and what is
    /// marginal and holds in hardly any fails.
    #[must_use]
    pub fn settled(&self) -> Status {
        match self.status {
            Status::Marginal if self.probability >= super::decide::NEARLY_ALL => Status::Pass,
            Status::Marginal if self.probability <= 1.0 - super::decide::NEARLY_ALL => Status::Fail,
            status => status,
        }
    }
}

/// The answer to "what will this test show?".
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    pub model: String,
    /// Empty: the model as it is.
    pub variant: String,
    pub test: String,
    pub seed: u64,
    pub replications: usize,
    /// Why it stopped there, in words.
    pub stopped: String,
    pub metrics: Vec<Row>,
    pub verdicts: Vec<Verdict>,
    pub bottleneck: Bottleneck,
    pub where_time_goes: Vec<TimeShare>,
    /// Of all requests (empty scope) and of each endpoint, of all durations ("all") and near each percentile.
    #[serde(skip)]
    pub time_of_endpoints: Vec<TimeShare>,
    pub warnings: Vec<Warning>,
    /// What the system costs; `None` if nothing of it has a type or a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// In order of time.
    pub events: Vec<PlannedEvent>,
    #[serde(skip)]
    pub series: Vec<Series>,
    /// Fewer replications than asked for: it was interrupted.
    #[serde(skip)]
    pub interrupted: bool,
}

impl Prediction {
    /// The row of this key; spans are compared to the millisecond.
    #[must_use]
    pub fn row(&self, metric: &str, scope: &str, stat: &str, window: Option<(f64, f64)>) -> Option<&Row> {
        let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => (a - b).abs() < 1e-3,
            _ => false,
        };
        self.metrics.iter().find(|row| {
            row.key.metric == metric
                && row.key.scope == scope
                && row.key.stat == stat
                && near(row.key.from_s, window.map(|w| w.0))
                && near(row.key.to_s, window.map(|w| w.1))
        })
    }
}
