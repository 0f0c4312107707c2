//! Changes to what was written: `--set pool.main.max=50`, and the `set` tables of variants and tests.
//!
//! A change is made to the tree before it is read, so a changed value is checked like any other. A
//! key that does not exist yet is made; whether it may exist is decided by reading. Beside other names
//! none is made on the way: `pool.mian.max` is a slip, and not a new pool. A further pool is set as a
//! whole; where there is none of a kind yet, its keys may be set one by one.

use toml::de::DeValue;

use super::node::{Entry, Node, Span, Value};
use super::reader::Finding;
use crate::problem::{quoted, suggest};

/// Tables whose keys are names given by the writer.
const COLLECTIONS: &[&str] = &[
    "host",
    "tier",
    "database",
    "cache",
    "lock",
    "pooler",
    "pool",
    "api",
    "limit",
    "queue",
    "endpoint",
    "iteration",
    "test",
    "variant",
];
/// The one such table further down.
const SCENARIOS: &str = "scenarios";

/// A tree as deep as a path may be long is still walked by recursion.
const LONGEST_PATH: usize = 100;

/// A value for a path of keys.
#[derive(Clone, Debug)]
pub struct Change {
    pub path: Vec<Step>,
    pub value: Node,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub kind: StepKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    Key(String),
    /// Item of a list, from 0.
    Item(usize),
}

/// The change that `path=value` asks for; its text is `source`.
///
/// # Errors
/// If the path or the value cannot be understood.
pub fn of_argument(text: &str, source: u32) -> Result<Change, Finding> {
    let (path, end) = parse_path(text, source, Some('='))?;
    let written = &text[end + 1..];
    let start = end + 1 + (written.len() - written.trim_start().len());
    let trimmed = written.trim();
    let span = within(source, start, start + trimmed.len());
    if trimmed.is_empty() {
        return Err(finding(span, "there is no value after \"=\"", Some("write path=value".to_owned())));
    }
    let value = match DeValue::parse(trimmed) {
        Ok(value) => Node::of_value(&value, source, start),
        Err(error) if trimmed.starts_with(['[', '{', '"', '\'']) => {
            return Err(finding(span, format!("this is not a TOML value: {}", error.message()), None));
        }
        // Quotation marks are a nuisance in a shell.
        Err(_) => Node { span, value: Value::Text(trimmed.to_owned()) },
    };
    Ok(Change { path, value })
}

/// The changes of a `set` table, or their problems; all that comes from them is attributed to `source`.
#[must_use]
pub fn of_table(set: &Node, source: u32) -> (Vec<Change>, Vec<Finding>) {
    let (mut changes, mut findings) = (Vec::new(), Vec::new());
    for entry in set.entries().unwrap_or(&[]) {
        let span = Span { source, ..entry.key_span };
        match parse_path(&entry.key, source, None) {
            Ok((path, _)) => {
                let path = path.into_iter().map(|step| Step { span, ..step }).collect();
                let mut value = entry.node.clone();
                value.attribute(source);
                changes.push(Change { path, value });
            }
            Err(problem) => {
                let hint = "write the whole path in quotation marks: \"pool.main.max\" = 50".to_owned();
                findings.push(Finding { span, hint: Some(hint), ..problem });
            }
        }
    }
    (changes, findings)
}

/// Makes a change.
///
/// # Errors
/// If the path leads through something that does not exist or has no keys.
pub fn apply(root: &mut Node, change: &Change) -> Result<(), Finding> {
    let Some((last, way)) = change.path.split_last() else { return Ok(()) };
    let mut here = root;
    for (index, step) in way.iter().enumerate() {
        here = enter(here, step, &change.path[..index])?;
    }
    match &last.kind {
        StepKind::Key(key) => {
            let entries = table_of(here, last, way)?;
            match entries.iter_mut().find(|entry| entry.key == *key) {
                Some(entry) => entry.node = change.value.clone(),
                None => entries.push(Entry { key: key.clone(), key_span: last.span, node: change.value.clone() }),
            }
        }
        StepKind::Item(_) => *enter(here, last, way)? = change.value.clone(),
    }
    Ok(())
}

