//! How fast jobs are that share cores.

/// The rate of each of `n` jobs on a shared processor: `min(n, cores) / n` less contention.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    pub cores: f64,
    pub sigma: f64,
    pub kappa: f64,
}

impl Rates {
    /// Work done per unit of time for each of `n >= 1` jobs (Universal Scalability Law for
    /// `sigma`, `kappa`).
    #[must_use]
    pub fn per_job(&self, n: usize) -> f64 {
        let n = n as f64;
        let total = n.min(self.cores) / (1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0));
        total / n
    }
}
