//! Calls of external APIs as breakers, permits, races and delays.
//!
//! An attempt is: leave from the breaker, a socket, the far side's work (its rate limit, its
//! concurrency, the latency, perhaps an error) against the time-out, and the report of how it went.
//! The far side's work is a child, so that it goes on when the time-out has passed. Sending costs our
//! side nothing; on an event loop the answer needs its turn.

use super::flow::Writer;
use super::retry::REGISTERS;
use super::station::by;
use super::{ApiLabel, Builder, CompileError, MeterKind, PermitKind, ns};
use crate::engine::breaker::{BreakerSpec, BreakerWindow, BudgetSpec, MILLI, SHARE};
use crate::engine::guards::AttemptSpec;
use crate::engine::program::{AcquireSites, Opening, Patience};
use crate::engine::program::{By, Op, Order, SlotCauses, SlotsSpec, Target};
use crate::model::{Api, ApiRetry, Call, Cause, Station, Step, Window};

/// Sockets open at once, and nobody is impatient.
const NO_CHANCE: AcquireSites = AcquireSites { open: 0, patience: 0 };

/// Where an API stands in the program.
pub(super) struct ApiPlace {
    /// The far side's rate limit and concurrency.
    pub meter: Option<Target>,
    pub far_side: Option<Target>,
    /// Per tier.
    sockets: Option<Vec<Target>>,
    attempts: Vec<u16>,
    /// Counts calls.
    counter: u32,
    /// Where its latency passes.
    pub delay: Target,
    /// Its place among those that may have faults.
    pub faults: Option<u16>,
}

