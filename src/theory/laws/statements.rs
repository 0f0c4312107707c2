//! Statements against the requests that run them, and against the connections that they hold, where a model says which
//! request runs what.

use super::figures::{Between, Figures, Known, show_between};
use super::{Contradiction, Facts, Severity, Statement};

/// Two counts of different tools, and those of requests under way when the test ends.
const MARGIN: f64 = 0.03;
const SLACK: f64 = 2.0;
/// A connection is given back when its program gets round to it: so much later than its statement ends, as a share, and
/// levels below which samples are noise.
const GIVEN_BACK: f64 = 0.25;
const LEVEL_SLACK: f64 = 0.5;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for statement in &facts.system.statements {
        let Some(count) = figures.get("query_count", &statement.name, "count", None) else { continue };
        let Some(expected) = expected(figures, facts, statement) else { continue };
        held(statement, &count, &expected, found);
    }
    for pool in &facts.system.statement_pools {
        connections(figures, facts, pool, found);
    }
}

/// How often requests run a statement, at least those that succeed, at most all.
fn expected(figures: &Figures, facts: &Facts, statement: &Statement) -> Option<Known> {
    let failed = figures.get("errors", "", "count", None).or_else(|| {
        let share = figures.get("http_req_failed", "", "rate", None)?;
        let all = figures.get("http_reqs", "", "count", None)?;
        Some(Known { at: share.at.times(all.at), rows: share.rows })
    });
    let mut all = Known { at: Between::exactly(0.0), rows: Vec::new() };
    let mut most_each: f64 = 0.0;
    for (endpoint, low, high) in &statement.per_request {
        let whole = if statement.per_request.len() == 1 { figures.get("http_reqs", "", "count", None) } else { None };
        let count = figures.get("http_reqs", endpoint, "count", None).or(whole)?;
        let errors = figures.get("errors", endpoint, "count", None);
        let errors = errors.or_else(|| failed.clone()).map_or(count.at.high, |errors| errors.at.high);
        let at = Between {
            low: (count.at.low - errors).max(0.0) * low,
            high: if *high > 0.0 { count.at.high * high } else { 0.0 },
        };
        let rows = if *high > 0.0 { count.rows } else { Vec::new() };
        all = all.plus(Known { at, rows });
        most_each = most_each.max(*high);
    }
    if statement.by_jobs {
        all.at.high = f64::INFINITY;
    }
    // Requests that were under way at the end are not counted, their statements may be.
    let in_flight = figures.each("requests_in_flight", "max").map(|figure| figure.at.high).reduce(f64::max);
    let open = in_flight.or(facts.load.users.map(|users| users.peak)).unwrap_or(all.at.high * MARGIN);
    all.at.high += open * most_each;
    Some(all)
}

fn held(statement: &Statement, count: &Known, expected: &Known, found: &mut Vec<Contradiction>) {
    if !expected.at.widened(MARGIN, SLACK).apart(count.at) {
        return;
    }
    let more = count.at.low > expected.at.high;
    let each: Vec<String> = statement
        .per_request
        .iter()
        .filter(|(_, _, high)| *high > 0.0)
        .map(|(endpoint, low, high)| format!("{} of {endpoint}", show_between(Between { low: *low, high: *high })))
        .collect();
    found.push(Contradiction {
        law: "statements = requests x statements per request",
        severity: Severity::Unexplained,
        statement: "Each request runs the statements that the model says, one that fails fewer.".into(),
        numbers: format!(
            "query {}: {} recorded, but {} by the requests ({} each)",
            statement.name,
            show_between(count.at),
            show_between(expected.at),
            each.join(", ")
        ),
        size: expected.at.times_apart(count.at),
        would_need: if more {
            "statements of something besides the requests, or more of them per request than in the model"
        } else {
            "requests that do without it, which the model does not know"
        }
        .into(),
        rows: [count.rows.clone(), expected.rows.clone()].concat(),
    });
}

/// Where connections are held by single statements and by nothing else, those in use are the statements x their time.
fn connections(figures: &Figures, facts: &Facts, pool: &str, found: &mut Vec<Contradiction>) {
    let Some(active) = figures.get("connections_active", pool, "avg", None).filter(|_| facts.load.is_known()) else {
        return;
    };
    let mut busy = Known { at: Between::exactly(0.0), rows: Vec::new() };
    for statement in facts.system.statements.iter().filter(|statement| statement.pool == pool) {
        let count = figures.get("query_count", &statement.name, "count", None);
        let mean = figures.get("query_duration", &statement.name, "avg", None);
        let (Some(count), Some(mean)) = (count, mean) else { return };
        busy = busy.plus(Known { at: count.at.times(mean.at), rows: [count.rows, mean.rows].concat() });
    }
    // A level may be averaged over the planned time.
    let Some(most) = busy.at.divided_by(Between::exactly(facts.load.duration_s)) else { return };
    if busy.rows.is_empty() || active.at.low <= most.widened(GIVEN_BACK, LEVEL_SLACK).high {
        return;
    }
    found.push(Contradiction {
        law: "statements hold connections",
        severity: Severity::Unexplained,
        statement: "By the model connections are held for single statements only, so those in use are statements x their time / time \
                    (Little's law)."
            .into(),
        numbers: format!(
            "{pool}: {} connections in use, but the statements keep {} busy",
            show_between(active.at),
            show_between(most)
        ),
        size: active.at.times_apart(most.widened(GIVEN_BACK, LEVEL_SLACK)),
        would_need: "transactions that hold a connection longer than their statements, or statements that are not recorded".into(),
        rows: [active.rows, busy.rows].concat(),
    });
}
