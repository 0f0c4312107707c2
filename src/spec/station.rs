//! Tiers, databases and pools as they are written.

use serde_json::Value as Json;

use super::admission::AdmissionSpec;
use super::autoscale::{HpaSpec, TargetTrackingSpec};
use super::event::HealthSpec;
use super::keys::{keys, words};
use super::law::LawSpec;
use super::memory::MemoryKeys;
use super::node::{Node, Value};
use super::number::{Count, Duration, NumberAmount, Plain, Positive, Price, ShareAmount, Size};
use super::pooler::Preset;
use super::reader::{At, List, Reader, Written};
use super::schema::Definitions;
use super::storage::StorageSpec;
use crate::model::{Balancer, Opens, Reuse, Scope, WaiterOrder};

keys! {
    /// Servers that run the application: alike hosts, each with the same processes.
    TierSpec "a tier" {
        /// Cores per host; a container limit of half a core is 0.5. **Needed** without `instance`.
        cores: Option<At<Positive>>,
        /// EC2 instance type of each host, such as "t3.large": its cores and CPU credits; see `measured_on` for its speed.
        instance: Option<At<String>>,
        /// The machine on which it runs, instead of `cores` or `instance`: one of `[host.…]`, shared with others.
        host: Option<At<String>>,
        /// The instance type on which CPU times were measured: on another one they are as much shorter as its
        /// vCPUs are faster (CoreMark per vCPU); the speed stays as it is if left out.
        measured_on: Option<At<String>>,
        /// CPU credits of each host at the beginning; what it is launched with if left out.
        credits: Option<At<Plain>>,
        /// What happens without credits: "standard", slowed down to the baseline, or "unlimited", full speed for
        /// money; what is usual for the type if left out.
        credit_mode: Option<CreditMode>,
        /// What each host costs, "$0.09/h" or "$70/month"; the price of the instance type if left out.
        price: Option<At<Price>>,
        /// Hosts, at first if there is an autoscaler; 1, or its `min`, if left out.
        count: Option<At<Count>>,
        /// Processes per host; 1 if left out.
        processes: Option<At<Count>>,
        /// "event-loop" (one slice of work at a time; the default) or `{ threads = 200, backlog = 100 }`.
        runtime: Option<RuntimeSpec>,
        /// Requests that each process lets in at once, and what happens to the others; all if left out.
        admission: Option<AdmissionSpec>,
        /// Speed of one core relative to the one on which demands were measured; 1 if left out.
        speed: Option<At<Positive>>,
        /// How requests are spread over the hosts; "round-robin" if left out. "sticky": each user keeps its host while that is up.
        balancer: Option<Balancer>,
        /// Of each host, for `balancer = "weighted"`: a host of weight 2 gets twice as much as one of weight 1.
        weights: Option<List<At<Count>>>,
        /// How the balancer finds out which instances are up; it knows at once if left out.
        health: Option<HealthSpec>,
        /// The balancer gives a request up after this time (`balancer_timeout`), its instance works on; never if left out.
        balancer_timeout: Option<At<Duration>>,
        /// Time per request between client and tier that is no work of the tier; 0 if left out.
        network: Option<LawSpec>,
        /// Loss of speed with the number of jobs in service (Universal Scalability Law); none if left out.
        contention: Option<ContentionSpec>,
        /// Cores that each process may use, as a container's CPU limit says: what is over waits for the next period
        /// of 100 ms; those of the host if left out.
        cpu_limit: Option<At<Positive>>,
        /// Bytes per second that each host sends and receives, "64MB", or `{ base, burst, burst_for }`; that of the
        /// instance type, or any, if left out. Asked of by `request_bytes` and `response_bytes` of endpoints.
        bandwidth: Option<BandwidthSpec>,
        /// The number of hosts follows the load as in Kubernetes; it stays if left out.
        hpa: Option<HpaSpec>,
        /// The number of hosts follows the load as in EC2 Auto Scaling; it stays if left out.
        target_tracking: Option<TargetTrackingSpec>,
        ..memory: MemoryKeys
    }
}

/// Bytes per second.
#[derive(Clone, Debug)]
pub enum BandwidthSpec {
    Steady(At<Size>),
    Burst(BurstSpec),
}

