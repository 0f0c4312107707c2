//! The hit ratio of a cache over its memory: what simulations show at several bounds, and what theory says.
//!
//! Theory is Che's approximation ([`caches`]): a key stays for the characteristic time `T`. A test is no long run,
//! though: in the middle of a cold start a request at `t` finds a key if the last request for it is younger than
//! `min(T, t)`, so over a test from `a` to `b` (counted from when the cache was empty)
//!
//! `hit ratio of a key with rate r = mean of 1 - exp(-r min(T, t)) for t in [a, b]`
//!
//! which is Che's own formula for large `a`. The clock is accesses, not seconds: a load that rises and falls changes nothing.
//! A key with a time to live `D` hits no more often than `r D / (1 + r D)`, which it would with room for all: the lower of the two
//! is taken. Deletions are left out. Sizes are those of the simulated store; its tables of pointers are not counted.

use statrs::distribution::{ContinuousCDF, Normal};

use super::predict::{PredictError, Watch, compiled_with, simulate};
use super::prediction::{Estimate, Prediction};
use crate::engine::Program;
use crate::engine::program::{SpaceSpec, StartSpec};
use crate::model::{Cache, EvictionPolicy, Model, Start, Step, Test, ValueSize};
use crate::theory::caches::{self, Item};

/// Keys for which theory is asked at most: each costs some exponentials at each bound.
const MOST_KEYS: u64 = 3_000_000;
/// Values of one law that stand for all sizes.
const SIZES: u32 = 64;

/// Hit ratios of one cache in one test.
#[derive(Clone, Debug, PartialEq)]
pub struct Hits {
    pub model: String,
    /// Empty: the model as it is.
    pub variant: String,
    pub test: String,
    pub cache: String,
    pub replications: usize,
    /// Today's bound, bytes; `None`: none.
    pub today: Option<f64>,
    /// By memory, ascending.
    pub points: Vec<HitPoint>,
    /// What theory says; `None` where it says nothing of such a cache.
    pub theory: Option<Theory>,
}

/// What the simulation shows at one bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HitPoint {
    /// The bound, bytes.
    pub bytes: f64,
    /// Percent.
    pub hit_ratio: Estimate,
    /// Of all requests, ms; `None` where there were none.
    pub p95: Option<Estimate>,
}

/// A curve from theory.
#[derive(Clone, Debug, PartialEq)]
pub struct Theory {
    /// "Che's approximation".
    pub name: &'static str,
    /// Bytes, and the hit ratio in percent.
    pub points: Vec<(f64, f64)>,
    /// Whether keys are deleted, of which theory knows nothing.
    pub deletes: bool,
}

impl HitPoint {
    /// What a prediction with the cache bound to `bytes` shows; `None` if nothing is looked up.
    #[must_use]
    pub fn of(bytes: f64, cache: &str, p: &Prediction) -> Option<HitPoint> {
        let hits = p.row("hit_ratio", cache, "avg", None).filter(|row| row.estimate.value.is_finite())?;
        let p95 = p.row("http_req_duration", "", "p95", None).map(|row| row.estimate);
        Some(HitPoint { bytes, hit_ratio: hits.estimate, p95: p95.filter(|e| e.value.is_finite()) })
    }
}

/// A keyspace as theory takes it.
struct Space {
    /// Of each key of one tenant: share of the keyspace's accesses of that tenant, bytes with all that comes with it.
    keys: Vec<(f64, f64)>,
    tenants: f64,
    /// Accesses per second to one tenant.
    rate: f64,
    /// Seconds; infinite without one.
    ttl: f64,
    /// Accesses of all tenants before the test, as seconds at that rate; infinite: every key was written.
    before: f64,
}

