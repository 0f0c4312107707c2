//! Hit ratios of caches under independent references: each item is asked for by a Poisson process of its own.
//!
//! An item that is stored stays for about the same time `T` whatever the others do, once there are many
//! (the characteristic time). `T` is such that what is stored fills the cache, on average:
//! `sum of size × P(stored) = capacity`. Under Poisson arrivals the share of time in which an item is stored
//! is also its hit ratio. With rate `r` of an item:
//!
//! | cache | hit ratio of the item |
//! |---|---|
//! | LRU | `1 - exp(-r T)` |
//! | FIFO, random | `r T / (1 + r T)` |
//! | time to live `D` from the write | `r D / (1 + r D)` |
//! | LRU with time to live | `m / (1 + m)`, `m` the hits until the first gap above `T` or the age `D` |
//! | ideal LFU | 1 for the most asked for by size, as many as fit |
//!
//! Sources: H. Che, Y. Tung, Z. Wang, Hierarchical web caching systems, IEEE JSAC 20(7), 2002; C. Fricker, P. Robert,
//! J. Roberts, A versatile and accurate approximation for LRU cache performance, ITC 24, 2012 (LRU, random); E. Gelenbe, A unified
//! approach to the evaluation of a class of replacement algorithms, IEEE ToC 22(6), 1973 (FIFO and random agree);
//! N. Fofack et al., Performance evaluation of hierarchical TTL-based cache networks, Computer Networks 65, 2014.
//! Sizes: an item is stored as often as it is asked for, whatever its size (all caches here but the ideal one).

/// Something that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Item {
    /// Requests per second, at least 0.
    pub rate: f64,
    /// In the unit of the capacity, above 0.
    pub size: f64,
}

/// What a cache does in the long run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CacheHits {
    /// Hits of all requests, 0 to 1.
    pub hit_ratio: f64,
    /// How long an unused (LRU) or any (FIFO, random) item stays, seconds; infinite where all fit.
    pub characteristic_time: f64,
    /// What is stored on average, in the unit of the capacity.
    pub filled: f64,
}

/// LRU of this capacity. `None` for impossible parameters, here and below.
#[must_use]
pub fn lru(items: &[Item], capacity: f64) -> Option<CacheHits> {
    solve(items, capacity, |rate, time| -(-rate * time).exp_m1())
}

/// FIFO or random eviction; they agree.
#[must_use]
pub fn fifo(items: &[Item], capacity: f64) -> Option<CacheHits> {
    solve(items, capacity, |rate, time| if time == f64::INFINITY { 1.0 } else { rate * time / (1.0 + rate * time) })
}

/// Room for everything; what is written is valid for `ttl` seconds.
#[must_use]
pub fn ttl(items: &[Item], ttl: f64) -> Option<CacheHits> {
    (ttl > 0.0).then_some(())?;
    solve(items, f64::INFINITY, |rate, _| rate * ttl / (1.0 + rate * ttl))
}

/// LRU of this capacity; what is written is valid for `ttl` seconds, however often it is used.
/// What is no longer valid is removed at once.
#[must_use]
pub fn lru_with_ttl(items: &[Item], capacity: f64, ttl: f64) -> Option<CacheHits> {
    (ttl > 0.0).then_some(())?;
    solve(items, capacity, |rate, time| {
        let hits = hits_of_a_stay(rate, time, ttl);
        hits / (1.0 + hits)
    })
}

/// The best that any cache can do which knows the rates and keeps the same items for ever: those with
/// the highest rate by size; of the last one the part that fits.
#[must_use]
pub fn ideal_lfu(items: &[Item], capacity: f64) -> Option<CacheHits> {
    valid(items, capacity)?;
    let mut order: Vec<&Item> = items.iter().collect();
    order.sort_by(|a, b| (b.rate / b.size).total_cmp(&(a.rate / a.size)));
    let (mut filled, mut hits) = (0.0, 0.0);
    for item in order {
        let share = ((capacity - filled) / item.size).clamp(0.0, 1.0);
        filled += share * item.size;
        hits += share * item.rate;
    }
    let all: f64 = items.iter().map(|item| item.rate).sum();
    Some(CacheHits { hit_ratio: hits / all, characteristic_time: f64::INFINITY, filled })
}

