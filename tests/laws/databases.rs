//! Random databases: pools, poolers, storage, replicas, and what statements ask of them.

use plimsoll::model::*;
use proptest::prelude::*;
use proptest::sample::select;

use crate::system::{constant, known};
use crate::systems::{POOLS, law};

/// Read replicas of every random database.
const REPLICAS: u32 = 2;

/// A read at one of the replicas of the database, whose pools stand behind all others.
pub fn at_replica(pool: u32, cpu: &Law, options: &StatementOptions) -> Step {
    let options = StatementOptions { read: true, ..options.clone() };
    let query = |replica: u32| {
        let (name, cpu, time) = ("read".to_owned(), cpu.clone(), constant(0.001));
        Step::Query { name, pool: POOLS * (1 + replica) + pool, cpu, time, options: options.clone() }
    };
    Step::AtReplica { primary: 0, queries: (0..REPLICAS).map(query).collect() }
}

/// Gives the database its replicas, with poolers and pools like its own.
pub fn replicate(model: &mut Model, replication: Replication) {
    for replica in 1..=REPLICAS {
        let copy = model.databases[0].clone();
        model.databases.push(Database { name: format!("db replica {replica}"), ..copy });
        let pooler = model.poolers[0].clone();
        let name = format!("pooler replica {replica}");
        model.poolers.push(Pooler { name, database: replica, part_of: Some(0), ..pooler });
        for pool in 0..POOLS as usize {
            let copy = model.pools[pool].clone();
            let name = format!("{} replica {replica}", copy.name);
            let pooler = copy.pooler.map(|_| replica);
            model.pools.push(Pool { name, remote: Remote::Database(replica), pooler, ..copy });
        }
    }
    model.databases[0].replication = Some(replication);
}

pub fn replication() -> BoxedStrategy<Replication> {
    let balancer =
        select(vec![Balancer::RoundRobin, Balancer::LeastOutstanding, Balancer::Random, Balancer::PowerOfTwo]);
    (balancer, proptest::option::of(law(0.02)))
        .prop_map(|(balancer, lag)| Replication { replicas: REPLICAS, balancer, lag })
        .boxed()
}

pub fn options() -> BoxedStrategy<StatementOptions> {
    let io = (0.0..3.0f64, 0.0..2.0f64, 0u32..20, 0.5..1.0f64).prop_map(|(reads, writes, pages, hit)| StatementIo {
        reads: known(reads),
        writes: known(writes),
        pages,
        buffer_hit: known(hit),
    });
    (proptest::option::of(io), proptest::option::of(0.001..0.1f64), any::<bool>())
        .prop_map(|(io, timeout, read)| StatementOptions { io, timeout, read })
        .boxed()
}

pub fn storage() -> BoxedStrategy<Storage> {
    (50.0..500.0f64, 1.0..4.0f64, 0.0..300.0f64, law(0.001))
        .prop_map(|(base, burst, bucket, latency)| Storage {
            most: base * burst,
            base,
            bucket,
            latency,
            volume: Volume::default(),
        })
        .boxed()
}

pub fn pool() -> BoxedStrategy<Pool> {
    let scope = select(vec![Scope::Process, Scope::Instance, Scope::Total]);
    let order = select(vec![WaiterOrder::Fifo, WaiterOrder::Lifo, WaiterOrder::Random]);
    let patience = proptest::option::of(law(0.1));
    let idle = proptest::option::of(0.02..2.0f64);
    let connect = select(vec![0.0, 0.0, 0.004, 0.05]);
    let counts = (1u32..6, 0u32..6, proptest::option::of(0u32..8), proptest::option::of(0u32..4));
    let ways = (select(vec![Reuse::Last, Reuse::Oldest]), select(vec![Opens::Own, Opens::Own, Opens::Shared]));
    let times = (patience, idle, proptest::option::of(0.05..1.0f64), connect);
    (counts, scope, order, ways, times, proptest::option::of(Just(0u32)))
        .prop_map(|((max, min, max_waiters, max_idle), scope, order, (reuse, opens), times, pooler)| {
            let (acquire_timeout, idle_timeout, max_lifetime, connect) = times;
            let (min, connect) = (min.min(max), constant(connect));
            let pool = Pool { min, scope, order, reuse, opens, max_waiters, max_idle, ..Pool::of_size("", max) };
            Pool { acquire_timeout, idle_timeout, max_lifetime, connect, pooler, ..pool }
        })
        .boxed()
}

pub fn pooler() -> BoxedStrategy<Pooler> {
    let mode = select(vec![PoolerMode::Session, PoolerMode::Transaction]);
    let reserve = proptest::option::of((1u32..3, 0.005..0.1f64));
    let times = (0.01..0.3f64, proptest::option::of(0.02..2.0f64), proptest::option::of(0.05..1.0f64));
    (1u32..5, 0u32..3, 1u32..30, mode, reserve, times, select(vec![0.0, 0.004]))
        .prop_map(|(size, min, max_clients, mode, reserve, (wait, idle, life), connect)| Pooler {
            mode,
            max_clients,
            reserve,
            min_pool_size: min.min(size),
            query_wait_timeout: Some(wait),
            server_idle_timeout: idle,
            server_lifetime: life,
            server_login_retry: 0.1,
            connect: constant(connect),
            ..Pooler::of_size("pooler", size)
        })
        .boxed()
}
