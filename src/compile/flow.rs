//! Steps as instructions.
//!
//! Every instruction that can fail names a place to go to, where what is held so far is given back:
//! no flow can keep a permit. On an event loop a request that has waited for anything needs its turn
//! on the loop before it goes on, so a connection is given back only when the continuation runs.

use std::collections::HashMap;

use super::connection::Held;
use super::replica::Reading;
use super::station::{Stations, TierPlace};
use super::{Builder, CompileError, law::law};
use crate::engine::program::{AcquireSites, Op, Target};
use crate::model::{Cause, Endpoint, Law, Quantity, Step, Tier};

/// One endpoint's flow while it is written.
pub(super) struct Writer<'b, 'm> {
    pub b: &'b mut Builder<'m>,
    pub stations: &'b Stations,
    pub tier: &'b Tier,
    pub place: &'b TierPlace,
    pub tier_index: usize,
    /// The endpoint's name, or the queue's.
    pub endpoint: &'b str,
    /// Connections that are held here, the innermost last.
    pub held: Vec<Held>,
    /// The replica that the present query reads from, if it matters how late it is.
    pub reading: Option<Reading>,
    /// Instructions that go to the present place of failure, not yet known.
    pub failing: Vec<usize>,
    /// How often each (verb, name) has occurred.
    occurrences: HashMap<String, u32>,
    pub loops: usize,
    /// Measured parts around the present step.
    pub measured: u32,
    /// Whether the test sets it off.
    pub used: bool,
}

impl Builder<'_> {
    pub(super) fn endpoints(&mut self, stations: &Stations) -> Result<(), CompileError> {
        let model = self.model;
        for (index, endpoint) in model.endpoints.iter().enumerate() {
            self.labels.endpoints.push(endpoint.name.clone());
            self.labels.tiers.push(model.tiers[endpoint.tier as usize].name.clone());
            self.labels.payloads.push((endpoint.request_bytes, endpoint.response_bytes));
            let start = self.here();
            self.program.endpoints.push(start);
            let used = self.reach.as_ref().is_some_and(|reach| reach.endpoints[index]);
            let mut writer = Writer::new(self, stations, endpoint.tier, &endpoint.name, used);
            writer.whole(endpoint)?;
        }
        Ok(())
    }
}

impl<'b, 'm> Writer<'b, 'm> {
    /// For what `name` does on a tier.
    pub fn new(b: &'b mut Builder<'m>, stations: &'b Stations, tier: u32, name: &'m str, used: bool) -> Writer<'b, 'm> {
        let tier_index = tier as usize;
        let (tier, place) = (&b.model.tiers[tier_index], &stations.tiers[tier_index]);
        Writer {
            b,
            stations,
            tier,
            place,
            tier_index,
            endpoint: name,
            held: Vec::new(),
            reading: None,
            failing: Vec::new(),
            occurrences: HashMap::new(),
            loops: 0,
            measured: 0,
            used,
        }
    }
}

impl Writer<'_, '_> {
    fn whole(&mut self, endpoint: &Endpoint) -> Result<(), CompileError> {
        self.generate();
        let site = self.site("balance", "");
        // One process that is always there has nothing to choose from.
        let fleet = self.b.program.groups[self.place.group as usize].fleet.is_some();
        let chooses = fleet || self.may_be_killed() || self.tier.count * self.tier.processes > 1;
        let balance = chooses.then(|| self.b.emit(Op::Balance { group: self.place.group, site, failed: 0 }));
        let [ok, failed] = [false, true].map(|failed| Op::Finish { failed });
        let Some(after) = self.tier.balancer_timeout else {
            return self.served(endpoint, balance, [ok, failed]);
        };
        // The balancer waits no longer than that for what the tier does.
        let race = self.b.race(after);
        let start = self.b.emit(Op::Race { race, cause: Cause::BalancerTimeout as u8, failed: 0 });
        let into = self.b.emit(Op::Jump { to: 0 });
        let over = self.b.emit(Op::Jump { to: 0 });
        self.land_at(&[into]);
        self.served(endpoint, None, [false, true].map(|failed| Op::Join { failed }))?;
        self.land_at(&[over]);
        self.b.emit(ok);
        self.failing = vec![start];
        self.failing.extend(balance);
        self.land();
        self.b.emit(failed);
        Ok(())
    }

