//! `plimsoll report`.

use super::args::{Format, RecommendArgs, ReportArgs};
use super::exit::Exit;
use super::laboratory::Stopped;
use super::load;
use super::output::{complain, deliver, form, no_csv, only, say, writable};
use super::progress::{Progress, catch_interrupts};
use super::recommend::answer;
use super::report_command::command;
use super::report_evidence::{Seen, evidence, seen, wanted};
use super::run::{json, problems_of};
use crate::load::{busiest_window, stage_windows};
use crate::model::{Decision, Model, Test};
use crate::present::report::{Told, report_page};
use crate::problem::{Problem, Problems, quoted, suggest};
use crate::recording::Recording;
use crate::study::asked::asked;
use crate::study::decide::{Predicted, decide};
use crate::study::observe::Wanted;
use crate::study::predict::{Job, predict_all};
use crate::study::prediction::Row;
use crate::study::recommend::answer::Recommendation;
use crate::study::report::{Evidence, LoadTestReport, report as report_of};

/// A test with the model as one change makes it.
struct Case {
    change: usize,
    model: Model,
    test: Test,
    wanted: Wanted,
    /// Spans that are told: its stages, and what its objectives ask for. Those that were recorded are compared only.
    spans: Vec<(f64, f64)>,
}

pub(super) fn report(args: &ReportArgs) -> Exit {
    match written(args) {
        Ok(report) if report.fails() => Exit::Failed,
        Ok(_) => Exit::Done,
        Err(Stopped::Interrupted) => Exit::Interrupted,
        Err(Stopped::Wrong(problems)) => complain(&problems),
    }
}

/// Predicts, reports and delivers.
fn written(args: &ReportArgs) -> Result<LoadTestReport, Stopped> {
    let how = &args.how;
    load::replications(how)?;
    load::no_plot(how, "report")?;
    no_csv(how, "report")?;
    writable(how, &[&args.model])?;
    if let Some(variant) = &how.variant {
        let problem =
            Problem::whole(format!("--variant {variant}"), "a report is on the system as it is, and on changes");
        return Err(only(problem.with_hint(format!("lay it beside the system: --compare {variant}"))).into());
    }
    if !args.recommend && !args.buying.is_bare() {
        let what = "what to buy is not searched for, so nothing can be asked of it";
        return Err(only(Problem::whole("plimsoll report", what).with_hint("add --recommend")).into());
    }
    let plain = load::model_for(&args.model, None, None, &how.set)?;
    let tests = load::tests(&plain, &args.model, &args.test, &[])?;
    let decision = plain.decisions.first().filter(|decision| decides(decision, &tests));
    let changes = changes(args, &plain, decision)?;
    let seen = seen(&args.model, &plain, &tests, &how.set)?;
    let cases = cases(args, &tests, &changes, decision, &seen)?;
    let spans: Vec<Vec<(f64, f64)>> = cases.iter().map(|case| case.spans.clone()).collect();
    // What is wrong with its arguments is told before anything is simulated.
    let recommendation = recommendation(args)?;
    let mut predicted = predicted(args, cases, &changes)?;
    let decided = decision.map(|decision| {
        let count = decision.changes.len() + 1;
        decide(&plain, decision, how.seed, &predicted[..count.min(predicted.len())])
    });
    let evidence =
        Evidence { recommendation, ..evidence(&plain, &seen, &predicted, how.seed, load::effort(how).replications) };
    for (one, spans) in predicted.iter_mut().flatten().zip(&spans) {
        let told = |row: &Row| row.key.from_s.zip(row.key.to_s).is_none_or(|span| spans.contains(&span));
        one.prediction.metrics.retain(told);
    }
    let report = report_of(&plain, &changes, how.seed, &predicted, decided, evidence);
    let command = command(args, drawn(args));
    let recordings: Vec<&Recording> = seen.iter().flat_map(Seen::recordings).collect();
    let file = args.model.display().to_string();
    let told = Told { model: &plain, file: &file, command: &command, recordings: &recordings };
    deliver(how, || report_page(&report, &told), || json(&report), String::new)?;
    Ok(report)
}

