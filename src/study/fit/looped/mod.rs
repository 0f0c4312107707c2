//! Numbers that no law gives, found by simulating: free numbers of a model are moved until what it predicts for the
//! recorded tests lies as near to the records as chance allows.
//!
//! All trials share their luck (draws are counter-based), so that a difference between two of them is one of the
//! numbers. What is compared, and how much each figure weighs, is said in `figures`; how the numbers are moved in `search`;
//! which of them the records cannot tell, in `told`; and which mechanism explains them best in `alternatives`. Nothing is fitted to
//! rows that are held out, and none of this is evidence that the model is right: that is for a check.
//!
//! Sources: Nocedal & Wright 2006, chapter 10 (Gauss-Newton with a line search); White 1982 (the variance of an estimate whose
//! weights are not those of the errors); Kish 1965 (effective numbers).

mod alternatives;
mod figures;
mod search;
mod told;
mod weights;

use serde::Serialize;

use super::{Fitted, Missing, Run};
use crate::model::{Model, Parameter, Test};
use crate::study::predict::{PredictError, Watch};

pub use alternatives::{AlternativeFit, Mechanism, compared};

/// A number that may move.
#[derive(Clone, Debug, PartialEq)]
pub struct Free {
    pub parameter: Parameter,
    /// Where the search begins, in the parameter's unit.
    pub start: f64,
}

/// How much to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    pub seed: u64,
    /// Replications of each test at each trial, at least 4: below, their spread says too little.
    pub replications: usize,
    pub threads: usize,
}

/// The models of the runs, in their order, in which the free numbers have these values; `None` if the model does not allow them.
pub type Models<'a> = dyn Fn(&[f64]) -> Option<Vec<(Model, Test)>> + 'a;

/// What was found by simulating.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Simulated {
    /// Replications of each test at each trial.
    pub replications: usize,
    /// Sets of numbers that were tried.
    pub trials: usize,
    /// Figures compared, and of how many that do not hang together they are worth.
    pub figures: usize,
    pub effective: f64,
    /// Root of the mean square of what is left, in standard deviations: 1 is chance.
    pub misfit_before: f64,
    pub misfit: f64,
    pub parameters: Vec<Fitted>,
    pub rows: Vec<LoopRow>,
    pub missing: Vec<Missing>,
    pub notes: Vec<String>,
    /// Ended from outside: the numbers are the best so far.
    pub interrupted: bool,
}

/// A recorded figure beside the model, before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoopRow {
    pub test: String,
    pub metric: String,
    pub scope: String,
    pub stat: String,
    pub from_s: Option<f64>,
    pub to_s: Option<f64>,
    pub unit: &'static str,
    pub recorded: f64,
    pub before: f64,
    pub after: f64,
    /// What is left, in standard deviations of the difference of one recording and the predicted mean.
    pub off: f64,
}

/// Moves the free numbers until the runs are met best.
///
/// # Errors
/// When a test of the model as it is cannot be compiled or run, or the work is interrupted before anything was found.
pub fn simulated(
    runs: &[Run],
    free: &[Free],
    models: &Models,
    work: Work,
    watch: &impl Watch,
) -> Result<Simulated, PredictError> {
    let bench = figures::Bench::new(runs, free, models, work)?;
    let found = search::search(&bench, watch)?;
    Ok(told::told(&bench, runs, free, found))
}
