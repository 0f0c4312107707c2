//! The track record in the README is what its command prints, and what it was calibrated on is what it says.

use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use plimsoll::model::Role;
use plimsoll::model::resolve::load_model;

const BEGIN: &str = "<!-- track record: UPDATE_DOCS=1 cargo test --test track_record -->\n";
const END: &str = "<!-- end of the track record -->\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn models() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("models")).expect("models");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    files
}

/// As a shell would type it, from the top of the repository.
fn typed(command: &str) -> Vec<String> {
    let words = command.split_whitespace().skip(1);
    let relative = |file: PathBuf| file.strip_prefix(root()).expect("inside").display().to_string();
    let of = |word: &str| {
        if word == "models/*.toml" { models().into_iter().map(relative).collect() } else { vec![word.to_owned()] }
    };
    words.flat_map(of).collect()
}

#[test]
fn the_readme_shows_what_its_command_prints() {
    let file = root().join("README.md");
    let readme = std::fs::read_to_string(&file).expect("README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("the begin of the track record");
    let (shown, after) = rest.split_once(END).expect("its end");
    let command = before.lines().filter_map(|line| line.strip_prefix("    ")).next_back().expect("its command");
    let output = Command::new(cargo_bin!("plimsoll")).current_dir(root()).args(typed(command)).arg("--quiet").output();
    let output = output.expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let indented = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    let text: String = String::from_utf8(output.stdout).expect("text").lines().map(indented).collect();
    let printed = format!("\n{text}\n");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}{printed}{END}{after}")).expect("written");
        return;
    }
    assert_eq!(shown, printed, "run with UPDATE_DOCS=1");
}

/// No recording is used for both, and public benchmarks are calibrated on one level of each thing that they measure.
#[test]
fn what_was_held_out_was_not_calibrated_on() {
    for file in models() {
        let model = load_model(&file, None, &[]).unwrap_or_else(|problems| panic!("{problems}"));
        let of = |role: Role| {
            let recordings = model.tests.iter().flat_map(|test| &test.recordings).filter(move |r| r.role == role);
            recordings.map(|r| r.path.canonicalize().expect("a recording")).collect::<Vec<PathBuf>>()
        };
        let (calibrated, held_out) = (of(Role::Calibrate), of(Role::Validate));
        assert!(held_out.iter().all(|file| !calibrated.contains(file)), "{}", file.display());
        let folder = file.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        if ["movies", "goweb", "sysbench", "proxysql"].contains(&folder.as_str()) {
            let endpoints = model.endpoints.len();
            assert_eq!(calibrated.len(), endpoints, "{folder}: one calibration for each endpoint");
            assert!(held_out.len() >= 2 * endpoints, "{folder}");
        }
    }
}
