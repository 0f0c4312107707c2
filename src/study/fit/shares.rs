//! What is counted: the mix of requests, and shares that fail.

use super::observed::count;
use super::reading::{Z, cite};
use super::{Fitted, Run, Tried};
use crate::model::{Meaning, Parameter};
use crate::recording::Observation;

pub(super) fn shares(runs: &[Run], tried: &[Tried]) -> Vec<Fitted> {
    let parameters: Vec<&Parameter> = tried.iter().map(|tried| &tried.parameter).collect();
    let of = |parameter: &&Parameter| match &parameter.is {
        Meaning::Weight { iteration, endpoint } => weight(runs, &parameters, parameter, iteration, endpoint),
        Meaning::Failure { endpoint, cause } => failure(runs, &parameters, parameter, endpoint, cause),
        Meaning::ApiErrors { api } => api_errors(runs, parameter, api),
        Meaning::Amount(_) | Meaning::Spread { .. } => None,
    };
    parameters.iter().filter_map(of).collect()
}

/// The score interval of a share that is `part` of `all` (Wilson 1927).
fn interval(part: f64, all: f64) -> (f64, f64) {
    let share = part / all;
    let middle = share + Z * Z / (2.0 * all);
    let half = Z * (share * (1.0 - share) / all + Z * Z / (4.0 * all * all)).max(0.0).sqrt();
    let by = 1.0 + Z * Z / all;
    (((middle - half) / by).max(0.0), ((middle + half) / by).min(1.0))
}

/// The weight of a request, in the units of the weights that are written.
fn weight(runs: &[Run], all: &[&Parameter], parameter: &Parameter, iteration: &str, endpoint: &str) -> Option<Fitted> {
    let beside: Vec<(&str, f64)> = all
        .iter()
        .filter_map(|other| match &other.is {
            Meaning::Weight { iteration: of, endpoint } if of == iteration => Some((endpoint.as_str(), other.middle())),
            _ => None,
        })
        .collect();
    if beside.len() < 2 || beside.iter().filter(|(name, _)| *name == endpoint).count() != 1 {
        return None;
    }
    let used = |run: &&Run| {
        let asked = crate::compile::requested(run.model, run.test);
        let of = |(endpoint, asked): (&crate::model::Endpoint, &bool)| {
            *asked == beside.iter().any(|(name, _)| *name == endpoint.name)
        };
        run.model.endpoints.iter().zip(&asked).all(of)
    };
    let (mut part, mut whole, mut figures) = (0.0, 0.0, Vec::new());
    for run in runs.iter().filter(used) {
        let counts: Option<Vec<f64>> = beside.iter().map(|(name, _)| count(run.recording, name)).collect();
        let (Some(counts), Some(own)) = (counts, count(run.recording, endpoint)) else { continue };
        let figure = run.recording.find("http_reqs", endpoint, "count");
        let figure = figure.or_else(|| run.recording.find("http_reqs", endpoint, "rate"))?;
        // Rates stand for as many requests as their time has.
        let seconds = if figure.stat == "rate" { figure.window.map_or(1.0, |(from, to)| to - from) } else { 1.0 };
        (part, whole) = (part + own * seconds, whole + counts.iter().sum::<f64>() * seconds);
        figures.push(cite(figure, run.recording));
    }
    let sum: f64 = beside.iter().map(|(_, weight)| weight).sum();
    (whole > 0.0).then(|| {
        let (low, high) = interval(part, whole);
        let law = "its share of the requests".to_owned();
        Fitted::new(parameter, part / whole * sum, (low * sum, high * sum), law, figures)
    })
}

/// The share of an endpoint's requests that fail at its only such step.
fn failure(runs: &[Run], all: &[&Parameter], parameter: &Parameter, endpoint: &str, cause: &str) -> Option<Fitted> {
    let alike = |wanted: Option<&str>| {
        let is = |p: &&&Parameter| match &p.is {
            Meaning::Failure { endpoint: of, cause } => of == endpoint && wanted.is_none_or(|wanted| cause == wanted),
            _ => false,
        };
        all.iter().filter(is).count()
    };
    let (mut part, mut whole, mut left, mut figures) = (0.0, 0.0, 0.0f64, Vec::new());
    for run in runs {
        let Some(requests) = run.recording.find("http_reqs", endpoint, "count") else { continue };
        let counted = run.recording.find("errors", &format!("{endpoint} {cause}"), "count");
        let failed = run.recording.find("http_req_failed", endpoint, "rate");
        let (failures, figure, rounding): (f64, &Observation, f64) = match (counted, failed) {
            (Some(counted), _) if alike(Some(cause)) == 1 => (counted.middle(), counted, 0.0),
            (None, Some(rate)) if alike(None) == 1 => {
                (rate.middle() / 100.0 * requests.middle(), rate, rate.rounding / 100.0)
            }
            _ => continue,
        };
        (part, whole, left) = (part + failures, whole + requests.middle(), left.max(rounding));
        figures.extend([cite(figure, run.recording), cite(requests, run.recording)]);
    }
    (whole > 0.0).then(|| {
        let (low, high) = interval(part, whole);
        let law = "failed of all requests".to_owned();
        Fitted::new(parameter, part / whole, ((low - left).max(0.0), (high + left).min(1.0)), law, figures)
    })
}

/// The share of attempts that are answered with an error.
fn api_errors(runs: &[Run], parameter: &Parameter, api: &str) -> Option<Fitted> {
    let (mut part, mut whole, mut figures) = (0.0, 0.0, Vec::new());
    for run in runs {
        let attempts = run.recording.find("api_attempts", api, "count");
        let errors = run.recording.find("api_errors", &format!("{api} api_error"), "count");
        let (Some(attempts), Some(errors)) = (attempts, errors) else { continue };
        (part, whole) = (part + errors.middle(), whole + attempts.middle());
        figures.extend([cite(errors, run.recording), cite(attempts, run.recording)]);
    }
    (whole > 0.0).then(|| {
        Fitted::new(parameter, part / whole, interval(part, whole), "errors of all attempts".to_owned(), figures)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe 1998, Statistics in Medicine 17, table I: 81 of 263 are 0.2553 to 0.3662, 0 of 20 are 0 to 0.1611.
    #[test]
    fn published_intervals_are_met() {
        for (part, all, low, high) in [(81.0, 263.0, 0.2553, 0.3662), (0.0, 20.0, 0.0, 0.1611)] {
            let (a, b) = interval(part, all);
            assert!((a - low).abs() < 5e-5 && (b - high).abs() < 5e-5, "{a} {b}");
        }
    }
}
