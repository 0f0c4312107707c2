//! Parts of a test against the whole: what is counted in windows is counted in the test, the whole
//! lies between its windows, and a level of the test is no less than its windows make it.
//!
//! Windows that overlap are not added up. Nothing is assumed of the time between windows, except
//! that nothing counted is negative.

use super::figures::{Between, Figures, Known, show, show_between, show_window};
use super::latency::is_settled;
use super::{Contradiction, Facts, Severity};

/// What straddles the edges of windows.
const MARGIN: f64 = 0.02;
const SLACK: f64 = 1.0;

/// Counted things. The volumes come in bytes.
const COUNTED: [&str; 14] = [
    "http_reqs",
    "errors",
    "iterations",
    "dropped_iterations",
    "data_received",
    "data_sent",
    "flow_started",
    "flow_success",
    "query_count",
    "transactions",
    "rollbacks",
    "deadlocks",
    "evictions",
    "expirations",
];

/// Shares of what is counted: that of the whole lies between those of its parts.
const SHARES: [&str; 4] = ["http_req_failed", "flow_success", "step_success", "checks"];

/// Levels that are never negative.
const LEVELS: [&str; 8] = [
    "cpu",
    "event_loop_utilisation",
    "connections_active",
    "connections_waiting",
    "threads_active",
    "requests_in_flight",
    "iops",
    "vus",
];

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for metric in COUNTED {
        for scope in scopes(figures, metric) {
            counted(figures, facts, metric, scope, found);
        }
    }
    for metric in SHARES {
        for scope in figures.scopes(metric, "rate", None) {
            between(figures, facts, metric, scope, "rate", found);
        }
    }
    for metric in super::latency::METRICS {
        for figure in figures.all.iter().filter(|f| f.observation.metric == metric && f.observation.window.is_none()) {
            if figure.percentile().is_some_and(|p| p > 0.0 && p < 1.0) || figure.observation.stat == "avg" {
                between(figures, facts, metric, &figure.observation.scope, &figure.observation.stat, found);
            }
        }
    }
    for metric in LEVELS {
        for scope in figures.scopes(metric, "avg", None) {
            level(figures, facts, metric, scope, found);
        }
    }
    extremes(figures, found);
}

fn scopes<'a>(figures: &Figures<'a>, metric: &str) -> Vec<&'a str> {
    let mut all: Vec<&str> = figures.scopes(metric, "count", None);
    for scope in figures.scopes(metric, "rate", None) {
        if !all.contains(&scope) {
            all.push(scope);
        }
    }
    all
}

/// A count in a window: as recorded, or its rate x the length of the window. Shares have a `rate` too.
fn count_in(figures: &Figures, metric: &str, scope: &str, window: (f64, f64)) -> Option<Known> {
    figures.get(metric, scope, "count", Some(window)).or_else(|| {
        let rate = figures.get(metric, scope, "rate", Some(window)).filter(|_| !SHARES.contains(&metric))?;
        Some(Known { at: rate.at.times(Between::exactly(window.1 - window.0)), rows: rate.rows })
    })
}

/// Windows of this metric that do not overlap, from the first on, with what `of` finds in them.
fn apart<T>(figures: &Figures, metric: &str, of: impl Fn((f64, f64)) -> Option<T>) -> Vec<((f64, f64), T)> {
    let mut all: Vec<((f64, f64), T)> = Vec::new();
    let mut windows: Vec<(f64, f64)> = figures.windows(metric).into_iter().flatten().collect();
    // Of windows that begin together the longest, which is never less.
    windows.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    for window in windows {
        if all.last().is_none_or(|(last, _)| last.1 <= window.0 + 1e-3)
            && let Some(one) = of(window)
        {
            all.push((window, one));
        }
    }
    all
}

/// Whether windows leave none of the planned test out.
fn cover<T>(windows: &[((f64, f64), T)], facts: &Facts) -> bool {
    let length: f64 = windows.iter().map(|(window, _)| window.1 - window.0).sum();
    facts.load.is_known() && (length - facts.load.duration_s).abs() <= 1e-3 * facts.load.duration_s
}

