//! Poisson arrivals and exponential service: M/M/c with and without room, with and without patience.
//!
//! Patience is what a pool's `acquire_timeout` says: the same for all, or drawn anew for each wait.

use plimsoll::model::{Law, Model, Pool, Runtime, Shape, WaiterOrder};
use plimsoll::theory::abandonment::{Abandonment, constant_patience, exponential_patience};
use plimsoll::theory::finite_queues::Mmck;
use plimsoll::theory::patience::general_patience;
use plimsoll::theory::queues::{Mmc, erlang_b, erlang_c};

use crate::seen::{Seen, agrees, off_by, waits, watch};
use crate::system::{Build, constant, exponential, hyperexponential, known, lognormal, poisson, query, system, wait};

const SERVICE: f64 = 0.001;
/// Seconds that are not watched: hundreds of services.
const WARM: f64 = 1.0;
/// Requests watched in each replication, of which there are 40.
const REQUESTS: f64 = 60_000.0;

fn end(rate: f64) -> f64 {
    WARM + REQUESTS / rate
}

fn queue(rate: f64, servers: u32) -> Model {
    system().pool(servers, |_| ()).open(vec![query(0, exponential(SERVICE))], poisson(rate, end(rate)))
}

fn run(model: &Model, rate: f64) -> Seen {
    watch(model, WARM, end(rate), 40)
}

/// Share of requests that failed for `cause`.
fn share_of(seen: &Seen, cause: &str) -> Vec<f64> {
    let all = seen.values("http_reqs", "", "count");
    seen.values("errors", cause, "count").iter().zip(all).map(|(failed, all)| failed / all).collect()
}

#[test]
fn one_server() {
    let rate = 700.0;
    let seen = run(&queue(rate, 1), rate);
    let exact = |service: f64| Mmc::new(1, rate, service).expect("stable");
    let with = |of: fn(&Mmc) -> f64| {
        [
            ("service 2 % shorter", of(&exact(SERVICE * 0.98))),
            ("service 2 % longer", of(&exact(SERVICE * 1.02))),
            ("two servers", of(&Mmc::new(2, rate, SERVICE).expect("stable"))),
        ]
    };
    agrees("sojourn", &seen.duration("avg"), exact(SERVICE).mean_sojourn(), &with(Mmc::mean_sojourn));
    agrees("wait", &seen.wait_for("pool0", "avg"), exact(SERVICE).mean_wait(), &with(Mmc::mean_wait));
    agrees("answers", &seen.rate(), rate, &off_by(0.004, rate));
    let busy = rate * SERVICE;
    agrees("busy", &seen.values("connections_active", "pool0", "avg"), busy, &off_by(0.01, busy));
    let number = exact(SERVICE).mean_number();
    let in_flight = seen.values("requests_in_flight", "app", "avg");
    agrees("number inside", &in_flight, number, &[("one too many", number + 1.0), ("no waiters", busy)]);
}

#[test]
fn several_servers() {
    for (servers, rate) in [(2, 1_500.0), (8, 6_800.0), (20, 17_000.0)] {
        let seen = run(&queue(rate, servers), rate);
        let exact = |servers: u32, service: f64| Mmc::new(servers, rate, service).expect("stable");
        let right = exact(servers, SERVICE);
        let with = |of: &dyn Fn(&Mmc) -> f64| {
            [
                ("a server too many", of(&exact(servers + 1, SERVICE))),
                ("service 2 % shorter", of(&exact(servers, SERVICE * 0.98))),
                ("service 2 % longer", of(&exact(servers, SERVICE * 1.02))),
            ]
        };
        agrees("wait", &seen.wait_for("pool0", "avg"), right.mean_wait(), &with(&Mmc::mean_wait));
        for (p, stat) in [(0.95, "p95"), (0.99, "p99")] {
            let of = |queue: &Mmc| queue.sojourn_percentile(p).expect("p < 1");
            agrees(stat, &seen.duration(stat), of(&right), &with(&of));
            let of = |queue: &Mmc| queue.wait_percentile(p).expect("p < 1");
            agrees(stat, &seen.wait_for("pool0", stat), of(&right), &with(&of));
        }
    }
}

