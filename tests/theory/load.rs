//! k6's schedules through the whole simulator: counts and seconds that are exact.

use plimsoll::model::{ArrivalProcess, Check, CheckRule, Executor, Model, Move, Scenario};

use crate::seen::{Seen, agrees, off_by, watch, watch_all};
use crate::system::{
    Build, constant, even, exponential, in_stages, known, query, ramp, request, scenario, system, think, users, wait,
};

/// One endpoint that takes this long and limits nobody.
fn takes(seconds: f64, executor: Executor, graceful_stop: f64) -> Seen {
    watch_all(&one(seconds, executor, graceful_stop), 2)
}

fn one(seconds: f64, executor: Executor, graceful_stop: f64) -> Model {
    let mut scenario = scenario("main", 0, executor);
    scenario.graceful_stop = graceful_stop;
    let steps = if seconds > 0.0 { vec![wait(constant(seconds))] } else { vec![] };
    system().endpoint(steps).iteration(vec![request(0)]).scenario(scenario)
}

fn count(seen: &Seen) -> f64 {
    seen.same("http_reqs", "", "count")
}

#[test]
fn a_constant_rate_starts_what_it_says() {
    for (rate, seconds, iterations) in
        [(50.0, 20.0, 1000.0), (100.0 / 60.0, 360.0, 600.0), (2.5, 10.2, 26.0), (1000.0 / 3.0, 30.0, 10_000.0)]
    {
        let seen = takes(0.01, even(rate, seconds, 50, 50), 30.0);
        assert_eq!(count(&seen), iterations, "{rate}/s for {seconds} s");
        assert_eq!(seen.same("iterations", "", "count"), iterations);
        assert_eq!(seen.same("dropped_iterations", "", "count"), 0.0);
    }
}

#[test]
fn a_ramping_rate_starts_the_area_under_it() {
    let executor = Executor::RampingArrivalRate {
        start_rate: 10.0,
        stages: in_stages(&[(10.0, 50.0), (20.0, 50.0), (0.0, 5.0), (10.0, 5.0), (4.0, 0.0)]),
        pre_allocated_vus: 100,
        max_vus: 100,
        arrivals: ArrivalProcess::Even,
    };
    let area = 10.0 * 30.0 + 20.0 * 50.0 + 10.0 * 5.0 + 4.0 * 2.5;
    let seen = watch(&one(0.01, executor, 30.0), 10.0, 30.0, 2);
    // Every stage ends on a whole number: arrivals on a border are answered behind it.
    assert_eq!(count(&seen), 20.0 * 50.0);
    let executor = |arrivals| Executor::RampingArrivalRate {
        start_rate: 10.0,
        stages: in_stages(&[(10.0, 50.0), (20.0, 50.0), (0.0, 5.0), (10.0, 5.0), (4.0, 0.0)]),
        pre_allocated_vus: 100,
        max_vus: 100,
        arrivals,
    };
    assert_eq!(count(&takes(0.01, executor(ArrivalProcess::Even), 30.0)), area);
    // At random: as many on average, and a variance as large as the mean.
    let seen = watch_all(&one(0.01, executor(ArrivalProcess::Poisson), 30.0), 400);
    let counts = seen.values("http_reqs", "", "count");
    agrees("arrivals", &counts, area, &off_by(0.01, area));
    let squares: Vec<f64> = counts.iter().map(|count| (count - area).powi(2)).collect();
    agrees("variance", &squares, area, &off_by(0.6, area));
}

/// Four users, each busy for a second, before ten iterations a second: four start, six are dropped.
#[test]
fn iterations_without_a_free_user_are_dropped() {
    for (seconds, started, dropped) in [(20.0, 80.0, 120.0), (20.5, 84.0, 121.0), (20.95, 84.0, 126.0)] {
        let seen = takes(1.0, even(10.0, seconds, 4, 4), 30.0);
        assert_eq!((count(&seen), seen.same("dropped_iterations", "", "count")), (started, dropped), "{seconds} s");
    }
    // A test that ends within a second counts what is dropped in its last part of one.
    let seen = takes(1.0, even(100.0, 20.5, 40, 40), 0.0);
    assert_eq!(seen.same("dropped_iterations", "", "count"), 20.0 * 60.0 + 10.0);
    // Each dropped iteration makes ready one more user, up to the most: started at 0, 0.2, 0.4, 0.6,
    // 0.8, and then five a second.
    let seen = takes(1.0, even(10.0, 20.0, 1, 5), 30.0);
    assert_eq!(count(&seen), 100.0);
    assert_eq!(seen.same("dropped_iterations", "", "count"), 100.0);
    assert_eq!(seen.same("vus", "", "max"), 5.0);
}

