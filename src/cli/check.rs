//! `plimsoll check`.

use std::path::{Path, PathBuf};

use super::args::{CheckArgs, How};
use super::exit::Exit;
use super::load;
use super::output::{complain, csv, deliver, detail, draw, only, say, writable};
use super::progress::{Progress, catch_interrupts};
use super::run::{failed, json, wanted as objectives_want};
use crate::model::{Model, RecordingRef, Role, Test};
use crate::present::check_page::check_page;
use crate::present::document::Document;
use crate::present::{figure, tidy};
use crate::problem::{Problem, Problems};
use crate::recording::Recording;
use crate::study::check::{Other, Recorded, check_test, report, wanted};
use crate::study::check_result::{CheckReport, CheckTest, CheckVerdict};
use crate::study::facts::Trusted;
use crate::study::predict::{Effort, predict};
use crate::study::prediction::Prediction;

/// Alternatives are shown, not scored; a share of the replications will do.
const ALTERNATIVE_SHARE: usize = 8;
const ALTERNATIVE_LEAST: usize = 4;

/// A test with its recording.
struct Case {
    model: Model,
    test: Test,
    role: Role,
    recording: Recording,
}

/// A model checked, with what a figure of it needs.
struct Checked {
    report: CheckReport,
    predictions: Vec<Prediction>,
    recordings: Vec<Recording>,
    interrupted: bool,
}

pub(super) fn check(args: &CheckArgs) -> Exit {
    match check_all(args) {
        Ok(exit) => exit,
        Err(problems) => complain(&problems),
    }
}

/// Checks the models one by one and delivers all together; what was finished before an interruption
/// is delivered as well.
fn check_all(args: &CheckArgs) -> Result<Exit, Problems> {
    let how = &args.how;
    let inputs: Vec<&Path> = args.models.iter().chain(&args.against).map(PathBuf::as_path).collect();
    writable(how, &inputs)?;
    if how.plot.is_some() && args.models.len() > 1 {
        let hint = "check the models one by one";
        return Err(only(Problem::whole("--plot", "draws one model, and there are several").with_hint(hint)));
    }
    let mut all: Vec<Checked> = Vec::new();
    for model in &args.models {
        all.push(checked(args, model)?);
        if all.last().is_some_and(|last| last.interrupted) {
            break;
        }
    }
    let reports: Vec<&CheckReport> = all.iter().map(|checked| &checked.report).collect();
    deliver(how, || pages(how, &reports), || documents(&reports), || tables(&reports))?;
    if let [only] = all.as_slice() {
        draw(how, |path| figure::check_figure(&only.report, &only.predictions, &only.recordings, path))?;
    }
    if all.iter().any(|checked| checked.interrupted) {
        return Ok(Exit::Interrupted);
    }
    Ok(reports.iter().map(|report| verdict(report)).max().unwrap_or(Exit::Done))
}

fn pages(how: &How, reports: &[&CheckReport]) -> Document {
    let mut page = Document::default();
    page.blocks.extend(reports.iter().flat_map(|report| check_page(report, detail(how)).blocks));
    page
}

/// One document, or a list of them for several models.
fn documents(reports: &[&CheckReport]) -> serde_json::Value {
    match reports {
        [one] => json(one),
        several => several.iter().map(json).collect(),
    }
}

/// One table after the other under one header.
fn tables(reports: &[&CheckReport]) -> String {
    let mut all = String::new();
    for report in reports {
        let table = csv(&tidy::check_table(report));
        let rows = if all.is_empty() { Some(table.as_str()) } else { table.split_once('\n').map(|(_, rows)| rows) };
        all.push_str(rows.unwrap_or_default());
    }
    all
}

/// Checks one model file.
fn checked(args: &CheckArgs, path: &Path) -> Result<Checked, Problems> {
    let how = &args.how;
    let plain = load::model_for(path, None, how.variant.as_deref(), &how.set)?;
    let cases = cases(args, path, &plain)?;
    let trusted = trusted(args, path, &plain)?;
    catch_interrupts();
    let effort = load::effort(how);
    let calibrations: Vec<Trusted> = trusted
        .iter()
        .map(|case| Trusted { model: &case.model, test: &case.test, recording: &case.recording })
        .collect();
    let (mut tests, mut predictions, mut interrupted) = (Vec::new(), Vec::new(), false);
    for case in &cases {
        let both = match case.predict(args, path, &effort)? {
            Some(prediction) if !prediction.interrupted => {
                case.alternatives(args, path, &plain, &effort)?.map(|others| (prediction, others))
            }
            _ => None,
        };
        let Some((prediction, others)) = both else {
            interrupted = true;
            break;
        };
        tests.push(case.check(&prediction, &calibrations, &others));
        predictions.push(prediction);
    }
    let variant = how.variant.as_deref().unwrap_or("");
    let report = report(&plain, variant, how.seed, effort.replications, tests);
    let recordings = cases.into_iter().map(|case| case.recording).collect();
    Ok(Checked { report, predictions, recordings, interrupted })
}

/// The recordings that the model was made from, whether they are checked or not.
fn trusted(args: &CheckArgs, path: &Path, plain: &Model) -> Result<Vec<Case>, Problems> {
    let recorded = plain.tests.iter().filter(|test| test.recordings.iter().any(|r| r.role == Role::Calibrate));
    recorded.map(|test| Case::of_model(args, path, &test.name, Role::Calibrate)).collect()
}

