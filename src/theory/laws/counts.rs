//! Counts: share x count = errors, count = rate x time, parts add up to the whole.
//!
//! Pure arithmetic on what one load tool counted, so these laws assume nothing but that the figures
//! speak of the same requests. Windows must be those of the recording; none is made up.

use super::figures::{Between, Figures, Known, show, show_between, show_window};
use super::{Contradiction, Facts, Severity, implied_requests};
use crate::model::Cause;

/// Counts of two parts of one tool may differ by this share (requests that straddle a window's
/// edge) and by this many.
const COUNT_MARGIN: f64 = 0.02;
const COUNT_SLACK: f64 = 1.0;

type Window = Option<(f64, f64)>;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for window in figures.windows("http_req_failed") {
        for scope in figures.scopes("http_req_failed", "rate", window) {
            errors_of(figures, facts, scope, window, found);
        }
    }
    causes_add_up(figures, found);
    windows_add_up(figures, facts, found);
    rates_times_time(figures, facts, found);
    endpoints_add_up(figures, facts, found);
}

fn counted(at: Between) -> Between {
    at.widened(COUNT_MARGIN, COUNT_SLACK)
}

/// Requests in a window: as counted, or rate x time.
fn requests(figures: &Figures, facts: &Facts, scope: &str, window: Window) -> Option<Known> {
    figures.get("http_reqs", scope, "count", window).or_else(|| {
        let rate = figures.get("http_reqs", scope, "rate", window)?;
        Some(Known { at: rate.at.times(facts.load.seconds(window)), rows: rate.rows })
    })
}

/// Failed share x requests = errors, for the whole (scope "") or one endpoint.
fn errors_of(figures: &Figures, facts: &Facts, scope: &str, window: Window, found: &mut Vec<Contradiction>) {
    let Some(share) = figures.get("http_req_failed", scope, "rate", window) else { return };
    let Some(requests) = requests(figures, facts, scope, window) else { return };
    let expected = share.at.times(requests.at);
    let total = if scope.is_empty() { figures.get("errors", "", "count", window) } else { None };
    for (errors, complete) in [(total, true), (sum_of_causes(figures, scope, window), false)] {
        let Some(errors) = errors else { continue };
        if !counted(expected).apart(errors.at) {
            continue;
        }
        // Causes may have been left out of a list, but not a total.
        let missing = errors.at.high < expected.low;
        let what = if complete { "errors" } else { "errors of all causes together" };
        found.push(Contradiction {
            law: "errors = share x requests",
            severity: if complete || !missing { Severity::Impossible } else { Severity::Unexplained },
            statement: "The share of failed requests times the requests is the number of errors.".into(),
            numbers: format!(
                "{}{}: {} % of {} requests are {}, but {} {what} are recorded",
                show_window(window),
                if scope.is_empty() { String::new() } else { format!(", {scope}") },
                show_between(Between { low: share.at.low * 100.0, high: share.at.high * 100.0 }),
                show_between(requests.at),
                show_between(Between { low: expected.low.round(), high: expected.high.round() }),
                show_between(errors.at),
            ),
            size: expected.times_apart(errors.at),
            would_need: if missing {
                format!("{} failed requests that no error row counts", show(expected.low - errors.at.high))
            } else {
                format!("{} errors that were no failed requests", show(errors.at.low - expected.high))
            },
            rows: [errors.rows, share.rows.clone(), requests.rows.clone()].concat(),
        });
        // The sum of causes against the same share would say the same again.
        break;
    }
}

/// Sum over causes; `scope` "" for causes of all requests, else of one endpoint.
fn sum_of_causes(figures: &Figures, scope: &str, window: Window) -> Option<Known> {
    let of_scope = |written: &str| match written.rsplit_once(' ') {
        Some((endpoint, cause)) => endpoint == scope && Cause::from_word(cause).is_some(),
        None => scope.is_empty() && Cause::from_word(written).is_some(),
    };
    figures
        .scopes("errors", "count", window)
        .into_iter()
        .filter(|written| of_scope(written))
        .filter_map(|written| figures.get("errors", written, "count", window))
        .reduce(Known::plus)
}

