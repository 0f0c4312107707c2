//! `--watch`: the command again whenever a file that it reads is saved.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;

use super::{Folder, MODEL};

/// The program while it watches, and what it has said so far.
struct Watching {
    child: Child,
    out: Arc<Mutex<String>>,
    err: Arc<Mutex<String>>,
}

/// How long a machine with much else to do may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A pipe's text as it comes.
fn collected(mut pipe: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&text);
    std::thread::spawn(move || {
        let mut bytes = [0; 65536];
        // Pages have characters of several bytes; a piece may end within one.
        let mut all = Vec::new();
        while let Ok(count @ 1..) = pipe.read(&mut bytes) {
            all.extend_from_slice(&bytes[..count]);
            *into.lock().expect("whole") = String::from_utf8_lossy(&all).into_owned();
        }
    });
    text
}

impl Watching {
    fn start(folder: &Folder, arguments: &str) -> Watching {
        let mut program = Command::new(cargo_bin!("plimsoll"));
        program.current_dir(folder.path("")).args(arguments.split_whitespace());
        let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let out = collected(child.stdout.take().expect("a pipe"));
        let err = collected(child.stderr.take().expect("a pipe"));
        Watching { child, out, err }
    }

    fn out(&self) -> String {
        self.out.lock().expect("whole").clone()
    }

    fn err(&self) -> String {
        self.err.lock().expect("whole").clone()
    }

