//! Laws that recorded figures cannot break: what a recording says about itself that cannot be true.
//!
//! Sums, rates and durations, Little's law, the utilisation law, percentiles against a histogram:
//! each law is general and knows no system, report or tool by name. Every figure is taken as the
//! interval it may have been rounded from, a recorded range as its whole range, several figures
//! for one thing as the hull of all, and every law has a margin, so that silence is cheap and a
//! contradiction is meant. Refuses to guess: a law whose figures are not all there says nothing.
//!
//! Margins are constants beside their laws. What a law assumes beyond arithmetic it says in its
//! `statement`.

mod answers;
mod breakdown;
mod counts;
mod demand;
mod durations;
mod figures;
mod flows;
mod in_flight;
mod keyspaces;
mod latency;
mod limits;
mod mixture;
mod over_time;
mod parts;
mod per_request;
mod plan;
mod pools;
mod ranges;
mod repeats;
mod sample_size;
mod statements;
mod users;
mod waiting;

use crate::recording::Recording;
use figures::{Between, Figures, Known};

/// What is known about a recorded test. Borrowed, since one system serves many tests.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub recording: &'a Recording,
    pub load: Load,
    pub system: &'a System,
    /// Tests of the same system under the same mix of requests, whose figures are trusted.
    pub calibrations: &'a [Calibration<'a>],
}

/// A calibration test: its recording and its load.
#[derive(Clone, Copy, Debug)]
pub struct Calibration<'a> {
    pub recording: &'a Recording,
    pub load: Load,
}

/// The load of a test, in plain numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Planned length of the test, seconds, above 0.
    pub duration_s: f64,
    /// The test may run this much longer while the last requests finish (k6: gracefulStop).
    pub grace_s: f64,
    /// Virtual users, if the test has a fixed number at each time; `None` for arrival rates.
    pub users: Option<Users>,
    /// Highest planned request rate, per second, of a test with arrival rates.
    pub peak_rate: Option<f64>,
    /// The span under full load, seconds since the test began.
    pub level: Option<(f64, f64)>,
    /// Requests that an iteration sends at least and at most; (0, infinite) if unknown.
    pub requests_per_iteration: (f64, f64),
}

/// Virtual users over a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Users {
    /// Users integrated over time, user-seconds.
    pub seconds: f64,
    /// Most users at once.
    pub peak: f64,
    /// Least mean time a user sleeps per request, seconds; 0 if unknown.
    pub think_s: f64,
    /// Mean time a user sleeps per request, at most; `None` if a user may do something else as well.
    pub most_think_s: Option<f64>,
}

/// What is known about the system. Names are scopes as the recording writes them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct System {
    /// Tiers, hosts, databases.
    pub processors: Vec<Processor>,
    pub pools: Vec<Pool>,
    pub memories: Vec<Memory>,
    /// All endpoints. If each has a row, the rows must add up to the total; empty: unknown, and
    /// they must only not exceed it.
    pub endpoints: Vec<String>,
    /// Caches with their keyspaces.
    pub stores: Vec<Store>,
    /// What requests run on databases; empty: unknown.
    pub statements: Vec<Statement>,
    /// Pools whose connections are held for single statements and nothing else.
    pub statement_pools: Vec<String>,
    /// Longest that the client waits for an answer, seconds; `None`: unknown.
    pub client_timeout_s: Option<f64>,
}

/// A statement of a database.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub name: String,
    pub pool: String,
    /// Of each endpoint: how often a request that succeeds runs it at least, and any at most.
    pub per_request: Vec<(String, f64, f64)>,
    /// Whether jobs run it too.
    pub by_jobs: bool,
}

/// A cache that holds keys of several kinds.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    pub name: String,
    /// All kinds of keys that it holds; empty: unknown.
    pub keyspaces: Vec<String>,
}

/// Something with cores.
#[derive(Clone, Debug, PartialEq)]
pub struct Processor {
    pub name: String,
    /// All cores to which a recorded `cpu` of 100 % refers.
    pub cores: f64,
}

/// A connection pool, or the database under the name of which its connections are recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    pub name: String,
    /// Most connections of all pools of this name together.
    pub max: f64,
    /// Longest wait for a connection, seconds; `None`: no limit.
    pub acquire_timeout_s: Option<f64>,
    /// Whether waiters are served first come first served.
    pub fifo: bool,
    /// Least number of connections that a request which succeeds is granted, on average over the
    /// mix; `None`: unknown.
    pub grants_per_request: Option<f64>,
}

/// A store that evicts when full.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    pub name: String,
    /// Bytes at which it evicts.
    pub limit_bytes: f64,
}

/// Recorded figures that cannot all be true.
#[derive(Clone, Debug, PartialEq)]
pub struct Contradiction {
    /// Short stable name of the law.
    pub law: &'static str,
    pub severity: Severity,
    /// The law in one sentence, with what it assumes.
    pub statement: String,
    /// The recorded numbers and what follows from them.
    pub numbers: String,
    /// How many times off, at least 1 and at most [`LARGEST_SIZE`].
    pub size: f64,
    /// Indices into the recording's observations, of those that cannot all be true; the figure of
    /// which the law speaks first, then those it is held against.
    pub rows: Vec<usize>,
    /// What would have to be so for the numbers to be true.
    pub would_need: String,
}

/// How sure a contradiction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The figures cannot all be true.
    Impossible,
    /// Something is missing between the figures that the recording does not tell.
    Unexplained,
    /// Nothing can be said with what was recorded.
    Unjudged,
}

