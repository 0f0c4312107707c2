//! Audits: what they say, in which forms, and with which exit code.

use serde_json::Value;

use super::{Folder, MODEL};

const HEADER: &str = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\n";

/// Half as many errors as their share says, a median above the 95th percentile, and a p99 of a few samples.
const WRONG: &str = "http_reqs,,count,,,812,,,1,\"Results, table 1\"\nhttp_req_failed,,rate,,,2.1,,,%,\"Results, table 1\"\n\
                     errors,,count,,,8,,,1,Errors\nhttp_req_duration,,p50,,,61.5,,,ms,Latency\n\
                     http_req_duration,,p95,,,40.5,,,ms,Latency\nhttp_req_duration,,p99,,,70.5,,,ms,Latency\n";
const RIGHT: &str =
    "http_reqs,,count,,,2812,,,1,made up\nhttp_req_failed,,rate,,,2.1,,,%,made up\nerrors,,count,,,59,,,1,made up\n";

fn folder() -> Folder {
    let reference = "recording = { file = \"wrong.csv\", role = \"validate\" }\n\n[variant";
    let folder = Folder::with_model(&MODEL.replace("[variant", reference));
    folder.write("wrong.csv", format!("{HEADER}{WRONG}").as_bytes());
    folder.write("right.csv", format!("{HEADER}{RIGHT}").as_bytes());
    folder
}

#[test]
fn the_page_is_as_it_was_looked_at() {
    let ran = folder().plimsoll("audit wrong.csv");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert_eq!(ran.out, include_str!("../fixtures/audit.txt"));
}

#[test]
fn what_is_consistent_passes() {
    let ran = folder().plimsoll("audit right.csv");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("0 contradictions, 0 doubtful"), "{}", ran.out);
}

#[test]
fn an_audit_as_json_is_the_contracts() {
    let ran = folder().plimsoll("audit model.toml --format json");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let result: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(result["schema"], "plimsoll/1");
    assert_eq!(result["audited"][0]["test"], "short");
    let findings = result["findings"].as_array().expect("findings");
    let found = findings.iter().find(|one| one["law"] == "errors = share x requests").expect("the law");
    for key in ["id", "statement", "numbers", "size", "would_need", "severity", "rows"] {
        assert!(!found[key].is_null(), "{key}");
    }
    assert_eq!((&found["severity"], &found["test"]), (&"contradiction".into(), &"short".into()));
    assert_eq!(found["rows"][0]["line"], 4);
    assert_eq!(found["rows"][1]["source"], "Results, table 1");
}

#[test]
fn an_audit_as_csv_has_a_line_for_each_figure() {
    let folder = folder();
    let ran = folder.plimsoll("audit wrong.csv --format csv -o audit.csv");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    let text = folder.read("audit.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.iter().filter(|row| &row[1] == "errors = share x requests").count(), 3);
}

#[test]
fn recordings_are_of_the_test_that_is_asked_for() {
    let folder = folder();
    let alone = folder.plimsoll("audit right.csv --format json");
    let planned = folder.plimsoll("audit right.csv --model model.toml --test short --format json");
    // Five users for three seconds, 20 ms of sleep for each request: at most some 700.
    assert!(!alone.out.contains("users have only so much time"), "{}", alone.out);
    assert!(planned.out.contains("users have only so much time"), "{}", planned.out);
    assert_eq!((alone.code, planned.code), (0, 1));
}

#[test]
fn wrong_use_is_told() {
    let folder = folder();
    for (arguments, told) in [
        ("audit", "FILE"),
        ("audit nowhere.csv", "nowhere.csv"),
        ("audit right.csv --test short", "--model"),
        ("audit right.csv --model model.toml --test shore", "short"),
        ("audit model.toml -o model.toml", "overwritten"),
    ] {
        let ran = folder.plimsoll(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments}");
        assert!(ran.err.contains(told), "{arguments}: {}", ran.err);
    }
}
