//! Books that balance in every run of every system: requests, seconds, causes, time.

use plimsoll::compile::{Compiled, Counted, CounterLabel, Labels, MeterKind, PermitKind, ProcessorKind, compile};
use plimsoll::engine::{RunError, run};
use plimsoll::measure::{Histogram, Measurements};
use plimsoll::model::{Cause, Executor, Model, Pool, RateRule, Runtime, Step};
use plimsoll::study::observe::{Wanted, observe};
use proptest::prelude::*;

use crate::database_books::{connect_cpu, counted, note_databases, replicas_and_locks_are_counted};
use crate::systems::{ENDLESS, any_system};

/// Means over seconds are kept in single precision.
const ROUNDING: f64 = 1e-5;

pub fn measured(model: &Model, seed: u64, windows: &[(f64, f64)]) -> Option<(Measurements, Labels)> {
    let Compiled { program, labels } = compile(model, &model.tests[0], &[], windows).expect("compiles");
    match run(&program, seed, || true) {
        Ok(measured) => Some((measured, labels)),
        // Transactions in transactions may well block each other.
        Err(RunError::Deadlock { .. }) => None,
        Err(error) => panic!("{error:?}"),
    }
}

pub fn all(histograms: &[Histogram]) -> Histogram {
    let mut sum = Histogram::default();
    histograms.iter().for_each(|one| sum.merge(one));
    sum
}

pub fn failures(m: &Measurements, cause: Cause) -> u64 {
    m.failures.iter().skip(cause as usize).step_by(m.shape.causes).map(|&n| u64::from(n)).sum()
}

pub fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * a.abs().max(b.abs()) + 1e-6
}

/// Seconds that each reading of the run covers: all are whole but the last.
fn lengths(m: &Measurements) -> impl Iterator<Item = f64> {
    let ran = m.ran as f64 / 1e9;
    (0..m.series.seconds.len()).map(move |second| (ran - second as f64).min(1.0))
}

/// Integral of a gauge over the run.
fn area(m: &Measurements, which: usize, of: impl Fn(&plimsoll::measure::Gauge) -> f32) -> f64 {
    let readings = m.series.gauges.iter().skip(which).step_by(m.series.width);
    readings.zip(lengths(m)).map(|(gauge, length)| f64::from(of(gauge)) * length).sum()
}

/// Users that may be cut, each in one request.
pub fn cuts(model: &Model) -> u64 {
    let most = |executor: &Executor| match executor {
        Executor::ConstantVus { vus, .. } => u64::from(*vus),
        Executor::RampingVus { start_vus, stages, .. } => {
            u64::from(*start_vus) + stages.iter().map(|stage| stage.target as u64).sum::<u64>()
        }
        Executor::ConstantArrivalRate { max_vus, .. } | Executor::RampingArrivalRate { max_vus, .. } => {
            u64::from(*max_vus)
        }
        Executor::Replay(replay) => (replay.duration() * replay.times * 1e6) as u64,
    };
    model.tests[0].scenarios.iter().map(|scenario| most(&scenario.executor)).sum()
}

pub fn counts_balance(m: &Measurements) {
    let answered = all(&m.durations).count();
    let failed: u64 = m.durations.iter().skip(1).step_by(2).map(Histogram::count).sum();
    let by_cause: u64 = m.failures.iter().map(|&n| u64::from(n)).sum();
    assert_eq!(failed, by_cause, "every failure has one cause");
    let seconds = &m.series.seconds;
    assert_eq!(seconds.iter().map(|s| u64::from(s.completed)).sum::<u64>(), answered, "answers by second");
    assert_eq!(seconds.iter().map(|s| u64::from(s.failed)).sum::<u64>(), failed, "failures by second");
    for cause in Cause::ALL {
        let by_second = m.series.causes.iter().skip(*cause as usize).step_by(m.shape.causes);
        assert_eq!(by_second.map(|&n| u64::from(n)).sum::<u64>(), failures(m, *cause), "{cause:?} by second");
    }
    let unheard = m.started - answered;
    assert!(m.started >= answered);
    // In flight at the end are those that nobody heard of, and those whose client gave up.
    assert!(m.in_flight_at_end <= unheard + failures(m, Cause::ClientTimeout), "in flight at the end");
    assert!(seconds.iter().all(|s| s.p50 <= s.p95 || s.p50.is_nan()));
}

