//! The books of a store, and its rules one by one.

use super::*;
use crate::random::derive;

const SECOND: u64 = 1_000_000_000;

fn store(policy: Policy, max: u64, keyspaces: &[(u32, u32)]) -> Store {
    let memory = Memory::Allocated { quantum: 16, fixed: 10_000 };
    let space = |(keys, tenants): &(u32, u32)| Keyspace { keys: *keys, tenants: *tenants, name_bytes: 12 };
    let usual = StoreProgram::usual(policy, Some(max), keyspaces.iter().map(space).collect());
    Store::new(StoreProgram { memory, ..usual }, 3).unwrap()
}

const ALL: [Policy; 10] = [
    Policy::Refuse,
    Policy::Lru(Among::All),
    Policy::Lru(Among::Volatile),
    Policy::Lfu(Among::All),
    Policy::Lfu(Among::Volatile),
    Policy::Random(Among::All),
    Policy::Random(Among::Volatile),
    Policy::Soonest,
    Policy::ExactLru,
    Policy::Fifo,
];

/// One command of any kind at a random instant, as the `nth` of a run.
fn any_command(store: &mut Store, keys: u32, nth: u64, now: u64) {
    let mut draw = Draw::new(derive(8, nth), 1);
    let key = draw.below(u64::from(keys)) as u32;
    match draw.below(1000) {
        0..600 => _ = store.get(key, now),
        600..700 => _ = store.set(key, draw.below(3000) as u32, None, now),
        700..950 => _ = store.set(key, draw.below(3000) as u32, Some(draw.below(20 * SECOND)), now),
        950..990 => _ = store.delete(key, now),
        990..999 => store.tick(now),
        _ => store.flush(),
    }
}

fn assert_books_balance(store: &Store) {
    let costs: u64 = store.entries.iter().map(|entry| u64::from(entry.cost)).sum();
    let tables = store.keys.bytes() + store.ends.bytes();
    assert_eq!(store.used_bytes(), 10_000 + costs + tables);
    let ends = store.entries.iter().filter(|entry| entry.ends != NEVER).count();
    assert_eq!(u64::from(store.entries.len()), store.total().keys);
    assert_eq!(u64::from(store.entries.len()), store.keys.keys);
    assert_eq!((ends as u32, ends as u64), (store.entries.volatile_len(), store.ends.keys));
    for (place, entry) in store.entries.iter().enumerate() {
        assert_eq!(store.entries.place(entry.key), Some(place as u32));
    }
    for nth in 0..store.entries.volatile_len() {
        assert!(store.entries.is_volatile(store.entries.volatile(nth)));
    }
}

#[test]
fn used_memory_is_what_the_live_keys_cost() {
    for policy in ALL {
        let mut store = store(policy, 300_000, &[(200, 1), (50, 4)]);
        for nth in 0..20_000 {
            any_command(&mut store, 400, nth, nth * SECOND / 100);
            if nth % 50 == 0 {
                assert_books_balance(&store);
            }
        }
        let total = store.total();
        assert!(total.hits > 0 && total.misses > 0 && total.expirations > 0, "{policy:?}: {total:?}");
        assert_eq!(policy == Policy::Refuse, total.evictions == 0, "{policy:?}: {total:?}");
    }
}

#[test]
fn the_same_commands_give_the_same_store() {
    let run = || {
        let mut store = store(Policy::Lfu(Among::All), 300_000, &[(400, 1)]);
        (0..20_000).for_each(|nth| any_command(&mut store, 400, nth, nth * SECOND / 100));
        (store.total(), store.used_bytes(), store.entries.iter().map(|entry| entry.key).collect::<Vec<_>>())
    };
    assert_eq!(run(), run());
}

#[test]
fn a_key_is_valid_up_to_its_last_millisecond() {
    let mut store = store(Policy::Refuse, 1 << 20, &[(10, 1)]);
    store.set(1, 100, Some(SECOND), 0);
    assert_eq!(store.get(1, SECOND), Lookup::Hit);
    assert_eq!(store.get(1, SECOND + MILLISECOND), Lookup::Expired);
    assert_eq!(store.get(1, SECOND + MILLISECOND), Lookup::Absent);
    assert_eq!(store.total().expirations, 1);
    // A write without a time to live makes a key live for ever.
    store.set(2, 100, Some(SECOND), 0);
    store.set(2, 100, None, 0);
    assert_eq!(store.get(2, 100 * SECOND), Lookup::Hit);
}

/// 1,000 keys that are all over: round follows round. A twentieth over: one round of 20 each tick.
#[test]
fn the_background_search_goes_on_while_much_is_over() {
    let mut all = store(Policy::Refuse, 1 << 24, &[(1000, 1)]);
    (0..1000).for_each(|key| _ = all.set(key, 100, Some(SECOND), 0));
    all.tick(SECOND);
    assert_eq!(all.total().expirations, 0, "not over before the next millisecond");
    all.tick(2 * SECOND);
    // Under a hundredth of the 1,024 buckets is left until the table has shrunk.
    assert!(all.total().keys <= 10, "{}", all.total().keys);
    all.tick(2 * SECOND);
    assert_eq!(all.total().keys, 0);
    let mut some = store(Policy::Refuse, 1 << 24, &[(1000, 1)]);
    for key in 0..1000 {
        let seconds = if key % 20 == 0 { 1 } else { 1000 };
        some.set(key, 100, Some(seconds * SECOND), 0);
    }
    some.tick(2 * SECOND);
    assert_eq!(some.total().expirations, 1, "one in the first 20");
    (0..49).for_each(|_| some.tick(2 * SECOND));
    assert!((48..=50).contains(&some.total().expirations), "{}", some.total().expirations);
}

