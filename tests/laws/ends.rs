//! Runs that cannot go on as asked say so: no time passes, nothing can move, more comes than can leave.

use std::sync::mpsc::channel;
use std::time::Duration;

use plimsoll::compile::{Compiled, compile};
use plimsoll::engine::{RunError, run};
use plimsoll::measure::Measurements;
use plimsoll::model::{Executor, Model, Move, Runtime};
use plimsoll::study::observe::{Figure, Wanted, observe};
use plimsoll::study::predict::{Effort, PredictError, Unwatched, predict};
use plimsoll::study::prediction::Prediction;

use crate::system::{
    Build, constant, cpu, enqueue, even, exponential, known, poisson, query, request, scenario, system, think,
    transaction, users, wait,
};

fn ends(model: &Model) -> Result<Prediction, PredictError> {
    let effort = Effort { seed: 1, first: 0, replications: 3, precision: None, max_replications: 3, threads: 2 };
    predict(model, &model.tests[0], "", &Wanted::default(), &effort, &Unwatched)
}

fn measured(model: &Model, change: impl FnOnce(&mut plimsoll::engine::Program)) -> Measurements {
    let Compiled { mut program, .. } = compile(model, &model.tests[0], &[], &[]).expect("compiles");
    change(&mut program);
    run(&program, 1, || true).expect("runs")
}

/// A user who is refused at once and asks again at once stops the clock.
#[test]
fn refusals_in_no_time_are_a_livelock() {
    let refused = |thinking| {
        let steps = vec![query(0, constant(0.05))];
        system().pool(1, |pool| pool.max_waiters = Some(0)).closed(steps, constant(thinking), users(2, 5.0))
    };
    let Err(error @ PredictError::Run(RunError::Livelock { at: 0, .. }, _)) = ends(&refused(0.0)) else {
        panic!("time has moved")
    };
    assert!(error.to_string().contains("livelock"), "{error}");
    // The shortest pause is enough.
    let prediction = ends(&refused(1e-3)).expect("time moves");
    let refusals = prediction.row("errors", "queue_full", "count", None).expect("a row").estimate.value;
    assert!((4500.0..5001.0).contains(&refusals), "{refusals} of about 5000");
}

#[test]
fn work_that_takes_no_time_is_a_livelock() {
    let model = system().closed(vec![cpu(constant(0.0))], constant(0.0), users(1, 5.0));
    assert!(matches!(ends(&model), Err(PredictError::Run(RunError::Livelock { .. }, _))));
}

/// Jobs that put themselves into their own queue for ever: without time they are found out, with time they
/// are what is left at the end.
#[test]
fn jobs_without_end() {
    let chain = |seconds: f64| {
        let again = vec![wait(constant(seconds)), enqueue(0)];
        system().queue(again, |queue| queue.workers = 3).open(vec![enqueue(0)], even(1.0, 3.0, 1, 1))
    };
    assert!(matches!(ends(&chain(0.0)), Err(PredictError::Run(RunError::Livelock { .. }, _))));
    let prediction = ends(&chain(0.1)).expect("time moves");
    let value = |metric: &str, stat: &str| prediction.row(metric, "jobs0", stat, None).expect("a row").estimate.value;
    let left = value("jobs_waiting", "end") + value("jobs_running", "end");
    assert_eq!((value("jobs_enqueued", "count") - value("jobs_completed", "count"), left), (3.0, 3.0));
}

/// An iteration that sends nothing and sleeps for no time: it ends, one way or the other.
#[test]
fn iterations_of_nothing_are_a_livelock() {
    let model = system().endpoint(vec![cpu(constant(0.01))]).iteration(vec![think(constant(0.0))]).scenario(scenario(
        "main",
        0,
        users(1, 5.0),
    ));
    let (tell, told) = channel();
    std::thread::spawn(move || tell.send(ends(&model).is_err()));
    assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(true));
}

/// Two transactions that take two pools in opposite order, so that each holds what the other waits for.
fn crossing() -> Model {
    let both = |outer, inner| vec![transaction(outer, vec![cpu(constant(0.01)), query(inner, constant(0.01))])];
    system()
        .pool(1, |_| ())
        .pool(1, |_| ())
        .endpoint(both(0, 1))
        .endpoint(both(1, 0))
        .iteration(vec![request(0), think(constant(0.1))])
        .iteration(vec![request(1), think(constant(0.1))])
        .scenario(scenario("a", 0, users(1, 100.0)))
        .scenario(scenario("b", 1, users(1, 100.0)))
}

#[test]
fn holding_what_the_other_waits_for_is_a_deadlock() {
    let mut model = crossing();
    for scenario in &mut model.tests[0].scenarios {
        scenario.request_timeout = f64::INFINITY;
    }
    let Err(error @ PredictError::Run(RunError::Deadlock { at: 1_000_000_000, .. }, _)) = ends(&model) else {
        panic!("somebody moves")
    };
    let text = error.to_string();
    for part in ["deadlock", "1 of pool0 in use, 1 waiting", "1 of pool1 in use, 1 waiting"] {
        assert!(text.contains(part), "{text}");
    }
    // Patience resolves it.
    model.pools[1].acquire_timeout = Some(constant(0.2));
    let prediction = ends(&model).expect("somebody gives up");
    assert!(prediction.row("errors", "acquire_timeout", "count", None).expect("a row").estimate.value > 0.0);
    // And so does asking for both in the same order.
    let mut model = crossing();
    model.endpoints[1].steps = model.endpoints[0].steps.clone();
    assert_eq!(ends(&model).expect("moves").row("errors", "", "count", None).expect("a row").estimate.value, 0.0);
}