keys! {
    /// A bandwidth that is higher for a while.
    BurstSpec "a bandwidth" {
        /// Bytes per second in the long run, "64MB".
        base: At<Size>,
        /// Bytes per second for a while, "625MB".
        burst: At<Size>,
        /// For how long after a rest; "5m" if left out.
        burst_for: Option<At<Duration>>,
    }
}

impl Written for BandwidthSpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Table(_) => BurstSpec::read(node, reader).map(BandwidthSpec::Burst),
            _ => {
                let size = Size::read(node, reader)?;
                Some(BandwidthSpec::Steady(At { value: size, span: node.span }))
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let about = "Bytes per second.";
        definitions.choice("Bandwidth", about, |definitions| {
            vec![serde_json::json!({ "type": "string", "examples": ["64MB"] }), BurstSpec::schema(definitions)]
        })
    }
}

keys! {
    /// A database server.
    DatabaseSpec "a database" {
        /// Cores; a database that never limits may have many. **Needed** without `instance`.
        cores: Option<At<Positive>>,
        /// RDS instance class, such as "db.t3.large": its cores, connections and CPU credits.
        instance: Option<At<String>>,
        /// The machine on which it runs, instead of `cores` or `instance`: one of `[host.…]`, shared with others.
        host: Option<At<String>>,
        /// The instance class on which CPU times were measured; see that of a tier.
        measured_on: Option<At<String>>,
        /// CPU credits at the beginning; none if left out.
        credits: Option<At<Plain>>,
        /// What happens without credits: "standard" or "unlimited"; what is usual for the class if left out.
        credit_mode: Option<CreditMode>,
        /// What it costs, and each of its replicas, "$0.09/h" or "$70/month"; the price of the class if left out.
        price: Option<At<Price>>,
        /// Speed of one core relative to the one on which demands were measured; 1 if left out.
        speed: Option<At<Positive>>,
        /// Connections it accepts; those of the instance class's default parameters if left out.
        max_connections: Option<At<Count>>,
        /// Connections of these that are kept for administrators; 0 if left out.
        reserved: Option<At<Count>>,
        /// Loss of speed with the number of statements in service (Universal Scalability Law).
        contention: Option<ContentionSpec>,
        /// Work of its cores to open one connection (its process, encryption, password); 0 if left out.
        connect_cpu: Option<LawSpec>,
        /// Read replicas, each as large as this one and with pools of its own; 0 if left out. Queries with
        /// `read = true` outside of a transaction go to one of them.
        replicas: Option<At<Count>>,
        /// How such queries are spread over the replicas; "random" if left out.
        read_balancer: Option<At<Balancer>>,
        /// How long after its commit a write, that is a query without `read = true`, comes to each replica; then
        /// stale reads are counted. Not counted if left out.
        lag: Option<LawSpec>,
        /// Its volume, on which the reads and writes of statements wait for their turn; no limit if left out.
        storage: Option<StorageSpec>,
        /// Share of the pages of statements that are found in memory; needed where statements have pages.
        buffer_hit: Option<At<ShareAmount>>,
        /// A statement that has run for so long is stopped (`statement_timeout`); never if left out.
        statement_timeout: Option<At<Duration>>,
        /// Statements that take at least so long are counted as slow; not counted if left out.
        slow_query: Option<At<Duration>>,
        /// Who has waited for a lock for so long looks whether there is a deadlock; 1 s if left out.
        deadlock_timeout: Option<At<Duration>>,
    }
}

