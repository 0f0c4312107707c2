//! Laws of time with known numbers: what the simulator draws from.
//!
//! Times are nanoseconds. A draw is scaled from a unit variate of its shape, so that two systems
//! that differ in a mean see the same luck. The only file that knows `rand_distr`.

pub mod popularity;
pub mod sizes;

use rand_distr::{Distribution, Exp1, Gamma, StandardNormal};
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::gamma::gamma;

use crate::random::Draw;

/// A law of time in nanoseconds.
#[derive(Clone, Debug)]
#[repr(u8)]
pub enum Law {
    /// Always this long.
    Constant(u64),
    Exponential {
        mean: f64,
    },
    /// `exp(mu + sigma z)`, `z` standard normal.
    Lognormal {
        mu: f64,
        sigma: f64,
    },
    Gamma {
        unit: Gamma<f64>,
        shape: f64,
        scale: f64,
    },
    /// `scale * E^(1/k)`, `E` unit exponential.
    Weibull {
        scale: f64,
        k: f64,
    },
    /// Exponential with mean `means[0]` with probability `p`, else `means[1]`.
    Hyperexponential {
        p: f64,
        means: [f64; 2],
    },
    Pareto {
        low: f64,
        high: f64,
        alpha: f64,
    },
    Uniform {
        low: f64,
        high: f64,
    },
    /// Points (normal score, ln ns), piecewise linear, the outer pieces extended.
    Quantiles(Box<[(f64, f64)]>),
    /// Sorted values, drawn with linear interpolation.
    Samples(Box<[f64]>),
}

impl Law {
    /// The lognormal law of this mean (ns) and coefficient of variation; `cv = 0` is a constant.
    #[must_use]
    pub fn lognormal(mean: f64, cv: f64) -> Law {
        if cv == 0.0 || mean == 0.0 {
            return Law::constant(mean);
        }
        let variance = (1.0 + cv * cv).ln();
        Law::Lognormal { mu: mean.ln() - variance / 2.0, sigma: variance.sqrt() }
    }

    /// The lognormal law of this mean and 95th percentile (ns); the smaller of the two solutions
    /// for sigma. `None` if no lognormal law has them (`p95 <= mean * exp(z^2 / 2)` is needed).
    #[must_use]
    pub fn lognormal_p95(mean: f64, p95: f64) -> Option<Law> {
        // ln p95 = ln mean - s^2/2 + z s, a quadratic in s.
        let z = normal_score(0.95);
        let root = z * z - 2.0 * (p95 / mean).ln();
        if !(p95 > mean && mean > 0.0 && root >= 0.0) {
            return None;
        }
        let sigma = z - root.sqrt();
        Some(Law::Lognormal { mu: mean.ln() - sigma * sigma / 2.0, sigma })
    }

    /// The gamma law of this mean (ns) and coefficient of variation.
    #[must_use]
    pub fn gamma(mean: f64, cv: f64) -> Law {
        let shape = 1.0 / (cv * cv);
        match Gamma::new(shape, 1.0) {
            Ok(unit) if mean > 0.0 => Law::Gamma { unit, shape, scale: mean / shape },
            _ => Law::constant(mean),
        }
    }

