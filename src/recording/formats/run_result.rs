//! What `plimsoll run --format json` writes: a prediction, to be held against another or audited.

use serde_json::{Map, Value};

use crate::recording::{FileFacts, Format, ReadProblem, Recording, tidy};

/// Whether this is one of Plimsoll's own results.
pub fn is(root: &Value) -> bool {
    root.get("schema").and_then(Value::as_str).is_some_and(|schema| schema.starts_with("plimsoll/"))
}

/// Reads the figures of a run; other results have none that are of one test.
pub fn read(name: &str, root: &Value) -> Result<Recording, Vec<ReadProblem>> {
    let rows: Option<Vec<&Map<String, Value>>> =
        root.get("metrics").and_then(Value::as_array).map(|rows| rows.iter().filter_map(Value::as_object).collect());
    let Some(rows) = rows.filter(|rows| rows.iter().any(|row| row.contains_key("stat"))) else {
        let problem = ReadProblem::whole(
            "this is a result of Plimsoll, but not of `plimsoll run`: it has no figures of one test",
        );
        return Err(vec![problem.with_hint("write one with plimsoll run MODEL --format json, or --format csv")]);
    };
    let text = |key: &str| root.get(key).and_then(Value::as_str).unwrap_or_default();
    let source = format!("plimsoll {}, model {}, test {}", text("plimsoll"), text("model"), text("test"));
    let mut table = format!("{}\n", tidy::COLUMNS.join(","));
    for row in rows.iter().filter(|row| ["value", "low"].iter().any(|key| row.get(*key).is_some_and(Value::is_number)))
    {
        let fields = tidy::COLUMNS.map(|column| match column {
            "source" => quoted(&source),
            _ => field(row.get(column)),
        });
        table.push_str(&fields.join(","));
        table.push('\n');
    }
    // Its lines are none of the file.
    let whole = |problems: Vec<ReadProblem>| {
        problems.into_iter().map(|problem| ReadProblem { line: 0, column: 0, ..problem }).collect::<Vec<_>>()
    };
    let mut recording = tidy::read(name, &table).map_err(whole)?;
    recording.observations.iter_mut().for_each(|observation| observation.line = 0);
    recording.files = vec![FileFacts::plain(name, Format::Run)];
    Ok(recording)
}

fn field(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => quoted(text),
        Some(other) => quoted(&other.to_string()),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Recording, Vec<String>> {
        read("run.json", &serde_json::from_str(text).expect("JSON"))
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_run_is_its_figures_with_their_intervals() {
        let text = "{\"schema\": \"plimsoll/1\", \"plimsoll\": \"0.1.0\", \"model\": \"m\", \"test\": \"peak\", \"metrics\": [
            {\"metric\": \"http_reqs\", \"scope\": \"a,\\\"b\\\"\", \"stat\": \"rate\", \"from_s\": 0.0, \"to_s\": 60.0, \"value\": 5.5, \"low\": 5.0,
             \"high\": 6.0, \"mean_low\": 5.4, \"mean_high\": 5.6, \"unit\": \"1/s\"},
            {\"metric\": \"http_reqs\", \"scope\": \"\", \"stat\": \"count\", \"from_s\": null, \"to_s\": null, \"value\": null, \"low\": null,
             \"high\": null, \"unit\": \"1\"}]}";
        let recording = read_text(text).expect("figures");
        let [one] = recording.observations.as_slice() else { panic!("{:?}", recording.observations) };
        assert_eq!(
            (one.scope.as_str(), one.value, one.range, one.window),
            ("a,\"b\"", Some(5.5), Some((5.0, 6.0)), Some((0.0, 60.0)))
        );
        assert_eq!((one.line, one.source.as_str()), (0, "plimsoll 0.1.0, model m, test peak"));
    }

    #[test]
    fn other_results_are_refused_with_what_to_write() {
        let told = read_text("{\"schema\": \"plimsoll/1\", \"points\": []}").expect_err("no run");
        assert!(told[0].contains("not of `plimsoll run`") && told[0].contains("--format json"), "{told:?}");
        let told = read_text(
            "{\"schema\": \"plimsoll/1\", \"metrics\": [{\"stat\": \"avg\", \"metric\": \"mine\", \"scope\": \"\", \"value\": 1, \"unit\": \"\"}]}",
        );
        assert!(told.expect_err("unknown")[0].starts_with("unknown metric"));
    }
}