/// No resource does more than it can.
pub fn capacity_holds(m: &Measurements, labels: &Labels, model: &Model) {
    for row in m.series.gauges.chunks_exact(m.series.width) {
        for (label, gauge) in labels.processors.iter().zip(row).filter(|(l, _)| l.kind != ProcessorKind::Delay) {
            assert!(f64::from(gauge.in_use) <= label.cores * (1.0 + ROUNDING), "{} {}", label.name, gauge.in_use);
            assert!(gauge.in_use <= gauge.waiting * (1.0 + 1e-5), "cores in use without jobs");
            if label.kind == ProcessorKind::Tier && label.loops > 0.0 {
                assert!(f64::from(gauge.waiting) <= label.loops * (1.0 + ROUNDING), "slices {}", gauge.waiting);
            }
        }
        let mut open = vec![0.0; model.databases.len()];
        for (label, gauge) in labels.permits.iter().zip(&row[labels.processors.len()..]) {
            assert!(f64::from(gauge.in_use_max) <= label.most, "{} {}", label.name, gauge.in_use_max);
            assert!(
                gauge.in_use <= gauge.in_use_max * (1.0 + 1e-5) && gauge.waiting <= gauge.waiting_max * (1.0 + 1e-5)
            );
            assert!(gauge.in_use <= gauge.open * (1.0 + 1e-5), "more in use than open");
            assert!(
                gauge.open <= gauge.open_max * (1.0 + 1e-5) && gauge.in_use_max <= gauge.open_max,
                "{label:?} {gauge:?}"
            );
            assert!(f64::from(gauge.open_max) <= label.most, "{} {}", label.name, gauge.open_max);
            // What connects to a pooler does not connect to the database.
            let direct = model.pools.iter().find(|pool| pool.name == label.name && pool.pooler.is_none());
            let pooler = model.poolers.iter().find(|pooler| pooler.name == label.name).map(|pooler| pooler.database);
            if let Some(database) = direct.and_then(Pool::database).or(pooler) {
                open[database as usize] += f64::from(gauge.open);
            }
        }
        for (index, (database, open)) in (0u32..).zip(model.databases.iter().zip(open)) {
            // Who holds a broken connection counts it until it is given back.
            if model.breaks(&model.tests[0], index) {
                continue;
            }
            let most = f64::from(database.max_connections);
            assert!(open <= most * (1.0 + ROUNDING), "{open} connections of {most}");
        }
    }
}

/// No store holds more than its bound and what one command brings, nor more keys than there are.
pub fn stores_are_bounded(m: &Measurements, model: &Model) {
    const LARGEST: u64 = 16 * 1024;
    for (cache, used) in model.caches.iter().zip(0..) {
        let most = cache.max_bytes.map_or(u64::MAX, |most| most + LARGEST);
        assert!(
            m.series.memory.iter().skip(used).step_by(model.caches.len()).all(|used| *used <= most),
            "above {most}"
        );
        assert!(m.series.keys.iter().all(|keys| keys.keys <= cache.keyspaces[0].keys));
    }
}

/// Tokens spent are tokens that came, and every failed attempt is an attempt.
pub fn tokens_are_conserved(m: &Measurements, labels: &Labels, model: &Model) {
    let counted = |counter: usize| counted(m, counter);
    let ran = m.ran as f64 / 1e9;
    for label in &labels.meters {
        let api = model.apis.iter().find(|api| api.name == label.name).and_then(|api| api.rate_limit);
        let own = model.limits.iter().find(|limit| limit.name == label.name).map(|limit| limit.rate);
        let limit = if label.kind == MeterKind::Api { api } else { own }.expect("its limit");
        let copies = (label.rate / limit.rule.rate()).round();
        let came = match limit.rule {
            RateRule::Bucket { rate, burst } => f64::from(burst) + rate * (ran + limit.wait),
            RateRule::Window { limit: most, length } => f64::from(most) * (((ran + limit.wait) / length).floor() + 1.0),
        };
        let spent = counted(label.counter) as f64;
        assert!(spent <= came * copies + 1e-3, "{}: {spent} tokens of {}", label.name, came * copies);
    }
    for api in &labels.apis {
        let laps: Vec<Histogram> = m.laps.iter().skip(api.lap).step_by(m.shape.laps).cloned().collect();
        assert_eq!(counted(api.counter + 1), all(&laps).count());
        let failed: u64 = Cause::ALL.iter().map(|&cause| counted(api.counter + 2 + cause as usize)).sum();
        let kept_back = counted(api.counter + 2 + Cause::CircuitOpen as usize);
        assert!(failed - kept_back <= counted(api.counter + 1), "{}: {failed} failures", api.name);
    }
}

