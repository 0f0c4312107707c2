//! What is proved to fail fails when it is simulated.

use std::path::Path;

use plimsoll::model::resolve::{Wanted as Chosen, load_model_for};
use plimsoll::model::{Comparison, Metric, Objective, Severity, TestSpan};
use plimsoll::study::instant::{Failed, Proof, instant};
use plimsoll::study::observe::Wanted;
use plimsoll::study::predict::{Effort, Unwatched, predict};
use plimsoll::study::prediction::Status;

use crate::system::{Build, constant, fail, request, scenario, system, think, users, wait};

/// What is proved of a test with these changes, after the simulation has agreed.
fn proved(model: &str, name: &str, sets: &[&str]) -> Vec<Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("models/{model}.toml"));
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let chosen = Chosen { test: Some(name), sets: &sets, ..Chosen::default() };
    let model = load_model_for(&path, chosen).unwrap_or_else(|problems| panic!("{problems}"));
    let test = model.tests.iter().find(|test| test.name == name).expect("the test");
    let found = instant(&model, test).expect("compiles").failed;
    let wanted = Wanted::default();
    let effort = Effort { seed: 1, replications: 4, precision: None, max_replications: 4, threads: 2 };
    let prediction = predict(&model, test, "", &wanted, &effort, &Unwatched).expect("simulates");
    for failed in &found {
        let verdict = prediction.verdicts.iter().find(|verdict| verdict.slo == failed.slo).expect("judged");
        assert_eq!(verdict.status, Status::Fail, "{failed:?}: {verdict:?}");
        assert_eq!(verdict.probability, 0.0, "{failed:?}");
    }
    found
}

#[test]
fn a_pool_far_too_small_is_too_slow() {
    let found = proved("whatsapp", "peak", &["pool.main.max=1", "pool.main.min=1"]);
    let slow = found.iter().find(|failed| failed.slo.contains("http_req_duration")).expect("proved");
    assert!(matches!(&slow.proof, Proof::Slow { resource, .. } if resource == "pool main"), "{slow:?}");
}

#[test]
fn a_small_pool_cannot_pass_what_many_ask() {
    let thresholds = "test.peak.thresholds={ http_reqs = [\"rate>300\"] }";
    let found = proved("whatsapp", "peak", &["pool.main.max=4", thresholds]);
    let proof = found.first().map(|failed| &failed.proof);
    assert!(matches!(proof, Some(Proof::Throughput { resource, .. }) if resource == "pool main"), "{found:?}");
    assert!(found[0].why.starts_with("pool main lets at most"), "{}", found[0].why);
}

#[test]
fn failures_of_their_own_are_too_many() {
    let mut test = scenario("s", 0, users(50, 100.0));
    test.request_timeout = 1.0;
    let model = system().endpoint(vec![wait(constant(0.01)), fail(0.3)]);
    let mut model = model.iteration(vec![request(0), think(constant(0.1))]).scenario(test);
    let metric = Metric { name: "http_req_failed".into(), scope: String::new(), stat: "rate".into() };
    model.tests[0].objectives = [5.0, 35.0]
        .map(|bound| Objective {
            text: format!("rate<{bound}%"),
            metric: metric.clone(),
            span: TestSpan::Whole,
            comparison: Comparison::Less,
            bound,
            relative: None,
            severity: Severity::Required,
        })
        .into();
    let found = instant(&model, &model.tests[0]).expect("compiles").failed;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(matches!(found[0].proof, Proof::Failing { share_at_least, .. } if (0.2..0.3).contains(&share_at_least)));
}

#[test]
fn what_holds_is_not_proved_to_fail() {
    assert_eq!(proved("whatsapp", "baseline", &[]), []);
}
