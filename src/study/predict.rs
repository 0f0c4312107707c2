//! "What will this test show?": many runs of one test, and what they say together.

use crate::compile::{CompileError, Compiled, Labels, compile};
use crate::engine::{RunError, run};
use crate::load::{busiest_window, stage_windows};
use crate::measure::Measurements;
use crate::model::{Model, Test};
use crate::problem::plural;
use crate::random::{Draw, derive};
use crate::statistics::{Replicated, estimate, replicate};

use super::kept::{Kept, Replication};
use super::observe::{Wanted, observe};
use super::over_time::OverTime;
use super::prediction::Prediction;
use super::summary::Summary;
use super::trends::trends;

/// How to predict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    pub seed: u64,
    /// Replications at least.
    pub replications: usize,
    /// Go on until the mean of throughput and p95 is known to this share of itself…
    pub precision: Option<f64>,
    /// … or this many replications have run.
    pub max_replications: usize,
    pub threads: usize,
}

/// Watches a prediction and may stop it.
pub trait Watch: Sync {
    /// A replication is done.
    fn replication_done(&self);
    /// Asked often; false stops the work.
    fn keep_going(&self) -> bool;
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn replication_done(&self) {}
    fn keep_going(&self) -> bool {
        true
    }
}

/// Why there is no prediction.
#[derive(Clone, Debug, PartialEq)]
pub enum PredictError {
    Compile(CompileError),
    Run(RunError, Vec<String>),
}

impl std::fmt::Display for PredictError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PredictError::Compile(CompileError(why)) => write!(f, "{why}"),
            PredictError::Run(RunError::Livelock { at, events }, _) => write!(
                f,
                "livelock: more than {events} events at {:.3} s into the test; requests are refused at once and \
                 sent again at once (give users a think time, or the refusal a time)",
                *at as f64 / 1e9
            ),
            PredictError::Run(RunError::Deadlock { at, .. }, held) => write!(
                f,
                "deadlock: nothing can act again after {:.3} s into the test; held: {}",
                *at as f64 / 1e9,
                if held.is_empty() { "nothing".to_owned() } else { held.join("; ") }
            ),
            PredictError::Run(RunError::Interrupted, _) => write!(f, "interrupted"),
        }
    }
}

impl std::error::Error for PredictError {}

impl PredictError {
    /// Stopped from outside, which is no problem of the model.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self, PredictError::Run(RunError::Interrupted, _))
    }

    pub(super) fn interruption() -> PredictError {
        PredictError::Run(RunError::Interrupted, Vec::new())
    }
}

/// Replications without which there is no interval.
const FEWEST: usize = 2;

/// Purpose of the draws of uncertain inputs.
const INPUTS: u64 = 0x1a9_0175;

/// One value of each uncertain input: uniform in its range, named by the input so that variants share it.
fn draw_inputs(model: &Model, seed: u64) -> Vec<f64> {
    let key = derive(seed, INPUTS);
    let value = |input: &crate::model::Input| {
        let name = input.name.bytes().fold(0u64, |key, byte| derive(key, u64::from(byte)));
        input.low + (input.high - input.low) * Draw::new(key, name).uniform()
    };
    model.inputs.iter().map(value).collect()
}

/// What is drawn for each uncertain input of a model, in its order, in the replication of this index.
#[must_use]
pub fn drawn_inputs(model: &Model, seed: u64, index: usize) -> Vec<f64> {
    draw_inputs(model, derive(seed, index as u64))
}

/// A test of a model to predict.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    pub model: &'a Model,
    pub test: &'a Test,
    /// Empty: the model as it is.
    pub variant: &'a str,
    pub wanted: &'a Wanted,
    /// Its threads do not count: all jobs share those that are given with them.
    pub effort: Effort,
    /// Whether lines over time are wanted.
    pub series: bool,
}

/// Predicts `test` of `model`.
///
/// # Errors
/// When the test cannot be compiled, time stands still in it, or it is interrupted before two
/// replications are done; interrupted later, what is done is the prediction.
pub fn predict(
    model: &Model,
    test: &Test,
    variant: &str,
    wanted: &Wanted,
    effort: &Effort,
    watch: &impl Watch,
) -> Result<Prediction, PredictError> {
    let job = Job { model, test, variant, wanted, effort: *effort, series: true };
    predict_all(&[job], effort.threads, watch).pop().unwrap_or(Err(PredictError::interruption()))
}

