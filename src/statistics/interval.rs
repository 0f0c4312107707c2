//! Intervals from replications.
//!
//! Two kinds, never confused: the *prediction* interval holds what one test will show, the
//! *confidence* interval holds the mean of many tests. With at least 39 replications the prediction
//! interval is the empirical one, which assumes nothing about the law: between the k-th smallest and
//! the k-th largest of n values the next one falls with probability `(n + 1 - 2k) / (n + 1)`
//! (David & Nagaraja, Order Statistics, 2003, section 7.3), and 39 is the first n for which the whole
//! range holds 95 %. With fewer it is Student's: `mean ± t s sqrt(1 + 1/n)`.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::moments::{deviation, mean};

/// What both intervals promise.
pub const CONFIDENCE: f64 = 0.95;

/// From this many values on the prediction interval is empirical.
pub const EMPIRICAL_FROM: usize = 39;

/// A figure over many replications (CONTRACT.md, "Prediction interval").
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Mean over replications of what one test would report; NaN if none reported it.
    pub value: f64,
    /// 95 % prediction interval of one such test; NaN if there is only one value.
    pub low: f64,
    pub high: f64,
    /// 95 % confidence interval of the mean; NaN if there is only one value.
    pub mean_low: f64,
    pub mean_high: f64,
}

impl Estimate {
    /// Whether there was anything to estimate.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !self.value.is_nan()
    }
}

/// The estimate from one value per replication; NaN values reported nothing and do not count.
#[must_use]
pub fn estimate(values: &[f64]) -> Estimate {
    estimate_within(values, f64::INFINITY)
}

/// The estimate of a figure that is at most `most`. Student's intervals know no bounds: they end
/// there, and at 0 where no value is below.
#[must_use]
pub fn estimate_within(values: &[f64], most: f64) -> Estimate {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let mean = mean(&sorted);
    if n < 2 {
        return Estimate { value: mean, low: f64::NAN, high: f64::NAN, mean_low: f64::NAN, mean_high: f64::NAN };
    }
    let deviation = deviation(&sorted);
    let t = student(n - 1);
    let half = t * deviation / (n as f64).sqrt();
    let (low, high) = if n >= EMPIRICAL_FROM {
        let tail = (1.0 - CONFIDENCE) / 2.0;
        (order_statistic(&sorted, tail), order_statistic(&sorted, 1.0 - tail))
    } else {
        let half = t * deviation * (1.0 + 1.0 / n as f64).sqrt();
        (mean - half, mean + half)
    };
    let floor = if sorted[0] >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
    let ceiling = most.max(sorted[n - 1]);
    let within = |bound: f64| bound.clamp(floor, ceiling);
    Estimate {
        value: mean,
        low: within(low),
        high: within(high),
        mean_low: within(mean - half),
        mean_high: within(mean + half),
    }
}

/// Student's t for the confidence, two-sided.
fn student(degrees: usize) -> f64 {
    StudentsT::new(0.0, 1.0, degrees as f64).map_or(f64::NAN, |t| t.inverse_cdf(0.5 + CONFIDENCE / 2.0))
}

/// The value of rank `p (n + 1)` of sorted values, linear between ranks, within the range.
fn order_statistic(sorted: &[f64], p: f64) -> f64 {
    let rank = (p * (sorted.len() + 1) as f64).clamp(1.0, sorted.len() as f64);
    let below = rank.floor() as usize - 1;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * rank.fract()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draw;

    /// Share of next values that lie inside the prediction interval of `n` values.
    fn coverage(n: usize, value: impl Fn(&mut Draw) -> f64) -> f64 {
        let rounds = 4000;
        let inside = (0..rounds).filter(|&round| {
            let mut draw = Draw::new(99, round);
            let values: Vec<f64> = (0..n).map(|_| value(&mut draw)).collect();
            let interval = estimate(&values);
            let next = value(&mut draw);
            interval.low <= next && next <= interval.high
        });
        inside.count() as f64 / rounds as f64
    }

    /// 4000 rounds: standard error 0.35 %, bounds at 4.5 of them.
    #[test]
    fn the_next_value_lies_inside_in_95_percent() {
        let uniform = |draw: &mut Draw| draw.uniform();
        let exponential = |draw: &mut Draw| -(1.0 - draw.uniform()).ln();
        for n in [39, 40, 60, 120] {
            for (name, seen) in [("uniform", coverage(n, uniform)), ("exponential", coverage(n, exponential))] {
                assert!((0.934..0.966).contains(&seen), "{name}, n = {n}: {seen}");
            }
        }
        // Student's interval is exact for normal values only: sums of twelve are near enough.
        let normal = |draw: &mut Draw| (0..12).map(|_| draw.uniform()).sum::<f64>();
        let seen = coverage(10, normal);
        assert!((0.934..0.966).contains(&seen), "normal, n = 10: {seen}");
    }

    #[test]
    fn intervals_keep_to_what_a_figure_can_be() {
        let share = estimate_within(&[99.0, 100.0, 90.0], 100.0);
        assert_eq!((share.high, share.mean_high), (100.0, 100.0));
        assert!(estimate(&[99.0, 100.0, 90.0]).high > 100.0);
        let count = estimate(&[0.0, 0.0, 9.0]);
        assert_eq!((count.low, count.mean_low), (0.0, 0.0));
        assert!(estimate(&[-1.0, 0.0, 9.0]).low < -1.0);
    }

    #[test]
    fn nothing_reported_is_nothing_known() {
        assert!(estimate(&[f64::NAN]).value.is_nan());
        let one = estimate(&[3.0, f64::NAN]);
        assert!(one.value == 3.0 && one.low.is_nan());
    }
}
