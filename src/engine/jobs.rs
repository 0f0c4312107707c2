//! Jobs: requests that nobody waits for, in a queue, taken by workers first come first served.
//!
//! A worker is a place on a process of a host. It either is told of a job at once, the one idle for longest first,
//! or looks for jobs at intervals of its own; when it is done with a job it looks at once.

use std::collections::VecDeque;
use std::ops::Range;

use super::attempts::ATTEMPT_SALT;
use super::calendar::NEVER;
use super::kernel::World;
use super::level::Tide;
use super::program::Pc;
use super::requests::{JOB, Line, NONE, RequestId};
use crate::measure::{Gauge, JobsLeft};
use crate::random::{Draw, derive};

/// A queue of jobs and its workers, first come first served.
#[derive(Clone, Debug)]
pub struct QueueSpec {
    /// Whose hosts the workers run on.
    pub group: u32,
    /// First instruction of a job, and its [`super::program::Op::Rejoin`].
    pub start: Pc,
    pub rejoin: Pc,
    pub workers: u32,
    /// Jobs that one worker has at once.
    pub concurrency: u32,
    /// Workers run on these hosts in turn, and on the processes of each in turn.
    pub hosts: u32,
    pub processes: u32,
    /// Jobs that may wait; one more is refused with cause `full`.
    pub most_waiting: Option<u32>,
    pub full: u8,
    /// An idle worker looks for jobs this often, ns; 0: it is told.
    pub poll: u64,
    /// Attempts in all, for causes in `on`, after the pause `wait`.
    pub attempts: u8,
    pub on: u32,
    pub wait: u32,
    /// Waiting for a worker is accounted to it.
    pub part: u16,
    /// Index among the gauges of permits.
    pub gauge: u32,
    /// Site of the draws of the workers' first looks.
    pub site: u32,
}

impl QueueSpec {
    /// The host on which the worker of a place runs.
    fn host(&self, place: u32) -> u32 {
        place / self.concurrency % self.hosts
    }

    /// And the process, of all processes of all hosts.
    fn process(&self, place: u32) -> u32 {
        self.host(place) * self.processes + place / self.concurrency / self.hosts % self.processes
    }
}

/// One queue at work.
#[derive(Debug)]
pub(super) struct Queue {
    line: Line,
    /// Places of workers without a job, the one idle for longest first, each with an instant at which it looks.
    idle: VecDeque<(u32, u64)>,
    waiting: Tide,
    running: Tide,
    /// Jobs that wait for another attempt.
    delayed: u64,
    poll: u64,
    /// Jobs that all workers have at most.
    places: f32,
    /// Its row of the calendar, if workers look of themselves.
    row: Option<u32>,
    /// Processes whose workers take no jobs, and the places of these that have none.
    away: Vec<u32>,
    absent: Vec<u32>,
}

impl Queue {
    /// An empty queue with all its workers idle. `row`: its row of the calendar, if it acts of itself.
    #[must_use]
    pub fn new(spec: &QueueSpec, key: u64, row: Option<u32>) -> Queue {
        let key = derive(key, u64::from(spec.site));
        let first_look = |place: u32| (Draw::new(key, u64::from(place)).uniform() * spec.poll as f64) as u64;
        // One place of each worker, then the second of each, so that jobs spread.
        let of_workers = |nth: u32| (0..spec.workers).map(move |worker| worker * spec.concurrency + nth);
        let idle = (0..spec.concurrency).flat_map(of_workers).map(|place| (place, first_look(place))).collect();
        let (waiting, running) = (Tide::default(), Tide::default());
        let (away, absent) = (Vec::new(), Vec::new());
        let places = (spec.workers * spec.concurrency) as f32;
        Queue { line: Line::EMPTY, idle, waiting, running, delayed: 0, poll: spec.poll, places, row, away, absent }
    }

