//! The part of `plimsoll fit` that simulates: which numbers are free, and the models in which they have other values.

use super::args_fit::FitArgs;
use super::load;
use super::output::say;
use super::progress::{Progress, catch_interrupts};
use super::run::problems_of;
use crate::model::resolve::parameter_at;
use crate::model::{Meaning, Model, Parameter, Test};
use crate::problem::{Problem, Problems, quoted, suggest};
use crate::study::fit::looped::{Free, Mechanism, Models, Simulated, Work, compared, simulated};
use crate::study::fit::{FitReport, Fitted, Run};
use crate::study::predict::PredictError;
use crate::units::written_range;

/// Stands for all numbers that no law tells.
const MISSING: &str = "missing";
/// What a free number that is 0 begins with.
const FROM_NOTHING: f64 = 1e-3;

/// Numbers that are not to be kept.
pub(super) fn moving(args: &FitArgs, all: Vec<Parameter>) -> Vec<Parameter> {
    let kept = |path: &str| {
        let under = |begin: &String| {
            path.strip_prefix(begin.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        args.keep.iter().any(under)
    };
    all.into_iter().filter(|parameter| !kept(&parameter.path)).collect()
}

/// A value as a model file has it: its interval, or where the model's own range is narrower, that.
pub(super) fn written(fitted: &Fitted) -> String {
    written_range(fitted.unit, fitted.written[0], fitted.written[1], fitted.value)
}

/// The numbers that are to be found by simulating.
pub(super) fn free(
    args: &FitArgs,
    plain: &Model,
    report: &FitReport,
    numbers: &[Parameter],
) -> Result<Vec<Free>, Problems> {
    variants(args, plain)?;
    let mut found: Vec<Free> = Vec::new();
    let mut problems = Vec::new();
    for wanted in &args.free {
        let of: Vec<Parameter> = if wanted == MISSING {
            let open = |parameter: &&Parameter| report.missing.iter().any(|missing| missing.path == parameter.path);
            let moves = |parameter: &&Parameter| !matches!(parameter.is, Meaning::Weight { .. });
            numbers.iter().filter(open).filter(moves).cloned().collect()
        } else {
            match numbers.iter().find(|parameter| parameter.path == *wanted) {
                Some(known) => vec![known.clone()],
                None => parameter_at(args.model(), wanted)?.into_iter().collect(),
            }
        };
        if of.is_empty() && wanted != MISSING {
            let problem = Problem::whole(format!("--free {wanted}"), "is no number of the model file");
            problems.push(problem.with_hint(suggest(wanted, "path", numbers.iter().map(|p| p.path.as_str()))));
        }
        for parameter in of {
            if !found.iter().any(|free| free.parameter.path == parameter.path) {
                found.push(Free { start: start(&parameter, report), parameter });
            }
        }
    }
    Problems::of(problems).map_or(Ok(found), Err)
}

/// What a law says, or else what the model says.
fn start(parameter: &Parameter, report: &FitReport) -> f64 {
    let known = report.parameters.iter().find(|fitted| fitted.path == parameter.path && !fitted.stays);
    let value = known.map_or(parameter.middle(), |fitted| fitted.value);
    if value > 0.0 { value } else { FROM_NOTHING }
}

/// Refuses variants that are none.
fn variants(args: &FitArgs, plain: &Model) -> Result<(), Problems> {
    let names = || plain.variants.iter().map(|variant| variant.name.as_str());
    let unknown = args.alternative.iter().filter(|name| !names().any(|known| known == name.as_str()));
    let problem = |name: &String| {
        Problem::whole(format!("--alternative {name}"), format!("the model has no variant {}", quoted(name)))
            .with_hint(suggest(name, "variant", names()))
    };
    Problems::of(unknown.map(problem).collect()).map_or(Ok(()), Err)
}

/// Simulates, if asked to, and adds what was found to the report.
pub(super) fn simulate(
    args: &FitArgs,
    plain: &Model,
    runs: &[Run],
    free: &[Free],
    report: &mut FitReport,
) -> Result<(), Problems> {
    if args.free.is_empty() && args.alternative.is_empty() {
        return Ok(());
    }
    let is_free = |fitted: &&Fitted| free.iter().any(|free| free.parameter.path == fitted.path);
    let set = |fitted: &Fitted| format!("{}={}", fitted.path, written(fitted));
    let known: Vec<String> = report.parameters.iter().filter(|f| !f.stays && !is_free(f)).map(set).collect();
    let models = |variant: Option<&str>, values: &[f64]| -> Option<Vec<(Model, Test)>> {
        let moved = free.iter().zip(values).map(|(free, value)| set_to(&free.parameter, *value));
        let sets: Vec<String> = known.iter().cloned().chain(moved).collect();
        let of = |run: &Run| load::seen_by(args.model(), &run.test.name, variant, &sets).ok();
        runs.iter().map(of).collect()
    };
    catch_interrupts();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if args.threads == 0 { cores } else { args.threads };
    let work = Work { seed: args.seed, replications: args.replications as usize, threads };
    // Four rounds are common.
    let trials = 4 * (2 * free.len() + 4) * (1 + args.alternative.len() * (1 + runs.len()));
    let watch = Progress::new("fit", (trials * runs.len() * work.replications) as u64, args.quiet);
    let failed = |error: PredictError| problems_of(&error, &args.model().display().to_string(), &names(runs));
    if args.alternative.is_empty() {
        let as_it_is = |values: &[f64]| models(None, values);
        return match simulated(runs, free, &as_it_is, work, &watch) {
            Ok(found) => found_one(report, found),
            Err(error) if error.is_interruption() => nothing_yet(report),
            Err(error) => Err(failed(error)),
        };
    }
    let as_it_is = |values: &[f64]| models(None, values);
    let others: Vec<_> = args.alternative.iter().map(|name| move |values: &[f64]| models(Some(name), values)).collect();
    let mut mechanisms = vec![Mechanism { name: String::new(), about: String::new(), models: &as_it_is }];
    for (name, other) in args.alternative.iter().zip(&others) {
        let about = plain.variants.iter().find(|v| v.name == *name).map_or(String::new(), |v| v.about.clone());
        mechanisms.push(Mechanism { name: name.clone(), about, models: other as &Models });
    }
    match compared(runs, free, &mechanisms, work, &watch) {
        Ok((alternatives, notes)) => {
            let own = alternatives.iter().find(|one| one.variant.is_empty()).map(|one| one.fit.clone());
            report.alternatives = alternatives;
            report.notes.extend(notes);
            own.map_or(Ok(()), |own| found_one(report, own))
        }
        Err(error) if error.is_interruption() => nothing_yet(report),
        Err(error) => Err(failed(error)),
    }
}

fn found_one(report: &mut FitReport, found: Simulated) -> Result<(), Problems> {
    report.simulated(found);
    Ok(())
}

fn nothing_yet(report: &mut FitReport) -> Result<(), Problems> {
    say("interrupted before anything was simulated: what laws say is all there is");
    report.notes.push("interrupted before anything was simulated".to_owned());
    Ok(())
}

fn names(runs: &[Run]) -> String {
    runs.iter().map(|run| run.test.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// A change to the model.
fn set_to(parameter: &Parameter, value: f64) -> String {
    let path = &parameter.path;
    match parameter.unit {
        "s" => format!("{path}=\"{}ns\"", value * 1e9),
        "share" => format!("{path}=\"{}%\"", value * 100.0),
        _ => format!("{path}={value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_written_in_its_unit() {
        let of = |unit| Parameter {
            path: "a.b".into(),
            unit,
            low: 0.0,
            high: 0.0,
            is: Meaning::Amount(crate::model::Amount::Input),
            span: 0..1,
        };
        assert_eq!(set_to(&of("s"), 0.5), "a.b=\"500000000ns\"");
        assert_eq!(set_to(&of("share"), 0.5), "a.b=\"50%\"");
        assert_eq!(set_to(&of("1"), 0.5), "a.b=0.5");
    }
}
