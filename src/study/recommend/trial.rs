//! Whether a configuration passes: a few replications where it is clear, many where it is close.
//!
//! All configurations have the same luck. What decides is the share of replications in which all required objectives
//! of all tests hold, against the share that is asked. With few replications it is the distance of the worst
//! objective from its bound (a logarithm) in standard deviations: of this configuration, or of the system as
//! it is where there are too few of this one to tell. With many it is their number (Clopper & Pearson 1934).
//!
//! A configuration is first tried in the tests that have failed anywhere so far, and only in as few replications as can show that
//! it fails. What is left of it is simulated where the answer depends on it, in all tests.

use std::collections::BTreeMap;

use super::Question;
use super::batch::{Batch, CLEAR, LEAST_CLEAR, LEAST_SPREAD, OWN_SPREAD, alike, distances, harder, worst_of};
use super::certainty::{share, share_of};
use super::search::{Trial, Tries};
use super::space::Space;
use crate::statistics::{deviation, mean};

/// Replications after which a configuration is looked at first; each look has twice those of the last.
const FIRST_LOOK: usize = 2;
/// Replications after which one that may pass counts as one that does, until the answer depends on it.
const LAST_QUICK: usize = 8;
/// Standard deviations between its objectives and their bounds, on average, with which it does so after fewer.
const LIKELY: f64 = 2.0;
/// So many replications that are alike in every digit make two systems twins in a test.
const TWINS: usize = 4;
/// Level at which a share that was counted is called larger or smaller than what is asked.
const COUNT_LEVEL: f64 = 0.99;

/// What is simulated.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum System {
    /// A value of each knob, or none where it is left as it is in the model.
    Config(Vec<Option<usize>>),
    /// A variant of the model with its knobs as they are.
    Variant(String),
}

impl System {
    /// The model as it is, whose knobs are so many.
    #[must_use]
    pub fn as_is(knobs: usize) -> System {
        System::Config(vec![None; knobs])
    }

    /// A value of each knob.
    #[must_use]
    pub fn of(values: &[usize]) -> System {
        System::Config(values.iter().copied().map(Some).collect())
    }

    /// The same with another value of one knob, or with that knob as it is in the model.
    #[must_use]
    pub fn but(values: &[usize], knob: usize, value: Option<usize>) -> System {
        let others = values.iter().enumerate();
        System::Config(others.map(|(other, is)| if other == knob { value } else { Some(*is) }).collect())
    }
}

/// Where systems are simulated.
pub trait Laboratory {
    type Error;
    /// Names of the tests.
    fn tests(&self) -> &[String];
    /// The first `to` replications of a test, or more; what was simulated before is not simulated again.
    ///
    /// # Errors
    /// If it cannot be simulated.
    fn simulate(&mut self, system: &System, test: usize, to: usize) -> Result<Batch, Self::Error>;
    /// How many replications of tests were simulated so far.
    fn replications(&self) -> usize;
    /// The first replications of a test with so many times its load; `None` if it cannot be scaled so.
    ///
    /// # Errors
    /// If it cannot be simulated.
    fn loaded(
        &mut self,
        system: &System,
        test: usize,
        times: f64,
        replications: usize,
    ) -> Result<Option<Batch>, Self::Error>;
    /// Why a test fails whatever the luck, in words; `None` if no bound proves it.
    ///
    /// # Errors
    /// If it cannot be compiled.
    fn proof(&mut self, system: &System, test: usize) -> Result<Option<String>, Self::Error>;
}

/// What trials of a configuration showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Of all tests that were simulated, by their place.
    pub tests: BTreeMap<usize, Batch>,
    /// The test that decided that it fails, and by which objective, or the bound that proves it.
    pub failed: Option<(usize, String)>,
    /// Nothing was simulated: a bound proves it.
    pub proven: bool,
}

/// Tries configurations and keeps what they showed.
pub struct Trials<'a, L> {
    pub lab: &'a mut L,
    pub space: &'a Space,
    pub question: &'a Question,
    /// Standard deviation of the distance from the bound, by test, of the system as it is.
    pub spread: Vec<f64>,
    /// How often each test failed: those that fail most are tried first.
    pub failures: Vec<usize>,
    /// Tests that do not count.
    pub left_out: Vec<bool>,
    pub records: BTreeMap<usize, Record>,
}

