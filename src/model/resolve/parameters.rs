//! Finds the numbers of a model file that measurements can tell, in the order of the file.

use std::path::Path;

use crate::model::parameter::{Amount, Meaning, Parameter};
use crate::problem::Problems;
use crate::spec::change::{self, StepKind};
use crate::spec::node::{Entry, Node, Value};
use crate::spec::number::looks_like_name;
use crate::spec::text;
use crate::units::{Kind, from_bare, parse_range};

/// The numbers of the model file at `path`; of its tests those of the tests named.
///
/// # Errors
/// If the file cannot be read or is no TOML; that it is a model is not checked here.
pub fn parameters(path: &Path, tests: &[String]) -> Result<Vec<Parameter>, Problems> {
    let written = text::read_file(path)?;
    // What is wrong with the text is told by whoever loads the model.
    Ok(text::parse(&written, 0).map(|root| of_root(&root, tests)).unwrap_or_default())
}

/// Any number of the model file, by its path as of `--set`; `None` where there is none. A path may leave out the `value` of
/// a named input.
///
/// # Errors
/// If the file cannot be read or the path is none.
pub fn parameter_at(path: &Path, wanted: &str) -> Result<Option<Parameter>, Problems> {
    let written = text::read_file(path)?;
    let asked = format!("{wanted}=0");
    let Ok(change) = change::of_argument(&asked, 0) else { return Ok(None) };
    let Ok(root) = text::parse(&written, 0) else { return Ok(None) };
    let step = |node: &Node, step: &StepKind| match (step, &node.value) {
        (StepKind::Key(key), _) => node.entry(key).map(|entry| entry.node.clone()),
        (StepKind::Item(at), Value::List(items)) => items.get(*at).cloned(),
        (StepKind::Item(_), _) => None,
    };
    let Some(found) = change.path.iter().try_fold(root, |node, one| step(&node, &one.kind)) else { return Ok(None) };
    let input = found.entry("value").map(|entry| (entry.node.clone(), under(wanted, "value")));
    let (node, place) = input.unwrap_or((found, wanted.to_owned()));
    let mut finder = Finder { found: Vec::new() };
    finder.number(None, Meaning::Amount(Amount::Input), &node, &place);
    Ok(finder.found.pop())
}

fn of_root(root: &Node, tests: &[String]) -> Vec<Parameter> {
    let mut found = Finder { found: Vec::new() };
    for collection in root.entries().unwrap_or(&[]) {
        for entry in collection.node.entries().unwrap_or(&[]) {
            let path = under(&collection.key, &entry.key);
            found.part(&collection.key, entry, &path, tests);
        }
    }
    found.found.sort_by_key(|parameter| parameter.span.start);
    found.found
}

struct Finder {
    found: Vec<Parameter>,
}

impl Finder {
    fn part(&mut self, collection: &str, entry: &Entry, path: &str, tests: &[String]) {
        let (name, node) = (entry.key.clone(), &entry.node);
        match collection {
            "inputs" => match node.entry("value") {
                Some(value) => self.number(None, Meaning::Amount(Amount::Input), &value.node, &under(path, "value")),
                None => self.number(None, Meaning::Amount(Amount::Input), node, path),
            },
            "tier" => self.law_at(node, "network", path, Amount::Network { of: name }),
            "cache" => {
                self.law_at(node, "command", path, Amount::Command { cache: name.clone() });
                self.law_at(node, "network", path, Amount::Network { of: name });
            }
            "api" => {
                self.law_at(node, "latency", path, Amount::Latency { api: name.clone() });
                self.share_at(node, "errors", path, Meaning::ApiErrors { api: name });
            }
            "endpoint" | "queue" => {
                node.entry("steps").into_iter().for_each(|steps| self.steps(&steps.node, &under(path, "steps"), &name));
            }
            "iteration" => self.iteration(node, path, &name),
            "test" if tests.contains(&name) => {
                self.law_at(node, "think", path, Amount::Think);
                for scenario in node.entry("scenarios").and_then(|entry| entry.node.entries()).unwrap_or(&[]) {
                    let path = under(&under(path, "scenarios"), &scenario.key);
                    self.law_at(&scenario.node, "think", &path, Amount::Think);
                }
            }
            _ => {}
        }
    }