    /// The idle worker who looks first from `now` on, and when.
    fn next_look(&self, now: u64) -> Option<(usize, u64)> {
        let due = |&(_, look): &(u32, u64)| match now.checked_sub(look) {
            None | Some(0) => look,
            Some(passed) => look + passed.div_ceil(self.poll) * self.poll,
        };
        self.idle.iter().map(due).enumerate().min_by_key(|&(_, due)| due)
    }

    /// When a worker will find a job.
    #[must_use]
    pub fn due(&self, now: u64) -> u64 {
        if self.row.is_none() || self.line.len == 0 {
            return NEVER;
        }
        self.next_look(now).map_or(NEVER, |(_, due)| due)
    }

    /// Adds what happened since the last reading, over `1 / per` ns.
    pub fn read(&mut self, now: u64, per: f64, gauge: &mut Gauge) {
        let (running, running_max) = self.running.read(now);
        let (waiting, waiting_max) = self.waiting.read(now);
        gauge.in_use += (running as f64 * per) as f32;
        gauge.in_use_max += running_max as f32;
        gauge.waiting += (waiting as f64 * per) as f32;
        gauge.waiting_max += waiting_max as f32;
        gauge.open += self.places;
        gauge.open_max += self.places;
    }

    /// The workers on some processes take no more jobs.
    pub fn leave(&mut self, spec: &QueueSpec, processes: Range<u32>) {
        self.away.retain(|process| !processes.contains(process));
        self.away.extend(processes.clone());
        let here = |&(place, _): &(u32, u64)| processes.contains(&spec.process(place));
        self.absent.extend(self.idle.iter().copied().filter(here).map(|(place, _)| place));
        self.idle.retain(|one| !here(one));
    }

    /// What is not done.
    #[must_use]
    pub fn left(&self) -> JobsLeft {
        JobsLeft { waiting: u64::from(self.line.len), running: u64::from(self.running.value()), delayed: self.delayed }
    }
}