    /// What the tier does with a request, and how that ends, well or badly. `balance`: fails without the tier.
    fn served(
        &mut self,
        endpoint: &Endpoint,
        balance: Option<usize>,
        [ok, failed]: [Op; 2],
    ) -> Result<(), CompileError> {
        let network = format!("network to {}", self.tier.name);
        self.pass("network", &network, &self.tier.network);
        self.receive(endpoint.request_bytes);
        let name = self.tier.name.clone();
        let reside = self.reside();
        let enter = self.enter();
        if let Some(at) = self.place.threads {
            let part = self.b.parts(&format!("waiting for threads of {name}"), "");
            let sites = AcquireSites { open: 0, patience: 0 };
            let acquire = self.b.emit(Op::Acquire { at, failed: 0, part, sites });
            self.inside(endpoint)?;
            self.b.emit(Op::Release { at });
            self.answer(endpoint, ok);
            self.b.emit(Op::Release { at });
            self.failing = vec![acquire];
            if enter.is_some() {
                self.land();
            }
        } else {
            self.turn();
            self.inside(endpoint)?;
            self.answer(endpoint, ok);
            self.turn();
        }
        self.leave();
        self.failing.extend(enter);
        self.failing.extend(reside);
        self.land();
        self.vacate();
        self.failing.extend(balance);
        self.land();
        self.b.emit(failed);
        Ok(())
    }

    /// What it does at its turn, or with its thread.
    fn inside(&mut self, endpoint: &Endpoint) -> Result<(), CompileError> {
        self.allocate();
        self.limit(endpoint.limit);
        self.steps(&endpoint.steps)
    }

    /// The answer goes out; those that have failed go on behind it.
    fn answer(&mut self, endpoint: &Endpoint, ok: Op) {
        self.send(endpoint.response_bytes);
        self.leave();
        self.vacate();
        self.b.emit(ok);
        self.land();
    }

    /// What the load generator works for a request, where it shares a machine of the system.
    fn generate(&mut self) {
        for &(at, law, part) in &self.stations.generators {
            let site = self.site("load generator", &at.base.to_string());
            self.b.emit(Op::Work { at, law, site, part });
        }
    }

