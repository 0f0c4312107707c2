//! `plimsoll check`.

use std::path::{Path, PathBuf};

use super::args::CheckArgs;
use super::exit::Exit;
use super::load;
use super::output::{complain, csv, deliver, detail, draw, figure_ending, only};
use super::progress::{Progress, catch_interrupts};
use super::run::{failed, json, wanted as objectives_want};
use crate::model::{Model, Role, Test};
use crate::present::check_page::check_page;
use crate::present::{figure, tidy};
use crate::problem::{Problem, Problems};
use crate::recording::Recording;
use crate::study::check::{Other, Recorded, check_test, report, wanted};
use crate::study::check_result::{CheckReport, CheckTest, CheckVerdict};
use crate::study::facts::Trusted;
use crate::study::predict::{Effort, predict};
use crate::study::prediction::Prediction;

/// Alternatives are shown, not scored; a share of the replications will do.
const ALTERNATIVE_SHARE: usize = 4;
const ALTERNATIVE_LEAST: usize = 8;

/// A test with its recording.
struct Case {
    model: Model,
    test: Test,
    role: Role,
    recording: Recording,
}

pub(super) fn check(args: &CheckArgs) -> Exit {
    let mut exit = Exit::Done;
    for model in &args.models {
        match checked(args, model) {
            Ok(Some(report)) => exit = exit.max(verdict(&report)),
            Ok(None) => return Exit::Interrupted,
            Err(problems) => return complain(&problems),
        }
    }
    exit
}

/// Checks one model file and delivers; `None` if interrupted.
fn checked(args: &CheckArgs, path: &Path) -> Result<Option<CheckReport>, Problems> {
    let how = &args.how;
    figure_ending(how)?;
    let plain = load::model_for(path, None, how.variant.as_deref(), &how.set)?;
    let cases = cases(args, path, &plain)?;
    catch_interrupts();
    let effort = load::effort(how);
    let calibrations: Vec<Trusted> = cases
        .iter()
        .filter(|case| case.role == Role::Calibrate)
        .map(|case| Trusted { model: &case.model, test: &case.test, recording: &case.recording })
        .collect();
    let (mut tests, mut predictions) = (Vec::new(), Vec::new());
    for case in &cases {
        let Some(prediction) = case.predict(args, path, &effort)? else { return Ok(None) };
        let Some(others) = case.alternatives(args, path, &plain, &effort)? else { return Ok(None) };
        tests.push(case.check(&prediction, &calibrations, &others));
        predictions.push(prediction);
    }
    let variant = how.variant.as_deref().unwrap_or("");
    let report = report(&plain, variant, how.seed, effort.replications, tests);
    deliver(how, || check_page(&report, detail(how)), || json(&report), || csv(&tidy::check_table(&report)))?;
    let recordings: Vec<Recording> = cases.into_iter().map(|case| case.recording).collect();
    draw(how, |path| figure::check_figure(&report, &predictions, &recordings, path))?;
    Ok(Some(report))
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
        let model = load::model_for(path, Some(name), how.variant.as_deref(), &how.set)?;
        let test = load::test(&model, path, Some(name))?.clone();
        if args.against.is_empty() {
            // All files of one role are one recording.
            for role in [Role::Calibrate, Role::Validate] {
                let files: Vec<&Path> =
                    test.recordings.iter().filter(|r| r.role == role).map(|r| r.path.as_path()).collect();
                if !files.is_empty() {
                    let recording = load::recording(&files, &map)?;
                    cases.push(Case { model: model.clone(), test: test.clone(), role, recording });
                }
            }
        } else {
            let files: Vec<&Path> = args.against.iter().map(PathBuf::as_path).collect();
            let recording = load::recording(&files, &map)?;
            cases.push(Case { model, test, role: Role::Validate, recording });
        }
    }
    if cases.is_empty() {
        let hint = "give a test a `recording`, or a file with --against";
        return Err(only(Problem::whole(path.display().to_string(), "has no recorded test to check").with_hint(hint)));
    }
    Ok(cases)
}

impl Case {
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

/// Failed if a scored row disagrees.
fn verdict(report: &CheckReport) -> Exit {
    let disagrees =
        |row: &crate::study::check_result::CheckRow| row.verdict == Some(CheckVerdict::Disagree) && row.scored;
    let any = report.tests.iter().flat_map(|test| &test.rows).any(disagrees);
    if any { Exit::Failed } else { Exit::Done }
}
