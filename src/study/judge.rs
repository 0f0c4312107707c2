//! Service level objectives against a prediction.

use super::prediction::{Prediction, Row, Status, Verdict, Warning};
use crate::load::stage_windows;
use crate::model::{Comparison, Objective, Severity, Test, TestSpan};
use crate::statistics::estimate;

/// Within this share of the bound a value is marginal.
const MARGIN: f64 = 0.10;

/// One verdict per objective of a test, in order. An objective on a figure that no run reported (no such
/// requests came) passes, as in k6; one on a figure that the model does not predict at all fails,
/// since nothing speaks for it (see [`unjudged`]).
#[must_use]
pub fn judge(objectives: &[Objective], test: &Test, prediction: &Prediction) -> Vec<Verdict> {
    objectives.iter().map(|objective| verdict(objective, test, prediction)).collect()
}

/// Says which objectives are on figures that the model does not predict.
#[must_use]
pub fn unjudged(objectives: &[Objective], test: &Test, prediction: &Prediction) -> Vec<Warning> {
    let predicted = |o: &&Objective| held(o, test, prediction).is_none();
    let warning = |o: &Objective| Warning {
        kind: "unjudged",
        text: format!("the model predicts nothing for the objective {}, so nothing says that it holds", o.text),
    };
    objectives.iter().filter(predicted).map(warning).collect()
}

/// A part of a test in seconds; `None`: the whole of it.
#[must_use]
pub fn seconds(span: TestSpan, test: &Test) -> Option<(f64, f64)> {
    let stages = || stage_windows(test);
    let window = match span {
        TestSpan::Whole => return None,
        TestSpan::Seconds(from, to) => return Some((from, to)),
        TestSpan::Stage(number) => stages().into_iter().nth(number),
        TestSpan::LastStage => stages().pop(),
    };
    // Stages that a test does not have are refused when the model is read.
    window.map(|stage| (stage.from_s, stage.to_s))
}

/// What an objective holds against what.
struct Held<'a> {
    row: &'a Row,
    /// One bound per replication; NaN where there is nothing to be relative to.
    bounds: Vec<f64>,
}

/// The figures of an objective; `None` if the model does not predict them.
fn held<'a>(objective: &Objective, test: &Test, prediction: &'a Prediction) -> Option<Held<'a>> {
    let metric = &objective.metric;
    let find = |stat: &str, span| prediction.row(&metric.name, &metric.scope, stat, seconds(span, test));
    let row = find(&metric.stat, objective.span)?;
    let bounds = match &objective.relative {
        None => vec![objective.bound; row.values.len()],
        Some(relative) => {
            let other = find(&relative.stat, relative.span)?;
            other.values.iter().map(|value| relative.times * value + objective.bound).collect()
        }
    };
    Some(Held { row, bounds })
}

/// Whether an objective holds, replication by replication: `None` where nothing was reported. Empty if
/// the model does not predict it.
#[must_use]
pub fn outcomes(objective: &Objective, test: &Test, prediction: &Prediction) -> Vec<Option<bool>> {
    let Some(Held { row, bounds }) = held(objective, test, prediction) else { return Vec::new() };
    // A run that never recovers has no time to recover, and does not hold any.
    let never = objective.metric.name == "recovery_time";
    let outcome = |(&value, &bound): (&f64, &f64)| {
        if value.is_nan() && never {
            return Some(false);
        }
        (!value.is_nan() && !bound.is_nan()).then(|| objective.comparison.holds(value, bound))
    };
    row.values.iter().zip(&bounds).map(outcome).collect()
}

/// Whether all of these objectives hold, replication by replication. What is not predicted does not hold; one on
/// a figure that nothing was reported for does.
#[must_use]
pub fn all_hold<'o>(
    objectives: impl IntoIterator<Item = &'o Objective>,
    test: &Test,
    prediction: &Prediction,
) -> Vec<bool> {
    let mut held = vec![true; prediction.replications];
    for objective in objectives {
        let outcomes = outcomes(objective, test, prediction);
        for (replication, held) in held.iter_mut().enumerate() {
            *held &= outcomes.get(replication).is_some_and(|outcome| outcome.unwrap_or(true));
        }
    }
    held
}

/// The objective that a replication comes nearest to missing, or misses by most, and by how much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excess {
    /// Place among the objectives asked about.
    pub objective: usize,
    /// Logarithm of value over bound, of bound over value where more is better: at least 0 if it is missed, else below.
    pub by: f64,
}

