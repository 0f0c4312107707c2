//! Queues whose waiters give up, each after a time drawn from any law: M/M/c+G.
//!
//! Baccelli & Hebuterne, On queues with impatient customers (1981); Zeltyn & Mandelbaum, Call centers
//! with impatient customers: many-server asymptotics of the M/M/n+G queue (Queueing Systems 51, 2005).

use super::abandonment::{Abandonment, valid};
use super::queues::erlang_b;

/// Steps of the integration in the mean time between two departures from busy servers.
const STEPS: f64 = 100.0;
/// No more steps than this: the law's tail and the load are beyond any use.
const MOST_STEPS: usize = 20_000_000;
/// What is left of an integrand beyond this exponent is nothing.
const NEGLIGIBLE: f64 = 45.0;

/// M/M/c+G: a waiter gives up after a time that exceeds `x` seconds with probability `stays(x)`.
///
/// Derivation. Let `V` be the wait that an arrival with endless patience would face. Crossings of a
/// level downwards (at speed 1) and upwards (by arrivals who stay, each adding an exponential time of
/// rate `c mu`) balance as for a constant patience, with `stays(u)` in place of the step, and give the
/// density `f(v) = lambda p(c-1) exp(lambda H(v) - c mu v)`, `H(v) = integral of stays over (0, v)`.
/// With fewer than `c` inside it is a loss system: their probability is `p(c-1) / B(c-1, a)`
/// (Erlang B). An arrival waits `min(V, patience)`, in the mean `E[H(V)]`; it is served with
/// probability `E[stays(V)]`, having waited `V`.
///
/// The integrals are computed by the trapezoid rule; where `stays` is continuous they are exact to
/// about 1e-5.
///
/// `None` unless `servers >= 1`, the rate and the mean are finite and above 0, and `stays` falls
/// below what the servers can take within reason.
#[must_use]
pub fn general_patience(
    servers: u32,
    arrival_rate: f64,
    mean_service: f64,
    stays: impl Fn(f64) -> f64,
) -> Option<Abandonment> {
    if !valid(servers, arrival_rate, mean_service, 1.0) {
        return None;
    }
    let all_busy = f64::from(servers) / mean_service;
    let step = 1.0 / (STEPS * all_busy.max(arrival_rate));
    // Weights relative to the largest so far, so that nothing overflows under overload.
    let (mut peak, mut sums, mut reach, mut before) = (0.0, Sums::default(), 0.0, stays(0.0));
    sums.add(0.5, 0.0, 0.0, before);
    for i in 1..MOST_STEPS {
        let v = i as f64 * step;
        let now = stays(v);
        reach += 0.5 * step * (before + now);
        before = now;
        let exponent = arrival_rate * reach - all_busy * v;
        if exponent > peak {
            sums.scale((peak - exponent).exp());
            peak = exponent;
        }
        sums.add((exponent - peak).exp(), v, reach, now);
        if exponent < peak - NEGLIGIBLE {
            let idle = (-peak).exp() / erlang_b(servers - 1, arrival_rate * mean_service)?;
            return Some(sums.outcome(idle, step * arrival_rate, arrival_rate / all_busy));
        }
    }
    None
}

/// Integrals over the offered wait `v`, in steps, weighted with its density.
#[derive(Default)]
struct Sums {
    /// Of 1, of the wait of all, of those who are served, and of their wait.
    one: f64,
    wait: f64,
    served: f64,
    served_wait: f64,
}

impl Sums {
    fn add(&mut self, weight: f64, v: f64, wait: f64, stays: f64) {
        self.one += weight;
        self.wait += weight * wait;
        self.served += weight * stays;
        self.served_wait += weight * stays * v;
    }

    fn scale(&mut self, factor: f64) {
        for sum in [&mut self.one, &mut self.wait, &mut self.served, &mut self.served_wait] {
            *sum *= factor;
        }
    }

    /// `idle` is the weight of those who need not wait, `unit` turns sums into weights.
    fn outcome(&self, idle: f64, unit: f64, load: f64) -> Abandonment {
        let total = idle + unit * self.one;
        let served = (idle + unit * self.served) / total;
        Abandonment {
            share: 1.0 - served,
            delayed: unit * self.one / total,
            mean_wait: unit * self.wait / total,
            mean_wait_served: unit * self.served_wait / (total * served),
            utilisation: load * served,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::abandonment::{constant_patience, exponential_patience};

    fn near(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1e-9), "{a} is not {b}");
    }

    fn same(a: Abandonment, b: Abandonment, tolerance: f64) {
        near(a.share, b.share, tolerance);
        near(a.delayed, b.delayed, tolerance);
        near(a.mean_wait, b.mean_wait, tolerance);
        near(a.mean_wait_served, b.mean_wait_served, tolerance);
        near(a.utilisation, b.utilisation, tolerance);
    }

    const LOADS: [(u32, f64); 4] = [(1, 0.8), (4, 3.0), (10, 10.0), (20, 40.0)];

    #[test]
    fn exponential_patience_is_erlang_a() {
        for (servers, load) in LOADS {
            let general = general_patience(servers, load / 0.1, 0.1, |v| (-v / 0.3).exp()).unwrap();
            same(general, exponential_patience(servers, load / 0.1, 0.1, 0.3).unwrap(), 1e-4);
        }
    }

    /// A step is not continuous, so the integrals are only good to a step.
    #[test]
    fn a_step_is_constant_patience() {
        for (servers, load) in LOADS {
            let general = general_patience(servers, load / 0.1, 0.1, |v| f64::from(u8::from(v < 0.3))).unwrap();
            same(general, constant_patience(servers, load / 0.1, 0.1, 0.3).unwrap(), 0.02);
        }
    }

    /// Work that is served keeps the servers busy, whatever the law: counted from the states.
    #[test]
    fn served_work_keeps_the_servers_busy() {
        for (servers, load) in LOADS {
            let outcome = general_patience(servers, load / 0.1, 0.1, |v| (1.0 - v / 0.6).max(0.0)).unwrap();
            // Busy servers: the states below c hold the rest of those who are delayed, as in a loss system.
            let mut states = vec![1.0; servers as usize];
            (1..servers as usize).for_each(|j| states[j] = states[j - 1] * load / j as f64);
            let below: f64 = states.iter().sum::<f64>() / (1.0 - outcome.delayed);
            let busy = states.iter().enumerate().map(|(j, p)| j as f64 * p / below).sum::<f64>();
            near(busy + outcome.delayed * f64::from(servers), outcome.utilisation * f64::from(servers), 1e-4);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(general_patience(0, 1.0, 1.0, |_| 1.0), None);
        assert_eq!(general_patience(1, f64::NAN, 1.0, |_| 1.0), None);
        // Endless patience above capacity: the queue has no end.
        assert_eq!(general_patience(1, 2.0, 1.0, |_| 1.0), None);
    }
}
