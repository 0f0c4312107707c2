//! k6's end-of-test summaries, in all three of their shapes:
//!
//! - `--summary-export`: `metrics` is an object, the figures stand in the metric itself;
//! - `handleSummary(data)`: `metrics` is an object, the figures stand in `values`;
//! - the machine-readable summary of k6 1.5 and later: `results.metrics` is an array.
//!
//! The first two differ in traps: a threshold that is `true` has *failed* in the first and passed
//! in the second, so thresholds are not read at all; the share of a rate is `value` in the first
//! and `rate` in the others, and `passes` of `http_req_failed` counts *failures*, so shares are
//! taken as k6 computed them, never divided from counts. Durations are always ms, whatever unit the
//! console was told to show; data are bytes. `med` is `p50`. A duration that is 0 throughout had no
//! samples. The third shape has no rates of counters; they are the count over the run's duration.
//!
//! Read are k6's own metrics that the contract has, whole or by `name` (`endpoint`) and
//! `expected_response`; everything else is left out and said so in the recording's notes.

use serde_json::{Map, Value};

use super::metrics::{canonical_stat, canonical_unit};
use super::problems::ReadProblem;
use super::units::Unit;
use super::{Observation, Recording};

type Object = Map<String, Value>;

/// Most names of left-out metrics that a note lists.
const MOST_NAMES: usize = 8;

/// What k6's figures of a metric are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Durations in ms.
    Trend,
    Counter,
    /// Bytes.
    Data,
    /// A share of failures.
    Rate,
    /// A share of successes, with a count.
    Checks,
    Gauge,
}

/// A metric of the contract that k6 itself measures.
struct Known {
    metric: String,
    scope: String,
    kind: Kind,
}

