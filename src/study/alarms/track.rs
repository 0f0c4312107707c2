//! What a monitoring service would see of one run: a signal second by second, read off by periods.
//!
//! Services report once a minute. A level is reported as its mean over the minute, events as their
//! number, and response times as one sample per request. Before a test there are no requests, all CPU
//! is idle, and levels are those of its first second; after it levels stay as they are at its end. Of
//! the durations of a second only some percentiles are kept, so a percentile of a period is read off
//! the mixture of these, each taken to be lognormal between them and beyond.

use super::mixture::mixture;
use crate::compile::{Labels, PermitKind, ProcessorKind};
use crate::measure::{Gauge, KeysSecond, Measurements, Second};
use crate::model::{Alarm, Answer, Cause, HttpStatus, Model, Remote, Signal, Statistic};

/// Seconds between two reports of a service.
const MINUTE: i64 = 60;

/// One signal of one run.
#[derive(Clone, Debug)]
pub struct Track {
    shape: Shape,
    /// `sums[i]` is the sum over the seconds before `i`.
    sums: Vec<f64>,
    /// Of levels: before the test and after it.
    before: f64,
    after: f64,
}

#[derive(Clone, Debug)]
enum Shape {
    Level,
    /// A level that is itself a share of one count in all of another, whose sums these are.
    Ratio(Vec<f64>),
    Count,
    /// Durations, s: their sums, and of each second how many there were, p50, p95 and p99.
    Times(Vec<f64>, Vec<[f64; 4]>),
}

impl Track {
    /// Reads a signal off a run; `None` if the run has no such thing.
    #[must_use]
    pub fn of(signal: Signal, model: &Model, labels: &Labels, m: &Measurements) -> Option<Track> {
        let seconds = &m.series.seconds;
        let counts = |of: &dyn Fn(&Second) -> f64| Track::counted(seconds.iter().map(of));
        let cpu = |kind, name: &str, lanes: bool| {
            let (which, label) =
                labels.processors.iter().enumerate().find(|(_, label)| label.kind == kind && label.name == name)?;
            if let Some(fleet) = labels.fleets.iter().position(|fleet| fleet.processor == which) {
                // Of the cores that are there.
                let up = gauge(m, labels.gauge_of_fleet(fleet), &|g| g.in_use);
                let percent = 100.0 / labels.fleets[fleet].cores;
                let used = gauge(m, which, &|g| g.in_use).zip(up);
                let share = |(cores, up): (f64, f64)| if up > 0.0 { cores * percent / up } else { 0.0 };
                return Some(Track::level(used.map(share), Some(0.0)));
            }
            let percent = 100.0 / if lanes { label.loops } else { label.cores };
            Some(Track::level(gauge(m, which, &|g| g.in_use).map(|cores| cores * percent), Some(0.0)))
        };
        Some(match signal {
            Signal::Requests => counts(&|second| f64::from(second.completed)),
            Signal::RequestsPerInstance(tier) => {
                let tier = model.tiers.get(tier as usize)?;
                let fleet = labels.fleets.iter().position(|fleet| fleet.name == tier.name);
                let up = fleet.map(|fleet| gauge(m, labels.gauge_of_fleet(fleet), &|g| g.in_use).collect::<Vec<f64>>());
                // Of those that are up; of none nobody counts.
                let hosts = |second: usize| up.as_ref().map_or(f64::from(tier.count), |up| up[second]);
                let share = |(i, second): (usize, &Second)| match hosts(i) {
                    up if up > 0.0 => f64::from(second.completed) / up,
                    _ => 0.0,
                };
                Track::counted(seconds.iter().enumerate().map(share))
            }
            Signal::Answers(answer) => Track::counted(answers(m, answer).into_iter()),
            Signal::ResponseTime => {
                let times = seconds.iter().map(|second| {
                    let s = |ns: f32| f64::from(ns) / 1e9;
                    [f64::from(second.completed), s(second.p50), s(second.p95), s(second.p99)]
                });
                let mean = |second: &Second| if second.completed == 0 { 0.0 } else { f64::from(second.mean) / 1e9 };
                let total = prefix(seconds.iter().map(|second| f64::from(second.completed) * mean(second)));
                Track { shape: Shape::Times(total, times.collect()), ..counts(&|second| f64::from(second.completed)) }
            }
            Signal::TierCpu(tier) => cpu(ProcessorKind::Tier, &model.tiers.get(tier as usize)?.name, false)?,
            Signal::DatabaseCpu(database) => {
                cpu(ProcessorKind::Database, &model.databases.get(database as usize)?.name, false)?
            }
            Signal::CacheCpu(cache) => cpu(ProcessorKind::Cache, &model.caches.get(cache as usize)?.name, false)?,
            Signal::CacheThread(cache) => cpu(ProcessorKind::Cache, &model.caches.get(cache as usize)?.name, true)?,
            Signal::Connections(remote) => {
                let open: Vec<usize> = connections(remote, model, labels).map(|(gauge, _)| gauge).collect();
                let rows = m.series.gauges.chunks_exact(m.series.width);
                Track::level(rows.map(|row| open.iter().map(|&which| f64::from(row[which].open)).sum()), None)
            }
            Signal::BurstBalance(database) => {
                let name = &model.databases.get(database as usize)?.name;
                let (i, label) = labels.volumes.iter().enumerate().find(|(_, label)| label.name == *name)?;
                let percent = if label.bucket > 0.0 { 100.0 / label.bucket } else { return None };
                Track::level(gauge(m, labels.gauge_of_volume(i), &|g| g.open).map(|left| left * percent), None)
            }
            Signal::CacheHits(_)
            | Signal::CacheMisses(_)
            | Signal::HitRate(_)
            | Signal::Evictions(_)
            | Signal::Expirations(_)
            | Signal::Items(_)
            | Signal::CacheMemory(_)
            | Signal::CacheMemoryShare(_) => return of_keys(signal, model, labels, m),
        })
    }

