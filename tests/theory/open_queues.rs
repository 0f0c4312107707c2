//! Poisson arrivals and exponential service: M/M/c with and without room, with and without patience.
//!
//! Patience is constant: a pool has one acquire time-out. Exponential patience (Erlang A) cannot be
//! said in the model language, and so is not tested.

use plimsoll::model::{Model, Runtime};
use plimsoll::theory::abandonment::constant_patience;
use plimsoll::theory::finite_queues::Mmck;
use plimsoll::theory::queues::{Mmc, erlang_b, erlang_c};

use crate::seen::{Seen, agrees, off_by, waits, watch};
use crate::system::{Build, constant, exponential, lognormal, poisson, query, system, wait};

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
        let model =
            system().pool(servers, |pool| pool.acquire_timeout = Some(patience)).open(steps, poisson(rate, end(rate)));
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
