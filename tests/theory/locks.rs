//! Rows that transactions lock: one hot row is a server, two in opposite order are a deadlock.

use plimsoll::model::{Cause, CauseSet, Lock, Model, Move, RowPopularity, Step};

use crate::seen::{Seen, agrees, watch, watch_all};
use crate::system::{
    Build, constant, cpu, deadline, exponential, hyperexponential, known, poisson, query, request, retry, scenario,
    system, transaction, users, wait,
};

fn near(seen: f64, exact: f64) {
    assert!((seen - exact).abs() <= 1e-5 * exact.abs().max(1.0), "{seen} is not {exact}");
}

fn lock(lock: u32, steps: Vec<Step>) -> Step {
    Step::Lock { lock, pool: 0, steps }
}

/// Locks of one row each.
fn with_locks(count: u32, change: impl Fn(&mut Lock)) -> Model {
    let mut model = system().pool(10_000, |_| ());
    for i in 0..count {
        let mut lock = Lock {
            name: format!("l{i}"),
            database: 0,
            keys: 1,
            popularity: RowPopularity::Uniform,
            timeout: None,
            statement_timeout: None,
        };
        change(&mut lock);
        model.locks.push(lock);
    }
    model
}

/// One row before all transactions: M/G/1, the wait after Pollaczek and Khinchine. What comes before
/// the lock does not matter, what comes after it until the commit does.
#[test]
fn a_hot_row_is_a_server() {
    let (rate, locked, after) = (40.0, 0.01, 0.005);
    for (law, second_moment) in
        [(exponential(locked), 2.0 * locked * locked), (hyperexponential(locked, 2.0), 5.0 * locked * locked)]
    {
        let steps = vec![query(0, constant(0.02)), lock(0, vec![query(0, law)]), wait(constant(after))];
        let model = with_locks(1, |_| ()).open(vec![transaction(0, steps)], poisson(rate, 105.0));
        let seen = watch(&model, 5.0, 105.0, 30);
        let mean = locked + after;
        let moment = second_moment + 2.0 * locked * after + after * after;
        let waited = |mean: f64, moment: f64| rate * moment / (2.0 * (1.0 - rate * mean));
        let right = 0.02 + waited(mean, moment) + mean;
        let released_early = 0.02 + waited(locked, second_moment) + mean;
        let mistakes = [("a lock released before the commit", released_early), ("no lock", 0.02 + mean)];
        agrees("response", &seen.duration("avg"), right, &mistakes);
        // The wait alone, of those too that find the row free; who does not is a share of the load.
        let (exact, load) = (waited(mean, moment) * 1e3, rate * mean);
        agrees("wait", &seen.values("lock_wait", "l0", "avg"), exact, &[("only who waits", exact / load)]);
        let waits = rate * load;
        agrees("waits", &seen.values("lock_waits", "l0", "rate"), waits, &[("all that ask", rate)]);
    }
}

/// Of many rows each is a server of its own: M/M/1 at a share of the rate.
#[test]
fn rows_are_locked_one_by_one() {
    let (rate, held, keys) = (400.0, 0.01, 10);
    let steps = vec![lock(0, vec![query(0, exponential(held))])];
    let response = |share: f64| held / (1.0 - rate * share * held);
    let uniform = with_locks(1, |lock| lock.keys = keys);
    let seen = watch(&uniform.open(vec![transaction(0, steps.clone())], poisson(rate, 65.0)), 5.0, 65.0, 20);
    agrees("uniform", &seen.duration("avg"), response(0.1), &[("a row more", response(1.0 / 11.0))]);
    let zipf = with_locks(1, |lock| (lock.keys, lock.popularity) = (keys, RowPopularity::Zipf(0.5)));
    let seen = watch(&zipf.open(vec![transaction(0, steps.clone())], poisson(rate, 65.0)), 5.0, 65.0, 20);
    let mean = |exponent: f64| {
        let weights: Vec<f64> = (1..=keys).map(|k| f64::from(k).powf(-exponent)).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum * response(weight / sum)).sum::<f64>()
    };
    agrees("zipf", &seen.duration("avg"), mean(0.5), &[("an exponent of 0.3", mean(0.3))]);
    let hot = RowPopularity::Hot { keys: 1, share: 0.2 };
    let hot = with_locks(1, |lock| (lock.keys, lock.popularity) = (keys, hot));
    let seen = watch(&hot.open(vec![transaction(0, steps)], poisson(rate, 65.0)), 5.0, 65.0, 20);
    let right = 0.2 * response(0.2) + 0.8 * response(0.8 / 9.0);
    agrees("hot", &seen.duration("avg"), right, &[("uniform", response(0.1))]);
}

const ROUNDS: u32 = 10;

