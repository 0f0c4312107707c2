//! The page, the JSON and the figure of a test in which something happens.

use serde_json::Value;

use super::Folder;

/// Two instances that scale to three, one of which dies; an API with a brown-out behind a breaker; a limit to what is let in.
const MODEL: &str = r#"
[tier.app]
cores = 1
count = 2
balancer_timeout = "1s"
admission = { in_flight = 2, backlog = 2, wait = "100ms" }

[tier.app.hpa]
min = 2
max = 3
cpu = 20
start_up = "10s"

[api.mail]
latency = { mean = "40ms", cv = 0.5 }
timeout = "200ms"
breaker = { failures = "50%", calls = 10, open = "5s" }

[endpoint."POST /orders"]
steps = [ { cpu = "5ms" }, { call = "mail" } ]

[test.day]
stages = [ { duration = "10s", target = 10 }, { duration = "140s", target = 10 } ]
think = "100ms"
events = [
  { at = "100s", for = "20s", brown_out = "mail", times = 4, errors = "50%" },
  { at = "60s", kill = "app", instances = 3, restart = "5s" },
]
"#;

const RUN: &str = "run model.toml --replications 3 --quiet";

/// As it was when it was last looked at; `UPDATE_EVENTS=1` writes it anew.
#[test]
fn the_page_is_as_it_was() {
    let folder = Folder::with_model(MODEL);
    let ran = folder.plimsoll(RUN);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/events.txt");
    if std::env::var_os("UPDATE_EVENTS").is_some() {
        std::fs::write(golden, &ran.out).expect("written");
    }
    assert_eq!(ran.out, std::fs::read_to_string(golden).expect("a page"), "see UPDATE_EVENTS above");
    assert!(ran.out.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn more_killed_than_there_are_is_told() {
    let fixed = MODEL.replace("[tier.app.hpa]\nmin = 2\nmax = 3\ncpu = 20\nstart_up = \"10s\"\n", "");
    let told = "\"app\" has 2 instances: all of them are killed";
    let page = Folder::with_model(&fixed).plimsoll(RUN).out;
    assert!(page.contains(told), "{page}");
    let page = Folder::with_model(&fixed.replace("instances = 3", "instances = 2")).plimsoll(RUN).out;
    assert!(!page.contains(told), "{page}");
}

/// The mean of a figure of the whole test; 0 if it never came to it.
fn value(result: &Value, (metric, scope, stat): (&str, &str, &str)) -> f64 {
    let rows = result["metrics"].as_array().expect("metrics");
    let ours = |row: &&Value| {
        row["metric"] == metric && row["scope"] == scope && row["stat"] == stat && row["from_s"].is_null()
    };
    rows.iter().find(ours).map_or(0.0, |row| row["value"].as_f64().expect("a number"))
}

#[test]
fn every_answer_has_one_status_and_every_refusal_one_cause() {
    let ran = Folder::with_model(MODEL).plimsoll(&format!("{RUN} --format json"));
    let result: Value = serde_json::from_str(&ran.out).expect("JSON");
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6 * b.max(1.0), "{a} is not {b}");
    let status = |word: &str| value(&result, ("http_status", word, "count"));
    let errors = |cause: &str| value(&result, ("errors", cause, "count"));
    near(["2xx", "4xx", "5xx"].map(status).iter().sum(), value(&result, ("http_reqs", "", "count")));
    near(["500", "502", "503", "504"].map(status).iter().sum(), status("5xx"));
    // All instances are down for five seconds: some requests broke off, and all that came meanwhile found none.
    assert!(status("502") > 0.0 && status("503") > status("502"), "{} {}", status("502"), status("503"));
    near(
        status("502") + status("503"),
        ["instance_down", "shed", "queue_full", "request_timeout"].map(errors).iter().sum(),
    );
    near(status("500"), ["api_error", "api_timeout", "circuit_open"].map(errors).iter().sum());
    let refused = |cause: &str| value(&result, ("requests_refused", &format!("app {cause}"), "count"));
    near(refused("queue_full"), errors("queue_full"));

    let events = result["events"].as_array().expect("events");
    let told: Vec<(f64, f64, &str)> = events
        .iter()
        .map(|event| {
            let number = |key: &str| event[key].as_f64().expect("a number");
            (number("at_s"), number("lasts_s"), event["what"].as_str().expect("words"))
        })
        .collect();
    assert_eq!(told, [(60.0, 0.0, "kill app"), (100.0, 20.0, "brown-out of mail")]);
    for event in events {
        let scope = event["scope"].as_str().expect("a scope");
        let rows = result["metrics"].as_array().expect("metrics");
        assert!(rows.iter().any(|row| row["metric"] == "recovery_time" && row["scope"] == scope), "{scope}");
    }
}

#[test]
fn figures_say_what_happened_and_recordings_need_no_events() {
    let folder = Folder::with_model(MODEL);
    assert_eq!(folder.plimsoll(&format!("{RUN} --plot day.svg -o page.txt")).code, 0);
    let svg = folder.read("day.svg");
    assert!(svg.contains("A: kill app at 60 s (3 instances, back after 5 s)"), "no key");
    assert!(svg.contains("B: brown-out of mail at 100 s"), "no key");
    let without = MODEL.split("events = [").next().expect("a model");
    let calm = Folder::with_model(without);
    assert_eq!(calm.plimsoll(&format!("{RUN} --plot day.svg -o page.txt")).code, 0);
    assert!(!calm.read("day.svg").contains("A: ") && !calm.read("page.txt").contains("Events"));
}
