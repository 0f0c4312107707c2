//! Stationary probabilities of birth-death chains: the one tool behind most queues here.
//!
//! Trade-off: weights are carried as logarithms and normalised by the largest, so thousands of
//! states neither overflow nor lose the small probabilities, at the price of one `ln` and one
//! `exp` per state. Refuses rates that are negative or no numbers; never returns NaN.

/// States beyond this many are refused rather than computed for minutes.
pub const MAX_STATES: usize = 5_000_000;

/// Share of the largest weight below which the tail of an infinite chain is cut off. Where the
/// death rate keeps growing, what is left out is of the same order.
const NEGLIGIBLE: f64 = 1e-18;

/// Probabilities of the states `0..=last` of a chain with these rates.
///
/// `birth(k)` leads from `k` to `k + 1`, `death(k)` from `k` to `k - 1`, both per second:
/// `p(k) = p(0) * product over j < k of birth(j) / death(j + 1)` (Kleinrock, Queueing Systems I,
/// eq. 3.11). A birth rate of 0 ends the chain. `None` if a rate is negative, infinite or no
/// number, if a death rate is 0, or if there are more than [`MAX_STATES`] states.
pub fn stationary(last: usize, birth: impl Fn(usize) -> f64, death: impl Fn(usize) -> f64) -> Option<Vec<f64>> {
    chain(Some(last), birth, death)
}

/// The same for a chain without a last state, cut off where the rest no longer counts.
///
/// The caller vouches that births per death fall below 1 and keep falling, or stay there; a chain
/// that has not settled within [`MAX_STATES`] states is refused.
pub fn stationary_unbounded(birth: impl Fn(usize) -> f64, death: impl Fn(usize) -> f64) -> Option<Vec<f64>> {
    chain(None, birth, death)
}

fn chain(last: Option<usize>, birth: impl Fn(usize) -> f64, death: impl Fn(usize) -> f64) -> Option<Vec<f64>> {
    let mut logs = vec![0.0_f64];
    let mut largest = 0.0_f64;
    let mut state = 0;
    while last.is_none_or(|last| state < last) {
        let (up, down) = (birth(state), death(state + 1));
        if !(up >= 0.0 && up.is_finite() && down > 0.0 && down.is_finite()) || state + 1 >= MAX_STATES {
            return None;
        }
        if up == 0.0 {
            break;
        }
        let log = logs[state] + (up / down).ln();
        if last.is_none() && up < down && log < largest + NEGLIGIBLE.ln() {
            break;
        }
        largest = largest.max(log);
        logs.push(log);
        state += 1;
    }
    let weights: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    Some(weights.into_iter().map(|weight| weight / sum).collect())
}

/// Mean of `value(state)` under these probabilities.
pub fn mean(probabilities: &[f64], value: impl Fn(usize) -> f64) -> f64 {
    probabilities.iter().enumerate().map(|(state, p)| p * value(state)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_rates_give_the_geometric_law() {
        let states = stationary_unbounded(|_| 3.0, |_| 4.0).unwrap();
        for (k, p) in states.iter().take(40).enumerate() {
            let exact = 0.25 * 0.75_f64.powi(k as i32);
            assert!((p / exact - 1.0).abs() < 1e-12, "state {k}: {p} instead of {exact}");
        }
    }

    #[test]
    fn long_overloaded_chains_do_not_overflow() {
        let states = stationary(20_000, |_| 2.0, |_| 1.0).unwrap();
        assert!((states[20_000] - 0.5).abs() < 1e-12);
        assert!((states.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn chains_without_an_end_or_with_bad_rates_are_refused() {
        assert_eq!(stationary_unbounded(|_| 1.0, |_| 1.0), None);
        assert_eq!(stationary(3, |_| f64::NAN, |_| 1.0), None);
        assert_eq!(stationary(3, |_| 1.0, |_| 0.0), None);
    }

    #[test]
    fn a_birth_rate_of_zero_ends_the_chain() {
        assert_eq!(stationary(9, |k| if k == 1 { 0.0 } else { 1.0 }, |_| 1.0).unwrap(), vec![0.5, 0.5]);
    }
}
