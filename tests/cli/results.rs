//! Results: their forms, exit codes, and what they depend on.

use serde_json::Value;

use super::{Folder, MODEL};

const RUN: &str = "run model.toml --replications 3 --quiet";

/// A recording that the model meets, and one that it cannot.
const MET: &str = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\nhttp_reqs,,count,,,,1,100000,1,made up\n";
const MISSED: &str =
    "metric,scope,stat,from_s,to_s,value,low,high,unit,source\nhttp_req_duration,,p95,,,9,,,s,made up\n";

fn recorded(role: &str, recording: &str) -> Folder {
    let reference = format!("recording = {{ file = \"short.csv\", role = \"{role}\" }}\n\n[variant");
    let folder = Folder::with_model(&MODEL.replace("[variant", &reference));
    folder.write("short.csv", recording.as_bytes());
    folder
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn a_run_as_json_is_the_contracts() {
    let ran = Folder::with_model(MODEL).plimsoll(&format!("{RUN} --format json --seed 7 --variant wide"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let result = json(&ran.out);
    assert_eq!(result["schema"], "plimsoll/1");
    assert_eq!(result["plimsoll"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&result["test"], &result["variant"]), (&Value::from("short"), &Value::from("wide")));
    assert_eq!((&result["seed"], &result["replications"]), (&Value::from(7), &Value::from(3)));
    for key in ["model", "metrics", "verdicts", "bottleneck", "where_time_goes", "warnings"] {
        assert!(!result[key].is_null(), "{key}");
    }
    let metrics = result["metrics"].as_array().expect("metrics");
    let p95 = metrics.iter().find(|row| row["metric"] == "http_req_duration" && row["stat"] == "p95").expect("p95");
    for key in ["scope", "from_s", "to_s", "value", "low", "high", "mean_low", "mean_high", "unit"] {
        assert!(p95.get(key).is_some(), "{key}");
    }
    assert!(p95["low"].as_f64() <= p95["value"].as_f64() && p95["value"].as_f64() <= p95["high"].as_f64());
    let verdict = &result["verdicts"][0];
    assert_eq!(verdict["status"], "pass");
    for key in ["slo", "value", "low", "high", "probability"] {
        assert!(!verdict[key].is_null(), "{key}");
    }
}

#[test]
fn a_check_as_json_is_the_contracts() {
    let ran = recorded("validate", MISSED).plimsoll("check model.toml --replications 3 --quiet --format json");
    let result = json(&ran.out);
    assert_eq!(result["schema"], "plimsoll/1");
    let test = &result["tests"][0];
    assert_eq!((&test["test"], &test["role"]), (&Value::from("short"), &Value::from("validate")));
    let row = &test["rows"][0];
    assert_eq!(
        (&row["metric"], &row["recorded"], &row["unit"]),
        (&"http_req_duration".into(), &9000.0.into(), &"ms".into())
    );
    assert_eq!((&row["verdict"], &row["scored"]), (&"disagree".into(), &true.into()));
    for key in ["predicted", "low", "high", "relative_error"] {
        assert!(row[key].is_number(), "{key}");
    }
    assert_eq!((&result["score"]["rows"], &result["score"]["covered"]), (&1.into(), &0.into()));
    assert!(result["score"]["metrics"][0]["median_error"].is_number());
}

#[test]
fn a_run_as_csv_is_a_recording_that_checks_itself() {
    let folder = Folder::with_model(MODEL);
    let ran = folder.plimsoll(&format!("{RUN} --format csv -o predicted.csv"));
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert_eq!(folder.files(), ["model.toml", "predicted.csv"]);
    let text = folder.read("predicted.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(
        reader.headers().expect("a header").iter().collect::<Vec<_>>().join(","),
        "metric,scope,stat,from_s,to_s,value,low,high,unit,source"
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert!(rows.len() > 50, "{} rows", rows.len());
    // What was predicted is, as a recording, met by the very same prediction.
    let checked = folder.plimsoll("check model.toml --replications 3 --quiet --against predicted.csv");
    assert_eq!(checked.code, 0, "{}\n{}", checked.out, checked.err);
}

#[test]
fn pages_fit_100_columns_and_have_no_colour_in_a_pipe() {
    let folder = recorded("validate", MET);
    for arguments in
        [RUN.to_owned(), format!("{RUN} --full"), "check model.toml --replications 3 --quiet --full".to_owned()]
    {
        let ran = folder.plimsoll(&arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments}");
        assert!(!ran.out.contains('\u{1b}'), "{arguments}");
        for line in ran.out.lines() {
            assert!(line.chars().count() <= 100, "{arguments}: {line}");
            assert_eq!(line.trim_end(), line, "{arguments}: spaces at the end");
        }
    }
}

#[test]
fn no_color_is_obeyed() {
    let folder = Folder::with_model("nonsense");
    let ran = folder.run(&["run", "model.toml"], &[("NO_COLOR", "1")]);
    assert_eq!(ran.code, 2);
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
}

#[test]
fn markdown_is_markdown() {
    let ran = Folder::with_model(MODEL).plimsoll(&format!("{RUN} --format markdown"));
    assert_eq!(ran.code, 0);
    assert!(ran.out.starts_with("# ") && ran.out.contains("\n|"), "{}", ran.out);
}

#[test]
fn a_failed_objective_is_exit_code_1_unless_only_wished_for() {
    let never = MODEL.replace("p(95)<1000", "p(95)<1");
    let failed = Folder::with_model(&never).plimsoll(RUN);
    assert_eq!(failed.code, 1, "{}", failed.err);
    assert!(failed.out.contains("✗"), "{}", failed.out);
    let wished = never.replace("[\"p(95)<1\"]", "[{ threshold = \"p(95)<1\", severity = \"wished\" }]");
    assert_eq!(Folder::with_model(&wished).plimsoll(RUN).code, 0);
}

#[test]
fn a_check_ends_as_its_scored_rows_do() {
    let check = "check model.toml --replications 3 --quiet";
    assert_eq!(recorded("validate", MET).plimsoll(check).code, 0);
    assert_eq!(recorded("validate", MISSED).plimsoll(check).code, 1);
    // The model's own numbers prove nothing, and fail nothing.
    assert_eq!(recorded("calibrate", MISSED).plimsoll(check).code, 0);
    let folder = Folder::with_model(MODEL);
    folder.write("their.csv", MISSED.as_bytes());
    assert_eq!(folder.plimsoll(&format!("{check} --against their.csv")).code, 1);
}

/// The recorded test, and one of the same load that nobody recorded.
fn with_unrecorded(threshold: &str) -> Folder {
    let folder = recorded("validate", MET);
    let other = format!(
        "[test.planned]\nstages = [ {{ duration = \"1s\", target = 5 }} ]\nthink = \"20ms\"\n\
         thresholds = {{ http_req_duration = [\"{threshold}\"] }}\n\n[variant"
    );
    folder.write("model.toml", folder.read("model.toml").replace("[variant", &other).as_bytes());
    folder
}

#[test]
fn tests_without_a_recording_are_predicted_and_judged() {
    let check = "check model.toml --replications 3 --quiet";
    let folder = with_unrecorded("p(95)<1000");
    let ran = folder.plimsoll(check);
    assert_eq!(ran.code, 0, "{}", ran.out);
    let words = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("by the prediction: 2 pass, 0 marginal, 0 fail."), "{words}");
    assert!(ran.out.contains("planned: no recording; 1 pass"), "{}", ran.out);
    let tests = json(&folder.plimsoll(&format!("{check} --format json")).out)["tests"].clone();
    assert_eq!((&tests[1]["test"], &tests[1]["role"]), (&"planned".into(), &Value::Null));
    assert_eq!(tests[1]["rows"], Value::Array(Vec::new()));
    for test in tests.as_array().expect("tests") {
        assert_eq!(test["verdicts"][0]["status"], "pass");
    }
    // What `run` says of the same test, replication by replication.
    let run = json(&folder.plimsoll("run model.toml --test planned --replications 3 --quiet --format json").out);
    assert_eq!(tests[1]["verdicts"], run["verdicts"]);
    let csv = folder.plimsoll(&format!("{check} --format csv")).out;
    let judged = csv.lines().find(|line| line.starts_with("planned,")).expect("a line of its own");
    assert!(judged.contains(",pass,false,,http_req_duration p(95)<1000,1000,1"), "{judged}");
}

#[test]
fn a_check_fails_by_an_objective_of_any_test() {
    let check = "check model.toml --replications 3 --quiet";
    assert_eq!(with_unrecorded("p(95)<1").plimsoll(check).code, 1);
    let recorded_only = format!("{check} --test short");
    assert_eq!(with_unrecorded("p(95)<1").plimsoll(&recorded_only).code, 0);
    let wished = with_unrecorded("p(95)<1");
    let text = wished.read("model.toml");
    let text = text.replace("[\"p(95)<1\"]", "[{ threshold = \"p(95)<1\", severity = \"wished\" }]");
    wished.write("model.toml", text.as_bytes());
    assert_eq!(wished.plimsoll(check).code, 0);
}

#[test]
fn names_are_bridged() {
    let folder = Folder::with_model(MODEL);
    let rows = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\nconnections_active,postgres,avg,,,,0,2,1,\n";
    folder.write("their.csv", rows.as_bytes());
    let check = "check model.toml --replications 2 --quiet --against their.csv --format json";
    let verdict = |arguments: &str| json(&folder.plimsoll(arguments).out)["tests"][0]["rows"][0]["verdict"].clone();
    assert_eq!(verdict(check), Value::Null);
    assert_eq!(verdict(&format!("{check} --map postgres=main")), "agree");
}

#[test]
fn threads_do_not_matter_and_seeds_do() {
    let folder = Folder::with_model(MODEL);
    let bytes = |arguments: &str| folder.plimsoll(&format!("{RUN} --format json {arguments}")).out;
    let one = bytes("--threads 1 --seed 5");
    assert_eq!(one, bytes("--threads 2 --seed 5"));
    assert_ne!(one, bytes("--threads 1 --seed 6").replace("\"seed\": 6", "\"seed\": 5"));
    // A change that changes nothing is the same luck, so the same figures.
    assert_eq!(one, bytes("--threads 1 --seed 5 --set pool.main.max=2"));
}

#[test]
fn precision_runs_as_long_as_it_must() {
    let folder = Folder::with_model(MODEL);
    let count = |arguments: &str| {
        json(&folder.plimsoll(&format!("{RUN} --format json {arguments}")).out)["replications"].clone()
    };
    assert_eq!(count("--precision 99%"), 3);
    assert_eq!(count("--precision 0.0001% --max-replications 8"), 8);
}

#[test]
fn more_replications_than_the_usual_maximum_raise_it() {
    let folder = Folder::with_model(MODEL);
    let arguments = "run model.toml --replications 1001 --precision 0.0001% --quiet --format json";
    assert_eq!(json(&folder.plimsoll(arguments).out)["replications"], 1001);
}

#[test]
fn numbers_for_other_programs_have_no_noise() {
    let folder = recorded("validate", &MISSED.replace("http_req_duration,,p95,,,9,,,s", "cpu,app,avg,,,0.812,,,ratio"));
    let check = "check model.toml --replications 3 --quiet --format";
    assert!(folder.plimsoll(&format!("{check} csv")).out.contains("\nshort,cpu,app,avg,,,81.2,"));
    assert_eq!(json(&folder.plimsoll(&format!("{check} json")).out)["tests"][0]["rows"][0]["recorded"], 81.2);
}

#[test]
fn spans_beyond_a_tests_end_are_not_scored() {
    let row = |span: &str| format!("http_reqs,,rate,{span},,1,100000,1/s,\n");
    let header = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\n";
    let folder = recorded("validate", &[header, &row("1,3"), &row("1,3.05"), &row("1,4"), &row("5,9")].concat());
    let rows =
        json(&folder.plimsoll("check model.toml --replications 3 --quiet --format json").out)["tests"][0]["rows"]
            .clone();
    let scored: Vec<bool> = (0..4).map(|i| rows[i]["scored"] == true).collect();
    assert_eq!(scored, [true, true, false, false]);
    assert_eq!(rows[0]["predicted"], rows[1]["predicted"]);
    assert!(rows[2]["predicted"].is_number() && rows[3]["predicted"].is_null());
    assert_eq!(rows[0]["note"], "");
    for i in 1..4 {
        assert!(rows[i]["note"].as_str().is_some_and(|note| note.contains("beyond the test's end at 3 s")), "{rows}");
    }
}

#[test]
fn objectives_on_the_only_scenario_are_those_on_the_test() {
    let thresholds = "thresholds = { \"vus{scenario:default}\" = [\"max<=5\"], \"iterations{scenario:default}\" = [\"count>5\"], http";
    let folder = Folder::with_model(&MODEL.replace("thresholds = { http", thresholds));
    let ran = folder.plimsoll(&format!("{RUN} --format json"));
    let verdicts = json(&ran.out)["verdicts"].clone();
    assert_eq!((ran.code, &verdicts[0]["slo"]), (0, &"vus{scenario:default} max<=5".into()));
    assert!(verdicts[0]["value"].is_number() && verdicts[1]["value"].is_number(), "{verdicts}");
}

#[test]
fn figures_are_drawn() {
    let folder = recorded("validate", MET);
    for command in ["run", "check"] {
        let ran = folder.plimsoll(&format!("{command} model.toml --replications 2 --quiet --plot {command}.svg"));
        assert_eq!(ran.code, 0, "{}", ran.err);
        let svg = folder.read(&format!("{command}.svg"));
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{command}");
    }
    assert_eq!(folder.plimsoll(&format!("{RUN} --plot run.png")).code, 0);
    let png = std::fs::read(folder.path("run.png")).expect("a figure");
    assert!(png.starts_with(b"\x89PNG"));
    assert_eq!(folder.files(), ["check.svg", "model.toml", "run.png", "run.svg", "short.csv"]);
}

/// Every key of the results, however deep.
fn keys(value: &Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_key_of_a_result_is_documented() {
    let folder = recorded("validate", MISSED);
    let text = folder.read("model.toml").replace("[variant.wide]", "[variant.wide]\nalternative = true");
    folder.write("model.toml", text.as_bytes());
    let mut found = std::collections::BTreeSet::new();
    for command in ["run", "check"] {
        let ran = folder.plimsoll(&format!("{command} model.toml --replications 2 --quiet --format json"));
        keys(&json(&ran.out), &mut found);
    }
    let formats =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/formats.md")).expect("the document");
    found.retain(|key| !formats.contains(&format!("`{key}`")));
    assert_eq!(found, std::collections::BTreeSet::new(), "not in docs/formats.md");
}
