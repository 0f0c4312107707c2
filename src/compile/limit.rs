//! Rate limits as meters: our own before the steps of an endpoint, and those of APIs.

use super::flow::Writer;
use super::station::by;
use super::{Builder, MeterKind, MeterLabel, law::law, ns};
use crate::engine::meter::{MeterSpec, RATE_STEP, Rule};
use crate::engine::program::{Op, Target};
use crate::model::{Cause, Endpoint, Limit, RateLimit, RateRule};

/// Where a limit stands: its meters, per tier.
pub(super) struct LimitPlace {
    meters: Vec<Target>,
}

impl Builder<'_> {
    pub(super) fn limits(&mut self, delay: Target) -> Vec<LimitPlace> {
        let model = self.model;
        let place = |(index, limit): (u32, &Limit)| {
            let asks =
                |endpoint: &Endpoint, tier: usize| endpoint.tier as usize == tier && endpoint.limit == Some(index);
            let uses = |tier: usize| model.endpoints.iter().any(|endpoint| asks(endpoint, tier));
            let (by, users) = (by(limit.scope), model.copies(limit.scope, uses));
            let words = format!("waiting for limit {}", limit.name);
            let copies = users.iter().sum();
            let base = self.meters(MeterKind::Inbound, &limit.name, &limit.rate, copies, (delay, &words));
            LimitPlace { meters: self.targets(base, by, &users) }
        };
        (0..).zip(&model.limits).map(place).collect()
    }

    /// Copies of a rate limit; the index of the first.
    pub(super) fn meters(
        &mut self,
        kind: MeterKind,
        name: &str,
        limit: &RateLimit,
        copies: u32,
        (delay, words): (Target, &str),
    ) -> u32 {
        let base = self.program.guards.meters.len() as u32;
        let counter = self.program.counters;
        self.program.counters += 2;
        let rate = limit.rule.rate() * f64::from(copies);
        self.labels.meters.push(MeterLabel { kind, name: name.to_owned(), counter: counter as usize, rate });
        let rule = match limit.rule {
            RateRule::Bucket { rate, burst } => Rule::Bucket { gain: (rate / RATE_STEP).round() as u64, burst },
            RateRule::Window { limit, length } => Rule::Window { length: ns(length).max(1), limit },
        };
        let part = if limit.wait > 0.0 { self.parts("", words) } else { 0 };
        let spec = MeterSpec { rule, patience: ns(limit.wait), delay, part, counter };
        self.program.guards.meters.extend((0..copies).map(|_| spec));
        base
    }
}

impl Writer<'_, '_> {
    /// Asks the endpoint's own rate limit.
    pub(super) fn limit(&mut self, limit: Option<u32>) {
        let Some(index) = limit else { return };
        let limit = &self.b.model.limits[index as usize];
        if !law(&limit.cpu, self.b.inputs, 1.0).is_zero() {
            self.cpu(&limit.cpu);
        }
        let at = self.stations.limits[index as usize].meters[self.tier_index];
        let spend = self.b.emit(Op::Spend { at, cost: 1, cause: Cause::RateLimited as u8, failed: 0 });
        self.failing.push(spend);
        if limit.rate.wait > 0.0 {
            self.turn();
        }
    }
}
