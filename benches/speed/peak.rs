//! The peak test of the booking platform, as `plimsoll run` predicts it.

use std::path::Path;
use std::time::Instant;

use plimsoll::compile::compile;
use plimsoll::engine::run;
use plimsoll::model::resolve::{Wanted as Asked, load_model_for};
use plimsoll::study::observe::Wanted;
use plimsoll::study::predict::{Effort, Unwatched, predict};

/// One replication, then 100 by one thread and by two.
pub fn report() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/whatsapp.toml");
    let asked = Asked { test: Some("peak"), ..Asked::default() };
    let model = load_model_for(&path, asked).expect("loads");
    let test = model.tests.iter().find(|test| test.name == "peak").expect("is there");
    // The least of every uncertain number: holds are short, and as many requests pass as were recorded.
    let inputs: Vec<f64> = model.inputs.iter().map(|input| input.low).collect();
    let compiled = compile(&model, test, &inputs, &[]).expect("compiles");
    let mut best = f64::INFINITY;
    let mut requests = 0;
    for seed in 0..7 {
        let begun = Instant::now();
        let measured = run(&compiled.program, seed, || true).expect("runs");
        best = best.min(begun.elapsed().as_secs_f64());
        requests = measured.durations.iter().map(plimsoll::measure::Histogram::count).sum();
    }
    println!(
        "{:28} {:7.3} s for one replication of {requests} requests ({:.2} M requests/s)",
        "d  the peak test",
        best,
        requests as f64 / best / 1e6
    );
    let hundred = |threads| {
        let effort = Effort { seed: 1, first: 0, replications: 100, precision: None, max_replications: 100, threads };
        let begun = Instant::now();
        predict(&model, test, "", &Wanted::default(), &effort, &Unwatched).expect("predicts");
        begun.elapsed().as_secs_f64()
    };
    let (one, two) = (hundred(1), hundred(2));
    println!(
        "{:28} {one:7.2} s for 100 replications by one thread, {two:.2} s by two: {:.2} times as fast",
        "d  the peak test",
        one / two
    );
}
