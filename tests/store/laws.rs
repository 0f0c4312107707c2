//! The store against closed forms of hit ratios: Che's approximation and its relatives.

use plimsoll::distribution::popularity::{Popularity, Zipf};
use plimsoll::engine::store::{Among, Keyspace, Lookup, Memory, Policy, Store, StoreProgram, TICK};
use plimsoll::random::{Draw, derive};
use plimsoll::theory::caches::{Item, fifo, ideal_lfu, lru, lru_with_ttl, ttl};

const KEYS: u32 = 2000;
const SECOND: u64 = 1_000_000_000;
/// Lookups per second.
const RATE: f64 = 200.0;

/// Sizes of 1 to 4, by rank.
fn bytes(rank: u32) -> u32 {
    1 + rank % 4
}

fn items() -> Vec<Item> {
    let shares = Popularity::Zipf(Zipf::new(KEYS, 0.9).expect("valid")).shares();
    let item = |(rank, share): (usize, f64)| Item { rate: RATE * share, size: f64::from(bytes(rank as u32)) };
    shares.into_iter().enumerate().map(item).collect()
}

/// Poisson lookups with cache-aside writes; the hit ratio after the first tenth.
fn simulated(policy: Policy, max: u64, ttl: Option<u64>) -> f64 {
    const LOOKUPS: u64 = 1_000_000;
    let keyspaces = vec![Keyspace { keys: KEYS, tenants: 1, name_bytes: 0 }];
    let usual = StoreProgram::usual(policy, Some(max), keyspaces);
    let mut store = Store::new(StoreProgram { memory: Memory::ValuesOnly, ..usual }, 9).expect("has keys");
    let zipf = Zipf::new(KEYS, 0.9).expect("valid");
    let (mut now, mut ticked, mut before) = (0, 0, store.total());
    for nth in 0..LOOKUPS {
        let key = derive(5, nth);
        now += (-(1.0 - Draw::new(key, 1).uniform()).ln() / RATE * SECOND as f64) as u64;
        while ticked + TICK <= now {
            ticked += TICK;
            store.tick(ticked);
        }
        if nth == LOOKUPS / 10 {
            before = store.total();
        }
        let rank = zipf.rank(&mut Draw::new(key, 2));
        if store.get(rank, now) != Lookup::Hit {
            store.set(rank, bytes(rank), ttl, now);
        }
    }
    let end = store.total();
    (end.hits - before.hits) as f64 / (end.hits + end.misses - before.hits - before.misses) as f64
}

fn assert_near(name: &str, simulated: f64, law: f64) {
    println!("{name}: simulated {simulated:.4}, law {law:.4}");
    // The standard error of a ratio over 900,000 lookups is 0.0005; the laws are approximations besides.
    assert!((simulated - law).abs() < 0.004, "{name}: simulated {simulated:.4}, law {law:.4}");
}

#[test]
fn exact_lru_is_what_che_says() {
    for max in [200, 1000, 3000] {
        let law = lru(&items(), max as f64).expect("valid").hit_ratio;
        assert_near(&format!("LRU, {max}"), simulated(Policy::ExactLru, max, None), law);
    }
}

#[test]
fn fifo_and_random_have_the_same_hit_ratio() {
    for max in [200, 1000, 3000] {
        let law = fifo(&items(), max as f64).expect("valid").hit_ratio;
        assert_near(&format!("FIFO, {max}"), simulated(Policy::Fifo, max, None), law);
        assert_near(&format!("random, {max}"), simulated(Policy::Random(Among::All), max, None), law);
    }
}

#[test]
fn an_unbounded_store_hits_as_long_as_keys_live() {
    for seconds in [5, 60] {
        let law = ttl(&items(), seconds as f64).expect("valid").hit_ratio;
        assert_near(&format!("TTL {seconds} s"), simulated(Policy::Refuse, u64::MAX, Some(seconds * SECOND)), law);
    }
}

#[test]
fn lru_with_times_to_live_is_between_the_two() {
    let both = |max: u64, seconds: u64| {
        let law = lru_with_ttl(&items(), max as f64, seconds as f64).expect("valid").hit_ratio;
        (simulated(Policy::ExactLru, max, Some(seconds * SECOND)), law)
    };
    for (max, seconds) in [(1000, 20), (1000, 60), (2000, 60)] {
        let (simulated, law) = both(max, seconds);
        assert_near(&format!("LRU, {max}, TTL {seconds} s"), simulated, law);
    }
    // Short lives: keys that are over take room until they are found, which the law does not know.
    let (simulated, law) = both(1000, 5);
    println!("LRU, 1000, TTL 5 s: simulated {simulated:.4}, law {law:.4}");
    assert!(simulated < law && simulated > law - 0.015, "{simulated}, {law}");
}

/// A counter of accesses cannot know the popularity exactly, and forgets by the minute.
#[test]
fn sampled_lfu_lies_between_random_and_the_ideal() {
    let items: Vec<Item> = items().into_iter().map(|item| Item { size: 1.0, ..item }).collect();
    let ideal = ideal_lfu(&items, 400.0).expect("valid").hit_ratio;
    let random = fifo(&items, 400.0).expect("valid").hit_ratio;
    let mut of_one_size = StoreProgram::usual(
        Policy::Lfu(Among::All),
        Some(400),
        vec![Keyspace { keys: KEYS, tenants: 1, name_bytes: 0 }],
    );
    of_one_size.memory = Memory::ValuesOnly;
    let mut store = Store::new(of_one_size, 9).expect("has keys");
    let zipf = Zipf::new(KEYS, 0.9).expect("valid");
    for nth in 0..1_000_000u64 {
        let (rank, now) = (zipf.rank(&mut Draw::new(6, nth)), nth * SECOND / RATE as u64);
        if store.get(rank, now) != Lookup::Hit {
            store.set(rank, 1, None, now);
        }
    }
    let simulated = store.total().hit_ratio().expect("has lookups");
    println!("LFU: simulated {simulated:.4}, ideal {ideal:.4}, random {random:.4}");
    assert!(simulated < ideal + 0.002 && simulated > 0.5 * (ideal + random), "{simulated}, {ideal}, {random}");
}
