//! What is kept of the predictions at one place: figures, verdicts, and what limits.

use serde::{Deserialize, Deserializer, Serialize};

use crate::model::{Cause, Test};
use crate::study::decide::NEARLY_ALL;
use crate::study::judge::all_hold;
use crate::study::prediction::{Prediction, Row, Status};

/// The tests at one place of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// A value of each axis, as written.
    pub at: Vec<String>,
    /// Share of replications in which every required objective of every test holds.
    #[serde(deserialize_with = "nullable")]
    pub probability: f64,
    pub tests: Vec<TestPoint>,
    /// What the system costs there, US dollars per month, without what has no known price; `None` where nothing has
    /// one. It follows from the model: results files do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_per_month: Option<f64>,
}

/// A test at one place of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestPoint {
    pub test: String,
    pub replications: usize,
    /// Some replications held more requests than fit in memory: their figures cover the time before.
    pub cut: bool,
    pub figures: Vec<Figure>,
    pub verdicts: Vec<PointVerdict>,
    /// Whether all required objectives hold, replication by replication.
    pub holds: Vec<bool>,
    /// The resource that allows the fewest requests per second; may be empty.
    pub limits: String,
    /// Those with the lowest bound first.
    pub resources: Vec<PointResource>,
}

/// A figure, as in a prediction, with what each replication would report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    pub metric: String,
    pub scope: String,
    pub stat: String,
    pub from_s: Option<f64>,
    pub to_s: Option<f64>,
    pub unit: String,
    #[serde(deserialize_with = "nullable")]
    pub value: f64,
    #[serde(deserialize_with = "nullable")]
    pub low: f64,
    #[serde(deserialize_with = "nullable")]
    pub high: f64,
    #[serde(deserialize_with = "nullable")]
    pub mean_low: f64,
    #[serde(deserialize_with = "nullable")]
    pub mean_high: f64,
    #[serde(deserialize_with = "nullables")]
    pub values: Vec<f64>,
}

/// The verdict on an objective, as in a prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointVerdict {
    pub slo: String,
    pub status: Status,
    #[serde(deserialize_with = "nullable")]
    pub value: f64,
    #[serde(deserialize_with = "nullable")]
    pub low: f64,
    #[serde(deserialize_with = "nullable")]
    pub high: f64,
    #[serde(deserialize_with = "nullable")]
    pub probability: f64,
    #[serde(deserialize_with = "nullable")]
    pub bound: f64,
    pub unit: String,
    pub wished: bool,
}

/// A resource in the busiest stage, means over replications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointResource {
    pub name: String,
    /// Share of it in use, 0 to 1.
    #[serde(deserialize_with = "nullable")]
    pub utilisation: f64,
    #[serde(deserialize_with = "nullable")]
    pub servers: f64,
    /// Requests per second that it lets pass at most; `None` if it is not used.
    pub bound_per_s: Option<f64>,
}

/// JSON knows no NaN: it is written as null.
fn nullable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Option::<f64>::deserialize(deserializer).map(|number| number.unwrap_or(f64::NAN))
}

fn nullables<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let numbers = Vec::<Option<f64>>::deserialize(deserializer)?;
    Ok(numbers.into_iter().map(|number| number.unwrap_or(f64::NAN)).collect())
}

impl Point {
    /// Keeps what matters of the predictions of all tests at a place.
    #[must_use]
    pub fn of(at: Vec<String>, predicted: &[(Test, Prediction)]) -> Point {
        let tests: Vec<TestPoint> =
            predicted.iter().map(|(test, prediction)| TestPoint::of(test, prediction)).collect();
        let replications = tests.iter().map(|test| test.holds.len()).min().unwrap_or(0);
        let all = |i: &usize| tests.iter().all(|test| test.holds[*i]);
        let probability = (0..replications).filter(all).count() as f64 / replications as f64;
        Point { at, probability, tests, usd_per_month: None }
    }

    /// Whether any required objective is judged.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.tests.iter().any(|test| test.verdicts.iter().any(|verdict| !verdict.wished))
    }

    /// Whether every required objective of every test holds, as nearly as a decision asks it.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.is_judged() && self.probability >= NEARLY_ALL
    }
}

