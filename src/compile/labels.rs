//! Names for what a program measures.

mod events;

pub use self::events::*;
use crate::load::Spike;
use crate::model::Credits;

/// Names for the indices of a [`crate::engine::Program`].
#[derive(Clone, Debug, Default)]
pub struct Labels {
    pub endpoints: Vec<String>,
    /// The tier of each endpoint.
    pub tiers: Vec<String>,
    /// Bytes of a request and of an answer of each endpoint; 0 if not told.
    pub payloads: Vec<(f64, f64)>,
    /// Parts of a request's time account, for people.
    pub parts: Vec<String>,
    pub processors: Vec<ProcessorLabel>,
    pub permits: Vec<PermitLabel>,
    pub volumes: Vec<VolumeLabel>,
    pub machines: Vec<MachineLabel>,
    pub hosts: Vec<HostLabel>,
    pub footprints: Vec<FootprintLabel>,
    pub collectors: Vec<CollectorLabel>,
    pub counters: Vec<CounterLabel>,
    /// Named statements whose durations are measured.
    pub queries: Vec<String>,
    /// Caches, and the keyspaces of all of them, each with its cache.
    pub caches: Vec<String>,
    pub keyspaces: Vec<(String, String)>,
    pub apis: Vec<ApiLabel>,
    pub meters: Vec<MeterLabel>,
    pub queues: Vec<QueueLabel>,
    /// Flows of the test.
    pub flows: Vec<String>,
    /// Measured parts of endpoints, jobs and flows.
    pub steps: Vec<StepLabel>,
    pub laps: Vec<LapLabel>,
    pub locks: Vec<LockLabel>,
    pub feeds: Vec<FeedLabel>,
    pub databases: Vec<DatabaseLabel>,
    pub checks: Vec<String>,
    /// Tiers whose hosts come and go.
    pub fleets: Vec<FleetLabel>,
    /// Controllers of them, as the program has them.
    pub scalers: Vec<ScalerLabel>,
    /// What is planned for the middle of the test.
    pub events: Vec<EventLabel>,
    /// A load that rises and falls again.
    pub spike: Option<Spike>,
}

/// A queue of jobs.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueLabel {
    pub name: String,
    /// Whether the test puts jobs into it.
    pub used: bool,
    /// Which of [`Labels::permits`] its workers are.
    pub gauge: usize,
}

/// A measured part.
#[derive(Clone, Debug, PartialEq)]
pub struct StepLabel {
    /// "endpoint part", "queue part" or "flow step".
    pub scope: String,
    /// Whether the test sets it off.
    pub used: bool,
}

impl Labels {
    /// The gauge of a fleet: they stand behind those of footprints.
    #[must_use]
    pub fn gauge_of_fleet(&self, fleet: usize) -> usize {
        self.gauge_of_footprint(self.footprints.len()) + fleet
    }

    /// The gauge of a controller: they stand behind those of fleets.
    #[must_use]
    pub fn gauge_of_scaler(&self, scaler: usize) -> usize {
        self.gauge_of_fleet(self.fleets.len()) + scaler
    }

    /// The measured statement with which those of [`Labels::laps`] begin: attempts and waits for locks come first.
    #[must_use]
    pub fn first_lap(&self) -> usize {
        self.apis.len() + self.locks.len()
    }

    /// The gauge of a volume: they stand behind those of processors, permits and breakers.
    #[must_use]
    pub fn gauge_of_volume(&self, volume: usize) -> usize {
        let breakers = self.apis.iter().filter(|api| api.breaker.is_some()).count();
        self.processors.len() + self.permits.len() + breakers + volume
    }

    /// The gauge of machines whose cores are not always to be had; they stand behind those of volumes.
    #[must_use]
    pub fn gauge_of_machine(&self, machine: usize) -> usize {
        self.gauge_of_volume(self.volumes.len()) + machine
    }

    /// The gauge of what the processes of a tier keep in memory; they stand behind those of machines.
    #[must_use]
    pub fn gauge_of_footprint(&self, footprint: usize) -> usize {
        self.gauge_of_machine(self.machines.len()) + footprint
    }
}

/// What a gauge of processors stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessorLabel {
    pub kind: ProcessorKind,
    pub name: String,
    /// Cores of all its processors together.
    pub cores: f64,
    /// What runs one thing at a time: event loops of a tier, threads of a cache; 0 if it has none.
    pub loops: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessorKind {
    Tier,
    Database,
    /// The threads of a cache.
    Cache,
    /// The load generator, on a shared machine.
    Generator,
    /// One direction of the network of a tier's hosts.
    Link,
    /// Pure delays; nothing to report.
    Delay,
}

impl ProcessorKind {
    /// The metric of the share in use.
    #[must_use]
    pub fn metric(self) -> Option<&'static str> {
        match self {
            ProcessorKind::Tier | ProcessorKind::Database | ProcessorKind::Cache | ProcessorKind::Generator => {
                Some("cpu")
            }
            ProcessorKind::Link => Some("bandwidth"),
            ProcessorKind::Delay => None,
        }
    }
}

/// A volume: the storage of a database.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeLabel {
    pub name: String,
    /// Operations per second, at most and in the long run.
    pub most: f64,
    pub base: f64,
    /// Credits at the start; 0 if it has none.
    pub bucket: f64,
}

