//! Tests: what load comes, in k6's words, and what is expected of it.

use std::sync::Arc;

use super::event::Event;
use super::objective::{Objective, Severity};
use super::quantity::{Law, Quantity};

/// A load test.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub name: String,
    pub about: String,
    /// At least one.
    pub scenarios: Vec<Scenario>,
    pub objectives: Vec<Objective>,
    pub recordings: Vec<RecordingRef>,
    pub spans: Vec<SpansRef>,
    /// Rows that must not be judged, since something of this test was used to predict it.
    pub unscored: Vec<Rows>,
    /// Why rows may disagree, as far as it is known; they are judged all the same.
    pub differs: Vec<Rows>,
    /// What was taken from this test itself, in words; printed with every result.
    pub taken_from_test: Vec<String>,
    /// Changes to the system that hold for this test only, as `path = value`. If there are any, load
    /// the model with `Wanted { test, .. }` to simulate this test.
    pub changes: Vec<String>,
    /// What happens in the middle, in order of time.
    pub events: Vec<Event>,
}

impl Test {
    /// Objectives that must hold, in their order.
    pub fn required(&self) -> impl Iterator<Item = &Objective> {
        self.objectives.iter().filter(|objective| objective.severity == Severity::Required)
    }
}

/// A recorded result of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingRef {
    /// As written, made relative to the model file's folder.
    pub path: std::path::PathBuf,
    pub role: Role,
}

/// Recorded parts of requests, for fits.
#[derive(Clone, Debug, PartialEq)]
pub struct SpansRef {
    /// As written, made relative to the model file's folder.
    pub path: std::path::PathBuf,
    /// Names in the file, and what they are in the model: a scope, or the path of a law.
    pub map: Vec<(String, String)>,
}

/// What a recording may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The model's numbers were taken from it; its rows are not scored.
    Calibrate,
    /// The model never saw it.
    Validate,
}

/// Rows of a metric (and scope, `*` for any), and what is to be known of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    pub metric: String,
    pub scope: String,
    pub reason: String,
}

/// One k6 scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub name: String,
    pub executor: Executor,
    /// Seconds after the test's begin.
    pub start: f64,
    /// Seconds that running iterations get after the end (k6 `gracefulStop`).
    pub graceful_stop: f64,
    /// Index into [`crate::model::Model::iterations`].
    pub iteration: u32,
    /// The client's own time-out per request, seconds (k6: 60).
    pub request_timeout: f64,
}

/// Who starts iterations, and when. Times in seconds, rates per second.
#[derive(Clone, Debug, PartialEq)]
pub enum Executor {
    ConstantVus {
        vus: u32,
        duration: f64,
    },
    RampingVus {
        start_vus: u32,
        stages: Vec<Stage>,
        graceful_ramp_down: f64,
    },
    ConstantArrivalRate {
        rate: f64,
        duration: f64,
        pre_allocated_vus: u32,
        max_vus: u32,
        arrivals: ArrivalProcess,
    },
    RampingArrivalRate {
        start_rate: f64,
        stages: Vec<Stage>,
        pre_allocated_vus: u32,
        max_vus: u32,
        arrivals: ArrivalProcess,
    },
    /// What arrived once arrives again.
    Replay(Replay),
}

/// Recorded arrivals, to be played again. Nobody waits for a free user.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    pub recorded: Recorded,
    /// Iterations planned per second, one stretch after the other: what charts and the busiest span need. Together they
    /// are as long as the replay.
    pub profile: Vec<Stretch>,
    /// So many times as much as was recorded; above 0.
    pub times: f64,
}

impl Replay {
    /// Seconds from its start to its regular end.
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.profile.iter().map(|stretch| stretch.duration).sum()
    }
}

/// What is known of recorded arrivals. Shared, since there may be millions.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// Every instant.
    Instants(Arc<Instants>),
    /// How many came per second, one stretch after the other.
    Rates { rates: Arc<[Stretch]>, arrivals: ArrivalProcess },
}

/// Recorded instants.
#[derive(Clone, Debug, PartialEq)]
pub struct Instants {
    /// Since the replay's start, ns, in order.
    pub at_ns: Vec<u64>,
    /// Of the clock that told them, ns: each lies somewhere in as long a time from its instant on.
    pub resolution_ns: u64,
    /// What chance draws from: a hash of what is replayed.
    pub key: u64,
}

/// A rate that holds for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Seconds.
    pub duration: f64,
    /// Per second.
    pub rate: f64,
}

/// k6 starts iterations evenly; real visitors come at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrivalProcess {
    Even,
    Poisson,
}

/// Linear change to `target` (VUs or iterations per second) within `duration` seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    pub duration: f64,
    pub target: f64,
}

/// What a virtual user does in one iteration.
#[derive(Clone, Debug, PartialEq)]
pub struct Iteration {
    pub name: String,
    pub moves: Vec<Move>,
}

/// One move of an iteration.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// Sends a request to an endpoint (index) and waits for the answer; then the checks.
    /// With a `step` it is a measured step of the flow around it.
    Request { endpoint: u32, checks: Vec<Check>, step: Option<String> },
    /// k6 `sleep`: think time.
    Sleep { time: Law },
    /// Sleeps until `period` seconds have passed since the iteration began; not at all if they have.
    Pace { period: Quantity },
    /// One of several ways, by weight.
    Pick { branches: Vec<(Quantity, Vec<Move>)> },
    /// Moves that belong together under a name: their duration and success are measured. A failed
    /// request inside fails it, and ends it if `stop`. Flows do not nest.
    Flow { name: String, stop: bool, moves: Vec<Move> },
    /// Inside a flow: sends the request again and again, `every` seconds after each answer, until all
    /// jobs that this flow put into the queue are done. The flow fails if one of them has failed, or
    /// after `patience` seconds.
    Poll { endpoint: u32, queue: u32, every: f64, patience: f64, step: Option<String> },
}

/// A k6 check on a response: counted, never an error.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub name: String,
    pub rule: CheckRule,
}

/// What a check asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckRule {
    /// The request did not fail.
    Ok,
    /// Answered within this many seconds.
    Faster(f64),
}