/// Requests that took so long cannot have spent more in all parts together.
pub fn time_adds_up(m: &Measurements) {
    let (mut spent, mut requests) = (0.0, 0.0);
    for endpoint in &m.attribution {
        for (low, high) in [(0.0, 1.0), (0.0, 0.1), (0.45, 0.55), (0.94, 0.96), (0.99, 1.0)] {
            if let Some((duration, parts)) = endpoint.between(low, high) {
                let sum: f64 = parts.iter().sum();
                assert!(sum <= duration * (1.0 + 1e-9), "{parts:?} in {duration}");
            }
        }
        let count = endpoint.count() as f64;
        spent += count * endpoint.between(0.0, 1.0).map_or(0.0, |(duration, _)| duration);
        requests += count;
    }
    let mean = if requests > 0.0 { spent / requests } else { 0.0 };
    assert!(near(mean, all(&m.durations).mean().unwrap_or(0.0)));
}

fn contains(steps: &[Step], of: fn(&Step) -> bool) -> bool {
    steps.iter().any(|step| of(step) || step.inside().into_iter().any(|steps| contains(steps, of)))
}

/// Little's law as an identity: what stood there, second by second, is what all together waited.
fn littles_law_at_pools(m: &Measurements, labels: &Labels, model: &Model) {
    let waits = |i: usize| all(&m.waits.iter().skip(i).step_by(m.shape.permits).cloned().collect::<Vec<_>>()).sum();
    for (i, label) in labels.permits.iter().enumerate() {
        let stood = area(m, labels.processors.len() + i, |gauge| gauge.waiting) * 1e9;
        let connects = label.kind == PermitKind::Pool
            && model.pools.iter().any(|pool| {
                pool.name == label.name && (pool.connect != crate::system::constant(0.0) || connect_cpu(model) > 0.0)
            });
        // Who waits for a connection to open does not stand in line.
        assert!(near(stood, waits(i)) || connects && stood < waits(i), "{}: {stood} for {}", label.name, waits(i));
    }
}

/// And what was in flight is what all requests took.
pub fn littles_law_for_all(m: &Measurements) {
    let in_flight: f64 =
        m.series.seconds.iter().zip(lengths(m)).map(|(s, length)| f64::from(s.in_flight) * length).sum();
    let durations = all(&m.durations).sum() / 1e9;
    assert!(near(in_flight, durations), "{in_flight} for {durations}");
    assert!(m.series.seconds.iter().all(|s| f64::from(s.in_flight) <= f64::from(s.in_flight_max) * (1.0 + ROUNDING)));
}

/// No job is lost, and no flow: `all_end` if nobody is cut.
pub fn work_is_conserved(m: &Measurements, all_end: bool) {
    let segments: Vec<usize> = (0..m.shape.segments()).collect();
    for queue in 0..m.shape.queues {
        let put_in: u32 = m.work.enqueued.iter().skip(queue).step_by(m.shape.queues).sum();
        let (well, badly) = m.work.jobs.durations(&segments, queue);
        let left = m.work.left[queue];
        let known = well.count() + badly.count() + left.waiting + left.running + left.delayed;
        assert_eq!(u64::from(put_in), known, "jobs of queue {queue}: {left:?}");
        let failures: u64 = m.work.jobs.failures(&segments, queue).iter().sum();
        assert_eq!(failures, badly.count(), "every failed job has one cause");
    }
    for flow in 0..m.shape.flows {
        let begun: u32 = m.work.started.iter().skip(flow).step_by(m.shape.flows).sum();
        let (well, badly) = m.work.flows.durations(&segments, flow);
        let over = well.count() + badly.count();
        assert!(over == u64::from(begun) || !all_end && over < u64::from(begun), "{begun} flows begun, {over} over");
        let by_second: u64 = m.work.seconds.iter().map(|&count| u64::from(count)).sum();
        assert!(by_second >= over + u64::from(begun), "flows by second");
    }
}

