//! What each kind of figure is made of, as recorded in tests/fixtures/plots.txt: elements and words, without numbers, which
//! may change with what is simulated.

use super::picture::{elements, words};
use super::{drawn, small};

const GOLDEN: &str = "tests/fixtures/plots.txt";
const KINDS: [(&str, &str); 7] = [
    ("scatter", ""),
    ("percentiles", "--test busy"),
    ("endpoints", "--test busy"),
    ("timeline", "--test busy"),
    ("time", "--test busy"),
    ("hits", "--test busy"),
    ("system", "--test busy"),
];

/// Words with # for each number; nothing for what is a number only.
fn without_numbers(text: &str) -> Option<String> {
    let mut shown = String::new();
    for c in text.chars() {
        let digit = c.is_ascii_digit() || (matches!(c, '.' | ',') && shown.ends_with('#'));
        match (digit, shown.ends_with('#')) {
            (true, true) => {}
            (true, false) => shown.push('#'),
            (false, _) => shown.push(c),
        }
    }
    shown.chars().any(char::is_alphabetic).then_some(shown)
}

/// A kind, its elements, and its words in order, each once.
fn made_of(kind: &str, svg: &str) -> String {
    let mut lines = vec![format!("== {kind}: {}", elements(svg).join(" "))];
    for text in words(svg).iter().filter_map(|words| without_numbers(&words.text)) {
        if !lines.contains(&text) {
            lines.push(text);
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn every_kind_is_made_of_what_it_was() {
    let folder = small();
    let now: String = KINDS
        .iter()
        .map(|(kind, test)| {
            let command = format!("plot {kind} shop.toml {test} --replications 4 --quiet -o {{}}");
            made_of(kind, &drawn(folder.path(), &command))
        })
        .collect();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    let recorded = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(recorded == now, "{GOLDEN} has something else; if this is meant, write into it:\n{now}");
}

#[test]
fn numbers_are_left_out_and_words_kept() {
    assert_eq!(without_numbers("p95 · 1,234.5 ms"), Some("p# · # ms".into()));
    assert_eq!(without_numbers("1,000"), None);
    assert_eq!(without_numbers("81 %"), None);
}
