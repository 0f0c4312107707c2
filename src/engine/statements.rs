//! Instructions of statements on a database: locks, storage, time-outs, connections behind others, copies.

use super::kernel::World;
use super::program::{Op, Pc};
use super::requests::RequestId;

impl World<'_> {
    /// Where to go on; `None` if the request waits.
    #[inline(never)]
    pub(super) fn statement(&mut self, id: RequestId, pc: Pc, op: Op) -> Option<Pc> {
        match op {
            Op::Io { io, part } if self.operate(id, io, part) => return None,
            Op::Lock { level, lock, scope, part, site, .. } if !self.lock(id, level, [lock, scope], part, site) => {
                return None;
            }
            Op::Unlock { scope } => self.unlock(id, scope),
            Op::Arm { alarm, .. } => self.arm(id, pc, alarm as usize),
            Op::Disarm => self.hub.requests[id].alarm = 0,
            Op::Linked { at, yes } => return Some(self.linked(id, at, yes).unwrap_or(pc + 1)),
            Op::Link { at } => self.link(id, at),
            Op::Unlink { at } => self.unlink(id, at),
            Op::Whole { at, cause, failed } if self.is_broken(id, at) => return Some(self.fails(id, cause, failed)),
            Op::Fault { place, cause, failed, site } if self.is_faulty(id, place, site) => {
                return Some(self.fails(id, cause, failed));
            }
            Op::Spoil { at } => self.spoil(id, at),
            Op::Opened => {
                self.permit_opened(id);
                return None;
            }
            Op::Spread { group, site } => return Some(self.spread(id, pc, group, site)),
            Op::Back { group, host } => self.back(group, host),
            Op::Feed { feed, op, site } => return self.feed(id, pc, feed, op, site),
            _ => {}
        }
        Some(pc + 1)
    }
    fn fails(&mut self, id: RequestId, cause: u8, failed: Pc) -> Pc {
        self.hub.requests[id].cause = cause;
        failed
    }
}
