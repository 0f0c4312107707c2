//! Values of a model file replaced in its text: all else, comments and order included, stays as it is.

use std::ops::Range;

/// What begins the part of a comment that a rewriting adds, so that the next one replaces it.
const MARK: &str = "fit: ";
const BETWEEN: &str = " · ";

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the value, within one line.
    pub span: Range<usize>,
    /// As TOML.
    pub value: String,
    /// One line.
    pub comment: String,
}

/// The text with the values replaced and their comments behind them, after those that are there. Spans that overlap or
/// lie outside are left out. Whether the result means what it should is for the caller to check.
#[must_use]
pub fn rewritten(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().filter(|edit| text.get(edit.span.clone()).is_some()).collect();
    edits.sort_by_key(|edit| edit.span.start);
    edits.dedup_by(|later, earlier| later.span.start < earlier.span.end);
    let mut out = String::with_capacity(text.len() + 100 * edits.len());
    let (mut at, mut edits) = (0, edits.into_iter().peekable());
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let mut own = Vec::new();
        while let Some(edit) = edits.next_if(|edit| edit.span.start < end) {
            own.push(edit);
        }
        if own.is_empty() {
            out.push_str(line)
        } else {
            out.push_str(&rewritten_line(line, at, &own))
        }
        at = end;
    }
    out
}

fn rewritten_line(line: &str, start: usize, edits: &[&Edit]) -> String {
    let body = line.trim_end_matches(['\r', '\n']);
    let ending = &line[body.len()..];
    let (mut new, mut at) = (String::new(), 0);
    for edit in edits {
        let (from, to) = (edit.span.start - start, edit.span.end - start);
        if let Some(before) = body.get(at..from).filter(|_| to <= body.len()) {
            new.push_str(before);
            new.push_str(&edit.value);
            at = to;
        }
    }
    let rest = body.get(at..).unwrap_or_default();
    let notes: Vec<String> = edits.iter().map(|edit| plain(&edit.comment)).collect();
    let comment = format!("{MARK}{}", notes.join("; "));
    match comment_of(rest) {
        Some(place) => {
            new.push_str(&rest[..place]);
            let kept = kept(&rest[place..]);
            let kept = kept.trim_end();
            new.push_str(&if kept == "#" { format!("# {comment}") } else { format!("{kept}{BETWEEN}{comment}") });
        }
        None => {
            new.push_str(rest.trim_end());
            new.push_str(&format!("   # {comment}"));
        }
    }
    new.push_str(ending);
    new
}

/// A comment without what a rewriting added.
fn kept(comment: &str) -> &str {
    let added = comment.find(&format!("{BETWEEN}{MARK}"));
    let whole = comment.strip_prefix('#').is_some_and(|rest| rest.trim_start().starts_with(MARK));
    if whole { "#" } else { added.map_or(comment, |at| &comment[..at]) }
}

/// Where a comment begins in the rest of a line, which begins outside of strings.
fn comment_of(rest: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (None, '#') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some('"'), '\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(open), c) if c == open && !escaped => quote = None,
            _ => {}
        }
        escaped = false;
    }
    None
}

/// Text that can stand in a comment.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(text: &str, value: &str, new: &str, comment: &str) -> Edit {
        let at = text.find(value).expect("there");
        Edit { span: at..at + value.len(), value: new.to_owned(), comment: comment.to_owned() }
    }

    #[test]
    fn all_but_the_values_stays() {
        let text = "# top\n[a]\nx = \"1ms\"  # old # one\r\nb = { y = 2, s = \"#\", z = 3 } \nend = 1";
        let edits =
            [edit(text, "\"1ms\"", "\"2ms\"", "why"), edit(text, "2,", "5,", "p\nq"), edit(text, "3", "6", "r")];
        let once = rewritten(text, &edits);
        let expected = "# top\n[a]\nx = \"2ms\"  # old # one · fit: why\r\n\
                        b = { y = 5, s = \"#\", z = 6 }   # fit: p q; r\nend = 1";
        assert_eq!(once, expected);
        let again = rewritten(&once, &[edit(&once, "\"2ms\"", "\"3ms\"", "new"), edit(&once, "6", "7", "s")]);
        assert_eq!(
            again,
            expected.replace("\"2ms\"", "\"3ms\"").replace("why", "new").replace("6", "7").replace("p q; r", "s")
        );
    }

    #[test]
    fn a_span_that_is_none_is_left_out() {
        let edit = Edit { span: 5..99, value: String::new(), comment: String::new() };
        assert_eq!(rewritten("a = 1\n", &[edit]), "a = 1\n");
    }
}
