//! Caches: their thread is a queue, their keys live and die as renewal theory says, and one request
//! keeps to one key.

use plimsoll::model::{Cause, EvictionPolicy, KeyPopularity, Model, ReadFrom, Refusal, Start, Step, ValueSize};
use plimsoll::theory::caches::{self, Item};
use plimsoll::theory::queues::mg1_mean_wait;

use crate::seen::{agrees, watch};
use crate::system::{Build, cached, constant, exponential, key, known, poisson, query, system, wait};

/// Reads of keys that are all there.
fn reads(rate: f64, end: f64, change: impl FnOnce(&mut plimsoll::model::Cache)) -> Model {
    system()
        .cache(100, |cache| {
            cache.keyspaces[0].start = Start::Full;
            change(cache);
        })
        .open(vec![cached(0, vec![])], poisson(rate, end))
}

/// Commands are served one at a time, in the order in which they came (Pollaczek and Khinchine).
#[test]
fn the_thread_serves_one_command_at_a_time() {
    let (service, rate, end) = (0.001, 700.0, 101.0);
    for (name, law, cv) in [("constant", constant(service), 0.0), ("exponential", exponential(service), 1.0)] {
        let seen = watch(&reads(rate, end, |cache| cache.command = law), 1.0, end, 30);
        let sojourn = |mean: f64, cv: f64| mg1_mean_wait(rate, mean, cv).expect("stable") + mean;
        let mistakes =
            [("service 3 % longer", sojourn(service * 1.03, cv)), ("another law", sojourn(service, cv + 0.4))];
        agrees(name, &seen.duration("avg"), sojourn(service, cv), &mistakes);
        agrees(name, &seen.values("cpu", "cache0", "avg"), 70.0, &[("a percent more", 71.0), ("a percent less", 69.0)]);
    }
}

/// Reads from replicas are spread over them by chance: each is an M/M/1 of its share.
#[test]
fn replicas_share_the_reads() {
    let (service, rate, end) = (0.001, 1500.0, 101.0);
    let spread = |cache: &mut plimsoll::model::Cache| {
        (cache.replicas, cache.read_from, cache.command) = (3, ReadFrom::Replicas, exponential(service));
    };
    let seen = watch(&reads(rate, end, spread), 1.0, end, 30);
    let sojourn = |replicas: f64| mg1_mean_wait(rate / replicas, service, 1.0).expect("stable") + service;
    agrees("response", &seen.duration("avg"), sojourn(3.0), &[("one more", sojourn(4.0)), ("one less", sojourn(2.0))]);
}

/// A value that is valid for a time: by renewal theory a key asked for `r` times a second hits in
/// `r ttl / (1 + r ttl)` of all reads.
#[test]
fn values_die_when_their_time_is_over() {
    let (keys, rate, ttl, end) = (200, 400.0, 1.5, 130.0);
    let model = system()
        .cache(keys, |cache| {
            cache.keyspaces[0].ttl = Some(ttl);
            cache.keyspaces[0].popularity = KeyPopularity::Zipf { exponent: known(0.8) };
        })
        .open(vec![cached(0, vec![])], poisson(rate, end));
    let weights: Vec<f64> = (1..=keys).map(|rank| f64::from(rank).powf(-0.8)).collect();
    let total: f64 = weights.iter().sum();
    let hit = |ttl: f64| -> f64 {
        let of = |weight: &f64| {
            let expected = rate * weight / total * ttl;
            weight / total * expected / (1.0 + expected)
        };
        100.0 * weights.iter().map(of).sum::<f64>()
    };
    let seen = watch(&model, 10.0, end, 30);
    let mistakes = [("a tenth longer", hit(ttl * 1.1)), ("a tenth shorter", hit(ttl * 0.9))];
    agrees("hit ratio", &seen.values("hit_ratio", "keys0", "avg"), hit(ttl), &mistakes);
}

