//! Books that balance in every run of every system: requests, seconds, causes, time.

use plimsoll::compile::{Compiled, Labels, PermitKind, ProcessorKind, compile};
use plimsoll::engine::{RunError, run};
use plimsoll::measure::{Histogram, Measurements};
use plimsoll::model::{Cause, Executor, Model, Runtime, Step};
use plimsoll::study::observe::{Wanted, observe};
use proptest::prelude::*;

use crate::systems::{ENDLESS, any_system};

/// Means over seconds are kept in single precision.
const ROUNDING: f64 = 1e-5;

fn measured(model: &Model, seed: u64, windows: &[(f64, f64)]) -> Option<(Measurements, Labels)> {
    let Compiled { program, labels } = compile(model, &model.tests[0], &[], windows).expect("compiles");
    match run(&program, seed, || true) {
        Ok(measured) => Some((measured, labels)),
        // Transactions in transactions may well block each other.
        Err(RunError::Deadlock { .. }) => None,
        Err(error) => panic!("{error:?}"),
    }
}

fn all(histograms: &[Histogram]) -> Histogram {
    let mut sum = Histogram::default();
    histograms.iter().for_each(|one| sum.merge(one));
    sum
}

fn failures(m: &Measurements, cause: Cause) -> u64 {
    m.failures.iter().skip(cause as usize).step_by(m.shape.causes).map(|&n| u64::from(n)).sum()
}

