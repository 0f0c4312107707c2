//! JMeter's dashboard: `statistics.json`, a map of labels with one for the total.
//!
//! Its percentiles are of the last 20,000 samples only, by another rule than k6's.

use serde_json::Value;

use crate::recording::figures::{Figures, number};
use crate::recording::stream::names::as_scope;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

/// Samples that percentiles are of.
const WINDOW: f64 = 20_000.0;

/// Whether this document is one.
pub fn is(root: &Value) -> bool {
    let row = |row: &Value| row.get("sampleCount").is_some() && row.get("meanResTime").is_some();
    root.as_object().is_some_and(|rows| !rows.is_empty() && rows.values().all(row))
}

pub fn read(name: &str, root: &Value) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::JmeterStatistics);
    let mut long = false;
    for (label, row) in root.as_object().into_iter().flatten() {
        let get = |key: &str| number(row, key);
        let scope = if label == "Total" { String::new() } else { as_scope(label.as_bytes()) };
        figures.counter("http_reqs", &scope, get("sampleCount"), get("throughput"));
        figures.counter("errors", &scope, get("errorCount"), None);
        figures.add("http_req_failed", &scope, "rate", get("errorPct"), Unit::Percent);
        let names = [
            ("avg", "meanResTime"),
            ("min", "minResTime"),
            ("p50", "medianResTime"),
            ("p90", "pct1ResTime"),
            ("p95", "pct2ResTime"),
            ("p99", "pct3ResTime"),
            ("max", "maxResTime"),
        ];
        figures.durations("http_req_duration", &scope, names.map(|(stat, key)| (stat, get(key))));
        long |= get("sampleCount").is_some_and(|count| count > WINDOW);
        if scope.is_empty() {
            let per_second = |key: &str| get(key).map(|kib| kib * 1024.0 / 1e6);
            figures.add("data_received", "", "rate", per_second("receivedKBytesPerSec"), Unit::MegabytesPerSecond);
            figures.add("data_sent", "", "rate", per_second("sentKBytesPerSec"), Unit::MegabytesPerSecond);
            figures.facts.span_s = get("sampleCount")
                .zip(get("throughput"))
                .map(|(count, rate)| count / rate)
                .filter(|span| span.is_finite());
        }
    }
    figures
        .notes
        .push("pct1, pct2 and pct3 are taken as p90, p95 and p99, as JMeter has them unless told otherwise".into());
    if long {
        figures.notes.push("JMeter's percentiles are of the last 20,000 samples of a label only".into());
    }
    figures.recording()
}
