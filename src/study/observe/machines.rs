//! Figures of machines whose cores are not always to be had.

use super::Observer;
use crate::compile::MachineLabel;
use crate::measure::Gauge;

/// Credits that are none, but for rounding.
const SPENT: f64 = 1e-3;

impl Observer<'_> {
    pub(super) fn machines(&mut self) {
        let labels = self.labels;
        for host in &labels.hosts {
            let (from, to) = self.span();
            let series = &self.m.series;
            let percent = 100.0 / host.cores;
            let at = |second: usize| {
                let gauges = series.gauges.get(second * series.width..).unwrap_or_default();
                host.parts.iter().filter_map(|&part| gauges.get(part)).map(|gauge| f64::from(gauge.in_use)).sum::<f64>()
            };
            let (mean, max) = (series.mean_at(from, to, at), series.most_at(from, to, at));
            self.add("cpu", &host.name, "avg", "%", mean.map_or(f64::NAN, |cores| cores * percent));
            self.add("cpu", &host.name, "max", "%", max.map_or(f64::NAN, |cores| cores * percent));
        }
        for (i, label) in labels.machines.iter().enumerate().filter(|(_, label)| label.tells()) {
            let (from, to) = self.span();
            let which = labels.gauge_of_machine(i);
            let series = &self.m.series;
            let held = |second: usize| {
                let gauge = series.gauges.get(second * series.width + which);
                gauge.map_or(f64::NAN, |gauge| 100.0 * f64::from(gauge.waiting))
                    / self.up(&label.name, label.hosts, second).1
            };
            let (mean, most) = (series.mean_at(from, to, held), series.most_at(from, to, held));
            self.add("cpu_throttled", &label.name, "avg", "%", mean.unwrap_or(f64::NAN));
            self.add("cpu_throttled", &label.name, "max", "%", most.unwrap_or(f64::NAN));
            self.cpu_credits(label, which);
        }
    }

    /// Of each of the machines, on average.
    fn cpu_credits(&mut self, label: &MachineLabel, which: usize) {
        let Some(credits) = label.credits else { return };
        let (from, to) = self.span();
        let series = &self.m.series;
        // Read at the end of each second.
        let of_all = |second: usize, of: fn(&Gauge) -> f32| {
            series.gauges.get(second * series.width + which).map_or(f64::NAN, |gauge| f64::from(of(gauge)))
        };
        let at =
            |second: usize, of: fn(&Gauge) -> f32| of_all(second, of) / self.up(&label.name, label.hosts, second).0;
        let (first, last) = (from.max(0.0).floor() as usize, (to.ceil() as usize).min(series.seconds.len()));
        let start = if first == 0 { credits.start } else { at(first - 1, |gauge| gauge.open) };
        let end = last.checked_sub(1).map_or(f64::NAN, |second| at(second, |gauge| gauge.open));
        let min = (first..last).map(|second| at(second, |gauge| gauge.open_max)).fold(start, f64::min);
        // That of machines that are no more is to be paid too.
        let surplus = last.checked_sub(1).map_or(f64::NAN, |second| of_all(second, |gauge| gauge.in_use)) / label.hosts;
        // Once held back it is until the second ends, or is not held back at its end. A quota holds back too, with
        // credits left.
        let spent = |second: &usize| at(*second, |gauge| gauge.open_max) <= SPENT;
        let held = |second: usize| at(second, |gauge| gauge.waiting).min(1.0);
        let dry = (first..last).filter(spent).find(|&second| held(second) > 0.0 && !credits.unlimited);
        let dry = dry.map(|second| second as f64 + 1.0 - held(second));
        let name = &label.name;
        self.add("credits", name, "start", "1", start);
        self.add("credits", name, "end", "1", end);
        self.add("credits", name, "min", "1", min);
        self.add("credits", name, "dry", "s", dry.unwrap_or(f64::NAN));
        if credits.unlimited {
            self.add("credits", name, "surplus", "1", surplus);
            // 60 credits are an hour of one core.
            self.add("credits", name, "charge", "USD", surplus / 60.0 * credits.surplus_price * label.hosts);
        }
    }
}
