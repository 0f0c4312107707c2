//! Figures of statements, transactions and storage.

use super::Observer;
use crate::compile::Counted;

impl Observer<'_> {
    pub(super) fn queries(&mut self) {
        let labels = self.labels;
        for (i, name) in labels.queries.iter().enumerate() {
            let laps = self.merged(&self.m.laps, self.m.shape.laps, |cell| labels.laps[cell].query == i);
            self.add("query_count", name, "count", "1", laps.count() as f64);
            self.durations("query_duration", name, &laps);
            let slow =
                labels.laps.iter().filter(|lap| lap.query == i).find_map(|lap| labels.databases[lap.database].slow);
            if slow.is_some() {
                self.slow(name, |cell| labels.laps[cell].query == i);
            }
        }
    }

    /// Statements that took as long as their database calls slow, or longer.
    fn slow(&mut self, scope: &str, which: impl Fn(usize) -> bool) {
        let labels = self.labels;
        let mut count = 0.0;
        for database in 0..labels.databases.len() {
            let Some(slow) = labels.databases[database].slow else { continue };
            let ours = |cell: usize| labels.laps[cell].database == database && which(cell);
            let laps = self.merged(&self.m.laps, self.m.shape.laps, ours);
            count += laps.count() as f64 - laps.count_below(slow);
        }
        self.counted("slow_queries", scope, count);
    }

    fn counted(&mut self, metric: &str, scope: &str, count: f64) {
        self.add(metric, scope, "count", "1", count);
        self.add(metric, scope, "rate", "1/s", count / self.seconds());
    }

    pub(super) fn databases(&mut self) {
        let labels = self.labels;
        for (i, database) in labels.databases.iter().enumerate() {
            if !labels.laps.iter().any(|lap| lap.database == i) {
                continue;
            }
            let alone = |cell: usize| labels.laps[cell].database == i && labels.laps[cell].alone;
            let alone = self.merged(&self.m.laps, self.m.shape.laps, alone).count() as f64;
            let name = &database.name;
            let transactions = self.happened(Counted::Transactions, i).unwrap_or(0.0);
            self.counted("transactions", name, alone + transactions);
            for (what, metric) in [(Counted::Rollbacks, "rollbacks"), (Counted::Deadlocks, "deadlocks")] {
                if let Some(count) = self.happened(what, i) {
                    self.counted(metric, name, count);
                }
            }
            if database.slow.is_some() {
                self.slow(name, |cell| labels.laps[cell].database == i);
            }
        }
        self.volumes();
    }

    /// How often something happened at a database; `None` if it is not counted.
    fn happened(&self, what: Counted, database: usize) -> Option<f64> {
        let labels = self.labels;
        let first = labels.processors.len() + labels.permits.len() + labels.volumes.len();
        let which = labels.counters.iter().position(|label| label.what == what && label.database == database)?;
        let (from, to) = self.span();
        let series = &self.m.series;
        let ran = self.m.ran as f64 / 1e9;
        let count = |second: usize| {
            series.gauges.get(second * series.width + first + which).map_or(0.0, |gauge| f64::from(gauge.in_use))
        };
        Some(series.sum_by_second(from, to, ran, count))
    }

    fn volumes(&mut self) {
        let labels = self.labels;
        let (from, to) = self.span();
        for (i, label) in labels.volumes.iter().enumerate() {
            let (series, which) = (&self.m.series, labels.processors.len() + labels.permits.len() + i);
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
