//! Volumes that pass so many operations per second, and statements that are stopped, slow or taken back.

use plimsoll::model::{Cause, Database, Model, StatementIo, StatementOptions, Step, Storage, Volume};

use crate::seen::{Seen, agrees, off_by, watch, watch_all};
use crate::system::{
    Build, constant, even, exponential, known, poisson, query, request, scenario, system, transaction,
};

fn near(seen: f64, exact: f64) {
    assert!((seen - exact).abs() <= 1e-4 * exact.abs().max(1.0), "{seen} is not {exact}");
}

/// Operations per second, of which `base` for ever, and a bucket of credits.
fn volume(most: f64, base: f64, bucket: f64) -> Storage {
    Storage { most, base, bucket, latency: constant(0.0), volume: Volume::default() }
}

fn with_database(change: impl FnOnce(&mut Database)) -> Model {
    let mut model = system().pool(10_000, |_| ());
    change(&mut model.databases[0]);
    model
}

/// A statement of so many reads, some pages, and a time-out.
fn reading(reads: f64, pages: u32, hit: f64, timeout: Option<f64>) -> Step {
    let io = StatementIo { reads: known(reads), writes: known(0.0), pages, buffer_hit: known(hit) };
    with_options(query(0, constant(0.0)), StatementOptions { io: Some(io), timeout, read: false })
}

fn with_options(step: Step, options: StatementOptions) -> Step {
    let Step::Query { name, pool, cpu, time, .. } = step else { panic!("no query") };
    Step::Query { name, pool, cpu, time, options }
}

fn timed_out(time: plimsoll::model::Law, timeout: f64) -> Step {
    with_options(query(0, time), StatementOptions { io: None, timeout: Some(timeout), read: false })
}

/// gp2 of 100 GB: 300 a second and bursts of 3,000; at 1,850 a second 5.4 million credits last for
/// 5.4e6 / (1,850 - 300) = 3,483.87 s. Then it passes 300.
#[test]
fn a_burst_bucket_runs_dry_at_the_second_the_arithmetic_says() {
    let model = with_database(|database| database.storage = Some(volume(3000.0, 300.0, 5.4e6)));
    let executor = even(185.0, 3600.0, 50_000, 50_000);
    let model = model.open(vec![reading(10.0, 0, 0.0, None)], executor);
    let dry: f64 = 5.4e6 / (1850.0 - 300.0);
    assert_eq!(dry.floor(), 3483.0);
    let seen = watch(&model, 0.0, 3483.0, 1);
    assert!((seen.same("iops", "db", "avg") - 1850.0).abs() < 0.01);
    near(seen.same("credits", "db", "start"), 5.4e6);
    // A request may be under way.
    assert!((seen.same("credits", "db", "end") - (5.4e6 - 1550.0 * 3483.0)).abs() < 15.0);
    let seen = watch(&model, 3483.0, 3484.0, 1);
    assert!(seen.same("credits", "db", "start") > 0.0);
    near(seen.same("credits", "db", "end"), 0.0);
    let seen = watch(&model, 3484.0, 3600.0, 1);
    assert!((seen.same("iops", "db", "avg") - 300.0).abs() < 0.5);
    assert!((seen.same("http_reqs", "", "rate") - 30.0).abs() < 0.5);
}

#[test]
fn a_bucket_fills_no_further_than_it_is_large() {
    let model = with_database(|database| database.storage = Some(volume(100.0, 10.0, 50.0)));
    // Twenty operations every ten seconds: 0.2 s at full speed, and 10 a second flow back.
    let seen = watch_all(&model.open(vec![reading(20.0, 0, 0.0, None)], even(0.1, 60.0, 1, 1)), 1);
    near(seen.same("http_req_duration", "", "max"), 200.0);
    near(seen.same("credits", "db", "end"), 50.0);
    near(seen.same("credits", "db", "min"), 50.0 - 20.0 + 10.0);
}

/// Operations one at a time at a fixed rate: M/D/1 (Pollaczek and Khinchine).
#[test]
fn operations_queue_as_before_a_server_of_constant_time() {
    let (iops, rate) = (3000.0, 2400.0);
    let mut storage = volume(iops, iops, 0.0);
    storage.latency = constant(0.002);
    let model = with_database(|database| database.storage = Some(storage));
    let model = model.open(vec![reading(1.0, 0, 0.0, None)], poisson(rate, 25.0));
    let seen = watch(&model, 5.0, 25.0, 20);
    let busy: f64 = rate / iops;
    let wait = busy / (2.0 * iops * (1.0 - busy));
    let right = wait + 1.0 / iops + 0.002;
    agrees("response", &seen.duration("avg"), right, &[("exponential times", 2.0 * wait + 1.0 / iops + 0.002)]);
    agrees("iops", &seen.values("iops", "db", "avg"), rate, &off_by(0.01, rate));
}

#[test]
fn pages_that_are_not_in_memory_are_read() {
    let model = with_database(|database| database.storage = Some(volume(1e6, 1e6, 0.0)));
    let model = model.open(vec![reading(2.3, 100, 0.95, None)], even(200.0, 20.0, 10, 10));
    let seen = watch(&model, 1.0, 20.0, 20);
    let iops = 200.0 * (2.3 + 5.0);
    agrees("iops", &seen.values("iops", "db", "avg"), iops, &off_by(0.02, iops));
}

