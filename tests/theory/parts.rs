//! Flows and measured parts: successes multiply, times add up, and nothing is counted twice.

use plimsoll::model::{Model, Move, Step};

use crate::seen::{Seen, agrees, off_by, watch};
use crate::system::{
    Build, constant, deadline, enqueue, exponential, fail, flow, measure, poll, request, retry, scenario, system,
    think, users, wait,
};

const END: f64 = 400.0;

/// Users that make one flow after the other, with a pause.
fn flows(model: Model, moves: Vec<Move>) -> Seen {
    let moves = vec![flow("buy", moves), think(exponential(0.5))];
    let model = model.iteration(moves).scenario(scenario("main", 0, users(50, END)));
    watch(&model, 20.0, END, 20)
}

fn step(endpoint: u32, name: &str) -> Move {
    Move::Request { endpoint, checks: vec![], step: Some(name.into()) }
}

fn seconds(seen: &Seen, metric: &str, scope: &str, stat: &str) -> Vec<f64> {
    seen.values(metric, scope, stat).into_iter().map(|ms| ms / 1e3).collect()
}

#[test]
fn successes_multiply() {
    let (a, b, c) = (0.05, 0.1, 0.2);
    let model = system()
        .queue(vec![wait(exponential(0.05)), fail(c)], |queue| queue.workers = 1_000)
        .endpoint(vec![wait(exponential(0.1)), fail(a), enqueue(0)])
        .endpoint(vec![measure("inner", vec![wait(exponential(0.2)), fail(b)])])
        .endpoint(vec![]);
    let seen = flows(model, vec![step(0, "first"), think(constant(0.1)), step(1, "second"), poll(2, 0, 0.1)]);
    let (ok_a, ok_b, ok_c) = (1.0 - a, 1.0 - b, 1.0 - c);
    let exact = 100.0 * ok_a * ok_b * ok_c;
    let mistakes = [("failed jobs forgotten", 100.0 * ok_a * ok_b), ("a step forgotten", 100.0 * ok_b * ok_c)];
    agrees("flow", &seen.values("flow_success", "buy", "rate"), exact, &mistakes);
    agrees("first", &seen.values("step_success", "buy first", "rate"), 100.0 * ok_a, &off_by(0.02, 100.0 * ok_a));
    // The measured part inside of an endpoint counts for the endpoint, and for the flow that asked.
    let inner = seen.values("step_success", "buy inner", "rate");
    agrees("inner", &inner, 100.0 * ok_b, &off_by(0.02, 100.0 * ok_b));
    assert_eq!(inner, seen.values("step_success", "r1 inner", "rate"));
    assert_eq!(inner, seen.values("step_success", "buy second", "rate"));
    let failures = |scope: &str| seen.mean("errors", scope, "count");
    assert_eq!(failures("buy"), failures("buy intrinsic"));
}

/// A poll finds a job done at the first of its requests after it: for an exponential job of mean m, polled at
/// 0, e, 2 e …, after e / (1 - exp(-e / m)) on average.
#[test]
fn times_add_up_and_polls_are_late() {
    let (m, every) = (0.4, 0.3);
    let model = system()
        .queue(vec![measure("work", vec![wait(exponential(m))])], |queue| queue.workers = 1_000)
        .endpoint(vec![wait(exponential(0.1)), enqueue(0)])
        .endpoint(vec![]);
    let seen = flows(model, vec![step(0, "first"), poll(1, 0, every), think(constant(0.25))]);
    let found = every / (1.0 - f64::exp(-every / m));
    let exact = 0.1 + found + 0.25;
    let mistakes = [
        ("polls in time", 0.35 + m),
        ("polls half late", 0.35 + m + every / 2.0),
        ("one poll too many", exact + every),
    ];
    agrees("flow", &seconds(&seen, "flow_duration", "buy", "avg"), exact, &mistakes);
    agrees("work", &seconds(&seen, "step_duration", "buy work", "avg"), m, &off_by(0.02, m));
    assert_eq!(seen.same("flow_success", "buy", "rate"), 100.0);
}