    pub(super) fn counted(values: impl Iterator<Item = f64>) -> Track {
        Track { shape: Shape::Count, sums: prefix(values), before: 0.0, after: 0.0 }
    }

    /// `idle`: the level before and after; else it is that of the first and last second.
    fn level(values: impl Iterator<Item = f64>, idle: Option<f64>) -> Track {
        let values: Vec<f64> = values.collect();
        let end = |value: Option<&f64>| idle.unwrap_or(value.copied().unwrap_or(0.0));
        let (before, after) = (end(values.first()), end(values.last()));
        Track { shape: Shape::Level, sums: prefix(values.into_iter()), before, after }
    }

    /// The data point of the period `[from, to)`, seconds since the test began; `None` if it is missing.
    #[must_use]
    pub fn point(&self, alarm: &Alarm, from: i64, to: i64) -> Option<f64> {
        let seen = |value: f64| (!alarm.nonzero || value > 0.0).then_some(value);
        match &self.shape {
            Shape::Times(total, seconds) => {
                let count = self.sum(from, to);
                let sum = sum_of(total, from, to);
                match alarm.statistic {
                    _ if count == 0.0 => None,
                    Statistic::Sum => Some(sum),
                    Statistic::SampleCount => Some(count),
                    Statistic::Percentile(percent) => mixture(inside(seconds, from, to), percent / 100.0),
                    Statistic::Average | Statistic::Maximum | Statistic::Minimum => Some(sum / count),
                }
            }
            // Each event is a sample of 1.
            Shape::Count if alarm.nonzero => match alarm.statistic {
                Statistic::Sum | Statistic::SampleCount => seen(self.sum(from, to)),
                Statistic::Average | Statistic::Maximum | Statistic::Minimum | Statistic::Percentile(_) => {
                    seen(self.sum(from, to)).map(|_| 1.0)
                }
            },
            Shape::Level | Shape::Ratio(_) | Shape::Count => {
                let minutes =
                    (from..to).step_by(MINUTE as usize).map(|begin| self.minute(begin, (begin + MINUTE).min(to)));
                statistic(alarm.statistic, minutes.flatten().collect())
            }
        }
    }

    /// What is reported for a minute.
    fn minute(&self, from: i64, to: i64) -> Option<f64> {
        match &self.shape {
            Shape::Level => Some(self.sum(from, to) / (to - from) as f64),
            Shape::Ratio(whole) => {
                let whole = sum_of(whole, from, to);
                (whole > 0.0).then(|| 100.0 * self.sum(from, to) / whole)
            }
            Shape::Count | Shape::Times(..) => Some(self.sum(from, to)),
        }
    }

