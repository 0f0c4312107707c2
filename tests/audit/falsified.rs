//! One number of a consistent recording made 20 % larger or smaller, where a law could see it.

use plimsoll::recording::{Observation, Recording};

use super::systems::{Numbers, run};

/// Counts below this are not told to 20 %.
const LEAST: f64 = 20.0;

/// Whether another figure of a run fixes this one: counts and rates, their divisions by endpoint, cause and status, means
/// of the whole and of its parts, queues and waits, open connections, keys, growth.
fn is_fixed(o: &Observation, all: &[Observation]) -> bool {
    let value = o.value.unwrap_or(0.0);
    let count = |metric: &str, scope: &str| {
        let found = all.iter().find(|one| one.metric == metric && one.scope == scope && one.stat == "count");
        found.and_then(|one| one.value).unwrap_or(0.0)
    };
    match (o.metric.as_str(), o.stat.as_str()) {
        ("http_reqs" | "iterations", "count" | "rate") => count(&o.metric, &o.scope) >= LEAST,
        // Causes too: each is counted by endpoint as well.
        ("errors", "count" | "rate") => count("errors", &o.scope) >= LEAST,
        ("http_status", "count" | "share") => count("http_status", &o.scope) >= LEAST,
        ("http_req_failed", "rate") => count("errors", &o.scope) >= LEAST,
        // That of an endpoint with few requests hardly moves the whole, but its own parts do.
        ("http_req_duration" | "http_req_duration{ok}", "avg") => count("http_reqs", &o.scope) >= LEAST,
        ("connections_active" | "connections_open", "avg") => value >= 3.0,
        ("connections_waiting", "avg") => value >= 2.0,
        ("http_req_duration", "med" | "p50" | "max" | "min") => o.scope.is_empty(),
        ("keys", "avg") | ("memory", "growth") => value >= 1.0,
        ("evictions" | "transactions", "count" | "rate") => count(&o.metric, &o.scope) >= LEAST,
        ("vus", "avg" | "max") => value >= LEAST,
        _ => false,
    }
}

fn falsified(recording: &Recording, row: usize, factor: f64) -> Recording {
    let mut false_one = recording.clone();
    let o = &mut false_one.observations[row];
    o.value = o.value.map(|value| if o.stat == "count" { (value * factor).round() } else { value * factor });
    false_one
}

#[test]
fn of_a_hundred_recordings_with_one_number_falsified_at_least_ninety_are_caught() {
    let mut caught = 0;
    let mut missed = Vec::new();
    for seed in 0..100 {
        let run = run(seed, 1);
        let mut numbers = Numbers::new(1_000 + seed);
        let all = &run.recording.observations;
        let fixed: Vec<usize> =
            (0..all.len()).filter(|row| all[*row].window.is_none() && is_fixed(&all[*row], all)).collect();
        let row = fixed[numbers.below(fixed.len())];
        let factor = [0.8, 1.2][numbers.below(2)];
        let lie = falsified(&run.recording, row, factor);
        if run.found(&lie, true).is_empty() {
            let o = &all[row];
            missed.push(format!("seed {seed}: {} {} {} {:?} x {factor}", o.metric, o.scope, o.stat, o.value));
        } else {
            caught += 1;
        }
    }
    assert!(caught >= 90, "{caught} caught; missed:\n{}", missed.join("\n"));
}