/// Each user answers a hundred requests a second, so requests count user-seconds.
#[test]
fn ramping_users_are_there_for_the_seconds_that_k6_plans() {
    // Users come at 1 s, 2 s, … 10 s and leave at 21 s, … 30 s: 45, 100 and 55 user-seconds.
    let seen = takes(0.01, ramp(0, &[(10.0, 10.0), (10.0, 10.0), (10.0, 0.0)], 30.0), 30.0);
    assert_eq!(count(&seen), 20_000.0);
    assert_eq!(seen.same("vus", "", "max"), 10.0);
    // One user from the start; the second comes at 4 s: 8 + 4; down to none at once, then one at 12 s.
    let seen = takes(0.01, ramp(1, &[(4.0, 2.0), (4.0, 2.0), (0.0, 0.0), (4.0, 1.0), (3.0, 1.0)], 30.0), 30.0);
    assert_eq!(count(&seen), (8.0 + 4.0 + 3.0) * 100.0);
    let seen = takes(0.01, users(7, 12.0), 30.0);
    assert_eq!(count(&seen), 8400.0);
}

/// The mean number of users is their seconds over the test's, also while they come and go.
#[test]
fn users_are_there_for_their_seconds() {
    for (executor, exact) in [
        (users(7, 12.0), 7.0),
        (ramp(0, &[(10.0, 10.0), (10.0, 10.0), (10.0, 0.0)], 30.0), 200.0 / 30.0),
        (ramp(0, &[(2.0, 40.0), (2.0, 0.0)], 30.0), 80.0 / 4.0),
    ] {
        assert_eq!(takes(0.01, executor, 30.0).same("vus", "", "avg"), exact);
    }
}

/// A user who is taken away may finish, and if the ramp wants it back meanwhile its iteration goes on:
/// there is never one user more than planned.
#[test]
fn a_user_who_comes_back_goes_on() {
    // The second user is taken at 10 s in its iteration of 8 s (8 s to 16 s), and wanted again at 15 s.
    let stages = [(10.0, 2.0), (0.0, 1.0), (5.0, 1.0), (0.0, 2.0), (20.0, 2.0)];
    let seen = takes(8.0, ramp(2, &stages, 30.0), 30.0);
    assert_eq!(seen.same("vus", "", "max"), 2.0);
    // Both users go on for 35 s, an iteration every 8 s: five each.
    assert_eq!(count(&seen), 10.0);
    // Without grace the second user's second iteration is cut at 10 s, and it comes afresh at 15 s:
    // it begins at 0, 8 (cut), 15, 23 and 31 s.
    let seen = takes(8.0, ramp(2, &stages, 0.0), 30.0);
    assert_eq!(count(&seen), 5.0 + 4.0);
}

#[test]
fn running_iterations_get_the_graceful_stop() {
    // Iterations begin at 0, 3, 6 and 9 s.
    for (graceful_stop, answered, ran) in [(30.0, 4.0, 12.0), (2.0, 4.0, 12.0), (1.0, 3.0, 11.0), (0.0, 3.0, 10.0)] {
        let seen = takes(3.0, users(1, 10.0), graceful_stop);
        assert_eq!(count(&seen), answered, "graceful stop of {graceful_stop} s");
        assert_eq!(seen.same("iterations", "", "count"), answered);
        assert_eq!(seen.same("http_reqs", "", "rate"), answered / ran);
        // Arrivals at 0, 4 and 8 s.
        let seen = takes(3.0, even(0.25, 10.0, 5, 5), graceful_stop);
        let (answered, ran) = if graceful_stop >= 1.0 { (3.0, 11.0) } else { (2.0, 10.0) };
        assert_eq!(count(&seen), answered, "graceful stop of {graceful_stop} s");
        assert_eq!(seen.same("http_reqs", "", "rate"), answered / ran);
    }
}

