//! What the README and `data/wallet/README.md` say of the chat backend and the wallet API.

use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

/// Predicts a test of a model with changes, and finds the share of the tests that hold an objective.
fn predict(model: &str, test: &str, sets: &[&str]) -> Value {
    let path = format!("{}/models/{model}.toml", env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(cargo_bin!("plimsoll"));
    command.args(["run", &path, "--test", test, "--replications", "8", "--format", "json", "--quiet"]);
    command.args(sets.iter().flat_map(|set| ["--set", set]));
    let output = command.output().expect("the program starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn probability(prediction: &Value, objective: &str) -> f64 {
    let verdicts = prediction["verdicts"].as_array().expect("verdicts");
    let found = verdicts.iter().find(|verdict| verdict["slo"] == objective).expect("the objective");
    found["probability"].as_f64().expect("a share")
}

const SEND: &str = "http_req_duration{name:POST message} p(95)<250";

/// At 40% of a response on the event loop the first target breaks near 170 users, at 10% near 680; and it is the loop that limits.
#[test]
fn the_chat_backend_breaks_by_its_event_loop_between_170_and_680_users() {
    for (share, holds, breaks) in [("40%", 150, 200), ("10%", 620, 740)] {
        let at = |users: u32| {
            let share = format!("inputs.app_share.value=\"{share}\"");
            let users = format!("test.extrapolated.vus={users}");
            predict("chat", "extrapolated", &[&share, &users, "test.extrapolated.duration=2m"])
        };
        let (below, above) = (at(holds), at(breaks));
        assert!(probability(&below, SEND) > 0.9, "{share}: {holds} users");
        assert!(probability(&above, SEND) < 0.4, "{share}: {breaks} users");
        assert_eq!(above["bottleneck"]["resource"], "api event loops");
    }
}

/// Of the five planned stages those up to 150 users do what the report expects.
#[test]
fn the_chat_backend_does_what_is_expected_up_to_150_users() {
    for (test, bound) in [("stage3", 50), ("stage4", 100), ("stage5", 150)] {
        let prediction = predict("chat", test, &[]);
        assert!(probability(&prediction, &format!("http_req_duration p(95)<{bound}")) > 0.9, "{test}");
    }
}

/// A limit that 120 users reach in 30 s is never met by the two stages that were to prove it away.
#[test]
fn the_recorded_stages_of_the_chat_backend_would_have_passed_its_rate_limit() {
    let on = [
        "limit.inbound={ limit = 7000, window = \"1m\", scope = \"total\" }",
        "endpoint.\"POST message\".limit=inbound",
        "endpoint.\"GET history\".limit=inbound",
    ];
    assert_eq!(probability(&predict("chat", "stage2", &on), "http_req_failed rate<0.001"), 1.0);
    assert_eq!(probability(&predict("chat", "stage4", &on), "http_req_failed rate<0.01"), 0.0);
}

/// The sleep of the scripts moves the two targets of the sustained test in opposite directions.
#[test]
fn the_wallet_api_holds_either_its_times_or_its_throughput() {
    for (sleep, quick, many) in [("0.2s", 0.0, 1.0), ("1.5s", 1.0, 0.0)] {
        let prediction = predict("wallet", "sustained", &[&format!("inputs.think.value=\"{sleep}\"")]);
        let (p95, rate) = ("http_req_duration p(95)<200", "http_reqs rate>500");
        assert!((probability(&prediction, p95) - quick).abs() < 0.2, "{sleep}");
        assert!((probability(&prediction, rate) - many).abs() < 0.3, "{sleep}");
    }
}
