//! Pools behind a pooler, and connections that are told apart: exact networks and arithmetic.

use plimsoll::model::{Executor, Move};
use plimsoll::model::{Model, Opens, Pool, Pooler, PoolerMode, Reuse};
use plimsoll::theory::finite_source::finite_source;
use plimsoll::theory::nested_pools::{NestedPools, nested_pools};

use crate::seen::{Seen, agrees, off_by, watch, watch_all};
use crate::system::{
    Build, constant, even, exponential, known, query, request, scenario, system, transaction, users, wait,
};

const WARM: f64 = 5.0;
const HOLD: f64 = 0.1;

fn near(seen: f64, exact: f64) {
    assert!((seen - exact).abs() <= 1e-5 * exact.abs().max(1.0), "{seen} is not {exact}");
}

/// Users behind a pool in front of a pool: each keeps a client's connection for its transaction,
/// and one to the server only from the first statement on.
#[test]
fn transaction_mode_is_the_nested_network() {
    let times = [0.04, 0.006, 0.01];
    let steps = vec![transaction(0, vec![wait(exponential(times[1])), query(0, exponential(times[2]))])];
    for (n, clients, servers) in [(12, 6, 2), (10, 10, 3), (9, 2, 1)] {
        let end = WARM + 60.0;
        let model = system().pooler(servers, |_| ()).pool(clients, |pool| pool.pooler = Some(0)).closed(
            steps.clone(),
            exponential(times[0]),
            users(n, end),
        );
        let seen = watch(&model, WARM, end, 30);
        let right = nested_pools(n, clients, servers, times).expect("valid");
        // Who keeps the server connection for the whole transaction has a single pool.
        let kept = finite_source(n, clients.min(servers), times[0], times[1] + times[2]).expect("valid");
        let against = |of: fn(&NestedPools) -> f64, kept: f64| {
            let more = nested_pools(n, clients, servers + 1, times).expect("valid");
            [("a server connection more", of(&more)), ("a server connection kept for all of it", kept)]
        };
        agrees("response", &seen.duration("avg"), right.response, &against(|x| x.response, kept.response));
        agrees("throughput", &seen.rate(), right.throughput, &against(|x| x.throughput, kept.throughput));
        let busy = seen.values("connections_active", "pooler0", "avg");
        agrees("busy servers", &busy, right.busy, &off_by(0.02, right.busy));
        let outside = seen.values("connections_waiting", "pool0", "avg");
        let inside = seen.values("connections_waiting", "pooler0", "avg");
        if right.waiting_outside > 0.0 {
            agrees("waiting outside", &outside, right.waiting_outside, &off_by(0.1, right.waiting_outside));
        }
        agrees("waiting inside", &inside, right.waiting_inside, &off_by(0.1, right.waiting_inside));
    }
}

/// Rows of the published table, with the pooler in the place of the pool.
#[test]
fn a_pooler_with_clients_enough_is_a_pool() {
    let table = include_str!("../theory_tables/closed_pool_exact_petri.csv");
    let rows: Vec<Vec<f64>> = table
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .map(|line| line.split(',').map(|cell| cell.parse().expect("a number")).collect())
        .collect();
    for wanted in [(5.0, 1.0), (10.0, 3.0)] {
        let row = rows.iter().find(|row| (row[0], row[1]) == wanted).expect("in the table");
        let (n, servers, end) = (row[0] as u32, row[1] as u32, WARM + 4e4 / row[2] / 1000.0);
        let model = system().pooler(servers, |_| ()).pool(n, |pool| pool.pooler = Some(0)).closed(
            vec![query(0, exponential(0.001))],
            exponential(0.005),
            users(n, end),
        );
        let seen = watch(&model, WARM, end, 30);
        let duration: Vec<f64> = seen.duration("avg").iter().map(|s| s * 1e3).collect();
        agrees("response", &duration, row[3], &off_by(0.03, row[3]));
        let rate: Vec<f64> = seen.rate().iter().map(|rate| rate / 1e3).collect();
        agrees("throughput", &rate, row[2], &off_by(0.01, row[2]));
    }
}

