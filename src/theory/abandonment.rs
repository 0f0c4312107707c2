//! Queues whose waiters give up: exponential patience (Erlang A) and constant patience (a time-out).
//!
//! A pool with an acquire time-out is the second kind. Both assume Poisson arrivals, exponential
//! service, unlimited room, first come first served, and are stable under any load since waiters
//! leave. Times in seconds, rates per second. Refuses impossible parameters with `None`.

use super::birth_death::{mean, stationary_unbounded};
use super::queues::erlang_b;

/// What becomes of arrivals that may give up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Abandonment {
    /// Share of arrivals that give up.
    pub share: f64,
    /// Share of arrivals that find all servers busy.
    pub delayed: f64,
    /// Mean wait of all arrivals, those that give up included.
    pub mean_wait: f64,
    /// Mean wait of those that are served.
    pub mean_wait_served: f64,
    /// Mean share of the servers that is busy.
    pub utilisation: f64,
}

/// M/M/c+M: patience is exponential (Palm 1957; Garnett, Mandelbaum & Reiman 2002).
///
/// The number inside is a birth-death chain with death rate `min(k, c) mu + max(k - c, 0) theta`,
/// `theta = 1 / mean_patience`. A share `theta E[waiting] / lambda` gives up; Little's law gives
/// the mean wait. An arrival that finds `c + j` inside sees `j + 1` departures before its turn, at
/// rates `c mu + i theta`, `i = j .. 0`. It is still there with probability
/// `product of (c mu + i theta) / (c mu + (i + 1) theta) = c mu / (c mu + (j + 1) theta)`, and given
/// this each departure took `1 / (c mu + (i + 1) theta)` on average (an exponential law tilted by
/// `exp(-theta t)` is exponential with its rate raised by `theta`).
///
/// `None` unless `servers >= 1` and all others are finite and above 0.
#[must_use]
pub fn exponential_patience(
    servers: u32,
    arrival_rate: f64,
    mean_service: f64,
    mean_patience: f64,
) -> Option<Abandonment> {
    if !valid(servers, arrival_rate, mean_service, mean_patience) {
        return None;
    }
    let (c, all_busy, theta) = (servers as usize, f64::from(servers) / mean_service, 1.0 / mean_patience);
    let death = |k: usize| k.min(c) as f64 / mean_service + k.saturating_sub(c) as f64 * theta;
    let states = stationary_unbounded(|_| arrival_rate, death)?;
    let waiting = mean(&states, |k| k.saturating_sub(c) as f64);
    let (mut served, mut served_wait, mut wait_if_served) = (0.0, 0.0, 0.0);
    for (k, p) in states.iter().enumerate() {
        if k < c {
            served += p;
            continue;
        }
        let rate_of_first = all_busy + (k - c + 1) as f64 * theta;
        wait_if_served += 1.0 / rate_of_first;
        let stays = p * all_busy / rate_of_first;
        served += stays;
        served_wait += stays * wait_if_served;
    }
    Some(Abandonment {
        share: (theta * waiting / arrival_rate).min(1.0),
        delayed: states.iter().skip(c).sum(),
        mean_wait: waiting / arrival_rate,
        mean_wait_served: served_wait / served,
        utilisation: mean(&states, |k| k.min(c) as f64) / f64::from(servers),
    })
}

