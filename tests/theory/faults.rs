//! Databases and caches that are replaced, and APIs with faults, against arithmetic.

use std::path::Path;

use plimsoll::model::resolve::load_model_text;

use crate::seen::{Seen, watch_all};

/// A database, an API and a cache, and one endpoint with these steps.
fn run(parts: &str, steps: &str, test: &str) -> Seen {
    let text = format!(
        "[tier.app]\ncores = 100\nruntime = {{ threads = 1000 }}\n[database.db]\ncores = 100\nmax_connections = 100\n{parts}\n\
         [endpoint.\"GET /\"]\nsteps = [{steps}]\n[test.full]\n{test}\n"
    );
    let model =
        load_model_text(&text, "faults", Path::new(""), None, &[]).unwrap_or_else(|problems| panic!("{problems}"));
    watch_all(&model, 2)
}

fn even(rate: u32, duration: &str, events: &str) -> String {
    format!(
        "executor = \"constant-arrival-rate\"\nrate = \"{rate}/s\"\nduration = \"{duration}\"\npreAllocatedVUs = 500\n\
         events = [{events}]"
    )
}

const POOL: &str = "[pool.db]\nmax = 50\nmin = 0\nconnect = \"50ms\"";
const FAIL_OVER: &str = "{ at = \"10010ms\", for = \"5s\", fail_over = \"database.db\" }";

/// 20 statements a second of 250 ms: those of the last 0.25 s before the fail-over break, those of the 5 s of it are refused.
#[test]
fn what_is_in_flight_breaks_and_what_comes_is_refused() {
    let seen = run(POOL, "{ query = \"q\", time = \"250ms\" }", &even(20, "30s", FAIL_OVER));
    assert_eq!(seen.same("errors", "connection_refused", "count"), 5.0 + 100.0);
    assert_eq!(seen.same("errors", "", "count"), 105.0);
    assert_eq!(seen.same("http_req_duration{failed}", "", "max"), 210.0);
    // All connections have to be opened anew.
    assert_eq!(seen.same("http_req_duration{ok}", "", "max"), 300.0);
}

/// A cold memory: for 4 s everything takes three times as long.
#[test]
fn a_cold_database_is_slow_for_a_while() {
    let fail_over = FAIL_OVER.replace(" }", ", cold_times = 3, cold_for = \"4s\" }");
    let seen = run(POOL, "{ query = \"q\", time = \"250ms\" }", &even(20, "30s", &fail_over));
    assert_eq!(seen.same("errors", "connection_refused", "count"), 105.0);
    // Those that open a connection first.
    assert!((seen.same("http_req_duration{ok}", "", "max") - 800.0).abs() < 1e-5);
}

/// A transaction that calls somebody while its connection breaks finds out with its next statement, or when it ends.
#[test]
fn a_transaction_finds_out_with_its_next_statement() {
    let first = "{ query = \"a\", time = \"100ms\" }, { wait = \"1s\" }";
    let event =
        "vus = 1\nduration = \"1s\"\nevents = [{ at = \"500ms\", for = \"200ms\", fail_over = \"database.db\" }]";
    for steps in [format!("{first}, {{ query = \"b\", time = \"100ms\" }}"), first.to_owned()] {
        let seen = run("[pool.db]\nmax = 1", &format!("{{ transaction = \"db\", steps = [{steps}] }}"), event);
        assert_eq!(seen.same("errors", "connection_refused", "count"), 1.0, "{steps}");
        assert_eq!(seen.same("http_req_duration{failed}", "", "max"), 1_100.0, "{steps}");
        assert_eq!(seen.same("rollbacks", "db", "count"), 1.0, "{steps}");
    }
}

/// A pooler keeps its clients waiting until it can log in again: every second it tries.
#[test]
fn clients_of_a_pooler_wait() {
    let parts = "[pooler.bouncer]\ndatabase = \"db\"\ndefault_pool_size = 20\nserver_login_retry = \"1s\"\n\
                 max_client_conn = 1000\n\
                 [pool.db]\npooler = \"bouncer\"\nmax = 500\nmin = 0";
    let seen = run(parts, "{ query = \"q\", time = \"250ms\" }", &even(20, "30s", FAIL_OVER));
    assert_eq!(seen.same("errors", "connection_refused", "count"), 5.0);
    assert_eq!(seen.same("errors", "", "count"), 5.0);
    // The first refused login is that of the request at 10.05 s: at 15.05 it succeeds.
    let longest = seen.same("http_req_duration{ok}", "", "max");
    assert!((5_000.0 + 250.0..5_000.0 + 1_500.0).contains(&longest), "{longest}");
}

