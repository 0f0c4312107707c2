//! Endpoints and their steps.

use super::names::{Resolver, all};
use super::queue::MOST_ATTEMPTS;
use crate::model::{Endpoint, Quantity, Step};
use crate::spec::flow::{EndpointSpec, ParallelStep, RetryStep, StepSpec, WaySpec};
use crate::spec::node::Span;
use crate::spec::number::NumberAmount;
use crate::spec::reader::{At, List, NamedEntry};
use crate::units::Kind;

/// Steps nest this deep in a flow: each level is a level of recursion further on.
const DEEPEST_STEPS: usize = 32;

impl Resolver<'_> {
    pub fn endpoints(&mut self) -> Option<Vec<Endpoint>> {
        let entries = &self.file.endpoint.entries;
        if entries.is_empty() {
            let hint = "add [endpoint.\"GET /\"] with steps = [{ cpu = \"2ms\" }]";
            self.problem_with_hint(self.file.span, "the model has no endpoint, so there is nothing to request", hint);
        }
        all(entries, |entry| self.endpoint(entry))
    }

    fn endpoint(&mut self, entry: &NamedEntry<EndpointSpec>) -> Option<Endpoint> {
        self.check_name(entry, "an endpoint");
        let spec = entry.value.as_ref()?;
        let tier = self.reference_or_only("tier", &self.file.tier, spec.tier.as_ref(), entry.name.span);
        let steps = self.steps(&spec.steps, 1);
        Some(Endpoint { name: entry.name.value.clone(), tier: tier?, steps: steps? })
    }

    /// Steps in their order, `depth` levels deep.
    pub fn steps(&mut self, list: &List<StepSpec>, depth: usize) -> Option<Vec<Step>> {
        if depth > DEEPEST_STEPS {
            self.problem(list.span, format!("steps nest deeper than {DEEPEST_STEPS}"));
            return None;
        }
        all(&list.items, |step| self.step(step, depth))
    }

    fn step(&mut self, spec: &StepSpec, depth: usize) -> Option<Step> {
        match spec {
            StepSpec::Cpu(cpu) => self.law(&cpu.cpu).map(|demand| Step::Cpu { demand }),
            StepSpec::Query(query) => {
                let pool = self.reference_or_only("pool", &self.file.pool, query.pool.as_ref(), query.span);
                let cpu = self.law_or_zero(query.cpu.as_ref());
                let time = self.law_or_zero(query.time.as_ref());
                if query.cpu.is_none() && query.time.is_none() {
                    self.problem_with_hint(query.span, "this query takes no time", "add cpu, or time, or both");
                }
                Some(Step::Query { name: query.query.clone(), pool: pool?, cpu: cpu?, time: time? })
            }
            StepSpec::Transaction(transaction) => {
                let pool = self.reference("pool", &self.file.pool, &transaction.transaction);
                let steps = self.steps(&transaction.steps, depth + 1);
                Some(Step::Transaction { pool: pool?, steps: steps? })
            }
            StepSpec::Wait(wait) => {
                let name = wait.name.clone().unwrap_or_else(|| "wait".to_owned());
                self.law(&wait.wait).map(|time| Step::Wait { name, time })
            }
            StepSpec::Either(either) => self.either(&either.either, depth),
            StepSpec::Fail(fail) => {
                let rate = self.quantity(Kind::Share, &fail.rate.value.0, fail.rate.span)?;
                Some(Step::Fail { cause: fail.fail.0, rate })
            }
            StepSpec::Parallel(parallel) => self.parallel(parallel, depth),
            StepSpec::Retry(retry) => self.retry(retry, depth),
            StepSpec::Deadline(deadline) => {
                let after = self.above_zero_seconds(Some(&deadline.deadline), "a deadline");
                let steps = self.steps(&deadline.steps, depth + 1);
                Some(Step::Deadline { after: after??, steps: steps? })
            }
            StepSpec::Measure(measure) => self.measure(measure, depth),
            StepSpec::Enqueue(enqueue) => self.enqueue(enqueue),
        }
    }

    fn either(&mut self, ways: &List<WaySpec>, depth: usize) -> Option<Step> {
        let branches = all(&ways.items, |way| {
            let weight = self.number(&way.weight);
            let steps = way.steps.as_ref().map_or(Some(Vec::new()), |steps| self.steps(steps, depth + 1));
            Some((weight?, steps?))
        });
        self.check_weights(ways.items.iter().map(|way| &way.weight), ways.complete, ways.span, "way")?;
        Some(Step::Either { branches: branches? })
    }

    fn parallel(&mut self, parallel: &ParallelStep, depth: usize) -> Option<Step> {
        let branches = &parallel.parallel;
        if branches.items.is_empty() && branches.complete {
            self.problem_with_hint(branches.span, "there is no branch", "write parallel = [[…], […]]");
            return None;
        }
        let branches = all(&branches.items, |branch| self.steps(branch, depth + 1))?;
        Some(Step::Parallel { branches })
    }

    fn retry(&mut self, retry: &RetryStep, depth: usize) -> Option<Step> {
        let attempts = self.count(Some(&retry.retry), 1, MOST_ATTEMPTS, "retry counts attempts, the first included");
        let (delay, factor) = (retry.delay.as_ref(), retry.factor.as_ref());
        let backoff = self.backoff(delay, factor, retry.max_delay.as_ref(), retry.jitter);
        let on = self.retried(retry.on.as_ref());
        let steps = self.steps(&retry.steps, depth + 1);
        Some(Step::Retry { attempts: attempts?, backoff, on, steps: steps? })
    }

    /// Weights that leave something to choose; a problem if not.
    pub fn check_weights<'b>(
        &mut self,
        weights: impl Iterator<Item = &'b At<NumberAmount>>,
        complete: bool,
        span: Span,
        what: &str,
    ) -> Option<()> {
        let weights: Vec<Option<Quantity>> = weights.map(|weight| self.number(weight)).collect();
        if weights.is_empty() && complete {
            self.problem(span, format!("there is no {what} to choose"));
            return None;
        }
        // A range that begins at 0 is above it all the same: its lower end is drawn with probability 0.
        let chosen = |weight: &Option<Quantity>| weight.is_none_or(|weight| self.bounds(weight).1 > 0.0);
        if complete && !weights.iter().any(chosen) {
            self.problem(span, "all weights are 0");
            return None;
        }
        Some(())
    }
}