    /// Waits until it has said so.
    fn until(&self, what: &str, said: impl Fn(&Watching) -> bool) {
        let begun = Instant::now();
        while !said(self) {
            assert!(begun.elapsed() < PATIENCE, "{what}\n--- stdout\n{}\n--- stderr\n{}", self.out(), self.err());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until it has nothing to do for the n-th time.
    fn idle(&self, times: usize) {
        self.until(&format!("idle for the {times}. time"), |one| one.err().matches("Ctrl-C ends").count() >= times);
    }

    /// Ends it as Ctrl-C does; the exit code and all it has said.
    fn ended(mut self) -> (Option<i32>, String, String) {
        let kill = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(kill.expect("kill starts").success());
        let code = self.child.wait().expect("it ends").code();
        (code, self.out(), self.err())
    }
}

const RUN: &str = "run model.toml --replications 3 --watch";

/// The title of a result.
const TITLE: &str = "· test short";

#[test]
fn a_run_follows_its_model_through_errors_and_editors() {
    let folder = Folder::with_model(MODEL);
    let program = Watching::start(&folder, RUN);
    program.idle(1);
    assert_eq!((program.out().matches(TITLE).count(), program.out().contains("1 pass")), (1, true));

    folder.write("model.toml", MODEL.replace("p(95)<1000", "p(95)<1").as_bytes());
    program.idle(2);
    assert!(program.out().matches(TITLE).count() == 2 && program.out().contains("1 fail"), "{}", program.out());

    folder.write("model.toml", MODEL.replace("max = 2", "maks = 2").as_bytes());
    program.idle(3);
    assert!(program.err().contains("maks") && program.err().contains("\"max\""), "{}", program.err());
    assert_eq!(program.out().matches(TITLE).count(), 2);

    // An editor that writes a new file and gives it the name of the old one.
    folder.write("model.toml~", MODEL.replace("target = 5", "target = 4").as_bytes());
    std::fs::rename(folder.path("model.toml~"), folder.path("model.toml")).expect("renamed");
    program.idle(4);
    assert_eq!(program.out().matches(TITLE).count(), 3, "{}", program.err());

    // An editor that removes it first.
    let problems = program.err().matches("error").count();
    std::fs::remove_file(folder.path("model.toml")).expect("removed");
    std::thread::sleep(Duration::from_millis(350));
    folder.write("model.toml", MODEL.replace("target = 5", "target = 3").as_bytes());
    program.idle(5);
    let (code, out, err) = program.ended();
    assert_eq!((code, out.matches(TITLE).count(), err.matches("error").count()), (Some(3), 4, problems), "{err}");
    assert!(out.starts_with("model · test short") && !out.contains("saved"), "only results: {out}");
}

#[test]
fn a_model_that_is_gone_is_told_and_waited_for() {
    let folder = Folder::with_model(MODEL);
    let program = Watching::start(&folder, RUN);
    program.idle(1);
    std::fs::remove_file(folder.path("model.toml")).expect("removed");
    program.idle(2);
    assert!(program.err().contains("model.toml"), "{}", program.err());
    folder.write("model.toml", MODEL.as_bytes());
    program.idle(3);
    let (code, out, _) = program.ended();
    assert_eq!((code, out.matches(TITLE).count()), (Some(3), 2));
}

#[test]
fn what_is_saved_during_a_run_begins_it_anew_and_only_that_is_shown() {
    let endless = MODEL.replace("duration = \"2s\"", "duration = \"100h\"");
    let folder = Folder::with_model(&endless);
    let program = Watching::start(&folder, &format!("{RUN} --threads 1"));
    std::thread::sleep(Duration::from_millis(500));
    folder.write("model.toml", MODEL.as_bytes());
    program.idle(1);
    let (code, out, err) = program.ended();
    assert_eq!((code, out.matches(TITLE).count()), (Some(3), 1), "{err}");
    assert!(!err.contains("interrupted"), "{err}");
}

#[test]
fn ctrl_c_during_a_run_ends_it() {
    let folder = Folder::with_model(&MODEL.replace("duration = \"2s\"", "duration = \"100h\""));
    let program = Watching::start(&folder, &format!("{RUN} --threads 1"));
    std::thread::sleep(Duration::from_millis(1500));
    let (code, out, _) = program.ended();
    assert_eq!((code, out.as_str()), (Some(3), ""));
}

#[test]
fn a_check_follows_recordings_too_also_one_that_is_not_there_yet() {
    const HEAD: &str = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\n";
    let named = "think = \"20ms\"\nrecordings = [ { file = \"recorded.csv\", role = \"validate\" } ]";
    let folder = Folder::with_model(&MODEL.replace("think = \"20ms\"", named));
    let program = Watching::start(&folder, "check model.toml --replications 3 --watch --format json");
    program.idle(1);
    assert!(program.err().contains("recorded.csv"), "{}", program.err());
    for (count, p95) in [(1, 9000), (2, 8000)] {
        folder.write("recorded.csv", format!("{HEAD}http_req_duration,,p95,,,{p95},,,ms,summary\n").as_bytes());
        program.idle(count + 1);
    }
    let (code, out, err) = program.ended();
    let results: Vec<serde_json::Value> =
        serde_json::Deserializer::from_str(&out).into_iter().collect::<Result<_, _>>().expect("documents of JSON");
    let recorded: Vec<_> = results.iter().map(|one| one["tests"][0]["rows"][0]["recorded"].as_f64()).collect();
    assert_eq!((code, recorded), (Some(3), vec![Some(9000.0), Some(8000.0)]), "{err}");
}

#[test]
fn a_file_always_has_the_last_result() {
    let folder = Folder::with_model(MODEL);
    let program = Watching::start(&folder, &format!("{RUN} --format csv -o result.csv"));
    program.idle(1);
    let first = folder.read("result.csv");
    folder.write("model.toml", MODEL.replace("target = 5", "target = 4").as_bytes());
    program.idle(2);
    let (code, out, _) = program.ended();
    assert_eq!((code, out.as_str()), (Some(3), ""));
    let second = folder.read("result.csv");
    assert!(first != second && first.lines().next() == second.lines().next(), "{second}");
}

#[test]
fn what_cannot_be_watched_is_refused_at_once() {
    let folder = Folder::with_model(MODEL);
    for (arguments, told) in [
        ("run model.toml --watch --format csv", "no csv"),
        ("check model.toml --watch --format html", "no html"),
        ("run modle.toml --watch", "modle.toml"),
    ] {
        let ran = folder.plimsoll(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments}");
        assert!(ran.err.contains(told), "{arguments}: {}", ran.err);
    }
}
