//! What every part of a run works with: the time, the requests, the calendar, the recorder.

use super::calendar::Calendar;
use super::level::Level;
use super::program::Program;
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
    pub in_flight: Level,
    /// Set when more requests are in flight than the run may hold.
    pub cut_at: Option<u64>,
}

impl Hub<'_> {
    /// A request comes into being and can go on at once.
    #[inline(always)]
    pub fn launch(&mut self, request: Request) -> RequestId {
        let id = self.requests.add(request);
        self.in_flight.up(self.now);
        if self.in_flight.value() > u64::from(self.program.max_in_flight) {
            self.cut_at = Some(self.now);
        }
        self.ready.push(id);
        id
    }

    /// A request whose account nobody has read is over.
    pub fn discard(&mut self, id: RequestId) {
        self.requests.account(id).fill(0);
        self.remove(id);
    }

    /// A request whose account has been emptied is over.
    #[inline(always)]
    pub fn remove(&mut self, id: RequestId) {
        self.requests.remove(id);
        self.in_flight.down(self.now);
    }

    /// Time passed for a request, from `since` to now, ns.
    #[inline(always)]
    pub fn passed(&self, id: RequestId) -> u64 {
        self.now - self.requests[id].since
    }
}
