//! CloudWatch's `get-metric-data`: series of AWS's metrics, known by their labels.

use serde_json::Value;

use crate::recording::figures::Figures;
use crate::recording::metrics::unit_of;
use crate::recording::stream::instants::{self, SECOND};
use crate::recording::{Format, ReadProblem, Recording};

/// How a value becomes one of ours.
#[derive(Clone, Copy)]
enum As {
    /// As it is, times a factor.
    Level(f64),
    /// A sum over the period becomes a rate.
    Sum,
}

/// AWS's metrics, and ours with their statistic.
const KNOWN: &[(&str, &str, &str, As)] = &[
    ("CPUUtilization", "cpu", "avg", As::Level(1.0)),
    ("EngineCPUUtilization", "cpu", "avg", As::Level(1.0)),
    ("DatabaseConnections", "connections_open", "avg", As::Level(1.0)),
    ("CurrConnections", "connections_open", "avg", As::Level(1.0)),
    ("CurrItems", "keys", "avg", As::Level(1.0)),
    ("CacheHitRate", "hit_ratio", "avg", As::Level(1.0)),
    ("BytesUsedForCache", "memory", "avg", As::Level(1e-6)),
    ("Evictions", "evictions", "rate", As::Sum),
    ("ReadIOPS", "iops", "avg", As::Level(1.0)),
    ("CPUCreditBalance", "credits", "end", As::Level(1.0)),
    ("RequestCount", "http_reqs", "rate", As::Sum),
    ("TargetResponseTime", "http_req_duration", "avg", As::Level(1e3)),
    ("Deadlocks", "deadlocks", "rate", As::Level(1.0)),
];

pub fn read(name: &str, root: &Value) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::CloudWatch);
    let all: Vec<&Value> = root.get("MetricDataResults").and_then(Value::as_array).into_iter().flatten().collect();
    let first = all.iter().flat_map(|result| points(result)).map(|point| point.0).min();
    let mut unknown = Vec::new();
    for result in &all {
        let text = |key: &str| result.get(key).and_then(Value::as_str).unwrap_or_default();
        let label = if text("Label").is_empty() { text("Id") } else { text("Label") };
        let words: Vec<&str> = label.split_whitespace().collect();
        let known = KNOWN.iter().find(|known| words.contains(&known.0));
        let Some((aws, metric, stat, how)) = known else {
            unknown.push(label.to_owned());
            continue;
        };
        // "CPUUtilization Maximum", "TargetResponseTime p95".
        let told = words.iter().find(|word| unit_of(metric, word).is_ok()).copied();
        let stat =
            told.unwrap_or(if words.contains(&"Maximum") && unit_of(metric, "max").is_ok() { "max" } else { stat });
        let scope = words.iter().find(|word| *word != aws && **word != stat && !STATISTICS.contains(word));
        let points = points(result);
        let period = points.windows(2).map(|pair| pair[1].0 - pair[0].0).min().unwrap_or(60 * SECOND) as f64 / 1e9;
        let Ok(unit) = unit_of(metric, stat) else { continue };
        for (at, value) in points {
            let value = match how {
                As::Level(factor) => value * factor,
                As::Sum => value / period,
            };
            let t_s = (at - first.unwrap_or(at)) as f64 / 1e9;
            figures.point(t_s, (metric, scope.copied().unwrap_or_default(), stat), Some(value), unit);
        }
    }
    if !unknown.is_empty() {
        let known: Vec<&str> = KNOWN.iter().map(|known| known.0).collect();
        let what = format!("not known, left out: {}; labels that are: {}", unknown.join(", "), known.join(", "));
        figures.notes.push(what);
    }
    figures.notes.push("a label may name the scope too, as in \"CPUUtilization main\"; sums are divided by the distance of their points".into());
    figures.facts.begin_ns = first;
    figures.recording()
}

/// Words of a label that are no scope.
const STATISTICS: [&str; 6] = ["Average", "Maximum", "Minimum", "Sum", "SampleCount", "-"];

/// Instants and values in order of time.
fn points(result: &Value) -> Vec<(i64, f64)> {
    let list = |key: &str| result.get(key).and_then(Value::as_array).into_iter().flatten();
    let at = |value: &Value| match value {
        Value::String(text) => instants::any(text.as_bytes()),
        number => instants::since_1970(number.to_string().as_bytes()),
    };
    let pairs = list("Timestamps").zip(list("Values"));
    let mut points: Vec<(i64, f64)> = pairs.filter_map(|(time, value)| Some((at(time)?, value.as_f64()?))).collect();
    points.sort_by_key(|point| point.0);
    points
}
