//! autocannon's `--json`. It has no p95; its connections are its users.

use serde_json::Value;

use crate::recording::figures::{Figures, number};
use crate::recording::stream::instants;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

pub fn read(name: &str, root: &Value) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::Autocannon);
    let get = |path: &str| number(root, path);
    let errors = get("errors").unwrap_or(0.0);
    let all = get("requests/total").map(|answered| answered + errors);
    figures.counter("http_reqs", "", all, get("requests/average"));
    let names = [
        ("avg", "average"),
        ("min", "min"),
        ("p2.5", "p2_5"),
        ("p50", "p50"),
        ("p75", "p75"),
        ("p90", "p90"),
        ("p97.5", "p97_5"),
        ("p99", "p99"),
        ("p99.9", "p99_9"),
        ("max", "max"),
    ];
    figures.durations("http_req_duration", "", names.map(|(stat, key)| (stat, get(&format!("latency/{key}")))));
    let failed = errors + get("non2xx").unwrap_or(0.0);
    figures.counter("errors", "", Some(failed), None);
    let timeouts = get("timeouts").filter(|timeouts| *timeouts > 0.0);
    figures.counter("errors", "client_timeout", timeouts, None);
    figures.add("http_req_failed", "", "rate", all.map(|all| 100.0 * failed / all), Unit::Percent);
    figures.add("vus", "", "max", get("connections"), Unit::One);
    figures.facts.begin_ns =
        root.get("start").and_then(Value::as_str).and_then(|text| instants::civil(text.as_bytes()));
    figures.facts.span_s = get("duration");
    figures.recording()
}
