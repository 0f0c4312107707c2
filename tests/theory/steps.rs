//! What the steps of a flow do, in numbers: retry, deadline, parallel, either, fail, shared draws.

use plimsoll::model::{Backoff, Cause, CauseSet, Jitter, Law, Model, Shape, Step};

use crate::seen::{Seen, agrees, off_by, watch_all};
use crate::system::{
    Build, constant, deadline, even, exponential, fail, hyperexponential, known, lognormal, query, retry, scenario,
    system, wait,
};

const MEAN: f64 = 0.01;

/// Requests in each of 20 replications.
const REQUESTS: f64 = 50_000.0;

/// These steps, on a pool that never fills, asked often.
fn often(steps: Vec<Step>) -> Seen {
    watch_all(&model(steps), 20)
}

fn model(steps: Vec<Step>) -> Model {
    let mut model = system().pool(10_000, |_| ()).open(steps, even(10_000.0, REQUESTS / 10_000.0, 20_000, 20_000));
    model.tests[0].scenarios[0].graceful_stop = 100.0;
    model
}

/// Statements per request.
fn statements(seen: &Seen, name: &str) -> Vec<f64> {
    seen.values("query_count", name, "count").iter().map(|count| count / REQUESTS).collect()
}

fn failed(seen: &Seen) -> Vec<f64> {
    seen.values("http_req_failed", "", "rate").iter().map(|percent| percent / 100.0).collect()
}

/// An attempt fails with probability `p`: `(1 - p^n) / (1 - p)` attempts on average, `p^n` of the
/// requests fail.
#[test]
fn attempts() {
    let (p, attempts) = (0.4f64, 4);
    let try_once = || vec![query(0, constant(MEAN)), fail(p)];
    let seen = often(vec![retry(attempts, try_once())]);
    let lost = p.powi(4);
    let mean = (1.0 - lost) / (1.0 - p);
    let one_less = (1.0 - p.powi(3)) / (1.0 - p);
    agrees("attempts", &statements(&seen, "q0"), mean, &[("one less", one_less), ("for ever", 1.0 / (1.0 - p))]);
    agrees("failed", &failed(&seen), lost, &off_by(0.05, lost));
    agrees("duration", &seen.duration("avg"), mean * MEAN, &off_by(0.01, mean * MEAN));
    assert_eq!(seen.values("errors", "", "count"), seen.values("errors", "intrinsic", "count"));

    // Two loops in one another: the inner one fails with `p^2`, the outer one tries it three times.
    let seen = often(vec![retry(3, vec![retry(2, try_once())])]);
    let (inner, outer) = (p * p, 1.0 + p.powi(2) + p.powi(4));
    let mean = outer * (1.0 + p);
    agrees("attempts", &statements(&seen, "q0"), mean, &off_by(0.01, mean));
    agrees("failed", &failed(&seen), inner.powi(3), &off_by(0.2, inner.powi(3)));

    // Attempts have luck of their own: without it all would fail or none.
    let slow = vec![deadline(MEAN, vec![query(0, exponential(MEAN))])];
    let seen = often(vec![retry(3, slow)]);
    let late = (-1.0f64).exp();
    agrees("failed", &failed(&seen), late.powi(3), &off_by(0.1, late.powi(3)));
    let mean = 1.0 + late + late * late;
    agrees("attempts", &statements(&seen, "q0"), mean, &off_by(0.01, mean));
}

/// Only the causes that are named are tried again.
#[test]
fn causes_that_are_not_tried_again() {
    let try_once = || vec![query(0, constant(MEAN)), fail(0.4)];
    let with = |on| {
        let backoff = Backoff { first: 0.0, factor: 1.0, max: 0.0, jitter: Jitter::None };
        often(vec![Step::Retry { attempts: 3, backoff, on, steps: try_once() }])
    };
    let other = statements(&with(CauseSet::NONE.with(Cause::ApiError)), "q0");
    agrees("attempts", &other, 1.0, &off_by(0.01, 1.0));
    let named = statements(&with(CauseSet::NONE.with(Cause::ApiError).with(Cause::Intrinsic)), "q0");
    agrees("attempts", &named, 1.56, &off_by(0.01, 1.56));
}

