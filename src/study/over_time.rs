//! Lines over time: per second, over replications.

use super::prediction::Series;
use crate::compile::{Counted, Labels, PermitKind, ProcessorKind};
use crate::measure::{Gauge, Measurements, Second};
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
        for (i, label) in labels.processors.iter().enumerate().filter(|(_, l)| l.kind != ProcessorKind::Delay) {
            let percent = 100.0 / label.cores as f32;
            let values = gauge(i, &|g| g.in_use * percent);
            lines.push(Line { metric: "cpu", scope: label.name.clone(), stat: "avg", unit: "%", values });
        }
        for (i, label) in labels.permits.iter().enumerate() {
            let which = labels.processors.len() + i;
            let mut push = |metric, of: &dyn Fn(&Gauge) -> f32| {
                let values = gauge(which, of);
                lines.push(Line { metric, scope: label.name.clone(), stat: "avg", unit: "1", values });
            };
            match label.kind {
                PermitKind::Threads => push("threads_active", &|g| g.in_use),
                PermitKind::Pool | PermitKind::Pooler => {
                    push("connections_active", &|g| g.in_use);
                    push("connections_waiting", &|g| g.waiting);
                    push("connections_open", &|g| g.open);
                    push("connections_idle", &|g| (g.open - g.in_use).max(0.0));
                }
            }
        }
        let first = labels.processors.len() + labels.permits.len();
        for (i, label) in labels.volumes.iter().enumerate() {
            let mut push = |metric, stat, unit, of: &dyn Fn(&Gauge) -> f32| {
                let values = gauge(first + i, of);
                lines.push(Line { metric, scope: label.name.clone(), stat, unit, values });
            };
            push("iops", "avg", "1/s", &|g| g.in_use);
            if label.bucket > 0.0 {
                push("credits", "end", "1", &|g| g.open);
            }
        }
        for (i, label) in labels.counters.iter().enumerate() {
            let metric = match label.what {
                // Statements alone are transactions too, and not counted by the second.
                Counted::Transactions => continue,
                Counted::Rollbacks => "rollbacks",
                Counted::Deadlocks => "deadlocks",
            };
            let scope = labels.databases[label.database].name.clone();
            let values = gauge(first + labels.volumes.len() + i, &|g| g.in_use);
            lines.push(Line { metric, scope, stat: "rate", unit: "1/s", values });
        }
        OverTime { lines }
    }
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
        let always = line.scope.is_empty() || !matches!(line.metric, "errors" | "rollbacks" | "deadlocks");
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
