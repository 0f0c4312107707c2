//! Percentiles of many seconds together, of each of which only some percentiles are known.

/// The `p`-quantile of requests of which each second tells how many there were and their p50, p95
/// and p99.
pub fn mixture(seconds: &[[f64; 4]], p: f64) -> Option<f64> {
    let total: f64 = seconds.iter().map(|second| second[0]).sum();
    if total == 0.0 {
        return None;
    }
    let some = || seconds.iter().filter(|second| second[0] > 0.0);
    let below = |x: f64| some().map(|second| second[0] * share_below(second, x)).sum::<f64>() / total;
    let (mut low, mut high) = (0.0, some().map(|second| 2.0 * second[3]).fold(0.0, f64::max));
    while high - low > 1e-4 * high {
        let middle = f64::midpoint(low, high);
        if below(middle) < p { low = middle } else { high = middle }
    }
    Some(f64::midpoint(low, high))
}

/// Standard normal quantiles of 95 % and 99 %.
const Z95: f64 = 1.644_853_6;
const Z99: f64 = 2.326_347_9;

/// Share of a second's requests that took no longer than `x`: between the percentiles, and beyond, as
/// a lognormal law.
fn share_below(&[_, p50, p95, p99]: &[f64; 4], x: f64) -> f64 {
    if x <= 0.0 || p50 <= 0.0 {
        return f64::from(u8::from(x >= p50));
    }
    let (from, to, z, step) = if x < p95 { (p50, p95, 0.0, Z95) } else { (p95, p99, Z95, Z99 - Z95) };
    // Without spread all are below or above.
    let slope = (to / from).ln() / step;
    let beyond = (x / from).ln();
    let z = if slope > 0.0 { z + beyond / slope } else { z + beyond.signum() * f64::INFINITY };
    0.5 * (1.0 + statrs::function::erf::erf(if z.is_nan() { 0.0 } else { z } / std::f64::consts::SQRT_2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Histogram;

    /// Seconds of different speed, each known by three percentiles, against all their requests in one histogram.
    #[test]
    fn a_percentile_of_a_period_is_that_of_all_its_requests() {
        let constant_and_exponential = |u: f64| 0.5 - (1.0 - u).ln();
        let uniform = |u: f64| 1.0 + u;
        let pareto = |u: f64| (1.0 - u).powf(-0.3);
        type Law = fn(f64) -> f64;
        let laws: [(Law, f64); 3] = [(constant_and_exponential, 0.05), (uniform, 0.05), (pareto, 0.1)];
        for (number, (law, within)) in laws.into_iter().enumerate() {
            let mut all = Histogram::default();
            let mut seconds = Vec::new();
            for second in 0..60u64 {
                let mut own = Histogram::default();
                let mut draw = crate::random::Draw::new(7, second);
                for _ in 0..200 {
                    let ns = ((1.0 + second as f64 / 30.0) * 1e8 * law(draw.uniform())) as u64;
                    own.record(ns);
                    all.record(ns);
                }
                let s = |p: f64| own.percentile(p).expect("requests") / 1e9;
                seconds.push([own.count() as f64, s(0.5), s(0.95), s(0.99)]);
            }
            for p in [0.5, 0.75, 0.9, 0.95, 0.99] {
                let (found, exact) =
                    (mixture(&seconds, p).expect("requests"), all.percentile(p).expect("requests") / 1e9);
                assert!((found / exact - 1.0).abs() < within, "law {number}, p{p}: {found} for {exact}");
            }
        }
        assert_eq!(mixture(&[[0.0; 4]], 0.5), None);
    }
}
