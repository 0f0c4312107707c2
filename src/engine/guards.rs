//! What stands between a request and what it asks of others: meters, breakers, retry budgets.

use super::breaker::{Breaker, BreakerSpec, Budget, BudgetSpec};
use super::kernel::World;
use super::meter::{Meter, MeterSpec, Taken};
use super::program::{Op, Pc, Target};
use super::requests::RequestId;

/// What a program says of them; empty for most.
#[derive(Clone, Debug, Default)]
pub struct GuardSpecs {
    pub meters: Vec<MeterSpec>,
    pub breakers: Vec<BreakerSpec>,
    pub budgets: Vec<BudgetSpec>,
    pub attempts: Vec<AttemptSpec>,
    /// Gauges of breakers.
    pub gauges: u32,
}

/// A kind of attempt: what is told of each, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct AttemptSpec {
    /// Index of the measured statement that an attempt is.
    pub lap: u16,
    /// Counts attempts; the counters after it those that failed, by cause.
    pub counter: u32,
    /// Index of the first breaker, and the cause of who is not let through.
    pub breaker: Option<Target>,
    pub open_cause: u8,
    /// Index of the first budget.
    pub budget: Option<Target>,
}

/// They at work.
#[derive(Clone, Debug)]
pub(super) struct Guards {
    pub meters: Vec<Meter>,
    breakers: Vec<Breaker>,
    budgets: Vec<Budget>,
}

impl Guards {
    pub fn new(specs: &GuardSpecs) -> Guards {
        Guards {
            meters: specs.meters.iter().map(Meter::new).collect(),
            breakers: specs.breakers.iter().map(Breaker::new).collect(),
            budgets: specs.budgets.iter().map(Budget::new).collect(),
        }
    }

    /// Calls `with(gauge, how long it was open since the last reading)` for each breaker.
    pub fn read(&mut self, now: u64, mut with: impl FnMut(u32, u64)) {
        self.breakers.iter_mut().for_each(|breaker| with(breaker.spec.gauge, breaker.read(now)));
    }
}

impl World<'_> {
    /// Instructions about them: where to go on; `None` if the request waits.
    #[inline(never)]
    pub(super) fn guard(&mut self, id: RequestId, pc: Pc, op: Op) -> Option<Pc> {
        match op {
            Op::Spend { at, cost, cause, failed } => return self.spend(id, pc, (at, cost), (cause, failed)),
            Op::Admit { attempt, failed } => {
                let spec = self.hub.program.guards.attempts[attempt as usize];
                let request = &mut self.hub.requests[id];
                let breaker = spec.breaker.map(|at| request.resolve(at));
                if breaker.is_some_and(|index| !self.guards.breakers[index].admits(self.hub.now)) {
                    request.cause = spec.open_cause;
                    self.hub.recorder.count(spec.counter + 1 + u32::from(spec.open_cause), 1);
                    return Some(failed);
                }
            }
            Op::Report { attempt, failed } => self.report(id, attempt, failed),
            Op::Afford { attempt, failed } => {
                let spec = &self.hub.program.guards.attempts[attempt as usize];
                let budget = spec.budget.map(|at| self.hub.requests[id].resolve(at));
                if budget.is_some_and(|index| !self.guards.budgets[index].allows()) {
                    return Some(failed);
                }
            }
            Op::Count { counter } => self.hub.recorder.count(counter, 1),
            Op::Hedge { race, most, .. } => {
                self.hedge(id, race, most);
                return None;
            }
            _ => {}
        }
        Some(pc + 1)
    }

    /// Takes tokens, waiting for them if need be.
    fn spend(&mut self, id: RequestId, pc: Pc, (at, cost): (Target, u32), (cause, failed): (u8, Pc)) -> Option<Pc> {
        let request = &mut self.hub.requests[id];
        let index = request.resolve(at);
        let spec = &self.hub.program.guards.meters[index];
        match self.guards.meters[index].take(cost, self.hub.now) {
            Taken::Refused => {
                request.cause = cause;
                self.hub.recorder.count(spec.counter + 1, 1);
                Some(failed)
            }
            Taken::Now => {
                self.hub.recorder.count(spec.counter, cost);
                Some(pc + 1)
            }
            Taken::After(ns) => {
                self.hub.recorder.count(spec.counter, cost);
                self.leave_lane(id);
                self.start(id, pc + 1, spec.delay, ns, false, spec.part);
                None
            }
        }
    }

    /// An attempt is answered, or its caller has given it up.
    pub(super) fn report(&mut self, id: RequestId, attempt: u16, failed: bool) {
        let (spec, now) = (&self.hub.program.guards.attempts[attempt as usize], self.hub.now);
        let request = &self.hub.requests[id];
        let cause = failed.then_some(request.cause);
        self.hub.recorder.lap(spec.lap, now - request.mark);
        self.hub.recorder.count(spec.counter, 1);
        if let Some(cause) = cause {
            self.hub.recorder.count(spec.counter + 1 + u32::from(cause), 1);
        }
        if let Some(at) = spec.breaker {
            self.guards.breakers[request.resolve(at)].answered(request.mark, now, cause);
        }
        if let Some(at) = spec.budget {
            self.guards.budgets[request.resolve(at)].answered(cause);
        }
    }
}
