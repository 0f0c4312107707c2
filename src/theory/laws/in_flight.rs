//! Little's law of requests: those in flight on average are the requests per second times their mean time.
//!
//! A server counts those that it has, the load tool how long they took for it. So there are no more inside of the server than
//! the tool waits for, unless others ask it too or it works on for those that have given up; and fewer only by the time that
//! they spend outside: on the network, or in a queue in front.

use super::figures::{Between, Figures, Known, show_between, show_window};
use super::{Contradiction, Facts, LARGEST_SIZE, Severity};
use crate::model::Cause;

/// Samples of levels, and levels below which they are noise.
const MARGIN: f64 = 0.05;
const SLACK: f64 = 0.5;
/// Less than this share of their time inside of the server is told.
const INSIDE: f64 = 0.5;
/// Share of requests that may fail for reasons that nobody recorded.
const UNTOLD: f64 = 0.01;
/// Where the longest request is not told, so many times the mean.
const LONGEST: f64 = 20.0;
/// A request that ended so may still be worked on.
const GOES_ON: [Cause; 3] = [Cause::ClientTimeout, Cause::BalancerTimeout, Cause::Deadline];

type Window = Option<(f64, f64)>;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for (metric, all) in [("requests_in_flight", true), ("threads_active", false)] {
        for window in figures.windows(metric) {
            let scopes = figures.scopes(metric, "avg", window);
            for scope in &scopes {
                let Some(level) = figures.get(metric, scope, "avg", window) else { continue };
                let Some(present) = present(figures, facts, window) else { continue };
                // What waits for a thread has none, and with several tiers each has a part.
                held(
                    metric,
                    scope,
                    window,
                    (&level, &present),
                    all && scopes.len() == 1,
                    may_go_on(figures, window),
                    found,
                );
            }
        }
    }
}

/// How many requests the load tool waits for on average, with what happens at the edges.
struct Present {
    known: Known,
    edges: f64,
}

fn present(figures: &Figures, facts: &Facts, window: Window) -> Option<Present> {
    let get = |metric: &str, stat: &str| figures.get(metric, "", stat, window);
    let mean = get("http_req_duration", "avg")?;
    let (rate, count) = (get("http_reqs", "rate"), get("http_reqs", "count"));
    let time = match (window, &rate, &count) {
        (Some((from, to)), _, _) => Some(Between::exactly(to - from)),
        (None, Some(rate), Some(count)) => count.at.divided_by(rate.at).filter(|time| time.high.is_finite()),
        (None, _, _) if facts.load.is_known() && facts.load.grace_s.is_finite() => Some(facts.load.seconds(None)),
        _ => None,
    }?;
    // A level may be averaged over the planned time, a rate over the time that the tool ran.
    let time = if window.is_none() && facts.load.is_known() {
        time.hull(Between::exactly(facts.load.duration_s))
    } else {
        time
    };
    let counted = count.and_then(|count| count.divided_by(time));
    let flow = match (rate, counted) {
        (Some(rate), Some(counted)) => rate.hull(counted),
        (one, other) => one.or(other)?,
    };
    let longest = get("http_req_duration", "max").map_or(mean.at.high * LONGEST, |longest| longest.at.high);
    let known = Known { at: flow.at.times(mean.at), rows: [flow.rows, mean.rows].concat() };
    let most = figures.each("requests_in_flight", "max").map(|figure| figure.at.high).reduce(f64::max);
    let most = most.or(facts.load.users.map(|users| users.peak)).unwrap_or(2.0 * known.at.high).max(known.at.high);
    // Those under way at an edge belong to the window in part; before the test there are none.
    let sides = if window.is_some() { 2.0 } else { 1.0 };
    Some(Present { known, edges: sides * most * longest / time.low.max(f64::MIN_POSITIVE) })
}

/// Whether the server may work on for requests that are over.
fn may_go_on(figures: &Figures, window: Window) -> bool {
    let scopes = figures.scopes("errors", "count", window);
    let told: Vec<(Cause, f64)> = scopes
        .into_iter()
        .filter_map(|scope| Some((Cause::from_word(scope)?, figures.get("errors", scope, "count", window)?.at.high)))
        .collect();
    let untold = figures.get("http_req_failed", "", "rate", window).is_some_and(|share| share.at.low > UNTOLD);
    told.iter().any(|(cause, many)| *many >= 1.0 && GOES_ON.contains(cause)) || told.is_empty() && untold
}

fn held(
    metric: &str,
    scope: &str,
    window: Window,
    (level, present): (&Known, &Present),
    all: bool,
    may_go_on: bool,
    found: &mut Vec<Contradiction>,
) {
    let most = present.known.at.widened(MARGIN, SLACK + present.edges).high;
    let least = present.known.at.low * INSIDE - SLACK - present.edges;
    let (too_many, too_few) = (level.at.low > most && !may_go_on, all && level.at.high < least);
    if !too_many && !too_few {
        return;
    }
    let bound = Between::exactly(if too_many { most } else { least });
    found.push(Contradiction {
        law: "Little's law of requests",
        severity: Severity::Unexplained,
        statement: "Requests in flight on average are the requests per second x their mean time (Little's law), less the time that they \
                    spend outside of the server."
            .into(),
        numbers: format!(
            "{metric} {scope}, {}: {}, but requests per second x mean time are {}",
            show_window(window),
            show_between(level.at),
            show_between(present.known.at)
        ),
        size: level.at.times_apart(bound).min(LARGEST_SIZE),
        would_need: if too_many {
            "requests of others than the load tool, or work that goes on after the answer"
        } else {
            "most of the time spent outside of the server: on the network, or in a queue in front of it"
        }
        .into(),
        rows: [level.rows.clone(), present.known.rows.clone()].concat(),
    });
}
