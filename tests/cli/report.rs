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
        "### 3.3 Predicted against recorded",
        "## 4. Bottleneck Analysis",
        "### 4.1 Identified bottlenecks",
        "### 4.2 Slow queries",
        "### 4.3 Capacity headroom",
        "## 5. Optimisation Recommendations",
        "### 5.1 High priority (P0): blocking",
        "### 5.2 Medium priority (P1): performance",
        "### 5.3 Low priority (P2): cost",
        "### 5.4 What to buy",
        "## 6. Comparison to SLOs",
        "## 7. Dashboards",
        "## 8. Action Items",
        "## 9. Approval Decision",
        "## 10. Next Steps",
        "## 11. References",
        "## 12. Appendix",
        "### A. Assumptions and their sources",
        "### B. Audit of the recordings and of the plan",
        "### C. Track record",
        "### D. What to mind",
        "### E. How to repeat",
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

/// Two connections for five users that think for 1 ms: all of them wait most of the time.
const BUSY: [(&str, &str); 2] = [("think = \"20ms\"", "think = \"1ms\""), ("p(95)<1000", "p(95)<50")];

fn busy() -> String {
    let priced = MODEL.replace("[tier.app]\ncores = 2", "[tier.app]\ncores = 2\nprice = \"$0.10/h\"");
    BUSY.iter().fold(priced, |model, (was, is)| model.replace(was, is))
}

#[test]
fn the_summary_says_go_or_no_go_of_each_objective_what_it_costs_and_how_much_room_there_is() {
    let out =
        Folder::with_model(&busy().replace("p(95)<50", "p(95)<1")).plimsoll(&format!("{COMMAND} --format md")).out;
    let summary = out.split("## 1. Test Environment").next().expect("a summary");
    assert!(summary.contains("| http_req_duration p(95)&lt;1 | **NO-GO, holds in 0 %** |"), "{summary}");
    assert!(summary.contains("cost as it is: $73.00 per month"), "{summary}");
    // Two connections are the bottleneck: 20 ms each, so 100 requests/s; five users ask for more.
    assert!(summary.contains("least room by means: short uses up pool main at 0."), "{summary}");
    assert!(out.contains("| **short** | pool main | 99") || out.contains("| **short** | pool main | 100 /s"), "{out}");
    assert!(out.contains("| tier app |"), "each part with its price: {out}");
    let json = Folder::with_model(&busy()).plimsoll(&format!("{COMMAND} --format json")).out;
    let report: Value = serde_json::from_str(&json).expect("JSON");
    let room = &report["tests"][0]["headroom"];
    assert!(room["per_s"].as_f64().is_some_and(|per_s| (99.0..101.0).contains(&per_s)), "{room}");
    assert!(report["recommendation"].is_null());
}

#[test]
fn what_to_buy_is_in_it_where_that_is_asked_for() {
    let knobs = "--recommend --vary pool.main.max=2..5:1 --promise 90%";
    let folder = Folder::with_model(&busy());
    let ran = folder.plimsoll(&format!("{COMMAND} {knobs} --max-replications 8 --format json"));
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    let knobs_of_both = "--vary pool.main.max=2..5:1 --promise 90% --max-replications 8 --format json";
    let alone = folder.plimsoll(&format!("recommend model.toml --replications 4 --quiet {knobs_of_both}"));
    let alone: Value = serde_json::from_str(&alone.out).expect("JSON");
    for key in ["knobs", "options", "searched", "changes"] {
        assert_eq!(report["recommendation"][key], alone[key], "the same answer as plimsoll recommend: {key}");
    }
    assert_ne!(alone["knobs"][0]["recommended"], alone["knobs"][0]["today"], "{}", alone["knobs"]);
    let out = folder.plimsoll(&format!("{COMMAND} {knobs} --max-replications 8 --format md")).out;
    assert!(out.contains("what to buy: The cheapest that passes: pool.main.max ="), "{out}");
    assert!(out.contains("| pool.main.max | 2 |"), "{out}");
    assert!(out.contains("Verdict: NO-GO") && out.contains("With what section 5.4 says to buy"), "{out}");
    // The command that it tells gives it again.
    let command = out.lines().find_map(|line| line.strip_prefix("- plimsoll report ")).expect("a command");
    let again = folder.plimsoll(&format!("report {} --quiet --format md", command.replace("\\", "")));
    assert_eq!(again.out, out, "{command}");
}

