//! Replicas that are late: reads that come before a write does. Writes of a Poisson process are on their way like
//! customers of M/G/inf, so a Poisson read finds one with probability 1 - exp(-rate x lag), whatever the law.

use std::path::Path;

use plimsoll::model::resolve::load_model_text;
use plimsoll::model::{Law, Model, Move, ReadFrom, Refusal, Step};

use crate::seen::{Seen, agrees, off_by, watch};
use crate::system::{Build, cached, constant, exponential, key, known, poisson, request, scenario, system};

/// Reads per second, and requests that may write.
const READS: f64 = 300.0;
const WRITES: f64 = 100.0;

/// Percent of reads that find a write on its way.
fn share(rate: f64, lag: f64) -> f64 {
    100.0 * (1.0 - (-rate * lag).exp())
}

/// Replicas of a database with these keys, and requests that may write with these steps.
fn replicas(keys: &str, pool: &str, read: &str, write: &str) -> Model {
    let text = format!(
        "[tier.app]\ncores = 10000\nruntime = {{ threads = 10000 }}\n\
         [database.main]\ncores = 10000\nmax_connections = 100000\n{keys}\n{pool}\n\
         [endpoint.read]\nsteps = [{{ query = \"r\", read = true, time = {read} }}]\n\
         [endpoint.write]\nsteps = [{write}]\n\
         [iteration.all]\npick = [{{ weight = 3, request = \"read\" }}, {{ weight = 1, request = \"write\" }}]\n\
         [test.t]\nrate = 400\narrivals = \"poisson\"\nduration = \"65s\"\npreAllocatedVUs = 1000\nmaxVUs = 10000\n"
    );
    load_model_text(&text, "replicas", Path::new(""), None, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

const PLENTY: &str = "[pool.main]\nmax = 5000\nmin = 5000\nscope = \"total\"";

fn lagging(lag: &str, write: &str) -> Seen {
    let keys = format!("replicas = 2\nlag = {lag}");
    watch(&replicas(&keys, PLENTY, "\"1ms\"", write), 5.0, 65.0, 20)
}

#[test]
fn a_read_is_stale_while_a_write_is_on_its_way() {
    let write = "{ query = \"w\", time = { mean = \"5ms\", shape = \"exponential\" } }";
    for lag in ["\"10ms\"", "{ mean = \"10ms\", shape = \"exponential\" }"] {
        let seen = lagging(lag, write);
        let mistakes = [("half the lag", share(WRITES, 0.005)), ("a lag that begins too early", share(WRITES, 0.015))];
        agrees("stale", &seen.values("stale_reads", "main", "share"), share(WRITES, 0.01), &mistakes);
        let rate = READS * share(WRITES, 0.01) / 100.0;
        agrees("rate", &seen.values("stale_reads", "main", "rate"), rate, &off_by(0.05, rate));
        agrees("reads", &seen.values("replica_reads", "main", "rate"), READS, &off_by(0.03, READS));
    }
}

/// What a transaction writes is on its way from its commit, if it wrote anything and was not rolled back.
#[test]
fn only_what_is_committed_makes_reads_stale() {
    let either = "{ either = [{ weight = 1, steps = [{ query = \"w\", time = \"5ms\" }] }, \
                  { weight = 3, steps = [{ query = \"x\", read = true, time = \"5ms\" }] }] }";
    let write = format!("{{ transaction = \"main\", steps = [{either}, {{ fail = \"intrinsic\", rate = \"20%\" }}] }}");
    let seen = lagging("\"20ms\"", &write);
    let right = share(WRITES * 0.25 * 0.8, 0.02);
    let mistakes =
        [("what is rolled back", share(WRITES * 0.25, 0.02)), ("what only reads", share(WRITES * 0.8, 0.02))];
    agrees("stale", &seen.values("stale_reads", "main", "share"), right, &mistakes);
}

#[test]
fn without_lag_nothing_is_counted() {
    let model = replicas("replicas = 2", PLENTY, "\"1ms\"", "{ query = \"w\", time = \"5ms\" }");
    let compiled = plimsoll::compile::compile(&model, &model.tests[0], &[], &[]).expect("compiles");
    assert!(compiled.labels.feeds.is_empty() && compiled.program.feeds.is_empty());
}

/// Mean sojourn of GI/M/1 where every second customer of a Poisson process comes (Kleinrock 1975, 6.4).
fn every_second(rate: f64, service: f64) -> f64 {
    let mut busy: f64 = 0.5;
    for _ in 0..10_000 {
        busy = (2.0 * rate / (2.0 * rate + (1.0 - busy) / service)).powi(2);
    }
    service / (1.0 - busy)
}

/// Mean sojourn where each of a Poisson process joins the shorter of two lines, from the balance of its states.
fn shorter_of_two(rate: f64, service: f64) -> f64 {
    const MOST: usize = 60;
    let served = 1.0 / service;
    let mut p = vec![[0.0_f64; MOST]; MOST];
    p[0][0] = 1.0;
    for _ in 0..20_000 {
        let mut next = vec![[0.0_f64; MOST]; MOST];
        let step = 1.0 / (rate + 2.0 * served);
        for i in 0..MOST {
            for j in 0..MOST {
                let here = p[i][j];
                let (to_i, to_j) = if i < j {
                    (1.0, 0.0)
                } else if j < i {
                    (0.0, 1.0)
                } else {
                    (0.5, 0.5)
                };
                next[(i + 1).min(MOST - 1)][j] += here * rate * step * to_i;
                next[i][(j + 1).min(MOST - 1)] += here * rate * step * to_j;
                next[i.saturating_sub(1)][j] += here * served * step;
                next[i][j.saturating_sub(1)] += here * served * step;
            }
        }
        p = next;
    }
    let mean: f64 = (0..MOST).flat_map(|i| (0..MOST).map(move |j| (i, j))).map(|(i, j)| p[i][j] * (i + j) as f64).sum();
    mean / rate
}

/// Two replicas of one connection each.
#[test]
fn reads_are_spread_as_the_balancer_says() {
    let pool = "[pool.main]\nmax = 1\nmin = 1\nscope = \"total\"";
    let read = "{ mean = \"5ms\", shape = \"exponential\" }";
    let random = 0.005 / (1.0 - READS / 2.0 * 0.005);
    let (turns, shorter) = (every_second(READS / 2.0, 0.005), shorter_of_two(READS, 0.005));
    for (balancer, right) in [("round-robin", turns), ("least-outstanding", shorter), ("random", random)] {
        let keys = format!("replicas = 2\nread_balancer = \"{balancer}\"");
        let seen = watch(&replicas(&keys, pool, read, "{ query = \"w\", time = \"1ms\" }"), 5.0, 65.0, 30);
        let others = [("turns", turns), ("the shorter", shorter), ("chance", random)];
        let others = others.into_iter().filter(|(_, other)| *other != right);
        let mistakes: Vec<(&str, f64)> = others.map(|(what, other)| (what, other * 1e3)).collect();
        agrees(balancer, &seen.values("http_req_duration", "read", "avg"), right * 1e3, &mistakes);
    }
}

/// Behind a pooler each replica is a further pool of it: server connections of its own, clients counted together.
#[test]
fn a_pooler_has_a_pool_for_each_replica() {
    let pool = |clients: u32| {
        format!(
            "[pooler.bouncer]\nmode = \"transaction\"\ndefault_pool_size = 2\nmin_pool_size = 2\nmax_client_conn = {clients}\n\
             [pool.main]\npooler = \"bouncer\"\nmax = 200\nmin = 200\nscope = \"total\""
        )
    };
    let read = "{ mean = \"8ms\", shape = \"exponential\" }";
    let write = "{ query = \"w\", time = \"1ms\" }";
    let seen = watch(&replicas("replicas = 2", &pool(1000), read, write), 5.0, 65.0, 30);
    let response = plimsoll::theory::queues::Mmc::new(2, READS / 2.0, 0.008).expect("stable").mean_sojourn() * 1e3;
    let one = plimsoll::theory::queues::Mmc::new(4, READS, 0.008).expect("stable").mean_sojourn() * 1e3;
    agrees("reads", &seen.values("http_req_duration", "read", "avg"), response, &[("one pool for both", one)]);
    let few = watch(&replicas("replicas = 2", &pool(500), "\"1ms\"", write), 5.0, 65.0, 1);
    let open = ["main", "main replica 1", "main replica 2"].map(|pool| few.same("connections_open", pool, "avg"));
    assert_eq!(open, [200.0, 200.0, 100.0]);
}

/// A cache with two replicas that serve reads, an endpoint that reads and one that writes.
fn cache_model(keys: u32, lag: Law) -> Model {
    let model = system().cache(keys, |cache| {
        (cache.replicas, cache.read_from, cache.lag) = (2, ReadFrom::Replicas, lag);
    });
    let Step::CacheRead { key: read, hit, miss, .. } = cached(0, vec![]) else { panic!("no read") };
    model
        .endpoint(vec![Step::CacheRead { key: read, hit, miss, fill: None }])
        .endpoint(vec![Step::CacheWrite { key: key(0), refusal: Refusal::Ignore }])
}

/// Read and written by Poisson processes.
fn cache(keys: u32, command: f64, lag: Law) -> Seen {
    let mut model = cache_model(keys, lag);
    if command > 0.0 {
        model.caches[0].command = exponential(command);
    }
    let pick = [(3.0, 0), (1.0, 1)].map(|(weight, endpoint)| (known(weight), vec![request(endpoint)]));
    let model = model.iteration(vec![Move::Pick { branches: pick.to_vec() }]).scenario(scenario(
        "s",
        0,
        poisson(READS + WRITES, 65.0),
    ));
    watch(&model, 5.0, 65.0, 20)
}

/// A key is stale while a write of the same key is on its way.
#[test]
fn keys_are_stale_one_by_one() {
    let seen = cache(10, 0.0, constant(0.05));
    let mistakes = [("any key", share(WRITES, 0.05)), ("half the lag", share(WRITES / 10.0, 0.025))];
    agrees("stale", &seen.values("stale_reads", "cache0", "share"), share(WRITES / 10.0, 0.05), &mistakes);
}

/// Each replica works on all writes and its share of the reads, the master on writes alone.
#[test]
fn replicas_repeat_what_the_master_writes() {
    let command = 0.002;
    let seen = cache(10, command, constant(0.01));
    let (master, replica) = (WRITES * command, (READS / 2.0 + WRITES) * command);
    agrees("master", &seen.values("cpu", "cache0", "avg"), 100.0 * master, &off_by(0.05, 100.0 * master));
    let unrepeated = 100.0 * READS / 2.0 * command;
    agrees("replicas", &seen.values("cpu", "cache0 replicas", "avg"), 100.0 * replica, &[("reads alone", unrepeated)]);
    // Reads wait behind what is repeated: a line with Poisson arrivals of both.
    let line = command / (1.0 - replica) * 1e3;
    let alone = command / (1.0 - READS / 2.0 * command) * 1e3;
    agrees("reads", &seen.values("http_req_duration", "r0", "avg"), line, &[("reads alone", alone)]);
}
