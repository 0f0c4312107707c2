//! Work that is more than one request: jobs in queues, flows of several requests, measured parts.

use super::attribution::Attribution;
use super::histogram::Histogram;
use super::recorder::{Recorder, Shape};

/// What a run showed of jobs, flows and measured parts; empty if it has none.
#[derive(Clone, Debug)]
pub struct Work {
    /// Jobs put into each queue, per segment.
    pub enqueued: Vec<u32>,
    /// Jobs that are done, by queue.
    pub jobs: Outcomes,
    /// Where the time of the jobs of each queue went.
    pub job_time: Vec<Attribution>,
    /// Jobs of each queue that were not done at the end.
    pub left: Vec<JobsLeft>,
    /// Flows begun, per segment.
    pub started: Vec<u32>,
    /// Flows that are over, by kind.
    pub flows: Outcomes,
    /// Measured parts that are over.
    pub steps: Outcomes,
    /// Per second: jobs put in, done and failed of each queue, then flows begun, done and failed of each kind.
    pub seconds: Vec<u32>,
}

/// Jobs that a run left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobsLeft {
    pub waiting: u64,
    pub running: u64,
    /// Waiting to come back into the queue for another attempt.
    pub delayed: u64,
}

/// Durations and causes of failure of several kinds of thing, per segment.
#[derive(Clone, Debug)]
pub struct Outcomes {
    kinds: usize,
    causes: usize,
    /// Per segment, kind and (ok, failed).
    durations: Vec<Histogram>,
    /// Per segment, kind and cause.
    failures: Vec<u32>,
}

impl Outcomes {
    fn new(shape: &Shape, kinds: usize) -> Outcomes {
        let cells = shape.segments() * kinds;
        let durations = vec![Histogram::default(); cells * 2];
        Outcomes { kinds, causes: shape.causes, durations, failures: vec![0; cells * shape.causes] }
    }

    fn record(&mut self, segment: usize, kind: usize, failed: Option<u8>, ns: u64) {
        let cell = segment * self.kinds + kind;
        self.durations[cell * 2 + usize::from(failed.is_some())].record(ns);
        if let Some(cause) = failed {
            self.failures[cell * self.causes + cause as usize] += 1;
        }
    }

    /// Durations of those of a kind that ended well, and of those that failed, over some segments.
    #[must_use]
    pub fn durations(&self, segments: &[usize], kind: usize) -> (Histogram, Histogram) {
        let mut both = (Histogram::default(), Histogram::default());
        for segment in segments {
            let cell = (segment * self.kinds + kind) * 2;
            both.0.merge(&self.durations[cell]);
            both.1.merge(&self.durations[cell + 1]);
        }
        both
    }

    /// Failures of a kind by cause over some segments.
    #[must_use]
    pub fn failures(&self, segments: &[usize], kind: usize) -> Vec<u64> {
        let mut counts = vec![0; self.causes];
        for segment in segments {
            let from = (segment * self.kinds + kind) * self.causes;
            let here = &self.failures[from..from + self.causes];
            counts.iter_mut().zip(here).for_each(|(sum, &count)| *sum += u64::from(count));
        }
        counts
    }
}

/// What counts per second there are of each queue and flow.
const PUT_IN: usize = 0;
const WELL: usize = 1;
const BADLY: usize = 2;
/// How many they are.
pub const COUNTS: usize = 3;

impl Work {
    pub(super) fn new(shape: &Shape, pairs: usize) -> Work {
        let segments = shape.segments();
        Work {
            enqueued: vec![0; segments * shape.queues],
            jobs: Outcomes::new(shape, shape.queues),
            job_time: vec![Attribution::new(pairs); shape.queues],
            left: vec![JobsLeft::default(); shape.queues],
            started: vec![0; segments * shape.flows],
            flows: Outcomes::new(shape, shape.flows),
            steps: Outcomes::new(shape, shape.steps),
            seconds: Vec::new(),
        }
    }
}

impl Recorder {
    /// A job was put into a queue.
    pub fn job_enqueued(&mut self, queue: usize) {
        self.m.work.enqueued[self.segment * self.m.shape.queues + queue] += 1;
        self.work_now[queue * COUNTS + PUT_IN] += 1;
    }

    /// A job is over, `ns` after it was put in; empties its account.
    pub fn job_over(&mut self, queue: usize, failed: Option<u8>, ns: u64, account: &mut [[u64; 2]]) {
        self.m.work.jobs.record(self.segment, queue, failed, ns);
        self.m.work.job_time[queue].record(ns, account);
        self.work_now[queue * COUNTS + if failed.is_some() { BADLY } else { WELL }] += 1;
    }

    /// A flow begins.
    pub fn flow_started(&mut self, flow: usize) {
        self.m.work.started[self.segment * self.m.shape.flows + flow] += 1;
        self.work_now[(self.m.shape.queues + flow) * COUNTS + PUT_IN] += 1;
    }

    /// A flow is over.
    pub fn flow_over(&mut self, flow: usize, failed: Option<u8>, ns: u64) {
        self.m.work.flows.record(self.segment, flow, failed, ns);
        let count = if failed.is_some() { BADLY } else { WELL };
        self.work_now[(self.m.shape.queues + flow) * COUNTS + count] += 1;
    }

    /// A measured part is over.
    pub fn step_over(&mut self, step: usize, failed: Option<u8>, ns: u64) {
        self.m.work.steps.record(self.segment, step, failed, ns);
    }

    /// What is left in a queue at the end.
    pub fn jobs_left(&mut self, queue: usize, left: JobsLeft) {
        self.m.work.left[queue] = left;
    }

    /// The counts of the second that is over.
    pub(super) fn work_second_over(&mut self) {
        self.m.work.seconds.extend_from_slice(&self.work_now);
        self.work_now.fill(0);
    }
}
