//! "What will this test show?": many runs of one test, and what they say together.

use crate::compile::{CompileError, Compiled, Labels, compile};
use crate::engine::{RunError, run};
use crate::load::stage_windows;
use crate::measure::{Attribution, Measurements};
use crate::model::{Model, Test};
use crate::random::{Draw, derive};
use crate::statistics::{estimate, replicate};

use super::bottleneck::bottleneck;
use super::judge::{judge, unjudged};
use super::observe::{Figure, Wanted, observe};
use super::over_time::{OverTime, series};
use super::prediction::{Prediction, Row, Status, TimePart, TimeShare, Warning};

/// How to predict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    pub seed: u64,
    /// Replications at least.
    pub replications: usize,
    /// Go on until the mean of throughput and p95 is known to this share of itself…
    pub precision: Option<f64>,
    /// … or this many replications have run.
    pub max_replications: usize,
    pub threads: usize,
}

/// Watches a prediction and may stop it.
pub trait Watch: Sync {
    /// A replication is done.
    fn replication_done(&self);
    /// Asked often; false stops the work.
    fn keep_going(&self) -> bool;
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn replication_done(&self) {}
    fn keep_going(&self) -> bool {
        true
    }
}

/// Why there is no prediction.
#[derive(Clone, Debug, PartialEq)]
pub enum PredictError {
    Compile(CompileError),
    Run(RunError, Vec<String>),
}

impl std::fmt::Display for PredictError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PredictError::Compile(CompileError(why)) => write!(f, "{why}"),
            PredictError::Run(RunError::Livelock { at, events }, _) => write!(
                f,
                "livelock: more than {events} events at {:.3} s into the test; requests are refused at once and \
                 sent again at once (give users a think time, or the refusal a time)",
                *at as f64 / 1e9
            ),
            PredictError::Run(RunError::Deadlock { at, .. }, held) => write!(
                f,
                "deadlock: nothing can act again after {:.3} s into the test; held: {}",
                *at as f64 / 1e9,
                if held.is_empty() { "nothing".to_owned() } else { held.join("; ") }
            ),
            PredictError::Run(RunError::Interrupted, _) => write!(f, "interrupted"),
        }
    }
}

impl std::error::Error for PredictError {}

/// Replications without which there is no interval.
const FEWEST: usize = 2;

/// Purpose of the draws of uncertain inputs.
const INPUTS: u64 = 0x1a9_0175;

/// One value of each uncertain input: uniform in its range, named by the input so that variants share it.
fn draw_inputs(model: &Model, seed: u64) -> Vec<f64> {
    let key = derive(seed, INPUTS);
    let value = |input: &crate::model::Input| {
        let name = input.name.bytes().fold(0u64, |key, byte| derive(key, u64::from(byte)));
        input.low + (input.high - input.low) * Draw::new(key, name).uniform()
    };
    model.inputs.iter().map(value).collect()
}

/// What is kept of one replication.
struct Replication {
    figures: Vec<Figure>,
    attribution: Attribution,
    over_time: OverTime,
    cut_at: Option<u64>,
}