/// Whether all jobs are done at the end.
pub fn no_job_is_left(m: &Measurements) -> bool {
    m.work.left.iter().all(|left| left.waiting + left.running + left.delayed == 0)
}

/// Cores were busy for as long as requests, jobs and those who open connections worked on them.
fn work_adds_up(m: &Measurements, labels: &Labels, model: &Model) {
    let worked = |part: usize| {
        let times = m.attribution.iter().chain(&m.work.job_time);
        times.filter_map(|time| Some(time.count() as f64 * time.between(0.0, 1.0)?.1[part])).sum::<f64>() / 1e9
    };
    for (which, label) in labels.processors.iter().enumerate().filter(|(_, l)| l.kind != ProcessorKind::Delay) {
        let words = match label.kind {
            ProcessorKind::Cache => format!("commands of {}", label.name),
            ProcessorKind::Link => match label.name.rsplit_once(' ') {
                Some((tier, "in")) => format!("requests to {tier} on the network"),
                Some((tier, _)) => format!("answers from {tier} on the network"),
                None => String::new(),
            },
            _ => format!("work on {} cpu", label.name),
        };
        let pauses = format!("garbage collection of {}", label.name);
        let parts = labels.parts.iter().enumerate().filter(|(_, part)| **part == words || **part == pauses);
        let worked: f64 = parts.map(|(part, _)| worked(part)).sum();
        let busy = area(m, which, |gauge| gauge.in_use);
        let of_label = |counter: &&CounterLabel| labels.databases[counter.database].name == label.name;
        let mut opened = labels.counters.iter().filter(|counter| counter.what == Counted::Connections);
        if let Some(counter) = opened.find(of_label) {
            // Some may not be done at the end.
            let (done, each) = (counted(m, counter.counter) as f64, connect_cpu(model));
            let most = done + f64::from(model.databases[counter.database].max_connections);
            assert!(near(busy, worked + done * each) || busy > worked + done * each, "{busy} for {worked} and {done}");
            assert!(busy <= worked + most * each, "{}: busy {busy}, worked {worked}, {done} opened", label.name);
            continue;
        }
        // What replicas repeat is nobody's work.
        let repeats = label.name.ends_with("cache0 replicas");
        assert!(near(busy, worked) || repeats && busy > worked, "{}: busy {busy}, worked {worked}", label.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every user may finish, so every request is answered.
    #[test]
    fn what_begins_ends(model in any_system(ENDLESS), seed in 0u64..1000) {
        if let Some((m, labels)) = measured(&model, seed, &[]) {
            prop_assert_eq!(m.started, all(&m.durations).count());
            counts_balance(&m);
            capacity_holds(&m, &labels, &model);
            tokens_are_conserved(&m, &labels, &model);
            replicas_and_locks_are_counted(&m, &labels);
            time_adds_up(&m);
            stores_are_bounded(&m, &model);
            work_is_conserved(&m, true);
            let gave_up = failures(&m, Cause::ClientTimeout) > 0;
            let goes_on = |step: &Step| matches!(step, Step::Deadline { .. } | Step::Call(_));
            let beside = |step: &Step| matches!(step, Step::Deadline { .. } | Step::Parallel { .. });
            let all_steps = || model.endpoints.iter().map(|e| &e.steps).chain(model.queues.iter().map(|q| &q.steps));
            let some = |of| all_steps().any(|steps| contains(steps, of));
            if !gave_up {
                littles_law_for_all(&m);
            }
            if !gave_up && !some(goes_on) && no_job_is_left(&m) {
                littles_law_at_pools(&m, &labels, &model);
            }
            // Of what is taken away from a killed process nobody knows how much was waiting and how much was work.
            let killed = failures(&m, Cause::OutOfMemory) > 0;
            if !gave_up && !killed && !some(beside) && no_job_is_left(&m) {
                work_adds_up(&m, &labels, &model);
            }
        }
    }

    /// Users are cut at the end of the test, so requests may be left over.
    #[test]
    fn what_is_cut_is_not_counted(model in any_system(0.0), seed in 0u64..1000) {
        if let Some((m, labels)) = measured(&model, seed, &[]) {
            counts_balance(&m);
            capacity_holds(&m, &labels, &model);
            tokens_are_conserved(&m, &labels, &model);
            replicas_and_locks_are_counted(&m, &labels);
            time_adds_up(&m);
            stores_are_bounded(&m, &model);
            work_is_conserved(&m, false);
            prop_assert!(m.started - all(&m.durations).count() <= cuts(&model));
        }
    }

    /// Spans that make up the test hold what the whole test holds.
    #[test]
    fn spans_add_up(model in any_system(0.0), seed in 0u64..1000, cut in 0.5..4.0f64) {
        let windows = vec![(0.0, cut), (cut, 1000.0)];
        if let Some((m, labels)) = measured(&model, seed, &windows) {
            let figures = observe(&m, &labels, &Wanted { windows, ..Wanted::default() });
            let value = |metric: &str, from: Option<f64>| {
                let found = figures.iter().find(|figure| {
                    let key = &figure.key;
                    key.metric == metric && key.scope.is_empty() && key.stat == "count" && key.from_s == from
                });
                found.map_or(f64::NAN, |figure| figure.value)
            };
            for metric in ["http_reqs", "errors", "iterations", "dropped_iterations"] {
                let parts = value(metric, Some(0.0)) + value(metric, Some(cut));
                // What is dropped is counted by the second, so a cut second is shared.
                let slack = if metric == "dropped_iterations" { 1.0 } else { 0.0 };
                let whole = value(metric, None);
                prop_assert!((whole - parts).abs() <= slack, "{}: {} and {}", metric, whole, parts);
            }
        }
    }
}

fn note_work(m: &Measurements, note: &mut impl FnMut(String)) {
    let segments: Vec<usize> = (0..m.shape.segments()).collect();
    let mut sorts = vec![("flow", &m.work.flows, m.shape.flows), ("job", &m.work.jobs, m.shape.queues)];
    sorts.push(("step", &m.work.steps, m.shape.steps));
    for (sort, outcomes, kinds) in sorts {
        let ended: Vec<_> = (0..kinds).map(|kind| outcomes.durations(&segments, kind)).collect();
        if ended.iter().any(|(well, _)| well.count() > 0) {
            note(format!("{sort} well"));
        }
        if ended.iter().any(|(_, badly)| badly.count() > 0) {
            note(format!("{sort} badly"));
        }
    }
    let left = m.work.left.iter();
    left.filter(|left| left.delayed > 0).for_each(|_| note("jobs delayed".into()));
    note(if no_job_is_left(m) { "no job left".into() } else { "jobs left".into() });
}

/// The random systems are of every kind: what they are asked to show does happen.
#[test]
fn random_systems_are_of_every_kind() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::new();
    let mut note = |what: String| *seen.entry(what).or_insert(0) += 1;
    for seed in 0..1200 {
        let model = any_system(ENDLESS).new_tree(&mut runner).expect("a system").current();
        let Some((m, labels)) = measured(&model, seed, &[]) else {
            note("deadlock".into());
            continue;
        };
        let caused = Cause::ALL.iter().filter(|cause| failures(&m, **cause) > 0);
        caused.for_each(|cause| note(cause.word().to_owned()));
        let loops = model.tiers[0].runtime == Runtime::EventLoop;
        note(if loops { "event loop".into() } else { "threads".into() });
        if all(&m.waits).range().is_some_and(|(_, most)| most > 0) {
            note("waits".into());
        }
        if m.series.seconds.iter().any(|second| second.dropped > 0) {
            note("dropped".into());
        }
        note_databases(&m, &labels, &mut note);
        note_work(&m, &mut note);
    }
    const OF_DATABASES: [&str; 3] = ["stale read", "connection opened", "wait for a row"];
    const OF_APIS: [&str; 5] = ["api_timeout", "api_rate_limited", "circuit_open", "rate_limited", "cache_refused"];
    let kinds =
        ["acquire_timeout", "queue_full", "connection_refused", "connect_timeout", "client_timeout", "deadline"];
    let work = ["flow well", "flow badly", "job well", "job badly", "step well", "step badly"];
    let kinds = kinds.into_iter().chain(["intrinsic", "api_error", "event loop", "threads", "waits", "dropped"]);
    for kind in kinds.chain(OF_APIS).chain(work).chain(["jobs delayed", "no job left", "jobs left"]).chain(OF_DATABASES)
    {
        assert!(seen.get(kind).is_some_and(|&times| times >= 5), "{kind}: {seen:?}");
    }
}
