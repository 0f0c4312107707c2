//! `plimsoll fit`.

use std::path::{Path, PathBuf};

use super::args_fit::FitArgs;
use super::bridge::{bridges, refuse_unknown};
use super::exit::Exit;
use super::fit_loop as looped;
use super::load;
use super::output::{complain, csv, deliver_to, only, print, same, say, warn, writable_file, write_whole};
use super::run::json;
use crate::model::resolve::{files_named, load_model_text, parameters};
use crate::model::{Model, Parameter, Role, Test};
use crate::present::fit_page::{fit_page, fit_table};
use crate::problem::{Problem, Problems, quoted, suggest};
use crate::recording::traces::{Traced, read_traces};
use crate::recording::{Observation, Recording};
use crate::spec::rewrite::{Edit, rewritten};
use crate::spec::text::read_file;
use crate::study::fit::draft::{Draft, draft};
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
    if let Some(traces) = &args.new {
        return draft_of(traces, args.output.as_deref());
    }
    let path = args.model();
    let inputs: Vec<PathBuf> = files_named(path).into_iter().chain(args.from.iter().cloned()).collect();
    let to = if args.write { Some(path) } else { args.output.as_deref() };
    if let Some(to) = to {
        writable_file(to, &inputs)?;
    }
    let plain = load::model_for(path, None, None, &[])?;
    let recorded = recorded(args, &plain)?;
    let names: Vec<String> = recorded.iter().map(|one| one.test.name.clone()).collect();
    let numbers = looped::moving(args, parameters(path, &names)?);
    let tried = tried(path, &names, &numbers);
    let runs: Vec<Run> =
        recorded.iter().map(|one| Run { model: &one.model, test: &one.test, recording: &one.recording }).collect();
    let mut report =
        fitted(&runs, &tried).map_err(|error| only(Problem::whole(path.display().to_string(), error.0)))?;
    let free = looped::free(args, &plain, &report, &numbers)?;
    looped::simulate(args, &plain, &runs, &free, &mut report)?;
    if let Some(to) = to {
        let known: Vec<&Parameter> = numbers.iter().chain(free.iter().map(|free| &free.parameter)).collect();
        let written = write(path, to, &report, &known)?;
        say(&format!("{written} numbers written to {}", to.display()));
    }
    let page = || fit_page(&report, args.full);
    deliver_to(Some(args.format), None, page, || json(&report), || csv(&fit_table(&report)))?;
    Ok(match &report.simulation {
        Some(simulation) if simulation.interrupted => Exit::Interrupted,
        _ if report.parameters.is_empty() => Exit::Failed,
        _ => Exit::Done,
    })
}

/// Drafts a model from traces, if it can be read again.
fn draft_of(traces: &Path, to: Option<&Path>) -> Result<Exit, Problems> {
    if let Some(to) = to {
        writable_file(to, &[traces])?;
    }
    let Traced { requests, notes } = read_traces(traces).map_err(|error| load::problems_of(&error))?;
    notes.iter().for_each(|note| warn(&format!("{}: {note}", traces.display())));
    let dir = to.and_then(Path::parent).unwrap_or(Path::new(""));
    // Beside the model its name is enough.
    let folder = |path: &Path| {
        path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")).canonicalize().ok()
    };
    let beside = to.is_some_and(|to| folder(to).is_some() && folder(to) == folder(traces));
    let own = traces.file_name().map(PathBuf::from).filter(|_| beside);
    let file = own.or_else(|| traces.canonicalize().ok()).and_then(|path| path.to_str().map(str::to_owned));
    let name = traces.file_stem().map_or("Traced".into(), |stem| stem.to_string_lossy());
    let Draft { text, notes } = draft(&name, file.as_deref().filter(|_| to.is_some()), &requests);
    notes.iter().for_each(|note| warn(note));
    let shown = to.map_or("the draft".to_owned(), |to| to.display().to_string());
    load_model_text(&text, &shown, dir, None, &[])?;
    match to {
        Some(to) => {
            write_whole(to, text.as_bytes())?;
            say(&format!("wrote {shown}; next: plimsoll check {shown}"));
        }
        None => print(&text).map_err(only)?,
    }
    Ok(Exit::Done)
}

