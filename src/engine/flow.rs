//! What one request does: it interprets the instructions of its flow until it must wait.

use super::kernel::World;
use super::processor::Started;
use super::program::{AcquireSites, By, LawId, Op, Pc, Target};
use super::requests::{ABANDONED, BALANCED, NONE, Request, RequestId};
use super::slots::Asked;
use crate::distribution::Law;
use crate::random::Draw;

impl World<'_> {
    /// Runs a request until it waits for something or is done.
    #[inline(always)]
    pub(super) fn advance(&mut self, id: RequestId) {
        let program = self.hub.program;
        let mut pc = self.hub.requests[id].pc;
        loop {
            pc = match program.ops[pc as usize] {
                Op::Work { at, law, site, part } => {
                    if self.work(id, pc + 1, at, law, site, part) {
                        return;
                    }
                    pc + 1
                }
                Op::Slice { at, lane, law, site, part } => {
                    if self.slice(id, pc, Slice { at, lane, law, site, part }) {
                        return;
                    }
                    pc + 1
                }
                Op::Acquire { at, failed, part, sites } => match self.acquire(id, pc + 1, at, part, sites) {
                    Asked::Granted => pc + 1,
                    Asked::Refused(cause) => {
                        self.hub.requests[id].cause = cause;
                        failed
                    }
                    Asked::Waits => return,
                },
                Op::Release { at } => {
                    let index = self.hub.requests[id].resolve(at);
                    self.release(id, index);
                    pc + 1
                }
                Op::Mark => {
                    self.hub.requests[id].mark = self.hub.now;
                    pc + 1
                }
                Op::Lap { lap } => {
                    self.hub.recorder.lap(lap, self.hub.now - self.hub.requests[id].mark);
                    pc + 1
                }
                Op::Jump { to } => to,
                Op::Finish { failed } => return self.answered(id, failed),
                op => match self.decide(id, pc, op) {
                    Some(next) => next,
                    None => return,
                },
            };
        }
    }

    /// Instructions that few flows have, kept out of the way of those that all have: where to go
    /// on; `None` if the request waits or is gone.
    #[inline(never)]
    fn decide(&mut self, id: RequestId, pc: Pc, op: Op) -> Option<Pc> {
        let request = &mut self.hub.requests[id];
        request.pc = pc;
        match op {
            Op::Balance { group, site, failed } => {
                return Some(if self.balance(id, group, site) { pc + 1 } else { failed });
            }
            Op::Choose { choice, site } => {
                return Some(self.hub.program.choices[choice as usize].way(request.draw(site)));
            }
            Op::Key { op, key, or } => return Some(self.key_op(id, pc, op, key, or)),
            Op::Chance { rate, cause, failed, site } => {
                if request.draw(site).uniform() < f64::from(rate) {
                    request.cause = cause;
                    return Some(failed);
                }
            }
            Op::Enter { register } => request.attempts[register as usize] = 0,
            Op::Leave { register } => request.leave_loop(register),
            Op::Again { .. } => return self.try_again(id, op),
            Op::Share | Op::Unshare | Op::Seize { .. } | Op::HandOn { .. } => {
                if !self.take_turns(id, op) {
                    return None;
                }
            }
            Op::Fork { .. } | Op::Race { .. } | Op::Join { .. } | Op::JobOver { .. } | Op::Rejoin => {
                self.part(id, op);
                return None;
            }
            Op::Hedge { .. }
            | Op::Spend { .. }
            | Op::Admit { .. }
            | Op::Report { .. }
            | Op::Afford { .. }
            | Op::Count { .. } => return self.guard(id, pc, op),
            Op::Reside { .. } | Op::Vacate { .. } | Op::Allocate { .. } => return self.memory_op(id, pc, op),
            Op::Begin { step, name } => self.hub.span_begins(id, step, name),
            Op::End { failed } => self.hub.span_ends(id, failed),
            Op::Enqueue { queue, site, failed } => {
                return Some(if self.enqueue(id, queue, site) { pc + 1 } else { failed });
            }
            Op::Io { .. }
            | Op::Lock { .. }
            | Op::Unlock { .. }
            | Op::Arm { .. }
            | Op::Disarm
            | Op::Linked { .. }
            | Op::Link { .. }
            | Op::Unlink { .. }
            | Op::Spoil { .. }
            | Op::Opened
            | Op::Whole { .. }
            | Op::Fault { .. }
            | Op::Spread { .. }
            | Op::Back { .. }
            | Op::Feed { .. } => return self.statement(id, pc, op),
            Op::Work { .. }
            | Op::Slice { .. }
            | Op::Acquire { .. }
            | Op::Release { .. }
            | Op::Mark
            | Op::Lap { .. }
            | Op::Jump { .. }
            | Op::Finish { .. } => {}
        }
        Some(pc + 1)
    }

    /// Statements of one transaction take turns on its connection. False if the request waits for its own.
    fn take_turns(&mut self, id: RequestId, op: Op) -> bool {
        match op {
            Op::Share => self.share(id),
            Op::Unshare => self.unshare(id),
            Op::Seize { level, part } => return self.seize(id, level, part),
            Op::HandOn { level } => self.hand_on(id, level),
            _ => {}
        }
        true
    }

    /// The request waits for its branches, or is over as a branch or a job.
    fn part(&mut self, id: RequestId, op: Op) {
        match op {
            Op::Fork { count, .. } => self.fork(id, count),
            Op::Race { race, .. } => {
                self.fork(id, 1);
                self.races[race as usize].push_back(&mut self.hub.requests, id);
                self.touch_race(race as usize);
            }
            Op::Join { failed } => self.join(id, failed),
            Op::JobOver { failed } => self.job_over(id, failed),
            Op::Rejoin => self.rejoin(id),
            _ => {}
        }
    }

    /// Starts timed work; false if it took no time.
    #[inline(always)]
    fn work(&mut self, id: RequestId, pc: Pc, at: Target, law: u32, site: u32, part: u16) -> bool {
        let request = &mut self.hub.requests[id];
        let (demand, constant) = request.draw_demand(&self.hub.program.laws[law as usize], site);
        if demand == 0 {
            return false;
        }
        let lane = std::mem::replace(&mut request.lane, NONE);
        let index = request.begin_work((demand, part), pc, at, self.hub.now);
        self.start_at(index, id, demand, constant);
        if lane != NONE {
            self.next_in_lane(lane);
        }
        true
    }

    #[inline(always)]
    pub(super) fn start(&mut self, id: RequestId, pc: Pc, at: Target, demand: u64, constant: bool, part: u16) {
        let index = self.hub.requests[id].begin_work((demand, part), pc, at, self.hub.now);
        self.start_at(index, id, demand, constant);
    }

    #[inline(always)]
    fn start_at(&mut self, index: usize, id: RequestId, demand: u64, constant: bool) {
        match self.processors[index].start(id, demand, constant, self.hub.now) {
            Started::Until(due) => self.hub.calendar.set(index as u32, due),
            Started::Not(governor, member) => self.start_governed((governor, member), id, demand),
        }
    }

    /// Takes the lane, or its place in the line for it; in the lane, starts the slice's work.
    #[inline(always)]
    fn slice(&mut self, id: RequestId, pc: Pc, slice: Slice) -> bool {
        let request = &mut self.hub.requests[id];
        if request.lane == NONE {
            let lane_index = request.resolve(slice.lane);
            let lane = &mut self.lanes[lane_index];
            if lane.taken {
                (request.since, request.part, request.pc) = (self.hub.now, slice.part, pc);
                lane.line.push_back(&mut self.hub.requests, id);
                return true;
            }
            lane.taken = true;
            request.lane = lane_index as u32;
        }
        let Some(law) = slice.law else { return false };
        let (demand, constant) = request.draw_demand(&self.hub.program.laws[law as usize], slice.site);
        if demand > 0 {
            let index = request.begin_work((demand, slice.part), pc + 1, slice.at, self.hub.now);
            self.start_at(index, id, demand, constant);
        }
        demand > 0
    }

    /// If the request runs in a lane, the lane goes to the next in line.
    #[inline(always)]
    pub(super) fn leave_lane(&mut self, id: RequestId) {
        let lane = std::mem::replace(&mut self.hub.requests[id].lane, NONE);
        if lane != NONE {
            self.next_in_lane(lane);
        }
    }

    #[inline(never)]
    fn next_in_lane(&mut self, lane: u32) {
        let state = &mut self.lanes[lane as usize];
        let Some(next) = state.line.pop_front(&mut self.hub.requests) else {
            state.taken = false;
            return;
        };
        self.hub.requests[next].lane = lane;
        self.hub.charge_wait(next);
        self.hub.ready.push(next);
    }

    /// Asks for a permit.
    #[inline(always)]
    fn acquire(&mut self, id: RequestId, pc: Pc, at: Target, part: u16, sites: AcquireSites) -> Asked {
        let request = &mut self.hub.requests[id];
        (request.since, request.part, request.pc) = (self.hub.now, part, pc);
        let index = request.resolve(at);
        let slots = &mut self.slots[index];
        let luck = (&self.hub.program.laws[..], sites);
        let asked = slots.acquire(&mut self.hub.requests, id, &mut self.ceilings, self.hub.now, luck);
        match asked {
            Asked::Granted => self.hub.recorder.waited(slots.spec.gauge as usize, 0),
            Asked::Waits => {
                slots.open_more(&self.hub.requests, &mut self.ceilings, luck.0, self.hub.now);
                self.connect(index);
                self.leave_lane(id);
                self.touch_slots(index);
            }
            Asked::Refused(_) => {}
        }
        asked
    }

    #[inline(always)]
    pub(super) fn release(&mut self, id: RequestId, index: usize) {
        let slots = &mut self.slots[index];
        if slots.tracks.is_some() {
            return self.give_back(id, index);
        }
        match slots.release(&mut self.hub.requests, self.hub.now) {
            Some(next) => self.hub.granted(slots.spec.gauge, next),
            None if slots.row.is_some() => self.touch_slots(index),
            None => {}
        }
    }

    /// A waiter has its permit.
    pub(super) fn granted(&mut self, index: usize, id: RequestId) {
        self.hub.granted(self.slots[index].spec.gauge, id);
    }

    /// A waiter gives up.
    pub(super) fn refused(&mut self, index: usize, id: RequestId, cause: u8) {
        self.hub.waited(self.slots[index].spec.gauge, id);
        let request = &mut self.hub.requests[id];
        request.cause = cause;
        if let Op::Acquire { failed, .. } = self.hub.program.ops[request.pc as usize - 1] {
            request.pc = failed;
        }
        self.hub.ready.push(id);
    }

    /// Opens a permit for a request that has stood in line.
    pub(super) fn open_for(&mut self, index: usize, id: RequestId) {
        let Op::Acquire { sites, .. } = self.hub.program.ops[self.hub.requests[id].pc as usize - 1] else { return };
        let luck = (&self.hub.program.laws[..], sites);
        match self.slots[index].open_one(&mut self.hub.requests, id, &mut self.ceilings, self.hub.now, luck) {
            Asked::Granted => self.granted(index, id),
            Asked::Refused(cause) => self.refused(index, id, cause),
            Asked::Waits => self.connect(index),
        }
    }

    /// The flow is over.
    #[inline(always)]
    pub(super) fn answered(&mut self, id: RequestId, failed: bool) {
        self.leave_lane(id);
        let hub = &mut self.hub;
        let request = &hub.requests[id];
        if request.flags & BALANCED != 0 {
            self.groups[request.group as usize].outstanding[request.host as usize] -= 1;
        }
        if request.flags & ABANDONED != 0 {
            return hub.discard(id);
        }
        let (index, place, passed) = (request.source as usize, request.owner, hub.now - request.started);
        let (endpoint, cause) = (request.endpoint, failed.then_some(request.cause));
        hub.recorder.response(endpoint, cause, passed, hub.requests.account(id));
        hub.remove(id);
        let source = &mut self.sources[index];
        source.response(hub, place, passed, cause);
        if source.is_over() {
            self.settle(index);
        }
    }
}

