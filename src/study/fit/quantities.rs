//! The means of a model that laws are about.

use std::collections::BTreeMap;

use crate::compile::{CompileError, mean_s};
use crate::model::{Executor, Iteration, Model, Move, Pool, Scenario, Step, Test};
use crate::study::instant::{Demands, demands};

/// A mean that a recording may show.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// Work on a tier's, database's or cache's cores per request, s.
    Cpu(String),
    /// Operations of a database's storage per request.
    Storage(String),
    /// Time of a connection of a pool per request, s.
    Hold(String),
    /// Sleep per iteration, s.
    Think,
    /// Time of a statement, s.
    Query(String),
    /// Time of an attempt at an API, s.
    Latency(String),
    /// Time of a step, by the path of its law, s.
    Step(String),
    /// Time of a request of an endpoint (empty: of any) if nobody waits, s.
    Response(String),
}

/// By what is timed: the database, and the work on its cores within, s.
pub(super) type Inside = BTreeMap<Key, (String, f64)>;

/// Them all, for one test.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quantities {
    pub of: BTreeMap<Key, f64>,
    /// Servers of processors.
    pub servers: BTreeMap<Key, f64>,
    /// Of statements and holds: the database, and the work on its cores within, s.
    pub inside: Inside,
    pub requests_per_iteration: f64,
    /// Whether the length of an iteration is that of its requests and sleeps.
    pub plain_iterations: bool,
}

impl Quantities {
    /// A mean with the work on the database's cores inside of it taking `longer` times longer.
    pub fn stretched(&self, key: &Key, longer: f64) -> Option<f64> {
        Some(self.of.get(key)? + longer * self.inside.get(key).map_or(0.0, |(_, work)| *work))
    }

    /// # Errors
    /// As [`demands`].
    pub fn of(model: &Model, test: &Test) -> Result<Quantities, CompileError> {
        let all = demands(model, test)?;
        let (mut of, mut servers, mut inside) = (BTreeMap::new(), BTreeMap::new(), Inside::new());
        for resource in &all.resources {
            let Some((key, cores)) = key_of(model, &resource.name) else { continue };
            of.insert(key.clone(), resource.per_request);
            servers.insert(key, cores.unwrap_or(resource.servers));
        }
        of.insert(Key::Think, all.think_s);
        of.insert(Key::Response(String::new()), all.response_s);
        let asked = crate::compile::requested(model, test);
        let inputs: Vec<f64> = model.inputs.iter().map(|input| f64::midpoint(input.low, input.high)).collect();
        for (number, endpoint) in model.endpoints.iter().enumerate().filter(|(number, _)| asked[*number]) {
            of.insert(Key::Response(endpoint.name.clone()), alone(model, test, number)?.response_s);
            timed(model, &endpoint.steps, &inputs, (&mut of, &mut inside));
        }
        for queue in &model.queues {
            timed(model, &queue.steps, &inputs, (&mut of, &mut inside));
        }
        for pool in &model.pools {
            let Some(database) = only_way(model, pool) else { continue };
            if let Some(work) = of.get(&Key::Cpu(database.clone())) {
                inside.insert(Key::Hold(pool.name.clone()), (database, *work));
            }
        }
        let (requests_per_iteration, plain_iterations) = (all.requests, !all.paced && test.scenarios.len() == 1);
        Ok(Quantities { of, servers, inside, requests_per_iteration, plain_iterations })
    }
}

/// What a resource is asked of, and the cores of its machine where they are not its servers.
fn key_of(model: &Model, resource: &str) -> Option<(Key, Option<f64>)> {
    let name = |prefix: &str| resource.strip_prefix(prefix).map(str::to_owned);
    if let Some(cache) = name("thread of ") {
        let cores = model.caches.iter().find(|other| other.name == cache)?.cores;
        return Some((Key::Cpu(cache), Some(cores)));
    }
    if let Some(pool) = name("pool ") {
        return Some((Key::Hold(pool), None));
    }
    if let Some(database) = name("storage of ") {
        return Some((Key::Storage(database), None));
    }
    let processor = resource.strip_suffix(" cpu")?;
    let known = model.tiers.iter().map(|tier| &tier.name).chain(model.databases.iter().map(|db| &db.name));
    known.into_iter().any(|name| name == processor).then(|| (Key::Cpu(processor.to_owned()), None))
}

/// What a single request of an endpoint needs.
fn alone(model: &Model, test: &Test, endpoint: usize) -> Result<Demands, CompileError> {
    let mut model = model.clone();
    let request = Move::Request { endpoint: endpoint as u32, checks: Vec::new(), step: None };
    model.iterations.push(Iteration { name: String::new(), moves: vec![request] });
    let scenario = Scenario {
        name: String::new(),
        executor: Executor::ConstantVus { vus: 1, duration: 1.0 },
        start: 0.0,
        graceful_stop: 0.0,
        iteration: (model.iterations.len() - 1) as u32,
        request_timeout: 60.0,
    };
    let test = Test { scenarios: vec![scenario], events: Vec::new(), objectives: Vec::new(), ..test.clone() };
    demands(&model, &test)
}

/// The database of a pool, if all its work comes by this pool.
fn only_way(model: &Model, pool: &Pool) -> Option<String> {
    let database = pool.database()?;
    let ways = model.pools.iter().filter(|other| other.database() == Some(database)).count();
    (ways == 1).then(|| model.databases[database as usize].name.clone())
}

/// Statements and attempts by name; the first of each name counts. Of statements also the work inside.
fn timed(model: &Model, steps: &[Step], inputs: &[f64], (of, inside): (&mut BTreeMap<Key, f64>, &mut Inside)) {
    for step in steps {
        match step {
            Step::Query { name, pool, cpu, time, .. } => {
                let database = model.pools[*pool as usize].database();
                let speed = database.map_or(1.0, |database| model.databases[database as usize].speed);
                let (key, work) = (Key::Query(name.clone()), mean_s(cpu, inputs) / speed);
                if let Some(database) = database {
                    let database = model.databases[database as usize].name.clone();
                    inside.entry(key.clone()).or_insert((database, work));
                }
                of.entry(key).or_insert(work + mean_s(time, inputs));
            }
            Step::Call(call) => {
                let longer = call.tail.map_or(1.0, |tail| 1.0 + tail.share.at(inputs) * (tail.times - 1.0));
                let name = model.apis[call.api as usize].name.clone();
                of.entry(Key::Latency(name)).or_insert(mean_s(&call.latency, inputs) * longer);
            }
            _ => {}
        }
        step.inside().into_iter().for_each(|steps| timed(model, steps, inputs, (&mut *of, &mut *inside)));
    }
}
