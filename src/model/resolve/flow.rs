//! Endpoints and their steps.

use super::names::{Resolver, all};
use crate::model::{Backoff, CauseSet, Endpoint, Jitter, Quantity, Step};
use crate::spec::flow::{EndpointSpec, ParallelStep, RetryStep, StepSpec, WaySpec};
use crate::spec::node::Span;
use crate::spec::number::{Duration, NumberAmount, Plain, Size};
use crate::spec::reader::{At, List, NamedEntry};
use crate::units::Kind;

/// Steps nest this deep in a flow: each level is a level of recursion further on.
const DEEPEST_STEPS: usize = 32;
/// More attempts are a loop, and no retry.
pub const MOST_ATTEMPTS: u32 = 255;
/// No limit that anybody meets: 100 years, in seconds.
const LONGEST_DELAY: f64 = 3_155_760_000.0;

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
        let limit = spec.limit.as_ref().map(|limit| self.reference("limit", &self.file.limit, limit));
        let limit = limit.map_or(Some(None), |limit| limit.map(Some));
        let bytes = |size: &Option<At<Size>>| size.as_ref().map_or(0.0, |size| size.value.0);
        Some(Endpoint {
            name: entry.name.value.clone(),
            tier: tier?,
            steps: steps?,
            limit: limit?,
            request_bytes: bytes(&spec.request_bytes),
            response_bytes: bytes(&spec.response_bytes),
        })
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
                let pool = self.database_pool(query.pool.as_ref(), query.span);
                let cpu = self.law_or_zero(query.cpu.as_ref());
                let time = self.law_or_zero(query.time.as_ref());
                let works = query.reads.is_some() || query.writes.is_some() || query.pages.is_some();
                if query.cpu.is_none() && query.time.is_none() && !works {
                    self.problem_with_hint(query.span, "this query takes no time", "add cpu, or time, or both");
                }
                let options = self.statement_options(query, pool);
                let (name, pool) = (query.query.clone(), pool?);
                let step = Step::Query { name, pool, cpu: cpu?, time: time?, options: options? };
                Some(if query.read == Some(true) { self.at_replicas(step) } else { step })
            }
            StepSpec::Transaction(transaction) => {
                let pool = self.database_pool(Some(&transaction.transaction), transaction.span);
                self.transactions.extend(pool);
                let steps = self.steps(&transaction.steps, depth + 1);
                if pool.is_some() {
                    self.transactions.pop();
                }
                Some(Step::Transaction { pool: pool?, steps: steps? })
            }
            StepSpec::Lock(lock) => self.lock_step(lock, depth),
            StepSpec::Wait(wait) => {
                let name = wait.name.clone().unwrap_or_else(|| "wait".to_owned());
                self.law(&wait.wait).map(|time| Step::Wait { name, time })
            }
            StepSpec::Cache(step) => self.cache_read(step, depth),
            StepSpec::Write(step) => self.cache_write(step),
            StepSpec::Invalidate(step) => self.cache_delete(step),
            StepSpec::Call(call) => self.call(call),
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
        let backoff = self.backoff(retry.delay.as_ref(), retry.factor.as_ref(), retry.max_delay.as_ref(), retry.jitter);
        let on = self.causes(retry.on.as_ref(), CauseSet::ALL, "tries again for no cause");
        let steps = self.steps(&retry.steps, depth + 1);
        Some(Step::Retry { attempts: attempts?, backoff, on, steps: steps? })
    }

    /// The time between attempts.
    pub fn backoff(
        &mut self,
        delay: Option<&At<Duration>>,
        factor: Option<&At<Plain>>,
        max_delay: Option<&At<Duration>>,
        jitter: Option<Jitter>,
    ) -> Backoff {
        if let Some(written) = factor.filter(|written| written.value.0 < 1.0) {
            self.problem(written.span, "delays grow or stay: factor is at least 1");
        }
        let first = delay.map_or(0.0, |delay| delay.value.0);
        if delay.is_none()
            && let Some(span) = factor.map(|at| at.span).or(max_delay.map(|at| at.span))
        {
            self.problem_with_hint(span, "without delay there is nothing to grow", "add delay = \"1s\"");
        }
        if let Some(max) = max_delay.filter(|max| max.value.0 < first) {
            self.problem(max.span, "max_delay is below delay");
        }
        Backoff {
            first,
            factor: factor.map_or(1.0, |factor| factor.value.0),
            max: max_delay.map_or(LONGEST_DELAY, |max| max.value.0),
            jitter: jitter.unwrap_or(Jitter::None),
        }
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