/// The tests to check: those asked for, or all that have recordings.
fn cases(args: &CheckArgs, path: &Path, plain: &Model) -> Result<Vec<Case>, Problems> {
    let how = &args.how;
    let map = load::bridges(&args.map)?;
    let mut names: Vec<String> = Vec::new();
    for name in &args.test {
        names.push(load::test(plain, path, Some(name))?.name.clone());
    }
    if names.is_empty() && !args.against.is_empty() {
        names.push(load::test(plain, path, None)?.name.clone());
    }
    if names.is_empty() {
        let recorded = plain.tests.iter().filter(|test| !test.recordings.is_empty());
        names.extend(recorded.map(|test| test.name.clone()));
    }
    let mut cases = Vec::new();
    for name in &names {
        if args.against.is_empty() {
            let test = load::test(plain, path, Some(name))?;
            for role in [Role::Calibrate, Role::Validate] {
                if test.recordings.iter().any(|recording| recording.role == role) {
                    cases.push(Case::of_model(args, path, name, role)?);
                }
            }
        } else {
            let model = load::model_for(path, Some(name), how.variant.as_deref(), &how.set)?;
            let test = load::test(&model, path, Some(name))?.clone();
            let files: Vec<&Path> = args.against.iter().map(PathBuf::as_path).collect();
            let recording = load::recording(&files, &map)?;
            // What the model was made from proves nothing, however it is named.
            let known = |file: &Path| {
                let is_it =
                    |r: &&RecordingRef| r.path.canonicalize().is_ok_and(|a| file.canonicalize().is_ok_and(|b| a == b));
                plain.tests.iter().flat_map(|test| &test.recordings).find(is_it).map(|r| r.role)
            };
            let calibrates = files.iter().any(|file| known(file) == Some(Role::Calibrate));
            let role = if calibrates { Role::Calibrate } else { Role::Validate };
            cases.push(Case { model, test, role, recording });
        }
    }
    if cases.is_empty() {
        let hint = "give a test a `recording`, or a file with --against";
        return Err(only(Problem::whole(path.display().to_string(), "has no recorded test to check").with_hint(hint)));
    }
    Ok(cases)
}

impl Case {
    /// A test with its own recording of this role; all files of one role are one recording.
    fn of_model(args: &CheckArgs, path: &Path, name: &str, role: Role) -> Result<Case, Problems> {
        let how = &args.how;
        let model = load::model_for(path, Some(name), how.variant.as_deref(), &how.set)?;
        let test = load::test(&model, path, Some(name))?.clone();
        let files: Vec<&Path> = test.recordings.iter().filter(|r| r.role == role).map(|r| r.path.as_path()).collect();
        let recording = load::recording(&files, &load::bridges(&args.map)?)?;
        Ok(Case { model, test, role, recording })
    }

    fn predict(&self, args: &CheckArgs, path: &Path, effort: &Effort) -> Result<Option<Prediction>, Problems> {
        let mut wanted = wanted(&self.recording);
        let objectives = objectives_want(&self.test);
        wanted.percentiles.extend(objectives.percentiles);
        wanted.scopes.extend(objectives.scopes);
        let watch = Progress::new(&self.test.name, effort.replications as u64, args.how.quiet);
        let variant = args.how.variant.as_deref().unwrap_or("");
        match predict(&self.model, &self.test, variant, &wanted, effort, &watch) {
            Ok(prediction) => Ok(Some(prediction)),
            Err(error) => failed(&error, &path.display().to_string(), &self.test.name),
        }
    }

    /// Predictions of held-out tests by the model's alternative mechanisms; `None` if interrupted.
    fn alternatives(
        &self,
        args: &CheckArgs,
        path: &Path,
        plain: &Model,
        effort: &Effort,
    ) -> Result<Option<Vec<Other>>, Problems> {
        let mut others = Vec::new();
        if args.no_alternatives || self.role == Role::Calibrate || args.how.variant.is_some() {
            return Ok(Some(others));
        }
        let replications = (effort.replications / ALTERNATIVE_SHARE).max(ALTERNATIVE_LEAST);
        let effort = Effort { replications: replications.min(effort.replications), precision: None, ..*effort };
        for variant in plain.variants.iter().filter(|variant| variant.alternative) {
            let model = load::model_for(path, Some(&self.test.name), Some(&variant.name), &args.how.set)?;
            let test = load::test(&model, path, Some(&self.test.name))?;
            let what = format!("{}, {}", self.test.name, variant.name);
            let watch = Progress::new(&what, effort.replications as u64, args.how.quiet);
            match predict(&model, test, &variant.name, &wanted(&self.recording), &effort, &watch) {
                Ok(prediction) if prediction.interrupted => return Ok(None),
                Ok(prediction) => {
                    others.push(Other { variant: variant.name.clone(), about: variant.about.clone(), prediction });
                }
                Err(error) => {
                    if failed::<()>(&error, &path.display().to_string(), &what)?.is_none() {
                        return Ok(None);
                    }
                }
            }
        }
        Ok(Some(others))
    }

    fn check(&self, prediction: &Prediction, calibrations: &[Trusted], others: &[Other]) -> CheckTest {
        let recorded =
            Recorded { model: &self.model, test: &self.test, role: self.role, recording: &self.recording, prediction };
        check_test(&recorded, calibrations, others)
    }
}

/// Failed if a scored row disagrees, or nothing could be compared.
fn verdict(report: &CheckReport) -> Exit {
    let nothing = |test: &&CheckTest| test.rows.iter().all(|row| row.predicted.is_none());
    if let Some(test) = report.tests.iter().find(nothing) {
        say(&format!("nothing was compared in {}: the model predicts none of its recorded figures", test.test));
        return Exit::Failed;
    }
    let disagrees =
        |row: &crate::study::check_result::CheckRow| row.verdict == Some(CheckVerdict::Disagree) && row.scored;
    let any = report.tests.iter().flat_map(|test| &test.rows).any(disagrees);
    if any { Exit::Failed } else { Exit::Done }
}
