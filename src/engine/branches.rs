//! Requests that split: branches at the same time, and steps with a deadline.
//!
//! A branch is a request of its own whose owner is its parent. The parent waits; the last branch
//! to join lets it go on, or the end of a race does, and then the branch works on for nobody.

use super::calendar::NEVER;
use super::kernel::World;
use super::program::{Op, Pc};
use super::requests::{ABANDONED, BRANCH_FAILED, CHILD, JOB, NONE, RequestId};

impl World<'_> {
    /// Starts `count` children of a request at the jumps after its instruction. They have its luck:
    /// draws are told apart by their sites, and steps that share a draw share it across branches.
    pub(super) fn fork(&mut self, id: RequestId, count: u16) {
        self.leave_lane(id);
        let now = self.hub.now;
        let parent = &mut self.hub.requests[id];
        (parent.pending, parent.since) = (count, now);
        let first = parent.pc + 1;
        for branch in 0..u32::from(count) {
            self.hub.requests[id].place = self.branch(id, first + branch);
        }
    }

    /// A child that begins at `pc`.
    pub(super) fn branch(&mut self, id: RequestId, pc: Pc) -> RequestId {
        let now = self.hub.now;
        let parent = self.hub.requests[id].clone();
        self.shared.known_to(parent.shared, 1);
        let (child_id, child) = self.hub.launch_branch();
        (child.key, child.salt) = (parent.key, parent.salt);
        child.started = now;
        child.pc = pc;
        child.owner = id;
        child.flags = CHILD | parent.flags & JOB;
        child.shared = parent.shared;
        (child.endpoint, child.source, child.group) = (parent.endpoint, parent.source, parent.group);
        (child.host, child.process) = (parent.host, parent.process);
        let origin = self.hub.requests.origin(id);
        self.hub.requests.set_origin(child_id, origin);
        child_id
    }

    /// A child is done; the last one lets its parent go on.
    pub(super) fn join(&mut self, id: RequestId, failed: bool) {
        self.leave_lane(id);
        let child = &self.hub.requests[id];
        let (parent, cause, flags) = (child.owner, child.cause, child.flags);
        self.shared.forget(child.shared);
        if flags & ABANDONED != 0 {
        } else if let Op::Hedge { .. } = self.hub.program.ops[self.hub.requests[parent].pc as usize] {
            self.hedge_joined(parent, id, failed);
        } else {
            let waiting = &mut self.hub.requests[parent];
            waiting.pending -= 1;
            if failed && waiting.flags & BRANCH_FAILED == 0 {
                waiting.flags |= BRANCH_FAILED;
                waiting.cause = cause;
            }
            if waiting.pending == 0 {
                self.hub.requests.charge_all(parent, id);
                self.all_joined(parent);
            }
        }
        self.hub.discard_branch(id);
    }

    fn all_joined(&mut self, parent: RequestId) {
        let pc = self.hub.requests[parent].pc;
        let (behind, failed) = match self.hub.program.ops[pc as usize] {
            Op::Fork { count, failed, .. } => (pc + 1 + u32::from(count), failed),
            Op::Race { race, failed, .. } => {
                self.races[race as usize].unlink(&mut self.hub.requests, parent);
                self.touch_race(race as usize);
                (pc + 2, failed)
            }
            _ => (pc, pc),
        };
        let request = &mut self.hub.requests[parent];
        request.pc = if request.flags & BRANCH_FAILED == 0 { behind } else { failed };
        request.flags &= !BRANCH_FAILED;
        self.hub.ready.push(parent);
    }

    /// The oldest race of this kind is lost: the parent goes on, the child works for nobody.
    pub(super) fn race_ends(&mut self, index: usize) {
        if let Some(parent) = self.races[index].pop_front(&mut self.hub.requests) {
            match self.hub.program.ops[self.hub.requests[parent].pc as usize] {
                Op::Race { cause, failed, .. } => self.give_up_child(parent, cause, failed),
                Op::Hedge { race, most, .. } => self.hedge_again(parent, race, most),
                _ => {}
            }
        }
        self.touch_race(index);
    }

    fn give_up_child(&mut self, parent: RequestId, cause: u8, failed: Pc) {
        let child = self.hub.requests[parent].place;
        self.hub.spans_given_up(child, cause);
        self.hub.requests[child].flags |= ABANDONED;
        self.hub.charge_unfinished(child);
        self.hub.requests.charge_all(parent, child);
        let request = &mut self.hub.requests[parent];
        (request.cause, request.pc, request.pending) = (cause, failed, 0);
        self.hub.ready.push(parent);
    }

    pub(super) fn touch_race(&mut self, index: usize) {
        let head = self.races[index].head;
        let due = if head == NONE { NEVER } else { self.hub.requests[head].since + self.hub.program.races[index] };
        self.hub.calendar.set(self.first_race_row + index as u32, due);
    }
}
