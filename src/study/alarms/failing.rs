//! When a test begins to fail its objectives: the first minute in which one does not hold.

use super::mixture::mixture;
use super::track::inside;
use crate::measure::Measurements;
use crate::model::{Objective, Severity, Test, TestSpan};
use crate::study::judge::seconds;
use crate::study::observe::Figure;

/// Seconds over which an objective is looked at.
const MINUTE: i64 = 60;

/// Whether a required objective fails in this run, and the end of the first minute in which one that
/// does fails, seconds. Minutes are known of durations and failures of all requests together.
pub fn first_failing(test: &Test, figures: &[Figure], m: &Measurements) -> (bool, Option<f64>) {
    let figure = |objective: &Objective, stat: &str, span: TestSpan| {
        let key = (objective.metric.name.as_str(), objective.metric.scope.as_str(), stat);
        let window = seconds(span, test);
        let is_it = |f: &&Figure| {
            (f.key.from_s, f.key.to_s) == (window.map(|w| w.0), window.map(|w| w.1))
                && (f.key.metric.as_str(), f.key.scope.as_str(), f.key.stat.as_str()) == key
        };
        figures.iter().find(is_it).map_or(f64::NAN, |figure| figure.value)
    };
    let fails = |objective: &&Objective| {
        let value = figure(objective, &objective.metric.stat, objective.span);
        let relative = objective.relative.as_ref();
        let bound = objective.bound + relative.map_or(0.0, |r| r.times * figure(objective, &r.stat, r.span));
        let known = !value.is_nan() && !bound.is_nan();
        objective.severity == Severity::Required && known && !objective.comparison.holds(value, bound)
    };
    let failing: Vec<&Objective> = test.objectives.iter().filter(fails).collect();
    let end = m.series.seconds.len() as i64;
    let minute = |objective: &&Objective| {
        (MINUTE..=end).find(|&to| {
            let value = of_minute(objective, m, to - MINUTE, to);
            value.is_some_and(|value| !objective.comparison.holds(value, objective.bound))
        })
    };
    let first = failing.iter().filter_map(minute).min();
    (!failing.is_empty(), first.map(|second| second as f64))
}

/// The figure of an objective over a span; `None` if it is not kept by the second.
fn of_minute(objective: &Objective, m: &Measurements, from: i64, to: i64) -> Option<f64> {
    let seconds = inside(&m.series.seconds, from, to);
    let count: f64 = seconds.iter().map(|second| f64::from(second.completed)).sum();
    if !objective.metric.scope.is_empty()
        || count == 0.0
        || objective.span != TestSpan::Whole
        || objective.relative.is_some()
    {
        return None;
    }
    let per_request = |of: &dyn Fn(&crate::measure::Second) -> f64| seconds.iter().map(of).sum::<f64>() / count;
    match (objective.metric.name.as_str(), objective.metric.stat.as_str()) {
        ("http_req_failed", "rate") => Some(100.0 * per_request(&|second| f64::from(second.failed))),
        ("http_req_duration", "avg") => {
            let some = |second: &crate::measure::Second| second.completed > 0;
            Some(per_request(&|s| if some(s) { f64::from(s.completed) * f64::from(s.mean) / 1e6 } else { 0.0 }))
        }
        ("http_req_duration", stat) => {
            let percent = if stat == "med" { Some(50.0) } else { stat.strip_prefix('p')?.parse::<f64>().ok() };
            let row = |s: &crate::measure::Second| {
                [f64::from(s.completed), f64::from(s.p50) / 1e6, f64::from(s.p95) / 1e6, f64::from(s.p99) / 1e6]
            };
            mixture(&seconds.iter().map(row).collect::<Vec<_>>(), percent? / 100.0)
        }
        _ => None,
    }
}
