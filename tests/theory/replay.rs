//! Recorded arrivals that come again, held against what is known of such arrivals.

use std::sync::Arc;

use plimsoll::model::{ArrivalProcess, Executor, Instants, Model, Recorded, Replay, Stretch};
use plimsoll::random::Draw;
use plimsoll::theory::queues::Mmc;

use crate::seen::{agrees, off_by, watch, watch_all};
use crate::system::{Build, constant, exponential, query, request, scenario, system};

const SERVICE: f64 = 0.001;

fn one_server(service: plimsoll::model::Law, executor: Executor) -> Model {
    let mut scenario = scenario("replayed", 0, executor);
    scenario.graceful_stop = 30.0;
    let model = system().pool(1, |_| ()).endpoint(vec![query(0, service)]);
    model.iteration(vec![request(0)]).scenario(scenario)
}

fn rates(rates: &[(f64, f64)], times: f64) -> Executor {
    let stretches: Vec<Stretch> = rates.iter().map(|&(duration, rate)| Stretch { duration, rate }).collect();
    let recorded = Recorded::Rates { rates: stretches.clone().into(), arrivals: ArrivalProcess::Poisson };
    Executor::Replay(Replay { recorded, profile: stretches, times })
}

fn log(at_ns: Vec<u64>, duration: f64, times: f64) -> Executor {
    let profile = vec![Stretch { duration, rate: at_ns.len() as f64 / duration }];
    let recorded = Recorded::Instants(Arc::new(Instants { at_ns, resolution_ns: 0, key: 3 }));
    Executor::Replay(Replay { recorded, profile, times })
}

/// A rate that was recorded second by second and never changed is what `constant-arrival-rate` plans: M/M/1.
#[test]
fn a_level_line_is_a_poisson_process() {
    let (rate, end) = (700.0, 60.0);
    let exact = |service: f64| Mmc::new(1, rate, service).expect("stable").mean_sojourn();
    let mistakes = [("service 2 % shorter", exact(SERVICE * 0.98)), ("service 2 % longer", exact(SERVICE * 1.02))];
    // Recorded at half the rate, and replayed twice as often.
    for (recorded, times) in [(rate, 1.0), (rate / 2.0, 2.0)] {
        let executor = rates(&[(1.0, recorded); 60], times);
        let seen = watch(&one_server(exponential(SERVICE), executor), 1.0, end, 60);
        agrees("sojourn", &seen.duration("avg"), exact(SERVICE), &mistakes);
        agrees("answers", &seen.rate(), rate, &off_by(0.006, rate));
    }
}

/// As many as the area under the line on average, with a variance as large; each stretch by itself.
#[test]
fn a_line_that_changes_is_followed() {
    let executor = rates(&[(5.0, 20.0), (10.0, 0.0), (5.0, 60.0)], 1.0);
    let model = one_server(constant(0.0), executor);
    for (from, to, area) in [(0.0, 5.0, 100.0), (5.0, 15.0, 0.0), (15.0, 20.0, 300.0)] {
        let counts = watch(&model, from, to, 400).values("http_reqs", "", "count");
        if area == 0.0 {
            assert!(counts.iter().all(|count| *count == 0.0));
            continue;
        }
        agrees("arrivals", &counts, area, &off_by(0.04, area));
        let squares: Vec<f64> = counts.iter().map(|count| (count - area).powi(2)).collect();
        agrees("variance", &squares, area, &off_by(0.6, area));
    }
}

/// Requests a millisecond and a half apart: D/M/1. An arrival finds the server busy with probability
/// s = exp(-(1 - s) * gap / service), and a sojourn lasts service / (1 - s) on average.
#[test]
fn an_even_log_makes_a_queue_of_even_arrivals() {
    let gap_ns = 1_500_000;
    let executor = log((0..40_000).map(|number| number * gap_ns).collect(), 60.0, 1.0);
    let seen = watch(&one_server(exponential(SERVICE), executor), 1.0, 60.0, 40);
    let exact = |service: f64| {
        let busy = (0..200).fold(0.5, |s: f64, _| (-(1.0 - s) * 0.0015 / service).exp());
        service / (1.0 - busy)
    };
    let poisson = Mmc::new(1, 1.0 / 0.0015, SERVICE).expect("stable").mean_sojourn();
    let mistakes = [("service 2 % longer", exact(SERVICE * 1.02)), ("Poisson arrivals", poisson)];
    agrees("sojourn", &seen.duration("avg"), exact(SERVICE), &mistakes);
    assert_eq!(
        watch_all(&one_server(exponential(SERVICE), log(vec![0, 5, 9], 1.0, 1.0)), 3).same("http_reqs", "", "count"),
        3.0
    );
}

/// Every instant of a log is kept: with a constant service the wait of each request follows from that of the one before
/// it (Lindley), and their mean is exact.
#[test]
fn a_log_comes_as_it_came() {
    let service_ns = 1_000_000;
    let mut at = 0.0;
    let arrivals: Vec<u64> = (0..20_000)
        .map(|number| {
            at += -(-Draw::new(1, number).uniform()).ln_1p() * 1e9 / 800.0;
            at as u64
        })
        .collect();
    let end = at / 1e9 + 1.0;
    let mut free = 0;
    let sojourns = arrivals.iter().map(|&arrival| {
        free = free.max(arrival) + service_ns;
        (free - arrival) as f64 / 1e6
    });
    let exact = sojourns.sum::<f64>() / arrivals.len() as f64;
    let seen = watch_all(&one_server(constant(SERVICE), log(arrivals, end, 1.0)), 3);
    let shown = seen.same("http_req_duration", "", "avg");
    assert!((shown / exact - 1.0).abs() < 1e-6, "{shown} for {exact}");
    assert!(exact > 2.0, "there is a queue: {exact} ms");
}
