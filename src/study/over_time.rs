//! Lines over time: per second, over replications.

use super::observe::databases::LOCK_COUNTS;
use super::prediction::Series;
use crate::compile::{Counted, FootprintLabel, Labels, PermitKind};
use crate::measure::work::COUNTS;
use crate::measure::{Gauge, KeysSecond, Measurements, Second};
use crate::model::Cause;

/// The lines of one replication.
#[derive(Clone, Debug, PartialEq)]
pub struct OverTime {
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq)]
struct Line {
    metric: &'static str,
    scope: String,
    stat: &'static str,
    unit: &'static str,
    values: Vec<f32>,
}

impl OverTime {
    /// Reads the lines off a run.
    #[must_use]
    pub fn of(m: &Measurements, labels: &Labels) -> OverTime {
        let mut lines = Vec::new();
        let seconds = &m.series.seconds;
        let mut add = |metric, scope: &str, stat, unit, of: &dyn Fn(&Second) -> f32| {
            lines.push(Line { metric, scope: scope.to_owned(), stat, unit, values: seconds.iter().map(of).collect() });
        };
        add("vus", "", "avg", "1", &|s| s.users);
        add("http_reqs", "", "rate", "1/s", &|s| s.completed as f32);
        add("errors", "", "rate", "1/s", &|s| s.failed as f32);
        add("dropped_iterations", "", "rate", "1/s", &|s| s.dropped as f32);
        add("requests_in_flight", "", "avg", "1", &|s| s.in_flight);
        add("http_req_duration", "", "avg", "ms", &|s| s.mean / 1e6);
        add("http_req_duration", "", "p50", "ms", &|s| s.p50 / 1e6);
        add("http_req_duration", "", "p95", "ms", &|s| s.p95 / 1e6);
        add("http_req_duration", "", "p99", "ms", &|s| s.p99 / 1e6);
        let causes = m.shape.causes;
        for (i, cause) in Cause::ALL.iter().enumerate() {
            let values: Vec<f32> = m.series.causes.chunks_exact(causes).map(|row| row[i] as f32).collect();
            lines.push(Line { metric: "errors", scope: cause.word().to_owned(), stat: "rate", unit: "1/s", values });
        }
        let gauge = |which: usize, of: &dyn Fn(&Gauge) -> f32| -> Vec<f32> {
            m.series.gauges.chunks_exact(m.series.width).map(|row| of(&row[which])).collect()
        };
        for (i, label) in labels.processors.iter().enumerate() {
            let Some(metric) = label.kind.metric() else { continue };
            let percent = 100.0 / label.cores as f32;
            let mut values = gauge(i, &|g| g.in_use * percent);
            if let Some(fleet) = labels.fleets.iter().position(|fleet| fleet.processor == i) {
                let cores = labels.fleets[fleet].cores as f32;
                let up = gauge(labels.gauge_of_fleet(fleet), &|g| g.in_use);
                // Of the cores that are there.
                values.iter_mut().zip(&up).for_each(|(value, up)| *value *= label.cores as f32 / (up * cores));
                lines.push(Line { metric: "replicas", scope: label.name.clone(), stat: "avg", unit: "1", values: up });
            }
            lines.push(Line { metric, scope: label.name.clone(), stat: "avg", unit: "%", values });
        }
        lines.extend(keys(m, labels));
        for (i, label) in labels.permits.iter().enumerate() {
            let which = labels.processors.len() + i;
            let mut push = |metric, of: &dyn Fn(&Gauge) -> f32| {
                let values = gauge(which, of);
                lines.push(Line { metric, scope: label.name.clone(), stat: "avg", unit: "1", values });
            };
            match label.kind {
                PermitKind::Threads => push("threads_active", &|g| g.in_use),
                PermitKind::Admission | PermitKind::Sockets | PermitKind::FarSide => {
                    let (used, queued) = label.kind.used_and_waiting();
                    push(used, &|g| g.in_use);
                    push(queued, &|g| g.waiting);
                }
                PermitKind::Workers if !labels.queues.iter().any(|queue| queue.used && queue.gauge == i) => {}
                PermitKind::Workers => {
                    push("jobs_running", &|g| g.in_use);
                    push("jobs_waiting", &|g| g.waiting);
                }
                PermitKind::Pool | PermitKind::Pooler => {
                    push("connections_active", &|g| g.in_use);
                    push("connections_waiting", &|g| g.waiting);
                    push("connections_open", &|g| g.open);
                    push("connections_idle", &|g| (g.open - g.in_use).max(0.0));
                }
            }
        }
        lines.extend(apis(m, labels));
        lines.extend(work_lines(m, labels));
        lines.extend(database_lines(m, labels));
        lines.extend(machine_lines(m, labels).into_iter().chain(scaler_lines(m, labels)));
        lines.extend(memory_lines(m, labels));
        OverTime { lines }
    }
}

