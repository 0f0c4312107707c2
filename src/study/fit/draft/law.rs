//! The law of time of a step, from all its spans: of several shapes the likeliest, and by how much.
//!
//! The mean is that of the spans, since the load that a step makes is its mean; the coefficient of variation is the likeliest. Sources:
//! Akaike 1974; Stephens 1974 (Kolmogorov's distance, 5 % limit with fitted numbers about 0.9 / √n).

use statrs::distribution::{Continuous, ContinuousCDF, Gamma, LogNormal, Weibull};
use statrs::function::gamma::gamma;

use super::super::laws_of_time::{Shape, least, weibull_power};

/// Values that a likelihood is computed from at most, evenly from all.
const MOST_VALUES: usize = 2_000;
/// Fewest values that tell shapes apart.
const FEWEST: usize = 20;
/// Shorter times cannot be told from it, s.
const SHORTEST: f64 = 1e-6;
/// Spreads below this are a constant.
const CONSTANT: f64 = 0.02;

/// A law, and why it is this one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chosen {
    /// As TOML.
    pub written: String,
    pub why: String,
}

/// The law of these times, s; at least one.
pub(super) fn law(times: &[f64]) -> Chosen {
    let n = times.len() as f64;
    let mean = (times.iter().sum::<f64>() / n).max(SHORTEST);
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / n;
    if times.len() < FEWEST || variance.sqrt() < CONSTANT * mean {
        let why =
            format!("{} spans, {}", times.len(), if times.len() < FEWEST { "too few for a law" } else { "constant" });
        return Chosen { written: format!("\"{}\"", milliseconds(mean)), why };
    }
    let stride = times.len().div_ceil(MOST_VALUES);
    let mut some: Vec<f64> = times.iter().step_by(stride).map(|time| time.max(SHORTEST)).collect();
    some.sort_by(f64::total_cmp);
    let scale = times.len() as f64 / some.len() as f64;
    let mut tried: Vec<(Shape, f64, f64)> = Shape::ALL
        .into_iter()
        .map(|shape| {
            let surprise = |cv: f64| -scale * some.iter().map(|time| ln_density(shape, mean, cv, *time)).sum::<f64>();
            let cv = if shape == Shape::Exponential { 1.0 } else { least(surprise) };
            (shape, cv, 2.0 * surprise(cv) + if shape == Shape::Exponential { 2.0 } else { 4.0 })
        })
        .collect();
    tried.retain(|(_, _, criterion)| criterion.is_finite());
    tried.sort_by(|a, b| a.2.total_cmp(&b.2));
    let Some(&(shape, cv, best)) = tried.first() else {
        return Chosen { written: format!("\"{}\"", milliseconds(mean)), why: format!("{} spans", times.len()) };
    };
    let behind: Vec<String> =
        tried.iter().skip(1).map(|(shape, _, criterion)| format!("{} {:.1}", shape.word(), criterion - best)).collect();
    let why = format!(
        "{} spans: {}; behind it by Akaike {}; Kolmogorov {:.3} (limit {:.3})",
        times.len(),
        shape.word(),
        behind.join(", "),
        distance(shape, mean, cv, &some),
        0.9 / n.sqrt()
    );
    let shape_key = if shape == Shape::Lognormal { String::new() } else { format!(", shape = \"{}\"", shape.word()) };
    let spread = if shape == Shape::Exponential { String::new() } else { format!(", cv = {cv:.3}") };
    Chosen { written: format!("{{ mean = \"{}\"{spread}{shape_key} }}", milliseconds(mean)), why }
}

/// A time as a model file has it, to four digits.
pub(super) fn milliseconds(seconds: f64) -> String {
    let value = seconds * 1e3;
    let digits = (3 - value.abs().max(1e-6).log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}ms")
}

fn ln_density(shape: Shape, mean: f64, cv: f64, time: f64) -> f64 {
    with(shape, mean, cv, |law| law.ln_pdf(time), |law| law.ln_pdf(time), |law| law.ln_pdf(time))
}

/// The largest distance between the law and the values.
fn distance(shape: Shape, mean: f64, cv: f64, sorted: &[f64]) -> f64 {
    let n = sorted.len() as f64;
    let off = |(at, time): (usize, &f64)| {
        let share = with(shape, mean, cv, |law| law.cdf(*time), |law| law.cdf(*time), |law| law.cdf(*time));
        (share - at as f64 / n).abs().max((share - (at + 1) as f64 / n).abs())
    };
    sorted.iter().enumerate().map(off).fold(0.0, f64::max)
}

/// What one of the laws says; NaN where there is none.
fn with(
    shape: Shape,
    mean: f64,
    cv: f64,
    lognormal: impl Fn(&LogNormal) -> f64,
    of_gamma: impl Fn(&Gamma) -> f64,
    weibull: impl Fn(&Weibull) -> f64,
) -> f64 {
    match shape {
        Shape::Lognormal => {
            let sigma = (1.0 + cv * cv).ln().sqrt();
            LogNormal::new(mean.ln() - sigma * sigma / 2.0, sigma).map_or(f64::NAN, |law| lognormal(&law))
        }
        Shape::Gamma => {
            let k = 1.0 / (cv * cv);
            Gamma::new(k, k / mean).map_or(f64::NAN, |law| of_gamma(&law))
        }
        Shape::Exponential => Gamma::new(1.0, 1.0 / mean).map_or(f64::NAN, |law| of_gamma(&law)),
        Shape::Weibull => {
            let k = weibull_power(cv);
            Weibull::new(k, mean / gamma(1.0 + 1.0 / k)).map_or(f64::NAN, |law| weibull(&law))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The middles of a thousand equal shares of a law are values of it. A gamma law of shape 4 has a cv of 1 / √4.
    #[test]
    fn a_law_is_known_from_its_values() {
        let shares = (0..1000).map(|at| (f64::from(at) + 0.5) / 1000.0);
        let of_gamma = Gamma::new(4.0, 400.0).expect("a law");
        let times: Vec<f64> = shares.clone().map(|share| of_gamma.inverse_cdf(share)).collect();
        let found = law(&times);
        assert!(found.written.contains("shape = \"gamma\"") && found.written.contains("cv = 0.50"), "{found:?}");
        let exponential: Vec<f64> = shares.map(|share| -0.02 * (1.0 - share).ln()).collect();
        assert!(law(&exponential).written.contains("exponential"), "{:?}", law(&exponential));
    }

    #[test]
    fn few_or_equal_times_are_a_constant() {
        assert_eq!(law(&[0.004, 0.006]).written, "\"5ms\"");
        assert_eq!(law(&[0.0123456; 50]).written, "\"12.35ms\"");
    }
}