/// Predicts all jobs on as many threads, from one queue in their order, so that no core is idle
/// between them; the predictions do not depend on that.
///
/// # Errors
/// As those of [`predict`], job by job; the first real one stops all, and jobs that were stopped
/// before they were done say that they were interrupted, or hold what was done.
pub fn predict_all(jobs: &[Job], threads: usize, watch: &impl Watch) -> Vec<Result<Prediction, PredictError>> {
    predict_from(jobs, &vec![0; jobs.len()], threads, watch)
}

/// The same, each job beginning with the replication of its own index: a single replication of a test can so be
/// run with the luck that it has among all.
///
/// # Errors
/// As [`predict_all`].
pub fn predict_from(
    jobs: &[Job],
    from: &[usize],
    threads: usize,
    watch: &impl Watch,
) -> Vec<Result<Prediction, PredictError>> {
    let plans: Vec<Result<Plan, PredictError>> =
        jobs.iter().zip(from).map(|(job, from)| Plan::of(job, *from)).collect();
    if plans.iter().any(Result::is_err) {
        let stopped = |_| Err(PredictError::interruption());
        return plans.into_iter().map(|plan| plan.and_then(stopped)).collect();
    }
    let plans: Vec<Plan> = plans.into_iter().flatten().collect();
    let first: Vec<usize> = plans.iter().map(|plan| plan.first()).collect();
    replicate(
        &first,
        threads,
        |job, index| plans[job].one(index, watch),
        |job, done: &[Replication]| plans[job].further(done),
        |job, replicated| plans[job].conclude(replicated),
    )
}

/// Predicts a job from its first `to` replications (at least 2), of which those that are kept are not run again. Its precision
/// does not count.
///
/// # Errors
/// As those of [`predict`].
pub fn predict_on(
    job: &Job,
    kept: &mut Kept,
    to: usize,
    threads: usize,
    watch: &impl Watch,
) -> Result<Prediction, PredictError> {
    let job = Job { effort: Effort { precision: None, ..job.effort }, ..*job };
    let plan = Plan::of(&job, kept.len())?;
    let more = to.saturating_sub(kept.len());
    if more == 0 {
        return Ok(plan.sum_up(kept, true));
    }
    let one = |_: usize, index: usize| plan.one(index, watch);
    let replicated = replicate(&[more], threads, one, |_, _| 0, |_, replicated| replicated).pop();
    let complete = match replicated {
        Some(replicated) => keep(kept, replicated)?,
        None => return Err(PredictError::interruption()),
    };
    Ok(plan.sum_up(kept, complete))
}

/// A job made ready: it compiles, and what it reports is known.
struct Plan<'a> {
    job: &'a Job<'a>,
    /// Index of the first replication.
    from: usize,
    labels: Labels,
    /// What the job wants, stages, and the busiest span.
    wanted: Wanted,
    busiest: (f64, f64),
}

impl<'a> Plan<'a> {
    fn of(job: &'a Job<'a>, from: usize) -> Result<Plan<'a>, PredictError> {
        let mut wanted = job.wanted.clone();
        let busiest = busiest_window(job.test);
        let stages = stage_windows(job.test).into_iter().map(|stage| (stage.from_s, stage.to_s));
        for window in stages.chain(std::iter::once(busiest)) {
            if !wanted.windows.contains(&window) {
                wanted.windows.push(window);
            }
        }
        let mut plan = Plan { job, from, labels: Labels::default(), wanted, busiest };
        plan.labels = plan.compiled(0)?.0.labels;
        Ok(plan)
    }

    fn compiled(&self, index: usize) -> Result<(Compiled, u64), PredictError> {
        let Job { model, test, effort, .. } = self.job;
        compiled(model, test, effort.seed, self.from + index, &self.wanted.windows)
    }

    fn one(&self, index: usize, watch: &impl Watch) -> Result<Replication, PredictError> {
        let (measured, labels) = simulate(self.compiled(index)?, watch)?;
        let mut figures = observe(&measured, &labels, &self.wanted);
        figures.extend(trends(&measured, &labels, &self.wanted));
        Ok(Replication {
            figures,
            over_time: self.job.series.then(|| OverTime::of(&measured, &labels)),
            cut_at: measured.cut_at,
            attribution: measured.attribution,
            job_time: measured.work.job_time,
        })
    }

    fn first(&self) -> usize {
        self.job.effort.replications.max(1)
    }

    /// How many further replications the precision asks for. Looked at in fixed steps, so that the
    /// number of threads does not matter.
    fn further(&self, done: &[Replication]) -> usize {
        let effort = &self.job.effort;
        let reached = effort.precision.is_none_or(|precision| relative_half_width(figure(done)) <= precision);
        let left = effort.max_replications.saturating_sub(done.len());
        if reached { 0 } else { self.first().min(left) }
    }

    fn conclude(&self, replicated: Replicated<Replication, PredictError>) -> Result<Prediction, PredictError> {
        let mut kept = Kept::default();
        let complete = keep(&mut kept, replicated)?;
        Ok(self.sum_up(&kept, complete))
    }

    fn sum_up(&self, kept: &Kept, complete: bool) -> Prediction {
        let n = format!("{} {}", kept.len(), plural(kept.len(), "replication"));
        let stopped = match self.job.effort.precision {
            _ if !complete => format!("interrupted after {n}"),
            None => format!("{n} asked for"),
            Some(precision) => match relative_half_width(|metric, stat| kept.of(metric, stat)) {
                reached if reached <= precision => {
                    format!("reached the precision of {:.2} % after {n}", precision * 100.0)
                }
                reached => {
                    format!("stopped at the maximum of {n} at a precision of {:.2} %", reached * 100.0)
                }
            },
        };
        let summary = Summary {
            model: self.job.model,
            test: self.job.test,
            variant: self.job.variant,
            effort: &self.job.effort,
            labels: &self.labels,
            wanted: &self.wanted,
            busiest: self.busiest,
            stopped,
            interrupted: !complete,
        };
        summary.of(kept)
    }
}

