//! What processes let in, against arithmetic.

use std::path::Path;

use plimsoll::engine::program::AdaptSpec;
use plimsoll::model::Model;
use plimsoll::model::resolve::load_model_text;

use crate::seen::{Seen, watch, watch_all};

fn model(tier: &str, steps: &str, test: &str) -> Model {
    let text =
        format!("[tier.app]\ncores = 100\n{tier}\n[endpoint.\"GET /\"]\nsteps = [{steps}]\n[test.full]\n{test}\n");
    load_model_text(&text, "admission", Path::new(""), None, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn even(rate: u32, duration: &str) -> String {
    format!(
        "executor = \"constant-arrival-rate\"\nrate = \"{rate}/s\"\nduration = \"{duration}\"\npreAllocatedVUs = 1000"
    )
}

fn run(admission: &str, runtime: &str) -> Seen {
    let tier = format!("admission = {{ {admission} }}\n{runtime}");
    watch_all(&model(&tier, "{ wait = \"1s\" }", &even(20, "30s")), 2)
}

const RUNTIMES: [&str; 2] = ["", "runtime = { threads = 100 }"];

/// 20 a second that take one second each, of which ten may be inside: every other ten are refused.
#[test]
fn what_is_over_the_limit_is_shed() {
    for runtime in RUNTIMES {
        let seen = run("in_flight = 10", runtime);
        assert_eq!(seen.same("errors", "shed", "count"), 300.0);
        assert_eq!(seen.same("errors", "", "count"), 300.0);
        assert_eq!(seen.same("http_req_duration{failed}", "", "max"), 0.0);
        assert_eq!(seen.same("http_req_duration{ok}", "", "max"), 1_000.0);
        assert_eq!(seen.same("requests_admitted", "app", "max"), 10.0);
    }
    // Of two processes each lets in so many.
    assert_eq!(run("in_flight = 10", "processes = 2").same("errors", "", "count"), 0.0);
}

/// Five may wait; or any number, for a quarter of a second.
#[test]
fn who_waits_is_refused_at_the_bound_or_when_time_is_over() {
    for runtime in RUNTIMES {
        let seen = run("in_flight = 10, backlog = 5", runtime);
        let full = seen.same("errors", "queue_full", "count");
        // 600 came, ten a second go in, and so do the last five that wait.
        assert_eq!(full, 600.0 - 300.0 - 5.0);
        assert_eq!(seen.same("requests_waiting", "app", "max"), 5.0);
        let seen = run("in_flight = 10, backlog = 100, wait = \"250ms\"", runtime);
        assert_eq!(seen.same("http_req_duration{failed}", "", "max"), 250.0);
        assert_eq!(seen.same("http_req_duration{failed}", "", "min"), 250.0);
        let late = seen.same("errors", "request_timeout", "count");
        assert!((late - 295.0).abs() <= 5.0 && late == seen.same("errors", "", "count"), "{late}");
        assert!(seen.same("http_req_duration{ok}", "", "max") <= 1_250.0);
    }
}

/// With answers of 1 s: where that is slow the limit falls to its least, where it is quick it grows to its most.
#[test]
fn an_adaptive_limit_follows_response_times() {
    for (latency, limit) in [("500ms", 5.0), ("2s", 40.0)] {
        let tier =
            format!("admission = {{ adaptive = {{ latency = \"{latency}\", initial = 10, min = 5, max = 40 }} }}");
        let seen = watch(&model(&tier, "{ wait = \"1s\" }", &even(50, "60s")), 20.0, 60.0, 2);
        assert!((seen.mean("requests_admitted", "app", "avg") - limit).abs() < 0.2, "{latency}");
        assert_eq!(seen.same("requests_admitted", "app", "max"), limit, "{latency}");
        let shed = seen.mean("errors", "shed", "rate");
        assert!((shed - (50.0 - limit)).abs() < 0.3, "{latency}: {shed}");
    }
}

/// One core and 10 ms each: so many inside take so many times 10 ms, and above twenty that is slow.
#[test]
fn an_adaptive_limit_keeps_response_times_where_they_shall_be() {
    let tier = "admission = { adaptive = { latency = \"200ms\", min = 2 } }\nruntime = { threads = 1000 }";
    let mut model = model(tier, "{ cpu = \"10ms\" }", &even(300, "60s"));
    model.tiers[0].cores = 1.0;
    let seen = watch(&model, 20.0, 60.0, 4);
    // In the 200 ms before the first slow answer is seen 20 more are let in, so that answers take 400 ms at most.
    let most = seen.mean("requests_admitted", "app", "max");
    assert!(most > 20.0 && most <= 41.0, "{most}");
    assert!((seen.mean("http_reqs", "", "rate") - 300.0).abs() < 1.0);
    assert!(seen.mean("cpu", "app", "avg") > 99.0);
    assert!(seen.mean("http_req_duration{ok}", "", "max") <= 410.0);
}

/// The steps of Netflix's AIMDLimit.
#[test]
fn the_limit_moves_as_the_published_one() {
    let adapts = AdaptSpec { slow: 100, backoff: 0.9, min: 20, max: 200 };
    let table = [
        // (limit, held, in use, next)
        (100, 100, 50, 101),
        (100, 100, 49, 100),
        (100, 101, 1, 90),
        (21, 500, 21, 20),
        (200, 1, 200, 200),
        (199, 101, 199, 179),
    ];
    for (limit, held, in_use, next) in table {
        assert_eq!(adapts.next(limit, held, in_use), next, "{limit} {held} {in_use}");
    }
}
