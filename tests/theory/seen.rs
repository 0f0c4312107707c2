//! What simulated tests showed, held against an exact value.

use plimsoll::compile::{Compiled, compile};
use plimsoll::engine::run;
use plimsoll::measure::Histogram;
use plimsoll::model::Model;
use plimsoll::study::observe::Wanted;
use plimsoll::study::predict::{Effort, Unwatched, predict};
use plimsoll::study::prediction::Prediction;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The interval of the mean holds the exact value with this probability: of a hundred checks of a
/// right engine, nine in ten times none fails (and seeds are fixed, so they stay as they are).
const CONFIDENCE: f64 = 0.999;

/// A wrong engine's mean strays by less than this many standard errors in 99.5 % of all cases.
const STRAY: f64 = 2.6;

/// Means over seconds are kept in single precision.
const ROUNDING: f64 = 1e-6;

/// Replications, the span in which they were watched, and what they showed there.
pub struct Seen {
    prediction: Prediction,
    window: Option<(f64, f64)>,
}

/// Runs the first test of `model` `replications` times and looks at `[warm, end)`.
pub fn watch(model: &Model, warm: f64, end: f64, replications: usize) -> Seen {
    let window = Some((warm, end));
    let wanted = Wanted { windows: vec![(warm, end)], ..Wanted::default() };
    Seen { prediction: predicted(model, &wanted, replications), window }
}

/// Runs the first test of `model` and looks at the whole of it.
pub fn watch_all(model: &Model, replications: usize) -> Seen {
    Seen { prediction: predicted(model, &Wanted::default(), replications), window: None }
}

fn predicted(model: &Model, wanted: &Wanted, replications: usize) -> Prediction {
    let effort = Effort { seed: 20_250_118, replications, precision: None, max_replications: replications, threads: 2 };
    predict(model, &model.tests[0], "", wanted, &effort, &Unwatched).expect("simulates")
}

/// Waits for a pool in one whole run, those of 0 included.
pub fn waits(model: &Model, pool: &str, seed: u64) -> Histogram {
    let Compiled { program, labels } = compile(model, &model.tests[0], &[], &[]).expect("compiles");
    let measured = run(&program, seed, || true).expect("runs");
    let which = labels.permits.iter().position(|label| label.name == pool).expect("a pool");
    let mut all = Histogram::default();
    measured.waits.iter().skip(which).step_by(labels.permits.len()).for_each(|waits| all.merge(waits));
    all
}

impl Seen {
    /// One value per replication, in the contract's unit.
    pub fn values(&self, metric: &str, scope: &str, stat: &str) -> Vec<f64> {
        let row = self.prediction.row(metric, scope, stat, self.window);
        row.unwrap_or_else(|| panic!("no {metric} {scope} {stat}")).values.clone()
    }

    /// The mean over replications.
    pub fn mean(&self, metric: &str, scope: &str, stat: &str) -> f64 {
        let values = self.values(metric, scope, stat);
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// The same value in every replication.
    pub fn same(&self, metric: &str, scope: &str, stat: &str) -> f64 {
        let values = self.values(metric, scope, stat);
        assert!(values.iter().all(|value| *value == values[0]), "{metric} {scope} {stat} varies: {values:?}");
        values[0]
    }

    /// Milliseconds that a median request spends in a part.
    pub fn part(&self, what: &str) -> f64 {
        let parts = &self.prediction.where_time_goes[0].parts;
        parts.iter().find(|part| part.what == what).unwrap_or_else(|| panic!("no {what}: {parts:?}")).ms
    }

    /// Servers of a resource in the busiest stage, and what it allows at most per second.
    pub fn bound(&self, resource: &str) -> (f64, f64) {
        let all = &self.prediction.bottleneck.resources;
        let one = all.iter().find(|one| one.name == resource).unwrap_or_else(|| panic!("no {resource}: {all:?}"));
        (one.servers, one.bound_per_s.expect("it is used"))
    }

    /// Durations of all requests, seconds.
    pub fn duration(&self, stat: &str) -> Vec<f64> {
        seconds(self.values("http_req_duration", "", stat))
    }

    /// Waits for a pool, seconds.
    pub fn wait_for(&self, pool: &str, stat: &str) -> Vec<f64> {
        seconds(self.values("connection_wait", pool, stat))
    }

    /// Answers per second.
    pub fn rate(&self) -> Vec<f64> {
        self.values("http_reqs", "", "rate")
    }
}

fn seconds(ms: Vec<f64>) -> Vec<f64> {
    ms.into_iter().map(|ms| ms / 1e3).collect()
}

/// The mean of values of independent replications: itself, its standard error, and half the width
/// of its interval.
fn interval(values: &[f64]) -> (f64, f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let error = (variance / n).sqrt();
    let t = StudentsT::new(0.0, 1.0, n - 1.0).expect("n > 1").inverse_cdf(0.5 + CONFIDENCE / 2.0);
    (mean, error, t * error)
}

/// The exact value lies in the interval of the mean, and a simulator that makes one of the
/// `mistakes` (what, and the exact value it would then have) is found out: its mean would lie
/// outside, at least 199 times in 200.
#[track_caller]
pub fn agrees(what: &str, values: &[f64], exact: f64, mistakes: &[(&str, f64)]) {
    let (mean, error, half) = interval(values);
    // A resource that is always busy has no spread, only the rounding of its books.
    let half = half.max(ROUNDING * exact.abs());
    assert!(
        (mean - exact).abs() <= half,
        "{what}: {mean:.6} +- {half:.6}, exact {exact:.6}: off by {:.2} %, {:.1} standard errors",
        (mean / exact - 1.0) * 100.0,
        (mean - exact) / error
    );
    assert!(!mistakes.is_empty(), "{what}: a check of no power");
    for (mistake, wrong) in mistakes {
        assert!(
            (wrong - exact).abs() >= half + STRAY * error,
            "{what}: {mean:.6} +- {half:.6} would not find out {mistake}, which gives {wrong:.6} for {exact:.6}"
        );
    }
}

/// Mistakes of a simulator whose value is too small or too large by this share.
pub fn off_by(share: f64, exact: f64) -> [(&'static str, f64); 2] {
    [("a value too small", exact * (1.0 - share)), ("a value too large", exact * (1.0 + share))]
}
