//! Decisions: criteria before and after changes, and branches.

use serde_json::Value;

use super::{Folder, MODEL};

/// Two connections for five users: some wait; with five nobody does.
const DECISION: &str = r#"
[decision.go]
changes = ["wide"]
criteria = [
  { name = "fast", tests = ["short"] },
  { name = "nobody waits", tests = ["short"], thresholds = { "connections_waiting{pool:main}" = ["max==0"] } },
  { name = "as fast at the end", tests = ["short"], thresholds = { "http_req_duration{stage:last}" = ["avg<1.5*stage:first"] } },
  { name = "smoke tests", outside = "run by hand" },
  { name = "no growth", tests = ["short"], thresholds = { "connections_open{pool:main,span:2s..3s}" = ["max<=span:1s..2s"], "cpu{tier:app}" = ["trend<1000", "trend_low<1000"] } },
]
branches = [
  { when = [{ fails = ["nobody waits"] }, { with = "wide", holds = ["*"] }], then = "widen it and go" },
  { when = [{ with = "wide", fails = ["*"] }], then = "stay" },
]
"#;

const COMMAND: &str = "decide model.toml --replications 4 --quiet";

fn folder() -> Folder {
    Folder::with_model(&format!("{MODEL}{DECISION}"))
}

#[test]
fn criteria_and_branches_have_probabilities() {
    let ran = folder().plimsoll(&format!("{COMMAND} --format json"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let result: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!((&result["schema"], &result["changes"][1]), (&Value::from("plimsoll/1"), &Value::from("wide")));
    let probabilities = |criterion: usize| {
        let after = result["criteria"][criterion]["after"].as_array().expect("changes");
        after.iter().map(|after| after["probability"].as_f64().expect("a share")).collect::<Vec<_>>()
    };
    assert_eq!(probabilities(0), [1.0, 1.0]);
    assert_eq!(probabilities(1), [0.0, 1.0]);
    assert_eq!(result["criteria"][1]["after"][0]["answer"], "missed");
    assert_eq!(result["criteria"][3]["outside"], "run by hand");
    let branch = |number: usize| result["branches"][number]["probability"].as_f64();
    assert_eq!((branch(0), branch(1)), (Some(1.0), Some(0.0)));
    // Relative to the first stage: the bound is the other figure's.
    let verdict = &result["criteria"][2]["after"][0]["verdicts"][0];
    assert!(verdict["bound"].as_f64() > Some(20.0) && verdict["unit"] == "ms", "{verdict}");
}

#[test]
fn the_branches_of_one_tree_are_told_apart_by_the_same_luck() {
    // What holds before and fails after the change, in the same replication, cannot come true here.
    let model =
        format!("{MODEL}{}", DECISION.replace("{ fails = [\"nobody waits\"] }", "{ holds = [\"nobody waits\"] }"));
    let ran = Folder::with_model(&model).plimsoll(&format!("{COMMAND} --format json"));
    let result: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(result["branches"][0]["probability"].as_f64(), Some(0.0));
}

#[test]
fn every_form_names_every_criterion_and_fits() {
    for format in ["text", "csv", "markdown"] {
        let ran = folder().plimsoll(&format!("{COMMAND} --format {format}"));
        for name in ["fast", "nobody waits", "smoke tests", "widen it and go"] {
            assert!(ran.out.contains(name), "{format} has no {name}:\n{}", ran.out);
        }
        assert!(format != "text" || ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
    }
}

#[test]
fn no_go_is_a_failure() {
    let model = format!("{MODEL}{}", DECISION.replace("changes = [\"wide\"]", "").replace("with = \"wide\", ", ""));
    assert_eq!(Folder::with_model(&model).plimsoll(COMMAND).code, 1);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let none = Folder::with_model(MODEL).plimsoll(COMMAND);
    assert!(none.code == 2 && none.err.contains("has no decision"), "{}", none.err);
    let variant = folder().plimsoll(&format!("{COMMAND} --variant wide"));
    assert!(variant.code == 2 && variant.err.contains("a decision has its own changes"), "{}", variant.err);
    let name = folder().plimsoll(&format!("{COMMAND} --decision og"));
    assert!(name.code == 2 && name.err.contains("no decision \"og\""), "{}", name.err);
}
