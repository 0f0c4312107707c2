//! Reading a tree of values: every problem is noted with its place, and reading goes on.
//!
//! A value that cannot be read is `None`, its problem already noted; lists and named collections go
//! on with what could be read, so that one wrong key hides nothing elsewhere. One trait, [`Written`],
//! both reads a type and describes it for the JSON Schema, so that the two cannot drift apart.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::node::{Entry, Node, Span, Value};
use super::schema::Definitions;
use crate::problem::{nearest, quoted, suggest};

/// The key that may stand in any table and tells people where its numbers come from.
pub const SOURCE_KEY: &str = "source";

/// A file with more problems than this is no model; noting them all would take its time.
pub const MOST_FINDINGS: usize = 1000;

/// Names in one collection; references are looked up among all of them.
const MOST_NAMES: usize = 10_000;

/// Something that can be written in a file.
///
/// A trait, and not a closed enum, because the declarations of `keys!` are made of nothing but
/// types: it lets `Option<List<StepSpec>>` read and describe itself.
pub trait Written: Sized {
    /// Whether a table is incomplete without a key of this type.
    const REQUIRED: bool = true;

    /// `None` if it cannot be read; then a problem was noted.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;

    /// Its JSON Schema.
    fn schema(definitions: &mut Definitions) -> Json;

    /// What a missing key means; `None` if it must be there.
    fn absent() -> Option<Self> {
        None
    }
}

/// A value with its place, for problems that are found later.
#[derive(Clone, Debug, PartialEq)]
pub struct At<T> {
    pub value: T,
    pub span: Span,
}

/// Items of a list that could be read.
#[derive(Clone, Debug)]
pub struct List<T> {
    pub span: Span,
    pub items: Vec<T>,
    /// Whether all of them could.
    pub complete: bool,
}

/// A table whose keys are names given by the writer, in the order of the file.
#[derive(Clone, Debug)]
pub struct Named<T> {
    pub entries: Vec<NamedEntry<T>>,
    positions: BTreeMap<String, usize>,
}

/// A name, and what it stands for if that could be read.
#[derive(Clone, Debug)]
pub struct NamedEntry<T> {
    pub name: At<String>,
    pub value: Option<T>,
}

/// A problem whose place is still a span.
#[derive(Clone, Debug)]
pub struct Finding {
    pub span: Span,
    pub what: String,
    pub hint: Option<String>,
}

/// The problems found so far, and the path of keys to where reading is.
#[derive(Debug, Default)]
pub struct Reader {
    pub findings: Vec<Finding>,
    path: Vec<String>,
    /// Keys that were misspelt, with the table: they are not missing as well.
    slips: Vec<(Span, String)>,
}