fn memory_lines(m: &Measurements, labels: &Labels) -> Vec<Line> {
    let line = |(i, label): (usize, &FootprintLabel)| {
        let gauge = labels.gauge_of_footprint(i);
        let hosts = |row: &[Gauge]| hosts_up(labels, &label.name, label.hosts, row);
        let values = m.series.gauges.chunks_exact(m.series.width).map(|row| row[gauge].in_use / hosts(row)).collect();
        Line { metric: "memory", scope: label.name.clone(), stat: "avg", unit: "MB", values }
    };
    labels.footprints.iter().enumerate().map(line).collect()
}

/// Hosts of a tier that are up in a second, at least one; of what is no fleet all.
fn hosts_up(labels: &Labels, name: &str, all: f64, row: &[Gauge]) -> f32 {
    let fleet = labels.fleets.iter().position(|fleet| fleet.name == name);
    match fleet.map(|fleet| row[labels.gauge_of_fleet(fleet)].in_use) {
        Some(up) if up > 0.0 => up,
        Some(_) => 1.0,
        None => all as f32,
    }
}

impl OverTime {
    /// The seconds of one line, with their unit.
    #[must_use]
    pub fn line(&self, metric: &str, scope: &str, stat: &str) -> Option<(&'static str, &[f32])> {
        let is_it = |line: &&Line| (line.metric, line.scope.as_str(), line.stat) == (metric, scope, stat);
        self.lines.iter().find(is_it).map(|line| (line.unit, line.values.as_slice()))
    }
}

/// Lines of caches and their keyspaces.
fn keys(m: &Measurements, labels: &Labels) -> Vec<Line> {
    let mut lines = Vec::new();
    let per_second = |figure: &dyn Fn(&KeysSecond) -> f32, space: usize| -> Vec<f32> {
        m.series.keys.chunks_exact(labels.keyspaces.len()).map(|row| figure(&row[space])).collect()
    };
    for (i, (_, space)) in labels.keyspaces.iter().enumerate() {
        let mut push = |metric, stat, unit, figure: &dyn Fn(&KeysSecond) -> f32| {
            lines.push(Line { metric, scope: space.clone(), stat, unit, values: per_second(figure, i) });
        };
        push("hit_ratio", "avg", "%", &|k| 100.0 * k.hits as f32 / (k.hits + k.misses) as f32);
        push("keys", "avg", "1", &|k| k.keys as f32);
        push("evictions", "rate", "1/s", &|k| k.evictions as f32);
        push("expirations", "rate", "1/s", &|k| k.expirations as f32);
    }
    for (i, cache) in labels.caches.iter().enumerate() {
        let values = m.series.memory.chunks_exact(labels.caches.len()).map(|row| row[i] as f32 / 1e6).collect();
        lines.push(Line { metric: "memory", scope: cache.clone(), stat: "avg", unit: "MB", values });
    }
    lines
}