/// A poll that takes too long fails the flow at that instant.
#[test]
fn polls_end() {
    let model = system().queue(vec![wait(exponential(1.0))], |queue| queue.workers = 1_000);
    let model = model.endpoint(vec![enqueue(0)]).endpoint(vec![]);
    let patience = 0.7;
    let poll = Move::Poll { endpoint: 1, queue: 0, every: 0.2, patience, step: None };
    let seen = flows(model, vec![request(0), poll]);
    // The last request in time is sent after 0.6 s.
    let exact = 100.0 * (1.0 - f64::exp(-0.6));
    agrees(
        "flow",
        &seen.values("flow_success", "buy", "rate"),
        exact,
        &[("a poll more", 100.0 * (1.0 - f64::exp(-0.7)))],
    );
    assert_eq!(seen.same("flow_duration", "buy", "max"), 1e3 * patience);
    assert_eq!(seen.mean("errors", "buy", "count"), seen.mean("errors", "buy deadline", "count"));
}

/// What a deadline gives up is over then, for the parts inside of it too; its work goes on uncounted.
#[test]
fn a_deadline_ends_parts_inside_and_outside() {
    let (m, after) = (0.2, 0.15);
    let inside = vec![measure("inside", vec![wait(exponential(m))])];
    let branches = Step::Parallel {
        branches: vec![vec![measure("branch", vec![wait(exponential(m))])], vec![wait(constant(0.5))]],
    };
    let model = system()
        .endpoint(vec![measure("outside", vec![deadline(after, inside)])])
        .endpoint(vec![deadline(after, vec![branches])]);
    let seen = flows(
        model,
        vec![Move::Pick { branches: (0..2).map(|e| (crate::system::known(1.0), vec![request(e)])).collect() }],
    );
    let (ok, mean) = (100.0 * (1.0 - f64::exp(-after / m)), m * (1.0 - f64::exp(-after / m)));
    for part in ["r0 outside", "r0 inside", "buy inside", "r1 branch", "buy branch"] {
        agrees(part, &seen.values("step_success", part, "rate"), ok, &off_by(0.05, ok));
        let wrong = [("the work to its end", m), ("the deadline always", after)];
        agrees(part, &seconds(&seen, "step_duration", part, "avg"), mean, &wrong);
    }
}

/// Every attempt of a retry is a part of its own; around the retry all of them are one.
#[test]
fn attempts_are_parts() {
    let p = 0.3;
    let attempt = measure("attempt", vec![wait(exponential(0.02)), fail(p)]);
    let model = system().endpoint(vec![measure("all", vec![retry(3, vec![attempt])])]);
    let seen = flows(model, vec![request(0)]);
    let all = 100.0 * (1.0 - p * p * p);
    agrees("all", &seen.values("step_success", "buy all", "rate"), all, &off_by(0.02, all));
    agrees(
        "attempt",
        &seen.values("step_success", "buy attempt", "rate"),
        100.0 * (1.0 - p),
        &off_by(0.02, 100.0 * (1.0 - p)),
    );
    let counts = |part: &str| seen.values("step_duration", part, "count");
    let each: Vec<f64> = counts("buy attempt").iter().zip(counts("buy all")).map(|(some, all)| some / all).collect();
    let attempts = 1.0 + p + p * p;
    agrees("attempts", &each, attempts, &off_by(0.03, attempts));
}

/// A flow that goes on after a failure has failed all the same, for its first cause; one that is cut is
/// begun and never over.
#[test]
fn failures_that_do_not_stop_and_flows_that_are_cut() {
    let model = system().endpoint(vec![wait(constant(0.1)), fail(0.5)]).endpoint(vec![wait(constant(0.2))]);
    let going_on = Move::Flow { name: "buy".into(), stop: false, moves: vec![request(0), request(1)] };
    let model = model.iteration(vec![going_on]).scenario(scenario("main", 0, users(1, 10.0)));
    let seen = crate::seen::watch_all(&model, 5);
    // 0.3 s each, 33 whole ones in 10 s.
    assert_eq!(seen.same("flow_duration", "buy", "max"), 300.0);
    assert_eq!(seen.same("flow_duration", "buy", "min"), 300.0);
    assert_eq!(seen.same("flow_duration", "buy", "count"), 33.0);
    assert_eq!(seen.same("flow_started", "buy", "count"), 34.0);
    let failed: Vec<f64> = seen.values("errors", "buy", "count");
    let succeeded = seen.values("flow_success", "buy", "count");
    assert!(failed.iter().zip(&succeeded).all(|(failed, ok)| failed + ok == 33.0) && failed.iter().all(|&n| n > 3.0));
}
