//! A sweep on several machines: shards, which of them this is, and the files joined.

use super::{Folder, MODEL, Ran};

/// Six points.
const GRID: &str = "sweep model.toml --vary pool.main.max=1,2,5 --vary load=1,2 --replications 2 --quiet";

/// All shards of the grid done, in a folder.
fn sharded(n: usize) -> Folder {
    let folder = Folder::with_model(MODEL);
    for k in 1..=n {
        let ran = shard(&folder, &format!("{k}/{n}"), &file(k));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{k}/{n}");
    }
    folder
}

fn shard(folder: &Folder, which: &str, file: &str) -> Ran {
    folder.plimsoll(&format!("{GRID} --results {file} --shard {which}"))
}

fn file(k: usize) -> String {
    format!("part{k}.jsonl")
}

fn files(n: usize) -> String {
    (1..=n).map(file).collect::<Vec<_>>().join(" ")
}

/// A file with a stretch of it replaced.
fn replace(folder: &Folder, file: &str, from: &str, to: &str) {
    let text = folder.read(file);
    let changed = text.replacen(from, to, 1);
    assert_ne!(text, changed, "{from}");
    folder.write(file, changed.as_bytes());
}

/// What is said, on one line.
fn said(ran: &Ran) -> String {
    ran.err.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn merged_shards_are_the_file_of_one_run() {
    let one = Folder::with_model(MODEL);
    let whole = one.plimsoll(&format!("{GRID} --results all.jsonl --plot map.svg"));
    // The seventh shard of six points has none.
    for n in [1, 4, 7] {
        let folder = sharded(n);
        let merged = folder.plimsoll(&format!("merge all.jsonl {}", files(n)));
        assert_eq!((merged.code, merged.out.as_str()), (0, ""), "{}", merged.err);
        assert!(merged.err.contains("all.jsonl: all 6 points"), "{}", merged.err);
        assert_eq!(folder.read("all.jsonl"), one.read("all.jsonl"), "{n} shards");
        let shown = folder.plimsoll(&format!("{GRID} --results all.jsonl --plot map.svg"));
        assert_eq!((shown.code, &shown.out), (whole.code, &whole.out));
        assert_eq!(folder.read("all.jsonl"), one.read("all.jsonl"), "nothing was added");
        assert_eq!(folder.read("map.svg"), one.read("map.svg"));
    }
}

#[test]
fn merged_points_are_not_simulated_again() {
    let folder = sharded(2);
    assert_eq!(folder.plimsoll("merge all.jsonl part1.jsonl part2.jsonl").code, 0);
    replace(&folder, "all.jsonl", "\"probability\":1.0", "\"probability\":0.25");
    let shown = folder.plimsoll(&format!("{GRID} --results all.jsonl --format json"));
    let sweep: serde_json::Value = serde_json::from_str(&shown.out).expect("JSON");
    let points = sweep["points"].as_array().expect("points");
    assert!(points.iter().any(|point| point["probability"] == 0.25), "{}", shown.out);
    assert!(sweep["shard"].is_null() && sweep["findings"].as_array().is_some_and(|found| !found.is_empty()));
}

#[test]
fn a_killed_shard_is_resumed_and_merged_to_the_same_bytes() {
    let folder = sharded(2);
    assert_eq!(folder.plimsoll("merge all.jsonl part2.jsonl part1.jsonl").code, 0);
    let (all, part) = (folder.read("all.jsonl"), folder.read("part2.jsonl"));
    let first = part.find('\n').expect("lines") + 1;
    for cut in [0, first / 2, first, part.len() / 2, part.len() - 1] {
        folder.write("part2.jsonl", &part.as_bytes()[..cut]);
        let torn = folder.plimsoll("merge torn.jsonl part1.jsonl part2.jsonl");
        assert_eq!(torn.code, 1, "cut at {cut}");
        assert!(said(&torn).contains("part2.jsonl: ") || cut == first, "cut at {cut}: {}", torn.err);
        assert_eq!(shard(&folder, "2/2", "part2.jsonl").code, 0);
        assert_eq!(folder.read("part2.jsonl"), part, "cut at {cut}");
        // What was merged before has nothing that would be lost.
        let whole = folder.plimsoll("merge torn.jsonl part1.jsonl part2.jsonl");
        assert_eq!((whole.code, folder.read("torn.jsonl") == all), (0, true), "cut at {cut}: {}", whole.err);
        std::fs::remove_file(folder.path("torn.jsonl")).expect("removed");
    }
}

/// Points between others are asked for by what all points say.
#[test]
fn a_range_is_made_finer_after_the_shards_are_merged() {
    let range = "sweep model.toml --vary users=1..400 --replications 2 --quiet";
    let folder = Folder::with_model(MODEL);
    let one = folder.plimsoll(&format!("{range} --results one.jsonl"));
    assert!(folder.read("one.jsonl").lines().count() > 10, "the range bends");
    for k in 1..=2 {
        folder.plimsoll(&format!("{range} --results {} --shard {k}/2", file(k)));
    }
    assert_eq!(folder.plimsoll("merge all.jsonl part1.jsonl part2.jsonl").code, 0);
    assert_eq!(folder.read("all.jsonl").lines().count(), 10);
    assert!(folder.read("one.jsonl").starts_with(&folder.read("all.jsonl")));
    assert_eq!(folder.plimsoll(&format!("{range} --results all.jsonl")).out, one.out);
    assert_eq!(folder.read("all.jsonl"), folder.read("one.jsonl"));
    let again = folder.plimsoll("merge all.jsonl part1.jsonl part2.jsonl");
    assert!(again.code == 2 && again.err.contains("has lines that would be lost"), "{}", again.err);
}

#[test]
fn a_shard_says_what_it_did_and_nothing_about_the_rest() {
    // No point passes: that is for the whole sweep to say.
    let folder = Folder::with_model(&MODEL.replace("p(95)<1000", "p(95)<1"));
    let ran = shard(&folder, "2/4", "part2.jsonl");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("shard 2/4: 2 of the 6 points"), "{}", ran.out);
    assert!(!ran.out.contains("objectives hold. Best is"), "{}", ran.out);
    let json = folder.plimsoll(&format!("{GRID} --results part2.jsonl --shard 2/4 --format json"));
    let sweep: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((&sweep["shard"], &sweep["interrupted"]), (&"2/4".into(), &false.into()));
    let at: Vec<String> = sweep["points"].as_array().expect("points").iter().map(|p| p["at"].to_string()).collect();
    assert_eq!(at, ["[\"1\",\"2\"]", "[\"5\",\"2\"]"]);
    let text = folder.read("part2.jsonl");
    let first: serde_json::Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["shard"], "2/4");
    assert_eq!(first["grid"].to_string(), r#"[["1","2","5"],["1","2"]]"#);
}

