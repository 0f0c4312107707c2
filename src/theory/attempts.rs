//! Calls of something that fails: attempts, breakers, hedges. Times in seconds, rates per second.

/// Attempts per call, and the share of calls that fail in the end, if each of at most `most` attempts
/// fails with probability `failing`, whatever the others did: `1 + p + … + p^(n-1)` and `p^n`.
#[must_use]
pub fn retried(failing: f64, most: u32) -> (f64, f64) {
    let attempts = (0..most).map(|k| failing.powi(k as i32)).sum();
    (attempts, failing.powi(most as i32))
}

/// Share of time for which a breaker is open that opens at the first failure, stays open for `open`
/// and then lets one attempt through to see, if attempts are wanted at a Poisson `rate`, are answered at
/// once and fail with probability `failing`. Closed or half-open, it opens with each attempt with this
/// probability, so from opening to opening pass `open + 1 / (rate * failing)` (renewal reward).
#[must_use]
pub fn breaker_open(rate: f64, failing: f64, open: f64) -> f64 {
    open / (open + 1.0 / (rate * failing))
}

/// Mean time to the first answer of exponential ones of mean `mean`, if a second attempt is sent after
/// `after`, and attempts per call: `mean (1 - q) + q mean / 2` with `q = exp(-after / mean)`, and `1 + q`.
#[must_use]
pub fn hedged(mean: f64, after: f64) -> (f64, f64) {
    let late = (-after / mean).exp();
    (mean * (1.0 - late) + late * mean / 2.0, 1.0 + late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_attempts_at_even_odds() {
        assert_eq!(retried(0.5, 3), (1.75, 0.125));
        assert_eq!(retried(0.0, 3), (1.0, 0.0));
    }

    #[test]
    fn a_hedge_at_once_is_the_shorter_of_two() {
        assert_eq!(hedged(0.2, 0.0), (0.1, 2.0));
    }

    #[test]
    fn a_breaker_over_what_always_fails_waits_for_one_attempt() {
        assert!((breaker_open(10.0, 1.0, 0.9) - 0.9).abs() < 1e-12);
    }
}
