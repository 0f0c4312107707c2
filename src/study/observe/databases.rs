//! Figures of statements, transactions and storage.

use super::{Observer, share};
use crate::compile::{Counted, LapLabel};
use crate::measure::Histogram;

/// What is counted of a lock, in the order of its counters.
pub const LOCK_COUNTS: [&str; 3] = ["lock_waits", "lock_timeouts", "lock_deadlocks"];

impl Observer<'_> {
    pub(super) fn queries(&mut self) {
        let labels = self.labels;
        for (i, name) in labels.queries.iter().enumerate() {
            let laps = self.statements(|lap| lap.query == i);
            self.add("query_count", name, "count", "1", laps.count() as f64);
            self.durations("query_duration", name, &laps);
            let slow =
                labels.laps.iter().filter(|lap| lap.query == i).find_map(|lap| labels.databases[lap.database].slow);
            if slow.is_some() {
                self.slow(name, |lap| lap.query == i);
            }
        }
    }

    /// Statements that took as long as their database calls slow, or longer.
    fn slow(&mut self, scope: &str, which: impl Fn(&LapLabel) -> bool) {
        let labels = self.labels;
        let mut count = 0.0;
        for database in 0..labels.databases.len() {
            let Some(slow) = labels.databases[database].slow else { continue };
            let laps = self.statements(|lap| lap.database == database && which(lap));
            count += laps.count() as f64 - laps.count_below(slow);
        }
        self.add_count("slow_queries", scope, count);
    }

    /// How long statements took, of which `which` says yes.
    fn statements(&self, which: impl Fn(&LapLabel) -> bool) -> Histogram {
        let labels = self.labels;
        let ours = |cell: usize| cell.checked_sub(labels.first_lap()).is_some_and(|lap| which(&labels.laps[lap]));
        self.merged(&self.m.laps, self.m.shape.laps, ours)
    }

    pub(super) fn databases(&mut self) {
        let labels = self.labels;
        for (i, database) in labels.databases.iter().enumerate() {
            if !labels.laps.iter().any(|lap| lap.database == i) {
                continue;
            }
            let alone = self.statements(|lap| lap.database == i && lap.alone).count() as f64;
            let name = &database.name;
            let transactions = self.happened(Counted::Transactions, i).unwrap_or(0.0);
            self.add_count("transactions", name, alone + transactions);
            for (what, metric) in [
                (Counted::Rollbacks, "rollbacks"),
                (Counted::Deadlocks, "deadlocks"),
                (Counted::Connections, "connections_opened"),
            ] {
                if let Some(count) = self.happened(what, i) {
                    self.add_count(metric, name, count);
                }
            }
            if database.slow.is_some() {
                self.slow(name, |lap| lap.database == i);
            }
        }
        self.volumes();
        self.locks();
        self.replicas();
    }

    /// Reads from replicas, and how many of them were stale.
    fn replicas(&mut self) {
        let labels = self.labels;
        for feed in &labels.feeds {
            let (reads, stale) = (self.counted(feed.reads), self.counted(feed.reads + 1));
            self.add_count("replica_reads", &feed.name, reads);
            self.add_count("stale_reads", &feed.name, stale);
            self.add("stale_reads", &feed.name, "share", "%", share(stale, reads));
        }
    }

    /// Waits for rows, of those too that found theirs free; and what became of them.
    fn locks(&mut self) {
        let labels = self.labels;
        for lock in &labels.locks {
            let waits = self.merged(&self.m.laps, self.m.shape.laps, |cell| cell == lock.lap);
            self.add("lock_wait", &lock.name, "count", "1", waits.count() as f64);
            self.durations("lock_wait", &lock.name, &waits);
            for (place, metric) in LOCK_COUNTS.iter().enumerate() {
                let count = self.counted(lock.waits + place);
                self.add_count(metric, &lock.name, count);
            }
        }
    }

    /// How often something happened at a database; `None` if it is not counted.
    fn happened(&self, what: Counted, database: usize) -> Option<f64> {
        let label = self.labels.counters.iter().find(|label| label.what == what && label.database == database)?;
        Some(self.counted(label.counter))
    }

    fn volumes(&mut self) {
        let labels = self.labels;
        let (from, to) = self.span();
        for (i, label) in labels.volumes.iter().enumerate() {
            let (series, which) = (&self.m.series, labels.gauge_of_volume(i));
            let mean = series.gauge_mean(which, from, to, |gauge| gauge.in_use).unwrap_or(f64::NAN);
            let max = series.gauge_max(which, from, to, |gauge| gauge.in_use).unwrap_or(f64::NAN);
            // Credits are read at the end of each second.
            let credits = |second: usize| {
                series.gauges.get(second * series.width + which).map_or(f64::NAN, |gauge| f64::from(gauge.open))
            };
            let (first, last) = (from.max(0.0).floor() as usize, (to.ceil() as usize).min(series.seconds.len()));
            let start = if first == 0 { label.bucket } else { credits(first - 1) };
            let end = last.checked_sub(1).map_or(f64::NAN, credits);
            let min = (first..last).map(credits).fold(start, f64::min);
            self.add("iops", &label.name, "avg", "1/s", mean);
            self.add("iops", &label.name, "max", "1/s", max);
            if label.bucket > 0.0 {
                self.add("credits", &label.name, "start", "1", start);
                self.add("credits", &label.name, "end", "1", end);
                self.add("credits", &label.name, "min", "1", min);
            }
        }
    }
}
