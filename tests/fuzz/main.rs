//! Any bytes are survived: seeds, what fuzzing once found, and a bounded number of damaged ones, always the same.
//!
//! `fuzz/` drives the same targets with cargo-fuzz. What it finds goes to the folder of its target in `tests/fuzz/found`.

mod damage;
mod heads;
mod targets;

use std::path::{Path, PathBuf};

use damage::Damage;
use targets::{TARGETS, Target};

/// The root of the repository.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Damaged inputs of a target.
const DAMAGED: usize = 1000;

/// The files of a folder, or the file itself, in order.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// Runs, and says on which input if that fails.
fn run(target: &Target, bytes: &[u8], what: &str) {
    let outcome = std::panic::catch_unwind(|| (target.run)(bytes));
    if outcome.is_err() {
        panic!("{} does not survive {what}:\n{}", target.name, bytes.escape_ascii());
    }
}

fn survives(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let root = Path::new(ROOT);
    let seeds: Vec<Vec<u8>> = target
        .seeds
        .iter()
        .flat_map(|seeds| files(&root.join(seeds)))
        .map(|file| std::fs::read(file).expect("a seed"))
        .collect();
    assert!(!seeds.is_empty(), "{name} has no seeds");
    for seed in &seeds {
        run(target, seed, "a seed");
    }
    for found in files(&root.join("tests/fuzz/found").join(name)) {
        run(target, &std::fs::read(&found).expect("a file"), &found.display().to_string());
    }
    let mut damage = Damage::new(1);
    for number in 0..DAMAGED {
        let (seed, other) = (&seeds[number % seeds.len()], &seeds[(number * 7 + 3) % seeds.len()]);
        run(target, &damage.damaged(seed, other), "damage");
    }
}

macro_rules! survived {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            survives(stringify!($name));
        })*

        #[test]
        fn every_target_is_driven_here_and_by_cargo_fuzz() {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
            let manifest = std::fs::read_to_string(Path::new(ROOT).join("fuzz/Cargo.toml")).expect("a manifest");
            for name in names {
                assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
            }
        }
    };
}

survived! { recording requests documents figures gatling_binary traces arrivals model set k6_options vary catalogue results }
