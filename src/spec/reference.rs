//! The reference of the model language, made from the declarations that read it.

use std::fmt::Write;

use serde_json::Value as Json;

use super::file::FileSpec;
use super::reader::Written;
use super::schema::{Definitions, Described};

/// What the declarations cannot say: how numbers and laws are written.
const INTRODUCTION: &str = include_str!("reference.md");

/// The reference, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut definitions = Definitions::default();
    // Only its descriptions are of interest here.
    FileSpec::schema(&mut definitions);
    let mut text = INTRODUCTION.to_owned();
    for table in definitions.described() {
        describe(&mut text, table);
    }
    text
}

fn describe(text: &mut String, table: &Described) {
    // Writing to a String cannot fail.
    let _ = write!(text, "\n### {}\n\n{}\n", table.name, table.about);
    if table.keys.is_empty() {
        return;
    }
    text.push_str("\n| key | value | |\n|---|---|---|\n");
    for key in &table.keys {
        let needed = if key.required { " **needed**" } else { "" };
        let _ = writeln!(text, "| `{}`{needed} | {} | {} |", key.name, kind(&key.schema), key.about);
    }
}

/// What a value is, in a few words.
fn kind(schema: &Json) -> String {
    if let Some(path) = schema["$ref"].as_str() {
        let name = path.rsplit('/').next().unwrap_or(path);
        return format!("[{name}](#{name})");
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().filter_map(Json::as_str).map(|word| format!("`\"{word}\"`")).collect();
        return words.join(", ");
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        return forms.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    if let Some(examples) = schema["examples"].as_array() {
        let examples: Vec<String> = examples.iter().map(|example| format!("`{example}`")).collect();
        return examples.join(", ");
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", kind(&schema["items"])),
        Some("object") if schema["additionalProperties"].is_object() => {
            format!("by name: {}", kind(&schema["additionalProperties"]))
        }
        Some("object") => "`{ \"path\" = value }`".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("string") => "text".to_owned(),
        Some(other) => other.to_owned(),
        None => "text or number".to_owned(),
    }
}
