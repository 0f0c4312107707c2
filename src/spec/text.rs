//! The texts that are read: from a file to a tree of nodes, or to all syntax errors at once.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use toml::de::DeTable;

use super::node::{Node, Span};
use super::reader::Finding;
use crate::problem::{Place, Problem, Source};

/// A model is written by people; a larger file is something else.
pub const LARGEST_FILE: u64 = 16 * 1024 * 1024;

/// All texts that spans point into: the file first, then those of `--set` and variants.
#[derive(Debug, Default)]
pub struct Texts(Vec<Arc<Source>>);

impl Texts {
    /// Takes a text in; spans into it carry the returned number.
    pub fn add(&mut self, name: &str, text: Arc<str>, context: Option<String>) -> u32 {
        let rank = self.0.len();
        self.0.push(Arc::new(Source { name: name.to_owned(), text, context, rank }));
        u32::try_from(rank).unwrap_or(u32::MAX)
    }

    /// The problem with its place in words.
    #[must_use]
    pub fn problem(&self, finding: Finding) -> Problem {
        let Span { source, start, end } = finding.span;
        let place = match self.0.get(source as usize) {
            Some(source) => Place::Span { source: Arc::clone(source), range: start as usize..end as usize },
            None => Place::Whole { name: "model".to_owned() },
        };
        Problem { place, what: finding.what, hint: finding.hint }
    }
}

/// The text of a file.
///
/// # Errors
/// If it is missing, a directory, unreadable, too large or not UTF-8.
pub fn read_file(path: &Path) -> Result<String, Problem> {
    let name = path.display().to_string();
    if path.is_dir() {
        return Err(Problem::whole(name, "is a directory, and a file is needed"));
    }
    let mut bytes = Vec::new();
    // One byte more than allowed: devices and pipes do not tell their size.
    let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        let what = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => format!("cannot be read: {error}"),
        };
        return Err(Problem::whole(name, what));
    }
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Problem::whole(name, format!("is larger than {} MiB", LARGEST_FILE >> 20)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        Problem::line(name, line, None, "this is not UTF-8 text").with_hint("save the file with the encoding UTF-8")
    })
}

/// The tree of a document whose text is `source`.
///
/// # Errors
/// All syntax errors; or that there is nothing in it.
pub fn parse(text: &str, source: u32) -> Result<Node, Vec<Finding>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let findings = errors.iter().map(|error| {
            let range = error.span().unwrap_or(0..0);
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let span = Span { source, start: offset(range.start), end: offset(range.end) };
            Finding { span, what: format!("this is not TOML: {}", error.message()), hint: None }
        });
        return Err(findings.collect());
    }
    if document.get_ref().is_empty() {
        let hint = "`plimsoll init` writes a model to start from".to_owned();
        let span = Span { source, start: 0, end: 0 };
        return Err(vec![Finding { span, what: "the file is empty".to_owned(), hint: Some(hint) }]);
    }
    Ok(Node::of_document(&document, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_syntax_errors_at_once() {
        let findings = parse("a = \nb = 1\nc = [1\n", 0).expect_err("two errors");
        assert!(findings.len() >= 2, "{findings:?}");
        assert!(findings.iter().any(|finding| finding.span.start == 4), "{findings:?}");
    }

    #[test]
    fn nothing_and_only_comments_are_empty() {
        for text in ["", " \n", "# nothing\n"] {
            assert_eq!(parse(text, 0).expect_err("empty")[0].what, "the file is empty");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_error() {
        assert!(parse("\u{feff}a = 1\n", 0).is_ok());
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_crash() {
        assert!(parse(&format!("a = {}", "[".repeat(100_000)), 0).is_err());
        let dotted = format!("{}a = 1", "a.".repeat(100_000));
        drop(parse(&dotted, 0));
    }

    #[test]
    fn files_that_are_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let message = |path: &Path| read_file(path).expect_err("unreadable").what;
        assert_eq!(message(folder.path()), "is a directory, and a file is needed");
        assert_eq!(message(&folder.path().join("x")), "there is no such file");
        let latin = folder.path().join("latin.toml");
        std::fs::write(&latin, b"a = 1\nb = \"\xfc\"\n").expect("written");
        assert!(read_file(&latin).expect_err("not UTF-8").to_string().contains("latin.toml:2: this is not UTF-8"));
        let large = folder.path().join("large.toml");
        std::fs::File::create(&large).and_then(|file| file.set_len(LARGEST_FILE + 1)).expect("written");
        assert_eq!(message(&large), "is larger than 16 MiB");
    }
}
