//! `plimsoll inspect`: pages, tables, and that what it writes is read back.

use serde_json::Value;

use super::{Folder, MODEL};

/// A file of the readers' tests.
fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/recordings/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_page_shows_what_was_understood() {
    let folder = Folder::new();
    let ran = folder.run(&["inspect", &fixture("k6.json")], &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let words = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "k6 JSON points · begins 2023-11-14T22:13:20Z · spans 4.1 s",
        "items 4 0.976 0 % 25 ms 25 ms 38.5 ms",
        "request rate",
        "users avg",
        "status 503",
        "2 of 55 lines could not be read and are left out (line 54: it is cut short; line 55: two lines",
        "my_metric (5)",
    ] {
        assert!(words.contains(part), "{part} is missing in\n{}", ran.out);
    }
    assert!(ran.out.lines().all(|line| line.contains("k6.json") || line.chars().count() <= 100), "{}", ran.out);
    let markdown = folder.run(&["inspect", &fixture("k6.json"), "--format", "md", "--full"], &[]).out;
    assert!(markdown.contains("| items | 4 |"), "{markdown}");
}

#[test]
fn json_has_the_same() {
    let folder = Folder::new();
    let out = folder.run(&["inspect", &fixture("requests.csv"), "--format", "json"], &[]).out;
    let json: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(json["schema"], "plimsoll/1");
    assert_eq!((&json["files"][0]["format"], &json["files"][0]["broken"]), (&"table of requests".into(), &1.into()));
    assert_eq!(json["endpoints"][0]["p95_ms"], 88.0);
    assert_eq!((&json["causes"][0]["what"], &json["causes"][0]["count"]), (&"acquire_timeout".into(), &1.0.into()));
}

/// What a format has become is itself a recording, and becomes the same again.
#[test]
fn what_it_writes_is_read_back() {
    let folder = Folder::new();
    let names = std::fs::read_dir(fixture("")).expect("a folder").map(|entry| entry.expect("a file").file_name());
    for name in names.map(|name| name.to_string_lossy().into_owned()) {
        for series in [false, true] {
            let convert = |file: &str| {
                let more: &[&str] = if series { &["--series"] } else { &[] };
                let ran = folder.run(&[&["inspect", file, "--format", "csv"], more].concat(), &[]);
                assert_eq!(ran.code, 0, "{file}: {}", ran.err);
                ran.out
            };
            let once = convert(&fixture(&name));
            if once.lines().count() > 1 {
                folder.write("once.csv", once.as_bytes());
                assert_eq!(convert("once.csv"), once, "{name}");
            }
        }
    }
}

#[test]
fn check_takes_every_format() {
    let folder = Folder::new();
    folder.write("model.toml", MODEL.as_bytes());
    let recording = fixture("vegeta.json");
    let arguments =
        ["check", "model.toml", "--against", &recording, "--map", "GET /items/{id}=GET /items", "--replications", "2"];
    let ran = folder.run(&arguments, &[]);
    assert!(ran.code < 2, "{}", ran.err);
    assert!(ran.out.contains("GET /items"), "{}", ran.out);
}

#[test]
fn wrong_use_is_told() {
    let folder = Folder::new();
    let file = fixture("k6.json");
    for (arguments, told) in [
        (vec!["inspect", "nowhere.json"], "cannot be read"),
        (vec!["inspect", &file, "--series"], "add --format csv"),
        (vec!["inspect", &file, "-o", &file], "would be overwritten"),
    ] {
        let ran = folder.run(&arguments, &[]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains(told), "{told}: {}", ran.err);
    }
}

/// A prediction is a recording too, whatever it was written as.
#[test]
fn a_run_as_json_is_read_as_that_in_csv() {
    let folder = Folder::new();
    folder.write("m.toml", MODEL.as_bytes());
    for format in ["json", "csv"] {
        let ran = folder.plimsoll(&format!("run m.toml --replications 2 -q --format {format}"));
        folder.write(&format!("run.{format}"), ran.out.as_bytes());
    }
    let figures = |file: &str| {
        let ran = folder.plimsoll(&format!("inspect {file} --format json"));
        assert_eq!(ran.code, 0, "{}", ran.err);
        let json: Value = serde_json::from_str(&ran.out).expect("JSON");
        (json["endpoints"].clone(), json["causes"].clone(), json["observations"].clone())
    };
    assert_eq!(figures("run.json"), figures("run.csv"));
    let ran = folder.plimsoll("check m.toml --against run.json --replications 2 -q");
    assert!(ran.code <= 1 && ran.err.is_empty(), "{}", ran.err);
}

/// One line of another clock does not make a test of ten minutes one of decades, and is found.
#[test]
fn a_line_of_another_clock_is_told_with_its_number() {
    let folder = Folder::new();
    let mut rows = String::from("t_s,endpoint,status,duration_ms\n");
    for at in 0..1000 {
        let t = if at == 700 { 2_380_000_000.0 } else { 1_750_000_000.0 + f64::from(at) * 0.1 };
        rows.push_str(&format!("{t:.1},a,200,5\n"));
    }
    folder.write("r.csv", rows.as_bytes());
    let ran = folder.plimsoll("inspect r.csv --format json");
    let json: Value = serde_json::from_str(&ran.out).expect("JSON");
    let span = json["files"][0]["span_s"].as_f64().expect("a span");
    assert!((span - 99.905).abs() < 1e-6, "{span}");
    let note = json["notes"][0].as_str().expect("a note");
    assert!(
        note.starts_with("1 record is far from all others (2045-06-02T07:06:39Z, line 702: 20.0 years away)"),
        "{note}"
    );
    assert!(json["load"].as_array().is_some_and(|lines| !lines.is_empty()));
}