/// Causes together are no more than all errors, and all of them if the list is complete.
fn causes_add_up(figures: &Figures, found: &mut Vec<Contradiction>) {
    for window in figures.windows("errors") {
        let Some(total) = figures.get("errors", "", "count", window) else { continue };
        let Some(causes) = sum_of_causes(figures, "", window) else { continue };
        if !counted(total.at).apart(causes.at) {
            continue;
        }
        let missing = causes.at.high < total.at.low;
        found.push(Contradiction {
            law: "causes add up to errors",
            severity: if missing { Severity::Unexplained } else { Severity::Impossible },
            statement: "Every error has one cause, so the causes add up to the errors.".into(),
            numbers: format!(
                "{}: causes add up to {}, errors are {}",
                show_window(window),
                show_between(causes.at),
                show_between(total.at)
            ),
            size: causes.at.times_apart(total.at),
            would_need: if missing { "errors of a cause that is not listed" } else { "errors with two causes" }.into(),
            rows: [total.rows, causes.rows].concat(),
        });
    }
}

/// Errors over their share give the requests of each window; the windows give the test.
fn windows_add_up(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    let Some(total) = requests(figures, facts, "", None) else { return };
    let mut sum = Known { at: Between::exactly(0.0), rows: Vec::new() };
    let mut reached = 0.0;
    let mut covered = 0.0;
    for window in figures.windows("errors") {
        let Some((from, to)) = window else { continue };
        // Overlapping windows would count twice: the first wins.
        if from < reached {
            continue;
        }
        let Some(implied) = implied_requests(figures, window) else { continue };
        (reached, covered) = (to, covered + to - from);
        sum = sum.plus(implied);
    }
    if sum.rows.is_empty() {
        return;
    }
    let outside = (facts.load.seconds(None).high - covered).max(0.0);
    let busiest = total.at.high / facts.load.duration_s * facts.load.peak_over_mean();
    let busiest = busiest.max(facts.load.peak_rate.unwrap_or(0.0));
    let possible = Between { low: sum.at.low, high: sum.at.high + busiest * outside };
    if !counted(possible).apart(total.at) {
        return;
    }
    let missing = total.at.low > possible.high;
    found.push(Contradiction {
        law: "windows add up to the test",
        severity: Severity::Impossible,
        statement: "Errors over their share are the requests of a window, and the windows add up to the test.".into(),
        numbers: format!(
            "errors over shares imply {} requests within {} s of the test; with at most {} requests/s in the other {} s \
             that makes {} at most, but {} are recorded",
            show_between(sum.at),
            show(covered),
            show(busiest),
            show(outside),
            show(possible.high),
            show_between(total.at)
        ),
        size: possible.times_apart(total.at),
        would_need: if missing {
            format!("{} requests that no window counts", show(total.at.low - possible.high))
        } else {
            format!("{} requests that the total leaves out", show(possible.low - total.at.high))
        },
        rows: [total.rows, sum.rows].concat(),
    });
}

