//! Sweeps: curves over values, kept point by point, with findings.

use serde_json::Value;

use super::{Folder, MODEL};

/// Forty users who think for 60 ms before connections that are held for 20 ms: without waiting, 10 are in use.
const CLOSED: &str = r#"
[tier.app]
cores = 64

[database.main]
cores = 64
max_connections = 100

[pool.main]
max = 4
min = 1

[endpoint."GET /"]
steps = [ { query = "one", pool = "main", time = { mean = "20ms", shape = "exponential" } } ]

[test.steady]
vus = 40
duration = "10s"
think = { mean = "60ms", shape = "exponential" }
thresholds = { http_req_duration = ["p(95)<80"] }
"#;

const SWEEP: &str = "sweep model.toml --vary pool.main.max=1..3:1 --replications 3 --quiet";

/// The findings of a kind.
fn found<'v>(sweep: &'v Value, kind: &str) -> Vec<&'v Value> {
    let findings = sweep["findings"].as_array().expect("findings");
    findings.iter().filter(|finding| finding["kind"] == kind).collect()
}

#[test]
fn the_page_is_as_it_was_looked_at() {
    let ran = Folder::with_model(MODEL).plimsoll(SWEEP);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, include_str!("../fixtures/sweep.txt"), "{}", ran.out);
}

/// Asymptotic bounds: 40 users in a cycle of 80 ms ask for 500/s, which 10 connections carry.
#[test]
fn the_knee_of_a_pool_lies_at_the_operational_bound() {
    let folder = Folder::with_model(CLOSED);
    let sweep = folder.json("sweep model.toml --vary pool.main.max=4..24:2 --replications 10 --quiet").1;
    let knee = found(&sweep, "knee");
    let [knee] = knee.as_slice() else { panic!("{}", sweep["findings"]) };
    let bound = &knee["bound"];
    assert_eq!(bound["resource"], "pool main");
    assert!((bound["at"].as_f64().expect("a number") - 10.0).abs() < 0.3, "{bound}");
    // Chance takes a few more than the mean.
    assert!(matches!(knee["at"].as_str(), Some("12" | "14")), "{knee}");
    assert!(found(&sweep, "worse").is_empty(), "{}", sweep["findings"]);
}

/// Four connections pass 200/s, which 16 users in a cycle of 80 ms ask for.
#[test]
fn users_up_to_the_knee() {
    let folder = Folder::with_model(CLOSED);
    let sweep = folder.json("sweep model.toml --vary users=4..40:4 --replications 10 --quiet").1;
    let knee = found(&sweep, "knee");
    let [knee] = knee.as_slice() else { panic!("{}", sweep["findings"]) };
    assert!((knee["bound"]["at"].as_f64().expect("a number") - 16.0).abs() < 1.0, "{knee}");
    assert!(matches!(knee["at"].as_str(), Some("20" | "24" | "28")), "{knee}");
    let passes = found(&sweep, "passes");
    assert!(passes.len() == 1 && passes[0]["up_to"] == true, "{}", sweep["findings"]);
}

/// The shorter a wait may be, the sooner requests fail, and the lower is the p95 of what is left.
#[test]
fn what_fails_at_once_is_no_gain() {
    let folder = Folder::with_model(MODEL);
    let sweep = "sweep model.toml --vary pool.main.acquire_timeout=1ms,5ms,60ms,2s --replications 8 --quiet";
    let sweep = folder.json(sweep).1;
    let shapes: Vec<&Value> = ["knee", "still-gains", "worse"].iter().flat_map(|kind| found(&sweep, kind)).collect();
    assert!(!shapes.is_empty() && shapes.iter().all(|finding| finding["figure"] == "goodput"), "{}", sweep["findings"]);
    assert!(found(&sweep, "worse").is_empty(), "{}", sweep["findings"]);
}

