//! The job files in `examples/cluster`: what they start is a shard, and the shards together are the sweep.

use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

use super::Folder;

/// What a scheduler sets for the second of three.
const SLURM: [(&str, &str); 5] = [
    ("SLURM_ARRAY_TASK_ID", "2"),
    ("SLURM_ARRAY_TASK_MIN", "1"),
    ("SLURM_ARRAY_TASK_MAX", "3"),
    ("SLURM_ARRAY_TASK_COUNT", "3"),
    ("SLURM_ARRAY_TASK_STEP", "1"),
];
const BATCH: [(&str, &str); 2] = [("AWS_BATCH_JOB_ARRAY_INDEX", "1"), ("AWS_BATCH_JOB_ARRAY_SIZE", "3")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn example(name: &str) -> String {
    std::fs::read_to_string(root().join("examples/cluster").join(name)).expect("the example")
}

/// A folder with the model that the examples name.
fn shared() -> Folder {
    let folder = Folder::new();
    std::fs::copy(root().join("models/whatsapp.toml"), folder.path("whatsapp.toml")).expect("copied");
    folder
}

/// Runs a command with the program in its path, and returns the first line of the results file that it wrote.
fn first_line(folder: &Folder, command: &mut Command, file: &str) -> serde_json::Value {
    let program: PathBuf = cargo_bin!("plimsoll").into();
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.parent().expect("a folder").display());
    let output = command.current_dir(folder.path("")).env("PATH", path).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(folder.read(file).lines().next().expect("a line")).expect("JSON")
}

#[test]
fn slurm() {
    let folder = shared();
    let mut bash = Command::new("bash");
    bash.arg(root().join("examples/cluster/slurm.sbatch")).envs(SLURM).env("MODEL", "whatsapp.toml");
    bash.env("SWEEP", "--test peak --vary pool.main.max=5..60:5 --replications 1").env("FOLDER", ".");
    assert_eq!(first_line(&folder, &mut bash, "part-2.jsonl")["shard"], "2/3");
}

#[test]
fn kubernetes() {
    let folder = shared();
    let text = example("kubernetes.yaml");
    let (_, args) = text.split_once(" args:\n").expect("arguments");
    let args = args.lines().map_while(|line| line.trim_start().strip_prefix("- "));
    let here = format!("{}/", folder.path("").display());
    let args =
        args.map(|arg| arg.replace("/model/", "").replace("/results/", &here).replace("$(JOB_COMPLETION_INDEX)", "1"));
    let shards = text.split("value: \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a number");
    assert!(text.contains(&format!("completions: {shards}\n")), "as many pods as shards");
    let mut program = Command::new("plimsoll");
    program.args(args).args(["--replications", "1"]).env("JOB_COMPLETION_INDEX", "1").env("PLIMSOLL_SHARDS", shards);
    assert_eq!(first_line(&folder, &mut program, "part-1.jsonl")["shard"], format!("2/{shards}"));
}

#[test]
fn aws_batch() {
    let folder = shared();
    let definition: serde_json::Value = serde_json::from_str(&example("aws-batch.json")).expect("JSON");
    let command = definition["containerProperties"]["command"].as_array().expect("a command");
    let words: Vec<String> = command.iter().filter_map(|word| Some(word.as_str()?.replace("/shared/", "./"))).collect();
    let [shell, option, line] = words.as_slice() else { panic!("{words:?}") };
    let mut shell = Command::new(shell);
    shell.args([option.as_str(), &format!("{line} --replications 1")]).envs(BATCH);
    assert_eq!(first_line(&folder, &mut shell, "part-1.jsonl")["shard"], "2/3");
}
