//! Connections that the database works to open: its cores share this with statements.

use plimsoll::model::{Cause, Model, StatementOptions, Step};

use crate::seen::{Seen, agrees, off_by, watch};
use crate::system::{Build, constant, exponential, poisson, system};

/// Of a connection, and of a statement, seconds; requests per second.
const CONNECT: f64 = 0.012;
const STATEMENT: f64 = 0.008;
const RATE: f64 = 30.0;

/// A database of one core whose statements use nothing else.
fn database(rate: f64, change: impl FnOnce(Model) -> Model) -> Seen {
    database_of(1.0, rate, change)
}

fn database_of(cores: f64, rate: f64, change: impl FnOnce(Model) -> Model) -> Seen {
    let options = StatementOptions::default();
    let (cpu, time) = (exponential(STATEMENT), constant(0.0));
    let mut model = change(system());
    (model.databases[0].cores, model.databases[0].connect_cpu) = (cores, exponential(CONNECT));
    let query = Step::Query { name: "q".into(), pool: 0, cpu, time, options };
    watch(&model.open(vec![query], poisson(rate, 105.0)), 5.0, 105.0, 30)
}

fn used(seen: &Seen, load: f64) {
    agrees("cpu", &seen.values("cpu", "db", "avg"), 100.0 * load, &off_by(0.03, 100.0 * load));
}

/// No connection is kept, so each statement opens one. Both are served by one shared core: a product form,
/// in which only the sum of both matters.
#[test]
fn a_connection_for_each_statement_is_work_for_each() {
    let seen = database(RATE, |model| model.pool(10_000, |pool| (pool.min, pool.max_idle) = (0, Some(0))));
    let load = RATE * (CONNECT + STATEMENT);
    used(&seen, load);
    agrees("opened", &seen.values("connections_opened", "db", "rate"), RATE, &off_by(0.03, RATE));
    let alone = CONNECT + STATEMENT / (1.0 - RATE * STATEMENT);
    let mistakes =
        [("connections opened beside the cores", alone), ("no such work", STATEMENT / (1.0 - RATE * STATEMENT))];
    agrees("response", &seen.duration("avg"), (CONNECT + STATEMENT) / (1.0 - load), &mistakes);
}

/// The time to open a connection passes before that work, and uses no core.
#[test]
fn the_time_to_open_is_no_work() {
    let change = |pool: &mut plimsoll::model::Pool| {
        (pool.min, pool.max_idle, pool.connect) = (0, Some(0), constant(0.05));
    };
    let seen = database(RATE, |model| model.pool(10_000, change));
    let load = RATE * (CONNECT + STATEMENT);
    used(&seen, load);
    let right = 0.05 + (CONNECT + STATEMENT) / (1.0 - load);
    agrees("response", &seen.duration("avg"), right, &off_by(0.05, right));
}

/// Connections that are kept cost nothing.
#[test]
fn kept_connections_are_no_work() {
    let seen = database(RATE, |model| model.pool(1_000, |_| ()));
    assert_eq!(seen.same("connections_opened", "db", "count"), 0.0);
    used(&seen, RATE * STATEMENT);
}

/// A pooler that closes its server connections after each use opens one for each statement.
#[test]
fn server_connections_of_a_pooler_are_work_too() {
    let change = |model: Model| {
        let model = model.pooler(100, |pooler| (pooler.min_pool_size, pooler.server_lifetime) = (0, Some(0.0)));
        model.pool(10_000, |pool| pool.pooler = Some(0))
    };
    let seen = database(RATE, change);
    used(&seen, RATE * (CONNECT + STATEMENT));
    agrees("opened", &seen.values("connections_opened", "db", "rate"), RATE, &off_by(0.03, RATE));
}

/// Who gives up leaves the database at work: it learns of that when the connection is open.
#[test]
fn what_nobody_waits_for_is_work_all_the_same() {
    let impatient = |pool: &mut plimsoll::model::Pool| {
        (pool.min, pool.max_idle) = (0, Some(0));
        pool.acquire_timeout = Some(constant(0.001));
    };
    let (cores, patience): (f64, f64) = (100.0, 0.001);
    let seen = database_of(cores, RATE, |model| model.pool(10_000, impatient));
    // No connection waits for a core.
    let in_time = 1.0 - (-patience / CONNECT).exp();
    let percent = |work: f64| 100.0 * RATE * work / cores;
    let stopped = CONNECT * in_time + in_time * STATEMENT;
    let right = percent(CONNECT + in_time * STATEMENT);
    agrees("cpu", &seen.values("cpu", "db", "avg"), right, &[("work that stops", percent(stopped))]);
    let slow = RATE * (1.0 - in_time);
    let failed = seen.values("errors", Cause::ConnectTimeout.word(), "rate");
    agrees("too slow", &failed, slow, &[("all", RATE)]);
}
