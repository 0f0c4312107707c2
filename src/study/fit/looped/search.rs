//! The numbers at which the weighed squares of what is left are least: Gauss-Newton, with slopes from trials that share their luck, and a
//! line search. Along directions that the records do not tell nothing is moved.

use super::figures::{Bench, Trial, scaled_start};
use super::weights::{Weights, dot};
use crate::statistics::{Axes, axes};
use crate::study::predict::{PredictError, Watch};

/// By how much a number is moved to see what it does, on its scale: a twentieth, well above what ties among percentiles hide.
const STEP: f64 = 0.05;
/// Farthest that a number moves at once, on its scale: fourfold.
const FARTHEST: f64 = 1.4;
/// Shares of a step that are tried side by side.
const SHARES: [f64; 3] = [1.0, 0.4, 0.1];
const MOST_ROUNDS: usize = 12;
/// A step of less than this share of the deviations of all numbers ends the search.
const NEAR: f64 = 0.2;
/// A direction along which one deviation is more than this, on the scales (sevenfold), is not told.
const WIDEST: f64 = 2.0;

/// Where the search ended.
pub(super) struct Found {
    pub at: Vec<f64>,
    pub first: Trial,
    pub last: Trial,
    /// By target and number; empty where the search was interrupted before they were known.
    pub slopes: Vec<Vec<f64>>,
    pub trials: usize,
    pub interrupted: bool,
    /// Rounds were used up.
    pub unsettled: bool,
}

/// Searches from where the free numbers begin.
///
/// # Errors
/// When the first trial is interrupted or fails.
pub(super) fn search(bench: &Bench, watch: &impl Watch) -> Result<Found, PredictError> {
    let at = scaled_start(bench.free);
    let refused =
        || PredictError::Compile(crate::compile::CompileError("the first values are refused by the model".into()));
    let first = bench.trials(std::slice::from_ref(&at), watch)?.pop().flatten().ok_or_else(refused)?;
    let (last, slopes) = (first.clone(), Vec::new());
    let mut found = Found { at, first, last, slopes, trials: 1, interrupted: false, unsettled: true };
    for _ in 0..MOST_ROUNDS {
        match round(bench, &mut found, watch) {
            Ok(true) => {}
            Ok(false) => {
                found.unsettled = false;
                break;
            }
            Err(error) if error.is_interruption() => {
                found.interrupted = true;
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// One round: slopes, a step. False if there is nothing to gain any more.
fn round(bench: &Bench, found: &mut Found, watch: &impl Watch) -> Result<bool, PredictError> {
    found.slopes = slopes(bench, found, watch)?;
    if bench.free.is_empty() || bench.targets.is_empty() {
        return Ok(false);
    }
    let weights = Weights::of(bench, &found.last);
    let own = information(&found.slopes, &weights);
    let step = step(&own, &gradient(&found.slopes, &bench.left(&found.last), &weights));
    let small = |(along, value): (&Vec<f64>, &f64)| dot(along, &step).abs() * value.max(0.0).sqrt() < NEAR;
    if own.axes.iter().zip(&own.values).all(small) {
        return Ok(false);
    }
    let longest = step.iter().fold(0.0f64, |longest, by| longest.max(by.abs()));
    let shrunk = (FARTHEST / longest).min(1.0);
    let points =
        SHARES.map(|share| found.at.iter().zip(&step).map(|(at, by)| at + by * share * shrunk).collect::<Vec<f64>>());
    let trials = bench.trials(&points, watch)?;
    found.trials += points.len();
    let now = weights.squares(&bench.left(&found.last));
    let tried = points.into_iter().zip(trials).filter_map(|(point, trial)| {
        let trial = trial?;
        Some((weights.squares(&bench.left(&trial)), point, trial))
    });
    match tried.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|best| best.0 < now) {
        Some((_, point, trial)) => {
            (found.at, found.last) = (point, trial);
            Ok(true)
        }
        None => Ok(false),
    }
}

/// How each target moves with each number. To the side on which the model allows it.
fn slopes(bench: &Bench, found: &mut Found, watch: &impl Watch) -> Result<Vec<Vec<f64>>, PredictError> {
    let moved = |number: usize, by: f64| {
        let mut point = found.at.clone();
        point[number] += by;
        point
    };
    let numbers = bench.free.len();
    let points: Vec<Vec<f64>> = (0..numbers).flat_map(|number| [moved(number, STEP), moved(number, -STEP)]).collect();
    let trials = bench.trials(&points, watch)?;
    found.trials += points.len();
    let slope = |target: usize, number: usize| {
        let mean = |trial: &Option<Trial>| trial.as_ref().map(|trial| trial.means[target]);
        let here = found.last.means[target];
        match (mean(&trials[2 * number]), mean(&trials[2 * number + 1])) {
            (Some(up), Some(down)) => (up - down) / (2.0 * STEP),
            (Some(up), None) => (up - here) / STEP,
            (None, Some(down)) => (here - down) / STEP,
            (None, None) => 0.0,
        }
    };
    Ok((0..bench.targets.len()).map(|target| (0..numbers).map(|number| slope(target, number)).collect()).collect())
}

/// What the targets tell of the numbers, in its own axes.
pub(super) fn information(slopes: &[Vec<f64>], weights: &Weights) -> Axes {
    let columns = columns(slopes);
    let weighed: Vec<Vec<f64>> = columns.iter().map(|column| weights.times(column)).collect();
    axes(&columns.iter().map(|a| weighed.iter().map(|b| dot(a, b)).collect()).collect::<Vec<Vec<f64>>>())
}

pub(super) fn gradient(slopes: &[Vec<f64>], left: &[f64], weights: &Weights) -> Vec<f64> {
    let weighed = weights.times(left);
    columns(slopes).iter().map(|column| dot(column, &weighed)).collect()
}

/// Slopes by number.
fn columns(slopes: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let numbers = slopes.first().map_or(0, Vec::len);
    (0..numbers).map(|number| slopes.iter().map(|row| row[number]).collect()).collect()
}

/// Whether an axis is told: its standard deviation is one over the root of its value.
pub(super) fn is_told(value: f64) -> bool {
    value * WIDEST * WIDEST > 1.0
}

/// The step to the least squares along the axes that are told.
pub(super) fn step(information: &Axes, gradient: &[f64]) -> Vec<f64> {
    let mut step = vec![0.0; gradient.len()];
    for (value, axis) in information.values.iter().zip(&information.axes).filter(|(value, _)| is_told(**value)) {
        let along = dot(axis, gradient) / value;
        step.iter_mut().zip(axis).for_each(|(step, axis)| *step += along * axis);
    }
    step
}
