//! The program as people and scripts meet it: arguments in; text, exit code and files out.

mod alarms;
mod audit;
mod bad_input;
mod capacity;
mod catalog;
mod charts;
#[cfg(unix)]
mod cluster;
mod compare;
mod contrast;
mod decide;
mod demo;
mod events;
mod fit;
mod fit_loop;
mod inspect;
mod instant;
#[cfg(unix)]
mod interrupted;
mod plot;
mod recommend;
mod referee;
mod report;
mod results;
mod shards;
mod sweep;
mod usage;
#[cfg(unix)]
mod watch;

use std::path::PathBuf;
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use tempfile::TempDir;

/// Five users and a pool of two for three seconds: a few hundred requests, a few milliseconds to simulate.
const MODEL: &str = r#"
[tier.app]
cores = 2

[database.main]
cores = 1
max_connections = 10

[pool.main]
max = 2
acquire_timeout = "30ms"

[endpoint."GET /items"]
steps = [
  { cpu = "1ms" },
  { query = "list", pool = "main", time = { mean = "20ms", cv = 0.5 } },
]

[test.short]
stages = [ { duration = "1s", target = 5 }, { duration = "2s", target = 5 } ]
think = "20ms"
thresholds = { http_req_duration = ["p(95)<1000"] }

[variant.wide]
set = { "pool.main.max" = 5 }
"#;

/// A folder of its own for one test, and the program started in it.
struct Folder(TempDir);

/// What a run of the program left behind.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Folder {
    fn new() -> Folder {
        Folder(TempDir::new().expect("a folder"))
    }

    /// A folder with a model file.
    fn with_model(text: &str) -> Folder {
        let folder = Folder::new();
        folder.write("model.toml", text.as_bytes());
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).expect("written");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a file that was written")
    }

    /// Names of the files in it, sorted.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Runs the program with these arguments, separated by spaces.
    fn plimsoll(&self, arguments: &str) -> Ran {
        self.run(&arguments.split_whitespace().collect::<Vec<_>>(), &[])
    }

    /// The exit code, and the result as JSON; nothing was said on stderr.
    fn json(&self, arguments: &str) -> (i32, Value) {
        let ran = self.plimsoll(&format!("{arguments} --format json"));
        assert_eq!(ran.err, "", "{arguments}");
        (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{arguments}: {error}\n{}", ran.out)))
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(cargo_bin!("plimsoll"));
        command.current_dir(self.0.path()).env_remove("NO_COLOR").args(arguments).envs(environment.iter().copied());
        let Output { status, stdout, stderr } = command.output().expect("the program starts");
        Ran {
            code: status.code().expect("no signal ended it"),
            out: String::from_utf8(stdout).expect("stdout is text"),
            err: String::from_utf8(stderr).expect("stderr is text"),
        }
    }
}
