//! "Can I trust it?": recorded tests predicted, and each recorded figure laid beside the prediction.
//!
//! The model never sees the recording it is judged on; what it took from a test all the same (a
//! think time, say) is named in the model and not scored. A row that disagrees and stands in a
//! contradiction of the recording with itself or with a law is *impossible*: no model of this kind
//! could predict it, and the law and the numbers are given.

use super::check_result::{Alternative, CheckReport, CheckRow, CheckTest, CheckVerdict, ErrorUnit};
use super::facts::{self, Trusted};
use super::observe::Wanted;
use super::prediction::{Key, Prediction, Warning};
use super::referee::referee;
use super::repeats::Repeats;
use super::score::score;
use super::span::{Covered, covered};
use super::summary::most;
use super::twice::counted_once;
use super::unpredicted::why_unpredicted;
use crate::model::{Model, Role, Rows, Test};
use crate::problem::plural;
use crate::recording::{Observation, Recording};
use crate::statistics::estimate_within;
use crate::theory::laws::{Contradiction, Facts, Severity, contradictions};

/// What figures a prediction must contain to be laid beside this recording.
#[must_use]
pub fn wanted(recording: &Recording, test: &Test) -> Wanted {
    let mut wanted = Wanted::default();
    for o in &recording.observations {
        if let Some(window) = covered(o.window, test).window
            && !wanted.windows.contains(&window)
        {
            wanted.windows.push(window);
        }
        if let Some(percent) = o.stat.strip_prefix('p').and_then(|p| p.parse::<f64>().ok())
            && !wanted.percentiles.contains(&percent)
        {
            wanted.percentiles.push(percent);
        }
        if o.metric == "latency_share"
            && let Some((low, high)) = share_bounds(&o.scope)
            && wanted.shares.iter().all(|(scope, _, _)| *scope != o.scope)
        {
            wanted.shares.push((o.scope.clone(), low, high));
        }
        if o.metric == "errors" {
            wanted.scopes.push(o.scope.clone());
        }
    }
    wanted
}

/// "50..100 ms" as numbers; "inf" is one.
fn share_bounds(scope: &str) -> Option<(f64, f64)> {
    let (low, high) = scope.trim().strip_suffix("ms")?.trim().split_once("..")?;
    Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
}

/// One recorded test and its prediction.
pub struct Recorded<'a> {
    pub model: &'a Model,
    pub test: &'a Test,
    pub role: Role,
    pub recording: &'a Recording,
    pub prediction: &'a Prediction,
}

/// A prediction by another mechanism.
pub struct Other {
    pub variant: String,
    pub about: String,
    pub prediction: Prediction,
}

/// Lays a recording beside its prediction. `calibrations` are recordings that the model was made from, `repeats` those of equal tests.
#[must_use]
pub fn check_test(recorded: &Recorded, calibrations: &[Trusted], repeats: &Repeats, others: &[Other]) -> CheckTest {
    let system = facts::system(recorded.model, recorded.test);
    let trusted = facts::calibrations(calibrations, recorded.model, recorded.test);
    // A calibration test is held against itself only.
    let facts = Facts {
        recording: recorded.recording,
        load: facts::load(recorded.model, recorded.test),
        system: &system,
        calibrations: if recorded.role == Role::Validate { &trusted } else { &[] },
    };
    let mut found = contradictions(&facts);
    found.retain(|contradiction| contradiction.severity == Severity::Impossible);
    let mut rows = rows(recorded, recorded.prediction, &found);
    referee(&mut rows, recorded, repeats);
    counted_once(&mut rows, recorded.model, recorded.test);
    let itself = others.first().map(|other| {
        let about = {
            let count = other.prediction.replications;
            format!("over {count} {}, as below", plural(count, "replication"))
        };
        let same = first_replications(recorded.prediction, other.prediction.replications);
        alternative(recorded, String::new(), about, &same)
    });
    let others = others.iter().map(|o| alternative(recorded, o.variant.clone(), o.about.clone(), &o.prediction));
    let alternatives = itself.into_iter().chain(others).collect();
    CheckTest {
        test: recorded.test.name.clone(),
        role: Some(recorded.role),
        recording: recorded.recording.name.clone(),
        verdicts: recorded.prediction.verdicts.clone(),
        rows,
        taken_from_test: recorded.test.taken_from_test.clone(),
        alternatives,
        warnings: warnings(recorded.prediction),
    }
}

/// A test of which nothing was recorded: predicted and judged.
#[must_use]
pub fn unrecorded_test(test: &Test, prediction: &Prediction) -> CheckTest {
    CheckTest {
        test: test.name.clone(),
        role: None,
        recording: String::new(),
        verdicts: prediction.verdicts.clone(),
        rows: Vec::new(),
        taken_from_test: test.taken_from_test.clone(),
        alternatives: Vec::new(),
        warnings: warnings(prediction),
    }
}

/// What was taken from the test has a place of its own.
fn warnings(prediction: &Prediction) -> Vec<Warning> {
    prediction.warnings.iter().filter(|warning| warning.kind != "taken_from_test").cloned().collect()
}

fn alternative(recorded: &Recorded, variant: String, about: String, prediction: &Prediction) -> Alternative {
    let mut rows = rows(recorded, prediction, &[]);
    rows.retain(|row| row.predicted.is_some());
    for row in &mut rows {
        row.scored = false;
        row.note = "shown beside the model, not scored".into();
    }
    Alternative { variant, about, rows }
}

