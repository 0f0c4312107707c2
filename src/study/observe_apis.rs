//! What one run would report of external APIs and rate limits.

use super::observe::Observer;
use crate::compile::{ApiLabel, MeterLabel};
use crate::model::Cause;

/// How an attempt can fail; a call besides by the deadline around all of them.
const CAUSES: [Cause; 4] = [Cause::ApiTimeout, Cause::ApiError, Cause::ApiRateLimited, Cause::CircuitOpen];

impl Observer<'_> {
    pub(super) fn apis(&mut self) {
        let labels = self.labels;
        labels.apis.iter().for_each(|api| self.api(api));
    }

    fn api(&mut self, api: &ApiLabel) {
        let calls = self.counted(api.counter);
        let attempts = self.counted(api.counter + 1);
        let per_call = if calls > 0.0 { attempts / calls } else { f64::NAN };
        self.add("api_attempts", &api.name, "avg", "1", per_call);
        self.add_count("api_attempts", &api.name, attempts);
        let laps = self.merged(&self.m.laps, self.m.shape.laps, |cell| cell == api.lap);
        self.add("api_latency", &api.name, "count", "1", laps.count() as f64);
        self.durations("api_latency", &api.name, &laps);
        let failed = |cause: Cause| api.counter + 2 + cause as usize;
        let rejected = self.counted(failed(Cause::ApiRateLimited));
        self.add_count("api_rejected", &api.name, rejected);
        for cause in CAUSES {
            let count = self.counted(failed(cause));
            self.add_count("api_errors", &format!("{} {}", api.name, cause.word()), count);
        }
        if let Some((gauge, copies)) = api.breaker {
            let which = self.labels.processors.len() + self.labels.permits.len() + gauge;
            let (from, to) = self.span();
            let open = self.m.series.gauge_mean(which, from, to, |gauge| gauge.in_use);
            let share = open.map_or(f64::NAN, |open| 100.0 * open / f64::from(copies));
            self.add("breaker_open", &api.name, "avg", "%", share);
        }
    }

    pub(super) fn meters(&mut self) {
        let labels = self.labels;
        labels.meters.iter().for_each(|meter| self.meter(meter));
    }

    fn meter(&mut self, meter: &MeterLabel) {
        let spent = self.counted(meter.counter);
        self.add(meter.kind.metric(), &meter.name, "avg", "%", 100.0 * spent / (meter.rate * self.seconds()));
        let refused = self.counted(meter.counter + 1);
        self.add_count(meter.kind.refusals(), &meter.name, refused);
    }

    pub(super) fn add_count(&mut self, metric: &str, scope: &str, count: f64) {
        self.add(metric, scope, "count", "1", count);
        self.add(metric, scope, "rate", "1/s", count / self.seconds());
    }

    /// A counter over the span.
    pub(super) fn counted(&self, counter: usize) -> f64 {
        let counters = self.m.shape.counters;
        self.segments().iter().map(|segment| f64::from(self.m.counts[segment * counters + counter])).sum()
    }
}
