//! Gatling's report: `global_stats.json`, or `stats.json` with one entry per request. Percentiles are whole ms.

use serde_json::Value;

use crate::recording::figures::{Figures, number};
use crate::recording::stream::names::as_scope;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

pub fn read(name: &str, root: &Value) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::GatlingStats);
    let whole = root.get("stats").unwrap_or(root);
    entry("", whole, &mut figures);
    let mut groups = vec![root];
    while let Some(group) = groups.pop() {
        for part in group.get("contents").and_then(Value::as_object).into_iter().flat_map(|parts| parts.values()) {
            let name = part.get("name").and_then(Value::as_str).unwrap_or_default();
            match part.get("type").and_then(Value::as_str) {
                Some("REQUEST") => entry(&as_scope(name.as_bytes()), &part["stats"], &mut figures),
                _ => groups.push(part),
            }
        }
    }
    figures
        .notes
        .push("percentiles1 to 4 are taken as p50, p75, p95 and p99, as Gatling has them unless told otherwise".into());
    figures.recording()
}

fn entry(scope: &str, stats: &Value, figures: &mut Figures) {
    let get = |path: &str| number(stats, path);
    let (count, failed) = (get("numberOfRequests/total"), get("numberOfRequests/ko"));
    figures.counter("http_reqs", scope, count, get("meanNumberOfRequestsPerSecond/total"));
    figures.counter("errors", scope, failed, get("meanNumberOfRequestsPerSecond/ko"));
    let share = failed.zip(count).map(|(failed, count)| 100.0 * failed / count);
    figures.add("http_req_failed", scope, "rate", share, Unit::Percent);
    let names = [
        ("avg", "meanResponseTime"),
        ("min", "minResponseTime"),
        ("p50", "percentiles1"),
        ("p75", "percentiles2"),
        ("p95", "percentiles3"),
        ("p99", "percentiles4"),
        ("max", "maxResponseTime"),
    ];
    for (metric, part) in
        [("http_req_duration", "total"), ("http_req_duration{ok}", "ok"), ("http_req_duration{failed}", "ko")]
    {
        let some = number(stats, &format!("numberOfRequests/{part}")).is_some_and(|count| count > 0.0);
        let differs = part == "total" || failed.is_some_and(|failed| failed > 0.0);
        if some && differs {
            figures.durations(metric, scope, names.map(|(stat, key)| (stat, get(&format!("{key}/{part}")))));
        }
    }
}
