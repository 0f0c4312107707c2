//! What the laws need to know of a model and a test, in plain numbers.

use super::statements::{statement_pools, statements};
use crate::compile::requested;
use crate::load::{end_s, planned_rate, planned_users, regular_end_s};
use crate::model::{Cache, Endpoint, Executor, Law, Model, Move, Quantity, Shape, Step, Test, WaiterOrder};
use crate::recording::Recording;
use crate::theory::laws::{Calibration, Load, Memory, Pool, Processor, Store, System, Users};

/// A recording that the model was made from, with its test.
pub struct Trusted<'a> {
    pub model: &'a Model,
    pub test: &'a Test,
    pub recording: &'a Recording,
}

/// The calibration tests that request the same as a test, as the laws take them.
#[must_use]
pub fn calibrations<'a>(trusted: &[Trusted<'a>], model: &Model, test: &Test) -> Vec<Calibration<'a>> {
    let wanted = requested(model, test);
    let alike = trusted.iter().filter(|t| requested(t.model, t.test) == wanted);
    alike.map(|t| Calibration { recording: t.recording, load: load(t.model, t.test) }).collect()
}

/// The system's sizes, and the endpoints that a test requests.
#[must_use]
pub fn system(model: &Model, test: &Test) -> System {
    let client = test.scenarios.iter().map(|s| s.request_timeout).reduce(f64::max).filter(|t| t.is_finite());
    System { client_timeout_s: client, ..of_endpoints(model, &requested(model, test)) }
}

/// The system's sizes, and those of its endpoints that are requested.
fn of_endpoints(model: &Model, requested: &[bool]) -> System {
    let endpoints = || model.endpoints.iter().zip(requested).filter(|(_, asked)| **asked).map(|(endpoint, _)| endpoint);
    // What an autoscaler gives a tier changes in the middle of a test.
    let tiers = model.tiers.iter().filter(|tier| tier.autoscale.is_none());
    let tiers = tiers.map(|tier| Processor { name: tier.name.clone(), cores: tier.cores * f64::from(tier.count) });
    let databases = model.databases.iter().map(|db| Processor { name: db.name.clone(), cores: db.cores });
    let copies = |pool: usize| f64::from(model.copies_of_pool(pool as u32).iter().sum::<u32>());
    let pools = model.pools.iter().enumerate().map(|(i, pool)| Pool {
        name: pool.name.clone(),
        max: f64::from(pool.max) * copies(i),
        acquire_timeout_s: pool.acquire_timeout.as_ref().and_then(always),
        fifo: pool.order == WaiterOrder::Fifo,
        grants_per_request: grants_per_request(endpoints(), i as u32),
    });
    let memories = model
        .caches
        .iter()
        .filter_map(|cache| Some(Memory { name: cache.name.clone(), limit_bytes: cache.max_bytes? as f64 }));
    System {
        processors: tiers.chain(databases).collect(),
        pools: pools.collect(),
        memories: memories.collect(),
        endpoints: endpoints().map(|endpoint| endpoint.name.clone()).collect(),
        stores: model.caches.iter().map(store).collect(),
        statements: statements(model, &endpoints().collect::<Vec<_>>()),
        statement_pools: statement_pools(model, &endpoints().collect::<Vec<_>>()),
        client_timeout_s: None,
    }
}

/// The system's sizes, where nobody says which endpoints are requested.
#[must_use]
pub fn sizes(model: &Model) -> System {
    let all = vec![true; model.endpoints.len()];
    let unknown = (Vec::new(), Vec::new(), Vec::new());
    let (endpoints, statements, statement_pools) = unknown;
    System { endpoints, statements, statement_pools, ..of_endpoints(model, &all) }
}

fn store(cache: &Cache) -> Store {
    Store { name: cache.name.clone(), keyspaces: cache.keyspaces.iter().map(|keys| keys.name.clone()).collect() }
}

/// Least grants of a pool per successful request, if every endpoint has as many.
fn grants_per_request<'m>(endpoints: impl Iterator<Item = &'m Endpoint>, pool: u32) -> Option<f64> {
    let mut counts = endpoints.map(|endpoint| grants(&endpoint.steps, pool));
    let first = counts.next()?;
    counts.all(|count| count == first).then_some(first)
}

/// Grants of a pool that these steps need at least.
fn grants(steps: &[Step], pool: u32) -> f64 {
    let of = |step: &Step| match step {
        Step::Query { pool: used, .. } => f64::from(u8::from(*used == pool)),
        Step::Transaction { pool: used, .. } if *used == pool => 1.0,
        Step::Transaction { steps, .. }
        | Step::Lock { steps, .. }
        | Step::Retry { steps, .. }
        | Step::Measure { steps, .. } => grants(steps, pool),
        Step::Either { branches } => {
            let least = branches.iter().map(|(_, steps)| grants(steps, pool)).fold(f64::INFINITY, f64::min);
            if least.is_finite() { least } else { 0.0 }
        }
        Step::AtReplica { queries, .. } => {
            let least =
                queries.iter().map(|query| grants(std::slice::from_ref(query), pool)).fold(f64::INFINITY, f64::min);
            if least.is_finite() { least } else { 0.0 }
        }
        Step::CacheRead { key, hit, miss, fill } => {
            let used = f64::from(u8::from(key.pool == Some(pool)));
            let missed = used * f64::from(u8::from(fill.is_some())) + grants(miss, pool);
            used + grants(hit, pool).min(missed)
        }
        Step::CacheWrite { key, .. } | Step::CacheDelete { key } => f64::from(u8::from(key.pool == Some(pool))),
        Step::Parallel { branches } => branches.iter().map(|steps| grants(steps, pool)).sum(),
        // What goes on behind a deadline need not be done when the request is answered.
        Step::Deadline { .. }
        | Step::Cpu { .. }
        | Step::Wait { .. }
        | Step::Call(_)
        | Step::Fail { .. }
        | Step::Enqueue { .. } => 0.0,
    };
    steps.iter().map(of).sum()
}

