//! What the client gives up: requests that were not answered within its time-out.
//!
//! Time-outs are long and nearly all requests are answered long before, so a request is in no list
//! and has no timer. The source's row sleeps until the oldest request that it knew of would time
//! out; then it asks the users what they wait for. That roll lasts: whatever is sent after it times
//! out later than all that it names, so it is called at most once per time-out.

use super::calendar::NEVER;
use super::hub::Hub;
use super::requests::{ABANDONED, NONE, RequestId, Requests};
use super::source::Source;

/// A request in flight when the roll was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Waiting {
    started: u64,
    serial: u32,
    /// The user that waits.
    place: u32,
}

impl Source<'_> {
    /// Whether the client will give anything up.
    #[must_use]
    pub fn has_timeouts(&self) -> bool {
        self.timeout != NEVER && self.users.iter().any(|user| user.request != NONE)
    }

    /// Lets the row act when the oldest request is due.
    pub fn arm_timeouts(&mut self, hub: &mut Hub) {
        let oldest = self.oldest(&hub.requests);
        self.armed = oldest.is_some();
        let due = oldest.map_or(NEVER, |oldest| oldest.started.saturating_add(self.timeout));
        hub.calendar.set(self.timeout_row, due);
    }

    /// The client gives its oldest request up, if it is time; the system goes on working on it.
    pub fn give_up(&mut self, hub: &mut Hub) {
        if let Some(oldest) = self.oldest(&hub.requests)
            && oldest.started.saturating_add(self.timeout) <= hub.now
        {
            let id = self.users[oldest.place as usize].request;
            hub.charge_unfinished(id);
            let request = &mut hub.requests[id];
            request.flags |= ABANDONED;
            let (endpoint, passed) = (request.endpoint, hub.now - request.started);
            let cause = hub.program.client_timeout_cause;
            hub.recorder.response(endpoint, Some(cause), passed, hub.requests.account(id));
            self.response(hub, oldest.place, passed, Some(cause));
        }
        self.arm_timeouts(hub);
    }

    /// The request that has been in flight for longest; of several sent at once the first.
    fn oldest(&mut self, requests: &Requests) -> Option<Waiting> {
        while let Some(&oldest) = self.roll.last() {
            let id = self.users[oldest.place as usize].request;
            if id != NONE && requests[id].started == oldest.started {
                return Some(oldest);
            }
            self.roll.pop();
        }
        let waiting = |(place, id): (u32, RequestId)| {
            let request = &requests[id];
            Waiting { started: request.started, serial: request.serial, place }
        };
        let in_flight = (0u32..).zip(self.users.iter().map(|user| user.request)).filter(|&(_, id)| id != NONE);
        self.roll.extend(in_flight.map(waiting));
        self.roll.sort_unstable_by(|a, b| b.cmp(a));
        self.roll.last().copied()
    }
}
