//! The published JSON Schema (draft 2020-12) of a model file, made from the declarations that read it.

use serde_json::{Map, Value as Json, json};

use super::file::FileSpec;
use super::reader::{SOURCE_KEY, Written};

/// Named parts of a schema: each table once, however often it is used.
#[derive(Debug, Default)]
pub struct Definitions {
    tables: Map<String, Json>,
}

/// One key of a table.
#[derive(Debug)]
pub struct KeySchema {
    pub name: &'static str,
    pub about: &'static str,
    pub required: bool,
    pub schema: Json,
}

impl Definitions {
    /// A table with fixed keys; `describe` is called once per name, so that tables may hold themselves.
    pub fn table(
        &mut self,
        name: &str,
        about: &str,
        describe: impl FnOnce(&mut Definitions) -> Vec<KeySchema>,
    ) -> Json {
        self.define(name, |definitions| {
            let mut properties = Map::new();
            let mut required = Vec::new();
            for key in describe(definitions) {
                if key.required {
                    required.push(key.name);
                }
                properties.insert(key.name.to_owned(), with_description(key.schema, key.about));
            }
            properties.entry(SOURCE_KEY).or_insert_with(
                || json!({ "type": ["string", "array"], "description": "Where the numbers of this table come from." }),
            );
            json!({
                "type": "object",
                "description": one_line(about),
                "properties": properties,
                "required": required,
                "additionalProperties": false,
            })
        })
    }

    /// One of several forms.
    pub fn choice(&mut self, name: &str, about: &str, describe: impl FnOnce(&mut Definitions) -> Vec<Json>) -> Json {
        self.define(name, |definitions| json!({ "description": one_line(about), "anyOf": describe(definitions) }))
    }

    fn define(&mut self, name: &str, describe: impl FnOnce(&mut Definitions) -> Json) -> Json {
        let name = name.trim_end_matches("Spec").to_lowercase();
        if !self.tables.contains_key(&name) {
            // Known before it is described: a step holds steps.
            self.tables.insert(name.clone(), Json::Null);
            let described = describe(self);
            self.tables.insert(name.clone(), described);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }
}

/// The schema of a model file.
#[must_use]
pub fn schema() -> Json {
    let mut definitions = Definitions::default();
    let root = FileSpec::schema(&mut definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plimsoll model",
        "$ref": root["$ref"],
        "$defs": definitions.tables,
    })
}

fn with_description(mut schema: Json, about: &str) -> Json {
    if let Json::Object(map) = &mut schema {
        // In this draft a description may stand beside `$ref`.
        map.insert("description".to_owned(), Json::String(one_line(about)));
    }
    schema
}

fn one_line(about: &str) -> String {
    about.split_whitespace().collect::<Vec<_>>().join(" ")
}
