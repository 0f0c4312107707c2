//! What documents say is true: the model in the README loads, its commands work, the formats are complete.

use std::io::BufRead;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use plimsoll::model::Cause;
use plimsoll::model::resolve::load_model_text;
use plimsoll::recording::metrics;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Lines of a document's code, which are indented by four spaces.
fn code(document: &str) -> impl Iterator<Item = &str> {
    document.lines().filter_map(|line| line.strip_prefix("    "))
}

#[test]
fn the_model_in_the_readme_loads() {
    let readme = read("README.md");
    let (_, section) = readme.split_once("## A model in ten lines").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("the next section");
    let text: Vec<&str> = code(section).collect();
    let model =
        load_model_text(&text.join("\n"), "ten-lines", Path::new(""), None, &[]).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!((model.tests.len(), model.tests[0].objectives.len(), model.endpoints.len()), (1, 2, 1));
}

/// Each command that begins with `plimsoll`, with one replication, away from the repository.
#[test]
fn the_commands_in_the_readme_work() {
    let readme = read("README.md");
    let here = |folder: &str| format!("{}/", root().join(folder).display());
    let commands = code(&readme).filter_map(|line| line.strip_prefix("plimsoll "));
    // What stands for many files is typed by tests/track_record.rs.
    let commands = commands.filter(|line| !line.contains('*'));
    let commands: Vec<String> =
        commands.map(|line| line.replace("models/", &here("models")).replace("data/", &here("data"))).collect();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        if command.starts_with("serve") {
            serves(&command);
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        types(&command, folder.path());
    }
}

/// Each command of the guide in the folder that its first one makes, one after the other.
#[test]
fn the_commands_in_the_guide_work() {
    let guide = read("docs/guide.md");
    let folder = tempfile::tempdir().expect("a folder");
    let commands: Vec<&str> = code(&guide).filter_map(|line| line.strip_prefix("plimsoll ")).collect();
    assert!(commands.len() >= 10 && commands[0] == "demo .", "{commands:?}");
    for command in commands {
        match command.strip_prefix("serve ") {
            Some(model) => serves(&format!("serve {}", folder.path().join(model).display())),
            None => types(command, folder.path()),
        }
    }
    assert!(folder.path().join("pool.svg").is_file() && folder.path().join("models/fitted.toml").is_file());
}

/// Types a command in a folder with as little work as it can do with.
fn types(command: &str, folder: &Path) {
    let command = command.replace(" --replications 10", "");
    let words: Vec<&str> = command.split(" > ").next().unwrap_or_default().split_whitespace().collect();
    let predicts = matches!(
        words[0],
        "run" | "check" | "alarms" | "decide" | "report" | "plot" | "sweep" | "capacity" | "compare"
    );
    let least = ["--replications", "2", "--max-replications", "2", "--quiet"];
    let effort = match words[0] {
        // A search for what passes cannot do with one, and all that a model offers takes minutes.
        "recommend" if words.contains(&"--vary") => least.to_vec(),
        "recommend" => [&["--test", "spike", "--vary", "tier.app.count=1..2:1"], &least[..]].concat(),
        _ if predicts => vec!["--replications", "1", "--quiet"],
        _ => Vec::new(),
    };
    let output = Command::new(cargo_bin!("plimsoll")).current_dir(folder).args(&words).args(effort).output();
    let output = output.expect("the program starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "plimsoll {command}: {told}");
}

/// A command that ends by itself only if it cannot begin.
fn serves(command: &str) {
    let mut process = Command::new(cargo_bin!("plimsoll"));
    let process = process.args(command.split_whitespace()).args(["--port", "0"]).stdout(std::process::Stdio::piped());
    let mut process = process.spawn().expect("the program starts");
    let mut line = String::new();
    let read = std::io::BufReader::new(process.stdout.take().expect("stdout")).read_line(&mut line);
    process.kill().expect("still there");
    process.wait().expect("ended");
    assert!(read.is_ok() && line.starts_with("http://127.0.0.1:"), "plimsoll {command}: {line:?}");
}

#[test]
fn the_build_ends_with_the_tests_as_the_readme_has_them() {
    let readme = read("README.md");
    let second = code(&readme).nth(1).expect("two commands");
    assert!(second.starts_with("cargo test"), "{second}");
    assert_eq!(read(".ci/run").lines().last(), Some(second));
}

#[test]
fn every_metric_and_every_cause_is_documented() {
    let formats = read("docs/formats.md");
    let missing = |name: &&str| !formats.contains(&format!("`{name}`"));
    assert_eq!(metrics::names().filter(missing).collect::<Vec<_>>(), Vec::<&str>::new());
    for cause in Cause::ALL {
        let row = format!("`{}` | {} |", cause.word(), cause.about());
        assert!(formats.contains(&row), "{row}");
    }
}
