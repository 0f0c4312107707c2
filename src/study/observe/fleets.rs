//! Figures of tiers whose hosts come and go, and of how long the system takes to recover from events.

use super::Observer;
use super::recovery::{recovery, recovery_of_load};
use crate::measure::Gauge;

impl Observer<'_> {
    /// Hosts that are up.
    pub(super) fn fleets(&mut self) {
        let (from, to) = self.span();
        let labels = self.labels;
        for (index, fleet) in labels.fleets.iter().enumerate() {
            let (series, which) = (&self.m.series, labels.gauge_of_fleet(index));
            let mean = series.gauge_mean(which, from, to, |gauge| gauge.in_use).unwrap_or(f64::NAN);
            let most = series.gauge_max(which, from, to, |gauge| gauge.in_use_max).unwrap_or(f64::NAN);
            let least = series.gauge_max(which, from, to, |gauge| -gauge.waiting).map_or(f64::NAN, |least| -least);
            for (stat, value) in [("avg", mean), ("min", least), ("max", most)] {
                self.add("replicas", &fleet.name, stat, "1", value);
            }
        }
    }

    /// Hosts that are asked for, that are not ready yet, and for how long all have been there together.
    pub(super) fn scalers(&mut self) {
        let (from, to) = self.span();
        let (labels, seconds) = (self.labels, self.seconds());
        for (index, scaler) in labels.scalers.iter().enumerate() {
            let (series, which) = (&self.m.series, labels.gauge_of_scaler(index));
            let mean = |of: fn(&Gauge) -> f32| series.gauge_mean(which, from, to, of).unwrap_or(f64::NAN);
            let most = |of: fn(&Gauge) -> f32| series.gauge_max(which, from, to, of).unwrap_or(f64::NAN);
            let (desired, desired_max) = (mean(|gauge| gauge.in_use), most(|gauge| gauge.in_use_max));
            let (pending, pending_max) = (mean(|gauge| gauge.waiting), most(|gauge| gauge.waiting_max));
            let time = mean(|gauge| gauge.open) * seconds;
            let name = &scaler.name;
            self.add("replicas_desired", name, "avg", "1", desired);
            self.add("replicas_desired", name, "max", "1", desired_max);
            self.add("replicas_pending", name, "avg", "1", pending);
            self.add("replicas_pending", name, "max", "1", pending_max);
            self.add("replica_time", name, "sum", "s", time);
        }
    }

    /// Hosts of a tier that are up at the end of a second, and on average; of what is no fleet `all`.
    pub(super) fn up(&self, name: &str, all: f64, second: usize) -> (f64, f64) {
        let Some(fleet) = self.labels.fleets.iter().position(|fleet| fleet.name == name) else { return (all, all) };
        let series = &self.m.series;
        let gauge = series.gauges.get(second * series.width + self.labels.gauge_of_fleet(fleet));
        // Of none there is nothing, and not an unknown share of it.
        let some = |up: f32| if up > 0.0 { f64::from(up) } else { 1.0 };
        gauge.map_or((all, all), |gauge| (some(gauge.open), some(gauge.in_use)))
    }

    /// Use of what each host has `per_host` of, in percent of what the hosts have that are up: mean and
    /// highest second; of a processor that is no fleet's, of all that it has.
    pub(super) fn in_use(
        &self,
        processor: usize,
        (per_host, all): (f64, f64),
        of: impl Fn(&Gauge) -> f32,
    ) -> (f64, f64) {
        let (from, to) = self.span();
        let series = &self.m.series;
        let Some(fleet) = self.labels.fleets.iter().position(|fleet| fleet.processor == processor) else {
            let mean = series.gauge_mean(processor, from, to, &of);
            let most = series.gauge_max(processor, from, to, &of);
            let percent = |used: Option<f64>| used.map_or(f64::NAN, |used| used * (100.0 / all));
            return (percent(mean), percent(most));
        };
        let up = self.labels.gauge_of_fleet(fleet);
        let gauge = |second: usize, which: usize| &series.gauges[second * series.width + which];
        let used = |second: usize| f64::from(of(gauge(second, processor)));
        let there = |second: usize| f64::from(gauge(second, up).in_use) * per_host;
        let (used_mean, there_mean) = (series.mean_at(from, to, used), series.mean_at(from, to, there));
        let mean = used_mean.zip(there_mean).map_or(f64::NAN, |(used, there)| 100.0 * used / there);
        let share = |second: usize| if there(second) > 0.0 { 100.0 * used(second) / there(second) } else { 0.0 };
        (mean, series.most_at(from, to, share).unwrap_or(f64::NAN))
    }

    /// How long each event is felt; the longest of all under no name. Without events, how long a spike of the load is.
    pub(super) fn recoveries(&mut self) {
        let labels = self.labels;
        if self.window.is_some() {
            return;
        }
        if labels.events.is_empty() {
            let Some(spike) = labels.spike else { return };
            let time = recovery_of_load(&self.m.series.seconds, spike);
            return ["load", ""].into_iter().for_each(|scope| self.recovered(scope, time));
        }
        let known =
            |event: &crate::compile::EventLabel| Some((event.scope(), recovery(&self.m.series.seconds, event)?));
        let times: Vec<(String, f64)> = labels.events.iter().filter_map(known).collect();
        // One that is never over makes the longest endless too.
        let all = times.iter().map(|(_, time)| *time);
        let longest = all.reduce(|a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) });
        for (scope, time) in times.into_iter().chain(longest.map(|longest| (String::new(), longest))) {
            self.recovered(&scope, time);
        }
    }

    fn recovered(&mut self, scope: &str, time: f64) {
        self.add("recovery_time", scope, "value", "s", time);
        self.add("recovery_time", scope, "recovered", "%", if time.is_nan() { 0.0 } else { 100.0 });
    }
}
