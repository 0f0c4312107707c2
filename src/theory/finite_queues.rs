//! Queues with limited room or a rate that depends on the number of requests: M/M/c/K and
//! limited processor sharing.
//!
//! Both are birth-death chains; for exponential service the number of requests does not depend on
//! whether they queue or share. Times in seconds, rates per second. Refuses impossible parameters
//! with `None`. Source: Gross & Harris, Fundamentals of Queueing Theory, ch. 2.

use super::birth_death::{mean, stationary, stationary_unbounded};

/// An M/M/c/K queue: `servers` servers and room for `places` requests, the served ones included.
#[derive(Clone, Debug, PartialEq)]
pub struct Mmck {
    servers: usize,
    arrival_rate: f64,
    states: Vec<f64>,
}

impl Mmck {
    /// `None` unless `1 <= servers <= places`, the rate is not negative and the mean is above 0.
    /// Overload is allowed: it is turned away.
    #[must_use]
    pub fn new(servers: u32, places: u32, arrival_rate: f64, mean_service: f64) -> Option<Mmck> {
        if servers == 0 || places < servers || mean_service <= 0.0 {
            return None;
        }
        let busy = |k: usize| k.min(servers as usize) as f64;
        let states = stationary(places as usize, |_| arrival_rate, |k| busy(k) / mean_service)?;
        Some(Mmck { servers: servers as usize, arrival_rate, states })
    }

    /// Probability of `k` requests inside, for `k` from 0 to the number of places; shorter only
    /// if nothing arrives.
    #[must_use]
    pub fn states(&self) -> &[f64] {
        &self.states
    }

    /// Share of arrivals turned away (arrivals see time averages: Wolff 1982).
    #[must_use]
    pub fn blocking(&self) -> f64 {
        if self.arrival_rate == 0.0 { 0.0 } else { self.states.last().copied().unwrap_or(0.0) }
    }

    /// Requests served per second.
    #[must_use]
    pub fn throughput(&self) -> f64 {
        self.arrival_rate * (1.0 - self.blocking())
    }

    /// Mean wait of the requests that are let in, by Little's law.
    /// `None` if nothing arrives.
    #[must_use]
    pub fn mean_wait(&self) -> Option<f64> {
        let waiting = mean(&self.states, |k| k.saturating_sub(self.servers) as f64);
        (self.throughput() > 0.0).then(|| waiting / self.throughput())
    }
}

/// State probabilities of Poisson arrivals that share `cores` cores: each of the first `cores`
/// jobs runs at full speed, more jobs share. Death rate `min(k, cores) / mean_service`. The law of
/// the number of jobs is the same for any law of service (symmetric queue; Kelly 1979, ch. 3).
///
/// The tail is cut off where it no longer counts. `None` unless the cores suffice.
#[must_use]
pub fn limited_sharing_states(cores: u32, arrival_rate: f64, mean_service: f64) -> Option<Vec<f64>> {
    if mean_service <= 0.0 || arrival_rate * mean_service >= f64::from(cores) {
        return None;
    }
    stationary_unbounded(|_| arrival_rate, |k| k.min(cores as usize) as f64 / mean_service)
}

/// Mean sojourn of jobs that share `cores` cores, by Little's law over
/// [`limited_sharing_states`]. `None` as there, and if nothing arrives.
#[must_use]
pub fn limited_sharing_sojourn(cores: u32, arrival_rate: f64, mean_service: f64) -> Option<f64> {
    let states = limited_sharing_states(cores, arrival_rate, mean_service)?;
    (arrival_rate > 0.0).then(|| mean(&states, |k| k as f64) / arrival_rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::queues::{Mmc, erlang_b, mg1_ps_mean_sojourn};

    fn near(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b.abs(), "{a} is not {b}");
    }

    #[test]
    fn without_waiting_room_blocking_is_erlang_b() {
        for (servers, load) in [(1, 0.3), (5, 7.0), (200, 190.0)] {
            near(Mmck::new(servers, servers, load, 1.0).unwrap().blocking(), erlang_b(servers, load).unwrap(), 1e-11);
        }
    }

    #[test]
    fn with_ample_room_it_is_mmc() {
        let limited = Mmck::new(4, 2_000, 36.0, 0.1).unwrap();
        let unlimited = Mmc::new(4, 36.0, 0.1).unwrap();
        assert!(limited.blocking() < 1e-30);
        near(limited.mean_wait().unwrap(), unlimited.mean_wait(), 1e-9);
        near(limited.states()[4..].iter().sum(), unlimited.wait_probability(), 1e-9);
    }

    #[test]
    fn overload_fills_the_servers() {
        let queue = Mmck::new(3, 50, 100.0, 0.1).unwrap();
        near(queue.throughput(), 30.0, 1e-9);
        // The room is almost always full, so who gets in waits for nearly all 47 places to pass.
        near(queue.mean_wait().unwrap(), (47.0 - 1.0 / (100.0 / 30.0 - 1.0)) / 30.0, 1e-6);
    }

    #[test]
    fn impossible_queues_are_refused() {
        assert_eq!(Mmck::new(3, 2, 1.0, 1.0), None);
        assert_eq!(Mmck::new(1, 2, -1.0, 1.0), None);
        assert_eq!(Mmck::new(1, 2, 1.0, 0.0), None);
        assert_eq!(Mmck::new(1, 5, 0.0, 1.0).unwrap().mean_wait(), None);
        assert_eq!(limited_sharing_states(3, 40.0, 0.1), None);
    }

    /// State probabilities of a limited processor-sharing queue, computed outside this crate.
    #[test]
    fn limited_sharing_has_the_published_state_probabilities() {
        let table = include_str!("../../tests/theory_tables/ps_limited_states_ciw.csv");
        let states = limited_sharing_states(3, 10.0, 1.0 / 12.0).unwrap();
        let mut rows = 0;
        for line in table.lines().filter(|line| line.starts_with("limited_PS_lambda10_mu12_threshold3")) {
            let cells: Vec<&str> = line.split(',').collect();
            let (k, p): (usize, f64) = (cells[1].parse().unwrap(), cells[2].parse().unwrap());
            near(states[k], p, 1e-12);
            rows += 1;
        }
        assert_eq!(rows, 9);
    }

    #[test]
    fn one_shared_core_is_mg1_ps() {
        near(limited_sharing_sojourn(1, 4.0, 0.2).unwrap(), mg1_ps_mean_sojourn(4.0, 0.2).unwrap(), 1e-12);
        near(
            limited_sharing_sojourn(3, 10.0, 1.0 / 12.0).unwrap(),
            Mmc::new(3, 10.0, 1.0 / 12.0).unwrap().mean_sojourn(),
            1e-12,
        );
    }
}