#[test]
fn what_is_asked_of_a_recommendation_needs_one() {
    for knob in ["--vary pool.main.max=2..5", "--promise 90%", "--budget $5/month", "--exhaustive", "--zones 3"] {
        let ran = Folder::with_model(MODEL).plimsoll(&format!("{COMMAND} {knob}"));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{knob}");
        assert!(ran.err.contains("add --recommend"), "{knob}: {}", ran.err);
    }
    // What is wrong with it is told before anything else is done.
    let ran = Folder::with_model(MODEL).plimsoll(&format!("{COMMAND} --recommend --vary pool.none.max=1..2"));
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("pool.none"), "{}", ran.err);
}

/// A recording of a test that is not asked for is not read, unless the model was made from it.
#[test]
fn only_recordings_of_the_tests_asked_for_are_read() {
    let other = |role: &str| {
        format!(
            "[test.other]\nstages = [ {{ duration = \"2s\", target = 3 }} ]\nthink = \"20ms\"\nrecordings = [ {{ file = \"gone.csv\", role = \"{role}\" }} ]\n\n[variant"
        )
    };
    for (role, code) in [("validate", 0), ("calibrate", 2)] {
        let folder = Folder::with_model(&MODEL.replace("[variant", &other(role)));
        let ran = folder.plimsoll(&format!("{COMMAND} --test short --format md"));
        assert_eq!((ran.code, ran.err.contains("gone.csv")), (code, code == 2), "{role}: {}", ran.err);
        assert_eq!(folder.plimsoll(&format!("{COMMAND} --format md")).code, 2, "all tests are asked for");
    }
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

/// One figure that fits, one that does not, and two that contradict each other.
const RECORDED: &str = "metric,scope,stat,from_s,to_s,value,low,high,unit,source
http_reqs,,rate,,,,1,1000,1/s,summary
http_req_duration,,p50,,,9000,,,ms,summary
http_req_duration,,p95,,,8000,,,ms,summary
http_req_failed,,rate,,,99,,,%,summary
";

/// A folder with names that are markup, and a recording of the test.
fn recorded() -> Folder {
    let hostile = MODEL.replace("GET /items", "GET /<script>&'items").replace(
        "think = \"20ms\"",
        "think = \"20ms\"\nabout = \"</p><script>alert(1)</script>\"\nrecordings = [ { file = \"recorded.csv\", role = \"validate\" } ]",
    );
    let folder = Folder::with_model(&hostile);
    folder.write("recorded.csv", RECORDED.as_bytes());
    folder
}

/// Elements without an end.
const VOID: [&str; 1] = ["meta"];

/// The elements of a page in order, each with its attributes; every one that opens is closed where it has to be.
fn elements(html: &str) -> Vec<&str> {
    let (mut open, mut all) = (Vec::new(), Vec::new());
    let (_, rest) = html.split_once("<!doctype html>\n").expect("HTML");
    for piece in rest.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("no end: {piece}"));
        assert!(!text.contains('>') || open.last() == Some(&"style"), "{piece}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{piece}");
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.split([' ', '/']).next().expect("a name");
        if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
        all.push(tag);
    }
    assert!(open.is_empty(), "{open:?}");
    all
}

