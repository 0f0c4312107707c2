//! `plimsoll decide`.

use super::args::DecideArgs;
use super::exit::Exit;
use super::load;
use super::output::{complain, csv, deliver, only, say, writable};
use super::progress::{Progress, catch_interrupts};
use super::run::{json, problems_of};
use crate::model::{Decision, Model, Test};
use crate::present::decision_page::{decision_page, decision_table};
use crate::problem::{Problem, Problems, quoted, suggest};
use crate::study::asked::asked;
use crate::study::decide::{DecisionReport, Predicted, decide as decided};
use crate::study::observe::Wanted;
use crate::study::predict::{Job, predict_all};

/// A test with the model as one change makes it.
struct Case {
    /// Which of the changes; 0: the system as it is.
    change: usize,
    model: Model,
    test: Test,
    wanted: Wanted,
}

pub(super) fn decide(args: &DecideArgs) -> Exit {
    match report(args) {
        Ok(Some(report)) if report.go() => Exit::Done,
        Ok(Some(_)) => Exit::Failed,
        Ok(None) => Exit::Interrupted,
        Err(problems) => complain(&problems),
    }
}

/// Predicts, decides and delivers; `None` if interrupted.
fn report(args: &DecideArgs) -> Result<Option<DecisionReport>, Problems> {
    let how = &args.how;
    load::replications(how)?;
    load::no_plot(how, "decide")?;
    writable(how, &[&args.model])?;
    if let Some(variant) = &how.variant {
        let hint = "name the variants in the decision: changes = [\"…\"]";
        let problem = Problem::whole(format!("--variant {variant}"), "a decision has its own changes");
        return Err(only(problem.with_hint(hint)));
    }
    let plain = load::model_for(&args.model, None, None, &how.set)?;
    let decision = chosen(args, &plain)?;
    let cases = cases(args, &plain, decision)?;
    catch_interrupts();
    let effort = load::effort(how);
    let jobs: Vec<Job> = cases
        .iter()
        .map(|Case { change, model, test, wanted }| {
            let variant = change.checked_sub(1).map_or("", |change| decision.changes[change].as_str());
            Job { model, test, variant, wanted, effort, series: false }
        })
        .collect();
    let watch = Progress::new(&decision.name, (effort.replications * jobs.len()) as u64, how.quiet);
    let predictions = predict_all(&jobs, effort.threads, &watch);
    drop((watch, jobs));
    let mut predicted: Vec<Vec<Predicted>> = (0..=decision.changes.len()).map(|_| Vec::new()).collect();
    for (Case { change, model, test, .. }, prediction) in cases.into_iter().zip(predictions) {
        match prediction {
            Ok(prediction) if !prediction.interrupted => predicted[change].push(Predicted { model, test, prediction }),
            Err(error) if !error.is_interruption() => {
                return Err(problems_of(&error, &args.model.display().to_string(), &test.name));
            }
            Ok(_) | Err(_) => {
                say("interrupted before all tests were done; there is nothing to report");
                return Ok(None);
            }
        }
    }
    let report = decided(&plain, decision, how.seed, &predicted);
    deliver(how, || decision_page(&report), || json(&report), || csv(&decision_table(&report)))?;
    Ok(Some(report))
}

/// The decision asked for, or the only one.
fn chosen<'m>(args: &DecideArgs, model: &'m Model) -> Result<&'m Decision, Problems> {
    let path = args.model.display().to_string();
    let names = || model.decisions.iter().map(|decision| decision.name.as_str());
    let problem = |what: String, hint: String| only(Problem::whole(path.clone(), what).with_hint(hint));
    match (&args.decision, model.decisions.as_slice()) {
        (_, []) => Err(problem("has no decision".into(), "write [decision.NAME] with its criteria".into())),
        (Some(name), all) => all
            .iter()
            .find(|decision| decision.name == *name)
            .ok_or_else(|| problem(format!("no decision {}", quoted(name)), suggest(name, "decision", names()))),
        (None, [only]) => Ok(only),
        (None, _) => {
            let list = names().collect::<Vec<_>>().join(", ");
            Err(problem("has several decisions".into(), format!("choose one with --decision: {list}")))
        }
    }
}

/// Every test that a criterion names, as it is and after each change.
fn cases(args: &DecideArgs, plain: &Model, decision: &Decision) -> Result<Vec<Case>, Problems> {
    let used = |test: &&Test| decision.criteria.iter().any(|criterion| criterion.tests.contains(&test.name));
    let mut cases = Vec::new();
    for change in 0..=decision.changes.len() {
        let variant = change.checked_sub(1).map(|change| decision.changes[change].as_str());
        for test in plain.tests.iter().filter(used) {
            let model = load::model_for(&args.model, Some(&test.name), variant, &args.how.set)?;
            let test = load::test(&model, &args.model, Some(&test.name))?.clone();
            let mut wanted = asked(&test);
            for criterion in decision.criteria.iter().filter(|criterion| criterion.tests.contains(&test.name)) {
                let then = Test { objectives: criterion.objectives.clone(), ..test.clone() };
                wanted.add(asked(&then));
            }
            cases.push(Case { change, model, test, wanted });
        }
    }
    Ok(cases)
}
