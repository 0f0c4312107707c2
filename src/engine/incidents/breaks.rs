//! Connections that break because their far side is no more, and far sides with faults.
//!
//! What runs over a broken connection fails at once; who holds one and does something else finds out with its next
//! statement. Nobody connects until the far side is back.

use super::super::calendar::NEVER;
use super::super::kernel::World;
use super::super::program::{BreakSpec, FaultSpec, Incident};

use super::super::requests::RequestId;
use super::Act;

impl World<'_> {
    /// Everything breaks that leads to a far side.
    pub(super) fn breaks(&mut self, index: u32, spec: &BreakSpec) {
        if let Some(ceiling) = spec.ceiling {
            self.ceilings[ceiling as usize].most = 0;
            self.plans.under_way.push(index);
        }
        spec.alarms.iter().for_each(|&alarm| self.stop_all(alarm as usize, spec.cause));
        self.break_locks(spec);
        for &slots in &spec.slots {
            self.break_slots(slots as usize, spec);
        }
        spec.clients.iter().for_each(|&slots| self.break_clients(slots as usize));
        self.open_for_those_left();
        if let Some(lasts) = spec.lasts {
            self.plans.add(self.hub.now.saturating_add(lasts), Act::Ends(index));
        }
    }

    /// Connections are accepted again, unless it has broken once more.
    pub(super) fn mends(&mut self, spec: &BreakSpec) {
        let planned = &self.hub.program.incidents.planned;
        let same = |other: &u32| match &planned[*other as usize].1 {
            Incident::Break(other) => other.ceiling == spec.ceiling,
            _ => false,
        };
        if let Some(ceiling) = spec.ceiling
            && !self.plans.under_way.iter().any(same)
        {
            self.ceilings[ceiling as usize].most = self.hub.program.ceilings[ceiling as usize];
        }
    }

    /// What is held is held no more. Who waits for a row has been stopped.
    fn break_locks(&mut self, spec: &BreakSpec) {
        if spec.scopes.is_empty() {
            return;
        }
        let live = self.hub.requests.live();
        for id in (0..self.hub.requests.places()).filter(|&id| live[id as usize]) {
            spec.scopes.iter().for_each(|&scope| self.unlock(id, scope));
        }
    }

    fn break_slots(&mut self, index: usize, spec: &BreakSpec) {
        let (slots, now) = (&mut self.slots[index], self.hub.now);
        let (idle, refused) = match spec.ceiling {
            Some(_) => slots.break_all(&mut self.ceilings, now),
            None => (slots.close_idle(&mut self.ceilings, now), Vec::new()),
        };
        debug_assert!(idle.iter().all(|permit| permit.behind == NEVER), "they lead to it themselves");
        refused.into_iter().for_each(|id| self.refused(index, id, spec.cause));
        self.open_anew(index);
    }

    /// Of permits with a broken one behind them, the ones that are idle close, and the others are closed when they are given
    /// back.
    fn break_clients(&mut self, index: usize) {
        let (slots, now) = (&mut self.slots[index], self.hub.now);
        let Some(behind) = slots.spec.behind else { return };
        let mut broken = 0;
        for permit in slots.tracks.iter_mut().flat_map(|tracks| tracks.held()).filter(|permit| permit.behind != NEVER) {
            (permit.behind, permit.spoiled) = (NEVER, true);
            broken += 1;
        }
        while slots.close_linked(&mut self.ceilings, now).is_some() {
            broken += 1;
        }
        let servers = &mut self.slots[behind as usize];
        for _ in 0..broken {
            servers.tracks.iter_mut().for_each(|tracks| tracks.lent -= 1);
            servers.close_used(&mut self.ceilings, now);
        }
        self.open_anew(index);
        self.open_anew(behind as usize);
    }

    /// A far side has the faults that are under way.
    pub(super) fn set_faults(&mut self, spec: &FaultSpec) {
        let (planned, now) = (&self.hub.program.incidents.planned, self.hub.now);
        let (mut good, mut left) = (1.0, 1.0);
        for &other in &self.plans.under_way {
            if let Incident::Fault(other) = &planned[other as usize].1
                && other.place == spec.place
            {
                good *= 1.0 - other.rate;
                left *= other.left;
            }
        }
        self.plans.faults[spec.place as usize] = 1.0 - good;
        if let Some(meter) = spec.meter {
            self.guards.meters[meter as usize].leave(left, now);
        }
        if let Some(index) = spec.slots {
            let whole = f64::from(self.hub.program.slots[index as usize].max);
            self.slots[index as usize].allow((whole * left).round().max(1.0) as u32, &mut self.ceilings, now);
            self.open_for_those_left();
        }
    }

    /// Whether an attempt meets a fault.
    pub(in crate::engine) fn is_faulty(&self, id: RequestId, place: u16, site: u32) -> bool {
        let rate = self.plans.faults[usize::from(place)];
        rate > 0.0 && self.hub.requests[id].draw(site).uniform() < rate
    }
}
