//! Vegeta's report as JSON. Its rate is of requests sent; percentiles are those of a t-digest, about 1 % exact.

use serde_json::Value;

use crate::recording::figures::{Figures, number};
use crate::recording::stream::instants;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

pub fn read(name: &str, root: &Value) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::VegetaReport);
    let get = |path: &str| number(root, path);
    figures.counter("http_reqs", "", get("requests"), get("rate"));
    let names = [
        ("avg", "mean"),
        ("min", "min"),
        ("p50", "50th"),
        ("p90", "90th"),
        ("p95", "95th"),
        ("p99", "99th"),
        ("max", "max"),
    ];
    let ms = |key: &str| get(&format!("latencies/{key}")).map(|ns| ns / 1e6);
    figures.durations("http_req_duration", "", names.map(|(stat, key)| (stat, ms(key))));
    let failed = get("success").map(|share| 1.0 - share);
    figures.add("http_req_failed", "", "rate", failed.map(|share| 100.0 * share), Unit::Percent);
    let count = failed.zip(get("requests")).map(|(share, requests)| (share * requests).round());
    figures.counter("errors", "", count, None);
    for (metric, key) in [("data_received", "bytes_in/total"), ("data_sent", "bytes_out/total")] {
        figures.add(metric, "", "count", get(key).map(|bytes| bytes / 1e6), Unit::Megabytes);
    }
    for (code, count) in root.get("status_codes").and_then(Value::as_object).into_iter().flatten() {
        let fails = code.parse::<u16>().is_ok_and(|code| !(200..400).contains(&code));
        if let Some(count) = count.as_u64().filter(|_| fails) {
            figures.facts.failures.push((format!("status {code}"), count));
        }
    }
    figures.facts.begin_ns =
        root.get("earliest").and_then(Value::as_str).and_then(|text| instants::civil(text.as_bytes()));
    figures.facts.span_s = get("duration").map(|ns| ns / 1e9);
    figures.recording()
}
