//! What one run would report: its measurements as the contract's figures.
//!
//! All runs of one test give the same keys in the same order, so that replications can be laid
//! beside each other; a figure that a run cannot report (a percentile of no requests) is NaN.

pub(super) mod databases;
mod fleets;
mod keys;
mod machines;
mod memory;
mod recovery;
mod refusals;
mod statuses;
mod traffic;

use super::prediction::Key;
use crate::compile::{Labels, PermitKind, ProcessorKind};
use crate::measure::{Histogram, Measurements, SecondSeries};
use crate::model::Cause;

/// What is wanted beyond the usual: asked for by recordings and objectives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// Spans in seconds.
    pub windows: Vec<(f64, f64)>,
    /// Percentiles in percent, for example 99.9.
    pub percentiles: Vec<f64>,
    /// Shares of requests between two durations, ms: scope as written, low, high.
    pub shares: Vec<(String, f64, f64)>,
    /// Scopes of `errors` that are reported even if they stay 0.
    pub scopes: Vec<String>,
    pub trends: Vec<WantedTrend>,
}

/// The trend of a metric over a part of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedTrend {
    pub metric: String,
    pub scope: String,
    /// Seconds; `None`: the whole test.
    pub span: Option<(f64, f64)>,
}

impl Wanted {
    /// Wants all that another wants as well.
    pub fn add(&mut self, other: Wanted) {
        fn join<T: PartialEq>(mine: &mut Vec<T>, theirs: Vec<T>) {
            for one in theirs {
                if !mine.contains(&one) {
                    mine.push(one);
                }
            }
        }
        join(&mut self.windows, other.windows);
        join(&mut self.percentiles, other.percentiles);
        join(&mut self.shares, other.shares);
        join(&mut self.scopes, other.scopes);
        join(&mut self.trends, other.trends);
    }
}

/// Percentiles that are always reported, in percent.
const PERCENTILES: [f64; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];

/// A figure of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub key: Key,
    pub unit: &'static str,
    pub value: f64,
}

/// All figures of one run: for the whole test, and for each span.
#[must_use]
pub fn observe(m: &Measurements, labels: &Labels, wanted: &Wanted) -> Vec<Figure> {
    let mut percentiles: Vec<f64> = PERCENTILES.iter().chain(&wanted.percentiles).copied().collect();
    percentiles.sort_by(f64::total_cmp);
    percentiles.dedup();
    let mut figures = Vec::new();
    let windows = wanted.windows.iter().map(|&window| Some(window));
    for window in std::iter::once(None).chain(windows) {
        let mut observer = Observer { m, labels, percentiles: &percentiles, window, figures: &mut figures };
        observer.requests(wanted);
        observer.statuses();
        observer.load();
        observer.processors();
        observer.fleets();
        observer.scalers();
        observer.permits();
        observer.refusals();
        observer.queries();
        observer.caches();
        observer.apis();
        observer.meters();
        observer.jobs();
        observer.flows();
        observer.steps();
        observer.databases();
        observer.machines();
        observer.footprints();
        observer.traffic();
        observer.recoveries();
    }
    figures
}

pub(super) struct Observer<'a> {
    pub(super) m: &'a Measurements,
    pub(super) labels: &'a Labels,
    percentiles: &'a [f64],
    pub window: Option<(f64, f64)>,
    figures: &'a mut Vec<Figure>,
}