#[test]
fn an_html_report_is_one_file_that_loads_nothing() {
    let ran = recorded().plimsoll(&format!("{COMMAND} --format html"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let elements = elements(&ran.out);
    for tag in &elements {
        let name = tag.split([' ', '/']).next().expect("a name");
        assert!(!["script", "link", "img", "iframe", "object", "image", "use"].contains(&name), "{tag}");
        assert!(!tag.contains("src=") && !tag.contains("style=") && !tag.contains(" on"), "{tag}");
        if let Some((_, href)) = tag.split_once("href=\"") {
            let id = href.strip_prefix('#').and_then(|id| id.split('"').next()).expect("a place on the page");
            assert_eq!(elements.iter().filter(|tag| tag.contains(&format!(" id=\"{id}\""))).count(), 1, "{tag}");
        }
    }
    assert!(!ran.out.contains("http://") && !ran.out.contains("https://") && !ran.out.contains("url("), "{}", ran.out);
    assert!(ran.out.contains("GET /&lt;script&gt;&amp;&#39;items"), "{}", ran.out);
    assert!(ran.out.contains("&lt;/p&gt;&lt;script&gt;alert(1)"), "{}", ran.out);
}

#[test]
fn an_html_report_has_what_the_markdown_has_and_figures() {
    let folder = recorded();
    let html = folder.plimsoll(&format!("{COMMAND} --format html")).out;
    let markdown = folder.plimsoll(&format!("{COMMAND} --format md")).out;
    let headings = markdown.lines().filter_map(|line| line.strip_prefix("##"));
    let mut count = 0;
    for heading in headings.map(|heading| heading.trim_start_matches('#').trim().replace("\\~", "~")) {
        assert!(html.contains(&format!(">{heading}</h")), "{heading}");
        count += 1;
    }
    assert!(count > 30, "{count} headings");
    let figures = ["Predicted against recorded. Charts: short: latency", "Test short over time"];
    for what in figures {
        assert!(html.contains(&format!("<svg role=\"img\" aria-label=\"{what}")), "{what}");
    }
    assert!(html.contains("<td class=\"bad\">✗m</td><th scope=\"row\">failed requests</th>"), "{html}");
    assert!(html.contains("--seed 1 --replications 4 --format html</li>"), "the command gives the same file");
    for told in ["1 of 2 scored figures in 1 recording that the model never saw", "1 contradiction"] {
        assert!(html.contains(told) && markdown.contains(told), "{told}\n{markdown}");
    }
}

#[test]
fn the_ending_of_the_file_chooses_html_unless_a_format_is_given() {
    let folder = recorded();
    let written = |arguments: &str| {
        let ran = folder.plimsoll(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments}");
        std::fs::read_to_string(folder.path("out.html")).expect("written")
    };
    let html = written(&format!("{COMMAND} --output out.html"));
    assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">") && html.ends_with("</html>\n"));
    assert!(html.contains("--format html --output out.html</li>"));
    assert!(written(&format!("{COMMAND} --output out.html --format md")).starts_with("# Load Testing Report"));
    let run = written("run model.toml --replications 4 --quiet --output out.html");
    assert!(run.starts_with("<!doctype html>") && elements(&run).contains(&"main"), "{run}");
}

#[test]
fn what_was_recorded_is_in_the_json_too() {
    let ran = recorded().plimsoll(&format!("{COMMAND} --format json"));
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(report["check"]["score"]["rows"], 2);
    assert_eq!(report["check"]["tests"][0]["recording"], "recorded.csv");
    assert_eq!(report["audit"]["findings"].as_array().map(Vec::len), Some(1), "{}", report["audit"]);
    assert_eq!(
        report["tests"][0]["predictions"][0]["series"].as_array().map_or(0, Vec::len),
        0,
        "lines are for figures"
    );
    let plain = Folder::with_model(MODEL).plimsoll(&format!("{COMMAND} --format json"));
    let report: Value = serde_json::from_str(&plain.out).expect("JSON");
    assert!(report["check"].is_null() && report["audit"]["findings"].is_array());
}

/// All tests and changes of the largest model, as one sends it by mail.
#[test]
fn the_report_of_a_real_system_stays_small() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/whatsapp.toml");
    let html = Folder::new().plimsoll(&format!("report {model} --replications 2 --quiet --format html")).out;
    let figures = elements(&html).iter().filter(|tag| tag.starts_with("svg ")).count();
    assert!(figures > 5, "a figure of each test, and one of what was recorded: {figures}");
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
}
