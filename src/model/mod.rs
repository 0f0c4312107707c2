//! The model: what a file means. Ids instead of names, nothing optional, every number checked.
//!
//! A `Model` is made by [`resolve`] from what was written in a file (`spec`), or all problems of
//! the file are reported at once. It knows nothing of files, and nothing of the engine:
//! `compile` turns it into a program for one test.

pub mod cause;
pub mod flow;
pub mod lock;
pub mod objective;
pub mod pooler;
pub mod quantity;
pub mod resolve;
pub mod station;
pub mod storage;
pub mod test;

pub use cause::{Cause, CauseSet};
pub use flow::{Backoff, Endpoint, StatementIo, StatementOptions, Step};
pub use lock::{KeyPopularity, Lock};
pub use objective::{Comparison, Metric, Objective, Severity};
pub use pooler::{Pooler, PoolerMode};
pub use quantity::{Factor, Input, Law, Quantity, Shape};
pub use station::{Balancer, Contention, Database, Opens, Pool, Reuse, Runtime, Scope, Tier, WaiterOrder};
pub use storage::Storage;
pub use test::{
    ArrivalProcess, Check, CheckRule, Executor, Iteration, Move, RecordingRef, Role, Scenario, Stage, Test, Unscored,
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
    pub tiers: Vec<Tier>,
    pub databases: Vec<Database>,
    pub locks: Vec<Lock>,
    pub poolers: Vec<Pooler>,
    pub pools: Vec<Pool>,
    pub endpoints: Vec<Endpoint>,
    pub iterations: Vec<Iteration>,
    pub tests: Vec<Test>,
    /// Names and one-line descriptions of the variants that the file offers.
    pub variants: Vec<VariantInfo>,
}

/// A named set of changes that the model file offers.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantInfo {
    pub name: String,
    pub about: String,
    /// An alternative mechanism that `check` lays beside the model, unscored.
    pub alternative: bool,
}
