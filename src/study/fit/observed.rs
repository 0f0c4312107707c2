//! What was counted and is no law: the mix of requests and how often caches hit. Put into the model before anything is
//! computed from it, so that demands are those of the requests that were really sent.

use super::Run;
use crate::model::{KeyRef, Model, Move, Quantity, Step, Test};
use crate::recording::Recording;

/// Counts of a run.
pub(super) struct Counted {
    /// Requests by endpoint, if all that the test requests were counted.
    requests: Option<Vec<f64>>,
    /// Hit ratios by cache and keyspace, as recorded.
    hits: Vec<(u32, u32, f64)>,
}

impl Counted {
    pub fn of(run: &Run, notes: &mut Vec<String>) -> Counted {
        let asked = crate::compile::requested(run.model, run.test);
        let counts: Vec<Option<f64>> = run
            .model
            .endpoints
            .iter()
            .zip(&asked)
            .map(|(endpoint, asked)| if *asked { count(run.recording, &endpoint.name) } else { Some(0.0) })
            .collect();
        let requests = counts.into_iter().collect::<Option<Vec<f64>>>();
        let mut hits = Vec::new();
        let flows = run.model.endpoints.iter().zip(&asked).filter(|(_, asked)| **asked);
        for (endpoint, _) in flows {
            each_read(&endpoint.steps, &mut |key| {
                let known = hits.iter().any(|(cache, space, _)| (*cache, *space) == (key.cache, key.keyspace));
                if known {
                    return;
                }
                let cache = &run.model.caches[key.cache as usize];
                let space = &cache.keyspaces[key.keyspace as usize].name;
                let ratio = |scope: &str| Some(run.recording.find("hit_ratio", scope, "avg")?.middle() / 100.0);
                match ratio(space).or_else(|| ratio(&cache.name)) {
                    Some(ratio) => hits.push((key.cache, key.keyspace, ratio)),
                    None => notes.push(format!(
                        "{}: no hit_ratio of {space} is recorded, so every look into it counts as a hit; what a miss \
                         does is not fitted",
                        run.test.name
                    )),
                }
            });
        }
        notes.dedup();
        Counted { requests, hits }
    }

    /// A model with what was counted put in.
    pub fn applied(&self, model: &Model, test: &Test) -> Model {
        let mut model = model.clone();
        if let Some(counts) = &self.requests {
            for scenario in &test.scenarios {
                weigh(&mut model.iterations[scenario.iteration as usize].moves, counts);
            }
        }
        if !self.hits.is_empty() {
            model.endpoints.iter_mut().for_each(|endpoint| split_reads(&mut endpoint.steps, &self.hits));
        }
        model
    }
}

/// Requests of an endpoint, or their rate where that alone is known.
pub(super) fn count(recording: &Recording, endpoint: &str) -> Option<f64> {
    let find = |stat| recording.find("http_reqs", endpoint, stat);
    find("count").or_else(|| find("rate")).map(crate::recording::Observation::middle)
}

/// Weighs a choice of single requests by their counts.
fn weigh(moves: &mut [Move], counts: &[f64]) {
    for one in moves {
        let Move::Pick { branches } = one else { continue };
        let endpoint = |moves: &[Move]| {
            let mut requests = moves.iter().filter_map(|one| match one {
                Move::Request { endpoint, .. } => Some(*endpoint),
                _ => None,
            });
            let first = requests.next();
            first.filter(|_| requests.next().is_none())
        };
        let asked: Vec<Option<u32>> = branches.iter().map(|(_, moves)| endpoint(moves)).collect();
        let mut different: Vec<u32> = asked.iter().flatten().copied().collect();
        different.sort_unstable();
        different.dedup();
        if different.len() == branches.len() {
            for ((weight, _), endpoint) in branches.iter_mut().zip(asked.iter().flatten()) {
                *weight = Quantity::Known(counts[*endpoint as usize]);
            }
        }
    }
}

fn each_read(steps: &[Step], seen: &mut dyn FnMut(&KeyRef)) {
    for step in steps {
        if let Step::CacheRead { key, miss, hit, .. } = step
            && !(miss.is_empty() && hit.is_empty())
        {
            seen(key);
        }
        step.inside().into_iter().for_each(|steps| each_read(steps, seen));
    }
}

/// A read takes one of its ways as often as was recorded; the look itself stays.
fn split_reads(steps: &mut Vec<Step>, hits: &[(u32, u32, f64)]) {
    let mut split = Vec::with_capacity(steps.len());
    for mut step in steps.drain(..) {
        match &mut step {
            Step::CacheRead { key, hit, miss, fill } => {
                split_reads(hit, hits);
                split_reads(miss, hits);
                let ratio = hits.iter().find(|(cache, space, _)| (*cache, *space) == (key.cache, key.keyspace));
                if let Some((_, _, ratio)) = ratio {
                    let branches = vec![
                        (Quantity::Known(*ratio), std::mem::take(hit)),
                        (Quantity::Known(1.0 - ratio), std::mem::take(miss)),
                    ];
                    *fill = None;
                    split.push(step);
                    split.push(Step::Either { branches });
                    continue;
                }
            }
            Step::Transaction { steps, .. }
            | Step::Lock { steps, .. }
            | Step::Retry { steps, .. }
            | Step::Deadline { steps, .. }
            | Step::Measure { steps, .. } => split_reads(steps, hits),
            Step::Either { branches } => branches.iter_mut().for_each(|(_, steps)| split_reads(steps, hits)),
            Step::Parallel { branches } => branches.iter_mut().for_each(|steps| split_reads(steps, hits)),
            _ => {}
        }
        split.push(step);
    }
    *steps = split;
}
