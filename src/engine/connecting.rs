//! What happens at permits of itself, and those who open them.
//!
//! Opening a permit takes its time. Where it is work besides, an agent does it, a request that nobody waits
//! for; who wanted the permit waits as long as its patience lasts. When that is over the agent works on.

use super::kernel::World;
use super::requests::{NONE, RequestId};
use super::slots::Happened;

/// Permits that agents open.
#[derive(Debug, Default)]
pub struct Connecting {
    /// To be sent out.
    pub begun: Vec<Begun>,
    /// The agents at work, and for whom; [`NONE`]: for whoever is first in line.
    at_work: Vec<(RequestId, RequestId)>,
}

/// An agent to be sent out: its luck, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    pub key: u64,
    pub salt: u64,
    pub whom: RequestId,
}

impl Connecting {
    /// An agent is done: for whom, if that one still waits.
    pub fn done(&mut self, agent: RequestId) -> Option<RequestId> {
        let place = self.at_work.iter().position(|&(at_work, _)| at_work == agent)?;
        Some(self.at_work.swap_remove(place).1)
    }

    /// Nobody waits for this one's permit any more.
    pub fn forget(&mut self, whom: RequestId) {
        debug_assert!(whom != NONE);
        self.at_work.retain(|&(_, waits)| waits != whom);
    }

    /// Nobody wants any of the permits that are being opened.
    pub fn forget_all(&mut self) {
        self.at_work.clear();
    }
}

impl World<'_> {
    /// Those who are to open permits begin, if there are any.
    #[inline(always)]
    pub(super) fn connect(&mut self, index: usize) {
        if self.slots[index].connecting.is_some() {
            self.send_out(index);
        }
    }

    #[cold]
    fn send_out(&mut self, index: usize) {
        let slots = &mut self.slots[index];
        let (Some(connecting), Some(start)) = (&mut slots.connecting, slots.spec.connect) else { return };
        for begun in std::mem::take(&mut connecting.begun) {
            let (id, agent) = self.hub.launch_branch();
            (agent.key, agent.salt, agent.owner, agent.pc) = (begun.key, begun.salt, index as u32, start);
            connecting.at_work.push((id, begun.whom));
        }
    }

    /// An agent has opened a permit; it is over.
    pub(super) fn permit_opened(&mut self, agent: RequestId) {
        let index = self.hub.requests[agent].owner as usize;
        self.hub.discard_branch(agent);
        let (slots, requests, now) = (&mut self.slots[index], &mut self.hub.requests, self.hub.now);
        let happened = slots.connected(requests, &mut self.ceilings, &self.hub.program.laws, (agent, now));
        self.happened(index, happened);
    }

    /// Something may be due at permits.
    pub(super) fn permits_act(&mut self, index: usize) {
        let (slots, requests, now) = (&mut self.slots[index], &mut self.hub.requests, self.hub.now);
        let happened = if slots.due(requests) <= now {
            slots.happen(requests, &mut self.ceilings, &self.hub.program.laws, now)
        } else {
            Happened::Nothing
        };
        self.happened(index, happened);
    }

    fn happened(&mut self, index: usize, happened: Happened) {
        match happened {
            Happened::Granted(id) => self.granted(index, id),
            Happened::GaveUp(id, cause) => {
                let unserved = self.slots[index].unserved(&mut self.hub.requests, self.hub.now);
                self.refused(index, id, cause);
                unserved.into_iter().for_each(|next| self.open_for(index, next));
            }
            Happened::Closed(permit) => self.was_closed(index, permit),
            Happened::Nothing => {}
        }
        self.connect(index);
        let slots = &self.slots[index];
        if let Some(row) = slots.row {
            self.hub.calendar.set(row, slots.due(&self.hub.requests).max(self.hub.now));
        }
    }

    /// Something may happen earlier at permits. If it happens later, nobody needs to know: the row
    /// then wakes in vain.
    #[inline(always)]
    pub fn touch_slots(&mut self, index: usize) {
        let slots = &self.slots[index];
        if let Some(row) = slots.row {
            // What has been due for a while, such as one idle too many, happens now: time does not run back.
            self.hub.calendar.bring_forward(row, slots.due(&self.hub.requests).max(self.hub.now));
        }
    }
}