/// Two users, who ask at the same instant every 5 s.
fn two(model: Model, first: Vec<Step>, second: Vec<Step>) -> Seen {
    let mut model = model
        .endpoint(first)
        .endpoint(second)
        .iteration(vec![request(0), Move::Pace { period: known(5.0) }])
        .iteration(vec![request(1), Move::Pace { period: known(5.0) }])
        .scenario(scenario("a", 0, users(1, 5.0 * f64::from(ROUNDS))))
        .scenario(scenario("b", 1, users(1, 5.0 * f64::from(ROUNDS))));
    // Nothing else would ever act again.
    model.tests[0].scenarios.iter_mut().for_each(|scenario| scenario.request_timeout = f64::INFINITY);
    watch_all(&model, 1)
}

/// Two rows in opposite order: each has one after 0 ms and asks for the other after 100 ms. The first
/// to have waited for a second finds the circle.
fn opposite(first: u32, second: u32) -> Step {
    let inner = lock(second, vec![query(0, constant(0.05))]);
    transaction(0, vec![lock(first, vec![wait(constant(0.1)), inner])])
}

#[test]
fn a_deadlock_is_found_after_its_time_and_one_goes_on() {
    let seen = two(with_locks(2, |_| ()), vec![opposite(0, 1)], vec![opposite(1, 0)]);
    near(seen.same("errors", "deadlock", "count"), f64::from(ROUNDS));
    near(seen.same("deadlocks", "db", "count"), f64::from(ROUNDS));
    near(seen.same("rollbacks", "db", "count"), f64::from(ROUNDS));
    // One of the two in each round waits for the other's row in vain, the other until that one is the victim.
    let total = |metric| seen.same(metric, "l0", "count") + seen.same(metric, "l1", "count");
    near(total("lock_deadlocks"), f64::from(ROUNDS));
    near(total("lock_timeouts"), 0.0);
    near(total("lock_waits"), 2.0 * f64::from(ROUNDS));
    near(total("lock_wait"), 4.0 * f64::from(ROUNDS));
    near(seen.same("lock_wait", "l0", "max").max(seen.same("lock_wait", "l1", "max")), 1000.0);
    near(seen.same("errors", "", "count"), f64::from(ROUNDS));
    near(seen.same("http_req_duration{failed}", "", "min"), 1100.0);
    near(seen.same("http_req_duration{failed}", "", "max"), 1100.0);
    near(seen.same("http_req_duration{ok}", "", "max"), 1150.0);
    let mut patient = with_locks(2, |_| ());
    patient.databases[0].deadlock_timeout = 0.3;
    near(two(patient, vec![opposite(0, 1)], vec![opposite(1, 0)]).same("http_req_duration", "", "max"), 450.0);
}

#[test]
fn the_same_order_is_no_deadlock() {
    let seen = two(with_locks(2, |_| ()), vec![opposite(0, 1)], vec![opposite(0, 1)]);
    near(seen.same("errors", "", "count"), 0.0);
    near(seen.same("http_req_duration", "", "max"), 300.0);
}

/// The victim begins again, and waits for the other to commit.
#[test]
fn a_victim_may_try_again() {
    let again = |step| {
        let Step::Retry { attempts, backoff, steps, .. } = retry(2, vec![step]) else { panic!("no retry") };
        vec![Step::Retry { attempts, backoff, on: CauseSet::NONE.with(Cause::Deadlock), steps }]
    };
    let seen = two(with_locks(2, |_| ()), again(opposite(0, 1)), again(opposite(1, 0)));
    near(seen.same("errors", "", "count"), 0.0);
    near(seen.same("deadlocks", "db", "count"), f64::from(ROUNDS));
    // It asks for its first row again at 1.1 s, has it when the other commits, at 1.15 s, and 150 ms to go.
    near(seen.same("http_req_duration", "", "max"), 1300.0);
}

#[test]
fn who_waits_too_long_for_a_row_gives_up() {
    let long = || vec![transaction(0, vec![lock(0, vec![query(0, constant(1.0))])])];
    let seen = two(with_locks(1, |lock| lock.timeout = Some(0.4)), long(), long());
    near(seen.same("errors", "statement_timeout", "count"), f64::from(ROUNDS));
    near(seen.same("http_req_duration{failed}", "", "max"), 400.0);
    near(seen.same("lock_timeouts", "l0", "count"), f64::from(ROUNDS));
    near(seen.same("lock_waits", "l0", "count"), f64::from(ROUNDS));
    near(seen.same("lock_wait", "l0", "max"), 400.0);
    near(seen.same("lock_wait", "l0", "count"), 2.0 * f64::from(ROUNDS));
    near(seen.same("http_req_duration{ok}", "", "max"), 1000.0);
}