/// Delays of 10, 20, 35 (not 40) ms before attempts 2, 3, 4, which happen with `p`, `p^2`, `p^3`;
/// full jitter halves them, equal jitter leaves three quarters.
#[test]
fn delays_between_attempts() {
    let p = 0.5;
    for (jitter, share) in [(Jitter::None, 1.0), (Jitter::Full, 0.5), (Jitter::Equal, 0.75)] {
        let backoff = Backoff { first: 0.01, factor: 2.0, max: 0.035, jitter };
        let steps = vec![fail(p)];
        let seen = often(vec![Step::Retry { attempts: 4, backoff, on: CauseSet::ALL, steps }]);
        let mean = share * (p * 0.01 + p * p * 0.02 + p * p * p * 0.035);
        let unbounded = share * (p * 0.01 + p * p * 0.02 + p * p * p * 0.04);
        let mut mistakes = off_by(0.02, mean).to_vec();
        mistakes.push(("without a longest delay", unbounded));
        agrees("delay", &seen.duration("avg"), mean, &mistakes);
        let longest = seen.mean("http_req_duration", "", "max");
        if jitter != Jitter::None {
            assert!((60.0..65.0).contains(&longest), "{longest}");
        } else {
            assert_eq!(longest, 65.0);
        }
    }
}

/// A share `exp(-d / mean)` is late; all others are as they were; the work goes on to its end.
#[test]
fn a_deadline() {
    let after = 0.015;
    let seen = often(vec![deadline(after, vec![query(0, exponential(MEAN))])]);
    let late = (-after / MEAN).exp();
    agrees("late", &failed(&seen), late, &off_by(0.02, late));
    let mean = MEAN * (1.0 - late);
    agrees("duration", &seen.duration("avg"), mean, &off_by(0.01, mean));
    assert_eq!(seen.same("http_req_duration{failed}", "", "min"), after * 1e3);
    assert_eq!(seen.same("http_req_duration{failed}", "", "max"), after * 1e3);
    assert_eq!(seen.values("errors", "", "count"), seen.values("errors", "deadline", "count"));
    // The statements go on to their ends, but for the few that outlive the test.
    assert!(statements(&seen, "q0").iter().all(|&share| share > 0.999 && share <= 1.0));
    agrees("their mean", &seen.values("query_duration", "q0", "avg"), MEAN * 1e3, &off_by(0.01, MEAN * 1e3));
}

/// The last of `n` exponential branches: `mean (1 + 1/2 + … + 1/n)`; its percentiles are those of the
/// `n`-th power of the law.
#[test]
fn branches_at_once() {
    for n in [1, 2, 5] {
        let branches = vec![vec![query(0, exponential(MEAN))]; n];
        let seen = often(vec![Step::Parallel { branches }]);
        let harmonic: f64 = (1..=n).map(|k| 1.0 / k as f64).sum();
        let exact = MEAN * harmonic;
        let mut mistakes = off_by(0.01, exact).to_vec();
        if n > 1 {
            mistakes.push(("one after the other", n as f64 * MEAN));
            mistakes.push(("the same luck for all", MEAN));
        }
        agrees("duration", &seen.duration("avg"), exact, &mistakes);
        let p95 = -MEAN * (1.0 - 0.95f64.powf(1.0 / n as f64)).ln();
        agrees("p95", &seen.duration("p95"), p95, &off_by(0.025, p95));
        let all = statements(&seen, "q0");
        assert!(all.iter().all(|&each| (each - n as f64).abs() < 1e-9), "{all:?}");
    }
    // One failed branch fails the request, once all are done.
    let branch = |rate, time| vec![wait(constant(time)), fail(rate)];
    let seen = often(vec![Step::Parallel { branches: vec![branch(0.2, 0.01), branch(0.1, 0.02)] }]);
    let lost = 1.0 - 0.8 * 0.9;
    agrees("failed", &failed(&seen), lost, &off_by(0.02, lost));
    assert_eq!(seen.same("http_req_duration", "", "min"), 20.0);
    assert_eq!(seen.same("http_req_duration", "", "max"), 20.0);
}

#[test]
fn ways_by_weight() {
    let way = |weight: f64, steps| (known(weight), steps);
    let branches = vec![
        way(1.0, vec![query(0, constant(MEAN))]),
        way(6.0, vec![]),
        way(3.0, vec![query(0, constant(MEAN)), query(0, constant(MEAN))]),
        way(0.0, vec![fail(1.0)]),
    ];
    let seen = often(vec![Step::Either { branches }]);
    agrees("statements", &statements(&seen, "q0"), 0.7, &off_by(0.02, 0.7));
    assert_eq!(seen.same("errors", "", "count"), 0.0);
    // One after the other fails are independent.
    let seen = often(vec![fail(0.1), fail(0.1)]);
    agrees("failed", &failed(&seen), 0.19, &off_by(0.02, 0.19));
}

