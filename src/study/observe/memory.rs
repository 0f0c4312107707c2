//! Figures of memory and garbage collection.

use super::Observer;
use crate::measure::Gauge;

impl Observer<'_> {
    pub(super) fn footprints(&mut self) {
        let labels = self.labels;
        for (i, label) in labels.footprints.iter().enumerate() {
            let (from, to) = self.span();
            let (which, hosts) = (labels.gauge_of_footprint(i), label.hosts);
            let series = &self.m.series;
            let row = |second: usize| series.gauges.get(second * series.width + which);
            let mean = series.mean_at(from, to, |second| {
                row(second).map_or(f64::NAN, |gauge| f64::from(gauge.in_use)) / self.up(&label.name, hosts, second).1
            });
            let max = series.gauge_max(which, from, to, |gauge| gauge.in_use_max);
            let at = |second: usize, of: fn(&Gauge) -> f32| row(second).map_or(f64::NAN, |gauge| f64::from(of(gauge)));
            let on_each = |second: usize| at(second, |gauge| gauge.open) / self.up(&label.name, hosts, second).0;
            let (first, last) = (from.max(0.0).floor() as usize, (to.ceil() as usize).min(series.seconds.len()));
            let start = if first == 0 { label.start / 1e6 } else { on_each(first - 1) };
            let end = last.checked_sub(1).map_or(f64::NAN, on_each);
            let killed = (first..last).map(|second| at(second, |gauge| gauge.waiting)).find(|&killed| killed > 0.0);
            let name = &label.name;
            self.add("memory", name, "avg", "MB", mean.unwrap_or(f64::NAN));
            self.add("memory", name, "max", "MB", max.unwrap_or(f64::NAN));
            self.add("memory", name, "start", "MB", start);
            self.add("memory", name, "end", "MB", end);
            self.add("memory", name, "growth", "MB", end - start);
            let kills = self.counted(label.counter);
            self.add("out_of_memory", name, "count", "1", kills);
            self.add("out_of_memory", name, "first", "s", killed.unwrap_or(f64::NAN));
        }
        for label in &labels.collectors {
            let pauses = self.merged(&self.m.laps, self.m.shape.laps, |lap| lap == label.lap);
            let ms = |ns: Option<f64>| ns.map_or(f64::NAN, |ns| ns / 1e6);
            let (minor, major) = (self.counted(label.counter), self.counted(label.counter + 1));
            let name = &label.name;
            self.add("gc", name, "minor count", "1", minor);
            self.add("gc", name, "major count", "1", major);
            self.add("gc", name, "pause avg", "ms", ms(pauses.mean()));
            self.add("gc", name, "pause max", "ms", ms(pauses.range().map(|(_, max)| max as f64)));
        }
    }
}
