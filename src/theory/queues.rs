//! Queues with unlimited room and Poisson arrivals: M/M/1, M/M/c, Erlang B and C, M/G/1.
//!
//! Exact under their assumptions only: stationary, independent arrivals, and for M/M/c
//! exponential service and first come first served. Times in seconds, rates per second.
//! Refuses what has no stationary answer (utilisation of 1 or more) with `None`; never NaN.
//! Sources: Kleinrock, Queueing Systems I; Gross & Harris, Fundamentals of Queueing Theory;
//! Harchol-Balter, Performance Modeling and Design of Computer Systems.

/// Share of arrivals lost at `servers` servers without waiting room (Erlang B).
///
/// `offered` is arrival rate x mean service time, in erlangs. Recurrence
/// `B(k) = a B(k-1) / (k + a B(k-1))`, `B(0) = 1` (Gross & Harris, sec. 2.5): all terms positive,
/// so stable for any number of servers, and insensitive to the law of service.
/// `None` unless `offered` is finite and not negative.
#[must_use]
pub fn erlang_b(servers: u32, offered: f64) -> Option<f64> {
    if !(offered >= 0.0 && offered.is_finite()) {
        return None;
    }
    Some((1..=servers).fold(1.0, |lost, k| offered * lost / (f64::from(k) + offered * lost)))
}

/// Share of arrivals that must wait at `servers` servers with unlimited room (Erlang C).
///
/// `C = B / (1 - rho (1 - B))` with `rho = offered / servers` (Harchol-Balter, ch. 14).
/// `None` unless `servers >= 1` and `0 <= offered < servers`.
#[must_use]
pub fn erlang_c(servers: u32, offered: f64) -> Option<f64> {
    let utilisation = offered / f64::from(servers);
    if servers == 0 || !(0.0..1.0).contains(&utilisation) {
        return None;
    }
    let lost = erlang_b(servers, offered)?;
    Some(lost / (1.0 - utilisation * (1.0 - lost)))
}

/// A stable M/M/c queue, first come first served.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmc {
    /// At least 1.
    servers: u32,
    /// Service rate of one server, above 0.
    service_rate: f64,
    /// Service rate of all servers less the arrival rate, above 0.
    spare_rate: f64,
    utilisation: f64,
    wait_probability: f64,
}

impl Mmc {
    /// `None` unless `servers >= 1`, `arrival_rate >= 0`, `mean_service > 0` and
    /// `arrival_rate * mean_service < servers`.
    #[must_use]
    pub fn new(servers: u32, arrival_rate: f64, mean_service: f64) -> Option<Mmc> {
        if !(arrival_rate >= 0.0 && mean_service > 0.0 && mean_service.is_finite()) {
            return None;
        }
        let offered = arrival_rate * mean_service;
        let service_rate = 1.0 / mean_service;
        Some(Mmc {
            servers,
            service_rate,
            wait_probability: erlang_c(servers, offered)?,
            spare_rate: f64::from(servers) * service_rate - arrival_rate,
            utilisation: offered / f64::from(servers),
        })
    }

    /// Share of the servers that is busy, in `[0, 1)`.
    #[must_use]
    pub fn utilisation(&self) -> f64 {
        self.utilisation
    }

    /// Share of arrivals that find every server busy.
    #[must_use]
    pub fn wait_probability(&self) -> f64 {
        self.wait_probability
    }

    /// Mean wait of all arrivals, those that do not wait included: `C / (c mu - lambda)`.
    #[must_use]
    pub fn mean_wait(&self) -> f64 {
        self.wait_probability / self.spare_rate
    }