impl World<'_> {
    /// A request puts a job into a queue; false if that takes no more.
    pub(super) fn enqueue(&mut self, id: RequestId, queue: u32, site: u32) -> bool {
        let spec = &self.hub.program.queues[queue as usize];
        let state = &self.queues[queue as usize];
        let told = spec.poll == 0 && !state.idle.is_empty();
        if !told && spec.most_waiting.is_some_and(|most| state.line.len >= most) {
            self.hub.requests[id].cause = spec.full;
            return false;
        }
        let parent = &self.hub.requests[id];
        let key = derive(derive(parent.key, u64::from(site)), parent.salt);
        let (source, now, origin) = (parent.source, self.hub.now, self.hub.requests.origin(id));
        let (job_id, job) = self.hub.launch_job();
        (job.key, job.started, job.endpoint, job.source, job.flags) = (key, now, queue as u16, source, JOB);
        self.hub.requests.set_origin(job_id, origin);
        if let Some(jobs) = self.hub.flows.jobs_of(origin, queue) {
            jobs.not_done += 1;
        }
        self.hub.recorder.job_enqueued(queue as usize);
        self.stand_in_queue(job_id);
        true
    }

    /// A job comes into its queue, for the first time or again.
    fn stand_in_queue(&mut self, id: RequestId) {
        let job = &mut self.hub.requests[id];
        let queue = job.endpoint as usize;
        let spec = &self.hub.program.queues[queue];
        (job.since, job.part, job.pc) = (self.hub.now, spec.part, spec.start);
        let state = &mut self.queues[queue];
        if spec.poll == 0
            && let Some((place, _)) = state.idle.pop_front()
        {
            return self.take(id, place);
        }
        state.line.push_back(&mut self.hub.requests, id);
        state.waiting.up(self.hub.now);
        self.plan_look(queue);
    }

    /// The worker at `place` takes a job.
    fn take(&mut self, id: RequestId, place: u32) {
        let waited = self.hub.charge_wait(id);
        let job = &mut self.hub.requests[id];
        let queue = job.endpoint as usize;
        let spec = &self.hub.program.queues[queue];
        job.owner = place;
        (job.host, job.process) = (spec.host(place), spec.process(place));
        self.queues[queue].running.up(self.hub.now);
        self.hub.recorder.waited(spec.gauge as usize, waited);
        self.hub.ready.push(id);
    }

    /// The present attempt of a job is over: it is done, or will come back.
    pub(super) fn job_over(&mut self, id: RequestId, failed: bool) {
        self.leave_lane(id);
        let now = self.hub.now;
        let job = &mut self.hub.requests[id];
        let (queue, place) = (job.endpoint as usize, job.owner);
        let spec = &self.hub.program.queues[queue];
        job.owner = NONE;
        let tried = job.attempts[0] + 1;
        if failed && spec.on & (1 << job.cause) != 0 && tried < spec.attempts {
            job.attempts[0] = tried;
            job.salt = job.salt.wrapping_add(ATTEMPT_SALT[0]);
            self.queues[queue].delayed += 1;
            self.back_off(id, spec.rejoin, spec.wait, tried);
        } else {
            let (cause, passed) = (failed.then_some(job.cause), now - job.started);
            if let Some(jobs) = self.hub.flows.jobs_of(self.hub.requests.origin(id), queue as u32) {
                jobs.not_done -= 1;
                jobs.failed = jobs.failed.or(cause);
            }
            self.hub.recorder.job_over(queue, cause, passed, self.hub.requests.account(id));
            self.hub.remove_job(id);
        }
        self.queues[queue].running.down(now);
        self.look(queue, place);
    }

    /// A job comes back for another attempt.
    pub(super) fn rejoin(&mut self, id: RequestId) {
        self.queues[self.hub.requests[id].endpoint as usize].delayed -= 1;
        self.stand_in_queue(id);
    }

    /// The worker at `place` looks for a job; if there is none it is idle.
    fn look(&mut self, queue: usize, place: u32) {
        let (state, now) = (&mut self.queues[queue], self.hub.now);
        if !state.away.is_empty() && state.away.contains(&self.hub.program.queues[queue].process(place)) {
            return state.absent.push(place);
        }
        match state.line.pop_front(&mut self.hub.requests) {
            Some(id) => {
                state.waiting.down(now);
                self.take(id, place);
            }
            None => state.idle.push_back((place, now + state.poll)),
        }
    }

    /// The workers on some processes look for jobs again.
    pub(super) fn workers_return(&mut self, queue: usize, processes: &Range<u32>) {
        let (state, spec) = (&mut self.queues[queue], &self.hub.program.queues[queue]);
        state.away.retain(|process| !processes.contains(process));
        let here = |&place: &u32| processes.contains(&spec.process(place));
        let (back, away) = std::mem::take(&mut state.absent).into_iter().partition(here);
        state.absent = away;
        let back: Vec<u32> = back;
        back.into_iter().for_each(|place| self.look(queue, place));
        self.plan_look(queue);
    }

    /// A worker who looks of itself may find a job.
    pub(super) fn workers_look(&mut self, queue: usize) {
        let state = &mut self.queues[queue];
        if state.due(self.hub.now) <= self.hub.now
            && let Some((index, _)) = state.next_look(self.hub.now)
            && let Some((place, _)) = state.idle.remove(index)
        {
            self.look(queue, place);
        }
        self.plan_look(queue);
    }

    pub(super) fn plan_look(&mut self, queue: usize) {
        let state = &self.queues[queue];
        if let Some(row) = state.row {
            self.hub.calendar.set(row, state.due(self.hub.now));
        }
    }

    /// What each queue has left goes to the recorder.
    pub(super) fn count_jobs_left(&mut self) {
        for (index, queue) in self.queues.iter().enumerate() {
            self.hub.recorder.jobs_left(index, queue.left());
        }
    }
}
