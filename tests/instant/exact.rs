//! Estimates against exact answers of queueing theory.

use plimsoll::model::Model;
use plimsoll::study::instant::{Window, instant};
use plimsoll::theory::networks::{Servers, Station, closed};
use plimsoll::theory::queues::Mmc;

use crate::system::{Build, cpu, exponential, poisson, query, request, scenario, system, think, users};

fn busiest(model: &Model) -> Window {
    let found = instant(model, &model.tests[0]).expect("compiles");
    found.windows.into_iter().find(|window| window.busiest).expect("a window")
}

/// A closed system of the processors of an app and a database behind a wide pool.
fn closed_system(n: u32, cores: f64, app: f64, database: f64, thinking: f64) -> Model {
    let mut model = system().pool(5000, |_| ());
    (model.tiers[0].cores, model.databases[0].max_connections) = (cores, 10_000);
    let work = plimsoll::model::Step::Query {
        name: "work".into(),
        pool: 0,
        cpu: exponential(database),
        time: crate::system::constant(0.0),
        options: Default::default(),
    };
    let moves = vec![request(0), think(exponential(thinking))];
    model.endpoint(vec![cpu(exponential(app)), work]).iteration(moves).scenario(scenario("s", 0, users(n, 100.0)))
}

#[test]
fn closed_networks_are_met_within_a_few_percent() {
    for (n, cores, app, database, thinking) in [
        (1, 1.0, 0.02, 0.03, 0.5),
        (10, 1.0, 0.02, 0.03, 0.5),
        (30, 1.0, 0.02, 0.03, 0.5),
        (60, 4.0, 0.05, 0.012, 0.3),
        (25, 1.0, 0.02, 0.02, 0.2),
    ] {
        let model = closed_system(n, cores, app, database, thinking);
        let servers = model.databases[0].cores as u32;
        let stations = [(app, cores as u32), (database, servers)]
            .map(|(demand, servers)| Station { demands: vec![demand], servers: Servers::Count(servers) });
        let exact = closed(&stations, &[thinking], &[n]).expect("solvable");
        let means = busiest(&model).estimate.expect("settles");
        let off = means.throughput / exact.throughput[0] - 1.0;
        assert!(off.abs() < 0.04, "{n} users: {} for {}", means.throughput, exact.throughput[0]);
        assert!(busiest(&model).throughput_high >= exact.throughput[0]);
        assert!(busiest(&model).response_low_s <= exact.response[0]);
    }
}

#[test]
fn a_pool_that_poisson_arrivals_wait_for_is_the_queue_of_many_servers() {
    for (rate, servers) in [(10.0, 2), (60.0, 8), (95.0, 10)] {
        let mean = 0.1;
        let model = system().pool(servers, |_| ());
        let model = model.endpoint(vec![query(0, exponential(mean))]).iteration(vec![request(0)]);
        let model = model.scenario(scenario("s", 0, poisson(rate, 100.0)));
        let exact = Mmc::new(servers, rate, mean).expect("stable");
        let means = busiest(&model).estimate.expect("stable");
        assert!(
            (means.response_s / exact.mean_sojourn() - 1.0).abs() < 0.01,
            "{} {}",
            means.response_s,
            exact.mean_sojourn()
        );
    }
}

#[test]
fn more_than_can_be_served_has_no_estimate() {
    let model = system().pool(2, |_| ());
    let model = model.endpoint(vec![query(0, exponential(0.1))]).iteration(vec![request(0)]);
    let model = model.scenario(scenario("s", 0, poisson(30.0, 100.0)));
    let window = busiest(&model);
    assert_eq!(window.estimate, None);
    assert!((window.throughput_high - 20.0).abs() < 0.5 && window.limited_by == "pool pool0", "{window:?}");
}