impl TestPoint {
    /// Keeps what matters of the prediction of a test.
    #[must_use]
    pub fn of(test: &Test, prediction: &Prediction) -> TestPoint {
        let cut = prediction.warnings.iter().any(|warning| warning.kind == "cut");
        let held = all_hold(test.required(), test, prediction);
        let busiest = (prediction.bottleneck.from_s, prediction.bottleneck.to_s);
        let verdicts = prediction.verdicts.iter().map(|verdict| PointVerdict {
            slo: verdict.slo.clone(),
            status: verdict.status,
            value: verdict.value,
            low: verdict.low,
            high: verdict.high,
            probability: verdict.probability,
            bound: verdict.bound,
            unit: verdict.unit.to_owned(),
            wished: verdict.wished,
        });
        let resources = prediction.bottleneck.resources.iter().map(|resource| PointResource {
            name: resource.name.clone(),
            utilisation: resource.utilisation.value,
            servers: resource.servers,
            bound_per_s: resource.bound_per_s,
        });
        TestPoint {
            test: test.name.clone(),
            replications: prediction.replications,
            cut,
            figures: prediction.metrics.iter().filter(|row| is_key(row, busiest)).map(Figure::of).collect(),
            verdicts: verdicts.collect(),
            // What happened before the cut says nothing for the whole test.
            holds: held.into_iter().map(|held| held && !cut).collect(),
            limits: prediction.bottleneck.resource.clone(),
            resources: resources.collect(),
        }
    }

    /// Share of replications in which all required objectives hold.
    #[must_use]
    pub fn probability(&self) -> f64 {
        self.holds.iter().filter(|holds| **holds).count() as f64 / self.holds.len() as f64
    }

    /// A figure of the whole test.
    #[must_use]
    pub fn figure(&self, metric: &str, scope: &str, stat: &str) -> Option<&Figure> {
        let is = |f: &&Figure| (f.metric.as_str(), f.scope.as_str(), f.stat.as_str()) == (metric, scope, stat);
        self.figures.iter().filter(|figure| figure.from_s.is_none()).find(is)
    }

    /// Requests per second in the busiest stage.
    #[must_use]
    pub fn busiest_rate(&self) -> Option<&Figure> {
        self.figures.iter().find(|f| f.metric == "http_reqs" && f.stat == "rate" && f.from_s.is_some())
    }

    /// Requests per second answered well in the busiest stage, replication by replication. Points of files written
    /// by earlier versions do not know the failures of that stage: those of the whole test stand for them.
    #[must_use]
    pub fn busiest_goodput(&self) -> Option<Vec<f64>> {
        let rate = self.busiest_rate()?;
        let failures = |f: &&Figure| f.metric == "http_req_failed" && f.stat == "rate" && f.from_s.is_some();
        let failed = self.figures.iter().find(failures).or_else(|| self.figure("http_req_failed", "", "rate"))?;
        // Where nothing was answered nothing failed.
        let well = |failed: f64| if failed.is_nan() { 1.0 } else { 1.0 - failed / 100.0 };
        Some(rate.values.iter().zip(&failed.values).map(|(rate, failed)| rate * well(*failed)).collect())
    }

    /// The resource that limits.
    #[must_use]
    pub fn limit(&self) -> Option<&PointResource> {
        self.resources.iter().find(|resource| resource.name == self.limits)
    }
}

impl Figure {
    fn of(row: &Row) -> Figure {
        Figure {
            metric: row.key.metric.clone(),
            scope: row.key.scope.clone(),
            stat: row.key.stat.clone(),
            from_s: row.key.from_s,
            to_s: row.key.to_s,
            unit: row.unit.to_owned(),
            value: row.estimate.value,
            low: row.estimate.low,
            high: row.estimate.high,
            mean_low: row.estimate.mean_low,
            mean_high: row.estimate.mean_high,
            values: row.values.clone(),
        }
    }
}

/// Whether a figure is kept: of all requests, of the whole test, and their rate and failures in the busiest stage.
fn is_key(row: &Row, busiest: (f64, f64)) -> bool {
    let (metric, scope, stat) = (row.key.metric.as_str(), row.key.scope.as_str(), row.key.stat.as_str());
    match (row.key.from_s, row.key.to_s) {
        (None, None) => match metric {
            "http_req_duration" => scope.is_empty() && matches!(stat, "avg" | "p50" | "p95" | "p99"),
            "http_reqs" | "http_req_failed" => scope.is_empty() && stat == "rate",
            "errors" => stat == "rate" && Cause::ALL.iter().any(|cause| cause.word() == scope),
            "connections_waiting" | "connection_wait" => stat == "avg",
            "dropped_iterations" => scope.is_empty() && stat == "count",
            _ => false,
        },
        span => {
            let is_rate = matches!(metric, "http_reqs" | "http_req_failed") && stat == "rate";
            is_rate && scope.is_empty() && span == (Some(busiest.0), Some(busiest.1))
        }
    }
}
