//! Every part of a request's time has a kind: only what the model itself calls a wait is "other".

use std::path::{Path, PathBuf};

use plimsoll::compile::compile;
use plimsoll::model::resolve::{Wanted, load_model_for};
use plimsoll::model::{Model, Step};
use plimsoll::study::time_kind::TimeKind;

fn models() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root.join("models")).expect("models").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.push(root.join("tests/good/every_key.toml"));
    files.sort();
    files
}

/// Names of the waits of a model.
fn waits(model: &Model) -> Vec<String> {
    fn add(steps: &[Step], names: &mut Vec<String>) {
        for step in steps {
            if let Step::Wait { name, .. } = step {
                names.push(name.clone());
            }
            step.inside().into_iter().for_each(|inside| add(inside, names));
        }
    }
    let mut names = Vec::new();
    model.endpoints.iter().for_each(|endpoint| add(&endpoint.steps, &mut names));
    model.queues.iter().for_each(|queue| add(&queue.steps, &mut names));
    names
}

#[test]
fn only_waits_of_the_model_and_the_load_generator_are_other() {
    let mut seen = std::collections::BTreeSet::new();
    for file in models() {
        let plain = load_model_for(&file, Wanted::default()).unwrap_or_else(|problems| panic!("{problems}"));
        for name in plain.tests.iter().map(|test| test.name.as_str()) {
            let wanted = Wanted { test: Some(name), ..Wanted::default() };
            let model = load_model_for(&file, wanted).unwrap_or_else(|problems| panic!("{problems}"));
            let test = model.tests.iter().find(|test| test.name == name).expect("the test");
            let inputs: Vec<f64> = model.inputs.iter().map(|input| input.low).collect();
            let labels = compile(&model, test, &inputs, &[]).expect("compiled").labels;
            let waits = waits(&model);
            for part in &labels.parts {
                let kind = TimeKind::of(part, &model);
                seen.insert(kind);
                let other = part.is_empty() || part.contains("load generator") || waits.contains(part);
                assert!(other || kind != TimeKind::Other, "{}: {part:?} has no kind", file.display());
            }
        }
    }
    assert_eq!(seen.len(), TimeKind::ALL.len(), "kinds that no model has, of {:?}: {seen:?}", TimeKind::ALL);
}
