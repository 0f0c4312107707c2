//! A store of a million keys: lookups per second and bytes per key.

use std::process::Command;
use std::time::Instant;

use plimsoll::distribution::popularity::Zipf;
use plimsoll::engine::store::{Among, Keyspace, Lookup, Policy, Store, StoreProgram};
use plimsoll::random::Draw;

const KEYS: u32 = 1_000_000;
const LOOKUPS: u64 = 10_000_000;
const TTL: Option<u64> = Some(3_600_000_000_000);

/// Asks for [`memory`] only.
pub const MEMORY: &str = "memory-of-keys";

/// Bytes per key, in a process in which nothing else has used memory.
pub fn memory() {
    let before = resident_kb();
    let store = filled();
    let bytes = resident_kb().saturating_sub(before) as f64 * 1024.0 / f64::from(KEYS);
    println!("{:28} {bytes:7.1} bytes per key ({} keys)", "f  a million keys stored", store.total().keys);
}

/// Zipf 1.0, values of a kilobyte with a time to live; all fit, then a quarter.
pub fn report() {
    let myself = std::env::current_exe().expect("has a path");
    Command::new(myself).arg(MEMORY).status().expect("runs");
    let mut store = filled();
    lookups("f  lookups, all fit", &mut store);
    let quarter = store.used_bytes() / 4;
    for (name, policy) in [("lru", Policy::Lru(Among::All)), ("lfu", Policy::Lfu(Among::All))] {
        lookups(&format!("f  a quarter fits, {name}"), &mut bounded(Some((policy, quarter))));
    }
}

fn filled() -> Store {
    let mut store = bounded(None);
    (0..KEYS).for_each(|key| _ = store.set(key, 1000, TTL, 0));
    store
}

fn bounded(bound: Option<(Policy, u64)>) -> Store {
    let keyspaces = vec![Keyspace { keys: KEYS, tenants: 1, name_bytes: 12 }];
    let (policy, max) = bound.map_or((Policy::Lru(Among::All), None), |(policy, max)| (policy, Some(max)));
    Store::new(StoreProgram::usual(policy, max, keyspaces), 1).expect("has keys")
}

/// Lookups at 100,000/s, misses stored; popularity drawn as it goes.
fn lookups(name: &str, store: &mut Store) {
    let zipf = Zipf::new(KEYS, 1.0).expect("valid");
    let begun = Instant::now();
    for nth in 0..LOOKUPS {
        let (key, now) = (zipf.rank(&mut Draw::new(1, nth)), nth * 10_000);
        if store.get(key, now) != Lookup::Hit {
            store.set(key, 1000, TTL, now);
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{name:28} {:7.2} M lookups/s  (hit ratio {:.3}, {} keys)",
        LOOKUPS as f64 / seconds / 1e6,
        store.total().hit_ratio().unwrap_or(f64::NAN),
        store.total().keys,
    );
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
