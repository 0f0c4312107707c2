//! "How much load does it carry?": the load at which the first required objective breaks.
//!
//! Each replication has a break point of its own, found by a search with the same luck at every load
//! (`search`), no nearer than the replications differ. The capacity is the largest load that the asked share of
//! replications carries; replications are added until it is known as well as asked. [`scaling`] is what throughput
//! does on the way.

mod answer;
mod breaks;
mod ladder;
pub mod scaling;
mod search;
mod trials;

use serde::Serialize;

use super::observe::Wanted;
use super::predict::{Effort, PredictError, Watch};
use super::sweep::point::{PointResource, TestPoint};
use crate::load::{ScaleError, peak};
use crate::model::{Model, Test};
use crate::statistics::Estimate;
pub use scaling::Scaling;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub model: &'a Model,
    /// With at least one required objective.
    pub test: &'a Test,
    /// Empty: the model as it is.
    pub variant: &'a str,
    /// What its objectives are about.
    pub wanted: &'a Wanted,
    /// Share of replications that must carry the load, above 0 and below 1.
    pub probability: f64,
    /// Times the stated load, at least 1: no more is tried.
    pub up_to: f64,
    /// Its replications are the most that look for their break points; with a precision they stop earlier, as soon
    /// as half the interval of the capacity is no more than this share of it.
    pub effort: Effort,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum CapacityError {
    /// The test has no required objective.
    NotJudged,
    /// The test has no load that could be more or less.
    Scale(ScaleError),
    /// At this many times the stated load.
    Predict(f64, PredictError),
    /// Stopped from outside, after these loads.
    Interrupted(Vec<Tried>),
}

/// What a load showed before the search for the capacity was over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tried {
    pub load: Load,
    /// Replications that carry it, of so many.
    pub carried: usize,
    pub of: usize,
}

/// A test whose capacity was looked for when all was stopped.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unfinished {
    pub test: String,
    /// Empty: the model as it is.
    pub variant: String,
    /// In order of the load.
    pub tried: Vec<Tried>,
}

impl std::fmt::Display for CapacityError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CapacityError::NotJudged => {
                write!(f, "has no required objective, so no load is too much for it; give it thresholds")
            }
            CapacityError::Scale(error) => write!(f, "{error}"),
            CapacityError::Predict(factor, error) if *factor == 1.0 => write!(f, "{error}"),
            CapacityError::Predict(factor, error) => write!(f, "at {factor} times its load: {error}"),
            CapacityError::Interrupted(_) => write!(f, "interrupted"),
        }
    }
}

impl std::error::Error for CapacityError {}

/// A load of a test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Load {
    /// Times the stated load.
    pub factor: f64,
    /// Most virtual users at once; `None` if it plans none.
    pub users: Option<f64>,
    /// Most iterations started per second; `None` if it plans none.
    pub rate: Option<f64>,
}

impl Load {
    fn of(test: &Test, factor: f64) -> Load {
        let (users, rate) = peak(test);
        let some = |number: f64| (number > 0.0).then_some(number * factor);
        Load { factor, users: some(users), rate: some(rate) }
    }

    /// In users, if it has any, or else iterations per second.
    #[must_use]
    pub fn number(&self) -> f64 {
        self.users.or(self.rate).unwrap_or(f64::NAN)
    }
}

/// What the search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Found,
    /// The largest load that was tried is carried.
    More,
    /// The smallest load that was tried is not carried.
    NotEven,
}

/// An objective that breaks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Break {
    pub slo: String,
    /// Share of replications in which it is broken just above their own break points.
    pub share: f64,
    /// Mean at the capacity, and at the next load above.
    pub below: f64,
    pub above: f64,
    pub bound: f64,
    pub unit: String,
}

/// The load at which the asymptotes of operational analysis meet: throughput grows with the load until what limits
/// lets no more pass. From means alone, as [`crate::study::instant`] has them; nothing is simulated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bound {
    pub resource: String,
    /// Requests per second that it lets pass at most.
    pub per_s: f64,
    pub load: Load,
}

