//! What our own lab recorded under retries and a rate limit, predicted from its run without both.

use std::path::Path;

use plimsoll::model::Role;
use plimsoll::model::resolve::{Wanted as Chosen, load_model_for};
use plimsoll::recording::read;
use plimsoll::study::observe::Wanted;
use plimsoll::study::predict::{Effort, Unwatched, predict};

/// The steady window, seconds.
const STEADY: (f64, f64) = (5.0, 50.0);

/// Errors within 1.5 points, attempts per call within 4 %, p95 within 6 %. Without retries it was 8 %,
/// one attempt, and 0.78 instead of 1.9 s.
#[test]
fn retries_against_a_limited_api() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = "f4_r3_rl40";
    let chosen = Chosen { test: Some(name), ..Chosen::default() };
    let model = load_model_for(&root.join("models/lab.toml"), chosen).unwrap_or_else(|p| panic!("{p}"));
    let test = model.tests.iter().find(|test| test.name == name).expect("the test");
    assert!(test.recordings.iter().all(|recording| recording.role == Role::Validate));
    let recorded = read(&root.join("data/lab/f4_r3_rl40.csv")).expect("a recording");
    let wanted = Wanted { windows: vec![STEADY], ..Wanted::default() };
    let effort = Effort { seed: 1, replications: 40, precision: None, max_replications: 40, threads: 2 };
    let prediction = predict(&model, test, "", &wanted, &effort, &Unwatched).expect("simulates");
    for (metric, stat, relative, tolerance) in [
        ("http_req_failed", "rate", false, 1.5),
        ("api_attempts", "avg", true, 0.04),
        ("http_req_duration", "p95", true, 0.06),
    ] {
        let observed = recorded.observations.iter().find(|o| o.metric == metric && o.scope == "ai" && o.stat == stat);
        let seen = observed.and_then(|o| o.value).expect("recorded");
        let row = prediction.row(metric, "ai", stat, Some(STEADY)).expect("predicted");
        let off = (row.estimate.value - seen).abs() / if relative { seen } else { 1.0 };
        assert!(off <= tolerance, "{metric} {stat}: {} for {seen}", row.estimate.value);
    }
}
