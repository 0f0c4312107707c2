//! From paths and names to models, tests and recordings, or problems.

use std::path::{Component, Path, PathBuf};

use super::args::How;
use super::bridge::bridge;
use super::output::only;
use crate::model::resolve::{Wanted, load_model_for};
use crate::model::{Model, Role, Test};
use crate::problem::{Problem, Problems, quoted, suggest};
use crate::recording::{ReadError, Recording};
use crate::study::predict::Effort;

/// Replications that a precision may run if nothing else is said.
const MOST_REPLICATIONS: u32 = 1000;

/// Refuses fewer replications at most than at least.
pub(super) fn replications(how: &How) -> Result<(), Problems> {
    match how.max_replications {
        Some(most) if most < how.replications => {
            let what = format!("is below --replications {}", how.replications);
            let hint = "the first replications run in any case; give fewer of them";
            Err(only(Problem::whole(format!("--max-replications {most}"), what).with_hint(hint)))
        }
        _ => Ok(()),
    }
}

/// How hard to work.
pub(super) fn effort(how: &How) -> Effort {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Effort {
        seed: how.seed,
        replications: how.replications as usize,
        precision: how.precision,
        max_replications: how.max_replications.unwrap_or(MOST_REPLICATIONS).max(how.replications) as usize,
        threads: if how.threads == 0 { cores } else { how.threads },
    }
}

/// The model of a file as one test sees it: with the test's own changes, a variant, and `--set`.
pub(super) fn model_for(
    path: &Path,
    test: Option<&str>,
    variant: Option<&str>,
    sets: &[String],
) -> Result<Model, Problems> {
    load_model_for(path, Wanted { test, variant, sets, ..Wanted::default() })
}

/// The same with the values of a sweep, as `path=value`.
pub(super) fn model_at(path: &Path, test: &str, how: &How, varied: &[String]) -> Result<Model, Problems> {
    let variant = how.variant.as_deref();
    load_model_for(path, Wanted { test: Some(test), variant, sets: &how.set, varied })
}

/// The test of this name, or the only one.
pub(super) fn test<'m>(model: &'m Model, path: &Path, name: Option<&str>) -> Result<&'m Test, Problems> {
    let names = || model.tests.iter().map(|test| test.name.as_str());
    let problem = |what: String, hint: String| only(Problem::whole(path.display().to_string(), what).with_hint(hint));
    let list = || names().collect::<Vec<_>>().join(", ");
    match (name, model.tests.as_slice()) {
        (_, []) => Err(problem("has no tests".into(), "write a [test.NAME]; `plimsoll init` shows one".into())),
        (Some(name), tests) => tests
            .iter()
            .find(|test| test.name == name)
            .ok_or_else(|| problem(format!("no test {}", quoted(name)), suggest(name, "test", names()))),
        (None, [only]) => Ok(only),
        (None, _) => Err(problem("has several tests".into(), format!("choose one with --test: {}", list()))),
    }
}

/// The test of this name, or the only one, and the model as it sees it.
pub(super) fn model_and_test(
    path: &Path,
    name: Option<&str>,
    variant: Option<&str>,
    sets: &[String],
) -> Result<(Model, Test), Problems> {
    let plain = model_for(path, None, variant, sets)?;
    let name = test(&plain, path, name)?.name.clone();
    seen_by(path, &name, variant, sets)
}

/// The model as the test of this name sees it, and that test.
pub(super) fn seen_by(
    path: &Path,
    name: &str,
    variant: Option<&str>,
    sets: &[String],
) -> Result<(Model, Test), Problems> {
    let model = model_for(path, Some(name), variant, sets)?;
    let test = test(&model, path, Some(name))?.clone();
    Ok((model, test))
}

/// The names of the tests asked for, or of all; in the order of the file, each once, with `also`.
pub(super) fn tests(model: &Model, path: &Path, names: &[String], also: &[String]) -> Result<Vec<String>, Problems> {
    for name in names {
        test(model, path, Some(name))?;
    }
    if model.tests.is_empty() {
        return test(model, path, None).map(|_| Vec::new());
    }
    let wanted = |name: &String| names.is_empty() || names.contains(name) || also.contains(name);
    Ok(model.tests.iter().map(|test| test.name.clone()).filter(wanted).collect())
}

/// Refuses a figure where a command draws none.
pub(super) fn no_plot(how: &How, command: &str) -> Result<(), Problems> {
    match how.plot {
        Some(_) => Err(only(Problem::whole("--plot", format!("plimsoll {command} draws no figure")))),
        None => Ok(()),
    }
}

/// Recordings of one test read and joined, with names bridged to the model's.
pub(super) fn recording(paths: &[&Path], map: &[(String, String)]) -> Result<Recording, Problems> {
    let mut read = Vec::new();
    for path in paths {
        read.push(crate::recording::read(path).map_err(|error| problems_of(&error))?);
    }
    let mut recording = crate::recording::join(read);
    recording.name = tidied(Path::new(&recording.name)).display().to_string();
    bridge(&mut recording, map);
    Ok(recording)
}

/// What was recorded of a test by what it is for, calibration first.
pub(super) fn recorded(test: &Test, map: &[(String, String)]) -> Result<Vec<(Role, Recording)>, Problems> {
    let mut all = Vec::new();
    for role in [Role::Calibrate, Role::Validate] {
        let of_role = test.recordings.iter().filter(|one| one.role == role);
        let files: Vec<&Path> = of_role.map(|one| one.path.as_path()).collect();
        if !files.is_empty() {
            all.push((role, recording(&files, map)?));
        }
    }
    Ok(all)
}

/// The recording that says most: what the model never saw.
pub(super) fn held_out_first(recorded: &[(Role, Recording)]) -> Option<&Recording> {
    let held_out = recorded.iter().find(|(role, _)| *role == Role::Validate);
    held_out.or(recorded.first()).map(|(_, recording)| recording)
}

/// A reader's problems as everyone else's.
pub(super) fn problems_of(error: &ReadError) -> Problems {
    let name = &error.name;
    let found = error.problems.iter().map(|p| {
        let problem = match p.line {
            0 => Problem::whole(name.clone(), p.what.clone()),
            line => Problem::line(name.clone(), line, (p.column > 0).then_some(p.column), p.what.clone()),
        };
        match &p.hint {
            Some(hint) => problem.with_hint(hint.clone()),
            None => problem,
        }
    });
    Problems::of(found.collect()).unwrap_or_else(|| only(Problem::whole(name.clone(), "cannot be read")))
}

/// A path to show, without steps that lead back: `models/../data` is `data`.
fn tidied(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        let leads_back =
            part == Component::ParentDir && matches!(tidy.components().next_back(), Some(Component::Normal(_)));
        if leads_back {
            tidy.pop();
        } else {
            tidy.push(part);
        }
    }
    tidy
}
