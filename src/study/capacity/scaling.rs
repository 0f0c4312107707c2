//! Throughput over load, and the Universal Scalability Law through it.

use serde::Serialize;

use super::LoadPoint;
use crate::statistics::{Fit, Sample, estimate, least_squares};
use crate::theory::usl;

/// Fewer points leave nothing to tell whether the law holds.
const FEWEST: usize = 4;
/// Points that lie further off than this share of themselves: the curve is of another shape.
const OFF: f64 = 0.05;
/// No mean is trusted further than this share of itself: a law is a simplification.
const TRUSTED: f64 = 0.005;

/// A coefficient and its 95 % confidence interval, which ends at 0; NaN of one that was held at 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coefficient {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The law through the points (see [`usl`]).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scaling {
    /// What the load is counted in: "users", or "1/s" of iterations offered.
    pub over: &'static str,
    /// Requests per second answered well of one user, or of one iteration per second.
    pub lambda: Coefficient,
    /// Contention.
    pub sigma: Coefficient,
    /// Coherency.
    pub kappa: Coefficient,
    pub r_squared: f64,
    /// Load at which throughput is highest, `sqrt((1 - sigma) / kappa)`; `None` if it never falls.
    pub peak: Option<f64>,
    /// How far a point lies off the law at most, as a share of the law there.
    pub worst: f64,
    /// Whether the points follow the law: none lies more than 5 % off.
    pub follows: bool,
    /// The largest load among the points: what the law says beyond is extrapolated.
    pub up_to: f64,
}

impl Scaling {
    /// Requests per second by the law at a load of 1 or more.
    #[must_use]
    pub fn throughput(&self, load: f64) -> Option<f64> {
        usl::throughput(load, self.lambda.value, self.sigma.value, self.kappa.value)
    }
}

/// The law through what is answered well per second in the busiest stage at each point, those with more requests than
/// fit in memory left out. `None` where there are too few points.
pub(super) fn scaling(points: &[LoadPoint]) -> Option<Scaling> {
    let over = if points.iter().any(|point| point.load.users.is_some()) { "users" } else { "1/s" };
    let sample = |point: &LoadPoint| {
        let goodput = estimate(&point.test.busiest_goodput().filter(|_| !point.test.cut)?);
        let x = point.load.number();
        let half = (goodput.mean_high - goodput.mean_low) / 2.0;
        let doubt = if half.is_nan() { 0.0 } else { half }.hypot(TRUSTED * goodput.value);
        (x >= 1.0 && goodput.value > 0.0).then(|| Sample { x, y: goodput.value, weight: doubt.powi(-2) })
    };
    let samples: Vec<Sample> = points.iter().filter_map(sample).collect();
    let fit = fit(&samples)?;
    let [lambda, sigma, kappa] = fit.coefficients;
    let law = |x: f64| usl::throughput(x, lambda, sigma, kappa).unwrap_or(f64::NAN);
    let worst = samples.iter().map(|s| (s.y / law(s.x) - 1.0).abs()).fold(0.0, f64::max);
    let coefficient = |i: usize| {
        // What was held is not known to be 0.
        let half = if fit.half[i] > 0.0 { fit.half[i] } else { f64::NAN };
        let value = fit.coefficients[i];
        let low = if half.is_nan() { half } else { (value - half).max(0.0) };
        Coefficient { value, low, high: value + half }
    };
    let (lambda, sigma_of, kappa_of) = (coefficient(0), coefficient(1), coefficient(2));
    let (peak, r_squared) = (usl::peak(sigma, kappa), fit.r_squared);
    let (sigma, kappa, follows) = (sigma_of, kappa_of, worst <= OFF);
    let up_to = samples.iter().map(|s| s.x).fold(0.0, f64::max);
    Some(Scaling { over, lambda, sigma, kappa, r_squared, peak, worst, follows, up_to })
}

/// Lambda, sigma and kappa. A coefficient that would be negative, which the law does not know, is 0.
fn fit(samples: &[Sample]) -> Option<Fit<3>> {
    if samples.len() < FEWEST {
        return None;
    }
    let law = |n: f64, [lambda, sigma, kappa]: &[f64; 3]| lambda * n / (1.0 + (n - 1.0) * (sigma + kappa * n));
    let start = start(samples);
    let of = |free: [bool; 3]| {
        let start = std::array::from_fn(|i| if free[i] { start[i] } else { 0.0 });
        let fit = least_squares(samples, start, free, law)?;
        (fit.coefficients.iter().all(|value| *value >= 0.0)).then_some(fit)
    };
    let both = of([true; 3]);
    // Of those with one coefficient left out the better one.
    let one = || {
        let (contention, coherency) = (of([true, true, false]), of([true, false, true]));
        match (contention, coherency) {
            (Some(a), Some(b)) => Some(if b.r_squared > a.r_squared { b } else { a }),
            (a, b) => a.or(b),
        }
    };
    both.or_else(one).or_else(|| of([true, false, false]))
}

