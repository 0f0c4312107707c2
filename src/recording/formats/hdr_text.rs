//! HdrHistogram's list of percentiles, as wrk2 and many benchmarks print it: value, percentile, count. Its unit is taken
//! to be ms, as its printer scales it.

use crate::recording::figures::Figures;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

/// Percentiles that are taken, with the least at or above them.
const WANTED: [(&str, f64); 6] =
    [("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)];

pub fn read(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::HdrText);
    let mut rows: Vec<(f64, f64)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(footer) = line.strip_prefix("#[") {
            let get = |key: &str| {
                let (_, rest) = footer.split_once(key)?;
                rest.trim_start_matches([' ', '=']).split([',', ']']).next()?.trim().parse::<f64>().ok()
            };
            figures.durations("http_req_duration", "", [("avg", get("Mean"))]);
            figures.durations("http_req_duration", "", [("max", get("Max"))]);
            figures.counter("http_reqs", "", get("Total count"), None);
            continue;
        }
        let numbers: Vec<f64> =
            line.split([' ', ',', '\t']).filter_map(|word| word.trim_matches('"').parse().ok()).collect();
        if let [value, share, _count, ..] = numbers.as_slice() {
            rows.push((*value, *share));
        }
    }
    for (stat, wanted) in WANTED {
        let row = rows.iter().find(|(_, share)| *share >= wanted);
        figures.add("http_req_duration", "", stat, row.map(|(value, _)| *value), Unit::Milliseconds);
    }
    figures.notes.push("values are taken as ms".into());
    figures.recording()
}
