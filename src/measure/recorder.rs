//! The one sink that a run writes to; becomes [`Measurements`].
//!
//! Time is cut into segments (stages, and the spans that a recording names); every count goes into
//! the segment in which its response came, so that any span made of segments can be reported.

use super::attribution::Attribution;
use super::histogram::{Histogram, bucket};
use super::series::{Gauge, KeysSecond, Second, SecondSeries};
use super::work::{COUNTS, Work};

/// What one run showed.
#[derive(Clone, Debug)]
pub struct Measurements {
    pub shape: Shape,
    /// Durations per segment, endpoint and (ok, failed).
    pub durations: Vec<Histogram>,
    /// Failures per segment, endpoint and cause.
    pub failures: Vec<u32>,
    /// Waits for permits per segment and kind of permit, those included that ended in giving up.
    pub waits: Vec<Histogram>,
    /// Durations of measured statements per segment and kind.
    pub laps: Vec<Histogram>,
    /// Things counted per segment and counter.
    pub counts: Vec<u32>,
    /// Per endpoint.
    pub attribution: Vec<Attribution>,
    /// Jobs, flows and measured parts.
    pub work: Work,
    pub series: SecondSeries,
    /// Finished iterations per segment.
    pub iterations: Vec<u32>,
    /// Checks made and passed.
    pub checks: Vec<(u64, u64)>,
    pub started: u64,
    pub in_flight_at_end: u64,
    /// How long the load generator ran, ns.
    pub ran: u64,
    /// Set if the run was cut short for overload, at this instant, ns.
    pub cut_at: Option<u64>,
}

/// How many of each thing there are.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Segment boundaries in ns: segment `i` is `[edges[i], edges[i + 1])`.
    pub edges: Vec<u64>,
    pub endpoints: usize,
    pub causes: usize,
    pub permits: usize,
    pub laps: usize,
    pub gauges: usize,
    pub counters: usize,
    /// Queues of jobs.
    pub queues: usize,
    /// Kinds of flows.
    pub flows: usize,
    /// Kinds of measured parts.
    pub steps: usize,
}

impl Shape {
    #[must_use]
    pub fn segments(&self) -> usize {
        self.edges.len() - 1
    }
}

/// Collects while the run goes on.
#[derive(Debug)]
pub struct Recorder {
    pub(super) m: Measurements,
    pub(super) segment: usize,
    /// The present segment's first endpoint, permit and statement in the tables of [`Measurements`].
    first_cell: usize,
    first_wait: usize,
    first_lap: usize,
    /// Durations of the present second.
    second: Histogram,
    now: Second,
    causes_now: Vec<u32>,
    counts_now: Vec<u32>,
    /// Counts of jobs and flows of the present second.
    pub(super) work_now: Vec<u32>,
    /// Iterations finished in the present segment.
    iterations: u32,
}

impl Recorder {
    #[must_use]
    pub fn new(shape: Shape, pairs: usize, checks: usize) -> Recorder {
        let segments = shape.segments();
        let m = Measurements {
            durations: vec![Histogram::default(); segments * shape.endpoints * 2],
            failures: vec![0; segments * shape.endpoints * shape.causes],
            waits: vec![Histogram::default(); segments * shape.permits],
            laps: vec![Histogram::default(); segments * shape.laps],
            counts: vec![0; segments * shape.counters],
            attribution: vec![Attribution::new(pairs); shape.endpoints],
            work: Work::new(&shape, pairs),
            series: SecondSeries { width: shape.gauges, ..SecondSeries::default() },
            iterations: vec![0; segments],
            checks: vec![(0, 0); checks],
            started: 0,
            in_flight_at_end: 0,
            ran: 0,
            cut_at: None,
            shape,
        };
        let (causes_now, counts_now) = (vec![0; m.shape.causes], vec![0; m.shape.counters]);
        let work_now = vec![0; (m.shape.queues + m.shape.flows) * COUNTS];
        Recorder {
            m,
            segment: 0,
            first_cell: 0,
            first_wait: 0,
            first_lap: 0,
            second: Histogram::default(),
            now: Second::default(),
            causes_now,
            counts_now,
            work_now,
            iterations: 0,
        }
    }