#[test]
fn shards_are_refused_where_they_make_no_sense() {
    let folder = Folder::with_model(MODEL);
    for (arguments, told) in [
        ("--shard 1/2", "--results"),
        ("--results r.jsonl --shard 3/2", "from 1/4 to 4/4, or auto"),
        ("--results r.jsonl --shard 0/2", "from 1/4 to 4/4, or auto"),
        ("--results r.jsonl --shard first", "from 1/4 to 4/4, or auto"),
        ("--results r.jsonl --shard 1/2 --shards 2", "goes with --shard auto only"),
        ("--results r.jsonl --shards 2", "--shard"),
        ("--results r.jsonl --shard 1/2 --plot p.svg", "a figure shows all points"),
    ] {
        let ran = folder.plimsoll(&format!("{GRID} {arguments}"));
        assert!(ran.code == 2 && ran.err.contains(told), "{arguments}: {}", ran.err);
        assert_eq!(folder.files(), ["model.toml"], "{arguments}");
    }
    assert_eq!(shard(&folder, "1/2", "part1.jsonl").code, 0);
    let before = folder.read("part1.jsonl");
    let whole = folder.plimsoll(&format!("{GRID} --results part1.jsonl"));
    assert!(whole.code == 2 && said(&whole).contains("is shard 1/2 of a sweep, and not all of it"), "{}", whole.err);
    let other = shard(&folder, "2/2", "part1.jsonl");
    assert!(other.code == 2 && other.err.contains("shard \"1/2\" there, \"2/2\" here"), "{}", other.err);
    let values = folder.plimsoll(
        "sweep model.toml --vary pool.main.max=1,2,5 --vary load=1,3 --replications 2 --results part1.jsonl --shard 1/2",
    );
    assert!(values.code == 2 && values.err.contains("values [["), "{}", values.err);
    assert_eq!(folder.read("part1.jsonl"), before);
}