/// What a number of replications says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Holds,
    Fails,
    Unclear,
}

impl<'a, L: Laboratory> Trials<'a, L> {
    pub fn new(lab: &'a mut L, space: &'a Space, question: &'a Question) -> Trials<'a, L> {
        let tests = lab.tests().len();
        Trials {
            lab,
            space,
            question,
            spread: vec![LEAST_SPREAD; tests],
            failures: vec![0; tests],
            left_out: vec![false; tests],
            records: BTreeMap::new(),
        }
    }

    /// Learns how steady each test is, and which is the hardest, from the system as it is.
    pub fn learn(&mut self, excess: &[Vec<f64>]) {
        for (test, values) in excess.iter().enumerate() {
            self.spread[test] = deviation(values).max(LEAST_SPREAD);
            self.failures[test] = values.iter().filter(|by| **by >= 0.0).count();
        }
        // One must be tried first: that which is nearest to its bounds.
        let nearness = |test: &usize| mean(&excess[*test]) / self.spread[*test];
        if self.failures.iter().all(|failures| *failures == 0)
            && let Some(nearest) = (0..excess.len()).max_by(|a, b| nearness(a).total_cmp(&nearness(b)))
        {
            self.failures[nearest] = 1;
        }
    }

    /// Tests that no size of anything mends: they fail today and with the most of everything, and the objective that is
    /// missed then is missed today by as much. Some are left in any case.
    ///
    /// # Errors
    /// If a configuration cannot be simulated.
    pub fn hopeless(&mut self, today: &[Option<&Batch>], most: usize) -> Result<Vec<(usize, Record)>, L::Error> {
        let mut found = Vec::new();
        for test in self.order() {
            let Some(before) = today[test] else { continue };
            if said(&distances(before), LEAST_SPREAD, self.question.promise) != Said::Fails {
                continue;
            }
            let mut record = Record::default();
            for look in [FIRST_LOOK, before.excess.len().min(OWN_SPREAD)] {
                self.extend(most, test, look, &mut record)?;
                // Not any: near its bound a test that nothing mends holds now and then.
                if distances(&record.tests[&test]).iter().all(|by| *by < 0.0) {
                    break;
                }
            }
            let after = &record.tests[&test];
            if said(&distances(after), LEAST_SPREAD, self.question.promise) == Said::Fails && alike(before, after) {
                found.push((test, record));
            }
        }
        if found.len() == self.failures.len() {
            found.clear();
        }
        Ok(found)
    }

    /// The tests, those that failed most first.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.failures.len()).filter(|&test| !self.left_out[test]).collect();
        order.sort_by_key(|&test| (std::cmp::Reverse(self.failures[test]), test));
        order
    }

    fn fails(&mut self, index: usize, mut record: Record, test: usize, why: String, by: f64) -> Trial {
        self.failures[test] += 1;
        record.failed = Some((test, why));
        self.records.insert(index, record);
        Trial::Fails(by)
    }

    /// Replications of a test up to `to`, its own or those of a twin.
    fn extend(&mut self, index: usize, test: usize, to: usize, record: &mut Record) -> Result<(), L::Error> {
        let has = record.tests.get(&test).map_or(0, |batch| batch.excess.len());
        if to <= has {
            return Ok(());
        }
        if has >= TWINS
            && let Some(batch) = record.tests.get_mut(&test)
        {
            let of_test = self.records.values().filter_map(|other| other.tests.get(&test));
            let twins = of_test.filter(|other| other.excess.len() > has && batch.is_twin(other));
            if let Some(twin) = twins.max_by_key(|other| other.excess.len()) {
                batch.excess.clone_from(&twin.excess);
                return Ok(());
            }
        }
        let batch = self.lab.simulate(&self.space.system(index), test, to)?;
        record.tests.insert(test, batch);
        Ok(())
    }
}

