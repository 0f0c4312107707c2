//! Who may import whom: downwards only, and only as this table says.

use std::collections::BTreeSet;
use std::path::Path;

use super::source::{Source, is_word, sources};

/// Parts of the crate from top to bottom, and what each imports. All of it stands below; a part not
/// named here imports nothing of ours. `resolve` is `src/model/resolve*`, apart from the types it makes.
const LAYERS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "serve",
            "present",
            "study",
            "compile",
            "engine",
            "resolve",
            "spec",
            "load",
            "model",
            "recording",
            "catalogue",
            "problem",
            "units",
        ],
    ),
    ("serve", &["study", "load", "resolve", "model", "recording", "catalogue", "problem"]),
    ("present", &["study", "model", "recording"]),
    (
        "study",
        &[
            "statistics",
            "theory",
            "compile",
            "engine",
            "measure",
            "load",
            "model",
            "recording",
            "catalogue",
            "random",
            "problem",
        ],
    ),
    ("statistics", &[]),
    // Of the model only the closed list of causes.
    ("theory", &["recording", "model"]),
    ("compile", &["engine", "load", "model", "distribution"]),
    ("engine", &["measure", "load", "distribution", "random"]),
    ("measure", &[]),
    ("resolve", &["spec", "model", "recording", "catalogue", "units", "problem"]),
    ("spec", &["model", "recording", "units", "problem"]),
    // The schedules of the executors; their types are the model's.
    ("load", &["model", "random"]),
    ("model", &[]),
    ("recording", &["problem"]),
    ("catalogue", &["problem"]),
    ("distribution", &["random"]),
    ("random", &[]),
    ("units", &["problem"]),
    ("problem", &[]),
];

/// What unit tests import besides.
const IN_TESTS: &[(&str, &[&str])] = &[("present", &["recording"]), ("statistics", &["random"])];

/// The part that a file belongs to.
fn part(path: &Path) -> String {
    let mut words = path.iter().skip(1).filter_map(|word| word.to_str());
    let first = words.next().unwrap_or_default().trim_end_matches(".rs");
    let second = words.next().unwrap_or_default().trim_end_matches(".rs");
    if (first, second) == ("model", "resolve") { second.to_owned() } else { first.to_owned() }
}

/// How many modules deep the code of a file stands: 1 for `src/engine/mod.rs`, 2 for `src/engine/heap.rs`.
fn depth(path: &Path) -> usize {
    let stem = path.file_stem().unwrap_or_default();
    let own = usize::from(stem != "mod" && stem != "lib" && stem != "main");
    path.iter().count() - 2 + own
}

/// The parts that a stretch of code names, from `crate::`, `plimsoll::` and `super::` that leads to the root.
fn named_in(code: &str, depth: usize) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    let ways = ["crate::".to_owned(), "plimsoll::".to_owned(), "super::".repeat(depth)];
    for way in ways.iter().filter(|way| !way.is_empty()) {
        for (at, _) in code.match_indices(way.as_str()) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(is_word) || before == Some(':') {
                continue;
            }
            named.extend(heads(&code[at + way.len()..]));
        }
    }
    named
}

/// The first words of what follows a path's `::`: one name, or those of a list in braces.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| text.trim_start().chars().take_while(|c| is_word(*c)).collect::<String>();
    let Some(list) = rest.strip_prefix('{') else { return vec![with_second(rest, &word(rest))] };
    let (mut depth, mut from, mut heads) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' | ',' if depth == 0 => {
                heads.push(with_second(list[from..].trim_start(), &word(&list[from..])));
                from = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

/// `model::resolve` is a part of its own.
fn with_second(rest: &str, first: &str) -> String {
    let resolve = rest.starts_with("model::resolve");
    if resolve { "resolve".to_owned() } else { first.to_owned() }
}

fn edges(source: &Source, tests: bool) -> BTreeSet<String> {
    let lines = source.code.lines().zip(&source.test_lines);
    let wanted = |test: bool| (test || source.test_only) == tests;
    let code: Vec<&str> = lines.filter(|(_, test)| wanted(**test)).map(|(line, _)| line).collect();
    // Tests stand in a module of their own within the file.
    named_in(&code.join("\n"), depth(&source.path) + usize::from(tests && !source.test_only))
}

fn allowed(table: &[(&str, &[&str])], from: &str, to: &str) -> bool {
    from == to || table.iter().any(|(part, imports)| *part == from && imports.contains(&to))
}

#[test]
fn imports_point_downwards_as_the_table_says() {
    let mut wrong = Vec::new();
    for source in sources(super::root(), "src").iter().filter(|source| source.path != Path::new("src/lib.rs")) {
        let from = part(&source.path);
        for to in edges(source, false).iter().filter(|to| !allowed(LAYERS, &from, to)) {
            wrong.push(format!("{}: {from} imports {to}", source.path.display()));
        }
        for to in edges(source, true).iter().filter(|to| !allowed(LAYERS, &from, to) && !allowed(IN_TESTS, &from, to)) {
            wrong.push(format!("{}: a test of {from} imports {to}", source.path.display()));
        }
    }
    super::assert_none(&wrong, "imports that the table of layers does not have");
}

#[test]
fn the_table_is_in_order_and_complete() {
    let place = |part: &str| LAYERS.iter().position(|(name, _)| *name == part);
    for (index, (part, imports)) in LAYERS.iter().enumerate() {
        for import in *imports {
            assert!(place(import).is_some_and(|below| below > index), "{part} imports {import}, which is not below it");
        }
    }
    for source in sources(super::root(), "src") {
        let part = part(&source.path);
        assert!(part == "lib" || place(&part).is_some(), "{part} has no layer");
    }
}

#[test]
fn imports_are_found_in_all_their_forms() {
    let code = "use crate::{a::{x, y}, b};\nuse crate::c::D;\nuse super::super::d::E;\nuse super::f;\nlet x = crate::model::resolve::y();";
    let named = named_in(code, 2);
    assert_eq!(named.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "b", "c", "d", "resolve"]);
}
