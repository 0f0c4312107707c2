//! Exact LRU and FIFO against the miss counts that libCacheSim's own test expects on a real trace.
//!
//! The trace (cloudPhysicsIO.oracleGeneral.bin in the data of github.com/1a1a11a/libCacheSim: 113,872 records of
//! 24 bytes, little-endian: u32 time in s, u64 object, u32 bytes, i64 next access) is not ours to
//! ship. `PLIMSOLL_CACHE_TRACE` names a copy; without it this check is skipped and says so.

use std::collections::HashMap;

use plimsoll::engine::store::{Keyspace, Lookup, Memory, Policy, Store, StoreProgram};

const LRU: [u64; 8] = [93374, 89783, 83572, 81722, 72494, 72104, 71972, 71704];
const FIFO: [u64; 8] = [93403, 89386, 84387, 84025, 72498, 72228, 72182, 72140];

/// Objects numbered as they come, with their bytes.
fn read(path: &std::ffi::OsStr) -> Vec<(u32, u32)> {
    let bytes = std::fs::read(path).expect("the trace");
    let mut numbers = HashMap::new();
    let record = |record: &[u8]| {
        let object = u64::from_le_bytes(record[4..12].try_into().expect("8 bytes"));
        let next = numbers.len() as u32;
        let key = *numbers.entry(object).or_insert(next);
        (key, u32::from_le_bytes(record[12..16].try_into().expect("4 bytes")))
    };
    bytes.chunks_exact(24).map(record).collect()
}

fn misses(trace: &[(u32, u32)], policy: Policy, max: u64) -> u64 {
    let keys = trace.iter().map(|(key, _)| key + 1).max().expect("has records");
    let keyspaces = vec![Keyspace { keys, tenants: 1, name_bytes: 0 }];
    let program = StoreProgram { memory: Memory::ValuesOnly, ..StoreProgram::usual(policy, Some(max), keyspaces) };
    let mut store = Store::new(program, 1).expect("has keys");
    for (key, bytes) in trace {
        if store.get(*key, 0) != Lookup::Hit {
            store.set(*key, *bytes, None, 0);
        }
    }
    store.total().misses
}

#[test]
fn misses_of_a_real_trace_are_those_of_another_simulator() {
    let Some(path) = std::env::var_os("PLIMSOLL_CACHE_TRACE") else {
        super::skipped("no trace to compare misses on: PLIMSOLL_CACHE_TRACE names none");
        return;
    };
    let trace = read(&path);
    for (policy, expected) in [(Policy::ExactLru, LRU), (Policy::Fifo, FIFO)] {
        let bounds = (1..=8).map(|eighth| eighth * (128 << 20));
        let ours: Vec<u64> = bounds.map(|max| misses(&trace, policy, max)).collect();
        assert_eq!(ours, expected, "{policy:?}");
    }
}
