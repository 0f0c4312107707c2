//! Random small systems of every kind.
//!
//! Only two things are left out: think times of 0, which may never let time move (see `ends`), and
//! endless client time-outs.

use plimsoll::model::*;
use proptest::prelude::*;
use proptest::sample::select;

use crate::databases::{at_replica, options, pool, pooler, replicate, replication, storage};
use crate::machines::{give_sizes, host, limited};
use crate::system::{
    Build, cached, constant, cpu, deadline, enqueue, even, exponential, key, known, lognormal, measure, poisson, query,
    ramp, request, scenario, system, think, transaction, users, wait,
};

/// Pools of every random system.
pub const POOLS: u32 = 2;
/// And external APIs.
const APIS: u32 = 2;
/// Queues of jobs of every random system.
pub const QUEUES: u32 = 2;
/// Kinds of row locks of every random system.
const LOCKS: u32 = 2;

pub fn law(mean: f64) -> BoxedStrategy<Law> {
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

/// A step that puts jobs into the queues from this one on.
fn step(first_queue: u32) -> BoxedStrategy<Step> {
    let causes = select(vec![Cause::Intrinsic, Cause::ApiError, Cause::Shed]);
    let leaf = prop_oneof![
        3 => law(0.004).prop_map(cpu),
        4 => (0..POOLS, law(0.02)).prop_map(|(pool, time)| query(pool, time)),
        2 => (0..POOLS, law(0.003), law(0.01), options()).prop_map(|(pool, cpu, time, options)| {
            Step::Query { name: "work".into(), pool, cpu, time, options }
        }),
        2 => (0..POOLS, law(0.003), options()).prop_map(|(pool, cpu, options)| at_replica(pool, &cpu, &options)),
        2 => law(0.03).prop_map(wait),
        2 => law(0.02).prop_map(|time| cached(0, vec![wait(time)])),
        1 => select(vec![Refusal::Ignore, Refusal::Fail])
            .prop_map(|refusal| Step::CacheWrite { key: key(0), refusal }),
        1 => Just(Step::CacheDelete { key: key(0) }),
        3 => call().prop_map(Step::Call),
        1 => (causes, 0.0..0.5f64).prop_map(|(cause, rate)| Step::Fail { cause, rate: known(rate) }),
    ];
    // Jobs never put jobs into their own queue: they would have no end.
    let leaf = match first_queue {
        QUEUES.. => leaf.boxed(),
        first => prop_oneof![10 => leaf, 1 => (first..QUEUES).prop_map(enqueue)].boxed(),
    };
    leaf.prop_recursive(3, 12, 3, |inner| {
        let inside = steps(inner);
        let backoff = (0.0..0.02f64, 1.0..3.0f64, select(vec![Jitter::None, Jitter::Full, Jitter::Equal]))
            .prop_map(|(first, factor, jitter)| Backoff { first, factor, max: 0.1, jitter });
        let on = select(vec![CauseSet::ALL, CauseSet::NONE.with(Cause::Intrinsic).with(Cause::Deadline)]);
        prop_oneof![
            (0..POOLS, inside.clone()).prop_map(|(pool, steps)| transaction(pool, steps)),
            (0..POOLS, 0..LOCKS, inside.clone()).prop_map(|(pool, lock, steps)| {
                transaction(pool, vec![query(pool, constant(0.001)), Step::Lock { lock, pool, steps }])
            }),
            (0.002..0.06f64, inside.clone()).prop_map(|(after, steps)| deadline(after, steps)),
            (select(vec!["a", "b"]), inside.clone()).prop_map(|(name, steps)| measure(name, steps)),
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

fn call() -> BoxedStrategy<Call> {
    let tail = proptest::option::of((0.0..0.5f64, 1.0..6.0f64))
        .prop_map(|tail| tail.map(|(share, times)| Tail { share: known(share), times }));
    let (timeout, deadline) = (proptest::option::of(0.005..0.06f64), proptest::option::of(0.01..0.1f64));
    (0..APIS, law(0.02), tail, 0.0..0.5f64, timeout, deadline, 0u32..3)
        .prop_map(|(api, latency, tail, errors, timeout, deadline, cost)| Call {
            api,
            latency,
            tail,
            errors: known(errors),
            timeout,
            deadline,
            cost,
        })
        .boxed()
}

fn rate_limit() -> BoxedStrategy<RateLimit> {
    let rule = prop_oneof![
        (1.0..80.0f64, 2u32..6).prop_map(|(rate, burst)| RateRule::Bucket { rate, burst }),
        (2u32..20, 0.05..1.0f64).prop_map(|(limit, length)| RateRule::Window { limit, length }),
    ];
    (rule, select(vec![0.0, 0.0, 0.05])).prop_map(|(rule, wait)| RateLimit { rule, wait }).boxed()
}

fn any_scope() -> BoxedStrategy<Scope> {
    select(vec![Scope::Process, Scope::Instance, Scope::Total]).boxed()
}

fn api() -> BoxedStrategy<Api> {
    let backoff = (0.0..0.02f64, 1.0..3.0f64, select(vec![Jitter::None, Jitter::Full, Jitter::Equal]))
        .prop_map(|(first, factor, jitter)| Backoff { first, factor, max: 0.1, jitter });
    let budget = proptest::option::of((1u32..20, 0.1..1.0f64))
        .prop_map(|budget| budget.map(|(tokens, per_success)| Budget { tokens, per_success }));
    let far_side = CauseSet::NONE.with(Cause::ApiTimeout).with(Cause::ApiError).with(Cause::ApiRateLimited);
    let on = select(vec![CauseSet::ALL, far_side]);
    let retry = (1u32..4, backoff, on.clone(), budget).prop_map(|(attempts, backoff, on, budget)| ApiRetry {
        attempts,
        backoff,
        on,
        budget,
    });
    let window = prop_oneof![(0.05..2.0f64).prop_map(Window::Seconds), (5u32..30).prop_map(Window::Calls)];
    let breaker = (0.1..1.0f64, 1u32..6, window, 0.05..1.0f64, 1u32..4, on).prop_map(
        |(failures, minimum, window, open, half_open, on)| Breaker {
            failures: known(failures),
            minimum,
            window,
            open,
            half_open,
            on,
        },
    );
    let hedge = (0.003..0.05f64, 2u32..5).prop_map(|(after, most)| Hedge { after, most });
    let concurrency = (1u32..5, 0u32..4).prop_map(|(limit, queue)| Concurrency { limit, queue });
    (
        proptest::option::of(rate_limit()),
        proptest::option::of(concurrency),
        proptest::option::of(1u32..6),
        any_scope(),
        proptest::option::of(retry),
        proptest::option::of(breaker),
        proptest::option::of(hedge),
    )
        .prop_map(|(rate_limit, concurrency, sockets, scope, retry, breaker, hedge)| Api {
            name: String::new(),
            rate_limit,
            reject_latency: constant(0.001),
            concurrency,
            sockets,
            scope,
            retry,
            breaker,
            hedge,
        })
        .boxed()
}

fn limit() -> BoxedStrategy<Limit> {
    (rate_limit(), any_scope(), select(vec![0.0, 0.0005]))
        .prop_map(|(rate, scope, cpu)| Limit { name: "limit".into(), rate, scope, cpu: constant(cpu) })
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
    let adaptive = proptest::option::of((0.002..0.2f64, 0.0..1.0f64)).prop_map(|adaptive| {
        adaptive.map(|(latency, backoff)| Adaptive { latency, min: 1, max: 12, backoff: known(backoff) })
    });
    let admission = (1u32..12, adaptive, 0u32..4, proptest::option::of(0.002..0.1f64))
        .prop_map(|(in_flight, adaptive, backlog, wait)| Admission { in_flight, adaptive, backlog, wait });
    let admission = proptest::option::weighted(0.3, admission);
    let network = select(vec![0.0, 0.001]);
    (runtime, balancer, cores, network, 1u32..4, 1u32..4, admission)
        .prop_map(|(runtime, balancer, cores, network, count, processes, admission)| {
            let network = constant(network);
            Tier { runtime, balancer, cores, count, processes, network, admission, ..system().tiers.remove(0) }
        })
        .boxed()
}

/// A small cache of every policy, that is soon full.
fn cache() -> BoxedStrategy<Cache> {
    use EvictionPolicy::*;
    let policy = select(vec![
        NoEviction,
        AllKeysLru,
        AllKeysLfu,
        AllKeysRandom,
        VolatileLru,
        VolatileLfu,
        VolatileRandom,
        VolatileTtl,
    ]);
    let bound = proptest::option::of(20_000u64..200_000);
    let ttl = proptest::option::of(0.1..3.0f64);
    let start = select(vec![Start::Cold, Start::Full, Start::Warm { accesses: 500, seconds: 2.0 }]);
    let readers = select(vec![(0, ReadFrom::Master), (2, ReadFrom::Replicas)]);
    let laws = (law(0.001), select(vec![0.0, 0.03]));
    (policy, bound, 1u32..400, ttl, start, readers, laws, 0.0..1.5f64)
        .prop_map(|(policy, bound, keys, ttl, start, (replicas, read_from), (command, lag), exponent)| {
            let mut cache = system().cache(keys, |_| ()).caches.remove(0);
            (cache.policy, cache.max_bytes, cache.command) = (policy, bound, command);
            cache.lag = constant(lag);
            (cache.replicas, cache.read_from, cache.empty_bytes) = (replicas, read_from, Some(5_000));
            let space = &mut cache.keyspaces[0];
            (space.ttl, space.start) = (ttl, start);
            space.popularity = KeyPopularity::Zipf { exponent: known(exponent) };
            space.size = ValueSize::Lognormal { median: 500.0, sigma: 0.5, min: 1.0 };
            cache
        })
        .boxed()
}

fn queue(number: u32) -> BoxedStrategy<Queue> {
    let retry = (1u32..4, 0.0..0.1f64, select(vec![Jitter::None, Jitter::Full, Jitter::Equal]));
    let poll = select(vec![0.0, 0.0, 0.03]);
    (1u32..4, 1u32..4, proptest::option::of(0u32..6), poll, retry, steps(step(number + 1)))
        .prop_map(move |(workers, concurrency, most, poll, (attempts, first, jitter), steps)| {
            let mut queue = system().queue(steps, |_| ()).queues.remove(0);
            queue.name = format!("jobs{number}");
            (queue.workers, queue.concurrency, queue.max_jobs, queue.poll) = (workers, concurrency, most, poll);
            let backoff = Backoff { first, factor: 1.5, max: 0.2, jitter };
            queue.retry = JobRetry { attempts, backoff, on: queue.retry.on };
            queue
        })
        .boxed()
}

/// What a user of a scenario does: a choice of requests, then a flow that may wait for its jobs.
fn moves(i: u32, count: u32, thinking: f64) -> Vec<Move> {
    let pick = (0..count).map(|e| (known(f64::from(e + 1)), vec![request(e), request((e + i) % count)]));
    let step = Some("step".to_owned());
    let poll = Move::Poll { endpoint: i % count, queue: i % QUEUES, every: 0.05, patience: 0.4, step: step.clone() };
    let request = Move::Request { endpoint: (i + 1) % count, checks: vec![], step };
    let moves = vec![request, think(constant(0.02)), poll];
    let flow = Move::Flow { name: "flow".into(), stop: i.is_multiple_of(2), moves };
    vec![Move::Pick { branches: pick.collect() }, think(exponential(thinking)), flow, think(constant(0.01))]
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
    let endpoint = steps(step(0));
    let connect_cpu = select(vec![0.0, 0.0, 0.002, 0.02]);
    let client = select(vec![0.05, 0.5, 60.0]);
    let one_scenario = (executor(graceful_stop), 0.01..0.3f64, client, select(vec![0.0, 1.5]));
    (
        (tier().prop_flat_map(limited), host()),
        (proptest::collection::vec(pool(), POOLS as usize), pooler(), storage(), replication(), connect_cpu),
        4u32..40,
        cache(),
        proptest::collection::vec(endpoint, 1..4),
        proptest::collection::vec(one_scenario, 1..4),
        proptest::collection::vec(api(), APIS as usize),
        limit(),
        (queue(0), queue(1)),
    )
        .prop_map(
            move |(
                (tier, host),
                (pools, pooler, storage, replication, connect_cpu),
                connections,
                cache,
                endpoints,
                scenarios,
                apis,
                limit,
                queues,
            )| {
                let mut model = system().app(|app| *app = tier);
                (model.databases[0].max_connections, model.databases[0].cores) = (connections, 2.0);
                model.poolers.push(pooler);
                model.databases[0].storage = Some(storage);
                (model.databases[0].deadlock_timeout, model.databases[0].host) = (0.1, host);
                model.databases[0].connect_cpu = constant(connect_cpu);
                let popularity = [RowPopularity::Uniform, RowPopularity::Hot { keys: 1, share: 0.5 }];
                for (name, popularity) in ["rows", "hot"].into_iter().zip(popularity) {
                    let (name, timeout, statement_timeout) = (name.into(), (name == "hot").then_some(0.2), Some(0.3));
                    model.locks.push(Lock { name, database: 0, keys: 3, popularity, timeout, statement_timeout });
                }
                for (i, pool) in pools.into_iter().enumerate() {
                    model.pools.push(Pool { name: format!("pool{i}"), ..pool });
                }
                replicate(&mut model, replication);
                model.caches.push(cache);
                model.apis = (0..).zip(apis).map(|(i, api)| Api { name: format!("api{i}"), ..api }).collect();
                model.queues.extend([queues.0, queues.1]);
                let count = endpoints.len() as u32;
                model = endpoints.into_iter().fold(model, |model, steps| model.endpoint(steps));
                give_sizes(&mut model);
                // The last of several endpoints has a limit.
                if count > 1 {
                    model.limits.push(limit);
                    model.endpoints.iter_mut().next_back().into_iter().for_each(|endpoint| endpoint.limit = Some(0));
                }
                for (i, (executor, thinking, client, start)) in scenarios.into_iter().enumerate() {
                    let i = i as u32;
                    let moves = moves(i, count, thinking);
                    let mut one = scenario(&format!("s{i}"), i, executor);
                    (one.graceful_stop, one.request_timeout, one.start) = (graceful_stop, client, start);
                    model = model.iteration(moves).scenario(one);
                }
                model
            },
        )
        // A request counts so many retries within each other and no more.
        .prop_filter("retries nest too deep", |model| {
            plimsoll::compile::compile(model, &model.tests[0], &[], &[]).is_ok()
        })
        .boxed()
}
