//! "Shall we go?": how probable each criterion of a decision is, as the system is and after each change,
//! and how probable each branch of its tree.
//!
//! All changes are tried with the same luck, replication by replication, so a branch that asks for one
//! thing before a change and another after it has the share of replications in which both come true.

use serde::Serialize;

use super::judge::{all_hold, judge};
use super::prediction::{Prediction, Verdict};
use crate::model::{Condition, Criterion, Decision, Model, Objective, Test};

/// A criterion that holds in this share of replications is met; one that fails in it is missed.
pub const NEARLY_ALL: f64 = 0.95;

/// A decision, decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionReport {
    pub model: String,
    pub decision: String,
    pub about: String,
    pub seed: u64,
    pub replications: usize,
    /// Names of the changes; the first is empty: the system as it is.
    pub changes: Vec<String>,
    pub criteria: Vec<CriterionRow>,
    pub branches: Vec<BranchRow>,
}

/// A criterion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CriterionRow {
    pub criterion: String,
    /// Why nothing is said on it; empty if something is.
    pub outside: String,
    /// By change; none if nothing is said on it.
    pub after: Vec<After>,
}

/// A criterion after a change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct After {
    pub change: String,
    /// Share of replications in which it holds in all its tests.
    pub probability: f64,
    pub answer: Answer,
    /// The verdicts on its parts.
    pub verdicts: Vec<TestVerdict>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    Met,
    /// It holds in some replications and fails in others.
    Open,
    Missed,
}

/// A verdict, and of which test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestVerdict {
    pub test: String,
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// A branch of the tree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BranchRow {
    pub then: String,
    /// Its conditions, in words.
    pub when: String,
    /// Share of replications in which all of them are so.
    pub probability: f64,
}

/// A test predicted with the model as one change makes it.
pub struct Predicted {
    pub model: Model,
    pub test: Test,
    pub prediction: Prediction,
}

impl DecisionReport {
    /// Whether every criterion on which something is said is met after the last change.
    #[must_use]
    pub fn go(&self) -> bool {
        let last = |criterion: &CriterionRow| criterion.after.last().is_none_or(|after| after.answer == Answer::Met);
        self.criteria.iter().all(last)
    }
}

/// Decides: `predicted` has the tests of each change, the system as it is first.
#[must_use]
pub fn decide(model: &Model, decision: &Decision, seed: u64, predicted: &[Vec<Predicted>]) -> DecisionReport {
    let changes: Vec<String> = std::iter::once(String::new()).chain(decision.changes.iter().cloned()).collect();
    let replications = predicted.iter().flatten().map(|one| one.prediction.replications).min().unwrap_or(0);
    // Per change and criterion, replication by replication.
    let held: Vec<Vec<Vec<bool>>> = predicted
        .iter()
        .map(|tests| decision.criteria.iter().map(|criterion| holds(criterion, tests, replications)).collect())
        .collect();
    let row = |number: usize, criterion: &Criterion| CriterionRow {
        criterion: criterion.name.clone(),
        outside: criterion.outside.clone(),
        after: if criterion.tests.is_empty() {
            Vec::new()
        } else {
            let after = changes.iter().zip(&held).zip(predicted);
            after.map(|((change, held), tests)| after_change(change, &held[number], criterion, tests)).collect()
        },
    };
    let branches = decision.branches.iter().map(|branch| {
        let taken = |replication: &usize| branch.when.iter().all(|condition| is_so(condition, &held, *replication));
        BranchRow {
            then: branch.then.clone(),
            when: branch.when.iter().map(|condition| words(condition, decision)).collect::<Vec<_>>().join("; "),
            probability: (0..replications).filter(taken).count() as f64 / replications.max(1) as f64,
        }
    });
    DecisionReport {
        model: model.name.clone(),
        decision: decision.name.clone(),
        about: decision.about.clone(),
        seed,
        replications,
        criteria: decision.criteria.iter().enumerate().map(|(number, criterion)| row(number, criterion)).collect(),
        branches: branches.collect(),
        changes,
    }
}

/// What a criterion asks of one of its tests.
fn asked<'a>(criterion: &'a Criterion, test: &'a Test) -> Vec<&'a Objective> {
    match criterion.objectives.as_slice() {
        [] => test.required().collect(),
        own => own.iter().collect(),
    }
}

/// In which replications a criterion holds in all its tests. What is not predicted does not.
fn holds(criterion: &Criterion, tests: &[Predicted], replications: usize) -> Vec<bool> {
    let mut held = vec![true; replications];
    for one in tests.iter().filter(|one| criterion.tests.contains(&one.test.name)) {
        let of_test = all_hold(asked(criterion, &one.test), &one.test, &one.prediction);
        held.iter_mut().enumerate().for_each(|(i, held)| *held &= of_test.get(i).copied().unwrap_or(false));
    }
    held
}

fn after_change(change: &str, held: &[bool], criterion: &Criterion, tests: &[Predicted]) -> After {
    let probability = held.iter().filter(|held| **held).count() as f64 / held.len().max(1) as f64;
    let mut verdicts = Vec::new();
    for one in tests.iter().filter(|one| criterion.tests.contains(&one.test.name)) {
        let objectives: Vec<Objective> = asked(criterion, &one.test).into_iter().cloned().collect();
        let of_test = judge(&objectives, &one.test, &one.prediction).into_iter();
        verdicts.extend(of_test.map(|verdict| TestVerdict { test: one.test.name.clone(), verdict }));
    }
    let answer = match probability {
        p if p >= NEARLY_ALL => Answer::Met,
        p if p <= 1.0 - NEARLY_ALL => Answer::Missed,
        _ => Answer::Open,
    };
    After { change: change.to_owned(), probability, answer, verdicts }
}

/// Whether a condition is so in a replication.
fn is_so(condition: &Condition, held: &[Vec<Vec<bool>>], replication: usize) -> bool {
    let change = condition.with.map_or(0, |change| change + 1);
    let holds = |criterion: &usize| {
        held.get(change).and_then(|held| held.get(*criterion)?.get(replication)).copied().unwrap_or(false)
    };
    condition.holds.iter().all(holds) && (condition.fails.is_empty() || !condition.fails.iter().all(holds))
}

/// "with pool50: errors at peak holds".
fn words(condition: &Condition, decision: &Decision) -> String {
    let simulated = decision.criteria.iter().filter(|criterion| !criterion.tests.is_empty()).count();
    let named = |numbers: &[usize], between: &str| {
        let names: Vec<&str> = numbers.iter().map(|&number| decision.criteria[number].name.as_str()).collect();
        (names.len() < simulated || simulated == 1).then(|| names.join(between))
    };
    let mut parts = Vec::new();
    if !condition.holds.is_empty() {
        let verb = if condition.holds.len() == 1 { "holds" } else { "hold" };
        let names = named(&condition.holds, " and ");
        parts.push(names.map_or("all hold".to_owned(), |names| format!("{names} {verb}")));
    }
    if !condition.fails.is_empty() {
        let names = named(&condition.fails, " or ");
        parts.push(names.map_or("any fails".to_owned(), |names| format!("{names} fails")));
    }
    let with = condition.with.and_then(|change| decision.changes.get(change));
    let with = with.map_or("as it is".to_owned(), |change| format!("with {change}"));
    format!("{with}: {}", parts.join(", "))
}
