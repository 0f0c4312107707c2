//! Taking requests out of everything that they stand in or that works on them.
//!
//! A request in flight waits for exactly one thing: it stands in a line, or a processor works on it, or it
//! waits for its branches. Which one is found by looking through all of them; that costs the time of a
//! run through everything that is in flight, once for each host that dies.

use super::super::kernel::World;
use super::super::program::Op;
use super::super::requests::{BALANCED, CHILD, JOB, Line, NONE, Request, RequestId, Requests, STANDS};

/// Requests by their ids.
pub(super) struct Marks(Vec<bool>);

impl Marks {
    pub fn of(ids: &[RequestId], places: u32) -> Marks {
        let mut marks = vec![false; places as usize];
        ids.iter().for_each(|&id| marks[id as usize] = true);
        Marks(marks)
    }

    pub fn has(&self, id: RequestId) -> bool {
        self.0.get(id as usize).copied().unwrap_or(false)
    }

    fn add(&mut self, id: RequestId) {
        self.0[id as usize] = true;
    }
}

impl Line {
    /// Takes all of these out; returns them from head to tail.
    pub fn take_out(&mut self, requests: &mut Requests, gone: impl Fn(RequestId) -> bool) -> Vec<RequestId> {
        let (mut at, mut out) = (self.head, Vec::new());
        while let Some(next) = requests.get(at).map(|request| request.next) {
            if gone(at) {
                self.unlink(requests, at);
                out.push(at);
            }
            at = next;
        }
        out
    }
}

impl World<'_> {
    /// Requests, their branches, and running jobs on some hosts, in the order in which they began.
    pub(super) fn on_hosts(&self, group: u32, hosts: &[u32]) -> Vec<RequestId> {
        self.running(group, |request| hosts.contains(&request.host))
    }

    /// The same of all that run somewhere in a group.
    pub(super) fn running(&self, group: u32, there: impl Fn(&Request) -> bool) -> Vec<RequestId> {
        let (requests, program) = (&self.hub.requests, self.hub.program);
        let live = requests.live();
        let here = |&id: &RequestId| {
            let request = &requests[id];
            let job = request.flags & JOB != 0;
            let of = match job {
                true => program.queues[request.endpoint as usize].group,
                false => program.incidents.groups[request.endpoint as usize],
            };
            // A job in its queue, or before another attempt, is nowhere.
            let begun = request.flags & (CHILD | BALANCED) != 0 || job && request.owner != NONE;
            of == group && begun && there(request)
        };
        let mut ids: Vec<RequestId> = (0..requests.places()).filter(|&id| live[id as usize]).filter(here).collect();
        ids.sort_by_key(|&id| (requests[id].started, requests[id].serial));
        ids
    }

    /// Takes all of these out of wherever they are. Returns those that stood in line for a permit, or for
    /// their turn on one, and so do not hold it.
    pub(super) fn sweep(&mut self, ids: &[RequestId]) -> Marks {
        let gone = Marks::of(ids, self.hub.requests.places());
        let mut waited = Marks::of(&[], self.hub.requests.places());
        self.sweep_processors(&gone);
        for lane in &mut self.lanes {
            if gone.has(lane.line.head) {
                lane.line.take_out(&mut self.hub.requests, |id| gone.has(id));
            }
        }
        for index in 0..self.slots.len() {
            let (requests, now) = (&mut self.hub.requests, self.hub.now);
            let gauge = self.slots[index].spec.gauge as usize;
            for id in self.slots[index].take_out(requests, &mut self.ceilings, |id| gone.has(id), now) {
                waited.add(id);
                self.hub.recorder.waited(gauge, now - requests[id].since);
            }
        }
        self.shared.take_out(&mut self.hub.requests, |id| gone.has(id)).into_iter().for_each(|id| waited.add(id));
        for race in 0..self.races.len() {
            if !self.races[race].take_out(&mut self.hub.requests, |id| gone.has(id)).is_empty() {
                self.touch_race(race);
            }
        }
        for &id in ids {
            self.sweep_one(id);
        }
        waited
    }

    fn sweep_processors(&mut self, gone: &Marks) {
        let now = self.hub.now;
        for (row, processor) in (0..).zip(&mut self.processors) {
            if processor.take_out(|id| gone.has(id), now) {
                self.hub.calendar.set(row, processor.due());
            }
        }
        for governor in &mut self.governors {
            if governor.take_out(|id| gone.has(id), now) {
                self.hub.calendar.set(governor.row, governor.due());
            }
        }
    }

    /// What a request itself knows of where it stands.
    fn sweep_one(&mut self, id: RequestId) {
        let now = self.hub.now;
        let request = &mut self.hub.requests[id];
        request.alarm = 0;
        let lane = std::mem::replace(&mut request.lane, NONE);
        if let Some(lane) = self.lanes.get_mut(lane as usize) {
            lane.taken = false;
        }
        if self.hub.requests[id].flags & STANDS == 0 {
            return;
        }
        match self.hub.program.ops[self.hub.requests[id].pc as usize - 1] {
            Op::Lock { .. } => self.leave_lock(id),
            Op::Io { io, .. } => self.leave_volume(id, io),
            _ => {}
        }
        let request = &mut self.hub.requests[id];
        request.flags &= !STANDS;
        // That wait has been charged.
        request.since = now;
    }
}