#[test]
fn the_cost_of_each_point_is_told_where_prices_are_known_and_kept_in_no_file() {
    let priced = MODEL.replace("[tier.app]\ncores = 2", "[tier.app]\ncores = 2\nprice = \"$0.10/h\"");
    let folder = Folder::with_model(&priced);
    let arguments = "sweep model.toml --vary tier.app.count=1..3:1 --replications 2 --quiet --results points.jsonl";
    let sweep = folder.json(arguments).1;
    let usd = |index: usize| sweep["points"][index]["usd_per_month"].as_f64().expect("a price");
    assert!((usd(0) - 73.0).abs() < 1e-9 && (usd(2) - 219.0).abs() < 1e-9, "{sweep}");
    assert!(sweep["unpriced"][0].as_str().is_some_and(|why| why.starts_with("main: ")), "{}", sweep["unpriced"]);
    assert!(!folder.read("points.jsonl").contains("usd"));
    let page = folder.plimsoll(arguments).out;
    assert!(
        page.contains("per month") && page.contains("$219.00") && page.contains("costs are without main"),
        "{page}"
    );
    let csv = folder.plimsoll(&format!("{arguments} --format csv")).out;
    assert!(csv.contains(",3,cost,,per_month,,,219,"), "{csv}");
}

#[test]
fn a_range_without_a_step_is_finer_where_the_curve_bends() {
    let folder = Folder::with_model(CLOSED);
    let sweep = folder.json("sweep model.toml --vary pool.main.max=4..84 --replications 4 --quiet").1;
    let values: Vec<f64> = sweep["axes"][0]["values"]
        .as_array()
        .expect("values")
        .iter()
        .map(|v| v["number"].as_f64().expect("n"))
        .collect();
    assert!(values.len() > 9 && values.is_sorted(), "{values:?}");
    let added: Vec<&f64> = values.iter().filter(|value| (*value - 4.0) % 10.0 != 0.0).collect();
    assert!(!added.is_empty() && added.iter().all(|value| **value < 34.0), "{values:?}");
}

#[test]
fn threads_change_neither_result_nor_file() {
    let folder = Folder::with_model(MODEL);
    let one = folder.plimsoll(&format!("{SWEEP} --threads 1 --results one.jsonl --plot one.svg"));
    let two = folder.plimsoll(&format!("{SWEEP} --threads 2 --results two.jsonl --plot two.svg"));
    assert_eq!((one.code, &one.out), (0, &two.out));
    assert_eq!(folder.read("one.jsonl"), folder.read("two.jsonl"));
    assert_eq!(folder.read("one.svg"), folder.read("two.svg"));
}

#[test]
fn a_cut_file_is_finished_with_the_same_bytes_and_result() {
    let folder = Folder::with_model(MODEL);
    let command = format!("{SWEEP} --format json --results results.jsonl");
    let fresh = folder.plimsoll(&command);
    let whole = folder.read("results.jsonl");
    assert_eq!(fresh.out, folder.plimsoll(&format!("{SWEEP} --format json")).out, "the file changes nothing");
    let first = whole.find('\n').expect("lines") + 1;
    for cut in [0, 1, first - 1, first, first + 1, whole.len() / 2, whole.len() - 1, whole.len()] {
        folder.write("results.jsonl", &whole.as_bytes()[..cut]);
        let resumed = folder.plimsoll(&command);
        assert_eq!((resumed.err.as_str(), &resumed.out), ("", &fresh.out), "cut at {cut}");
        assert_eq!(folder.read("results.jsonl"), whole, "cut at {cut}");
    }
}

#[test]
fn a_file_is_extended_by_further_values() {
    let folder = Folder::with_model(MODEL);
    let sweep = |values: &str, file: &str| {
        folder.plimsoll(&format!(
            "sweep model.toml --vary pool.main.max={values} --replications 2 --quiet --results {file}"
        ))
    };
    assert_eq!(sweep("1,3", "a.jsonl").code, 0);
    let began = folder.read("a.jsonl");
    assert_eq!(sweep("1,2,3", "a.jsonl").out, sweep("1,2,3", "b.jsonl").out);
    let extended = folder.read("a.jsonl");
    assert!(extended.starts_with(&began) && extended.lines().count() == 4, "{extended}");
    let other = sweep("1,2", "a.jsonl").out;
    assert!(!other.contains("\n              3"), "only what is asked is shown: {other}");
    let seed = folder.plimsoll("sweep model.toml --vary pool.main.max=1,3 --replications 2 --seed 2 --results a.jsonl");
    assert!(seed.code == 2 && seed.err.contains("seed 1 there, 2 here"), "{}", seed.err);
    folder.write("model.toml", MODEL.replace("20ms", "21ms").as_bytes());
    let changed = sweep("1,3", "a.jsonl");
    assert!(changed.code == 2 && changed.err.contains("another state of the model"), "{}", changed.err);
    assert_eq!(folder.read("a.jsonl"), extended);
}

