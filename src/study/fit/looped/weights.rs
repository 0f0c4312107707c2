//! How much each figure weighs. Figures of one run hang together: a burst of bad luck moves all percentiles at once. Weighing each by itself
//! would take such a burst for news many times over; the covariance of a few replications alone would claim to know
//! directions that they never showed. So half of the covariance is that of the replications and half their variances alone
//! (shrinkage), and the floors are added.
//!
//! Sources: Ledoit & Wolf 2004 (shrunk covariances); Woodbury 1950 (the inverse of a diagonal and a few directions).

use super::figures::{Bench, Trial};
use crate::statistics::{Axes, axes};

/// Share of the variances that counts as each figure's own.
const OWN: f64 = 0.5;

/// The inverse of a covariance.
pub(super) struct Weights {
    own: Vec<f64>,
    shared: Vec<Vec<f64>>,
    inner: Axes,
}

impl Weights {
    pub fn of(bench: &Bench, trial: &Trial) -> Weights {
        let n = bench.work.replications as f64;
        let times = (1.0 + 1.0 / n) / (n - 1.0);
        let squares =
            |(values, mean): (&Vec<f64>, &f64)| values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() * times;
        let variances = trial.values.iter().zip(&trial.means).map(squares);
        let own: Vec<f64> = variances.zip(bench.floors()).map(|(variance, floor)| OWN * variance + floor).collect();
        let root = ((1.0 - OWN) * times).sqrt();
        let shared: Vec<Vec<f64>> = (0..bench.work.replications)
            .map(|at| trial.values.iter().zip(&trial.means).map(|(values, mean)| root * (values[at] - mean)).collect())
            .collect();
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).zip(&own).map(|((a, b), own)| a * b / own).sum::<f64>();
        let inner: Vec<Vec<f64>> = (0..shared.len())
            .map(|a| (0..shared.len()).map(|b| product(&shared[a], &shared[b]) + f64::from(u8::from(a == b))).collect())
            .collect();
        Weights { inner: axes(&inner), own, shared }
    }

    /// The inverse times a vector.
    pub fn times(&self, vector: &[f64]) -> Vec<f64> {
        let mut result: Vec<f64> = vector.iter().zip(&self.own).map(|(v, own)| v / own).collect();
        let seen: Vec<f64> = self.shared.iter().map(|shared| dot(shared, &result)).collect();
        let mut solved = vec![0.0; seen.len()];
        for (value, axis) in self.inner.values.iter().zip(&self.inner.axes) {
            let along = dot(axis, &seen) / value;
            solved.iter_mut().zip(axis).for_each(|(solved, axis)| *solved += along * axis);
        }
        for (shared, by) in self.shared.iter().zip(solved) {
            result.iter_mut().zip(shared.iter().zip(&self.own)).for_each(|(r, (shared, own))| *r -= by * shared / own);
        }
        result
    }

    /// The weighed squares.
    pub fn squares(&self, left: &[f64]) -> f64 {
        dot(left, &self.times(left))
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two figures of own variance 1 and 2 that share a direction (1, 1): the covariance is [[2,1],[1,3]], its inverse [[3,-1],[-1,2]] / 5.
    #[test]
    fn the_inverse_is_the_inverse() {
        let (own, shared) = (vec![1.0, 2.0], vec![vec![1.0, 1.0]]);
        let weights = Weights { own, shared, inner: axes(&[vec![1.0 + 1.0 + 0.5]]) };
        let found = weights.times(&[1.0, 0.0]);
        assert!((found[0] - 0.6).abs() < 1e-12 && (found[1] + 0.2).abs() < 1e-12, "{found:?}");
        assert!((weights.squares(&[0.0, 1.0]) - 0.4).abs() < 1e-12);
    }
}