/// Predicts `test` of `model`.
///
/// # Errors
/// When the test cannot be compiled, time stands still in it, or it is interrupted before two
/// replications are done; interrupted later, what is done is the prediction.
pub fn predict(
    model: &Model,
    test: &Test,
    variant: &str,
    wanted: &Wanted,
    effort: &Effort,
    watch: &impl Watch,
) -> Result<Prediction, PredictError> {
    let mut wanted = wanted.clone();
    let stages = stage_windows(test);
    for stage in &stages {
        if !wanted.windows.contains(&(stage.from_s, stage.to_s)) {
            wanted.windows.push((stage.from_s, stage.to_s));
        }
    }
    let busiest = crate::load::busiest_window(test);
    if !wanted.windows.contains(&busiest) {
        wanted.windows.push(busiest);
    }
    let compiled = |index: usize| {
        let seed = derive(effort.seed, index as u64);
        let inputs = draw_inputs(model, seed);
        compile(model, test, &inputs, &wanted.windows).map(|compiled| (compiled, seed)).map_err(PredictError::Compile)
    };
    let labels = compiled(0)?.0.labels;
    let one = |index: usize| {
        let (Compiled { program, labels }, seed) = compiled(index)?;
        let measured = run(&program, seed, || watch.keep_going());
        let measured =
            measured.map_err(|error| PredictError::Run(error.clone(), holders(&error, &program, &labels)))?;
        watch.replication_done();
        Ok(keep(measured, &labels, &wanted))
    };
    let first = effort.replications.max(1);
    let (mut replications, mut failure) = replicate(0, first, effort.threads, one);
    // Looked at in fixed steps, so that the number of threads does not matter.
    let mut stopped = format!("{first} replications asked for");
    if let Some(precision) = effort.precision.filter(|_| failure.is_none()) {
        loop {
            let reached = relative_half_width(&replications);
            let n = replications.len();
            if reached <= precision {
                stopped = format!("reached the precision of {:.2} % after {n} replications", precision * 100.0);
                break;
            }
            if n >= effort.max_replications {
                stopped =
                    format!("stopped at the maximum of {n} replications at a precision of {:.2} %", reached * 100.0);
                break;
            }
            let to = (n + first).min(effort.max_replications);
            let (more, failed) = replicate(n, to, effort.threads, one);
            replications.extend(more);
            if failed.is_some() {
                failure = failed;
                break;
            }
        }
    }
    let interrupted = matches!(failure, Some(PredictError::Run(RunError::Interrupted, _)));
    match failure {
        Some(error) if !interrupted || replications.len() < FEWEST => return Err(error),
        Some(_) => stopped = format!("interrupted after {} replications", replications.len()),
        None => {}
    }
    let summary =
        Summary { model, test, variant, effort, labels: &labels, wanted: &wanted, busiest, stopped, interrupted };
    Ok(summary.of(replications))
}

/// Who holds permits in a deadlock, in words.
fn holders(error: &RunError, program: &crate::engine::Program, labels: &Labels) -> Vec<String> {
    let RunError::Deadlock { held, .. } = error else { return Vec::new() };
    held.iter()
        .filter_map(|&(slots, in_use, waiting)| {
            let label = labels.permits.get(program.slots.get(slots)?.gauge as usize)?;
            Some(format!("{in_use} of {} in use, {waiting} waiting", label.name))
        })
        .collect()
}

fn keep(measured: Measurements, labels: &Labels, wanted: &Wanted) -> Replication {
    Replication {
        figures: observe(&measured, labels, wanted),
        over_time: OverTime::of(&measured, labels),
        cut_at: measured.cut_at,
        attribution: measured.attribution,
    }
}

/// The wider of the relative half widths of the means of throughput and p95.
fn relative_half_width(replications: &[Replication]) -> f64 {
    let figure = |metric: &str, stat: &str| {
        let values: Vec<f64> = replications
            .iter()
            .filter_map(|r| r.figures.iter().find(|f| f.key.metric == metric && f.key.stat == stat))
            .map(|figure| figure.value)
            .collect();
        let e = estimate(&values);
        if e.value == 0.0 { 0.0 } else { (e.mean_high - e.mean_low) / 2.0 / e.value }
    };
    figure("http_reqs", "rate").max(figure("http_req_duration", "p95"))
}

/// What the replications of one test say together.
struct Summary<'a> {
    model: &'a Model,
    test: &'a Test,
    variant: &'a str,
    effort: &'a Effort,
    labels: &'a Labels,
    wanted: &'a Wanted,
    busiest: (f64, f64),
    stopped: String,
    interrupted: bool,
}

