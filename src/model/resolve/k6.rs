//! What `k6 inspect script.js` prints, as a test: `k6 = "options.json"`.
//!
//! The options are put into the tree of the test before it is read, where the test does not say otherwise, so that they
//! are checked like any other key. Their problems point to the name of the file. What a script does between requests is
//! not in them: `think`, `pacing`, `iteration` and `timeout` of the test hold for each of its scenarios.

use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::problem::quoted;
use crate::spec::node::{Entry, Node, Span, Value};
use crate::spec::reader::Finding;
use crate::spec::text;

/// The executors of k6 that are simulated.
const EXECUTORS: [&str; 4] = ["constant-vus", "ramping-vus", "constant-arrival-rate", "ramping-arrival-rate"];
/// Metrics that k6 itself measures, and that mean the same here. A script may measure others under any name.
const METRICS: [&str; 10] = [
    "http_reqs",
    "http_req_duration",
    "http_req_failed",
    "http_req_waiting",
    "checks",
    "iterations",
    "dropped_iterations",
    "vus",
    "data_received",
    "data_sent",
];
/// What k6 takes for a load where there are no scenarios.
const SHORTCUTS: [&str; 3] = ["vus", "duration", "stages"];
/// Keys of a scenario that make no load.
const NO_LOAD: [&str; 3] = ["env", "tags", "options"];
/// Keys of the test that hold for each scenario.
const FOR_EACH: [&str; 5] = ["iteration", "think", "pacing", "timeout", "arrivals"];

/// Puts k6's options into the tests that name a file of them. Returns what is left out.
pub(super) fn put_in(root: &mut Node, dir: &Path, findings: &mut Vec<Finding>) -> Vec<Finding> {
    let mut left_out = Vec::new();
    let Some(tests) = table(root).and_then(|entries| entries.iter_mut().find(|entry| entry.key == "test")) else {
        return left_out;
    };
    for test in table(&mut tests.node).into_iter().flatten() {
        let Some(entries) = table(&mut test.node) else { continue };
        let named = entries.iter().find(|entry| entry.key == "k6").map(|entry| (entry.node.span, &entry.node.value));
        // What is no text is refused where keys are read.
        let Some((span, Value::Text(file))) = named else { continue };
        match read(&dir.join(file), file) {
            Ok(options) => {
                let mut inspected = Inspected { file: file.clone(), span, findings, left_out: &mut left_out };
                inspected.test(&options, entries);
            }
            Err((what, hint)) => {
                findings.push(Finding { span, what, hint });
                entries.extend(any_load(span));
            }
        }
    }
    left_out
}

fn table(node: &mut Node) -> Option<&mut Vec<Entry>> {
    match &mut node.value {
        Value::Table(entries) => Some(entries),
        _ => None,
    }
}

/// The options of a file, or what is wrong and what would be right.
fn read(path: &Path, file: &str) -> Result<Map<String, Json>, (String, Option<String>)> {
    let hint = || Some("k6 inspect script.js > options.json writes such a file".to_owned());
    let text = text::read_file(path).map_err(|problem| (format!("{file}: {}", problem.what), hint()))?;
    let root: Json =
        serde_json::from_str(&text).map_err(|error| (format!("{file}: no valid JSON: {error}"), hint()))?;
    let known = |options: &Map<String, Json>| {
        ["scenarios", "thresholds", "iterations"].iter().chain(&SHORTCUTS).any(|key| options.contains_key(*key))
    };
    match root {
        Json::Object(options) if known(&options) => Ok(options),
        _ => Err((format!("{file}: these are no options of k6"), hint())),
    }
}

/// A file of options that is put in.
struct Inspected<'a> {
    file: String,
    span: Span,
    findings: &'a mut Vec<Finding>,
    left_out: &'a mut Vec<Finding>,
}

