//! Connections that open when they are needed, close when they are idle, and are refused: arithmetic.

use plimsoll::model::{Executor, Model, Move, Pool, Scope, Step, WaiterOrder};

use crate::seen::{Seen, watch, watch_all};
use crate::system::{Build, constant, even, exponential, known, query, request, scenario, system, users, wait};

const CONNECT: f64 = 0.05;
const HOLD: f64 = 0.1;

/// One request a second for ten seconds, on a pool that opens lazily.
fn one_a_second(change: impl FnOnce(&mut Pool)) -> Seen {
    let lazy = |pool: &mut Pool| {
        (pool.min, pool.connect) = (0, constant(CONNECT));
        change(pool);
    };
    let model = system().pool(10, lazy).open(vec![query(0, constant(HOLD))], even(1.0, 10.0, 1, 1));
    watch_all(&model, 2)
}

fn near(seen: f64, exact: f64) {
    assert!((seen - exact).abs() <= 1e-5 * exact.abs().max(1.0), "{seen} is not {exact}");
}

#[test]
fn the_first_request_pays_for_the_connection() {
    let seen = one_a_second(|_| ());
    near(seen.same("http_req_duration", "", "max"), (CONNECT + HOLD) * 1e3);
    near(seen.same("http_req_duration", "", "avg"), (CONNECT + 10.0 * HOLD) * 1e3 / 10.0);
    near(seen.same("connection_wait", "pool0", "max"), CONNECT * 1e3);
    near(seen.same("query_duration", "q0", "max"), HOLD * 1e3);
    near(seen.same("connections_open", "pool0", "max"), 1.0);
}

#[test]
fn every_request_pays_if_the_connection_is_closed_in_between() {
    let seen = one_a_second(|pool| pool.idle_timeout = Some(0.5));
    near(seen.same("http_req_duration", "", "min"), (CONNECT + HOLD) * 1e3);
    // Open while it connects, is held, and is idle.
    near(seen.same("connections_open", "pool0", "avg"), CONNECT + HOLD + 0.5);
    let seen = one_a_second(|pool| pool.idle_timeout = Some(2.0));
    near(seen.same("http_req_duration", "", "avg"), (CONNECT + 10.0 * HOLD) * 1e3 / 10.0);
}

#[test]
fn connections_open_from_the_start_cost_nothing_and_stay() {
    let seen = one_a_second(|pool| (pool.min, pool.idle_timeout) = (2, Some(0.5)));
    near(seen.same("http_req_duration", "", "max"), HOLD * 1e3);
    near(seen.same("connections_open", "pool0", "avg"), 2.0);
}

/// Five requests at once, then one every half second: the last used is used again, so the others
/// stay idle and close together.
fn burst_and_trickle(idle_timeout: f64, min: u32) -> Model {
    let burst = Executor::ConstantVus { vus: 5, duration: 0.05 };
    let mut burst = scenario("burst", 0, burst);
    burst.graceful_stop = 10.0;
    let mut trickle = scenario("trickle", 0, even(2.0, 9.0, 1, 1));
    trickle.start = 1.0;
    let change = |pool: &mut Pool| (pool.min, pool.idle_timeout) = (min, Some(idle_timeout));
    let asked = system().pool(8, change).endpoint(vec![query(0, constant(HOLD))]).iteration(vec![request(0)]);
    asked.scenario(burst).scenario(trickle)
}

#[test]
fn idle_connections_close_and_the_last_used_is_used_again() {
    let open =
        |min, from, to| watch(&burst_and_trickle(3.0, min), from, to, 2).same("connections_open", "pool0", "avg");
    // The burst is over at 0.1 s; four connections are idle from then on and close at 3.1 s.
    near(open(0, 1.0, 3.0), 5.0);
    near(open(0, 3.0, 4.0), 1.0 + 4.0 * 0.1);
    near(open(0, 4.0, 10.0), 1.0);
    near(open(3, 4.0, 10.0), 3.0);
}

/// A database of 6 connections, 3 of which another pool keeps: three of five users find a connection.
#[test]
fn the_database_refuses_what_is_too_much() {
    let mut model = system();
    model.databases[0].max_connections = 6;
    let rounds = 20;
    let model = model
        .pool(3, |_| ())
        .pool(5, |pool| (pool.min, pool.connect) = (0, constant(CONNECT)))
        .endpoint(vec![query(1, constant(HOLD))])
        .iteration(vec![request(0), Move::Pace { period: known(1.0) }])
        .scenario(scenario("users", 0, users(5, f64::from(rounds))));
    let seen = watch_all(&model, 2);
    near(seen.same("http_reqs", "", "count"), f64::from(5 * rounds));
    near(seen.same("errors", "connection_refused", "count"), f64::from(2 * rounds));
    near(seen.same("errors", "", "count"), f64::from(2 * rounds));
    near(seen.same("connections_open", "pool1", "max"), 3.0);
    near(seen.same("http_req_duration{failed}", "", "max"), 0.0);
}

/// Connecting takes longer than anybody waits: everybody fails at the time-out, nothing stays open.
#[test]
fn a_connection_that_opens_too_slowly() {
    let seen = one_a_second(|pool| (pool.connect, pool.acquire_timeout) = (constant(0.3), Some(constant(0.2))));
    near(seen.same("errors", "connect_timeout", "count"), 10.0);
    near(seen.same("http_req_duration", "", "min"), 200.0);
    near(seen.same("http_req_duration", "", "max"), 200.0);
    near(seen.same("connections_open", "pool0", "avg"), 0.2);
}

