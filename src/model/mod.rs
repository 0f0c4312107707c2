//! The model: what a file means. Ids instead of names, nothing optional, every number checked.
//!
//! A `Model` is made by [`resolve`] from what was written in a file (`spec`), or all problems of
//! the file are reported at once. It knows nothing of files, and nothing of the engine:
//! `compile` turns it into a program for one test.

pub mod admission;
pub mod alarm;
pub mod api;
pub mod autoscale;
pub mod cache;
pub mod cause;
pub mod decision;
pub mod event;
pub mod flow;
pub mod host;
pub mod http_status;
pub mod lock;
pub mod memory;
pub mod objective;
pub mod parameter;
pub mod pooler;
pub mod quantity;
pub mod queue;
pub mod resolve;
pub mod station;
pub mod storage;
pub mod test;

pub use admission::{Adaptive, Admission};
pub use alarm::{Alarm, Answer, EvaluationWindow, MissingData, Signal, Statistic};
pub use api::{Api, ApiRetry, Breaker, Budget, Call, Concurrency, Hedge, Limit, RateLimit, RateRule, Tail, Window};
pub use autoscale::Autoscale;
pub use cache::{Cache, EvictionPolicy, KeyPopularity, KeyRef, Keyspace, ReadFrom, Refusal, Start, ValueSize};
pub use cause::{Cause, CauseSet};
pub use decision::{Branch, Condition, Criterion, Decision};
pub use event::{Event, Health, Station, What};
pub use flow::{Backoff, Endpoint, Jitter, StatementIo, StatementOptions, Step, asks_for};
pub use host::{Bandwidth, Credits, Host, SharedHost};
pub use http_status::HttpStatus;
pub use lock::{Lock, RowPopularity};
pub use memory::{Collector, Memory};
pub use objective::{Comparison, Metric, Objective, Relative, Severity, TestSpan};
pub use parameter::{Amount, Meaning, Parameter};
pub use pooler::{Pooler, PoolerMode};
pub use quantity::{Factor, Input, Law, Quantity, Shape};
pub use queue::{JobRetry, Queue};
pub use station::{
    Balancer, Contention, Database, Opens, Pool, Remote, Replication, Reuse, Runtime, Scope, Tier, WaiterOrder,
};
pub use storage::{Storage, Volume, VolumePrice};
pub use test::{
    ArrivalProcess, Check, CheckRule, Executor, Instants, Iteration, Move, Recorded, RecordingRef, Replay, Role, Rows,
    Scenario, SpansRef, Stage, Stretch, Test,
};

/// A whole system, its tests included. Everything refers to everything else by index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub name: String,
    /// One paragraph for people; may be empty.
    pub about: String,
    /// Where the numbers come from, as the file says; shown with results.
    pub sources: Vec<String>,
    /// What presets have set, in words; shown with results.
    pub presets: Vec<String>,
    /// Numbers that are known only as a range; drawn anew in each replication.
    pub inputs: Vec<Input>,
    pub hosts: Vec<SharedHost>,
    pub tiers: Vec<Tier>,
    pub databases: Vec<Database>,
    pub caches: Vec<Cache>,
    pub locks: Vec<Lock>,
    pub poolers: Vec<Pooler>,
    pub pools: Vec<Pool>,
    pub apis: Vec<Api>,
    pub limits: Vec<Limit>,
    pub queues: Vec<Queue>,
    pub endpoints: Vec<Endpoint>,
    pub iterations: Vec<Iteration>,
    pub tests: Vec<Test>,
    pub alarms: Vec<Alarm>,
    pub decisions: Vec<Decision>,
    /// Names and one-line descriptions of the variants that the file offers.
    pub variants: Vec<VariantInfo>,
    /// What is allowed but hardly meant, with its place in the file; shown with results.
    pub warnings: Vec<String>,
}

impl Model {
    /// How many of a thing there are: one in all, or as many per tier as its scope says, of the tiers
    /// that use it (of all if none does).
    #[must_use]
    pub fn copies(&self, scope: Scope, uses: impl Fn(usize) -> bool) -> Vec<u32> {
        let nobody = !(0..self.tiers.len()).any(&uses);
        let per_tier = |of: fn(&Tier) -> u32| {
            let tiers = self.tiers.iter().enumerate();
            tiers.map(|(number, tier)| if nobody || uses(number) { of(tier) } else { 0 }).collect()
        };
        match scope {
            Scope::Total => vec![1],
            Scope::Instance => per_tier(|tier| tier.count),
            Scope::Process => per_tier(|tier| tier.count * tier.processes),
        }
    }

    /// How many of a pool there are; see [`Self::copies`].
    #[must_use]
    pub fn copies_of_pool(&self, pool: u32) -> Vec<u32> {
        let uses = |tier: usize| self.flows_on(tier).any(|steps| asks_for(steps, pool));
        self.copies(self.pools[pool as usize].scope, uses)
    }

    /// The steps of all that runs on a tier: of its endpoints, and of jobs.
    pub fn flows_on(&self, tier: usize) -> impl Iterator<Item = &[Step]> {
        let endpoints = self.endpoints.iter().map(|endpoint| (endpoint.tier, &endpoint.steps[..]));
        let queues = self.queues.iter().map(|queue| (queue.tier, &queue.steps[..]));
        endpoints.chain(queues).filter(move |(on, _)| *on as usize == tier).map(|(_, steps)| steps)
    }
}

/// A named set of changes that the model file offers.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantInfo {
    pub name: String,
    pub about: String,
    /// An alternative mechanism that `check` lays beside the model, unscored.
    pub alternative: bool,
}
