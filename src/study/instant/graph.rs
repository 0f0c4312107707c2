//! A program's instructions as steps of a walk: what each costs, and where it may lead.
//!
//! Chance with known odds ([`Next::Ways`]) is told from what the state of the system decides ([`Next::State`]):
//! an estimate takes the usual way there, a bound the cheapest one.

use crate::engine::Program;
use crate::engine::program::{
    FeedOp, FootprintSpec, KeyOp, Op, Patience, Pc, SlotsSpec, SourceKind, SourceSpec, Target,
};

/// Nanoseconds per second.
pub(super) const NS: f64 = 1e9;

/// Where a step leads.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    To(Pc),
    /// With known probabilities; a way that fails sets a cause.
    Ways(Vec<(f64, Pc, Option<u8>)>),
    /// The state of the system decides: `usual` goes on, `other` is the way of those that were refused or gave up, at
    /// the earliest after `after` seconds.
    State {
        usual: Pc,
        other: Pc,
        after: f64,
        cause: Option<u8>,
    },
    /// Children at each of so many steps behind it, which all join before it goes on.
    Fork {
        count: u32,
        failed: Pc,
    },
    /// A child that may be left behind after so many seconds.
    Race {
        failed: Pc,
    },
    Again {
        register: u8,
        attempts: u8,
        on: u32,
        wait: f64,
        again: Pc,
        failed: Pc,
    },
    Join {
        failed: bool,
    },
    End {
        failed: bool,
    },
}

/// What a step does besides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Does {
    Nothing,
    /// Work on processors of a gauge. `turns`: by a lane.
    Work {
        gauge: u32,
        mean: f64,
        square: f64,
        turns: bool,
    },
    /// Waits for its turn on a lane.
    Turn {
        gauge: u32,
    },
    /// Operations on a volume, and the time of their answers.
    Io {
        volume: u32,
        operations: f64,
        latency: f64,
    },
    Takes(u32),
    Gives(u32),
    /// Tries are counted anew.
    Enters(u8),
    Enqueues(u32),
    /// Work from here on may be taken away, or no longer.
    Arms(bool),
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub does: Does,
    pub next: Next,
}

/// What kinds of step a program has that the walk does not follow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub keys: bool,
    pub races: bool,
    pub meters: bool,
    pub alarms: bool,
    pub locks: bool,
    pub collections: bool,
    pub feeds: bool,
    pub hedges: bool,
    /// Requests or connections may be lost in the middle.
    pub loses: bool,
}

/// All steps of a program, in its order.
#[derive(Debug)]
pub(super) struct Graph {
    pub steps: Vec<Step>,
    pub limits: Limits,
}

/// Whether requests may be taken away from where they run, or connections from requests.
fn loses(program: &Program, jobs: bool) -> bool {
    !program.incidents.planned.is_empty()
        || program.groups.iter().any(|group| group.fleet.is_some())
        || program.footprints.iter().any(|footprint| may_kill(program, footprint, jobs))
}

/// Whether the memory of a host may not do, with all users of the test on it at once. Of jobs, and of what requests
/// leave behind, there may be any number.
fn may_kill(program: &Program, spec: &FootprintSpec, jobs: bool) -> bool {
    if !spec.kills() {
        return false;
    }
    let users = |source: &SourceSpec| match &source.kind {
        SourceKind::Users(spans) => spans.iter().map(|span| span.vu + 1).max().unwrap_or(0),
        SourceKind::Arrivals { max_users, .. } => *max_users,
    };
    let users: f64 = program.sources.iter().map(|source| f64::from(users(source))).sum();
    let gauges: Vec<u32> = spec.connections.iter().map(|&(base, _)| program.slots[base as usize].gauge).collect();
    let connections = program.slots.iter().filter(|slots| gauges.contains(&slots.gauge));
    let connections: f64 = connections.map(|slots| f64::from(slots.max)).sum();
    let generations = spec.collector.map_or(0.0, |collector| {
        let collector = &program.collectors[collector as usize];
        collector.young + if collector.survivors > 0.0 { collector.old + collector.young } else { 0.0 }
    });
    let most = f64::from(spec.processes) * (spec.base + generations)
        + spec.per_request * users
        + spec.per_connection * connections;
    spec.leak > 0.0 || jobs || most > spec.limit
}