/// Keeps what was done, and says whether that is all that was wanted.
fn keep(kept: &mut Kept, replicated: Replicated<Replication, PredictError>) -> Result<bool, PredictError> {
    let Replicated { done, failure, complete } = replicated;
    done.into_iter().for_each(|one| kept.add(one));
    match failure {
        Some(failure) if !failure.is_interruption() => Err(failure),
        _ if !complete && kept.len() < FEWEST => Err(PredictError::interruption()),
        _ => Ok(complete),
    }
}

/// A test made ready to run as the replication of this index, and its seed: whoever asks about a
/// replication gets the same luck.
pub(super) fn compiled(
    model: &Model,
    test: &Test,
    seed: u64,
    index: usize,
    windows: &[(f64, f64)],
) -> Result<(Compiled, u64), PredictError> {
    let seed = derive(seed, index as u64);
    let compiled = compile(model, test, &draw_inputs(model, seed), windows);
    compiled.map(|compiled| (compiled, seed)).map_err(PredictError::Compile)
}

/// The first replication with these values of the uncertain inputs, instead of drawn ones.
pub(super) fn compiled_with(
    model: &Model,
    test: &Test,
    inputs: &[f64],
    seed: u64,
) -> Result<(Compiled, u64), PredictError> {
    let compiled = compile(model, test, inputs, &[]);
    compiled.map(|compiled| (compiled, derive(seed, 0))).map_err(PredictError::Compile)
}

/// Runs what was made ready.
pub(super) fn simulate(ready: (Compiled, u64), watch: &impl Watch) -> Result<(Measurements, Labels), PredictError> {
    let (Compiled { program, labels }, seed) = ready;
    let measured = run(&program, seed, || watch.keep_going())
        .map_err(|error| PredictError::Run(error.clone(), holders(&error, &program, &labels)))?;
    watch.replication_done();
    Ok((measured, labels))
}

/// Who holds permits in a deadlock, in words.
fn holders(error: &RunError, program: &crate::engine::Program, labels: &Labels) -> Vec<String> {
    let RunError::Deadlock { held, .. } = error else { return Vec::new() };
    held.iter()
        .filter_map(|&(slots, in_use, waiting)| {
            let label = labels.permits.get(program.slots.get(slots)?.gauge as usize)?;
            Some(format!("{in_use} of {} in use, {waiting} waiting", label.name))
        })
        .collect()
}

/// The wider of the relative half widths of the means of throughput and p95.
fn relative_half_width(figure: impl Fn(&str, &str) -> Vec<f64>) -> f64 {
    let width = |metric: &str, stat: &str| {
        let e = estimate(&figure(metric, stat));
        if e.value == 0.0 { 0.0 } else { (e.mean_high - e.mean_low) / 2.0 / e.value }
    };
    width("http_reqs", "rate").max(width("http_req_duration", "p95"))
}

/// A figure of the whole test, replication by replication.
fn figure<'r>(done: &'r [Replication]) -> impl Fn(&str, &str) -> Vec<f64> + 'r {
    move |metric, stat| {
        let find = |r: &'r Replication| r.figures.iter().find(|f| f.key.metric == metric && f.key.stat == stat);
        done.iter().filter_map(find).map(|figure| figure.value).collect()
    }
}
