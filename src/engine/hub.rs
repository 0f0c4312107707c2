//! What every part of a run works with: the time, the requests, the calendar, the recorder.

use super::calendar::Calendar;
use super::flow_runs::FlowRuns;
use super::hedge::Hedges;
use super::level::Tide;
use super::program::{Op, Program};
use super::requests::{Ready, Request, RequestId, Requests};
use crate::measure::Recorder;

#[derive(Debug)]
pub(super) struct Hub<'p> {
    pub program: &'p Program,
    pub now: u64,
    pub requests: Requests,
    pub ready: Ready,
    pub calendar: Calendar,
    pub recorder: Recorder,
    /// Requests that users wait for or have given up, without branches of others.
    pub in_flight: Tide,
    /// Branches of requests at work, and agents: what goes on that nobody waits for.
    pub branches: u64,
    /// Requests that wait for one of several children.
    pub hedges: Hedges,
    /// Jobs that are not done.
    pub jobs: u64,
    pub flows: FlowRuns,
    /// Set when more requests are in flight than the run may hold.
    pub cut_at: Option<u64>,
}

impl<'p> Hub<'p> {
    /// At the begin of a run.
    #[must_use]
    pub fn new(program: &'p Program, calendar: Calendar) -> Hub<'p> {
        let pairs = program.parts as usize / 2;
        Hub {
            program,
            now: 0,
            requests: Requests::new(pairs, program.deepest_steps as usize, program.shape().flows > 0),
            ready: Ready::new(),
            calendar,
            recorder: Recorder::new(program.shape(), pairs, program.checks as usize),
            in_flight: Tide::default(),
            branches: 0,
            jobs: 0,
            hedges: Hedges::default(),
            flows: FlowRuns::new(program.queues.len()),
            cut_at: None,
        }
    }
}

impl Hub<'_> {
    /// A blank request comes into being and can go on as soon as it is filled in.
    #[inline(always)]
    pub fn launch(&mut self) -> (RequestId, &mut Request) {
        self.in_flight.up(self.now);
        self.begin()
    }

    /// As [`Hub::launch`], for a branch of another request.
    pub fn launch_branch(&mut self) -> (RequestId, &mut Request) {
        self.branches += 1;
        self.begin()
    }

    #[inline(always)]
    fn begin(&mut self) -> (RequestId, &mut Request) {
        self.look_for_overload();
        let (id, request) = self.requests.add();
        self.ready.push(id);
        (id, request)
    }

    #[inline(always)]
    fn look_for_overload(&mut self) {
        if u64::from(self.in_flight.value()) + self.branches + self.jobs > u64::from(self.program.max_in_flight) {
            self.cut_at = Some(self.now);
        }
    }

    /// As [`Hub::launch_branch`], for one that cannot go on yet.
    pub fn launch_agent(&mut self) -> (RequestId, &mut Request) {
        self.branches += 1;
        self.look_for_overload();
        self.requests.add()
    }

    /// A blank job comes into being.
    pub fn launch_job(&mut self) -> (RequestId, &mut Request) {
        self.jobs += 1;
        self.look_for_overload();
        self.requests.add()
    }

    /// A job whose account has been emptied is over.
    pub fn remove_job(&mut self, id: RequestId) {
        self.requests.remove(id);
        self.jobs -= 1;
    }

    /// A branch is over.
    pub fn discard_branch(&mut self, id: RequestId) {
        self.requests.account(id).fill([0, 0]);
        // Nobody may take the free place for a branch.
        self.requests[id].flags = 0;
        self.requests.remove(id);
        self.branches -= 1;
    }

    /// A request whose account nobody has read is over.
    pub fn discard(&mut self, id: RequestId) {
        self.requests.account(id).fill([0, 0]);
        self.remove(id);
    }

    /// A request whose account has been emptied is over.
    #[inline(always)]
    pub fn remove(&mut self, id: RequestId) {
        self.requests.remove(id);
        self.in_flight.down(self.now);
    }

    /// A request is given up amid a wait or work: charges what has passed of it. One that waits for a
    /// single child is charged what the child was; one that waits for branches has nothing to charge.
    pub fn charge_unfinished(&mut self, id: RequestId) {
        let request = &self.requests[id];
        if request.pending > 0 {
            let child = match self.program.ops[request.pc as usize] {
                Op::Race { .. } => Some(request.place),
                Op::Hedge { .. } => self.hedges.first(request.place),
                _ => None,
            };
            if let Some(child) = child {
                self.charge_unfinished(child);
                self.requests.charge_all(id, child);
            }
            return;
        }
        let (part, passed) = (request.part, self.now - request.since);
        let before = request.pc.checked_sub(1).map(|pc| self.program.ops[pc as usize]);
        match before {
            Some(Op::Work { .. } | Op::Slice { .. } | Op::Spend { .. }) => self.requests.charge(id, part, 0, passed),
            _ => self.requests.charge(id, part, passed, 0),
        }
    }

    /// A request's wait is over: charges it to the part in which it began. Returns how long it was.
    #[inline(always)]
    pub fn charge_wait(&mut self, id: RequestId) -> u64 {
        let request = &self.requests[id];
        let (part, waited) = (request.part, self.now - request.since);
        self.requests.charge(id, part, waited, 0);
        waited
    }

    /// A request's wait for a permit of this gauge is over.
    #[inline(always)]
    pub fn waited(&mut self, gauge: u32, id: RequestId) {
        let waited = self.charge_wait(id);
        self.recorder.waited(gauge as usize, waited);
    }

    /// A waiter has its permit, of this gauge.
    #[inline(always)]
    pub fn granted(&mut self, gauge: u32, id: RequestId) {
        self.waited(gauge, id);
        self.ready.push(id);
    }
}