/// Reads a summary, or says what is wrong with it.
pub(super) fn read(name: &str, root: &Value) -> Result<Recording, Vec<ReadProblem>> {
    let Some(metrics) = metrics(root) else {
        let problem = ReadProblem::whole(
            "this JSON is no k6 summary: it has neither an object `metrics` nor an array `results.metrics`",
        );
        return Err(vec![problem.with_hint("write one with --summary-export or handleSummary")]);
    };
    let duration_s = root.pointer("/config/duration").and_then(Value::as_f64).filter(|seconds| *seconds > 0.0);
    let mut recording = Recording { name: name.to_owned(), ..Recording::default() };
    let (mut problems, mut left_out, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    for (key, values) in metrics {
        match known(key) {
            None => left_out.push(key),
            Some(known) if known.kind == Kind::Trend && without_samples(values) => empty.push(key),
            Some(known) => {
                let figures = figures(known.kind, values, duration_s, |what| {
                    problems.push(ReadProblem::whole(format!("metric `{key}`: {what}")));
                });
                recording.observations.extend(figures.into_iter().map(|(stat, value, unit)| Observation {
                    metric: known.metric.clone(),
                    scope: known.scope.clone(),
                    stat,
                    window: None,
                    value: Some(value),
                    range: None,
                    unit: unit.word(),
                    rounding: 0.0,
                    source: format!("k6 summary, {key}"),
                    line: 0,
                }));
            }
        }
    }
    if recording.observations.is_empty() && problems.is_empty() {
        problems.push(ReadProblem::whole("the summary has no metric that k6 measures itself, such as http_reqs"));
    }
    recording.notes.extend(note("not in the contract", &left_out));
    recording.notes.extend(note("0 throughout, as if without samples", &empty));
    if problems.is_empty() { Ok(recording) } else { Err(problems) }
}

fn note(why: &str, keys: &[&str]) -> Option<String> {
    let shown = keys.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
    let more = if keys.len() > MOST_NAMES { ", …" } else { "" };
    (!keys.is_empty()).then(|| format!("{why}, left out ({}): {shown}{more}", keys.len()))
}

/// Every metric with its figures, whatever the shape.
fn metrics(root: &Value) -> Option<Vec<(&str, &Object)>> {
    if let Some(Value::Object(metrics)) = root.get("metrics") {
        let entries = metrics.iter().filter_map(|(key, metric)| {
            let values = metric.get("values").unwrap_or(metric);
            Some((key.as_str(), values.as_object()?))
        });
        return Some(entries.collect());
    }
    let all = root.pointer("/results/metrics")?.as_array()?;
    let checks = root.pointer("/results/checks/metrics").and_then(Value::as_array);
    let entries = all.iter().chain(checks.into_iter().flatten()).filter_map(|metric| {
        let name = metric.get("name")?.as_str()?;
        Some((name, metric.get("values")?.as_object()?))
    });
    Some(entries.collect())
}

/// What a key such as `http_req_duration{expected_response:true,name:items}` stands for.
fn known(key: &str) -> Option<Known> {
    let (base, tags) = match key.split_once('{') {
        Some((base, rest)) => (base, rest.strip_suffix('}')?),
        None => (key, ""),
    };
    let (metric, kind) = match base {
        "http_req_duration" | "http_req_waiting" => (base, Kind::Trend),
        "http_reqs" | "iterations" | "dropped_iterations" => (base, Kind::Counter),
        "data_received" | "data_sent" => (base, Kind::Data),
        "http_req_failed" => (base, Kind::Rate),
        // The machine-readable summary has no `checks`, but a share of them that succeeded.
        "checks" | "checks_succeeded" => ("checks", Kind::Checks),
        "vus" => (base, Kind::Gauge),
        _ => return None,
    };
    let mut known = Known { metric: metric.to_owned(), scope: String::new(), kind };
    for tag in tags.split(',').filter(|tag| !tag.trim().is_empty()) {
        let (tag, value) = tag.split_once(':')?;
        match (tag.trim(), value.trim(), base) {
            ("expected_response", "true", "http_req_duration") => known.metric += "{ok}",
            ("expected_response", "false", "http_req_duration") => known.metric += "{failed}",
            ("name" | "endpoint", value, _) if base.starts_with("http_") => value.clone_into(&mut known.scope),
            ("scenario", value, "checks" | "iterations" | "dropped_iterations" | "vus") => {
                value.clone_into(&mut known.scope);
            }
            _ => return None,
        }
    }
    Some(known)
}

/// k6 writes zeros for a trend that got no samples (a sub-metric that a threshold asked for).
fn without_samples(values: &Object) -> bool {
    values.values().filter_map(Value::as_f64).all(|value| value == 0.0)
}

/// The contract's statistics of one metric.
fn figures(
    kind: Kind,
    values: &Object,
    duration_s: Option<f64>,
    mut wrong: impl FnMut(String),
) -> Vec<(String, f64, Unit)> {
    const BYTES_PER_MEGABYTE: f64 = 1e6;
    let mut number = |stat: &str| match values.get(stat)? {
        Value::Null => None,
        Value::Number(number) => number.as_f64(),
        other => {
            wrong(format!("`{stat}` is {other}, not a number"));
            None
        }
    };
    let share = |of_one: f64| of_one * 100.0;
    match kind {
        Kind::Trend => trend(values, number),
        Kind::Counter | Kind::Data => {
            let (count, rate) = (number("count"), number("rate"));
            let rate = rate.or_else(|| Some(count? / duration_s?));
            if kind == Kind::Data {
                let megabytes = |bytes: f64| bytes / BYTES_PER_MEGABYTE;
                let (count, rate) = (count.map(megabytes), rate.map(megabytes));
                present([("count", count, Unit::Megabytes), ("rate", rate, Unit::MegabytesPerSecond)])
            } else {
                present([("count", count, Unit::One), ("rate", rate, Unit::PerSecond)])
            }
        }
        Kind::Rate => present([("rate", number("rate").or_else(|| number("value")).map(share), Unit::Percent)]),
        Kind::Checks => {
            let count = number("total").or_else(|| Some(number("passes")? + number("fails")?));
            let rate = number("rate").or_else(|| number("value")).map(share);
            present([("count", count, Unit::One), ("rate", rate, Unit::Percent)])
        }
        Kind::Gauge => present([("max", number("max"), Unit::One)]),
    }
}

/// Means, extremes and percentiles; `med` and `p(50)` are one.
fn trend(values: &Object, mut number: impl FnMut(&str) -> Option<f64>) -> Vec<(String, f64, Unit)> {
    let mut found: Vec<(String, f64, Unit)> = Vec::new();
    for written in values.keys() {
        let stat = if written == "med" { "p50".to_owned() } else { canonical_stat(written) };
        let is_ours = canonical_unit("http_req_duration", &stat).is_some();
        if is_ours
            && found.iter().all(|figure| figure.0 != stat)
            && let Some(value) = number(written)
        {
            found.push((stat, value, Unit::Milliseconds));
        }
    }
    found
}

fn present<const N: usize>(figures: [(&str, Option<f64>, Unit); N]) -> Vec<(String, f64, Unit)> {
    figures.into_iter().filter_map(|(stat, value, unit)| Some((stat.to_owned(), value?, unit))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT: &str = include_str!("../../tests/fixtures/k6_summary_export.json");
    const HANDLE: &str = include_str!("../../tests/fixtures/k6_handle_summary.json");
    const MACHINE: &str = include_str!("../../tests/fixtures/k6_machine_readable.json");

    fn read_text(text: &str) -> Result<Recording, Vec<String>> {
        read("k6.json", &serde_json::from_str(text).unwrap())
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    fn value(recording: &Recording, metric: &str, scope: &str, stat: &str) -> (f64, &'static str) {
        let found: Vec<_> = recording.of(metric, scope, stat).collect();
        assert_eq!(found.len(), 1, "{metric} {scope} {stat}");
        (found[0].value.unwrap(), found[0].unit)
    }

    /// The same run, three times: k6's traps must not make a difference.
    #[test]
    fn all_three_shapes_say_the_same() {
        for text in [EXPORT, HANDLE, MACHINE] {
            let recording = read_text(text).unwrap();
            let value = |metric, stat| value(&recording, metric, "", stat);
            assert_eq!(value("http_req_duration", "p95"), (120.0, "ms"));
            assert_eq!(value("http_req_duration", "p50"), (30.0, "ms"), "`med`");
            assert_eq!(value("http_req_duration", "avg"), (40.0, "ms"));
            assert_eq!(value("http_req_failed", "rate"), (10.0, "%"), "`passes` are failures here");
            assert_eq!(value("http_reqs", "count"), (1000.0, "1"));
            assert_eq!(value("http_reqs", "rate"), (1000.0 / 60.0, "1/s"));
            assert_eq!(value("checks", "rate"), (95.0, "%"));
            assert_eq!(value("checks", "count"), (1000.0, "1"));
            assert_eq!(value("vus", "max"), (20.0, "1"));
        }
    }

    #[test]
    fn sub_metrics_are_scopes_and_outcomes() {
        let recording = read_text(EXPORT).unwrap();
        assert_eq!(value(&recording, "http_req_duration{ok}", "", "p95"), (125.0, "ms"));
        assert_eq!(value(&recording, "http_req_duration", "items", "p99.9"), (39.5, "ms"));
        assert_eq!(value(&recording, "http_req_duration", "items", "p50"), (9.0, "ms"), "`med` and `p(50)` are one");
        assert_eq!(value(&recording, "http_req_failed", "items", "rate"), (0.0, "%"));
        assert_eq!(value(&recording, "data_received", "", "count"), (3.0, "MB"));
        assert_eq!(value(&recording, "data_received", "", "rate"), (0.05, "MB/s"));
        assert_eq!(value(&recording, "dropped_iterations", "", "count"), (6.0, "1"));
    }

    #[test]
    fn what_is_left_out_is_said() {
        let recording = read_text(EXPORT).unwrap();
        let expected = [
            "not in the contract, left out (4): \
             errors, http_req_blocked, http_req_duration{status:200}, vus_max",
            "0 throughout, as if without samples, left out (1): http_req_duration{name:never}",
        ];
        assert_eq!(recording.notes, expected);
        assert!(recording.find("http_req_duration", "never", "p95").is_none());
    }

    #[test]
    fn what_is_no_summary_is_refused() {
        assert!(read_text("{\"schema\": 1}").is_err());
        assert!(read_text("[]").is_err());
        assert!(read_text("{\"metrics\": {\"mine\": {\"count\": 1}}}").is_err());
        let text = "{\"metrics\": {\"http_reqs\": {\"count\": \"many\", \"rate\": 1}}}";
        assert_eq!(read_text(text).unwrap_err(), ["metric `http_reqs`: `count` is \"many\", not a number"]);
    }
}