impl<L: Laboratory> Tries for Trials<'_, L> {
    type Error = L::Error;

    fn try_out(&mut self, index: usize) -> Result<Trial, L::Error> {
        let system = self.space.system(index);
        let mut record = Record::default();
        for test in self.order() {
            if let Some(why) = self.lab.proof(&system, test)? {
                record.proven = true;
                return Ok(self.fails(index, record, test, why, f64::INFINITY));
            }
        }
        for test in self.order().into_iter().filter(|test| self.failures[*test] > 0).collect::<Vec<_>>() {
            let mut look = FIRST_LOOK;
            loop {
                self.extend(index, test, look.min(self.question.most), &mut record)?;
                let batch = &record.tests[&test];
                let excess = distances(batch);
                if said(&excess, self.spread[test], self.question.promise) == Said::Fails {
                    let (why, by) = (batch.worst(), mean(&excess).max(0.0));
                    return Ok(self.fails(index, record, test, why, by));
                }
                let spread = deviation(&excess).max(self.spread[test]);
                let likely = excess.iter().all(|by| *by < 0.0) && mean(&excess) < -LIKELY * spread;
                if look >= LAST_QUICK.min(self.question.most) || likely {
                    break;
                }
                look *= 2;
            }
        }
        self.records.insert(index, record);
        Ok(Trial::Passes)
    }

    fn make_sure(&mut self, index: usize) -> Result<Trial, L::Error> {
        let mut record = self.records.remove(&index).unwrap_or_default();
        let mut unclear = Vec::new();
        for test in self.order() {
            self.extend(index, test, FIRST_LOOK, &mut record)?;
            unclear.push(test);
        }
        // What fails is found out soonest in the test that holds least.
        unclear.sort_by(|a, b| harder(&record.tests[b], &record.tests[a]));
        let mut still = Vec::new();
        for test in unclear {
            match self.settle(index, test, &mut record)? {
                Said::Holds => {}
                Said::Unclear => still.push(test),
                Said::Fails => {
                    let (why, by) = (record.tests[&test].worst(), mean(&distances(&record.tests[&test])).max(0.0));
                    return Ok(self.fails(index, record, test, why, by));
                }
            }
        }
        // Each may hold often enough, and all of them together too rarely.
        let joint = worst_of(&still.iter().map(|test| distances(&record.tests[test])).collect::<Vec<_>>());
        if still.is_empty() || share_of(&joint) >= self.question.promise {
            self.records.insert(index, record);
            return Ok(Trial::Passes);
        }
        let test = hardest(&record);
        let (why, by) = (record.tests[&test].worst(), mean(&joint).max(0.0));
        Ok(self.fails(index, record, test, why, by))
    }
}

impl<L: Laboratory> Trials<'_, L> {
    /// Whether a test holds often enough: as many replications as that takes, or as there may be. Where they leave it open, their share
    /// decides that it does not, or perhaps does.
    fn settle(&mut self, index: usize, test: usize, record: &mut Record) -> Result<Said, L::Error> {
        loop {
            let batch = &record.tests[&test];
            let (n, excess) = (batch.excess.len(), distances(batch));
            let most = self
                .question
                .most
                .min((self.question.most_requests / batch.requests) as usize)
                .max(LAST_QUICK.min(self.question.most));
            match said(&excess, self.spread[test], self.question.promise) {
                Said::Unclear if n < most => self.extend(index, test, (2 * n).min(most), record)?,
                Said::Unclear if share_of(&excess) < self.question.promise => return Ok(Said::Fails),
                said => return Ok(said),
            }
        }
    }
}

/// The test that is hardest to keep.
fn hardest(record: &Record) -> usize {
    record.tests.iter().max_by(|a, b| harder(a.1, b.1)).map_or(0, |(test, _)| *test)
}

fn said(excess: &[f64], spread: f64, promise: f64) -> Said {
    let n = excess.len();
    let held = excess.iter().filter(|by| **by < 0.0).count();
    let clear = (CLEAR - 0.5 * (n as f64 / FIRST_LOOK as f64).log2()).max(LEAST_CLEAR);
    let own = deviation(excess).max(LEAST_SPREAD);
    // A few values do not tell how much they spread.
    let spread = if n < OWN_SPREAD { own.max(spread) } else { own };
    let away = mean(excess) / spread;
    if held == n && away < -clear {
        return Said::Holds;
    }
    if held == 0 && away > clear {
        return Said::Fails;
    }
    match share(held, n, COUNT_LEVEL) {
        (low, _) if low >= promise => Said::Holds,
        (_, high) if high < promise => Said::Fails,
        _ => Said::Unclear,
    }
}
