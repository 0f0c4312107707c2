//! Connections of a pool: those in use and those idle are the open ones, waiters times time are waits, nobody waits past
//! the time-out, and queries hold what they use.

use super::figures::{Between, Figures, Known, percentile, show, show_between, show_window};
use super::{Contradiction, Facts, Pool, Severity};

/// Samples of levels.
const MARGIN: f64 = 0.05;

/// Levels below this are noise of samples.
const SLACK: f64 = 0.5;

/// A waiter is told of its time-out this much later, as a share and in seconds: an event loop has other work first.
const LATE: f64 = 0.1;
const LATE_S: f64 = 0.1;

/// A window is blurred by so many mean waits: queues grow and shrink at its edges.
const EDGES: f64 = 20.0;

type Window = Option<(f64, f64)>;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for window in figures.windows("connections_active") {
        for scope in figures.scopes("connections_active", "avg", window) {
            open(figures, scope, window, found);
        }
    }
    for pool in &facts.system.pools {
        if let Some(timeout) = pool.acquire_timeout_s {
            past_the_timeout(figures, pool, timeout, found);
        }
        for window in figures.windows("connections_waiting") {
            waits(figures, facts, pool, window, found);
            given_up_without_waiting(figures, facts, pool, window, found);
        }
        idle_beside_used(figures, pool, found);
    }
    statements_hold(figures, facts, found);
    if facts.system.pools.is_empty() {
        for window in figures.windows("connections_waiting") {
            for scope in figures.scopes("connections_waiting", "avg", window) {
                let pool = Pool {
                    name: scope.to_owned(),
                    max: f64::INFINITY,
                    acquire_timeout_s: None,
                    fifo: false,
                    grants_per_request: None,
                };
                waits(figures, facts, &pool, window, found);
            }
        }
    }
}

fn open(figures: &Figures, scope: &str, window: Window, found: &mut Vec<Contradiction>) {
    let get = |metric| figures.get(metric, scope, "avg", window);
    let (Some(active), Some(open)) = (get("connections_active"), get("connections_open")) else { return };
    let (used, complete) = match get("connections_idle") {
        Some(idle) => (active.plus(idle), true),
        None => (active, false),
    };
    let too_many = used.at.low > open.at.widened(MARGIN, SLACK).high;
    // Those that are being opened are neither in use nor idle.
    let too_few = complete && used.at.widened(MARGIN, SLACK).high < open.at.low;
    if !too_many && !too_few {
        return;
    }
    found.push(Contradiction {
        law: "open = in use + idle",
        severity: if too_many { Severity::Impossible } else { Severity::Unexplained },
        statement: "An open connection is in use or idle.".into(),
        numbers: format!(
            "{scope}, {}: {} in use{}, {} open",
            show_window(window),
            show_between(used.at),
            if complete { " and idle" } else { "" },
            show_between(open.at)
        ),
        size: used.at.times_apart(open.at),
        would_need: if too_many { "more open connections" } else { "connections that are being opened" }.into(),
        rows: [open.rows, used.rows].concat(),
    });
}

/// Statements one after the other on each connection: their time together is no more than connections are in use.
fn statements_hold(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    let scopes = figures.scopes("connections_active", "avg", None);
    // Of several pools nobody knows which statement is whose.
    let ([scope], true) = (scopes.as_slice(), facts.load.is_known()) else { return };
    let Some(active) = figures.get("connections_active", scope, "avg", None) else { return };
    let mut busy = Known { at: Between::exactly(0.0), rows: Vec::new() };
    for query in figures.scopes("query_count", "count", None) {
        let count = figures.get("query_count", query, "count", None);
        let mean = figures.get("query_duration", query, "avg", None);
        let (Some(count), Some(mean)) = (count, mean) else { continue };
        busy = busy.plus(Known { at: count.at.times(mean.at), rows: [count.rows, mean.rows].concat() });
    }
    let needed = busy.at.low / facts.load.seconds(None).high;
    if needed <= active.at.high * (1.0 + MARGIN) + SLACK / 5.0 {
        return;
    }
    found.push(Contradiction {
        law: "statements hold connections",
        severity: Severity::Unexplained,
        statement: "A connection runs one statement at a time, so statements x their time / time is at most the \
                    connections in use (Little's law)."
            .into(),
        numbers: format!(
            "{scope}: the statements keep {} connections busy on average, in use are {}",
            show(needed),
            show_between(active.at)
        ),
        size: Between::exactly(needed).times_apart(active.at),
        would_need: "connections that are not recorded, or statements of another time".into(),
        rows: [active.rows, busy.rows].concat(),
    });
}

/// In use and idle are no more than the pool may open.
fn idle_beside_used(figures: &Figures, pool: &Pool, found: &mut Vec<Contradiction>) {
    for window in figures.windows("connections_idle") {
        let get = |metric| figures.get(metric, &pool.name, "avg", window);
        let (Some(active), Some(idle)) = (get("connections_active"), get("connections_idle")) else { continue };
        let used = active.plus(idle);
        if used.at.low <= pool.max * (1.0 + MARGIN) + SLACK {
            continue;
        }
        found.push(Contradiction {
            law: "no more than there is",
            severity: Severity::Impossible,
            statement: "No more is used than there is.".into(),
            numbers: format!(
                "{}, {}: {} connections in use and idle, the pool opens {}",
                pool.name,
                show_window(window),
                show_between(used.at),
                show(pool.max)
            ),
            size: used.at.times_apart(Between::exactly(pool.max)),
            would_need: "a larger pool than the model has".into(),
            rows: used.rows,
        });
    }
}