    pub(super) fn steps(&mut self, steps: &[Step]) -> Result<(), CompileError> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step) -> Result<(), CompileError> {
        match step {
            Step::Cpu { demand } => self.cpu(demand),
            Step::Query { name, pool, cpu, time, options } => {
                self.query(name, *pool, [cpu, time], options);
            }
            Step::AtReplica { primary, queries } => return self.at_replica(*primary, queries),
            Step::Transaction { pool, steps } => return self.transaction(*pool, steps),
            Step::Lock { lock, pool, steps } => return self.lock(*lock, *pool, steps),
            Step::Wait { name, time } => {
                self.pass("wait", name, time);
                self.turn();
            }
            Step::CacheRead { key, hit, miss, fill } => return self.cache_read(key, hit, miss, *fill),
            Step::CacheWrite { key, refusal } => self.cache_write(key, *refusal),
            Step::CacheDelete { key } => self.cache_delete(key),
            Step::Call(call) => return self.call(call),
            Step::Either { branches } => return self.either(branches),
            Step::Fail { cause, rate } => self.fail(*cause, *rate),
            Step::Parallel { branches } => return self.parallel(branches),
            Step::Retry { attempts, backoff, on, steps } => return self.retry(*attempts, backoff, *on, steps),
            Step::Deadline { after, steps } => return self.deadline(*after, steps),
            Step::Measure { name, steps } => return self.measure(name, steps),
            Step::Enqueue { queue } => self.enqueue(*queue),
        }
        Ok(())
    }

    /// The site of a draw of this endpoint: by verb, name, and which occurrence of both.
    pub(super) fn site(&mut self, verb: &str, name: &str) -> u32 {
        let count = self.occurrences.entry(format!("{verb}\0{name}")).or_default();
        *count += 1;
        let occurrence = count.to_string();
        self.b.site(&[self.endpoint, verb, name, &occurrence])
    }

    /// The site of a law's draw: its own, or the one that all laws of its `draw` share.
    pub(super) fn law_site(&mut self, law: &Law, verb: &str, name: &str) -> u32 {
        match law.draw {
            Some(shared) => super::hash(&["draw", &shared.to_string()]) as u32,
            None => self.site(verb, name),
        }
    }

    /// On an event loop: waits for its turn.
    pub(super) fn turn(&mut self) {
        if let Some(lane) = self.place.lane {
            let (at, part) = (self.place.cores, self.place.part);
            self.b.emit(Op::Slice { at, lane, law: None, site: 0, part });
        }
    }

    pub(super) fn cpu(&mut self, demand: &Law) {
        let site = self.law_site(demand, "cpu", "");
        let law = law(demand, self.b.inputs, 1.0 / self.tier.speed);
        let law = self.b.law(law);
        let (at, part) = (self.place.cores, self.place.part);
        match self.place.lane {
            Some(lane) => self.b.emit(Op::Slice { at, lane, law: Some(law), site, part }),
            None => self.b.emit(Op::Work { at, law, site, part }),
        };
    }

    /// Time that passes on the delay processor; nothing if it is always 0.
    pub(super) fn pass(&mut self, verb: &str, name: &str, time: &Law) {
        self.pass_times(verb, name, time, 1.0);
    }

    /// The same, so many times as long.
    pub(super) fn pass_times(&mut self, verb: &str, name: &str, time: &Law, times: f64) {
        self.pass_at(self.stations.delay, verb, name, time, times);
    }

    /// The same on a processor of delays of its own.
    pub(super) fn pass_at(&mut self, at: Target, verb: &str, name: &str, time: &Law, times: f64) {
        let site = self.law_site(time, verb, name);
        let law = law(time, self.b.inputs, times);
        if law.is_zero() {
            return;
        }
        let law = self.b.law(law);
        // Time that passes more slowly is not waited for anything else.
        let part = self.b.parts(if at == self.stations.delay { "" } else { name }, name);
        self.b.emit(Op::Work { at, law, site, part });
    }

    fn fail(&mut self, cause: Cause, rate: Quantity) {
        let rate = rate.at(self.b.inputs).clamp(0.0, 1.0) as f32;
        let site = self.site("fail", cause.word());
        let chance = self.b.emit(Op::Chance { rate, cause: cause as u8, failed: 0, site });
        self.failing.push(chance);
    }

    fn parallel(&mut self, branches: &[Vec<Step>]) -> Result<(), CompileError> {
        let fork = self.b.emit(Op::Fork { count: branches.len() as u16, failed: 0 });
        let branches: Vec<&[Step]> = branches.iter().map(Vec::as_slice).collect();
        self.children(fork, &branches)
    }

    fn deadline(&mut self, after: f64, steps: &[Step]) -> Result<(), CompileError> {
        let race = self.b.race(after);
        let cause = Cause::Deadline as u8;
        let start = self.b.emit(Op::Race { race, cause, failed: 0 });
        self.children(start, &[steps])
    }

    /// The jumps to the branches, what comes behind them, and the branches themselves.
    pub(super) fn children(&mut self, start: usize, branches: &[&[Step]]) -> Result<(), CompileError> {
        self.failing.push(start);
        let jumps: Vec<usize> = branches.iter().map(|_| self.b.emit(Op::Jump { to: 0 })).collect();
        self.turn();
        let over = self.b.emit(Op::Jump { to: 0 });
        for (jump, steps) in jumps.into_iter().zip(branches) {
            self.branch(jump, |writer| {
                writer.turn();
                writer.steps(steps)
            })?;
        }
        self.land_at(&[over]);
        Ok(())
    }

    /// A branch that `jump` leads to: it joins its parent, also when it has failed.
    pub(super) fn branch(
        &mut self,
        jump: usize,
        write: impl FnOnce(&mut Self) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        self.land_at(&[jump]);
        let outside = std::mem::take(&mut self.failing);
        write(self)?;
        self.b.emit(Op::Join { failed: false });
        let inside = std::mem::replace(&mut self.failing, outside);
        if !inside.is_empty() {
            self.land_at(&inside);
            self.b.emit(Op::Join { failed: true });
        }
        Ok(())
    }

    /// The present place of failure is here.
    pub(super) fn land(&mut self) {
        let failing = std::mem::take(&mut self.failing);
        self.land_at(&failing);
    }

    /// Lets instructions written earlier go here.
    pub(super) fn land_at(&mut self, from: &[usize]) {
        let here = self.b.here();
        for &at in from {
            match &mut self.b.program.ops[at] {
                Op::Jump { to } | Op::Key { or: to, .. } => *to = here,
                Op::Acquire { failed, .. }
                | Op::Balance { failed, .. }
                | Op::Reside { failed, .. }
                | Op::Linked { yes: failed, .. }
                | Op::Arm { failed, .. }
                | Op::Whole { failed, .. }
                | Op::Fault { failed, .. }
                | Op::Lock { failed, .. }
                | Op::Chance { failed, .. }
                | Op::Enqueue { failed, .. }
                | Op::Again { failed, .. }
                | Op::Fork { failed, .. }
                | Op::Hedge { failed, .. }
                | Op::Spend { failed, .. }
                | Op::Admit { failed, .. }
                | Op::Afford { failed, .. }
                | Op::Race { failed, .. } => *failed = here,
                _ => {}
            }
        }
    }
}