    /// Steps of an endpoint, at any depth.
    fn steps(&mut self, node: &Node, path: &str, endpoint: &str) {
        match &node.value {
            Value::List(items) => {
                let items = items.iter().enumerate();
                items.for_each(|(number, item)| self.steps(item, &format!("{path}[{number}]"), endpoint));
            }
            Value::Table(entries) => {
                self.step(node, path, endpoint);
                let lists = entries.iter().filter(|entry| matches!(entry.node.value, Value::List(_)));
                lists.for_each(|entry| self.steps(&entry.node, &under(path, &entry.key), endpoint));
            }
            _ => {}
        }
    }

    fn step(&mut self, node: &Node, path: &str, endpoint: &str) {
        let text = |key: &str| match node.entry(key).map(|entry| &entry.node.value) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let endpoint = endpoint.to_owned();
        if let Some(query) = text("query") {
            self.law_at(node, "cpu", path, Amount::QueryCpu { query: query.clone() });
            self.law_at(node, "time", path, Amount::QueryTime { query: query.clone() });
            for key in ["reads", "writes"] {
                let of = Meaning::Amount(Amount::Operations { query: query.clone() });
                self.number_at(node, key, path, of);
            }
        } else if let Some(cause) = text("fail") {
            self.share_at(node, "rate", path, Meaning::Failure { endpoint, cause });
        } else if let Some(api) = text("call") {
            self.law_at(node, "latency", path, Amount::Latency { api: api.clone() });
            self.share_at(node, "errors", path, Meaning::ApiErrors { api });
        } else {
            let name = text("name").unwrap_or_default();
            self.law_at(node, "wait", path, Amount::Wait { endpoint: endpoint.clone(), name });
            self.law_at(node, "cpu", path, Amount::Cpu { endpoint });
        }
    }

    /// Weights of the choice at the top, and sleeps at any depth.
    fn iteration(&mut self, node: &Node, path: &str, iteration: &str) {
        if let Some(Value::List(ways)) = node.entry("pick").map(|pick| &pick.node.value) {
            for (number, way) in ways.iter().enumerate() {
                let Some(Value::Text(endpoint)) = way.entry("request").map(|request| &request.node.value) else {
                    continue;
                };
                let of = Meaning::Weight { iteration: iteration.to_owned(), endpoint: endpoint.clone() };
                self.number_at(way, "weight", &format!("{}[{number}]", under(path, "pick")), of);
            }
        }
        self.sleeps(node, path);
    }

    fn sleeps(&mut self, node: &Node, path: &str) {
        match &node.value {
            Value::List(items) => {
                let items = items.iter().enumerate();
                items.for_each(|(number, item)| self.sleeps(item, &format!("{path}[{number}]")));
            }
            Value::Table(entries) => {
                self.law_at(node, "sleep", path, Amount::Think);
                let lists = entries.iter().filter(|entry| matches!(entry.node.value, Value::List(_)));
                lists.for_each(|entry| self.sleeps(&entry.node, &under(path, &entry.key)));
            }
            _ => {}
        }
    }

    /// The mean and the spread of a law.
    fn law_at(&mut self, node: &Node, key: &str, path: &str, of: Amount) {
        let Some(entry) = node.entry(key) else { return };
        let path = under(path, key);
        if entry.node.entries().is_none() {
            return self.number(Some(Kind::Duration), Meaning::Amount(of), &entry.node, &path);
        }
        for key in ["mean", "constant"] {
            if let Some(value) = entry.node.entry(key) {
                let meaning = Meaning::Amount(of.clone());
                self.number(Some(Kind::Duration), meaning, &value.node, &under(&path, key));
            }
        }
        let shape = match entry.node.entry("shape").map(|shape| &shape.node.value) {
            Some(Value::Text(shape)) => shape.clone(),
            _ => "lognormal".to_owned(),
        };
        self.number_at(&entry.node, "cv", &path, Meaning::Spread { of, shape });
    }

