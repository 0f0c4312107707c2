//! Recorded figures and what a trial predicts for them, on scales on which errors are alike.
//!
//! Times, rates and levels are compared by their logarithms, shares in points. A figure weighs by the inverse square of
//! what it may be off by: the spread of one recording (that of the replications), the error of their mean, the rounding of its last
//! digit, and a floor, since no model is true: 1 %, or 0.3 points.

use super::super::Run;
use super::{Free, Models, Work};
use crate::recording::Observation;
use crate::study::check::wanted;
use crate::study::observe::Wanted;
use crate::study::predict::{Effort, Job, PredictError, Unwatched, Watch, predict_all};
use crate::study::prediction::Prediction;
use crate::study::span::covered;

/// What a model cannot be expected to meet.
const FLOOR_LOG: f64 = 0.01;
const FLOOR_SHARE: f64 = 0.003;
/// Percentiles above this hang on a few requests.
const HIGHEST: f64 = 99.0;
/// Smallest value of a logarithm, relative to what was recorded.
const LEAST: f64 = 1e-3;

/// A figure to be met.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub run: usize,
    pub metric: String,
    pub scope: String,
    pub stat: String,
    pub window: Option<(f64, f64)>,
    pub unit: &'static str,
    pub recorded: f64,
    rounding: f64,
}

impl Target {
    pub fn is_same(&self, other: &Target) -> bool {
        let key = |target: &Target| (target.run, target.metric.clone(), target.scope.clone(), target.stat.clone());
        key(self) == key(other) && self.window == other.window && self.recorded == other.recorded
    }

    pub fn is_share(&self) -> bool {
        self.unit == "%"
    }

    /// On the scale of comparison.
    pub fn scaled(&self, value: f64) -> f64 {
        if self.is_share() { value / 100.0 } else { value.max(LEAST * self.recorded).ln() }
    }

    pub fn plain(&self, scaled: f64) -> f64 {
        if self.is_share() { scaled * 100.0 } else { scaled.exp() }
    }

    fn floor(&self) -> f64 {
        let (floor, rounding) = match self.is_share() {
            true => (FLOOR_SHARE, self.rounding / 100.0),
            false => (FLOOR_LOG, self.rounding / self.recorded),
        };
        floor.hypot(rounding)
    }
}

/// What was predicted for all targets.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    /// By target, scaled: the mean over replications, and each of them.
    pub means: Vec<f64>,
    pub values: Vec<Vec<f64>>,
}

/// The targets, and the means to try.
pub(super) struct Bench<'a> {
    pub targets: Vec<Target>,
    pub free: &'a [Free],
    pub work: Work,
    models: &'a Models<'a>,
    wanted: Vec<Wanted>,
}

impl<'a> Bench<'a> {
    /// # Errors
    /// When a test cannot be compiled or run.
    pub fn new(runs: &[Run], free: &'a [Free], models: &'a Models<'a>, work: Work) -> Result<Bench<'a>, PredictError> {
        let wanted = runs.iter().map(|run| wanted(run.recording, run.test)).collect();
        let mut bench = Bench { targets: Vec::new(), free, work, models, wanted };
        // Two replications say which figures a prediction has.
        let work = Work { replications: 2, ..work };
        let first = Bench { targets: Vec::new(), free, work, models, wanted: bench.wanted.clone() };
        let start = scaled_start(free);
        if let Some(predictions) = first.predicted(&[start], &Unwatched)?.pop().flatten() {
            for (number, (run, prediction)) in runs.iter().zip(&predictions).enumerate() {
                bench.targets.extend(targets(number, run, prediction));
            }
        }
        Ok(bench)
    }

    /// The same without a run.
    pub fn without(&self, run: usize) -> Bench<'a> {
        let targets = self.targets.iter().filter(|target| target.run != run).cloned().collect();
        Bench { targets, free: self.free, work: self.work, models: self.models, wanted: self.wanted.clone() }
    }

    /// Predictions at each of the points; `None` where the model does not allow one.
    fn predicted(&self, points: &[Vec<f64>], watch: &impl Watch) -> Result<Vec<Option<Vec<Prediction>>>, PredictError> {
        let values = |point: &Vec<f64>| -> Vec<f64> {
            self.free.iter().zip(point).map(|(free, scaled)| free.plain(*scaled)).collect()
        };
        let made: Vec<_> = points.iter().map(|point| (self.models)(&values(point))).collect();
        let Work { seed, replications, threads } = self.work;
        let effort = Effort { seed, replications, precision: None, max_replications: replications, threads };
        let mut jobs = Vec::new();
        for models in made.iter().flatten() {
            for ((model, test), wanted) in models.iter().zip(&self.wanted) {
                jobs.push(Job { model, test, variant: "", wanted, effort, series: false });
            }
        }
        let mut done = Vec::new();
        for prediction in predict_all(&jobs, threads, watch) {
            match prediction {
                Ok(prediction) if prediction.interrupted => return Err(PredictError::interruption()),
                other => done.push(other?),
            }
        }
        let mut done = done.into_iter();
        Ok(made.iter().map(|made| made.as_ref().map(|models| done.by_ref().take(models.len()).collect())).collect())
    }