/// Laws draw what they say: their percentiles, through the whole simulator.
#[test]
fn percentiles_of_laws() {
    let waits = |law: Law| often(vec![wait(law)]);
    let normal = plimsoll::distribution::normal_score;
    let check = |seen: &Seen, stat: &str, exact: f64| {
        agrees(stat, &seen.duration(stat), exact, &off_by(0.025, exact));
    };
    let seen = waits(exponential(MEAN));
    check(&seen, "p95", -MEAN * 0.05f64.ln());
    let seen = waits(lognormal(MEAN, 0.6));
    let variance = (1.0 + 0.6f64 * 0.6).ln();
    for (stat, p) in [("med", 0.5), ("p95", 0.95), ("p99", 0.99)] {
        check(&seen, stat, (MEAN.ln() - variance / 2.0 + variance.sqrt() * normal(p)).exp());
    }
    let quantiles = vec![(0.5, 0.080), (0.95, 0.145), (0.99, 0.187)];
    let seen = waits(Law::of(Shape::Quantiles(quantiles.clone())));
    for ((_, exact), stat) in quantiles.into_iter().zip(["med", "p95", "p99"]) {
        check(&seen, stat, exact);
    }
    let samples: Vec<f64> = (0..=100).map(|i| 0.001 * f64::from(i * i)).collect();
    let seen = waits(Law::of(Shape::Samples(samples)));
    check(&seen, "p90", 0.001 * 90.0 * 90.0);
    let (low, high, alpha) = (0.001, 0.1, 1.2f64);
    let pareto = Shape::Pareto { low: known(low), high: known(high), alpha: known(alpha) };
    let exact = low * (1.0 - 0.9 * (1.0 - (low / high).powf(alpha))).powf(-1.0 / alpha);
    check(&waits(Law::of(pareto)), "p90", exact);
    let seen = waits(Law::of(Shape::LognormalP95 { mean: known(0.038), p95: known(0.067) }));
    check(&seen, "p95", 0.067);
    check(&seen, "avg", 0.038);
    let seen = waits(hyperexponential(MEAN, 3.0));
    agrees("avg", &seen.duration("avg"), MEAN, &off_by(0.03, MEAN));
}

/// Two parts of a request that share a draw are slow together: the 95th percentile of their sum is
/// the sum of theirs. Independent parts have a smaller one.
#[test]
fn shared_draws_make_parts_slow_together() {
    let part = |share: f64, draw| Law {
        shape: Shape::Lognormal { mean: known(MEAN), cv: known(1.0) },
        scale: vec![plimsoll::model::Factor::Times(known(share))],
        draw,
    };
    let sigma = 2f64.ln().sqrt();
    let p95 = (MEAN.ln() - sigma * sigma / 2.0 + sigma * plimsoll::distribution::normal_score(0.95)).exp();
    let seen = often(vec![wait(part(0.3, Some(0))), query(0, part(0.7, Some(0)))]);
    agrees("p95", &seen.duration("p95"), p95, &off_by(0.025, p95));
    let seen = often(vec![wait(part(0.3, None)), query(0, part(0.7, None))]);
    assert!(seen.mean("http_req_duration", "", "p95") / 1e3 < 0.93 * p95);
    // Also where a deadline or a branch stands between them.
    let inside = [
        deadline(100.0, vec![query(0, part(0.7, Some(0)))]),
        Step::Parallel { branches: vec![vec![query(0, part(0.7, Some(0)))], vec![]] },
    ];
    for step in inside {
        let seen = often(vec![wait(part(0.3, Some(0))), step]);
        agrees("p95", &seen.duration("p95"), p95, &off_by(0.025, p95));
    }
}

/// Time between client and tier is added to every request and holds nothing.
#[test]
fn the_network_adds_its_time() {
    let model = model(vec![query(0, constant(MEAN))]).app(|app| app.network = constant(0.003));
    let seen = watch_all(&model, 2);
    assert_eq!(seen.same("http_req_duration", "", "min"), 13.0);
    assert_eq!(seen.same("http_req_duration", "", "max"), 13.0);
    // Faster cores do the same work in less time; contention apart.
    let fast = system()
        .app(|app| app.speed = 2.5)
        .endpoint(vec![crate::system::cpu(constant(MEAN))])
        .iteration(vec![crate::system::request(0)])
        .scenario(scenario("main", 0, even(10.0, 10.0, 10, 10)));
    assert_eq!(watch_all(&fast, 2).same("http_req_duration", "", "max"), 4.0);
}
