//! What our own lab recorded, predicted from runs that show nothing of it: retries and a rate limit from
//! a run without both, a cold cache of 4 MB from its key stream alone, a full pool from an idle one.

use std::path::Path;

use plimsoll::model::Role;
use plimsoll::model::resolve::{Wanted as Chosen, load_model_for};
use plimsoll::recording::read;
use plimsoll::study::observe::Wanted;
use plimsoll::study::predict::{Effort, Unwatched, predict};
use plimsoll::study::prediction::Prediction;

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
    let effort = Effort { seed: 1, first: 0, replications: 40, precision: None, max_replications: 40, threads: 2 };
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

/// From 95 requests/s evenly to 190 at random: waiting that the calibration run does not have. Served without a
/// line the median would be 2.8 ms and p95 11.
#[test]
fn an_event_loop() {
    let figures = [
        ("http_req_duration", "", "p50", Share(0.08)),
        ("http_req_duration", "", "p95", Share(0.08)),
        ("http_req_duration", "", "p99", Share(0.08)),
        ("event_loop_utilisation", "app", "avg", Share(0.03)),
    ];
    holds("f2_cpu60_poisson", (5.0, 40.0), &figures);
    // The balancer adds time that no calibration run has: most of what a median request takes here.
    let two = [
        ("http_req_duration", "", "p95", Share(0.06)),
        ("http_req_duration", "", "p99", Share(0.06)),
        ("event_loop_utilisation", "app", "avg", Share(0.1)),
    ];
    holds("f2_2w_cpu60_poisson", (5.0, 40.0), &two);
}

/// A test of the lab under a variant and changes.
fn changed(test: &str, variant: Option<&str>, sets: &[&str], window: (f64, f64)) -> Prediction {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let chosen = Chosen { test: Some(test), variant, sets: &sets, varied: &[] };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = load_model_for(&root.join("models/lab.toml"), chosen).unwrap_or_else(|p| panic!("{p}"));
    let test = model.tests.iter().find(|one| one.name == test).expect("the test");
    let effort = Effort { seed: 1, first: 0, replications: 10, precision: None, max_replications: 10, threads: 2 };
    let wanted = Wanted { windows: vec![window], ..Wanted::default() };
    predict(&model, test, "", &wanted, &effort, &Unwatched).expect("simulates")
}

/// The pooler as a variant, and key by key. Sixty clients are ten servers: what passes is the servers over
/// the mean hold, which is known from the calibration runs and the hits of the run itself.
#[test]
fn a_pooler_before_the_database() {
    let by_keys = [
        "tier.app.processes=2",
        "pool.main.max=30",
        "pooler.pgbouncer.mode=transaction",
        "pooler.pgbouncer.default_pool_size=10",
        "pooler.pgbouncer.max_client_conn=500",
        "pooler.pgbouncer.connect=4.9ms..5.6ms",
        "pool.main.pooler=pgbouncer",
    ];
    let window = (30.0, 90.0);
    let variant = changed("pool20", Some("pgbouncer10"), &[], window);
    let keys = changed("pool20", None, &by_keys, window);
    for seen in [&variant, &keys] {
        let row = |metric: &str, scope: &str, stat: &str| {
            seen.row(metric, scope, stat, Some(window)).unwrap_or_else(|| panic!("no {metric} {scope} {stat}"))
        };
        assert_eq!(row("connections_active", "pgbouncer", "max").estimate.value, 10.0);
        assert!(row("connections_active", "pgbouncer", "avg").estimate.value > 9.99);
        assert!(row("connections_active", "main", "avg").estimate.value > 55.0);
        let miss = 1.0 - row("hit_ratio", "redis", "avg").estimate.value / 100.0;
        // Seconds by endpoint and share of requests, as in the model.
        let hold = 0.4 * miss * 0.0620 + 0.25 * 0.0807 + 0.2 * 0.1813 + 0.1 * 0.1523 + 0.05 * 0.0066;
        let rate = &row("http_reqs", "", "rate").estimate;
        let passes = 10.0 / hold;
        assert!(rate.low < passes && passes < rate.high, "{passes} is not in {} to {}", rate.low, rate.high);
        assert!((rate.value / passes - 1.0).abs() < 0.02, "{} for {passes}", rate.value);
        assert!(rate.high < 11.0 / hold, "an eleventh server would not be found out: {}", rate.high);
    }
}

/// Runs of the lab that are not recorded here, as changes of those that are.
#[test]
fn what_the_lab_ran_besides() {
    let cold = (25.0, 65.0);
    let value = |seen: &Prediction, metric: &str, scope: &str, stat: &str, window: (f64, f64)| {
        let row = seen.row(metric, scope, stat, Some(window));
        row.unwrap_or_else(|| panic!("no {metric} {scope} {stat}")).estimate.value
    };
    let hits: Vec<f64> = ["2MiB", "4MiB", "8MiB", "16MiB"]
        .map(|size| changed("f3_lru4", None, &[&format!("cache.redis.maxmemory={size}")], cold))
        .iter()
        .map(|seen| value(seen, "hit_ratio", "redis", "avg", cold))
        .collect();
    assert!(hits.is_sorted_by(|less, more| less + 5.0 < *more), "more memory, more hits: {hits:?}");
    let with = |policy: &str| changed("f3_lru4", None, &[&format!("cache.redis.policy={policy}")], cold);
    // All keys have the same time to live: the one that ends first is the one written first.
    let by_end = value(&with("volatile-ttl"), "hit_ratio", "redis", "avg", cold);
    assert!(by_end + 2.0 < hits[1], "first in, first out hits less: {by_end}");
    let full = with("noeviction");
    assert_eq!(value(&full, "evictions", "redis", "count", cold), 0.0);
    assert!(value(&full, "writes_refused", "redis", "count", cold) > 1_000.0);
    assert_eq!(value(&full, "http_req_failed", "", "rate", cold), 0.0, "a refused write is no failure");

    // Two pools of five in turns pass no more than one of ten.
    let steady = (30.0, 90.0);
    let two = changed("pool20", None, &["tier.app.processes=2", "pool.main.max=5"], steady);
    let one = changed("pool20", None, &["pool.main.max=10"], steady);
    let [two_pass, one_pass] = [&two, &one].map(|seen| value(seen, "http_reqs", "", "rate", steady));
    assert!(two_pass > 0.95 * one_pass && two_pass < 1.005 * one_pass, "{two_pass} for {one_pass}");

    let spike = (50.0, 100.0);
    let six = changed("spike12", None, &["pool.main.max=6"], spike);
    assert_eq!(value(&six, "connections_active", "main", "max", spike), 12.0);
    assert!(value(&six, "http_req_failed", "", "rate", spike) > 1.0, "pools of 6 make who waits for 2 s fail");
    let busy = (5.0, 50.0);
    let jitter = changed("f4_r3_rl40", None, &["api.ai.retry.jitter=full"], busy);
    let unlimited = ["api.ai.rate_limit.rate=1000000/s", "api.ai.rate_limit.burst=1000000"];
    let unlimited = changed("f4_r3_rl40", None, &unlimited, busy);
    let failed = |seen: &Prediction| value(seen, "http_req_failed", "", "rate", busy);
    assert!(failed(&jitter) > 20.0 && failed(&unlimited) < 0.5, "{} {}", failed(&jitter), failed(&unlimited));
}
