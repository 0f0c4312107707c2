//! Machines whose cores are not always to be had, against the arithmetic of the catalogue.

use std::path::Path;

use plimsoll::model::Model;
use plimsoll::model::resolve::load_model_text;

use crate::seen::{Seen, watch_all};

fn model(tier: &str, test: &str) -> Model {
    let text =
        format!("[tier.app]\n{tier}\n[endpoint.\"GET /\"]\nsteps = [{{ cpu = \"100ms\" }}]\n[test.full]\n{test}\n");
    load_model_text(&text, "machines", Path::new(""), None, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn run(tier: &str, test: &str) -> Seen {
    watch_all(&model(tier, test), 2)
}

/// Ten users without pauses keep two cores busy for 40 minutes.
const FULL: &str = "vus = 10\nduration = \"40m\"";
const THREADS: &str = "runtime = { threads = 50 }";

/// A t3.large earns 36 credits an hour, 0.6 a minute, and spends 2 a minute.
const LOSS: f64 = 2.0 - 36.0 / 60.0;

#[test]
fn a_standard_t3_large_is_throttled_at_the_minute_of_the_arithmetic() {
    let tier = format!("instance = \"t3.large\"\ncredits = 30\ncredit_mode = \"standard\"\n{THREADS}");
    let seen = run(&tier, FULL);
    let dry = 60.0 * 30.0 / LOSS;
    assert!(
        (seen.mean("credits", "app", "dry") - dry).abs() < 0.01,
        "{} for {dry}",
        seen.mean("credits", "app", "dry")
    );
    assert_eq!((seen.same("credits", "app", "start"), seen.same("credits", "app", "end")), (30.0, 0.0));
    // 20 requests a second until then, and 6 from then on; the last ones are cut off.
    let requests = 20.0 * dry + 6.0 * (2400.0 - dry);
    assert!((seen.mean("http_reqs", "", "count") - requests).abs() < 12.0);
    let cpu = 100.0 * (dry + 0.3 * (2400.0 - dry)) / 2400.0;
    assert!((seen.mean("cpu", "app", "avg") - cpu).abs() < 0.05, "{} for {cpu}", seen.mean("cpu", "app", "avg"));
    let held = 100.0 * (2400.0 - dry) / 2400.0;
    assert!((seen.mean("cpu_throttled", "app", "avg") - held).abs() < 0.05);
}

#[test]
fn an_unlimited_one_owes_what_it_did_not_earn() {
    let tier = format!("instance = \"t3.large\"\ncredits = 30\ncount = 3\n{THREADS}");
    let seen = run(&tier, "vus = 30\nduration = \"40m\"");
    let owed = 40.0 * LOSS - 30.0;
    assert!((seen.mean("credits", "app", "surplus") - owed).abs() < 0.02);
    // 5 cents for 60 credits, on each of three hosts.
    let charge = 3.0 * owed / 60.0 * 0.05;
    assert!((seen.mean("credits", "app", "charge") - charge).abs() < 0.0001, "{charge}");
    assert_eq!(seen.same("cpu_throttled", "app", "avg"), 0.0);
    assert!((seen.mean("http_reqs", "", "rate") - 60.0).abs() < 0.1);
}

/// Launch credits are of standard mode: a t2.large in unlimited mode owes its first credit at once.
#[test]
fn only_a_standard_t2_is_launched_with_credits() {
    let of = |mode: &str| run(&format!("instance = \"t2.large\"\ncredit_mode = \"{mode}\"\n{THREADS}"), FULL);
    let (standard, unlimited) = (of("standard"), of("unlimited"));
    assert_eq!((standard.same("credits", "app", "start"), unlimited.same("credits", "app", "start")), (60.0, 0.0));
    assert!((unlimited.mean("credits", "app", "surplus") - 40.0 * LOSS).abs() < 0.02);
    assert!((standard.mean("credits", "app", "end") - (60.0 - 40.0 * LOSS)).abs() < 0.02);
}

/// A quota holds back too, with credits left.
#[test]
fn held_back_by_a_quota_is_not_out_of_credits() {
    let tier = format!("instance = \"t3.large\"\ncredits = 500\ncredit_mode = \"standard\"\ncpu_limit = 1\n{THREADS}");
    let seen = run(&tier, "vus = 10\nduration = \"4m\"");
    assert!(seen.mean("cpu_throttled", "app", "avg") > 10.0);
    assert!((seen.mean("credits", "app", "end") - (500.0 - 4.0 * 0.4)).abs() < 0.01);
    assert!(seen.values("credits", "app", "dry").iter().all(|dry| dry.is_nan()));
}

#[test]
fn below_the_baseline_credits_are_earned_until_there_is_no_room() {
    let tier = format!("instance = \"t3.large\"\ncredits = 30\ncredit_mode = \"standard\"\n{THREADS}");
    // Four a second need 0.4 cores: 0.2 credits are left over in each minute.
    let load = "executor = \"constant-arrival-rate\"\nrate = \"4/s\"\nduration = \"30m\"\npreAllocatedVUs = 50";
    let seen = run(&tier, load);
    assert!((seen.mean("credits", "app", "end") - 36.0).abs() < 0.01, "{}", seen.mean("credits", "app", "end"));
    let tier = tier.replace("credits = 30", "credits = 860");
    assert!((run(&tier, load).mean("credits", "app", "end") - 864.0).abs() < 0.01);
}

/// One user without pauses, 100 ms of CPU each: with half a core a request takes two periods.
#[test]
fn a_limit_passes_as_much_as_it_says() {
    let seen = run(&format!("cores = 4\ncpu_limit = 0.5\n{THREADS}"), "vus = 1\nduration = \"2m\"");
    assert!((seen.mean("http_reqs", "", "rate") - 5.0).abs() < 0.02);
    assert!((seen.mean("cpu", "app", "avg") - 100.0 * 0.5 / 4.0).abs() < 0.05);
    assert!((seen.mean("cpu_throttled", "app", "avg") - 50.0).abs() < 0.1);
    assert!((seen.mean("http_req_duration", "", "avg") - 200.0).abs() < 1.0);
    // Each of two processes has a limit of its own.
    let seen = run(&format!("cores = 4\nprocesses = 2\ncpu_limit = 0.5\n{THREADS}"), "vus = 2\nduration = \"2m\"");
    assert!((seen.mean("http_reqs", "", "rate") - 10.0).abs() < 0.04);
}

/// 60 ms of each 500 at full speed are over the limit only for the period's last 10 ms.
#[test]
fn what_fits_into_a_period_is_not_slowed_down() {
    let tier = format!("cores = 4\ncpu_limit = 0.5\n{THREADS}");
    let text = format!(
        "[tier.app]\n{tier}\n[endpoint.\"GET /\"]\nsteps = [{{ cpu = \"CPU\" }}]\n[test.full]\nexecutor = \
         \"constant-arrival-rate\"\nrate = \"2/s\"\nduration = \"1m\"\npreAllocatedVUs = 5\n"
    );
    let duration = |cpu: &str, stat: &str| {
        let model = load_model_text(&text.replace("CPU", cpu), "machines", Path::new(""), None, &[]);
        watch_all(&model.unwrap_or_else(|problems| panic!("{problems}")), 1).mean("http_req_duration", "", stat)
    };
    assert_eq!(duration("40ms", "max"), 40.0);
    // Arrivals are at whole periods: 50 ms of work, 50 of waiting, 10 of work.
    assert_eq!(duration("60ms", "max"), 110.0);
}

/// A tier and a database on one machine of one core: each request needs 30 ms of it in all.
#[test]
fn tiers_and_databases_share_a_machine() {
    let text = "[host.one]\ncores = 1\n[tier.app]\nhost = \"one\"\nruntime = { threads = 50 }\n[database.db]\n\
                host = \"one\"\nmax_connections = 50\n[pool.db]\nmax = 50\n[endpoint.\"GET /\"]\n\
                steps = [{ cpu = \"10ms\" }, { query = \"q\", cpu = \"20ms\" }]\n[test.full]\nvus = 8\nduration = \"100s\"\n";
    let run = |text: &str| {
        let model = load_model_text(text, "machines", Path::new(""), None, &[]);
        watch_all(&model.unwrap_or_else(|problems| panic!("{problems}")), 1)
    };
    let seen = run(text);
    assert!((seen.mean("http_reqs", "", "rate") - 1.0 / 0.03).abs() < 0.2);
    for (name, percent) in [("one", 100.0), ("app", 100.0 / 3.0), ("db", 200.0 / 3.0)] {
        assert!((seen.mean("cpu", name, "avg") - percent).abs() < 0.5, "{name}: {}", seen.mean("cpu", name, "avg"));
    }
    // The load generator needs 10 ms more of it for each request.
    let seen = run(&text.replace("cores = 1\n", "cores = 1\nload_generator = \"10ms\"\n"));
    assert!((seen.mean("http_reqs", "", "rate") - 25.0).abs() < 0.2);
    assert!((seen.mean("cpu", "one load generator", "avg") - 25.0).abs() < 0.5);
    // A limit of one of them holds only that one: 20 ms in each period are two requests.
    let seen = run(&text.replace("runtime = { threads = 50 }", "cpu_limit = 0.2"));
    assert!((seen.mean("http_reqs", "", "rate") - 20.0).abs() < 0.3);
}