/// A statement's time-out counts what it waits for its row, and ends with the statement.
#[test]
fn a_statement_timeout_ends_the_wait_for_a_row() {
    let long = || vec![transaction(0, vec![lock(0, vec![query(0, constant(1.0))])])];
    let stopped = |lock: &mut Lock| lock.statement_timeout = Some(0.3);
    let seen = two(with_locks(1, stopped), long(), long());
    near(seen.same("errors", "statement_timeout", "count"), f64::from(ROUNDS));
    near(seen.same("errors", "", "count"), f64::from(ROUNDS));
    near(seen.same("http_req_duration{failed}", "", "max"), 300.0);
    near(seen.same("http_req_duration{ok}", "", "max"), 1000.0);
    near(seen.same("lock_timeouts", "l0", "count"), 0.0);
    near(seen.same("lock_wait", "l0", "max"), 300.0);
    // Patience that ends first is not followed by the other's end.
    let both = |lock: &mut Lock| (lock.timeout, lock.statement_timeout) = (Some(0.2), Some(0.3));
    let then = || vec![retry(2, long()), wait(constant(0.5))];
    let seen = two(with_locks(1, both), then(), then());
    near(seen.same("errors", "statement_timeout", "count"), f64::from(ROUNDS));
    near(seen.same("lock_timeouts", "l0", "count"), 2.0 * f64::from(ROUNDS));
    near(seen.same("http_req_duration{failed}", "", "max"), 400.0);
    near(seen.same("http_req_duration{ok}", "", "max"), 1500.0);
}

/// A row that the transaction has already is not waited for.
#[test]
fn a_row_is_locked_once() {
    let steps = vec![transaction(0, vec![lock(0, vec![cpu(constant(0.01)), lock(0, vec![query(0, constant(0.01))])])])];
    let seen = two(with_locks(1, |_| ()), steps.clone(), steps);
    near(seen.same("http_req_duration", "", "max"), 40.0);
    near(seen.same("http_req_duration", "", "min"), 20.0);
}

/// What a branch locks belongs to the transaction around it, and is held until that ends.
#[test]
fn a_row_that_a_branch_locks_is_held_by_the_transaction() {
    let locked = || lock(0, vec![query(0, constant(0.01))]);
    let again = || vec![transaction(0, vec![query(0, constant(0.0)), locked()])];
    for inside in
        [deadline(9.0, vec![locked()]), Step::Parallel { branches: vec![vec![locked()]] }, deadline(9.0, again())]
    {
        let steps = || vec![transaction(0, vec![inside.clone(), wait(constant(0.1))])];
        let seen = two(with_locks(1, |_| ()), steps(), steps());
        near(seen.same("errors", "", "count"), 0.0);
        near(seen.same("http_req_duration", "", "min"), 110.0);
        near(seen.same("http_req_duration", "", "max"), 220.0);
    }
}

/// A circle of transactions is one wherever their locks are asked for.
#[test]
fn branches_that_wait_for_rows_are_seen_in_a_circle() {
    let opposite = |first, second| {
        let inner = deadline(9.0, vec![lock(second, vec![query(0, constant(0.05))])]);
        vec![transaction(0, vec![deadline(9.0, vec![lock(first, vec![])]), wait(constant(0.1)), inner])]
    };
    let seen = two(with_locks(2, |_| ()), opposite(0, 1), opposite(1, 0));
    near(seen.same("deadlocks", "db", "count"), f64::from(ROUNDS));
    near(seen.same("errors", "", "count"), f64::from(ROUNDS));
    near(seen.same("http_req_duration{failed}", "", "max"), 1100.0);
    near(seen.same("http_req_duration{ok}", "", "max"), 1150.0);
}

/// A branch that is given up keeps the connection until its statement is over; the rows go with the transaction,
/// and what the branch does behind it locks nothing any more.
#[test]
fn a_branch_given_up_locks_nothing_behind_its_transaction() {
    let branch = vec![lock(0, vec![query(0, constant(1.0)), lock(1, vec![query(0, constant(0.5))])])];
    let steps = vec![transaction(0, vec![deadline(0.05, branch)])];
    let other =
        vec![wait(constant(1.1)), transaction(0, vec![lock(1, vec![]), lock(0, vec![query(0, constant(0.01))])])];
    let seen = two(with_locks(2, |_| ()), steps, other);
    near(seen.same("errors", "deadline", "count"), f64::from(ROUNDS));
    near(seen.same("http_req_duration{failed}", "", "max"), 1000.0);
    near(seen.same("http_req_duration{ok}", "", "max"), 1110.0);
    near(seen.same("lock_waits", "l0", "count") + seen.same("lock_waits", "l1", "count"), 0.0);
}