/// Gunther's way (Guerrilla Capacity Planning, 2007, section 5.4): what throughput falls short of proportion,
/// over the load less 1, is a straight line in the load, with `sigma` and `kappa` as its coefficients.
fn start(samples: &[Sample]) -> [f64; 3] {
    let lambda = samples.iter().map(|s| s.y / s.x).fold(0.0, f64::max);
    let short: Vec<(f64, f64)> =
        samples.iter().filter(|s| s.x > 1.0).map(|s| (s.x, (lambda * s.x / s.y - 1.0) / (s.x - 1.0))).collect();
    let n = short.len() as f64;
    let (x, y) = (short.iter().map(|p| p.0).sum::<f64>() / n, short.iter().map(|p| p.1).sum::<f64>() / n);
    let spread: f64 = short.iter().map(|p| (p.0 - x).powi(2)).sum();
    let slope = short.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / spread;
    let or_none = |value: f64| if value.is_finite() { value.max(0.0) } else { 0.0 };
    let kappa = or_none(slope);
    [lambda, or_none(y - kappa * x), kappa]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(dataset: &str) -> Vec<Sample> {
        include_str!("../../../tests/theory_tables/usl_measured_scaling.csv")
            .lines()
            .filter_map(|line| line.strip_prefix(dataset)?.strip_prefix(',')?.split_once(','))
            .map(|(n, x)| Sample { x: n.parse().expect("n"), y: x.parse().expect("x"), weight: 1.0 })
            .collect()
    }

    /// The coefficients published with the measurements (see the head of the table). Their search ended a millionth
    /// before the least squares.
    #[test]
    fn the_published_coefficients_are_found() {
        let (samples, published) = (measured("cisco_web"), [995.6486, 0.026_715_91, 7.690_945e-4]);
        let fit = fit(&samples).expect("a fit");
        let [lambda, sigma, kappa] = fit.coefficients;
        for (found, published) in fit.coefficients.iter().zip(published) {
            assert!((found / published - 1.0).abs() < 2e-6, "{found}, {published}");
        }
        let squares = |[lambda, sigma, kappa]: [f64; 3]| -> f64 {
            let left = |s: &Sample| s.y - usl::throughput(s.x, lambda, sigma, kappa).expect("in range");
            samples.iter().map(|s| left(s).powi(2)).sum()
        };
        assert!(squares([lambda, sigma, kappa]) <= squares(published));
        assert!(fit.r_squared > 0.99);
        assert_eq!(usl::peak(sigma, kappa).map(f64::floor), Some(35.0));
    }

    #[test]
    fn the_published_peak_of_users_is_found() {
        let [_, sigma, kappa] = fit(&measured("spec_sdm91_sparccenter2000_16cpu")).expect("a fit").coefficients;
        let peak = usl::peak(sigma, kappa).expect("it falls");
        assert!((peak - 96.519_56).abs() < 5e-5, "{peak}");
    }

    #[test]
    fn coefficients_are_never_negative() {
        let line = |y: fn(f64) -> f64| -> Vec<Sample> {
            [1.0, 2.0, 4.0, 8.0, 16.0].map(|x| Sample { x, y: y(x), weight: 1.0 }).into()
        };
        let fit_of = |y: fn(f64) -> f64| fit(&line(y)).expect("a fit").coefficients;
        let [lambda, sigma, kappa] = fit_of(|n| 10.0 * n);
        assert!((lambda - 10.0).abs() < 1e-6 && sigma.abs() < 1e-9 && kappa.abs() < 1e-9, "{lambda} {sigma} {kappa}");
        // Faster than in proportion: no law of contention.
        let [_, sigma, kappa] = fit_of(|n| 10.0 * n.powf(1.2));
        assert_eq!((sigma, kappa), (0.0, 0.0));
        let [_, sigma, kappa] = fit_of(|n| 10.0 * n / (1.0 + 0.1 * (n - 1.0)));
        assert!((sigma - 0.1).abs() < 1e-6 && kappa.abs() < 1e-7, "{sigma} {kappa}");
        assert!(fit(&line(|n| n)[..3]).is_none());
    }
}