fn counted(figures: &Figures, facts: &Facts, metric: &str, scope: &str, found: &mut Vec<Contradiction>) {
    let whole = figures.get(metric, scope, "count", None).or_else(|| {
        let rate = figures.get(metric, scope, "rate", None).filter(|_| !SHARES.contains(&metric))?;
        let seconds = facts.load.seconds(None);
        facts.load.is_known().then(|| Known { at: rate.at.times(seconds), rows: rate.rows })
    });
    let Some(whole) = whole else { return };
    let parts = apart(figures, metric, |window| count_in(figures, metric, scope, window));
    let Some(sum) = parts.iter().map(|(_, count)| count.clone()).reduce(Known::plus) else { return };
    // Who came in the last moment is answered after the end.
    let late = facts.load.users.map_or(f64::INFINITY, |users| users.peak);
    let too_many = sum.at.low > whole.at.widened(MARGIN, SLACK).high;
    let too_few = cover(&parts, facts) && sum.at.widened(MARGIN, SLACK).high + late < whole.at.low;
    if !too_many && !too_few {
        return;
    }
    let unit = if metric.starts_with("data_") { 1e-6 } else { 1.0 };
    let shown = |at: Between| show_between(at.times(Between::exactly(unit)));
    let seconds: f64 = parts.iter().map(|(window, _)| window.1 - window.0).sum();
    found.push(Contradiction {
        law: "parts are no more than the whole",
        severity: Severity::Impossible,
        statement: "What was counted in parts of a test was counted in the test.".into(),
        numbers: format!(
            "{metric} {scope}: {} in {} s of the test, {} in all{}",
            shown(sum.at),
            show(seconds),
            shown(whole.at),
            if unit < 1.0 { " (MB)" } else { "" }
        ),
        size: sum.at.times_apart(whole.at),
        would_need: if too_many { "a total of something less" } else { "parts that nobody recorded" }.into(),
        rows: [whole.rows, sum.rows].concat(),
    });
}

/// A figure of the whole lies between the least and the most of parts that cover it.
fn between(figures: &Figures, facts: &Facts, metric: &str, scope: &str, stat: &str, found: &mut Vec<Contradiction>) {
    let Some(whole) = figures.get(metric, scope, stat, None) else { return };
    let parts = apart(figures, metric, |window| figures.get(metric, scope, stat, Some(window)));
    if parts.len() < 2 || !cover(&parts, facts) {
        return;
    }
    // A percentile of few samples is theirs, and may lie beyond those of all parts.
    let order = super::figures::percentile(stat).unwrap_or(0.5);
    let windows = parts.iter().map(|(window, _)| Some(*window)).chain([None]);
    if order != 0.5 && !windows.into_iter().all(|window| is_settled(figures, metric, scope, window, order)) {
        return;
    }
    let Some(hull) = parts.iter().map(|(_, part)| part.clone()).reduce(Known::hull) else { return };
    if !hull.at.widened(2.0 * MARGIN, 0.0).apart(whole.at) {
        return;
    }
    found.push(Contradiction {
        law: "the whole lies between its parts",
        severity: Severity::Impossible,
        statement: "A mean, a share or a percentile of a test lies between those of the parts that make it up.".into(),
        numbers: format!(
            "{metric} {scope} {stat}: {} in all, {} in its parts",
            show_between(whole.at),
            show_between(hull.at)
        ),
        size: whole.at.times_apart(hull.at),
        would_need: "figures of different requests".into(),
        rows: [whole.rows, hull.rows].concat(),
    });
}

/// A level of the whole test is no less than its windows make it, were there nothing besides.
fn level(figures: &Figures, facts: &Facts, metric: &str, scope: &str, found: &mut Vec<Contradiction>) {
    let Some(whole) = figures.get(metric, scope, "avg", None).filter(|_| facts.load.is_known()) else { return };
    let parts = apart(figures, metric, |window| figures.get(metric, scope, "avg", Some(window)));
    let (mut low, mut high, mut rows) = (0.0, 0.0, whole.rows.clone());
    for (window, part) in &parts {
        low += part.at.low * (window.1 - window.0);
        high += part.at.high * (window.1 - window.0);
        rows.extend(&part.rows);
    }
    let length = facts.load.seconds(None);
    let high = if cover(&parts, facts) { high / length.low } else { f64::INFINITY };
    let possible = Between { low: low / length.high, high };
    // What trickles in after the end has no window.
    let possible = Between { high: possible.high * (length.high / length.low), ..possible };
    if parts.is_empty() || !possible.widened(MARGIN, 0.0).apart(whole.at) {
        return;
    }
    found.push(Contradiction {
        law: "the whole is the mean of its parts",
        severity: Severity::Impossible,
        statement: "An average over a test is that of its parts, by their length; what is not recorded is not negative."
            .into(),
        numbers: format!("{metric} {scope}: {} in all, its parts make it {}", show_between(whole.at), show_between(possible)),
        size: whole.at.times_apart(possible),
        would_need: "an average of something else".into(),
        rows,
    });
}

/// No maximum of a window above that of the test.
fn extremes(figures: &Figures, found: &mut Vec<Contradiction>) {
    for part in &figures.all {
        let o = part.observation;
        let (Some(_), "max") = (o.window, o.stat.as_str()) else { continue };
        let Some(whole) = figures.get(&o.metric, &o.scope, "max", None) else { continue };
        if part.at.low <= whole.at.high * (1.0 + MARGIN) {
            continue;
        }
        found.push(Contradiction {
            law: "no part above the maximum",
            severity: Severity::Impossible,
            statement: "The maximum of a test is no less than that of any part of it.".into(),
            numbers: format!(
                "{} {}: {} in {}, {} in all",
                o.metric,
                o.scope,
                show_between(part.at),
                show_window(o.window),
                show_between(whole.at)
            ),
            size: part.at.times_apart(whole.at),
            would_need: "a maximum of something else".into(),
            rows: [vec![part.row], whole.rows].concat(),
        });
    }
}
