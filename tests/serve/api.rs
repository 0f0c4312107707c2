//! What a program gets.

use serde_json::{Value, json};

use super::server::{SHOP, Server};

fn p95(answer: &Value) -> f64 {
    let figures = answer["figures"].as_array().expect("figures");
    let is = |figure: &&Value| figure["metric"] == "http_req_duration" && figure["stat"] == "p95";
    figures.iter().find(is).and_then(|figure| figure["value"].as_f64()).expect("p95")
}

fn ask(set: &Value, replications: u32) -> String {
    json!({"model": "shop", "test": "steady", "set": set, "page": "p", "part": "w", "replications": replications})
        .to_string()
}

#[test]
fn what_is_served_can_be_chosen_and_turned() {
    let server = Server::start(&[]);
    let models = server.get("/api/models").json();
    assert_eq!(models["models"][0]["id"], "shop");
    assert_eq!(models["models"][0]["tests"][0]["iterations_per_s"], 40.0);
    assert_eq!(models["models"][0]["variants"][0]["name"], "wide");
    let knob = |variant: &str, path: &str| {
        let view = server.get(&format!("/api/view?model=shop&test=steady&variant={variant}")).json();
        let knobs = view["knobs"].as_array().expect("knobs").clone();
        knobs.into_iter().find(|knob| knob["path"] == path).unwrap_or_else(|| panic!("no {path}: {view}"))
    };
    assert_eq!(knob("", "pool.main.max")["value"], 2.0);
    assert_eq!(knob("wide", "pool.main.max")["value"], 6.0);
    assert_eq!(
        (&knob("", "pool.main.acquire_timeout")["value"], &knob("", "load")["unit"]),
        (&5000.0.into(), &"×".into())
    );
}

/// The last line is what `plimsoll run` says with the same seed and replications.
#[test]
fn the_last_answer_is_that_of_run() {
    let server = Server::start(&[]);
    let answered = server.post("/api/predict", &ask(&json!({"pool.main.max": 4}), 6));
    assert_eq!(answered.status, 200, "{}", answered.text);
    let lines = answered.lines();
    let steps: Vec<&str> = lines.iter().filter_map(|line| line["step"].as_str()).collect();
    assert_eq!((steps.first(), steps.last()), (Some(&"estimate"), Some(&"done")), "{steps:?}");
    assert!(steps.contains(&"better"), "{steps:?}");
    let folder = tempfile::TempDir::new().expect("a folder");
    let model = folder.path().join("shop.toml");
    std::fs::write(&model, super::server::SHOP).expect("written");
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("plimsoll"));
    command.arg("run").arg(model).args([
        "--set",
        "pool.main.max=4",
        "--replications",
        "6",
        "--quiet",
        "--format",
        "json",
    ]);
    let run: Value = serde_json::from_slice(&command.output().expect("runs").stdout).expect("JSON");
    let rows = run["metrics"].as_array().expect("rows");
    let is = |row: &&Value| {
        row["metric"] == "http_req_duration" && row["stat"] == "p95" && row["scope"] == "" && row["from_s"].is_null()
    };
    let exact = rows.iter().find(is).and_then(|row| row["value"].as_f64()).expect("p95");
    let said = p95(lines.last().expect("a line"));
    assert!((said / exact - 1.0).abs() < 1e-9, "{said} and {exact}");
    // The second time it is known.
    let again = server.post("/api/predict", &ask(&json!({"pool.main.max": 4}), 6)).lines();
    assert_eq!(again.last(), lines.last());
    assert_eq!(again.len(), 2, "an estimate and what is known");
}

#[test]
fn more_connections_are_faster_and_twice_the_load_is_too_much() {
    let server = Server::start(&[]);
    let last = |set: &Value| server.post("/api/predict", &ask(set, 4)).lines().pop().expect("a line");
    let (today, more, twice) =
        (last(&json!({})), last(&json!({"pool.main.max": 6})), last(&json!({"load": 2, "pool.main.max": 2})));
    assert!(p95(&more) < 150.0 && p95(&more) < 0.7 * p95(&today) && p95(&twice) > 3.0 * p95(&today));
    let status = |answer: &Value| answer["verdicts"][0]["status"].as_str().expect("a status").to_owned();
    assert_eq!((status(&more), status(&twice)), ("pass".to_owned(), "fail".to_owned()));
}

