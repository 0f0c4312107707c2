//! What one iteration of a scenario needs on average: a walk over its moves and their instructions.
//!
//! Probability flows through the steps in the order of the program; a loop of attempts sends what failed back until
//! the attempts are used up or nothing worth speaking of is left. What the state of the system decides goes the usual
//! way: nobody is refused, no time-out passes, each look for a key is a hit, and a poll finds its job done.

use std::collections::BTreeMap;

use super::graph::{Does, Graph, NS, Next};
use crate::engine::Program;
use crate::engine::program::{Move, Pc};

/// Probability below which a way is followed no further.
const NOTHING: f64 = 1e-9;

/// Causes that a program may have, and one more place for none.
const CAUSES: usize = 33;

/// Mean amounts, in seconds where not said otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Part {
    /// Work by gauge of processors, delays included.
    pub work: Vec<f64>,
    /// Turns on lanes by gauge of their processors, number.
    pub turns: Vec<f64>,
    /// Of these such with work.
    pub slices: Vec<f64>,
    /// Permits taken by gauge of permits, number.
    pub visits: Vec<f64>,
    /// Operations by volume, number.
    pub operations: Vec<f64>,
    /// Time that passes without any station.
    pub delay: f64,
}

impl Part {
    fn of(program: &Program) -> Part {
        Part {
            work: vec![0.0; program.processor_gauges as usize],
            turns: vec![0.0; program.processor_gauges as usize],
            slices: vec![0.0; program.processor_gauges as usize],
            visits: vec![0.0; program.permit_gauges as usize],
            operations: vec![0.0; program.volumes.len()],
            delay: 0.0,
        }
    }

    fn add(&mut self, does: Does, share: f64) {
        match does {
            Does::Work { gauge, mean, turns, .. } => {
                self.work[gauge as usize] += share * mean;
                let turned = if turns { share } else { 0.0 };
                self.turns[gauge as usize] += turned;
                self.slices[gauge as usize] += turned;
            }
            Does::Turn { gauge } => self.turns[gauge as usize] += share,
            Does::Io { volume, operations, latency } => {
                self.operations[volume as usize] += share * operations;
                self.delay += share * latency;
            }
            Does::Takes(gauge) => self.visits[gauge as usize] += share,
            _ => {}
        }
    }

    /// Seconds of all this if nobody ever waits.
    pub fn alone(&self) -> f64 {
        self.work.iter().sum::<f64>() + self.delay
    }
}

/// What an iteration needs, on average.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Need {
    /// All that is done because of it, jobs included.
    pub load: Part,
    /// What its requests wait for.
    pub seen: Part,
    /// What passes while a permit of each gauge is held.
    pub held: Vec<Part>,
    pub requests: f64,
    /// By endpoint.
    pub endpoints: Vec<f64>,
    /// Requests of one iteration at most.
    pub most_requests: f64,
    /// Seconds between requests.
    pub think: f64,
    /// At least the root of the mean square of that.
    pub think_root: f64,
    /// It lasts at least so long, s.
    pub pace: f64,
    /// Requests that fail of themselves.
    pub failed: f64,
    pub polls: bool,
    /// Whether a failure may end it early.
    pub stops: bool,
}

/// Probability by the cause of the last failure; the last place is for none.
type Mass = [f64; CAUSES];

/// Requests on the longest way from a move to the end; moves lead forwards only, but for polls.
fn most_requests(program: &Program, first: u32) -> f64 {
    let mut most = vec![0.0f64; program.moves.len() + 1];
    for at in (first as usize..program.moves.len()).rev() {
        let next = most[at + 1];
        most[at] = match program.moves[at] {
            Move::Request { .. } | Move::FlowRequest { .. } | Move::Poll { .. } => next + 1.0,
            Move::Choose { choice, .. } => {
                let ways = &program.choices[choice as usize].ways;
                ways.iter().map(|&(_, to)| most[to as usize]).fold(0.0, f64::max)
            }
            Move::Jump { to } => most[to as usize],
            Move::End => 0.0,
            _ => next,
        };
    }
    most[first as usize]
}

/// Where a walk stands beside its probability.
#[derive(Clone, Copy)]
struct Place {
    /// Permits that are held, one bit for each gauge.
    held: u128,
    /// Those that were held before branches began, and what share of the branches' time is on the longest way.
    outside: u128,
    overlap: f64,
    /// Whether somebody waits for it.
    waited: bool,
}

pub(super) struct Walk<'p> {
    program: &'p Program,
    graph: &'p Graph,
    need: Need,
    /// How deep jobs that put in jobs are.
    depth: u32,
}