#[test]
fn a_grid_has_its_frontier_and_every_form() {
    let folder = Folder::with_model(&MODEL.replace("p(95)<1000", "p(95)<50"));
    let grid = "sweep model.toml --vary pool.main.max=1,2,5 --vary load=1,2 --replications 2 --quiet";
    let sweep = folder.json(grid).1;
    assert_eq!(sweep["points"].as_array().map(Vec::len), Some(6));
    let frontier = found(&sweep, "frontier");
    assert!(frontier.len() == 1 && frontier[0]["passing"].as_u64() < Some(6), "{}", sweep["findings"]);
    for format in ["text", "csv", "markdown"] {
        let ran = folder.plimsoll(&format!("{grid} --format {format} --plot map.svg"));
        assert!(ran.out.contains("pool.main.max") && ran.out.contains("load"), "{}", ran.out);
        assert!(format != "text" || ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
    }
    let map = folder.read("map.svg");
    assert!(map.contains("p95 of all responses") && !map.contains("NaN"));
    let names =
        folder.plimsoll("sweep model.toml --vary pool.main.order=fifo,lifo --replications 2 --quiet --plot n.svg");
    assert!(names.out.contains("lifo") && folder.read("n.svg").contains("fifo"), "{}", names.out);
}

#[test]
fn nothing_passes_and_the_best_is_named() {
    let folder = Folder::with_model(&MODEL.replace("p(95)<1000", "p(95)<1"));
    let ran = folder.plimsoll(SWEEP);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("At no point do all required objectives hold. Best is pool.main.max = 3"), "{}", ran.out);
}

#[test]
fn what_cannot_be_varied_is_refused_and_nothing_is_written() {
    let folder = Folder::with_model(MODEL);
    for (vary, told) in [
        ("pool.main.max=60..10", "runs downwards"),
        ("pool.main.max=10..60:0", "a step of 0"),
        ("pool.main.max=", "no values"),
        ("pool.main.max=1..10000000:1", "at most 10000 are possible"),
        ("pool.mian.max=1,2", "no pool \"mian\"; did you mean \"main\"?"),
        ("pool.main.maxi=1,2", "maxi"),
        ("pool.main.max=10ms..20ms:5ms", "10ms"),
        ("pool.main.max=1,0", "0"),
        ("rate=5/s,10/s", "plans no rate, but users"),
        ("users=1..3:1 --vary load=1,2", "load is users and rate at once"),
        ("users=1..3:1 --vary users=5", "users is varied twice"),
        ("pool.main.max=1..200:1 --vary users=1..200:1", "these are 40000 points"),
    ] {
        let ran = folder.plimsoll(&format!(
            "sweep model.toml --vary {vary} --replications 2 --results r.jsonl --plot p.svg -o out.txt --quiet"
        ));
        let said = ran.err.replace("\n", " ");
        assert_eq!(ran.code, 2, "{vary}: {}", ran.out);
        assert!(said.contains(told) || ran.err.contains(told.split(';').next().unwrap_or(told)), "{vary}: {}", ran.err);
        assert_eq!(folder.files(), ["model.toml"], "{vary}");
    }
    let own = folder.plimsoll("sweep model.toml --vary users=1,2 --results model.toml");
    assert!(own.code == 2 && own.err.contains("is no results file"), "{}", own.err);
    assert_eq!(folder.read("model.toml"), MODEL);
}
