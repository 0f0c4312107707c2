//! Every file in `tests/bad` is a model with problems. Its first comment lines, `#! …`, are the
//! problems that must be told: all of them, and no others. `#? variant=…` and `#? set=…` lines are
//! given to the loader. `UPDATE_BAD=1` writes down what is told now, to be read before it is committed.

use std::path::{Path, PathBuf};

use plimsoll::model::resolve::load_model_text;

#[test]
fn every_problem_is_told_and_no_other() {
    let mut wrong = Vec::new();
    let files = bad_files();
    assert!(files.len() >= 35, "{} files", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable test file");
        let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#! ")).collect();
        let told = told(&text);
        if std::env::var_os("UPDATE_BAD").is_some() {
            rewrite(&file, &text);
        } else if told != expected {
            wrong.push(format!("{}\nexpected {expected:#?}\ntold {told:#?}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_problem_renders_with_its_place() {
    for file in bad_files() {
        let text = std::fs::read_to_string(&file).expect("a readable test file");
        let problems = load(&text).expect_err("a bad model");
        let rendered = problems.render(false);
        assert!(rendered.contains("error: ") && rendered.contains("-->"), "{}\n{rendered}", file.display());
        assert!(problems.render(true).contains('\u{1b}'));
    }
}

fn bad_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("tests/bad").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

fn load(text: &str) -> Result<plimsoll::model::Model, plimsoll::problem::Problems> {
    let given = |key: &str| {
        let prefix = format!("#? {key}=");
        text.lines().filter_map(move |line| line.strip_prefix(&prefix).map(str::to_owned)).collect::<Vec<String>>()
    };
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good");
    load_model_text(text, "bad", &dir, given("variant").first().map(String::as_str), &given("set"))
}

fn told(text: &str) -> Vec<String> {
    match load(text) {
        Ok(_) => vec!["no problem".to_owned()],
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

/// Line numbers depend on the number of comment lines, so this goes round until nothing changes.
fn rewrite(file: &Path, text: &str) {
    let body: String = text.lines().filter(|line| !line.starts_with("#! ")).map(|line| format!("{line}\n")).collect();
    let mut written = body.clone();
    for _ in 0..3 {
        let comments: String = told(&written).iter().map(|line| format!("#! {line}\n")).collect();
        written = comments + &body;
    }
    std::fs::write(file, written).expect("written");
}
