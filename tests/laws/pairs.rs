//! Two systems that differ in one thing are compared under the same luck, so that their difference
//! shows with few replications; and what must not make things worse does not.

use std::path::Path;

use plimsoll::model::Model;
use plimsoll::model::resolve::{self, load_model_for};
use plimsoll::study::observe::Wanted;
use plimsoll::study::predict::{Effort, Unwatched, predict};
use plimsoll::study::prediction::Prediction;

use crate::system::{Build, constant, cpu, exponential, lognormal, query, system, users};

/// The recorded peak in small: a closed system whose pool is nearly always full.
fn closed(pool: u32, vus: u32) -> Model {
    let mut model = system().app(|app| app.cores = 4.0);
    model.databases[0].cores = 2.0;
    let steps = vec![cpu(exponential(0.006)), query(0, lognormal(0.045, 0.6))];
    model.pool(pool, |_| ()).closed(steps, constant(0.84), users(vus, 60.0))
}

fn predicted(model: &Model, replications: usize) -> Prediction {
    let effort =
        Effort { seed: 5, first: 0, replications, precision: None, max_replications: replications, threads: 2 };
    let wanted = Wanted { windows: vec![(10.0, 60.0)], ..Wanted::default() };
    predict(model, &model.tests[0], "", &wanted, &effort, &Unwatched).expect("simulates")
}

fn values(prediction: &Prediction, metric: &str, stat: &str) -> Vec<f64> {
    prediction.row(metric, "", stat, Some((10.0, 60.0))).expect("a row").values.clone()
}

fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64
}

/// Variance of the difference, run by run, over what it would be under unrelated luck.
fn ratio(a: &[f64], b: &[f64]) -> f64 {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    variance(&differences) / (variance(a) + variance(b))
}

/// Far below the knee and far above it. At the knee itself one system is full and the other is not:
/// then the spreads differ twofold, and even perfect pairing would leave a fifth of the variance.
#[test]
fn shared_luck_makes_differences_sharp() {
    let runs = 80;
    for vus in [300, 700] {
        let (small, large) = (predicted(&closed(24, vus), runs), predicted(&closed(26, vus), runs));
        for (metric, stat) in [("http_req_duration", "avg"), ("http_reqs", "rate")] {
            let (a, b) = (values(&small, metric, stat), values(&large, metric, stat));
            let paired = ratio(&a, &b);
            // Against the runs of other seeds there is no gain: the measure can tell.
            let shifted: Vec<f64> = b[1..].iter().chain(&b[..1]).copied().collect();
            let unpaired = ratio(&a, &shifted);
            assert!(paired <= 0.2, "{vus} users, {metric}: {paired:.3} of the variance is left");
            assert!(unpaired > 0.5, "{metric}: {unpaired:.3}");
        }
    }
}

/// The real case: the recorded peak, on which the whole difference between 24 and 26 connections is
/// a question, at the knee and with all its measured ranges.
#[test]
fn the_recorded_peak_compares_the_pool_and_not_the_luck() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/whatsapp.toml");
    let with = |pool: u32| {
        let sets = [format!("pool.main.max={pool}")];
        let model =
            load_model_for(&file, resolve::Wanted { test: Some("peak"), sets: &sets, ..resolve::Wanted::default() });
        let model = model.expect("a model");
        let test = model.tests.iter().find(|test| test.name == "peak").expect("the test");
        let effort = Effort { seed: 5, first: 0, replications: 30, precision: None, max_replications: 30, threads: 2 };
        predict(&model, test, "", &Wanted::default(), &effort, &Unwatched).expect("simulates")
    };
    let (small, large) = (with(24), with(26));
    let figures = [("http_req_duration", "avg"), ("http_req_duration", "p50"), ("http_req_duration", "p95")];
    for (metric, stat) in figures.into_iter().chain([("http_req_duration", "p99"), ("http_reqs", "rate")]) {
        let of = |prediction: &Prediction| prediction.row(metric, "", stat, None).expect("a row").values.clone();
        let (a, b) = (of(&small), of(&large));
        let shifted: Vec<f64> = b[1..].iter().chain(&b[..1]).copied().collect();
        let (paired, unpaired) = (ratio(&a, &b), ratio(&a, &shifted));
        assert!(paired <= 0.2, "{metric} {stat}: {paired:.3} of the variance is left");
        assert!(unpaired > 0.5, "{metric} {stat}: {unpaired:.3}");
    }
}

/// Without contention one more connection never costs throughput, and never adds waiting.
#[test]
fn a_larger_pool_never_hurts() {
    let mut last: Option<(f64, f64)> = None;
    for pool in [8, 12, 16, 20, 22, 24, 28, 40, 200] {
        let prediction = predicted(&closed(pool, 400), 6);
        let mean = |metric: &str, scope: &str, stat: &str| {
            prediction.row(metric, scope, stat, Some((10.0, 60.0))).expect("a row").estimate.value
        };
        let now = (mean("http_reqs", "", "rate"), mean("connection_wait", "pool0", "avg"));
        if let Some((rate, waited)) = last {
            // Luck is shared, so what is left of noise is small.
            assert!(now.0 >= rate * 0.998, "{pool} connections: {} after {rate} requests/s", now.0);
            assert!(now.1 <= waited * 1.02 + 0.01, "{pool} connections: waits of {} after {waited} ms", now.1);
        }
        last = Some(now);
    }
}

/// Nor do more users, before the same pool, get less done together.
#[test]
fn more_users_never_get_less_done() {
    let rates: Vec<f64> = [50, 100, 200, 400, 420, 800]
        .map(|vus| values(&predicted(&closed(20, vus), 4), "http_reqs", "rate").iter().sum::<f64>() / 4.0)
        .to_vec();
    assert!(rates.windows(2).all(|pair| pair[1] >= pair[0] * 0.995), "{rates:?}");
}
