//! Jobs, flows and measured parts as figures.

use super::observe::{Observer, share};
use crate::measure::{Gauge, Histogram, Outcomes};
use crate::model::Cause;

impl Observer<'_> {
    /// Queues into which the test puts jobs.
    pub fn jobs(&mut self) {
        let (labels, segments) = (self.labels, self.segments());
        let queues = self.m.shape.queues;
        for (i, queue) in labels.queues.iter().enumerate().filter(|(_, queue)| queue.used) {
            let name = &queue.name;
            let put_in = segments.iter().map(|segment| u64::from(self.m.work.enqueued[segment * queues + i])).sum();
            let (well, badly) = self.m.work.jobs.durations(&segments, i);
            self.counter("jobs_enqueued", name, put_in);
            self.counter("jobs_completed", name, well.count());
            self.counter("jobs_failed", name, badly.count());
            self.timed("job_duration", name, &well, &badly);
            let waits = self.merged(&self.m.waits, self.m.shape.permits, |cell| cell == queue.gauge);
            self.durations("job_wait", name, &waits);
            self.levels_of_jobs(name, queue.gauge);
            if self.window.is_none() {
                let left = self.m.work.left[i];
                self.add("jobs_waiting", name, "end", "1", (left.waiting + left.delayed) as f64);
                self.add("jobs_running", name, "end", "1", left.running as f64);
            }
            let failures = self.m.work.jobs.failures(&segments, i);
            self.failures(name, &failures);
        }
    }

    fn levels_of_jobs(&mut self, name: &str, permit: usize) {
        let (from, to) = self.span();
        let (which, series) = (self.labels.processors.len() + permit, &self.m.series);
        let mean = |of: fn(&Gauge) -> f32| series.gauge_mean(which, from, to, of).unwrap_or(f64::NAN);
        let max = |of: fn(&Gauge) -> f32| series.gauge_max(which, from, to, of).unwrap_or(f64::NAN);
        let (waiting, waiting_max) = (mean(|g| g.waiting), max(|g| g.waiting_max));
        let (running, running_max) = (mean(|g| g.in_use), max(|g| g.in_use_max));
        self.add("jobs_waiting", name, "avg", "1", waiting);
        self.add("jobs_waiting", name, "max", "1", waiting_max);
        self.add("jobs_running", name, "avg", "1", running);
        self.add("jobs_running", name, "max", "1", running_max);
    }

    /// Flows of the test.
    pub fn flows(&mut self) {
        let (labels, segments) = (self.labels, self.segments());
        let flows = self.m.shape.flows;
        for (i, name) in labels.flows.iter().enumerate() {
            let begun = segments.iter().map(|segment| u64::from(self.m.work.started[segment * flows + i])).sum();
            self.counter("flow_started", name, begun);
            let flows = &self.m.work.flows;
            self.outcomes(["flow_duration", "flow_success"], name, flows, &segments, i);
        }
    }

    /// Measured parts that the test sets off.
    pub fn steps(&mut self) {
        let (labels, segments) = (self.labels, self.segments());
        for (i, step) in labels.steps.iter().enumerate().filter(|(_, step)| step.used) {
            let steps = &self.m.work.steps;
            self.outcomes(["step_duration", "step_success"], &step.scope, steps, &segments, i);
        }
    }

    fn outcomes(&mut self, metrics: [&str; 2], name: &str, of: &Outcomes, segments: &[usize], kind: usize) {
        let (well, badly) = of.durations(segments, kind);
        self.timed(metrics[0], name, &well, &badly);
        let (ok, all) = (well.count() as f64, (well.count() + badly.count()) as f64);
        self.add(metrics[1], name, "count", "1", ok);
        self.add(metrics[1], name, "rate", "%", share(ok, all));
        self.failures(name, &of.failures(segments, kind));
    }

    fn counter(&mut self, metric: &str, name: &str, count: u64) {
        self.add(metric, name, "count", "1", count as f64);
        self.add(metric, name, "rate", "1/s", count as f64 / self.seconds());
    }

    /// All durations, of those that failed too, with their number.
    fn timed(&mut self, metric: &str, name: &str, well: &Histogram, badly: &Histogram) {
        let mut all = well.clone();
        all.merge(badly);
        self.add(metric, name, "count", "1", all.count() as f64);
        self.durations(metric, name, &all);
    }

    fn failures(&mut self, name: &str, counts: &[u64]) {
        let total = counts.iter().sum();
        self.counter("errors", name, total);
        for (cause, &count) in Cause::ALL.iter().zip(counts) {
            self.counter("errors", &format!("{name} {}", cause.word()), count);
        }
    }
}