/// What to buy, if anybody asks.
fn recommendation(args: &ReportArgs) -> Result<Option<Recommendation>, Stopped> {
    if !args.recommend {
        return Ok(None);
    }
    let ReportArgs { model, test, buying, how, .. } = args;
    let asked = RecommendArgs { model: model.clone(), test: test.clone(), buying: buying.clone(), how: how.clone() };
    answer(&asked).map(Some)
}

/// Whether figures are in the report.
fn drawn(args: &ReportArgs) -> bool {
    form(args.how.format, args.how.output.as_deref()) == Format::Html
}

/// The tests of each change, predicted in the order of the cases.
fn predicted(args: &ReportArgs, cases: Vec<Case>, changes: &[String]) -> Result<Vec<Vec<Predicted>>, Stopped> {
    let how = &args.how;
    catch_interrupts();
    let effort = load::effort(how);
    let name = |change: usize| change.checked_sub(1).map_or("", |change| changes[change].as_str());
    let jobs: Vec<Job> = cases
        .iter()
        .map(|Case { change, model, test, wanted, .. }| Job {
            model,
            test,
            variant: name(*change),
            wanted,
            effort,
            // Lines over time are for figures only, and large.
            series: drawn(args) && *change == 0,
        })
        .collect();
    let watch = Progress::new("report", (effort.replications * jobs.len()) as u64, how.quiet);
    let predictions = predict_all(&jobs, effort.threads, &watch);
    drop((watch, jobs));
    let mut predicted: Vec<Vec<Predicted>> = (0..=changes.len()).map(|_| Vec::new()).collect();
    for (Case { change, model, test, .. }, prediction) in cases.into_iter().zip(predictions) {
        match prediction {
            Ok(prediction) if !prediction.interrupted => predicted[change].push(Predicted { model, test, prediction }),
            Err(error) if !error.is_interruption() => {
                return Err(problems_of(&error, &args.model.display().to_string(), &test.name).into());
            }
            Ok(_) | Err(_) => {
                say("interrupted before all tests were done; there is nothing to report");
                return Err(Stopped::Interrupted);
            }
        }
    }
    Ok(predicted)
}

/// Whether all tests of a decision are reported on.
fn decides(decision: &Decision, tests: &[String]) -> bool {
    decision.criteria.iter().flat_map(|criterion| &criterion.tests).all(|test| tests.contains(test))
}

/// The changes of the decision, and then those asked for.
fn changes(args: &ReportArgs, plain: &Model, decision: Option<&Decision>) -> Result<Vec<String>, Problems> {
    let mut changes = decision.map_or(Vec::new(), |decision| decision.changes.clone());
    let names = || plain.variants.iter().map(|variant| variant.name.as_str());
    for name in &args.compare {
        if names().all(|known| known != name) {
            let problem = Problem::whole(args.model.display().to_string(), format!("no variant {}", quoted(name)));
            return Err(only(problem.with_hint(suggest(name, "variant", names()))));
        }
        if !changes.contains(name) {
            changes.push(name.clone());
        }
    }
    Ok(changes)
}

/// Every test, as it is and after each change.
fn cases(
    args: &ReportArgs,
    tests: &[String],
    changes: &[String],
    decision: Option<&Decision>,
    seen: &[Seen],
) -> Result<Vec<Case>, Problems> {
    let mut cases = Vec::new();
    for change in 0..=changes.len() {
        let variant = change.checked_sub(1).map(|change| changes[change].as_str());
        for name in tests {
            let model = load::model_for(&args.model, Some(name), variant, &args.how.set)?;
            let test = load::test(&model, &args.model, Some(name))?.clone();
            let mut wanted = asked(&test);
            let criteria = decision.iter().flat_map(|decision| &decision.criteria);
            for criterion in criteria.filter(|criterion| criterion.tests.contains(name)) {
                let then = Test { objectives: criterion.objectives.clone(), ..test.clone() };
                wanted.add(asked(&then));
            }
            let stages = stage_windows(&test).into_iter().map(|stage| (stage.from_s, stage.to_s));
            let spans = wanted.windows.iter().copied().chain(stages).chain([busiest_window(&test)]).collect();
            if change == 0 {
                wanted.add(self::wanted(seen, &test));
            }
            cases.push(Case { change, model, test, wanted, spans });
        }
    }
    Ok(cases)
}
