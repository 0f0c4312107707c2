//! What the laws need to know of a model and a test, in plain numbers.

use crate::compile::asks_for;
use crate::load::{duration_s, end_s, planned_rate, planned_users};
use crate::model::{Executor, Law, Model, Move, Scope, Shape, Step, Test, WaiterOrder};
use crate::recording::Recording;
use crate::theory::laws::{Calibration, Load, Pool, Processor, System, Users};

/// A recording that the model was made from, with its test.
pub struct Trusted<'a> {
    pub model: &'a Model,
    pub test: &'a Test,
    pub recording: &'a Recording,
}

/// The calibration tests as the laws take them.
#[must_use]
pub fn calibrations<'a>(trusted: &[Trusted<'a>]) -> Vec<Calibration<'a>> {
    trusted.iter().map(|t| Calibration { recording: t.recording, load: load(t.model, t.test) }).collect()
}

/// The system's sizes.
#[must_use]
pub fn system(model: &Model) -> System {
    let tiers =
        model.tiers.iter().map(|tier| Processor { name: tier.name.clone(), cores: tier.cores * f64::from(tier.count) });
    let databases = model.databases.iter().map(|db| Processor { name: db.name.clone(), cores: db.cores });
    // As many as the engine has: one per host or process of each tier that uses the pool.
    let copies = |pool: u32, scope: Scope| -> f64 {
        let uses = |tier: usize| model.endpoints.iter().any(|e| e.tier as usize == tier && asks_for(&e.steps, pool));
        let of = |(index, tier): (usize, &crate::model::Tier)| match scope {
            Scope::Instance if uses(index) => tier.count,
            Scope::Process if uses(index) => tier.count * tier.processes,
            Scope::Total | Scope::Instance | Scope::Process => 0,
        };
        f64::from(model.tiers.iter().enumerate().map(of).sum::<u32>().max(1))
    };
    let pools = model.pools.iter().enumerate().map(|(i, pool)| Pool {
        name: pool.name.clone(),
        max: f64::from(pool.max) * copies(i as u32, pool.scope),
        acquire_timeout_s: pool.acquire_timeout,
        fifo: pool.order == WaiterOrder::Fifo,
        grants_per_request: grants_per_request(model, i as u32),
    });
    System {
        processors: tiers.chain(databases).collect(),
        pools: pools.collect(),
        memories: Vec::new(),
        endpoints: model.endpoints.iter().map(|endpoint| endpoint.name.clone()).collect(),
    }
}

/// Least grants of a pool per successful request, if every endpoint has as many.
fn grants_per_request(model: &Model, pool: u32) -> Option<f64> {
    let mut counts = model.endpoints.iter().map(|endpoint| grants(&endpoint.steps, pool));
    let first = counts.next()?;
    counts.all(|count| count == first).then_some(first)
}

/// Grants of a pool that these steps need at least.
fn grants(steps: &[Step], pool: u32) -> f64 {
    let of = |step: &Step| match step {
        Step::Query { pool: used, .. } => f64::from(u8::from(*used == pool)),
        Step::Transaction { pool: used, .. } if *used == pool => 1.0,
        Step::Transaction { steps, .. } | Step::Retry { steps, .. } | Step::Lock { steps, .. } => grants(steps, pool),
        Step::Either { branches } => {
            let least = branches.iter().map(|(_, steps)| grants(steps, pool)).fold(f64::INFINITY, f64::min);
            if least.is_finite() { least } else { 0.0 }
        }
        Step::Parallel { branches } => branches.iter().map(|steps| grants(steps, pool)).sum(),
        // What goes on behind a deadline need not be done when the request is answered.
        Step::Deadline { .. } | Step::Cpu { .. } | Step::Wait { .. } | Step::Fail { .. } => 0.0,
    };
    steps.iter().map(of).sum()
}

/// The load of a test.
#[must_use]
pub fn load(model: &Model, test: &Test) -> Load {
    let end = test.scenarios.iter().map(|s| s.start + duration_s(&s.executor)).fold(0.0, f64::max);
    let grace = test.scenarios.iter().map(end_s).fold(0.0, f64::max) - end;
    let open = |executor: &Executor| {
        matches!(executor, Executor::ConstantArrivalRate { .. } | Executor::RampingArrivalRate { .. })
    };
    let any_open = test.scenarios.iter().any(|s| open(&s.executor));
    // Steps of a tenth of a second; ramps are straight, so sums at their middles are exact.
    let steps = ((end * 10.0).ceil() as usize).clamp(1, 1_000_000);
    let step = end / steps as f64;
    let at = |i: usize| (i as f64 + 0.5) * step;
    let users = |t: f64| test.scenarios.iter().map(|s| planned_users(&s.executor, s.start, t)).sum::<f64>();
    let rate = |t: f64| test.scenarios.iter().map(|s| planned_rate(&s.executor, s.start, t)).sum::<f64>();
    let planned: Vec<f64> = (0..steps).map(|i| users(at(i))).collect();
    let peak_rate = (0..steps).map(|i| rate(at(i))).fold(0.0, f64::max);
    let requests = test.scenarios.iter().map(|s| most_requests(&model.iterations[s.iteration as usize].moves));
    Load {
        duration_s: end,
        grace_s: grace.max(0.0),
        users: (!any_open).then(|| Users {
            seconds: planned.iter().sum::<f64>() * step,
            peak: planned.iter().copied().fold(0.0, f64::max),
            think_s: test
                .scenarios
                .iter()
                .map(|s| least_think(&model.iterations[s.iteration as usize].moves))
                .fold(f64::INFINITY, f64::min),
        }),
        peak_rate: any_open.then_some(peak_rate * requests.fold(1.0, f64::max)),
        level: Some(crate::load::busiest_window(test)),
    }
}

/// Requests that an iteration sends at most.
fn most_requests(moves: &[Move]) -> f64 {
    let of = |one: &Move| match one {
        Move::Request { .. } => 1.0,
        Move::Pick { branches } => branches.iter().map(|(_, moves)| most_requests(moves)).fold(0.0, f64::max),
        Move::Sleep { .. } | Move::Pace { .. } => 0.0,
    };
    moves.iter().map(of).sum()
}

/// Seconds that an iteration sleeps at least per request; 0 where a law does not say.
fn least_think(moves: &[Move]) -> f64 {
    fn slept(moves: &[Move]) -> f64 {
        let of = |one: &Move| match one {
            Move::Sleep { time: Law { shape: Shape::Constant(crate::model::Quantity::Known(s)), scale, .. } }
                if scale.is_empty() =>
            {
                *s
            }
            Move::Pick { branches } => branches.iter().map(|(_, moves)| slept(moves)).fold(f64::INFINITY, f64::min),
            Move::Sleep { .. } | Move::Request { .. } | Move::Pace { .. } => 0.0,
        };
        moves.iter().map(of).sum()
    }
    let requests = most_requests(moves);
    let slept = slept(moves);
    if requests > 0.0 && slept.is_finite() { slept / requests } else { 0.0 }
}
