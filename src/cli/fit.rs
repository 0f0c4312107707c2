//! `plimsoll fit`.

use std::path::{Path, PathBuf};

use super::args_fit::FitArgs;
use super::bridge::bridges;
use super::exit::Exit;
use super::load;
use super::output::{complain, csv, deliver_to, only, same, say, warn, writable_file, write_whole};
use super::run::json;
use crate::model::resolve::{files_named, load_model_text, parameters};
use crate::model::{Model, Parameter, Role, Test};
use crate::present::fit_page::{fit_page, fit_table};
use crate::problem::{Problem, Problems, quoted};
use crate::recording::Recording;
use crate::spec::rewrite::{Edit, rewritten};
use crate::spec::text::read_file;
use crate::study::fit::{FitReport, Fitted, Run, Tried, fit as fitted};
use crate::units::written_range;

/// By how much a number is changed to see what it does.
const STEP: f64 = 0.01;
/// What a number that is 0 is changed to: seconds, shares, or plain.
const FROM_NOTHING: f64 = 1e-3;

pub(super) fn fit(args: &FitArgs) -> Exit {
    match fit_all(args) {
        Ok(exit) => exit,
        Err(problems) => complain(&problems),
    }
}

/// A test with its files.
struct Recorded {
    model: Model,
    test: Test,
    recording: Recording,
}

fn fit_all(args: &FitArgs) -> Result<Exit, Problems> {
    let path = &args.model;
    let inputs: Vec<PathBuf> = files_named(path).into_iter().chain(args.from.iter().cloned()).collect();
    let to = if args.write { Some(path) } else { args.output.as_ref() };
    if let Some(to) = to {
        writable_file(to, &inputs)?;
    }
    let plain = load::model_for(path, None, None, &[])?;
    let recorded = recorded(args, &plain)?;
    let names: Vec<String> = recorded.iter().map(|one| one.test.name.clone()).collect();
    let tried = tried(path, &names, &parameters(path, &names)?);
    let runs: Vec<Run> =
        recorded.iter().map(|one| Run { model: &one.model, test: &one.test, recording: &one.recording }).collect();
    let report = fitted(&runs, &tried).map_err(|error| only(Problem::whole(path.display().to_string(), error.0)))?;
    if let Some(to) = to {
        write(path, to, &report, &tried)?;
        say(&format!("{} numbers written to {}", report.parameters.len(), to.display()));
    }
    let page = || fit_page(&report, args.full);
    deliver_to(args.format, None, page, || json(&report), || csv(&fit_table(&report)))?;
    Ok(if report.parameters.is_empty() { Exit::Failed } else { Exit::Done })
}

/// The files by test, in the order of the model.
fn recorded(args: &FitArgs, plain: &Model) -> Result<Vec<Recorded>, Problems> {
    let path = &args.model;
    if let Some(name) = &args.test {
        load::test(plain, path, Some(name))?;
    }
    let map = bridges(&args.map)?;
    let mut all = Vec::new();
    for test in plain.tests.iter().filter(|test| args.test.as_ref().is_none_or(|name| *name == test.name)) {
        let files = files_of(args, plain, test)?;
        if files.is_empty() {
            continue;
        }
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        let recording = load::recording(&files, &map)?;
        let (model, test) = load::seen_by(path, &test.name, None, &[])?;
        all.push(Recorded { model, test, recording });
    }
    if all.is_empty() {
        let hint = "give one with --from FILE and --test NAME, or add `recording = { file = …, role = \"calibrate\" }` to a test";
        let problem = Problem::whole(path.display().to_string(), "has no recording to calibrate on");
        return Err(only(problem.with_hint(hint)));
    }
    Ok(all)
}

/// The files to fit to that are of this test.
fn files_of(args: &FitArgs, plain: &Model, test: &Test) -> Result<Vec<PathBuf>, Problems> {
    if args.from.is_empty() {
        let calibrates = test.recordings.iter().filter(|r| r.role == Role::Calibrate);
        return Ok(calibrates.map(|r| r.path.clone()).collect());
    }
    let mut files = Vec::new();
    for file in &args.from {
        let known = plain.tests.iter().flat_map(|test| test.recordings.iter().map(move |r| (test, r)));
        let known = known.into_iter().find(|(_, r)| same(&r.path, file));
        if let Some((of, r)) = known.filter(|(_, r)| r.role == Role::Validate) {
            held_out(args, file, &of.name, &r.path)?;
        }
        let of = match (&args.test, known) {
            (Some(name), _) => name.clone(),
            (None, Some((of, _))) => of.name.clone(),
            (None, None) => load::test(plain, &args.model, None)?.name.clone(),
        };
        if of == test.name {
            files.push(file.clone());
        }
    }
    Ok(files)
}

/// What the model is judged by is no source of its numbers, unless somebody insists.
fn held_out(args: &FitArgs, file: &Path, test: &str, of: &Path) -> Result<(), Problems> {
    if args.use_held_out {
        warn(&format!("{} is held out: the score on test {test} means nothing after this", of.display()));
        return Ok(());
    }
    let what = format!("is held out to validate test {}: a model fitted to it could not be judged by it", quoted(test));
    let hint = "--use-held-out fits to it all the same, and its score then means nothing";
    Err(only(Problem::whole(file.display().to_string(), what).with_hint(hint)))
}

/// Each number with the models in which it is a little different.
fn tried(path: &Path, tests: &[String], parameters: &[Parameter]) -> Vec<Tried> {
    let one = |parameter: &Parameter| {
        let middle = parameter.middle();
        let to = match middle {
            0.0 => FROM_NOTHING,
            share if parameter.unit == "share" && share * (1.0 + STEP) > 1.0 => share * (1.0 - STEP),
            other => other * (1.0 + STEP),
        };
        let unit = if parameter.unit == "s" { "s" } else { "" };
        let set = [format!("{}=\"{to:.15}{unit}\"", parameter.path)];
        // A test in which the number cannot be changed does not tell anything of it.
        let model = |test: &String| load::seen_by(path, test, None, &set).ok();
        let models = if matches!(parameter.is, crate::model::Meaning::Amount(_)) {
            tests.iter().map(model).collect()
        } else {
            tests.iter().map(|_| None).collect()
        };
        Tried { parameter: parameter.clone(), to, models }
    };
    parameters.iter().map(one).collect()
}

/// Writes the model with the numbers found, if it can be read again.
fn write(path: &Path, to: &Path, report: &FitReport, tried: &[Tried]) -> Result<(), Problems> {
    let text = read_file(path)?;
    let edit = |fitted: &Fitted| {
        let parameter = &tried.iter().find(|tried| tried.parameter.path == fitted.path)?.parameter;
        let value = written_range(parameter.unit, fitted.low, fitted.high, fitted.value);
        let together = match fitted.together_with.len() {
            0 => String::new(),
            _ => ", only the sum with others is measured".to_owned(),
        };
        let middle = written_range(parameter.unit, fitted.value, fitted.value, fitted.value);
        let comment =
            format!("{} by {}{together}; {}", middle.trim_matches('"'), fitted.law, fitted.figures.join(", "));
        Some(Edit { span: parameter.span.clone(), value, comment })
    };
    let edits: Vec<Edit> = report.parameters.iter().filter_map(edit).collect();
    let new = rewritten(&text, &edits);
    let dir = to.parent().unwrap_or(Path::new(""));
    load_model_text(&new, &format!("{} (as it would be written)", to.display()), dir, None, &[])?;
    write_whole(to, new.as_bytes())
}
