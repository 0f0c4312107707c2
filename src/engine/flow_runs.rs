//! Flows under way: what each user's present flow must remember, and which of its jobs are not done.
//!
//! A user has at most one flow at a time. Its requests and jobs may outlive it; they know it by its place and
//! serial number, so that a later flow in the same place is not taken for it.

use super::requests::{NONE, Origin};

/// One flow of one user.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub kind: u32,
    pub serial: u32,
    pub begun: u64,
    /// A failure ends it.
    pub stop: bool,
    /// What it has failed for first.
    pub failed: Option<u8>,
    /// When the present poll is given up, ns, and how many requests it has sent.
    pub poll_ends: u64,
    pub polls: u64,
}

/// Jobs of one flow in one queue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OwnJobs {
    pub not_done: u32,
    /// Why one of them has failed.
    pub failed: Option<u8>,
}

/// All flows under way.
#[derive(Debug, Default)]
pub(super) struct FlowRuns {
    runs: Vec<Run>,
    free: Vec<u32>,
    /// Per run and queue.
    jobs: Vec<OwnJobs>,
    queues: usize,
    begun: u32,
}

impl FlowRuns {
    /// None, of a system with so many queues.
    #[must_use]
    pub fn new(queues: usize) -> FlowRuns {
        FlowRuns { queues, ..FlowRuns::default() }
    }

    /// Begins a flow; returns its place.
    pub fn begin(&mut self, kind: u32, stop: bool, now: u64) -> u32 {
        self.begun = self.begun.wrapping_add(1);
        let run = Run { kind, serial: self.begun, begun: now, stop, failed: None, poll_ends: 0, polls: 0 };
        let Some(place) = self.free.pop() else {
            self.runs.push(run);
            self.jobs.resize(self.runs.len() * self.queues, OwnJobs::default());
            return (self.runs.len() - 1) as u32;
        };
        self.runs[place as usize] = run;
        self.jobs[place as usize * self.queues..][..self.queues].fill(OwnJobs::default());
        place
    }

    /// Forgets a flow; what it has set off is nobody's from now on.
    pub fn forget(&mut self, place: u32) {
        if place != NONE {
            self.runs[place as usize].serial = 0;
            self.free.push(place);
        }
    }

    pub fn run(&mut self, place: u32) -> &mut Run {
        &mut self.runs[place as usize]
    }

    /// The jobs of a flow in a queue.
    pub fn jobs(&mut self, place: u32, queue: u32) -> &mut OwnJobs {
        &mut self.jobs[place as usize * self.queues + queue as usize]
    }

    /// The jobs in a queue of the flow that set a request or job off; none if it is over.
    pub fn jobs_of(&mut self, origin: Origin, queue: u32) -> Option<&mut OwnJobs> {
        let run = self.runs.get(origin.flow as usize)?;
        (run.serial == origin.serial).then(|| self.jobs(origin.flow, queue))
    }
}