    /// The Weibull law of this mean (ns) and coefficient of variation (0.05 to 20).
    #[must_use]
    pub fn weibull(mean: f64, cv: f64) -> Law {
        // cv falls with k: bisect ln k.
        let cv_of = |k: f64| (gamma(1.0 + 2.0 / k) / gamma(1.0 + 1.0 / k).powi(2) - 1.0).max(0.0).sqrt();
        let (mut low, mut high) = (0.1f64.ln(), 40f64.ln());
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if cv_of(middle.exp()) > cv { low = middle } else { high = middle }
        }
        let k = (0.5 * (low + high)).exp();
        Law::Weibull { scale: mean / gamma(1.0 + 1.0 / k), k }
    }

    /// Two exponentials with balanced means (`p m1 = (1-p) m2`) of this mean (ns) and `cv >= 1`.
    #[must_use]
    pub fn hyperexponential(mean: f64, cv: f64) -> Law {
        let scv = (cv * cv).max(1.0);
        let p = 0.5 * (1.0 + ((scv - 1.0) / (scv + 1.0)).sqrt());
        Law::Hyperexponential { p, means: [mean / (2.0 * p), mean / (2.0 * (1.0 - p))] }
    }

    /// A constant, rounded to whole nanoseconds.
    #[must_use]
    pub fn constant(ns: f64) -> Law {
        Law::Constant(to_ns(ns))
    }

    /// Draws one value, in ns.
    #[inline(always)]
    pub fn sample(&self, draw: &mut Draw) -> u64 {
        match self {
            Law::Constant(ns) => *ns,
            Law::Exponential { mean } => to_ns(mean * unit_exponential(draw)),
            other => other.sample_other(draw),
        }
    }

    /// The shapes that need more than a draw and a product, out of the hot loop's way.
    #[inline(never)]
    fn sample_other(&self, draw: &mut Draw) -> u64 {
        to_ns(match self {
            Law::Lognormal { mu, sigma } => (mu + sigma * unit_normal(draw)).exp(),
            Law::Weibull { scale, k } => scale * unit_exponential(draw).powf(1.0 / k),
            Law::Gamma { unit, scale, .. } => scale * unit.sample(draw),
            Law::Hyperexponential { p, means } => {
                let branch = usize::from(draw.uniform() >= *p);
                means[branch] * unit_exponential(draw)
            }
            Law::Pareto { low, high, alpha } => {
                let tail = 1.0 - draw.uniform() * (1.0 - (low / high).powf(*alpha));
                low * tail.powf(-1.0 / alpha)
            }
            Law::Uniform { low, high } => low + (high - low) * draw.uniform(),
            Law::Quantiles(points) => at_score(points, unit_normal(draw)),
            Law::Samples(values) => interpolate(values, draw.uniform()),
            Law::Constant(_) | Law::Exponential { .. } => 0.0,
        })
    }

    /// Whether it is 0 always.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match self {
            Law::Constant(ns) => *ns == 0,
            Law::Exponential { mean } => *mean == 0.0,
            Law::Uniform { high, .. } => *high == 0.0,
            Law::Samples(values) => values.last().is_none_or(|most| *most == 0.0),
            Law::Weibull { scale, .. } | Law::Gamma { scale, .. } => *scale == 0.0,
            Law::Lognormal { .. } | Law::Hyperexponential { .. } | Law::Pareto { .. } | Law::Quantiles(_) => false,
        }
    }

    /// Expected value, in ns.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Law::Constant(ns) => *ns as f64,
            Law::Exponential { mean } => *mean,
            _ => self.moment(1.0),
        }
    }

    /// Expected value of the square, in ns².
    #[must_use]
    pub fn mean_square(&self) -> f64 {
        self.moment(2.0)
    }

    /// Expected value of the power `k`, 1 or 2.
    fn moment(&self, k: f64) -> f64 {
        match self {
            Law::Constant(ns) => (*ns as f64).powf(k),
            Law::Exponential { mean } => mean.powf(k) * k,
            Law::Lognormal { mu, sigma } => (k * mu + k * k * sigma * sigma / 2.0).exp(),
            Law::Gamma { shape, scale, .. } => (shape * scale).powf(k) * (1.0 + (k - 1.0) / shape),
            Law::Weibull { scale, k: power } => scale.powf(k) * gamma(1.0 + k / power),
            Law::Hyperexponential { p, means } => k * (p * means[0].powf(k) + (1.0 - p) * means[1].powf(k)),
            Law::Pareto { low, high, alpha } => pareto_moment([*low, *high], *alpha, k),
            Law::Uniform { low, high } => stretch_moment(*low, *high, k),
            Law::Quantiles(points) => quantiles_moment(points, k),
            Law::Samples(values) => match values.as_ref() {
                [only] => only.powf(k),
                several => {
                    let pieces = several.windows(2).map(|pair| stretch_moment(pair[0], pair[1], k));
                    pieces.sum::<f64>() / (several.len() - 1) as f64
                }
            },
        }
    }
}

