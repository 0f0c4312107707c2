//! External APIs: time-outs, retries, breakers, hedges, limits of work at once.

use plimsoll::model::{
    Api, ApiRetry, Backoff, Breaker, Budget, Call, Cause, CauseSet, Concurrency, Executor, Hedge, Jitter, Law, Model,
    Scope, Step, Tail, Window,
};
use plimsoll::theory::attempts::{breaker_open, hedged, retried};
use plimsoll::theory::finite_queues::Mmck;
use plimsoll::theory::queues::Mmc;

use crate::seen::{Seen, agrees, off_by, watch, watch_all};
use crate::system::{Build, constant, even, exponential, known, poisson, system};

/// Mean latency, s.
const MEAN: f64 = 0.02;
const REQUESTS: f64 = 4_000.0;

fn api() -> Api {
    Api {
        name: "api".into(),
        rate_limit: None,
        reject_latency: constant(0.0),
        concurrency: None,
        sockets: None,
        scope: Scope::Total,
        retry: None,
        breaker: None,
        hedge: None,
    }
}

fn call(latency: Law) -> Call {
    Call { api: 0, latency, tail: None, errors: known(0.0), timeout: None, deadline: None, cost: 1 }
}

fn model(api: Api, call: Call, executor: Executor) -> Model {
    let mut model = system().open(vec![Step::Call(call)], executor);
    model.tests[0].scenarios[0].graceful_stop = 100.0;
    model.apis.push(api);
    model
}

/// Many calls that do not disturb each other.
fn often(api: Api, call: Call) -> Seen {
    watch_all(&model(api, call, even(2_000.0, REQUESTS / 2_000.0, 20_000, 20_000)), 20)
}

fn failed(seen: &Seen) -> Vec<f64> {
    seen.values("http_req_failed", "", "rate").iter().map(|percent| percent / 100.0).collect()
}

fn per_call(seen: &Seen) -> Vec<f64> {
    seen.values("api_attempts", "api", "avg")
}

fn retry(attempts: u32) -> ApiRetry {
    let backoff = Backoff { first: 0.01, factor: 1.0, max: 1.0, jitter: Jitter::None };
    ApiRetry { attempts, backoff, on: CauseSet::NONE.with(Cause::ApiError).with(Cause::ApiTimeout), budget: None }
}

/// At most `c` at work and `K - c` waiting: M/M/c/K.
#[test]
fn a_concurrency_limit() {
    for (limit, queue) in [(3, 0), (3, 5), (1, 4)] {
        let rate = f64::from(limit) * 1.1 / MEAN;
        let one = Api { concurrency: Some(Concurrency { limit, queue }), ..api() };
        let seen = watch(&model(one, call(exponential(MEAN)), poisson(rate, 65.0)), 5.0, 65.0, 30);
        let exact = Mmck::new(limit, limit + queue, rate, MEAN).expect("possible");
        let place_more = Mmck::new(limit, limit + queue + 1, rate, MEAN).expect("possible").blocking();
        let mut mistakes = off_by(0.1, exact.blocking()).to_vec();
        mistakes.push(("a place more", place_more));
        agrees("refused", &failed(&seen), exact.blocking(), &mistakes);
        let refused = exact.blocking() * rate;
        agrees("refusals", &seen.values("api_rejected", "api", "rate"), refused, &off_by(0.1, refused));
        let at_work = exact.throughput() * MEAN;
        agrees("at work", &seen.values("api_active", "api", "avg"), at_work, &off_by(0.05, at_work));
        let waiting = exact.throughput() * exact.mean_wait().expect("arrivals");
        if queue > 0 {
            agrees("waiting", &seen.values("api_waiting", "api", "avg"), waiting, &off_by(0.1, waiting));
        }
    }
}

