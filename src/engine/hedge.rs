//! Hedged work: a child that is not done after a while gets another one beside it.
//!
//! The first child that succeeds lets the parent go on; the others work on for nobody. The parent
//! fails when all have failed that were started. It stands in the line of the race of this delay for
//! as long as another child may come, so hedging shares the rows of races.

use super::kernel::World;
use super::program::Op;
use super::requests::{ABANDONED, NONE, RequestId};

/// Children at once, at most.
pub const MOST: usize = 8;
/// What each further child adds to the salt of draws (odd, unrelated to those of attempts).
const SALT: u64 = 0x8ebc_6af0_9c88_c6e3;

/// The children of one parent.
#[derive(Clone, Copy, Debug)]
struct Group {
    begun: u64,
    started: usize,
    children: [RequestId; MOST],
}

/// All groups at work; a parent keeps the index of its own in [`super::requests::Request::place`].
#[derive(Clone, Debug, Default)]
pub(super) struct Hedges {
    groups: Vec<Group>,
    free: Vec<u32>,
}

impl Hedges {
    fn open(&mut self, child: RequestId, now: u64) -> u32 {
        let mut group = Group { begun: now, started: 1, children: [NONE; MOST] };
        group.children[0] = child;
        match self.free.pop() {
            Some(index) => {
                self.groups[index as usize] = group;
                index
            }
            None => {
                self.groups.push(group);
                (self.groups.len() - 1) as u32
            }
        }
    }

    /// A parent waits no more.
    pub fn close(&mut self, index: u32) {
        self.free.push(index);
    }

    /// The child that has been at work for longest.
    pub fn first(&self, index: u32) -> Option<RequestId> {
        self.groups[index as usize].children.iter().copied().find(|&child| child != NONE)
    }
}

impl World<'_> {
    /// Starts the first child.
    pub(super) fn hedge(&mut self, id: RequestId, race: u16, most: u16) {
        self.fork(id, 1);
        let child = self.hub.requests[id].place;
        self.hub.requests[id].place = self.hub.hedges.open(child, self.hub.now);
        if most > 1 {
            self.races[race as usize].push_back(&mut self.hub.requests, id);
            self.touch_race(race as usize);
        }
    }

    /// The delay has passed: another child starts, with luck of its own.
    pub(super) fn hedge_again(&mut self, parent: RequestId, race: u16, most: u16) {
        let index = self.hub.requests[parent].place;
        let group = &mut self.hub.hedges.groups[index as usize];
        let number = group.started;
        group.started += 1;
        let from = self.hub.requests[parent].pc + 1;
        let child = self.branch(parent, from);
        let salt = &mut self.hub.requests[child].salt;
        *salt = salt.wrapping_add(SALT.wrapping_mul(number as u64));
        self.hub.hedges.groups[index as usize].children[number] = child;
        let (requests, now) = (&mut self.hub.requests, self.hub.now);
        requests[parent].pending += 1;
        if number + 1 < usize::from(most).min(MOST) {
            requests[parent].since = now;
            self.races[race as usize].push_back(requests, parent);
        }
    }

    /// A child is done.
    pub(super) fn hedge_joined(&mut self, parent: RequestId, id: RequestId, failed: bool) {
        let request = &mut self.hub.requests[parent];
        let (index, pc) = (request.place, request.pc);
        let Op::Hedge { race, most, part, failed: to } = self.hub.program.ops[pc as usize] else { return };
        let cause = self.hub.requests[id].cause;
        let group = &mut self.hub.hedges.groups[index as usize];
        for child in group.children.iter_mut().filter(|child| **child == id) {
            *child = NONE;
        }
        let request = &mut self.hub.requests[parent];
        request.pending -= 1;
        if failed {
            request.cause = cause;
            if request.pending > 0 {
                return;
            }
        }
        let group = self.hub.hedges.groups[index as usize];
        for &child in group.children.iter().filter(|child| **child != NONE) {
            self.hub.requests[child].flags |= ABANDONED;
        }
        if group.started < usize::from(most).min(MOST) {
            self.races[race as usize].unlink(&mut self.hub.requests, parent);
            self.touch_race(race as usize);
        }
        self.hub.hedges.free.push(index);
        let before = self.hub.requests[id].started - group.begun;
        self.hub.requests.charge(parent, part, 0, before);
        self.hub.requests.charge_all(parent, id);
        let request = &mut self.hub.requests[parent];
        (request.pending, request.pc) = (0, if failed { to } else { pc + 2 });
        self.hub.ready.push(parent);
    }
}
