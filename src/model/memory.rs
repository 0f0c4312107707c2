//! What the processes of a tier keep in memory, and how they collect it.

use super::quantity::{Law, Quantity};

/// Memory of each host of a tier, bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// More is not to be had: then the process that asks for it is killed; `None`: any amount.
    pub limit: Option<f64>,
    /// Of a process that has nothing to do.
    pub base: f64,
    /// Of a request inside it, waiting or not.
    pub per_request: f64,
    /// Of an open connection to a database, cache or pooler.
    pub per_connection: f64,
    /// Of a thread; nothing on event loops.
    pub per_thread: f64,
    /// What each request leaves behind for good.
    pub leak: f64,
    /// Seconds until a killed process serves again.
    pub restart: f64,
}

/// How a process collects its garbage.
#[derive(Clone, Debug, PartialEq)]
pub struct Collector {
    /// Bytes that a request allocates, above 0.
    pub allocation: f64,
    /// Bytes of the young generation, above 0: when so many are allocated it is collected.
    pub young: f64,
    /// For how long a minor collection stops the process.
    pub minor: Law,
    /// Share of the young generation that outlives a minor collection and grows old.
    pub survivors: Quantity,
    /// Bytes of the old generation at which a major collection follows, and how long it takes;
    /// `None`: it never does.
    pub major: Option<(f64, Law)>,
}
