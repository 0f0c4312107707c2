//! Input that cannot be right: exit code 2, the place and a hint on stderr, nothing on stdout, nothing written.

use super::{Folder, MODEL};

/// Runs the program on input it must refuse; stderr must hold all of `told`.
fn refused(folder: &Folder, arguments: &str, told: &[&str]) {
    let before = folder.files();
    let ran = folder.plimsoll(&format!("{arguments} -o result.txt --plot figure.svg"));
    assert_eq!(ran.code, 2, "{arguments}\n{}", ran.err);
    assert_eq!(ran.out, "", "{arguments}");
    for words in told {
        assert!(ran.err.contains(words), "{arguments}: {words:?} is missing in\n{}", ran.err);
    }
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    assert_eq!(folder.files(), before, "{arguments}: files were written");
}

/// A model in which `from` is written as `to`. It is refused at that line, with these words.
fn refused_with(from: &str, to: &str, told: &[&str]) {
    assert!(MODEL.contains(from), "{from}");
    let text = MODEL.replace(from, to);
    let line = text.lines().position(|line| line.contains(to)).map_or(0, |line| line + 1);
    let place = format!("model.toml:{line}:");
    let folder = Folder::with_model(&text);
    for command in ["run", "check"] {
        refused(&folder, &format!("{command} model.toml"), &[&[place.as_str()], told].concat());
    }
}

#[test]
fn unknown_key() {
    refused_with("acquire_timeout", "aquire_timeout", &["unknown key", "did you mean \"acquire_timeout\"?"]);
}

#[test]
fn wrong_unit() {
    refused_with("think = \"20ms\"", "think = \"20 requests\"", &["\"20 requests\"", "help: "]);
    refused_with("cpu = \"1ms\"", "cpu = \"1GB\"", &["\"1GB\" is a size", "such as \"250ms\""]);
    refused_with("cpu = \"1ms\"", "cpu = 1", &["unit", "help: "]);
}

#[test]
fn numbers_out_of_range() {
    refused_with("max = 2", "max = -2", &["-2"]);
    refused_with("max = 2", "max = 0", &["0"]);
    refused_with("max = 2", "max = 2.5", &["2.5 is not a whole number"]);
    refused_with("cores = 2", "cores = nan", &["NaN is not a finite number"]);
}

#[test]
fn a_stage_without_target() {
    refused_with("{ duration = \"2s\", target = 5 }", "{ duration = \"2s\" }", &["a stage needs the key \"target\""]);
}

#[test]
fn a_weight_of_zero() {
    let steps = "{ either = [ { weight = 0, steps = [ { cpu = \"1ms\" } ] } ] }";
    refused_with("{ cpu = \"1ms\" }", steps, &["weight"]);
}

#[test]
fn a_pool_that_there_is_not() {
    refused_with("pool = \"main\"", "pool = \"mian\"", &["no pool \"mian\"", "did you mean \"main\"?"]);
}

#[test]
fn names_that_there_are_not() {
    let folder = Folder::with_model(MODEL);
    let nearest = [
        ("run model.toml --variant wied", "wied", "\"wide\""),
        ("run model.toml --test shrot", "no test \"shrot\"", "\"short\""),
    ];
    for (arguments, wrong, right) in nearest {
        refused(&folder, arguments, &[wrong, "did you mean", right]);
    }
    refused(&folder, "check model.toml --test shrot", &["shrot", "did you mean", "\"short\""]);
}

#[test]
fn changes_of_what_there_is_not() {
    let folder = Folder::with_model(MODEL);
    refused(&folder, "run model.toml --set pool.mian.max=3", &["--set pool.mian.max=3", "did you mean \"main\"?"]);
    refused(&folder, "run model.toml --set pool.main.maxx=3", &["--set pool.main.maxx=3", "did you mean \"max\"?"]);
    refused(&folder, "run model.toml --set pool.main.max", &["--set pool.main.max", "path=value"]);
    refused(&folder, "run model.toml --set pool.main.max=1GB", &["1GB"]);
}

