//! Problems with what people wrote, and how they are shown.
//!
//! A reader collects every problem it finds and hands all of them over at once: fixing a file one
//! error per run is a waste of an afternoon. A problem knows its place as exactly as its reader
//! does: a stretch of a text, a line of a table, or only the file. Problems never stop a program by
//! themselves; deciding that is the caller's business.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// Problems printed in full; a file of a wholly different kind may have thousands.
const MOST_PRINTED: usize = 50;
/// Longest text from a file that is quoted in a message, in characters.
const LONGEST_QUOTE: usize = 60;

/// A text that was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// For people: the path of a file as given, or `--set`.
    pub name: String,
    pub text: Arc<str>,
    /// Where in the reader's mind this text applies: `[variant.pool50].set`, `--set a.b=c`.
    pub context: Option<String>,
    /// Problems are sorted by this first: the file itself is 0.
    pub rank: usize,
}

/// Where a problem is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file or argument as a whole.
    Whole { name: String },
    /// A line of a file, from 1; the column, from 1, counts characters or fields as the reader says.
    Line { name: String, line: u64, column: Option<u64> },
    /// A stretch of bytes of a text.
    Span { source: Arc<Source>, range: Range<usize> },
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    /// What was found, and why it cannot be.
    pub what: String,
    /// What would be right.
    pub hint: Option<String>,
}

/// At least one problem, in the order of their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problem {
    /// A problem of a whole file.
    #[must_use]
    pub fn whole(name: impl Into<String>, what: impl Into<String>) -> Problem {
        Problem { place: Place::Whole { name: name.into() }, what: what.into(), hint: None }
    }

    /// A problem of a line of a file.
    #[must_use]
    pub fn line(name: impl Into<String>, line: u64, column: Option<u64>, what: impl Into<String>) -> Problem {
        Problem { place: Place::Line { name: name.into(), line, column }, what: what.into(), hint: None }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// As a block with the line it is about and a caret, as compilers do.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let title = Level::ERROR.primary_title(self.what.as_str());
        let mut group = match &self.place {
            Place::Whole { name } => title.element(Origin::path(name.as_str())),
            Place::Line { name, line, column } => {
                let origin = Origin::path(name.as_str()).line(usize::try_from(*line).unwrap_or(usize::MAX));
                title.element(match column {
                    Some(column) => origin.char_column(usize::try_from(*column).unwrap_or(usize::MAX)),
                    None => origin,
                })
            }
            Place::Span { source, range } => title.element(snippet(source, range)),
        };
        group = with_message(group, Level::HELP, self.hint.as_deref());
        group = with_message(group, Level::NOTE, self.context().map(|context| format!("in {context}")).as_deref());
        renderer.render(&[group])
    }

    fn context(&self) -> Option<&str> {
        match &self.place {
            Place::Span { source, .. } => source.context.as_deref(),
            Place::Whole { .. } | Place::Line { .. } => None,
        }
    }

    fn order(&self) -> (usize, &str, u64, u64) {
        match &self.place {
            Place::Whole { name } => (0, name, 0, 0),
            Place::Line { name, line, column } => (0, name, *line, column.unwrap_or(0)),
            Place::Span { source, range } => (source.rank, &source.name, range.start as u64, range.end as u64),
        }
    }
}

/// On one line: `shop.toml:12:1: what; hint (in context)`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Whole { name } => write!(f, "{name}: ")?,
            Place::Line { name, line, column: None } => write!(f, "{name}:{line}: ")?,
            Place::Line { name, line, column: Some(column) } => write!(f, "{name}:{line}:{column}: ")?,
            Place::Span { source, range } => {
                let (line, column) = position(&source.text, range.start);
                write!(f, "{}:{line}:{column}: ", source.name)?;
            }
        }
        write!(f, "{}", self.what)?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        match self.context() {
            Some(context) => write!(f, " (in {context})"),
            None => Ok(()),
        }
    }
}

impl Problems {
    /// Sorted by place, the same problem only once; `None` if there is none.
    #[must_use]
    pub fn of(mut found: Vec<Problem>) -> Option<Problems> {
        found.sort_by(|a, b| a.order().cmp(&b.order()));
        found.dedup();
        if found.is_empty() { None } else { Some(Problems(found)) }
    }

