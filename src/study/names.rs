//! The names that a model's figures are scoped by.

use crate::model::{Cause, Model, Move, Step};

/// Names of tiers, databases, caches, keyspaces, pools, poolers, locks, endpoints, queries, scenarios and checks, and the causes of errors, each once.
#[must_use]
pub fn scope_names(model: &Model) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    names.extend(model.tiers.iter().map(|tier| tier.name.clone()));
    names.extend(model.databases.iter().map(|database| database.name.clone()));
    for cache in &model.caches {
        names.push(cache.name.clone());
        names.extend(cache.keyspaces.iter().map(|keyspace| keyspace.name.clone()));
    }
    names.extend(model.pools.iter().map(|pool| pool.name.clone()));
    names.extend(model.poolers.iter().map(|pooler| pooler.name.clone()));
    names.extend(model.locks.iter().map(|lock| lock.name.clone()));
    names.extend(model.apis.iter().map(|api| api.name.clone()));
    names.extend(model.limits.iter().map(|limit| limit.name.clone()));
    for queue in &model.queues {
        names.push(queue.name.clone());
        queries(&queue.steps, &mut names);
    }
    for endpoint in &model.endpoints {
        names.push(endpoint.name.clone());
        queries(&endpoint.steps, &mut names);
    }
    names.extend(model.tests.iter().flat_map(|test| &test.scenarios).map(|scenario| scenario.name.clone()));
    model.iterations.iter().for_each(|iteration| checks(&iteration.moves, &mut names));
    names.extend(Cause::ALL.iter().map(|cause| cause.word().to_owned()));
    let mut known = std::collections::BTreeSet::new();
    names.retain(|name| known.insert(name.clone()));
    names
}

fn queries(steps: &[Step], names: &mut Vec<String>) {
    for step in steps {
        if let Step::Query { name, .. } = step {
            names.push(name.clone());
        }
        step.inside().into_iter().for_each(|steps| queries(steps, names));
    }
}

fn checks(moves: &[Move], names: &mut Vec<String>) {
    for one in moves {
        match one {
            Move::Request { checks, .. } => names.extend(checks.iter().map(|check| check.name.clone())),
            Move::Pick { branches } => branches.iter().for_each(|(_, moves)| self::checks(moves, names)),
            Move::Flow { name, moves, .. } => {
                names.push(name.clone());
                self::checks(moves, names);
            }
            Move::Sleep { .. } | Move::Pace { .. } | Move::Poll { .. } => {}
        }
    }
}
