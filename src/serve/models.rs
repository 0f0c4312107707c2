//! What is served: models with their tests, and what is known of a test before anything is simulated.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::knobs::{Knob, knobs};
use super::lines::{LINES, Line, recorded_line};
use super::sights::Sight;
use crate::load::{peak, regular_end_s};
use crate::model::resolve::{Wanted, load_model_for, parameters};
use crate::model::{Model, Role, Test};
use crate::problem::{Problem, Problems};
use crate::recording::{Recording, join, read};
use crate::study::prediction::RecordedFigure;

/// A model file under its name.
#[derive(Clone, Debug)]
pub(super) struct Served {
    /// The file's name without its ending; a number after it where two would be the same.
    pub id: String,
    pub path: PathBuf,
}

/// What the page needs to let one choose.
#[derive(Debug, Serialize)]
pub(super) struct ModelSheet {
    pub id: String,
    pub name: String,
    pub about: String,
    pub tests: Vec<TestSheet>,
    pub variants: Vec<VariantSheet>,
}

#[derive(Debug, Serialize)]
pub(super) struct TestSheet {
    pub name: String,
    pub about: String,
    /// Most users at once, and most iterations per second; 0 where none are planned.
    pub users: f64,
    pub iterations_per_s: f64,
    pub seconds: f64,
    pub objectives: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct VariantSheet {
    pub name: String,
    pub about: String,
}

/// A test as a variant sees it: what may be turned, and what was recorded.
#[derive(Debug, Serialize)]
pub(super) struct View {
    pub model: String,
    pub test: String,
    pub variant: String,
    pub knobs: Vec<Knob>,
    pub recorded: Vec<RecordedOf>,
    /// Why recordings of the test cannot be shown.
    pub unread: Vec<String>,
}

/// A recording: what it is for, its figures of the whole test, and its lines over time.
#[derive(Debug, Serialize)]
pub(super) struct RecordedOf {
    pub recording: String,
    /// "calibrate": the model was made from it; "validate": it never saw it.
    pub role: &'static str,
    pub figures: Vec<RecordedFigure>,
    pub lines: Vec<Line>,
}

impl Served {
    /// The files under names of their own.
    pub fn all(paths: &[PathBuf]) -> Vec<Served> {
        let mut all: Vec<Served> = Vec::new();
        for path in paths {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let taken = all.iter().filter(|one| one.id == stem || one.id.starts_with(&format!("{stem}-"))).count();
            let id = if taken == 0 { stem } else { format!("{stem}-{}", taken + 1) };
            all.push(Served { id, path: path.clone() });
        }
        all
    }

    /// The model as a test sees it, with changes; and that test.
    pub fn seen(&self, test: &str, variant: &str, sets: &[String]) -> Result<(Model, Test), Problems> {
        let variant = Some(variant).filter(|name| !name.is_empty());
        let model = load_model_for(&self.path, Wanted { test: Some(test), variant, sets, ..Wanted::default() })?;
        let found = model.tests.iter().find(|one| one.name == test).cloned();
        let missing = || Problems::one(Problem::whole(self.id.clone(), format!("has no test {test}")));
        found.ok_or_else(missing).map(|test| (model, test))
    }

    pub fn sheet(&self) -> Result<ModelSheet, Problems> {
        let model = load_model_for(&self.path, Wanted::default())?;
        let test = |test: &Test| {
            let (users, iterations_per_s) = peak(test);
            TestSheet {
                name: test.name.clone(),
                about: test.about.clone(),
                users,
                iterations_per_s,
                seconds: regular_end_s(test),
                objectives: test.objectives.iter().map(|objective| objective.text.clone()).collect(),
            }
        };
        let variants = model.variants.iter();
        Ok(ModelSheet {
            id: self.id.clone(),
            name: model.name.clone(),
            about: model.about.clone(),
            tests: model.tests.iter().map(test).collect(),
            variants: variants.map(|one| VariantSheet { name: one.name.clone(), about: one.about.clone() }).collect(),
        })
    }

    pub fn view(&self, sight: &Sight, variant: &str) -> View {
        let (recorded, unread) = recorded(&sight.test);
        View {
            model: self.id.clone(),
            test: sight.test.name.clone(),
            variant: variant.to_owned(),
            knobs: sight.knobs.clone(),
            recorded,
            unread,
        }
    }

    /// What may be turned of a model as a test sees it.
    pub fn knobs(&self, model: &Model, test: &str) -> Result<Vec<Knob>, Problems> {
        Ok(knobs(model, &parameters(&self.path, &[test.to_owned()])?))
    }
}

/// The recordings of a test that can be read, and why others cannot.
fn recorded(test: &Test) -> (Vec<RecordedOf>, Vec<String>) {
    let mut unread = Vec::new();
    let mut of = |role: Role| {
        let files = test.recordings.iter().filter(|recording| recording.role == role);
        let known =
            files.filter_map(|recording| read(&recording.path).map_err(|why| unread.push(why.to_string())).ok());
        let read: Vec<Recording> = known.collect();
        (!read.is_empty()).then(|| RecordedOf::new(role, &join(read)))
    };
    let recorded = [Role::Calibrate, Role::Validate].into_iter().filter_map(&mut of).collect();
    (recorded, unread)
}

impl RecordedOf {
    fn new(role: Role, recording: &Recording) -> RecordedOf {
        let whole = recording.observations.iter().filter(|o| o.window.is_none());
        RecordedOf {
            recording: Path::new(&recording.name).file_name().unwrap_or_default().to_string_lossy().into_owned(),
            role: if role == Role::Calibrate { "calibrate" } else { "validate" },
            figures: whole.filter(|o| o.scope.is_empty()).map(RecordedFigure::from).collect(),
            lines: LINES.iter().filter_map(|line| recorded_line(recording, line)).collect(),
        }
    }
}
