//! What a few replications say: shares with their intervals, means and how far values lie apart.

use statrs::distribution::{Beta, ContinuousCDF};

/// Interval of a share of which `held` of `n` were seen (Clopper & Pearson 1934).
#[must_use]
pub fn share(held: usize, n: usize, level: f64) -> (f64, f64) {
    let tail = (1.0 - level) / 2.0;
    let quantile =
        |a: usize, b: usize, p: f64| Beta::new(a as f64, b as f64).map_or(f64::NAN, |beta| beta.inverse_cdf(p));
    let low = if held == 0 { 0.0 } else { quantile(held, n - held + 1, tail) };
    let high = if held == n { 1.0 } else { quantile(held + 1, n - held, 1.0 - tail) };
    (low, high)
}

/// Share of replications in which everything holds.
#[must_use]
pub fn share_of(excess: &[f64]) -> f64 {
    excess.iter().filter(|by| **by < 0.0).count() as f64 / excess.len() as f64
}

/// NaN of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation; 0 of fewer than two values.
#[must_use]
pub fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    if values.len() < 2 { 0.0 } else { (squares / (values.len() - 1) as f64).sqrt() }
}