keys! {
    /// A connection pool.
    PoolSpec "a pool" {
        /// The defaults of a well-known pool for all keys that are left out; `run` tells what they are.
        preset: Option<At<Preset>>,
        /// The database that it connects to; may be left out if there is only one.
        database: Option<At<String>>,
        /// The cache that it connects to, instead of a database.
        cache: Option<At<String>>,
        /// The pooler that it connects to instead of a database.
        pooler: Option<At<String>>,
        /// Most connections open at once, in each pool of the scope; **needed** without a preset.
        max: Option<At<Count>>,
        /// Connections opened at the start and kept; 0 if left out.
        min: Option<At<Count>>,
        /// Whether one pool exists per "process" (the default), per "instance" or in "total".
        scope: Option<Scope>,
        /// Longest wait for a connection; a law that is not constant is drawn anew for each wait; for ever if left out.
        acquire_timeout: Option<LawSpec>,
        /// Which waiter comes next: "fifo" (the default), "lifo" or "random".
        order: Option<WaiterOrder>,
        /// A connection idle this long is closed; never if left out.
        idle_timeout: Option<At<Duration>>,
        /// Time to open a connection; 0 if left out.
        connect: Option<LawSpec>,
        /// Most requests that may wait, further ones are refused; any number if left out.
        max_waiters: Option<At<Count>>,
        /// Which idle connection is used next: the one given back "last" (the default) or the "oldest" idle one.
        reuse: Option<Reuse>,
        /// For whom connections are opened: "own", each for the request that found none (the default), or
        /// "shared", one at a time for whoever is first in line when it is open.
        opens: Option<Opens>,
        /// Connections that may be idle, others are closed when they are given back; all if left out.
        max_idle: Option<At<Count>>,
        /// A connection this old is closed as soon as it is idle; never if left out.
        max_lifetime: Option<At<Duration>>,
    }
}

keys! {
    /// Universal Scalability Law: n jobs on c cores are served at the total rate
    /// min(n, c) / (1 + sigma (n - 1) + kappa n (n - 1)).
    ContentionSpec "contention" {
        /// Loss by waiting for each other; 0 if left out.
        sigma: Option<At<NumberAmount>>,
        /// Loss by agreeing with each other; 0 if left out.
        kappa: Option<At<NumberAmount>>,
    }
}

keys! {
    /// Threads: a request holds one from beginning to end.
    ThreadsSpec "a runtime with threads" {
        /// Requests inside a process at once.
        threads: At<Count>,
        /// Requests that may wait for a thread, further ones are refused; any number if left out.
        backlog: Option<At<Count>>,
    }
}

/// What a process does with several requests at once.
#[derive(Clone, Debug)]
pub enum RuntimeSpec {
    EventLoop,
    Threads(ThreadsSpec),
}

#[derive(Clone, Copy, Debug)]
enum RuntimeWord {
    EventLoop,
}

words! { RuntimeWord, "a runtime" { "event-loop" => EventLoop, } }

/// What happens to a burstable instance without CPU credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditMode {
    Standard,
    Unlimited,
}

words! { CreditMode, "a credit mode" { "standard" => Standard, "unlimited" => Unlimited, } }

words! { Balancer, "a balancer" {
    "round-robin" => RoundRobin,
    "least-outstanding" => LeastOutstanding,
    "random" => Random,
    "power-of-two" => PowerOfTwo,
    "weighted" => Weighted,
    "sticky" => Sticky,
} }

words! { Scope, "a scope" {
    "process" => Process,
    "instance" => Instance,
    "total" => Total,
} }

words! { Reuse, "an order of reuse" {
    "last" => Last,
    "oldest" => Oldest,
} }

words! { Opens, "a way to open connections" {
    "own" => Own,
    "shared" => Shared,
} }

words! { WaiterOrder, "an order" {
    "fifo" => Fifo,
    "lifo" => Lifo,
    "random" => Random,
} }

impl Written for RuntimeSpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Table(_) => ThreadsSpec::read(node, reader).map(RuntimeSpec::Threads),
            // Half of the table's form, which the list of words would not tell.
            Value::Text(ref word) if word.as_str() == "threads" => {
                reader.problem(node.span, "threads are told with their number", Some("write { threads = 200 }".into()));
                None
            }
            Value::Text(_) => RuntimeWord::read(node, reader).map(|RuntimeWord::EventLoop| RuntimeSpec::EventLoop),
            _ => {
                reader.unfit(node, "a runtime, \"event-loop\" or { threads = 200 },");
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let about = "What a process does with several requests at once.";
        definitions.choice("Runtime", about, |definitions| {
            vec![RuntimeWord::schema(definitions), ThreadsSpec::schema(definitions)]
        })
    }
}
