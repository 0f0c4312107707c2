//! Hosts that die, come up, are drained, and who is told.
//!
//! A host that dies answers no more: whatever runs on it fails at once, and what is sent to it until the
//! balancer has found out is refused at once. Workers of queues on it take no jobs.

use std::ops::Range;

use super::super::calendar::NEVER;
use super::super::kernel::World;
use super::super::program::{By, FleetSpec};
use super::{Act, Place};
use crate::random::{Draw, derive};

/// How often it is looked whether a host has answered all it has, ns.
pub(super) const LOOK: u64 = 1_000_000_000;

/// The next step of a rolling deployment: from which host on, and how long things take, ns.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Roll {
    pub host: u32,
    pub start_up: u64,
    pub drain: u64,
}

impl World<'_> {
    pub(super) fn fleet(&self, group: u32) -> Option<&FleetSpec> {
        self.hub.program.groups[group as usize].fleet.as_ref()
    }

    /// The lowest-numbered hosts that are up die.
    pub(super) fn kill_some(&mut self, group: u32, hosts: u32, restart: Option<u64>) {
        let mut dying = self.groups[group as usize].up_hosts();
        dying.truncate(hosts as usize);
        self.kill(group, &dying);
        for host in dying {
            let at = self.place(group, host);
            if let Some(restart) = restart {
                self.groups[group as usize].awaits(host);
                self.plans.add(self.hub.now.saturating_add(restart), Act::Up { at, then: None });
            }
            match self.check(at, |health| health.unhealthy) {
                Some(instant) => self.plans.add(instant, Act::Out(at)),
                None => self.host_out(at),
            }
        }
        self.recount(group);
    }

    pub(super) fn add_hosts(&mut self, group: u32, hosts: u32, start_up: u64) {
        for _ in 0..hosts {
            let Some(host) = self.groups[group as usize].new_host() else { return };
            let at = self.place(group, host);
            self.groups[group as usize].awaits(host);
            self.plans.add(self.hub.now.saturating_add(start_up), Act::Up { at, then: None });
        }
    }

    pub(super) fn place(&self, group: u32, host: u32) -> Place {
        Place { group, host, life: self.groups[group as usize].hosts[host as usize].life }
    }

    /// When a host will have been asked so often from now on; `None` if it is known at once.
    fn check(&self, at: Place, times: impl Fn(&super::super::program::HealthSpec) -> u32) -> Option<u64> {
        let fleet = self.fleet(at.group)?;
        let health = fleet.health.as_ref()?;
        let phase = Draw::new(derive(self.plans.key, u64::from(fleet.site)), u64::from(at.host)).uniform();
        let phase = (phase * health.interval as f64) as u64;
        let since = (self.hub.now + health.interval - phase) % health.interval;
        let first = self.hub.now + health.interval - since;
        Some(first + health.interval * u64::from(times(health) - 1))
    }

    /// A host is up: its pools open what they keep, its workers look for jobs.
    pub(super) fn host_up(&mut self, at: Place, then: Option<super::Roll>) {
        let (group, now) = (at.group as usize, self.hub.now);
        if !self.groups[group].comes_up(at.host, at.life, now) {
            // It has come up for another reason; a deployment goes on with the next.
            return then.into_iter().for_each(|roll| self.plans.add(now, Act::Drain { group: at.group, roll }));
        }
        self.machines_are(at.group, at.host, true);
        for index in self.own_permits(at.group, at.host) {
            self.slots[index].wake(&mut self.ceilings, now);
            self.touch_slots(index);
        }
        self.workers_of_return(at.group, &self.processes_of(at.group, at.host));
        self.recount(at.group);
        let at = self.place(at.group, at.host);
        let listed = self.groups[group].takes(at.host);
        match self.check(at, |health| health.healthy).filter(|_| !listed) {
            Some(instant) => self.plans.add(instant, Act::In { at, then }),
            None => self.host_in(at, then),
        }
    }

    pub(super) fn host_out(&mut self, at: Place) {
        let state = &mut self.groups[at.group as usize];
        if state.hosts[at.host as usize].life == at.life {
            state.unlist(at.host);
        }
    }

    pub(super) fn host_in(&mut self, at: Place, then: Option<super::Roll>) {
        let state = &mut self.groups[at.group as usize];
        let host = &state.hosts[at.host as usize];
        if host.life == at.life && !host.leaving {
            state.list(at.host);
        }
        if let Some(roll) = then {
            self.plans.add(self.hub.now, Act::Drain { group: at.group, roll });
        }
    }

    /// The next host of a rolling deployment takes no more requests and jobs.
    pub(super) fn drain(&mut self, group: u32, roll: super::Roll) {
        let state = &self.groups[group as usize];
        let next = |&host: &u32| host >= roll.host && state.hosts[host as usize].serves();
        let Some(host) = state.up_hosts().into_iter().find(next) else { return };
        self.groups[group as usize].unlist(host);
        self.workers_leave(group, &self.processes_of(group, host));
        let until = self.hub.now.saturating_add(roll.drain);
        self.drained(group, super::Roll { host, ..roll }, until);
    }

    /// Whether a host is being drained.
    pub(super) fn drains(&self, group: u32, host: u32) -> bool {
        self.plans
            .acts
            .values()
            .any(|act| matches!(act, Act::Drained { group: of, roll, .. } if *of == group && roll.host == host))
    }

    /// Stops a host if it has nothing left to do or its time is over.
    pub(super) fn drained(&mut self, group: u32, roll: super::Roll, until: u64) {
        let now = self.hub.now;
        if now < until && !self.on_hosts(group, &[roll.host]).is_empty() {
            let next = now.saturating_add(LOOK).min(until);
            return self.plans.add(next, Act::Drained { group, roll, until });
        }
        self.kill(group, &[roll.host]);
        self.groups[group as usize].awaits(roll.host);
        self.recount(group);
        let (at, then) = (self.place(group, roll.host), super::Roll { host: roll.host + 1, ..roll });
        self.plans.add(now.saturating_add(roll.start_up), Act::Up { at, then: Some(then) });
    }

    /// Hosts die with all that runs on them.
    pub(super) fn kill(&mut self, group: u32, hosts: &[u32]) {
        let (state, now) = (&mut self.groups[group as usize], self.hub.now);
        let dying: Vec<u32> = hosts.iter().copied().filter(|&host| state.goes_down(host, now)).collect();
        dying.iter().for_each(|&host| self.workers_leave(group, &self.processes_of(group, host)));
        let down = self.fleet(group).map_or(0, |fleet| fleet.down);
        self.take_away(self.on_hosts(group, &dying), down);
        for &host in &dying {
            self.own_permits(group, host).into_iter().for_each(|index| self.shut(index));
            self.forget_memory(group, host);
            self.machines_are(group, host, false);
        }
    }

    /// The machine of a host and its links go, or others come.
    fn machines_are(&mut self, group: u32, host: u32, there: bool) {
        let program = self.hub.program;
        let fleet = program.groups[group as usize].fleet.iter();
        fleet.flat_map(|fleet| &fleet.machines).for_each(|first| self.machine_is(first + host, there));
    }

    pub(super) fn processes_of(&self, group: u32, host: u32) -> Range<u32> {
        let processes = self.hub.program.groups[group as usize].processes;
        host * processes..(host + 1) * processes
    }

    /// The workers of all queues on some processes take no more jobs.
    pub(super) fn workers_leave(&mut self, group: u32, processes: &Range<u32>) {
        for queue in 0..self.queues.len() {
            let spec = &self.hub.program.queues[queue];
            if spec.group == group {
                self.queues[queue].leave(spec, processes.clone());
                self.plan_look(queue);
            }
        }
    }

    /// And look for jobs again.
    pub(super) fn workers_of_return(&mut self, group: u32, processes: &Range<u32>) {
        for queue in 0..self.queues.len() {
            if self.hub.program.queues[queue].group == group {
                self.workers_return(queue, processes);
            }
        }
    }

    /// All idle permits close, and those that are being opened; none is opened any more.
    pub(super) fn shut(&mut self, index: usize) {
        let now = self.hub.now;
        for permit in self.slots[index].shut(&mut self.ceilings, now) {
            if permit.behind != NEVER {
                self.loan_ends(index, permit.behind);
            }
        }
        if let Some(row) = self.slots[index].row {
            self.hub.calendar.set(row, self.slots[index].due(&self.hub.requests).max(now));
        }
    }

    /// The slots of which this host or its processes have their own.
    fn own_permits(&self, group: u32, host: u32) -> Vec<usize> {
        let spec = &self.hub.program.groups[group as usize];
        let of = |target: &super::super::program::Target| {
            let (first, count) = match target.by {
                By::One => (0, 0),
                By::Host => (host, 1),
                By::Process => (host * spec.processes, spec.processes),
            };
            (target.base + first..target.base + first + count).map(|index| index as usize)
        };
        spec.fleet.iter().flat_map(|fleet| fleet.permits.iter().flat_map(of)).collect()
    }
}
