//! What is told of a test before anything is simulated, or instead.

use serde_json::Value;

use super::{Folder, MODEL};

/// 150 requests/s at one connection that is held for 10 ms.
const TOO_MUCH: &str = r#"
[tier.app]
cores = 64

[database.main]
cores = 64
max_connections = 100

[pool.main]
max = 1
min = 1

[endpoint."GET /"]
steps = [ { query = "one", pool = "main", time = "10ms" } ]

[test.open]
rate = 150
duration = "20s"
preAllocatedVUs = 1000
maxVUs = 1000
thresholds = { http_req_failed = ["rate<0.01"] }
"#;

fn with(objectives: &str) -> Folder {
    Folder::with_model(&MODEL.replace("http_req_duration = [\"p(95)<1000\"]", objectives))
}

#[test]
fn arrivals_beyond_what_a_station_serves_are_told() {
    let folder = Folder::with_model(TOO_MUCH);
    let page = folder.plimsoll("run model.toml --instant").out;
    assert!(page.contains("150 /s requests arrive and pool main serves 100 /s at most"), "{page}");
    let ran = folder.plimsoll("run model.toml --instant --format json");
    let found: Value = serde_json::from_str(&ran.out).expect("JSON");
    let overload = &found["instant"]["windows"][0]["overload"];
    assert_eq!((&overload["resource"], &overload["arrive_per_s"]), (&"pool main".into(), &150.0.into()), "{found}");
    let less = folder.plimsoll("run model.toml --instant --set test.open.rate=90");
    assert!(!less.out.contains("overload"), "{}", less.out);
}

#[test]
fn numbers_and_units_have_columns_of_their_own() {
    let csv = Folder::with_model(TOO_MUCH).plimsoll("run model.toml --instant --format csv").out;
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let header = rows.headers().expect("a header").clone();
    let column = |name: &str| header.iter().position(|known| known == name).expect("the column");
    let (metric, scope, value, unit) = (column("metric"), column("scope"), column("value"), column("unit"));
    let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.expect("a row")).collect();
    let find = |name: &str, of: &str| rows.iter().find(|row| &row[metric] == name && &row[scope] == of);
    let bound = find("bound", "pool main").expect("the bound");
    assert_eq!((bound[value].parse::<f64>(), &bound[unit]), (Ok(100.0), "1/s"), "{csv}");
    assert_eq!(
        find("demand", "pool main").map(|row| (row[value].to_owned(), row[unit].to_owned())),
        Some(("10".into(), "ms".into()))
    );
    assert!(rows.iter().all(|row| row[value].is_empty() || row[value].parse::<f64>().is_ok()), "{csv}");
}

#[test]
fn objectives_that_contradict_each_other_are_named_before_anything_is_simulated() {
    let folder = with("http_req_duration = [\"p(95)<100\", \"p(95)>200\"]");
    let told = "http_req_duration p(95)<100 and http_req_duration p(95)>200 contradict each other";
    for command in ["run model.toml", "check model.toml", "sweep model.toml --vary users=2,4"] {
        let ran = folder.plimsoll(&format!("{command} --replications 2 --quiet"));
        assert!(ran.code == 1 && ran.err.contains("warning: ") && ran.err.contains(told), "{command}: {}", ran.err);
    }
    let instant = folder.plimsoll("run model.toml --instant");
    assert!(instant.code == 1 && instant.out.contains("contradicts http_req_duration p(95)>200"), "{}", instant.out);
    let rates = with("http_req_failed = [\"rate<0.01\", \"rate>0.02\"]");
    assert!(rates.plimsoll("run model.toml --replications 2 --quiet").err.contains("contradict each other"));
    let fine = with("http_req_duration = [\"p(95)<1000\", \"p(95)>1\"]");
    assert_eq!(fine.plimsoll("run model.toml --replications 2 --quiet").err, "");
}

#[test]
fn more_than_a_test_asks_for_is_named_before_anything_is_simulated() {
    let few = |count: u32| {
        let objective = format!("http_reqs = [\"count>{count}\"]");
        Folder::with_model(
            &TOO_MUCH.replace("rate = 150", "rate = 40").replace("http_req_failed = [\"rate<0.01\"]", &objective),
        )
    };
    let ran = few(1000).plimsoll("run model.toml --replications 2 --quiet");
    assert!(ran.err.contains("asks for more than the test itself does"), "{}", ran.err);
    assert_eq!(few(700).plimsoll("run model.toml --replications 2 --quiet").err, "");
}

#[test]
fn files_that_the_model_names_are_not_overwritten() {
    let folder = Folder::with_model(
        &MODEL.replace("think = \"20ms\"", "think = \"20ms\"\nrecording = \"seen.csv\"\nrole = \"validate\""),
    );
    let recording = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\nhttp_reqs,,rate,,,80,,,1/s,\n";
    folder.write("seen.csv", recording.as_bytes());
    let ran = folder.plimsoll("check model.toml --replications 2 --quiet --format csv -o seen.csv");
    assert!(ran.code == 2 && ran.err.contains("seen.csv") && ran.err.contains("would be overwritten"), "{}", ran.err);
    assert_eq!(folder.read("seen.csv"), recording);
}

#[test]
fn the_only_runtime_is_told_in_words() {
    let folder = Folder::with_model(&MODEL.replace("cores = 2", "cores = 2\nruntime = \"fibres\""));
    let ran = folder.plimsoll("run model.toml --quiet");
    assert!(ran.code == 2 && !ran.err.contains("only a runtime"), "{}", ran.err);
}

#[test]
fn credits_are_left_aside_where_another_type_has_none() {
    let burstable = MODEL.replace("cores = 2", "instance = \"t3.large\"\ncredits = 100");
    let folder = Folder::with_model(&burstable);
    let ran = folder.plimsoll("run model.toml --replications 2 --quiet --set tier.app.instance=m5.large");
    assert!(
        ran.code == 0 && ran.out.contains("\"m5.large\" is not burstable: credits are left aside"),
        "{}{}",
        ran.out,
        ran.err
    );
    let both = "run model.toml --replications 2 --quiet --set tier.app.instance=m5.large --set tier.app.credits=5";
    assert_eq!(folder.plimsoll(both).code, 0);
    let swept = folder.plimsoll("sweep model.toml --replications 2 --quiet --vary tier.app.instance=t3.large,m5.large");
    assert!(swept.code == 0 && swept.out.contains("credits are left aside"), "{}{}", swept.out, swept.err);
    assert!(swept.out.contains("CPU times are taken as they are on \"m5.large\""), "{}", swept.out);
}