/// The load of a test.
#[must_use]
pub fn load(model: &Model, test: &Test) -> Load {
    let end = regular_end_s(test);
    let grace = test.scenarios.iter().map(end_s).fold(0.0, f64::max) - end;
    let open = |executor: &Executor| !matches!(executor, Executor::ConstantVus { .. } | Executor::RampingVus { .. });
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
            most_think_s: most_think(model, test),
        }),
        peak_rate: any_open.then_some(peak_rate * requests.fold(1.0, f64::max)),
        level: Some(crate::load::busiest_window(test)),
        requests_per_iteration: requests_per_iteration(model, test),
    }
}

/// Requests that an iteration of any scenario sends at least and at most.
fn requests_per_iteration(model: &Model, test: &Test) -> (f64, f64) {
    let moves = || test.scenarios.iter().map(|s| &model.iterations[s.iteration as usize].moves);
    let least = moves().map(|moves| least_requests(moves)).fold(f64::INFINITY, f64::min);
    (if least.is_finite() { least } else { 0.0 }, moves().map(|moves| most_requests(moves)).fold(0.0, f64::max))
}

/// Requests that an iteration sends at least.
fn least_requests(moves: &[Move]) -> f64 {
    let of = |one: &Move| match one {
        Move::Request { .. } => 1.0,
        Move::Pick { branches } => {
            branches.iter().map(|(_, moves)| least_requests(moves)).fold(f64::INFINITY, f64::min)
        }
        // A flow may end with its first request.
        Move::Flow { stop: true, moves, .. } => least_requests(moves).min(1.0),
        Move::Flow { moves, .. } => least_requests(moves),
        Move::Poll { .. } => 1.0,
        Move::Sleep { .. } | Move::Pace { .. } => 0.0,
    };
    moves.iter().map(of).sum()
}

/// Most that users sleep per request on average; `None` where iterations do more than requests and sleeps.
fn most_think(model: &Model, test: &Test) -> Option<f64> {
    let of = |moves: &[Move]| {
        let (slept, requests) = most_slept(moves)?;
        (requests > 0.0).then(|| slept / requests)
    };
    let mut each = test.scenarios.iter().map(|s| of(&model.iterations[s.iteration as usize].moves));
    each.try_fold(0.0_f64, |most, one| Some(most.max(one?)))
}

/// Seconds slept at most, and requests sent at least.
fn most_slept(moves: &[Move]) -> Option<(f64, f64)> {
    let (mut slept, mut requests) = (0.0, 0.0);
    for one in moves {
        let (more, sent) = match one {
            Move::Request { .. } => (0.0, 1.0),
            Move::Sleep { time } => (always(time)?, 0.0),
            Move::Pick { branches } => {
                let mut each = branches.iter().map(|(_, moves)| most_slept(moves));
                each.try_fold((0.0_f64, f64::INFINITY), |all, one| Some((all.0.max(one?.0), all.1.min(one?.1))))?
            }
            Move::Flow { .. } | Move::Poll { .. } | Move::Pace { .. } => return None,
        };
        slept += more;
        requests += sent;
    }
    Some((slept, requests))
}

/// Requests that an iteration sends at most.
fn most_requests(moves: &[Move]) -> f64 {
    let of = |one: &Move| match one {
        Move::Request { .. } => 1.0,
        Move::Pick { branches } => branches.iter().map(|(_, moves)| most_requests(moves)).fold(0.0, f64::max),
        Move::Flow { moves, .. } => most_requests(moves),
        // As many as there is time for.
        Move::Poll { every, patience, .. } => 1.0 + (patience / every).ceil(),
        Move::Sleep { .. } | Move::Pace { .. } => 0.0,
    };
    moves.iter().map(of).sum()
}

/// The time of a law that always has the same, s.
fn always(law: &Law) -> Option<f64> {
    match law {
        Law { shape: Shape::Constant(Quantity::Known(seconds)), scale, .. } if scale.is_empty() => Some(*seconds),
        _ => None,
    }
}

/// Seconds that an iteration sleeps at least per request; 0 where a law does not say.
fn least_think(moves: &[Move]) -> f64 {
    fn slept(moves: &[Move]) -> f64 {
        let of = |one: &Move| match one {
            Move::Sleep { time } => always(time).unwrap_or(0.0),
            Move::Pick { branches } => branches.iter().map(|(_, moves)| slept(moves)).fold(f64::INFINITY, f64::min),
            // A flow may end early.
            Move::Request { .. } | Move::Pace { .. } | Move::Flow { .. } | Move::Poll { .. } => 0.0,
        };
        moves.iter().map(of).sum()
    }
    let requests = most_requests(moves);
    let slept = slept(moves);
    if requests > 0.0 && slept.is_finite() { slept / requests } else { 0.0 }
}
