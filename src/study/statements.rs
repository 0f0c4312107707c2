//! Which statements requests run, as the laws take them.

use crate::model::{Endpoint, Model, Pool, Remote, Runtime, Step};
use crate::theory::laws::Statement;

/// Every statement of these endpoints: how often a request that succeeds runs it at least, and any at most.
pub(super) fn statements(model: &Model, endpoints: &[&Endpoint]) -> Vec<Statement> {
    let mut all: Vec<Statement> = Vec::new();
    let names = endpoints.iter().flat_map(|endpoint| queries(&endpoint.steps));
    for (name, pool) in names {
        let Some(pool) = model.pools.get(pool as usize).map(|pool| &pool.name) else { continue };
        if all.iter().any(|known| known.name == name) {
            continue;
        }
        let per_request = endpoints.iter().map(|endpoint| {
            let (low, high) = runs(&endpoint.steps, name);
            (endpoint.name.clone(), low, high)
        });
        let by_jobs = model.queues.iter().any(|queue| queries(&queue.steps).iter().any(|(known, _)| *known == name));
        all.push(Statement { name: name.to_owned(), pool: pool.clone(), per_request: per_request.collect(), by_jobs });
    }
    all
}

/// Pools whose connections are held for single statements and nothing else: no transaction, no lock, no job, no pooler in
/// between, no cache behind it, and given back at once, as by threads.
pub(super) fn statement_pools(model: &Model, endpoints: &[&Endpoint]) -> Vec<String> {
    let threads = |endpoint: &&Endpoint| {
        model.tiers.get(endpoint.tier as usize).is_some_and(|tier| matches!(tier.runtime, Runtime::Threads { .. }))
    };
    let fits = |number: usize, pool: &Pool| {
        let users = || {
            endpoints
                .iter()
                .filter(|endpoint| queries(&endpoint.steps).iter().any(|(_, used)| *used as usize == number))
        };
        let by_jobs = || model.queues.iter().any(|queue| uses(&queue.steps, number as u32));
        matches!(pool.remote, Remote::Database(_))
            && pool.pooler.is_none()
            && users().count() > 0
            && users().all(threads)
            && !endpoints.iter().any(|endpoint| holds_longer(&endpoint.steps, number as u32))
            && !by_jobs()
    };
    let kept = model.pools.iter().enumerate().filter(|(number, pool)| fits(*number, pool));
    kept.map(|(_, pool)| pool.name.clone()).collect()
}

/// Statements with their pools.
fn queries(steps: &[Step]) -> Vec<(&str, u32)> {
    let of = |step| match step {
        &Step::Query { ref name, pool, .. } => vec![(name.as_str(), pool)],
        other => other.inside().into_iter().flat_map(queries).collect(),
    };
    steps.iter().flat_map(of).collect()
}

fn uses(steps: &[Step], pool: u32) -> bool {
    holds_longer(steps, pool) || queries(steps).iter().any(|(_, used)| *used == pool)
}

/// Whether a connection of the pool is held for more than a statement.
fn holds_longer(steps: &[Step], pool: u32) -> bool {
    steps.iter().any(|step| match step {
        Step::Transaction { pool: used, .. } | Step::Lock { pool: used, .. } if *used == pool => true,
        Step::AtReplica { .. } => true,
        Step::CacheRead { key, .. } if key.pool == Some(pool) => true,
        Step::CacheWrite { key, .. } | Step::CacheDelete { key } => key.pool == Some(pool),
        other => other.inside().into_iter().any(|steps| holds_longer(steps, pool)),
    })
}

/// How often these steps run a statement if all goes well at least, and at most.
fn runs(steps: &[Step], name: &str) -> (f64, f64) {
    let all = |lists: Vec<&[Step]>| lists.into_iter().map(|steps| runs(steps, name)).collect::<Vec<_>>();
    let one_of = |lists: Vec<&[Step]>| {
        let each = all(lists);
        let low = each.iter().map(|one| one.0).fold(f64::INFINITY, f64::min);
        (if low.is_finite() { low } else { 0.0 }, each.iter().map(|one| one.1).fold(0.0, f64::max))
    };
    let sum = |each: Vec<(f64, f64)>| each.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let of = |step: &Step| match step {
        Step::Query { name: known, .. } => {
            if known == name {
                (1.0, 1.0)
            } else {
                (0.0, 0.0)
            }
        }
        Step::Retry { attempts, steps, .. } => {
            let (low, high) = runs(steps, name);
            (low, high * f64::from(*attempts))
        }
        // What goes on behind a deadline need not be done when the request is answered.
        Step::Deadline { steps, .. } => (0.0, runs(steps, name).1),
        Step::Either { .. } | Step::AtReplica { .. } | Step::CacheRead { .. } => one_of(step.inside()),
        other => sum(all(other.inside())),
    };
    sum(steps.iter().map(of).collect())
}