/// A bounded store against Che's approximation, which is good to a fraction of a percent here.
#[test]
fn the_most_popular_stay() {
    let (keys, kept, rate, end) = (2000u32, 300.0, 2000.0, 40.0);
    let cost = 152.0;
    let model = system()
        .cache(keys, |cache| {
            (cache.policy, cache.samples) = (EvictionPolicy::AllKeysLru, 10);
            cache.empty_bytes = Some(0);
            // The tables of keys: 512 buckets of 8 bytes.
            cache.max_bytes = Some((kept * cost) as u64 + 4096);
            cache.keyspaces[0].popularity = KeyPopularity::Zipf { exponent: known(0.9) };
            cache.keyspaces[0].size = ValueSize::Lognormal { median: 60.0, sigma: 0.0, min: 1.0 };
        })
        .open(vec![cached(0, vec![])], poisson(rate, end));
    let seen = watch(&model, 15.0, end, 6);
    let kept = seen.mean("keys", "keys0", "avg");
    let item = |rank: u32| Item { rate: f64::from(rank).powf(-0.9), size: 1.0 };
    let items: Vec<Item> = (1..=keys).map(item).collect();
    let che = |capacity: f64| 100.0 * caches::lru(&items, capacity).expect("fits").hit_ratio;
    let seen = seen.mean("hit_ratio", "keys0", "avg");
    // Its clock of whole seconds and its samples cost the server something; never more than random
    // eviction does.
    let random = 100.0 * caches::fifo(&items, kept).expect("fits").hit_ratio;
    assert!(seen < che(kept) + 0.5 && seen > random, "{seen} between {random} and {} ({kept} keys)", che(kept));
}

/// A key that is changed as often as it is read hits when the last thing done with it was a read.
#[test]
fn a_change_makes_the_next_read_miss() {
    let (reads, changes, end) = (300.0, 100.0, 101.0);
    let model = system()
        .cache(20, |_| ())
        .open(vec![cached(0, vec![])], poisson(reads, end))
        .open(vec![Step::CacheDelete { key: key(0) }], poisson(changes, end));
    let seen = watch(&model, 2.0, end, 30);
    let hit = |changes: f64| 100.0 * reads / (reads + changes);
    agrees("hit ratio", &seen.values("hit_ratio", "cache0", "avg"), hit(changes), &[("fewer", hit(90.0))]);
}

/// Everybody who misses while the first one still fetches fetches too: a stampede.
#[test]
fn a_hot_miss_is_a_stampede() {
    let (rate, fetch, ttl, end) = (200.0, 0.05, 1.0, 201.0);
    let model = system()
        .cache(1, |cache| cache.keyspaces[0].ttl = Some(ttl))
        .pool(1000, |_| ())
        .open(vec![cached(0, vec![query(0, constant(fetch))])], poisson(rate, end));
    // A cycle: a first miss, all who come during its fetch, then the life of the last value written. Each
    // fetch that ends writes anew, so life begins with the last of them: the last to come within the
    // first fetch. Its distance from the end of this is exponential, cut off at the fetch.
    let fetches = 1.0 + rate * fetch;
    let last = fetch - (1.0 - (-rate * fetch).exp()) / rate;
    let cycle = fetch + last + ttl + 1.0 / rate;
    let seen = watch(&model, 1.0, end, 30);
    let per_second =
        seen.values("query_count", "q0", "count").iter().map(|count| count / (end - 1.0)).collect::<Vec<_>>();
    agrees(
        "fetches",
        &per_second,
        fetches / cycle,
        &[("one at a time", 1.0 / cycle), ("fewer", 0.95 * fetches / cycle)],
    );
}

/// A write is refused where nothing may go; whether that fails the request is the writer's choice.
#[test]
fn a_full_store_refuses() {
    let model = |refusal: Refusal| {
        system()
            .cache(100_000, |cache| {
                cache.empty_bytes = Some(0);
                cache.max_bytes = Some(100_000);
            })
            .open(vec![Step::CacheWrite { key: key(0), refusal }, wait(constant(0.001))], poisson(500.0, 20.0))
    };
    let ignored = watch(&model(Refusal::Ignore), 10.0, 20.0, 2);
    assert!(ignored.mean("writes_refused", "cache0", "count") > 4000.0);
    assert_eq!(ignored.mean("http_req_failed", "", "rate"), 0.0);
    let failed = watch(&model(Refusal::Fail), 10.0, 20.0, 2);
    let refused = failed.mean("errors", Cause::CacheRefused.word(), "count");
    assert!((refused - failed.mean("writes_refused", "cache0", "count")).abs() < 2.0, "{refused}");
}