    /// Mean wait and service.
    #[must_use]
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + 1.0 / self.service_rate
    }

    /// Mean number of requests that wait or are served (Little's law).
    #[must_use]
    pub fn mean_number(&self) -> f64 {
        let arrival_rate = self.utilisation * f64::from(self.servers) * self.service_rate;
        arrival_rate * self.mean_sojourn()
    }

    /// Share of arrivals that wait longer than `t >= 0`: `C exp(-(c mu - lambda) t)`.
    #[must_use]
    pub fn wait_tail(&self, t: f64) -> f64 {
        self.wait_probability * (-self.spare_rate * t.max(0.0)).exp()
    }

    /// The wait that a share `p` of arrivals does not exceed; `None` unless `0 <= p < 1`.
    #[must_use]
    pub fn wait_percentile(&self, p: f64) -> Option<f64> {
        if !(0.0..1.0).contains(&p) {
            return None;
        }
        Some(((self.wait_probability / (1.0 - p)).ln() / self.spare_rate).max(0.0))
    }

    /// Share of arrivals that wait and are served for longer than `t >= 0` in all.
    ///
    /// Wait and service are independent under first come first served. With `m` and `d` the
    /// smaller of, and the distance between, `mu` and `c mu - lambda`:
    /// `exp(-mu t) + C mu exp(-m t) (1 - exp(-d t)) / d` (Gross & Harris, sec. 2.3, in a form
    /// that does not cancel where the two rates meet).
    #[must_use]
    pub fn sojourn_tail(&self, t: f64) -> f64 {
        let t = t.max(0.0);
        let slower = self.service_rate.min(self.spare_rate);
        let distance = (self.service_rate - self.spare_rate).abs();
        let spread = if distance * t < 1e-12 { t } else { -(-distance * t).exp_m1() / distance };
        (-self.service_rate * t).exp() + self.wait_probability * self.service_rate * (-slower * t).exp() * spread
    }

    /// The wait and service in all that a share `p` of arrivals does not exceed; `None` unless
    /// `0 <= p < 1`. By bisection of [`Mmc::sojourn_tail`] to the last bit.
    #[must_use]
    pub fn sojourn_percentile(&self, p: f64) -> Option<f64> {
        if !(0.0..1.0).contains(&p) {
            return None;
        }
        let over = 1.0 - p;
        let mut high = 1.0 / self.service_rate;
        while self.sojourn_tail(high) > over {
            high *= 2.0;
        }
        let mut low = 0.0;
        loop {
            let middle = low + (high - low) / 2.0;
            if middle <= low || middle >= high {
                return Some(high);
            }
            if self.sojourn_tail(middle) > over { low = middle } else { high = middle }
        }
    }
}

/// Mean wait in M/G/1, first come first served: `lambda E[S^2] / (2 (1 - rho))`, with
/// `E[S^2] = E[S]^2 (1 + cv^2)` (Pollaczek-Khinchine; Kleinrock I, eq. 5.70).
///
/// `cv` is standard deviation over mean of service. `None` unless all are finite, `cv` and the
/// rate not negative, the mean above 0, and the server less than fully used.
#[must_use]
pub fn mg1_mean_wait(arrival_rate: f64, mean_service: f64, cv: f64) -> Option<f64> {
    let spare = 1.0 - single_server_utilisation(arrival_rate, mean_service)?;
    if !(cv >= 0.0 && cv.is_finite()) {
        return None;
    }
    Some(arrival_rate * mean_service * mean_service * (1.0 + cv * cv) / (2.0 * spare))
}

/// Mean sojourn in M/G/1 under processor sharing: `E[S] / (1 - rho)`, whatever the law of service
/// (Kleinrock, Queueing Systems II, sec. 4.4). `None` as [`mg1_mean_wait`].
#[must_use]
pub fn mg1_ps_mean_sojourn(arrival_rate: f64, mean_service: f64) -> Option<f64> {
    mg1_ps_sojourn_of(arrival_rate, mean_service, mean_service)
}

/// Mean sojourn, in M/G/1 under processor sharing, of a request that needs `work` seconds:
/// `work / (1 - rho)`, linear in the work (Kleinrock II, eq. 4.17). `None` as [`mg1_mean_wait`],
/// and if `work` is negative or infinite.
#[must_use]
pub fn mg1_ps_sojourn_of(arrival_rate: f64, mean_service: f64, work: f64) -> Option<f64> {
    let spare = 1.0 - single_server_utilisation(arrival_rate, mean_service)?;
    (work >= 0.0 && work.is_finite()).then_some(work / spare)
}