impl Builder<'_> {
    pub(super) fn apis(&mut self, delay: Target) -> Vec<ApiPlace> {
        let model = self.model;
        (0..).zip(&model.apis).map(|(index, api)| self.api(index, api, delay)).collect()
    }

    fn api(&mut self, index: u32, api: &Api, delay: Target) -> ApiPlace {
        let uses = |tier: usize| self.model.flows_on(tier).any(|steps| calls(steps, index));
        let (by, users) = (by(api.scope), self.model.copies(api.scope, uses));
        let total: u32 = users.iter().sum();
        let words = format!("waiting for the rate limit of {}", api.name);
        let faults = self.faults_of(index);
        let meter = api.rate_limit.as_ref().map(|limit| {
            let base = self.meters(MeterKind::Api, &api.name, limit, 1, (delay, &words));
            Target { base, by: By::One }
        });
        let far_side = api.concurrency.map(|concurrency| {
            let base = self.attempts_at_once(api, PermitKind::FarSide, concurrency.limit, Some(concurrency.queue), 1);
            self.program.slots[base as usize].fragile = faults.is_some();
            Target { base, by: By::One }
        });
        let sockets = api.sockets.map(|most| {
            let base = self.attempts_at_once(api, PermitKind::Sockets, most, None, total);
            self.targets(base, by, &users)
        });
        let counter = self.program.counters;
        self.program.counters += 2 + self.program.causes;
        let lap = self.program.laps;
        self.program.laps += 1;
        let breakers = api.breaker.is_some().then(|| self.breakers(api, by, &users));
        let budgets = self.budgets(api, by, &users);
        let breaker = breakers.as_ref().map(|_| (self.program.guards.gauges as usize - 1, total));
        let label = ApiLabel { name: api.name.clone(), lap: lap as usize, counter: counter as usize, breaker };
        self.labels.apis.push(label);
        let first = self.program.guards.attempts.len() as u16;
        for tier in 0..self.model.tiers.len() {
            self.program.guards.attempts.push(AttemptSpec {
                lap: lap as u16,
                counter: counter + 1,
                breaker: breakers.as_ref().map(|breakers| breakers[tier]),
                open_cause: Cause::CircuitOpen as u8,
                budget: budgets.as_ref().map(|budgets| budgets[tier]),
            });
        }
        let attempts = (0..self.model.tiers.len() as u16).map(|tier| first + tier).collect();
        let delay = if self.test.slows(Station::Api(index)) { self.delay(true) } else { delay };
        ApiPlace { meter, far_side, sockets, attempts, counter, delay, faults }
    }

    /// Where the copies of each tier begin.
    pub(super) fn targets(&self, base: u32, by: By, users: &[u32]) -> Vec<Target> {
        let mut next = base;
        let mut targets = Vec::new();
        for copies in users {
            targets.push(Target { base: next, by });
            next += copies;
        }
        targets.resize(self.model.tiers.len(), Target { base, by });
        targets
    }

    fn breakers(&mut self, api: &Api, by: By, users: &[u32]) -> Vec<Target> {
        let base = self.program.guards.breakers.len() as u32;
        let gauge = self.program.guards.gauges;
        self.program.guards.gauges += 1;
        let inputs = self.inputs;
        let specs = api.breaker.iter().map(|breaker| BreakerSpec {
            failures: (breaker.failures.at(inputs).clamp(0.0, 1.0) * SHARE as f64).round() as u64,
            minimum: breaker.minimum,
            window: match breaker.window {
                Window::Seconds(seconds) => BreakerWindow::Time(ns(seconds)),
                Window::Calls(calls) => BreakerWindow::Last(calls),
            },
            open: ns(breaker.open),
            trials: breaker.half_open,
            causes: breaker.on.bits(),
            gauge,
        });
        let copies = users.iter().sum::<u32>() as usize;
        self.program.guards.breakers.extend(specs.flat_map(|spec| std::iter::repeat_n(spec, copies)));
        self.targets(base, by, users)
    }

    fn budgets(&mut self, api: &Api, by: By, users: &[u32]) -> Option<Vec<Target>> {
        let retry = api.retry.as_ref()?;
        let budget = retry.budget?;
        let base = self.program.guards.budgets.len() as u32;
        let spec = BudgetSpec {
            most: u64::from(budget.tokens) * MILLI,
            // As gRPC does: what lies beyond the third decimal place is ignored.
            per_success: (budget.per_success * MILLI as f64 + 1e-6).floor() as u64,
            causes: retry.on.bits(),
        };
        let copies = users.iter().sum::<u32>() as usize;
        self.program.guards.budgets.extend(std::iter::repeat_n(spec, copies));
        Some(self.targets(base, by, users))
    }

    /// Permits for attempts at once, `copies` times.
    fn attempts_at_once(&mut self, api: &Api, kind: PermitKind, max: u32, queue: Option<u32>, copies: u32) -> u32 {
        let gauge = self.permit(kind, &api.name, f64::from(max) * f64::from(copies));
        let base = self.program.slots.len() as u32;
        let refused = Cause::ApiRateLimited as u8;
        let causes = SlotCauses { timeout: Cause::ApiTimeout as u8, full: refused, refused, slow_open: refused };
        let spec = SlotsSpec {
            max,
            min: 0,
            order: Order::Fifo,
            patience: Patience::Endless,
            idle: None,
            open: None,
            connect: None,
            max_waiters: queue,
            ceiling: None,
            oldest_first: false,
            life: None,
            opening: Opening::Own,
            reserve: None,
            max_idle: None,
            fragile: false,
            adapts: None,
            behind: None,
            causes,
            gauge,
            site: 0,
        };
        self.program.slots.extend((0..copies).map(|_| spec.clone()));
        base
    }
}

impl Writer<'_, '_> {
    /// A call: all its attempts, against the deadline if there is one.
    pub(super) fn call(&mut self, call: &Call) -> Result<(), CompileError> {
        let counter = self.stations.apis[call.api as usize].counter;
        let outside = std::mem::take(&mut self.failing);
        if let Some(seconds) = call.deadline {
            let race = self.b.race(seconds);
            let start = self.b.emit(Op::Race { race, cause: Cause::Deadline as u8, failed: 0 });
            self.child(start, |writer| writer.attempts(call))?;
            self.turn();
        } else {
            self.attempts(call)?;
        }
        self.b.emit(Op::Count { counter });
        let inside = std::mem::replace(&mut self.failing, outside);
        if !inside.is_empty() {
            let over = self.b.emit(Op::Jump { to: 0 });
            self.land_at(&inside);
            self.turn();
            self.b.emit(Op::Count { counter });
            let away = self.b.emit(Op::Jump { to: 0 });
            self.failing.push(away);
            self.land_at(&[over]);
        }
        Ok(())
    }

