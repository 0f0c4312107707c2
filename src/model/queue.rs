//! Queues of jobs: work that a request leaves behind and does not wait for.

use super::cause::CauseSet;
use super::flow::{Backoff, Step};

/// Jobs of one kind and the workers that take them, first come first served.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    pub name: String,
    /// Index into [`crate::model::Model::tiers`]: the hosts on which workers run, one after the other on
    /// each process of each host. A job's CPU work competes with all else there.
    pub tier: u32,
    /// At least 1.
    pub workers: u32,
    /// Jobs that one worker has at once, at least 1.
    pub concurrency: u32,
    /// Jobs that may wait for a worker; one more is refused. `None`: no bound.
    pub max_jobs: Option<u32>,
    /// A worker with nothing to do looks for jobs this often, seconds; 0: it is told at once.
    pub poll: f64,
    pub retry: JobRetry,
    pub steps: Vec<Step>,
}

/// Failed jobs leave the worker and come back into the queue after a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JobRetry {
    /// In all, the first included; 1: never again.
    pub attempts: u32,
    pub backoff: Backoff,
    /// Causes for which a job is tried again.
    pub on: CauseSet,
}
