//! An estimate beside a simulation, and why they differ where they do.

use serde::Serialize;

use super::Instant;
use crate::study::prediction::{Estimate, Prediction};

/// Figures of the busiest span, and sentences on those that disagree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Beside {
    pub from_s: f64,
    pub to_s: f64,
    pub rows: Vec<BesideRow>,
    pub notes: Vec<String>,
}

/// One figure three ways.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BesideRow {
    /// "throughput", "mean response", or a resource's share in use.
    pub what: String,
    /// "1/s", "s", or "share".
    pub unit: &'static str,
    /// That it cannot pass: from above for throughput, from below for the response; of a resource the most requests per second.
    pub bound: Option<f64>,
    pub estimate: Option<f64>,
    pub simulated: Option<Estimate>,
}

/// Resources that are laid beside.
const RESOURCES: usize = 3;

/// An estimate within this share of the simulated mean, or inside its interval, agrees.
const AGREES: f64 = 0.15;

/// The busiest span of both; `None` if the test has none.
#[must_use]
pub fn beside(instant: &Instant, prediction: &Prediction) -> Option<Beside> {
    let window = instant.windows.iter().find(|window| window.busiest)?;
    let span = Some((window.from_s, window.to_s));
    let row = |metric: &str, stat: &str| prediction.row(metric, "", stat, span).map(|row| row.estimate);
    let seconds = |e: Estimate| Estimate {
        value: e.value / 1e3,
        low: e.low / 1e3,
        high: e.high / 1e3,
        mean_low: e.mean_low / 1e3,
        mean_high: e.mean_high / 1e3,
    };
    let means = window.estimate;
    let mut rows = vec![
        BesideRow {
            what: "throughput".into(),
            unit: "1/s",
            bound: Some(window.throughput_high).filter(|bound| bound.is_finite()),
            estimate: means.map(|means| means.throughput),
            simulated: row("http_reqs", "rate"),
        },
        BesideRow {
            what: "mean response".into(),
            unit: "s",
            bound: Some(window.response_low_s),
            estimate: means.map(|means| means.response_s),
            simulated: row("http_req_duration", "avg").map(seconds),
        },
    ];
    for resource in window.resources.iter().take(RESOURCES) {
        let simulated = prediction.bottleneck.resources.iter().find(|other| other.name == resource.name);
        rows.push(BesideRow {
            what: resource.name.clone(),
            unit: "share",
            bound: Some(resource.bound_per_s),
            estimate: resource.utilisation,
            simulated: simulated.map(|other| other.utilisation),
        });
    }
    let notes = notes(instant, &rows, row("http_req_failed", "rate"), window.to_s - window.from_s);
    Some(Beside { from_s: window.from_s, to_s: window.to_s, rows, notes })
}

fn disagrees(row: &BesideRow) -> bool {
    let (Some(estimate), Some(e)) = (row.estimate, row.simulated) else { return false };
    let inside = e.low <= estimate && estimate <= e.high;
    !inside && (estimate - e.value).abs() > AGREES * e.value.abs()
}

fn notes(instant: &Instant, rows: &[BesideRow], failed: Option<Estimate>, seconds: f64) -> Vec<String> {
    let apart: Vec<&str> = rows.iter().filter(|row| disagrees(row)).map(|row| row.what.as_str()).collect();
    let mut notes = Vec::new();
    if rows.first().is_some_and(|row| row.estimate.is_none()) {
        notes.push("no estimate: more arrives than can be served, or times do not settle; queues grow with the length of the span".into());
    }
    if apart.is_empty() {
        return notes;
    }
    let mut why = Vec::new();
    if failed.is_some_and(|failed| failed.value > 1.0) {
        why.push("requests fail, which cuts their work short and is not in the estimate".to_owned());
    }
    let slow = rows.get(1).and_then(|row| row.estimate).unwrap_or(0.0);
    if seconds < 20.0 * slow {
        why.push(format!("the span of {seconds:.0} s is short for a steady state"));
    }
    why.extend(instant.caveats.iter().cloned());
    why.push("bursts and the spread of service times: the estimate knows means only".to_owned());
    notes.push(format!(
        "the estimate of {} differs from the simulation. Possible reasons: {}",
        apart.join(", "),
        why.join("; ")
    ));
    notes
}
