//! "I have measurements, not numbers": a model's numbers from recorded tests, by laws read backwards.
//!
//! What a number of the model does to the means that a law is about is found by changing it a little and asking the
//! compiled program again (`quantities`), so it does not matter where in the model it stands or what it multiplies. A
//! recorded figure and a law make an equation of it (`equations`); equations are solved beginning with those that have
//! one unknown (`solve`). Shares and mixes are counted (`shares`), spreads are read from percentiles (`spread`). What no
//! equation reaches is said, with the measurement that would decide it (`missing`). Pure: nothing is drawn.
//!
//! Sources: Denning & Buzen 1978 (operational laws); Lawson & Hanson 1974 (least squares that are not negative); Wilson
//! 1927 (intervals of shares).

pub mod draft;
mod equations;
mod laws_of_time;
pub mod looped;
mod missing;
mod observed;
mod quantities;
mod reading;
mod shares;
mod solve;
mod spread;
mod sums;
mod together;

use serde::Serialize;

use crate::compile::CompileError;
use crate::model::{Meaning, Model, Parameter, Test};
use crate::recording::Recording;
use equations::equations;
use looped::{AlternativeFit, Simulated};
use quantities::Quantities;

/// A recorded test.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    pub model: &'a Model,
    pub test: &'a Test,
    pub recording: &'a Recording,
}

/// A number of the model, and the model of each run with this number changed.
#[derive(Clone, Debug)]
pub struct Tried {
    pub parameter: Parameter,
    /// What it was changed to.
    pub to: f64,
    /// By run; `None` where the model does not allow it.
    pub models: Vec<Option<(Model, Test)>>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FitReport {
    pub model: String,
    pub tests: Vec<String>,
    /// What laws say of the recordings, whether or not a number of the model follows from it.
    pub laws: Vec<LawRow>,
    pub parameters: Vec<Fitted>,
    /// Shapes compared.
    pub shapes: Vec<ShapeRow>,
    pub missing: Vec<Missing>,
    /// Numbers found by simulating, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulation: Option<Simulated>,
    /// Mechanisms compared, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<AlternativeFit>,
    pub notes: Vec<String>,
}

impl FitReport {
    /// Adds what simulation found: it is believed where a law said something else.
    pub fn simulated(&mut self, found: Simulated) {
        let new = |path: &String| {
            found.parameters.iter().any(|one| one.path == *path) || found.missing.iter().any(|one| one.path == *path)
        };
        self.parameters.retain(|fitted| !new(&fitted.path));
        self.missing.retain(|missing| !new(&missing.path));
        self.parameters.extend(found.parameters.iter().cloned());
        self.missing.splice(0..0, found.missing.iter().cloned());
        self.simulation = Some(found);
    }
}

/// A quantity that a law gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LawRow {
    pub test: String,
    pub quantity: String,
    pub unit: &'static str,
    /// By the model as it is.
    pub model: f64,
    /// By the recording, with its 95 % interval.
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub inside: bool,
    pub law: String,
    pub figures: Vec<String>,
}

/// A number of the model that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fitted {
    pub path: String,
    /// "s", "1" or "share".
    pub unit: &'static str,
    pub model_low: f64,
    pub model_high: f64,
    pub value: f64,
    /// 95 % interval; of one whose sum with others was measured, from nothing to all of the sum.
    pub low: f64,
    pub high: f64,
    /// What is written into the model; of a sum with others, its interval shared out in the proportions of the model.
    pub written: [f64; 2],
    /// Whether the model's value, or part of its range, lies inside.
    pub inside: bool,
    pub law: String,
    pub figures: Vec<String>,
    /// Only its sum with these was measured: their proportions are the model's.
    pub together_with: Vec<String>,
    /// The model has a range that is narrower and lies inside of this one: it stays.
    pub stays: bool,
}

