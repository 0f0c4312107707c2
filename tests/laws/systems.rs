//! Random small systems of every kind.
//!
//! Only two things are left out: think times of 0, which may never let time move (see `ends`), and
//! endless client time-outs.

use plimsoll::model::*;
use proptest::prelude::*;
use proptest::sample::select;

use crate::system::{
    Build, constant, cpu, deadline, even, exponential, known, lognormal, poisson, query, ramp, request, scenario,
    system, think, transaction, users, wait,
};

/// Pools of every random system.
pub const POOLS: u32 = 2;
/// Kinds of row locks of every random system.
const LOCKS: u32 = 2;

fn law(mean: f64) -> BoxedStrategy<Law> {
    let mean = mean * 0.3..mean * 2.0;
    (mean, 0..4)
        .prop_map(|(mean, kind)| match kind {
            0 => constant(mean),
            1 => exponential(mean),
            2 => lognormal(mean, 0.7),
            _ => Law { draw: Some(0), ..lognormal(mean, 1.2) },
        })
        .boxed()
}

fn steps(leaf: BoxedStrategy<Step>) -> BoxedStrategy<Vec<Step>> {
    proptest::collection::vec(leaf, 1..4).boxed()
}

fn step() -> BoxedStrategy<Step> {
    let causes = select(vec![Cause::Intrinsic, Cause::ApiError, Cause::Shed]);
    let leaf = prop_oneof![
        3 => law(0.004).prop_map(cpu),
        4 => (0..POOLS, law(0.02)).prop_map(|(pool, time)| query(pool, time)),
        2 => (0..POOLS, law(0.003), law(0.01), options()).prop_map(|(pool, cpu, time, options)| {
            Step::Query { name: "work".into(), pool, cpu, time, options }
        }),
        2 => law(0.03).prop_map(wait),
        1 => (causes, 0.0..0.5f64).prop_map(|(cause, rate)| Step::Fail { cause, rate: known(rate) }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let inside = steps(inner);
        let backoff = (0.0..0.02f64, 1.0..3.0f64, any::<bool>()).prop_map(|(first, factor, jitter)| Backoff {
            first,
            factor,
            max: 0.1,
            jitter,
        });
        let on = select(vec![CauseSet::ALL, CauseSet::NONE.with(Cause::Intrinsic).with(Cause::Deadline)]);
        prop_oneof![
            (0..POOLS, inside.clone()).prop_map(|(pool, steps)| transaction(pool, steps)),
            (0..POOLS, 0..LOCKS, inside.clone()).prop_map(|(pool, lock, steps)| {
                transaction(pool, vec![query(pool, constant(0.001)), Step::Lock { lock, pool, steps }])
            }),
            (0.002..0.06f64, inside.clone()).prop_map(|(after, steps)| deadline(after, steps)),
            (1u32..4, backoff, on, inside.clone()).prop_map(|(attempts, backoff, on, steps)| Step::Retry {
                attempts,
                backoff,
                on,
                steps
            }),
            proptest::collection::vec(inside.clone(), 1..4).prop_map(|branches| Step::Parallel { branches }),
            proptest::collection::vec((0.1..3.0f64, inside), 1..4).prop_map(|branches| Step::Either {
                branches: branches.into_iter().map(|(weight, steps)| (known(weight), steps)).collect()
            }),
        ]
    })
    .boxed()
}

fn options() -> BoxedStrategy<StatementOptions> {
    let io = (0.0..3.0f64, 0.0..2.0f64, 0u32..20, 0.5..1.0f64).prop_map(|(reads, writes, pages, hit)| StatementIo {
        reads: known(reads),
        writes: known(writes),
        pages,
        buffer_hit: known(hit),
    });
    (proptest::option::of(io), proptest::option::of(0.001..0.1f64))
        .prop_map(|(io, timeout)| StatementOptions { io, timeout })
        .boxed()
}

fn storage() -> BoxedStrategy<Storage> {
    (50.0..500.0f64, 1.0..4.0f64, 0.0..300.0f64, law(0.001))
        .prop_map(|(base, burst, bucket, latency)| Storage { most: base * burst, base, bucket, latency })
        .boxed()
}