/// Sockets of ours: M/M/c, as the caller sees it.
#[test]
fn sockets() {
    let rate = 3.0 * 0.8 / MEAN;
    let one = Api { sockets: Some(3), ..api() };
    let seen = watch(&model(one, call(exponential(MEAN)), poisson(rate, 110.0)), 10.0, 110.0, 30);
    let exact = Mmc::new(3, rate, MEAN).expect("stable").mean_sojourn();
    let latency: Vec<f64> = seen.values("api_latency", "api", "avg").iter().map(|ms| ms / 1e3).collect();
    agrees("latency", &latency, exact, &off_by(0.08, exact));
    agrees("sockets", &seen.values("sockets_active", "api", "avg"), 2.4, &off_by(0.02, 2.4));
}

/// A time-out gives the caller up; the far side works on, and its place stays taken.
#[test]
fn a_time_out() {
    let after = 0.015;
    let one = Api { concurrency: Some(Concurrency { limit: 10_000, queue: 0 }), ..api() };
    let asked = Call { timeout: Some(after), ..call(exponential(MEAN)) };
    let rate = 500.0;
    let seen = watch(&model(one, asked, poisson(rate, 61.0)), 1.0, 61.0, 20);
    let late = (-after / MEAN).exp();
    agrees("late", &failed(&seen), late, &off_by(0.02, late));
    let mean = MEAN * (1.0 - late);
    agrees("duration", &seen.duration("avg"), mean, &off_by(0.01, mean));
    let cut = rate * mean;
    agrees("at work", &seen.values("api_active", "api", "avg"), rate * MEAN, &[("work that stops", cut)]);
    assert_eq!(seen.same("api_latency", "api", "max"), after * 1e3);
}

/// Attempts that fail with probability `p`: `1 + p + … ` of them, `p^n` fail in the end; attempts of
/// one call have luck of their own.
#[test]
fn retries() {
    let p = 0.4;
    for most in [1, 2, 4] {
        let asked = Call { errors: known(p), ..call(constant(MEAN)) };
        let seen = often(Api { retry: Some(retry(most)), ..api() }, asked);
        let (attempts, fails) = retried(p, most);
        if most == 1 {
            assert_eq!(seen.same("api_attempts", "api", "avg"), 1.0);
        } else {
            agrees("attempts", &per_call(&seen), attempts, &off_by(0.04, attempts));
        }
        agrees("failed", &failed(&seen), fails, &off_by(0.2, fails));
        let mean = attempts * MEAN + (attempts - 1.0) * 0.01;
        agrees("duration", &seen.duration("avg"), mean, &off_by(0.04, mean));
    }
}

/// A share of attempts takes five times as long.
#[test]
fn a_tail() {
    let asked = Call { tail: Some(Tail { share: known(0.1), times: 5.0 }), ..call(constant(MEAN)) };
    let seen = often(api(), asked);
    agrees("duration", &seen.duration("avg"), 1.4 * MEAN, &off_by(0.02, 1.4 * MEAN));
    assert_eq!(seen.same("api_latency", "api", "max"), 5.0 * MEAN * 1e3);
}

/// The deadline passes amid the third attempt of five: the call has failed, and all five are made.
#[test]
fn a_deadline_leaves_the_work_running() {
    let asked = Call { errors: known(1.0), deadline: Some(0.075), ..call(constant(MEAN)) };
    let seen = often(Api { retry: Some(retry(5)), ..api() }, asked);
    assert_eq!(seen.same("http_req_duration", "", "avg"), 75.0);
    assert_eq!(seen.values("errors", "", "count"), seen.values("errors", "deadline", "count"));
    assert!(seen.same("api_attempts", "api", "avg") > 4.9, "those under way at the end are not counted");
}

