//! Endpoints and the steps that a request takes.

use super::api::Call;
use super::cache::{KeyRef, Refusal};
use super::cause::{Cause, CauseSet};
use super::quantity::{Law, Quantity};

/// A kind of request, served by one tier.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub name: String,
    /// Index into [`crate::model::Model::tiers`].
    pub tier: u32,
    pub steps: Vec<Step>,
    /// Index into [`crate::model::Model::limits`]: asked before the first step.
    pub limit: Option<u32>,
    /// Bytes of a request, and of an answer that is no failure; 0 if not told.
    pub request_bytes: f64,
    pub response_bytes: f64,
}

/// One step of a flow.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Work on the endpoint's tier, in seconds of one core of speed 1.
    Cpu {
        demand: Law,
    },
    /// A statement: a connection of `pool` is held meanwhile (the one already held inside a
    /// transaction on the same pool). `cpu` is work on the database's cores, `time` the rest.
    Query {
        name: String,
        pool: u32,
        cpu: Law,
        time: Law,
        options: StatementOptions,
    },
    /// A query that only reads, as it is at each replica of a database, of which one is chosen.
    AtReplica {
        /// Index into [`crate::model::Model::databases`], of the primary.
        primary: u32,
        queries: Vec<Step>,
    },
    /// Steps during which one connection of `pool` is held.
    Transaction {
        pool: u32,
        steps: Vec<Step>,
    },
    /// Locks a row until the transaction on `pool` around this is over, and takes the steps.
    Lock {
        lock: u32,
        pool: u32,
        steps: Vec<Step>,
    },
    /// Reads a key: takes the steps of a hit, or those of a miss, and then, if `fill` says so, writes
    /// the value.
    CacheRead {
        key: KeyRef,
        hit: Vec<Step>,
        miss: Vec<Step>,
        fill: Option<Refusal>,
    },
    CacheWrite {
        key: KeyRef,
        refusal: Refusal,
    },
    /// Removes a key.
    CacheDelete {
        key: KeyRef,
    },
    /// Time that passes without using anything that others want; `name` shows in results.
    Wait {
        name: String,
        time: Law,
    },
    /// A call of an external API.
    Call(Call),
    /// One of several ways; weights are shares of their sum, at least one above 0.
    Either {
        branches: Vec<(Quantity, Vec<Step>)>,
    },
    /// Fails with `cause` at `rate` (a share in `[0, 1]`).
    Fail {
        cause: Cause,
        rate: Quantity,
    },
    /// All branches at once; goes on when the last is done; fails if one failed.
    Parallel {
        branches: Vec<Vec<Step>>,
    },
    /// Tries `steps` up to `attempts` times (the first included) while they fail for a cause in `on`.
    Retry {
        attempts: u32,
        backoff: Backoff,
        on: CauseSet,
        steps: Vec<Step>,
    },
    /// Gives `steps` up after `after` seconds with cause `deadline`; the work itself goes on.
    Deadline {
        after: f64,
        steps: Vec<Step>,
    },
    /// Creates a job in a queue (index into [`crate::model::Model::queues`]) and goes on at once; fails
    /// with cause `queue_full` if the queue takes no more.
    Enqueue {
        queue: u32,
    },
    /// A part with a name, whose duration and success are measured; a failure inside goes on outwards.
    Measure {
        name: String,
        steps: Vec<Step>,
    },
}

/// What a statement may be told beyond its work.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatementOptions {
    /// Operations on the database's storage, if it has one and there are any.
    pub io: Option<StatementIo>,
    /// The database stops it after so many seconds, above 0; `None`: never.
    pub timeout: Option<f64>,
    /// It only reads, so that replicas have nothing to follow.
    pub read: bool,
}

/// Operations of a statement on the storage of its database.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StatementIo {
    /// Reads on average that do not depend on what is in memory.
    pub reads: Quantity,
    pub writes: Quantity,
    /// Pages it looks at, each of which is read if it is not in memory.
    pub pages: u32,
    /// Share of pages that are in memory.
    pub buffer_hit: Quantity,
}

/// Waiting before the next attempt: `first * factor^(attempt - 1)`, at most `max`, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    pub first: f64,
    pub factor: f64,
    pub max: f64,
    pub jitter: Jitter,
}

/// Which part of a delay is random ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    None,
    /// All: uniform between 0 and the delay.
    Full,
    /// Half: uniform between half the delay and the delay.
    Equal,
}

impl Jitter {
    /// The share of a delay that is certain.
    #[must_use]
    pub fn certain(self) -> f64 {
        match self {
            Jitter::None => 1.0,
            Jitter::Full => 0.0,
            Jitter::Equal => 0.5,
        }
    }
}

impl Step {
    /// The lists of steps inside this one.
    #[must_use]
    pub fn inside(&self) -> Vec<&[Step]> {
        match self {
            Step::Transaction { steps, .. }
            | Step::Lock { steps, .. }
            | Step::Retry { steps, .. }
            | Step::Deadline { steps, .. }
            | Step::Measure { steps, .. } => vec![steps],
            Step::Either { branches } => branches.iter().map(|(_, steps)| steps.as_slice()).collect(),
            Step::AtReplica { queries, .. } => queries.chunks(1).collect(),
            Step::Parallel { branches } => branches.iter().map(Vec::as_slice).collect(),
            Step::CacheRead { hit, miss, .. } => vec![hit, miss],
            Step::Cpu { .. }
            | Step::Query { .. }
            | Step::CacheWrite { .. }
            | Step::CacheDelete { .. }
            | Step::Wait { .. }
            | Step::Call(_)
            | Step::Enqueue { .. }
            | Step::Fail { .. } => Vec::new(),
        }
    }
}

/// Whether any of these steps takes a connection of the pool.
#[must_use]
pub fn asks_for(steps: &[Step], wanted: u32) -> bool {
    steps.iter().any(|step| {
        let pool = match step {
            Step::Query { pool, .. } | Step::Transaction { pool, .. } | Step::Lock { pool, .. } => Some(*pool),
            Step::CacheRead { key, .. } | Step::CacheWrite { key, .. } | Step::CacheDelete { key } => key.pool,
            _ => None,
        };
        pool == Some(wanted) || step.inside().into_iter().any(|steps| asks_for(steps, wanted))
    })
}