    /// A response reached its user: `failed` holds the cause. Empties the account.
    #[inline(always)]
    pub fn response(&mut self, endpoint: u16, failed: Option<u8>, ns: u64, account: &mut [[u64; 2]]) {
        let bucket = bucket(ns);
        let cell = self.first_cell + endpoint as usize;
        self.m.durations[cell * 2 + usize::from(failed.is_some())].record_in(bucket, ns);
        self.second.record_in(bucket, ns);
        self.m.attribution[endpoint as usize].record_in(bucket, ns, account);
        if let Some(cause) = failed {
            self.failed(cell, cause as usize);
        }
    }

    #[inline(never)]
    fn failed(&mut self, cell: usize, cause: usize) {
        self.now.failed += 1;
        self.causes_now[cause] += 1;
        self.m.failures[cell * self.m.shape.causes + cause] += 1;
    }

    /// A request's wait for a permit of this kind ended.
    #[inline(always)]
    pub fn waited(&mut self, permits: usize, ns: u64) {
        self.m.waits[self.first_wait + permits].record(ns);
    }

    /// A measured statement took this long.
    #[inline(always)]
    pub fn lap(&mut self, lap: u16, ns: u64) {
        self.m.laps[self.first_lap + lap as usize].record(ns);
    }

    /// Something happened `times` times.
    pub fn count(&mut self, counter: u32, times: u32) {
        self.m.counts[self.segment * self.m.shape.counters + counter as usize] += times;
        self.counts_now[counter as usize] += times;
    }

    /// A request was sent. Returns how many were before.
    #[inline(always)]
    pub fn started(&mut self) -> u64 {
        self.m.started += 1;
        self.m.started - 1
    }

    #[inline(always)]
    pub fn iteration(&mut self) {
        self.iterations += 1;
    }

    pub fn dropped(&mut self) {
        self.now.dropped += 1;
    }

    pub fn check(&mut self, check: u16, holds: bool) {
        let (made, passed) = &mut self.m.checks[check as usize];
        *made += 1;
        *passed += u64::from(holds);
    }

    /// The next segment begins.
    pub fn next_segment(&mut self) {
        self.m.iterations[self.segment] += std::mem::take(&mut self.iterations);
        let shape = &self.m.shape;
        self.segment = (self.segment + 1).min(shape.segments() - 1);
        self.first_cell = self.segment * shape.endpoints;
        self.first_wait = self.segment * shape.permits;
        self.first_lap = self.segment * shape.laps;
    }

    /// A second is over, with means and highest levels of users and requests in flight. Returns its gauges,
    /// all 0 as yet, for the readings.
    pub fn second_over(
        &mut self,
        (users, users_max): (f64, u32),
        (in_flight, in_flight_max): (f64, u32),
    ) -> &mut [Gauge] {
        let ms = |p: f64| self.second.percentile(p).map_or(f32::NAN, |ns| ns as f32);
        let (p50, p95, p99) = (ms(0.5), ms(0.95), ms(0.99));
        let second = Second {
            completed: self.second.count() as u32,
            mean: self.second.mean().map_or(f32::NAN, |ns| ns as f32),
            p50,
            p95,
            p99,
            users: users as f32,
            users_max,
            in_flight: in_flight as f32,
            in_flight_max,
            ..std::mem::take(&mut self.now)
        };
        self.second.clear();
        self.m.series.seconds.push(second);
        self.m.series.causes.extend_from_slice(&self.causes_now);
        self.causes_now.fill(0);
        self.m.series.counts.extend_from_slice(&self.counts_now);
        self.counts_now.fill(0);
        self.work_second_over();
        let gauges = &mut self.m.series.gauges;
        let begin = gauges.len();
        gauges.resize(begin + self.m.shape.gauges, Gauge::default());
        &mut gauges[begin..]
    }

    /// What happened to a store in the second that has just been closed.
    pub fn store(&mut self, keys: &[KeysSecond], memory: u64) {
        self.m.series.keys.extend_from_slice(keys);
        self.m.series.memory.push(memory);
    }

    /// The run is over after `ran` ns with `in_flight` requests not answered.
    #[must_use]
    pub fn finish(mut self, ran: u64, in_flight: u32, cut_at: Option<u64>) -> Measurements {
        self.m.iterations[self.segment] += self.iterations;
        self.m.ran = ran;
        self.m.in_flight_at_end = u64::from(in_flight);
        self.m.cut_at = cut_at;
        self.m
    }
}