/// Threads that sleep are the same queue by another mechanism.
#[test]
fn threads_are_servers() {
    let (threads, rate) = (4, 3_400.0);
    let limit = |backlog| Runtime::Threads { limit: threads, backlog };
    let steps = vec![wait(exponential(SERVICE))];
    let model = system().app(|app| app.runtime = limit(None)).open(steps.clone(), poisson(rate, end(rate)));
    let seen = run(&model, rate);
    let exact = |service: f64| Mmc::new(threads, rate, service).expect("stable").mean_sojourn();
    let mistakes = [("service 2 % shorter", exact(SERVICE * 0.98)), ("service 2 % longer", exact(SERVICE * 1.02))];
    agrees("sojourn", &seen.duration("avg"), exact(SERVICE), &mistakes);

    let model = system().app(|app| app.runtime = limit(Some(3))).open(steps, poisson(rate, end(rate)));
    let seen = run(&model, rate);
    let blocking = |places| Mmck::new(threads, places, rate, SERVICE).expect("valid").blocking();
    let mistakes = [("a place too few", blocking(threads + 2)), ("a place too many", blocking(threads + 4))];
    agrees("refused", &share_of(&seen, "connection_refused"), blocking(threads + 3), &mistakes);
}

/// Erlang C itself: the share of arrivals that wait at all.
#[test]
fn share_that_waits() {
    let (servers, rate) = (10, 8_500.0);
    let model = queue(rate, servers);
    let waited = |seed| {
        let waits = waits(&model, "pool0", seed);
        1.0 - waits.count_below(1) / waits.count() as f64
    };
    let shares: Vec<f64> = (0..40).map(waited).collect();
    let exact = |servers| erlang_c(servers, rate * SERVICE).expect("stable");
    agrees("waiting", &shares, exact(servers), &off_by(0.02, exact(servers)));
}

#[test]
fn bounded_room() {
    for (servers, waiters, rate) in [(1, 2, 900.0), (2, 3, 1_800.0), (5, 10, 5_000.0)] {
        let steps = vec![query(0, exponential(SERVICE))];
        let model =
            system().pool(servers, |pool| pool.max_waiters = Some(waiters)).open(steps, poisson(rate, end(rate)));
        let seen = run(&model, rate);
        let exact = |places: u32, service: f64| Mmck::new(servers, places, rate, service).expect("valid");
        let places = servers + waiters;
        let with = |of: &dyn Fn(&Mmck) -> f64| {
            [
                ("a place too few", of(&exact(places - 1, SERVICE))),
                ("a place too many", of(&exact(places + 1, SERVICE))),
                ("service 2 % longer", of(&exact(places, SERVICE * 1.02))),
            ]
        };
        let right = exact(places, SERVICE);
        agrees("refused", &share_of(&seen, "queue_full"), right.blocking(), &with(&Mmck::blocking));
        let wait = |queue: &Mmck| queue.mean_wait().expect("some arrive");
        agrees("wait", &seen.wait_for("pool0", "avg"), wait(&right), &with(&wait));
        assert_eq!(seen.values("errors", "", "count"), seen.values("errors", "queue_full", "count"));
    }
}

/// Erlang B holds for any law of service.
#[test]
fn no_room_at_all() {
    let (servers, rate) = (6, 5_500.0);
    let exact = |servers, service| erlang_b(servers, rate * service).expect("valid");
    let mistakes = [
        ("a server too few", exact(servers - 1, SERVICE)),
        ("a server too many", exact(servers + 1, SERVICE)),
        ("a waiter", Mmck::new(servers, servers + 1, rate, SERVICE).expect("valid").blocking()),
        ("service 2 % shorter", exact(servers, SERVICE * 0.98)),
        ("service 2 % longer", exact(servers, SERVICE * 1.02)),
    ];
    for service in [exponential(SERVICE), constant(SERVICE), lognormal(SERVICE, 2.0)] {
        let model = system()
            .pool(servers, |pool| pool.max_waiters = Some(0))
            .open(vec![query(0, service)], poisson(rate, end(rate)));
        let seen = run(&model, rate);
        agrees("lost", &share_of(&seen, "queue_full"), exact(servers, SERVICE), &mistakes);
        assert_eq!(seen.same("connection_wait", "pool0", "max"), 0.0);
    }
}

