//! The store against stores so simple that they can hardly be wrong.

use std::collections::VecDeque;

use plimsoll::distribution::popularity::Zipf;
use plimsoll::engine::store::{Among, Keyspace, Lookup, Memory, Policy, Store, StoreProgram, Write};
use plimsoll::random::Draw;
use proptest::prelude::*;

fn store(policy: Policy, samples: u32, max: u64, keys: u32) -> Store {
    let keyspaces = vec![Keyspace { keys, tenants: 1, name_bytes: 0 }];
    let usual = StoreProgram::usual(policy, Some(max), keyspaces);
    Store::new(StoreProgram { memory: Memory::ValuesOnly, samples, ..usual }, 7).expect("has keys")
}

/// Keys with their bytes, the newest at the front.
struct Naive {
    renews: bool,
    max: u64,
    keys: VecDeque<(u32, u32)>,
}

impl Naive {
    fn get(&mut self, key: u32) -> bool {
        let Some(at) = self.keys.iter().position(|(other, _)| *other == key) else { return false };
        if self.renews {
            let entry = self.keys.remove(at).expect("is there");
            self.keys.push_front(entry);
        }
        true
    }

    /// Stores a key; how many were evicted for it, or nothing if there is no room.
    fn set(&mut self, key: u32, bytes: u32) -> Option<u32> {
        let mut evicted = 0;
        while self.keys.iter().map(|(_, bytes)| u64::from(*bytes)).sum::<u64>() + u64::from(bytes) > self.max {
            self.keys.pop_back()?;
            evicted += 1;
        }
        if self.get(key) {
            self.keys.iter_mut().find(|(other, _)| *other == key).expect("is there").1 = bytes;
        } else {
            self.keys.push_front((key, bytes));
        }
        Some(evicted)
    }

    fn delete(&mut self, key: u32) -> bool {
        let before = self.keys.len();
        self.keys.retain(|(other, _)| *other != key);
        self.keys.len() < before
    }
}

#[derive(Clone, Debug)]
enum Command {
    Get(u32),
    Set(u32, u32),
    Delete(u32),
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let command = prop_oneof![
        4 => (0..40u32).prop_map(Command::Get),
        4 => (0..40u32, 1..200u32).prop_map(|(key, bytes)| Command::Set(key, bytes)),
        1 => (0..40u32).prop_map(Command::Delete),
    ];
    prop::collection::vec(command, 0..400)
}

proptest! {
    #[test]
    fn exact_orders_are_those_of_a_list(commands in commands(), max in 100..2000u64, renews: bool) {
        let policy = if renews { Policy::ExactLru } else { Policy::Fifo };
        let (mut store, mut naive) = (store(policy, 5, max, 40), Naive { renews, max, keys: VecDeque::new() });
        for command in commands {
            match command {
                Command::Get(key) => prop_assert_eq!(store.get(key, 0) == Lookup::Hit, naive.get(key)),
                Command::Set(key, bytes) => {
                    let evicted = match store.set(key, bytes, None, 0) {
                        Write::Stored { evicted } => Some(evicted),
                        Write::Refused { .. } => None,
                    };
                    prop_assert_eq!(evicted, naive.set(key, bytes));
                }
                Command::Delete(key) => prop_assert_eq!(store.delete(key, 0), naive.delete(key)),
            }
            prop_assert_eq!(store.total().keys, naive.keys.len() as u64);
            prop_assert_eq!(store.used_bytes(), naive.keys.iter().map(|(_, bytes)| u64::from(*bytes)).sum::<u64>());
            prop_assert!((0..40).all(|key| store.holds(key) == naive.keys.iter().any(|(other, _)| *other == key)));
        }
    }
}

/// Accesses a minute apart (a clock of seconds tells all of them apart) to 1,000 keys of which 200 fit.
fn hit_ratio(policy: Policy, samples: u32) -> f64 {
    let mut store = store(policy, samples, 200, 1000);
    let zipf = Zipf::new(1000, 0.8).expect("valid");
    for nth in 0..60_000u64 {
        let (key, now) = (zipf.rank(&mut Draw::new(3, nth)), nth * 60_000_000_000);
        if store.get(key, now) != Lookup::Hit {
            store.set(key, 1, None, now);
        }
    }
    store.total().hit_ratio().expect("has lookups")
}

/// The more keys a sample has, the nearer it comes to the exact order; what remains is that a
/// candidate waits in the pool with the age it had when it was seen.
#[test]
fn large_samples_come_near_to_exact_lru() {
    let exact = hit_ratio(Policy::ExactLru, 5);
    let gaps = [1, 5, 50, 1000].map(|samples| exact - hit_ratio(Policy::Lru(Among::All), samples));
    println!("exact LRU {exact:.4}; less by {gaps:.4?} with 1, 5, 50 and all keys looked at");
    assert!(gaps[3].abs() < 0.005, "{gaps:?}");
    assert!(gaps[1] < gaps[0] && gaps[1] < 0.02, "{gaps:?}");
}
