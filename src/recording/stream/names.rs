//! Names of endpoints, and how they are folded where a file has too many.
//!
//! Load tools name a request by its URL unless told otherwise, and URLs have numbers of things in them. A file with
//! more names than anyone would read, or than fit in memory, is read again with such parts replaced by `{id}`, and if
//! that is not enough without names.

use std::borrow::Cow;

/// Most names of endpoints, and of reasons for failing, that a file may have.
pub const MOST_NAMES: usize = 500;

/// How much of a name is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Fold {
    /// As written.
    #[default]
    Nothing,
    /// Without the query, and with numbers and long hexadecimal parts of the path replaced by `{id}`.
    Ids,
    /// One name for all.
    Everything,
}

impl Fold {
    pub fn next(self) -> Option<Fold> {
        match self {
            Fold::Nothing => Some(Fold::Ids),
            Fold::Ids => Some(Fold::Everything),
            Fold::Everything => None,
        }
    }

    /// What is said of it.
    pub fn notes(self) -> Vec<String> {
        match self {
            Fold::Nothing => Vec::new(),
            Fold::Ids => vec![format!(
                "more than {MOST_NAMES} names of endpoints or reasons for failing: queries are cut off and numbers in paths are {{id}}"
            )],
            Fold::Everything => vec![format!(
                "more than {MOST_NAMES} names of endpoints even without numbers: all requests are one endpoint, `*`"
            )],
        }
    }

    pub fn apply(self, name: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Fold::Nothing => Cow::Borrowed(name),
            Fold::Ids => Cow::Owned(without_ids(name)),
            Fold::Everything => Cow::Borrowed(b"*"),
        }
    }
}

/// The path of a URL without what differs from request to request: query and numbers.
pub fn without_ids(name: &[u8]) -> Vec<u8> {
    let end = name.iter().position(|byte| b"?#;".contains(byte)).unwrap_or(name.len());
    let mut folded = Vec::with_capacity(end);
    for (index, part) in name[..end].split(|byte| *byte == b'/').enumerate() {
        if index > 0 {
            folded.push(b'/');
        }
        // The host and its port stay, as does the word before the path.
        folded.extend_from_slice(if index > 0 && is_id(part) { b"{id}" } else { part });
    }
    folded
}

/// A number, or eight or more hexadecimal digits and dashes with a number among them.
fn is_id(part: &[u8]) -> bool {
    let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
    let hex = part.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    digits > 0 && (digits == part.len() || hex && part.len() >= 8)
}

/// A reason without addresses, ports and the like: numbers of four digits or more become `#`.
pub fn without_numbers(why: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(why.len());
    for run in why.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        let number = run.len() >= 4 && run[0].is_ascii_digit();
        folded.extend_from_slice(if number { b"#" } else { run });
    }
    folded
}

/// A name as a scope: text on one line, without blanks at its ends.
pub fn as_scope(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    if words.is_empty() { "(unnamed)".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_folded_and_words_stay() {
        for (name, folded) in [
            ("/users/12", "/users/{id}"),
            ("/users/12?page=3", "/users/{id}"),
            ("GET /a/0f8fad5b-d9cb-469f-a165-70867728950e/b", "GET /a/{id}/b"),
            ("http://127.0.0.1:8080/v1/items/7/", "http://127.0.0.1:8080/v1/items/{id}/"),
            ("/facade/decade", "/facade/decade"),
            ("list", "list"),
        ] {
            assert_eq!(String::from_utf8_lossy(&without_ids(name.as_bytes())), folded);
        }
        assert_eq!(&*Fold::Everything.apply(b"x"), b"*");
    }

    #[test]
    fn reasons_lose_their_ports_and_keep_their_status() {
        assert_eq!(without_numbers(b"status 503"), b"status 503");
        assert_eq!(without_numbers(b"read tcp 10.0.0.1:54321: reset"), b"read tcp 10.0.0.1:#: reset");
    }

    #[test]
    fn scopes_are_on_one_line() {
        assert_eq!(as_scope(b" a\n\tb\xff "), "a b\u{fffd}");
        assert_eq!(as_scope(b"  "), "(unnamed)");
    }
}
