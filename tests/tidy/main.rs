//! Style as a test: who imports whom, how long things may be, and words that must not occur.

mod layers;
mod source;
mod texts;

use std::path::{Path, PathBuf};

use source::{Source, is_word, sources};

/// Lines per file, its unit tests included, and per function.
const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;

/// Files that are longer all the same: the present length, which may only shrink.
const LONG_FILES: &[(&str, usize)] = &[];
/// Functions that are longer all the same, as `file:function`: likewise.
const LONG_FUNCTIONS: &[(&str, usize)] = &[];

/// What the engine has never heard of.
const FOREIGN_TO_ENGINE: &[&str] = &["redis", "postgres", "http", "sql", "mongo", "kafka", "nginx"];
/// Words of code that the engine does without: it knows no texts and reads nothing.
const NO_ENGINE_CODE: &[&str] = &["String", "str", "format", "to_string", "parse", "from_str", "SystemTime", "HashMap"];

/// What only the command line may do.
const PRINTING: &[&str] = &["println!", "print!", "eprintln!", "eprint!", "dbg!"];
/// What no input may lead to.
const PANICS: &[&str] = &[".unwrap()", ".expect(", "todo!", "unimplemented!", "unreachable!", "panic!"];
/// Names that say nothing.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc", "manager", "stuff"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder, those of git and of builds left out.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != ".git" && name != "target" {
            walk(&path, files);
        } else if path.is_file() && name != ".git" {
            files.push(path);
        }
    }
}

/// Source of the library, the binary, the tests and the benchmarks.
fn all_sources() -> Vec<Source> {
    ["src", "tests", "benches"].iter().flat_map(|folder| sources(root(), folder)).collect()
}

fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

/// Whether a line of code has this word, and not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let longer_before = word.starts_with(is_word) && line[..at].ends_with(is_word);
        let longer_after = word.ends_with(is_word) && line[at + word.len()..].starts_with(is_word);
        !longer_before && !longer_after
    })
}

/// Lines of product code with one of these words.
fn lines_with(sources: &[Source], words: &[&str], wanted: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| wanted(&source.path)) {
        for (number, line) in source.product_lines() {
            for word in words.iter().filter(|word| has_word(line, word)) {
                found.push(format!("{}:{number}: {word}", source.path.display()));
            }
        }
    }
    found
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent = all_sources().into_iter().filter(|source| !source.text.starts_with("//! "));
    let silent: Vec<String> = silent.map(|source| source.path.display().to_string()).collect();
    assert_none(&silent, "files that do not begin with `//! ` and their duty");
}

/// Holds lengths against their limit; what is longer must stand in the list with its exact length.
fn assert_lengths(lengths: &[(String, usize)], limit: usize, known: &[(&str, usize)]) {
    let mut wrong = Vec::new();
    for (name, length) in lengths {
        match known.iter().find(|(known, _)| known == name) {
            Some((_, was)) if length > was => wrong.push(format!("{name}: {length} lines, grown from {was}")),
            Some((_, was)) if length < was && *length > limit => {
                wrong.push(format!("{name}: shrunk from {was} to {length} lines; lower the figure in this test"));
            }
            Some(_) if *length <= limit => wrong.push(format!("{name}: short enough now; take it off the list")),
            None if *length > limit => wrong.push(format!("{name}: {length} lines")),
            Some(_) | None => {}
        }
    }
    for (name, _) in known.iter().filter(|(name, _)| !lengths.iter().any(|(seen, _)| seen == name)) {
        wrong.push(format!("{name}: no longer there; take it off the list"));
    }
    assert_none(&wrong, &format!("longer than {limit} lines"));
}

#[test]
fn files_are_short() {
    let of = |source: &Source| (source.path.display().to_string(), source.text.lines().count());
    let lengths: Vec<_> = all_sources().iter().map(of).collect();
    assert_lengths(&lengths, FILE_LINES, LONG_FILES);
}

#[test]
fn functions_are_short() {
    let mut lengths = Vec::new();
    for source in all_sources() {
        for (name, _, lines) in source.functions() {
            lengths.push((format!("{}:{name}", source.path.display()), lines));
        }
    }
    // Several functions of a file may have one name: the longest counts.
    lengths.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    lengths.dedup_by(|next, longest| next.0 == longest.0);
    assert!(lengths.len() > 200, "{} functions are too few: the counter is broken", lengths.len());
    assert_lengths(&lengths, FUNCTION_LINES, LONG_FUNCTIONS);
}

#[test]
fn the_engine_knows_mechanisms_only() {
    let sources = sources(root(), "src/engine");
    let mut found = lines_with(&sources, NO_ENGINE_CODE, |_| true);
    for source in &sources {
        for (number, line) in source.text.lines().enumerate() {
            let lower = line.to_lowercase();
            for word in FOREIGN_TO_ENGINE.iter().filter(|word| lower.contains(*word)) {
                found.push(format!("{}:{}: {word}", source.path.display(), number + 1));
            }
        }
    }
    assert_none(&found, "words foreign to the engine");
}

#[test]
fn only_the_command_line_prints() {
    let sources = sources(root(), "src");
    let library = |path: &Path| !path.starts_with("src/cli") && path != Path::new("src/main.rs");
    assert_none(&lines_with(&sources, PRINTING, library), "printing outside src/cli");
}

#[test]
fn nothing_panics_on_purpose() {
    assert_none(&lines_with(&sources(root(), "src"), PANICS, |_| true), "panics outside tests");
}

#[test]
fn nothing_is_unsafe_or_unfinished() {
    assert_none(&lines_with(&all_sources(), &["unsafe"], |_| true), "unsafe code");
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut found = Vec::new();
    for source in all_sources() {
        for (number, line) in
            source.text.lines().enumerate().filter(|(_, line)| marks.iter().any(|m| has_word(line, m)))
        {
            found.push(format!("{}:{}: {}", source.path.display(), number + 1, line.trim()));
        }
    }
    assert_none(&found, "unfinished work");
}

#[test]
fn names_of_files_say_something() {
    let mut files = Vec::new();
    ["src", "tests", "benches"].iter().for_each(|folder| walk(&root().join(folder), &mut files));
    let empty = |path: &PathBuf| {
        let words = path.strip_prefix(root()).unwrap_or(path).to_string_lossy().to_lowercase();
        words.split(|c: char| !c.is_alphanumeric()).any(|word| EMPTY_NAMES.contains(&word))
    };
    let found: Vec<String> = files.iter().filter(|path| empty(path)).map(|path| path.display().to_string()).collect();
    assert_none(&found, "names that say nothing");
}