/// Lines of external APIs and rate limits.
fn apis(m: &Measurements, labels: &Labels) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut push = |metric, scope: &str, stat, unit, values| {
        lines.push(Line { metric, scope: scope.to_owned(), stat, unit, values });
    };
    let counter = |which: usize| -> Vec<f32> {
        m.series.counts.chunks_exact(m.shape.counters.max(1)).map(|row| row[which] as f32).collect()
    };
    for api in &labels.apis {
        push("api_attempts", &api.name, "rate", "1/s", counter(api.counter + 1));
        let rejected = counter(api.counter + 2 + Cause::ApiRateLimited as usize);
        push("api_rejected", &api.name, "rate", "1/s", rejected);
        if let Some((gauge, copies)) = api.breaker {
            let which = labels.processors.len() + labels.permits.len() + gauge;
            let seconds = m.series.gauges.chunks_exact(m.series.width);
            let percent = 100.0 / copies as f32;
            push("breaker_open", &api.name, "avg", "%", seconds.map(|row| row[which].in_use * percent).collect());
        }
    }
    for meter in &labels.meters {
        let percent = 100.0 / meter.rate as f32;
        let used = counter(meter.counter).into_iter().map(|spent| spent * percent).collect();
        push(meter.kind.metric(), &meter.name, "avg", "%", used);
        push(meter.kind.refusals(), &meter.name, "rate", "1/s", counter(meter.counter + 1));
    }
    lines
}

/// Storage, rollbacks and deadlocks.
fn database_lines(m: &Measurements, labels: &Labels) -> Vec<Line> {
    let mut lines = Vec::new();
    for (i, label) in labels.volumes.iter().enumerate() {
        let mut push = |metric, stat, unit, of: &dyn Fn(&Gauge) -> f32| {
            let seconds = m.series.gauges.chunks_exact(m.series.width);
            let values = seconds.map(|row| of(&row[labels.gauge_of_volume(i)])).collect();
            lines.push(Line { metric, scope: label.name.clone(), stat, unit, values });
        };
        push("iops", "avg", "1/s", &|g| g.in_use);
        if label.bucket > 0.0 {
            push("credits", "end", "1", &|g| g.open);
        }
    }
    for label in &labels.counters {
        let metric = match label.what {
            // Statements alone are transactions too, and not counted by the second.
            Counted::Transactions => continue,
            Counted::Rollbacks => "rollbacks",
            Counted::Deadlocks => "deadlocks",
            Counted::Connections => "connections_opened",
        };
        let scope = labels.databases[label.database].name.clone();
        let seconds = m.series.counts.chunks_exact(m.shape.counters.max(1));
        let values = seconds.map(|row| row[label.counter] as f32).collect();
        lines.push(Line { metric, scope, stat: "rate", unit: "1/s", values });
    }
    for feed in &labels.feeds {
        for (place, metric) in ["replica_reads", "stale_reads"].into_iter().enumerate() {
            let seconds = m.series.counts.chunks_exact(m.shape.counters.max(1));
            let values = seconds.map(|row| row[feed.reads + place] as f32).collect();
            lines.push(Line { metric, scope: feed.name.clone(), stat: "rate", unit: "1/s", values });
        }
    }
    for lock in &labels.locks {
        for (place, metric) in LOCK_COUNTS.into_iter().enumerate() {
            let seconds = m.series.counts.chunks_exact(m.shape.counters.max(1));
            let values = seconds.map(|row| row[lock.waits + place] as f32).collect();
            lines.push(Line { metric, scope: lock.name.clone(), stat: "rate", unit: "1/s", values });
        }
    }
    lines
}

/// Credits of CPUs, and how much machines are held back.
fn machine_lines(m: &Measurements, labels: &Labels) -> Vec<Line> {
    let mut lines = Vec::new();
    for (i, label) in labels.machines.iter().enumerate().filter(|(_, label)| label.tells()) {
        let hosts = |row: &[Gauge]| hosts_up(labels, &label.name, label.hosts, row);
        let mut push = |metric, stat, unit, of: &dyn Fn(&Gauge) -> f32| {
            let seconds = m.series.gauges.chunks_exact(m.series.width);
            let values = seconds.map(|row| of(&row[labels.gauge_of_machine(i)]) / hosts(row)).collect();
            lines.push(Line { metric, scope: label.name.clone(), stat, unit, values });
        };
        push("cpu_throttled", "avg", "%", &|g| 100.0 * g.waiting);
        if let Some(credits) = label.credits {
            push("credits", "end", "1", &|g| g.open);
            if credits.unlimited {
                push("credits", "surplus", "1", &|g| g.in_use);
            }
        }
    }
    lines
}