/// Alike machines whose cores are not always to be had: the hosts of a tier, or a database.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineLabel {
    pub name: String,
    /// How many they are.
    pub hosts: f64,
    /// Cores that limits leave to the processes of all together; `None` without a limit.
    pub limited: Option<f64>,
    /// Of each: `None` if it needs none.
    pub credits: Option<Credits>,
}

impl MachineLabel {
    /// Whether there is anything to tell of it.
    #[must_use]
    pub fn tells(&self) -> bool {
        self.limited.is_some() || self.credits.is_some()
    }
}

/// What the processes of a tier keep in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct FootprintLabel {
    pub name: String,
    /// How many hosts it has.
    pub hosts: f64,
    /// Bytes on each at the beginning.
    pub start: f64,
    /// Counts kills for want of memory.
    pub counter: usize,
}

/// Garbage collection of a tier.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectorLabel {
    pub name: String,
    /// Counts minor collections; the counter after it major ones.
    pub counter: usize,
    /// Which measured statement a pause is.
    pub lap: usize,
}

/// A machine that several share.
#[derive(Clone, Debug, PartialEq)]
pub struct HostLabel {
    pub name: String,
    pub cores: f64,
    /// Which of [`Labels::processors`] use its cores.
    pub parts: Vec<usize>,
}

/// Something that is counted.
#[derive(Clone, Debug, PartialEq)]
pub struct CounterLabel {
    pub what: Counted,
    /// Index into [`Labels::databases`].
    pub database: usize,
    /// Number of the counter.
    pub counter: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Ends of transactions of several statements.
    Transactions,
    /// Transactions and statements outside of one that were taken back.
    Rollbacks,
    Deadlocks,
    /// Connections opened, where that is work.
    Connections,
}

/// Where a measured statement belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct LapLabel {
    /// Index into [`Labels::queries`].
    pub query: usize,
    /// Index into [`Labels::databases`].
    pub database: usize,
    /// Outside of any transaction, so that it is one itself.
    pub alone: bool,
}

/// What is measured of a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockLabel {
    pub name: String,
    /// Which measured statement a wait for it is.
    pub lap: usize,
    /// Counts waits that took time; the counters after it those given up, and victims of deadlocks.
    pub waits: usize,
}

/// What is measured of replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedLabel {
    /// Of the primary.
    pub name: String,
    /// Counts reads from replicas; the counter after it those that were stale.
    pub reads: usize,
}

impl LapLabel {
    /// A pause, and no statement.
    pub const PAUSE: LapLabel = LapLabel { query: usize::MAX, database: usize::MAX, alone: false };
}

#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseLabel {
    pub name: String,
    /// Statements are slow from here on, ns.
    pub slow: Option<u64>,
}

/// What a gauge of permits stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct PermitLabel {
    pub kind: PermitKind,
    pub name: String,
    /// Permits of all its kind together.
    pub most: f64,
    /// The tier whose hosts have their own, if they are of one tier only.
    pub tier: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermitKind {
    Pool,
    /// Server connections of a pooler.
    Pooler,
    Threads,
    /// What is let into processes.
    Admission,
    /// Workers of a queue of jobs.
    Workers,
    /// Attempts of ours that are on their way to an API.
    Sockets,
    /// What the far side of an API works on.
    FarSide,
}

impl PermitKind {
    /// The metrics of what is in use and of what waits, of the kinds that belong to an API or let requests in.
    #[must_use]
    pub fn used_and_waiting(self) -> (&'static str, &'static str) {
        match self {
            PermitKind::FarSide => ("api_active", "api_waiting"),
            PermitKind::Admission => ("requests_admitted", "requests_waiting"),
            PermitKind::Pool | PermitKind::Pooler | PermitKind::Threads | PermitKind::Workers | PermitKind::Sockets => {
                ("sockets_active", "sockets_waiting")
            }
        }
    }
}

/// What is measured of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiLabel {
    pub name: String,
    /// Which measured statement an attempt is.
    pub lap: usize,
    /// Counts calls; the counter after it attempts, and those after that failed ones by cause.
    pub counter: usize,
    /// Which gauge of breakers, and how many of them there are.
    pub breaker: Option<(usize, u32)>,
}

/// What is measured of a rate limit: a counter of tokens spent, and after it one of refusals.
#[derive(Clone, Debug, PartialEq)]
pub struct MeterLabel {
    pub kind: MeterKind,
    pub name: String,
    pub counter: usize,
    /// Tokens per second of all its copies together.
    pub rate: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeterKind {
    /// The far side's.
    Api,
    /// Our own.
    Inbound,
}

impl MeterKind {
    /// The metric of the share in use.
    #[must_use]
    pub fn metric(self) -> &'static str {
        match self {
            MeterKind::Api => "api_rate_limit",
            MeterKind::Inbound => "rate_limit",
        }
    }

    /// The metric that counts who was refused for want of tokens.
    #[must_use]
    pub fn refusals(self) -> &'static str {
        match self {
            MeterKind::Api => "api_rate_limit_refused",
            MeterKind::Inbound => "rate_limit_refused",
        }
    }
}