/// Sizes end here, where one side is nothing at all.
pub const LARGEST_SIZE: f64 = 1000.0;

/// All contradictions of a recording, by law. Never fails: figures that are no
/// numbers, or in units that no law knows, are left out.
#[must_use]
pub fn contradictions(facts: &Facts) -> Vec<Contradiction> {
    let figures = Figures::of(facts.recording);
    let mut found = Vec::new();
    counts::contradictions(&figures, facts, &mut found);
    demand::contradictions(&figures, facts, &mut found);
    waiting::contradictions(&figures, facts, &mut found);
    latency::contradictions(&figures, facts, &mut found);
    users::contradictions(&figures, facts, &mut found);
    repeats::contradictions(&figures, &mut found);
    flows::contradictions(&figures, &mut found);
    limits::contradictions(&figures, facts, &mut found);
    rows_once(&mut found);
    found
}

/// Contradictions by further laws, which speak of more than single rows: parts of a test and the whole, endpoints and
/// the whole, series and figures, what was planned, and what too few samples cannot tell.
#[must_use]
pub fn further(facts: &Facts) -> Vec<Contradiction> {
    let figures = Figures::of(facts.recording);
    let mut found = Vec::new();
    ranges::contradictions(&figures, &mut found);
    durations::contradictions(&figures, facts, &mut found);
    parts::contradictions(&figures, facts, &mut found);
    mixture::contradictions(&figures, facts, &mut found);
    breakdown::contradictions(&figures, facts, &mut found);
    keyspaces::contradictions(&figures, facts, &mut found);
    pools::contradictions(&figures, facts, &mut found);
    answers::contradictions(&figures, facts, &mut found);
    plan::contradictions(&figures, facts, &mut found);
    per_request::contradictions(&figures, facts, &mut found);
    over_time::contradictions(&figures, facts, &mut found);
    in_flight::contradictions(&figures, facts, &mut found);
    statements::contradictions(&figures, facts, &mut found);
    sample_size::contradictions(&figures, facts, &mut found);
    rows_once(&mut found);
    found
}

/// Each row is named once.
fn rows_once(found: &mut [Contradiction]) {
    for contradiction in found {
        let mut once: Vec<usize> = Vec::new();
        for row in &contradiction.rows {
            if !once.contains(row) {
                once.push(*row);
            }
        }
        contradiction.rows = once;
    }
}

impl Load {
    /// A load of which nothing is known: no law that needs it says anything.
    #[must_use]
    pub fn unknown() -> Load {
        Load {
            duration_s: 0.0,
            grace_s: f64::INFINITY,
            users: None,
            peak_rate: None,
            level: None,
            requests_per_iteration: (0.0, f64::INFINITY),
        }
    }

    /// Whether the length of the test is known.
    fn is_known(&self) -> bool {
        self.duration_s > 0.0
    }

    /// Length of a window, or how long the whole test may have run.
    fn seconds(&self, window: Option<(f64, f64)>) -> Between {
        match window {
            Some((from, to)) => Between::exactly(to - from),
            None => Between { low: self.duration_s, high: self.duration_s + self.grace_s },
        }
    }

    /// Whether a window lies in the span under full load.
    fn is_level(&self, window: (f64, f64)) -> bool {
        self.level.is_some_and(|(from, to)| from <= window.0 && window.1 <= to)
    }

    /// Busiest moment over the mean of the test, at least 1: what proportional growth with the users
    /// would give. Throughput grows no faster than the users, so this bounds it.
    fn peak_over_mean(&self) -> f64 {
        self.users.map_or(1.0, |users| (users.peak * self.duration_s / users.seconds).max(1.0))
    }
}

/// Requests per second in a window; for the whole test anything from the mean over the test to the
/// rate of its busiest moment, since a recorded "average" may mean either.
fn throughput(figures: &Figures, load: &Load, window: Option<(f64, f64)>) -> Option<Known> {
    let count = figures.get("http_reqs", "", "count", window);
    let rate = figures.get("http_reqs", "", "rate", window);
    // Monitors average over the planned time; what trickles in afterwards does not count.
    let planned = Between::exactly(window.map_or(load.duration_s, |(from, to)| to - from));
    let counted = count.and_then(|count| count.divided_by(planned));
    let measured = match (rate, counted) {
        (Some(rate), Some(counted)) => rate.hull(counted),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => match implied_requests(figures, window) {
            Some(requests) => requests.divided_by(planned)?,
            // Under full load it lies between the mean of the whole test and its busiest moment.
            None if load.is_level(window?) => return throughput(figures, load, None),
            None => return None,
        },
    };
    if window.is_some() {
        return Some(measured);
    }
    let busiest = (measured.at.high * load.peak_over_mean()).max(load.peak_rate.unwrap_or(0.0));
    Some(Known { at: Between { low: measured.at.low, high: busiest }, rows: measured.rows })
}

/// Requests that a number of errors and their share imply.
fn implied_requests(figures: &Figures, window: Option<(f64, f64)>) -> Option<Known> {
    let errors = figures.get("errors", "", "count", window)?;
    let share = figures.get("http_req_failed", "", "rate", window)?;
    let at = errors.at.divided_by(share.at)?;
    Some(Known { at, rows: [errors.rows, share.rows].concat() })
}

#[cfg(test)]
mod consistent_tests;
#[cfg(test)]
mod tests;