fn tier() -> BoxedStrategy<Tier> {
    let runtime = prop_oneof![
        Just(Runtime::EventLoop),
        (1u32..12, proptest::option::of(0u32..6)).prop_map(|(limit, backlog)| Runtime::Threads { limit, backlog }),
    ];
    let balancer =
        select(vec![Balancer::RoundRobin, Balancer::LeastOutstanding, Balancer::Random, Balancer::PowerOfTwo]);
    let cores = select(vec![0.5, 1.0, 2.0, 3.5]);
    let network = select(vec![0.0, 0.001]);
    (runtime, balancer, cores, network, 1u32..4, 1u32..4)
        .prop_map(|(runtime, balancer, cores, network, count, processes)| {
            let network = constant(network);
            Tier { runtime, balancer, cores, count, processes, network, ..system().tiers.remove(0) }
        })
        .boxed()
}

fn pool() -> BoxedStrategy<Pool> {
    let scope = select(vec![Scope::Process, Scope::Instance, Scope::Total]);
    let order = select(vec![WaiterOrder::Fifo, WaiterOrder::Lifo, WaiterOrder::Random]);
    let patience = proptest::option::of(0.005..0.3f64);
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

fn pooler() -> BoxedStrategy<Pooler> {
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

fn executor(graceful_stop: f64) -> BoxedStrategy<Executor> {
    let graces = if graceful_stop > 0.0 { vec![graceful_stop] } else { vec![0.0, 0.7, 30.0] };
    prop_oneof![
        (1u32..25, 2.0..8.0f64).prop_map(|(vus, duration)| users(vus, duration)),
        (0u32..10, proptest::collection::vec((0.0..4.0f64, 0u32..20), 1..5), select(graces)).prop_map(
            |(start, stages, grace)| {
                let mut stages: Vec<(f64, f64)> =
                    stages.into_iter().map(|(duration, target)| (duration, f64::from(target))).collect();
                stages.push((1.0, 3.0));
                ramp(start, &stages, grace)
            }
        ),
        (1.0..80.0f64, 2.0..8.0f64, 1u32..20).prop_map(|(rate, duration, most)| even(rate, duration, 1, most)),
        (1.0..80.0f64, 2.0..8.0f64).prop_map(|(rate, duration)| poisson(rate, duration)),
    ]
    .boxed()
}

/// How long running iterations may go on: 0, or as long as any may need.
pub const ENDLESS: f64 = 5_000.0;

/// A random system with a random test.
pub fn any_system(graceful_stop: f64) -> BoxedStrategy<Model> {
    let endpoint = steps(step());
    let client = select(vec![0.05, 0.5, 60.0]);
    let one_scenario = (executor(graceful_stop), 0.01..0.3f64, client, select(vec![0.0, 1.5]));
    (
        tier(),
        (proptest::collection::vec(pool(), POOLS as usize), pooler(), storage()),
        4u32..40,
        proptest::collection::vec(endpoint, 1..4),
        proptest::collection::vec(one_scenario, 1..4),
    )
        .prop_map(move |(tier, (pools, pooler, storage), connections, endpoints, scenarios)| {
            let mut model = system().app(|app| *app = tier);
            (model.databases[0].max_connections, model.databases[0].cores) = (connections, 2.0);
            model.poolers.push(pooler);
            model.databases[0].storage = Some(storage);
            model.databases[0].deadlock_timeout = 0.1;
            let popularity = [KeyPopularity::Uniform, KeyPopularity::Hot { keys: 1, share: 0.5 }];
            for (name, popularity) in ["rows", "hot"].into_iter().zip(popularity) {
                let timeout = (name == "hot").then_some(0.2);
                model.locks.push(Lock { name: name.into(), database: 0, keys: 3, popularity, timeout });
            }
            for (i, pool) in pools.into_iter().enumerate() {
                model.pools.push(Pool { name: format!("pool{i}"), ..pool });
            }
            let count = endpoints.len() as u32;
            model = endpoints.into_iter().fold(model, |model, steps| model.endpoint(steps));
            for (i, (executor, thinking, client, start)) in scenarios.into_iter().enumerate() {
                let i = i as u32;
                let pick = (0..count).map(|e| (known(f64::from(e + 1)), vec![request(e), request((e + i) % count)]));
                let moves =
                    vec![Move::Pick { branches: pick.collect() }, think(exponential(thinking)), think(constant(0.01))];
                let mut one = scenario(&format!("s{i}"), i, executor);
                (one.graceful_stop, one.request_timeout, one.start) = (graceful_stop, client, start);
                model = model.iteration(moves).scenario(one);
            }
            model
        })
        .boxed()
}
