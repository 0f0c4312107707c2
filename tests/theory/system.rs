//! A small language in which tests say what system they mean: a few numbers, the rest out of the way.
//!
//! `system()` is a tier that limits nothing and a database that limits nothing; a test adds the one
//! thing it is about. Times in seconds.

use plimsoll::model::*;

/// More than any test here needs, so that it never limits.
const PLENTY: u32 = 20_000;

pub fn known(value: f64) -> Quantity {
    Quantity::Known(value)
}

pub fn constant(seconds: f64) -> Law {
    Law::constant(seconds)
}

pub fn exponential(mean: f64) -> Law {
    Law::of(Shape::Exponential { mean: known(mean) })
}

pub fn lognormal(mean: f64, cv: f64) -> Law {
    Law::of(Shape::Lognormal { mean: known(mean), cv: known(cv) })
}

pub fn hyperexponential(mean: f64, cv: f64) -> Law {
    Law::of(Shape::Hyperexponential { mean: known(mean), cv: known(cv) })
}

/// A statement that holds a connection of `pool` and uses no core.
pub fn query(pool: u32, time: Law) -> Step {
    Step::Query { name: format!("q{pool}"), pool, cpu: constant(0.0), time, options: StatementOptions::default() }
}

pub fn cpu(demand: Law) -> Step {
    Step::Cpu { demand }
}

pub fn wait(time: Law) -> Step {
    Step::Wait { name: "wait".into(), time }
}

pub fn transaction(pool: u32, steps: Vec<Step>) -> Step {
    Step::Transaction { pool, steps }
}

/// A key of the only keyspace of a cache.
pub fn key(cache: u32) -> KeyRef {
    KeyRef { cache, keyspace: 0, word: "key".into(), pool: None }
}

/// A read; a miss takes these steps and then writes.
pub fn cached(cache: u32, miss: Vec<Step>) -> Step {
    Step::CacheRead { key: key(cache), hit: vec![], miss, fill: Some(Refusal::Ignore) }
}

/// Fails with cause `intrinsic`.
pub fn fail(rate: f64) -> Step {
    Step::Fail { cause: Cause::Intrinsic, rate: known(rate) }
}

/// At most so many attempts, without delay.
pub fn retry(attempts: u32, steps: Vec<Step>) -> Step {
    let backoff = Backoff { first: 0.0, factor: 1.0, max: 0.0, jitter: Jitter::None };
    Step::Retry { attempts, backoff, on: CauseSet::ALL, steps }
}

pub fn enqueue(queue: u32) -> Step {
    Step::Enqueue { queue }
}

pub fn measure(name: &str, steps: Vec<Step>) -> Step {
    Step::Measure { name: name.into(), steps }
}

pub fn flow(name: &str, moves: Vec<Move>) -> Move {
    Move::Flow { name: name.into(), stop: true, moves }
}

/// Polls an endpoint for the jobs of a queue, for as long as it takes.
pub fn poll(endpoint: u32, queue: u32, every: f64) -> Move {
    Move::Poll { endpoint, queue, every, patience: 1e6, step: None }
}

pub fn deadline(after: f64, steps: Vec<Step>) -> Step {
    Step::Deadline { after, steps }
}

/// Poisson arrivals, with users for as many as may come.
pub fn poisson(rate: f64, duration: f64) -> Executor {
    let arrivals = ArrivalProcess::Poisson;
    Executor::ConstantArrivalRate { rate, duration, pre_allocated_vus: 1_000_000, max_vus: 1_000_000, arrivals }
}

/// k6's own arrivals.
pub fn even(rate: f64, duration: f64, pre_allocated_vus: u32, max_vus: u32) -> Executor {
    let arrivals = ArrivalProcess::Even;
    Executor::ConstantArrivalRate { rate, duration, pre_allocated_vus, max_vus, arrivals }
}

pub fn users(vus: u32, duration: f64) -> Executor {
    Executor::ConstantVus { vus, duration }
}

pub fn ramp(start_vus: u32, stages: &[(f64, f64)], graceful_ramp_down: f64) -> Executor {
    Executor::RampingVus { start_vus, stages: in_stages(stages), graceful_ramp_down }
}

pub fn in_stages(stages: &[(f64, f64)]) -> Vec<Stage> {
    stages.iter().map(|&(duration, target)| Stage { duration, target }).collect()
}

pub fn request(endpoint: u32) -> Move {
    Move::Request { endpoint, checks: vec![], step: None }
}

pub fn think(time: Law) -> Move {
    Move::Sleep { time }
}

pub fn scenario(name: &str, iteration: u32, executor: Executor) -> Scenario {
    Scenario { name: name.to_owned(), executor, start: 0.0, graceful_stop: 0.0, iteration, request_timeout: 1e9 }
}

/// A tier without limits, no pools; endpoints, iterations and load are to be added.
pub fn system() -> Model {
    let contention = Contention { sigma: known(0.0), kappa: known(0.0) };
    let tier = Tier {
        name: "app".into(),
        count: 1,
        cores: f64::from(PLENTY),
        speed: 1.0,
        processes: 1,
        runtime: Runtime::Threads { limit: PLENTY, backlog: None },
        balancer: Balancer::RoundRobin,
        weights: Vec::new(),
        autoscale: None,
        health: None,
        balancer_timeout: None,
        network: constant(0.0),
        contention,
        host: Host::default(),
        cpu_limit: None,
        admission: None,
        memory: None,
        collector: None,
    };
    let database = Database::of_size("db", f64::from(PLENTY), PLENTY);
    Model { name: "system".into(), tiers: vec![tier], databases: vec![database], ..Model::default() }
}