/// In session mode connections that all have a server are one pool, held for all of the transaction.
#[test]
fn session_mode_keeps_the_server_connection() {
    let (n, servers, thinking) = (12, 3, 0.04);
    let steps = vec![transaction(0, vec![wait(constant(0.0)), query(0, exponential(0.01)), wait(exponential(0.005))])];
    let end = WARM + 60.0;
    let session = |pooler: &mut Pooler| pooler.mode = PoolerMode::Session;
    let model = system().pooler(servers, session).pool(servers, |pool| pool.pooler = Some(0)).closed(
        steps,
        exponential(thinking),
        users(n, end),
    );
    let seen = watch(&model, WARM, end, 10);
    // Every connection has found its server for good.
    near(seen.same("connections_active", "pooler0", "avg"), f64::from(servers));
    near(seen.same("connections_waiting", "pooler0", "max"), 0.0);
}

/// Users who ask once a second, all at the same instant, for twenty seconds.
fn together(n: u32, hold: f64, pooler: impl FnOnce(&mut Pooler), pool: impl FnOnce(&mut Pool)) -> Seen {
    let change = |one: &mut Pool| {
        (one.pooler, one.min) = (Some(0), 0);
        pool(one);
    };
    let lazy = |one: &mut Pooler| {
        one.min_pool_size = 0;
        pooler(one);
    };
    let model = system()
        .pooler(1, lazy)
        .pool(n, change)
        .endpoint(vec![query(0, constant(hold))])
        .iteration(vec![request(0), Move::Pace { period: known(1.0) }])
        .scenario(scenario("users", 0, users(n, f64::from(ROUNDS))));
    watch_all(&model, 2)
}

const ROUNDS: u32 = 20;

/// Of two who ask at once one waits for too long: it fails and loses its connection to the pooler.
#[test]
fn who_waits_too_long_is_disconnected() {
    let seen = together(2, 0.5, |pooler| pooler.query_wait_timeout = Some(0.2), |_| ());
    near(seen.same("errors", "acquire_timeout", "count"), f64::from(ROUNDS));
    near(seen.same("errors", "", "count"), f64::from(ROUNDS));
    near(seen.same("http_req_duration{failed}", "", "max"), 200.0);
    near(seen.same("http_req_duration{ok}", "", "max"), 500.0);
    near(seen.same("connections_open", "pool0", "avg"), 1.2);
    near(seen.same("connections_open", "pooler0", "avg"), 1.0);
    near(seen.same("connection_wait", "pooler0", "max"), 200.0);
}

#[test]
fn a_pooler_refuses_clients_beyond_its_limit() {
    let seen = together(5, HOLD, |pooler| (pooler.pool_size, pooler.max_clients) = (5, 3), |_| ());
    near(seen.same("errors", "connection_refused", "count"), f64::from(2 * ROUNDS));
    near(seen.same("connections_open", "pool0", "max"), 3.0);
}

/// The second waits 200 ms for the reserve, once: then both connections are there.
#[test]
fn the_reserve_is_opened_for_who_waits_for_long() {
    let seen = together(2, 0.5, |pooler| pooler.reserve = Some((1, 0.2)), |_| ());
    near(seen.same("http_req_duration", "", "max"), 700.0);
    near(seen.same("http_req_duration", "", "avg"), 500.0 + 200.0 / f64::from(2 * ROUNDS));
    near(seen.same("connections_open", "pooler0", "max"), 2.0);
    // Without it the second waits for the first, always.
    let seen = together(2, 0.4, |_| (), |_| ());
    near(seen.same("http_req_duration", "", "avg"), 600.0);
}

/// In session mode the first keeps the server connection while it is idle, and the second never
/// has one; in transaction mode it waits for its turn.
#[test]
fn a_session_keeps_its_server_from_others() {
    let mode = |mode| {
        let change = move |pooler: &mut Pooler| (pooler.mode, pooler.query_wait_timeout) = (mode, Some(0.3));
        together(2, HOLD, change, |_| ())
    };
    let session = mode(PoolerMode::Session);
    near(session.same("errors", "acquire_timeout", "count"), f64::from(ROUNDS));
    near(session.same("connections_active", "pooler0", "avg"), 1.0);
    let transaction = mode(PoolerMode::Transaction);
    near(transaction.same("errors", "", "count"), 0.0);
    near(transaction.same("http_req_duration", "", "max"), 200.0);
    near(transaction.same("connections_active", "pooler0", "avg"), 2.0 * HOLD);
}

/// Closed client connections give their server connection back.
#[test]
fn a_session_that_ends_frees_its_server() {
    let change = |pooler: &mut Pooler| (pooler.mode, pooler.query_wait_timeout) = (PoolerMode::Session, Some(0.3));
    let seen = together(2, HOLD, change, |pool| pool.idle_timeout = Some(0.1));
    near(seen.same("errors", "", "count"), 0.0);
    near(seen.same("http_req_duration", "", "max"), 300.0);
    near(seen.same("connections_active", "pooler0", "avg"), 0.4);
}

