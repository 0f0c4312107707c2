//! What time-outs say of response times: who gives up after `T` seconds was answered no sooner, and nobody waits longer
//! than the client does.

use super::figures::{Between, Figures, show, show_between, show_window};
use super::{Contradiction, Facts, Severity};

/// A time-out fires, and its answer travels, this much later or is noted this much earlier.
const MARGIN: f64 = 0.05;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    if let Some(longest) = facts.system.client_timeout_s {
        beyond_the_client(figures, longest, found);
    }
    let mut pools = facts.system.pools.iter().filter_map(|pool| pool.acquire_timeout_s);
    let acquire = match (pools.next(), pools.next()) {
        (Some(timeout), None) => Some(timeout),
        _ => None,
    };
    for (cause, timeout) in [("acquire_timeout", acquire), ("client_timeout", facts.system.client_timeout_s)] {
        let Some(timeout) = timeout.filter(|timeout| *timeout > 0.0) else { continue };
        for window in figures.windows("errors") {
            slow_requests(figures, cause, timeout, window, found);
        }
    }
}

fn beyond_the_client(figures: &Figures, longest: f64, found: &mut Vec<Contradiction>) {
    let times = figures.all.iter().filter(|figure| figure.observation.metric.starts_with("http_req_duration"));
    for figure in times.filter(|figure| figure.at.low > longest * (1.0 + MARGIN)) {
        let o = figure.observation;
        found.push(Contradiction {
            law: "no longer than the client waits",
            severity: Severity::Impossible,
            statement: "A request ends when the client's time-out is over, if not before.".into(),
            numbers: format!(
                "{} {} {}, {}: {} s, the client waits {} s",
                o.metric,
                o.scope,
                o.stat,
                show_window(o.window),
                show_between(figure.at),
                show(longest)
            ),
            size: figure.at.times_apart(Between::exactly(longest)),
            would_need: format!("a client that waits {} s", show(figure.at.low)),
            rows: vec![figure.row],
        });
    }
}

/// A share of the requests took at least the time-out; so the mean, and the percentiles above.
fn slow_requests(
    figures: &Figures,
    cause: &str,
    timeout: f64,
    window: Option<(f64, f64)>,
    found: &mut Vec<Contradiction>,
) {
    let Some(given_up) = figures.get("errors", cause, "count", window).filter(|count| count.at.low >= 1.0) else {
        return;
    };
    let Some(requests) = figures.get("http_reqs", "", "count", window) else { return };
    let Some(share) = given_up.at.divided_by(requests.at) else { return };
    for figure in &figures.all {
        let o = figure.observation;
        let ours = o.metric == "http_req_duration" && o.scope.is_empty();
        if !ours || !super::figures::same_window(o.window, window) {
            continue;
        }
        let least = match figure.percentile() {
            Some(order) if 1.0 - order < share.low => timeout,
            None if o.stat == "avg" => timeout * share.low,
            _ => continue,
        };
        if figure.at.high >= least * (1.0 - MARGIN) {
            continue;
        }
        found.push(Contradiction {
            law: "time-outs are slow answers",
            severity: Severity::Impossible,
            statement: "Who gives up after the time-out was answered no sooner.".into(),
            numbers: format!(
                "{}: {} of {} requests gave up after {} s ({cause}), so the {} is at least {} s, recorded is {} s",
                show_window(window),
                show_between(given_up.at),
                show_between(requests.at),
                show(timeout),
                o.stat,
                show(least),
                show_between(figure.at)
            ),
            size: Between::exactly(least).times_apart(figure.at),
            would_need: format!("a time-out of {} s at most", show(timeout * figure.at.high / least)),
            rows: [vec![figure.row], given_up.rows.clone(), requests.rows.clone()].concat(),
        });
    }
}
