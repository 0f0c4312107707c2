//! A load-test report before the test: every test predicted, as the system is and after changes, and what follows from it.

use serde::Serialize;

use super::audit::AuditReport;
use super::capacity::{Bound, bound};
use super::check_result::CheckReport;
use super::decide::{Answer, DecisionReport, Predicted};
use super::prediction::{Prediction, Status, Verdict};
use super::recommend::answer::Recommendation;
use crate::load::{regular_end_s, stage_windows};
use crate::model::{Iteration, Model, Move, Quantity, Test};

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadTestReport {
    pub model: String,
    pub seed: u64,
    pub replications: usize,
    /// Names of the changes; the first is empty: the system as it is.
    pub changes: Vec<String>,
    pub go: Go,
    pub tests: Vec<ReportedTest>,
    /// The model's decision, if it has one and all its tests are reported on.
    pub decision: Option<DecisionReport>,
    /// The recorded ones of the tests, predicted against recorded as the system is; `None`: nothing was recorded.
    pub check: Option<CheckReport>,
    /// Recordings and plan of these tests held against laws.
    pub audit: AuditReport,
    /// What to buy; `None`: nobody asked.
    pub recommendation: Option<Recommendation>,
}

/// What is known of the tests besides their predictions.
pub struct Evidence {
    pub check: Option<CheckReport>,
    pub audit: AuditReport,
    pub recommendation: Option<Recommendation>,
}

/// Whether the system is fit for what its tests ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Go {
    /// Every required objective of every test passes, and every criterion of the decision is met.
    Go,
    /// None fails, but some are marginal; or none fails after the last change.
    Conditional,
    NoGo,
}

/// A test, and what was predicted for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReportedTest {
    pub test: String,
    pub about: String,
    /// Planned length, seconds.
    pub duration_s: f64,
    /// Its stages, in words.
    pub stages: Vec<String>,
    /// What users ask for, each with its share; empty if it is more than one choice.
    pub mix: Vec<(String, f64)>,
    /// The load at which what limits the system as it is has nothing left, by means alone; `None` if nothing limits it.
    pub headroom: Option<Bound>,
    /// By change.
    pub predictions: Vec<Prediction>,
}

impl LoadTestReport {
    /// Whether a required objective fails as the system is.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.tests.iter().any(|test| worst(test, 0) == Status::Fail)
    }
}

/// Puts a report together: `predicted` has the tests of each change, the system as it is first.
#[must_use]
pub fn report(
    model: &Model,
    changes: &[String],
    seed: u64,
    predicted: &[Vec<Predicted>],
    decision: Option<DecisionReport>,
    Evidence { check, audit, recommendation }: Evidence,
) -> LoadTestReport {
    let first = predicted.first().map_or(&[][..], |tests| tests);
    let tests: Vec<ReportedTest> =
        first.iter().enumerate().map(|(number, one)| reported(number, one, predicted)).collect();
    let replications = predicted.iter().flatten().map(|one| one.prediction.replications).min().unwrap_or(0);
    LoadTestReport {
        model: model.name.clone(),
        seed,
        replications,
        changes: std::iter::once(String::new()).chain(changes.iter().cloned()).collect(),
        go: go(&tests, decision.as_ref(), changes.len()),
        tests,
        decision,
        check,
        audit,
        recommendation,
    }
}

fn reported(number: usize, one: &Predicted, predicted: &[Vec<Predicted>]) -> ReportedTest {
    let Predicted { model, test, .. } = one;
    ReportedTest {
        test: test.name.clone(),
        about: test.about.clone(),
        duration_s: regular_end_s(test),
        stages: stage_windows(test).into_iter().map(|stage| stage.name).collect(),
        mix: mix(model, test),
        headroom: bound(model, test),
        predictions: predicted.iter().filter_map(|tests| Some(tests.get(number)?.prediction.clone())).collect(),
    }
}

/// Shares of the requests of a test whose only scenario makes one choice.
fn mix(model: &Model, test: &Test) -> Vec<(String, f64)> {
    let [scenario] = test.scenarios.as_slice() else { return Vec::new() };
    let Some(Iteration { moves, .. }) = model.iterations.get(scenario.iteration as usize) else { return Vec::new() };
    let picks = moves.iter().find_map(|one| match one {
        Move::Pick { branches } => Some(branches),
        _ => None,
    });
    let asked = |moves: &[Move]| {
        moves.iter().find_map(|one| match one {
            Move::Request { endpoint, .. } => model.endpoints.get(*endpoint as usize).map(|one| one.name.clone()),
            _ => None,
        })
    };
    let weights = picks.into_iter().flatten().filter_map(|(weight, moves)| match weight {
        Quantity::Known(weight) => Some((asked(moves)?, *weight)),
        Quantity::Uncertain(_) => None,
    });
    let weights: Vec<(String, f64)> = weights.collect();
    let all: f64 = weights.iter().map(|(_, weight)| weight).sum();
    weights.into_iter().map(|(name, weight)| (name, weight / all)).collect()
}

/// The worst of the required objectives of a test after a change.
fn worst(test: &ReportedTest, change: usize) -> Status {
    let required = |verdict: &&Verdict| !verdict.wished;
    let verdicts = test.predictions.get(change).map_or(&[][..], |prediction| &prediction.verdicts);
    let rank = |status: Status| match status {
        Status::Pass => 0,
        Status::Marginal => 1,
        Status::Fail => 2,
    };
    verdicts.iter().filter(required).map(Verdict::settled).max_by_key(|s| rank(*s)).unwrap_or(Status::Pass)
}

/// What a decision asks for counts as what the tests ask for themselves.
fn go(tests: &[ReportedTest], decision: Option<&DecisionReport>, last: usize) -> Go {
    let criteria = || decision.into_iter().flat_map(|decision| &decision.criteria);
    let decided = |change: usize| {
        criteria().filter_map(move |criterion| criterion.after.get(change)).map(|after| match after.answer {
            Answer::Met => Status::Pass,
            Answer::Open => Status::Marginal,
            Answer::Missed => Status::Fail,
        })
    };
    let all = |change: usize, holds: &dyn Fn(Status) -> bool| {
        tests.iter().all(|test| holds(worst(test, change))) && decided(change).all(holds)
    };
    if all(0, &|status| status == Status::Pass) {
        Go::Go
    } else if all(0, &|status| status != Status::Fail) || last > 0 && all(last, &|status| status != Status::Fail) {
        Go::Conditional
    } else {
        Go::NoGo
    }
}
