//! External APIs, how our side calls them, and rate limits.

use super::cause::CauseSet;
use super::flow::Backoff;
use super::quantity::{Law, Quantity};
use super::station::Scope;

/// A service of others. What differs from call to call is in [`Call`].
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    pub name: String,
    /// The far side's rate limit.
    pub rate_limit: Option<RateLimit>,
    /// Time to the answer of an attempt that the far side refuses.
    pub reject_latency: Law,
    pub concurrency: Option<Concurrency>,
    /// Attempts of ours on their way at once, at least 1.
    pub sockets: Option<u32>,
    /// What one breaker, retry budget and set of sockets serves.
    pub scope: Scope,
    pub retry: Option<ApiRetry>,
    pub breaker: Option<Breaker>,
    pub hedge: Option<Hedge>,
}

/// One step that calls an API.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Index into [`crate::model::Model::apis`].
    pub api: u32,
    pub latency: Law,
    pub tail: Option<Tail>,
    /// Share of attempts answered with an error, in `[0, 1]`.
    pub errors: Quantity,
    /// Seconds after which an attempt is given up, above 0.
    pub timeout: Option<f64>,
    /// Seconds after which the call is given up, above 0.
    pub deadline: Option<f64>,
    /// Tokens of the API's rate limit per attempt; no more than it ever has.
    pub cost: u32,
}

/// A share of attempts that takes `times` as long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    pub share: Quantity,
    pub times: f64,
}

/// A rate limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    pub rule: RateRule,
    /// Longest wait for tokens, seconds; 0: refused at once.
    pub wait: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateRule {
    /// Tokens per second, above 0, of which `burst` (at least 1) are kept at most.
    Bucket { rate: f64, burst: u32 },
    /// At least 1 token in each window of `length` seconds, above 0.
    Window { limit: u32, length: f64 },
}

impl RateRule {
    /// Tokens per second in the long run.
    #[must_use]
    pub fn rate(&self) -> f64 {
        match *self {
            RateRule::Bucket { rate, .. } => rate,
            RateRule::Window { limit, length } => f64::from(limit) / length,
        }
    }

    /// Tokens there are at most.
    #[must_use]
    pub fn most(&self) -> u32 {
        match *self {
            RateRule::Bucket { burst, .. } => burst,
            RateRule::Window { limit, .. } => limit,
        }
    }
}

/// Attempts at work at the far side at once, and waiting there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    pub limit: u32,
    pub queue: u32,
}

/// Further attempts after a failed one.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiRetry {
    /// The first included, at least 1.
    pub attempts: u32,
    pub backoff: Backoff,
    pub on: CauseSet,
    pub budget: Option<Budget>,
}

/// Tokens of which each failure takes 1 and each success brings `per_success`; retries are sent
/// while there are more than half of `tokens`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    pub tokens: u32,
    pub per_success: f64,
}

/// A circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// Share of failures at which it opens, above 0, at most 1.
    pub failures: Quantity,
    pub minimum: u32,
    pub window: Window,
    /// Seconds it stays open, above 0.
    pub open: f64,
    pub half_open: u32,
    pub on: CauseSet,
}

/// Outcomes at which a breaker looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Window {
    Seconds(f64),
    Calls(u32),
}

/// A further attempt after `after` seconds without a good answer, `most` in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    pub after: f64,
    pub most: u32,
}

/// A rate limit of our own.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    pub name: String,
    pub rate: RateLimit,
    pub scope: Scope,
    /// Work on the tier's cores to ask it.
    pub cpu: Law,
}
