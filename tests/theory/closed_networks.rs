//! Users who think between requests: finite sources, and product-form networks solved exactly.
//!
//! Published times are divided by a round number, which changes nothing but the clock: the simulator
//! keeps books every second.

use plimsoll::model::{Contention, Database, Law, Model, Remote, StatementOptions, Step};
use plimsoll::theory::finite_source::{FiniteSource, finite_source};
use plimsoll::theory::networks::{Servers, Solution, Station, closed};
use plimsoll::theory::usl::service_rate;

use crate::seen::{Seen, agrees, off_by, watch};
use crate::system::{
    Build, constant, cpu, exponential, hyperexponential, known, poisson, query, request, scenario, system, think, users,
};

const WARM: f64 = 20.0;

fn published(table: &'static str) -> impl Iterator<Item = Vec<f64>> {
    let rows = table.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    rows.map(|line| line.split(',').map(|cell| cell.parse().expect("a number")).collect())
}

/// A pool before a fixed number of users: rows of the published table, and the system that the
/// recordings come from: 500 users on 20 connections.
#[test]
fn users_before_a_pool() {
    let table = include_str!("../theory_tables/closed_pool_exact_petri.csv");
    let wanted = [(1.0, 1.0), (5.0, 1.0), (8.0, 2.0), (10.0, 3.0)];
    let mut rows = 0;
    for row in published(table).filter(|row| wanted.contains(&(row[0], row[1]))) {
        let (n, servers, end) = (row[0] as u32, row[1] as u32, WARM + 4e4 / row[2] / 1000.0);
        let steps = vec![query(0, exponential(0.001))];
        let model = system().pool(servers, |_| ()).closed(steps, exponential(0.005), users(n, end));
        let seen = watch(&model, WARM, end, 30);
        let exact = |servers, service| finite_source(n, servers, 5.0, service).expect("valid");
        let mistakes = |of: fn(&FiniteSource) -> f64| {
            [("service 3 % shorter", of(&exact(servers, 0.97))), ("service 3 % longer", of(&exact(servers, 1.03)))]
        };
        let duration: Vec<f64> = seen.duration("avg").iter().map(|s| s * 1e3).collect();
        agrees("response", &duration, row[3], &mistakes(|x| x.response));
        let rate: Vec<f64> = seen.rate().iter().map(|rate| rate / 1e3).collect();
        agrees("throughput", &rate, row[2], &off_by(0.01, row[2]));
        rows += 1;
    }
    assert_eq!(rows, wanted.len());
}

#[test]
fn five_hundred_users_before_twenty_connections() {
    let (n, pool, thinking, hold) = (500, 20, 0.84, 0.048);
    let steps = vec![query(0, exponential(hold))];
    // Any law of thinking gives the same.
    for law in [exponential(thinking), constant(thinking)] {
        let end = WARM + 150.0;
        let model = system().pool(pool, |_| ()).closed(steps.clone(), law, users(n, end));
        let seen = watch(&model, WARM, end, 30);
        let exact = |pool, hold| finite_source(n, pool, thinking, hold).expect("valid");
        let right = exact(pool, hold);
        let mistakes = |of: fn(&FiniteSource) -> f64| {
            [
                ("a connection too few", of(&exact(pool - 1, hold))),
                ("a connection too many", of(&exact(pool + 1, hold))),
                ("holds 1 % shorter", of(&exact(pool, hold * 0.99))),
                ("holds 1 % longer", of(&exact(pool, hold * 1.01))),
            ]
        };
        agrees("response", &seen.duration("avg"), right.response, &mistakes(|x| x.response));
        agrees("throughput", &seen.rate(), right.throughput, &mistakes(|x| x.throughput));
        let waiting = seen.values("connections_waiting", "pool0", "avg");
        agrees("waiting", &waiting, right.waiting, &mistakes(|x| x.waiting));
        let busy = seen.values("connections_active", "pool0", "avg");
        agrees("busy", &busy, right.busy, &off_by(0.001, right.busy));
    }
}

