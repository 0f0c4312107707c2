//! A real client asks a real server over TCP, and Plimsoll predicts from the same description what the client sees.
//!
//! The server answers after times it draws, some with 500 and some never, and over its rate limit with 429; the
//! client has open arrivals, a time-out, attempts with pauses between them, and a number of sockets.
//! Each recorded figure must lie within [`SPREAD`] standard deviations of what single simulated tests show: a right
//! prediction misses one in sixteen thousand, and luck is the same in each run, since draws are by
//! call and attempt. What the machine adds to an attempt is measured in the same run (95 of 100
//! are late by less), and the figure may lie between the predictions without and with it. A second test asks which mistakes so wide an interval finds out.

mod client;
mod description;
mod server;

use std::time::Duration;

use client::Recorded;
use description::{Arrivals, Bucket, Description, Retry};

/// Half the width of an interval, in standard deviations of a single test.
const SPREAD: f64 = 4.0;
/// What a mistake of the simulator would show lies at least so many standard deviations outside of the
/// interval, and so outside of it in 99 % of recorded tests.
const FOUND: f64 = 2.3;

/// Recordings made, if the machine stands still in the midst of one.
const GOES: usize = 2;

/// All that a test can be wrong about: time-outs, errors, calls that hang, attempts with pauses.
fn retried() -> Description {
    Description {
        name: "retries",
        rate: 150.0,
        arrivals: Arrivals::Even,
        seconds: 10.0,
        mean: 0.15,
        cv: 0.6,
        errors: 0.35,
        hangs: 0.12,
        timeout: Some(0.3),
        retry: Some(Retry { attempts: 3, delay: 0.1, factor: 2.0, full_jitter: false }),
        bucket: None,
        sockets: None,
    }
}

/// 100 calls per second against 60, and what was saved up.
fn limited() -> Description {
    Description {
        name: "rate limit",
        rate: 100.0,
        arrivals: Arrivals::Poisson,
        mean: 0.06,
        cv: 0.5,
        errors: 0.0,
        hangs: 0.0,
        timeout: None,
        retry: None,
        bucket: Some(Bucket { rate: 60.0, burst: 60 }),
        ..retried()
    }
}

fn limited_and_retried() -> Description {
    // Without jitter attempts come again at the same place between two tokens, and 3 ms more or less decide.
    let retry = Retry { attempts: 3, delay: 0.3, factor: 2.0, full_jitter: true };
    Description { name: "rate limit, retried", retry: Some(retry), ..limited() }
}

/// 96 calls per second through 8 sockets that carry 80.
fn through_sockets() -> Description {
    let arrivals = Arrivals::Even;
    Description { name: "sockets", rate: 96.0, arrivals, mean: 0.1, sockets: Some(8), bucket: None, ..limited() }
}

/// The figures that a description decides.
fn figures(of: &Description) -> Vec<&'static str> {
    let durations = ["p50", "p95"];
    let by_cause: &[&str] = match of.name {
        "retries" => &["failed", "api_timeout", "api_error", "attempts"],
        "rate limit" => &["api_rate_limited"],
        "rate limit, retried" => &["api_rate_limited", "attempts"],
        _ => &[],
    };
    durations.iter().chain(by_cause).copied().collect()
}

/// All at the same time; they mostly sleep.
fn record(descriptions: &[Description]) -> Vec<Recorded> {
    std::thread::scope(|scope| {
        let start = |description| scope.spawn(move || client::record(description));
        let runs: Vec<_> = descriptions.iter().map(start).collect();
        runs.into_iter().map(|run| run.join().expect("runs")).collect()
    })
}

