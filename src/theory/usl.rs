//! The Universal Scalability Law: throughput under contention and coherency.
//!
//! An empirical law with two coefficients; it describes measured curves and does not explain them.
//! `sigma` is the share of work that is serial, `kappa` the cost of each pair that must agree.
//! Refuses negative coefficients with `None`. Source: Gunther, Guerrilla Capacity Planning (2007).

/// Throughput at `n` workers or users: `lambda n / (1 + sigma (n - 1) + kappa n (n - 1))`, `lambda`
/// being the throughput at 1. `None` unless `n >= 1` and the others are finite and not negative.
#[must_use]
pub fn throughput(n: f64, lambda: f64, sigma: f64, kappa: f64) -> Option<f64> {
    let loss = loss(n, sigma, kappa)?;
    (lambda >= 0.0 && lambda.is_finite()).then_some(lambda * n / loss)
}

/// Total speed, in cores, at which `cores` cores serve `jobs` jobs at once:
/// `min(jobs, cores) / (1 + sigma (jobs - 1) + kappa jobs (jobs - 1))`, the law of
/// [`crate::model::Contention`]. 0 without jobs; `None` as [`throughput`].
#[must_use]
pub fn service_rate(jobs: u32, cores: f64, sigma: f64, kappa: f64) -> Option<f64> {
    if cores <= 0.0 || cores.is_nan() {
        return None;
    }
    let n = f64::from(jobs);
    Some(n.min(cores) / loss(n.max(1.0), sigma, kappa)?)
}

/// Where the throughput is highest: `sqrt((1 - sigma) / kappa)`, at least 1.
/// `None` if it never falls (`kappa` is 0) or a coefficient is out of range.
#[must_use]
pub fn peak(sigma: f64, kappa: f64) -> Option<f64> {
    loss(1.0, sigma, kappa)?;
    (kappa > 0.0).then(|| ((1.0 - sigma).max(0.0) / kappa).sqrt().max(1.0))
}

fn loss(n: f64, sigma: f64, kappa: f64) -> Option<f64> {
    let valid = n >= 1.0 && sigma >= 0.0 && kappa >= 0.0 && n.is_finite() && sigma.is_finite() && kappa.is_finite();
    valid.then_some(1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Coefficients published with the measurements (see the head of the table).
    const CISCO: (f64, f64, f64) = (995.6486, 0.026_715_91, 7.690_945e-4);

    fn cisco() -> Vec<(f64, f64)> {
        include_str!("../../tests/theory_tables/usl_measured_scaling.csv")
            .lines()
            .filter_map(|line| line.strip_prefix("cisco_web,"))
            .map(|line| line.split_once(',').unwrap())
            .map(|(n, x)| (n.parse().unwrap(), x.parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_published_fit_describes_its_measurements() {
        let (lambda, sigma, kappa) = CISCO;
        let points = cisco();
        assert_eq!(points.len(), 32);
        let mean = points.iter().map(|(_, x)| x).sum::<f64>() / points.len() as f64;
        let (mut residual, mut total) = (0.0, 0.0);
        for (n, x) in &points {
            let fitted = throughput(*n, lambda, sigma, kappa).unwrap();
            residual += (fitted - x).powi(2);
            total += (x - mean).powi(2);
        }
        assert!(1.0 - residual / total > 0.99);
    }

    #[test]
    fn the_published_peak_is_found() {
        let (lambda, sigma, kappa) = CISCO;
        let at = peak(sigma, kappa).unwrap().floor();
        assert_eq!(at, 35.0);
        // The book prints 12341, from coefficients with more digits than it prints.
        assert!((throughput(at, lambda, sigma, kappa).unwrap() - 12_341.0).abs() < 1.0);
        assert!(throughput(at + 3.0, lambda, sigma, kappa) < throughput(at, lambda, sigma, kappa));
    }

    #[test]
    fn without_contention_cores_just_add_up() {
        assert_eq!(service_rate(3, 4.0, 0.0, 0.0), Some(3.0));
        assert_eq!(service_rate(9, 4.0, 0.0, 0.0), Some(4.0));
        assert_eq!(service_rate(0, 4.0, 0.1, 0.1), Some(0.0));
        assert_eq!(peak(0.1, 0.0), None);
    }

    #[test]
    fn too_many_jobs_slow_each_other_down() {
        let few = service_rate(4, 4.0, 0.02, 0.001).unwrap();
        let many = service_rate(60, 4.0, 0.02, 0.001).unwrap();
        assert!(many < few, "{many} at 60 jobs, {few} at 4");
        assert_eq!(service_rate(4, 4.0, -0.1, 0.0), None);
        assert_eq!(throughput(0.5, 1.0, 0.0, 0.0), None);
    }
}