/// M/M/c+D: waiters give up after exactly the time-out; below capacity, at it, and far above.
#[test]
fn constant_patience_of_waiters() {
    for (servers, rate, patience) in [(1, 800.0, 0.003), (4, 4_000.0, 0.002), (10, 13_000.0, 0.004)] {
        let steps = vec![query(0, exponential(SERVICE))];
        let model = system()
            .pool(servers, |pool| pool.acquire_timeout = Some(constant(patience)))
            .open(steps, poisson(rate, end(rate)));
        let seen = run(&model, rate);
        let exact = |patience: f64, service: f64| constant_patience(servers, rate, service, patience).expect("valid");
        let right = exact(patience, SERVICE);
        let with = |of: &dyn Fn(f64, f64) -> f64| {
            [
                ("service 2 % shorter", of(patience, SERVICE * 0.98)),
                ("service 2 % longer", of(patience, SERVICE * 1.02)),
            ]
        };
        let share = share_of(&seen, "acquire_timeout");
        agrees("given up", &share, right.share, &with(&|p, s| exact(p, s).share));
        let waits = seen.wait_for("pool0", "avg");
        agrees("wait of all", &waits, right.mean_wait, &with(&|p, s| exact(p, s).mean_wait));
        let served: Vec<f64> = seen.values("http_req_duration{ok}", "", "avg").iter().map(|ms| ms / 1e3).collect();
        let sojourn = |p, s| exact(p, s).mean_wait_served + s;
        agrees("sojourn of the served", &served, sojourn(patience, SERVICE), &with(&sojourn));
        // Who gives up has waited the time-out to the nanosecond.
        assert_eq!(seen.same("http_req_duration{failed}", "", "min"), patience * 1e3);
        assert_eq!(seen.same("http_req_duration{failed}", "", "max"), patience * 1e3);
    }
}

/// Servers, arrivals per second and mean patience: below capacity, at it, and far above.
const IMPATIENT: [(u32, f64, f64); 3] = [(1, 800.0, 0.003), (4, 4_000.0, 0.002), (10, 13_000.0, 0.004)];