impl Graph {
    /// `jobs`: whether the test puts any into queues.
    pub fn of(program: &Program, jobs: bool) -> Graph {
        let mut limits = Limits { loses: loses(program, jobs), ..Limits::default() };
        let steps = (0..program.ops.len()).map(|pc| step(program, pc as Pc, &mut limits)).collect();
        Graph { steps, limits }
    }
}

/// The first slots of a target stand for all of its kind: the gauge that they share.
fn permits(program: &Program, at: Target) -> u32 {
    program.slots[at.base as usize].gauge
}

fn step(program: &Program, pc: Pc, limits: &mut Limits) -> Step {
    let next = pc + 1;
    let to = |does| Step { does, next: Next::To(next) };
    let decided = |other| Step { does: Does::Nothing, next: state(next, other, 0.0, None) };
    match program.ops[pc as usize] {
        Op::Work { at, law, .. } => to(work(program, at, law, false)),
        Op::Slice { at, law: Some(law), .. } => to(work(program, at, law, true)),
        Op::Slice { at, .. } => to(Does::Turn { gauge: program.processors[at.base as usize].gauge }),
        Op::Acquire { at, failed, .. } => {
            let spec = &program.slots[at.base as usize];
            let after = gives_up(program, spec, limits.loses).filter(|_| failed > 0);
            let cause = Some(spec.causes.timeout);
            let way = after.map_or(Next::To(next), |after| state(next, failed, after, cause));
            Step { does: Does::Takes(permits(program, at)), next: way }
        }
        Op::Release { at } => to(Does::Gives(permits(program, at))),
        Op::Unlink { at } => {
            let behind = program.slots[at.base as usize].behind;
            to(behind.map_or(Does::Nothing, |behind| Does::Gives(program.slots[behind as usize].gauge)))
        }
        Op::Linked { yes, .. } => decided(yes),
        Op::Jump { to } => Step { does: Does::Nothing, next: Next::To(to) },
        Op::Choose { choice, .. } => Step { does: Does::Nothing, next: ways(program, choice) },
        Op::Chance { rate, cause, failed, .. } => {
            let rate = f64::from(rate);
            Step { does: Does::Nothing, next: Next::Ways(vec![(1.0 - rate, next, None), (rate, failed, Some(cause))]) }
        }
        Op::Key { op, or, .. } => {
            limits.keys |= op == KeyOp::Read;
            decided(or)
        }
        Op::Enter { register } => to(Does::Enters(register)),
        Op::Again { register, attempts, wait, on, again, failed } => {
            let wait = program.waits[wait as usize].first.max(0.0) / NS;
            Step { does: Does::Nothing, next: Next::Again { register, attempts, on, wait, again, failed } }
        }
        Op::Fork { count, failed } => {
            Step { does: Does::Nothing, next: Next::Fork { count: u32::from(count), failed } }
        }
        Op::Race { failed, .. } | Op::Hedge { failed, .. } => {
            limits.races = true;
            limits.hedges |= matches!(program.ops[pc as usize], Op::Hedge { .. });
            Step { does: Does::Nothing, next: Next::Race { failed } }
        }
        Op::Enqueue { queue, failed, .. } => {
            let full = program.queues[queue as usize].most_waiting.is_some();
            let way = if full { state(next, failed, 0.0, None) } else { Next::To(next) };
            Step { does: Does::Enqueues(queue), next: way }
        }
        Op::Join { failed } => Step { does: Does::Nothing, next: Next::Join { failed } },
        Op::Finish { failed } | Op::JobOver { failed } => Step { does: Does::Nothing, next: Next::End { failed } },
        Op::Rejoin | Op::Opened | Op::Feed { op: FeedOp::Repeated, .. } => {
            Step { does: Does::Nothing, next: Next::End { failed: false } }
        }
        op => rarer(program, pc, op, limits),
    }
}

