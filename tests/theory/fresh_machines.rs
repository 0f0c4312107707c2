//! What an instance loses with its death, and what another one brings, against arithmetic.

use std::path::Path;

use plimsoll::model::Model;
use plimsoll::model::resolve::load_model_text;

use crate::seen::{Seen, watch_all};

fn model(text: &str) -> Model {
    load_model_text(text, "fresh", Path::new(""), None, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn run(tier: &str, steps: &str, test: &str) -> Seen {
    let text = format!("[tier.app]\n{tier}\n[endpoint.\"GET /\"]\nsteps = [{steps}]\n[test.full]\n{test}\n");
    watch_all(&model(&text), 2)
}

fn even(rate: u32, duration: &str) -> String {
    format!(
        "executor = \"constant-arrival-rate\"\nrate = \"{rate}/s\"\nduration = \"{duration}\"\npreAllocatedVUs = 500"
    )
}

fn close(seen: &Seen, (metric, scope, stat): (&str, &str, &str), exact: f64, by: f64) {
    let mean = seen.mean(metric, scope, stat);
    assert!((mean - exact).abs() <= by, "{metric} {scope} {stat}: {mean} for {exact}");
}

/// 100 MB of room for 1 MB of each of 10 requests a second, which take 3 s: with the 101st of a process the 29 or 30
/// that it has under way die too.
#[test]
fn what_a_process_without_memory_had_under_way_dies_with_it() {
    let tier = "cores = 4\nmemory = \"200MB\"\nmemory_base = \"100MB\"\nleak = \"1MB\"\nrestart = \"10s\"";
    let seen = run(tier, "{ wait = \"2950ms\" }", &even(10, "15s"));
    close(&seen, ("out_of_memory", "app", "first"), 10.0, 0.1);
    close(&seen, ("errors", "out_of_memory", "count"), 1.0, 0.0);
    // The last before it came 0.1 s earlier; those of the last 2.95 s are not answered yet.
    let (under_way, away) = (29.0, 49.0);
    close(&seen, ("errors", "instance_down", "count"), under_way + away, 1.0);
    assert!(seen.mean("http_req_duration{failed}", "", "max") > 2_800.0);
    // Of two processes of a host only the one that asks for more dies.
    let two = format!("{}\nprocesses = 2", tier.replace("200MB", "300MB"));
    let seen = run(&two, "{ wait = \"2950ms\" }", &even(10, "12s"));
    close(&seen, ("out_of_memory", "app", "count"), 1.0, 0.0);
    close(&seen, ("errors", "instance_down", "count"), under_way / 2.0 + 19.0 / 2.0, 1.5);
}

/// Connections of the process close, and are opened again when it is back: two are kept.
#[test]
fn connections_of_a_killed_process_close() {
    let tier = "cores = 4\nmemory = \"200MB\"\nmemory_base = \"100MB\"\nleak = \"1MB\"\nrestart = \"5s\"";
    let text = format!(
        "[tier.app]\n{tier}\n[database.db]\ncores = 4\nmax_connections = 10\n[pool.db]\nmax = 4\nmin = 2\n\
         [endpoint.\"GET /\"]\nsteps = [{{ query = \"q\", time = \"250ms\" }}]\n[test.full]\n{}\n",
        even(10, "20s")
    );
    let seen = watch_all(&model(&text), 2);
    // Three are open while it works, none for 5 s.
    close(&seen, ("connections_open", "db", "avg"), 3.0 * 15.0 / 20.0, 0.1);
    close(&seen, ("connections_open", "db", "max"), 3.0, 0.0);
    close(&seen, ("errors", "instance_down", "count"), 50.0 + 2.0, 1.5);
}

/// What one of two instances had left behind is gone when it is back: 5 MB/s on each.
#[test]
fn a_killed_instance_comes_back_with_empty_memory() {
    let tier = "cores = 4\ncount = 2\nmemory_base = \"100MB\"\nleak = \"1MB\"";
    let kill = "events = [{ at = \"20s\", kill = \"app\", restart = \"10s\" }]";
    let seen = run(tier, "{ cpu = \"1ms\" }", &format!("{}\n{kill}", even(10, "60s")));
    // The other has all requests for 10 s.
    let (first, second) = (100.0 + 30.0 * 5.0, 100.0 + 50.0 * 5.0 + 10.0 * 10.0);
    close(&seen, ("memory", "app", "max"), second, 2.0);
    close(&seen, ("memory", "app", "end"), (first + second) / 2.0, 2.0);
    close(&seen, ("memory", "app", "start"), 100.0, 1e-3);
    // An instance that is added has nothing before.
    let add = "events = [{ at = \"20s\", add = \"app\", start_up = \"10s\" }]";
    let tier = tier.replace("count = 2\n", "");
    let seen = run(&tier, "{ cpu = \"1ms\" }", &format!("{}\n{add}", even(10, "60s")));
    close(&seen, ("memory", "app", "max"), 100.0 + 30.0 * 10.0 + 30.0 * 5.0, 2.0);
    close(&seen, ("memory", "app", "end"), 100.0 + (30.0 * 10.0 + 30.0 * 5.0 + 30.0 * 5.0) / 2.0, 2.0);
}

/// A T2 is launched with 30 credits for each vCPU and earns 24 an hour; two busy cores spend 2 a minute.
#[test]
fn a_new_instance_has_its_launch_credits() {
    let test = |more: &str| format!("{}\ngracefulStop = \"0s\"\n{more}", even(30, "60m"));
    let tier = "instance = \"t2.medium\"\ncredits = 200\nruntime = { threads = 50 }";
    let loss = 2.0 - 24.0 / 60.0;
    let seen = run(tier, "{ cpu = \"100ms\" }", &test(""));
    close(&seen, ("credits", "app", "end"), 200.0 - 60.0 * loss, 0.1);
    let kill = "events = [{ at = \"10m\", kill = \"app\", restart = \"1m\" }]";
    let seen = run(tier, "{ cpu = \"100ms\" }", &test(kill));
    let dry = 11.0 + 60.0 / loss;
    close(&seen, ("credits", "app", "dry"), 60.0 * dry, 1.0);
    close(&seen, ("credits", "app", "end"), 0.0, 1e-6);
    // A t3 has none, and owes what both have spent: 10 minutes of the first, 49 of the second.
    let seen = run("instance = \"t3.large\"\nruntime = { threads = 50 }", "{ cpu = \"100ms\" }", &test(kill));
    let owed = (10.0 + 49.0) * (2.0 - 36.0 / 60.0);
    close(&seen, ("credits", "app", "surplus"), owed, 0.1);
}

/// Four times slower within a quota: a request of 20 ms takes 80 of CPU, of which 50 in 100 are to be had.
#[test]
fn what_is_slowed_down_stays_within_its_quota() {
    let tier = "cores = 4\ncpu_limit = 0.5";
    let slow = |times: u32| {
        format!(
            "vus = 1\nduration = \"60s\"\nevents = [{{ at = \"0s\", slow = \"tier.app\", times = {times}, for = \"60s\" }}]"
        )
    };
    for times in [1, 4] {
        let seen = run(tier, "{ cpu = \"20ms\" }", &slow(times));
        close(&seen, ("http_reqs", "", "rate"), 25.0 / f64::from(times), 0.05);
        close(&seen, ("cpu", "app", "avg"), 12.5, 0.05);
    }
}

/// Two tiers, with three jobs each, share two cores alike; one stands still for half of the time.
#[test]
fn a_sharer_that_stands_still_leaves_its_cores() {
    let threads = "runtime = { threads = 50 }";
    let text = "[host.box]\ncores = 2\n[tier.a]\nhost = \"box\"\n[tier.b]\nhost = \"box\"\n\
        [endpoint.\"GET /a\"]\ntier = \"a\"\nsteps = [{ cpu = \"10ms\" }]\n\
        [endpoint.\"GET /b\"]\ntier = \"b\"\nsteps = [{ cpu = \"10ms\" }]\n\
        [iteration.a]\nmoves = [{ request = \"GET /a\" }]\n[iteration.b]\nmoves = [{ request = \"GET /b\" }]\n\
        [test.t]\nevents = [{ at = \"10s\", stop = \"tier.b\", for = \"20s\" }]\n\
        [test.t.scenarios.a]\nexecutor = \"constant-vus\"\nvus = 3\nduration = \"40s\"\niteration = \"a\"\n\
        [test.t.scenarios.b]\nexecutor = \"constant-vus\"\nvus = 3\nduration = \"40s\"\niteration = \"b\"\n";
    let seen = watch_all(&model(&text.replace("host = \"box\"", &format!("host = \"box\"\n{threads}"))), 2);
    close(&seen, ("http_reqs", "GET /a", "count"), 20.0 * 100.0 + 20.0 * 200.0, 4.0);
    close(&seen, ("http_reqs", "GET /b", "count"), 20.0 * 100.0, 4.0);
    close(&seen, ("cpu", "box", "avg"), 100.0, 0.1);
}
