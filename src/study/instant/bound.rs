//! How many requests can be answered in a span, whatever the state of the system decides.
//!
//! Requests take of a resource and of their users' time. In `T` seconds a resource gives at most `C T` and users have
//! at most `U`; so for each weight `a >= 0`, with `w` what a request takes of the resource and `t` of its user's time,
//! `requests x E[w / (C T) + a t / U] <= 1 + a` (utilisation and Little's law added up; Denning & Buzen 1978). With
//! `a = 0` that is servers / demand, with a large one `N / (D + Z)`, and between them it also holds where a request may
//! pay with time instead of work, as one that waits in vain does. The lowest over all resources and weights counts.

use super::Instrument;
use super::least::{Cost, Weights};
use super::load::{Ask, SURE};
use super::resources::{Capacity, Use};
use super::walk::Need;
use crate::engine::program::SourceKind;

/// What cannot be passed in a span.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Limit {
    /// Requests, with what is under way at the beginning and all that chance may do but once in a thousand million times.
    pub most: f64,
    /// Requests per second in the long run.
    pub per_s: f64,
    /// The resource that sets it; empty if it is the users' own time.
    pub resource: String,
}

/// Weights of users' time against that of a resource.
const WEIGHTS: [f64; 7] = [0.02, 0.08, 0.25, 0.5, 1.0, 2.5, 8.0];

/// Resources that are looked at, those with the least to spare first.
const LOOKED_AT: usize = 3;

/// The bound for a span, all scenarios together.
pub(super) fn limit(of: &Instrument, asks: &[Ask], span: (f64, f64)) -> Limit {
    let (from, to) = span;
    let seconds = to - from;
    let time: f64 = asks.iter().map(|ask| ask.time_high).sum();
    let before = under_way(of, asks, from);
    let mut limit = of_users(of, asks, span);
    if time <= 0.0 {
        return limit;
    }
    for capacity in of.tightest(LOOKED_AT) {
        // The least cost is not above that of the usual way.
        if usual(of, asks, capacity) * seconds > limit.most {
            continue;
        }
        let gives = 1.0 / (capacity.most * seconds + capacity.once);
        for weight in WEIGHTS {
            let weights = Weights { time: weight / time, ..of.weights(capacity, gives) };
            let Some(cost) = per_request(of, asks, &weights) else { continue };
            lower(&mut limit, (cost, 1.0 + weight), before, seconds, &capacity.name);
        }
    }
    limit
}

/// What the users' own time and the arrivals allow.
fn of_users(of: &Instrument, asks: &[Ask], (from, to): (f64, f64)) -> Limit {
    let seconds = to - from;
    let before = under_way(of, asks, from);
    let begun: f64 = asks.iter().zip(&of.needs).map(|(ask, need)| begun(ask, need)).sum();
    let mut limit = Limit { most: begun + before, per_s: begun / seconds, resource: String::new() };
    let time: f64 = asks.iter().map(|ask| ask.time_high).sum();
    if time > 0.0 {
        let cost = per_request(of, asks, &Weights { time: 1.0 / time, ..of.nothing() });
        cost.into_iter().for_each(|cost| lower(&mut limit, (cost, 1.0), before, seconds, ""));
    }
    limit
}

/// A limit that is surely not above that of [`limit`] by more than chance, and costs nothing: demands of the usual way.
pub(super) fn hardest(of: &Instrument, asks: &[Ask], span: (f64, f64)) -> Limit {
    let limit = of_users(of, asks, span);
    let rates = of.tightest(1).into_iter().map(|capacity| (usual(of, asks, capacity), capacity));
    rates.fold(limit, |limit, (rate, capacity)| {
        let most = rate * (span.1 - span.0);
        if most < limit.most { Limit { most, per_s: rate, resource: capacity.name.clone() } } else { limit }
    })
}

/// Requests per second that a resource passes by the usual way, of the scenario that needs least of it.
fn usual(of: &Instrument, asks: &[Ask], capacity: &Capacity) -> f64 {
    let asking = of.needs.iter().zip(asks).filter(|(_, ask)| ask.time_high > 0.0);
    asking.map(|(need, _)| capacity.most * need.requests / capacity.demand(need)).fold(0.0, f64::max)
}

fn lower(limit: &mut Limit, (cost, budget): (Cost, f64), before: f64, seconds: f64, resource: &str) {
    let per_s = if cost.mean > 0.0 { budget / cost.mean / seconds } else { f64::INFINITY };
    if per_s < limit.per_s {
        (limit.per_s, limit.resource) = (per_s, resource.to_owned());
    }
    limit.most = limit.most.min(count(cost, budget) + before);
}

