//! Simulations of a search: single replications at loads of their own, and all or a few at one load.

use std::collections::BTreeMap;

use super::ladder::Ladder;
use super::{CapacityError, Load, LoadPoint, Question, Tried};
use crate::model::{Objective, Test};
use crate::study::judge::{all_hold, outcomes};
use crate::study::predict::{Effort, Job, Watch, predict_from};
use crate::study::prediction::Prediction;
use crate::study::sweep::point::TestPoint;

/// What one replication showed at one load.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    /// All required objectives hold.
    pub holds: bool,
    /// By required objective, in the order of the test.
    pub broken: Vec<bool>,
}

/// What was simulated so far.
pub(super) struct Trials<'a, W> {
    question: &'a Question<'a>,
    pub ladder: &'a Ladder<'a>,
    watch: &'a W,
    /// By rung and replication.
    shown: BTreeMap<(usize, usize), Shown>,
    /// By rung.
    points: BTreeMap<usize, LoadPoint>,
}

impl<'a, W: Watch> Trials<'a, W> {
    pub fn new(question: &'a Question<'a>, ladder: &'a Ladder<'a>, watch: &'a W) -> Trials<'a, W> {
        Trials { question, ladder, watch, shown: BTreeMap::new(), points: BTreeMap::new() }
    }

    /// Those of each pair of rung and replication; what was simulated before is not simulated again.
    pub fn singles(&mut self, wanted: &[(usize, usize)]) -> Result<Vec<Shown>, CapacityError> {
        let fresh: Vec<(usize, usize)> = wanted.iter().filter(|key| !self.shown.contains_key(key)).copied().collect();
        let runs: Vec<Runs> = fresh.iter().map(|&(rung, from)| Runs { rung, from, count: 1 }).collect();
        let (done, stopped) = self.simulated(&runs)?;
        for Done { runs, test, prediction } in done {
            let shown = shown(&test, &prediction).into_iter().next();
            self.shown.insert((runs.rung, runs.from), shown.unwrap_or(Shown { holds: false, broken: Vec::new() }));
        }
        stopped.map_or(Ok(()), Err)?;
        Ok(wanted.iter().filter_map(|key| self.shown.get(key).cloned()).collect())
    }

    /// Simulates the first replications at each of these rungs, and keeps them as points.
    pub fn add(&mut self, rungs: &[usize], count: usize) -> Result<(), CapacityError> {
        let enough = |rung: &usize| self.points.get(rung).is_some_and(|point| point.test.holds.len() >= count);
        let runs: Vec<Runs> =
            rungs.iter().filter(|rung| !enough(rung)).map(|&rung| Runs { rung, from: 0, count }).collect();
        let (done, stopped) = self.simulated(&runs)?;
        for Done { runs: Runs { rung, .. }, test, prediction } in done {
            for (index, shown) in shown(&test, &prediction).into_iter().enumerate() {
                self.shown.insert((rung, index), shown);
            }
            let of_test = TestPoint::of(&test, &prediction);
            let load = Load::of(self.question.test, self.ladder.factor(rung));
            self.points.insert(rung, LoadPoint { load, probability: of_test.probability(), test: of_test });
        }
        stopped.map_or(Ok(()), Err)
    }

    /// A rung with the first replications, so many at least.
    pub fn point(&mut self, rung: usize, count: usize) -> Result<LoadPoint, CapacityError> {
        self.add(&[rung], count)?;
        self.points.get(&rung).cloned().ok_or(CapacityError::NotJudged)
    }

    /// Whether a replication holds at a rung, where it was simulated.
    pub fn known(&self, rung: usize, index: usize) -> Option<bool> {
        self.shown.get(&(rung, index)).map(|shown| shown.holds)
    }

    /// All points, in order of the load.
    pub fn points(&self) -> Vec<LoadPoint> {
        self.points.values().cloned().collect()
    }

    /// Rungs of the points.
    pub fn rungs(&self) -> impl Iterator<Item = usize> {
        self.points.keys().copied()
    }

    /// Loads tried so far, in their order.
    pub fn tried(&self) -> Vec<Tried> {
        let mut tried: Vec<Tried> = Vec::new();
        for (&(rung, _), shown) in &self.shown {
            let load = Load::of(self.question.test, self.ladder.factor(rung));
            match tried.last_mut().filter(|last| last.load == load) {
                Some(last) => (last.carried, last.of) = (last.carried + usize::from(shown.holds), last.of + 1),
                None => tried.push(Tried { load, carried: usize::from(shown.holds), of: 1 }),
            }
        }
        tried
    }

    /// Those of the runs that were done, and what stopped the others.
    fn simulated(&self, runs: &[Runs]) -> Result<(Vec<Done>, Option<CapacityError>), CapacityError> {
        let Question { model, variant, wanted, effort, .. } = *self.question;
        let tests: Vec<Test> = runs.iter().map(|runs| self.ladder.test(runs.rung)).collect::<Result<_, _>>()?;
        let mut jobs = Vec::with_capacity(runs.len());
        for (test, runs) in tests.iter().zip(runs) {
            let effort = Effort { replications: runs.count, precision: None, ..effort };
            jobs.push(Job { model, test, variant, wanted, effort, series: false });
        }
        let from: Vec<usize> = runs.iter().map(|runs| runs.from).collect();
        let predictions = predict_from(&jobs, &from, effort.threads, self.watch);
        drop(jobs);
        let mut done = Vec::with_capacity(runs.len());
        let mut stopped = None;
        for ((test, prediction), &runs) in tests.into_iter().zip(predictions).zip(runs) {
            match prediction {
                Ok(prediction) if !prediction.interrupted => done.push(Done { runs, test, prediction }),
                // What stopped the others comes before those that were stopped.
                Err(error) if !error.is_interruption() => {
                    stopped = Some(CapacityError::Predict(self.ladder.factor(runs.rung), error));
                    break;
                }
                Ok(_) | Err(_) => stopped = Some(CapacityError::Interrupted(Vec::new())),
            }
        }
        Ok((done, stopped))
    }
}

/// Replications at a rung, from one of them on.
#[derive(Clone, Copy, Debug)]
struct Runs {
    rung: usize,
    from: usize,
    count: usize,
}

/// What they showed.
struct Done {
    runs: Runs,
    test: Test,
    prediction: Prediction,
}

/// What each replication of a prediction showed.
fn shown(test: &Test, prediction: &Prediction) -> Vec<Shown> {
    let required: Vec<&Objective> = test.required().collect();
    let cut = prediction.warnings.iter().any(|warning| warning.kind == "cut");
    let holds = all_hold(required.iter().copied(), test, prediction);
    let of_each: Vec<Vec<Option<bool>>> = required.iter().map(|one| outcomes(one, test, prediction)).collect();
    // Nothing reported holds; what is not predicted does not.
    let broken = |index: usize| {
        let one = |outcomes: &Vec<Option<bool>>| !outcomes.get(index).is_some_and(|held| held.unwrap_or(true));
        of_each.iter().map(one).collect()
    };
    holds.iter().enumerate().map(|(index, holds)| Shown { holds: *holds && !cut, broken: broken(index) }).collect()
}
