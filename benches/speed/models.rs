//! The systems that the benchmarks run.

use plimsoll::model::*;

fn known(value: f64) -> Quantity {
    Quantity::Known(value)
}

fn exponential(mean: f64) -> Law {
    Law::of(Shape::Exponential { mean: known(mean) })
}

fn none() -> Contention {
    Contention { sigma: known(0.0), kappa: known(0.0) }
}

fn model(
    tier: Tier,
    databases: Vec<Database>,
    pools: Vec<Pool>,
    steps: Vec<Step>,
    moves: Vec<Move>,
    executor: Executor,
) -> Model {
    let endpoint = Endpoint { name: "r".into(), tier: 0, steps, limit: None, request_bytes: 0.0, response_bytes: 0.0 };
    let scenario =
        Scenario { name: "main".into(), executor, start: 0.0, graceful_stop: 0.0, iteration: 0, request_timeout: 1e9 };
    let test = Test {
        name: "bench".into(),
        about: String::new(),
        scenarios: vec![scenario],
        objectives: vec![],
        recordings: vec![],
        spans: vec![],
        unscored: vec![],
        differs: vec![],
        taken_from_test: vec![],
        changes: vec![],
        events: vec![],
    };
    Model {
        apis: vec![],
        limits: vec![],
        name: "bench".into(),
        tiers: vec![tier],
        databases,
        caches: vec![],
        queues: vec![],
        pools,
        endpoints: vec![endpoint],
        iterations: vec![Iteration { name: "r".into(), moves }],
        tests: vec![test],
        ..Model::default()
    }
}

fn tier(runtime: Runtime, cores: f64) -> Tier {
    Tier {
        name: "app".into(),
        count: 1,
        cores,
        speed: 1.0,
        processes: 1,
        runtime,
        balancer: Balancer::RoundRobin,
        weights: Vec::new(),
        autoscale: None,
        health: None,
        balancer_timeout: None,
        network: Law::constant(0.0),
        contention: none(),
        host: Host::default(),
        cpu_limit: None,
        memory: None,
        collector: None,
        admission: None,
    }
}

fn request() -> Move {
    Move::Request { endpoint: 0, checks: vec![], step: None }
}

/// Twenty servers of mean service 1 ms, first come first served, Poisson arrivals at 90 %.
pub fn mm20(seconds: f64) -> Model {
    let executor = Executor::ConstantArrivalRate {
        rate: 18_000.0,
        duration: seconds,
        pre_allocated_vus: 100_000,
        max_vus: 100_000,
        arrivals: ArrivalProcess::Poisson,
    };
    let steps = vec![Step::Wait { name: "service".into(), time: exponential(0.001) }];
    model(tier(Runtime::Threads { limit: 20, backlog: None }, 20.0), vec![], vec![], steps, vec![request()], executor)
}

/// `users` with a think time of 1 s; CPU shared by `4 scale` cores, 8 ms; a pool of `20 scale` held
/// during 3 ms on `2 scale` database cores and 45 ms (lognormal, cv 0.6); 660 s.
pub fn closed(users: u32, scale: u32) -> Model {
    let size = f64::from(scale);
    let executor = Executor::ConstantVus { vus: users, duration: 660.0 };
    let query = Step::Query {
        name: "q".into(),
        pool: 0,
        cpu: exponential(0.003),
        time: Law::of(Shape::Lognormal { mean: known(0.045), cv: known(0.6) }),
        options: StatementOptions::default(),
    };
    let steps = vec![Step::Cpu { demand: exponential(0.008) }, query];
    let moves = vec![request(), Move::Sleep { time: Law::constant(1.0) }];
    let db = Database::of_size("db", 2.0 * size, 20 * scale);
    let runtime = Runtime::Threads { limit: 1_000_000, backlog: None };
    model(tier(runtime, 4.0 * size), vec![db], vec![Pool::of_size("main", 20 * scale)], steps, moves, executor)
}

/// Users who ask once a minute for 1 ms, spread over the first minute.
pub fn idle(users: u32) -> Model {
    let stages =
        vec![Stage { duration: 60.0, target: f64::from(users) }, Stage { duration: 60.0, target: f64::from(users) }];
    let executor = Executor::RampingVus { start_vus: 0, stages, graceful_ramp_down: 0.0 };
    let steps = vec![Step::Wait { name: "service".into(), time: Law::constant(0.001) }];
    let moves = vec![request(), Move::Sleep { time: Law::constant(60.0) }];
    model(tier(Runtime::Threads { limit: users, backlog: None }, 1.0), vec![], vec![], steps, moves, executor)
}