#[test]
fn files_that_are_no_models() {
    let folder = Folder::new();
    refused(&folder, "run model.toml", &["model.toml", "there is no such file", "plimsoll init"]);
    std::fs::create_dir(folder.path("folder.toml")).expect("a folder");
    refused(&folder, "run folder.toml", &["folder.toml", "is a directory"]);
    folder.write("empty.toml", b"");
    refused(&folder, "run empty.toml", &["empty.toml", "the file is empty", "plimsoll init"]);
    folder.write("latin.toml", b"# first line\nname = \"caf\xe9\"\n");
    refused(&folder, "run latin.toml", &["latin.toml:2", "UTF-8"]);
    folder.write("broken.toml", b"a = 1\nb = \n");
    refused(&folder, "run broken.toml", &["broken.toml:2", "TOML"]);
}

#[test]
fn all_problems_at_once() {
    let text = MODEL.replace("max = 2", "max = -2").replace("think", "thnik").replace("\"1ms\"", "\"1GB\"");
    refused(&Folder::with_model(&text), "run model.toml", &["-2", "\"think\"", "\"1GB\""]);
}

#[test]
fn recordings_that_cannot_be_read() {
    let model = MODEL.replace("[variant", "recording = { file = \"short.csv\", role = \"validate\" }\n\n[variant");
    let folder = Folder::with_model(&model);
    refused(&folder, "check model.toml", &["short.csv", "cannot be read"]);

    folder.write("short.csv", b"metric,scope,stat,from_s,to_s,value,low,high,unit,source\nhttp_reqs,,count,,,7,,,1\n");
    refused(&folder, "check model.toml", &["short.csv:2", "9 fields"]);
    folder.write("short.csv", b"metric,scope,stat,from_s,to_s,valeu,low,high,unit,source\nhttp_reqs,,count,,,7,,,1,\n");
    refused(&folder, "check model.toml", &["short.csv:1", "valeu", "did you mean"]);
    folder.write("short.csv", b"metric,scope,stat,from_s,to_s,value,low,high,unit,source\ncpu,app,avg,,,70,,,,\n");
    refused(&folder, "check model.toml", &["short.csv:2", "unit"]);
    folder.write("short.csv", b"metric,scope,stat\n\xff\n");
    refused(&folder, "check model.toml", &["short.csv:2", "UTF-8"]);
    refused(&folder, "check model.toml --against nowhere.json", &["nowhere.json", "cannot be read"]);
}

#[test]
fn bridges_between_names_that_there_are_not() {
    let folder = Folder::with_model(MODEL);
    let rows = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\nconnections_active,postgres,avg,,,,0,2,1,\n";
    folder.write("their.csv", rows.as_bytes());
    let check = "check model.toml --against their.csv";
    let told = ["--map postgre=mian", "no recording names", "did you mean \"postgres\"?"];
    refused(&folder, &format!("{check} --map postgre=mian"), &told);
    let told = ["the model has nothing called", "did you mean \"main\"?", "valid: ", "\"GET /items\""];
    refused(&folder, &format!("{check} --map postgres=mian"), &told);
}

#[test]
fn a_model_without_tests_cannot_be_checked() {
    let without = MODEL.split("[test.short]").next().expect("what stands before the test");
    refused(&Folder::with_model(without), "check model.toml", &["model.toml", "has no tests", "[test.NAME]"]);
}

#[test]
fn arguments_that_make_no_sense() {
    let folder = Folder::with_model(MODEL);
    for (arguments, told) in [
        ("run model.toml --replications 0", "--replications"),
        ("run model.toml --replications many", "many"),
        ("run model.toml --precision 150%", "--precision"),
        ("run model.toml --format xml", "markdown"),
        ("run model.toml --sed 3", "--seed"),
        ("run", "<MODEL>"),
        ("check model.toml --map main", "recorded=model"),
        ("run model.toml --replications 9 --max-replications 8", "is below --replications 9"),
    ] {
        refused(&folder, arguments, &[told]);
    }
    let ran = folder.plimsoll("run model.toml --plot figure.gif");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("figure.gif") && ran.err.contains(".svg or .png"), "{}", ran.err);
    assert_eq!(folder.files(), ["model.toml"]);
}

#[test]
fn results_that_cannot_be_written() {
    let folder = Folder::with_model(MODEL);
    for option in ["-o", "--plot"] {
        let ran = folder.plimsoll(&format!("run model.toml --replications 2 {option} nowhere/figure.svg"));
        assert_eq!(ran.code, 2, "{option}: {}", ran.err);
        assert!(ran.err.contains("nowhere/figure.svg"), "{}", ran.err);
        assert_eq!(folder.files(), ["model.toml"], "{option}");
    }
}
