//! `plimsoll compare`.

use std::path::{Path, PathBuf};

use super::args::{CompareArgs, How};
use super::exit::Exit;
use super::load;
use super::output::{complain, csv, deliver, detail, draw, only, say, writable};
use super::progress::{Progress, catch_interrupts};
use super::run::{json, problems_of};
use crate::model::{Model, Test};
use crate::present::compare_page::{compare_page, compare_table};
use crate::present::figure;
use crate::problem::{Problem, Problems, quoted};
use crate::study::asked::asked;
use crate::study::compare::{Comparison, TestComparison, compare as compare_predictions, compare_recordings};
use crate::study::observe::Wanted;
use crate::study::predict::{Job, predict_all};
use crate::study::prediction::Prediction;

/// One side, as asked for.
enum Side {
    Model { file: PathBuf, variant: Option<String>, set: Vec<String> },
    Recording(PathBuf),
}

/// A test as a side has it.
struct Case<'a> {
    file: &'a Path,
    variant: &'a str,
    model: Model,
    test: Test,
}

pub(super) fn compare(args: &CompareArgs) -> Exit {
    match compared(args) {
        Ok(Some(comparison)) if comparison.interrupted => Exit::Interrupted,
        Ok(Some(comparison)) if comparison.tests.iter().any(|test| !test.b_fails.is_empty()) => Exit::Failed,
        Ok(Some(_)) => Exit::Done,
        Ok(None) => Exit::Interrupted,
        Err(problems) => complain(&problems),
    }
}

/// Predicts or reads, and delivers; `None` if interrupted.
fn compared(args: &CompareArgs) -> Result<Option<Comparison>, Problems> {
    let how = args.each.how(&args.set);
    let (a, b) = sides(args)?;
    writable(&how, &[a.file(), b.file()])?;
    let comparison = match (&a, &b) {
        (Side::Recording(a), Side::Recording(b)) => Some(recordings(args, a, b)?),
        (Side::Model { .. }, Side::Model { .. }) => models(args, &how, &a, &b)?,
        (Side::Model { file, .. }, Side::Recording(recording))
        | (Side::Recording(recording), Side::Model { file, .. }) => {
            let (file, recording) = (file.display(), recording.display());
            let problem = Problem::whole(format!("{} and {}", args.a, args.b), "are a model and a recording");
            let hint = format!("plimsoll check {file} --test NAME --against {recording}");
            return Err(only(problem.with_hint(hint)));
        }
    };
    let Some(comparison) = comparison else { return Ok(None) };
    let page = || compare_page(&comparison, detail(&how));
    deliver(&how, page, || json(&comparison), || csv(&compare_table(&comparison)))?;
    draw(&how, |path| figure::compare_figure(&comparison, path))?;
    Ok(Some(comparison))
}

impl Side {
    fn file(&self) -> &Path {
        match self {
            Side::Model { file, .. } | Side::Recording(file) => file,
        }
    }
}

/// What the two arguments mean.
fn sides(args: &CompareArgs) -> Result<(Side, Side), Problems> {
    let own = |set: &[String]| args.set.iter().chain(set).cloned().collect::<Vec<_>>();
    let side = |text: &str, set: &[String], first: Option<&Path>| {
        let (file, variant) = match text.rsplit_once('@') {
            Some((file, variant)) if !Path::new(text).exists() => (file, Some(variant.to_owned())),
            _ => (text, None),
        };
        let file = match first {
            Some(first) if file.is_empty() => first.to_owned(),
            None if file.is_empty() => {
                let problem = Problem::whole(quoted(text), "names no file");
                return Err(only(problem.with_hint("a model file, FILE@VARIANT, or a recording comes first")));
            }
            _ => PathBuf::from(file),
        };
        let ending = file.extension().map(|ending| ending.to_ascii_lowercase());
        let recorded = variant.is_none() && ending.is_some_and(|ending| ending == "csv" || ending == "json");
        match (recorded, set) {
            (false, set) => Ok(Side::Model { file, variant, set: own(set) }),
            (true, []) if args.set.is_empty() => Ok(Side::Recording(file)),
            (true, _) => Err(only(Problem::whole(text, "is a recording: nothing in it can be changed"))),
        }
    };
    let a = side(&args.a, &args.set_a, None)?;
    let b = side(&args.b, &args.set_b, Some(a.file()))?;
    Ok((a, b))
}