/// The files by test, in the order of the model.
fn recorded(args: &FitArgs, plain: &Model) -> Result<Vec<Recorded>, Problems> {
    let path = args.model();
    if let Some(name) = &args.test {
        load::test(plain, path, Some(name))?;
    }
    let map = bridges(&args.map)?;
    let mut all = Vec::new();
    if !map.is_empty() {
        let mut files = Vec::new();
        for test in &plain.tests {
            files.extend(files_of(args, plain, test)?);
        }
        refuse_unknown(&args.map, &[(plain.clone(), files)])?;
    }
    for test in plain.tests.iter().filter(|test| args.test.as_ref().is_none_or(|name| *name == test.name)) {
        let files = files_of(args, plain, test)?;
        if files.is_empty() {
            continue;
        }
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        let mut recording = load::recording(&files, &map)?;
        if args.from.is_empty() {
            add_spans(&mut recording, test)?;
        }
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

/// Adds the parts of requests that the model names for a test, by the model's names.
fn add_spans(recording: &mut Recording, test: &Test) -> Result<(), Problems> {
    for spans in &test.spans {
        let parts = load::recording(&[&spans.path], &[])?;
        let named = |o: &Observation| -> Vec<Observation> {
            let names = spans.map.iter().filter(|(from, _)| *from == o.scope);
            names.map(|(_, to)| Observation { scope: to.clone(), ..o.clone() }).collect()
        };
        for (from, _) in &spans.map {
            if !parts.observations.iter().any(|o| o.scope == *from) {
                let problem = Problem::whole(spans.path.display().to_string(), format!("has no step {}", quoted(from)));
                return Err(only(problem.with_hint(suggest(
                    from,
                    "step",
                    parts.observations.iter().map(|o| o.scope.as_str()),
                ))));
            }
        }
        let steps = parts.observations.iter().filter(|o| o.metric == "step_duration");
        let renamed = steps.flat_map(named);
        recording.observations.extend(renamed);
        recording.files.extend(parts.files);
    }
    Ok(())
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
            (None, None) => load::test(plain, args.model(), None)?.name.clone(),
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

/// Whether a fit has written numbers into a model that it found in this file: their comments name it.
pub(super) fn fitted_from(model: &Path, file: &Path) -> bool {
    let Some(name) = file.file_name().map(|name| name.to_string_lossy().into_owned()) else { return false };
    let named = |comment: &str| [":", ")"].iter().any(|end| comment.contains(&format!("({name}{end}")));
    read_file(model).is_ok_and(|text| text.lines().filter_map(|line| line.split_once("fit: ")).any(|(_, c)| named(c)))
}

/// Writes the model with the numbers found, if it can be read again; says how many.
fn write(path: &Path, to: &Path, report: &FitReport, known: &[&Parameter]) -> Result<usize, Problems> {
    let text = read_file(path)?;
    let edit = |fitted: &Fitted| {
        let parameter = known.iter().find(|parameter| parameter.path == fitted.path)?;
        let together = match fitted.together_with.len() {
            0 => String::new(),
            _ => ", only the sum with others is measured".to_owned(),
        };
        let middle = written_range(parameter.unit, fitted.value, fitted.value, fitted.value);
        let comment =
            format!("{} by {}{together}; {}", middle.trim_matches('"'), fitted.law, fitted.figures.join(", "));
        Some(Edit { span: parameter.span.clone(), value: looped::written(fitted), comment })
    };
    let edits: Vec<Edit> = report.parameters.iter().filter(|fitted| !fitted.stays).filter_map(edit).collect();
    let new = rewritten(&text, &edits);
    let dir = to.parent().unwrap_or(Path::new(""));
    load_model_text(&new, &format!("{} (as it would be written)", to.display()), dir, None, &[])?;
    write_whole(to, new.as_bytes())?;
    Ok(edits.len())
}
