//! `plimsoll audit`.

use std::path::{Path, PathBuf};

use super::args::AuditArgs;
use super::bridge::bridges;
use super::exit::Exit;
use super::load;
use super::output::{complain, csv, deliver_to, only, same, with_named, writable_file};
use super::run::json;
use crate::model::{Model, Role, Test};
use crate::present::audit_page::{audit_page, audit_table};
use crate::problem::{Problem, Problems};
use crate::recording::Recording;
use crate::study::audit::{AuditReport, Case, Sureness, audit as audited};

pub(super) fn audit(args: &AuditArgs) -> Exit {
    match answered(args) {
        Ok(exit) => exit,
        Err(problems) => complain(&problems),
    }
}

fn answered(args: &AuditArgs) -> Result<Exit, Problems> {
    let output = args.output.as_deref();
    if let Some(output) = output {
        let given: Vec<&Path> = args.files.iter().chain(&args.model).map(PathBuf::as_path).collect();
        writable_file(output, &with_named(&given))?;
    }
    let report = report(args)?;
    deliver_to(args.format, output, || audit_page(&report), || json(&report), || csv(&audit_table(&report)))?;
    Ok(if report.count(Sureness::Contradiction) > 0 { Exit::Failed } else { Exit::Done })
}

/// A test of the model as it sees the system.
struct Planned {
    model: Model,
    test: Test,
}

fn report(args: &AuditArgs) -> Result<AuditReport, Problems> {
    let (models, recordings): (Vec<&PathBuf>, Vec<&PathBuf>) = args.files.iter().partition(|file| is_model(file));
    let mut models: Vec<&Path> = models.into_iter().chain(&args.model).map(PathBuf::as_path).collect();
    models.dedup_by(|a, b| same(a, b));
    let path = match models.as_slice() {
        [] => None,
        [one] => Some(*one),
        [_, second, ..] => {
            let problem = Problem::whole(second.display().to_string(), "is a second model");
            return Err(only(problem.with_hint("audit the models one by one")));
        }
    };
    let Some(path) = path else {
        if let Some(test) = args.test.first() {
            let hint = "give the model with --model";
            return Err(only(Problem::whole(format!("--test {test}"), "is the test of no model").with_hint(hint)));
        }
        let given = read(&recordings, args)?;
        let cases: Vec<Case> = given.iter().map(|recording| Case { recording, planned: None, system: None }).collect();
        return Ok(audited(None, &[], &cases));
    };
    let plain = load::model_for(path, None, None, &[])?;
    let mut planned: Vec<Planned> = Vec::new();
    for test in &plain.tests {
        let (model, test) = load::seen_by(path, &test.name, None, &[])?;
        planned.push(Planned { model, test });
    }
    for name in &args.test {
        load::test(&plain, path, Some(name))?;
    }
    if recordings.is_empty() { of_model(args, &plain, &planned) } else { of_files(args, &plain, &planned, &recordings) }
}

fn is_model(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
}

/// All that a model names; what it was made from is read in any case, and audited if it is asked for.
fn of_model(args: &AuditArgs, plain: &Model, planned: &[Planned]) -> Result<AuditReport, Problems> {
    let map = bridges(&args.map)?;
    let mut all: Vec<(usize, Role, Recording)> = Vec::new();
    for (number, Planned { test, .. }) in planned.iter().enumerate() {
        all.extend(load::recorded(test, &map)?.into_iter().map(|(role, recording)| (number, role, recording)));
    }
    let mut cases: Vec<Case> = Vec::new();
    for (number, role, recording) in &all {
        let planned = planned.get(*number).map(|one| (&one.model, &one.test, *role));
        cases.push(Case { recording, planned, system: None });
    }
    let report = audited(Some(plain), &plan(args, planned), &cases);
    Ok(if args.test.is_empty() { report } else { report.of_tests(&args.test) })
}

/// The tests whose plan is audited.
fn plan<'a>(args: &AuditArgs, planned: &'a [Planned]) -> Vec<(&'a Model, &'a Test)> {
    let wanted = |one: &&Planned| args.test.is_empty() || args.test.contains(&one.test.name);
    planned.iter().filter(wanted).map(|one| (&one.model, &one.test)).collect()
}

/// Recordings given one by one: each of the test that the model names it for, or of the one asked for, or of the only one.
fn of_files(args: &AuditArgs, plain: &Model, planned: &[Planned], files: &[&PathBuf]) -> Result<AuditReport, Problems> {
    let given = read(files, args)?;
    let named = |recording: &Recording| {
        let file = Path::new(&recording.name);
        let of = |one: &Planned| one.test.recordings.iter().find(|r| same(&r.path, file)).map(|r| r.role);
        planned.iter().find_map(|one| Some((one, of(one)?)))
    };
    let asked = match (args.test.as_slice(), planned) {
        ([name], _) => planned.iter().find(|one| one.test.name == *name),
        ([], [only]) => Some(only),
        _ => None,
    };
    let case = |recording| {
        let of = named(recording).or_else(|| asked.map(|one| (one, Role::Validate)));
        let planned = of.map(|(one, role)| (&one.model, &one.test, role));
        Case { recording, planned, system: Some(plain) }
    };
    let cases: Vec<Case> = given.iter().map(case).collect();
    // The plan is audited with the model itself.
    Ok(audited(Some(plain), &[], &cases))
}

/// Recordings, each with the files of series that follow it.
fn read(files: &[&PathBuf], args: &AuditArgs) -> Result<Vec<Recording>, Problems> {
    let map = bridges(&args.map)?;
    let mut all: Vec<Recording> = Vec::new();
    for file in files {
        let recording = load::recording(&[file], &map)?;
        match all.last_mut() {
            Some(last) if recording.observations.is_empty() => last.add(recording),
            _ => all.push(recording),
        }
    }
    Ok(all)
}
