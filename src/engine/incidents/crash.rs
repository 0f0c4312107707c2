//! Processes that are killed for want of memory, with all that runs in them.
//!
//! The request that was one too many is in the middle of an instruction; the others are taken away as soon as
//! nobody is, at the same instant. Connections that a process had of its own close, and its workers take no jobs until
//! it is back.

use super::super::kernel::World;
use super::super::program::By;
use super::Act;

impl World<'_> {
    /// A process has been killed.
    pub(in crate::engine) fn plan_crash(&mut self, footprint: u32, process: u32) {
        self.plans.add(self.hub.now, Act::Crash { footprint, process });
        self.hub.calendar.set(self.plans.row, self.plans.due());
    }

    pub(super) fn crash(&mut self, footprint: u32, process: u32) {
        let spec = &self.hub.program.footprints[footprint as usize];
        // Its host may have died at this instant too.
        if !self.groups[spec.group as usize].is_up(process / spec.processes) {
            return;
        }
        self.workers_leave(spec.group, &(process..process + 1));
        self.take_away(self.running(spec.group, |request| request.process == process), spec.down);
        for index in self.own_connections(footprint, process) {
            self.shut(index);
        }
        let back_at = self.footprints[footprint as usize].back_at(process).max(self.hub.now);
        self.plans.add(back_at, Act::Back { footprint, process });
    }

    /// A process serves again.
    pub(super) fn process_back(&mut self, footprint: u32, process: u32) {
        let (spec, now) = (&self.hub.program.footprints[footprint as usize], self.hub.now);
        let host = process / spec.processes;
        // It may have been killed again, or its host.
        if self.footprints[footprint as usize].back_at(process) > now || !self.groups[spec.group as usize].is_up(host) {
            return;
        }
        for index in self.own_connections(footprint, process) {
            self.slots[index].wake(&mut self.ceilings, now);
            self.touch_slots(index);
        }
        if !self.drains(spec.group, host) {
            self.workers_of_return(spec.group, &(process..process + 1));
        }
    }

    /// Permits that only this process uses.
    fn own_connections(&self, footprint: u32, process: u32) -> Vec<usize> {
        let spec = &self.hub.program.footprints[footprint as usize];
        let own = spec.connections.iter().filter_map(|&(base, by)| match by {
            By::Process => Some(base + process),
            By::Host if spec.processes == 1 => Some(base + process),
            By::Host | By::One => None,
        });
        own.map(|index| index as usize).collect()
    }

    /// What the processes of a host had left behind is gone with it.
    pub(super) fn forget_memory(&mut self, group: u32, host: u32) {
        let program = self.hub.program;
        for (index, _) in program.footprints.iter().enumerate().filter(|(_, spec)| spec.group == group) {
            let processes = program.footprints[index].processes;
            (host * processes..(host + 1) * processes).for_each(|process| self.begin_anew(index, process as usize));
        }
    }
}
