//! Prometheus' answer to a range query: series of a metric with labels.
//!
//! A series is read if its name is a metric of the contract (with or without `k6_` before it), or is given as one with
//! the labels `metric`, `stat` and `scope`, as `label_replace` can write them. Nothing else tells what a query computed.

use serde_json::Value;

use crate::recording::figures::Figures;
use crate::recording::metrics::{scope_kinds, unit_of};
use crate::recording::stream::instants::SECOND;
use crate::recording::{Format, ReadProblem, Recording};

pub fn read(name: &str, root: &Value) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::Prometheus);
    let all: Vec<&Value> = root.pointer("/data/result").and_then(Value::as_array).into_iter().flatten().collect();
    let points = |series: &Value| -> Vec<(f64, f64)> {
        let one = series.get("value").into_iter();
        let many = series.get("values").and_then(Value::as_array).into_iter().flatten();
        let point = |pair: &Value| Some((pair.get(0)?.as_f64()?, pair.get(1)?.as_str()?.parse().ok()?));
        many.chain(one).filter_map(point).collect()
    };
    let first = all.iter().flat_map(|series| points(series)).map(|point| point.0).fold(f64::INFINITY, f64::min);
    let mut unknown = Vec::new();
    for series in all {
        let label = |key: &str| series.pointer(&format!("/metric/{key}")).and_then(Value::as_str).unwrap_or_default();
        let written = if label("metric").is_empty() { label("__name__") } else { label("metric") };
        let Some((metric, stat, scope)) = meaning(written, label) else {
            unknown.push(if written.is_empty() { "a series without a name".to_owned() } else { written.to_owned() });
            continue;
        };
        let Ok(unit) = unit_of(&metric, &stat) else {
            unknown.push(format!("{metric} {stat}"));
            continue;
        };
        // Prometheus has seconds and shares of one, and k6's output to it as well.
        let factor = match unit.word() {
            "ms" => 1e3,
            "%" => 100.0,
            "MB" | "MB/s" => 1e-6,
            _ => 1.0,
        };
        for (at, value) in points(series) {
            figures.point(at - first, (&metric, &scope, &stat), Some(value * factor), unit);
        }
    }
    unknown.sort();
    unknown.dedup();
    if !unknown.is_empty() {
        figures.notes.push(format!(
            "not known to be a metric of the contract, left out: {}; give queries the labels metric, stat and scope",
            unknown.join(", ")
        ));
    }
    if first.is_finite() {
        figures.facts.begin_ns = Some((first * SECOND as f64) as i64);
    }
    figures.recording()
}

/// Metric, statistic and scope of a name such as `k6_http_req_duration_p95` and its labels.
fn meaning<'l>(written: &str, label: impl Fn(&str) -> &'l str) -> Option<(String, String, String)> {
    let bare = written.strip_prefix("k6_").unwrap_or(written);
    let bare = bare.strip_suffix("_total").unwrap_or(bare);
    let stat = label("stat");
    let (metric, stat) = match bare.rsplit_once('_') {
        Some((metric, end)) if stat.is_empty() && unit_of(metric, end).is_ok() => (metric, end),
        _ if stat.is_empty() => (bare, if unit_of(bare, "avg").is_ok() { "avg" } else { "rate" }),
        _ => (bare, stat),
    };
    let kinds = scope_kinds(metric);
    let scope = std::iter::once("scope").chain(kinds.iter().copied()).map(&label).find(|scope| !scope.is_empty());
    unit_of(metric, stat).ok().map(|_| (metric.to_owned(), stat.to_owned(), scope.unwrap_or_default().to_owned()))
}
