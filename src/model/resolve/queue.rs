//! Queues of jobs, the steps that fill them, and names of measured parts.

use super::names::{Resolver, all};
use crate::model::{Backoff, CauseSet, JobRetry, Queue, Step};
use crate::problem::quoted;
use crate::spec::flow::{CauseWord, EnqueueStep, Jitter, MeasureStep};
use crate::spec::number::{Duration, Plain};
use crate::spec::queue::{JobRetrySpec, QueueSpec};
use crate::spec::reader::{At, List, NamedEntry};

/// More attempts are a loop, and no retry.
pub const MOST_ATTEMPTS: u32 = 255;
/// No limit that anybody meets: 100 years, in seconds.
const LONGEST_DELAY: f64 = 3_155_760_000.0;
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
        let on = self.retried(spec.on.as_ref());
        Some(JobRetry { attempts: attempts?, backoff, on })
    }

    /// Delays between attempts.
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
        let factor = factor.map_or(1.0, |factor| factor.value.0);
        let max = max_delay.map_or(LONGEST_DELAY, |max| max.value.0);
        Backoff { first, factor, max, jitter: matches!(jitter, Some(Jitter::Full)) }
    }

    /// The causes that are tried again.
    pub fn retried(&mut self, on: Option<&List<CauseWord>>) -> CauseSet {
        let Some(list) = on else { return CauseSet::ALL };
        if list.items.is_empty() && list.complete {
            self.problem_with_hint(list.span, "this tries again for no cause", "leave `on` out to try again for all");
        }
        list.items.iter().fold(CauseSet::NONE, |set, word| set.with(word.0))
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