/// A machine dies with an instance and the database beside it; both are back after 5 s.
#[test]
fn what_shares_a_machine_dies_with_it() {
    let text = "[host.box]\ncores = 100\n[tier.app]\nhost = \"box\"\nruntime = { threads = 1000 }\n[tier.other]\ncores = 4\n\
        runtime = { threads = 100 }\n[database.db]\nhost = \"box\"\nmax_connections = 100\n[pool.db]\nmax = 50\n\
        [endpoint.\"GET /\"]\ntier = \"app\"\nsteps = [{ wait = \"250ms\" }]\n\
        [endpoint.\"GET /other\"]\ntier = \"other\"\nsteps = [{ query = \"q\", time = \"250ms\" }]\n\
        [iteration.a]\nmoves = [{ request = \"GET /\" }]\n[iteration.b]\nmoves = [{ request = \"GET /other\" }]\n\
        [test.t]\nevents = [{ at = \"10010ms\", kill = \"app\", restart = \"5s\" }]\n\
        [test.t.scenarios.a]\nexecutor = \"constant-arrival-rate\"\nrate = \"20/s\"\nduration = \"30s\"\npreAllocatedVUs = 50\n\
        iteration = \"a\"\n[test.t.scenarios.b]\nexecutor = \"constant-arrival-rate\"\nrate = \"20/s\"\nduration = \"30s\"\n\
        preAllocatedVUs = 50\niteration = \"b\"\n";
    let model = load_model_text(text, "box", Path::new(""), None, &[]).unwrap_or_else(|problems| panic!("{problems}"));
    let seen = watch_all(&model, 2);
    assert_eq!(seen.same("errors", "GET / instance_down", "count"), 105.0);
    assert_eq!(seen.same("errors", "GET /other connection_refused", "count"), 105.0);
    assert_eq!(seen.same("errors", "", "count"), 210.0);
}

/// For 20 of 40 s a third of the attempts fails besides a tenth that always does, and each takes three times as long.
#[test]
fn a_brown_out_fails_and_slows_its_share() {
    let api = "[api.far]\nlatency = \"100ms\"\nerrors = \"10%\"";
    let brown = "{ at = \"10s\", for = \"20s\", brown_out = \"far\", times = 3, errors = \"30%\" }";
    let seen = run(api, "{ call = \"far\" }", &even(500, "40s", brown));
    let expected = 10_000.0 * 0.1 + 10_000.0 * (1.0 - 0.9 * 0.7);
    let deviation = (10_000.0 * 0.1 * 0.9 + 10_000.0 * 0.37 * 0.63_f64).sqrt();
    for count in seen.values("errors", "api_error", "count") {
        assert!((count - expected).abs() < 5.0 * deviation, "{count} for {expected}");
    }
    assert!((seen.same("http_req_duration", "", "max") - 300.0).abs() < 1e-5);
    assert_eq!(seen.same("http_req_duration", "", "min"), 100.0);
}

/// Half of 20 attempts a second are left for 20 s, of 15 that come; half of four places, where six would be in use.
#[test]
fn a_brown_out_leaves_a_share_of_the_limits() {
    let brown = "{ at = \"10s\", for = \"20s\", brown_out = \"far\", limits = \"50%\" }";
    let api = "[api.far]\nlatency = \"100ms\"\nrate_limit = { rate = \"20/s\", burst = 1 }";
    let seen = run(api, "{ call = \"far\" }", &even(15, "40s", brown));
    // Every other one: two thirds of a token come between two.
    assert_eq!(seen.same("errors", "api_rate_limited", "count"), 150.0);
    let api = "[api.far]\nlatency = \"200ms\"\nconcurrency = { limit = 4, queue = 0 }";
    let seen = run(api, "{ call = \"far\" }", &even(20, "40s", brown));
    // Two of four that come in 200 ms.
    let refused = seen.mean("errors", "api_rate_limited", "count");
    assert!((refused - 200.0).abs() <= 3.0, "{refused}");
    assert_eq!(seen.same("api_active", "far", "max"), 4.0);
}

/// A cache stands still for 2 s, and its keys are gone unless it has a replica.
#[test]
fn a_cache_without_replica_loses_its_keys() {
    let cache = |replicas: u32| {
        format!(
            "[cache.redis]\nmaxmemory = \"1GB\"\ncommand = \"1ms\"\nreplicas = {replicas}\n[cache.redis.keyspace.items]\nkeys = 1\n\
             size = \"1kB\"\nstart = \"full\""
        )
    };
    let event = "{ at = \"10010ms\", for = \"2s\", fail_over = \"cache.redis\" }";
    // Those at 11 and 12 s wait until 12.01, and neither finds what the other has not written yet.
    for (replicas, misses, longer) in [(0, 2.0, 11.0), (1, 0.0, 0.0)] {
        let steps = "{ cache = \"items\", miss = [{ wait = \"10ms\" }] }";
        let seen = run(&cache(replicas), steps, &even(1, "30s", event));
        assert_eq!(seen.same("errors", "", "count"), 0.0);
        // Of 30 reads.
        let ratio = seen.same("hit_ratio", "redis", "avg");
        assert!((ratio - 100.0 * (30.0 - misses) / 30.0).abs() < 1e-6, "{ratio}");
        let longest = seen.same("http_req_duration", "", "max");
        assert!((longest - 1_011.0 - longer).abs() < 0.1, "{longest}");
    }
}