fn near(a: f64, b: f64) -> bool {
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
fn cuts(model: &Model) -> u64 {
    let most = |executor: &Executor| match executor {
        Executor::ConstantVus { vus, .. } => u64::from(*vus),
        Executor::RampingVus { start_vus, stages, .. } => {
            u64::from(*start_vus) + stages.iter().map(|stage| stage.target as u64).sum::<u64>()
        }
        Executor::ConstantArrivalRate { max_vus, .. } | Executor::RampingArrivalRate { max_vus, .. } => {
            u64::from(*max_vus)
        }
    };
    model.tests[0].scenarios.iter().map(|scenario| most(&scenario.executor)).sum()
}

fn counts_balance(m: &Measurements) {
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
fn capacity_holds(m: &Measurements, labels: &Labels, model: &Model) {
    for row in m.series.gauges.chunks_exact(m.series.width) {
        for (label, gauge) in labels.processors.iter().zip(row).filter(|(l, _)| l.kind != ProcessorKind::Delay) {
            assert!(f64::from(gauge.in_use) <= label.cores * (1.0 + ROUNDING), "{} {}", label.name, gauge.in_use);
            assert!(gauge.in_use <= gauge.waiting * (1.0 + 1e-5), "cores in use without jobs");
            if label.loops > 0.0 {
                assert!(f64::from(gauge.waiting) <= label.loops * (1.0 + ROUNDING), "slices {}", gauge.waiting);
            }
        }
        let mut open = 0.0;
        for (label, gauge) in labels.permits.iter().zip(&row[labels.processors.len()..]) {
            assert!(f64::from(gauge.in_use_max) <= label.most, "{} {}", label.name, gauge.in_use_max);
            assert!(
                gauge.in_use <= gauge.in_use_max * (1.0 + 1e-5) && gauge.waiting <= gauge.waiting_max * (1.0 + 1e-5)
            );
            assert!(gauge.in_use <= gauge.open * (1.0 + 1e-5), "more in use than open");
            // What connects to a pooler does not connect to the database.
            let direct = model.pools.iter().any(|pool| pool.name == label.name && pool.pooler.is_none());
            if direct || label.kind == PermitKind::Pooler {
                open += f64::from(gauge.open);
            }
        }
        let most = f64::from(model.databases[0].max_connections);
        assert!(open <= most * (1.0 + ROUNDING), "{open} connections of {most}");
    }
}

/// Requests that took so long cannot have spent more in all parts together.
fn time_adds_up(m: &Measurements) {
    for (low, high) in [(0.0, 1.0), (0.0, 0.1), (0.45, 0.55), (0.94, 0.96), (0.99, 1.0)] {
        if let Some((duration, parts)) = m.attribution.between(low, high) {
            let sum: f64 = parts.iter().sum();
            assert!(sum <= duration * (1.0 + 1e-9), "{parts:?} in {duration}");
        }
    }
    let (duration, _) = m.attribution.between(0.0, 1.0).unwrap_or((0.0, vec![]));
    assert!(near(duration, all(&m.durations).mean().unwrap_or(0.0)));
}

fn contains(steps: &[Step], of: fn(&Step) -> bool) -> bool {
    steps.iter().any(|step| {
        of(step)
            || match step {
                Step::Transaction { steps, .. }
                | Step::Lock { steps, .. }
                | Step::Retry { steps, .. }
                | Step::Deadline { steps, .. } => contains(steps, of),
                Step::Parallel { branches } => branches.iter().any(|steps| contains(steps, of)),
                Step::Either { branches } => branches.iter().any(|(_, steps)| contains(steps, of)),
                Step::Cpu { .. } | Step::Query { .. } | Step::Wait { .. } | Step::Fail { .. } => false,
            }
    })
}

/// Little's law as an identity: what stood there, second by second, is what all together waited.
fn littles_law_at_pools(m: &Measurements, labels: &Labels, model: &Model) {
    let waits = |i: usize| all(&m.waits.iter().skip(i).step_by(m.shape.permits).cloned().collect::<Vec<_>>()).sum();
    for (i, label) in labels.permits.iter().enumerate() {
        let stood = area(m, labels.processors.len() + i, |gauge| gauge.waiting) * 1e9;
        let connects = label.kind == PermitKind::Pool
            && model.pools.iter().any(|pool| pool.name == label.name && pool.connect != crate::system::constant(0.0));
        // Who waits for a connection to open does not stand in line.
        assert!(near(stood, waits(i)) || connects && stood < waits(i), "{}: {stood} for {}", label.name, waits(i));
    }
}

/// And what was in flight is what all requests took.
fn littles_law_for_all(m: &Measurements) {
    let in_flight: f64 =
        m.series.seconds.iter().zip(lengths(m)).map(|(s, length)| f64::from(s.in_flight) * length).sum();
    let durations = all(&m.durations).sum() / 1e9;
    assert!(near(in_flight, durations), "{in_flight} for {durations}");
}

/// Cores were busy for as long as requests worked on them.
fn work_adds_up(m: &Measurements, labels: &Labels) {
    let count = all(&m.durations).count() as f64;
    let (_, parts) = m.attribution.between(0.0, 1.0).unwrap_or((0.0, vec![0.0; labels.parts.len()]));
    for (which, label) in labels.processors.iter().enumerate().filter(|(_, l)| l.kind != ProcessorKind::Delay) {
        let words = format!("work on {} cpu", label.name);
        let worked: f64 = labels.parts.iter().zip(&parts).filter(|(part, _)| **part == words).map(|(_, ns)| ns).sum();
        let busy = area(m, which, |gauge| gauge.in_use);
        assert!(near(busy, worked * count / 1e9), "{}: busy {busy}, worked {}", label.name, worked * count / 1e9);
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
            time_adds_up(&m);
            let gave_up = failures(&m, Cause::ClientTimeout) > 0;
            let goes_on = |step: &Step| matches!(step, Step::Deadline { .. });
            let beside = |step: &Step| matches!(step, Step::Deadline { .. } | Step::Parallel { .. });
            let some = |of| model.endpoints.iter().any(|endpoint| contains(&endpoint.steps, of));
            if !gave_up {
                littles_law_for_all(&m);
            }
            if !gave_up && !some(goes_on) {
                littles_law_at_pools(&m, &labels, &model);
            }
            if !gave_up && !some(beside) {
                work_adds_up(&m, &labels);
            }
        }
    }

    /// Users are cut at the end of the test, so requests may be left over.
    #[test]
    fn what_is_cut_is_not_counted(model in any_system(0.0), seed in 0u64..1000) {
        if let Some((m, labels)) = measured(&model, seed, &[]) {
            counts_balance(&m);
            capacity_holds(&m, &labels, &model);
            time_adds_up(&m);
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

/// The random systems are of every kind: what they are asked to show does happen.
#[test]
fn random_systems_are_of_every_kind() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::new();
    let mut note = |what: String| *seen.entry(what).or_insert(0) += 1;
    for seed in 0..400 {
        let model = any_system(ENDLESS).new_tree(&mut runner).expect("a system").current();
        let Some((m, _)) = measured(&model, seed, &[]) else {
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
    }
    let kinds =
        ["acquire_timeout", "queue_full", "connection_refused", "connect_timeout", "client_timeout", "deadline"];
    for kind in kinds.into_iter().chain(["intrinsic", "api_error", "event loop", "threads", "waits", "dropped"]) {
        assert!(seen.get(kind).is_some_and(|&times| times >= 5), "{kind}: {seen:?}");
    }
}
