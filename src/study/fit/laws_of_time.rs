//! Laws of time through recorded percentiles, by least squares of logarithms.

use statrs::distribution::{ContinuousCDF, Gamma, Normal};
use statrs::function::gamma::gamma;

/// A family of laws that a mean and a coefficient of variation fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Lognormal,
    Gamma,
    Weibull,
    Exponential,
}

impl Shape {
    pub const ALL: [Shape; 4] = [Shape::Lognormal, Shape::Gamma, Shape::Weibull, Shape::Exponential];

    /// As in the model language.
    pub const fn word(self) -> &'static str {
        match self {
            Shape::Lognormal => "lognormal",
            Shape::Gamma => "gamma",
            Shape::Weibull => "weibull",
            Shape::Exponential => "exponential",
        }
    }

    const fn parameters(self) -> f64 {
        if matches!(self, Shape::Exponential) { 1.0 } else { 2.0 }
    }

    /// The value below which a share `p` of the law of mean 1 lies.
    fn quantile(self, cv: f64, p: f64) -> f64 {
        match self {
            Shape::Lognormal => {
                let sigma = (1.0 + cv * cv).ln().sqrt();
                (sigma * Normal::standard().inverse_cdf(p) - sigma * sigma / 2.0).exp()
            }
            Shape::Gamma => {
                let shape = 1.0 / (cv * cv);
                Gamma::new(shape, shape).map_or(f64::NAN, |law| law.inverse_cdf(p))
            }
            Shape::Weibull => {
                let k = weibull_power(cv);
                (-(-p).ln_1p()).powf(1.0 / k) / gamma(1.0 + 1.0 / k)
            }
            Shape::Exponential => -(-p).ln_1p(),
        }
    }
}

/// The power of the Weibull law of this coefficient of variation, which falls with it.
pub(super) fn weibull_power(cv: f64) -> f64 {
    let cv_of = |k: f64| (gamma(1.0 + 2.0 / k) / gamma(1.0 + 1.0 / k).powi(2) - 1.0).max(0.0).sqrt();
    let (mut low, mut high) = (0.15f64.ln(), 60f64.ln());
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if cv_of(middle.exp()) > cv { low = middle } else { high = middle }
    }
    (0.5 * (low + high)).exp()
}

/// A recorded percentile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Share below it, inside (0, 1).
    pub p: f64,
    /// s, above 0.
    pub value: f64,
    /// Half a unit of its last digit, s.
    pub rounding: f64,
}

/// A law through points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Curve {
    pub shape: Shape,
    pub mean: f64,
    pub cv: f64,
    /// Root of the mean square of what is left, of logarithms.
    pub error: f64,
    /// Akaike's criterion, up to a constant.
    pub criterion: f64,
}

/// Where the search for a coefficient of variation begins and ends, and its steps.
const CVS: (f64, f64) = (0.02, 5.0);
const GRID: usize = 40;
/// A misfit that no recording resolves: a tenth of a percent.
const FINEST: f64 = 1e-3;

/// The best law of a shape; at least three points.
pub(super) fn through(points: &[Point], shape: Shape) -> Curve {
    let at = |cv: f64| left(points, shape, cv);
    let cv = if shape == Shape::Exponential { 1.0 } else { least(|cv| at(cv).0) };
    let (squares, mean) = at(cv);
    let n = points.len() as f64;
    let error = (squares / n).sqrt();
    let criterion = n * error.max(FINEST).powi(2).ln() + 2.0 * shape.parameters();
    Curve { shape, mean, cv, error, criterion }
}

/// The squares that are left, and the mean for which they are least.
fn left(points: &[Point], shape: Shape, cv: f64) -> (f64, f64) {
    let off: Vec<f64> = points.iter().map(|point| point.value.ln() - shape.quantile(cv, point.p).ln()).collect();
    let scale = off.iter().sum::<f64>() / off.len() as f64;
    (off.iter().map(|off| (off - scale).powi(2)).sum(), scale.exp())
}

/// The argument of the least value: a grid, then the golden section between its neighbours.
pub(super) fn least(of: impl Fn(f64) -> f64) -> f64 {
    let (from, to) = (CVS.0.ln(), CVS.1.ln());
    let width = (to - from) / GRID as f64;
    let place = |step: usize| from + width * step as f64;
    let best = (0..=GRID).min_by(|a, b| of(place(*a).exp()).total_cmp(&of(place(*b).exp()))).unwrap_or(0);
    let (mut low, mut high) = (place(best.saturating_sub(1)), place((best + 1).min(GRID)));
    let ratio = 0.5 * (5f64.sqrt() - 1.0);
    for _ in 0..40 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        if of(a.exp()) < of(b.exp()) { high = b } else { low = a }
    }
    (0.5 * (low + high)).exp()
}

/// 95 % interval of the coefficient of variation, if the points are percentiles of so many values: each is moved by
/// its own uncertainty in turn. Neighbouring percentiles err alike, which would move the mean rather; so this is wide.
pub(super) fn interval(points: &[Point], curve: &Curve, count: f64) -> (f64, f64) {
    let mut squares = (0.0, 0.0);
    for (number, point) in points.iter().enumerate() {
        let width = 0.02 * point.p.min(1.0 - point.p);
        let log = |p: f64| curve.shape.quantile(curve.cv, p).ln();
        let slope = (log(point.p + width) - log(point.p - width)) / (2.0 * width);
        let chance = super::reading::Z * (point.p * (1.0 - point.p) / count).sqrt() * slope;
        let by = chance.hypot(point.rounding / point.value);
        for by in [-by, by] {
            let mut moved = points.to_vec();
            moved[number].value *= by.exp();
            let change = through(&moved, curve.shape).cv - curve.cv;
            if change < 0.0 { squares.0 += change * change } else { squares.1 += change * change }
        }
    }
    ((curve.cv - f64::sqrt(squares.0)).max(0.0), curve.cv + f64::sqrt(squares.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(shape: Shape, mean: f64, cv: f64) -> Vec<Point> {
        let point = |p: f64| Point { p, value: mean * shape.quantile(cv, p), rounding: 0.0 };
        [0.5, 0.75, 0.9, 0.95, 0.99].map(point).to_vec()
    }

    #[test]
    fn each_law_is_found_from_its_own_percentiles_and_wins() {
        for shape in Shape::ALL {
            for cv in [0.3, 0.8, 1.4] {
                let cv = if shape == Shape::Exponential { 1.0 } else { cv };
                let points = points(shape, 0.04, cv);
                let curve = through(&points, shape);
                assert!((curve.cv / cv - 1.0).abs() < 1e-3, "{shape:?} {cv}: {curve:?}");
                assert!((curve.mean / 0.04 - 1.0).abs() < 1e-3, "{shape:?} {cv}: {curve:?}");
                let best = Shape::ALL.map(|shape| through(&points, shape));
                let winner = best.iter().min_by(|a, b| a.criterion.total_cmp(&b.criterion)).expect("four");
                assert_eq!(winner.shape, shape, "{best:?}");
            }
        }
    }

    #[test]
    fn more_values_make_the_interval_narrower() {
        let points = points(Shape::Lognormal, 1.0, 0.5);
        let curve = through(&points, Shape::Lognormal);
        let ((a, b), (c, d)) = (interval(&points, &curve, 1e3), interval(&points, &curve, 1e5));
        assert!(a < c && c < 0.5 && 0.5 < d && d < b, "{a} {c} {d} {b}");
        assert!(((b - a) / (d - c) / 10.0 - 1.0).abs() < 0.2, "a tenth for a hundred times as many");
    }
}