fn rarer(program: &Program, pc: Pc, op: Op, limits: &mut Limits) -> Step {
    let next = pc + 1;
    let to = |does| Step { does, next: Next::To(next) };
    let decided = |other| Step { does: Does::Nothing, next: state(next, other, 0.0, None) };
    match op {
        Op::Balance { failed, .. } if limits.loses => decided(failed),
        Op::Spend { failed, cause, .. } => {
            limits.meters = true;
            Step { does: Does::Nothing, next: state(next, failed, 0.0, Some(cause)) }
        }
        Op::Admit { failed, .. } | Op::Afford { failed, .. } | Op::Fault { failed, .. } => decided(failed),
        Op::Whole { failed, .. } if limits.loses => decided(failed),
        Op::Reside { failed, .. } if limits.loses => decided(failed),
        Op::Lock { failed, .. } => {
            limits.locks = true;
            decided(failed)
        }
        Op::Arm { failed, cause, .. } => {
            limits.alarms = true;
            Step { does: Does::Arms(true), next: state(next, failed, 0.0, Some(cause)) }
        }
        Op::Disarm => to(Does::Arms(false)),
        Op::Io { io, .. } => {
            let spec = &program.ios[io as usize];
            let operations = spec.mean + f64::from(spec.pages) * spec.miss;
            let latency = program.laws[spec.latency as usize].mean() / NS;
            to(Does::Io { volume: spec.volume, operations, latency: operations * latency })
        }
        Op::Spread { group, .. } => {
            let hosts = program.groups[group as usize].hosts;
            let share = 1.0 / f64::from(hosts.max(1));
            Step { does: Does::Nothing, next: Next::Ways((0..hosts).map(|host| (share, next + host, None)).collect()) }
        }
        // Most requests do not stop to collect: they go on behind the pause.
        Op::Allocate { .. } => {
            limits.collections = true;
            Step { does: Does::Nothing, next: state(next + 1, next, 0.0, None) }
        }
        Op::Feed { .. } => {
            limits.feeds = true;
            to(Does::Nothing)
        }
        _ => to(Does::Nothing),
    }
}

fn state(usual: Pc, other: Pc, after: f64, cause: Option<u8>) -> Next {
    Next::State { usual, other, after, cause }
}

fn work(program: &Program, at: Target, law: u32, turns: bool) -> Does {
    let law = &program.laws[law as usize];
    let gauge = program.processors[at.base as usize].gauge;
    Does::Work { gauge, mean: law.mean() / NS, square: law.mean_square() / (NS * NS), turns }
}

fn ways(program: &Program, choice: u32) -> Next {
    let mut before = 0.0;
    let share = |&(until, pc): &(f64, Pc)| {
        let share = until - before;
        before = until;
        (share, pc, None)
    };
    Next::Ways(program.choices[choice as usize].ways.iter().map(share).collect())
}

/// Seconds after which a request that waits may be refused, at the earliest; `None`: never.
fn gives_up(program: &Program, spec: &SlotsSpec, loses: bool) -> Option<f64> {
    let shared = spec.ceiling.is_some_and(|ceiling| {
        let sharing = program.slots.iter().filter(|other| other.ceiling == Some(ceiling));
        let most = |slots: &SlotsSpec| slots.max + slots.reserve.map_or(0, |reserve| reserve.size);
        sharing.map(|slots| u64::from(most(slots))).sum::<u64>() > u64::from(program.ceilings[ceiling as usize])
    });
    if spec.max_waiters.is_some() || shared || spec.fragile || spec.adapts.is_some() || loses {
        return Some(0.0);
    }
    match spec.patience {
        Patience::Endless => None,
        Patience::Constant(ns) => Some(ns as f64 / NS),
        Patience::Drawn(_) => Some(0.0),
    }
}
