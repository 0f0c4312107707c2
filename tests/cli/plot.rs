//! `plimsoll plot`: what it refuses, with nothing written; that it draws the same whatever the threads; light and dark.

use super::{Folder, MODEL};

const EFFORT: &str = "--replications 2 --quiet";

/// Exit code 2, these words on stderr, a hint, and no file.
fn refused(folder: &Folder, arguments: &str, told: &[&str]) {
    let before = folder.files();
    let ran = folder.plimsoll(arguments);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments}\n{}", ran.err);
    for words in told {
        assert!(ran.err.contains(words), "{arguments}: {words:?} is missing in\n{}", ran.err);
    }
    assert_eq!(folder.files(), before, "{arguments}: files were written");
}

#[test]
fn what_cannot_be_drawn_is_refused_with_a_hint() {
    let folder = Folder::with_model(MODEL);
    folder.write("other.toml", MODEL.as_bytes());
    let cases: [(&str, &[&str]); 15] = [
        ("pie model.toml -o a.svg", &["invalid value 'pie'", "scatter", "system"]),
        ("time model.toml", &["--output <FILE>"]),
        ("time model.toml -o a.pdf", &[".svg or .png"]),
        ("time model.toml -o model.toml", &["would be overwritten"]),
        ("hits model.toml -o a.svg", &["has no cache", "help: ", "[cache.NAME]"]),
        ("scatter model.toml -o a.svg", &["nothing was recorded", "help: ", "recording = "]),
        ("scatter model.toml other.toml -o a.svg", &["model.toml, other.toml", "nothing was recorded"]),
        ("time model.toml other.toml -o a.svg", &["2 models", "help: "]),
        ("time model.toml --test short --test long -o a.svg", &["--test long", "of one test"]),
        ("time model.toml --test shot -o a.svg", &["no test \"shot\"", "did you mean \"short\"?"]),
        ("time model.toml --endpoint GET/items -o a.svg", &["no endpoint", "did you mean \"GET /items\"?"]),
        ("system model.toml --endpoint GET/items -o a.svg", &["--endpoint", "percentiles and time"]),
        ("time model.toml --vary users=1..5 -o a.svg", &["--vary", "plimsoll sweep"]),
        ("sweep model.toml -o a.svg", &["plimsoll sweep MODEL --vary"]),
        ("pareto model.toml -o a.svg", &["plimsoll recommend MODEL --plot"]),
    ];
    for (arguments, told) in cases {
        refused(&folder, &format!("plot {arguments}"), told);
    }
}

const CACHE: &str = r#"
[cache.redis]
policy = "allkeys-lru"

[cache.redis.keyspace.items]
keys = 500
popularity = { zipf = 0.9 }
size = "1kB"

[endpoint."GET /cached"]
steps = [ { cache = "items" } ]

[iteration.both]
pick = [ { weight = 1, request = "GET /items" }, { weight = 1, request = "GET /cached" } ]
"#;

#[test]
fn memory_of_a_cache_is_refused_where_it_makes_no_sense() {
    let without = Folder::with_model(&format!("{MODEL}{CACHE}"));
    refused(&without, "plot hits model.toml -o a.svg", &["no maxmemory", "--vary cache.redis.maxmemory="]);
    let cache = CACHE.replace("policy", "maxmemory = \"2MB\"\npolicy");
    let folder = Folder::with_model(&format!("{MODEL}{cache}"));
    for (arguments, told) in [
        ("--cache rebis", "did you mean \"redis\"?"),
        ("--vary cache.other.maxmemory=1MB,2MB", "is not the memory of such a cache"),
        ("--vary pool.main.max=1..3", "is not the memory of such a cache"),
        ("--vary users=1..3", "varies the load"),
        ("--vary cache.redis.maxmemory=1s,2s", "help: "),
    ] {
        refused(&folder, &format!("plot hits model.toml {arguments} -o a.svg {EFFORT}"), &[told]);
    }
}

#[test]
fn figures_do_not_depend_on_threads() {
    let folder = Folder::with_model(MODEL);
    for kind in ["percentiles", "endpoints", "timeline", "time", "system"] {
        for threads in [1, 2] {
            let ran = folder.plimsoll(&format!("plot {kind} model.toml --threads {threads} -o {threads}.svg {EFFORT}"));
            assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""), "{kind}");
        }
        assert_eq!(folder.read("1.svg"), folder.read("2.svg"), "{kind}");
    }
}

#[test]
fn dark_pictures_differ_in_colours_only() {
    let folder = Folder::with_model(MODEL);
    let drawn = |arguments: &str, file: &str| {
        assert_eq!(folder.plimsoll(arguments).code, 0, "{arguments}");
        folder.read(file)
    };
    let without_colours = |svg: &str| {
        let parts = svg.split('#').map(|part| if part.len() > 6 { &part[6..] } else { part });
        parts.collect::<String>()
    };
    for command in ["plot time model.toml", "run model.toml"] {
        let to = if command.starts_with("plot") { "-o" } else { "-o page.txt --plot" };
        let light = drawn(&format!("{command} {EFFORT} {to} light.svg"), "light.svg");
        let dark = drawn(&format!("{command} {EFFORT} --dark {to} dark.svg"), "dark.svg");
        assert_ne!(light, dark, "{command}");
        assert_eq!(light.lines().count(), dark.lines().count(), "{command}");
        assert_eq!(without_colours(&light).len(), without_colours(&dark).len(), "{command}");
    }
    refused(&folder, "run model.toml --dark", &["--plot <FILE>"]);
}
