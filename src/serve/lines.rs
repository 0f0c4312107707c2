//! Lines over time, short enough for a page.

use serde::Serialize;

use crate::recording::{Recording, SeriesPoint};
use crate::study::prediction::{Prediction, Series};

/// Points of a line at most.
const MOST_POINTS: usize = 150;

/// What is shown over time: metric and statistic of all requests.
pub(super) const LINES: [(&str, &str); 4] =
    [("vus", "avg"), ("http_reqs", "rate"), ("http_req_duration", "p95"), ("http_req_failed", "rate")];

/// A line over time: the mean of each stretch of `width_s` seconds; `None` where nothing is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Line {
    pub metric: &'static str,
    pub stat: &'static str,
    pub unit: &'static str,
    /// The instants of the values, s since the test began.
    pub at_s: Vec<f64>,
    pub values: Vec<Option<f64>>,
}

/// A predicted line; its instants are those of the whole test where it was simulated in a `share` of its time.
pub(super) fn predicted_line(
    p: &Prediction,
    (metric, stat): &(&'static str, &'static str),
    share: f64,
) -> Option<Line> {
    let of = |one: &&Series| one.metric == *metric && one.stat == *stat && one.scope.is_empty();
    let series = p.series.iter().find(of)?;
    let length = series.mean.len().div_ceil(MOST_POINTS).max(1);
    let stretches = series.mean.chunks(length).map(mean);
    let at = (0..).map(|number| (number as f64 + 0.5) * length as f64 / share);
    let values: Vec<Option<f64>> = stretches.collect();
    Some(Line { metric, stat, unit: series.unit, at_s: at.take(values.len()).collect(), values })
}

/// A recorded line.
pub(super) fn recorded_line(recording: &Recording, (metric, stat): &(&'static str, &'static str)) -> Option<Line> {
    let of = |point: &&SeriesPoint| point.metric == *metric && point.stat == *stat && point.scope.is_empty();
    let points: Vec<&SeriesPoint> = recording.series.iter().filter(of).collect();
    let unit = points.first()?.unit;
    let length = points.len().div_ceil(MOST_POINTS);
    let stretch = |points: &[&SeriesPoint]| {
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        (points.iter().map(|point| point.t_s).sum::<f64>() / points.len() as f64, mean(&values))
    };
    let (at_s, values) = points.chunks(length).map(stretch).unzip();
    Some(Line { metric, stat, unit, at_s, values })
}

/// Of what is known.
fn mean(values: &[f64]) -> Option<f64> {
    let known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}