fn single_server_utilisation(arrival_rate: f64, mean_service: f64) -> Option<f64> {
    let utilisation = arrival_rate * mean_service;
    (arrival_rate >= 0.0 && mean_service > 0.0 && utilisation < 1.0).then_some(utilisation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1e-300), "{a} is not {b}");
    }

    /// Erlang's formulas by their definition, `a^k / k!`, which overflows for large systems.
    fn erlang_by_definition(servers: u32, a: f64) -> (f64, f64) {
        let mut term = 1.0;
        let mut sum = 1.0;
        for k in 1..servers {
            term *= a / f64::from(k);
            sum += term;
        }
        let last = term * a / f64::from(servers);
        let waiting = last * f64::from(servers) / (f64::from(servers) - a);
        (last / (sum + last), waiting / (sum + waiting))
    }

    #[test]
    fn erlang_agrees_with_its_definition() {
        for (servers, a) in [(1, 0.5), (2, 1.2), (5, 4.0), (20, 18.5), (60, 30.0)] {
            let (b, c) = erlang_by_definition(servers, a);
            near(erlang_b(servers, a).unwrap(), b, 1e-12);
            near(erlang_c(servers, a).unwrap(), c, 1e-12);
        }
    }

    #[test]
    fn erlang_stays_finite_for_very_many_servers() {
        let c = erlang_c(100_000, 99_900.0).unwrap();
        assert!(c > 0.0 && c < 1.0);
        // Halfin & Whitt 1981: with beta = (1 - rho) sqrt(c), C -> 1 / (1 + beta Phi(beta) / phi(beta)).
        let beta = (1.0 - 0.999) * 100_000_f64.sqrt();
        let phi = (-beta * beta / 2.0).exp() / std::f64::consts::TAU.sqrt();
        let distribution = 0.5
            + phi
                * (0..60)
                    .fold((beta, beta), |(sum, term), k| {
                        let term = term * beta * beta / f64::from(2 * k + 3);
                        (sum + term, term)
                    })
                    .0;
        near(c, 1.0 / (1.0 + beta * distribution / phi), 0.01);
    }

    #[test]
    fn one_server_gives_the_laws_of_mm1() {
        let queue = Mmc::new(1, 3.0, 0.2).unwrap();
        near(queue.wait_probability(), 0.6, 1e-12);
        near(queue.mean_sojourn(), 1.0 / (5.0 - 3.0), 1e-12);
        near(queue.mean_number(), 0.6 / 0.4, 1e-12);
        // The sojourn in M/M/1 is exponential with rate mu - lambda.
        for p in [0.0, 0.5, 0.95, 0.99, 0.9999] {
            near(queue.sojourn_percentile(p).unwrap(), -(1.0_f64 - p).ln() / 2.0, 1e-9);
        }
    }

    #[test]
    fn tails_integrate_to_the_means() {
        // The second queue has c mu - lambda = mu, where the textbook formula divides 0 by 0.
        for queue in [Mmc::new(4, 30.0, 0.1), Mmc::new(4, 30.0, 0.1 + 1e-9), Mmc::new(3, 25.0, 0.11)] {
            let queue = queue.unwrap();
            let step = 1e-4;
            let integral =
                |tail: &dyn Fn(f64) -> f64| (0..400_000).map(|i| step * tail((f64::from(i) + 0.5) * step)).sum::<f64>();
            near(integral(&|t| queue.wait_tail(t)), queue.mean_wait(), 1e-5);
            near(integral(&|t| queue.sojourn_tail(t)), queue.mean_sojourn(), 1e-5);
        }
    }

    #[test]
    fn percentiles_invert_the_tails() {
        let queue = Mmc::new(20, 380.0, 0.048).unwrap();
        for p in [0.5, 0.9, 0.95, 0.99] {
            near(queue.sojourn_tail(queue.sojourn_percentile(p).unwrap()), 1.0 - p, 1e-9);
        }
        let waited = queue.wait_percentile(0.99).unwrap();
        near(queue.wait_tail(waited), 0.01, 1e-9);
        assert_eq!(queue.wait_percentile((1.0 - queue.wait_probability()) / 2.0), Some(0.0));
    }

    #[test]
    fn overload_and_nonsense_have_no_answer() {
        assert_eq!(Mmc::new(2, 20.0, 0.1), None);
        assert_eq!(Mmc::new(0, 0.0, 0.1), None);
        assert_eq!(Mmc::new(2, f64::NAN, 0.1), None);
        assert_eq!(Mmc::new(2, 1.0, 0.0), None);
        assert_eq!(erlang_b(3, -1.0), None);
        assert_eq!(mg1_mean_wait(10.0, 0.1, 1.0), None);
        assert_eq!(Mmc::new(1, 1.0, 0.1).unwrap().sojourn_percentile(1.0), None);
    }

    #[test]
    fn general_service_contains_the_known_special_cases() {
        let exponential = Mmc::new(1, 7.0, 0.1).unwrap();
        near(mg1_mean_wait(7.0, 0.1, 1.0).unwrap(), exponential.mean_wait(), 1e-12);
        // Constant service waits half as long as exponential.
        near(mg1_mean_wait(7.0, 0.1, 0.0).unwrap(), exponential.mean_wait() / 2.0, 1e-12);
        // Sharing an exponential server takes as long on average as queueing for it.
        near(mg1_ps_mean_sojourn(7.0, 0.1).unwrap(), exponential.mean_sojourn(), 1e-12);
        near(mg1_ps_sojourn_of(7.0, 0.1, 0.3).unwrap(), 1.0, 1e-12);
    }
}