    fn number_at(&mut self, node: &Node, key: &str, path: &str, is: Meaning) {
        let entry = node.entry(key);
        entry.into_iter().for_each(|e| self.number(Some(Kind::Number), is.clone(), &e.node, &under(path, key)));
    }

    fn share_at(&mut self, node: &Node, key: &str, path: &str, is: Meaning) {
        let entry = node.entry(key);
        entry.into_iter().for_each(|e| self.number(Some(Kind::Share), is.clone(), &e.node, &under(path, key)));
    }

    /// A number of this kind, or of the kind that its text shows. A name is written where it is declared.
    fn number(&mut self, kind: Option<Kind>, is: Meaning, node: &Node, path: &str) {
        let bare = |kind: Kind, value: f64| from_bare(kind, value).map(|value| (value, value));
        let read = |kind: Kind| match &node.value {
            Value::Text(text) if looks_like_name(text) => None,
            Value::Text(text) => parse_range(kind, text).ok(),
            Value::Whole(value) => bare(kind, *value as f64).ok(),
            Value::Number(value) => bare(kind, *value).ok(),
            Value::Truth(_) | Value::Date | Value::List(_) | Value::Table(_) => None,
        };
        let percent = matches!(&node.value, Value::Text(text) if text.contains('%'));
        let kinds = match kind {
            Some(kind) => vec![kind],
            None if percent => vec![Kind::Share, Kind::Number],
            None => vec![Kind::Duration, Kind::Number],
        };
        let Some((kind, (low, high))) = kinds.into_iter().find_map(|kind| Some((kind, read(kind)?))) else { return };
        let unit = match kind {
            Kind::Duration => "s",
            Kind::Share => "share",
            Kind::Number | Kind::Size | Kind::Rate | Kind::Money => "1",
        };
        let span = node.span.start as usize..node.span.end as usize;
        self.found.push(Parameter { path: path.to_owned(), unit, low, high, is, span });
    }
}

/// The path of a key, in quotation marks if it needs them.
fn under(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let quote = if key.contains('"') { '\'' } else { '"' };
    if bare { format!("{path}.{key}") } else { format!("{path}.{quote}{key}{quote}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_where_they_are_written() {
        let text = "[inputs.work]\nvalue = \"5ms..7ms\"\n[inputs]\nshare = \"40%..50%\"\n[api.ai]\nlatency = { mean = \"1s\", cv = 0.5 }\n\
                    [endpoint.\"GET /\"]\nsteps = [ { cpu = \"work\" }, { transaction = \"main\", steps = [ { query = \"q\", time = \"4ms\" } ] },\n\
                    { fail = \"intrinsic\", rate = \"1%\" } ]\n[iteration.i]\npick = [ { weight = 3, request = \"GET /\" } ]\n\
                    [test.a]\nthink = \"1s\"\n[test.b]\nthink = \"2s\"\n";
        let root = text::parse(text, 0).expect("TOML");
        let found = of_root(&root, &["a".to_owned()]);
        let shown: Vec<(&str, &str, f64, f64)> =
            found.iter().map(|p| (p.path.as_str(), p.unit, p.low, p.high)).collect();
        assert_eq!(
            shown,
            [
                ("inputs.work.value", "s", 0.005, 0.007),
                ("inputs.share", "share", 0.4, 0.5),
                ("api.ai.latency.mean", "s", 1.0, 1.0),
                ("api.ai.latency.cv", "1", 0.5, 0.5),
                ("endpoint.\"GET /\".steps[1].steps[0].time", "s", 0.004, 0.004),
                ("endpoint.\"GET /\".steps[2].rate", "share", 0.01, 0.01),
                ("iteration.i.pick[0].weight", "1", 3.0, 3.0),
                ("test.a.think", "s", 1.0, 1.0),
            ]
        );
        assert_eq!(&text[found[0].span.clone()], "\"5ms..7ms\"");
    }
}