/// Additions, each of which gives the model back.
pub trait Build: Sized {
    /// The first tier, changed.
    fn app(self, change: impl FnOnce(&mut Tier)) -> Self;
    /// One more pool of `max` connections, all open from the start, changed.
    fn pool(self, max: u32, change: impl FnOnce(&mut Pool)) -> Self;
    /// One more cache, `cache0`, with one keyspace, `keys0`, of values of 100 bytes; changed.
    fn cache(self, keys: u32, change: impl FnOnce(&mut Cache)) -> Self;
    /// One more queue of jobs, `jobs0`, `jobs1`, …, with one worker on the first tier, changed.
    fn queue(self, steps: Vec<Step>, change: impl FnOnce(&mut Queue)) -> Self;
    /// One more pooler of `size` server connections, changed; pools must say that they use it.
    fn pooler(self, size: u32, change: impl FnOnce(&mut Pooler)) -> Self;
    /// One more endpoint on the first tier: `r0`, `r1`, …
    fn endpoint(self, steps: Vec<Step>) -> Self;
    fn iteration(self, moves: Vec<Move>) -> Self;
    /// One more scenario of the only test.
    fn scenario(self, scenario: Scenario) -> Self;
    /// One endpoint with these steps, requested by open arrivals.
    fn open(self, steps: Vec<Step>, executor: Executor) -> Self;
    /// One endpoint with these steps, requested by users who think between requests.
    fn closed(self, steps: Vec<Step>, thinking: Law, executor: Executor) -> Self;
}

impl Build for Model {
    fn app(mut self, change: impl FnOnce(&mut Tier)) -> Self {
        change(&mut self.tiers[0]);
        self
    }

    fn pool(mut self, max: u32, change: impl FnOnce(&mut Pool)) -> Self {
        let mut pool = Pool::of_size(&format!("pool{}", self.pools.len()), max);
        change(&mut pool);
        self.pools.push(pool);
        self
    }

    fn cache(mut self, keys: u32, change: impl FnOnce(&mut Cache)) -> Self {
        let keyspace = Keyspace {
            name: format!("keys{}", self.caches.len()),
            keys,
            tenants: 1,
            name_bytes: 10,
            popularity: KeyPopularity::Zipf { exponent: known(0.0) },
            size: ValueSize::Lognormal { median: 100.0, sigma: 0.0, min: 1.0 },
            ttl: None,
            start: Start::Cold,
        };
        let mut cache = Cache {
            name: format!("cache{}", self.caches.len()),
            node: None,
            price: None,
            max_bytes: None,
            policy: EvictionPolicy::NoEviction,
            samples: 5,
            lfu_log_factor: 10,
            lfu_decay_minutes: 1,
            empty_bytes: None,
            quantum: 8,
            command: constant(0.0),
            network: constant(0.0),
            cores: 1.0,
            max_connections: PLENTY,
            replicas: 0,
            read_from: ReadFrom::Master,
            lag: constant(0.0),
            keyspaces: vec![keyspace],
        };
        change(&mut cache);
        self.caches.push(cache);
        self
    }

    fn queue(mut self, steps: Vec<Step>, change: impl FnOnce(&mut Queue)) -> Self {
        let backoff = Backoff { first: 0.0, factor: 1.0, max: 1e9, jitter: Jitter::None };
        let mut queue = Queue {
            name: format!("jobs{}", self.queues.len()),
            tier: 0,
            workers: 1,
            concurrency: 1,
            max_jobs: None,
            poll: 0.0,
            retry: JobRetry { attempts: 1, backoff, on: CauseSet::ALL },
            steps,
        };
        change(&mut queue);
        self.queues.push(queue);
        self
    }

    fn pooler(mut self, size: u32, change: impl FnOnce(&mut Pooler)) -> Self {
        let mut pooler = Pooler::of_size(&format!("pooler{}", self.poolers.len()), size);
        change(&mut pooler);
        self.poolers.push(pooler);
        self
    }

    fn endpoint(mut self, steps: Vec<Step>) -> Self {
        let name = format!("r{}", self.endpoints.len());
        self.endpoints.push(Endpoint { name, tier: 0, steps, limit: None, request_bytes: 0.0, response_bytes: 0.0 });
        self
    }

    fn iteration(mut self, moves: Vec<Move>) -> Self {
        let name = format!("i{}", self.iterations.len());
        self.iterations.push(Iteration { name, moves });
        self
    }

    fn scenario(mut self, scenario: Scenario) -> Self {
        if self.tests.is_empty() {
            self.tests.push(Test {
                name: "test".into(),
                about: String::new(),
                scenarios: vec![],
                objectives: vec![],
                recordings: vec![],
                spans: vec![],
                unscored: vec![],
                differs: vec![],
                taken_from_test: vec![],
                changes: vec![],
                events: vec![],
            });
        }
        self.tests[0].scenarios.push(scenario);
        self
    }

    fn open(self, steps: Vec<Step>, executor: Executor) -> Self {
        let (endpoint, iteration) = (self.endpoints.len() as u32, self.iterations.len() as u32);
        let name = format!("s{iteration}");
        self.endpoint(steps).iteration(vec![request(endpoint)]).scenario(scenario(&name, iteration, executor))
    }

    fn closed(self, steps: Vec<Step>, thinking: Law, executor: Executor) -> Self {
        let (endpoint, iteration) = (self.endpoints.len() as u32, self.iterations.len() as u32);
        let name = format!("s{iteration}");
        self.endpoint(steps)
            .iteration(vec![request(endpoint), think(thinking)])
            .scenario(scenario(&name, iteration, executor))
    }
}
