//! What the end of a search says: numbers with intervals, what is left of each figure, and which numbers the records do not tell.
//!
//! The interval is that of what would be found if another recording of the same system were fitted: each replication is put in the
//! recording's place, and its numbers follow from the slopes. Where more is left than chance explains, the model is not quite true, and
//! the interval grows by as much.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::super::missing::needs;
use super::super::{Fitted, Missing, Run};
use super::figures::{Bench, Trial};
use super::search::{Found, gradient, information, is_told, step};
use super::weights::Weights;
use super::{Free, LoopRow, Simulated};
use crate::statistics::Axes;

/// Share of an untold direction from which a number belongs to it.
const BELONGS: f64 = 0.3;

pub(super) fn told(bench: &Bench, runs: &[Run], free: &[Free], found: Found) -> Simulated {
    let (first, last) = (bench.deviations(&found.first), bench.deviations(&found.last));
    let (figures, effective) = (bench.targets.len(), effective(&found.last));
    let mean = |trial: &Trial, deviations: &[f64]| {
        let squares: f64 = bench.left(trial).iter().zip(deviations).map(|(left, d)| (left / d).powi(2)).sum();
        (squares / (figures as f64).max(1.0)).sqrt()
    };
    let misfit = mean(&found.last, &last);
    let weights = Weights::of(bench, &found.last);
    let own = information(&found.slopes, &weights);
    let untold = untold(&own, free.len());
    let halves = halves(bench, &found, &weights, misfit);
    let mut parameters = Vec::new();
    let law = format!("simulation of {} in {}", figures_of(figures), names(runs));
    for (number, free) in free.iter().enumerate().filter(|(number, _)| !found.slopes.is_empty() && !untold[*number].0) {
        let value = free.plain(found.at[number]);
        let ends = (free.plain(found.at[number] - halves[number]), free.plain(found.at[number] + halves[number]));
        parameters.push(Fitted::new(
            &free.parameter,
            value,
            ends,
            law.clone(),
            nearest(bench, runs, &found, &last, number),
        ));
    }
    let missing = free.iter().enumerate().filter(|(number, _)| untold[*number].0);
    let missing = missing.map(|(number, one)| missing_of(runs, free, one, &untold[number].1)).collect();
    Simulated {
        replications: bench.work.replications,
        trials: found.trials,
        figures,
        effective,
        misfit_before: mean(&found.first, &first),
        misfit,
        parameters,
        rows: rows(bench, runs, &found, &last),
        missing,
        notes: notes(&found, misfit),
        interrupted: found.interrupted,
    }
}

fn figures_of(count: usize) -> String {
    format!("{count} {}", crate::problem::plural(count, "figure"))
}