#[test]
fn auto_does_as_the_array_job_says() {
    let folder = sharded(3);
    let nothing = [("SLURM_ARRAY_TASK_ID", ""), ("JOB_COMPLETION_INDEX", ""), ("AWS_BATCH_JOB_ARRAY_INDEX", "")];
    let auto = |more: &str, set: &[(&str, &str)]| {
        let arguments = format!("{GRID} --results auto.jsonl --shard auto {more}");
        let environment: Vec<(&str, &str)> = nothing.iter().chain(set).copied().collect();
        folder.run(&arguments.split_whitespace().collect::<Vec<_>>(), &environment)
    };
    let slurm = [
        ("SLURM_ARRAY_TASK_ID", "20"),
        ("SLURM_ARRAY_TASK_MIN", "10"),
        ("SLURM_ARRAY_TASK_MAX", "30"),
        ("SLURM_ARRAY_TASK_COUNT", "3"),
        ("SLURM_ARRAY_TASK_STEP", "10"),
    ];
    let batch = [("AWS_BATCH_JOB_ARRAY_INDEX", "1"), ("AWS_BATCH_JOB_ARRAY_SIZE", "3")];
    let kubernetes = [("JOB_COMPLETION_INDEX", "1")];
    for (more, set) in [("", slurm.as_slice()), ("", &batch), ("--shards 3", &kubernetes)] {
        let ran = auto(more, set);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{set:?}");
        assert_eq!(folder.read("auto.jsonl"), folder.read("part2.jsonl"), "{set:?}");
        std::fs::remove_file(folder.path("auto.jsonl")).expect("removed");
    }
    for (more, set, told) in [
        ("", [].as_slice(), "no array job started this"),
        ("", &kubernetes, "say how many: --shards 8, or PLIMSOLL_SHARDS=8"),
        ("--shards 4", &slurm, "--shards 4, but Slurm says SLURM_ARRAY_TASK_COUNT=3"),
        ("--shards 3", &[("JOB_COMPLETION_INDEX", "two")], "is no number of an array job: \"two\""),
    ] {
        let ran = auto(more, set);
        assert!(ran.code == 2 && said(&ran).contains(told), "{set:?}: {}", ran.err);
        assert!(!folder.path("auto.jsonl").exists(), "{set:?}");
    }
}

#[test]
fn missing_points_are_named_and_the_rest_is_written() {
    let folder = sharded(3);
    let some = folder.plimsoll("merge some.jsonl part3.jsonl part1.jsonl");
    assert_eq!(some.code, 1);
    let told =
        "some.jsonl: 4 of 6 points missing: 2 pool.main.max=1, load=2 (shard 2/3) pool.main.max=5, load=1 (shard 2/3)";
    assert!(said(&some).contains(told), "{}", some.err);
    assert_eq!(folder.read("some.jsonl").lines().count(), 5);
    let rest = folder.plimsoll(&format!("{GRID} --results some.jsonl"));
    assert_eq!(rest.out, folder.plimsoll(GRID).out);
    assert_eq!(folder.read("some.jsonl").lines().count(), 7);
    let many = "sweep model.toml --vary users=1..30:1 --replications 1 --quiet --results many.jsonl --shard 30/30";
    assert_eq!(folder.plimsoll(many).code, 0);
    let many = folder.plimsoll("merge rest.jsonl many.jsonl");
    let told = "missing: 29 users=1 (shard 1/30)";
    assert!(many.code == 1 && said(&many).contains(told), "{}", many.err);
    assert!(said(&many).contains("users=10 (shard 10/30) and 19 more"), "{}", many.err);
}

#[test]
fn points_of_several_files_have_to_be_the_same() {
    let folder = sharded(2);
    for k in 1..=3 {
        shard(&folder, &format!("{k}/3"), &format!("third{k}.jsonl"));
    }
    let both = folder.plimsoll("merge both.jsonl part1.jsonl part1.jsonl third2.jsonl third3.jsonl part2.jsonl");
    assert_eq!(both.code, 0, "{}", both.err);
    replace(&folder, "third2.jsonl", "\"probability\":1.0", "\"probability\":0.5");
    let other = folder.plimsoll("merge other.jsonl part1.jsonl part2.jsonl third2.jsonl");
    let told = "pool.main.max=1, load=2 is not the same as in line 2 of part2.jsonl";
    assert!(other.code == 2 && other.err.contains(told), "{}", other.err);
    assert!(other.err.contains("third2.jsonl:2"), "{}", other.err);
    assert!(!folder.path("other.jsonl").exists());
}