/// The node one step further; a table is made where one may be.
fn enter<'a>(here: &'a mut Node, step: &Step, way: &[Step]) -> Result<&'a mut Node, Finding> {
    match &step.kind {
        StepKind::Key(key) => {
            let entries = table_of(here, step, way)?;
            let position = match entries.iter().position(|entry| entry.key == *key) {
                Some(position) => position,
                None => {
                    if let Some(collection) = collection(way).filter(|_| way.len() > 1 || !entries.is_empty()) {
                        let names = entries.iter().map(|entry| entry.key.as_str());
                        let hint = suggest(key, collection, names);
                        return Err(finding(step.span, format!("no {collection} {}", quoted(key)), Some(hint)));
                    }
                    let node = Node { span: step.span, value: Value::Table(Vec::new()) };
                    entries.push(Entry { key: key.clone(), key_span: step.span, node });
                    entries.len() - 1
                }
            };
            Ok(&mut entries[position].node)
        }
        StepKind::Item(index) => {
            let described = here.describe();
            let Value::List(items) = &mut here.value else {
                let what = format!("{} is {described}, and no list", name(way));
                return Err(finding(step.span, what, None));
            };
            let count = items.len();
            items.get_mut(*index).ok_or_else(|| {
                let items = if count == 1 { "item" } else { "items" };
                let what = format!("{} has {count} {items}, so there is no [{index}]", name(way));
                finding(step.span, what, Some("items count from 0".to_owned()))
            })
        }
    }
}

fn table_of<'a>(here: &'a mut Node, step: &Step, way: &[Step]) -> Result<&'a mut Vec<Entry>, Finding> {
    let described = here.describe();
    match &mut here.value {
        Value::Table(entries) => Ok(entries),
        _ => {
            let what = format!("{} is {described}, and has no keys", name(way));
            Err(finding(step.span, what, Some("set it as a whole".to_owned())))
        }
    }
}

/// What the keys of the table at the end of this way name, if they are names.
fn collection(way: &[Step]) -> Option<&'static str> {
    let StepKind::Key(last) = &way.last()?.kind else { return None };
    match way.len() {
        1 => COLLECTIONS.iter().copied().find(|collection| collection == last),
        3 if last == SCENARIOS => Some("scenario"),
        _ => None,
    }
}

fn name(way: &[Step]) -> String {
    match way.last().map(|step| &step.kind) {
        Some(StepKind::Key(key)) => quoted(key),
        Some(StepKind::Item(index)) => format!("[{index}]"),
        None => "the file".to_owned(),
    }
}

/// The steps of a path, and where it ends: at `end`, or at the end of the text.
pub(super) fn parse_path(text: &str, source: u32, end: Option<char>) -> Result<(Vec<Step>, usize), Finding> {
    let whole = within(source, 0, text.len());
    let example = || Some("a path is written like pool.main.max or endpoint.\"GET /\".steps[0].cpu".to_owned());
    let mut path = Vec::new();
    let mut at = 0;
    loop {
        let step = parse_step(text, at, path.is_empty(), source)
            .ok_or_else(|| finding(whole, format!("{} is not a path of keys", quoted(text)), example()))?;
        at = step.1;
        path.push(step.0);
        if path.len() > LONGEST_PATH {
            return Err(finding(whole, format!("this path has more than {LONGEST_PATH} steps"), None));
        }
        let next = text[at..].trim_start();
        if next.is_empty() || next.starts_with(|c| Some(c) == end) {
            at = text.len() - next.len();
            break;
        }
    }
    if let Some(end) = end.filter(|_| at == text.len()) {
        return Err(finding(whole, format!("there is no \"{end}\""), Some("write path=value".to_owned())));
    }
    if path.len() < 2 {
        return Err(finding(whole, format!("{} is a whole part of the model", quoted(text[..at].trim())), example()));
    }
    Ok((path, at))
}

/// The step at `at`: `[3]`, `.bare` or `."quoted"`, the first without its dot; and where it ends.
fn parse_step(text: &str, at: usize, first: bool, source: u32) -> Option<(Step, usize)> {
    let rest = &text[at..];
    if !first && rest.starts_with('[') {
        let close = at + rest.find(']')?;
        let index = text[at + 1..close].trim().parse().ok()?;
        return Some((Step { kind: StepKind::Item(index), span: within(source, at, close + 1) }, close + 1));
    }
    let dotted = if first { rest } else { rest.strip_prefix('.')? };
    let start = text.len() - dotted.trim_start().len();
    let key = &text[start..];
    let (key, end) = match key.chars().next()? {
        quote @ ('"' | '\'') => {
            let length = key[1..].find(quote)?;
            (&key[1..=length], start + length + 2)
        }
        _ => {
            let bare = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            let length = key.find(|c| !bare(c)).unwrap_or(key.len());
            (&key[..length], start + length)
        }
    };
    (end > start).then(|| (Step { kind: StepKind::Key(key.to_owned()), span: within(source, start, end) }, end))
}

