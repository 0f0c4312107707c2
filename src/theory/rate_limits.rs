//! What rate limits let through of Poisson arrivals.
//!
//! A token bucket is a queue in disguise: what is missing in the bucket is the work left in a queue
//! with constant service of `1 / rate`, and who finds less than one token finds the queue's last
//! place taken. So a bucket that keeps `burst` tokens refuses as M/D/1/K does with `K = burst` places,
//! the one in service included. Rates per second. Refuses impossible parameters with `None`.

/// Share of Poisson arrivals that a token bucket refuses, each taking one token: the blocking
/// probability of M/D/1/K. Exact (Gross & Harris, Fundamentals of Queueing Theory, ch. 5.1.8:
/// the chain at departures, and `1 - 1 / (p(0) + load)` for arrivals).
///
/// `None` unless both rates are above 0 and `burst >= 1`.
#[must_use]
pub fn bucket_refused(arrival_rate: f64, rate: f64, burst: u32) -> Option<f64> {
    if !(arrival_rate > 0.0 && rate > 0.0 && burst >= 1) {
        return None;
    }
    let load = arrival_rate / rate;
    // Probability of k arrivals during one service.
    let mut during = vec![(-load).exp()];
    for k in 1..=burst as usize {
        during.push(during[k - 1] * load / k as f64);
    }
    // Numbers left behind by departures, relative to that of none.
    let mut left = vec![1.0];
    for k in 0..(burst as usize).saturating_sub(1) {
        let others: f64 = (1..=k).map(|j| left[j] * during[k - j + 1]).sum();
        left.push((left[k] - others - left[0] * during[k]) / during[0]);
    }
    let none = 1.0 / left.iter().sum::<f64>();
    Some(1.0 - 1.0 / (none + load))
}

/// Share of Poisson arrivals that a fixed window refuses, when `arrivals` come in each on average:
/// all beyond `limit`. Exact.
///
/// `None` unless `arrivals` is above 0.
#[must_use]
pub fn window_refused(arrivals: f64, limit: u32) -> Option<f64> {
    if arrivals <= 0.0 || arrivals.is_nan() {
        return None;
    }
    // limit less the sum over n < limit of (limit - n) p(n), by logarithms so that nothing underflows early.
    let mut log = -arrivals;
    let mut missing = 0.0;
    for n in 0..limit {
        missing += f64::from(limit - n) * log.exp();
        log += (arrivals / f64::from(n + 1)).ln();
    }
    Some(1.0 - (f64::from(limit) - missing) / arrivals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_of_one_token_is_a_server_without_a_queue() {
        // Erlang B with one server holds for any law of service.
        let refused = bucket_refused(3.0, 4.0, 1).unwrap();
        assert!((refused - 0.75 / 1.75).abs() < 1e-12, "{refused}");
    }

    #[test]
    fn a_large_bucket_refuses_what_is_too_much() {
        let over = bucket_refused(60.0, 40.0, 40).unwrap();
        assert!((over - 1.0 / 3.0).abs() < 1e-6, "{over}");
        assert!(bucket_refused(20.0, 40.0, 40).unwrap() < 1e-12);
    }

    #[test]
    fn a_window_refuses_the_tail() {
        // One token: somebody comes with probability 1 - exp(-a).
        let refused = window_refused(2.0, 1).unwrap();
        assert!((refused - (1.0 - (1.0 - (-2.0f64).exp()) / 2.0)).abs() < 1e-12, "{refused}");
        assert!((window_refused(1000.0, 100).unwrap() - 0.9).abs() < 1e-12);
    }

    #[test]
    fn impossible_limits_are_refused() {
        assert_eq!(bucket_refused(0.0, 1.0, 1), None);
        assert_eq!(bucket_refused(1.0, 1.0, 0), None);
        assert_eq!(window_refused(0.0, 3), None);
    }
}
