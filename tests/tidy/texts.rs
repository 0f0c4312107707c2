//! What stands in the repository as a whole: names at its top, paths that documents name, foreign paths.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{assert_none, root, walk};

/// What may lie at the top of the repository.
const TOP: &[&str] = &[
    ".ci",
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "benches",
    "data",
    "docs",
    "examples",
    "fuzz",
    "models",
    "proptest-regressions",
    "rustfmt.toml",
    "src",
    "tests",
];

/// Folders whose files documents name by their path from the top.
const NAMED_FOLDERS: &[&str] =
    &[".ci/", "benches/", "data/", "docs/", "examples/", "fuzz/", "models/", "src/", "tests/"];

/// The files of the repository: as git knows them, or, without git, all there are.
fn files() -> Vec<PathBuf> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    if let Ok(output) = listed
        && output.status.success()
        && !output.stdout.is_empty()
    {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        return text.split('\0').filter(|name| !name.is_empty()).map(|name| root().join(name)).collect();
    }
    let mut files = Vec::new();
    walk(root(), &mut files);
    files
}

fn relative(path: &Path) -> &Path {
    path.strip_prefix(root()).unwrap_or(path)
}

#[test]
fn the_top_of_the_repository_is_tidy() {
    let strange = |path: &PathBuf| {
        let first = relative(path).iter().next()?.to_str()?.to_owned();
        (!TOP.contains(&first.as_str())).then_some(first)
    };
    let mut found: Vec<String> = files().iter().filter_map(strange).collect();
    found.dedup();
    assert_none(&found, "unexpected at the top of the repository");
}

#[test]
fn paths_that_documents_name_exist() {
    let mut found = Vec::new();
    for path in files() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let document = path.extension().is_some_and(|extension| extension == "md");
        let code = path.extension().is_some_and(|extension| extension == "rs" || extension == "toml");
        if !document && !code {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let comment = line.trim_start();
            if code && !comment.starts_with("//") && !comment.starts_with('#') {
                continue;
            }
            let folder = path.parent().unwrap_or(root());
            let mut missing = missing_paths(line);
            if document {
                missing.extend(links(line).filter(|link| !folder.join(link).exists()));
            }
            let place = format!("{}:{}", relative(&path).display(), number + 1);
            found.extend(missing.iter().map(|name| format!("{place}: {name}")));
        }
    }
    assert_none(&found, "paths that do not exist");
}

/// Words in backquotes that look like paths of the repository, and are none.
fn missing_paths(line: &str) -> Vec<String> {
    let quoted = line.split('`').skip(1).step_by(2).flat_map(str::split_whitespace);
    let paths = quoted.filter(|word| NAMED_FOLDERS.iter().any(|folder| word.starts_with(folder)));
    // A pattern is as good as the folder it stands in.
    let fixed = paths.map(|word| match word.find(['*', '<', '{']) {
        Some(at) => &word[..word[..at].rfind('/').unwrap_or(at)],
        None => word.split(':').next().unwrap_or(word),
    });
    fixed.filter(|path| !root().join(path).exists()).map(str::to_owned).collect()
}

/// Targets of Markdown links within the repository.
fn links(line: &str) -> impl Iterator<Item = String> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let here = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    here.map(|target| target.split('#').next().unwrap_or(target).to_owned())
}

#[test]
fn no_file_names_somebodys_machine() {
    // Put together here, so that this file does not name them either.
    let foreign: Vec<String> =
        ["work/", "home/", "Users/", "root/", "mnt/"].iter().map(|folder| format!("/{folder}")).collect();
    let mut found = Vec::new();
    for path in files() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            let names = |folder: &String| {
                line.match_indices(folder.as_str()).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || "_-.]})\"".contains(c))
                })
            };
            if foreign.iter().any(names) {
                found.push(format!("{}:{}: {}", relative(&path).display(), number + 1, line.trim()));
            }
        }
    }
    assert_none(&found, "paths of the developers' machines");
}