/// Hosts that controllers ask for, and that are not ready yet.
fn scaler_lines(m: &Measurements, labels: &Labels) -> Vec<Line> {
    let mut lines = Vec::new();
    for (i, label) in labels.scalers.iter().enumerate() {
        let mut push = |metric, of: &dyn Fn(&Gauge) -> f32| {
            let seconds = m.series.gauges.chunks_exact(m.series.width);
            let values = seconds.map(|row| of(&row[labels.gauge_of_scaler(i)])).collect();
            lines.push(Line { metric, scope: label.name.clone(), stat: "avg", unit: "1", values });
        };
        push("replicas_desired", &|gauge| gauge.in_use);
        push("replicas_pending", &|gauge| gauge.waiting);
    }
    lines
}

/// What is begun and done in each second: jobs of each queue, flows of each kind.
fn work_lines(m: &Measurements, labels: &Labels) -> Vec<Line> {
    const JOBS: [&str; COUNTS] = ["jobs_enqueued", "jobs_completed", "jobs_failed"];
    // A success is counted per flow; failures are all others that are over.
    const FLOWS: [&str; COUNTS] = ["flow_started", "flow_success", "errors"];
    let queues = labels.queues.iter().map(|queue| (queue.name.as_str(), queue.used, JOBS));
    let flows = labels.flows.iter().map(|flow| (flow.as_str(), true, FLOWS));
    let scopes: Vec<_> = queues.chain(flows).collect();
    let width = scopes.len() * COUNTS;
    let mut lines = Vec::new();
    for (i, (scope, _, metrics)) in scopes.iter().enumerate().filter(|(_, (_, used, _))| *used) {
        for (count, metric) in metrics.iter().enumerate() {
            let seconds = m.work.seconds.chunks_exact(width);
            let values = seconds.map(|second| second[i * COUNTS + count] as f32).collect();
            // A success has no rate of its own: the series counts successes.
            let (stat, unit) = if *metric == "flow_success" { ("count", "1") } else { ("rate", "1/s") };
            lines.push(Line { metric, scope: (*scope).to_owned(), stat, unit, values });
        }
    }
    lines
}

/// Mean over replications per second, and the range of the middle 95 % of them. Lines that are 0
/// throughout are left out.
#[must_use]
pub fn series(replications: &[&OverTime], labels: &Labels) -> Vec<Series> {
    let Some(first) = replications.first() else { return Vec::new() };
    debug_assert!(labels.processors.len() <= first.lines.len());
    let mut all = Vec::new();
    for (i, line) in first.lines.iter().enumerate() {
        let lines: Vec<&[f32]> = replications.iter().map(|r| r.lines[i].values.as_slice()).collect();
        let always = line.scope.is_empty()
            || !matches!(line.metric, "errors" | "rollbacks" | "deadlocks" | "lock_timeouts" | "lock_deadlocks");
        if !always && lines.iter().all(|values| values.iter().all(|&value| value == 0.0)) {
            continue;
        }
        let seconds = lines.iter().map(|values| values.len()).max().unwrap_or(0);
        let mut series = Series {
            metric: line.metric.to_owned(),
            scope: line.scope.clone(),
            stat: line.stat.to_owned(),
            unit: line.unit,
            mean: Vec::with_capacity(seconds),
            low: Vec::with_capacity(seconds),
            high: Vec::with_capacity(seconds),
        };
        let mut here: Vec<f64> = Vec::with_capacity(lines.len());
        for second in 0..seconds {
            here.clear();
            let values = lines.iter().filter_map(|values| values.get(second)).filter(|value| !value.is_nan());
            here.extend(values.map(|&value| f64::from(value)));
            here.sort_by(f64::total_cmp);
            let at = |p: f64| here.get((p * here.len().saturating_sub(1) as f64).round() as usize).copied();
            series.mean.push(here.iter().sum::<f64>() / here.len() as f64);
            series.low.push(at(0.025).unwrap_or(f64::NAN));
            series.high.push(at(0.975).unwrap_or(f64::NAN));
        }
        all.push(series);
    }
    all
}
