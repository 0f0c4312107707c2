//! Time-outs of a pool against its queue: who gives up after `T` seconds has waited `T` seconds.
//!
//! The first law is Little's: `N` time-outs in `D` seconds keep `N T / D` waiting on average,
//! whoever is served in what order. The second is for queues served first come first served: all
//! who are granted a connection while someone waits stood before him, so `W` waiters at `X` grants
//! per second are through in `(W + 1) / X` seconds. A pool may stall, so the second law only speaks
//! when stalls long enough for the time-outs would have shown in the throughput.

use super::figures::{Between, Figures, Known, show, show_between, show_window};
use super::{Contradiction, Facts, Pool, Severity, throughput};

/// Samples of a queue, and where a test begins and ends, blur its mean by this share.
const MARGIN: f64 = 0.15;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    let mut pools = facts.system.pools.iter().filter(|pool| pool.acquire_timeout_s.is_some());
    // Time-outs are recorded for the system: with two pools that have one, nobody knows whose.
    let (Some(pool), None) = (pools.next(), pools.next()) else { return };
    let Some(timeout) = pool.acquire_timeout_s.filter(|timeout| *timeout > 0.0) else { return };
    for window in figures.windows("errors") {
        let Some(given_up) = figures.get("errors", "acquire_timeout", "count", window) else { continue };
        let Some(queue) = queue(figures, pool, window) else { continue };
        let waited = seconds_waited(&given_up, timeout, facts, window);
        let length = facts.load.seconds(window);
        if let Some(contradiction) = too_few_waiting(&given_up, &queue, waited, timeout, length, window) {
            found.push(contradiction);
        }
        if let Some(contradiction) = first_come(figures, facts, pool, &given_up, &queue, waited, window) {
            found.push(contradiction);
        }
    }
}

/// The longest queue recorded, anything up to its maximum.
fn queue(figures: &Figures, pool: &Pool, window: Option<(f64, f64)>) -> Option<Known> {
    let average = figures.get("connections_waiting", &pool.name, "avg", window);
    let most = figures.get("connections_waiting", &pool.name, "max", window);
    match (average, most) {
        (Some(average), Some(most)) => Some(average.hull(most)),
        (one, other) => one.or(other),
    }
}

/// Seconds that those who gave up waited inside the window, at least: a wait that ended early in
/// the window may have begun before it.
fn seconds_waited(given_up: &Known, timeout: f64, facts: &Facts, window: Option<(f64, f64)>) -> f64 {
    let inside = match window {
        Some((from, to)) => (1.0 - timeout / (to - from)).max(0.0),
        None => 1.0,
    };
    // Nobody waited before the test began.
    let possible = if timeout < facts.load.seconds(window).high { inside } else { 0.0 };
    given_up.at.low * timeout * possible
}

fn too_few_waiting(
    given_up: &Known,
    queue: &Known,
    waited: f64,
    timeout: f64,
    length: Between,
    window: Option<(f64, f64)>,
) -> Option<Contradiction> {
    let waiting = waited / length.high;
    let most = queue.at.high;
    if waiting <= most * (1.0 + MARGIN) + 0.5 {
        return None;
    }
    Some(Contradiction {
        law: "time-outs have waited",
        severity: Severity::Impossible,
        statement:
            "Everyone who gives up after the time-out has waited that long, so time-outs x time-out / time wait on \
                    average (Little's law)."
                .into(),
        numbers: format!(
            "{}: {} time-outs of {} s within {} s alone are {} waiting on average, recorded are {}",
            show_window(window),
            show_between(given_up.at),
            show(timeout),
            show_between(length),
            show(waiting),
            show_between(queue.at)
        ),
        size: Between::exactly(waiting).times_apart(Between::exactly(most)),
        would_need: format!("a time-out of {} s at most", show(timeout * most / waiting)),
        rows: [given_up.rows.clone(), queue.rows.clone()].concat(),
    })
}

/// With `W` waiters at most, `N` waits of `T` cover at least `N T / W` seconds, and in any `T`
/// seconds of them at most `W + 1` connections are granted: two such spans may overlap, so the
/// rate meanwhile is at most `2 (W + 1) / T`. What is left of the time must carry all the rest.
fn first_come(
    figures: &Figures,
    facts: &Facts,
    pool: &Pool,
    given_up: &Known,
    queue: &Known,
    waited: f64,
    window: Option<(f64, f64)>,
) -> Option<Contradiction> {
    let (timeout, grants) = (pool.acquire_timeout_s?, pool.grants_per_request?);
    if !pool.fifo || given_up.at.low < 1.0 {
        return None;
    }
    let flow = throughput(figures, &facts.load, window)?;
    let failed = figures.get("http_req_failed", "", "rate", window);
    let served = 1.0 - failed.as_ref().map_or(0.0, |share| share.at.high);
    let granted = flow.at.low * grants * served;
    let longest_wait = (queue.at.high + 1.0) / granted;
    if granted <= 0.0 || timeout <= longest_wait * (1.0 + MARGIN) {
        return None;
    }
    let length = facts.load.seconds(window).low;
    let stalled = (waited / queue.at.high.max(1.0) / length).min(1.0);
    let while_stalled = 2.0 * (queue.at.high + 1.0) / timeout;
    let otherwise = flow.at.high * facts.load.peak_over_mean() * grants;
    let possible = stalled * while_stalled + (1.0 - stalled) * otherwise;
    if granted <= possible * (1.0 + MARGIN) {
        return None;
    }
    Some(Contradiction {
        law: "first come, first served",
        severity: Severity::Impossible,
        statement:
            "In a queue served first come first served, W waiters at X grants per second are through in (W + 1) / X \
                    seconds."
                .into(),
        numbers: format!(
            "{}: {} waiters at {} grants/s or more are through in {} s, nobody can wait {} s, but {} did",
            show_window(window),
            show_between(queue.at),
            show(granted),
            show(longest_wait),
            show(timeout),
            show_between(given_up.at)
        ),
        size: Between::exactly(timeout).times_apart(Between::exactly(longest_wait)),
        would_need: format!(
            "{} waiters, or stalls during {} % of the time, or another order of service",
            show(granted * timeout),
            show((stalled * 100.0).round())
        ),
        rows: [given_up.rows.clone(), queue.rows.clone(), flow.rows].concat(),
    })
}