fn within(source: u32, start: usize, end: usize) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { source, start: offset(start), end: offset(end) }
}

fn finding(span: Span, what: impl Into<String>, hint: Option<String>) -> Finding {
    Finding { span, what: what.into(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Node {
        let text = "[pool.main]\nmax = 20\n[endpoint.\"GET /x=1\"]\nsteps = [{ cpu = \"2ms\" }]\n[test.a]\nvus = 1\n";
        super::super::text::parse(text, 0).expect("TOML")
    }

    fn set(text: &str) -> Result<Node, String> {
        let mut root = root();
        let change = of_argument(text, 1).map_err(|problem| problem.what)?;
        apply(&mut root, &change)
            .map_err(|problem| format!("{}; {}", problem.what, problem.hint.unwrap_or_default()))?;
        Ok(root)
    }

    fn text_at(root: &Node, path: &[&str]) -> String {
        path.iter().fold(root, |node, key| &node.entry(key).expect("a key").node).describe()
    }

    #[test]
    fn values_are_toml_or_text() {
        for (argument, path, value) in [
            ("pool.main.max=50", ["pool", "main", "max"], "the number 50"),
            ("pool.main.acquire_timeout = 30s", ["pool", "main", "acquire_timeout"], "the text \"30s\""),
            ("test.a.think=\"1s\"", ["test", "a", "think"], "the text \"1s\""),
            ("test.'a'.stages=[]", ["test", "a", "stages"], "a list"),
            ("system.sub.name=x=y", ["system", "sub", "name"], "the text \"x=y\""),
        ] {
            assert_eq!(text_at(&set(argument).expect(argument), &path), value, "{argument}");
        }
    }

    #[test]
    fn quoted_keys_and_items() {
        let root = set("endpoint.\"GET /x=1\".steps[0].cpu=3ms").expect("set");
        let Value::List(steps) = &root
            .entry("endpoint")
            .expect("e")
            .node
            .entry("GET /x=1")
            .expect("x")
            .node
            .entry("steps")
            .expect("s")
            .node
            .value
        else {
            panic!("no list")
        };
        assert_eq!(text_at(&steps[0], &["cpu"]), "the text \"3ms\"");
        // The caret of a later problem points into the argument.
        assert_eq!(steps[0].entry("cpu").expect("cpu").node.span, Span { source: 1, start: 33, end: 36 });
    }

    #[test]
    fn a_part_is_added_as_a_whole_and_the_first_of_its_kind_key_by_key() {
        let root = set("pool.other={ max = 5, order = \"lifo\" }").expect("set");
        assert_eq!(text_at(&root, &["pool", "other", "order"]), "the text \"lifo\"");
        let mut root = set("pooler.bouncer.mode=transaction").expect("set");
        let second = of_argument("pooler.bouncer.default_pool_size=10", 1).expect("understood");
        assert!(apply(&mut root, &second).is_ok());
        assert_eq!(text_at(&root, &["pooler", "bouncer", "default_pool_size"]), "the number 10");
        let slip = of_argument("pooler.bouncr.default_pool_size=10", 1).expect("understood");
        assert_eq!(apply(&mut root, &slip).expect_err("a slip").what, "no pooler \"bouncr\"");
    }

    #[test]
    fn slips_are_told() {
        for (argument, problem) in [
            ("pool.mian.max=5", "no pool \"mian\"; did you mean \"main\"?"),
            ("test.a.scenarios.b.vus=5", "no scenario \"b\"; there is no scenario"),
            ("pool.main.max.x=5", "\"max\" is the number 20, and has no keys; set it as a whole"),
            ("endpoint.\"GET /x=1\".steps[1].cpu=5", "\"steps\" has 1 item, so there is no [1]; items count from 0"),
            ("pool.main[0]=5", "\"main\" is a table, and no list; "),
            ("pool.main.max", "there is no \"=\""),
            ("pool.main.max=", "there is no value after \"=\""),
            ("pool.main.max=[1", "this is not a TOML value: unclosed array, expected `]`"),
            ("pool=5", "\"pool\" is a whole part of the model"),
            ("=5", "\"=5\" is not a path of keys"),
            ("pool..max=5", "\"pool..max=5\" is not a path of keys"),
            ("pool.main.max[-1]=5", "\"pool.main.max[-1]=5\" is not a path of keys"),
        ] {
            assert_eq!(set(argument).expect_err(argument), problem);
        }
    }
}