#[test]
fn a_real_client_sees_what_is_predicted() {
    let descriptions = [retried(), limited(), limited_and_retried(), through_sockets()];
    let undisturbed = (0..GOES).map(|_| record(&descriptions)).find(|runs| runs.iter().all(|run| !run.disturbed()));
    let Some(recorded) = undisturbed else {
        eprintln!("the machine stood still in the midst of {GOES} recordings: nothing to compare with, skipped");
        return;
    };
    let mut off = Vec::new();
    for (description, recorded) in descriptions.iter().zip(&recorded) {
        let late = recorded.lateness().as_secs_f64();
        let slowed = [description.slowed(late, 0.0), description.slowed(late, late)];
        let predicted = [description.predict(), slowed[0].predict(), slowed[1].predict()];
        for figure in figures(description) {
            let seen = recorded.figure(figure);
            let [plain, slowed, slowest] = predicted.each_ref().map(|predicted| predicted.figure(figure));
            let all = [plain, slowed, slowest];
            let low = all.map(|(value, spread)| value - SPREAD * spread).into_iter().fold(f64::INFINITY, f64::min);
            let high = all.map(|(value, spread)| value + SPREAD * spread).into_iter().fold(0.0, f64::max);
            let row = format!(
                "{}: {figure} recorded {seen:.4}, predicted {:.4} +- {:.4} (with {:.1} ms of the machine {:.4}, {:.4})",
                description.name,
                plain.0,
                plain.1,
                late * 1e3,
                slowed.0,
                slowest.0
            );
            println!("{row}");
            if !(low..=high).contains(&seen) {
                off.push(row);
            }
        }
    }
    assert!(off.is_empty(), "{}", off.join("\n"));
}

/// A description that says something else, and a figure by which that is found out.
fn found_out(right: &Description, mistake: &str, figure: &str, wrong: &Description) {
    let [(a, spread), (b, wrong_spread)] = [right, wrong].map(|description| description.predict().figure(figure));
    let (away, needed) = ((b - a).abs(), SPREAD * spread + FOUND * wrong_spread);
    println!("{}, {mistake}: {figure} {b:.4} for {a:.4}, {:.1} times what is needed", right.name, away / needed);
    assert!(away >= needed, "{}: {mistake} would not be found: {figure} {b:.4} for {a:.4}", right.name);
}

#[test]
fn mistakes_would_be_found_out() {
    let (one, three) = (retried(), retried().retry.expect("retried"));
    let with = |retry: Retry| Description { retry: Some(retry), ..retried() };
    found_out(&one, "an attempt less", "failed", &with(Retry { attempts: 2, ..three }));
    found_out(&one, "an attempt more", "failed", &with(Retry { attempts: 4, ..three }));
    found_out(&one, "errors fewer by three tenths", "attempts", &Description { errors: 0.25, ..retried() });
    found_out(&one, "no call that hangs", "api_timeout", &Description { hangs: 0.0, ..retried() });
    found_out(&one, "a time-out twice as long", "p95", &Description { timeout: Some(0.6), ..retried() });
    found_out(&one, "no pauses", "p95", &with(Retry { delay: 0.0, ..three }));
    found_out(&one, "full jitter", "p95", &with(Retry { full_jitter: true, ..three }));
    let limit = |bucket: Bucket| Description { bucket: Some(bucket), ..limited() };
    found_out(&limited(), "a limit higher by a quarter", "failed", &limit(Bucket { rate: 75.0, burst: 60 }));
    found_out(&limited(), "answers slower by three tenths", "p50", &Description { mean: 0.078, ..limited() });
    found_out(&limited(), "refusals as slow as answers", "p50", &Description { bucket: None, ..limited() });
    let again = limited_and_retried();
    let retry = again.retry.expect("retried");
    found_out(&again, "refusals not tried again", "attempts", &limited());
    found_out(
        &again,
        "a retry less",
        "attempts",
        &Description { retry: Some(Retry { attempts: 2, ..retry }), ..again },
    );
    found_out(&again, "no pauses", "p95", &Description { retry: Some(Retry { delay: 0.0, ..retry }), ..again });
    for (mistake, sockets) in [("a socket less", Some(7)), ("a socket more", Some(9)), ("no limit", None)] {
        found_out(&through_sockets(), mistake, "p95", &Description { sockets, ..through_sockets() });
    }
}

/// A duration of so many seconds.
fn seconds(value: f64) -> Duration {
    Duration::from_secs_f64(value)
}