fn past_the_timeout(figures: &Figures, pool: &Pool, timeout: f64, found: &mut Vec<Contradiction>) {
    for figure in &figures.all {
        let o = figure.observation;
        let order = percentile(&o.stat);
        if o.metric != "connection_wait" || o.scope != pool.name || (order.is_none() && o.stat != "avg") {
            continue;
        }
        if figure.at.low <= timeout * (1.0 + LATE) + LATE_S {
            continue;
        }
        found.push(Contradiction {
            law: "nobody waits past the time-out",
            severity: if o.stat == "max" { Severity::Unexplained } else { Severity::Impossible },
            statement: "A wait ends with the time-out, if not before.".into(),
            numbers: format!(
                "{}, {}: {} of waits {} s, the time-out is {} s",
                pool.name,
                show_window(o.window),
                o.stat,
                show_between(figure.at),
                show(timeout)
            ),
            size: figure.at.times_apart(Between::exactly(timeout)),
            would_need: format!("a time-out of {} s", show(figure.at.low)),
            rows: vec![figure.row],
        });
    }
}

/// Little's law of the queue: those who wait on average x time are all waits together. Requests that succeed have been
/// granted a connection so often at least; a transaction of the database is one grant, as a rule.
fn waits(figures: &Figures, facts: &Facts, pool: &Pool, window: Window, found: &mut Vec<Contradiction>) {
    let waiting = figures.get("connections_waiting", &pool.name, "avg", window);
    let wait = figures.get("connection_wait", &pool.name, "avg", window);
    let (Some(waiting), Some(wait)) = (waiting, wait) else { return };
    let failed = figures.get("http_req_failed", "", "rate", window).map_or(0.0, |share| share.at.high);
    let per_second = |stat: &str, metric: &str, scope: &str| {
        let known = figures.get(metric, scope, stat, window)?;
        match stat {
            "rate" => Some(known),
            _ if window.is_some() || facts.load.is_known() => known.divided_by(facts.load.seconds(window)),
            _ => None,
        }
    };
    let rate =
        |metric: &str, scope: &str| per_second("rate", metric, scope).or_else(|| per_second("count", metric, scope));
    if let (Some(requests), Some(grants)) = (rate("http_reqs", ""), pool.grants_per_request) {
        let at = Between { low: requests.at.low * grants * (1.0 - failed), high: f64::INFINITY };
        let known = Known { at, rows: requests.rows };
        queue_of(pool, &waiting, &wait, &known, Severity::Impossible, window, found);
    }
    if let Some(done) = rate("transactions", &pool.name) {
        let in_vain = rate("errors", "acquire_timeout").map_or(0.0, |errors| errors.at.high);
        let known = Known { at: Between { low: done.at.low, high: done.at.high + in_vain }, rows: done.rows };
        queue_of(pool, &waiting, &wait, &known, Severity::Unexplained, window, found);
    }
}

fn queue_of(
    pool: &Pool,
    waiting: &Known,
    wait: &Known,
    grants: &Known,
    severity: Severity,
    window: Window,
    found: &mut Vec<Contradiction>,
) {
    let low = wait.at.low * grants.at.low;
    let high = if grants.at.high.is_finite() { wait.at.high * grants.at.high } else { f64::INFINITY };
    // Waits that begin or end at the edge of a window belong to it in part.
    let edges = window.map_or(0.0, |(from, to)| EDGES * wait.at.high / (to - from));
    let possible = Between { low, high }.widened(MARGIN + edges, SLACK / 5.0);
    if !possible.apart(waiting.at) {
        return;
    }
    found.push(Contradiction {
        law: "waiting = rate x wait",
        severity,
        statement: "Those who wait on average are the connections asked for per second x the mean wait (Little's law)."
            .into(),
        numbers: format!(
            "{}, {}: {} connections per second x {} s are {} waiting, recorded are {}",
            pool.name,
            show_window(window),
            show_between(grants.at),
            show_between(wait.at),
            show_between(Between { low, high }),
            show_between(waiting.at)
        ),
        size: possible.times_apart(waiting.at),
        would_need: "waits of other requests, or a queue at another time".into(),
        rows: [waiting.rows.clone(), wait.rows.clone(), grants.rows.clone()].concat(),
    });
}

/// Who gave up has waited, longer than the time between two samples of the queue.
fn given_up_without_waiting(
    figures: &Figures,
    facts: &Facts,
    pool: &Pool,
    window: Window,
    found: &mut Vec<Contradiction>,
) {
    /// Queues are sampled this often, s.
    const SAMPLED: f64 = 2.0;
    let only_pool = facts.system.pools.iter().filter(|pool| pool.acquire_timeout_s.is_some()).count() == 1;
    let long = pool.acquire_timeout_s.is_some_and(|timeout| timeout >= SAMPLED);
    let most = figures.get("connections_waiting", &pool.name, "max", window);
    let given_up = figures.get("errors", "acquire_timeout", "count", window);
    let (Some(most), Some(given_up)) = (most, given_up) else { return };
    if !only_pool || !long || given_up.at.low < 1.0 || most.at.high >= 1.0 {
        return;
    }
    found.push(Contradiction {
        law: "time-outs have waited",
        severity: Severity::Impossible,
        statement: "Everyone who gives up after the time-out has waited that long.".into(),
        numbers: format!(
            "{}, {}: {} gave up, but never was anyone waiting",
            pool.name,
            show_window(window),
            show_between(given_up.at)
        ),
        size: super::LARGEST_SIZE,
        would_need: "a queue".into(),
        rows: [most.rows, given_up.rows].concat(),
    });
}
