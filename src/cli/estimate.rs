//! `plimsoll run --instant`: what is known of a test without simulating it.

use serde::Serialize;

use super::args::RunArgs;
use super::exit::Exit;
use super::load;
use super::output::{csv, deliver, only, writable};
use super::run::json;
use crate::present::instant_page::{instant_page, instant_table};
use crate::problem::{Problem, Problems};
use crate::study::instant::{Instant, instant};

/// Which test it is about.
#[derive(Serialize)]
struct Told<'a> {
    model: &'a str,
    variant: &'a str,
    test: &'a str,
    instant: &'a Instant,
}

/// Failed if a required objective must fail.
pub(super) fn estimate(args: &RunArgs) -> Result<Exit, Problems> {
    let how = &args.how;
    writable(how, &[&args.model])?;
    let variant = how.variant.as_deref();
    let (model, test) = load::model_and_test(&args.model, args.test.as_deref(), variant, &how.set)?;
    let found = instant(&model, &test)
        .map_err(|error| only(Problem::whole(format!("{}, test {}", args.model.display(), test.name), error.0)))?;
    let variant = variant.unwrap_or("");
    let words = if variant.is_empty() { String::new() } else { format!(", variant {variant}") };
    let title = format!("{} · test {}{words}, not simulated", model.name, test.name);
    let told = Told { model: &model.name, variant, test: &test.name, instant: &found };
    deliver(how, || instant_page(&title, &found), || json(&told), || csv(&instant_table(&found)))?;
    let required = |slo: &str| test.required().any(|objective| objective.text == slo);
    Ok(if found.failed.iter().any(|failed| required(&failed.slo)) { Exit::Failed } else { Exit::Done })
}