fn recordings(args: &CompareArgs, a: &Path, b: &Path) -> Result<Comparison, Problems> {
    if !args.test.is_empty() {
        return Err(only(Problem::whole("--test", "recordings are of one test each; there is none to choose")));
    }
    let (first, second) = (load::recording(&[a], &[])?, load::recording(&[b], &[])?);
    let tests = vec![compare_recordings(&first, &second)];
    if tests[0].differences.is_empty() {
        return Err(only(Problem::whole(format!("{} and {}", args.a, args.b), "have no figure in common")));
    }
    let (seed, replications, interrupted, missing) = (None, None, false, Vec::new());
    let (a, b, paired) = (args.a.clone(), args.b.clone(), false);
    Ok(Comparison { a, b, paired, seed, replications, tests, interrupted, missing })
}

fn models(args: &CompareArgs, how: &How, a: &Side, b: &Side) -> Result<Option<Comparison>, Problems> {
    let names = tests(args, a, b)?;
    let mut cases = Vec::with_capacity(2 * names.len());
    for name in &names {
        for side in [a, b] {
            cases.push(case(side, name)?);
        }
    }
    // Both sides report what the objectives of either are about.
    let wanted: Vec<Wanted> = cases
        .chunks(2)
        .flat_map(|pair| {
            let mut both = Wanted::default();
            pair.iter().for_each(|case| both.add(asked(&case.test)));
            [both.clone(), both]
        })
        .collect();
    let effort = load::effort(how);
    let mut jobs: Vec<Job> = Vec::with_capacity(cases.len());
    for (Case { variant, model, test, .. }, wanted) in cases.iter().zip(&wanted) {
        jobs.push(Job { model, test, variant, wanted, effort, series: false });
    }
    catch_interrupts();
    let watch = Progress::new("both systems", (effort.replications * jobs.len()) as u64, how.quiet);
    let predictions = predict_all(&jobs, effort.threads, &watch);
    drop((watch, jobs));
    let mut predicted = Vec::with_capacity(cases.len());
    for (case, prediction) in cases.iter().zip(predictions) {
        match prediction {
            Ok(prediction) => predicted.push(Some(prediction)),
            Err(error) if error.is_interruption() => predicted.push(None),
            Err(error) => return Err(problems_of(&error, &case.file.display().to_string(), &case.test.name)),
        }
    }
    // Of a test that was interrupted both sides count as far as both got.
    let both = |pair: &[Option<Prediction>]| Some(compare_predictions(pair[0].as_ref()?, pair[1].as_ref()?));
    let compared: Vec<Option<TestComparison>> = predicted.chunks(2).map(both).collect();
    let missing = names.into_iter().zip(&compared).filter(|(_, test)| test.is_none()).map(|(name, _)| name).collect();
    let interrupted = predicted.iter().any(|one| one.as_ref().is_none_or(|one| one.interrupted));
    let tests: Vec<TestComparison> = compared.into_iter().flatten().collect();
    if tests.is_empty() {
        say("interrupted before a test had two replications of both systems; there is nothing to report");
        return Ok(None);
    }
    let name = |text: &str, set: &[String]| match set {
        [] => text.to_owned(),
        set => format!("{text} with {}", set.join(", ")),
    };
    Ok(Some(Comparison {
        a: name(&args.a, &args.set_a),
        b: name(&args.b, &args.set_b),
        paired: true,
        seed: Some(how.seed),
        replications: Some(effort.replications),
        tests,
        interrupted,
        missing,
    }))
}

fn case<'a>(side: &'a Side, name: &str) -> Result<Case<'a>, Problems> {
    let Side::Model { file, variant, set } = side else {
        return Err(only(Problem::whole(side.file().display().to_string(), "is no model")));
    };
    let model = load::model_for(file, Some(name), variant.as_deref(), set)?;
    let test = load::test(&model, file, Some(name))?.clone();
    Ok(Case { file, variant: variant.as_deref().unwrap_or(""), model, test })
}

/// Those asked for, which both must have, or all that both have.
fn tests(args: &CompareArgs, a: &Side, b: &Side) -> Result<Vec<String>, Problems> {
    let of = |side: &Side| match side {
        Side::Model { file, variant, set } => {
            let plain = load::model_for(file, None, variant.as_deref(), set)?;
            load::tests(&plain, file, &args.test, &[])
        }
        Side::Recording(_) => Ok(Vec::new()),
    };
    let (first, second) = (of(a)?, of(b)?);
    let both: Vec<String> = first.into_iter().filter(|name| second.contains(name)).collect();
    match both.as_slice() {
        [] => {
            let problem = Problem::whole(format!("{} and {}", args.a, args.b), "have no test in common");
            Err(only(problem.with_hint("tests are the same if they have the same name")))
        }
        _ => Ok(both),
    }
}
