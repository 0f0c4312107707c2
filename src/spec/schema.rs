//! The published JSON Schema (draft 2020-12) of a model file, made from the declarations that read it.

use serde_json::{Map, Value as Json, json};

use super::file::FileSpec;
use super::reader::{SOURCE_KEY, Written};

/// Named parts of a schema: each table once, however often it is used.
#[derive(Debug, Default)]
pub struct Definitions {
    tables: Map<String, Json>,
    described: Vec<Described>,
}

/// A part of the language, for people.
#[derive(Debug)]
pub struct Described {
    pub name: String,
    pub about: String,
    /// In the order of their declaration; none if it is one of several forms.
    pub keys: Vec<KeyDescription>,
}

/// One key of a table, for people.
#[derive(Debug)]
pub struct KeyDescription {
    pub name: &'static str,
    pub about: String,
    pub required: bool,
    pub schema: Json,
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
            let place = definitions.described.len();
            let name = definition_name(name);
            definitions.described.push(Described { name, about: one_line(about), keys: Vec::new() });
            let mut properties = Map::new();
            let mut required = Vec::new();
            for key in describe(definitions) {
                if key.required {
                    required.push(key.name);
                }
                if let Some(table) = definitions.described.get_mut(place) {
                    let about = one_line(key.about);
                    let (name, required, schema) = (key.name, key.required, key.schema.clone());
                    table.keys.push(KeyDescription { name, about, required, schema });
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
        self.define(name, |definitions| {
            let place = definitions.described.len();
            let name = definition_name(name);
            definitions.described.push(Described { name, about: one_line(about), keys: Vec::new() });
            let forms = describe(definitions);
            let names = forms.iter().filter_map(|form| form["$ref"].as_str()?.rsplit('/').next());
            let links: Vec<String> = names.map(|name| format!("[{name}](#{name})")).collect();
            if let Some(choice) = definitions.described.get_mut(place) {
                choice.about = format!("{} One of: {}.", choice.about, links.join(", "));
            }
            json!({ "description": one_line(about), "anyOf": forms })
        })
    }

    /// Tables and choices, each before what it is made of.
    #[must_use]
    pub fn described(&self) -> &[Described] {
        &self.described
    }

    fn define(&mut self, name: &str, describe: impl FnOnce(&mut Definitions) -> Json) -> Json {
        let name = definition_name(name);
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

/// `PoolSpec` is `pool`, `LawTable` is `lawtable`.
fn definition_name(type_name: &str) -> String {
    type_name.trim_end_matches("Spec").to_lowercase()
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
