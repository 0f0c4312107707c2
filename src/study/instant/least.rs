//! The least that requests cost, whatever the state of the system decides: a walk back from their ends.
//!
//! A cost is a sum of what a request takes of a resource and of its user's time, each with a weight. Where the state
//! of the system decides (who is refused, who gives up, what a cache has) the cheapest way counts, so the true mean cannot
//! be less (the value of a Markov decision process; Bellman 1957). Work behind a time-out that leaves it running
//! may be done later or never, and work that an alarm may take away may not be done: both count nothing.
//!
//! With each mean goes an upper bound of the root of the mean square (sums by Minkowski's inequality), from which
//! follows how far chance may carry the sum over many requests below its mean.

use super::graph::{Does, Graph, Next};
use crate::engine::program::Pc;

/// A mean that is not too high, and a root of the mean square that is not too low.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cost {
    pub mean: f64,
    pub root: f64,
}

impl Cost {
    fn plus(self, mean: f64, root: f64) -> Cost {
        Cost { mean: self.mean + mean, root: self.root + root }
    }

    /// The cheaper of two ways.
    pub fn or(self, other: Cost) -> Cost {
        Cost { mean: self.mean.min(other.mean), root: self.root.max(other.root) }
    }
}

/// What a second of each thing costs; of volumes an operation.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    pub work: Vec<f64>,
    pub permits: Vec<f64>,
    pub volumes: Vec<f64>,
    /// The user's time.
    pub time: f64,
}

/// The three costs from a step on: of all, of all but the time of who waits for it, and that time itself.
const ALL: usize = 0;
const WORK: usize = 1;
const TIME: usize = 2;

/// The bit of a mask that says that an alarm may take work away.
const ARMED: u32 = 127;

/// Requests that may try again more often than this have no upper bound.
const MOST_SWEEPS: u32 = 64;

/// Steps that requests may come to, each with what they hold there.
#[derive(Debug)]
pub(super) struct Least {
    /// From the last to the first, each with permits that are held since its flow or branch began.
    order: Vec<(Pc, u128)>,
    /// Times that a request may come to the same step, at most, and once more.
    sweeps: u32,
}

impl Least {
    /// For flows that begin at these steps.
    pub fn new(graph: &Graph, starts: &[Pc]) -> Least {
        let mut held: Vec<Option<u128>> = vec![None; graph.steps.len()];
        let mut open: Vec<(Pc, u128)> = starts.iter().map(|&start| (start, 0)).collect();
        // Loops within each other multiply, and have registers of their own.
        let mut again_by_register = [1u32; 8];
        while let Some((pc, mask)) = open.pop() {
            let Some(place) = held.get_mut(pc as usize) else { continue };
            if place.is_some() {
                continue;
            }
            *place = Some(mask);
            let step = &graph.steps[pc as usize];
            let after = match step.does {
                Does::Takes(gauge) => mask | bit(gauge),
                Does::Gives(gauge) => mask & !bit(gauge),
                Does::Arms(true) => mask | bit(ARMED),
                Does::Arms(false) => mask & !bit(ARMED),
                _ => mask,
            };
            match &step.next {
                Next::To(to) => open.push((*to, after)),
                Next::Ways(ways) => open.extend(ways.iter().map(|way| (way.1, after))),
                // Who is refused has taken nothing.
                Next::State { usual, other, .. } => open.extend([(*other, mask), (*usual, after)]),
                Next::Fork { count, failed } => {
                    open.extend([(*failed, mask), (pc + 1 + count, mask)]);
                    open.extend((1..=*count).map(|branch| (pc + branch, 0)));
                }
                Next::Race { failed } => open.extend([(*failed, mask), (pc + 2, mask), (pc + 1, 0)]),
                Next::Again { again, failed, register, attempts, .. } => {
                    let tries = &mut again_by_register[*register as usize & 7];
                    *tries = tries.saturating_add(u32::from(attempts.saturating_sub(1)));
                    open.extend([(*failed, mask), (*again, mask)]);
                }
                Next::Join { .. } | Next::End { .. } => {}
            }
        }
        let order = held.iter().enumerate().rev().filter_map(|(pc, mask)| Some((pc as Pc, (*mask)?))).collect();
        let sweeps = again_by_register.iter().fold(1, |all: u32, tries| all.saturating_mul(*tries));
        Least { order, sweeps }
    }

    /// The least cost of a request from each of these steps.
    pub fn costs(&self, graph: &Graph, weights: &Weights, starts: &[Pc]) -> Vec<Cost> {
        let mut costs = vec![[Cost::default(); 3]; graph.steps.len()];
        // A sweep follows ways with one jump back more than the one before it.
        for _ in 0..self.sweeps.min(MOST_SWEEPS) {
            for &(pc, held) in &self.order {
                costs[pc as usize] = cost(graph, &costs, weights, pc, held);
            }
        }
        let unknown = self.sweeps > MOST_SWEEPS;
        let root = |cost: Cost| if unknown { f64::INFINITY } else { cost.root };
        starts.iter().map(|&pc| costs[pc as usize][ALL]).map(|cost| Cost { root: root(cost), ..cost }).collect()
    }
}

