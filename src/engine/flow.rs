//! What one request does: it interprets the instructions of its flow until it must wait.

use super::kernel::World;
use super::program::{By, Op, Target};
use super::requests::{ABANDONED, BALANCED, BRANCH_FAILED, CHILD, NONE, RequestId};
use super::slots::{Asked, opening_takes};
use crate::distribution::Law;
use crate::random::Draw;

/// What each attempt in register `r` adds to the salt of draws (odd, unrelated constants).
const ATTEMPT_SALT: [u64; 4] =
    [0xd6e8_feb8_6659_fd93, 0xa3b1_9535_4a39_b70d, 0x1b03_7387_12fa_d5c9, 0xc2b2_ae3d_27d4_eb4f];

impl World<'_> {
    /// Runs a request until it waits for something or is done.
    #[inline]
    pub(super) fn advance(&mut self, id: RequestId) {
        loop {
            let pc = self.requests[id].pc;
            match self.program.ops[pc as usize] {
                Op::Work { at, law, site, .. } => {
                    if self.work(id, at, law, site) {
                        return;
                    }
                }
                Op::Slice { at, lane, law, site, .. } => {
                    if self.slice(id, at, lane, law, site) {
                        return;
                    }
                }
                Op::Acquire { at, failed, .. } => {
                    if self.acquire(id, at, failed) {
                        return;
                    }
                }
                Op::Release { at } => {
                    let index = self.resolve(id, at);
                    self.requests[id].pc = pc + 1;
                    self.release(index);
                }
                Op::Balance { group, site } => {
                    self.balance(id, group, site);
                    self.requests[id].pc = pc + 1;
                }
                Op::Choose { choice, site } => {
                    let request = &self.requests[id];
                    self.requests[id].pc = self.way(choice, request.key, u64::from(site).wrapping_add(request.salt));
                }
                Op::Chance { rate, cause, failed, site } => {
                    let request = &mut self.requests[id];
                    let share = Draw::new(request.key, u64::from(site).wrapping_add(request.salt)).uniform();
                    request.pc = pc + 1;
                    if share < f64::from(rate) {
                        (request.cause, request.pc) = (cause, failed);
                    }
                }
                Op::Jump { to } => self.requests[id].pc = to,
                Op::Enter { register } => {
                    self.requests[id].attempts[register as usize] = 0;
                    self.requests[id].pc = pc + 1;
                }
                Op::Leave { register } => {
                    self.leave_loop(id, register);
                    self.requests[id].pc = pc + 1;
                }
                Op::Again { register, attempts, wait, on, failed, .. } => {
                    let request = &mut self.requests[id];
                    let tried = request.attempts[register as usize] + 1;
                    if on & (1 << request.cause) == 0 || tried >= attempts {
                        self.leave_loop(id, register);
                        self.requests[id].pc = failed;
                        continue;
                    }
                    request.attempts[register as usize] = tried;
                    request.salt = request.salt.wrapping_add(ATTEMPT_SALT[register as usize & 3]);
                    return self.back_off(id, wait, tried);
                }
                Op::Fork { count, .. } => {
                    self.fork(id, count);
                    return;
                }
                Op::Race { race, .. } => {
                    self.fork(id, 1);
                    self.races[race as usize].push_back(&mut self.requests, id);
                    self.touch_race(race as usize);
                    return;
                }
                Op::Mark => {
                    self.requests[id].mark = self.now;
                    self.requests[id].pc = pc + 1;
                }
                Op::Lap { lap } => {
                    self.recorder.lap(lap, self.now - self.requests[id].mark);
                    self.requests[id].pc = pc + 1;
                }
                Op::Join { failed } => return self.join(id, failed),
                Op::Finish { failed } => return self.answered(id, failed),
            }
        }
    }

    /// Which of several alike resources this request uses.
    #[inline(always)]
    fn resolve(&self, id: RequestId, at: Target) -> usize {
        let offset = match at.by {
            By::One => 0,
            By::Host => self.requests[id].host,
            By::Process => self.requests[id].process,
        };
        (at.base + offset) as usize
    }

    /// Draws the demand of the present work; true if its law is constant.
    #[inline(always)]
    fn draw_demand(&mut self, id: RequestId, law: u32, site: u32) -> bool {
        let request = &mut self.requests[id];
        let law = &self.program.laws[law as usize];
        request.demand = match law {
            Law::Constant(ns) => *ns,
            law => law.sample(&mut Draw::new(request.key, u64::from(site).wrapping_add(request.salt))),
        };
        matches!(law, Law::Constant(_))
    }

    /// Starts timed work; false if it took no time.
    #[inline(always)]
    fn work(&mut self, id: RequestId, at: Target, law: u32, site: u32) -> bool {
        let constant = self.draw_demand(id, law, site);
        let index = self.resolve(id, at);
        if self.requests[id].demand == 0 {
            self.requests[id].pc += 1;
            return false;
        }
        self.leave_lane(id);
        self.requests[id].since = self.now;
        let demand = self.requests[id].demand;
        self.processors[index].start(id, demand, constant, self.now);
        self.touch_processor(index);
        true
    }

    /// Takes the lane, or its place in the line for it; in the lane, starts the slice's work.
    /// False if the request goes on at once.
    #[inline(always)]
    fn slice(&mut self, id: RequestId, at: Target, lane: Target, law: Option<u32>, site: u32) -> bool {
        let lane_index = self.resolve(id, lane);
        if self.requests[id].lane == NONE {
            let lane = &mut self.lanes[lane_index];
            if lane.taken {
                self.requests[id].since = self.now;
                lane.line.push_back(&mut self.requests, id);
                return true;
            }
            lane.taken = true;
            self.requests[id].lane = lane_index as u32;
        }
        if let Some(law) = law {
            let constant = self.draw_demand(id, law, site);
            if self.requests[id].demand > 0 {
                let index = self.resolve(id, at);
                self.requests[id].since = self.now;
                let demand = self.requests[id].demand;
                self.processors[index].start(id, demand, constant, self.now);
                self.touch_processor(index);
                return true;
            }
        }
        self.requests[id].pc += 1;
        false
    }

    /// If the request runs in a lane, the lane goes to the next in line.
    #[inline(always)]
    fn leave_lane(&mut self, id: RequestId) {
        let lane = self.requests[id].lane;
        if lane != NONE {
            self.requests[id].lane = NONE;
            self.next_in_lane(lane);
        }
    }

    fn next_in_lane(&mut self, lane: u32) {
        let state = &mut self.lanes[lane as usize];
        let Some(next) = state.line.pop_front(&mut self.requests) else {
            state.taken = false;
            return;
        };
        self.requests[next].lane = lane;
        let request = &self.requests[next];
        if let Op::Slice { part, .. } = self.program.ops[request.pc as usize] {
            let waited = self.now - request.since;
            self.requests.charge(next, part, waited);
        }
        self.ready.push_back(next);
    }

    /// Asks for a permit; true if the request waits.
    #[inline(always)]
    fn acquire(&mut self, id: RequestId, at: Target, failed: u32) -> bool {
        let index = self.resolve(id, at);
        let spec = &self.program.slots[index];
        let request = &mut self.requests[id];
        request.since = self.now;
        let (key, salt) = (request.key, request.salt);
        let opening_takes = || opening_takes(&self.program.laws, spec, key, salt);
        let asked = self.slots[index].acquire(&mut self.requests, id, &mut self.ceilings, self.now, opening_takes);
        match asked {
            Asked::Granted => {
                self.recorder.waited(spec.gauge as usize, 0);
                self.requests[id].pc += 1;
            }
            Asked::Refused(cause) => (self.requests[id].cause, self.requests[id].pc) = (cause, failed),
            Asked::Waits => self.leave_lane(id),
        }
        self.touch_slots(index);
        asked == Asked::Waits
    }

    /// Opens a permit for a request that has stood in line.
    pub(super) fn open_for(&mut self, index: usize, id: RequestId) {
        let request = &self.requests[id];
        let takes = opening_takes(&self.program.laws, &self.program.slots[index], request.key, request.salt);
        match self.slots[index].open_one(&mut self.requests, id, &mut self.ceilings, self.now, takes) {
            Asked::Granted => self.granted(index, id),
            Asked::Refused(cause) => self.refused(index, id, cause),
            Asked::Waits => {}
        }
    }

    #[inline(always)]
    fn release(&mut self, index: usize) {
        if let Some(next) = self.slots[index].release(&mut self.requests, self.now) {
            self.granted(index, next);
        }
        self.touch_slots(index);
    }

    /// A waiter has its permit.
    #[inline(always)]
    pub(super) fn granted(&mut self, index: usize, id: RequestId) {
        self.charge_wait(index, id);
        self.requests[id].pc += 1;
        self.ready.push_back(id);
    }

    /// A waiter gives up.
    pub(super) fn refused(&mut self, index: usize, id: RequestId, cause: u8) {
        self.charge_wait(index, id);
        self.requests[id].cause = cause;
        if let Op::Acquire { failed, .. } = self.program.ops[self.requests[id].pc as usize] {
            self.requests[id].pc = failed;
        }
        self.ready.push_back(id);
    }

    #[inline(always)]
    fn charge_wait(&mut self, index: usize, id: RequestId) {
        let request = &self.requests[id];
        let waited = self.now - request.since;
        if let Op::Acquire { part, .. } = self.program.ops[request.pc as usize] {
            self.requests.charge(id, part, waited);
        }
        self.recorder.waited(self.program.slots[index].gauge as usize, waited);
    }

    fn leave_loop(&mut self, id: RequestId, register: u8) {
        let request = &mut self.requests[id];
        let attempts = std::mem::take(&mut request.attempts[register as usize]);
        let salt = ATTEMPT_SALT[register as usize & 3].wrapping_mul(u64::from(attempts));
        request.salt = request.salt.wrapping_sub(salt);
    }

    /// Waits before attempt number `tried + 1`.
    fn back_off(&mut self, id: RequestId, wait: u32, tried: u8) {
        let spec = &self.program.waits[wait as usize];
        let request = &mut self.requests[id];
        let mut ns = (spec.first * spec.factor.powi(i32::from(tried) - 1)).min(spec.max);
        if spec.jitter {
            ns *= Draw::new(request.key, u64::from(spec.site).wrapping_add(request.salt)).uniform();
        }
        request.demand = ns as u64;
        request.since = self.now;
        self.leave_lane(id);
        let processor = spec.processor as usize;
        self.processors[processor].start(id, ns as u64, false, self.now);
        self.touch_processor(processor);
    }

    /// The wait before another attempt is over.
    pub(super) fn try_again(&mut self, id: RequestId, wait: u32, passed: u64) {
        let part = self.program.waits[wait as usize].part;
        self.requests.charge(id, part + 1, passed);
        if let Op::Again { again, .. } = self.program.ops[self.requests[id].pc as usize] {
            self.requests[id].pc = again;
        }
        self.ready.push_back(id);
    }

    /// Starts `count` children of a request at the jumps after its instruction. They have its luck:
    /// draws are told apart by their sites, and steps that share a draw share it across branches.
    fn fork(&mut self, id: RequestId, count: u16) {
        self.leave_lane(id);
        self.children += usize::from(count);
        self.requests[id].pending = count;
        self.requests[id].since = self.now;
        for branch in 0..u32::from(count) {
            let child_id = self.requests.add();
            let parent = self.requests[id].clone();
            let child = &mut self.requests[child_id];
            (child.key, child.salt) = (parent.key, parent.salt);
            child.started = self.now;
            child.pc = parent.pc + 1 + branch;
            child.owner = id;
            child.flags = CHILD;
            (child.endpoint, child.source, child.group) = (parent.endpoint, parent.source, parent.group);
            (child.host, child.process) = (parent.host, parent.process);
            self.requests[id].place = child_id;
            self.ready.push_back(child_id);
        }
        self.count_in_flight();
    }

    /// A child is done; the last one lets its parent go on.
    fn join(&mut self, id: RequestId, failed: bool) {
        self.leave_lane(id);
        let (parent, cause, flags) = (self.requests[id].owner, self.requests[id].cause, self.requests[id].flags);
        if flags & ABANDONED == 0 {
            let waiting = &mut self.requests[parent];
            waiting.pending -= 1;
            if failed && waiting.flags & BRANCH_FAILED == 0 {
                waiting.flags |= BRANCH_FAILED;
                waiting.cause = cause;
            }
            if waiting.pending == 0 {
                self.requests.charge_all(parent, id);
                self.all_joined(parent);
            }
        }
        self.requests.remove(id);
        self.children -= 1;
        self.count_in_flight();
    }

    fn all_joined(&mut self, parent: RequestId) {
        let pc = self.requests[parent].pc;
        let (behind, failed) = match self.program.ops[pc as usize] {
            Op::Fork { count, failed, .. } => (pc + 1 + u32::from(count), failed),
            Op::Race { race, failed, .. } => {
                self.races[race as usize].unlink(&mut self.requests, parent);
                self.touch_race(race as usize);
                (pc + 2, failed)
            }
            _ => (pc, pc),
        };
        let request = &mut self.requests[parent];
        request.pc = if request.flags & BRANCH_FAILED == 0 { behind } else { failed };
        request.flags &= !BRANCH_FAILED;
        self.ready.push_back(parent);
    }

    /// The oldest race of this kind is lost: the parent goes on, the child works for nobody.
    pub(super) fn race_ends(&mut self, index: usize) {
        if let Some(parent) = self.races[index].pop_front(&mut self.requests) {
            let child = self.requests[parent].place;
            self.requests[child].flags |= ABANDONED;
            self.requests.charge_all(parent, child);
            let request = &mut self.requests[parent];
            if let Op::Race { cause, failed, .. } = self.program.ops[request.pc as usize] {
                (request.cause, request.pc, request.pending) = (cause, failed, 0);
            }
            self.ready.push_back(parent);
        }
        self.touch_race(index);
    }

    /// The flow is over.
    #[inline(always)]
    fn answered(&mut self, id: RequestId, failed: bool) {
        self.leave_lane(id);
        let request = &self.requests[id];
        let (flags, user, source) = (request.flags, request.owner, request.source as usize);
        if flags & BALANCED != 0 {
            self.groups[request.group as usize].outstanding[request.host as usize] -= 1;
        }
        if flags & ABANDONED == 0 {
            let cause = failed.then_some(request.cause);
            let passed = self.now - request.started;
            self.recorder.response(request.endpoint, cause, passed, self.requests.account(id));
            self.sources[source].forget(&mut self.requests, id);
            self.touch_timeouts(source);
            self.requests.remove(id);
            self.count_in_flight();
            self.response(source, user, passed, !failed);
        } else {
            self.requests.remove(id);
            self.count_in_flight();
        }
    }
}
