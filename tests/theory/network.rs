//! Bytes on the way: a link that all answers of a host share.

use std::path::Path;

use plimsoll::model::Model;
use plimsoll::model::resolve::load_model_text;

use crate::seen::{agrees, watch, watch_all};

fn model(bandwidth: &str, test: &str) -> Model {
    let text = format!(
        "[tier.app]\ncores = 4\nbandwidth = {bandwidth}\n[endpoint.\"GET /\"]\nrequest_bytes = \"10kB\"\n\
         response_bytes = \"1MB\"\nsteps = []\n[test.full]\n{test}\n"
    );
    load_model_text(&text, "network", Path::new(""), None, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

/// 1 MB at 10 MB/s alone, and shared by two users in step; 10 kB of each request come in in a ms.
#[test]
fn answers_share_what_the_link_passes() {
    for (users, ms) in [(1, 101.0), (2, 202.0)] {
        let seen = watch_all(&model("\"10MB\"", &format!("vus = {users}\nduration = \"100s\"")), 1);
        let mean = seen.mean("http_req_duration", "", "avg");
        assert!((mean - ms).abs() < 0.5, "{users} users: {mean} for {ms}");
        let rate = f64::from(users) * 1000.0 / ms;
        assert!((seen.mean("data_received", "", "rate") - rate).abs() < 0.1);
        assert!((seen.mean("data_sent", "", "rate") - 0.01 * rate).abs() < 0.001);
        assert!((seen.mean("bandwidth", "app out", "avg") - 10.0 * rate).abs() < 1.0);
    }
}

/// Processor sharing: the mean is that of M/G/1-PS whatever the sizes.
#[test]
fn answers_that_come_by_chance_wait_as_at_a_shared_processor() {
    let load = "executor = \"constant-arrival-rate\"\nrate = \"6/s\"\nduration = \"3001s\"\npreAllocatedVUs = 5000\n\
                arrivals = \"poisson\"";
    let seen = watch(&model("\"10MB\"", load), 1.0, 3001.0, 20);
    // A ms more for the way in, where hardly anybody meets another.
    let exact = |seconds: f64| 1e3 * (seconds / (1.0 - 6.0 * seconds) + 0.001 / (1.0 - 0.006));
    let mistakes =
        [("10 % slower", exact(0.11)), ("10 % faster", exact(0.09)), ("in line", 1e3 * (0.1 + 0.075 + 0.001))];
    agrees("sojourn, ms", &seen.values("http_req_duration", "", "avg"), exact(0.1), &mistakes);
}

/// A burst of a minute at 10 MB/s, and then 1 MB/s.
#[test]
fn a_burst_ends_when_it_is_used_up() {
    let bandwidth = "{ base = \"1MB\", burst = \"10MB\", burst_for = \"60s\" }";
    let seen = watch_all(&model(bandwidth, "vus = 4\nduration = \"120s\""), 1);
    let megabytes = 60.0 * 10.0 + 60.0 * 1.0;
    assert!((seen.mean("data_received", "", "count") - megabytes).abs() < 6.0);
}
