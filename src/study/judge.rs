//! Service level objectives against a prediction.

use super::prediction::{Prediction, Row, Status, Verdict, Warning};
use crate::model::{Objective, Severity};

/// Within this share of the bound a value is marginal.
const MARGIN: f64 = 0.10;

/// One verdict per objective, in order. An objective on a figure that no run reported (no such
/// requests came) passes, as in k6; one on a figure that the model does not predict at all fails,
/// since nothing speaks for it (see [`unjudged`]).
#[must_use]
pub fn judge(objectives: &[Objective], prediction: &Prediction) -> Vec<Verdict> {
    objectives.iter().map(|objective| verdict(objective, prediction)).collect()
}

/// Says which objectives are on figures that the model does not predict.
#[must_use]
pub fn unjudged(objectives: &[Objective], prediction: &Prediction) -> Vec<Warning> {
    let predicted = |o: &&Objective| prediction.row(&o.metric.name, &o.metric.scope, &o.metric.stat, None).is_none();
    let warning = |o: &Objective| Warning {
        kind: "unjudged",
        text: format!("the model predicts nothing for the objective {}, so nothing says that it holds", o.text),
    };
    objectives.iter().filter(predicted).map(warning).collect()
}

fn verdict(objective: &Objective, prediction: &Prediction) -> Verdict {
    let metric = &objective.metric;
    let wished = objective.severity == Severity::Wished;
    let predicted = prediction.row(&metric.name, &metric.scope, &metric.stat, None);
    let Some(row) = predicted.filter(|row| row.values.iter().any(|value| !value.is_nan())) else {
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
    let holds = |value: f64| objective.comparison.holds(value, objective.bound);
    let reported: Vec<f64> = row.values.iter().copied().filter(|value| !value.is_nan()).collect();
    let passed = reported.iter().filter(|&&value| holds(value)).count();
    let estimate = row.estimate;
    Verdict {
        slo: objective.text.clone(),
        status: status(objective, row),
        value: estimate.value,
        low: estimate.low,
        high: estimate.high,
        probability: passed as f64 / reported.len() as f64,
        bound: objective.bound,
        unit: row.unit,
        wished,
    }
}

/// Marginal: the interval straddles the bound, or the value is within a tenth of it.
fn status(objective: &Objective, row: &Row) -> Status {
    let holds = |value: f64| objective.comparison.holds(value, objective.bound);
    let e = row.estimate;
    let straddles = !e.low.is_nan() && holds(e.low) != holds(e.high);
    let near = (e.value - objective.bound).abs() <= MARGIN * objective.bound.abs();
    if straddles || near && objective.bound != 0.0 {
        Status::Marginal
    } else if holds(e.value) {
        Status::Pass
    } else {
        Status::Fail
    }
}