/// A waiter's patience counts from when it asked, also if it waited for a connection that failed to
/// open: the first gives up at 0.2 s; the second, who asked at 0.05 s, at 0.25 s.
#[test]
fn patience_counts_from_the_first_moment() {
    let slow = |pool: &mut Pool| {
        (pool.min, pool.connect, pool.acquire_timeout) = (0, constant(0.3), Some(constant(0.2)));
    };
    let mut model = system().pool(1, slow).open(vec![query(0, constant(HOLD))], even(20.0, 0.1, 2, 2));
    model.tests[0].scenarios[0].graceful_stop = 10.0;
    let seen = watch_all(&model, 2);
    near(seen.same("http_reqs", "", "count"), 2.0);
    near(seen.same("http_req_duration", "", "max"), 200.0);
    near(seen.same("connection_wait", "pool0", "max"), 200.0);
}

/// One connection, which opens too slowly for anybody; three ask for it, 50 ms apart. When the first has
/// given up, at 200 ms, the connection is opened for whoever the order says; the others wait on.
#[test]
fn after_a_failed_opening_the_order_decides_who_is_next() {
    for (order, slow, late) in [(WaiterOrder::Fifo, 3.0, 0.0), (WaiterOrder::Lifo, 2.0, 1.0)] {
        let change = |pool: &mut Pool| {
            (pool.min, pool.connect, pool.acquire_timeout) = (0, constant(0.3), Some(constant(0.2)));
            pool.order = order;
        };
        let mut model = system().pool(1, change).open(vec![query(0, constant(HOLD))], even(20.0, 0.15, 3, 3));
        model.tests[0].scenarios[0].graceful_stop = 10.0;
        let seen = watch_all(&model, 2);
        near(seen.same("http_reqs", "", "count"), 3.0);
        near(seen.same("http_req_duration", "", "max"), 200.0);
        // Who came second gives up in line if the third is served first.
        near(seen.same("errors", "connect_timeout", "count"), slow);
        near(seen.same("errors", "acquire_timeout", "count"), late);
    }
}

/// Each connection takes its own time to open, also for one request: one after the other, or at once.
#[test]
fn every_opening_has_its_own_time() {
    let fresh = |pool: &mut Pool| {
        (pool.min, pool.connect, pool.idle_timeout) = (0, exponential(CONNECT), Some(0.01));
    };
    let ask = || query(0, constant(HOLD));
    let one_by_one = vec![ask(), wait(constant(0.5)), ask()];
    let at_once = vec![Step::Parallel { branches: vec![vec![ask()], vec![ask()]] }];
    for steps in [one_by_one, at_once] {
        let mut model = system().pool(10, fresh).open(steps, even(1.0, 1.0, 1, 1));
        model.tests[0].scenarios[0].graceful_stop = 100.0;
        let seen = watch_all(&model, 20);
        assert!(seen.values("query_count", "q0", "count").iter().all(|&count| count == 2.0));
        let (least, most) =
            (seen.values("connection_wait", "pool0", "min"), seen.values("connection_wait", "pool0", "max"));
        assert!(least.iter().zip(&most).all(|(least, most)| least < most), "{least:?} {most:?}");
    }
}

/// The most connections and requests at any instant, however short.
#[test]
fn the_highest_level_is_that_of_an_instant() {
    // Ten users at once for 100 ms of each second; then nobody, and connections close after 100 ms more.
    let rounds = vec![request(0), Move::Pace { period: known(1.0) }];
    let change = |pool: &mut Pool| (pool.min, pool.idle_timeout) = (0, Some(0.1));
    let burst = scenario("users", 0, users(10, 5.0));
    let model = system().pool(10, change).endpoint(vec![query(0, constant(HOLD))]).iteration(rounds).scenario(burst);
    let seen = watch_all(&model, 2);
    near(seen.same("connections_open", "pool0", "avg"), 2.0);
    near(seen.same("requests_in_flight", "app", "avg"), 1.0);
    for (metric, scope) in
        [("connections_open", "pool0"), ("connections_active", "pool0"), ("requests_in_flight", "app")]
    {
        near(seen.same(metric, scope, "max"), 10.0);
    }
}

/// A pool per process, per host or in all: how many connections there can be.
#[test]
fn the_scope_multiplies_a_pool() {
    for (scope, pools) in [(Scope::Total, 1), (Scope::Instance, 3), (Scope::Process, 6)] {
        let model = system()
            .app(|app| (app.count, app.processes) = (3, 2))
            .pool(4, |pool| (pool.scope, pool.min) = (scope, 1))
            .closed(vec![query(0, constant(HOLD))], constant(0.0), users(60, 10.0));
        let seen = watch(&model, 1.0, 10.0, 2);
        near(seen.same("connections_active", "pool0", "avg"), f64::from(4 * pools));
        near(seen.same("connections_open", "pool0", "max"), f64::from(4 * pools));
        near(seen.same("http_reqs", "", "rate"), f64::from(4 * pools) / HOLD);
    }
}