/// The simulated M/M/c+G shows what `exact` of (mean service, mean patience) says, and not what any
/// of `others` says.
fn impatient(
    law: Law,
    (servers, rate, patience): (u32, f64, f64),
    exact: &dyn Fn(f64, f64) -> Abandonment,
    others: &[(&'static str, Abandonment)],
) {
    let steps = vec![query(0, exponential(SERVICE))];
    let model = system().pool(servers, |pool| pool.acquire_timeout = Some(law)).open(steps, poisson(rate, end(rate)));
    let seen = run(&model, rate);
    let right = exact(SERVICE, patience);
    let mistakes = |of: &dyn Fn(&Abandonment) -> f64, others: &[(&'static str, Abandonment)]| {
        let mut mistakes = vec![
            ("service 3 % shorter", of(&exact(SERVICE * 0.97, patience))),
            ("service 3 % longer", of(&exact(SERVICE * 1.03, patience))),
        ];
        mistakes.extend(others.iter().map(|(what, wrong)| (*what, of(wrong))));
        mistakes
    };
    let share = |a: &Abandonment| a.share;
    // Far above capacity the share tells laws of patience apart no more: it is what the servers cannot do.
    let laws = if rate * SERVICE > f64::from(servers) { &[][..] } else { others };
    agrees("given up", &share_of(&seen, "acquire_timeout"), share(&right), &mistakes(&share, laws));
    let wait = |a: &Abandonment| a.mean_wait;
    agrees("wait of all", &seen.wait_for("pool0", "avg"), wait(&right), &mistakes(&wait, others));
    let served: Vec<f64> = seen.values("http_req_duration{ok}", "", "avg").iter().map(|ms| ms / 1e3).collect();
    let sojourn = |a: &Abandonment| a.mean_wait_served + SERVICE;
    agrees("sojourn of the served", &served, sojourn(&right), &mistakes(&sojourn, others));
    // From the empty start on: it is over after a few services of tens of thousands.
    let delayed = |seed: u64| {
        let waits = waits(&model, "pool0", seed);
        1.0 - waits.count_below(1) / waits.count() as f64
    };
    let delayed: Vec<f64> = (0..40).map(delayed).collect();
    let off = [("2 % fewer", right.delayed * 0.98), ("2 % more", (right.delayed * 1.02).max(right.delayed + 0.005))];
    agrees("have to wait", &delayed, right.delayed, &off);
}

/// M/M/c+M, Erlang A.
#[test]
fn exponential_patience_of_waiters() {
    for case @ (servers, rate, patience) in IMPATIENT {
        let exact = |service, patience| exponential_patience(servers, rate, service, patience).expect("valid");
        let others = [
            ("patience 5 % shorter", exact(SERVICE, patience * 0.95)),
            ("patience 5 % longer", exact(SERVICE, patience * 1.05)),
            ("a constant patience", constant_patience(servers, rate, SERVICE, patience).expect("valid")),
        ];
        impatient(exponential(patience), case, &exact, &others);
    }
}

/// M/M/c+G: patience that spreads less than an exponential one, and more.
#[test]
fn patience_of_other_laws() {
    for case @ (servers, rate, patience) in IMPATIENT {
        let exponential = exponential_patience(servers, rate, SERVICE, patience).expect("valid");
        let uniform = |service, patience: f64| {
            let stays = |x: f64| (1.0 - x / (2.0 * patience)).max(0.0);
            general_patience(servers, rate, service, stays).expect("valid")
        };
        let law = Law::of(Shape::Uniform { low: known(0.0), high: known(2.0 * patience) });
        impatient(law, case, &uniform, &[("an exponential patience", exponential)]);
        // Two exponentials of balanced means, cv 3.
        let p = 0.5 * (1.0 + (8.0f64 / 10.0).sqrt());
        let spread = |service, patience: f64| {
            let stays =
                |x: f64| p * (-2.0 * p * x / patience).exp() + (1.0 - p) * (-2.0 * (1.0 - p) * x / patience).exp();
            general_patience(servers, rate, service, stays).expect("valid")
        };
        impatient(hyperexponential(patience, 3.0), case, &spread, &[("an exponential patience", exponential)]);
    }
}

/// Whoever is served next, all that is not served gives up, each after a time of its own.
#[test]
fn drawn_patience_goes_with_every_order() {
    let (servers, rate, patience) = IMPATIENT[2];
    for order in [WaiterOrder::Fifo, WaiterOrder::Lifo, WaiterOrder::Random] {
        let change = |pool: &mut Pool| (pool.order, pool.acquire_timeout) = (order, Some(exponential(patience)));
        let model = system().pool(servers, change).open(vec![query(0, exponential(SERVICE))], poisson(rate, end(rate)));
        let seen = run(&model, rate);
        // With exponential patience the number inside knows nothing of the order.
        let exact = |patience| exponential_patience(servers, rate, SERVICE, patience).expect("valid");
        let mistakes = |of: &dyn Fn(&Abandonment) -> f64| {
            [
                ("patience 5 % shorter", of(&exact(patience * 0.95))),
                ("patience 5 % longer", of(&exact(patience * 1.05))),
            ]
        };
        let wait = |a: &Abandonment| a.mean_wait;
        agrees("wait of all", &seen.wait_for("pool0", "avg"), wait(&exact(patience)), &mistakes(&wait));
        let share = exact(patience).share;
        agrees("given up", &share_of(&seen, "acquire_timeout"), share, &off_by(0.02, share));
    }
}