    /// Sum over `[from, to)`, with what is before and after the test.
    fn sum(&self, from: i64, to: i64) -> f64 {
        let end = self.sums.len() as i64 - 1;
        let before = (to.min(0) - from).max(0) as f64 * self.before;
        let after = (to - from.max(end)).max(0) as f64 * self.after;
        before + sum_of(&self.sums, from, to) + after
    }
}

/// Opened connections to a database or cache: gauges of its pools and poolers, and how many there may be.
pub(super) fn connections<'a>(
    remote: Remote,
    model: &'a Model,
    labels: &'a Labels,
) -> impl Iterator<Item = (usize, f64)> + 'a {
    let first = labels.processors.len();
    labels.permits.iter().enumerate().filter_map(move |(i, label)| {
        let leads_there = match label.kind {
            PermitKind::Pool => {
                model.pools.iter().any(|p| p.name == label.name && p.remote == remote && p.pooler.is_none())
            }
            PermitKind::Pooler => {
                model.poolers.iter().any(|p| p.name == label.name && Remote::Database(p.database) == remote)
            }
            PermitKind::Threads
            | PermitKind::Admission
            | PermitKind::Workers
            | PermitKind::Sockets
            | PermitKind::FarSide => false,
        };
        leads_there.then_some((first + i, label.most))
    })
}

/// Who answers a request that fails for this cause, and how: a process that dies leaves the answer to the balancer, as
/// does one that does not answer in time.
#[must_use]
pub fn answer(cause: Cause) -> Answer {
    match HttpStatus::of(cause) {
        HttpStatus::Success => Answer::TargetWell,
        HttpStatus::ClientClosed => Answer::Balancer4xx,
        HttpStatus::TooManyRequests => Answer::Target4xx,
        HttpStatus::BadGateway | HttpStatus::GatewayTimeout => Answer::Balancer5xx,
        HttpStatus::InternalError | HttpStatus::Unavailable => Answer::Target5xx,
    }
}

/// How many answers of a kind came in each second.
fn answers(m: &Measurements, kind: Answer) -> Vec<f64> {
    let causes = m.series.causes.chunks_exact(m.shape.causes);
    let failed = causes.map(|row| {
        let ours = Cause::ALL.iter().zip(row).filter(|(cause, _)| answer(**cause) == kind);
        ours.map(|(_, &count)| f64::from(count)).sum::<f64>()
    });
    match kind {
        Answer::TargetWell => m.series.seconds.iter().map(|s| f64::from(s.completed - s.failed)).collect(),
        Answer::Target4xx | Answer::Target5xx | Answer::Balancer4xx | Answer::Balancer5xx => failed.collect(),
    }
}

fn gauge<'a>(m: &'a Measurements, which: usize, of: &'a dyn Fn(&Gauge) -> f32) -> impl Iterator<Item = f64> + 'a {
    m.series.gauges.chunks_exact(m.series.width).map(move |row| f64::from(of(&row[which])))
}

/// Signals of a cache's keys and memory.
fn of_keys(signal: Signal, model: &Model, labels: &Labels, m: &Measurements) -> Option<Track> {
    let name = |cache: u32| model.caches.get(cache as usize).map(|cache| cache.name.as_str());
    let keys = |cache: u32, of: fn(&KeysSecond) -> u32| {
        let name = name(cache)?;
        let spaces: Vec<usize> =
            labels.keyspaces.iter().enumerate().filter(|(_, (of, _))| of == name).map(|(i, _)| i).collect();
        let rows = m.series.keys.chunks_exact(labels.keyspaces.len().max(1));
        Some(rows.map(|row| spaces.iter().map(|&space| f64::from(of(&row[space]))).sum()).collect::<Vec<f64>>())
    };
    let memory = |cache: u32| {
        let index = labels.caches.iter().position(|known| Some(known.as_str()) == name(cache))?;
        let rows = m.series.memory.chunks_exact(labels.caches.len());
        Some(rows.map(|row| row[index] as f64).collect::<Vec<f64>>())
    };
    let counted = |values: Vec<f64>| Track::counted(values.into_iter());
    Some(match signal {
        Signal::CacheHits(cache) => counted(keys(cache, |k| k.hits)?),
        Signal::CacheMisses(cache) => counted(keys(cache, |k| k.misses)?),
        Signal::Evictions(cache) => counted(keys(cache, |k| k.evictions)?),
        Signal::Expirations(cache) => counted(keys(cache, |k| k.expirations)?),
        Signal::HitRate(cache) => {
            let asked = prefix(keys(cache, |k| k.hits + k.misses)?.into_iter());
            Track { shape: Shape::Ratio(asked), ..counted(keys(cache, |k| k.hits)?) }
        }
        Signal::Items(cache) => Track::level(keys(cache, |k| k.keys)?.into_iter(), None),
        Signal::CacheMemory(cache) => Track::level(memory(cache)?.into_iter(), None),
        Signal::CacheMemoryShare(cache) => {
            let most = model.caches.get(cache as usize)?.max_bytes? as f64;
            Track::level(memory(cache)?.into_iter().map(|bytes| 100.0 * bytes / most), None)
        }
        _ => return None,
    })
}

