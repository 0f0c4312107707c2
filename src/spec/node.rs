//! A file as a tree of values that know where they were written.
//!
//! The TOML parser's own tree borrows the text and sorts keys by the alphabet; this one owns its
//! values, keeps the order of the file, and can be changed by `--set` and variants, whose values
//! come from other texts. Nothing here knows which keys exist.

use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A stretch of one of the texts that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// Index into the texts of the reader: 0 is the file.
    pub source: u32,
    /// Bytes.
    pub start: u32,
    pub end: u32,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    pub span: Span,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub enum Value {
    Text(String),
    Whole(i64),
    Number(f64),
    Truth(bool),
    /// A date or time: valid TOML, but no key takes one.
    Date,
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub node: Node,
}

impl Node {
    /// The tree of a parsed document; its spans belong to the text `source`.
    #[must_use]
    pub fn of_document(document: &Spanned<DeTable<'_>>, source: u32) -> Node {
        Node { span: span(&document.span(), source), value: table(document.get_ref(), source) }
    }

    /// The tree of one value; `offset` is where its text begins in the text `source`.
    #[must_use]
    pub fn of_value(value: &Spanned<DeValue<'_>>, source: u32, offset: usize) -> Node {
        let mut node = node(value, source);
        node.shift(u32::try_from(offset).unwrap_or(u32::MAX));
        node
    }

    /// What it is, for a sentence: `the number 5`, `a table`.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Text(text) => format!("the text {}", crate::problem::quoted(text)),
            Value::Whole(number) => format!("the number {number}"),
            Value::Number(number) => format!("the number {number}"),
            Value::Truth(truth) => format!("{truth}"),
            Value::Date => "a date".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }

    /// The entries of a table; `None` if it is none.
    #[must_use]
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Table(entries) => Some(entries),
            Value::Text(_) | Value::Whole(_) | Value::Number(_) | Value::Truth(_) | Value::Date | Value::List(_) => {
                None
            }
        }
    }

    /// The entry of this key, if it is a table that has one.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key == key)
    }

    /// Says that this and everything below it was written in `source`.
    pub fn attribute(&mut self, source: u32) {
        self.each_span(&mut |span| span.source = source);
    }

    fn shift(&mut self, offset: u32) {
        self.each_span(&mut |span| {
            span.start = span.start.saturating_add(offset);
            span.end = span.end.saturating_add(offset);
        });
    }

    fn each_span(&mut self, change: &mut dyn FnMut(&mut Span)) {
        change(&mut self.span);
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.each_span(change)),
            Value::Table(entries) => {
                for entry in entries {
                    change(&mut entry.key_span);
                    entry.node.each_span(change);
                }
            }
            Value::Text(_) | Value::Whole(_) | Value::Number(_) | Value::Truth(_) | Value::Date => {}
        }
    }
}

/// As it might be written.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Text(text) => f.write_str(&crate::problem::quoted(text)),
            Value::Whole(number) => write!(f, "{number}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Truth(truth) => write!(f, "{truth}"),
            Value::Date => f.write_str("a date"),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Value::Table(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|entry| format!("{} = {}", entry.key, entry.node)).collect();
                write!(f, "{{ {} }}", entries.join(", "))
            }
        }
    }
}

fn node(value: &Spanned<DeValue<'_>>, source: u32) -> Node {
    let content = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(written) => match i64::from_str_radix(written.as_str(), written.radix()) {
            Ok(number) => Value::Whole(number),
            Err(_) => Value::Number(written.as_str().parse().unwrap_or(f64::INFINITY)),
        },
        DeValue::Float(written) => Value::Number(written.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(truth) => Value::Truth(*truth),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(item, source)).collect()),
        DeValue::Table(entries) => table(entries, source),
    };
    Node { span: span(&value.span(), source), value: content }
}

fn table(entries: &DeTable<'_>, source: u32) -> Value {
    let mut entries: Vec<Entry> = entries
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: span(&key.span(), source),
            node: node(value, source),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    Value::Table(entries)
}

fn span(range: &std::ops::Range<usize>, source: u32) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { source, start: offset(range.start), end: offset(range.end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_places() {
        let text = "[b]\nx = 1\n[a]\ny = [\"p\", 2.5]\n";
        let (document, errors) = DeTable::parse_recoverable(text);
        assert!(errors.is_empty());
        let root = Node::of_document(&document, 0);
        let keys: Vec<&str> = root.entries().unwrap_or(&[]).iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, ["b", "a"]);
        let list = &root.entry("a").and_then(|a| a.node.entry("y")).expect("y").node;
        let Value::List(items) = &list.value else { panic!("{list:?}") };
        let Span { start, end, .. } = items[1].span;
        assert_eq!(&text[start as usize..end as usize], "2.5");
        assert_eq!(items[0].describe(), "the text \"p\"");
    }
}
