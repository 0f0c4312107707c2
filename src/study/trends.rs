//! Figures of growth: the straight line through a metric's seconds, over a part of a test.

use super::observe::{Figure, Wanted, WantedTrend};
use super::over_time::OverTime;
use super::prediction::Key;
use crate::compile::Labels;
use crate::measure::Measurements;
use crate::statistics::trend;

/// How much the line rises over the span, and the ends of the 95 % interval of this.
pub const STATS: [&str; 3] = ["trend", "trend_low", "trend_high"];

/// The trends that are wanted of one run; NaN where the metric is not kept by the second.
#[must_use]
pub fn trends(m: &Measurements, labels: &Labels, wanted: &Wanted) -> Vec<Figure> {
    if wanted.trends.is_empty() {
        return Vec::new();
    }
    let lines = OverTime::of(m, labels);
    let mut figures = Vec::new();
    for WantedTrend { metric, scope, span: window } in &wanted.trends {
        let Some((unit, values)) = lines.line(metric, scope, "avg") else { continue };
        let seconds = |second: f64| (second.max(0.0) as usize).min(values.len());
        let (from, to) = window.map_or((0, values.len()), |(from, to)| (seconds(from.floor()), seconds(to.ceil())));
        let values: Vec<f64> = values[from.min(to)..to].iter().map(|&value| f64::from(value)).collect();
        let found = trend(&values);
        let found = found.map_or([f64::NAN; 3], |found| [found.change, found.low, found.high]);
        for (stat, value) in STATS.into_iter().zip(found) {
            let (from_s, to_s) = (window.map(|w| w.0), window.map(|w| w.1));
            let key = Key { metric: metric.clone(), scope: scope.clone(), stat: stat.to_owned(), from_s, to_s };
            figures.push(Figure { key, unit, value });
        }
    }
    figures
}