/// Expected hits after a write, until the first gap longer than `gap` or the age `end`: the renewal function
/// of gaps cut off at `gap`. Its density `u` has `u(t) = r` up to `gap`, falls there by `r e^(-r gap)`, and
/// then `u'(t) = -r e^(-r gap) u(t - gap)`. Stepped by the midpoint rule, 64 steps to a gap; after 40 gaps it is
/// taken to decay as it did over the last one.
fn hits_of_a_stay(rate: f64, gap: f64, end: f64) -> f64 {
    const STEPS: usize = 64;
    const GAPS: usize = 40;
    if end <= gap {
        return rate * end;
    }
    let (cut, step) = (rate * (-rate * gap).exp(), gap / STEPS as f64);
    let mut density = vec![rate; STEPS];
    let mut hits = rate * gap;
    let mut now = rate - cut;
    for at in STEPS..STEPS * GAPS {
        let past = density[at - STEPS];
        let next = (now - cut * past * step).max(0.0);
        let left = end - at as f64 * step;
        if left <= step {
            return hits + 0.5 * (now + next) * left;
        }
        hits += 0.5 * (now + next) * step;
        density.push(now);
        now = next;
    }
    let decay = (density[density.len() - STEPS] / now).ln() / gap;
    let left = end - (STEPS * GAPS) as f64 * step;
    hits + if decay > 1e-12 { now * -(-decay * left).exp_m1() / decay } else { now * left }
}

fn valid(items: &[Item], capacity: f64) -> Option<()> {
    let fine = |item: &Item| item.rate >= 0.0 && item.rate.is_finite() && item.size > 0.0 && item.size.is_finite();
    (capacity > 0.0 && items.iter().all(fine) && items.iter().any(|item| item.rate > 0.0)).then_some(())
}

