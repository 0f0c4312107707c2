//! How fast the engine is: `cargo bench` prints requests per second and bytes per user.
//!
//! Everything a prediction records is recorded: percentiles, series, time accounts. Figures are of
//! one thread unless they say otherwise; each is the best of a few runs, since other work on the
//! machine only ever slows them.

#[path = "speed/models.rs"]
mod models;
#[path = "speed/peak.rs"]
mod peak;
#[path = "speed/store.rs"]
mod store;

use std::time::Instant;

use plimsoll::compile::{Compiled, compile};
use plimsoll::engine::run;
use plimsoll::measure::{Histogram, Measurements};
use plimsoll::model::Model;

fn main() {
    // `cargo bench -- NAME` runs what NAME begins.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if wanted.iter().any(|w| w == store::MEMORY) {
        return store::memory();
    }
    let asked = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.starts_with(w.as_str()));
    // First, since memory is told by the peak of the process.
    if asked("e") {
        idle_users();
    }
    if asked("a") {
        report("a  M/M/20 at 90 %", &models::mm20(seconds(500.0)), 5);
    }
    if asked("b") {
        report("b  500 users, pool 20", &models::closed(500, 1), 5);
    }
    if asked("c") {
        report("c  100,000 users, scaled", &models::closed(100_000, 200), 1);
    }
    if asked("d") {
        peak::report();
    }
    if asked("f") {
        store::report();
    }
}

/// A shorter run, for instruction counting: `PLIMSOLL_BENCH_S=5`.
fn seconds(usual: f64) -> f64 {
    std::env::var("PLIMSOLL_BENCH_S").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn program(model: &Model) -> Compiled {
    compile(model, &model.tests[0], &[], &[]).expect("compiles")
}

/// Runs the first test of a model a few times and prints the best.
fn report(name: &str, model: &Model, times: u64) {
    let compiled = program(model);
    let mut best = f64::INFINITY;
    let mut last = None;
    for seed in 0..times {
        let begun = Instant::now();
        let measured = run(&compiled.program, seed, || true).expect("runs");
        best = best.min(begun.elapsed().as_secs_f64());
        last = Some(measured);
    }
    let Some(measured) = last else { return };
    let all = all(&measured);
    let ms = |p: f64| all.percentile(p).unwrap_or(f64::NAN) / 1e6;
    println!(
        "{name:28} {:7.2} M requests/s  {:6.1} ns each   ({} requests, mean {:.3} ms, p95 {:.3} ms, p99 {:.3} ms, peak {} MB)",
        all.count() as f64 / best / 1e6,
        best / all.count() as f64 * 1e9,
        all.count(),
        all.mean().unwrap_or(f64::NAN) / 1e6,
        ms(0.95),
        ms(0.99),
        peak_kb() / 1024,
    );
}

fn all(measured: &Measurements) -> Histogram {
    let mut all = Histogram::default();
    measured.durations.iter().for_each(|h| all.merge(h));
    all
}

fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

/// Memory of a million users who think for a minute and ask for a millisecond.
fn idle_users() {
    const USERS: u32 = 1_000_000;
    let before = peak_kb();
    let model = models::idle(USERS);
    let measured = run(&program(&model).program, 1, || true).expect("runs");
    let bytes = peak_kb().saturating_sub(before) * 1024 / u64::from(USERS);
    println!("{:28} {bytes} bytes per user, mostly idle ({} requests)", "e  a million users", all(&measured).count());
}