#[test]
fn what_was_turned_becomes_a_variant() {
    let server = Server::start(&[]);
    let set = json!({"pool.main.max": 4, "pool.main.acquire_timeout": 250, "load": 1.5});
    let text = server.post("/api/variant", &ask(&set, 40)).text;
    let model = format!("{}\n{text}", super::server::SHOP);
    let folder = tempfile::TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("shop.toml"), model).expect("written");
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("plimsoll"));
    command.current_dir(folder.path()).args(["run", "shop.toml", "--variant", "what-if", "--instant"]);
    let output = command.output().expect("runs");
    assert!(output.status.code().is_some_and(|code| code < 2), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1.5 times the load"), "{text}");
}

/// A recording that cannot be read is told, and the other one is shown.
#[test]
fn a_broken_recording_is_told() {
    let test = "[test.steady]\nrecordings = [{ file = \"good.csv\", role = \"validate\" }, { file = \"bad.csv\", role = \"validate\" }]";
    let model = SHOP.replace("[test.steady]", test);
    let good = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\nhttp_req_duration,,p95,,,140,,,ms,k6\n";
    let bad = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\nhttp_req_duration,,p95,,,fast,,,ms,k6\n";
    let server = Server::with_files(&[("shop.toml", &model), ("good.csv", good), ("bad.csv", bad)], &[]);
    let view = server.get("/api/view?model=shop&test=steady").json();
    assert_eq!(view["recorded"][0]["figures"][0]["value"], 140.0, "{view}");
    let told = view["unread"][0].as_str().expect("words");
    assert!(told.contains("bad.csv") && told.contains("fast"), "{told}");
}

/// Whatever the description says is there, and whatever is there is described.
#[test]
fn the_description_is_true() {
    let server = Server::start(&[]);
    let described = server.get("/api/openapi.json").json();
    let schemas = &described["components"]["schemas"];
    for path in described["paths"].as_object().expect("paths").keys() {
        assert_ne!(server.get(path).status, 404, "{path}");
    }
    conforms(schemas, &schemas["Models"], &server.get("/api/models").json(), "Models");
    conforms(schemas, &schemas["View"], &server.get("/api/view?model=shop&test=steady").json(), "View");
    for line in server.post("/api/predict", &ask(&json!({"load": 1.1}), 4)).lines() {
        let name = if line["step"] == "estimate" { "Estimate" } else { "Answer" };
        conforms(schemas, &schemas[name], &line, name);
    }
    let refused = server.post("/api/predict", "{}").json();
    conforms(schemas, &schemas["Error"], &refused, "Error");
}

/// Types, required keys, and no others.
fn conforms(schemas: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return conforms(schemas, &schemas[name], value, place);
    }
    if let Some(several) = schema["oneOf"].as_array() {
        // Told apart by their keys, or by being nothing at all.
        let fits = |one: &&Value| match one["type"].as_str() {
            Some("null") => value.is_null(),
            _ => one["required"]
                .as_array()
                .is_none_or(|keys| keys.iter().all(|key| !value[key.as_str().unwrap_or("")].is_null())),
        };
        let one = several.iter().find(fits).unwrap_or_else(|| panic!("{place}: {value} fits nothing"));
        if !value.is_null() {
            conforms(schemas, one, value, place);
        }
        return;
    }
    let is = |kind: &Value| match kind.as_str() {
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some("null") => value.is_null(),
        _ => true,
    };
    let kind = &schema["type"];
    assert!(kind.as_array().map_or_else(|| is(kind), |kinds| kinds.iter().any(is)), "{place}: {value} is no {kind}");
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(object.contains_key(key), "{place} has no {key}: {value}");
        }
        for (key, value) in object {
            let of = properties.get(key).unwrap_or_else(|| panic!("{place}.{key} is not described"));
            conforms(schemas, of, value, &format!("{place}.{key}"));
        }
    }
    for item in value.as_array().into_iter().flatten() {
        conforms(schemas, &schema["items"], item, &format!("{place}[]"));
    }
}