    /// One child that begins at once, without a turn, and what comes behind it.
    fn child(
        &mut self,
        start: usize,
        write: impl FnOnce(&mut Self) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        self.failing.push(start);
        let into = self.b.emit(Op::Jump { to: 0 });
        let over = self.b.emit(Op::Jump { to: 0 });
        self.branch(into, write)?;
        self.land_at(&[over]);
        Ok(())
    }

    fn attempts(&mut self, call: &Call) -> Result<(), CompileError> {
        let model = self.b.model;
        match &model.apis[call.api as usize].retry {
            Some(retry) => self.retried(call, retry),
            None => self.hedged(call),
        }
    }

    fn retried(&mut self, call: &Call, retry: &ApiRetry) -> Result<(), CompileError> {
        if self.loops == REGISTERS {
            return Err(CompileError(format!("a call nests in more than {} retries", REGISTERS - 1)));
        }
        let register = self.loops as u8;
        let wait = self.backoff(&retry.backoff);
        self.b.emit(Op::Enter { register });
        let begin = self.b.emit(Op::Jump { to: 0 });
        let again = self.b.here();
        self.turn();
        self.land_at(&[begin]);
        let outside = std::mem::take(&mut self.failing);
        self.loops += 1;
        self.hedged(call)?;
        self.loops -= 1;
        self.b.emit(Op::Leave { register });
        let over = self.b.emit(Op::Jump { to: 0 });
        self.land();
        self.failing = outside;
        let afford = retry.budget.map(|_| {
            let attempt = self.attempt_of(call);
            self.b.emit(Op::Afford { attempt, failed: 0 })
        });
        let attempts = retry.attempts.min(255) as u8;
        let retry = self.b.emit(Op::Again { register, attempts, wait, on: retry.on.bits(), again, failed: 0 });
        self.failing.push(retry);
        let gone = self.b.emit(Op::Jump { to: 0 });
        if let Some(afford) = afford {
            self.land_at(&[afford]);
            self.b.emit(Op::Leave { register });
            let away = self.b.emit(Op::Jump { to: 0 });
            self.failing.push(away);
        }
        self.land_at(&[over, gone]);
        Ok(())
    }

    fn hedged(&mut self, call: &Call) -> Result<(), CompileError> {
        let api = &self.b.model.apis[call.api as usize];
        let Some(hedge) = api.hedge else { return self.attempt(call, true) };
        let race = self.b.race(hedge.after);
        let part = self.b.parts("", &format!("waiting before a hedged attempt at {}", api.name));
        let start = self.b.emit(Op::Hedge { race, most: hedge.most as u16, part, failed: 0 });
        self.child(start, |writer| writer.attempt(call, false))?;
        self.turn();
        Ok(())
    }

    fn attempt_of(&self, call: &Call) -> u16 {
        self.stations.apis[call.api as usize].attempts[self.tier_index]
    }

