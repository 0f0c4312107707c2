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