/// A second attempt after a while: the first answer of the two.
#[test]
fn hedges() {
    let after = 0.01;
    let one = || Api { hedge: Some(Hedge { after, most: 2 }), ..api() };
    let seen = often(one(), call(exponential(MEAN)));
    let (mean, attempts) = hedged(MEAN, after);
    agrees("duration", &seen.duration("avg"), mean, &[off_by(0.02, mean)[0], ("no hedge", MEAN)]);
    // Attempts still under way at the end are missing.
    let asked = seen.mean("api_attempts", "api", "avg");
    assert!((asked / attempts - 1.0).abs() < 0.01, "{asked} for {attempts}");
    // A failed first attempt is not the answer while the second may still be good.
    let seen = often(one(), Call { errors: known(0.5), ..call(constant(MEAN)) });
    agrees("failed", &failed(&seen), 0.25, &off_by(0.1, 0.25));
    let mean = 0.5 * MEAN + 0.5 * (MEAN + after);
    agrees("duration", &seen.duration("avg"), mean, &off_by(0.02, mean));
}

/// A breaker that opens at the first failure: how long it is open, and what it lets through.
#[test]
fn a_breaker() {
    let (rate, open) = (50.0, 0.2);
    for failing in [1.0, 0.1] {
        let breaker = Breaker {
            failures: known(0.5),
            minimum: 1,
            window: Window::Calls(1),
            open,
            half_open: 1,
            on: CauseSet::NONE.with(Cause::ApiError),
        };
        let asked = Call { errors: known(failing), ..call(constant(0.0)) };
        let one = Api { breaker: Some(breaker), ..api() };
        let seen = watch(&model(one, asked, poisson(rate, 201.0)), 1.0, 201.0, 20);
        let share = breaker_open(rate, failing, open);
        let percent = 100.0 * share;
        agrees("open", &seen.values("breaker_open", "api", "avg"), percent, &off_by(0.05, percent));
        let let_through = rate * (1.0 - share);
        agrees("attempts", &seen.values("api_attempts", "api", "rate"), let_through, &off_by(0.05, let_through));
        let kept = rate * share;
        let refused = seen.values("errors", "circuit_open", "rate");
        agrees("kept back", &refused, kept, &off_by(0.05, kept));
    }
}

/// Over what always fails a budget of 10 tokens pays for two retries of the first call and one of the second
/// (after five failures five tokens are left, not more than half).
#[test]
fn a_retry_budget() {
    let asked = Call { errors: known(1.0), ..call(constant(0.001)) };
    let budget = Some(Budget { tokens: 10, per_success: 0.1 });
    let one = Api { retry: Some(ApiRetry { budget, ..retry(3) }), ..api() };
    let seen = watch_all(&model(one, asked, even(10.0, 10.0, 10, 10)), 2);
    assert_eq!(seen.same("api_attempts", "api", "count"), 103.0);
}

/// Requests call from the processes of one tier and jobs from those of another: each has sockets and a
/// breaker of its own, and no call goes through those of others.
#[test]
fn jobs_call_from_their_own_tier() {
    let breaker = Breaker {
        failures: known(0.5),
        minimum: 1,
        window: Window::Seconds(1.0),
        open: 1.0,
        half_open: 1,
        on: CauseSet::ALL,
    };
    let api = Api { sockets: Some(1), scope: Scope::Process, breaker: Some(breaker), ..api() };
    let steps = vec![Step::Call(call(constant(0.05))), Step::Enqueue { queue: 0 }];
    let jobs = vec![Step::Call(Call { errors: known(1.0), ..call(constant(0.05)) })];
    let mut model = system().open(steps, even(10.0, 20.0, 1, 100)).queue(jobs, |queue| queue.tier = 1);
    model.tiers.push(plimsoll::model::Tier { name: "work".into(), processes: 2, ..model.tiers[0].clone() });
    model.apis.push(api);
    let seen = watch_all(&model, 2);
    // The breakers of the jobs open; that of the requests hears nothing of their errors.
    assert_eq!(seen.mean("http_req_failed", "", "rate"), 0.0);
    assert!(seen.mean("api_errors", "api circuit_open", "count") > 100.0);
}
