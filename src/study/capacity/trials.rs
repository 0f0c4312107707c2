//! Simulations of a search: single replications at loads of their own, and all or a few at one load.

use std::collections::BTreeMap;

use super::ladder::Ladder;
use super::{CapacityError, Load, LoadPoint, Question};
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
        let runs: Vec<(usize, usize, usize)> = fresh.iter().map(|&(rung, index)| (rung, index, 1)).collect();
        for ((test, prediction), key) in self.simulated(&runs)?.into_iter().zip(fresh) {
            let shown = shown(&test, &prediction).into_iter().next();
            self.shown.insert(key, shown.unwrap_or(Shown { holds: false, broken: Vec::new() }));
        }
        Ok(wanted.iter().filter_map(|key| self.shown.get(key).cloned()).collect())
    }

    /// Simulates the first replications at each of these rungs, and keeps them as points.
    pub fn add(&mut self, rungs: &[usize], replications: usize) -> Result<(), CapacityError> {
        let enough = |rung: &usize| self.points.get(rung).is_some_and(|point| point.test.holds.len() >= replications);
        let runs: Vec<(usize, usize, usize)> =
            rungs.iter().filter(|rung| !enough(rung)).map(|&rung| (rung, 0, replications)).collect();
        for ((test, prediction), &(rung, ..)) in self.simulated(&runs)?.into_iter().zip(&runs) {
            for (index, shown) in shown(&test, &prediction).into_iter().enumerate() {
                self.shown.insert((rung, index), shown);
            }
            let of_test = TestPoint::of(&test, &prediction);
            let load = Load::of(self.question.test, self.ladder.factor(rung));
            self.points.insert(rung, LoadPoint { load, probability: of_test.probability(), test: of_test });
        }
        Ok(())
    }

    /// A rung with all replications.
    pub fn whole(&mut self, rung: usize) -> Result<LoadPoint, CapacityError> {
        self.add(&[rung], self.question.effort.replications)?;
        self.points.get(&rung).cloned().ok_or(CapacityError::NotJudged)
    }

    /// All points, in order of the load.
    pub fn points(&self) -> Vec<LoadPoint> {
        self.points.values().cloned().collect()
    }

    /// Runs of a rung, from a replication on, so many.
    fn simulated(&self, runs: &[(usize, usize, usize)]) -> Result<Vec<(Test, Prediction)>, CapacityError> {
        let Question { model, variant, wanted, effort, .. } = *self.question;
        let tests: Vec<Test> = runs.iter().map(|&(rung, ..)| self.ladder.test(rung)).collect::<Result<_, _>>()?;
        let mut jobs = Vec::with_capacity(runs.len());
        for (test, &(_, _, replications)) in tests.iter().zip(runs) {
            let effort = Effort { replications, precision: None, ..effort };
            jobs.push(Job { model, test, variant, wanted, effort, series: false });
        }
        let from: Vec<usize> = runs.iter().map(|&(_, from, _)| from).collect();
        let predictions = predict_from(&jobs, &from, effort.threads, self.watch);
        drop(jobs);
        let mut simulated = Vec::with_capacity(runs.len());
        let mut stopped = None;
        for ((test, prediction), &(rung, ..)) in tests.into_iter().zip(predictions).zip(runs) {
            match prediction {
                Ok(prediction) if !prediction.interrupted => simulated.push((test, prediction)),
                Ok(_) => {}
                // What stopped the others comes before those that were stopped.
                Err(error) if stopped.is_none() || !error.is_interruption() => {
                    stopped = Some(CapacityError::Predict(self.ladder.factor(rung), error));
                }
                Err(_) => {}
            }
        }
        match stopped {
            Some(error) => Err(error),
            None if simulated.len() < runs.len() => Err(CapacityError::interruption()),
            None => Ok(simulated),
        }
    }
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
