//! The parts of a system that requests visit.

use super::admission::Admission;
use super::autoscale::Autoscale;
use super::event::Health;
use super::host::Host;
use super::memory::{Collector, Memory};
use super::quantity::{Law, Quantity};
use super::storage::Storage;

/// Servers that run the application: `count` alike hosts, each with the same processes.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    pub name: String,
    /// Hosts, at least 1.
    pub count: u32,
    /// Cores per host, above 0; a container limit of half a core is 0.5.
    pub cores: f64,
    /// Speed of one core relative to the one on which demands were measured, above 0.
    pub speed: f64,
    /// Processes per host, at least 1.
    pub processes: u32,
    pub runtime: Runtime,
    /// What each process lets in; `None`: all.
    pub admission: Option<Admission>,
    /// How requests are spread over hosts; over the processes of a host it is always round-robin.
    pub balancer: Balancer,
    /// Of each host, above 0, for a weighted balancer; one that is added weighs 1.
    pub weights: Vec<u32>,
    /// What changes how many hosts there are; `None`: only events.
    pub autoscale: Option<Autoscale>,
    /// How the balancer finds out which hosts are up; `None`: it knows at once.
    pub health: Option<Health>,
    /// The balancer gives a request up after so many seconds, above 0; its host works on. `None`: never.
    pub balancer_timeout: Option<f64>,
    /// Time between client and tier that is no work of the tier (network, balancer), per request.
    pub network: Law,
    pub contention: Contention,
    /// Each of its hosts.
    pub host: Host,
    /// Cores that each process may use, above 0; `None`: all of its host.
    pub cpu_limit: Option<f64>,
    /// What its processes keep; `None`: not told.
    pub memory: Option<Memory>,
    /// How they collect garbage; `None`: without pauses.
    pub collector: Option<Collector>,
}

/// What a process does with several requests at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Runtime {
    /// One slice of CPU work at a time, first come first served; a request that waits for
    /// something else goes to the back of the line for its next slice.
    EventLoop,
    /// At most `limit` requests inside; up to `backlog` more wait, further ones are refused.
    Threads { limit: u32, backlog: Option<u32> },
}

/// How a balancer chooses a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balancer {
    RoundRobin,
    LeastOutstanding,
    Random,
    PowerOfTwo,
    /// In turn, each as often as its weight says.
    Weighted,
    /// Each user keeps its host for as long as that is up.
    Sticky,
}

/// Loss of total rate with the number of jobs in service (Universal Scalability Law, Gunther):
/// `n` jobs on `c` cores are served at the total rate
/// `min(n, c) / (1 + sigma (n - 1) + kappa n (n - 1))`. Both 0: none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contention {
    pub sigma: Quantity,
    pub kappa: Quantity,
}

/// A database server.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    pub name: String,
    pub cores: f64,
    pub speed: f64,
    /// Connections that all pools together may have open; further attempts are refused.
    pub max_connections: u32,
    pub contention: Contention,
    pub host: Host,
    pub storage: Option<Storage>,
    /// Statements that take at least so many seconds are counted as slow; `None`: not counted.
    pub slow_query: Option<f64>,
    /// Who has waited for a lock for so many seconds, above 0, looks whether there is a deadlock.
    pub deadlock_timeout: f64,
    /// Work of its cores to open one connection, in seconds of one core of speed 1.
    pub connect_cpu: Law,
    /// Its read replicas, databases of their own; `None`: none.
    pub replication: Option<Replication>,
}

/// Read replicas of a database.
#[derive(Clone, Debug, PartialEq)]
pub struct Replication {
    /// How many, at least 1.
    pub replicas: u32,
    /// How reads are spread over them.
    pub balancer: Balancer,
    /// How long after its commit a write comes to each of them, drawn for each write and replica; `None`:
    /// stale reads are not counted.
    pub lag: Option<Law>,
}

/// PostgreSQL's default, seconds: <https://www.postgresql.org/docs/current/runtime-config-locks.html>.
pub const DEADLOCK_TIMEOUT: f64 = 1.0;

impl Database {
    /// A database of which nothing but its size is said.
    #[must_use]
    pub fn of_size(name: &str, cores: f64, max_connections: u32) -> Database {
        let none = Quantity::Known(0.0);
        let contention = Contention { sigma: none, kappa: none };
        Database {
            name: name.to_owned(),
            cores,
            speed: 1.0,
            max_connections,
            contention,
            host: Host::default(),
            storage: None,
            slow_query: None,
            deadlock_timeout: DEADLOCK_TIMEOUT,
            connect_cpu: Law::constant(0.0),
            replication: None,
        }
    }
}

/// A connection pool. One exists per process, per host or in all, as `scope` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    pub name: String,
    pub remote: Remote,
    /// Index into [`crate::model::Model::poolers`] of the one that it connects to instead of its database.
    pub pooler: Option<u32>,
    /// Most connections open at once, at least 1, in each pool of the scope.
    pub max: u32,
    /// Connections opened at the start and never closed for idleness; `min <= max`.
    pub min: u32,
    pub scope: Scope,
    /// Longest wait for a connection, drawn anew for each wait; `None`: for ever.
    pub acquire_timeout: Option<Law>,
    pub order: WaiterOrder,
    /// A connection idle this long is closed; `None`: never.
    pub idle_timeout: Option<f64>,
    /// Time to open a connection.
    pub connect: Law,
    /// Most requests that may wait; `None`: no bound.
    pub max_waiters: Option<u32>,
    pub reuse: Reuse,
    pub opens: Opens,
    /// Of the connections given back, this many may be idle and others are closed; `None`: all.
    pub max_idle: Option<u32>,
    /// A connection this old is closed as soon as it is idle, in seconds; `None`: never.
    pub max_lifetime: Option<f64>,
}

impl Pool {
    /// A pool on the first database, one in all, whose connections are all open from the start and stay.
    #[must_use]
    pub fn of_size(name: &str, max: u32) -> Pool {
        Pool {
            name: name.to_owned(),
            remote: Remote::Database(0),
            pooler: None,
            max,
            min: max,
            scope: Scope::Total,
            acquire_timeout: None,
            order: WaiterOrder::Fifo,
            idle_timeout: None,
            connect: Law::constant(0.0),
            max_waiters: None,
            reuse: Reuse::Last,
            opens: Opens::Own,
            max_idle: None,
            max_lifetime: None,
        }
    }
}

impl Pool {
    /// Index of the database where its statements run; `None` if it leads to a cache.
    #[must_use]
    pub fn database(&self) -> Option<u32> {
        match self.remote {
            Remote::Database(database) => Some(database),
            Remote::Cache(_) => None,
        }
    }
}

/// Which of several idle connections is used next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// The one given back last.
    Last,
    /// The one that has been idle longest.
    Oldest,
}

/// For whom connections are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// Each for the request that found none; this waits for just that one.
    Own,
    /// One at a time, for whoever is first in line when it is open.
    Shared,
}

/// What the connections of a pool lead to: where its statements run, or its keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remote {
    /// Index into [`crate::model::Model::databases`].
    Database(u32),
    /// Index into [`crate::model::Model::caches`].
    Cache(u32),
}

/// What one pool serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Process,
    Instance,
    Total,
}

/// Which waiter gets a free connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaiterOrder {
    Fifo,
    Lifo,
    Random,
}