/// Mean of `x^k`, `k` 1 or 2, of a value uniform between two others.
fn stretch_moment(a: f64, b: f64, k: f64) -> f64 {
    if k == 1.0 { 0.5 * (a + b) } else { (a * a + a * b + b * b) / 3.0 }
}

/// Mean of `x^k` of the bounded Pareto law.
fn pareto_moment([low, high]: [f64; 2], alpha: f64, k: f64) -> f64 {
    if low >= high {
        return low.powf(k);
    }
    let span = (high / low).ln();
    // (high^(k - alpha) - low^(k - alpha)) / (k - alpha), by low^(k - alpha).
    let power = (k - alpha) * span;
    let integral = if power.abs() < 1e-9 { span } else { power.exp_m1() / (k - alpha) };
    alpha * low.powf(k) * integral / -(-alpha * span).exp_m1()
}

/// Mean of `x^k` of a table: each piece is a part of a lognormal law, `exp(y + b (z - z0))` for `z` from `z0`
/// to `z1`, of which `exp(k (y - b z0) + k² b² / 2) (Φ(z1 - k b) - Φ(z0 - k b))` is known.
fn quantiles_moment(points: &[(f64, f64)], k: f64) -> f64 {
    let below = |z: f64| Normal::standard().cdf(z);
    let last = points.len().saturating_sub(2);
    let piece = |(number, pair): (usize, &[(f64, f64)])| {
        let ((z0, y0), (z1, y1)) = (pair[0], pair[1]);
        let b = (y1 - y0) / (z1 - z0);
        let from = if number == 0 { 0.0 } else { below(z0 - k * b) };
        let to = if number == last { 1.0 } else { below(z1 - k * b) };
        (k * (y0 - b * z0) + k * k * b * b / 2.0).exp() * (to - from).max(0.0)
    };
    points.windows(2).enumerate().map(piece).sum()
}

/// The standard normal value below which a share `p` in `(0, 1)` lies.
#[must_use]
pub fn normal_score(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p.clamp(1e-9, 1.0 - 1e-9))
}

#[inline(always)]
fn unit_exponential(draw: &mut Draw) -> f64 {
    Exp1.sample(draw)
}

#[inline(always)]
fn unit_normal(draw: &mut Draw) -> f64 {
    StandardNormal.sample(draw)
}

/// Rounds to whole nanoseconds; negative and NaN become 0, too large becomes 2^63 - 1.
#[inline(always)]
fn to_ns(ns: f64) -> u64 {
    // By way of i64: that is one instruction.
    ((ns + 0.5) as i64).max(0) as u64
}

/// The value at normal score `z` of a table of (score, ln ns).
fn at_score(points: &[(f64, f64)], z: f64) -> f64 {
    let upper = points.partition_point(|&(score, _)| score < z).clamp(1, points.len() - 1);
    let ((z0, y0), (z1, y1)) = (points[upper - 1], points[upper]);
    (y0 + (y1 - y0) * (z - z0) / (z1 - z0)).exp()
}