/// The hit ratio of the cache with the index `cache` at each bound (bytes), from the accesses that one simulation of
/// the test shows; `None` if nothing is known of such a policy, there are too many keys, or nothing is looked up.
///
/// # Errors
/// If the test cannot be simulated.
pub fn theory(
    model: &Model,
    test: &Test,
    cache: usize,
    bounds: &[f64],
    seed: u64,
    watch: &impl Watch,
) -> Result<Option<Theory>, PredictError> {
    let Some(of) = model.caches.get(cache) else { return Ok(None) };
    let keys: u64 = of.keyspaces.iter().map(|space| u64::from(space.keys) * u64::from(space.tenants)).sum();
    let Some(law) = law(of.policy).filter(|_| keys <= MOST_KEYS) else { return Ok(None) };
    let middle: Vec<f64> = model.inputs.iter().map(|input| input.low.midpoint(input.high)).collect();
    let ready = compiled_with(model, test, &middle, seed)?;
    let program = ready.0.program.clone();
    let first = ready.0.labels.keyspaces.iter().position(|(owner, _)| *owner == of.name).unwrap_or(0);
    let width = ready.0.labels.keyspaces.len();
    let (measured, _) = simulate(ready, watch)?;
    let seconds = measured.ran as f64 / 1e9;
    let looked_up = |space: usize| -> f64 {
        let rows = measured.series.keys.chunks_exact(width.max(1));
        rows.filter_map(|row| row.get(first + space)).map(|keys| f64::from(keys.hits) + f64::from(keys.misses)).sum()
    };
    let counts: Vec<f64> = (0..of.keyspaces.len()).map(looked_up).collect();
    let curve = curve(of, &program, cache, &counts, seconds, (law, bounds));
    // Cast: an index
    Ok(curve.map(|curve| Theory { deletes: deletes(model, cache as u32), ..curve }))
}

/// Whether any flow removes keys of a cache.
fn deletes(model: &Model, cache: u32) -> bool {
    fn any(steps: &[Step], cache: u32) -> bool {
        let removes = |step: &Step| matches!(step, Step::CacheDelete { key } if key.cache == cache);
        steps.iter().any(|step| removes(step) || step.inside().into_iter().any(|inside| any(inside, cache)))
    }
    let endpoints = model.endpoints.iter().map(|endpoint| &endpoint.steps);
    endpoints.chain(model.queues.iter().map(|queue| &queue.steps)).any(|steps| any(steps, cache))
}

/// Which theory a policy has, and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Replacement {
    Lru,
    Random,
    Lfu,
}

fn law(policy: EvictionPolicy) -> Option<Replacement> {
    match policy {
        EvictionPolicy::AllKeysLru | EvictionPolicy::VolatileLru => Some(Replacement::Lru),
        EvictionPolicy::AllKeysRandom | EvictionPolicy::VolatileRandom => Some(Replacement::Random),
        EvictionPolicy::AllKeysLfu | EvictionPolicy::VolatileLfu => Some(Replacement::Lfu),
        EvictionPolicy::NoEviction | EvictionPolicy::VolatileTtl => None,
    }
}

fn curve(
    cache: &Cache,
    program: &Program,
    index: usize,
    counts: &[f64],
    seconds: f64,
    (law, bounds): (Replacement, &[f64]),
) -> Option<Theory> {
    let store = program.stores.get(index)?;
    let memory = store.store.memory;
    let asked = cache.keyspaces.iter().zip(&store.spaces).zip(counts).filter(|(_, count)| **count > 0.0);
    let spaces: Vec<Space> = asked
        .map(|((keyspace, spec), count)| {
            let cost = |bytes: f64| {
                let end = if keyspace.ttl.is_some() { memory.end() } else { 0 };
                // Cast: sizes of values
                (memory.key(keyspace.name_bytes, bytes.max(0.0).round() as u32) + end) as f64
            };
            space(keyspace, spec, count / seconds, &cost)
        })
        .collect();
    let items: Vec<Item> = spaces.iter().flat_map(Space::items).collect();
    let ratio = |bytes: &f64| {
        let capacity = bytes - memory.fixed() as f64;
        let hits = match law {
            Replacement::Lru => within(&spaces, caches::lru(&items, capacity)?.characteristic_time, seconds),
            Replacement::Random => caches::fifo(&items, capacity)?.hit_ratio,
            Replacement::Lfu => caches::ideal_lfu(&items, capacity)?.hit_ratio,
        };
        Some((*bytes, 100.0 * hits))
    };
    let points: Vec<(f64, f64)> = bounds.iter().filter_map(ratio).collect();
    let name = match law {
        Replacement::Lru => "Che's approximation",
        Replacement::Random => "Che's approximation, in the long run",
        Replacement::Lfu => "ideal LFU, the most that is possible",
    };
    (!points.is_empty()).then_some(Theory { name, points, deletes: false })
}