/// Terminals, a CPU that is shared and two disks that are not (Lazowska et al., chapter 6; exact mean
/// value analysis as published).
#[test]
fn an_interactive_system() {
    let table = include_str!("../theory_tables/closed_interactive_jmva_lazowska.csv");
    let (scale, demands) = (1000.0, [0.605, 2.1, 1.35]);
    let mut rows = 0;
    for row in published(table).filter(|row| [1.0, 4.0, 10.0].contains(&row[0])) {
        let steps = vec![
            cpu(exponential(demands[0] / scale)),
            query(0, exponential(demands[1] / scale)),
            query(1, exponential(demands[2] / scale)),
        ];
        let end = WARM + 30_000.0 / (row[1] * scale);
        let model = system().app(|app| app.cores = 1.0).pool(1, |_| ()).pool(1, |_| ()).closed(
            steps,
            exponential(15.0 / scale),
            users(row[0] as u32, end),
        );
        let seen = watch(&model, WARM, end, 30);
        let rate: Vec<f64> = seen.rate().iter().map(|rate| rate / scale).collect();
        agrees("throughput", &rate, row[1], &off_by(0.01, row[1]));
        let duration: Vec<f64> = seen.duration("avg").iter().map(|s| s * scale).collect();
        agrees("response", &duration, row[5], &off_by(0.02, row[5]));
        // What a request spends at the disks: its wait for them, and its service.
        for (disk, pool) in [(1, "pool0"), (2, "pool1")] {
            let residence: Vec<f64> =
                seen.wait_for(pool, "avg").iter().map(|wait| wait * scale + demands[disk]).collect();
            agrees(pool, &residence, row[2 + disk], &off_by(0.025, row[2 + disk]));
            let busy = row[6 + disk];
            agrees(pool, &seen.values("connections_active", pool, "avg"), busy, &off_by(0.02, busy));
        }
        let busy = row[6] * 100.0;
        agrees("cpu", &seen.values("cpu", "app", "avg"), busy, &off_by(0.02, busy));
        rows += 1;
    }
    assert_eq!(rows, 3);
}

/// A class of users: how many, their think time, and their steps.
struct Class {
    users: u32,
    thinking: Law,
    steps: Vec<Step>,
}

fn classes(model: Model, end: f64, classes: Vec<Class>) -> Model {
    classes.into_iter().fold(model, |model, class| {
        let (endpoint, iteration) = (model.endpoints.len() as u32, model.iterations.len() as u32);
        model.endpoint(class.steps).iteration(vec![request(endpoint), think(class.thinking)]).scenario(scenario(
            &format!("class {iteration}"),
            iteration,
            users(class.users, end),
        ))
    })
}

/// A database whose connections never limit: a station of shared cores.
fn shared_station(mut model: Model, name: &str, cores: f64) -> (Model, u32) {
    let contention = Contention { sigma: known(0.0), kappa: known(0.0) };
    let connections = 1000;
    let database = Database { contention, ..Database::of_size(name, cores, connections) };
    model.databases.push(database);
    let (database, pool) = (model.databases.len() as u32 - 1, model.pools.len() as u32);
    (model.pool(connections, |pool| pool.remote = Remote::Database(database)), pool)
}

fn work_at(pool: u32, demand: Law) -> Step {
    Step::Query {
        name: format!("work {pool}"),
        pool,
        cpu: demand,
        time: constant(0.0),
        options: StatementOptions::default(),
    }
}

/// Throughput and response of each class, seconds.
fn agree_by_class(seen: &Seen, exact: &Solution, power: f64) {
    for (class, (rate, response)) in exact.throughput.iter().zip(&exact.response).enumerate() {
        let endpoint = format!("r{class}");
        agrees("throughput", &seen.values("http_reqs", &endpoint, "rate"), *rate, &off_by(power, *rate));
        let durations = seen.values("http_req_duration", &endpoint, "avg");
        let durations: Vec<f64> = durations.iter().map(|ms| ms / 1e3).collect();
        agrees("response", &durations, *response, &off_by(power, *response));
    }
}

fn near(ours: f64, published: f64) {
    assert!((ours / published - 1.0).abs() < 6e-4, "{ours} is not the published {published}");
}

