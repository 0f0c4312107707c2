//! One test has one length: each count over its rate is the time over which it was counted.
//!
//! Speaks where the plan is unknown or not; what is longer than the plan is told by `counts`.

use super::figures::{Between, Figures, Known, show_between};
use super::{Contradiction, Facts, Severity};

/// Two parts of one tool may stop their clocks this much apart.
const MARGIN: f64 = 0.02;

/// What a load tool counts from the begin to the end.
const COUNTERS: [&str; 5] = ["http_reqs", "iterations", "dropped_iterations", "errors", "flow_started"];

/// What monitors count, perhaps over another time.
const MONITORED: [&str; 5] = ["transactions", "rollbacks", "evictions", "expirations", "api_attempts"];

/// Fewer than this many are counted too coarsely to tell a time.
const FEWEST: f64 = 20.0;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    let mut all: Vec<(String, Known)> = Vec::new();
    for metric in COUNTERS.into_iter().chain(MONITORED) {
        for scope in figures.scopes(metric, "count", None) {
            let Some(count) = figures.get(metric, scope, "count", None).filter(|count| count.at.low >= FEWEST) else {
                continue;
            };
            let Some(rate) = figures.get(metric, scope, "rate", None).filter(|rate| rate.at.low > 0.0) else {
                continue;
            };
            let Some(at) = count.at.divided_by(rate.at) else { continue };
            all.push((format!("{metric} {scope}"), Known { at, rows: [count.rows, rate.rows].concat() }));
        }
    }
    let whole = all.first().filter(|(name, _)| name.trim() == "http_reqs").cloned();
    for (i, (name, one)) in all.iter().enumerate() {
        // Held against the count of all requests where that is there, else against the one before.
        let other = if i == 0 { None } else { whole.as_ref().or_else(|| all.get(i - 1)) };
        let Some((other_name, other)) = other.filter(|(_, other)| other.at.widened(MARGIN, 0.0).apart(one.at)) else {
            continue;
        };
        found.push(Contradiction {
            law: "one test, one duration",
            severity: if MONITORED.iter().any(|metric| name.starts_with(metric)) {
                Severity::Unexplained
            } else {
                Severity::Impossible
            },
            statement: "Counts over their rates are the time over which they were counted, which is one for one test."
                .into(),
            numbers: format!(
                "{}: count / rate is {} s, of {} {} s",
                name.trim(),
                show_between(one.at),
                other_name.trim(),
                show_between(other.at)
            ),
            size: one.at.times_apart(other.at),
            would_need: "counts or rates of another span".into(),
            rows: [one.rows.clone(), other.rows.clone()].concat(),
        });
    }
    recorded_end(figures, facts, found);
}

/// A recorded span does not begin after the test has ended.
fn recorded_end(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    if !facts.load.is_known() {
        return;
    }
    let end = facts.load.seconds(None).high;
    for figure in &figures.all {
        let Some((from, to)) = figure.observation.window else { continue };
        let counts = matches!(figure.observation.stat.as_str(), "count") && figure.at.low > 0.0;
        if !counts || from < end {
            continue;
        }
        found.push(Contradiction {
            law: "nothing before or after the test",
            severity: Severity::Unexplained,
            statement: "What a load tool counts happens within the test.".into(),
            numbers: format!(
                "{} {}: {} from {from} to {to} s, the test ends at {}",
                figure.observation.metric,
                figure.observation.scope,
                show_between(figure.at),
                show_between(Between::exactly(end))
            ),
            size: (from / end).max(1.0),
            would_need: "a longer test".into(),
            rows: vec![figure.row],
        });
    }
}
