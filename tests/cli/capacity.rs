//! Capacities: the load at which objectives break, with what breaks and what limits.

use serde_json::Value;

use super::{Folder, MODEL};

/// Poisson arrivals at one connection that is held for 10 ms on average: M/M/1.
const QUEUE: &str = r#"
[tier.app]
cores = 64

[database.main]
cores = 64
max_connections = 100

[pool.main]
max = 1
min = 1

[endpoint."GET /"]
steps = [ { query = "one", pool = "main", time = { mean = "10ms", shape = "exponential" } } ]

[test.open]
rate = 40
duration = "60s"
arrivals = "poisson"
preAllocatedVUs = 1000
maxVUs = 1000
thresholds = { http_req_duration = ["p(95)<120"], http_req_failed = ["rate<0.01"] }

[variant.two]
set = { "pool.main.max" = 2 }
"#;

const SMALL: &str = "capacity model.toml --replications 4 --up-to 4 --quiet";

/// With an objective on the share of requests that fail: of five users and two connections 2 %.
fn failing(share: &str) -> String {
    MODEL.replace("http_req_duration = [\"p(95)<1000\"]", &format!("http_req_failed = [\"rate<{share}\"]"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn the_page_is_as_it_was_looked_at() {
    let folder = Folder::with_model(&failing("0.05"));
    let ran = folder.plimsoll(&format!("{SMALL} --variant wide"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, include_str!("../fixtures/capacity.txt"), "{}", ran.out);
}

/// Of M/M/1 the 95th percentile of the response time is `ln 20 / (mu - lambda)`: 120 ms at 75.04/s of 100.
#[test]
fn half_of_the_tests_of_a_queue_carry_what_the_closed_form_says() {
    let folder = Folder::with_model(QUEUE);
    let (code, found) = folder.json("capacity model.toml --probability 50% --replications 20 --quiet --variant two");
    assert_eq!(code, 0);
    let exact = 100.0 - 20f64.ln() / 0.120;
    let one = &found["capacities"][0];
    let (low, high) = (number(&one["low"]["rate"]), number(&one["high"]["rate"]));
    assert!(low < exact && exact < high && high - low < 0.2 * exact, "{exact}: {low} to {high}");
    let point = &one["break_point"];
    assert!(number(&point["low"]) * 40.0 < exact && exact < number(&point["high"]) * 40.0, "{point}");
    assert_eq!((&one["outcome"], &one["carried"]), (&"found".into(), &true.into()));
    assert_eq!(one["breaks"][0]["slo"], "http_req_duration p(95)<120");
    assert_eq!(one["limits"]["name"], "pool main");
    // One connection lets 100/s pass.
    assert!((number(&one["bound"]["load"]["rate"]) / 100.0 - 1.0).abs() < 1e-3, "{}", one["bound"]);
    let two = &found["capacities"][1];
    assert_eq!(two["variant"], "two");
    assert!(number(&two["capacity"]["rate"]) > 1.8 * number(&one["capacity"]["rate"]), "{two}");
    let headroom = number(&one["capacity"]["factor"]) - 1.0;
    assert!((number(&one["headroom"]) - headroom).abs() < 1e-9);
}

/// What is refused is not answered: throughput stays at what the connection lets pass, and falls no further.
#[test]
fn refused_requests_are_no_throughput() {
    let impatient = QUEUE.replace("min = 1", "min = 1\nmax_waiters = 4").replace("rate<0.01", "rate<0.02");
    let folder = Folder::with_model(&impatient);
    let (_, found) = folder.json("capacity model.toml --probability 50% --replications 12 --quiet");
    let one = &found["capacities"][0];
    let scaling = &one["scaling"];
    let law = |n: f64| {
        let [lambda, sigma, kappa] = ["lambda", "sigma", "kappa"].map(|name| number(&scaling[name]["value"]));
        lambda * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0))
    };
    for point in one["points"].as_array().expect("points") {
        let figures = point["test"]["figures"].as_array().expect("figures");
        let figure = |metric: &str| {
            let is = |f: &&Value| f["metric"] == metric && f["stat"] == "rate" && !f["from_s"].is_null();
            number(&figures.iter().find(is).expect("the figure")["value"])
        };
        let good = figure("http_reqs") * (1.0 - figure("http_req_failed") / 100.0);
        let by_law = law(number(&point["load"]["rate"]));
        assert!((by_law / good - 1.0).abs() <= number(&scaling["worst"]) / (1.0 - number(&scaling["worst"])) + 1e-6);
    }
    assert!(number(&scaling["up_to"]) > number(&one["capacity"]["rate"]), "{scaling}");
}

#[test]
fn replications_are_added_until_the_capacity_is_known_as_well_as_asked() {
    let folder = Folder::with_model(QUEUE);
    let run = |precision: &str| {
        let (_, found) = folder.json(&format!("capacity model.toml --probability 50% --quiet --precision {precision}"));
        found["capacities"][0].clone()
    };
    let (rough, fine) = (run("10%"), run("0.1%"));
    assert_eq!((number(&rough["replications"]), number(&fine["replications"])), (12.0, 40.0));
    assert!(
        rough["stopped"].as_str().is_some_and(|why| why.ends_with("after 12 replications")),
        "{}",
        rough["stopped"]
    );
    assert!(fine["stopped"].as_str().is_some_and(|why| why.contains("no more were asked for")), "{}", fine["stopped"]);
}

#[test]
fn less_than_the_stated_load_is_a_negative_headroom_and_exit_code_1() {
    let folder = Folder::with_model(&failing("0.01"));
    let (code, found) = folder.json(SMALL);
    let one = &found["capacities"][0];
    assert_eq!((code, &one["carried"]), (1, &false.into()), "{one}");
    assert!(number(&one["headroom"]) < 0.0 && number(&one["capacity"]["users"]) < 5.0, "{one}");
}

#[test]
fn the_ends_of_what_is_tried_are_told() {
    let folder = Folder::with_model(&MODEL.replace("p(95)<1000", "p(95)<100000"));
    let more = folder.plimsoll(SMALL);
    assert!(more.code == 0 && more.out.contains("carries more than 4 times its load, 20 users"), "{}", more.out);
    let folder = Folder::with_model(&MODEL.replace("p(95)<1000", "p(95)<1"));
    let none = folder.plimsoll(SMALL);
    assert!(none.code == 1 && none.out.contains("does not even carry 1 user,"), "{}", none.out);
}

#[test]
fn threads_change_nothing_and_every_form_is_there() {
    let folder = Folder::with_model(MODEL);
    let one = folder.plimsoll(&format!("{SMALL} --threads 1 --plot one.svg"));
    let two = folder.plimsoll(&format!("{SMALL} --threads 2 --plot two.svg"));
    assert_eq!((one.code, &one.out), (0, &two.out));
    let figure = folder.read("one.svg");
    assert_eq!(figure, folder.read("two.svg"));
    assert!(figure.contains("Throughput") && !figure.contains("NaN"));
    for format in ["csv", "markdown"] {
        let ran = folder.plimsoll(&format!("{SMALL} --format {format}"));
        assert!(ran.code == 0 && ran.out.contains("short"), "{}", ran.out);
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let folder = Folder::with_model(MODEL);
    for (arguments, told) in [
        ("--test shrt", "did you mean \"short\"?"),
        ("--variant wid", "wid"),
        ("--variant wide --variant wide", "given twice"),
        ("--up-to 0.5", "a number from 1"),
        ("--probability 100%", "below 100 %"),
        ("--plot figure.pdf", ".svg or .png"),
        ("--set pool.mian.max=3", "did you mean"),
    ] {
        let ran = folder.plimsoll(&format!("capacity model.toml --replications 2 --quiet {arguments}"));
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(told), "{arguments}: {}", ran.err);
    }
    let folder = Folder::with_model(&MODEL.replace("thresholds", "# thresholds"));
    let ran = folder.plimsoll(SMALL);
    assert!(ran.code == 2 && ran.err.contains("has no required objective"), "{}", ran.err);
}