/// 50,000 keys over at once: a tick removes what it has time for, commands after it go on, every 2 ms.
#[test]
fn a_search_that_was_cut_off_goes_on_between_commands() {
    let mut store = store(Policy::Refuse, 1 << 30, &[(50_001, 1)]);
    (0..50_000).for_each(|key| _ = store.set(key, 100, Some(SECOND), 0));
    let now = 2 * SECOND;
    store.tick(now);
    assert_eq!(store.total().expirations, 640 * 20);
    (0..20).for_each(|nth| _ = store.get(50_000, now + nth * MILLISECOND));
    assert_eq!(store.total().expirations, 640 * 20 + 10 * 32 * 20);
    (0..5).for_each(|_| store.tick(now));
    let found = store.total().expirations;
    (20..40).for_each(|nth| _ = store.get(50_000, now + nth * MILLISECOND));
    assert_eq!(store.total().expirations, found, "nothing was cut off");
}

#[test]
fn writes_are_refused_where_nothing_may_go_and_reads_go_on() {
    for policy in [Policy::Refuse, Policy::Lru(Among::Volatile), Policy::Random(Among::Volatile), Policy::Soonest] {
        let mut store = store(policy, 100_000, &[(100, 1)]);
        let refused = (0..100).filter(|key| matches!(store.set(*key, 2000, None, 0), Write::Refused { .. })).count();
        assert!((50..70).contains(&refused), "{policy:?}: {refused}");
        assert_eq!((store.get(0, 0), store.get(99, 0)), (Lookup::Hit, Lookup::Absent));
        assert_eq!(store.total().refused, refused as u64);
    }
}

#[test]
fn only_keys_with_a_time_to_live_go_and_the_soonest_first() {
    let mut store = store(Policy::Soonest, 100_000, &[(200, 1)]);
    (0..10).for_each(|key| _ = store.set(key, 2000, None, 0));
    // Few enough that every sample of five, kept in the pool, finds the soonest before long.
    (10..40).for_each(|key| _ = store.set(key, 2000, Some(u64::from(key) * SECOND), 0));
    let before = store.total().evictions;
    (100..140).for_each(|key| _ = store.set(key, 2000, Some(1000 * SECOND), 0));
    assert!(store.total().evictions >= before + 30);
    assert!((0..10).all(|key| store.holds(key)), "without a time to live");
    let kept = (100..140).filter(|key| store.holds(*key)).count();
    assert!(kept >= 25, "the ones that live longest stay: {kept}");
}

#[test]
fn every_keyspace_has_counts_of_its_own() {
    let mut store = store(Policy::Refuse, 1 << 20, &[(10, 1), (5, 3)]);
    let program = store.program().clone();
    assert_eq!([program.key(0, 0, 9), program.key(1, 0, 0), program.key(1, 2, 4)], [Some(9), Some(10), Some(24)]);
    assert_eq!([program.key(0, 0, 10), program.key(0, 1, 0), program.key(1, 3, 0), program.key(2, 0, 0)], [None; 4]);
    store.set(9, 1, None, 0);
    store.set(10, 1, None, 0);
    store.set(24, 1, None, 0);
    store.get(24, 0);
    store.get(0, 0);
    let [first, second] = store.counts() else { panic!("two keyspaces") };
    assert_eq!((first.keys, first.hits, first.misses), (1, 0, 1));
    assert_eq!((second.keys, second.hits, second.misses), (2, 1, 0));
}

#[test]
fn strange_input_is_answered() {
    assert!(Store::new(StoreProgram::usual(Policy::Refuse, None, Vec::new()), 1).is_none());
    let space = Keyspace { keys: u32::MAX, tenants: 2, name_bytes: 1 };
    assert!(Store::new(StoreProgram::usual(Policy::Refuse, None, vec![space]), 1).is_none());
    let vast = Keyspace { keys: u32::MAX, tenants: u32::MAX, name_bytes: 1 };
    let program = StoreProgram::usual(Policy::Refuse, None, vec![vast; 3]);
    assert_eq!((program.size(), program.key(2, 1, 1)), (u64::MAX, None));
    let mut store = store(Policy::Lru(Among::All), 0, &[(10, 1)]);
    assert_eq!(store.get(1000, 0), Lookup::Absent);
    assert_eq!(store.set(1, 1, None, 0), Write::Refused { evicted: 0 });
    store.program.max_bytes = None;
    assert_eq!(store.set(1000, 1, None, 0), Write::Refused { evicted: 0 });
    assert_eq!(store.set(1, u32::MAX, Some(u64::MAX), u64::MAX), Write::Stored { evicted: 0 });
    store.program.memory = Memory::Allocated { quantum: 0, fixed: u64::MAX };
    store.program.max_bytes = Some(u64::MAX - 1);
    assert!(matches!(store.set(2, 1, Some(1), 0), Write::Refused { evicted: 1 }));
    store.program.max_bytes = None;
    store.set(1, 1, None, 0);
    assert!(store.delete(1, u64::MAX) && !store.delete(1, u64::MAX));
}
