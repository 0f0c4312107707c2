//! oha's report as JSON; its times are in seconds. Requests that the end of the test cut off are no errors.

use serde_json::Value;

use crate::recording::causes;
use crate::recording::figures::{Figures, number};
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

/// What oha calls requests that were under way when the time was over.
const CUT_OFF: &str = "aborted due to deadline";

pub fn read(name: &str, root: &Value) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::Oha);
    let get = |path: &str| number(root, path);
    let ms = |path: &str| get(path).map(|seconds| seconds * 1e3);
    let counts = |key: &str| -> Vec<(String, f64)> {
        let entries = root.get(key).and_then(Value::as_object).into_iter().flatten();
        entries.filter_map(|(what, count)| Some((what.clone(), count.as_f64()?))).collect()
    };
    let (statuses, mut errors) = (counts("statusCodeDistribution"), counts("errorDistribution"));
    let cut: f64 = errors.iter().filter(|(what, _)| what == CUT_OFF).map(|(_, count)| count).sum();
    errors.retain(|(what, _)| what != CUT_OFF);
    if cut > 0.0 {
        figures.notes.push(format!("{cut} requests that the end of the test cut off are left out"));
    }
    let sum = |of: &[(String, f64)]| of.iter().map(|(_, count)| count).sum::<f64>();
    let all = sum(&statuses) + sum(&errors);
    figures.counter("http_reqs", "", Some(all), get("summary/requestsPerSec"));
    let names = [("avg", "summary/average"), ("min", "summary/fastest"), ("max", "summary/slowest")];
    figures.durations("http_req_duration", "", names.map(|(stat, path)| (stat, ms(path))));
    let ranks = ["p10", "p25", "p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99"];
    figures.durations("http_req_duration", "", ranks.map(|rank| (rank, ms(&format!("latencyPercentiles/{rank}")))));
    let refused: Vec<(String, f64)> =
        statuses.into_iter().filter(|(code, _)| code.parse::<u16>().is_ok_and(|code| code >= 400)).collect();
    let failed = sum(&refused) + sum(&errors);
    figures.counter("errors", "", Some(failed), None);
    figures.add("http_req_failed", "", "rate", Some(100.0 * failed / all), Unit::Percent);
    for (what, count) in refused.iter().chain(&errors) {
        let cause = what.parse().ok().and_then(causes::of_status).or_else(|| causes::of_text(what.as_bytes()));
        cause.into_iter().for_each(|cause| figures.counter("errors", cause, Some(*count), None));
        figures.facts.failures.push((what.clone(), *count as u64));
    }
    figures.add("data_received", "", "count", get("summary/totalData").map(|bytes| bytes / 1e6), Unit::Megabytes);
    figures.facts.span_s = get("summary/total");
    figures.recording()
}
