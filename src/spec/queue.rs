//! Queues of jobs as they are written.

use super::flow::{CauseWord, StepSpec};
use super::keys::keys;
use super::number::{Count, Duration, Plain};
use super::reader::{At, List};
use crate::model::Jitter;

keys! {
    /// A queue of jobs and the workers that serve it, first come first served.
    QueueSpec "a queue" {
        /// The tier on whose hosts and processes the workers run, in turn; may be left out if there is only one.
        tier: Option<At<String>>,
        /// Workers; 1 if left out.
        workers: Option<At<Count>>,
        /// Jobs that each worker has at once; 1 if left out.
        concurrency: Option<At<Count>>,
        /// Most jobs that may wait for a worker, further ones are refused (`queue_full`); any number if left out.
        max_jobs: Option<At<Count>>,
        /// A worker with nothing to do looks for jobs this often; told at once if left out.
        poll: Option<At<Duration>>,
        /// Failed jobs come back into the queue after a while; they do not if left out.
        retry: Option<JobRetrySpec>,
        /// What a job does, one after the other.
        steps: List<StepSpec>,
    }
}

keys! {
    /// When failed jobs come back. Meanwhile they keep no worker.
    JobRetrySpec "the retry of a queue" {
        /// Attempts in all, the first included.
        attempts: At<Count>,
        /// Time before the second attempt; 0 if left out.
        delay: Option<At<Duration>>,
        /// Each further delay is this many times longer; 1 if left out.
        factor: Option<At<Plain>>,
        /// Longest delay.
        max_delay: Option<At<Duration>>,
        /// "none" (the default), "full": uniform between 0 and the delay, or "equal": half of it and a share of the other half.
        jitter: Option<Jitter>,
        /// Causes that are tried again; all if left out.
        on: Option<List<CauseWord>>,
    }
}
