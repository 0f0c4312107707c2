//! `plimsoll recommend`.

use std::path::{Path, PathBuf};

use super::args::RecommendArgs;
use super::exit::Exit;
use super::future::Future;
use super::knobs::{knobs, promise};
use super::laboratory::{Bench, Stopped};
use super::load;
use super::output::{complain, csv, deliver, detail, draw, only, say, warn, writable};
use super::prices::Prices;
use super::progress::{Progress, catch_interrupts};
use super::run::json;
use crate::load::regular_end_s;
use crate::model::Model;
use crate::present::figure;
use crate::present::recommend_page::{recommend_page, recommend_table};
use crate::problem::{Problem, Problems, suggest};
use crate::study::capacity::is_judged;
use crate::study::contradictory::beyond_any_system;
use crate::study::cost::HOURS_PER_MONTH;
use crate::study::recommend::answer::Recommendation;
use crate::study::recommend::space::{Knob, Space};
use crate::study::recommend::{Priced, Question};

/// Replications where a promise is close, if nothing else is said.
const MOST: u32 = 1000;
/// Requests that are simulated for a test that is close, and for the answer, if nothing else is said: some ten seconds.
const MOST_REQUESTS: f64 = 7e6;
const ANSWER_REQUESTS: f64 = 1.5e7;

pub(super) fn recommend(args: &RecommendArgs) -> Exit {
    match recommended(args) {
        Ok(answer) if answer.nothing.is_none() && answer.left_out.is_empty() && answer.is_found() => Exit::Done,
        Ok(_) => Exit::Failed,
        Err(Stopped::Wrong(problems)) => complain(&problems),
        Err(Stopped::Interrupted) => Exit::Interrupted,
    }
}

fn recommended(args: &RecommendArgs) -> Result<Recommendation, Stopped> {
    let how = &args.how;
    load::replications(how)?;
    let read: Vec<&Path> = std::iter::once(&args.model).chain(&args.buying.launch).map(PathBuf::as_path).collect();
    writable(how, &read)?;
    let answer = answer(args)?;
    deliver(how, || recommend_page(&answer, detail(how)), || json(&answer), || csv(&recommend_table(&answer)))?;
    draw(how, |path| figure::recommend_figure(&answer, path))?;
    Ok(answer)
}

/// The answer, shown to nobody yet.
pub(super) fn answer(args: &RecommendArgs) -> Result<Recommendation, Stopped> {
    let how = &args.how;
    let plain = load::model_for(&args.model, None, how.variant.as_deref(), &how.set)?;
    let tests = load::tests(&plain, &args.model, &args.test, &[])?;
    judged(&plain, &tests)?;
    for name in &tests {
        let test = load::test(&plain, &args.model, Some(name))?;
        beyond_any_system(&plain, test).iter().for_each(|text| warn(text));
    }
    for variant in &args.buying.beside {
        load::model_for(&args.model, None, Some(variant), &how.set)?;
    }
    let knobs = knobs(&plain, &args.buying.vary, &args.buying.family)?;
    let future = Future::of(args, &tests)?;
    let month = month(&plain, &args.model, &tests, args.buying.month.as_deref())?;
    let question = Question {
        model: plain.name.clone(),
        variant: how.variant.clone().unwrap_or_default(),
        set: how.set.clone(),
        seed: how.seed,
        promise: promise(args.buying.promise)?,
        replications: how.replications as usize,
        most: how.max_replications.unwrap_or(MOST).max(how.replications) as usize,
        most_requests: how.max_replications.map_or(MOST_REQUESTS, |_| f64::INFINITY),
        answer_requests: how.max_replications.map_or(ANSWER_REQUESTS, |_| f64::INFINITY),
        budget: args.buying.budget.map(|per_hour| per_hour * HOURS_PER_MONTH),
        exhaustive: args.buying.exhaustive,
        beside: args.buying.beside.clone(),
        month: month.clone(),
        growth: args.buying.growth,
        months: args.buying.months,
        times: future.times,
        launch: future.launches.clone(),
    };
    catch_interrupts();
    let watch = Progress::new("recommend", 0, how.quiet);
    let mut bench = Bench::new(args, &plain, &knobs, &tests, &future, month, &watch);
    let space = space(&knobs, &mut bench)?;
    let unpriced = bench.unpriced(&space.system(0))?;
    if args.buying.budget.is_some() && !unpriced.is_empty() {
        let what = format!("the price of {} is not known, so nothing can be said of a budget", unpriced.join(", "));
        return Err(only(Problem::whole("--budget", what).with_hint("give it a price = \"$0.09/h\"")).into());
    }
    let answer = crate::study::recommend::recommend(&space, &question, &mut bench);
    let so_far = std::mem::take(&mut bench.so_far);
    drop(watch);
    if let Err(Stopped::Interrupted) = &answer {
        say("interrupted before there was an answer");
        say(&so_far);
    }
    answer
}

/// The test whose load the system has all month: the one that is named, or the longest.
fn month(model: &Model, path: &Path, tests: &[String], named: Option<&str>) -> Result<String, Problems> {
    if let Some(named) = named {
        if let Some(found) = tests.iter().find(|test| *test == named) {
            return Ok(found.clone());
        }
        let problem = Problem::whole(format!("--month {named}"), "is none of the tests whose objectives are to hold");
        return Err(only(problem.with_hint(suggest(named, "test", tests.iter().map(String::as_str)))));
    }
    let mut longest = (0.0, String::new());
    for name in tests {
        let seconds = regular_end_s(load::test(model, path, Some(name))?);
        if seconds > longest.0 {
            longest = (seconds, name.clone());
        }
    }
    Ok(longest.1)
}

/// Refuses tests that ask nothing.
fn judged(model: &Model, tests: &[String]) -> Result<(), Problems> {
    let asks = |name: &String| {
        let test = model.tests.iter().find(|test| test.name == *name);
        test.is_some_and(is_judged)
    };
    if tests.iter().any(asks) {
        return Ok(());
    }
    let problem = Problem::whole(format!("model {}", model.name), "no test has an objective, so nothing has to hold");
    Err(only(problem.with_hint("write thresholds = { http_req_duration = [\"p(95)<400\"] } into a test")))
}

/// All configurations with their costs; every value of every knob is tried before anything is simulated.
fn space(knobs: &[Knob], bench: &mut Bench) -> Result<Space, Stopped> {
    let mut prices = Prices::of(knobs, bench)?;
    let today = crate::study::recommend::today(knobs, bench)?;
    let mut failure = None;
    let space = Space::new(knobs.to_vec(), today, |config| {
        if failure.is_some() {
            return f64::NAN;
        }
        prices.of_config(config, bench).unwrap_or_else(|stopped| {
            failure = Some(stopped);
            f64::NAN
        })
    });
    failure.map_or(Ok(space), Err)
}
