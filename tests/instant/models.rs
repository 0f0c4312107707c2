//! Every test of every model beside two replications of it.

use std::path::Path;

use plimsoll::compile::compile;
use plimsoll::engine::run;
use plimsoll::model::resolve::{Wanted as Chosen, load_model_for};
use plimsoll::study::instant::instant;
use plimsoll::study::observe::{Wanted, observe};
use plimsoll::study::predict::{Effort, Unwatched, predict};
use plimsoll::study::prediction::{Key, Status};

/// Lays all tests of a model beside their simulation.
fn stays_within(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("models/{name}.toml"));
    let load = |test: Option<&str>| load_model_for(&path, Chosen { test, ..Chosen::default() }).expect("loads");
    for test in load(None).tests {
        let model = load(Some(&test.name));
        let test = model.tests.iter().find(|other| other.name == test.name).expect("the test");
        let found = instant(&model, test).expect("compiles");
        // Bounds are those of the middle of uncertain inputs.
        let middle: Vec<f64> = model.inputs.iter().map(|input| f64::midpoint(input.low, input.high)).collect();
        let windows: Vec<(f64, f64)> = found.windows.iter().map(|w| (w.from_s, w.to_s)).collect();
        let wanted = Wanted { windows: windows.clone(), ..Wanted::default() };
        let compiled = compile(&model, test, &middle, &windows).expect("compiles");
        for seed in [1, 2] {
            let measured = run(&compiled.program, seed, || true).expect("runs");
            let figures = observe(&measured, &compiled.labels, &wanted);
            for window in &found.windows {
                let span = (Some(window.from_s), Some(window.to_s));
                let figure = |metric: &str, stat: &str| {
                    let is_it = |key: &Key| {
                        (key.metric.as_str(), key.scope.as_str(), key.stat.as_str()) == (metric, "", stat)
                            && (key.from_s, key.to_s) == span
                    };
                    figures.iter().find(|figure| is_it(&figure.key)).expect("a figure").value
                };
                let answered = figure("http_reqs", "count");
                assert!(answered <= window.most_requests, "{name} {}: {answered} {window:?}", test.name);
                println!(
                    "{name} {} {:.0}..{:.0}: bound {:.1} by {:?}, estimate {:?}, simulated {:.1}/s {:.1} ms",
                    test.name,
                    window.from_s,
                    window.to_s,
                    window.throughput_high,
                    window.limited_by,
                    window.estimate.map(|means| (means.throughput, means.response_s * 1e3)),
                    figure("http_reqs", "rate"),
                    figure("http_req_duration", "avg"),
                );
            }
        }
        if found.failed.is_empty() {
            continue;
        }
        let effort = Effort { seed: 1, replications: 2, precision: None, max_replications: 2, threads: 2 };
        let prediction = predict(&model, test, "", &wanted, &effort, &Unwatched).expect("simulates");
        for failed in &found.failed {
            let verdict = prediction.verdicts.iter().find(|verdict| verdict.slo == failed.slo).expect("judged");
            assert_ne!(verdict.status, Status::Pass, "{name} {}: {failed:?}", test.name);
        }
    }
}

#[test]
fn the_whatsapp_platform_stays_within_its_bounds() {
    stays_within("whatsapp");
}

#[test]
fn the_lab_stays_within_its_bounds() {
    stays_within("lab");
}

#[test]
fn the_chat_backend_stays_within_its_bounds() {
    stays_within("chat");
}

#[test]
fn the_wallet_api_stays_within_its_bounds() {
    stays_within("wallet");
}

#[test]
fn alphapulse_stays_within_its_bounds() {
    stays_within("alphapulse");
}