/// The prediction that the first `n` replications alone would have given, as far as its figures go.
#[must_use]
pub fn first_replications(prediction: &Prediction, n: usize) -> Prediction {
    let mut same = prediction.clone();
    same.replications = n.min(prediction.replications);
    for row in &mut same.metrics {
        row.values.truncate(n);
        row.estimate = estimate_within(&row.values, most(row.unit));
    }
    same
}

fn rows(recorded: &Recorded, prediction: &Prediction, found: &[Contradiction]) -> Vec<CheckRow> {
    let observations = &recorded.recording.observations;
    observations.iter().enumerate().map(|(i, o)| row(recorded, prediction, found, i, o)).collect()
}

fn row(
    recorded: &Recorded,
    prediction: &Prediction,
    found: &[Contradiction],
    index: usize,
    o: &Observation,
) -> CheckRow {
    let part = covered(o.window, recorded.test);
    let predicted = prediction
        .row(&o.metric, &o.scope, &o.stat, part.window)
        .filter(|row| !row.estimate.value.is_nan() && !part.outside);
    let estimate = predicted.map(|row| row.estimate);
    let number = |value: f64| (!value.is_nan()).then_some(value);
    let (low, high) = recorded_bounds(o);
    // With one replication there is no interval: then only the value itself can be met.
    let interval = estimate.map(|e| if e.low.is_nan() { (e.value, e.value) } else { (e.low, e.high) });
    let agrees = interval.map(|(from, to)| low <= to && from <= high);
    let contradiction = found.iter().find(|c| c.rows.contains(&index)).filter(|_| agrees != Some(true));
    let verdict = match (contradiction, agrees) {
        (Some(_), _) => Some(CheckVerdict::Impossible),
        (None, Some(true)) => Some(CheckVerdict::Agree),
        (None, Some(false)) => Some(CheckVerdict::Disagree),
        (None, None) => None,
    };
    let (error_unit, relative_error) = error(o, estimate.map(|e| e.value));
    let mut row = CheckRow {
        key: Key::from(o),
        recorded: o.value,
        recorded_low: o.range.map(|r| r.0),
        recorded_high: o.range.map(|r| r.1),
        predicted: estimate.and_then(|e| number(e.value)),
        low: estimate.and_then(|e| number(e.low)),
        high: estimate.and_then(|e| number(e.high)),
        relative_error,
        error_unit,
        unit: o.unit,
        verdict,
        scored: false,
        note: String::new(),
        law: contradiction.map(|c| c.law.to_owned()),
        zone: None,
        load: None,
        miss: None,
    };
    (row.scored, row.note) = score_or_reason(recorded, &row, contradiction, &part);
    row
}

/// Whether a row counts, and if not, why; or what else is to be known of it.
fn score_or_reason(
    recorded: &Recorded,
    row: &CheckRow,
    contradiction: Option<&Contradiction>,
    part: &Covered,
) -> (bool, String) {
    if let Some(c) = contradiction {
        return (false, format!("{} Here: {}. It would need {}.", c.statement, c.numbers, c.would_need));
    }
    if part.beyond {
        return (false, part.note.clone());
    }
    if row.predicted.is_none() {
        return (false, why_unpredicted(&row.key, recorded.model));
    }
    if recorded.role == Role::Calibrate {
        return (false, "the model's numbers were taken from this test".into());
    }
    let matches = |rows: &&Rows| rows.metric == row.key.metric && (rows.scope == "*" || rows.scope == row.key.scope);
    if let Some(unscored) = recorded.test.unscored.iter().find(matches) {
        return (false, unscored.reason.clone());
    }
    let known = recorded.test.differs.iter().find(matches).filter(|_| row.verdict == Some(CheckVerdict::Disagree));
    let notes = [part.note.as_str(), known.map_or("", |rows| rows.reason.as_str())];
    (true, notes.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; "))
}

/// What was recorded, with the rounding of its last written digit.
pub(super) fn recorded_bounds(o: &Observation) -> (f64, f64) {
    let (low, high) = o.bounds();
    (low - o.rounding, high + o.rounding)
}

/// The error of a prediction: failure rates in points, everything else relative to what was
/// recorded; inside a recorded range there is none.
fn error(o: &Observation, predicted: Option<f64>) -> (ErrorUnit, Option<f64>) {
    let unit = if o.metric == "http_req_failed" { ErrorUnit::Points } else { ErrorUnit::Ratio };
    let (low, high) = o.bounds();
    let error = predicted.and_then(|predicted| {
        let nearest = predicted.clamp(low, high);
        match unit {
            ErrorUnit::Points => Some(predicted - nearest),
            ErrorUnit::Ratio if nearest == 0.0 && predicted == 0.0 => Some(0.0),
            ErrorUnit::Ratio if nearest == 0.0 => None,
            ErrorUnit::Ratio => Some((predicted - nearest) / nearest),
        }
    });
    (unit, error)
}

/// The report over all tests, with its score.
#[must_use]
pub fn report(model: &Model, variant: &str, seed: u64, replications: usize, tests: Vec<CheckTest>) -> CheckReport {
    let score = score(model, &tests);
    CheckReport { model: model.name.clone(), variant: variant.to_owned(), seed, replications, tests, score }
}