impl Inspected<'_> {
    fn test(&mut self, options: &Map<String, Json>, test: &mut Vec<Entry>) {
        let given = |key: &str| options.get(key).filter(|value| !value.is_null());
        if given("rps").and_then(Json::as_f64).is_some_and(|rps| rps > 0.0) {
            self.refuse("rps is not simulated", "an arrival rate says how much comes");
        }
        let own = |test: &[Entry], key: &str| test.iter().any(|entry| entry.key == key);
        if let Some(shortest) = given("minIterationDuration").filter(|_| !own(test, "pacing")) {
            test.push(self.entry("pacing", shortest));
        }
        if let Some(thresholds) = given("thresholds").and_then(Json::as_object).filter(|_| !own(test, "thresholds")) {
            let thresholds = self.thresholds(thresholds);
            test.push(self.entry("thresholds", &Json::Object(thresholds)));
        }
        if let Some(scenarios) = given("scenarios").and_then(Json::as_object) {
            if !own(test, "scenarios") {
                let for_each: Vec<Entry> =
                    test.extract_if(.., |entry| FOR_EACH.contains(&entry.key.as_str())).collect();
                let entries: Vec<Entry> =
                    scenarios.iter().filter_map(|(name, load)| self.scenario(name, load, &for_each)).collect();
                let node = Node { span: self.span, value: Value::Table(entries) };
                test.push(Entry { key: "scenarios".to_owned(), key_span: self.span, node });
            }
            return;
        }
        if given("iterations").is_some() {
            self.not_simulated("iterations (shared-iterations)");
            test.extend(any_load(self.span).into_iter().filter(|entry| given(&entry.key).is_none()));
        }
        for key in SHORTCUTS {
            if let Some(value) = given(key).filter(|_| !own(test, key)) {
                test.push(self.entry(key, value));
            }
        }
    }

    /// A scenario; its executor has to be one that is simulated.
    fn scenario(&mut self, name: &str, load: &Json, for_each: &[Entry]) -> Option<Entry> {
        let executor = load.get("executor").and_then(Json::as_str).unwrap_or_default();
        if !EXECUTORS.contains(&executor) {
            self.not_simulated(&format!("the executor {} of scenario {}", quoted(executor), quoted(name)));
            let node = Node { span: self.span, value: Value::Table(any_load(self.span)) };
            return Some(Entry { key: name.to_owned(), key_span: self.span, node });
        }
        let own_iteration = for_each.iter().any(|entry| entry.key == "iteration");
        let kept = |key: &str, value: &Json| match key {
            // k6's name for the only function that needs none.
            "exec" => !own_iteration && value != "default",
            _ => !NO_LOAD.contains(&key),
        };
        let mut entries: Vec<Entry> = load
            .as_object()?
            .iter()
            .filter(|(key, value)| !value.is_null() && kept(key, value))
            .map(|(key, value)| self.entry(key, value))
            .collect();
        let at_a_rate = executor.ends_with("arrival-rate");
        entries.extend(for_each.iter().filter(|entry| entry.key != "arrivals" || at_a_rate).cloned());
        let node = Node { span: self.span, value: Value::Table(entries) };
        Some(Entry { key: name.to_owned(), key_span: self.span, node })
    }

    /// Those of k6's own metrics; a prediction covers the whole test, so none aborts it.
    fn thresholds(&mut self, all: &Map<String, Json>) -> Map<String, Json> {
        let mut kept = Map::new();
        for (metric, thresholds) in all {
            let name = metric.split('{').next().unwrap_or_default();
            if !METRICS.contains(&name) {
                let what = format!(
                    "{}: thresholds of {} are left out: it is a metric of the script",
                    self.file,
                    quoted(metric)
                );
                self.left_out.push(Finding { span: self.span, what, hint: None });
                continue;
            }
            let expression = |one: &Json| one.get("threshold").unwrap_or(one).clone();
            let list = thresholds.as_array().map(|list| list.iter().map(expression).collect());
            kept.insert(metric.clone(), list.map_or_else(|| thresholds.clone(), Json::Array));
        }
        kept
    }

    fn not_simulated(&mut self, what: &str) {
        let hint = format!("simulated are {}; write this load into the model", EXECUTORS.join(", "));
        self.refuse(&format!("{what} is not simulated"), &hint);
    }

    fn refuse(&mut self, what: &str, hint: &str) {
        let what = format!("{}: {what}", self.file);
        self.findings.push(Finding { span: self.span, what, hint: Some(hint.to_owned()) });
    }

    fn entry(&self, key: &str, value: &Json) -> Entry {
        Entry { key: key.to_owned(), key_span: self.span, node: node(value, self.span) }
    }
}

/// A load in place of one that is refused, so that nothing more is said of it.
fn any_load(span: Span) -> Vec<Entry> {
    let entry = |key: &str, value| Entry { key: key.to_owned(), key_span: span, node: Node { span, value } };
    vec![entry("vus", Value::Whole(1)), entry("duration", Value::Text("1s".to_owned()))]
}

fn node(json: &Json, span: Span) -> Node {
    let value = match json {
        Json::Null => Value::Text(String::new()),
        Json::Bool(truth) => Value::Truth(*truth),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Number(number.as_f64().unwrap_or(f64::NAN)), Value::Whole)
        }
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(|item| node(item, span)).collect()),
        Json::Object(entries) => {
            let entry =
                |(key, value): (&String, &Json)| Entry { key: key.clone(), key_span: span, node: node(value, span) };
            Value::Table(entries.iter().map(entry).collect())
        }
    };
    Node { span, value }
}