fn names(runs: &[Run]) -> String {
    runs.iter().map(|run| run.test.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn notes(found: &Found, misfit: f64) -> Vec<String> {
    let mut notes = Vec::new();
    if found.interrupted {
        notes.push(
            "interrupted: these are the best numbers so far, and their intervals those of the last round".to_owned(),
        );
    }
    if found.unsettled && !found.interrupted {
        notes.push("the search used up its rounds: fit once more from the written model".to_owned());
    }
    if misfit > 1.5 {
        notes.push(format!(
            "{misfit:.1} standard deviations are left on average, more than chance explains: the mechanism is not quite this one, and intervals \
             were widened as much"
        ));
    }
    notes
}

/// By number: whether it is untold, and the others of its untold directions.
fn untold(own: &Axes, numbers: usize) -> Vec<(bool, Vec<usize>)> {
    let mut untold = vec![(false, Vec::new()); numbers];
    for (_, axis) in own.values.iter().zip(&own.axes).filter(|(value, _)| !is_told(**value)) {
        let members: Vec<usize> = (0..numbers).filter(|number| axis[*number].abs() > BELONGS).collect();
        for member in &members {
            untold[*member].0 = true;
            untold[*member].1.extend(members.iter().filter(|other| *other != member));
        }
    }
    untold
}

fn missing_of(runs: &[Run], free: &[Free], one: &Free, others: &[usize]) -> Missing {
    let others: Vec<&str> = others.iter().map(|other| free[*other].parameter.path.as_str()).collect();
    let why = match others.is_empty() {
        true => "no recorded figure moves with it by more than chance".to_owned(),
        false => format!("figures move with it as with {}: only something of both is told", others.join(", ")),
    };
    Missing { path: one.parameter.path.clone(), why, needs: needs(runs, &one.parameter) }
}

/// Half the 95 % interval of each number, on its scale.
fn halves(bench: &Bench, found: &Found, weights: &Weights, misfit: f64) -> Vec<f64> {
    let numbers = bench.free.len();
    if found.slopes.is_empty() {
        return vec![f64::NAN; numbers];
    }
    let own = information(&found.slopes, weights);
    let by = |left: &[f64]| step(&own, &gradient(&found.slopes, left, weights));
    let n = bench.work.replications;
    let mut squares = vec![0.0; numbers];
    let mut add = |moved: Vec<f64>, times: f64| {
        squares.iter_mut().zip(moved).for_each(|(square, by)| *square += times * by * by);
    };
    for replication in 0..n {
        let left: Vec<f64> =
            found.last.values.iter().zip(&found.last.means).map(|(values, mean)| values[replication] - mean).collect();
        add(by(&left), (1.0 + 1.0 / n as f64) / (n as f64 - 1.0));
    }
    // The floors: each figure by itself.
    for (at, variance) in bench.floors().into_iter().enumerate() {
        let mut left = vec![0.0; bench.targets.len()];
        left[at] = 1.0;
        add(by(&left), variance);
    }
    let t = StudentsT::new(0.0, 1.0, n as f64 - 1.0).map_or(f64::NAN, |t| t.inverse_cdf(0.975));
    squares.into_iter().map(|square| t * f64::sqrt(square) * misfit.max(1.0)).collect()
}

/// Of how many figures that do not hang together these are worth: `n² / Σ r²` with the correlations of replications, less
/// what chance adds to their squares.
pub(super) fn effective(trial: &Trial) -> f64 {
    let replications = trial.values.first().map_or(0, Vec::len);
    let rows: Vec<Vec<f64>> = trial
        .values
        .iter()
        .zip(&trial.means)
        .filter_map(|(values, mean)| {
            let length = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>().sqrt();
            (length > 0.0).then(|| values.iter().map(|value| (value - mean) / length).collect())
        })
        .collect();
    let n = rows.len() as f64;
    if rows.is_empty() || replications < 2 {
        return n;
    }
    let product = |a: usize, b: usize| rows.iter().map(|row: &Vec<f64>| row[a] * row[b]).sum::<f64>();
    let all: f64 = (0..replications)
        .flat_map(|a| (0..replications).map(move |b| (a, b)))
        .map(|(a, b)| product(a, b).powi(2))
        .sum();
    let beside = (all - n - n * (n - 1.0) / (replications as f64 - 1.0)).max(0.0);
    n * n / (n + beside)
}

/// The figures that tell most of a number.
fn nearest(bench: &Bench, runs: &[Run], found: &Found, deviations: &[f64], number: usize) -> Vec<String> {
    let weight = |target: &usize| (found.slopes[*target][number] / deviations[*target]).abs();
    let mut order: Vec<usize> = (0..bench.targets.len()).collect();
    order.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    let word = |at: &usize| {
        let target = &bench.targets[*at];
        let scope = if target.scope.is_empty() { String::new() } else { format!(" {}", target.scope) };
        format!("{}{scope} {} of {}", target.metric, target.stat, runs[target.run].test.name)
    };
    order.iter().take(2).filter(|at| weight(at) > 0.0).map(word).collect()
}

fn rows(bench: &Bench, runs: &[Run], found: &Found, deviations: &[f64]) -> Vec<LoopRow> {
    let left = bench.left(&found.last);
    let row = |at: usize| {
        let target = &bench.targets[at];
        LoopRow {
            test: runs[target.run].test.name.clone(),
            metric: target.metric.clone(),
            scope: target.scope.clone(),
            stat: target.stat.clone(),
            from_s: target.window.map(|w| w.0),
            to_s: target.window.map(|w| w.1),
            unit: target.unit,
            recorded: target.recorded,
            before: target.plain(found.first.means[at]),
            after: target.plain(found.last.means[at]),
            off: left[at] / deviations[at],
        }
    };
    (0..bench.targets.len()).map(row).collect()
}
