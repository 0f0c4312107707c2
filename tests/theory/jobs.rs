//! Queues of jobs: M/M/c by workers, with and without bound, polled workers, and attempts after a delay.

use plimsoll::model::{Model, Queue};
use plimsoll::theory::finite_queues::Mmck;
use plimsoll::theory::queues::Mmc;

use crate::seen::{Seen, agrees, off_by, watch};
use crate::system::{Build, constant, enqueue, exponential, fail, poisson, system, wait};

const SERVICE: f64 = 0.001;
/// Seconds that are not watched: hundreds of services.
const WARM: f64 = 1.0;
/// Jobs watched in each replication, of which there are 40.
const JOBS: f64 = 40_000.0;

fn end(rate: f64) -> f64 {
    WARM + JOBS / rate
}

fn queue(rate: f64, change: impl FnOnce(&mut Queue)) -> Model {
    let served = system().queue(vec![wait(exponential(SERVICE))], change);
    served.open(vec![enqueue(0)], poisson(rate, end(rate)))
}

fn run(model: &Model, rate: f64) -> Seen {
    watch(model, WARM, end(rate), 40)
}

fn seconds(seen: &Seen, metric: &str, stat: &str) -> Vec<f64> {
    seen.values(metric, "jobs0", stat).into_iter().map(|ms| ms / 1e3).collect()
}

/// End to end a job takes what a customer of M/M/c takes, however workers share the places among them.
#[test]
fn workers_are_servers() {
    for (workers, concurrency, rate) in [(1, 1, 700.0), (4, 1, 3_400.0), (2, 2, 3_400.0), (3, 4, 10_200.0)] {
        let seen = run(&queue(rate, |queue| (queue.workers, queue.concurrency) = (workers, concurrency)), rate);
        let servers = workers * concurrency;
        let exact = |servers: u32, service: f64| Mmc::new(servers, rate, service).expect("stable");
        let right = exact(servers, SERVICE);
        let with = |of: &dyn Fn(&Mmc) -> f64| {
            [
                ("a worker too many", of(&exact(servers + 1, SERVICE))),
                ("service 3 % shorter", of(&exact(servers, SERVICE * 0.97))),
                ("service 3 % longer", of(&exact(servers, SERVICE * 1.03))),
            ]
        };
        agrees("end to end", &seconds(&seen, "job_duration", "avg"), right.mean_sojourn(), &with(&Mmc::mean_sojourn));
        agrees("wait", &seconds(&seen, "job_wait", "avg"), right.mean_wait(), &with(&Mmc::mean_wait));
        let p95 = |queue: &Mmc| queue.sojourn_percentile(0.95).expect("p < 1");
        agrees("p95", &seconds(&seen, "job_duration", "p95"), p95(&right), &with(&p95));
        let busy = rate * SERVICE;
        agrees("running", &seen.values("jobs_running", "jobs0", "avg"), busy, &off_by(0.01, busy));
        let waiting = right.mean_number() - busy;
        agrees("waiting", &seen.values("jobs_waiting", "jobs0", "avg"), waiting, &off_by(0.2, waiting));
        // Whoever enqueues does not wait.
        assert_eq!(seen.same("http_req_duration", "", "max"), 0.0);
    }
}

/// A bound on those that wait: M/M/c/K, whose loss is what the enqueuing step fails with.
#[test]
fn a_bound_refuses_what_has_no_place() {
    let (workers, most, rate) = (3, 4, 2_900.0);
    let seen = run(&queue(rate, |queue| (queue.workers, queue.max_jobs) = (workers, Some(most))), rate);
    let exact = |places: u32| Mmck::new(workers, places, rate, SERVICE).expect("valid");
    let places = workers + most;
    let refused = seen.values("http_req_failed", "", "rate").iter().map(|percent| percent / 100.0).collect::<Vec<_>>();
    let mistakes =
        [("a place too few", exact(places - 1).blocking()), ("a place too many", exact(places + 1).blocking())];
    agrees("refused", &refused, exact(places).blocking(), &mistakes);
    let done = exact(places).throughput();
    agrees("done", &seen.values("jobs_completed", "jobs0", "rate"), done, &off_by(0.01, done));
    assert_eq!(seen.mean("errors", "queue_full", "count"), seen.mean("errors", "", "count"));
}

/// A worker that looks every so often finds a job half an interval after it came, on average (Poisson
/// arrivals see the phase of the interval evenly); jobs that take no time are all found at one look.
#[test]
fn polled_workers_find_jobs_half_an_interval_late() {
    let (rate, interval) = (50.0, 0.2);
    let model = system().queue(vec![], |queue| queue.poll = interval).open(vec![enqueue(0)], poisson(rate, 200.0));
    let seen = watch(&model, WARM, 200.0, 40);
    let half = interval / 2.0;
    agrees("wait", &seconds(&seen, "job_wait", "avg"), half, &off_by(0.02, half));
    let p95 = 0.95 * interval;
    agrees("p95", &seconds(&seen, "job_wait", "p95"), p95, &off_by(0.02, p95));
}

/// Failed with probability p each time, a job has 1 + p + p^2 of three attempts, fails with p^3, and waits p d + p^2 d f between.
/// While it waits no worker is busy with it.
#[test]
fn attempts_after_a_delay() {
    let (p, rate, service, delay, factor) = (0.4, 200.0, 0.01, 0.5, 2.0);
    let steps = vec![wait(exponential(service)), fail(p)];
    let model = system()
        .queue(steps, |queue| {
            queue.workers = 1_000;
            queue.retry.attempts = 3;
            (queue.retry.backoff.first, queue.retry.backoff.factor) = (delay, factor);
        })
        .open(vec![enqueue(0)], poisson(rate, 260.0));
    let seen = watch(&model, 10.0, 260.0, 30);
    let (attempts, failed) = (1.0 + p + p * p, p * p * p);
    let mistakes = |of: &dyn Fn(f64) -> f64| [("two attempts", of(1.0 + p)), ("four attempts", of(attempts + failed))];
    let running = |attempts: f64| rate * attempts * service;
    agrees("running", &seen.values("jobs_running", "jobs0", "avg"), running(attempts), &mistakes(&running));
    let bad = rate * failed;
    agrees("failed", &seen.values("jobs_failed", "jobs0", "rate"), bad, &off_by(0.05, bad));
    assert_eq!(seen.mean("errors", "jobs0 intrinsic", "count"), seen.mean("jobs_failed", "jobs0", "count"));
    let pauses = p * delay + p * p * delay * factor;
    let exact = attempts * service + pauses;
    let wrong = [("delays that do not grow", exact - p * p * delay * (factor - 1.0)), ("no delay", attempts * service)];
    agrees("end to end", &seconds(&seen, "job_duration", "avg"), exact, &wrong);
}

/// Only causes that are listed are tried again, and jobs enqueue jobs.
#[test]
fn other_causes_and_further_jobs() {
    let first = vec![enqueue(1), fail(0.5)];
    let model = system()
        .queue(first, |queue| {
            queue.retry.attempts = 5;
            queue.retry.on = plimsoll::model::CauseSet::NONE.with(plimsoll::model::Cause::ApiError);
        })
        .queue(vec![wait(constant(0.001))], |_| ())
        .open(vec![enqueue(0)], poisson(100.0, 50.0));
    let seen = watch(&model, 0.0, 49.0, 20);
    assert_eq!(seen.values("jobs_enqueued", "jobs0", "count"), seen.values("jobs_enqueued", "jobs1", "count"));
    agrees("failed", &seen.values("jobs_failed", "jobs0", "rate"), 50.0, &off_by(0.05, 50.0));
}
