//! Memory and garbage collection against arithmetic, and pauses as vacations of a server.

use std::path::Path;

use plimsoll::model::resolve::load_model_text;

use crate::seen::{Seen, agrees, watch, watch_all};

fn run(tier: &str, steps: &str, test: &str) -> Seen {
    watch_all(&model(tier, steps, test), 2)
}

fn model(tier: &str, steps: &str, test: &str) -> plimsoll::model::Model {
    let text = format!(
        "[tier.app]\n{tier}\n[database.db]\ncores = 100\nmax_connections = 100\n[pool.db]\nmin = 2\nmax = 2\n\
         [endpoint.\"GET /\"]\nsteps = [{steps}]\n[test.full]\n{test}\n"
    );
    load_model_text(&text, "memory", Path::new(""), None, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn even(rate: u32, duration: &str) -> String {
    format!(
        "executor = \"constant-arrival-rate\"\nrate = \"{rate}/s\"\nduration = \"{duration}\"\npreAllocatedVUs = 500"
    )
}

fn close(seen: &Seen, metric: &str, stat: &str, exact: f64, by: f64) {
    let mean = seen.mean(metric, "app", stat);
    assert!((mean - exact).abs() <= by, "{metric} {stat}: {mean} for {exact}");
}

/// Two processes, each with two connections; 10 requests a second inside for half a second.
#[test]
fn memory_is_the_sum_of_its_parts() {
    let tier = "cores = 4\nprocesses = 2\nmemory_base = \"100MB\"\nmemory_per_request = \"2MB\"\n\
                memory_per_connection = \"5MB\"\nleak = \"1MB\"";
    let steps = "{ wait = \"500ms\" }, { query = \"q\", time = \"0ms\" }";
    let seen = run(tier, steps, &even(10, "60s"));
    let idle = 2.0 * 100.0 + 4.0 * 5.0;
    close(&seen, "memory", "start", idle, 1e-3);
    // 10 MB are left behind in each second; five requests are inside.
    close(&seen, "memory", "growth", 600.0, 11.0);
    // On average half of it, one more since a request comes just when memory is read, and all of it for the
    // 0.4 s until the last one is answered.
    let left = (301.0 * 60.0 + 600.0 * 0.4) / 60.4;
    close(&seen, "memory", "avg", idle + left + 600.0 * 0.5 * 2.0 / 60.4, 0.3);
    close(&seen, "memory", "max", idle + 600.0 + 10.0, 3.0);
    close(&seen, "out_of_memory", "count", 0.0, 0.0);
    // Threads count whether they work or not.
    let tier = tier.replace("leak = \"1MB\"", "runtime = { threads = 50 }\nmemory_per_thread = \"1MB\"");
    close(&run(&tier, steps, &even(10, "60s")), "memory", "avg", idle + 100.0 + 10.0, 0.2);
}

/// 100 MB of room for 1 MB of each request: the 101st is too much; 10 s later it all begins again.
#[test]
fn a_leak_kills_at_the_request_of_the_arithmetic() {
    let tier = "cores = 4\nmemory = \"200MB\"\nmemory_base = \"100MB\"\nleak = \"1MB\"\nrestart = \"10s\"";
    let seen = run(tier, "{ cpu = \"1ms\" }", &even(10, "60s"));
    close(&seen, "out_of_memory", "first", 10.0, 0.1);
    close(&seen, "out_of_memory", "count", 3.0, 0.0);
    assert_eq!(seen.same("errors", "out_of_memory", "count"), 3.0);
    // It is away for 10 s twice, and for what is left of the test.
    let away = seen.same("errors", "instance_down", "count");
    assert!((away - 300.0).abs() <= 6.0, "{away}");
    close(&seen, "memory", "max", 200.0, 1.0);
}

/// Each request collects: a server whose service is 2 ms longer.
#[test]
fn collections_are_service_of_an_event_loop() {
    let gc = "{ allocation = \"1MB\", young = \"1MB\", minor = \"2ms\" }";
    let tier = format!("cores = 2\ngc = {gc}");
    let rate = 200.0;
    let test = "executor = \"constant-arrival-rate\"\nrate = \"200/s\"\nduration = \"301s\"\npreAllocatedVUs = 5000\n\
                arrivals = \"poisson\"";
    let model = model(&tier, "{ cpu = { mean = \"1ms\", shape = \"exponential\" } }", test);
    let seen = watch(&model, 1.0, 301.0, 10);
    // Pollaczek and Khinchine, with pauses of constant length.
    let sojourn = |pause: f64| {
        let (mean, square) = (pause + 0.001, pause * pause + 2.0 * pause * 0.001 + 2e-6);
        1e3 * (mean + rate * square / (2.0 * (1.0 - rate * mean)))
    };
    assert!((sojourn(0.002) - 5.5).abs() < 1e-9);
    let mistakes = [("no pauses", sojourn(0.0)), ("pauses 5 % longer", sojourn(0.0021)), ("shorter", sojourn(0.0019))];
    agrees("sojourn, ms", &seen.values("http_req_duration", "", "avg"), sojourn(0.002), &mistakes);
    let counts = seen.values("gc", "app", "minor count");
    assert!(counts.iter().zip(seen.values("http_reqs", "", "count")).all(|(a, b)| (a - b).abs() < 60.0));
    assert!((seen.mean("gc", "app", "pause avg") - 2.0).abs() < 1e-3);
}

#[test]
fn generations_fill_at_the_rate_of_the_arithmetic() {
    let gc = "{ allocation = \"200kB\", young = \"16MB\", minor = \"2ms\", survivors = \"10%\", old = \"16MB\", major = \"40ms\" }";
    let seen = run(&format!("cores = 2\ngc = {gc}"), "{ cpu = \"1ms\" }", &even(40, "200s"));
    // 80 requests fill the young generation, ten of these the old one.
    close(&seen, "gc", "minor count", 100.0, 1.0);
    close(&seen, "gc", "major count", 10.0, 1.0);
    close(&seen, "gc", "pause avg", (100.0 * 2.0 + 10.0 * 40.0) / 100.0, 0.45);
    close(&seen, "gc", "pause max", 42.0, 0.01);
}

/// A pause of 5 ms for every tenth request of 10 ms: it stops both threads, not only the one that collects.
#[test]
fn a_collection_stops_all_threads() {
    let gc = "{ allocation = \"1MB\", young = \"10MB\", minor = \"5ms\" }";
    let seen = run(
        &format!("cores = 2\nruntime = {{ threads = 10 }}\ngc = {gc}"),
        "{ cpu = \"10ms\" }",
        "vus = 2\nduration = \"60s\"",
    );
    let rate = seen.mean("http_reqs", "", "rate");
    assert!((rate - 10.0 / 0.055).abs() < 0.1, "{rate} and not {}", 10.0 / 0.0525);
    close(&seen, "gc", "pause avg", 5.0, 0.001);
}

/// Ten requests of 1 MB fill the young generation, twenty of those the old one: 600 minor collections of 20 ms, of which
/// 30 are major ones of 300 ms more. Requests that come meanwhile allocate behind them.
#[test]
fn a_process_that_stands_allocates_nothing() {
    let gc = "{ allocation = \"1MB\", young = \"10MB\", minor = \"20ms\", survivors = \"10%\", old = \"20MB\", major = \"300ms\" }";
    let tier = format!("cores = 4\nruntime = {{ threads = 1000 }}\ngc = {gc}");
    let seen = run(&tier, "{ cpu = \"1ms\" }", &even(100, "60s"));
    close(&seen, "gc", "minor count", 600.0, 1.0);
    close(&seen, "gc", "major count", 30.0, 1.0);
    close(&seen, "gc", "pause avg", 35.0, 0.5);
    close(&seen, "gc", "pause max", 320.0, 0.01);
}