/// Two classes at one shared core (published: QNAP2, "2-class").
#[test]
fn two_classes_share_a_core() {
    let scale = 1000.0;
    let end = WARM + 60.0;
    let class = |users, thinking: f64| Class {
        users,
        thinking: exponential(thinking / scale),
        // Sharing does not care for the law, so it need not be exponential.
        steps: vec![cpu(hyperexponential(1.0 / scale, 1.5))],
    };
    let model = classes(system().app(|app| app.cores = 1.0), end, vec![class(8, 8.0), class(1, 0.0)]);
    let station = Station { demands: vec![1.0 / scale; 2], servers: Servers::Count(1) };
    let exact = closed(&[station], &[8.0 / scale, 0.0], &[8, 1]).expect("valid");
    near(exact.throughput[0] / scale, 0.6533);
    near(exact.response[1] * scale, 2.885);
    agree_by_class(&watch(&model, WARM, end, 30), &exact, 0.02);
}

/// Two shared stations, one of several cores, and a class that visits either (QNAP2, "multiserver").
#[test]
fn two_classes_and_a_station_of_three_cores() {
    let scale = 1000.0;
    let end = WARM + 60.0;
    let (model, second) = shared_station(system().app(|app| app.cores = 1.0), "second", 3.0);
    let way = |weight: f64, step| (known(weight), vec![step]);
    let either = Step::Either {
        branches: vec![
            way(0.83333, cpu(exponential(0.46 / scale))),
            way(0.16667, work_at(second, constant(2.0 / scale))),
        ],
    };
    let class =
        |users, thinking: f64, step| Class { users, thinking: exponential(thinking / scale), steps: vec![step] };
    let model = classes(model, end, vec![class(4, 1.0, cpu(constant(1.3333 / scale))), class(3, 0.4, either)]);
    let stations = [
        Station { demands: vec![1.3333 / scale, 0.83333 * 0.46 / scale], servers: Servers::Count(1) },
        Station { demands: vec![0.0, 0.16667 * 2.0 / scale], servers: Servers::Count(3) },
    ];
    let exact = closed(&stations, &[1.0 / scale, 0.4 / scale], &[4, 3]).expect("valid");
    near(exact.throughput[0] / scale, 0.4626);
    near(exact.throughput[1] / scale, 0.9995);
    agree_by_class(&watch(&model, WARM, end, 30), &exact, 0.02);
}

/// Seventy users of two classes at five shared stations (QNAP2, "complex").
#[test]
fn seventy_users_at_five_stations() {
    let scale = 10.0;
    let end = WARM + 400.0;
    let demands = [[0.24, 0.06], [0.012, 0.024], [0.015, 0.015], [0.016, 0.016], [0.024, 0.024]];
    let mut model = system().app(|app| app.cores = 1.0);
    let mut pools = Vec::new();
    for station in 1..5 {
        let (next, pool) = shared_station(model, &format!("station {station}"), 1.0);
        model = next;
        pools.push(pool);
    }
    let class = |class: usize, users, thinking: f64| {
        let mut steps = vec![cpu(exponential(demands[0][class] / scale))];
        let visits = pools.iter().zip(&demands[1..]);
        steps.extend(visits.map(|(&pool, demand)| work_at(pool, exponential(demand[class] / scale))));
        Class { users, thinking: exponential(thinking / scale), steps }
    };
    let model = classes(model, end, vec![class(0, 20, 2.0), class(1, 50, 5.0)]);
    let stations = demands
        .map(|demand| Station { demands: demand.iter().map(|d| d / scale).collect(), servers: Servers::Count(1) });
    let exact = closed(&stations, &[2.0 / scale, 5.0 / scale], &[20, 50]).expect("valid");
    near(exact.throughput[0] / scale, 2.325);
    near(exact.throughput[1] / scale, 7.368);
    agree_by_class(&watch(&model, WARM, end, 30), &exact, 0.02);
}

/// Visits of the published database system: one more to the CPU than to the disks.
fn visits(scale: f64, demand: f64, disks: [u32; 2]) -> Vec<Step> {
    let work = || cpu(exponential(demand / scale));
    let mut steps = vec![work()];
    for (pool, service) in [(0, 0.12), (1, 0.18)] {
        for _ in 0..disks[pool as usize] {
            steps.extend([query(pool, exponential(service / scale)), work()]);
        }
    }
    steps
}