#[test]
fn mixtures_are_refused_with_the_file_and_the_key() {
    let folder = sharded(2);
    let part = folder.read("part2.jsonl");
    for (from, to, told) in [
        ("\"seed\":1", "\"seed\":2", "seed 2 here, 1 in part1.jsonl"),
        ("\"model\":\"model\"", "\"model\":\"bank\"", "model \"bank\" here, \"model\" in part1.jsonl"),
        ("\"identity\":\"", "\"identity\":\"0", "is of another state of the model than part1.jsonl"),
        ("\"plimsoll\":\"", "\"plimsoll\":\"9", "version of plimsoll \"9"),
        ("\"tests\":[\"short\"]", "\"tests\":[\"long\"]", "tests [\"long\"] here, [\"short\"] in part1.jsonl"),
        ("\"set\":[]", "\"set\":[\"a.b=1\"]", "--set [\"a.b=1\"] here, [] in part1.jsonl"),
        ("\"variant\":\"\"", "\"variant\":\"wide\"", "variant \"wide\" here, \"\" in part1.jsonl"),
        ("\"replications\":2", "\"replications\":3", "replications 3 here, 2 in part1.jsonl"),
        ("[\"1\",\"2\",\"5\"]", "[\"1\",\"2\",\"6\"]", "values [[\"1\",\"2\",\"6\"],[\"1\",\"2\"]] here, [["),
        ("[\"1\",\"2\",\"5\"]", "[]", "is not the file of a shard"),
        ("[\"1\",\"2\",\"5\"],", "", "is not the file of a shard"),
        ("\"shard\":\"2/2\"", "\"shard\":\"3/2\"", "is no results file of a sweep"),
        ("\"shard\":\"2/2\"", "\"shard\":\"1/2\"", "pool.main.max=1, load=2 belongs to shard 2/2"),
        ("\"at\":[\"1\",\"2\"]", "\"at\":[\"1\",\"9\"]", "pool.main.max=1, load=9 is no point of the grid"),
        ("\"at\":[\"1\",\"2\"]", "\"at\":[\"1\"]", "is a point of another sweep"),
        ("\"at\":[\"1\",\"2\"]", "\"at\":1", "is no point"),
    ] {
        replace(&folder, "part2.jsonl", from, to);
        let ran = folder.plimsoll("merge all.jsonl part1.jsonl part2.jsonl");
        assert!(ran.code == 2 && said(&ran).contains(told), "{to}: {}", ran.err);
        assert!(ran.err.contains("part2.jsonl"), "{to}: {}", ran.err);
        assert_eq!(folder.files(), ["model.toml", "part1.jsonl", "part2.jsonl"], "{to}");
        folder.write("part2.jsonl", part.as_bytes());
    }
}

#[test]
fn nothing_is_overwritten_that_would_be_lost() {
    let folder = sharded(2);
    let parts = [folder.read("part1.jsonl"), folder.read("part2.jsonl")];
    for (arguments, told) in [
        // The name of the new file was forgotten.
        ("part1.jsonl part2.jsonl", "has lines that would be lost"),
        ("model.toml part1.jsonl part2.jsonl", "has lines that would be lost"),
        ("part2.jsonl part1.jsonl part2.jsonl", "is read as well, and would be overwritten"),
        ("./part2.jsonl part1.jsonl part2.jsonl", "is read as well, and would be overwritten"),
        ("all.jsonl part1.jsonl part3.jsonl", "part3.jsonl"),
        ("all.jsonl part1.jsonl model.toml", "is no results file of a sweep"),
        ("nowhere/all.jsonl part1.jsonl part2.jsonl", "cannot be written"),
        (". part1.jsonl part2.jsonl", "is no plain file"),
        ("all.jsonl", "required"),
    ] {
        let ran = folder.plimsoll(&format!("merge {arguments}"));
        assert!(ran.code == 2 && said(&ran).contains(told), "{arguments}: {}", ran.err);
        assert_eq!(folder.files(), ["model.toml", "part1.jsonl", "part2.jsonl"], "{arguments}");
    }
    assert_eq!([folder.read("part1.jsonl"), folder.read("part2.jsonl")], parts);
    folder.write("empty.jsonl", b"");
    let empty = folder.plimsoll("merge all.jsonl empty.jsonl");
    assert!(empty.code == 2 && said(&empty).contains("there is nothing to join"), "{}", empty.err);
    assert_eq!(folder.plimsoll("merge all.jsonl part1.jsonl part2.jsonl empty.jsonl").code, 0);
    let whole = folder.plimsoll("merge again.jsonl all.jsonl part1.jsonl");
    assert!(whole.code == 2 && said(&whole).contains("is not the file of a shard"), "{}", whole.err);
}
