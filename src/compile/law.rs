//! Laws of the model, with their inputs drawn, as laws that can be drawn from.

use crate::distribution::{Law, normal_score};
use crate::model::{self, Factor, Shape};

/// Nanoseconds per second.
const NS: f64 = 1e9;

/// The law under one draw of the inputs, every value multiplied by `times`.
pub(super) fn law(written: &model::Law, inputs: &[f64], times: f64) -> Law {
    let scale = written.scale.iter().fold(times * NS, |scale, factor| scale * factor_at(*factor, inputs));
    let at = |quantity: model::Quantity| quantity.at(inputs).max(0.0);
    let ns = |quantity: model::Quantity| at(quantity) * scale;
    match &written.shape {
        Shape::Constant(seconds) => Law::constant(ns(*seconds)),
        Shape::Exponential { mean } => Law::Exponential { mean: ns(*mean) },
        Shape::Lognormal { mean, cv } => Law::lognormal(ns(*mean), at(*cv)),
        Shape::LognormalP95 { mean, p95 } => lognormal_p95(ns(*mean), ns(*p95)),
        Shape::Gamma { mean, cv } => Law::gamma(ns(*mean), at(*cv)),
        Shape::Weibull { mean, cv } => Law::weibull(ns(*mean), at(*cv)),
        Shape::Hyperexponential { mean, cv } => Law::hyperexponential(ns(*mean), at(*cv)),
        Shape::Pareto { low, high, alpha } => Law::Pareto { low: ns(*low), high: ns(*high), alpha: at(*alpha) },
        Shape::Uniform { low, high } => Law::Uniform { low: ns(*low), high: ns(*high) },
        Shape::Quantiles(points) => {
            // A time of 0 has no logarithm; a nanosecond is as good.
            let point = |&(p, seconds): &(f64, f64)| (normal_score(p), (seconds * scale).max(1.0).ln());
            Law::Quantiles(points.iter().map(point).collect())
        }
        Shape::Samples(values) => Law::Samples(values.iter().map(|seconds| seconds * scale).collect()),
    }
}

/// The mean of a law under one draw of the inputs, s.
#[must_use]
pub fn mean_s(written: &model::Law, inputs: &[f64]) -> f64 {
    law(written, inputs, 1.0).mean() / NS
}

fn factor_at(factor: Factor, inputs: &[f64]) -> f64 {
    match factor {
        Factor::Times(quantity) => quantity.at(inputs).max(0.0),
        Factor::Rest(quantity) => (1.0 - quantity.at(inputs)).max(0.0),
    }
}

/// The lognormal law of this mean and p95; where ranges of both allow a pair that no lognormal law
/// has, the nearest: a constant, or the widest.
fn lognormal_p95(mean: f64, p95: f64) -> Law {
    Law::lognormal_p95(mean, p95).unwrap_or_else(|| {
        if p95 <= mean {
            return Law::constant(mean);
        }
        let sigma = normal_score(0.95);
        Law::Lognormal { mu: mean.ln() - sigma * sigma / 2.0, sigma }
    })
}