/// What an iteration that begins at this move needs.
pub(super) fn need(program: &Program, graph: &Graph, first_move: u32) -> Need {
    let part = Part::of(program);
    let held = vec![part.clone(); program.permit_gauges as usize];
    let load = part.clone();
    let need = Need {
        load,
        seen: part,
        held,
        requests: 0.0,
        endpoints: vec![0.0; program.endpoints.len()],
        most_requests: most_requests(program, first_move),
        think: 0.0,
        think_root: 0.0,
        pace: 0.0,
        failed: 0.0,
        polls: false,
        stops: false,
    };
    let mut walk = Walk { program, graph, need, depth: 0 };
    walk.moves(first_move);
    walk.need
}

impl Walk<'_> {
    fn moves(&mut self, first: u32) {
        let mut open = BTreeMap::from([(first, 1.0)]);
        let (mut failing, mut stops) = (0.0, false);
        while let Some((at, share)) = open.pop_first() {
            if share < NOTHING {
                continue;
            }
            let mut go = |to: u32, share: f64| *open.entry(to).or_insert(0.0) += share;
            match self.program.moves[at as usize] {
                Move::Request { endpoint, .. } | Move::FlowRequest { endpoint, .. } | Move::Poll { endpoint, .. } => {
                    failing = self.request(endpoint, share);
                    go(at + 1, share);
                }
                Move::Sleep { law, .. } => {
                    let law = &self.program.laws[law as usize];
                    self.need.think += share * law.mean() / NS;
                    self.need.think_root += (share * law.mean_square()).sqrt() / NS;
                    go(at + 1, share);
                }
                Move::Pace { period } => {
                    self.need.pace = self.need.pace.max(period as f64 / NS);
                    go(at + 1, share);
                }
                Move::Choose { choice, .. } => {
                    let mut before = 0.0;
                    for &(until, to) in &self.program.choices[choice as usize].ways {
                        go(to, share * (until - before));
                        before = until;
                    }
                }
                Move::Jump { to } => go(to, share),
                Move::FlowBegin { stop, .. } => {
                    stops = stop;
                    self.need.stops |= stop;
                    go(at + 1, share);
                }
                Move::Answered { behind, .. } => {
                    let away = if stops { failing } else { 0.0 };
                    go(behind, share * away);
                    go(at + 1, share * (1.0 - away));
                }
                Move::PollBegin { .. } | Move::PollAnswered { .. } => {
                    self.need.polls = true;
                    go(at + 1, share);
                }
                Move::Check { .. } | Move::FlowEnd => go(at + 1, share),
                Move::End => {}
            }
        }
    }

    /// The share of requests that fail.
    fn request(&mut self, endpoint: u16, share: f64) -> f64 {
        self.need.requests += share;
        self.need.endpoints[endpoint as usize] += share;
        let place = Place { held: 0, outside: 0, overlap: 1.0, waited: true };
        let (_, failed) = self.region(self.program.endpoints[endpoint as usize], fresh(share), place);
        let failed: f64 = failed.iter().sum();
        self.need.failed += failed;
        failed / share
    }

    /// Follows steps until they end or join; what ends well, and what has failed.
    fn region(&mut self, start: Pc, mass: Mass, place: Place) -> (f64, Mass) {
        let mut open = BTreeMap::from([(start, (mass, place.held))]);
        let (mut ok, mut failed) = (0.0, [0.0; CAUSES]);
        let mut tries = [0u8; 8];
        while let Some((pc, (mass, held))) = open.pop_first() {
            let share: f64 = mass.iter().sum();
            if share < NOTHING {
                continue;
            }
            let graph = self.graph;
            let step = &graph.steps[pc as usize];
            let mut now = Place { held, ..place };
            self.does(step.does, share, &mut now, &mut tries);
            let mut go = |to: Pc, mass: Mass| {
                let entry = open.entry(to).or_insert(([0.0; CAUSES], now.held));
                entry.0.iter_mut().zip(mass).for_each(|(sum, one)| *sum += one);
            };
            match &step.next {
                Next::To(to) | Next::State { usual: to, .. } => go(*to, mass),
                Next::Ways(ways) => {
                    for &(share, to, cause) in ways {
                        let part = mass.map(|one| one * share);
                        go(to, cause.map_or(part, |cause| caused(&part, cause)));
                    }
                }
                Next::Fork { count, failed: away } => {
                    let (well, badly) = self.fork(pc, *count, share, now);
                    go(pc + 1 + count, mass.map(|one| one * well));
                    go(*away, badly);
                }
                Next::Race { failed: away } => {
                    let (well, badly) = self.region(pc + 1, mass, now);
                    go(pc + 2, fresh(well));
                    go(*away, badly);
                }
                Next::Again { register, attempts, on, again, failed: away, wait } => {
                    let tried = &mut tries[*register as usize & 7];
                    *tried = tried.saturating_add(1);
                    let last = *tried >= *attempts;
                    let (back, gone) = split(&mass, if last { 0 } else { *on });
                    self.waits(*wait * back.iter().sum::<f64>(), now);
                    go(*again, back);
                    go(*away, gone);
                }
                Next::Join { failed: false } | Next::End { failed: false } => ok += share,
                Next::Join { failed: true } | Next::End { failed: true } => {
                    failed.iter_mut().zip(mass).for_each(|(sum, one)| *sum += one);
                }
            }
        }
        (ok, failed)
    }

    /// Branches: the longest is waited for, all are worked for. The probability that all end well, and what fails.
    fn fork(&mut self, pc: Pc, count: u32, share: f64, now: Place) -> (f64, Mass) {
        let alone: Vec<f64> = (1..=count)
            .map(|branch| {
                let need = self.need.clone();
                self.region(pc + branch, fresh(1.0), Place { held: 0, waited: true, overlap: 1.0, outside: 0 });
                let after = std::mem::replace(&mut self.need, need);
                after.seen.alone() - self.need.seen.alone()
            })
            .collect();
        let (sum, longest) = (alone.iter().sum::<f64>(), alone.iter().copied().fold(0.0, f64::max));
        let overlap = if sum > 0.0 { now.overlap * longest / sum } else { now.overlap };
        let inside = Place { outside: now.held, overlap, ..now };
        let (mut well, mut badly) = (1.0, [0.0; CAUSES]);
        for branch in 1..=count {
            let (ok, failed) = self.region(pc + branch, fresh(share), inside);
            badly.iter_mut().zip(failed).for_each(|(sum, one)| *sum += one * well);
            well *= (ok / share).min(1.0);
        }
        (well, badly)
    }

    fn waits(&mut self, seconds: f64, now: Place) {
        if now.waited {
            self.need.seen.delay += now.overlap * seconds;
        }
        self.each_held(now, |part, share| part.delay += share * seconds);
    }

    fn each_held(&mut self, now: Place, mut add: impl FnMut(&mut Part, f64)) {
        let mut left = now.held;
        while left != 0 {
            let gauge = left.trailing_zeros() as usize;
            left &= left - 1;
            let share = if now.outside >> gauge & 1 == 1 { now.overlap } else { 1.0 };
            add(&mut self.need.held[gauge], share);
        }
    }

    fn does(&mut self, does: Does, share: f64, now: &mut Place, tries: &mut [u8; 8]) {
        match does {
            Does::Nothing | Does::Arms(_) => return,
            Does::Gives(gauge) => return now.held &= !bit(gauge),
            Does::Enters(register) => return tries[register as usize & 7] = 0,
            Does::Enqueues(queue) => return self.job(queue, share),
            Does::Work { .. } | Does::Turn { .. } | Does::Io { .. } | Does::Takes(_) => {}
        }
        self.need.load.add(does, share);
        if now.waited {
            self.need.seen.add(does, share * now.overlap);
        }
        self.each_held(*now, |part, of| part.add(does, share * of));
        if let Does::Takes(gauge) = does {
            now.held |= bit(gauge);
        }
    }

    /// A job, which nobody waits for, and which has a worker while it is at work.
    fn job(&mut self, queue: u32, share: f64) {
        const DEEPEST: u32 = 4;
        if self.depth == DEEPEST {
            return;
        }
        let spec = &self.program.queues[queue as usize];
        let place = Place { held: bit(spec.gauge), outside: 0, overlap: 1.0, waited: false };
        self.depth += 1;
        self.need.load.visits[spec.gauge as usize] += share;
        let mut left = fresh(share);
        for attempt in 1..=spec.attempts.max(1) {
            let (_, failed) = self.region(spec.start, left, place);
            (left, _) = split(&failed, if attempt == spec.attempts { 0 } else { spec.on });
            if left.iter().sum::<f64>() < NOTHING {
                break;
            }
        }
        self.depth -= 1;
    }
}

/// Gauges of permits beyond this are not followed while they are held.
fn bit(gauge: u32) -> u128 {
    1u128.checked_shl(gauge).unwrap_or(0)
}

fn fresh(share: f64) -> Mass {
    let mut mass = [0.0; CAUSES];
    mass[CAUSES - 1] = share;
    mass
}

fn caused(mass: &Mass, cause: u8) -> Mass {
    let mut all = [0.0; CAUSES];
    all[cause as usize % CAUSES] = mass.iter().sum();
    all
}

/// What has failed by one of these causes, and the rest.
fn split(mass: &Mass, on: u32) -> (Mass, Mass) {
    let (mut those, mut rest) = ([0.0; CAUSES], *mass);
    for cause in 0..CAUSES - 1 {
        if on >> cause & 1 == 1 {
            (those[cause], rest[cause]) = (mass[cause], 0.0);
        }
    }
    (those, rest)
}