/// Requests that may be answered in a span and had their work before it, or have not had all of it.
fn under_way(of: &Instrument, asks: &[Ask], from: f64) -> f64 {
    let one = |(ask, need): (&Ask, &Need)| {
        let none = from <= 0.0 && one_request(need) && ask.begun_high.is_finite();
        if none { 0.0 } else { ask.users * need.most_requests }
    };
    asks.iter().zip(&of.needs).map(one).sum()
}

fn begun(ask: &Ask, need: &Need) -> f64 {
    if need.polls { f64::INFINITY } else { ask.begun_high * need.most_requests }
}

/// Whether an iteration is one request.
fn one_request(need: &Need) -> bool {
    need.most_requests <= 1.0 && !need.polls
}

/// The least cost of a request, of the cheapest scenario that asks for anything.
fn per_request(of: &Instrument, asks: &[Ask], weights: &Weights) -> Option<Cost> {
    let costs = of.least.costs(&of.graph, weights, &of.program.endpoints);
    let all = (0..of.needs.len()).filter(|&scenario| asks[scenario].time_high > 0.0);
    all.map(|scenario| of_scenario(of, scenario, &costs, weights)).reduce(Cost::or)
}

fn of_scenario(of: &Instrument, scenario: usize, costs: &[Cost], weights: &Weights) -> Cost {
    let need = &of.needs[scenario];
    let timeout = weights.time * of.program.sources[scenario].timeout as f64 / super::graph::NS;
    // The client may give up those that would cost more: E[min(x, b)] >= E[x] - E[x²] / 4b.
    let cost = |endpoint: usize| {
        let Cost { mean, root } = costs[endpoint];
        Cost { mean: (mean - root * root / (4.0 * timeout)).clamp(0.0, timeout), root }
    };
    let used = || (0..costs.len()).filter(|&endpoint| need.endpoints[endpoint] > 0.0);
    if need.polls || need.stops {
        // How many requests an iteration has depends on the system.
        return used().map(cost).reduce(Cost::or).unwrap_or_default();
    }
    let requests = need.requests.max(f64::MIN_POSITIVE);
    // An arrival's request is over before its user thinks.
    let open = matches!(of.program.sources[scenario].kind, SourceKind::Arrivals { .. });
    let think = if open && one_request(need) { 0.0 } else { weights.time * need.think };
    let mean: f64 = used().map(|e| need.endpoints[e] * cost(e).mean).sum::<f64>() + think;
    let square: f64 = used().map(|e| need.endpoints[e] * cost(e).root.powi(2)).sum();
    let root = (need.most_requests * square).sqrt() + weights.time * need.think_root;
    Cost { mean: mean / requests, root: root / requests.sqrt() }
}

/// The most requests of which each costs this much whose sum may stay within a budget, all but surely: sums of
/// `n` costs that are never negative fall below `n E - t` with a probability of `exp(-t² / 2 n E[x²])` at most (Maurer 2003).
fn count(cost: Cost, budget: f64) -> f64 {
    let Cost { mean, root } = cost;
    if mean <= 0.0 || !root.is_finite() {
        return f64::INFINITY;
    }
    // n E - sqrt(2 n S) root = budget, a quadratic in sqrt(n).
    let spread = (2.0 * SURE).sqrt() * root;
    ((spread + (spread * spread + 4.0 * mean * budget).sqrt()) / (2.0 * mean)).powi(2)
}

impl Instrument {
    pub(super) fn nothing(&self) -> Weights {
        Weights {
            work: vec![0.0; self.program.processor_gauges as usize],
            permits: vec![0.0; self.program.permit_gauges as usize],
            volumes: vec![0.0; self.program.volumes.len()],
            time: 0.0,
        }
    }

    /// Each second of a resource costs `each`.
    pub(super) fn weights(&self, capacity: &Capacity, each: f64) -> Weights {
        let mut weights = self.nothing();
        match &capacity.of {
            Use::Work(gauges) => gauges.iter().for_each(|&gauge| weights.work[gauge] = each),
            Use::Lanes(gauge) => weights.work[*gauge] = each,
            Use::Permits(gauge) => weights.permits[*gauge] = each,
            Use::Volume(volume) => weights.volumes[*volume] = each,
        }
        weights
    }
}
