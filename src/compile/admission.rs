//! What processes let in, as permits before everything else.

use super::flow::Writer;
use super::{Builder, PermitKind};
use crate::engine::program::{
    AcquireSites, AdaptSpec, By, Op, Opening, Order, Patience, SlotCauses, SlotsSpec, Target,
};
use crate::model::{Cause, Tier};

impl Builder<'_> {
    /// A kind of permit of each process; `None` where all are let in.
    pub(super) fn admissions(&mut self, tier: &Tier) -> Option<Target> {
        let admission = tier.admission?;
        let processes = tier.count * tier.processes;
        let adapts = admission.adaptive.map(|adaptive| AdaptSpec {
            slow: super::ns(adaptive.latency),
            backoff: adaptive.backoff.at(self.inputs).clamp(0.0, 1.0),
            min: adaptive.min,
            max: adaptive.max,
        });
        let most = adapts.map_or(admission.in_flight, |adapts| adapts.max);
        let gauge = self.permit(PermitKind::Admission, &tier.name, f64::from(most) * f64::from(processes));
        let full = if admission.backlog == 0 { Cause::Shed } else { Cause::QueueFull } as u8;
        let base = self.program.slots.len() as u32;
        let spec = SlotsSpec {
            max: admission.in_flight,
            min: 0,
            order: Order::Fifo,
            patience: admission.wait.map_or(Patience::Endless, |wait| Patience::Constant(super::ns(wait))),
            idle: None,
            open: None,
            connect: None,
            max_waiters: Some(admission.backlog),
            ceiling: None,
            oldest_first: false,
            life: None,
            opening: Opening::Own,
            reserve: None,
            max_idle: None,
            fragile: false,
            adapts,
            behind: None,
            causes: SlotCauses { timeout: Cause::RequestTimeout as u8, full, refused: full, slow_open: full },
            gauge,
            site: 0,
        };
        self.program.slots.extend((0..processes).map(|_| spec.clone()));
        Some(Target { base, by: By::Process })
    }
}

impl Writer<'_, '_> {
    /// The request is let in; what to do if it is not is to be said.
    pub(super) fn enter(&mut self) -> Option<usize> {
        let at = self.place.admission?;
        let part = self.b.parts(&format!("waiting to be let into {}", self.tier.name), "");
        let sites = AcquireSites { open: 0, patience: 0 };
        Some(self.b.emit(Op::Acquire { at, failed: 0, part, sites }))
    }

    /// And is out again.
    pub(super) fn leave(&mut self) {
        if let Some(at) = self.place.admission {
            self.b.emit(Op::Release { at });
        }
    }
}