/// Iterations that send nothing end at once, and so does their scenario.
#[test]
fn iterations_without_requests_count_too() {
    let model = system()
        .endpoint(vec![])
        .iteration(vec![Move::Pick { branches: vec![(known(1.0), vec![])] }])
        .scenario(Scenario { graceful_stop: 30.0, ..scenario("main", 0, even(10.0, 5.0, 1, 1)) });
    let seen = watch_all(&model, 2);
    assert_eq!(seen.same("iterations", "", "count"), 50.0);
    assert_eq!(seen.same("iterations", "", "rate"), 10.0);
}

/// The client gives up after exactly its time-out; the work goes on, and the connection is held.
#[test]
fn a_client_gives_up_and_the_work_goes_on() {
    let mut model = system().pool(50, |_| ()).closed(vec![query(0, constant(3.5))], constant(0.0), users(1, 20.0));
    model.tests[0].scenarios[0].request_timeout = 1.0;
    let seen = watch_all(&model, 2);
    assert_eq!(count(&seen), 20.0);
    assert_eq!(seen.same("errors", "client_timeout", "count"), 20.0);
    assert_eq!(seen.same("http_req_duration", "", "min"), 1000.0);
    assert_eq!(seen.same("http_req_duration", "", "max"), 1000.0);
    let held = watch(&model, 10.0, 20.0, 2);
    assert!((held.same("connections_active", "pool0", "avg") - 3.5).abs() < 1e-5);
}

#[test]
fn paced_users_begin_on_time() {
    let scenario = scenario("main", 0, users(3, 20.0));
    let model = system()
        .endpoint(vec![wait(constant(0.2))])
        .iteration(vec![request(0), request(0), Move::Pace { period: known(1.0) }])
        .scenario(scenario);
    assert_eq!(count(&watch_all(&model, 2)), 3.0 * 2.0 * 20.0);
    // A pace that cannot be kept is no pace: a cycle of 0.4 s.
    let mut model = model;
    model.iterations[0].moves[2] = Move::Pace { period: known(0.1) };
    assert_eq!(count(&watch_all(&model, 2)), 3.0 * 2.0 * 50.0);
}

/// Scenarios start when they say, side by side, each with its own users.
#[test]
fn scenarios_run_side_by_side() {
    let late = Scenario { start: 5.0, ..scenario("late", 1, users(2, 5.0)) };
    let model = system()
        .endpoint(vec![wait(constant(0.1))])
        .endpoint(vec![wait(constant(0.05))])
        .iteration(vec![request(0)])
        .iteration(vec![request(1), think(constant(0.05))])
        .scenario(scenario("early", 0, users(1, 6.0)))
        .scenario(late);
    let seen = watch_all(&model, 2);
    assert_eq!(seen.same("http_reqs", "r0", "count"), 60.0);
    assert_eq!(seen.same("http_reqs", "r1", "count"), 100.0);
    assert_eq!(seen.same("http_reqs", "", "rate"), 16.0);
    assert_eq!(seen.same("vus", "", "max"), 3.0);
}

/// Checks are counted and change nothing: the share faster than a bound is the law's.
#[test]
fn checks_are_counted() {
    let (mean, bound) = (0.01, 0.02);
    let check = |name: &str, rule| Check { name: name.into(), rule };
    let checks = vec![check("fast", CheckRule::Faster(bound)), check("ok", CheckRule::Ok)];
    let model = system()
        .endpoint(vec![wait(exponential(mean)), crate::system::fail(0.25)])
        .iteration(vec![Move::Request { endpoint: 0, checks, step: None }])
        .scenario(scenario("main", 0, even(1_000.0, 100.0, 1_000, 1_000)));
    let seen = watch_all(&model, 20);
    let fast = 100.0 * (1.0 - (-bound / mean).exp());
    agrees("fast", &seen.values("checks", "fast", "rate"), fast, &off_by(0.003, fast));
    agrees("ok", &seen.values("checks", "ok", "rate"), 75.0, &off_by(0.004, 75.0));
    agrees("failed", &seen.values("http_req_failed", "", "rate"), 25.0, &off_by(0.01, 25.0));
}
