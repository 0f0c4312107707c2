//! What follows from a controller's decision: hosts start, wait for a place, and leave.
//!
//! A host that is not needed takes no more requests and jobs, answers what it has and goes; after its time is over
//! the rest fails. The youngest go first: those without a place, those not ready, those ready last. Numbers of
//! hosts that are gone are used again.

use super::super::kernel::World;
use super::super::program::Controller;
use super::hosts::LOOK;
use super::{Act, Place};
use crate::random::{Draw, derive};

impl World<'_> {
    /// Begins and ends as many hosts as it takes to have those that are asked for.
    pub(in crate::engine) fn reconcile(&mut self, index: usize) {
        let group = self.hub.program.scalers[index].group;
        let there = self.groups[group as usize].hosts.iter().filter(|host| host.is_there()).count() as u32;
        let (have, wanted) = (there + self.scalers[index].unplaced, self.scalers[index].desired.value());
        self.scalers[index].unplaced += wanted.saturating_sub(have);
        for _ in wanted..have {
            self.dismiss(index, group);
        }
        self.place_hosts(index);
        self.recount(group);
        self.plan_incidents();
    }

    /// Hosts without a place begin where there is one; for the others nodes are ordered.
    fn place_hosts(&mut self, index: usize) {
        let (program, now) = (self.hub.program, self.hub.now);
        let spec = &program.scalers[index];
        while self.scalers[index].unplaced > 0 && self.has_room(index) {
            let Some(host) = self.groups[spec.group as usize].free_host() else { break };
            let scaler = &mut self.scalers[index];
            let mut draw = Draw::new(derive(scaler.key, u64::from(spec.sites.start_up)), scaler.launches);
            let takes = program.laws[spec.start_up as usize].sample(&mut draw);
            scaler.unplaced -= 1;
            scaler.launches += 1;
            if let Controller::Pods(_) = spec.controller {
                scaler.forget(host);
            }
            let state = &mut self.groups[spec.group as usize];
            state.awaits(host);
            state.hosts[host as usize].started = now;
            let at = self.place(spec.group, host);
            self.plans.add(now.saturating_add(takes), Act::Up { at, then: None });
        }
        let Some(nodes) = spec.nodes else { return };
        let scaler = &mut self.scalers[index];
        let needed = scaler.unplaced.div_ceil(nodes.hosts).min(nodes.most - scaler.nodes);
        for _ in scaler.coming..needed {
            let mut draw = Draw::new(derive(scaler.key, u64::from(spec.sites.node)), scaler.orders);
            let takes = program.laws[nodes.start_up as usize].sample(&mut draw);
            (scaler.orders, scaler.coming) = (scaler.orders + 1, scaler.coming + 1);
            self.plans.add(now.saturating_add(takes), Act::Node(index as u32));
        }
    }

    fn has_room(&self, index: usize) -> bool {
        let spec = &self.hub.program.scalers[index];
        let Some(nodes) = spec.nodes else { return true };
        let hosts = &self.groups[spec.group as usize].hosts;
        let placed = hosts.iter().filter(|host| host.up || host.awaited).count() as u64;
        placed < u64::from(self.scalers[index].nodes) * u64::from(nodes.hosts)
    }

    pub(super) fn node_comes(&mut self, index: usize) {
        let scaler = &mut self.scalers[index];
        (scaler.nodes, scaler.coming) = (scaler.nodes + 1, scaler.coming - 1);
        self.place_hosts(index);
        self.recount(self.hub.program.scalers[index].group);
    }

    /// One host less.
    fn dismiss(&mut self, index: usize, group: u32) {
        if self.scalers[index].unplaced > 0 {
            self.scalers[index].unplaced -= 1;
            return;
        }
        let state = &mut self.groups[group as usize];
        let hosts = || (0u32..).zip(&state.hosts);
        let starting = hosts().filter(|(_, host)| host.awaited).max_by_key(|(number, host)| (host.started, *number));
        if let Some((host, _)) = starting {
            return state.forgoes(host);
        }
        let youngest = hosts().filter(|(_, host)| host.serves()).max_by_key(|(number, host)| (host.changed, *number));
        let Some((host, _)) = youngest else { return };
        state.hosts[host as usize].leaving = true;
        state.unlist(host);
        self.workers_leave(group, &self.processes_of(group, host));
        let until = self.hub.now.saturating_add(self.hub.program.scalers[index].grace);
        self.plans.add(self.hub.now, Act::Leaving { at: self.place(group, host), until });
    }

    /// A host that leaves goes if it has nothing left to do or its time is over.
    pub(super) fn leaving(&mut self, at: Place, until: u64) {
        let (now, state) = (self.hub.now, &self.groups[at.group as usize]);
        if state.hosts[at.host as usize].life != at.life {
            return;
        }
        // Who has not been answered is counted; all else that runs there takes a look at everything.
        let busy = || state.outstanding[at.host as usize] > 0 || !self.on_hosts(at.group, &[at.host]).is_empty();
        if now < until && busy() {
            return self.plans.add(now.saturating_add(LOOK).min(until), Act::Leaving { at, until });
        }
        self.kill(at.group, &[at.host]);
        if let Some(index) = self.fleet(at.group).and_then(|fleet| fleet.scaler) {
            self.place_hosts(index as usize);
        }
        self.recount(at.group);
    }

    /// Hosts of a controlled group have come or gone.
    pub(super) fn recount(&mut self, group: u32) {
        let Some(index) = self.fleet(group).and_then(|fleet| fleet.scaler) else { return };
        let (scaler, now) = (&mut self.scalers[index as usize], self.hub.now);
        let hosts = &self.groups[group as usize].hosts;
        let (up, awaited) = (hosts.iter().filter(|host| host.up), hosts.iter().filter(|host| host.awaited));
        let (up, awaited) = (up.count() as u32, awaited.count() as u32);
        scaler.there.set(up + awaited, now);
        scaler.pending.set(awaited + scaler.unplaced, now);
    }
}