    /// A list of one.
    #[must_use]
    pub fn one(problem: Problem) -> Problems {
        Problems(vec![problem])
    }

    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// At least 1.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The first 50 as blocks, and how many more there are.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let shown: Vec<String> = self.0.iter().take(MOST_PRINTED).map(|problem| problem.render(colour)).collect();
        let mut text = shown.join("\n\n");
        text.push('\n');
        if let Some(more) = self.count().checked_sub(MOST_PRINTED).filter(|more| *more > 0) {
            text.push_str(&format!("\nand {more} more {}\n", if more == 1 { "problem" } else { "problems" }));
        }
        text
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Problems {
        Problems(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// Text from a file, for a message: in quotation marks, shortened, control characters escaped.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST_QUOTE).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    let escaped: String =
        shown.chars().flat_map(|c| if c.is_control() { c.escape_debug().collect() } else { vec![c] }).collect();
    format!("\"{escaped}\"")
}

/// The name nearest to `written`, if it is near enough to be meant: case, `-` and `_` count for
/// nothing, else one slip in three letters.
#[must_use]
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Damerau-Levenshtein takes time and memory by the product of the lengths.
    const LONGEST_NAME: usize = 100;
    let plain = |name: &str| name.replace(['-', '_'], "").to_lowercase();
    let wanted = plain(written);
    if wanted.len() > LONGEST_NAME {
        return None;
    }
    names
        .into_iter()
        .filter(|name| name.len() <= LONGEST_NAME)
        .map(|name| (strsim::damerau_levenshtein(&wanted, &plain(name)), name))
        .filter(|(distance, name)| *distance <= (name.len().min(wanted.len()) / 3).max(1) && *distance < wanted.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// A word as it stands behind a number: "1 point", "2 points".
///
/// ```
/// # use plimsoll::problem::plural;
/// assert_eq!([plural(0, "point"), plural(1, "point"), plural(2, "point")], ["points", "point", "points"]);
/// ```
#[must_use]
pub fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// "did you mean …?", or what there is.
#[must_use]
pub fn suggest<'a>(written: &str, what: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST_LISTED: usize = 24;
    // "the only runtime", not "the only a runtime".
    let thing = what.strip_prefix("a ").or(what.strip_prefix("an ")).unwrap_or(what);
    let names: Vec<&str> = names.into_iter().collect();
    if let Some(name) = nearest(written, names.iter().copied()) {
        return format!("did you mean {}?", quoted(name));
    }
    let mut listed: Vec<String> = names.iter().take(MOST_LISTED).map(|name| quoted(name)).collect();
    if names.len() > MOST_LISTED {
        listed.push(format!("and {} more", names.len() - MOST_LISTED));
    }
    match listed.len() {
        0 => format!("there is no {thing}"),
        1 => format!("the only {thing} is {}", listed[0]),
        _ => format!("valid: {}", listed.join(", ")),
    }
}

fn with_message<'a>(group: Group<'a>, level: Level<'a>, text: Option<&str>) -> Group<'a> {
    match text {
        Some(text) => group.element(level.message(text.to_owned())),
        None => group,
    }
}

/// Only the lines concerned are handed to the renderer: it looks at all it gets, for each problem.
fn snippet<'a>(source: &'a Source, range: &Range<usize>) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text: &str = &source.text;
    let start = floor_boundary(text, range.start);
    let first = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    // A span over many lines is shown by its first: the caret says where to look.
    let last = text[start..].find('\n').map_or(text.len(), |length| start + length);
    let end = floor_boundary(text, range.end).clamp(start, last);
    let (line, _) = position(text, start);
    Snippet::source(&text[first..last])
        .path(source.name.as_str())
        .line_start(line)
        .annotation(AnnotationKind::Primary.span(start - first..end - first))
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Line and column, in characters, both from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..floor_boundary(text, at)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Arc<Source> {
        Arc::new(Source { name: "shop.toml".to_owned(), text: text.into(), context: None, rank: 0 })
    }

    fn at(text: &str, range: Range<usize>) -> Problem {
        Problem { place: Place::Span { source: source(text), range }, what: "bad".to_owned(), hint: None }
    }

    #[test]
    fn a_span_is_shown_with_line_and_caret() {
        let problem = at("[a]\nä = 1GB\n", 9..12).with_hint("write \"1s\"");
        assert_eq!(problem.to_string(), "shop.toml:2:5: bad; write \"1s\"");
        let block = problem.render(false);
        assert!(block.contains("--> shop.toml:2:5") && block.contains("2 | ä = 1GB"), "{block}");
        assert!(block.contains("  |     ^^^") && block.contains("help: write \"1s\""), "{block}");
        assert!(problem.render(true).contains('\u{1b}') && !block.contains('\u{1b}'));
    }

    #[test]
    fn places_without_text() {
        assert_eq!(Problem::whole("x.toml", "is a directory").to_string(), "x.toml: is a directory");
        let line = Problem::line("x.csv", 7, Some(3), "no number");
        assert_eq!(line.to_string(), "x.csv:7:3: no number");
        assert!(line.render(false).contains("--> x.csv:7:3"));
    }

    #[test]
    fn any_span_renders() {
        let text = "a = \"ü\"\nb\r\n";
        for start in 0..text.len() + 3 {
            for end in start..text.len() + 3 {
                assert!(at(text, start..end).render(false).contains("bad"));
            }
        }
        assert!(at("", 0..0).render(false).contains("shop.toml"));
    }

    #[test]
    fn sorted_once_each_and_capped() {
        let text: String = "x".repeat(60);
        let mut found: Vec<Problem> = (0..60).rev().map(|start| at(&text, start..start + 1)).collect();
        found.push(at(&text, 0..1));
        let problems = Problems::of(found).expect("sixty");
        assert_eq!(problems.count(), 60);
        assert!(problems.iter().next().is_some_and(|first| first.to_string().starts_with("shop.toml:1:1:")));
        assert!(problems.render(false).ends_with("\nand 10 more problems\n"));
        assert_eq!(Problems::of(Vec::new()), None);
    }

    #[test]
    fn nearest_spelling() {
        let keys = ["max", "min", "startVUs", "acquire_timeout"];
        assert_eq!(nearest("start_vus", keys), Some("startVUs"));
        assert_eq!(nearest("acquireTimeot", keys), Some("acquire_timeout"));
        assert_eq!(nearest("maxx", keys), Some("max"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("x", keys), None);
        assert_eq!(suggest("mian", "pool", ["main"]), "did you mean \"main\"?");
        assert_eq!(suggest("zz", "pool", ["main"]), "the only pool is \"main\"");
        assert_eq!(suggest("zz", "pool", []), "there is no pool");
    }

    #[test]
    fn quotes_are_short_and_harmless() {
        assert_eq!(quoted("a\u{1b}[2J"), "\"a\\u{1b}[2J\"");
        assert_eq!(quoted(&"ü".repeat(99)).chars().count(), LONGEST_QUOTE + 3);
    }
}
