//! `plimsoll capacity`.

use super::args::CapacityArgs;
use super::exit::Exit;
use super::load;
use super::output::{complain, csv, deliver, detail, draw, only, say, writable};
use super::progress::{Progress, catch_interrupts};
use super::run::json;
use crate::model::{Model, Test};
use crate::present::capacity_page::{capacity_page, capacity_table};
use crate::present::figure;
use crate::problem::{Problem, Problems, quoted};
use crate::study::asked::asked;
use crate::study::capacity::{Capacities, CapacityError, Question, Unfinished, capacity as capacity_of, is_judged};
use crate::study::observe::Wanted;
use crate::study::predict::{Effort, Watch};

/// Simulations of each replication that looks for its break point, about, and those besides: for the progress.
const SEARCH: u64 = 3;
const BESIDES: u64 = 60;

/// A test with the model as one variant makes it.
struct Case<'a> {
    variant: &'a str,
    model: Model,
    test: Test,
    wanted: Wanted,
}

pub(super) fn capacity(args: &CapacityArgs) -> Exit {
    match found(args) {
        Ok(Some(capacities)) if capacities.interrupted => Exit::Interrupted,
        Ok(Some(capacities)) if capacities.carried() => Exit::Done,
        Ok(Some(_)) => Exit::Failed,
        Ok(None) => Exit::Interrupted,
        Err(problems) => complain(&problems),
    }
}

/// Searches and delivers; `None` if interrupted before anything was found.
fn found(args: &CapacityArgs) -> Result<Option<Capacities>, Problems> {
    let how = args.each.how(&args.set);
    writable(&how, &[&args.model])?;
    let plain = load::model_for(&args.model, None, None, &args.set)?;
    let cases = cases(args, &plain)?;
    catch_interrupts();
    let effort = Effort { precision: Some(args.precision), ..load::effort(&how) };
    let runs = cases.len() as u64 * (effort.replications as u64 * SEARCH + BESIDES);
    let watch = Progress::new(&plain.name, runs, how.quiet);
    let mut capacities = Vec::with_capacity(cases.len());
    let (mut interrupted, mut unfinished) = (false, None);
    for Case { variant, model, test, wanted } in &cases {
        let (probability, up_to) = (args.probability, args.up_to);
        match capacity_of(&Question { model, test, variant, wanted, probability, up_to, effort }, &watch) {
            Ok(capacity) => capacities.push(capacity),
            Err(CapacityError::Interrupted(tried)) => {
                interrupted = true;
                unfinished = Some(Unfinished { test: test.name.clone(), variant: (*variant).to_owned(), tried });
            }
            Err(error) => return Err(only(problem(args, variant, &test.name, &error.to_string()))),
        }
        interrupted |= !watch.keep_going();
        if interrupted {
            break;
        }
    }
    drop(watch);
    interrupted &= capacities.len() < cases.len();
    if capacities.is_empty() && unfinished.as_ref().is_none_or(|one| one.tried.is_empty()) {
        say("interrupted before a load was simulated; there is nothing to report");
        return Ok(None);
    }
    let (model, set) = (plain.name.clone(), args.set.clone());
    let capacities = Capacities { model, set, capacities, interrupted, unfinished };
    deliver(
        &how,
        || capacity_page(&capacities, detail(&how)),
        || json(&capacities),
        || csv(&capacity_table(&capacities)),
    )?;
    if capacities.capacities.is_empty() {
        return Ok(Some(capacities));
    }
    draw(&how, |path| figure::capacity_figure(&capacities, path))?;
    Ok(Some(capacities))
}

fn problem(args: &CapacityArgs, variant: &str, test: &str, what: &str) -> Problem {
    let variant = if variant.is_empty() { String::new() } else { format!(", variant {variant}") };
    Problem::whole(format!("{}, test {test}{variant}", args.model.display()), what)
}

/// Every test as it is and with each variant, test by test; all problems of tests at once.
fn cases<'a>(args: &'a CapacityArgs, plain: &Model) -> Result<Vec<Case<'a>>, Problems> {
    let tests = match args.test.as_slice() {
        [] => vec![load::test(plain, &args.model, None)?.name.clone()],
        names => load::tests(plain, &args.model, names, &[])?,
    };
    let mut variants = vec![""];
    for variant in &args.variant {
        if variants.contains(&variant.as_str()) {
            return Err(only(Problem::whole("--variant", format!("{} is given twice", quoted(variant)))));
        }
        variants.push(variant);
    }
    let (mut cases, mut problems) = (Vec::new(), Vec::new());
    for name in &tests {
        for variant in &variants {
            let wish = Some(*variant).filter(|variant| !variant.is_empty());
            let model = load::model_for(&args.model, Some(name), wish, &args.set)?;
            let test = load::test(&model, &args.model, Some(name))?.clone();
            if !is_judged(&test) {
                let what = "has no required objective: no load is too much for it";
                problems.push(problem(args, variant, name, what).with_hint("give the test thresholds"));
            }
            cases.push(Case { variant, wanted: asked(&test), model, test });
        }
    }
    Problems::of(problems).map_or(Ok(cases), Err)
}
