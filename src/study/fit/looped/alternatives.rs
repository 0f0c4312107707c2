//! Which mechanism explains the calibration records best: each is fitted, and judged by what it was not fitted to.
//!
//! With several runs each is left out in turn, the numbers are fitted to the others, and the run that was left out is predicted. With one run
//! the same rows judge, and each free number costs 2 (Akaike). Either way the score is -2 ln of the likelihood of
//! what is left, figure by figure, times the effective over the counted number of figures, since percentiles hang together. None of
//! these rows is held out; a check on those that are decides.

use serde::Serialize;

use super::super::Run;
use super::figures::{Bench, Target, Trial};
use super::search::search;
use super::told::{effective, told};
use super::{Free, Models, Simulated, Work};
use crate::study::predict::{PredictError, Watch};

/// A mechanism to be tried.
pub struct Mechanism<'a> {
    /// Its variant; empty: the model as it is.
    pub name: String,
    pub about: String,
    pub models: &'a Models<'a>,
}

/// How well a mechanism does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlternativeFit {
    pub variant: String,
    pub about: String,
    /// "runs left out in turn", or "same rows, Akaike".
    pub criterion: &'static str,
    /// Lower is better.
    pub score: f64,
    /// Above the best; below 2 is no difference, above 10 is clear.
    pub behind: f64,
    /// Root of the mean square of what is left, fitted to all runs, in standard deviations.
    pub misfit: f64,
    pub free: usize,
    pub interrupted: bool,
    /// The numbers that it needs, and what it then predicts.
    pub fit: Simulated,
}

/// Fits and compares; those that cannot be run are told in the notes.
///
/// # Errors
/// When the work is interrupted before the first of them is done, or none can be run.
pub fn compared(
    runs: &[Run],
    free: &[Free],
    mechanisms: &[Mechanism],
    work: Work,
    watch: &impl Watch,
) -> Result<(Vec<AlternativeFit>, Vec<String>), PredictError> {
    let (mut done, mut notes, mut last) = (Vec::new(), Vec::new(), None);
    let mut fail = |mechanism: &Mechanism, error: PredictError| {
        notes.push(format!("{}: {error}", named(&mechanism.name)));
        last = Some(error);
    };
    let mut benches: Vec<(&Mechanism, Bench)> = Vec::new();
    for mechanism in mechanisms {
        match Bench::new(runs, free, mechanism.models, work) {
            Ok(bench) => benches.push((mechanism, bench)),
            Err(error) => fail(mechanism, error),
        }
    }
    share_targets(&mut benches);
    for (mechanism, bench) in &benches {
        match one(bench, runs, free, mechanism, watch) {
            Ok(fit) => done.push(fit),
            Err(error) => {
                let stop = error.is_interruption();
                fail(mechanism, error);
                if stop {
                    break;
                }
            }
        }
    }
    if let (true, Some(error)) = (done.is_empty(), last) {
        return Err(error);
    }
    let best = done.iter().map(|fit: &AlternativeFit| fit.score).fold(f64::INFINITY, f64::min);
    done.iter_mut().for_each(|fit| fit.behind = fit.score - best);
    done.sort_by(|a, b| a.behind.total_cmp(&b.behind));
    Ok((done, notes))
}

fn named(variant: &str) -> &str {
    if variant.is_empty() { "the model as it is" } else { variant }
}

/// Only the same figures can be compared: those that any of them predicts.
fn share_targets(benches: &mut [(&Mechanism, Bench)]) {
    let mut all: Vec<Target> = Vec::new();
    for target in benches.iter().flat_map(|(_, bench)| &bench.targets) {
        if !all.iter().any(|known| known.is_same(target)) {
            all.push(target.clone());
        }
    }
    benches.iter_mut().for_each(|(_, bench)| bench.targets.clone_from(&all));
}

fn one(
    bench: &Bench,
    runs: &[Run],
    free: &[Free],
    mechanism: &Mechanism,
    watch: &impl Watch,
) -> Result<AlternativeFit, PredictError> {
    let found = search(bench, watch)?;
    let (criterion, score) = if runs.len() > 1 {
        ("runs left out in turn", left_out(bench, runs.len(), watch)?)
    } else {
        ("same rows, Akaike", surprise(bench, &found.last, None) + 2.0 * free.len() as f64)
    };
    let fit = told(bench, runs, free, found);
    Ok(AlternativeFit {
        variant: mechanism.name.clone(),
        about: mechanism.about.clone(),
        criterion,
        score,
        behind: 0.0,
        misfit: fit.misfit,
        free: free.len(),
        interrupted: fit.interrupted,
        fit,
    })
}

/// The surprise at each run if the numbers come from the others.
fn left_out(bench: &Bench, runs: usize, watch: &impl Watch) -> Result<f64, PredictError> {
    let mut sum = 0.0;
    for run in 0..runs {
        let found = search(&bench.without(run), watch)?;
        if found.interrupted {
            return Err(PredictError::interruption());
        }
        let trial = bench.trials(&[found.at], watch)?.pop().flatten();
        sum += trial.map_or(f64::INFINITY, |trial| surprise(bench, &trial, Some(run)));
    }
    Ok(sum)
}

/// -2 ln of the likelihood of what is left of the figures of a run, or of all.
fn surprise(bench: &Bench, trial: &Trial, run: Option<usize>) -> f64 {
    let (left, deviations) = (bench.left(trial), bench.deviations(trial));
    let of: Vec<usize> = (0..left.len()).filter(|at| run.is_none_or(|run| bench.targets[*at].run == run)).collect();
    let one = |at: &usize| (left[*at] / deviations[*at]).powi(2) + 2.0 * deviations[*at].ln();
    let sum: f64 = of.iter().map(one).sum();
    let part = Trial {
        means: of.iter().map(|at| trial.means[*at]).collect(),
        values: of.iter().map(|at| trial.values[*at].clone()).collect(),
    };
    sum * effective(&part) / (of.len() as f64).max(1.0)
}
