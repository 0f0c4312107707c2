//! What requests of a dead host held goes to others, and their users are told.

use super::super::kernel::World;
use super::super::program::{Held, Op, Opening};
use super::super::requests::{ABANDONED, BRANCH_FAILED, CHILD, JOB, RequestId};
use super::sweep::Marks;

impl World<'_> {
    /// These requests, in the order in which they began, fail with this cause; what they held is given back.
    pub(super) fn take_away(&mut self, ids: Vec<RequestId>, cause: u8) {
        if ids.is_empty() {
            return;
        }
        let waited = self.sweep(&ids);
        for &id in &ids {
            if self.hub.requests[id].flags & (CHILD | ABANDONED) == 0 {
                self.hub.charge_unfinished(id);
            }
        }
        for &id in &ids {
            self.hub.requests[id].cause = cause;
            self.hub.fail_spans(id, cause);
            self.give_all_back(id, &waited);
        }
        self.open_for_those_left();
        let (branches, others): (Vec<RequestId>, Vec<RequestId>) =
            ids.into_iter().partition(|&id| self.hub.requests[id].flags & CHILD != 0);
        for id in branches {
            self.shared.forget(self.hub.requests[id].shared);
            self.hub.discard_branch(id);
        }
        for id in others {
            if self.hub.requests[id].flags & JOB != 0 {
                self.job_over(id, true);
            } else {
                self.answered(id, true);
            }
        }
    }

    fn give_all_back(&mut self, id: RequestId, waited: &Marks) {
        let program = self.hub.program;
        let pc = self.hub.requests[id].pc;
        if self.hub.requests[id].pending > 0
            && let Op::Hedge { .. } = program.ops[pc as usize]
        {
            self.hub.hedges.close(self.hub.requests[id].place);
        }
        // Who has waited goes on behind the instruction that would have taken it.
        let at = if waited.has(id) { pc - 1 } else { pc };
        for held in program.incidents.holds.of(at) {
            match held {
                Held::Permit(target) => {
                    let index = self.hub.requests[id].resolve(target);
                    if self.slots[index].spec.behind.is_some() {
                        self.unlink(id, target);
                    }
                    self.release(id, index);
                }
                Held::Shared => self.unshare(id),
                Held::Seized(level) => self.hand_on(id, level),
                Held::Attempt(attempt) => self.report(id, attempt, true),
                Held::Resident(footprint) => self.vacate(id, footprint),
                Held::Spread { group, host } => self.back(group, host),
            }
        }
        self.unlock_all(id);
        self.feeds.roll_back(self.hub.requests[id].key);
        let request = &mut self.hub.requests[id];
        (request.pending, request.spans) = (0, 0);
        request.flags &= !BRANCH_FAILED;
        // The first counts the attempts of a job itself.
        (1..4).for_each(|register| request.leave_loop(register));
    }

    /// Permits that were being opened for the dead are opened for those who wait.
    pub(super) fn open_for_those_left(&mut self) {
        for index in 0..self.slots.len() {
            if self.slots[index].spec.opening != Opening::Own {
                continue;
            }
            while let Some(next) = self.slots[index].unserved(&mut self.hub.requests, self.hub.now) {
                self.open_for(index, next);
            }
            self.touch_slots(index);
        }
    }
}
