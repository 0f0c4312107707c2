//! Work that is stopped when it has taken too long: a statement's time-out.
//!
//! Unlike a race, which gives work up that goes on, this takes it away from wherever it is: from the
//! processor, from the line before a volume or a lock. All times of one alarm are equal, so a line in order of
//! beginning is enough; who has ended in time is passed over.

use std::collections::VecDeque;

use super::calendar::NEVER;
use super::kernel::World;
use super::program::{By, Op, Pc, Target};
use super::requests::{RequestId, STANDS};

/// The statements under one time-out, in order of beginning.
#[derive(Debug, Default)]
pub struct Alarm {
    begun: VecDeque<Begun>,
    pub row: u32,
}

#[derive(Clone, Copy, Debug)]
struct Begun {
    due: u64,
    id: RequestId,
    /// What the request shows as long as this statement runs.
    token: u32,
    pc: Pc,
}

impl Alarm {
    #[must_use]
    pub fn at(row: u32) -> Alarm {
        Alarm { begun: VecDeque::new(), row }
    }

    /// Whether anything may still be stopped.
    #[must_use]
    pub fn will_act(&self) -> bool {
        self.begun.front().is_some_and(|first| first.due != NEVER)
    }
}

impl World<'_> {
    /// A statement begins that may take so long.
    pub(super) fn arm(&mut self, id: RequestId, pc: Pc, index: usize) {
        self.alarmed = self.alarmed.wrapping_add(1).max(1);
        let token = self.alarmed;
        self.hub.requests[id].alarm = token;
        let due = self.hub.now.saturating_add(self.hub.program.alarms[index]);
        if due == NEVER {
            self.forget_ended(index);
        }
        self.alarms[index].begun.push_back(Begun { due, id, token, pc });
        self.set_alarm(index);
    }

    /// Where nothing ever rings nobody else passes over those that have ended.
    fn forget_ended(&mut self, index: usize) {
        let begun = &mut self.alarms[index].begun;
        let ended = |first: &Begun| self.hub.requests.get(first.id).is_none_or(|request| request.alarm != first.token);
        while begun.front().is_some_and(ended) {
            begun.pop_front();
        }
    }

    /// All statements that run are stopped now, and fail with this cause.
    pub(super) fn stop_all(&mut self, index: usize, cause: u8) {
        for begun in std::mem::take(&mut self.alarms[index].begun) {
            let runs = self.hub.requests.get(begun.id).is_some_and(|request| request.alarm == begun.token);
            if let (true, Op::Arm { failed, .. }) = (runs, self.hub.program.ops[begun.pc as usize]) {
                self.stop(begun.id);
                let request = &mut self.hub.requests[begun.id];
                (request.cause, request.pc, request.alarm) = (cause, failed, 0);
                self.hub.ready.push(begun.id);
            }
        }
        self.set_alarm(index);
    }

    fn set_alarm(&mut self, index: usize) {
        let alarm = &self.alarms[index];
        self.hub.calendar.set(alarm.row, alarm.begun.front().map_or(NEVER, |first| first.due));
    }

    /// The statement begun first may have taken too long.
    pub(super) fn alarm_rings(&mut self, index: usize) {
        let now = self.hub.now;
        while let Some(&first) = self.alarms[index].begun.front() {
            let runs = self.hub.requests.get(first.id).is_some_and(|request| request.alarm == first.token);
            if runs && first.due > now {
                break;
            }
            self.alarms[index].begun.pop_front();
            if runs {
                self.stop(first.id);
                if let Op::Arm { cause, failed, .. } = self.hub.program.ops[first.pc as usize] {
                    let request = &mut self.hub.requests[first.id];
                    (request.cause, request.pc, request.alarm) = (cause, failed, 0);
                    self.hub.ready.push(first.id);
                }
                break;
            }
        }
        self.set_alarm(index);
    }

    /// Takes a request away from what it waits for or works on, and charges what has passed of it.
    pub(super) fn stop(&mut self, id: RequestId) {
        let request = &self.hub.requests[id];
        let stands = request.flags & STANDS != 0;
        match self.hub.program.ops[request.pc as usize - 1] {
            Op::Work { at, .. } => self.stop_work(id, at),
            Op::Lock { .. } if stands => self.leave_lock(id),
            Op::Io { io, .. } if stands => self.leave_volume(id, io),
            Op::Io { io, .. } => {
                let base = self.hub.program.ios[io as usize].delay;
                self.stop_work(id, Target { base, by: By::One });
            }
            _ => {}
        }
        self.hub.requests[id].flags &= !STANDS;
    }

    fn stop_work(&mut self, id: RequestId, at: Target) {
        let (now, request) = (self.hub.now, &self.hub.requests[id]);
        let (part, demand, passed) = (request.part, request.demand, self.hub.now - request.since);
        let index = request.resolve(at);
        let left = match self.processors[index].front() {
            Some(front) => self.remove_governed(front, id),
            None => {
                let left = self.processors[index].remove(id, now);
                self.hub.calendar.set(index as u32, self.processors[index].due());
                left
            }
        };
        let served = demand.saturating_sub(left).min(passed);
        self.hub.requests.charge(id, part, passed - served, served);
    }
}