/// The fields of [`Op::Slice`].
struct Slice {
    at: Target,
    lane: Target,
    law: Option<LawId>,
    site: u32,
    part: u16,
}

impl Request {
    /// It works from `now` on, and then goes on at `pc`. Returns where it works.
    #[inline(always)]
    fn begin_work(&mut self, (demand, part): (u64, u16), pc: Pc, at: Target, now: u64) -> usize {
        (self.demand, self.since, self.part, self.pc) = (demand, now, part, pc);
        self.resolve(at)
    }

    /// The random numbers of the draw at `site` in the present attempt.
    #[inline(always)]
    pub(super) fn draw(&self, site: u32) -> Draw {
        Draw::new(self.key, u64::from(site).wrapping_add(self.salt))
    }

    /// Draws a time, ns.
    pub fn sample(&self, law: &Law, site: u32) -> u64 {
        law.sample(&mut self.draw(site))
    }

    /// Draws a demand, ns, and says whether its law is constant.
    #[inline(always)]
    fn draw_demand(&self, law: &Law, site: u32) -> (u64, bool) {
        match law {
            Law::Constant(ns) => (*ns, true),
            law => (law.sample(&mut self.draw(site)), false),
        }
    }

    /// Which of several alike resources it uses.
    #[inline(always)]
    pub(super) fn resolve(&self, at: Target) -> usize {
        let offset = match at.by {
            By::One => 0,
            By::Host => self.host,
            By::Process => self.process,
        };
        (at.base + offset) as usize
    }
}