/// A statistic of what was reported in the minutes of a period.
fn statistic(of: Statistic, mut minutes: Vec<f64>) -> Option<f64> {
    let count = minutes.len() as f64;
    if minutes.is_empty() {
        return None;
    }
    Some(match of {
        Statistic::Average => minutes.iter().sum::<f64>() / count,
        Statistic::Sum => minutes.iter().sum(),
        Statistic::SampleCount => count,
        Statistic::Maximum => minutes.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Statistic::Minimum => minutes.iter().copied().fold(f64::INFINITY, f64::min),
        Statistic::Percentile(percent) => {
            minutes.sort_by(f64::total_cmp);
            let rank = percent / 100.0 * (count - 1.0);
            let (below, above) = (rank.floor() as usize, rank.ceil() as usize);
            minutes[below] + (minutes[above] - minutes[below]) * rank.fract()
        }
    })
}

fn prefix(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    let sums = values.map(|value| {
        sum += value;
        sum
    });
    std::iter::once(0.0).chain(sums).collect()
}

/// Sum over the part of `[from, to)` that lies in the test.
fn sum_of(sums: &[f64], from: i64, to: i64) -> f64 {
    let at = |second: i64| sums[second.clamp(0, sums.len() as i64 - 1) as usize];
    at(to) - at(from)
}

/// The part of a series of seconds that lies in `[from, to)`.
pub(super) fn inside<T>(seconds: &[T], from: i64, to: i64) -> &[T] {
    let at = |second: i64| second.clamp(0, seconds.len() as i64) as usize;
    seconds.get(at(from)..at(to)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::sample::alarm;
    use super::*;

    fn point(track: &Track, statistic: Statistic, nonzero: bool, from: i64, to: i64) -> Option<f64> {
        track.point(&Alarm { statistic, nonzero, ..alarm() }, from, to)
    }

    #[test]
    fn levels_are_reported_by_the_minute_and_hold_before_and_after() {
        // A level of 10 for a minute, then 20 for another.
        let track = Track::level((0..120).map(|second| if second < 60 { 10.0 } else { 20.0 }), None);
        let of = |statistic, from, to| point(&track, statistic, false, from, to);
        assert_eq!(of(Statistic::Average, 0, 120), Some(15.0));
        assert_eq!(of(Statistic::Average, 30, 90), Some(15.0));
        assert_eq!((of(Statistic::Maximum, 0, 120), of(Statistic::Minimum, 0, 120)), (Some(20.0), Some(10.0)));
        assert_eq!((of(Statistic::Sum, 0, 120), of(Statistic::SampleCount, 0, 300)), (Some(30.0), Some(5.0)));
        assert_eq!((of(Statistic::Average, -60, 60), of(Statistic::Average, 60, 180)), (Some(10.0), Some(20.0)));
        let idle = Track::level(std::iter::repeat_n(50.0, 60), Some(0.0));
        assert_eq!(point(&idle, Statistic::Average, false, -60, 60), Some(25.0));
    }

    #[test]
    fn events_that_did_not_happen_are_not_reported() {
        let track = Track::counted([0.0, 3.0, 0.0].into_iter());
        assert_eq!(point(&track, Statistic::Sum, true, -300, 0), None);
        assert_eq!(point(&track, Statistic::Sum, true, 0, 300), Some(3.0));
        assert_eq!(point(&track, Statistic::Average, true, 0, 300), Some(1.0));
        // Evictions are reported as 0.
        assert_eq!(point(&track, Statistic::Sum, false, -300, 0), Some(0.0));
    }

    #[test]
    fn every_cause_is_answered_by_someone_else_than_all_is_well() {
        assert!(Cause::ALL.iter().all(|cause| answer(*cause) != Answer::TargetWell));
    }
}