fn overload(rate: f64) -> Model {
    system().pool(2, |_| ()).open(vec![query(0, exponential(0.02))], poisson(rate, 30.0))
}

#[test]
fn open_load_beyond_capacity_is_called_unstable() {
    let warned = |rate| ends(&overload(rate)).expect("runs").warnings.iter().any(|warning| warning.kind == "unstable");
    assert!(!warned(80.0));
    assert!(warned(120.0), "100 per second are served at most");
    assert!(warned(400.0));
    // Users who wait for their answers cannot ask for too much.
    let closed = system().pool(2, |_| ()).closed(vec![query(0, exponential(0.02))], constant(0.0), users(500, 30.0));
    assert!(ends(&closed).expect("runs").warnings.is_empty());
}

#[test]
fn the_limit_of_overload_names_what_gives_first() {
    let prediction = ends(&overload(150.0)).expect("runs");
    assert_eq!(prediction.bottleneck.resource, "pool pool0");
    let bound = prediction.bottleneck.resources[0].bound_per_s.expect("used");
    assert!((95.0..105.0).contains(&bound), "{bound}");
    let threads = system()
        .app(|app| (app.runtime, app.cores) = (Runtime::Threads { limit: 400, backlog: None }, 1.0))
        .open(vec![cpu(exponential(0.01))], poisson(130.0, 30.0));
    let prediction = ends(&threads).expect("runs");
    assert_eq!(prediction.bottleneck.resource, "app cpu");
    assert!(prediction.warnings.iter().any(|warning| warning.kind == "unstable"));
}

/// A run in which requests pile up is cut before they fill the memory, and says so.
#[test]
fn overload_is_cut() {
    let most = 1_000;
    let m = measured(&overload(2_000.0), |program| program.max_in_flight = most);
    let cut = m.cut_at.expect("cut");
    // About 1,900 per second more come than go.
    assert!((400_000_000..700_000_000).contains(&cut), "cut at {cut} ns");
    assert_eq!(m.in_flight_at_end, u64::from(most) + 1);
    assert_eq!(m.ran, cut);
    let answered: u64 = m.durations.iter().map(plimsoll::measure::Histogram::count).sum();
    assert_eq!(m.started, answered + m.in_flight_at_end);
    assert!(measured(&overload(80.0), |program| program.max_in_flight = most).cut_at.is_none());
}

/// Figures of a span are over the part of it that a cut run came to, and there are none where it did not.
#[test]
fn spans_of_a_cut_run_are_what_was_run() {
    let windows = vec![(0.0, 10.0), (20.0, 30.0)];
    let wanted = Wanted { windows: windows.clone(), ..Wanted::default() };
    let model = overload(2_000.0);
    let Compiled { mut program, labels } = compile(&model, &model.tests[0], &[], &windows).expect("compiles");
    program.max_in_flight = 1_000;
    let m = run(&program, 1, || true).expect("runs");
    let figures = observe(&m, &labels, &wanted);
    let figure = |stat: &str, from: f64| {
        let is_it = |f: &&Figure| f.key.metric == "http_reqs" && f.key.stat == stat && f.key.from_s == Some(from);
        figures.iter().find(is_it).expect("a figure").value
    };
    let ran = m.cut_at.expect("cut") as f64 / 1e9;
    assert_eq!(figure("rate", 0.0), figure("count", 0.0) / ran);
    assert!((50.0..150.0).contains(&figure("rate", 0.0)), "two connections for 20 ms pass 100 per second");
    assert!(figure("count", 20.0).is_nan() && figure("rate", 20.0).is_nan());
}

/// Very many users that are all interrupted at the end take no longer than they must.
#[test]
fn interrupting_many_users_is_quick() {
    let most = 200_000;
    let steps = vec![crate::system::wait(constant(100.0))];
    let arrivals = Executor::ConstantArrivalRate {
        rate: f64::from(most),
        duration: 1.0,
        pre_allocated_vus: most,
        max_vus: most,
        arrivals: plimsoll::model::ArrivalProcess::Even,
    };
    let begun = std::time::Instant::now();
    let m = measured(&system().open(steps, arrivals), |_| ());
    assert_eq!((m.started, m.in_flight_at_end), (u64::from(most), u64::from(most)));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

/// Told to stop, a run stops.
#[test]
fn a_run_can_be_stopped() {
    let model = overload(50.0);
    let Compiled { program, .. } = compile(&model, &model.tests[0], &[], &[]).expect("compiles");
    let asked = std::cell::Cell::new(0);
    let end = run(&program, 1, || {
        asked.set(asked.get() + 1);
        asked.get() < 5
    });
    assert_eq!((end.err(), asked.get()), (Some(RunError::Interrupted), 5));
}

/// Tests in which nothing happens end, and report nothing rather than nonsense.
#[test]
fn tests_of_nothing_end() {
    let nothing = system().open(vec![cpu(constant(0.01))], even(0.0, 5.0, 1, 1));
    let prediction = ends(&nothing).expect("ends");
    assert_eq!(prediction.row("http_reqs", "", "count", None).expect("a row").estimate.value, 0.0);
    assert!(prediction.row("http_req_duration", "", "p95", None).expect("a row").estimate.value.is_nan());
    assert!(prediction.where_time_goes.is_empty() && prediction.warnings.is_empty());
    // Only sleeping is a test too.
    let asleep = system()
        .endpoint(vec![])
        .iteration(vec![think(constant(1.0)), Move::Pick { branches: vec![(known(1.0), vec![])] }])
        .scenario(scenario("main", 0, users(2, 5.0)));
    let prediction = ends(&asleep).expect("ends");
    assert_eq!(prediction.row("iterations", "", "count", None).expect("a row").estimate.value, 10.0);
}
