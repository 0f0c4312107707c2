//! Formats that are one JSON document.

use serde_json::Value;

use super::{
    artillery, autocannon, cloudwatch, gatling_stats, jmeter_statistics, oha, prometheus, run_result, spans,
    vegeta_report,
};
use crate::recording::stream::blocks::Lines;
use crate::recording::stream::events::Events;
use crate::recording::stream::names::Fold;
use crate::recording::stream::summary;
use crate::recording::{Format, ReadProblem, Recording, k6_summary};

type Read = Result<Recording, Vec<ReadProblem>>;

/// Reads a document, whatever it is.
pub fn read(name: &str, root: &Value) -> Read {
    let has = |key: &str| root.get(key).is_some();
    if run_result::is(root) {
        run_result::read(name, root)
    } else if has("resourceSpans") {
        traces(name, Format::Otlp, |events| spans::otlp(root, events))
    } else if root.pointer("/data/0/spans").is_some() {
        traces(name, Format::Jaeger, |events| spans::jaeger(root, events))
    } else if root.pointer("/data/resultType").is_some() {
        prometheus::read(name, root)
    } else if has("MetricDataResults") {
        cloudwatch::read(name, root)
    } else if has("aggregate") {
        artillery::read(name, root)
    } else if has("latencies") && has("status_codes") {
        vegeta_report::read(name, root)
    } else if has("latencyPercentiles") || has("statusCodeDistribution") && has("summary") {
        oha::read(name, root)
    } else if has("latency") && has("connections") && has("requests") {
        autocannon::read(name, root)
    } else if has("numberOfRequests") || root.pointer("/stats/numberOfRequests").is_some() {
        gatling_stats::read(name, root)
    } else if jmeter_statistics::is(root) {
        jmeter_statistics::read(name, root)
    } else if has("metrics") || has("results") {
        let format = Format::K6Summary;
        let recording = k6_summary::read(name, root)?;
        Ok(Recording { files: vec![crate::recording::FileFacts::plain(name, format)], ..recording })
    } else {
        let problem =
            ReadProblem::whole("this JSON is of no known format: it has none of the keys that one is known by");
        Err(vec![problem.with_hint("plimsoll inspect --help names the formats")])
    }
}

/// Traces in one document are counted as those in lines.
fn traces(name: &str, format: Format, count: impl Fn(&mut Events)) -> Read {
    let (lines, fold) = counted(Events::new, count);
    summary::recording(name, format, lines, fold.notes())
}

/// The traces of a document with their requests; `None` if it has none.
pub fn traced(root: &Value) -> Option<(Format, Lines, Fold)> {
    let count: (Format, fn(&Value, &mut Events)) = if root.get("resourceSpans").is_some() {
        (Format::Otlp, spans::otlp)
    } else if root.pointer("/data/0/spans").is_some() {
        (Format::Jaeger, spans::jaeger)
    } else {
        return None;
    };
    let (lines, fold) = counted(Events::with_traces, |events| count.1(root, events));
    Some((count.0, lines, fold))
}

fn counted(empty: fn(Fold) -> Events, count: impl Fn(&mut Events)) -> (Lines, Fold) {
    let mut fold = Fold::Nothing;
    loop {
        let mut lines = Lines { events: empty(fold), ..Lines::default() };
        count(&mut lines.events);
        lines.events.seconds.settle();
        match fold.next().filter(|_| lines.events.too_many) {
            Some(next) => fold = next,
            None => return (lines, fold),
        }
    }
}
