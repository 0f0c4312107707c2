//! How far a figure may be off that a test with so many requests reports, if it is one draw of many.
//!
//! Requests are taken to be independent. Those that follow each other wait for the same things, so the true error is larger:
//! what lies within these bounds certainly says nothing.

use statrs::distribution::{ContinuousCDF, Normal};

/// Standard deviations that hold 95 % of a normal law.
const DEVIATIONS: f64 = 1.959_963_984_540_054;

/// Half the width of the 95 % interval of the quantile of order `p` of `n` values: the ranks `n p ± 1.96 sqrt(n p (1 - p))`
/// (David & Nagaraja, Order Statistics, 2003, section 7.1) looked up in the quantiles that are known, `(order, value)`, in ascending
/// order. Between and beyond these the law is lognormal in pieces. `None` of fewer than two different quantiles.
#[must_use]
pub fn quantile_error(known: &[(f64, f64)], p: f64, n: f64) -> Option<f64> {
    let normal = Normal::new(0.0, 1.0).ok()?;
    let usable = known.iter().filter(|(order, value)| *order > 0.0 && *order < 1.0 && *value > 0.0);
    let points: Vec<(f64, f64)> = usable.map(|(order, value)| (normal.inverse_cdf(*order), value.ln())).collect();
    if points.len() < 2 || !(0.0..1.0).contains(&p) || n < 1.0 {
        return None;
    }
    let half = DEVIATIONS * (p * (1.0 - p) / n).sqrt();
    // Beyond the first and the last value there is none.
    let at = |order: f64| value_at(&points, normal.inverse_cdf(order.clamp(1.0 / (n + 1.0), n / (n + 1.0))));
    let error = 0.5 * (at(p + half) - at(p - half));
    error.is_finite().then_some(error)
}

/// The value at a normal deviate, straight in logarithms between two points; the outer pieces go on.
fn value_at(points: &[(f64, f64)], deviate: f64) -> f64 {
    let above = points.iter().position(|point| point.0 >= deviate).unwrap_or(points.len());
    let second = above.clamp(1, points.len() - 1);
    let ((x0, y0), (x1, y1)) = (points[second - 1], points[second]);
    if x1 <= x0 {
        return y1.exp();
    }
    (y0 + (y1 - y0) * (deviate - x0) / (x1 - x0)).exp()
}

/// Half the width of the 95 % interval of the mean of `n` values whose law is lognormal in pieces through the quantiles that
/// are known, as of [`quantile_error`]. `None` of fewer than two different quantiles.
#[must_use]
pub fn mean_error(known: &[(f64, f64)], n: f64) -> Option<f64> {
    /// Orders at which the law is looked up.
    const STEPS: u32 = 400;
    let normal = Normal::new(0.0, 1.0).ok()?;
    let usable = known.iter().filter(|(order, value)| *order > 0.0 && *order < 1.0 && *value > 0.0);
    let points: Vec<(f64, f64)> = usable.map(|(order, value)| (normal.inverse_cdf(*order), value.ln())).collect();
    if points.len() < 2 || n < 1.0 {
        return None;
    }
    let at = |step: u32| value_at(&points, normal.inverse_cdf((f64::from(step) + 0.5) / f64::from(STEPS)));
    let values: Vec<f64> = (0..STEPS).map(at).collect();
    let mean = values.iter().sum::<f64>() / f64::from(STEPS);
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / f64::from(STEPS);
    let error = DEVIATIONS * (variance / n).sqrt();
    error.is_finite().then_some(error)
}

/// Half the width of the 95 % interval of a share of `n` requests.
#[must_use]
pub fn share_error(share: f64, n: f64) -> f64 {
    DEVIATIONS * (share * (1.0 - share) / n).max(0.0).sqrt()
}

/// Half the width of the 95 % interval of a count of rare events (Poisson).
#[must_use]
pub fn count_error(count: f64) -> f64 {
    DEVIATIONS * count.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draw;

    /// 500 exponential values: the p95 seen differs from the true one by no more than the error in 95 %. 2000 rounds,
    /// standard error 0.5 %.
    #[test]
    fn a_quantile_lies_within_its_error_in_about_95_percent() {
        let known: Vec<(f64, f64)> = [0.5f64, 0.9, 0.95, 0.99].iter().map(|p| (*p, -(1.0 - p).ln())).collect();
        let error = quantile_error(&known, 0.95, 500.0).expect("known");
        let inside = (0..2000).filter(|&round| {
            let mut draw = Draw::new(5, round);
            let mut values: Vec<f64> = (0..500).map(|_| -(1.0 - draw.uniform()).ln()).collect();
            values.sort_by(f64::total_cmp);
            (values[475] - 20f64.ln()).abs() <= error
        });
        let share = inside.count() as f64 / 2000.0;
        assert!((0.93..0.98).contains(&share), "{share}");
    }

    /// Of exponential values with mean 1 the standard deviation is 1; the outermost tail is not looked up.
    #[test]
    fn a_mean_is_as_sure_as_its_values_are_many() {
        let known: Vec<(f64, f64)> =
            [0.05f64, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999].iter().map(|p| (*p, -(1.0 - p).ln())).collect();
        let error = mean_error(&known, 400.0).expect("known");
        assert!((error / (1.96 / 20.0) - 1.0).abs() < 0.1, "{error}");
        assert_eq!(mean_error(&known[..1], 400.0), None);
    }

    #[test]
    fn more_requests_are_surer_and_one_quantile_says_nothing() {
        let known = [(0.5, 10.0), (0.95, 30.0)];
        let error = |n| quantile_error(&known, 0.95, n).expect("known");
        assert!(error(100.0) > 3.0 * error(2000.0) && error(2000.0) > 0.0);
        assert_eq!(quantile_error(&known[..1], 0.5, 100.0), None);
        assert_eq!(quantile_error(&[(0.5, 0.0), (0.95, 30.0)], 0.5, 100.0), None);
    }

    #[test]
    fn shares_and_counts_are_the_textbooks() {
        assert!((share_error(0.02, 10_000.0) - 0.002_744).abs() < 1e-6);
        assert!((count_error(100.0) - 19.6).abs() < 0.01);
    }
}