/// Finds the characteristic time at which `stored(rate, time)` fills the capacity, by bisection of its logarithm.
fn solve(items: &[Item], capacity: f64, stored: impl Fn(f64, f64) -> f64) -> Option<CacheHits> {
    valid(items, capacity)?;
    let share = |item: &Item, time: f64| if item.rate > 0.0 { stored(item.rate, time) } else { 0.0 };
    let filled = |time: f64| items.iter().map(|item| item.size * share(item, time)).sum::<f64>();
    let mut time = f64::INFINITY;
    if filled(time) > capacity {
        let (mut low, mut high) = (1e-12f64.ln(), 1e15f64.ln());
        for _ in 0..70 {
            let middle = 0.5 * (low + high);
            if filled(middle.exp()) > capacity { high = middle } else { low = middle }
        }
        time = low.exp();
    }
    let all: f64 = items.iter().map(|item| item.rate).sum();
    let hits: f64 = items.iter().map(|item| item.rate * share(item, time)).sum();
    Some(CacheHits { hit_ratio: hits / all, characteristic_time: time, filled: filled(time) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(number: usize) -> Vec<Item> {
        vec![Item { rate: 2.0, size: 3.0 }; number]
    }

    #[test]
    fn of_equal_items_the_share_that_fits_is_hit() {
        for cache in [lru, fifo, ideal_lfu] {
            let hits = cache(&alike(100), 75.0).unwrap();
            assert!((hits.hit_ratio - 0.25).abs() < 1e-9 && (hits.filled - 75.0).abs() < 1e-6, "{hits:?}");
        }
        assert_eq!(lru(&alike(10), 30.0).unwrap().hit_ratio, 1.0);
        assert_eq!(ttl(&alike(10), 1.5).unwrap().hit_ratio, 0.75);
    }

    /// Exact for few items of one size, by the set that is stored. LRU holds the last `room` items asked for:
    /// `P(S) = sum over j in S of P(S - j) p_j / (1 - p(S - j))` (W. King, 1971). FIFO: `P(S)` is proportional
    /// to the product of its shares (Gelenbe).
    fn exact(shares: &[f64], room: u32, is_lru: bool) -> f64 {
        let sets = 1usize << shares.len();
        let of = |set: usize| (0..shares.len()).filter(move |j| set >> j & 1 == 1);
        let share = |set: usize| of(set).map(|j| shares[j]).sum::<f64>();
        let mut weights = vec![1.0; sets];
        for set in 1..sets {
            weights[set] = if is_lru {
                of(set)
                    .map(|j| (set & !(1 << j), shares[j]))
                    .map(|(rest, p)| weights[rest] * p / (1.0 - share(rest)))
                    .sum()
            } else {
                of(set).map(|j| shares[j]).product()
            };
        }
        let stored: Vec<usize> = (0..sets).filter(|set| set.count_ones() == room).collect();
        let all: f64 = stored.iter().map(|set| weights[*set]).sum();
        stored.iter().map(|set| weights[*set] * share(*set)).sum::<f64>() / all
    }

    /// Items with shares like 1, 1/2, 1/3, … and room for half of them: how far off, exact minus approximate.
    fn error(number: u32, is_lru: bool) -> f64 {
        let items: Vec<Item> = (1..=number).map(|k| Item { rate: 1.0 / f64::from(k), size: 1.0 }).collect();
        let all: f64 = items.iter().map(|item| item.rate).sum();
        let shares: Vec<f64> = items.iter().map(|item| item.rate / all).collect();
        let cache = if is_lru { lru } else { fifo };
        exact(&shares, number / 2, is_lru) - cache(&items, f64::from(number / 2)).unwrap().hit_ratio
    }

    /// Under random eviction, too, two items take turns as in a list of one: the sum of squared shares.
    #[test]
    fn the_approximation_comes_near_with_few_items_already() {
        assert!((exact(&[0.7, 0.3], 1, true) - 0.58).abs() < 1e-12);
        assert!((exact(&[0.7, 0.3], 1, false) - 0.58).abs() < 1e-12);
        for is_lru in [true, false] {
            let errors = [2, 6, 14].map(|number| error(number, is_lru).abs());
            let [two, six, fourteen] = errors;
            assert!(six < two && fourteen < two && fourteen < 0.01, "{is_lru}: {errors:?}");
        }
    }

    #[test]
    fn a_short_time_to_live_rules_and_a_long_one_does_not_matter() {
        let items: Vec<Item> = (1..=200).map(|k| Item { rate: 20.0 / f64::from(k), size: 1.0 }).collect();
        let ruled = lru_with_ttl(&items, 100.0, 0.05).unwrap().hit_ratio;
        assert!((ruled - ttl(&items, 0.05).unwrap().hit_ratio).abs() < 1e-9);
        let free = lru_with_ttl(&items, 100.0, 1e9).unwrap();
        assert!((free.hit_ratio - lru(&items, 100.0).unwrap().hit_ratio).abs() < 2e-3, "{free:?}");
    }

    /// Against the sum over the number of hits, P(n gaps all within `gap`, their sum within `end`), for
    /// an end of two gaps, where it is an integral: m(2g) = F(g) + the integral of m(2g - x) f(x).
    #[test]
    fn hits_of_a_stay_agree_with_the_renewal_equation() {
        let (rate, gap) = (1.3, 0.8);
        let m = |t: f64| hits_of_a_stay(rate, gap, t);
        for end in [0.9, 1.6, 3.7, 8.0] {
            const N: usize = 4000;
            let sum: f64 = (0..N)
                .map(|i| (i as f64 + 0.5) * gap / N as f64)
                .map(|x| m(end - x) * rate * (-rate * x).exp() * gap / N as f64)
                .sum();
            let expected = 1.0 - (-rate * gap).exp() + sum;
            assert!((m(end) / expected - 1.0).abs() < 2e-3, "{end}: {} and {expected}", m(end));
        }
    }

    #[test]
    fn impossible_parameters_are_refused() {
        assert!(lru(&[], 1.0).is_none());
        assert!(lru(&alike(1), 0.0).is_none());
        assert!(fifo(&[Item { rate: -1.0, size: 1.0 }], 1.0).is_none());
        assert!(ttl(&alike(1), 0.0).is_none());
        assert!(lru_with_ttl(&alike(1), 1.0, f64::NAN).is_none());
        assert!(ideal_lfu(&[Item { rate: 0.0, size: 1.0 }], 1.0).is_none());
    }
}
