//! Bytes on the way between clients and hosts: a link in each direction of each host.

use super::flow::Writer;
use super::{Builder, ProcessorKind};
use crate::distribution::Law;
use crate::engine::program::{By, CreditSpec, Discipline, GovernorSpec, Op, ProcessorSpec, Rates, Target};
use crate::model::{Bandwidth, Tier};

/// The links of a tier's hosts.
#[derive(Clone, Copy)]
pub(super) struct LinkPlace {
    pub incoming: Target,
    pub outgoing: Target,
    /// Bytes per second.
    speed: f64,
}

/// What is shared of a link: its bandwidth, as if it were one core.
const LINK: Rates = Rates { cores: 1.0, sigma: 0.0, kappa: 0.0 };

impl Builder<'_> {
    /// `None` where nothing is sent whose size is told, or the network never limits.
    pub(super) fn links(&mut self, index: usize, tier: &Tier) -> Option<LinkPlace> {
        let bandwidth = tier.host.bandwidth?;
        let sends = |bytes: fn(&crate::model::Endpoint) -> f64| {
            self.model.endpoints.iter().any(|endpoint| endpoint.tier as usize == index && bytes(endpoint) > 0.0)
        };
        if !sends(|endpoint| endpoint.request_bytes + endpoint.response_bytes) {
            return None;
        }
        let incoming = self.link(tier, "in", bandwidth);
        let outgoing = self.link(tier, "out", bandwidth);
        Some(LinkPlace { incoming, outgoing, speed: bandwidth.burst })
    }

    fn link(&mut self, tier: &Tier, direction: &str, bandwidth: Bandwidth) -> Target {
        let name = format!("{} {direction}", tier.name);
        let gauge = self.gauge(ProcessorKind::Link, &name, f64::from(tier.count), 0.0);
        let base = self.program.processors.len() as u32;
        let share = bandwidth.base / bandwidth.burst;
        if share >= 1.0 {
            let spec = ProcessorSpec { discipline: Discipline::Shared(LINK), gauge };
            self.program.processors.extend((0..tier.count).map(|_| spec.clone()));
            return Target { base, by: By::Host };
        }
        // What the base leaves over is kept, as much as a burst of full length needs.
        let most = (1.0 - share) * bandwidth.burst_for * 1e9;
        let credits = CreditSpec { baseline: share, start: most, launch: most, most, unlimited: false };
        let machine = self.machine(&name, None, None, f64::from(tier.count));
        for _ in 0..tier.count {
            let governor = self.program.governors.len() as u32;
            let (rates, quotas) = (LINK, vec![f64::INFINITY]);
            self.program.governors.push(GovernorSpec { rates, quotas, credits: Some(credits), gauge: machine });
            let discipline = Discipline::Front { governor, member: 0 };
            self.program.processors.push(ProcessorSpec { discipline, gauge });
        }
        Target { base, by: By::Host }
    }
}

impl Writer<'_, '_> {
    /// The request comes in.
    pub(super) fn receive(&mut self, bytes: f64) {
        if let Some(LinkPlace { incoming, speed, .. }) = self.place.links {
            self.transfer(incoming, bytes / speed, "requests to");
        }
    }

    /// The answer goes out.
    pub(super) fn send(&mut self, bytes: f64) {
        if let Some(LinkPlace { outgoing, speed, .. }) = self.place.links {
            self.transfer(outgoing, bytes / speed, "answers from");
        }
    }

    fn transfer(&mut self, at: Target, seconds: f64, words: &str) {
        let demand = Law::constant(seconds * 1e9);
        if demand.is_zero() {
            return;
        }
        let law = self.b.law(demand);
        let name = &self.tier.name;
        let part =
            self.b.parts(&format!("waiting for the network of {name}"), &format!("{words} {name} on the network"));
        self.b.emit(Op::Work { at, law, site: 0, part });
    }
}