impl Summary<'_> {
    fn of(self, replications: Vec<Replication>) -> Prediction {
        let rows = self.rows(&replications);
        let mut attribution = replications[0].attribution.clone();
        replications[1..].iter().for_each(|r| attribution.merge(&r.attribution));
        let lines: Vec<&OverTime> = replications.iter().map(|r| &r.over_time).collect();
        let mut prediction = Prediction {
            model: self.model.name.clone(),
            variant: self.variant.to_owned(),
            test: self.test.name.clone(),
            seed: self.effort.seed,
            replications: replications.len(),
            verdicts: Vec::new(),
            bottleneck: bottleneck(&rows, self.labels, self.busiest),
            where_time_goes: where_time_goes(&attribution, self.labels),
            warnings: self.warnings(&replications),
            series: series(&lines, self.labels),
            metrics: rows,
            stopped: self.stopped,
            interrupted: self.interrupted,
        };
        prediction.verdicts = judge(&self.test.objectives, &prediction);
        prediction.warnings.extend(unjudged(&self.test.objectives, &prediction));
        if prediction.warnings.iter().any(|warning| warning.kind == "cut") {
            // What happened before the cut says nothing for the whole test, and gives no bound to
            // hold the offered load against.
            prediction.verdicts.iter_mut().for_each(|verdict| verdict.status = Status::Fail);
        } else {
            prediction.warnings.extend(super::bottleneck::unstable(self.test, &prediction.bottleneck));
        }
        prediction
    }

    fn rows(&self, replications: &[Replication]) -> Vec<Row> {
        let first = &replications[0].figures;
        let mut rows = Vec::with_capacity(first.len());
        for (i, figure) in first.iter().enumerate() {
            let values: Vec<f64> = replications.iter().map(|r| r.figures[i].value).collect();
            // Causes that never came and never could say nothing.
            let by_cause = figure.key.metric == "errors" && !figure.key.scope.is_empty();
            if by_cause && values.iter().all(|&value| value == 0.0) && !self.asked_for(&figure.key.scope) {
                continue;
            }
            rows.push(Row { key: figure.key.clone(), estimate: estimate(&values), unit: figure.unit, values });
        }
        rows
    }

    /// Whether a cause may happen though it did not: pools can always time out.
    fn asked_for(&self, scope: &str) -> bool {
        !self.labels.permits.is_empty() && scope == "acquire_timeout" || self.wanted.scopes.iter().any(|s| s == scope)
    }

    fn warnings(&self, replications: &[Replication]) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let cuts: Vec<f64> = replications.iter().filter_map(|r| r.cut_at).map(|ns| ns as f64 / 1e9).collect();
        if let Some(earliest) = cuts.iter().copied().reduce(f64::min) {
            warnings.push(Warning {
                kind: "cut",
                text: format!(
                    "overload: {} of {} replications had more requests in flight than fit in memory and were cut, \
                     the earliest {earliest:.1} s into the test; figures cover the time before, and no objective holds",
                    cuts.len(),
                    replications.len()
                ),
            });
        }
        for text in &self.model.presets {
            warnings.push(Warning { kind: "preset", text: text.clone() });
        }
        for text in &self.test.taken_from_test {
            warnings.push(Warning { kind: "taken_from_test", text: text.clone() });
        }
        warnings
    }
}

/// Bands of rank around the percentiles that are explained.
const BANDS: [(&str, f64, f64); 3] = [("p50", 0.45, 0.55), ("p95", 0.94, 0.96), ("p99", 0.985, 0.995)];

/// What is too small to name.
const SMALL_SHARE: f64 = 0.002;

fn where_time_goes(attribution: &Attribution, labels: &Labels) -> Vec<TimeShare> {
    let mut shares = Vec::new();
    for (percentile, low, high) in BANDS {
        let Some((duration, parts)) = attribution.between(low, high) else { continue };
        let mut named: Vec<TimePart> = labels
            .parts
            .iter()
            .zip(&parts)
            .map(|(what, ns)| TimePart { what: what.clone(), share: ns / duration, ms: ns / 1e6 })
            .collect();
        let known: f64 = named.iter().map(|part| part.share).sum();
        let rest = (1.0 - known).max(0.0);
        named.push(TimePart { what: "elsewhere".into(), share: rest, ms: rest * duration / 1e6 });
        named.retain(|part| part.share >= SMALL_SHARE);
        named.sort_by(|a, b| b.share.total_cmp(&a.share));
        shares.push(TimeShare { percentile: percentile.into(), duration_ms: duration / 1e6, parts: named });
    }
    shares
}
