//! Help, the starter model, completions, the schema.

use super::Folder;

#[test]
fn every_command_explains_itself_with_examples() {
    let folder = Folder::new();
    let general = folder.plimsoll("--help");
    assert_eq!((general.code, general.err.as_str()), (0, ""));
    let commands = [
        "run",
        "check",
        "audit",
        "sweep",
        "merge",
        "capacity",
        "plot",
        "compare",
        "recommend",
        "catalog",
        "inspect",
        "init",
        "completions",
    ];
    for command in commands.into_iter().chain(["schema"]) {
        assert!(
            general.out.contains(command),
            "{command} is missing in
{}",
            general.out
        );
    }
    assert!(general.out.contains("Exit codes"), "{}", general.out);
    for command in commands {
        let help = folder.plimsoll(&format!("{command} --help"));
        assert_eq!(help.code, 0);
        assert!(help.out.contains("Example"), "{}", help.out);
        assert!(
            help.out.contains(&format!("  plimsoll {command}")) || help.out.contains(&format!(": plimsoll {command}"))
        );
    }
    assert_eq!(folder.plimsoll("--version").out, format!("plimsoll {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn without_a_command_it_helps_and_says_so() {
    let ran = Folder::new().plimsoll("");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("Usage: plimsoll"), "{}", ran.err);
}

#[test]
fn init_writes_a_model_once_and_says_how_to_go_on() {
    let folder = Folder::new();
    let first = folder.plimsoll("init shop.toml");
    assert_eq!((first.code, first.out.as_str()), (0, ""), "{}", first.err);
    assert_eq!(folder.files(), ["shop.toml"]);
    // The command it names does what it says.
    let next = first.err.split("plimsoll ").nth(1).expect("the next command").trim();
    let ran = folder.plimsoll(&format!("{next} --replications 2"));
    assert!(ran.code < 2, "plimsoll {next}: {}", ran.err);

    folder.write("shop.toml", b"mine");
    let second = folder.plimsoll("init shop.toml");
    assert_eq!((second.code, second.out.as_str()), (2, ""));
    assert!(second.err.contains("shop.toml") && second.err.contains("exists already"), "{}", second.err);
    assert_eq!(folder.read("shop.toml"), "mine");
    assert_eq!(folder.plimsoll("init nowhere/shop.toml").code, 2);
}

#[test]
fn completions_know_every_command() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish"] {
        let ran = folder.plimsoll(&format!("completions {shell}"));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        for word in ["plimsoll", "check", "replications"] {
            assert!(ran.out.contains(word), "{shell}: {word}");
        }
    }
    let ran = folder.plimsoll("completions sch");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("zsh"), "{}", ran.err);
}

#[test]
fn the_schema_is_json() {
    let ran = Folder::new().plimsoll("schema");
    assert_eq!(ran.code, 0);
    let schema: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert!(schema["$schema"].as_str().is_some_and(|dialect| dialect.contains("json-schema.org")));
    assert!(schema["$defs"]["pool"]["properties"]["max"].is_object());
}
