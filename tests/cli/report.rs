//! Load-test reports: go or no-go, all sections, and nothing half-written.

use serde_json::Value;

use super::{Folder, MODEL};

/// Two connections for five users: some wait; with five nobody does. Names come with their sources.
const MORE: &str = r#"
[inputs.work]
value = "0.9ms..1.1ms"
about = "CPU of a request"
source = "by hand"

[decision.go]
changes = ["wide"]
criteria = [ { name = "nobody waits", tests = ["short"], thresholds = { "connections_waiting{pool:main}" = ["max==0"] } } ]
branches = [ { when = [{ fails = ["*"] }, { with = "wide", holds = ["*"] }], then = "widen it and go" } ]
"#;

const COMMAND: &str = "report model.toml --replications 4 --quiet";

fn folder() -> Folder {
    Folder::with_model(&format!("{}{MORE}", MODEL.replace("cpu = \"1ms\"", "cpu = \"work\"")))
}

/// As it was when it was last looked at; `UPDATE_REPORT=1` writes it anew.
#[test]
fn the_whole_report_is_as_it_was_read() {
    let ran = folder().plimsoll(&format!("{COMMAND} --format md"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/report.md");
    if std::env::var_os("UPDATE_REPORT").is_some() {
        std::fs::write(golden, &ran.out).expect("written");
    }
    assert_eq!(ran.out, std::fs::read_to_string(golden).expect("a report"), "see UPDATE_REPORT above");
}

/// The sections that the template of the reports has, by their numbers.
#[test]
fn a_report_has_every_section_of_the_template() {
    let out = folder().plimsoll(&format!("{COMMAND} --format markdown")).out;
    let sections = [
        "## Executive Summary",
        "## 1. Test Environment",
        "## 2. Test Scenarios",
        "## 3. Test Results",
        "## 4. Bottleneck Analysis",
        "### 4.1 Identified bottlenecks",
        "### 4.2 Slow queries",
        "## 5. Optimisation Recommendations",
        "### 5.1 High priority (P0): blocking",
        "### 5.2 Medium priority (P1): performance",
        "### 5.3 Low priority (P2): cost",
        "## 6. Comparison to SLOs",
        "## 7. Dashboards",
        "## 8. Action Items",
        "## 9. Approval Decision",
        "## 10. Next Steps",
        "## 11. References",
        "## 12. Appendix",
    ];
    let mut rest = out.as_str();
    for section in sections {
        let (_, behind) = rest.split_once(&format!("\n{section}\n")).unwrap_or_else(|| panic!("{section}\n{out}"));
        rest = behind;
    }
    assert!(out.contains("| work | 0.9 – 1.1 ms | CPU of a request | by hand |"), "{out}");
    assert!(out.contains("plimsoll report model.toml --seed 1 --replications 4"), "{out}");
}

#[test]
fn events_and_what_it_costs_are_told() {
    let priced = MODEL.replace("[tier.app]\ncores = 2", "[tier.app]\ncores = 2\nprice = \"$0.10/h\"");
    let events = "think = \"20ms\"\nevents = [ { at = \"2s\", kill = \"app\", restart = \"500ms\" } ]";
    let out =
        Folder::with_model(&priced.replace("think = \"20ms\"", events)).plimsoll(&format!("{COMMAND} --format md")).out;
    assert!(out.contains("at 2 s: kill app (1 instance, back after 0.5 s)"), "{out}");
    assert!(out.contains("as it is: $73.00 per month, without main, of which no price is known"), "{out}");
}

#[test]
fn a_failed_objective_is_a_no_go_and_the_exit_code() {
    let tight = MODEL.replace("p(95)<1000", "p(95)<1");
    let folder = Folder::with_model(&tight);
    let ran = folder.plimsoll(&format!("{COMMAND} --format json"));
    assert_eq!(ran.code, 1, "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((&report["schema"], &report["go"]), (&Value::from("plimsoll/1"), &Value::from("no-go")));
    let held = Folder::with_model(MODEL).plimsoll(&format!("{COMMAND} --format json"));
    let report: Value = serde_json::from_str(&held.out).expect("JSON");
    assert_eq!((held.code, &report["go"]), (0, &Value::from("go")));
    assert_eq!(report["tests"][0]["predictions"].as_array().map(Vec::len), Some(1), "no change is asked for");
}

#[test]
fn a_variant_can_be_laid_beside_it() {
    let ran = Folder::with_model(MODEL).plimsoll(&format!("{COMMAND} --compare wide --format json"));
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(report["changes"], serde_json::json!(["", "wide"]));
    assert_eq!(report["tests"][0]["predictions"][1]["variant"], "wide");
    for (wrong, told) in [
        ("--compare wise", "\"wide\""),
        ("--variant wide", "--compare wide"),
        ("--format csv", "no table"),
        ("--plot a.svg", "draws no figure"),
        ("--test long", "\"short\""),
    ] {
        let ran = Folder::with_model(MODEL).plimsoll(&format!("{COMMAND} {wrong}"));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{wrong}");
        assert!(ran.err.contains(told), "{wrong}: {}", ran.err);
    }
}

#[test]
fn a_report_is_written_whole_or_not_at_all() {
    let folder = folder();
    let ran = folder.plimsoll(&format!("{COMMAND} --format md --output report.md"));
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let written = std::fs::read_to_string(folder.0.path().join("report.md")).expect("a report");
    assert_eq!(written, folder.plimsoll(&format!("{COMMAND} --format md")).out);
    let refused = folder.plimsoll(&format!("{COMMAND} --format md --output none/report.md"));
    assert_eq!(refused.code, 2);
    let names: Vec<String> = std::fs::read_dir(folder.0.path())
        .expect("the folder")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("partial"))
        .collect();
    assert_eq!(names, Vec::<String>::new());
}
