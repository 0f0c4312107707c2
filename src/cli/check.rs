//! `plimsoll check`.

use std::path::{Path, PathBuf};

use super::args::CheckArgs;
use super::bridge::{bridges, laid, refuse_unknown};
use super::charts::charts_wanted;
use super::exit::Exit;
use super::fit::fitted_from;
use super::load;
use super::output::{complain, csv, deliver, detail, draw, only, say, warn, writable};
use super::progress::{Progress, catch_interrupts, is_overtaken};
use super::run::{json, problems_of};
use super::watch::watch;
use crate::model::{Model, RecordingRef, Role, Test};
use crate::present::charts::Glyphs;
use crate::present::check_page::{Charted, check_page, check_page_charted};
use crate::present::document::Document;
use crate::present::record_page::record_page;
use crate::present::{figure, tidy};
use crate::problem::{Problem, Problems};
use crate::recording::Recording;
use crate::study::asked::asked;
use crate::study::check::{Other, Recorded, check_test, first_replications, report, unrecorded_test, wanted};
use crate::study::check_result::{CheckReport, CheckTest, CheckVerdict};
use crate::study::contradictory::beyond_any_system;
use crate::study::facts::Trusted;
use crate::study::instant::reaches_the_knee;
use crate::study::observe::Wanted;
use crate::study::predict::{Effort, Job, PredictError, predict_all};
use crate::study::prediction::{Prediction, Status, Verdict};
use crate::study::repeats::Repeats;
use crate::study::same_run::runs_alike;

/// Alternatives are shown, not scored; a share of the replications will do.
const ALTERNATIVE_SHARE: usize = 10;
const ALTERNATIVE_LEAST: usize = 2;

/// A test with its recordings, calibration first; there may be none.
struct Case {
    model: Model,
    test: Test,
    recordings: Vec<(Role, Recording)>,
}

/// A case by another mechanism.
struct Alternative {
    case: usize,
    name: String,
    about: String,
    model: Model,
    test: Test,
}

/// A model checked, with what a figure of it needs.
pub(super) struct Checked {
    pub report: CheckReport,
    predictions: Vec<Prediction>,
    recordings: Vec<Recording>,
    pub interrupted: bool,
}

pub(super) fn check(args: &CheckArgs) -> Exit {
    let inputs: Vec<&Path> = args.models.iter().chain(&args.against).map(PathBuf::as_path).collect();
    if args.screen.watch { watch(&inputs, &args.how, || once(args)) } else { once(args) }
}

fn once(args: &CheckArgs) -> Exit {
    check_all(args).unwrap_or_else(|problems| complain(&problems))
}

/// Checks the models one by one and delivers all together; what was finished before an interruption
/// is delivered as well.
fn check_all(args: &CheckArgs) -> Result<Exit, Problems> {
    let how = &args.how;
    let inputs: Vec<&Path> = args.models.iter().chain(&args.against).map(PathBuf::as_path).collect();
    load::replications(how)?;
    writable(how, &inputs)?;
    if how.plot.is_some() && args.models.len() > 1 {
        let hint = "check the models one by one";
        return Err(only(Problem::whole("--plot", "draws one model, and there are several").with_hint(hint)));
    }
    refuse_unknown(&args.map, &laid(args)?)?;
    let mut all: Vec<Checked> = Vec::new();
    for model in &args.models {
        all.push(checked(args, model)?);
        if all.last().is_some_and(|last| last.interrupted) {
            break;
        }
    }
    if is_overtaken() {
        return Ok(Exit::Interrupted);
    }
    let reports: Vec<&CheckReport> = all.iter().map(|checked| &checked.report).collect();
    deliver(how, || pages(args, &all), || documents(&reports), || tables(&reports))?;
    if let [only] = all.as_slice() {
        draw(how, |path| figure::check_figure(&only.report, &only.predictions, &only.recordings, path))?;
    }
    if all.iter().any(|checked| checked.interrupted) {
        return Ok(Exit::Interrupted);
    }
    Ok(reports.iter().map(|report| verdict(report)).max().unwrap_or(Exit::Done))
}

/// Whether what is asked for is the track record of several models: of each its recorded tests, and no alternatives.
fn of_record(args: &CheckArgs) -> bool {
    args.models.len() > 1 && !args.how.full && args.test.is_empty() && args.against.is_empty()
}

/// Characters of charts, which only the page of one model has.
fn charted(args: &CheckArgs) -> Option<Glyphs> {
    charts_wanted(&args.screen, &args.how).filter(|_| args.models.len() == 1)
}