impl Reader {
    pub fn problem(&mut self, span: Span, what: impl Into<String>, hint: Option<String>) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding { span, what: what.into(), hint });
        }
    }

    /// Notes that `node` is not what is needed here.
    pub fn unfit(&mut self, node: &Node, needed: &str) {
        let what = match node.value {
            Value::Date => "found a date".to_owned(),
            _ => format!("found {}", node.describe()),
        };
        self.problem(node.span, format!("{what}; {needed} is needed"), None);
    }

    /// The keys to where reading is, as `--set` takes them: `pool.main.max`.
    #[must_use]
    pub fn path(&self) -> String {
        self.path.concat()
    }

    /// How deep reading is, in keys and list items.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.path.len()
    }

    /// The entries of a table that may have only these keys (and `source`).
    pub fn table<'a>(&mut self, node: &'a Node, what: &str, keys: &[&str]) -> Option<&'a [Entry]> {
        let Some(entries) = node.entries() else {
            self.unfit(node, &format!("{what} (a table)"));
            return None;
        };
        for entry in entries {
            if entry.key == SOURCE_KEY && !keys.contains(&SOURCE_KEY) {
                self.source_text(&entry.node);
            } else if !keys.contains(&entry.key.as_str()) {
                self.unknown_key(node, entry, what, keys);
            }
        }
        Some(entries)
    }

    fn unknown_key(&mut self, table: &Node, entry: &Entry, what: &str, keys: &[&str]) {
        if self.findings.len() >= MOST_FINDINGS {
            return;
        }
        if let Some(meant) = nearest(&entry.key, keys.iter().copied()) {
            self.slips.push((table.span, meant.to_owned()));
        }
        let problem = format!("unknown key {} in {what}", quoted(&entry.key));
        self.problem(entry.key_span, problem, Some(suggest(&entry.key, "key", keys.iter().copied())));
    }

    /// Reads one key of a table.
    pub fn key<T: Written>(&mut self, table: &Node, key: &str, what: &str) -> Option<T> {
        match table.entry(key) {
            Some(entry) => self.under_key(key, |reader| T::read(&entry.node, reader)),
            None => T::absent().or_else(|| {
                if !self.slips.iter().any(|(span, meant)| *span == table.span && meant == key) {
                    self.problem(table.span, format!("{what} needs the key {}", quoted(key)), None);
                }
                None
            }),
        }
    }

    fn under_key<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader) -> T) -> T {
        let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let dot = if self.path.is_empty() { "" } else { "." };
        self.path.push(if bare { format!("{dot}{key}") } else { format!("{dot}\"{key}\"") });
        let value = read(self);
        self.path.pop();
        value
    }

    fn under_index<T>(&mut self, index: usize, read: impl FnOnce(&mut Reader) -> T) -> T {
        self.path.push(format!("[{index}]"));
        let value = read(self);
        self.path.pop();
        value
    }

    /// A source is a text or a list of texts.
    fn source_text(&mut self, node: &Node) {
        let fits = match &node.value {
            Value::Text(_) => true,
            Value::List(items) => items.iter().all(|item| matches!(item.value, Value::Text(_))),
            Value::Whole(_) | Value::Number(_) | Value::Truth(_) | Value::Date | Value::Table(_) => false,
        };
        if !fits {
            self.unfit(node, "a text that says where the numbers come from");
        }
    }
}

impl<T: Written> Written for Option<T> {
    const REQUIRED: bool = false;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        T::read(node, reader).map(Some)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        T::schema(definitions)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Written> Written for Box<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        T::read(node, reader).map(Box::new)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        T::schema(definitions)
    }
}

impl<T: Written> Written for At<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        T::read(node, reader).map(|value| At { value, span: node.span })
    }

    fn schema(definitions: &mut Definitions) -> Json {
        T::schema(definitions)
    }
}

impl<T: Written> Written for List<T> {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Value::List(nodes) = &node.value else {
            reader.unfit(node, "a list [ … ]");
            return None;
        };
        let mut items = Vec::new();
        for (index, item) in nodes.iter().enumerate() {
            items.extend(reader.under_index(index, |reader| T::read(item, reader)));
        }
        Some(List { span: node.span, complete: items.len() == nodes.len(), items })
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "type": "array", "items": T::schema(definitions) })
    }
}

impl<T: Written> Written for Named<T> {
    const REQUIRED: bool = false;

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Some(nodes) = node.entries() else {
            reader.unfit(node, "a table of names");
            return None;
        };
        if let Some(entry) = nodes.get(MOST_NAMES) {
            reader.problem(entry.key_span, format!("there are more than {MOST_NAMES} names here"), None);
        }
        let entries = nodes
            .iter()
            .take(MOST_NAMES)
            .map(|entry| NamedEntry {
                name: At { value: entry.key.clone(), span: entry.key_span },
                value: reader.under_key(&entry.key, |reader| T::read(&entry.node, reader)),
            })
            .collect();
        let names = nodes.iter().take(MOST_NAMES).enumerate();
        let positions = names.map(|(position, entry)| (entry.key.clone(), position)).collect();
        Some(Named { entries, positions })
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "type": "object", "additionalProperties": T::schema(definitions) })
    }

    fn absent() -> Option<Self> {
        Some(Named { entries: Vec::new(), positions: BTreeMap::new() })
    }
}

impl<T> Named<T> {
    /// Where among the entries a name stands.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// All names, those included whose value could not be read.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.entries.iter().map(|entry| entry.name.value.as_str())
    }
}

impl Written for String {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            _ => {
                reader.unfit(node, "a text in quotation marks");
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "string" })
    }
}

impl Written for bool {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Truth(truth) => Some(truth),
            _ => {
                reader.unfit(node, "true or false");
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "boolean" })
    }
}
