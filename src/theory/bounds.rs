//! Bounds on a closed network from demands alone: asymptotic and balanced job bounds.
//!
//! They cost nothing and need no distribution: enough to say what cannot be reached and to cut a
//! search. For stations of one server each; a station of several servers enters as `demand /
//! servers` queueing and the rest as delay (Lazowska et al., ch. 5; Seidmann et al. 1987).
//! Refuses negative or missing demands with `None`.

/// A range in which the exact value lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub low: f64,
    pub high: f64,
}

/// Throughput and mean response time of `users` users who think for `think` seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClosedBounds {
    /// Requests per second.
    pub throughput: Bounds,
    /// Seconds.
    pub response: Bounds,
}

/// Asymptotic bounds (Muntz & Wong 1974; Lazowska et al., sec. 5.2), with `D` the sum of demands
/// and `M` the largest: `N / (N D + Z) <= X <= min(1 / M, N / (D + Z))` and
/// `max(D, N M - Z) <= R <= N D`.
///
/// `None` unless `users >= 1`, `think >= 0`, no demand is negative and one is above 0.
#[must_use]
pub fn asymptotic(demands: &[f64], think: f64, users: u32) -> Option<ClosedBounds> {
    let (sum, largest) = sum_and_largest(demands, think, users)?;
    let n = f64::from(users);
    Some(ClosedBounds {
        throughput: Bounds { low: n / (n * sum + think), high: (1.0 / largest).min(n / (sum + think)) },
        response: Bounds { low: sum.max(n * largest - think), high: n * sum },
    })
}

/// Balanced job bounds, tighter (Zahorjan, Sevcik, Eager & Galler 1982; Lazowska et al., sec. 5.4):
/// the network lies between a balanced one with the same sum and one that is all bottleneck. With
/// `A = D / stations`:
///
/// `N / (D + Z + (N-1) M / (1 + Z / (N D))) <= X <= min(1 / M, N / (D + Z + (N-1) A / (1 + Z / D)))`;
/// the response times follow by `R = N / X - Z`. `None` as [`asymptotic`].
#[must_use]
pub fn balanced_job(demands: &[f64], think: f64, users: u32) -> Option<ClosedBounds> {
    let (sum, largest) = sum_and_largest(demands, think, users)?;
    let stations = demands.iter().filter(|demand| **demand > 0.0).count() as f64;
    let (n, average) = (f64::from(users), sum / stations);
    let low = n / (sum + think + (n - 1.0) * largest / (1.0 + think / (n * sum)));
    let high = (1.0 / largest).min(n / (sum + think + (n - 1.0) * average / (1.0 + think / sum)));
    Some(ClosedBounds {
        throughput: Bounds { low, high },
        response: Bounds { low: n / high - think, high: n / low - think },
    })
}

/// Users at which the two asymptotes meet, the knee: `(D + Z) / M` (Kleinrock's saturation point).
/// `None` as [`asymptotic`].
#[must_use]
pub fn knee(demands: &[f64], think: f64) -> Option<f64> {
    let (sum, largest) = sum_and_largest(demands, think, 1)?;
    Some((sum + think) / largest)
}

fn sum_and_largest(demands: &[f64], think: f64, users: u32) -> Option<(f64, f64)> {
    let sum: f64 = demands.iter().sum();
    let largest = demands.iter().copied().fold(0.0, f64::max);
    let valid = demands.iter().all(|demand| *demand >= 0.0) && sum.is_finite() && largest > 0.0;
    (valid && users >= 1 && think >= 0.0 && think.is_finite()).then_some((sum, largest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::networks::{Servers, Station, closed};

    fn exact(demands: &[f64], think: f64, users: u32) -> f64 {
        let stations: Vec<Station> =
            demands.iter().map(|demand| Station { demands: vec![*demand], servers: Servers::Count(1) }).collect();
        closed(&stations, &[think], &[users]).unwrap().throughput[0]
    }

    #[test]
    fn the_exact_throughput_lies_inside_and_the_tighter_bounds_are_tighter() {
        for demands in [vec![0.605, 2.1, 1.35], vec![1.0, 1.0], vec![0.5]] {
            for think in [0.0, 1.0, 15.0] {
                for users in [1, 2, 5, 20, 100] {
                    let x = exact(&demands, think, users);
                    let wide = asymptotic(&demands, think, users).unwrap().throughput;
                    let tight = balanced_job(&demands, think, users).unwrap().throughput;
                    let slack = 1e-9;
                    assert!(
                        tight.low <= x * (1.0 + slack) && x <= tight.high * (1.0 + slack),
                        "{demands:?} {think} {users}"
                    );
                    assert!(wide.low <= tight.low * (1.0 + slack) && tight.high <= wide.high * (1.0 + slack));
                }
            }
        }
    }

    #[test]
    fn balanced_networks_without_think_time_meet_their_bounds() {
        let x = exact(&[0.2, 0.2, 0.2], 0.0, 7);
        let bounds = balanced_job(&[0.2, 0.2, 0.2], 0.0, 7).unwrap();
        assert!((bounds.throughput.low - x).abs() < 1e-9 && (bounds.throughput.high - x).abs() < 1e-9);
        assert!((bounds.response.high - 7.0 / x).abs() < 1e-9);
    }

    #[test]
    fn the_knee_is_where_the_asymptotes_cross() {
        let users = knee(&[0.5, 1.5], 10.0).unwrap();
        assert!((users - 8.0).abs() < 1e-12);
        let at = asymptotic(&[0.5, 1.5], 10.0, 8).unwrap();
        assert!((at.throughput.high - 8.0 / 12.0).abs() < 1e-12 && (at.response.low - 2.0).abs() < 1e-12);
    }

    #[test]
    fn missing_demands_are_refused() {
        assert_eq!(asymptotic(&[], 1.0, 3), None);
        assert_eq!(asymptotic(&[0.0], 1.0, 3), None);
        assert_eq!(balanced_job(&[1.0, -0.5], 1.0, 3), None);
        assert_eq!(balanced_job(&[1.0], f64::NAN, 3), None);
        assert_eq!(asymptotic(&[1.0], 0.0, 0), None);
    }
}
