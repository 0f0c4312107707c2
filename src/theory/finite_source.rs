//! A fixed number of users before one pool of servers: machine repair, M/M/m//N.
//!
//! What a k6 test with a fixed number of users sees of its bottleneck when all else is think time.
//! Exponential think time (any law gives the same) and exponential service. Refuses impossible
//! parameters with `None`. Sources: Kleinrock, Queueing Systems I, sec. 3.8; Lazowska et al., ch. 4.

use super::birth_death::{mean, stationary};

/// Long-run means of users before a pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FiniteSource {
    /// Requests served per second.
    pub throughput: f64,
    /// Wait and service, seconds.
    pub response: f64,
    /// Requests that wait.
    pub waiting: f64,
    /// Busy servers.
    pub busy: f64,
}

/// `users` users, each: think for `think` seconds, then be served by one of `servers` servers for
/// `service` seconds. Birth rate `(users - k) / think`, death rate `min(k, servers) / service`;
/// the throughput is that of the busy servers, the response time follows by Little's law.
///
/// `None` unless there are users and servers, both times are finite, `service > 0` and `think >= 0`.
#[must_use]
pub fn finite_source(users: u32, servers: u32, think: f64, service: f64) -> Option<FiniteSource> {
    if users == 0 || servers == 0 || !(service > 0.0 && service.is_finite() && think >= 0.0 && think.is_finite()) {
        return None;
    }
    let (n, m) = (users as usize, servers as usize);
    let (busy, waiting) = if think == 0.0 {
        (n.min(m) as f64, n.saturating_sub(m) as f64)
    } else {
        let states = stationary(n, |k| (n - k) as f64 / think, |k| k.min(m) as f64 / service)?;
        (mean(&states, |k| k.min(m) as f64), mean(&states, |k| k.saturating_sub(m) as f64))
    };
    let throughput = busy / service;
    Some(FiniteSource { throughput, response: (busy + waiting) / throughput, waiting, busy })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::operational::response_time;

    /// Throughput, response and busy servers solved exactly as a Petri net, elsewhere; six digits.
    #[test]
    fn agrees_with_the_exact_solution_of_a_petri_net() {
        let table = include_str!("../../tests/theory_tables/closed_pool_exact_petri.csv");
        let mut rows = 0;
        for line in table.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())) {
            let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            let (users, servers) = (cells[0] as u32, cells[1] as u32);
            let ours = finite_source(users, servers, 5.0, 1.0).unwrap();
            for (ours, theirs) in [(ours.throughput, cells[2]), (ours.response, cells[3]), (ours.busy, cells[4])] {
                assert!((ours / theirs - 1.0).abs() < 2e-5, "{users} users, {servers} servers: {ours}, not {theirs}");
            }
            rows += 1;
        }
        assert_eq!(rows, 100);
    }

    #[test]
    fn saturation_and_the_interactive_law_hold() {
        let pool = finite_source(500, 20, 0.84, 0.048).unwrap();
        assert!((pool.throughput / (20.0 / 0.048) - 1.0).abs() < 1e-6);
        let response = response_time(500.0, pool.throughput, 0.84).unwrap();
        assert!((pool.response / response - 1.0).abs() < 1e-9);
        assert!((pool.waiting + pool.busy - pool.throughput * pool.response).abs() < 1e-6);
    }

    #[test]
    fn without_think_time_all_users_are_inside() {
        let pool = finite_source(7, 3, 0.0, 0.5).unwrap();
        assert_eq!((pool.throughput, pool.waiting), (6.0, 4.0));
        let nearly = finite_source(7, 3, 1e-9, 0.5).unwrap();
        assert!((nearly.throughput - pool.throughput).abs() < 1e-6);
    }

    #[test]
    fn nobody_and_nothing_are_refused() {
        assert_eq!(finite_source(0, 1, 1.0, 1.0), None);
        assert_eq!(finite_source(1, 0, 1.0, 1.0), None);
        assert_eq!(finite_source(1, 1, f64::INFINITY, 1.0), None);
        assert_eq!(finite_source(1, 1, 1.0, f64::NAN), None);
    }
}
