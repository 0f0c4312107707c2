//! Ctrl-C: exit code 3, and what was finished is kept.

use super::{Folder, MODEL};

/// Runs the program and interrupts it. A machine may be too busy to listen for it soon after the
/// start, so later ones are tried too.
fn interrupted(folder: &Folder, arguments: &str) -> Option<i32> {
    [300, 1000, 5000].into_iter().find_map(|wait_ms| {
        let mut program = std::process::Command::new(assert_cmd::cargo::cargo_bin!("plimsoll"));
        let mut child = program
            .current_dir(folder.path(""))
            .args(arguments.split_whitespace())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(std::time::Duration::from_millis(wait_ms));
        let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(kill.expect("kill starts").success());
        child.wait().expect("it ends").code()
    })
}

/// Runs the program and interrupts it as soon as so much is done.
fn interrupted_once(folder: &Folder, arguments: &str, done: impl Fn() -> bool) -> Option<i32> {
    let mut program = std::process::Command::new(assert_cmd::cargo::cargo_bin!("plimsoll"));
    program.current_dir(folder.path("")).args(arguments.split_whitespace()).stderr(std::process::Stdio::null());
    let mut child = program.spawn().expect("the program starts");
    for _ in 0..1200 {
        if done() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill starts").success());
    child.wait().expect("it ends").code()
}

#[test]
fn a_run_keeps_the_replications_done() {
    let folder = Folder::with_model(MODEL);
    assert_eq!(interrupted(&folder, "run model.toml --replications 100000 --quiet -o result.txt"), Some(3));
    // Hundreds of replications are done by then: they are the result, and it says so.
    assert_eq!(folder.files(), ["model.toml", "result.txt"]);
    let result = folder.read("result.txt");
    assert!(result.contains("interrupted after"), "{result}");
}

#[test]
fn a_check_keeps_the_tests_done() {
    let endless = "[test.endless]\nthink = \"1ms\"\nstages = [ { duration = \"100h\", target = 50 } ]\n\n[variant";
    let folder = Folder::with_model(&MODEL.replace("[variant", endless));
    let check = "check model.toml --replications 3 --threads 2 --quiet --format json -o result.json";
    assert_eq!(interrupted(&folder, check), Some(3));
    let result: serde_json::Value = serde_json::from_str(&folder.read("result.json")).expect("JSON");
    let tests = result["tests"].as_array().expect("tests");
    assert_eq!(tests.len(), 1, "{result}");
    assert_eq!((&tests[0]["test"], &tests[0]["verdicts"][0]["status"]), (&"short".into(), &"pass".into()));
}

#[test]
fn a_sweep_keeps_the_points_done_and_goes_on_from_them() {
    let folder = Folder::with_model(MODEL);
    let sweep =
        "sweep model.toml --vary users=1..2000:1 --replications 40 --quiet --results points.jsonl -o result.txt";
    let path = folder.path("points.jsonl");
    let begun = || std::fs::read_to_string(&path).is_ok_and(|points| points.lines().count() >= 2);
    assert_eq!(interrupted_once(&folder, sweep, begun), Some(3));
    let points = folder.read("points.jsonl");
    // The line on what decides, and a point or more, all whole.
    assert!(points.lines().count() >= 2 && points.ends_with('\n'), "{points}");
    assert!(folder.read("result.txt").contains("interrupted after"));
}

#[test]
fn a_search_for_the_capacity_tells_the_loads_tried() {
    // Uncertain by so much that no precision is met, in a test long enough that the search is not over.
    let long = MODEL.replace("duration = \"2s\"", "duration = \"100s\"").replace("p(95)<1000", "p(95)<60");
    let folder = Folder::with_model(&long);
    let capacity = "capacity model.toml --replications 100000 --precision 0.0001% --quiet --format json -o result.json";
    assert_eq!(interrupted(&folder, capacity), Some(3));
    let result: serde_json::Value = serde_json::from_str(&folder.read("result.json")).expect("JSON");
    assert_eq!((&result["interrupted"], &result["unfinished"]["test"]), (&true.into(), &"short".into()), "{result}");
    let tried = result["unfinished"]["tried"].as_array().expect("loads");
    assert!(tried.iter().all(|one| one["carried"].as_u64() <= one["of"].as_u64()) && !tried.is_empty(), "{result}");
}

#[test]
fn a_comparison_keeps_the_tests_done() {
    let endless = "[test.endless]\nthink = \"1ms\"\nstages = [ { duration = \"100h\", target = 50 } ]\n\n[variant";
    let folder = Folder::with_model(&MODEL.replace("[variant", endless));
    let compare = "compare model.toml @wide --replications 3 --threads 2 --quiet --format json -o result.json";
    assert_eq!(interrupted(&folder, compare), Some(3));
    let result: serde_json::Value = serde_json::from_str(&folder.read("result.json")).expect("JSON");
    assert_eq!((&result["interrupted"], &result["missing"][0]), (&true.into(), &"endless".into()), "{result}");
    assert_eq!(result["tests"].as_array().map(Vec::len), Some(1), "{result}");
}

/// As a machine that goes away: no signal can be caught, whatever was being written is torn.
#[test]
fn a_shard_that_was_killed_goes_on_and_is_merged_to_the_bytes_of_one_run() {
    let folder = Folder::with_model(MODEL);
    let sweep = "sweep model.toml --vary users=1..80:1 --replications 20 --threads 1 --quiet";
    let shard = |k: u32| format!("{sweep} --results part{k}.jsonl --shard {k}/2");
    let mut program = std::process::Command::new(assert_cmd::cargo::cargo_bin!("plimsoll"));
    program.current_dir(folder.path("")).stdout(std::process::Stdio::null());
    let mut child = program.args(shard(2).split_whitespace()).spawn().expect("the program starts");
    let lines = || std::fs::read_to_string(folder.path("part2.jsonl")).map_or(0, |text| text.lines().count());
    while lines() < 3 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().expect("killed");
    child.wait().expect("it ends");
    assert!(lines() < 41, "it was done before it was killed");
    for k in [1, 2] {
        assert_eq!(folder.plimsoll(&shard(k)).code, 0);
    }
    assert_eq!(folder.plimsoll("merge all.jsonl part1.jsonl part2.jsonl").code, 0);
    folder.plimsoll(&format!("{sweep} --results one.jsonl"));
    assert_eq!(folder.read("all.jsonl"), folder.read("one.jsonl"));
}