/// M/M/c+D: every waiter gives up after exactly `patience` seconds (Barrer 1957; Baccelli &
/// Hebuterne 1981; Brandt & Brandt 1999).
///
/// Derivation. Let `V` be the wait that an arrival would face if it had endless patience, `mu` the
/// service rate, `d = c mu - lambda`. With fewer than `c` inside, `V = 0`, and the states are as in
/// a loss system: `p(j) = p(0) a^j / j!` for `j < c`, so `sum of p(0..c-1) = p(c-1) / B(c-1, a)`
/// (Erlang B). While `V` is above 0 it falls at speed 1; an arrival that finds `V < T` (patience
/// `T`) stays, and since service is exponential it raises `V` by an exponential amount with rate
/// `c mu`; one that finds `V >= T` will leave unserved and raises nothing. An arrival that finds
/// `c - 1` inside raises `V` from 0 in the same way. Equating crossings of a level downwards (the
/// density `f(v)`, at speed 1) and upwards gives
///
/// `f(v) = lambda p(c-1) exp(-c mu v) + lambda * integral over u in (0, min(v, T)) of f(u) exp(-c mu (v - u))`
///
/// solved by `f(v) = lambda p(c-1) exp(-d v)` up to `T` and
/// `f(v) = f(T) exp(-c mu (v - T))` beyond. Normalising,
///
/// `1 / p(c-1) = 1 / B(c-1, a) + lambda (1 - exp(-d T)) / d + lambda exp(-d T) / (c mu)`,
///
/// and the share that gives up is `P(V > T) = lambda p(c-1) exp(-d T) / (c mu)`.
/// As `T` goes to 0 this is Erlang B; as it grows, with `d > 0`, M/M/c. Under overload all terms
/// are multiplied by `exp(d T)` first, so nothing overflows.
///
/// `None` unless `servers >= 1`, the rate and the mean are finite and above 0, and the patience is
/// finite and not negative.
#[must_use]
pub fn constant_patience(servers: u32, arrival_rate: f64, mean_service: f64, patience: f64) -> Option<Abandonment> {
    if !(patience == 0.0 || valid(servers, arrival_rate, mean_service, patience))
        || !valid(servers, arrival_rate, mean_service, 1.0)
    {
        return None;
    }
    let all_busy = f64::from(servers) / mean_service;
    let spare = all_busy - arrival_rate;
    // Every weight below carries this factor; it cancels in the quotients.
    let scale = (spare * patience).min(0.0).exp();
    let at_patience = (-spare * patience).min(0.0).exp();
    let idle = scale / erlang_b(servers - 1, arrival_rate * mean_service)?;
    let (mass, moment) = moments(spare, patience);
    let gone = arrival_rate * at_patience / all_busy;
    let total = idle + arrival_rate * mass + gone;
    let share = gone / total;
    let served = idle + arrival_rate * mass;
    let served_wait = arrival_rate * moment;
    Some(Abandonment {
        share,
        delayed: 1.0 - idle / total,
        mean_wait: served_wait / total + share * patience,
        mean_wait_served: if served > 0.0 { served_wait / served } else { patience },
        utilisation: arrival_rate * (1.0 - share) / all_busy,
    })
}

pub(super) fn valid(servers: u32, arrival_rate: f64, mean_service: f64, patience: f64) -> bool {
    servers >= 1 && [arrival_rate, mean_service, patience].iter().all(|x| *x > 0.0 && x.is_finite())
}

