//! The simulated store beside a real server under the same stream: hit ratio, evictions, keys, memory.
//!
//! All policies at four bounds at once, each with a server of its own, paced so that clocks of
//! seconds and times to live matter. Instants of the simulation are those at which the batches were
//! sent. What the server uses without a key is read from it before the stream begins. Expirations are told, not judged:
//! there are few, and which keys expire before they are evicted is luck.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use plimsoll::engine::store::{Among, Counts, Keyspace, Memory, Policy, Store, StoreProgram};

use super::server::{Real, Server};
use super::stream::{Answers, KEYS, NAME_BYTES, Seen, Simulated, Stream, follow};

const ACCESSES: u64 = 48_000;
const BATCH: usize = 8;
/// Lookups per second of one client.
const PACE: u64 = 4_000;
const MIB: f64 = 1_048_576.0;
const BOUNDS: [f64; 4] = [2.5, 4.0, 6.0, 10.0];

const POLICIES: [(&str, Policy); 8] = [
    ("allkeys-lru", Policy::Lru(Among::All)),
    ("allkeys-lfu", Policy::Lfu(Among::All)),
    ("allkeys-random", Policy::Random(Among::All)),
    ("volatile-lru", Policy::Lru(Among::Volatile)),
    ("volatile-lfu", Policy::Lfu(Among::Volatile)),
    ("volatile-random", Policy::Random(Among::Volatile)),
    ("volatile-ttl", Policy::Soonest),
    ("noeviction", Policy::Refuse),
];

/// What one side says at the end.
#[derive(Debug)]
struct Figures {
    seen: Seen,
    counts: Counts,
    used: u64,
}

fn real_figures(stream: &Stream, policy: &str, max: u64) -> (u64, Vec<u64>, Figures) {
    let server = Server::start(policy, max);
    let mut real = Real { connection: server.connect(), stream, instants: Vec::new() };
    // Buffers and statistics of every command that follows are allocated at its first use.
    real.set(&[39, 0, 1, 2, 3, 4, 5, 6]);
    real.get(&[0, 1, 2, 3, 4, 5, 6, 7]);
    real.instants.clear();
    real.connection.ask(&["FLUSHALL"]);
    real.connection.figure("used_memory");
    let empty = real.connection.figure("used_memory");
    let begun = Instant::now();
    let paced = |number: u64| {
        let due = Duration::from_micros(number * BATCH as u64 * 1_000_000 / PACE);
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
    };
    let seen = follow(stream, ACCESSES, BATCH, paced, &mut real);
    let mut figure = |name: &str| real.connection.figure(name);
    let counts = Counts {
        keys: figure("db0:keys"),
        hits: seen.hits,
        misses: ACCESSES - seen.hits,
        stored: ACCESSES - seen.hits - seen.refused,
        refused: seen.refused,
        evictions: figure("evicted_keys"),
        expirations: figure("expired_keys"),
    };
    let used = figure("used_memory");
    (empty, real.instants, Figures { seen, counts, used })
}

fn simulated_figures(stream: &Stream, policy: Policy, max: u64, fixed: u64, instants: &[u64]) -> Figures {
    let keyspaces = vec![Keyspace { keys: KEYS, tenants: 1, name_bytes: NAME_BYTES }];
    let memory = Memory::Allocated { quantum: 16, fixed };
    let program = StoreProgram { memory, ..StoreProgram::usual(policy, Some(max), keyspaces) };
    let store = Store::new(program, 1).expect("has keys");
    let first = instants.first().copied().unwrap_or(0);
    let mut simulated = Simulated { store, stream, instants: instants.iter(), now: first, ticked: first };
    let seen = follow(stream, ACCESSES, BATCH, |_| {}, &mut simulated);
    Figures { seen, counts: simulated.store.total(), used: simulated.store.used_bytes() }
}

/// What is further apart than it may be.
fn apart(real: &Figures, simulated: &Figures) -> Vec<String> {
    let mut found = Vec::new();
    let ratio = |figures: &Figures| 100.0 * figures.seen.hits as f64 / ACCESSES as f64;
    if (ratio(real) - ratio(simulated)).abs() > 1.0 {
        found.push(format!("hit ratio {:.2} % and {:.2} %", ratio(real), ratio(simulated)));
    }
    let mut near = |name: &str, real: u64, simulated: u64| {
        if (real as f64 - simulated as f64).abs() > 0.03 * real as f64 {
            found.push(format!("{name} {real} and {simulated}"));
        }
    };
    near("evictions", real.counts.evictions, simulated.counts.evictions);
    near("keys", real.counts.keys, simulated.counts.keys);
    near("memory", real.used, simulated.used);
    near("refused", real.counts.refused, simulated.counts.refused);
    found
}

#[test]
fn the_store_does_as_a_real_server_does() {
    if !Server::exists() {
        eprintln!("SKIPPED: no redis-server on this machine; .ci/run installs it");
        return;
    }
    let stream = Stream::new(3);
    let cases: Vec<(&str, Policy, u64)> =
        POLICIES.iter().flat_map(|(name, policy)| BOUNDS.map(|bound| (*name, *policy, (bound * MIB) as u64))).collect();
    let real: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            cases.iter().map(|(name, _, max)| scope.spawn(|| real_figures(&stream, name, *max))).collect();
        threads.into_iter().map(|thread| thread.join().expect("runs")).collect()
    });
    let (mut table, mut wrong) = (String::new(), Vec::new());
    for ((name, policy, max), (empty, instants, real)) in cases.iter().zip(&real) {
        let simulated = simulated_figures(&stream, *policy, *max, *empty, instants);
        let mib = *max as f64 / MIB;
        for (side, figures) in [("real", real), ("simulated", &simulated)] {
            let hits = 100.0 * figures.seen.hits as f64 / ACCESSES as f64;
            let Counts { keys, evictions, expirations, refused, .. } = figures.counts;
            let used = figures.used;
            let _ = writeln!(
                table,
                "{name:16} {mib:5.1} MiB {side:10} hit {hits:6.2} % keys {keys:5} evicted {evictions:6} expired {expirations:6} refused {refused:6} used {used:9}"
            );
        }
        wrong.extend(apart(real, &simulated).iter().map(|what| format!("{name} {mib} MiB: {what}")));
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{table}\nreal and simulated differ:\n  {}", wrong.join("\n  "));
}
