//! What a page asks, and whether it may.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::knobs::{Knob, LOAD, Range};
use super::models::Served;
use crate::problem::{Problems, plural, suggest};

/// Replications of an answer at most, and if nothing is said.
pub(super) const REPLICATIONS: usize = 40;
/// Letters of a name at most.
const LONGEST: usize = 200;

/// A question as it comes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    pub model: String,
    pub test: String,
    /// Empty: the model as it is.
    #[serde(default)]
    pub variant: String,
    /// Values of knobs by their paths.
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
    /// Any name of the page, and the part of it that asks; a new question ends the work on its last.
    #[serde(default)]
    pub page: String,
    #[serde(default)]
    pub part: String,
    /// 2 to 40.
    #[serde(default = "most")]
    pub replications: usize,
}

fn most() -> usize {
    REPLICATIONS
}

/// Why there is no answer: a status, and words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refused {
    pub status: StatusCode,
    pub words: String,
}

impl Refused {
    pub fn new(status: StatusCode, words: impl Into<String>) -> Refused {
        Refused { status, words: words.into() }
    }

    /// What was asked cannot be.
    pub fn wrong(words: impl Into<String>) -> Refused {
        Refused::new(StatusCode::UNPROCESSABLE_ENTITY, words)
    }
}

impl From<&Problems> for Refused {
    fn from(problems: &Problems) -> Refused {
        Refused::wrong(problems.render(false).trim_end())
    }
}

/// Changes that a question makes, checked against the knobs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Changes {
    /// As `--set` takes them.
    pub sets: Vec<String>,
    /// Times the load.
    pub load: f64,
}

impl Question {
    /// Refuses what is too long or too much before anything is looked up.
    pub fn sane(&self) -> Result<(), Refused> {
        let names = [&self.model, &self.test, &self.variant, &self.page, &self.part];
        if names.iter().any(|name| name.len() > LONGEST) {
            return Err(Refused::wrong(format!("a name has more than {LONGEST} letters")));
        }
        if !(2..=REPLICATIONS).contains(&self.replications) {
            let asked = self.replications;
            return Err(Refused::wrong(format!("replications = {asked}: between 2 and {REPLICATIONS} are possible")));
        }
        Ok(())
    }

    pub fn served<'s>(&self, all: &'s [Served]) -> Result<&'s Served, Refused> {
        served(all, &self.model)
    }

    /// The changes asked for, of these knobs.
    pub fn changes(&self, knobs: &[Knob]) -> Result<Changes, Refused> {
        let mut changes = Changes { sets: Vec::new(), load: 1.0 };
        for (path, value) in &self.set {
            let Some(knob) = knobs.iter().find(|knob| knob.path == *path) else {
                let short: String = path.chars().take(LONGEST).collect();
                let hint = suggest(&short, "knob", knobs.iter().map(|knob| knob.path.as_str()));
                return Err(Refused::wrong(format!("there is no knob {short:?}; {hint}")));
            };
            let written = written(knob, value).map_err(|why| Refused::wrong(format!("{path}: {why}")))?;
            match path.as_str() {
                LOAD => changes.load = value.as_f64().unwrap_or(1.0),
                _ => changes.sets.push(format!("{path}={written}")),
            }
        }
        Ok(changes)
    }
}

/// The model of this name.
pub(super) fn served<'s>(all: &'s [Served], id: &str) -> Result<&'s Served, Refused> {
    all.iter().find(|one| one.id == id).ok_or_else(|| {
        let short: String = id.chars().take(LONGEST).collect();
        let names: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
        let count = names.len();
        let known = format!("{} served: {}", plural(count, "model"), names.join(", "));
        Refused::new(StatusCode::NOT_FOUND, format!("there is no model {short:?}; {known}"))
    })
}

/// A value as a model file has it, or what is wrong with it.
fn written(knob: &Knob, value: &Value) -> Result<String, String> {
    match &knob.range {
        Range::Number { step, least, most, unit, .. } => {
            let Some(number) = value.as_f64() else { return Err(format!("{value} is no number")) };
            if !(*least..=*most).contains(&number) {
                return Err(format!("{number}{unit} is not between {least}{unit} and {most}{unit}"));
            }
            if *step >= 1.0 && unit.is_empty() && number.fract() != 0.0 {
                return Err(format!("{number} is no whole number"));
            }
            Ok(match *unit {
                "ms" => format!("\"{number}ms\""),
                "%" => format!("{}", number / 100.0),
                _ => number.to_string(),
            })
        }
        Range::Choice { values, .. } => {
            let Some(name) = value.as_str() else { return Err(format!("{value} is no name")) };
            let known = values.iter().any(|one| one == name);
            let short: String = name.chars().take(LONGEST).collect();
            let hint = || suggest(&short, "type", values.iter().map(String::as_str));
            if known { Ok(format!("{name:?}")) } else { Err(format!("{short:?} is not offered; {}", hint())) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn knobs() -> Vec<Knob> {
        let knob =
            |path: &str, range| Knob { path: path.to_owned(), label: String::new(), group: String::new(), range };
        let number =
            |least, most, step, unit| Range::Number { value: least, low: least, high: most, step, least, most, unit };
        let values = vec!["t3.small".to_owned(), "t3.large".to_owned()];
        vec![
            knob(LOAD, number(0.1, 4.0, 0.05, "×")),
            knob("pool.main.max", number(1.0, 200.0, 1.0, "")),
            knob("pool.main.acquire_timeout", number(1.0, 9000.0, 1.0, "ms")),
            knob("tier.app.instance", Range::Choice { value: "t3.small".to_owned(), values }),
        ]
    }

    fn changes(set: &Value) -> Result<Changes, String> {
        let question: Question =
            serde_json::from_value(json!({"model": "m", "test": "t", "set": set})).expect("a question");
        question.changes(&knobs()).map_err(|refused| refused.words)
    }

    #[test]
    fn values_become_what_a_model_file_has() {
        let set = json!({"load": 1.5, "pool.main.max": 50, "pool.main.acquire_timeout": 250.5,
            "tier.app.instance": "t3.large"});
        let sets = ["pool.main.acquire_timeout=\"250.5ms\"", "pool.main.max=50", "tier.app.instance=\"t3.large\""];
        assert_eq!(changes(&set), Ok(Changes { sets: sets.map(str::to_owned).into(), load: 1.5 }));
    }

    #[test]
    fn what_cannot_be_is_refused_in_words() {
        for (set, words) in [
            (json!({"pool.mian.max": 5}), "did you mean"),
            (json!({"pool.main.max": 0}), "0 is not between 1 and 200"),
            (json!({"pool.main.max": 1e300}), "is not between"),
            (json!({"pool.main.max": 4.5}), "4.5 is no whole number"),
            (json!({"pool.main.max": "[test]"}), "\"[test]\" is no number"),
            (json!({"pool.main.max": null}), "null is no number"),
            (json!({"tier.app.instance": "t9.large\"\nx=1"}), "is not offered"),
            (json!({"tier.app.instance": 3}), "3 is no name"),
        ] {
            let refused = changes(&set).expect_err("refused");
            assert!(refused.contains(words), "{set}: {refused}");
        }
    }
}