/// Times the stated load between which [`bound`] looks at means.
const BOUND_UP_TO: f64 = 20.0;

/// The same of a test whose capacity is not searched for: in milliseconds, nothing is simulated. `None` if nothing limits
/// it, or if it has no load that could be more or less.
#[must_use]
pub fn bound(model: &Model, test: &Test) -> Option<Bound> {
    let ladder = ladder::Ladder::new(test, BOUND_UP_TO).ok()?;
    answer::bound(model, test, &ladder)
}

/// A load that was simulated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadPoint {
    pub load: Load,
    /// Share of replications that carry it.
    pub probability: f64,
    pub test: TestPoint,
}

/// How much load a test of a model can have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capacity {
    pub model: String,
    /// Empty: the model as it is.
    pub variant: String,
    pub test: String,
    pub seed: u64,
    /// Those whose break points were looked for.
    pub replications: usize,
    /// Why there are no more of them.
    pub stopped: String,
    /// Share of replications asked to carry it.
    pub asked: f64,
    /// The test's own load, and the share of replications that carries it.
    pub stated: Load,
    pub stated_probability: f64,
    /// Whether that share is as large as asked.
    pub carried: bool,
    pub outcome: Outcome,
    /// The largest load carried; of [`Outcome::More`] the largest tried, of [`Outcome::NotEven`] the smallest.
    pub capacity: Load,
    /// Share of replications that carries it.
    pub probability: f64,
    /// 95 % confidence interval of the capacity; `None` where some break points lie beyond the loads tried.
    pub low: Option<Load>,
    pub high: Option<Load>,
    /// (capacity - stated) / stated; `None` of [`Outcome::NotEven`].
    pub headroom: Option<f64>,
    /// Factor at which one test breaks: its mean, what 95 % of tests lie between, and the mean's interval. `None`
    /// where some break points lie beyond the loads tried.
    pub break_point: Option<Estimate>,
    /// Objectives that break, those that do in most replications first.
    pub breaks: Vec<Break>,
    /// What limits at the next load above the capacity.
    pub limits: Option<PointResource>,
    pub bound: Option<Bound>,
    pub scaling: Option<Scaling>,
    /// Loads at which most replications hold above their own break points, or break below them.
    pub against: Vec<Load>,
    /// In order of the load.
    pub points: Vec<LoadPoint>,
}

/// Capacities of one model: each test as the model is, then with each variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capacities {
    pub model: String,
    /// Changes that hold for all, as `path=value`.
    pub set: Vec<String>,
    pub capacities: Vec<Capacity>,
    /// Not all were found.
    pub interrupted: bool,
    /// The one that was looked for when all was stopped.
    pub unfinished: Option<Unfinished>,
}

impl Capacities {
    /// Whether the model as it is carries the stated load of every test.
    #[must_use]
    pub fn carried(&self) -> bool {
        self.capacities.iter().all(|capacity| capacity.carried || !capacity.variant.is_empty())
    }
}

/// Whether a test has an objective that can break.
#[must_use]
pub fn is_judged(test: &Test) -> bool {
    test.required().next().is_some()
}

/// Looks for the capacity.
///
/// # Errors
/// If nothing is judged, no load can be varied, or a simulation fails or is interrupted.
pub fn capacity(question: &Question, watch: &impl Watch) -> Result<Capacity, CapacityError> {
    if !is_judged(question.test) {
        return Err(CapacityError::NotJudged);
    }
    let ladder = ladder::Ladder::new(question.test, question.up_to)?;
    let mut trials = trials::Trials::new(question, &ladder, watch);
    let found = answer::answer(question, &mut trials);
    found.map_err(|error| match error {
        CapacityError::Interrupted(_) => CapacityError::Interrupted(trials.tried()),
        error => error,
    })
}