fn space(keyspace: &crate::model::Keyspace, spec: &SpaceSpec, rate: f64, cost: &dyn Fn(f64) -> f64) -> Space {
    let shares = spec.popularity.shares();
    let alike = match &keyspace.size {
        ValueSize::Lognormal { median, sigma, min } => mean_cost(*median, *sigma, *min, cost),
        ValueSize::OfKeys(_) => f64::NAN,
    };
    let size = |rank: usize| match &keyspace.size {
        ValueSize::Lognormal { .. } => alike,
        ValueSize::OfKeys(sizes) => sizes.get(rank % sizes.len().max(1)).map_or(alike, |bytes| cost(f64::from(*bytes))),
    };
    let tenants = f64::from(keyspace.tenants);
    let before = match (keyspace.start, spec.start) {
        (Start::Full, _) => f64::INFINITY,
        (Start::Warm { accesses, .. }, StartSpec::Warm(_)) => f64::from(accesses) / rate,
        _ => 0.0,
    };
    let keys = shares.iter().enumerate().map(|(rank, share)| (*share, size(rank))).collect();
    Space { keys, tenants, rate: rate / tenants, ttl: keyspace.ttl.unwrap_or(f64::INFINITY), before }
}

/// What a value of a lognormal size costs on average.
fn mean_cost(median: f64, sigma: f64, min: f64, cost: &dyn Fn(f64) -> f64) -> f64 {
    let Ok(normal) = Normal::new(0.0, 1.0) else { return cost(median) };
    let at = |step: u32| {
        let score = normal.inverse_cdf((f64::from(step) + 0.5) / f64::from(SIZES));
        cost((median * (sigma * score).exp()).max(min))
    };
    if sigma == 0.0 { cost(median.max(min)) } else { (0..SIZES).map(at).sum::<f64>() / f64::from(SIZES) }
}

impl Space {
    fn items(&self) -> Vec<Item> {
        let of_one = self.keys.iter().map(|(share, size)| Item { rate: share * self.rate, size: *size });
        let of_one: Vec<Item> = of_one.collect();
        // Cast: a count
        of_one.repeat(self.tenants as usize)
    }
}

/// Hits of all requests in a test of so many seconds, if keys stay for `time` after each use.
fn within(spaces: &[Space], time: f64, seconds: f64) -> f64 {
    let (mut hits, mut all) = (0.0, 0.0);
    for space in spaces {
        let weight = space.rate * space.tenants;
        let hits_of = |(share, _): &(f64, f64)| {
            let rate = share * space.rate;
            let valid = if space.ttl.is_infinite() { 1.0 } else { rate * space.ttl / (1.0 + rate * space.ttl) };
            share * mean_hits(rate, time, space.before, seconds).min(valid)
        };
        let found = space.keys.iter().map(hits_of);
        hits += weight * found.sum::<f64>();
        all += weight;
    }
    hits / all
}

/// The mean of `1 - exp(-rate min(time, t))` over `t` from `before` to `before + seconds`.
fn mean_hits(rate: f64, time: f64, before: f64, seconds: f64) -> f64 {
    if rate <= 0.0 {
        return 0.0;
    }
    let settled = -(-rate * time).exp_m1();
    if before >= time || before.is_infinite() {
        return settled;
    }
    let end = (before + seconds).min(time);
    // The integral of 1 - exp(-rate t) up to where it no longer grows.
    let growing = (end - before) + ((-rate * end).exp() - (-rate * before).exp()) / rate;
    (growing + (before + seconds - end) * settled) / seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_begins_cold_and_ends_in_the_long_run() {
        let (rate, time) = (0.7_f64, 5.0_f64);
        let settled = 1.0 - (-rate * time).exp();
        assert!((mean_hits(rate, time, f64::INFINITY, 60.0) - settled).abs() < 1e-12);
        assert!((mean_hits(rate, time, 5.0, 60.0) - settled).abs() < 1e-12);
        assert!((mean_hits(rate, time, 0.0, 1e9) - settled).abs() < 1e-6);
        let steps = 200_000;
        for (before, seconds) in [(0.0, 3.0), (0.0, 60.0), (2.0, 4.0)] {
            let at = |step: u32| before + seconds * (f64::from(step) + 0.5) / f64::from(steps);
            let hit = |t: f64| 1.0 - (-rate * t.min(time)).exp();
            let summed = (0..steps).map(|step| hit(at(step))).sum::<f64>() / f64::from(steps);
            assert!((mean_hits(rate, time, before, seconds) - summed).abs() < 1e-8, "{before} {seconds}");
        }
    }

    #[test]
    fn the_mean_size_of_a_lognormal_law_is_its_mean() {
        let mean = mean_cost(1000.0, 0.5, 0.0, &|bytes| bytes);
        assert!((mean / (1000.0 * (0.5f64 * 0.5 / 2.0).exp()) - 1.0).abs() < 0.01, "{mean}");
        assert_eq!(mean_cost(1000.0, 0.0, 0.0, &|bytes| bytes), 1000.0);
    }
}