/// Integrals over `v` in `(0, patience)` of `exp(-d v)` and `v exp(-d v)`, both multiplied by
/// `exp(d * patience)` if `d < 0`.
fn moments(d: f64, patience: f64) -> (f64, f64) {
    let x = (d * patience).abs();
    // Integrals of exp(-x s) and s exp(-x s) over s in (0, 1).
    let (mass, moment) = if x < 1e-3 {
        (1.0 - x / 2.0 + x * x / 6.0, 0.5 - x / 3.0 + x * x / 8.0)
    } else {
        let mass = -(-x).exp_m1() / x;
        (mass, (mass - (-x).exp()) / x)
    };
    // With d < 0 the scaled integrand is exp(-x (1 - s)): the same law seen from the other end.
    let moment = if d < 0.0 { mass - moment } else { moment };
    (patience * mass, patience * patience * moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::finite_queues::Mmck;
    use crate::theory::queues::Mmc;

    fn near(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1e-12), "{a} is not {b}");
    }

    #[test]
    fn no_patience_is_a_loss_system() {
        for load in [0.5, 4.0, 9.0] {
            let lost = erlang_b(5, load).unwrap();
            near(constant_patience(5, load, 1.0, 0.0).unwrap().share, lost, 1e-12);
            near(exponential_patience(5, load, 1.0, 1e-9).unwrap().share, lost, 1e-6);
        }
    }

    #[test]
    fn endless_patience_is_mmc() {
        let queue = Mmc::new(6, 50.0, 0.1).unwrap();
        let constant = constant_patience(6, 50.0, 0.1, 100.0).unwrap();
        let exponential = exponential_patience(6, 50.0, 0.1, 1e9).unwrap();
        near(constant.mean_wait, queue.mean_wait(), 1e-9);
        near(constant.mean_wait_served, queue.mean_wait(), 1e-9);
        near(exponential.mean_wait, queue.mean_wait(), 1e-6);
        assert!(constant.share < 1e-12 && exponential.share < 1e-8);
    }

    #[test]
    fn overload_is_given_up() {
        // Twice the capacity: half gives up, whatever the patience; the scaled terms must not overflow.
        for patience in [10.0, 1_000.0, 30_000.0] {
            let outcome = constant_patience(20, 800.0, 0.05, patience).unwrap();
            near(outcome.share, 0.5, 1e-9);
            near(outcome.utilisation, 1.0, 1e-9);
            near(outcome.mean_wait, patience, 1e-2);
        }
        near(exponential_patience(20, 800.0, 0.05, 10.0).unwrap().share, 0.5, 1e-9);
    }

    #[test]
    fn served_work_keeps_the_servers_busy() {
        // The chain's busy servers against arrivals less abandonments, two ways to count the same.
        for load in [0.3, 0.9, 1.0, 1.3] {
            let rate = load * 8.0 / 0.2;
            let outcome = exponential_patience(8, rate, 0.2, 0.7).unwrap();
            near(outcome.utilisation, rate * 0.2 * (1.0 - outcome.share) / 8.0, 1e-10);
            // All arrivals: those served and those that gave up; with exponential patience the
            // wait of all is share x mean patience.
            near(outcome.mean_wait, outcome.share * 0.7, 1e-10);
            assert!(outcome.mean_wait_served < 0.7);
        }
    }

    #[test]
    fn constant_patience_agrees_with_a_chain_of_many_phases() {
        // Slow twin: busy servers from the states below c plus c times the rest must carry what is
        // served. p(c-1) is found from the share that gives up, not from the normalisation.
        let (c, rate, service, patience) = (4_u32, 22.0_f64, 0.2_f64, 0.5_f64);
        let outcome = constant_patience(c, rate, service, patience).unwrap();
        let (a, all_busy) = (rate * service, f64::from(c) / service);
        let below = outcome.share * all_busy / rate * ((all_busy - rate) * patience).exp();
        let mut states = vec![below; c as usize];
        for j in (0..c as usize - 1).rev() {
            states[j] = states[j + 1] * (j + 1) as f64 / a;
        }
        let idle: f64 = states.iter().sum();
        let busy: f64 = states.iter().enumerate().map(|(j, p)| j as f64 * p).sum::<f64>() + f64::from(c) * (1.0 - idle);
        near(busy, rate * service * (1.0 - outcome.share), 1e-10);
    }

    #[test]
    fn one_server_and_short_patience_lies_between_loss_and_queue() {
        let shares: Vec<f64> =
            [0.0, 0.01, 0.1, 1.0].iter().map(|t| constant_patience(1, 9.0, 0.1, *t).unwrap().share).collect();
        assert!(shares.windows(2).all(|pair| pair[1] < pair[0]), "{shares:?}");
        // At rho = 1 and one server: 1/p(0) = 1 + lambda T + 1, share = 1 / (2 + lambda T).
        near(constant_patience(1, 10.0, 0.1, 0.3).unwrap().share, 1.0 / 5.0, 1e-9);
        near(constant_patience(1, 10.0 + 1e-6, 0.1, 0.3).unwrap().mean_wait_served, 0.45 / 4.0, 1e-5);
    }

    #[test]
    fn a_limit_on_the_queue_is_not_a_limit_on_time() {
        // Same mean wait allowed, different mechanisms: both lose about what overload forces.
        let room = Mmck::new(10, 40, 120.0, 0.1).unwrap();
        let time = constant_patience(10, 120.0, 0.1, 0.3).unwrap();
        near(room.blocking(), 1.0 / 6.0, 0.02);
        near(time.share, 1.0 / 6.0, 0.02);
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(constant_patience(0, 1.0, 1.0, 1.0), None);
        assert_eq!(constant_patience(1, 1.0, 1.0, -1.0), None);
        assert_eq!(constant_patience(1, 1.0, 1.0, f64::INFINITY), None);
        assert_eq!(exponential_patience(1, 1.0, 1.0, 0.0), None);
        assert_eq!(exponential_patience(1, f64::NAN, 1.0, 1.0), None);
    }
}