/// Three closed classes, visit by visit (QNAP2, "intro-2"), and the same with one class open ("intro-3").
#[test]
fn terminals_and_an_administrator_of_a_database() {
    let scale = 100.0;
    let end = WARM + 800.0;
    let base = || system().app(|app| app.cores = 1.0).pool(1, |_| ()).pool(1, |_| ());
    let class = |users, thinking: f64, steps| Class { users, thinking: exponential(thinking / scale), steps };
    let terminals = || vec![class(5, 20.0, visits(scale, 0.2, [9, 0])), class(10, 30.0, visits(scale, 0.1, [0, 4]))];
    let mut three = terminals();
    three.push(class(1, 120.0, visits(scale, 1.5, [13, 16])));
    let seen = watch(&classes(base(), end, three), WARM, end, 30);
    check_published(&seen, scale, &[(0.191, 6.172, 0.03), (0.31, 2.256, 0.03), (0.004604, 97.22, 0.06)]);
    agrees("cpu", &seen.values("cpu", "app", "avg"), 74.43, &off_by(0.02, 74.43));
    agrees("disk", &seen.values("connections_active", "pool1", "avg"), 0.2365, &off_by(0.03, 0.2365));

    let model = classes(base(), end, terminals()).open(visits(scale, 1.5, [13, 16]), poisson(scale / 250.0, end));
    let seen = watch(&model, WARM, end, 30);
    check_published(&seen, scale, &[(0.1899, 6.325, 0.03), (0.3094, 2.317, 0.03), (0.004, 136.9, 0.08)]);
}

/// Throughput, response and power by class.
fn check_published(seen: &Seen, scale: f64, classes: &[(f64, f64, f64)]) {
    for (class, &(throughput, response, power)) in classes.iter().enumerate() {
        let endpoint = format!("r{class}");
        let rates: Vec<f64> = seen.values("http_reqs", &endpoint, "rate").iter().map(|x| x / scale).collect();
        agrees(&endpoint, &rates, throughput, &off_by(power, throughput));
        let durations = seen.values("http_req_duration", &endpoint, "avg");
        let durations: Vec<f64> = durations.iter().map(|ms| ms / 1e3 * scale).collect();
        agrees(&endpoint, &durations, response, &off_by(power, response));
    }
}

/// Contention: `n` users without think time are served at the rate of the law of scalability.
#[test]
fn contention_slows_as_its_law_says() {
    let (cores, sigma, kappa, demand) = (16.0, 0.03, 0.0008, 0.004);
    let contention = || Contention { sigma: known(sigma), kappa: known(kappa) };
    for n in [1, 2, 16, 30, 100] {
        let speed = |n, sigma, kappa| service_rate(n, cores, sigma, kappa).expect("valid") / demand;
        let exact = speed(n, sigma, kappa);
        let mut mistakes = off_by(0.02, exact).to_vec();
        if n > 1 {
            mistakes.push(("no sigma", speed(n, 0.0, kappa)));
        }
        if n > 2 {
            mistakes.push(("no kappa", speed(n, sigma, 0.0)));
        }
        let end = 1.0 + 25_000.0 / exact;
        let load = |model: Model, steps| model.closed(steps, constant(0.0), users(n, end));
        let app = system().app(|app| (app.cores, app.contention) = (cores, contention()));
        let seen = watch(&load(app, vec![cpu(exponential(demand))]), 1.0, end, 20);
        agrees("app", &seen.rate(), exact, &mistakes);
        // The same on the database, where a pool bounds the number in service.
        let mut model = system();
        (model.databases[0].cores, model.databases[0].contention) = (cores, contention());
        let model = model.pool(16, |_| ());
        let seen = watch(&load(model, vec![work_at(0, exponential(demand))]), 1.0, end, 20);
        let exact = speed(n.min(16), sigma, kappa);
        agrees("database", &seen.rate(), exact, &off_by(0.02, exact));
    }
}