    /// One attempt. `turns`: its answer needs a turn on the event loop; that of a child comes later.
    fn attempt(&mut self, call: &Call, turns: bool) -> Result<(), CompileError> {
        let attempt = self.attempt_of(call);
        let api = &self.b.model.apis[call.api as usize];
        let outside = std::mem::take(&mut self.failing);
        let admit = api.breaker.map(|_| self.b.emit(Op::Admit { attempt, failed: 0 }));
        self.b.emit(Op::Mark);
        let sockets = self.stations.apis[call.api as usize].sockets.as_ref().map(|tiers| tiers[self.tier_index]);
        if let Some(at) = sockets {
            let part = self.b.parts(&format!("waiting for a socket to {}", api.name), "");
            // Nobody is refused here.
            self.b.emit(Op::Acquire { at, failed: 0, part, sites: NO_CHANCE });
        }
        if let Some(seconds) = call.timeout {
            let race = self.b.race(seconds);
            let start = self.b.emit(Op::Race { race, cause: Cause::ApiTimeout as u8, failed: 0 });
            self.child(start, |writer| {
                writer.far_side(call);
                Ok(())
            })?;
        } else {
            self.far_side(call);
        }
        let end = |writer: &mut Self, failed: bool| {
            if turns {
                writer.turn();
            }
            if let Some(at) = sockets {
                writer.b.emit(Op::Release { at });
            }
            writer.b.emit(Op::Report { attempt, failed });
        };
        end(self, false);
        let over = self.b.emit(Op::Jump { to: 0 });
        self.land();
        end(self, true);
        let away = self.b.emit(Op::Jump { to: 0 });
        self.failing = outside;
        self.failing.push(away);
        self.failing.extend(admit);
        self.land_at(&[over]);
        Ok(())
    }

    /// What the far side does with an attempt; it knows nothing of event loops of ours.
    fn far_side(&mut self, call: &Call) {
        let api = &self.b.model.apis[call.api as usize];
        let place = &self.stations.apis[call.api as usize];
        let (meter, permits) = (place.meter, place.far_side);
        let cause = Cause::ApiRateLimited as u8;
        let mut refused = Vec::new();
        if let Some(at) = meter {
            refused.push(self.b.emit(Op::Spend { at, cost: call.cost, cause, failed: 0 }));
        }
        if let Some(at) = permits {
            let part = self.b.parts(&format!("waiting at {}", api.name), "");
            refused.push(self.b.emit(Op::Acquire { at, failed: 0, part, sites: NO_CHANCE }));
        }
        self.latency(call, &api.name);
        if let Some(at) = permits {
            self.b.emit(Op::Release { at });
        }
        let rate = call.errors.at(self.b.inputs).clamp(0.0, 1.0) as f32;
        if rate > 0.0 {
            let site = self.site("api error", &api.name);
            let chance = self.b.emit(Op::Chance { rate, cause: Cause::ApiError as u8, failed: 0, site });
            self.failing.push(chance);
        }
        if let Some(place) = place.faults {
            let site = self.site("api fault", &api.name);
            let fault = self.b.emit(Op::Fault { place, cause: Cause::ApiError as u8, failed: 0, site });
            self.failing.push(fault);
        }
        if !refused.is_empty() {
            let over = self.b.emit(Op::Jump { to: 0 });
            self.land_at(&refused);
            self.pass("api refusal", &format!("refusals by {}", api.name), &api.reject_latency);
            let away = self.b.emit(Op::Jump { to: 0 });
            self.failing.push(away);
            self.land_at(&[over]);
        }
    }

    /// The work itself, by one of two laws if there is a tail.
    fn latency(&mut self, call: &Call, name: &str) {
        let at = self.stations.apis[call.api as usize].delay;
        let tail = call.tail.map(|tail| (tail.share.at(self.b.inputs).clamp(0.0, 1.0), tail.times));
        let Some((share, times)) = tail else {
            return self.pass_at(at, "api", name, &call.latency, 1.0);
        };
        let site = self.site("api tail", name);
        self.one_of(&[1.0 - share, 1.0], site, |writer, way| {
            let (verb, times) = [("api", 1.0), ("api tail time", times)][way];
            writer.pass_at(at, verb, name, &call.latency, times);
        });
    }
}

/// Whether any of these steps calls the api.
fn calls(steps: &[Step], wanted: u32) -> bool {
    steps.iter().any(|step| {
        matches!(step, Step::Call(call) if call.api == wanted)
            || step.inside().into_iter().any(|steps| calls(steps, wanted))
    })
}