    /// # Errors
    /// As those of predictions, interruption among them.
    pub fn trials(&self, points: &[Vec<f64>], watch: &impl Watch) -> Result<Vec<Option<Trial>>, PredictError> {
        let predicted = self.predicted(points, watch)?;
        Ok(predicted.into_iter().map(|predictions| Some(self.trial(&predictions?))).collect())
    }

    fn trial(&self, predictions: &[Prediction]) -> Trial {
        let values = |target: &Target| -> Vec<f64> {
            let row = predictions[target.run].row(&target.metric, &target.scope, &target.stat, target.window);
            let value = |value: &f64| target.scaled(if value.is_nan() { 0.0 } else { *value });
            // A figure of which there is none any more, such as the wait for a pool that never fills, is 0.
            row.map_or(vec![target.scaled(0.0); self.work.replications], |row| row.values.iter().map(value).collect())
        };
        let values: Vec<Vec<f64>> = self.targets.iter().map(values).collect();
        let means = values.iter().map(|values| values.iter().sum::<f64>() / values.len() as f64).collect();
        Trial { means, values }
    }

    /// Recorded less predicted, on the scales.
    pub fn left(&self, trial: &Trial) -> Vec<f64> {
        self.targets.iter().zip(&trial.means).map(|(target, mean)| target.scaled(target.recorded) - mean).collect()
    }

    /// Standard deviations of what is left, if the model is as true as a model is.
    pub fn deviations(&self, trial: &Trial) -> Vec<f64> {
        let n = self.work.replications as f64;
        let of = |(target, (values, mean)): (&Target, (&Vec<f64>, &f64))| {
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            (squares / (n - 1.0) * (1.0 + 1.0 / n)).sqrt().hypot(target.floor())
        };
        self.targets.iter().zip(trial.values.iter().zip(&trial.means)).map(of).collect()
    }

    /// Variances that the floors alone make.
    pub fn floors(&self) -> Vec<f64> {
        self.targets.iter().map(|target| target.floor().powi(2)).collect()
    }
}

/// The beginning of the search, on the scales of the numbers.
pub(super) fn scaled_start(free: &[Free]) -> Vec<f64> {
    free.iter().map(|free| free.scaled(free.start)).collect()
}

/// What of a recording is compared.
fn targets(number: usize, run: &Run, prediction: &Prediction) -> Vec<Target> {
    let (recording, test) = (run.recording, run.test);
    let fits = |o: &&Observation| {
        let percent = o.stat.strip_prefix('p').and_then(|p| p.parse::<f64>().ok());
        let told =
            test.unscored.iter().any(|rows| rows.metric == o.metric && (rows.scope == "*" || rows.scope == o.scope));
        let twice = o.metric.split_once('{').is_some_and(|(whole, _)| {
            recording.of(whole, &o.scope, &o.stat).any(|other| other.window == o.window && other.middle() == o.middle())
        });
        !told && !twice && !matches!(o.stat.as_str(), "max" | "min") && percent.is_none_or(|percent| percent <= HIGHEST)
    };
    let target = |o: &Observation| {
        let part = covered(o.window, test);
        let row = prediction.row(&o.metric, &o.scope, &o.stat, part.window).filter(|_| !part.outside)?;
        let recorded = o.middle();
        let known = row.values.iter().all(|value| value.is_finite() && (row.unit == "%" || *value > 0.0));
        let sensible = recorded.is_finite() && (row.unit == "%" || recorded > 0.0);
        let (low, high) = o.bounds();
        (known && sensible).then(|| Target {
            run: number,
            metric: o.metric.clone(),
            scope: o.scope.clone(),
            stat: o.stat.clone(),
            window: part.window,
            unit: row.unit,
            recorded,
            rounding: o.rounding + 0.5 * (high - low),
        })
    };
    recording.observations.iter().filter(fits).filter_map(target).collect()
}

impl Free {
    fn is_share(&self) -> bool {
        self.parameter.unit == "share"
    }

    /// Where any number is allowed: logarithms, and log-odds of shares.
    pub(super) fn scaled(&self, value: f64) -> f64 {
        const NEAR: f64 = 1e-6;
        match self.is_share() {
            true => (value.clamp(NEAR, 1.0 - NEAR) / (1.0 - value.clamp(NEAR, 1.0 - NEAR))).ln(),
            false => value.max(NEAR * NEAR).ln(),
        }
    }

    pub(super) fn plain(&self, scaled: f64) -> f64 {
        if self.is_share() { 1.0 / (1.0 + (-scaled).exp()) } else { scaled.exp() }
    }
}