impl Observer<'_> {
    pub(super) fn add(&mut self, metric: &str, scope: &str, stat: impl Into<String>, unit: &'static str, value: f64) {
        let (from_s, to_s) = (self.window.map(|w| w.0), self.window.map(|w| w.1));
        let key = Key { metric: metric.to_owned(), scope: scope.to_owned(), stat: stat.into(), from_s, to_s };
        // Of a span that a cut run never came to, nothing is known, not even that nothing happened.
        let value = if self.seconds() > 0.0 || self.window.is_none() { value } else { f64::NAN };
        self.figures.push(Figure { key, unit, value });
    }

    /// The span in seconds; the whole test runs as long as the load generator did, and a cut run has
    /// no more than the part of a span before the cut.
    pub(super) fn span(&self) -> (f64, f64) {
        let (from, to) = self.window.unwrap_or((0.0, self.m.ran as f64 / 1e9));
        (from, self.m.cut_at.map_or(to, |cut_at| to.min(cut_at as f64 / 1e9)))
    }

    pub(super) fn seconds(&self) -> f64 {
        let (from, to) = self.span();
        to - from
    }

    /// The segments that make up the span.
    pub(super) fn segments(&self) -> Vec<usize> {
        let edges = &self.m.shape.edges;
        let (from, to) = match self.window {
            None => (0, u64::MAX),
            Some((from, to)) => ((from * 1e9).round() as u64, (to * 1e9).round() as u64),
        };
        (0..self.m.shape.segments()).filter(|&i| edges[i] >= from && edges[i + 1] <= to).collect()
    }

    pub(super) fn merged(&self, of: &[Histogram], per_segment: usize, which: impl Fn(usize) -> bool) -> Histogram {
        let mut sum = Histogram::default();
        for segment in self.segments() {
            let row = &of[segment * per_segment..(segment + 1) * per_segment];
            row.iter().enumerate().filter(|&(i, _)| which(i)).for_each(|(_, h)| sum.merge(h));
        }
        sum
    }

    fn requests(&mut self, wanted: &Wanted) {
        let endpoints = self.m.shape.endpoints;
        for endpoint in std::iter::once(None).chain((0..endpoints).map(Some)) {
            // Two histograms per endpoint: ok at even places, failed at odd ones.
            let ours = |cell: usize| endpoint.is_none_or(|endpoint| cell / 2 == endpoint);
            let ok = self.merged(&self.m.durations, endpoints * 2, |cell| ours(cell) && cell % 2 == 0);
            let failed = self.merged(&self.m.durations, endpoints * 2, |cell| ours(cell) && cell % 2 == 1);
            let mut all = ok.clone();
            all.merge(&failed);
            let labels = self.labels;
            let scope = endpoint.map_or("", |endpoint| labels.endpoints[endpoint].as_str());
            let count = all.count() as f64;
            self.add("http_reqs", scope, "count", "1", count);
            self.add("http_reqs", scope, "rate", "1/s", count / self.seconds());
            self.add("http_req_failed", scope, "rate", "%", share(failed.count() as f64, count));
            self.durations("http_req_duration", scope, &all);
            self.durations("http_req_duration{ok}", scope, &ok);
            self.durations("http_req_duration{failed}", scope, &failed);
            self.errors(endpoint);
            if endpoint.is_none() {
                for (scope, low, high) in &wanted.shares {
                    let below = |ms: f64| all.count_below((ms * 1e6) as u64);
                    let inside = if high.is_finite() { below(*high) } else { count } - below(*low);
                    self.add("latency_share", scope, "share", "%", share(inside, count));
                }
            }
        }
    }

    pub(super) fn durations(&mut self, metric: &str, scope: &str, durations: &Histogram) {
        let ms = |ns: Option<f64>| ns.map_or(f64::NAN, |ns| ns / 1e6);
        let (min, max) = durations.range().map_or((None, None), |(min, max)| (Some(min as f64), Some(max as f64)));
        self.add(metric, scope, "avg", "ms", ms(durations.mean()));
        self.add(metric, scope, "min", "ms", ms(min));
        self.add(metric, scope, "max", "ms", ms(max));
        self.add(metric, scope, "med", "ms", ms(durations.percentile(0.5)));
        for &percent in self.percentiles {
            self.add(metric, scope, format!("p{percent}"), "ms", ms(durations.percentile(percent / 100.0)));
        }
    }

    /// Failures of some endpoints by cause, in the order of [`Cause::ALL`].
    fn failed(&self, of: impl Fn(usize) -> bool) -> Vec<f64> {
        let (endpoints, causes) = (self.m.shape.endpoints, self.m.shape.causes);
        let mut counts = vec![0.0; causes];
        for segment in self.segments() {
            for e in (0..endpoints).filter(|&e| of(e)) {
                let from = (segment * endpoints + e) * causes;
                counts.iter_mut().zip(&self.m.failures[from..from + causes]).for_each(|(sum, &n)| *sum += f64::from(n));
            }
        }
        counts
    }

    fn errors(&mut self, endpoint: Option<usize>) {
        let counts = self.failed(|e| endpoint.is_none_or(|endpoint| e == endpoint));
        let labels = self.labels;
        let prefix = endpoint.map_or(String::new(), |endpoint| format!("{} ", labels.endpoints[endpoint]));
        let total = counts.iter().sum::<f64>();
        let rows = Cause::ALL.iter().map(|cause| cause.word()).zip(counts);
        for (word, count) in std::iter::once(("", total)).chain(rows) {
            let scope = format!("{prefix}{word}");
            let scope = scope.trim_end();
            self.add("errors", scope, "count", "1", count);
            self.add("errors", scope, "rate", "1/s", count / self.seconds());
        }
    }

    fn load(&mut self) {
        let iterations: f64 = self.segments().iter().map(|&s| f64::from(self.m.iterations[s])).sum();
        self.add("iterations", "", "count", "1", iterations);
        self.add("iterations", "", "rate", "1/s", iterations / self.seconds());
        let (from, to) = self.span();
        let series = &self.m.series;
        let dropped = series.sum(from, to, self.m.ran as f64 / 1e9, |second| f64::from(second.dropped));
        self.add("dropped_iterations", "", "count", "1", dropped.round());
        self.add("dropped_iterations", "", "rate", "1/s", dropped / self.seconds());
        let users = series.mean(from, to, |second| f64::from(second.users));
        self.add("vus", "", "avg", "1", users.unwrap_or(f64::NAN));
        self.add("vus", "", "max", "1", most(series, from, to, |second| f64::from(second.users_max)));
        let in_flight = series.mean(from, to, |second| f64::from(second.in_flight)).unwrap_or(f64::NAN);
        let in_flight_max = most(series, from, to, |second| f64::from(second.in_flight_max));
        let labels = self.labels;
        let mut tiers = labels.processors.iter().filter(|label| label.kind == ProcessorKind::Tier);
        // With several tiers a request's time cannot be told apart by tier.
        if let (Some(tier), None) = (tiers.next(), tiers.next()) {
            self.add("requests_in_flight", &tier.name, "avg", "1", in_flight);
            self.add("requests_in_flight", &tier.name, "max", "1", in_flight_max);
        }
        if self.window.is_none() && !labels.checks.is_empty() {
            let (made, passed) = self.m.checks.iter().fold((0, 0), |sum, check| (sum.0 + check.0, sum.1 + check.1));
            self.add("checks", "", "count", "1", made as f64);
            self.add("checks", "", "rate", "%", share(passed as f64, made as f64));
            for (name, &(made, passed)) in labels.checks.iter().zip(&self.m.checks) {
                self.add("checks", name, "count", "1", made as f64);
                self.add("checks", name, "rate", "%", share(passed as f64, made as f64));
            }
        }
    }

    fn processors(&mut self) {
        let labels = self.labels;
        for (which, label) in labels.processors.iter().enumerate() {
            let Some(metric) = label.kind.metric() else { continue };
            let fleet = labels.fleets.iter().find(|fleet| fleet.processor == which);
            let (cores, loops) = fleet.map_or((0.0, 0.0), |fleet| (fleet.cores, fleet.loops));
            let (mean, max) = self.in_use(which, (cores, label.cores), |gauge| gauge.in_use);
            self.add(metric, &label.name, "avg", "%", mean);
            self.add(metric, &label.name, "max", "%", max);
            if label.kind == ProcessorKind::Tier && label.loops > 0.0 {
                // A loop runs one slice at a time, so slices present are loops in use.
                let (mean, max) = self.in_use(which, (loops, label.loops), |gauge| gauge.waiting);
                self.add("event_loop_utilisation", &label.name, "avg", "%", mean);
                self.add("event_loop_utilisation", &label.name, "max", "%", max);
            }
        }
    }

    fn permits(&mut self) {
        let (from, to) = self.span();
        let processors = self.labels.processors.len();
        let labels = self.labels;
        for (i, label) in labels.permits.iter().enumerate() {
            let series = &self.m.series;
            let mean = |of: fn(&crate::measure::Gauge) -> f32| {
                series.gauge_mean(processors + i, from, to, of).unwrap_or(f64::NAN)
            };
            let max = |of: fn(&crate::measure::Gauge) -> f32| {
                series.gauge_max(processors + i, from, to, of).unwrap_or(f64::NAN)
            };
            let (active, active_max) = (mean(|g| g.in_use), max(|g| g.in_use_max));
            let (waiting, waiting_max) = (mean(|g| g.waiting), max(|g| g.waiting_max));
            let (open, open_max) = (mean(|g| g.open), max(|g| g.open_max));
            let name = &label.name;
            match label.kind {
                // With its jobs.
                PermitKind::Workers => {}
                PermitKind::Threads => {
                    self.add("threads_active", name, "avg", "1", active);
                    self.add("threads_active", name, "max", "1", active_max);
                }
                PermitKind::Admission | PermitKind::Sockets | PermitKind::FarSide => {
                    let (used, queued) = label.kind.used_and_waiting();
                    self.add(used, name, "avg", "1", active);
                    self.add(used, name, "max", "1", active_max);
                    self.add(queued, name, "avg", "1", waiting);
                    self.add(queued, name, "max", "1", waiting_max);
                }
                PermitKind::Pool | PermitKind::Pooler => {
                    self.add("connections_active", name, "avg", "1", active);
                    self.add("connections_active", name, "max", "1", active_max);
                    self.add("connections_waiting", name, "avg", "1", waiting);
                    self.add("connections_waiting", name, "max", "1", waiting_max);
                    self.add("connections_idle", name, "avg", "1", (open - active).max(0.0));
                    self.add("connections_open", name, "avg", "1", open);
                    self.add("connections_open", name, "max", "1", open_max);
                    let waits = self.merged(&self.m.waits, self.m.shape.permits, |cell| cell == i);
                    self.durations("connection_wait", name, &waits);
                }
            }
        }
    }
}

/// `part` of `whole` in percent; NaN of nothing.
pub(super) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { f64::NAN }
}

/// Largest of `of` over the seconds of a span.
fn most(series: &SecondSeries, from: f64, to: f64, of: impl Fn(&crate::measure::Second) -> f64) -> f64 {
    let first = from.max(0.0).floor() as usize;
    let last = (to.ceil() as usize).min(series.seconds.len());
    let seconds = series.seconds.get(first..last).unwrap_or_default();
    seconds.iter().map(of).fold(f64::NAN, f64::max)
}
