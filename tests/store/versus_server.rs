//! The simulated store beside a real server under the same stream: hit ratio, evictions, keys, memory.
//!
//! All policies at four bounds at once, each with a server of its own, paced so that clocks of
//! seconds and times to live matter. Instants of the simulation are those at which the batches were
//! sent. What the server uses without a key is read from it before the stream begins. Expirations are told, not judged:
//! there are few, and which keys expire before they are evicted is luck.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use plimsoll::engine::store::{Among, Keyspace, Memory, Policy, Store, StoreProgram};

use super::server::{Real, Server};
use super::stream::{Answers, KEYS, NAME_BYTES, Seen, Simulated, Stream, follow};

const ACCESSES: u64 = 60_000;
const BATCH: usize = 8;
/// Lookups per second of one client.
const PACE: u64 = 4_000;
/// Simulated runs whose mean is compared.
const RUNS: u64 = 5;
const MIB: f64 = 1_048_576.0;
const BOUNDS: [f64; 4] = [2.5, 3.5, 5.0, 7.0];

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

/// What one side says: means over the runs, if there were several.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    hit_percent: f64,
    evictions: f64,
    expirations: f64,
    refused: f64,
    keys: f64,
    used: f64,
}

impl Figures {
    fn new(seen: &Seen, evictions: u64, expirations: u64, used: u64) -> Figures {
        Figures {
            hit_percent: 100.0 * seen.hits as f64 / ACCESSES as f64,
            evictions: evictions as f64,
            expirations: expirations as f64,
            refused: seen.refused as f64,
            keys: seen.keys,
            used: used as f64,
        }
    }

    /// Adds a run's share to a mean.
    fn add(&mut self, run: &Figures, share: f64) {
        self.hit_percent += run.hit_percent * share;
        self.evictions += run.evictions * share;
        self.expirations += run.expirations * share;
        self.refused += run.refused * share;
        self.keys += run.keys * share;
        self.used += run.used * share;
    }
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
    let figures = Figures::new(&seen, figure("evicted_keys"), figure("expired_keys"), figure("used_memory"));
    (empty, real.instants, figures)
}

fn simulated_figures(stream: &Stream, policy: Policy, max: u64, fixed: u64, instants: &[u64]) -> Figures {
    let keyspaces = vec![Keyspace { keys: KEYS, tenants: 1, name_bytes: NAME_BYTES }];
    let memory = Memory::Allocated { quantum: 16, fixed };
    let program = StoreProgram { memory, ..StoreProgram::usual(policy, Some(max), keyspaces) };
    let first = instants.first().copied().unwrap_or(0);
    let mut mean = Figures::default();
    for seed in 0..RUNS {
        let store = Store::new(program.clone(), seed).expect("has keys");
        let mut simulated = Simulated { store, stream, instants: instants.iter(), now: first, ticked: first };
        let seen = follow(stream, ACCESSES, BATCH, |_| {}, &mut simulated);
        let (total, used) = (simulated.store.total(), simulated.store.used_bytes());
        mean.add(&Figures::new(&seen, total.evictions, total.expirations, used), 1.0 / RUNS as f64);
    }
    mean
}

/// What is further apart than it may be.
fn apart(real: &Figures, simulated: &Figures) -> Vec<String> {
    let mut found = Vec::new();
    if (real.hit_percent - simulated.hit_percent).abs() > 1.0 {
        found.push(format!("hit ratio {:.2} % and {:.2} %", real.hit_percent, simulated.hit_percent));
    }
    let mut near = |name: &str, real: f64, simulated: f64| {
        if (real - simulated).abs() > 0.03 * real {
            found.push(format!("{name} {real} and {simulated}"));
        }
    };
    near("evictions", real.evictions, simulated.evictions);
    near("keys", real.keys, simulated.keys);
    near("memory", real.used, simulated.used);
    near("refused", real.refused, simulated.refused);
    found
}

#[test]
fn the_store_does_as_a_real_server_does() {
    if !Server::exists() {
        super::skipped("no redis-server on this machine to compare the store with; .ci/run installs it");
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
            let Figures { hit_percent, evictions, expirations, refused, keys, used } = figures;
            let _ = writeln!(
                table,
                "{name:16} {mib:5.2} MiB {side:10} hit {hit_percent:6.2} % keys {keys:7.1} evicted {evictions:8.1} expired {expirations:7.1} refused {refused:8.1} used {used:10.0}"
            );
        }
        wrong.extend(apart(real, &simulated).iter().map(|what| format!("{name} {mib} MiB: {what}")));
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{table}\nreal and simulated differ:\n  {}", wrong.join("\n  "));
}