/// Beyond this a value is as far from its bound as any (a factor of 20).
pub const FARTHEST: f64 = 3.0;

/// The worst of these objectives, replication by replication; [`all_hold`] says the same without the distance.
/// Where there are no objectives nothing is missed.
#[must_use]
pub fn excesses(objectives: &[&Objective], test: &Test, prediction: &Prediction) -> Vec<Excess> {
    let mut worst = vec![Excess { objective: 0, by: -FARTHEST }; prediction.replications];
    for (number, objective) in objectives.iter().enumerate() {
        let predicted = held(objective, test, prediction);
        let outcomes = outcomes(objective, test, prediction);
        for (replication, worst) in worst.iter_mut().enumerate() {
            let pair = predicted.as_ref().map(|held| (held.row.values[replication], held.bounds[replication]));
            let by = match (outcomes.get(replication), pair) {
                (Some(Some(true)), Some((value, bound))) => distance(objective.comparison, value, bound).min(-1e-9),
                (Some(Some(false)), Some((value, bound))) => distance(objective.comparison, value, bound).max(0.0),
                // Nothing was reported, so nothing was missed.
                (Some(None), _) => -FARTHEST,
                _ => FARTHEST,
            };
            if by > worst.by {
                *worst = Excess { objective: number, by };
            }
        }
    }
    worst
}

fn distance(comparison: Comparison, value: f64, bound: f64) -> f64 {
    let far = if value > 0.0 && bound > 0.0 {
        (value / bound).ln()
    } else {
        (value - bound) / value.abs().max(bound.abs()).max(f64::MIN_POSITIVE)
    };
    let by = match comparison {
        Comparison::Less | Comparison::LessOrEqual => far,
        Comparison::Greater | Comparison::GreaterOrEqual => -far,
        // There is no nearly.
        Comparison::Equal | Comparison::NotEqual if comparison.holds(value, bound) => -FARTHEST,
        Comparison::Equal | Comparison::NotEqual => FARTHEST,
    };
    if by.is_nan() { FARTHEST } else { by.clamp(-FARTHEST, FARTHEST) }
}

fn verdict(objective: &Objective, test: &Test, prediction: &Prediction) -> Verdict {
    let wished = objective.severity == Severity::Wished;
    let predicted = held(objective, test, prediction);
    let reported: Vec<bool> = outcomes(objective, test, prediction).into_iter().flatten().collect();
    let Some(Held { row, bounds }) = predicted.as_ref().filter(|_| !reported.is_empty()) else {
        return Verdict {
            slo: objective.text.clone(),
            status: if predicted.is_some() { Status::Pass } else { Status::Fail },
            value: f64::NAN,
            low: f64::NAN,
            high: f64::NAN,
            probability: f64::NAN,
            bound: objective.bound,
            unit: "",
            wished,
        };
    };
    let passed = reported.iter().filter(|holds| **holds).count();
    let estimate = row.estimate;
    Verdict {
        slo: objective.text.clone(),
        status: status(objective, row, bounds),
        value: estimate.value,
        low: estimate.low,
        high: estimate.high,
        probability: passed as f64 / reported.len() as f64,
        bound: self::estimate(bounds).value,
        unit: row.unit,
        wished,
    }
}

/// Marginal: the interval straddles the bound, or the value is within a tenth of it. Of a relative
/// bound, which differs from run to run, the interval is that of the distance to it.
fn status(objective: &Objective, row: &Row, bounds: &[f64]) -> Status {
    let bound = estimate(bounds).value;
    let e = match objective.relative {
        None => row.estimate,
        Some(_) => {
            let apart: Vec<f64> = row.values.iter().zip(bounds).map(|(value, own)| value - own + bound).collect();
            estimate(&apart)
        }
    };
    let holds = |value: f64| objective.comparison.holds(value, bound);
    let straddles = !e.low.is_nan() && holds(e.low) != holds(e.high);
    let near = (e.value - bound).abs() <= MARGIN * bound.abs() && objective.relative.is_none();
    let never = objective.metric.name == "recovery_time" && row.values.iter().any(|value| value.is_nan());
    if !e.value.is_nan() && (straddles || never || near && bound != 0.0) {
        Status::Marginal
    } else if holds(e.value) {
        Status::Pass
    } else {
        Status::Fail
    }
}
