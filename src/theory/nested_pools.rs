//! A pool in front of a pool: users take a permit of the outer one, work a while, and need one of the
//! inner one for a part of the time.
//!
//! A Markov chain of few states, solved exactly by elimination: product-form formulas do not hold
//! where a permit is kept while another is waited for. Source of the elimination: Grassmann, Taksar
//! & Heyman (1985), "Regenerative analysis and steady state distributions for Markov chains",
//! Operations Research 33, which subtracts nothing and so loses no digits.

/// Long-run means of users before nested pools.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NestedPools {
    /// Requests served per second.
    pub throughput: f64,
    /// From the first wait to the end, seconds.
    pub response: f64,
    /// Requests that wait for the outer pool.
    pub waiting_outside: f64,
    /// Requests that wait for the inner pool.
    pub waiting_inside: f64,
    /// Permits of the inner pool in use.
    pub busy: f64,
}

/// Chains of more states would take long.
const MOST_STATES: usize = 2_000;

/// `users` users, each: think for `think` seconds; take one of `outer` permits; work for `before`
/// seconds beside all others; take one of `inner` permits for `service` seconds; give both back. All
/// times exponential, lines first come first served.
///
/// `None` unless there are users and permits, all times are finite, `think` and `before` and
/// `service` above 0, and the chain has at most 2,000 states.
#[must_use]
pub fn nested_pools(users: u32, outer: u32, inner: u32, [think, before, service]: [f64; 3]) -> Option<NestedPools> {
    let times_fit = [think, before, service].iter().all(|&time| time > 0.0 && time.is_finite());
    if users == 0 || outer == 0 || inner == 0 || !times_fit {
        return None;
    }
    // A state: requests present, and how many of those inside are at the inner pool.
    let inside = |present: u32| present.min(outer);
    let states: Vec<(u32, u32)> =
        (0..=users).flat_map(|present| (0..=inside(present)).map(move |at_inner| (present, at_inner))).collect();
    if states.len() > MOST_STATES {
        return None;
    }
    let place = |state: (u32, u32)| states.binary_search(&state).ok();
    let mut rates = vec![vec![0.0; states.len()]; states.len()];
    for (from, &(present, at_inner)) in states.iter().enumerate() {
        let served = at_inner.min(inner);
        let moves = [
            (present < users, (present + 1, at_inner), f64::from(users - present) / think),
            (at_inner < inside(present), (present, at_inner + 1), f64::from(inside(present) - at_inner) / before),
            (served > 0, (present.wrapping_sub(1), at_inner.wrapping_sub(1)), f64::from(served) / service),
        ];
        for (_, to, rate) in moves.into_iter().filter(|moves| moves.0) {
            rates[from][place(to)?] += rate;
        }
    }
    let shares = stationary(rates);
    let mean = |of: &dyn Fn(u32, u32) -> u32| {
        states.iter().zip(&shares).map(|(&(present, at_inner), share)| share * f64::from(of(present, at_inner))).sum()
    };
    let busy: f64 = mean(&|_, at_inner| at_inner.min(inner));
    let throughput = busy / service;
    Some(NestedPools {
        throughput,
        response: mean(&|present, _| present) / throughput,
        waiting_outside: mean(&|present, _| present - inside(present)),
        waiting_inside: mean(&|_, at_inner| at_inner.saturating_sub(inner)),
        busy,
    })
}

/// Shares of time in each state of a chain with these rates from state to state, all of which can
/// be reached from each other.
fn stationary(mut rates: Vec<Vec<f64>>) -> Vec<f64> {
    let count = rates.len();
    for last in (1..count).rev() {
        let out: f64 = rates[last][..last].iter().sum();
        let row = rates[last].clone();
        for from in rates.iter_mut().take(last) {
            let through = from[last] / out;
            from[last] = through;
            from.iter_mut().zip(&row).take(last).for_each(|(rate, on)| *rate += through * on);
        }
    }
    let mut shares = vec![1.0; count];
    for state in 1..count {
        shares[state] = (0..state).map(|from| shares[from] * rates[from][state]).sum();
    }
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::finite_source::finite_source;

    /// With more inner permits than outer ones nobody waits inside: one pool, held for the sum of
    /// both times. Of a pool of one permit that gives M/G/1 with few users; with as many permits as
    /// users, no wait at all.
    #[test]
    fn limits_are_those_of_a_single_pool() {
        let alone = nested_pools(7, 7, 7, [5.0, 0.4, 0.6]).unwrap();
        assert!((alone.response - 1.0).abs() < 1e-12 && alone.waiting_inside.abs() < 1e-12);
        // Hardly any time before: the inner pool alone, of which the exact solution is known.
        for (users, inner) in [(5, 1), (8, 2), (10, 3)] {
            let nested = nested_pools(users, users, inner, [5.0, 1e-9, 1.0]).unwrap();
            let single = finite_source(users, inner, 5.0, 1.0).unwrap();
            assert!((nested.response / single.response - 1.0).abs() < 1e-7, "{} {}", nested.response, single.response);
            assert!((nested.waiting_inside - single.waiting).abs() < 1e-7);
        }
        // The outer pool alone.
        let (nested, single) =
            (nested_pools(8, 2, 2, [5.0, 1e-9, 1.0]).unwrap(), finite_source(8, 2, 5.0, 1.0).unwrap());
        assert!((nested.waiting_outside - single.waiting).abs() < 1e-7);
    }

    #[test]
    fn impossible_parameters_are_refused() {
        assert_eq!(nested_pools(0, 1, 1, [1.0; 3]), None);
        assert_eq!(nested_pools(1, 1, 1, [1.0, f64::NAN, 1.0]), None);
        assert_eq!(nested_pools(1000, 1000, 1, [1.0; 3]), None);
    }
}
