//! Queues of jobs, the steps that fill them, and names of measured parts.

use std::collections::BTreeSet;

use super::flow::MOST_ATTEMPTS;
use super::names::{Resolver, all};
use crate::model::{CauseSet, Endpoint, JobRetry, Queue, Step};
use crate::problem::quoted;
use crate::spec::flow::{EnqueueStep, MeasureStep};
use crate::spec::queue::{JobRetrySpec, QueueSpec};
use crate::spec::reader::{At, NamedEntry};

/// What a simulation still looks through when it is asked who is free.
const MOST_WORKERS: u32 = 100_000;
/// Shortest poll interval, seconds: one more often is told at once.
const SHORTEST_POLL: f64 = 1e-6;

impl Resolver<'_> {
    pub fn queues(&mut self) -> Option<Vec<Queue>> {
        all(&self.file.queue.entries, |entry| self.queue(entry))
    }

    fn queue(&mut self, entry: &NamedEntry<QueueSpec>) -> Option<Queue> {
        self.check_name(entry, "a queue");
        let spec = entry.value.as_ref()?;
        let name = &entry.name;
        if self.file.endpoint.names().any(|endpoint| endpoint == name.value) {
            let what = format!("an endpoint is also called {}", quoted(&name.value));
            self.problem_with_hint(name.span, what, "results name failures by endpoint or queue: choose two names");
        }
        let tier = self.reference_or_only("tier", &self.file.tier, spec.tier.as_ref(), name.span);
        let workers = self.count(spec.workers.as_ref(), 1, MOST_WORKERS, "a queue needs a worker");
        let concurrency = self.count(spec.concurrency.as_ref(), 1, MOST_WORKERS, "a worker has one job at least");
        if let (Some(workers), Some(concurrency)) = (workers, concurrency)
            && workers.saturating_mul(concurrency) > MOST_WORKERS
        {
            self.problem(name.span, format!("{workers} x {concurrency} jobs at once are more than {MOST_WORKERS}"));
        }
        if let Some(poll) = spec.poll.as_ref().filter(|poll| poll.value.0 < SHORTEST_POLL) {
            self.problem_with_hint(
                poll.span,
                "a poll interval is at least 1 us",
                "leave it out to tell workers at once",
            );
        }
        let retry = match &spec.retry {
            Some(retry) => self.job_retry(retry),
            None => Some(JobRetry { attempts: 1, backoff: self.backoff(None, None, None, None), on: CauseSet::ALL }),
        };
        let steps = self.steps(&spec.steps, 1);
        Some(Queue {
            name: name.value.clone(),
            tier: tier?,
            workers: workers?,
            concurrency: concurrency?,
            max_jobs: spec.max_jobs.as_ref().map(|most| most.value.0),
            poll: spec.poll.as_ref().map_or(0.0, |poll| poll.value.0),
            retry: retry?,
            steps: steps?,
        })
    }

    fn job_retry(&mut self, spec: &JobRetrySpec) -> Option<JobRetry> {
        let why = "attempts are counted with the first";
        let attempts = self.count(Some(&spec.attempts), 1, MOST_ATTEMPTS, why);
        let (delay, factor) = (spec.delay.as_ref(), spec.factor.as_ref());
        let backoff = self.backoff(delay, factor, spec.max_delay.as_ref(), spec.jitter);
        let on = self.causes(spec.on.as_ref(), CauseSet::ALL, "tries again for no cause");
        Some(JobRetry { attempts: attempts?, backoff, on })
    }

    pub fn enqueue(&mut self, spec: &EnqueueStep) -> Option<Step> {
        self.reference("queue", &self.file.queue, &spec.enqueue).map(|queue| Step::Enqueue { queue })
    }

    pub fn measure(&mut self, spec: &MeasureStep, depth: usize) -> Option<Step> {
        self.check_label(&spec.measure, "a measured part");
        let steps = self.steps(&spec.steps, depth + 1);
        Some(Step::Measure { name: spec.measure.value.clone(), steps: steps? })
    }

    /// What results show must have a name that fits on a line.
    pub fn check_label(&mut self, name: &At<String>, what: &str) {
        if name.value.trim().is_empty() {
            self.problem(name.span, format!("{what} needs a name"));
        }
        if name.value.chars().any(char::is_control) {
            self.problem(name.span, format!("the name of {what} has a control character"));
        }
    }
}

/// Of each endpoint: the queues into which its requests put jobs, and those into which these jobs do.
pub fn filled(endpoints: &[Endpoint], queues: &[Queue]) -> Vec<BTreeSet<u32>> {
    fn add(steps: &[Step], queues: &[Queue], filled: &mut BTreeSet<u32>) {
        for step in steps {
            if let Step::Enqueue { queue } = step
                && filled.insert(*queue)
            {
                add(&queues[*queue as usize].steps, queues, filled);
            }
            step.inside().into_iter().for_each(|steps| add(steps, queues, filled));
        }
    }
    let of = |endpoint: &Endpoint| {
        let mut filled = BTreeSet::new();
        add(&endpoint.steps, queues, &mut filled);
        filled
    };
    endpoints.iter().map(of).collect()
}