/// Server connections are opened one after the other, and whoever is first takes the first that is free.
#[test]
fn connections_open_one_at_a_time_for_whoever_is_first() {
    let slow = |pooler: &mut Pooler| (pooler.pool_size, pooler.connect) = (3, constant(0.1));
    let seen = together(3, 0.9, slow, |_| ());
    near(seen.same("http_req_duration", "", "max"), 1200.0);
    // The first server connection serves the second client too, before the next is open.
    let seen = together(3, 0.05, slow, |_| ());
    near(seen.same("http_req_duration", "", "max"), 250.0);
}

/// A pool may do the same, and refusals of the database then only delay.
#[test]
fn a_refused_opening_is_tried_again() {
    let mut model = system();
    model.databases[0].max_connections = 1;
    let model = model
        .pool(2, |pool| (pool.min, pool.opens) = (0, Opens::Shared))
        .endpoint(vec![query(0, constant(0.3))])
        .iteration(vec![request(0), Move::Pace { period: known(1.0) }])
        .scenario(scenario("users", 0, users(2, 10.0)));
    let seen = watch_all(&model, 2);
    near(seen.same("errors", "", "count"), 0.0);
    near(seen.same("http_req_duration", "", "avg"), 450.0);
    near(seen.same("connections_open", "pool0", "max"), 1.0);
}

/// One request a second on a pool that opens lazily.
fn one_a_second(change: impl FnOnce(&mut Pool)) -> Seen {
    let lazy = |pool: &mut Pool| {
        (pool.min, pool.connect) = (0, constant(0.05));
        change(pool);
    };
    watch_all(&system().pool(10, lazy).open(vec![query(0, constant(HOLD))], even(1.0, 10.0, 1, 1)), 2)
}

/// Open at 0.05 s and 2.5 s old at 2.55 s: the requests at 0, 3, 6 and 9 s pay for a connection.
#[test]
fn old_connections_are_replaced() {
    let seen = one_a_second(|pool| pool.max_lifetime = Some(2.5));
    near(seen.same("http_req_duration", "", "avg"), (HOLD + 0.4 * 0.05) * 1e3);
    // In use when its time is over: it is closed when it is given back.
    let seen = one_a_second(|pool| pool.max_lifetime = Some(2.0));
    near(seen.same("http_req_duration", "", "avg"), (HOLD + 0.4 * 0.05) * 1e3);
}

/// Five requests at once, then one every half second, of which two connections stay idle.
fn burst_and_trickle(change: impl FnOnce(&mut Pool)) -> Model {
    let mut burst = scenario("burst", 0, Executor::ConstantVus { vus: 5, duration: 0.05 });
    burst.graceful_stop = 10.0;
    let mut trickle = scenario("trickle", 0, even(2.0, 9.0, 1, 1));
    trickle.start = 1.0;
    let lazy = |pool: &mut Pool| {
        pool.min = 0;
        change(pool);
    };
    let asked = system().pool(8, lazy).endpoint(vec![query(0, constant(HOLD))]).iteration(vec![request(0)]);
    asked.scenario(burst).scenario(trickle)
}

#[test]
fn connections_beyond_the_most_idle_are_closed() {
    let seen = watch(&burst_and_trickle(|pool| pool.max_idle = Some(2)), 0.0, 1.0, 2);
    near(seen.same("connections_open", "pool0", "max"), 5.0);
    near(seen.same("connections_open", "pool0", "avg"), 0.1 * 5.0 + 0.9 * 2.0);
    let seen = watch(&burst_and_trickle(|pool| pool.max_idle = Some(2)), 2.0, 10.0, 2);
    near(seen.same("connections_open", "pool0", "avg"), 2.0);
}

/// Used in turn, none is idle for long enough to be closed; used again at once, all but one are.
#[test]
fn the_order_of_reuse_decides_what_stays_idle() {
    let open = |reuse| {
        let change = |pool: &mut Pool| (pool.reuse, pool.idle_timeout) = (reuse, Some(3.0));
        watch(&burst_and_trickle(change), 4.0, 10.0, 2).same("connections_open", "pool0", "avg")
    };
    near(open(Reuse::Last), 1.0);
    near(open(Reuse::Oldest), 5.0);
}
