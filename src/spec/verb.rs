//! Finding the word that decides what a table or a value is.

use super::node::{Node, Value};
use super::reader::Reader;
use crate::problem::{nearest, quoted, suggest};

/// Tables with verbs may nest this deep, in keys and list items: 32 steps of a `parallel`, which
/// takes three levels each.
const DEEPEST: usize = 100;

/// The first of `verbs` among the keys of a table; `None`, and a problem, if there is none.
pub fn find(node: &Node, what: &str, verbs: &[&'static str], reader: &mut Reader) -> Option<&'static str> {
    let Some(entries) = node.entries() else {
        reader.unfit(node, &format!("{what} (a table)"));
        return None;
    };
    if reader.depth() > DEEPEST {
        reader.problem(node.span, format!("{what} is nested too deep"), None);
        return None;
    }
    if let Some(verb) = verbs.iter().find(|verb| node.entry(verb).is_some()) {
        return Some(verb);
    }
    let slip = entries.iter().find_map(|entry| Some((entry, nearest(&entry.key, verbs.iter().copied())?)));
    match slip {
        Some((entry, verb)) => {
            let hint = format!("did you mean {}?", quoted(verb));
            reader.problem(entry.key_span, format!("unknown key {} in {what}", quoted(&entry.key)), Some(hint));
        }
        None => {
            let hint = suggest("", "key", verbs.iter().copied());
            reader.problem(node.span, format!("{what} needs a key that says what it does"), Some(hint));
        }
    }
    None
}

/// The one of `words` that is written here; `None`, and a problem, if it is none of them.
pub fn word(node: &Node, what: &str, words: &[&'static str], reader: &mut Reader) -> Option<&'static str> {
    let Value::Text(text) = &node.value else {
        let listed: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        reader.unfit(node, &format!("{what} ({})", listed.join(", ")));
        return None;
    };
    let found = words.iter().copied().find(|word| word == text);
    if found.is_none() {
        let hint = suggest(text, what, words.iter().copied());
        reader.problem(node.span, format!("{} is not {what}", quoted(text)), Some(hint));
    }
    found
}
