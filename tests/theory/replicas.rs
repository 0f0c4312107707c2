//! Reads spread over replicas: each is a server of its own with its share of the arrivals.

use std::path::Path;

use plimsoll::model::Model;
use plimsoll::model::resolve::load_model_text;
use plimsoll::theory::queues::Mmc;

use crate::seen::{agrees, off_by, watch};

/// Statements of 10 ms, exponential, that only read, on pools of 3 connections; one in five writes.
fn reads(replicas: u32) -> Model {
    let text = format!(
        "[tier.app]\ncores = 10000\nruntime = {{ threads = 10000 }}\n\
         [database.main]\ncores = 10000\nmax_connections = 100\nreplicas = {replicas}\n\
         [pool.main]\nmax = 3\nmin = 3\nscope = \"total\"\n\
         [endpoint.read]\nsteps = [{{ query = \"r\", read = true, time = {{ mean = \"10ms\", shape = \"exponential\" }} }}]\n\
         [endpoint.write]\nsteps = [{{ transaction = \"main\", steps = [{{ query = \"w\", read = true, time = \"1ms\" }}] }}]\n\
         [iteration.all]\npick = [{{ weight = 4, request = \"read\" }}, {{ weight = 1, request = \"write\" }}]\n\
         [test.t]\nrate = 500\narrivals = \"poisson\"\nduration = \"65s\"\npreAllocatedVUs = 1000\nmaxVUs = 10000\n"
    );
    load_model_text(&text, "replicas", Path::new(""), None, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn each_replica_has_its_share() {
    for replicas in [2, 3] {
        let seen = watch(&reads(replicas), 5.0, 65.0, 20);
        let response = |rate: f64| Mmc::new(3, rate, 0.01).expect("stable").mean_sojourn();
        let (share, other) = (400.0 / f64::from(replicas), 400.0 / f64::from(replicas + 1));
        let exact = response(share);
        agrees(
            "reads",
            &seen.values("http_req_duration", "read", "avg"),
            exact * 1e3,
            &[("a replica more", response(other) * 1e3)],
        );
        for number in 1..=replicas {
            let pool = format!("main replica {number}");
            let busy = share * 0.01;
            agrees("busy", &seen.values("connections_active", &pool, "avg"), busy, &off_by(0.03, busy));
        }
        // Transactions stay with the primary.
        agrees("writes", &seen.values("connections_active", "main", "avg"), 0.1, &off_by(0.05, 0.1));
    }
}

#[test]
fn without_replicas_reads_go_to_the_primary() {
    let model = reads(0);
    assert_eq!((model.databases.len(), model.pools.len()), (1, 1));
}