/// The value at probability `p` of sorted values, linear between neighbours.
fn interpolate(values: &[f64], p: f64) -> f64 {
    let rank = p * (values.len() - 1) as f64;
    let below = rank as usize;
    let above = (below + 1).min(values.len() - 1);
    values[below] + (values[above] - values[below]) * (rank - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(law: &Law) -> (f64, f64) {
        const N: u64 = 400_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for site in 0..N {
            let x = law.sample(&mut Draw::new(42, site)) as f64;
            sum += x;
            squares += x * x;
        }
        let mean = sum / N as f64;
        (mean, (squares / N as f64 / (mean * mean) - 1.0).max(0.0).sqrt())
    }

    /// Sample mean within 4.5 standard errors of the stated mean, and cv near the stated one.
    #[test]
    fn laws_have_the_moments_they_are_named_by() {
        let mean = 5e7;
        let cases = [
            (Law::Exponential { mean }, 1.0),
            (Law::lognormal(mean, 0.6), 0.6),
            (Law::gamma(mean, 0.7), 0.7),
            (Law::gamma(mean, 1.5), 1.5),
            (Law::weibull(mean, 0.5), 0.5),
            (Law::weibull(mean, 1.4), 1.4),
            (Law::hyperexponential(mean, 2.0), 2.0),
            (Law::Uniform { low: 0.0, high: 2.0 * mean }, 1.0 / 3f64.sqrt()),
        ];
        for (law, cv) in cases {
            assert!((law.mean() / mean - 1.0).abs() < 1e-6, "{law:?}: {}", law.mean());
            let (m, c) = moments(&law);
            assert!((law.mean_square() / (mean * mean * (1.0 + cv * cv)) - 1.0).abs() < 1e-3, "{law:?}");
            assert!((m / mean - 1.0).abs() < 4.5 * cv / 400_000f64.sqrt(), "{law:?}: mean {m}");
            assert!((c / cv - 1.0).abs() < 0.03, "{law:?}: cv {c}");
        }
    }

    #[test]
    fn a_lognormal_law_has_the_mean_and_p95_it_was_made_from() {
        let law = Law::lognormal_p95(38e6, 67e6).expect("exists");
        let Law::Lognormal { mu, sigma } = law else { panic!("{law:?}") };
        assert!(((mu + sigma * sigma / 2.0).exp() / 38e6 - 1.0).abs() < 1e-9);
        assert!(((mu + sigma * normal_score(0.95)).exp() / 67e6 - 1.0).abs() < 1e-9);
        assert!(Law::lognormal_p95(38e6, 38e6 * 4.0).is_none(), "beyond exp(z^2/2) = 3.87");
        assert!(Law::lognormal_p95(38e6, 30e6).is_none());
    }

    #[test]
    fn a_quantile_table_passes_through_its_points() {
        let points = [(0.5, 82e6), (0.95, 145e6), (0.99, 187e6)];
        let table: Vec<(f64, f64)> = points.iter().map(|&(p, t)| (normal_score(p), f64::ln(t))).collect();
        let law = Law::Quantiles(table.into());
        let mut values: Vec<u64> = (0..200_000).map(|site| law.sample(&mut Draw::new(3, site))).collect();
        let mean = values.iter().map(|ns| *ns as f64).sum::<f64>() / 200_000.0;
        let square = values.iter().map(|ns| (*ns as f64).powi(2)).sum::<f64>() / 200_000.0;
        assert!((law.mean() / mean - 1.0).abs() < 0.01 && (law.mean_square() / square - 1.0).abs() < 0.02);
        values.sort_unstable();
        for (p, t) in points {
            let seen = values[(p * 200_000.0) as usize] as f64;
            assert!((seen / t - 1.0).abs() < 0.01, "p{p}: {seen} for {t}");
        }
    }

    #[test]
    fn bounded_pareto_stays_in_its_bounds_and_has_its_mean() {
        let law = Law::Pareto { low: 1e6, high: 1e9, alpha: 1.5 };
        let (mean, _) = moments(&law);
        let (l, h, a) = (1e6f64, 1e9f64, 1.5f64);
        let exact = a * l.powf(a) / (1.0 - (l / h).powf(a)) * (l.powf(1.0 - a) - h.powf(1.0 - a)) / (a - 1.0);
        assert!((mean / exact - 1.0).abs() < 0.03, "{mean} for {exact}");
        assert!((law.mean() / exact - 1.0).abs() < 0.01);
    }
}
