//! A permit that the branches of one request share: a connection with a transaction on it.
//!
//! It serves one branch at a time, first come first served, as a driver does that queues statements
//! for its connection. Transactions may lie in each other: a request knows the innermost one, and
//! each knows the one around it. Branches inherit what their parent knows, and may outlive it.

use super::kernel::World;
use super::requests::{Line, NONE, RequestId, Requests};

/// One shared permit.
#[derive(Clone, Copy, Debug)]
struct Shared {
    taken: bool,
    line: Line,
    /// Requests that know it as their innermost one, and shared permits that lie in it.
    known_by: u32,
    around: u32,
    /// The request that took the permit; `NONE` once it has given it back.
    owner: RequestId,
    /// Who waits for a lock on its behalf: the one that it serves.
    stands: RequestId,
}

/// All of them, and the free places.
#[derive(Debug, Default)]
pub(super) struct SharedPermits {
    records: Vec<Shared>,
    free: Vec<u32>,
}

impl SharedPermits {
    /// A new one of this request inside `around`.
    fn add(&mut self, owner: RequestId, around: u32) -> u32 {
        let shared = Shared { taken: false, line: Line::EMPTY, known_by: 1, around, owner, stands: NONE };
        match self.free.pop() {
            Some(place) => {
                self.records[place as usize] = shared;
                place
            }
            None => {
                self.records.push(shared);
                (self.records.len() - 1) as u32
            }
        }
    }

    /// `count` more know it; it may be none.
    pub fn known_to(&mut self, place: u32, count: u32) {
        if let Some(shared) = self.records.get_mut(place as usize) {
            shared.known_by += count;
        }
    }

    /// One less knows it. Nobody: it is gone, and one less knows the one around it.
    pub fn forget(&mut self, mut place: u32) {
        while let Some(shared) = self.records.get_mut(place as usize) {
            shared.known_by -= 1;
            if shared.known_by > 0 {
                return;
            }
            self.free.push(place);
            place = shared.around;
        }
    }

    /// The request that took it; `NONE` once it has given it back.
    pub fn owner(&self, place: u32) -> RequestId {
        self.records[place as usize].owner
    }

    /// Who waits for a lock on its behalf, if anybody.
    pub fn standing(&self, place: u32) -> RequestId {
        self.records[place as usize].stands
    }

    pub fn set_standing(&mut self, place: u32, id: RequestId) {
        self.records[place as usize].stands = id;
    }

    /// The one `level` steps out from `place`.
    pub fn at(&self, mut place: u32, level: u8) -> u32 {
        for _ in 0..level {
            place = self.records[place as usize].around;
        }
        place
    }

    /// Takes all of these out of the lines.
    pub fn take_out(&mut self, requests: &mut Requests, gone: impl Fn(RequestId) -> bool) -> Vec<RequestId> {
        self.records.iter_mut().flat_map(|shared| shared.line.take_out(requests, &gone)).collect()
    }

    /// Nobody shares anything: what an idle system must show.
    #[must_use]
    pub fn at_rest(&self) -> bool {
        self.free.len() == self.records.len()
    }
}

impl World<'_> {
    /// What the request holds will be used by its branches.
    pub(super) fn share(&mut self, id: RequestId) {
        let request = &mut self.hub.requests[id];
        request.shared = self.shared.add(id, request.shared);
    }

    /// The request uses it no more; branches given up may.
    pub(super) fn unshare(&mut self, id: RequestId) {
        let request = &mut self.hub.requests[id];
        let place = request.shared;
        request.shared = self.shared.at(place, 1);
        self.shared.records[place as usize].owner = NONE;
        self.shared.known_to(request.shared, 1);
        self.shared.forget(place);
    }

    /// Takes what is shared `level` steps out, or a place in the line for it: then false.
    pub(super) fn seize(&mut self, id: RequestId, level: u8, part: u16) -> bool {
        let request = &mut self.hub.requests[id];
        let place = self.shared.at(request.shared, level);
        let shared = &mut self.shared.records[place as usize];
        if !std::mem::replace(&mut shared.taken, true) {
            return true;
        }
        (request.since, request.part) = (self.hub.now, part);
        request.pc += 1;
        shared.line.push_back(&mut self.hub.requests, id);
        self.leave_lane(id);
        false
    }

    /// Lets the next in line have it.
    pub(super) fn hand_on(&mut self, id: RequestId, level: u8) {
        let place = self.shared.at(self.hub.requests[id].shared, level);
        let shared = &mut self.shared.records[place as usize];
        match shared.line.pop_front(&mut self.hub.requests) {
            Some(next) => {
                self.hub.charge_wait(next);
                self.hub.ready.push(next);
            }
            None => shared.taken = false,
        }
    }
}
