//! Two recorded runs of our own lab, predicted from the description of their key stream alone.
//!
//! A server of release 7.0.15 (Debian) bounded to 4 MB, empty at first; 400 lookups/s evenly spaced for
//! 65 s, Zipf 0.9 over 20,000 keys named `item:1` to `item:20000`; a miss is stored, valid for an hour,
//! when the database has answered (lognormal, mean 60 ms, cv 0.5). Sizes are a fixed function of the
//! key. Recorded were the hit ratio seen by clients, evictions, keys and memory from 25 to 65 s.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use plimsoll::distribution::Law;
use plimsoll::distribution::popularity::Zipf;
use plimsoll::engine::store::memory::{COMMAND, CONNECTION, START_UP};
use plimsoll::engine::store::{Among, Keyspace, Lookup, Memory, Policy, Store, StoreProgram, TICK};
use plimsoll::random::{Draw, derive};

const KEYS: u32 = 20_000;
const SECOND: u64 = 1_000_000_000;

/// The lab's own function: lognormal, median 4,500 bytes, sigma 0.5, from two hashes of the key.
fn bytes(id: u32) -> u32 {
    let hash = |x: u32| {
        let x = (x ^ (x >> 16)).wrapping_mul(0x045d_9f3b);
        let x = (x ^ (x >> 16)).wrapping_mul(0x045d_9f3b);
        f64::from(x ^ (x >> 16))
    };
    let (u1, u2) = ((hash(id * 2 + 1) + 1.0) / 4_294_967_297.0, hash(id * 2 + 1_000_003) / 4_294_967_296.0);
    let z = (-2.0 * u1.ln()).sqrt() * (2.0 * std::f64::consts::PI * u2).cos();
    (4500.0 * (0.5 * z).exp()).round().max(64.0) as u32
}

/// Figures of the window from 25 to 65 s: hit ratio in %, evictions per second, keys, MiB.
fn predict(policy: Policy, seed: u64) -> [f64; 4] {
    // The application and the sampler; GET, SETEX, INFO and CONFIG RESETSTAT.
    let fixed = START_UP + 2 * CONNECTION + 4 * COMMAND;
    let memory = Memory::Allocated { quantum: 16, fixed };
    let keyspaces = vec![Keyspace { keys: KEYS, tenants: 1, name_bytes: 9 }];
    let program = StoreProgram { memory, ..StoreProgram::usual(policy, Some(4 << 20), keyspaces) };
    let mut store = Store::new(program, seed).expect("has keys");
    let zipf = Zipf::new(KEYS, 0.9).expect("valid");
    let database = Law::lognormal(0.060 * SECOND as f64, 0.5);
    let mut coming: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
    // Where in a minute the run began is not known.
    let begin = Draw::new(seed, 1).below(60 * SECOND);
    let (mut before, mut keys, mut used, mut ticks, mut ticked) = (store.total(), 0.0, 0.0, 0.0, begin);
    for nth in 0..65 * 400u64 {
        let now = begin + nth * SECOND / 400;
        while let Some(Reverse((due, rank))) = coming.peek().copied().filter(|Reverse((due, _))| *due <= now) {
            coming.pop();
            store.set(rank, bytes(rank + 1), Some(3600 * SECOND), due);
        }
        while ticked + TICK <= now {
            ticked += TICK;
            store.tick(ticked);
            if ticked >= begin + 25 * SECOND {
                keys += store.total().keys as f64;
                used += store.used_bytes() as f64;
                ticks += 1.0;
            }
        }
        if nth == 25 * 400 {
            before = store.total();
        }
        let draw = derive(seed, nth);
        let rank = zipf.rank(&mut Draw::new(draw, 1));
        if store.get(rank, now) != Lookup::Hit {
            coming.push(Reverse((now + database.sample(&mut Draw::new(draw, 2)), rank)));
        }
    }
    let end = store.total();
    let hits = (end.hits - before.hits) as f64 / (40.0 * 400.0);
    [100.0 * hits, (end.evictions - before.evictions) as f64 / 40.0, keys / ticks, used / ticks / 1_048_576.0]
}

fn assert_predicts(policy: Policy, recorded: [f64; 4]) {
    const RUNS: u64 = 20;
    let runs: Vec<[f64; 4]> = (0..RUNS).map(|seed| predict(policy, seed)).collect();
    let mean: [f64; 4] = std::array::from_fn(|i| runs.iter().map(|run| run[i]).sum::<f64>() / RUNS as f64);
    println!("{policy:?}: hit %, evictions/s, keys, MiB: predicted {mean:.4?}, recorded {recorded:?}");
    assert!((mean[0] - recorded[0]).abs() < 1.0, "hit ratio {:.2} %, recorded {:.2} %", mean[0], recorded[0]);
    for (name, i) in [("evictions/s", 1), ("keys", 2), ("MiB", 3)] {
        assert!((mean[i] / recorded[i] - 1.0).abs() < 0.03, "{name}: {:.3}, recorded {:.3}", mean[i], recorded[i]);
    }
}

#[test]
fn four_megabytes_of_lru_are_predicted() {
    assert_predicts(Policy::Lru(Among::All), [39.425, 240.378, 531.7, 3.998_55]);
}

#[test]
fn four_megabytes_of_lfu_are_predicted() {
    assert_predicts(Policy::Lfu(Among::All), [46.581, 212.928, 525.55, 3.998_75]);
}
