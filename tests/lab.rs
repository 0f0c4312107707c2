//! What our own lab recorded, predicted from runs that show nothing of it: retries and a rate limit from
//! a run without both, a cold cache of 4 MB from its key stream alone, a full pool from an idle one.

use std::path::Path;

use plimsoll::model::Role;
use plimsoll::model::resolve::{Wanted as Chosen, load_model_for};
use plimsoll::recording::read;
use plimsoll::study::observe::Wanted;
use plimsoll::study::predict::{Effort, Unwatched, predict};

/// How far off a figure may be.
enum Within {
    Points(f64),
    Share(f64),
}

use Within::{Points, Share};

/// Predicts a held-out test of the lab and lays figures of its steady window beside those recorded:
/// metric, scope, statistic.
fn holds(name: &str, window: (f64, f64), figures: &[(&str, &str, &str, Within)]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let chosen = Chosen { test: Some(name), ..Chosen::default() };
    let model = load_model_for(&root.join("models/lab.toml"), chosen).unwrap_or_else(|p| panic!("{p}"));
    let test = model.tests.iter().find(|test| test.name == name).expect("the test");
    assert!(test.recordings.iter().all(|recording| recording.role == Role::Validate));
    let recorded = read(&test.recordings[0].path).expect("a recording");
    let wanted = Wanted { windows: vec![window], ..Wanted::default() };
    let effort = Effort { seed: 1, replications: 40, precision: None, max_replications: 40, threads: 2 };
    let prediction = predict(&model, test, "", &wanted, &effort, &Unwatched).expect("simulates");
    for (metric, scope, stat, within) in figures {
        let is_it = |metric: &str, scope: &str, stat: &str, key: (&str, &str, &str)| (metric, scope, stat) == key;
        let key = (*metric, *scope, *stat);
        let observed = recorded.observations.iter().find(|o| is_it(&o.metric, &o.scope, &o.stat, key));
        let seen = observed.and_then(|o| o.value).unwrap_or_else(|| panic!("{name}: no {metric} {scope} {stat}"));
        let row = prediction.row(metric, scope, stat, Some(window)).expect("predicted");
        // The mean of the replications is itself known to its confidence interval only.
        let off = (seen.clamp(row.estimate.mean_low, row.estimate.mean_high) - seen).abs();
        let (off, tolerance) = match within {
            Points(points) => (off, *points),
            Share(share) => (off / seen, *share),
        };
        assert!(off <= tolerance, "{name}: {metric} {scope} {stat}: {} for {seen}", row.estimate.value);
    }
}

/// Without retries it was 8 % of errors, one attempt, and 0.78 instead of 1.9 s.
#[test]
fn retries_against_a_limited_api() {
    let figures = [
        ("http_req_failed", "ai", "rate", Points(1.5)),
        ("api_attempts", "ai", "avg", Share(0.04)),
        ("http_req_duration", "ai", "p95", Share(0.06)),
    ];
    holds("f4_r3_rl40", (5.0, 50.0), &figures);
}

/// A cache without eviction would hit in 69 % of the run, one of 8 MB in 50 %.
#[test]
fn a_cold_cache_of_four_megabytes() {
    for name in ["f3_lru4", "f3_lfu4"] {
        let figures = [
            ("hit_ratio", "redis", "avg", Points(1.0)),
            ("evictions", "redis", "rate", Share(0.03)),
            ("keys", "redis", "avg", Share(0.03)),
            ("http_req_duration", "", "p95", Share(0.05)),
        ];
        holds(name, (25.0, 65.0), &figures);
    }
}

/// From 20 users and a pool that never fills. The mean wait is not among these: one percent of the hold is
/// five of the wait here, and the hold is known to two and a half. The error rate of the smaller pool is off by as
/// much as is allowed (1.49 points, by 900 replications): in that run 70.1 % of lookups hit, where the same key stream
/// gave 73.0 % in the other and gives 72 % on average.
#[test]
fn full_pools() {
    let mean = [
        ("http_reqs", "", "rate", Share(0.015)),
        ("http_req_duration", "", "p50", Share(0.08)),
        ("http_req_duration", "", "p95", Share(0.05)),
        ("http_req_duration", "", "p99", Share(0.06)),
    ];
    holds("pool20", (30.0, 90.0), &mean);
    let timeouts = [
        ("http_reqs", "", "rate", Share(0.02)),
        ("http_req_duration", "", "p50", Share(0.03)),
        ("http_req_duration", "", "p95", Share(0.03)),
        ("http_req_duration", "", "p99", Share(0.03)),
        ("http_req_failed", "", "rate", Points(1.5)),
    ];
    holds("pool10_to500", (30.0, 90.0), &timeouts);
}