/// Two statements share a core; the first is stopped after 0.3 s, of which it has worked half. The
/// second, of 0.2 s, then has the core to itself and ends at 0.35 s.
#[test]
fn a_stopped_statement_uses_no_more_cpu() {
    let work = |demand| Step::Query {
        name: format!("work {demand}"),
        pool: 0,
        cpu: constant(demand),
        time: constant(0.0),
        options: StatementOptions::default(),
    };
    let stopped = with_options(work(1.0), StatementOptions { io: None, timeout: Some(0.3), read: false });
    let model = with_database(|database| database.cores = 1.0)
        .endpoint(vec![stopped])
        .endpoint(vec![work(0.2)])
        .iteration(vec![request(0)])
        .iteration(vec![request(1)])
        .scenario(scenario("a", 0, even(1.0, 10.0, 1, 1)))
        .scenario(scenario("b", 1, even(1.0, 10.0, 1, 1)));
    let seen = watch_all(&model, 1);
    near(seen.same("errors", "statement_timeout", "count"), 10.0);
    near(seen.same("http_req_duration", "r0", "max"), 300.0);
    near(seen.same("http_req_duration", "r1", "max"), 350.0);
    near(seen.same("cpu", "db", "avg"), 35.0);
    near(seen.same("connections_active", "pool0", "avg"), 0.65);
    near(seen.same("transactions", "db", "count"), 20.0);
    near(seen.same("rollbacks", "db", "count"), 10.0);
    near(seen.same("query_count", "work 1", "count"), 0.0);
}

#[test]
fn a_statement_is_stopped_before_its_storage_and_in_other_time() {
    let model = with_database(|database| database.storage = Some(volume(100.0, 100.0, 0.0)));
    // One of them is served, the other stands behind it: both are stopped, and 50 operations have passed.
    let both = model.clone().open(vec![reading(1000.0, 0, 0.0, Some(0.5))], even(2.0, 10.0, 2, 2));
    let seen = watch_all(&both, 1);
    near(seen.same("http_req_duration", "", "max"), 500.0);
    near(seen.same("errors", "statement_timeout", "count"), 20.0);
    near(seen.same("iops", "db", "avg"), 100.0);
    // Two at once: the second passes 50 operations only after the first has been stopped.
    let mut twice = model.endpoint(vec![reading(1000.0, 0, 0.0, Some(0.5))]).iteration(vec![request(0)]);
    for name in ["a", "b"] {
        twice = twice.scenario(scenario(name, 0, even(1.0, 10.0, 1, 1)));
    }
    let seen = watch_all(&twice, 1);
    near(seen.same("iops", "db", "avg"), 50.0);
    near(seen.same("errors", "statement_timeout", "count"), 20.0);
    let waits = system().pool(10, |_| ()).open(vec![timed_out(constant(1.0), 0.25)], even(1.0, 10.0, 1, 1));
    near(watch_all(&waits, 1).same("http_req_duration", "", "avg"), 250.0);
}

fn share_of(seen: &Seen, metric: &str, scope: &str) -> Vec<f64> {
    let requests = seen.values("http_reqs", "", "count");
    seen.values(metric, scope, "count").iter().zip(requests).map(|(count, all)| count / all).collect()
}

/// An exponential time exceeds a limit with probability exp(-limit / mean).
#[test]
fn shares_of_stopped_and_of_slow_statements() {
    let (mean, limit): (f64, f64) = (0.02, 0.03);
    let share = (-limit / mean).exp();
    let stopped = system().pool(1000, |_| ()).open(vec![timed_out(exponential(mean), limit)], poisson(500.0, 20.0));
    let seen = watch(&stopped, 1.0, 20.0, 20);
    agrees("stopped", &share_of(&seen, "errors", "statement_timeout"), share, &off_by(0.03, share));
    agrees("response", &seen.duration("avg"), mean * (1.0 - share), &off_by(0.03, mean * (1.0 - share)));
    let slow = with_database(|database| database.slow_query = Some(limit));
    let seen = watch(&slow.open(vec![query(0, exponential(mean))], poisson(500.0, 20.0)), 1.0, 20.0, 20);
    for scope in ["q0", "db"] {
        agrees("slow", &share_of(&seen, "slow_queries", scope), share, &off_by(0.03, share));
    }
}

#[test]
fn transactions_that_fail_are_rolled_back() {
    let refused = Step::Fail { cause: Cause::Constraint, rate: known(0.25) };
    let steps = vec![query(0, constant(0.001)), transaction(0, vec![query(0, constant(0.001)), refused])];
    let model = system().pool(1000, |_| ()).open(steps, poisson(300.0, 20.0));
    let seen = watch(&model, 1.0, 20.0, 20);
    agrees("rollbacks", &share_of(&seen, "rollbacks", "db"), 0.25, &off_by(0.05, 0.25));
    let per_request = share_of(&seen, "transactions", "db");
    agrees("transactions", &per_request, 2.0, &off_by(0.01, 2.0));
}
