//! `check` as a referee: load zones, why figures were missed, and the track record of several models.

use serde_json::Value;

use super::{Folder, MODEL};

const HEADER: &str = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\n";

/// 9 s are beyond all; one failure of a hundred is what no failures may look like.
const MISSED: &str = "http_req_duration,,p95,,,9,,,s,made up\nhttp_req_failed,,rate,,,1,,,%,made up\n\
                      http_reqs,,count,,,100,1,100000,1,made up\n";

/// Nobody gives up waiting, so nothing fails.
fn patient(model: &str) -> String {
    model.replace("acquire_timeout = \"30ms\"\n", "")
}

/// The model with a held-out recording and a test that nobody recorded.
fn folder(names: &[&str]) -> Folder {
    let folder = Folder::new();
    for name in names {
        let recording = "recording = { file = \"short.csv\", role = \"validate\" }\n\n\
             [test.planned]\nvus = 1\nduration = \"1s\"\n\n[variant";
        let text = format!("[system]\nname = \"{name}\"\n{}", patient(MODEL).replace("[variant", recording));
        folder.write(&format!("{name}.toml"), text.as_bytes());
    }
    folder.write("short.csv", format!("{HEADER}{MISSED}").as_bytes());
    folder
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Five users who take 21 ms and think 20 ms ask for 122 requests/s; a pool of two that is held 20 ms passes 100.
#[test]
fn rows_are_placed_and_misses_explained() {
    let ran = folder(&["one"]).plimsoll("check one.toml --test short --replications 3 --quiet --format json");
    assert_eq!(ran.code, 1);
    let result = json(&ran.out);
    let rows = &result["tests"][0]["rows"];
    let load = rows[0]["load"].as_f64().expect("a load");
    assert!((load - 5.0 / 0.041 / 100.0).abs() < 1e-6, "{load}");
    assert_eq!(rows[0]["zone"], "knee");
    assert_eq!((&rows[0]["verdict"], &rows[0]["miss"]["cause"]), (&"disagree".into(), &"model".into()));
    assert!(rows[0]["miss"]["why"].as_str().is_some_and(|why| why.contains("pool main")), "{rows}");
    assert_eq!((&rows[1]["verdict"], &rows[1]["miss"]["cause"]), (&"disagree".into(), &"noise".into()));
    assert!(rows[2]["miss"].is_null(), "a row inside its interval is no miss");
    let score = &result["score"];
    assert_eq!(score["misses"], serde_json::json!({ "noise": 1, "saturation": 0, "model": 1 }));
    assert_eq!((&score["held_out"], &score["calibrated_on"]), (&serde_json::json!(["short"]), &serde_json::json!([])));
    assert_eq!((&score["zones"][0]["name"], &score["zones"][0]["rows"]), (&"knee".into(), &3.into()));
    assert_eq!((&score["endpoints"][0]["name"], &score["endpoints"][0]["covered"]), (&"".into(), &1.into()));
}

#[test]
fn pages_and_tables_say_the_same() {
    let folder = folder(&["one"]);
    let check = "check one.toml --test short --replications 3 --quiet";
    let text = folder.plimsoll(check).out;
    assert!(text.contains("✗m  latency p95") && text.contains("✗n  failed requests"), "{text}");
    assert!(text.contains("at the knee"), "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("more likely: 1 noise of the recording, 1 the model"), "{text}");
    let markdown = folder.plimsoll(&format!("{check} --full --format markdown")).out;
    assert!(
        markdown.contains("| at the knee | 1 of 3 |") && markdown.contains("| all requests | 1 of 3 |"),
        "{markdown}"
    );
    let csv = folder.plimsoll(&format!("{check} --format csv")).out;
    let mut lines = csv.lines();
    assert!(lines.next().is_some_and(|header| header.ends_with(",model,zone,load,miss,why")), "{csv}");
    assert!(lines.next().is_some_and(|row| row.contains(",one,knee,1.21951219512,model,")), "{csv}");
}

#[test]
fn several_models_make_a_track_record() {
    let folder = folder(&["one", "two"]);
    let check = "check one.toml two.toml --replications 3 --quiet";
    let ran = folder.plimsoll(check);
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with("Track record") && ran.out.contains("2 systems, 2 held-out tests"), "{}", ran.out);
    assert!(ran.out.contains("one: calibrated on nothing; held out short."), "{}", ran.out);
    assert!(!ran.out.contains("planned"), "{}", ran.out);
    let full = folder.plimsoll(&format!("{check} --full")).out;
    assert!(
        full.starts_with(ran.out.lines().next().unwrap_or_default()) && full.contains("planned: no recording"),
        "{full}"
    );
    let reports = json(&folder.plimsoll(&format!("{check} --format json")).out);
    let names: Vec<&Value> = reports.as_array().expect("a list").iter().map(|report| &report["model"]).collect();
    assert_eq!(names, ["one", "two"]);
    let csv = folder.plimsoll(&format!("{check} --format csv")).out;
    assert_eq!(csv.matches("metric,scope").count(), 1);
    assert_eq!(csv.lines().filter(|line| line.contains(",two,knee,")).count(), 3, "{csv}");
}

/// The same recording may be held against another variant or load.
#[test]
fn a_recording_may_be_of_another_load_or_variant() {
    let folder = folder(&["one"]);
    let check = "check one.toml --test short --against short.csv --replications 3 --quiet --format json";
    let load = |changes: &str| {
        let result = json(&folder.plimsoll(&format!("{check} {changes}")).out);
        result["tests"][0]["rows"][0]["load"].as_f64().expect("a load")
    };
    let (plain, wide, more) = (load(""), load("--variant wide"), load("--set test.short.stages[1].target=10"));
    assert!((plain / wide - 2.5).abs() < 1e-6, "{plain} {wide}");
    assert!(more > plain, "{plain} {more}");
}