/// A count over the time it took is its rate; a volume is a data rate x time.
fn rates_times_time(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    const METRICS: [&str; 7] =
        ["http_reqs", "iterations", "dropped_iterations", "errors", "flow_started", "data_received", "data_sent"];
    for metric in METRICS {
        for window in figures.windows(metric) {
            for scope in figures.scopes(metric, "count", window) {
                let Some(count) = figures.get(metric, scope, "count", window) else { continue };
                let Some(rate) = figures.get(metric, scope, "rate", window) else { continue };
                let volume = metric.starts_with("data_");
                let of = if scope.is_empty() { String::new() } else { format!(" {scope}") };
                let mut seconds = facts.load.seconds(window);
                if volume && window.is_none() {
                    // A monitor's "average" may be that of the busy part of the test.
                    seconds.low /= facts.load.peak_over_mean();
                }
                let expected = rate.at.times(seconds);
                let per_unit = if volume { 1e-6 } else { 1.0 };
                let in_unit = |at: Between| at.times(Between::exactly(per_unit));
                if !counted(expected).apart(count.at) {
                    continue;
                }
                found.push(Contradiction {
                    law: if volume { "volume = rate x time" } else { "count = rate x time" },
                    severity: Severity::Impossible,
                    statement: "A count is its rate times the time over which it was counted.".into(),
                    numbers: format!(
                        "{metric}{of}: {} per second for {} s are {}, but {} are recorded{}",
                        show_between(in_unit(rate.at)),
                        show_between(seconds),
                        show_between(in_unit(expected)),
                        show_between(in_unit(count.at)),
                        if volume { " (MB)" } else { "" }
                    ),
                    size: expected.times_apart(count.at),
                    would_need: format!("{} s of test", count.at.divided_by(rate.at).map_or("no".into(), show_between)),
                    rows: [count.rows, rate.rows].concat(),
                });
            }
        }
    }
}

/// Requests, and failed requests, of the endpoints add up to those of the test.
fn endpoints_add_up(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for window in figures.windows("http_reqs") {
        let endpoints: Vec<&str> = endpoints(figures, facts, window);
        let all = !endpoints.is_empty() && facts.system.endpoints.iter().all(|name| endpoints.contains(&name.as_str()));
        let complete = all && !facts.system.endpoints.is_empty();
        let Some(total) = requests(figures, facts, "", window) else { continue };
        let each: Vec<Known> = endpoints.iter().filter_map(|name| requests(figures, facts, name, window)).collect();
        let Some(sum) = each.iter().cloned().reduce(Known::plus) else { continue };
        add_up("requests", &sum, &total, complete, window, found);

        let shares: Option<Vec<Known>> =
            endpoints.iter().map(|name| figures.get("http_req_failed", name, "rate", window)).collect();
        let (Some(shares), Some(share)) = (shares, figures.get("http_req_failed", "", "rate", window)) else {
            continue;
        };
        let failed = shares
            .into_iter()
            .zip(each)
            .map(|(share, n)| Known { at: share.at.times(n.at), rows: [share.rows, n.rows].concat() })
            .reduce(Known::plus);
        let Some(failed) = failed else { continue };
        let all_failed = Known { at: share.at.times(total.at), rows: [share.rows, total.rows].concat() };
        add_up("failed requests", &failed, &all_failed, complete, window, found);
    }
}

fn endpoints<'a>(figures: &Figures<'a>, facts: &Facts, window: Window) -> Vec<&'a str> {
    let mut scopes = figures.scopes("http_reqs", "count", window);
    if scopes.iter().all(|scope| scope.is_empty()) {
        scopes = figures.scopes("http_reqs", "rate", window);
    }
    let known = &facts.system.endpoints;
    scopes.retain(|scope| !scope.is_empty() && (known.is_empty() || known.iter().any(|name| name == scope)));
    scopes
}

fn add_up(what: &str, sum: &Known, total: &Known, complete: bool, window: Window, found: &mut Vec<Contradiction>) {
    let too_many = sum.at.low > counted(total.at).high;
    let too_few = sum.at.high < counted(total.at).low;
    let said = too_many || (too_few && complete);
    if !said {
        return;
    }
    found.push(Contradiction {
        law: "endpoints add up",
        severity: Severity::Impossible,
        statement: format!("The {what} of the endpoints add up to the {what} of the test."),
        numbers: format!(
            "{}: endpoints have {} {what} together, the test {}",
            show_window(window),
            show_between(sum.at),
            show_between(total.at)
        ),
        size: sum.at.times_apart(total.at),
        would_need: if too_many { "requests counted for two endpoints" } else { "an endpoint that is not recorded" }
            .into(),
        rows: [sum.rows.clone(), total.rows.clone()].concat(),
    });
}