/// A law of time through percentiles.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShapeRow {
    /// The parameter that says how far it spreads.
    pub path: String,
    pub shape: &'static str,
    pub mean_s: f64,
    pub cv: f64,
    /// Root of the mean square of the differences of logarithms: 0.05 is 5 %.
    pub error: f64,
    /// Akaike's criterion above the best: 2 and less is no difference.
    pub behind: f64,
}

/// What the recordings do not tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Missing {
    pub path: String,
    pub why: String,
    /// The measurement that would decide it.
    pub needs: String,
}

impl Fitted {
    fn new(parameter: &Parameter, value: f64, (low, high): (f64, f64), law: String, figures: Vec<String>) -> Fitted {
        let inside = parameter.low <= high && low <= parameter.high;
        let (path, unit) = (parameter.path.clone(), parameter.unit);
        let (model_low, model_high) = (parameter.low, parameter.high);
        let together_with = Vec::new();
        let stays = model_low < model_high && low <= model_low && model_high <= high;
        let written = [low, high];
        Fitted {
            path,
            unit,
            model_low,
            model_high,
            value,
            low,
            high,
            written,
            inside,
            law,
            figures,
            together_with,
            stays,
        }
    }

    /// By itself it may be anything up to this.
    fn alone(&mut self, most: f64) {
        (self.low, self.high) = (0.0, most);
        self.inside = self.model_low <= most;
    }
}

/// Fits the numbers that were tried to the runs.
///
/// # Errors
/// When a test cannot be compiled.
pub fn fit(runs: &[Run], tried: &[Tried]) -> Result<FitReport, CompileError> {
    let mut notes = Vec::new();
    let (mut base, mut changed) = (Vec::new(), vec![Vec::new(); tried.len()]);
    for (number, run) in runs.iter().enumerate() {
        let counted = observed::Counted::of(run, &mut notes);
        base.push(Quantities::of(&counted.applied(run.model, run.test), run.test)?);
        for (tried, changed) in tried.iter().zip(&mut changed) {
            let of = |(model, test): &(Model, Test)| Quantities::of(&counted.applied(model, test), test).ok();
            changed.push(tried.models[number].as_ref().and_then(of));
        }
    }
    let equations = equations(runs, tried, &base, &changed);
    let mut solved = solve::solve(tried, &equations);
    notes.append(&mut solved.notes);
    let mut parameters = std::mem::take(&mut solved.fitted);
    parameters.extend(shares::shares(runs, tried));
    let (spreads, shapes) = spread::spreads(runs, &base, tried, &parameters);
    parameters.extend(spreads);
    let place = |path: &str| tried.iter().position(|tried| tried.parameter.path == path);
    parameters.sort_by_key(|fitted| place(&fitted.path));
    let known = |tried: &Tried| parameters.iter().any(|fitted| fitted.path == tried.parameter.path);
    let visited =
        |number: usize| base.iter().zip(&changed[number]).any(|(base, changed)| changed.as_ref() != Some(base));
    let matters = |number: usize, tried: &Tried| match &tried.parameter.is {
        Meaning::Amount(_) => visited(number),
        other => missing::concerns(runs, &base, other),
    };
    let open = tried.iter().enumerate().filter(|(number, tried)| !known(tried) && matters(*number, tried));
    let mut open: Vec<&Parameter> = open.map(|(_, tried)| &tried.parameter).collect();
    open.sort_by_key(|parameter| matches!(parameter.is, Meaning::Spread { .. }));
    let missing = missing::missing(runs, open.into_iter(), &solved);
    let laws = equations.iter().map(|equation| equation.row(runs)).collect();
    let model = runs.first().map_or(String::new(), |run| run.model.name.clone());
    let tests = runs.iter().map(|run| run.test.name.clone()).collect();
    let (simulation, alternatives) = (None, Vec::new());
    Ok(FitReport { model, tests, laws, parameters, shapes, missing, simulation, alternatives, notes })
}
