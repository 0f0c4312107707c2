//! Which waiter comes next does not change the mean wait, but how waits spread.
//!
//! For exponential service, with `W` the wait first come first served and `rho` the utilisation:
//! last come first served has the second moment `E[W^2] / (1 - rho)` (the wait is a busy period), and
//! service in random order `E[W^2] * 2 / (2 - rho)` (Kingman 1962). All servers busy, M/M/c is M/M/1 on
//! a faster clock, so both factors hold for it too.

use plimsoll::measure::Histogram;
use plimsoll::model::{Model, WaiterOrder};
use plimsoll::theory::queues::Mmc;

use crate::seen::{agrees, off_by, waits, watch};
use crate::system::{Build, constant, exponential, poisson, query, system};

const SERVICE: f64 = 0.001;
const SERVERS: u32 = 3;
const RATE: f64 = 2_250.0;
const ORDERS: [WaiterOrder; 3] = [WaiterOrder::Fifo, WaiterOrder::Random, WaiterOrder::Lifo];

fn ordered(order: WaiterOrder, end: f64) -> Model {
    let steps = vec![query(0, exponential(SERVICE))];
    system().pool(SERVERS, |pool| pool.order = order).open(steps, poisson(RATE, end))
}

/// `E[W^2]` in services^2 from the counts below a fine grid: the integral of `2 t P(W > t)`.
fn second_moment(waits: &Histogram) -> f64 {
    let all = waits.count() as f64;
    let grid: Vec<f64> = (0..2_500).map(|i| 1e-6 * 1.006f64.powi(i)).collect();
    let tail = |t: f64| 1.0 - waits.count_below((t * 1e9) as u64) / all;
    let slice = |from: f64, to: f64| (to * to - from * from) * tail((from * to).sqrt());
    grid.windows(2).map(|step| slice(step[0], step[1])).sum::<f64>() / (SERVICE * SERVICE)
}

#[test]
fn the_order_changes_the_spread_and_not_the_mean() {
    let queue = Mmc::new(SERVERS, RATE, SERVICE).expect("stable");
    let spare = f64::from(SERVERS) - RATE * SERVICE;
    let first = queue.wait_probability() * 2.0 / (spare * spare);
    let rho = queue.utilisation();
    let moments = [first, first * 2.0 / (2.0 - rho), first / (1.0 - rho)];
    let end = 80.0;
    for (i, order) in ORDERS.into_iter().enumerate() {
        let means = watch(&ordered(order, end), 1.0, end, 20).wait_for("pool0", "avg");
        let exact = queue.mean_wait();
        agrees("mean wait", &means, exact, &[("4 % less", exact * 0.96), ("4 % more", exact * 1.04)]);
        let model = ordered(order, end);
        let seen: Vec<f64> = (0..40).map(|seed| second_moment(&waits(&model, "pool0", seed))).collect();
        let mut others = vec![("12 % less", moments[i] * 0.88), ("12 % more", moments[i] * 1.12)];
        others.extend((0..3).filter(|&j| j != i).map(|j| ("another order", moments[j])));
        agrees("second moment", &seen, moments[i], &others);
    }
}

/// Who comes first leaves first even where the last is served first: a waiter's patience is its own.
#[test]
fn patience_does_not_depend_on_the_order() {
    let patience = 0.004;
    for order in ORDERS {
        let steps = vec![query(0, exponential(SERVICE))];
        let model = system()
            .pool(SERVERS, |pool| (pool.order, pool.acquire_timeout) = (order, Some(constant(patience))))
            .open(steps, poisson(2.0 * RATE, 10.0));
        let seen = watch(&model, 1.0, 10.0, 30);
        assert_eq!(seen.same("http_req_duration{failed}", "", "min"), patience * 1e3);
        assert_eq!(seen.same("http_req_duration{failed}", "", "max"), patience * 1e3);
        // What is served is what the servers do; all others give up.
        let busy = seen.values("connections_active", "pool0", "avg");
        assert!(busy.iter().all(|&busy| busy > 0.95 * f64::from(SERVERS)), "{busy:?}");
        let failed = seen.values("http_req_failed", "", "rate");
        let all: Vec<f64> =
            busy.iter().zip(failed).map(|(busy, failed)| busy / (2.0 * RATE * SERVICE) + failed / 100.0).collect();
        agrees("served or given up", &all, 1.0, &off_by(0.01, 1.0));
    }
}