/// The page of one model; of several their track record, and on the full page each of theirs after it.
fn pages(args: &CheckArgs, all: &[Checked]) -> Document {
    let how = &args.how;
    if let [Checked { report, predictions, recordings, .. }] = all {
        let charted = charted(args).map(|glyphs| Charted { predictions, recordings, glyphs });
        return check_page_charted(report, charted, detail(how));
    }
    let reports: Vec<&CheckReport> = all.iter().map(|checked| &checked.report).collect();
    let mut page = record_page(&reports);
    if !how.full {
        return page;
    }
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
pub(super) fn checked(args: &CheckArgs, path: &Path) -> Result<Checked, Problems> {
    let how = &args.how;
    let plain = load::model_for(path, None, how.variant.as_deref(), &how.set)?;
    let cases = cases(args, path, &plain)?;
    let trusted = trusted(args, path, &plain)?;
    cases.iter().flat_map(|case| beyond_any_system(&case.model, &case.test)).for_each(|text| warn(&text));
    catch_interrupts();
    let effort = load::effort(how);
    let predictions = predict_cases(args, path, &cases, &effort)?;
    let others = predict_others(args, path, &plain, &cases, &predictions, &effort)?;
    let interrupted = predictions.iter().any(Option::is_none) || others.iter().flatten().any(Option::is_none);
    let others: Vec<Vec<Other>> = others.into_iter().map(|others| others.into_iter().flatten().collect()).collect();
    let repeats = repeats(&cases, &trusted);
    let trusted: Vec<Trusted> = trusted.iter().flat_map(Case::trusted).collect();
    let mut tests = Vec::new();
    for ((case, prediction), others) in cases.iter().zip(&predictions).zip(&others) {
        tests.extend(prediction.iter().flat_map(|prediction| case.check(prediction, &trusted, &repeats, others)));
    }
    if interrupted && tests.is_empty() && !is_overtaken() {
        say("interrupted before a test was done; there is nothing to report");
    }
    let variant = how.variant.as_deref().unwrap_or("");
    let report = report(&plain, variant, how.seed, effort.replications, tests);
    let recordings = cases.into_iter().flat_map(|case| case.recordings).map(|(_, recording)| recording).collect();
    let predictions = predictions.into_iter().flatten().collect();
    Ok(Checked { report, predictions, recordings, interrupted })
}

/// Predictions of all cases; `None` for those that were interrupted.
fn predict_cases(
    args: &CheckArgs,
    path: &Path,
    cases: &[Case],
    effort: &Effort,
) -> Result<Vec<Option<Prediction>>, Problems> {
    let wanted: Vec<Wanted> = cases.iter().map(Case::wanted).collect();
    let variant = args.how.variant.as_deref().unwrap_or("");
    let series = args.how.plot.is_some() || charted(args).is_some();
    let cases = cases.iter().zip(&wanted);
    let jobs: Vec<Job> = cases
        .map(|(Case { model, test, .. }, wanted)| Job { model, test, variant, wanted, effort: *effort, series })
        .collect();
    predict_jobs(args, path, "tests", &jobs)
}

/// Predictions of held-out tests by the model's alternative mechanisms, by case; `None` for those
/// that were interrupted. What would run as the model itself does is not simulated again.
fn predict_others(
    args: &CheckArgs,
    path: &Path,
    plain: &Model,
    cases: &[Case],
    predictions: &[Option<Prediction>],
    effort: &Effort,
) -> Result<Vec<Vec<Option<Other>>>, Problems> {
    let replications = (effort.replications / ALTERNATIVE_SHARE).max(ALTERNATIVE_LEAST);
    let effort = Effort { replications: replications.min(effort.replications), precision: None, ..*effort };
    let alternatives = alternatives(args, path, plain, cases)?;
    let wanted: Vec<Wanted> = cases.iter().map(Case::wanted).collect();
    // The case's prediction where the alternative runs as it does.
    let alike = |alternative: &Alternative| {
        let prediction = predictions[alternative.case].as_ref()?;
        runs_alike(&cases[alternative.case].model, &alternative.model, prediction).then_some(prediction)
    };
    let alike: Vec<Option<&Prediction>> = alternatives.iter().map(alike).collect();
    let mut jobs = Vec::new();
    for (alternative, alike) in alternatives.iter().zip(&alike) {
        let Alternative { case, name: variant, model, test, .. } = alternative;
        if alike.is_none() && predictions[*case].is_some() {
            jobs.push(Job { model, test, variant, wanted: &wanted[*case], effort, series: false });
        }
    }
    let mut simulated = predict_jobs(args, path, "alternatives", &jobs)?.into_iter();
    let mut others: Vec<Vec<Option<Other>>> = cases.iter().map(|_| Vec::new()).collect();
    for (alternative, alike) in alternatives.into_iter().zip(alike) {
        let prediction = match alike {
            Some(alike) => Some(first_replications(alike, effort.replications)),
            None if predictions[alternative.case].is_some() => simulated.next().flatten(),
            None => None,
        };
        let Alternative { case, name: variant, about, .. } = alternative;
        others[case].push(prediction.map(|prediction| Other { variant, about, prediction }));
    }
    Ok(others)
}

/// The model's alternatives for each held-out test; of those in which hardly anybody waits only if all is asked for.
fn alternatives(args: &CheckArgs, path: &Path, plain: &Model, cases: &[Case]) -> Result<Vec<Alternative>, Problems> {
    if args.no_alternatives || args.how.variant.is_some() || of_record(args) {
        return Ok(Vec::new());
    }
    let mut alternatives = Vec::new();
    let held_out = |(_, case): &(usize, &Case)| case.recordings.iter().any(|(role, _)| *role == Role::Validate);
    let told = |(_, case): &(usize, &Case)| args.how.full || reaches_the_knee(&case.model, &case.test);
    for (case, Case { test, .. }) in cases.iter().enumerate().filter(held_out).filter(told) {
        for variant in plain.variants.iter().filter(|variant| variant.alternative) {
            let model = load::model_for(path, Some(&test.name), Some(&variant.name), &args.how.set)?;
            let test = load::test(&model, path, Some(&test.name))?.clone();
            let name = variant.name.clone();
            alternatives.push(Alternative { case, name, about: variant.about.clone(), model, test });
        }
    }
    Ok(alternatives)
}

/// Runs jobs under one bar. `None` for those that were interrupted.
fn predict_jobs(args: &CheckArgs, path: &Path, what: &str, jobs: &[Job]) -> Result<Vec<Option<Prediction>>, Problems> {
    let replications: usize = jobs.iter().map(|job| job.effort.replications).sum();
    let watch = Progress::new(&format!("{} {what}", jobs.len()), replications as u64, args.how.quiet);
    let threads = load::effort(&args.how).threads;
    let results = predict_all(jobs, threads, &watch);
    drop(watch);
    let outcome = |(job, result): (&Job, Result<Prediction, PredictError>)| match result {
        Ok(prediction) => Ok(Some(prediction).filter(|prediction| !prediction.interrupted)),
        Err(error) if error.is_interruption() => Ok(None),
        Err(error) => Err(problems_of(&error, &path.display().to_string(), &named(job))),
    };
    jobs.iter().zip(results).map(outcome).collect()
}

/// "peak", or "peak, lifo".
fn named(job: &Job) -> String {
    if job.variant.is_empty() { job.test.name.clone() } else { format!("{}, {}", job.test.name, job.variant) }
}

/// The recordings that the model was made from, whether they are checked or not.
fn trusted(args: &CheckArgs, path: &Path, plain: &Model) -> Result<Vec<Case>, Problems> {
    let calibrates = |test: &&Test| test.recordings.iter().any(|r| r.role == Role::Calibrate);
    let case = |test: &Test| Case::of_model(args, path, &test.name)?.recorded(args, &[Role::Calibrate]);
    plain.tests.iter().filter(calibrates).map(case).collect()
}

/// Recordings of equal tests, of what is checked and what the model was made from.
fn repeats<'a>(cases: &'a [Case], trusted: &'a [Case]) -> Repeats<'a> {
    let unchecked = trusted.iter().filter(|known| cases.iter().all(|case| case.test.name != known.test.name));
    let recorded = cases.iter().chain(unchecked).flat_map(|case| case.recordings.iter().map(|(_, r)| (&case.test, r)));
    Repeats::of(recorded)
}

/// The tests to check: those asked for, or all.
fn cases(args: &CheckArgs, path: &Path, plain: &Model) -> Result<Vec<Case>, Problems> {
    let mut names: Vec<String> = Vec::new();
    for name in &args.test {
        names.push(load::test(plain, path, Some(name))?.name.clone());
    }
    if names.is_empty() && !args.against.is_empty() {
        names.push(load::test(plain, path, None)?.name.clone());
    }
    if names.is_empty() {
        names.extend(plain.tests.iter().map(|test| test.name.clone()));
    }
    if names.is_empty() {
        return load::test(plain, path, None).map(|_| Vec::new());
    }
    if of_record(args) {
        names.retain(|name| plain.tests.iter().any(|test| test.name == *name && !test.recordings.is_empty()));
    }
    let case = |name: &String| {
        let case = Case::of_model(args, path, name)?;
        if args.against.is_empty() {
            case.recorded(args, &[Role::Calibrate, Role::Validate])
        } else {
            case.against(args, path, plain)
        }
    };
    names.iter().map(case).collect()
}

impl Case {
    /// A test of the model, as yet without recordings.
    fn of_model(args: &CheckArgs, path: &Path, name: &str) -> Result<Case, Problems> {
        let how = &args.how;
        let model = load::model_for(path, Some(name), how.variant.as_deref(), &how.set)?;
        let test = load::test(&model, path, Some(name))?.clone();
        Ok(Case { model, test, recordings: Vec::new() })
    }

    /// With the test's own recordings of these roles; all files of one role are one recording.
    fn recorded(mut self, args: &CheckArgs, roles: &[Role]) -> Result<Case, Problems> {
        let map = bridges(&args.map)?;
        for &role in roles {
            let of_role = self.test.recordings.iter().filter(|r| r.role == role);
            let files: Vec<&Path> = of_role.map(|r| r.path.as_path()).collect();
            if !files.is_empty() {
                self.recordings.push((role, load::recording(&files, &map)?));
            }
        }
        Ok(self)
    }

    /// With the recording given on the command line. What the model was made from proves nothing,
    /// however it is named.
    fn against(mut self, args: &CheckArgs, path: &Path, plain: &Model) -> Result<Case, Problems> {
        let files: Vec<&Path> = args.against.iter().map(PathBuf::as_path).collect();
        let recording = load::recording(&files, &bridges(&args.map)?)?;
        let known = |file: &Path| {
            let is_it =
                |r: &&RecordingRef| r.path.canonicalize().is_ok_and(|a| file.canonicalize().is_ok_and(|b| a == b));
            plain.tests.iter().flat_map(|test| &test.recordings).find(is_it).map(|r| r.role)
        };
        let calibrates = files.iter().any(|file| known(file) == Some(Role::Calibrate) || fitted_from(path, file));
        self.recordings.push((if calibrates { Role::Calibrate } else { Role::Validate }, recording));
        Ok(self)
    }

    /// What its recordings and objectives ask of a prediction.
    fn wanted(&self) -> Wanted {
        let mut all = asked(&self.test);
        self.recordings.iter().for_each(|(_, recording)| all.add(wanted(recording, &self.test)));
        all
    }

    fn trusted(&self) -> impl Iterator<Item = Trusted<'_>> {
        self.recordings.iter().map(|(_, recording)| Trusted { model: &self.model, test: &self.test, recording })
    }

    /// Each recording laid beside the prediction; alternatives beside what was held out.
    fn check(
        &self,
        prediction: &Prediction,
        calibrations: &[Trusted],
        repeats: &Repeats,
        others: &[Other],
    ) -> Vec<CheckTest> {
        if self.recordings.is_empty() {
            return vec![unrecorded_test(&self.test, prediction)];
        }
        let Case { model, test, .. } = self;
        let beside = |(role, recording): &(Role, Recording)| {
            let recorded = Recorded { model, test, role: *role, recording, prediction };
            check_test(&recorded, calibrations, repeats, if *role == Role::Validate { others } else { &[] })
        };
        self.recordings.iter().map(beside).collect()
    }
}

/// Failed if a scored row disagrees, a required objective fails, or nothing that was recorded could
/// be compared.
fn verdict(report: &CheckReport) -> Exit {
    let nothing = |test: &&CheckTest| test.role.is_some() && test.rows.iter().all(|row| row.predicted.is_none());
    if let Some(test) = report.tests.iter().find(nothing) {
        say(&format!("nothing was compared in {}: the model predicts none of its recorded figures", test.test));
        return Exit::Failed;
    }
    let disagrees = report.tests.iter().any(|test| test.scored(CheckVerdict::Disagree) > 0);
    let fails = |v: &Verdict| v.settled() == Status::Fail && !v.wished;
    if disagrees || report.tests.iter().flat_map(|test| &test.verdicts).any(fails) { Exit::Failed } else { Exit::Done }
}
