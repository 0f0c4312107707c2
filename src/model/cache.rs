//! Caches: a thread that serves commands, and keys in a bounded memory.

use super::quantity::{Law, Quantity};

/// A cache such as Redis.
#[derive(Clone, Debug, PartialEq)]
pub struct Cache {
    pub name: String,
    /// Its node type, for people; `None`: none.
    pub node: Option<String>,
    /// Dollars per hour of its machine and of each replica's, at least 0; `None`: not known.
    pub price: Option<f64>,
    /// Bound on used memory, bytes; `None`: unbounded.
    pub max_bytes: Option<u64>,
    pub policy: EvictionPolicy,
    /// Keys looked at for one eviction, at least 1.
    pub samples: u32,
    pub lfu_log_factor: u32,
    /// Minutes after which an unused counter of accesses falls by one; 0: never.
    pub lfu_decay_minutes: u32,
    /// Memory in use without a key, bytes; `None`: as start-up, connections and commands have it.
    pub empty_bytes: Option<u64>,
    /// Spacing of the allocator's smallest size classes, bytes: 8 or 16.
    pub quantum: u32,
    /// Time of the thread per command.
    pub command: Law,
    /// Time per command that is no work of the cache.
    pub network: Law,
    /// Cores of its host, at least 1, of which the thread uses one.
    pub cores: f64,
    /// Connections that all pools together may have open.
    pub max_connections: u32,
    /// Copies that serve reads if `read_from` says so.
    pub replicas: u32,
    pub read_from: ReadFrom,
    /// How long after the master a write comes to each replica, drawn for each write and replica.
    pub lag: Law,
    pub keyspaces: Vec<Keyspace>,
}

/// A family of keys that are alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Keyspace {
    pub name: String,
    /// Keys of one tenant, at least 1.
    pub keys: u32,
    /// Tenants, at least 1, all asked for equally.
    pub tenants: u32,
    pub name_bytes: u32,
    pub popularity: KeyPopularity,
    pub size: ValueSize,
    /// Seconds for which a key is valid after a write; `None`: for ever.
    pub ttl: Option<f64>,
    pub start: Start,
}

/// Which key is asked for how often.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyPopularity {
    /// In proportion to `rank^-exponent`; 0 is uniform.
    Zipf { exponent: Quantity },
    /// The first `hot` of the keys (a share) get `accesses` of all accesses (a share).
    HotSet { hot: Quantity, accesses: Quantity },
    /// Ranks in the order in which they are asked for, from the beginning again after the end.
    Trace(Vec<u32>),
}

/// Bytes of values.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueSize {
    /// `sigma`: standard deviation of the logarithm; 0: all alike. No value is smaller than `min`.
    Lognormal { median: f64, sigma: f64, min: f64 },
    /// Of each key, the most popular first; from the first again behind the last.
    OfKeys(Vec<u32>),
}

/// What is there when the test begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    Cold,
    /// Every key has been written once, the most popular last.
    Full,
    /// So many accesses, spread evenly over some seconds, each a read that writes what it misses.
    Warm {
        accesses: u32,
        seconds: f64,
    },
}

/// What gives way when memory is full, in the words of Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvictionPolicy {
    NoEviction,
    AllKeysLru,
    AllKeysLfu,
    AllKeysRandom,
    VolatileLru,
    VolatileLfu,
    VolatileRandom,
    VolatileTtl,
}

/// Who serves reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFrom {
    Master,
    Replicas,
}

/// What a refused write does to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Ignore,
    /// Fails it with `cache_refused`.
    Fail,
}

/// A key of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyRef {
    /// Index into [`crate::model::Model::caches`].
    pub cache: u32,
    /// Index into [`Cache::keyspaces`].
    pub keyspace: u32,
    /// Steps of one request with the same word mean the same key.
    pub word: String,
    /// Index into [`crate::model::Model::pools`]; `None`: a connection that all share.
    pub pool: Option<u32>,
}
