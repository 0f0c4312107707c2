//! Artillery's reports: `{"aggregate": …, "intermediate": […]}`, of version 1 and 2.
//!
//! Its response times end at the first byte of the answer.

use serde_json::{Map, Value};

use crate::recording::causes;
use crate::recording::figures::{Figures, number};
use crate::recording::stream::instants;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

pub fn read(name: &str, root: &Value) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::Artillery);
    let Some(aggregate) = root.get("aggregate") else { return figures.recording() };
    let second = aggregate.get("counters").is_some();
    let duration = if second { two(aggregate, &mut figures) } else { one(aggregate, &mut figures) };
    figures.notes.push("Artillery's response times end at the first byte of the answer".into());
    let parts: Vec<&Value> = root.get("intermediate").and_then(Value::as_array).into_iter().flatten().collect();
    let begins: Vec<Option<i64>> = parts.iter().map(|part| begin(part)).collect();
    let first = begins.iter().flatten().min().copied();
    for (part, at) in parts.iter().zip(&begins) {
        let (Some(at), Some(first)) = (at, first) else { continue };
        let t_s = (at - first) as f64 / 1e9;
        let rate = if second { number(&part["rates"], "http.request_rate") } else { number(part, "rps/mean") };
        let mean = summary(part, second).and_then(|summary| number(summary, "mean"));
        figures.point(t_s, ("http_reqs", "", "rate"), rate, Unit::PerSecond);
        figures.point(t_s, ("http_req_duration", "", "avg"), mean, Unit::Milliseconds);
    }
    figures.facts.begin_ns = first;
    figures.facts.width_s = if figures.series.is_empty() { 0.0 } else { 10.0 };
    figures.facts.span_s = duration;
    figures.recording()
}

/// When a part of the test began.
fn begin(part: &Value) -> Option<i64> {
    match part.get("period").or(part.get("timestamp"))? {
        Value::String(text) => instants::any(text.as_bytes()),
        number => instants::since_1970(number.to_string().as_bytes()),
    }
}

fn summary(part: &Value, second: bool) -> Option<&Value> {
    if !second {
        return part.get("latency");
    }
    let all = part.get("summaries").or(part.get("histograms"))?;
    all.get("http.total").or(all.get("http.response_time"))
}

fn durations(part: Option<&Value>, figures: &mut Figures) {
    let Some(part) = part else { return };
    let names = [
        ("avg", "mean"),
        ("min", "min"),
        ("p50", "median"),
        ("p75", "p75"),
        ("p90", "p90"),
        ("p95", "p95"),
        ("p99", "p99"),
        ("p99.9", "p999"),
        ("max", "max"),
    ];
    figures.durations("http_req_duration", "", names.map(|(stat, key)| (stat, number(part, key))));
}

/// Version 2; how long it took, s.
fn two(aggregate: &Value, figures: &mut Figures) -> Option<f64> {
    let empty = Map::new();
    let counters = aggregate.get("counters").and_then(Value::as_object).unwrap_or(&empty);
    let count = |key: &str| counters.get(key).and_then(Value::as_f64);
    let span = number(aggregate, "lastMetricAt").zip(number(aggregate, "firstMetricAt"));
    let span = span.map(|(last, first)| (last - first) / 1e3).filter(|span| *span > 0.0);
    let requests = count("http.requests");
    figures.counter("http_reqs", "", requests, requests.zip(span).map(|(count, span)| count / span));
    durations(summary(aggregate, true), figures);
    let of = |prefix: &'static str| {
        counters.iter().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value.as_f64()?)))
    };
    let codes: Vec<_> = of("http.codes.").collect();
    failures(codes, of("errors.").collect(), requests, figures);
    figures.counter("iterations", "", count("vusers.completed"), None);
    figures.counter("dropped_iterations", "", count("vusers.skipped"), None);
    figures.add("data_received", "", "count", count("http.downloaded_bytes").map(|bytes| bytes / 1e6), Unit::Megabytes);
    span
}

/// Version 1.
fn one(aggregate: &Value, figures: &mut Figures) -> Option<f64> {
    let requests = number(aggregate, "requestsCompleted").or(number(aggregate, "rps/count"));
    figures.counter("http_reqs", "", requests, number(aggregate, "rps/mean"));
    durations(summary(aggregate, false), figures);
    let of = |key: &str| {
        let entries = aggregate.get(key).and_then(Value::as_object).into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.as_str(), value.as_f64()?))).collect::<Vec<_>>()
    };
    failures(of("codes"), of("errors"), requests, figures);
    figures.counter("iterations", "", number(aggregate, "scenariosCompleted"), None);
    requests.zip(number(aggregate, "rps/mean")).map(|(count, rate)| count / rate)
}

/// Statuses and errors without an answer.
fn failures(codes: Vec<(&str, f64)>, errors: Vec<(&str, f64)>, requests: Option<f64>, figures: &mut Figures) {
    let status = |code: &str| code.parse::<u16>().unwrap_or(0);
    let refused = codes.iter().filter(|(code, _)| status(code) >= 400);
    let failed: f64 = refused.chain(&errors).map(|(_, count)| count).sum();
    if let Some(requests) = requests.filter(|requests| *requests > 0.0) {
        figures.add("http_req_failed", "", "rate", 100.0 * failed / requests, Unit::Percent);
        figures.counter("errors", "", Some(failed), None);
    }
    for (what, count) in codes.iter().filter(|(code, _)| status(code) >= 400).chain(&errors) {
        figures.facts.failures.push(((*what).to_owned(), *count as u64));
        let cause = causes::of_status(status(what)).or_else(|| causes::of_text(what.as_bytes()));
        cause.into_iter().for_each(|cause| figures.counter("errors", cause, Some(*count), None));
    }
}
