//! What a few replications say of shares.

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