fn cost(graph: &Graph, costs: &[[Cost; 3]], weights: &Weights, pc: Pc, held: u128) -> [Cost; 3] {
    let step = &graph.steps[pc as usize];
    let rates = rates(weights, held);
    let next = after(costs, pc, &step.next, rates);
    if held & bit(ARMED) != 0 {
        return next;
    }
    match step.does {
        Does::Work { gauge, mean, square, .. } => {
            let here = weights.work[gauge as usize];
            let (root, each) = (square.sqrt(), [here + rates[ALL], here + rates[WORK], rates[TIME]]);
            [0, 1, 2].map(|i| next[i].plus(mean * each[i], root * each[i]))
        }
        // Whole numbers of operations: their root is at most one above.
        Does::Io { volume, operations, .. } => {
            let here = weights.volumes[volume as usize];
            let each = [here, here, 0.0];
            [0, 1, 2].map(|i| next[i].plus(operations * each[i], (operations + 1.0) * each[i]))
        }
        _ => next,
    }
}

fn after(costs: &[[Cost; 3]], pc: Pc, next: &Next, rates: [f64; 3]) -> [Cost; 3] {
    let at = |pc: Pc| costs[pc as usize];
    let either = |a: [Cost; 3], b: [Cost; 3]| [0, 1, 2].map(|i| a[i].or(b[i]));
    match next {
        Next::To(to) => at(*to),
        Next::Ways(ways) => [0, 1, 2].map(|i| {
            let mean = ways.iter().map(|&(share, to, _)| share * at(to)[i].mean).sum();
            let square: f64 = ways.iter().map(|&(share, to, _)| share * at(to)[i].root.powi(2)).sum();
            Cost { mean, root: square.sqrt() }
        }),
        Next::State { usual, other, after, .. } => {
            let away = at(*other);
            let away = [0, 1, 2].map(|i| away[i].plus(after * rates[i], after * rates[i]));
            either(at(*usual), away)
        }
        Next::Fork { count, failed } => {
            let branches = || (1..=*count).map(|branch| at(pc + branch));
            let work = branches().fold(Cost::default(), |sum, one| sum.plus(one[WORK].mean, one[WORK].root));
            let longest = branches().map(|one| one[TIME].mean).fold(0.0, f64::max);
            let roots: f64 = branches().map(|one| one[TIME].root).sum();
            let behind = either(at(pc + 1 + count), at(*failed));
            [0, 1, 2].map(|i| {
                let works = if i == TIME { Cost::default() } else { work };
                behind[i].plus(works.mean + rates[i] * longest, works.root + rates[i] * roots)
            })
        }
        Next::Race { failed } => either(at(pc + 2), at(*failed)),
        Next::Again { again, failed, .. } => either(at(*again), at(*failed)),
        Next::Join { .. } | Next::End { .. } => [Cost::default(); 3],
    }
}

/// What a second costs beside the work that is done in it.
fn rates(weights: &Weights, held: u128) -> [f64; 3] {
    let mut permits = 0.0;
    let mut left = held & !bit(ARMED);
    while left != 0 {
        permits += weights.permits.get(left.trailing_zeros() as usize).unwrap_or(&0.0);
        left &= left - 1;
    }
    [permits + weights.time, permits, 1.0]
}

fn bit(gauge: u32) -> u128 {
    1u128.checked_shl(gauge).unwrap_or(0)
}

/// The least probability that a request that begins at each of these steps fails, whatever the state of the
/// system decides.
pub(super) fn failing(graph: &Graph, least: &Least, starts: &[Pc]) -> Vec<f64> {
    let mut fails = vec![0.0f64; graph.steps.len()];
    for _ in 0..least.sweeps.min(MOST_SWEEPS) {
        for &(pc, _) in &least.order {
            let at = |pc: Pc| fails[pc as usize];
            let joined = |branch: f64, behind: Pc, failed: Pc| {
                at(behind).min(at(failed)).max((1.0 - branch) * at(behind) + branch * at(failed)).min(at(failed))
            };
            fails[pc as usize] = match &graph.steps[pc as usize].next {
                Next::To(to) => at(*to),
                Next::Ways(ways) => ways.iter().map(|&(share, to, _)| share * at(to)).sum(),
                Next::State { usual, other, .. } => at(*usual).min(at(*other)),
                Next::Fork { count, failed } => {
                    let worst = (1..=*count).map(|branch| at(pc + branch)).fold(0.0, f64::max);
                    joined(worst, pc + 1 + count, *failed)
                }
                Next::Race { failed } => joined(at(pc + 1), pc + 2, *failed),
                Next::Again { again, failed, .. } => at(*again).min(at(*failed)),
                Next::Join { failed } | Next::End { failed } => f64::from(u8::from(*failed)),
            };
        }
    }
    starts.iter().map(|&pc| fails[pc as usize]).collect()
}
