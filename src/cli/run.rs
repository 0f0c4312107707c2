//! `plimsoll run`.

use serde::Serialize;

use super::args::RunArgs;
use super::charts::charts_wanted;
use super::exit::Exit;
use super::load;
use super::output::{complain, csv, deliver, draw, only, say, warn, writable};
use super::progress::{Progress, catch_interrupts, is_overtaken};
use super::watch::watch;
use crate::present::number::machine;
use crate::present::{figure, run_page, tidy};
use crate::problem::{Problem, Problems};
use crate::study::asked::asked;
use crate::study::contradictory::beyond_any_system;
use crate::study::instant::{Beside, Instant, beside, instant};
use crate::study::predict::{PredictError, predict};
use crate::study::prediction::{Prediction, Status};

/// The contract's version.
pub(super) const SCHEMA: &str = "plimsoll/1";

/// A result with what every JSON output begins with.
#[derive(Serialize)]
pub(super) struct Envelope<'a, T> {
    schema: &'static str,
    plimsoll: &'static str,
    #[serde(flatten)]
    result: &'a T,
}

/// A prediction with what was known before it.
#[derive(Serialize)]
struct WithInstant<'a> {
    #[serde(flatten)]
    prediction: &'a Prediction,
    instant: Option<&'a Instant>,
    beside: Option<&'a Beside>,
}

/// A result as the contract's JSON.
pub(super) fn json<T: Serialize>(result: &T) -> serde_json::Value {
    let envelope = Envelope { schema: SCHEMA, plimsoll: env!("CARGO_PKG_VERSION"), result };
    let mut value = serde_json::to_value(envelope).unwrap_or(serde_json::Value::Null);
    without_noise(&mut value);
    value
}

/// Numbers as other programs get them; whole ones stay as they are.
pub(super) fn without_noise(value: &mut serde_json::Value) {
    use serde_json::Value;
    match value {
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().map(machine).and_then(serde_json::Number::from_f64);
            *value = rounded.map_or(Value::Null, Value::Number);
        }
        Value::Array(items) => items.iter_mut().for_each(without_noise),
        Value::Object(entries) => entries.values_mut().for_each(without_noise),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

pub(super) fn run(args: &RunArgs) -> Exit {
    if args.screen.watch { watch(&[&args.model], &args.how, || once(args)) } else { once(args) }
}

fn once(args: &RunArgs) -> Exit {
    if args.instant {
        return super::estimate::estimate(args).unwrap_or_else(|problems| complain(&problems));
    }
    match predicted(args) {
        Ok(Some(prediction)) if prediction.interrupted => Exit::Interrupted,
        Ok(Some(prediction)) => verdict(&prediction),
        Ok(None) => Exit::Interrupted,
        Err(problems) => complain(&problems),
    }
}

/// Predicts and delivers; `None` if interrupted.
fn predicted(args: &RunArgs) -> Result<Option<Prediction>, Problems> {
    let how = &args.how;
    load::replications(how)?;
    writable(how, &[&args.model])?;
    let variant = how.variant.as_deref();
    let (model, test) = load::model_and_test(&args.model, args.test.as_deref(), variant, &how.set)?;
    beyond_any_system(&model, &test).iter().for_each(|text| warn(text));
    let recorded = if how.plot.is_some() { load::recorded(&test, &[])? } else { Vec::new() };
    catch_interrupts();
    let effort = load::effort(how);
    let progress = Progress::new(&test.name, effort.replications as u64, how.quiet);
    let prediction = predict(&model, &test, variant.unwrap_or(""), &asked(&test), &effort, &progress);
    drop(progress);
    if is_overtaken() {
        return Ok(None);
    }
    let prediction = match prediction {
        Ok(prediction) => prediction,
        Err(error) if error.is_interruption() => {
            say("interrupted before two replications were done; there is nothing to report");
            return Ok(None);
        }
        Err(error) => return Err(problems_of(&error, &args.model.display().to_string(), &test.name)),
    };
    let known = instant(&model, &test).ok();
    let beside = known.as_ref().and_then(|known| beside(known, &prediction));
    let page = || {
        let both = known.as_ref().zip(beside.as_ref());
        run_page::run_page_beside(&prediction, both, charts_wanted(&args.screen, how), super::output::detail(how))
    };
    deliver(
        how,
        page,
        || json(&WithInstant { prediction: &prediction, instant: known.as_ref(), beside: beside.as_ref() }),
        || csv(&tidy::prediction_table(&prediction)),
    )?;
    draw(how, |target| figure::run_figure(&prediction, load::held_out_first(&recorded), target))?;
    Ok(Some(prediction))
}

/// Why there is no prediction, as a problem of the model.
pub(super) fn problems_of(error: &PredictError, model: &str, test: &str) -> Problems {
    only(Problem::whole(format!("{model}, test {test}"), error.to_string()))
}

/// Failed if a required objective fails.
fn verdict(prediction: &Prediction) -> Exit {
    let fails = |v: &crate::study::prediction::Verdict| v.settled() == Status::Fail && !v.wished;
    if prediction.verdicts.iter().any(fails) { Exit::Failed } else { Exit::Done }
}
