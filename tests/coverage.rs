//! `data/coverage.csv` is true: each statement of the reports has a place, and places, keys, rows and commands exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use plimsoll::model::resolve::{Wanted, load_model_for};

const COVERAGE: &str = "data/coverage.csv";
/// Headings of the reports that have text of their own, in order; `Head` is what stands before the first.
const SECTIONS: &str = "tests/fixtures/report_sections.csv";

const KINDS: [&str; 4] = ["configuration", "result", "expectation", "recommendation"];
const STATUSES: [&str; 4] = ["modelled", "recorded", "answered", "not modelled"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn records(path: &str) -> Vec<BTreeMap<String, String>> {
    let reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(root().join(path));
    let rows = reader.unwrap_or_else(|error| panic!("{path}: {error}")).into_deserialize();
    rows.map(|row| row.unwrap_or_else(|error| panic!("{path}: {error}"))).collect()
}

fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

/// Problems that `wrong` finds, each with the statement that has it.
fn problems(wrong: impl Fn(&BTreeMap<String, String>) -> Option<String>) -> Vec<String> {
    let told = |row: &BTreeMap<String, String>| {
        wrong(row).map(|problem| format!("{}, {}, {}: {problem}", row["report"], row["section"], row["statement"]))
    };
    records(COVERAGE).iter().filter_map(told).collect()
}

#[test]
fn every_section_of_every_report_is_covered_and_no_statement_stands_twice() {
    let rows = records(COVERAGE);
    let place = |row: &BTreeMap<String, String>| (row["report"].clone(), row["section"].clone());
    let covered: BTreeSet<_> = rows.iter().map(place).collect();
    let sections: BTreeSet<_> = records(SECTIONS).iter().map(place).collect();
    assert_eq!(
        sections.difference(&covered).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "without a statement"
    );
    assert_eq!(covered.difference(&sections).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "in no report");
    let mut seen = BTreeSet::new();
    let twice = rows.iter().filter(|row| !seen.insert((place(row), row["statement"].clone())));
    assert_none(&twice.map(|row| format!("{row:?}")).collect::<Vec<_>>(), "twice");
}

#[test]
fn every_statement_says_what_became_of_it() {
    let found = problems(|row| {
        let (kind, status) = (row["kind"].as_str(), row["status"].as_str());
        if !KINDS.contains(&kind) || !STATUSES.contains(&status) || row["statement"].is_empty() {
            return Some(format!("`{kind}`, `{status}`"));
        }
        let missing = match status {
            "not modelled" => row["reason"].is_empty().then_some("a reason"),
            "recorded" => row["where"].is_empty().then_some("a place"),
            _ => (row["where"].is_empty() || row["command"].is_empty()).then_some("a place and a command"),
        };
        missing.map(|what| format!("{status} without {what}"))
    });
    assert_none(&found, "incomplete");
}

#[test]
fn every_place_exists() {
    let places = Places::default();
    let found = problems(|row| {
        let wheres = row["where"].split("; ").filter(|place| !place.is_empty());
        wheres.filter_map(|place| places.problem(place)).reduce(|all, more| format!("{all}; {more}"))
    });
    assert_none(&found, "places that do not exist");
}

/// Files that were read, so that each is read once.
#[derive(Default)]
struct Places {
    models: std::cell::RefCell<BTreeMap<String, toml::Table>>,
    figures: std::cell::RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl Places {
    /// A place is a file, and in it a `"phrase"`, a key of a model, or `metric,scope,stat` (and `,from_s,to_s`) of a recording.
    fn problem(&self, place: &str) -> Option<String> {
        let (file, rest) = place.split_once(' ').unwrap_or((place, ""));
        let path = root().join(file);
        let Ok(text) = std::fs::read_to_string(&path) else { return Some(format!("no file {file}")) };
        let exists = if let Some(phrase) = rest.strip_prefix('"') {
            text.contains(phrase.trim_end_matches('"'))
        } else if file.ends_with(".toml") {
            let mut models = self.models.borrow_mut();
            let table = models
                .entry(file.to_owned())
                .or_insert_with(|| text.parse().unwrap_or_else(|error| panic!("{file}: {error}")));
            has_key(table, rest)
        } else {
            let mut figures = self.figures.borrow_mut();
            figures.entry(file.to_owned()).or_insert_with(|| names_of(file)).contains(rest)
        };
        (!exists).then(|| format!("{file} has no {rest}"))
    }
}

/// Every figure of a recording, with its span and, of a series or of the whole test, without.
fn names_of(file: &str) -> BTreeSet<String> {
    let name = |row: &BTreeMap<String, String>| {
        let figure = format!("{},{},{}", row["metric"], row["scope"], row["stat"]);
        match row.get("from_s").map(String::as_str) {
            None | Some("") => figure,
            Some(from) => format!("{figure},{from},{}", row["to_s"]),
        }
    };
    records(file).iter().map(name).collect()
}

/// Whether a model has the key: `endpoint."GET /items".steps[0].cpu`.
fn has_key(table: &toml::Table, path: &str) -> bool {
    let (words, _) = path.split('"').fold((Vec::new(), false), |(mut words, quoted), part| {
        if quoted {
            words.push(part.to_owned());
        } else {
            let pieces = part.split(['.', '[', ']']).filter(|piece| !piece.is_empty());
            words.extend(pieces.map(str::to_owned));
        }
        (words, !quoted)
    });
    let root = toml::Value::Table(table.clone());
    let found = words.iter().try_fold(&root, |value, word| match value {
        toml::Value::Table(table) => table.get(word),
        toml::Value::Array(list) => word.parse::<usize>().ok().and_then(|at| list.get(at)),
        _ => None,
    });
    found.is_some() && !words.is_empty()
}

#[test]
fn keys_are_found_by_their_paths() {
    let table: toml::Table = "[endpoint.\"GET /a.b\"]\nsteps = [ { cpu = \"1ms\" } ]".parse().expect("TOML");
    assert!(has_key(&table, "endpoint.\"GET /a.b\".steps[0].cpu"));
    for wrong in ["", "endpoint.GET /a.b", "endpoint.\"GET /a.b\".steps[1]", "endpoint.\"GET /a.b\".steps[0].wait"] {
        assert!(!has_key(&table, wrong), "{wrong}");
    }
}

/// The different commands, in words, as a shell would part them: no argument contains a space, and quotes are single ones.
fn commands() -> BTreeSet<Vec<String>> {
    let all = records(COVERAGE).into_iter().map(|row| row["command"].clone()).filter(|command| !command.is_empty());
    all.map(|command| command.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect()).collect()
}

/// As typed: with `--help` at the end nothing is predicted, but every word before it is read.
#[test]
fn every_command_can_be_typed() {
    let mut found = Vec::new();
    for words in commands() {
        let output = Command::new(cargo_bin!("plimsoll")).args(&words[1..]).arg("--help").output();
        let output = output.expect("the program starts");
        if words[0] != "plimsoll" || !output.status.success() {
            found.push(format!("{}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)));
        }
    }
    assert_none(&found, "commands that are no commands");
}

/// What the commands name exists: models, tests, variants, and changes that the models accept.
#[test]
fn every_command_has_something_to_predict() {
    let mut found = Vec::new();
    for words in commands() {
        let after = |flag: &str| -> Vec<String> {
            let pairs = words.windows(2).filter(|pair| pair[0] == flag);
            pairs.map(|pair| pair[1].clone()).collect()
        };
        let (tests, variants, sets) = (after("--test"), after("--variant"), after("--set"));
        let path: PathBuf = root().join(&words[2]);
        let test = tests.first().map(String::as_str);
        let wanted = Wanted { test, variant: variants.first().map(String::as_str), sets: &sets, ..Wanted::default() };
        match load_model_for(&path, wanted) {
            Err(problems) => found.push(format!("{}: {problems}", words.join(" "))),
            Ok(model) => {
                let strange = tests.iter().filter(|name| model.tests.iter().all(|test| test.name != **name));
                found.extend(strange.map(|name| format!("{}: no test {name}", words.join(" "))));
            }
        }
    }
    assert_none(&found, "commands without a model");
}
