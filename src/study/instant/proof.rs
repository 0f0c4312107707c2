//! Objectives that must fail, with the reason in numbers.
//!
//! Each proof compares what an objective asks for with what no run can show but by a chance of one in a thousand million
//! ([`super::bound`]). All figures of a test are of all its requests, failed ones included, and so are the bounds.
//! A mean response follows from the users' time that is not spent thinking; a percentile from the mean, since nobody
//! waits longer than the client's time-out `M`: if a share `q` of the responses were below `T`, the mean
//! would be below `q T + (1 - q) M` (Markov's inequality for `M - R`).

use serde::Serialize;

use super::bound::{Limit, hardest, limit};
use super::graph::NS;
use super::least::failing;
use super::load::{Ask, DEVIATIONS, SURE, asks};
use super::{Instrument, Least};
use crate::compile::CompileError;
use crate::load::{end_s, regular_end_s, stage_windows};
use crate::model::{Comparison, Model, Objective, Test};
use crate::study::judge::seconds;

/// An objective that must fail.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failed {
    /// As written.
    pub slo: String,
    pub proof: Proof,
    /// The proof in words.
    pub why: String,
}

/// Why an objective must fail.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// More requests are asked for than can be answered.
    Throughput { asked_per_s: f64, most_per_s: f64, resource: String },
    /// Users' time that is not spent thinking must be spent waiting.
    Slow { mean_at_least_s: f64, mean_allowed_s: f64, most_per_s: f64, resource: String },
    /// Iterations must be dropped, for want of users.
    Dropped { at_least: f64, allowed: f64, most_per_s: f64, resource: String },
    /// So many requests fail of themselves.
    Failing { share_at_least: f64, allowed: f64 },
    /// Another required objective holds only where this one fails.
    Contradiction { other: String },
}

impl std::fmt::Display for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let limits = |resource: &str| if resource.is_empty() { "the users' own pace" } else { resource }.to_owned();
        match self {
            Proof::Throughput { asked_per_s, most_per_s, resource } => {
                let by = limits(resource);
                write!(f, "{by} lets at most {most_per_s:.1} requests/s pass; {asked_per_s:.1}/s are asked for")
            }
            Proof::Slow { mean_at_least_s, mean_allowed_s, most_per_s, resource } => write!(
                f,
                "{} lets at most {most_per_s:.1} requests/s pass, so the mean response is at least {:.0} ms; the \
                 objective allows a mean of {:.0} ms",
                limits(resource),
                mean_at_least_s * 1e3,
                mean_allowed_s * 1e3
            ),
            Proof::Dropped { at_least, allowed, most_per_s, resource } => write!(
                f,
                "{} lets at most {most_per_s:.1} requests/s pass, so at least {at_least:.0} iterations find no user; \
                 {allowed:.0} are allowed",
                limits(resource)
            ),
            Proof::Failing { share_at_least, allowed } => write!(
                f,
                "at least {:.3} % of the requests fail of themselves; {:.3} % are allowed",
                share_at_least * 100.0,
                allowed * 100.0
            ),
            Proof::Contradiction { other } => write!(f, "contradicts {other}: one of the two fails"),
        }
    }
}

/// How far a figure is beyond what is allowed: above 1 the objective must fail.
#[derive(Clone, Debug)]
struct Finding {
    beyond: f64,
    proof: Proof,
}

/// All objectives that must fail under every value of the uncertain inputs.
pub(super) fn failed(
    model: &Model,
    test: &Test,
    middle: &Instrument,
    inputs: &[f64],
) -> Result<Vec<Failed>, CompileError> {
    if middle.graph.limits.loses || middle.needs.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for objective in test.objectives.iter().filter(|objective| objective.relative.is_none()) {
        let fails = |quick: bool| finding(middle, test, objective, quick).filter(|finding| finding.beyond > 1.0);
        let Some(at_middle) = fails(true).and_then(|_| fails(false)) else { continue };
        let Some(proof) = at_best(model, test, objective, inputs, at_middle)? else { continue };
        found.push(Failed { slo: objective.text.clone(), why: proof.to_string(), proof });
    }
    Ok(found)
}

/// The proof at the corner of the inputs' ranges that speaks against it most: each input by itself is put to the end at
/// which the objective is nearer to being met. Demands are sums of products of factors that rise or fall with one input each.
fn at_best(
    model: &Model,
    test: &Test,
    objective: &Objective,
    inputs: &[f64],
    at_middle: Finding,
) -> Result<Option<Proof>, CompileError> {
    if inputs.is_empty() {
        return Ok(Some(at_middle.proof));
    }
    let ask = |inputs: &[f64]| Ok(finding(&Instrument::new(model, test, inputs)?, test, objective, false));
    let mut best = inputs.to_vec();
    for (index, input) in model.inputs.iter().enumerate() {
        let mut low = inputs.to_vec();
        low[index] = input.low;
        let beyond = ask(&low)?.map_or(0.0, |finding: Finding| finding.beyond);
        best[index] = if beyond < at_middle.beyond { input.low } else { input.high };
    }
    Ok(ask(&best)?.filter(|finding| finding.beyond > 1.0).map(|finding| finding.proof))
}

/// What an objective on a figure that is known here is held against.
fn finding(of: &Instrument, test: &Test, objective: &Objective, quick: bool) -> Option<Finding> {
    let metric = &objective.metric;
    if !metric.scope.is_empty() {
        return None;
    }
    let whole = (0.0, test.scenarios.iter().map(end_s).fold(0.0, f64::max));
    let span = seconds(objective.span, test);
    let (from, to) = span.unwrap_or(whole);
    if to <= from {
        return None;
    }
    let asks = asks(&of.program, test, (from, to));
    let below = matches!(objective.comparison, Comparison::Less | Comparison::LessOrEqual);
    let above = matches!(objective.comparison, Comparison::Greater | Comparison::GreaterOrEqual);
    // What would not fail under the hardest limit does not under the true one.
    let easy = quick.then(|| hardest(of, &asks, (from, to)));
    let limit = || easy.clone().unwrap_or_else(|| span_limit(of, test, span, (from, to), &asks));
    // A whole test is reported over the time in which it asks for something.
    let regular = regular_end_s(test);
    let reported = if span.is_some() { to - from } else { regular };
    match (metric.name.as_str(), metric.stat.as_str()) {
        ("http_reqs", "rate") if above => throughput(&limit(), objective.bound, reported),
        ("http_reqs", "count") if above => throughput(&limit(), objective.bound / reported, reported),
        ("http_req_duration", stat) if below => {
            let share = match stat {
                "avg" => None,
                "med" => Some(0.5),
                _ => Some(stat.strip_prefix('p')?.parse::<f64>().ok()? / 100.0),
            };
            slow(of, &asks, &limit(), objective.bound / 1e3, share, to - from)
        }
        ("dropped_iterations", "count") if below => dropped(of, &asks, &limit(), objective.bound, to - from),
        ("http_req_failed", "rate") if below => fails(of, &asks, objective.bound / 100.0),
        _ => None,
    }
}

/// Of a whole test the sum over its stages, if that is less than what the whole time allows.
fn span_limit(of: &Instrument, test: &Test, span: Option<(f64, f64)>, (from, to): (f64, f64), all: &[Ask]) -> Limit {
    let whole = limit(of, all, (from, to));
    if span.is_some() || test.scenarios.len() > 1 {
        return whole;
    }
    let stages = stage_windows(test);
    let mut spans: Vec<(f64, f64)> = stages.iter().map(|stage| (stage.from_s, stage.to_s)).collect();
    let last = spans.last().map_or(0.0, |span| span.1);
    spans.push((last, to));
    let limits: Vec<Limit> = spans
        .into_iter()
        .filter(|(from, to)| to > from)
        .map(|span| limit(of, &asks(&of.program, test, span), span))
        .collect();
    let most: f64 = limits.iter().map(|limit| limit.most).sum();
    if most >= whole.most {
        return whole;
    }
    let hardest = limits.into_iter().max_by(|a, b| a.most.total_cmp(&b.most));
    Limit { most, ..hardest.unwrap_or(whole) }
}

fn throughput(limit: &Limit, asked: f64, seconds: f64) -> Option<Finding> {
    let most_per_s = limit.most / seconds;
    let proof = Proof::Throughput { asked_per_s: asked, most_per_s, resource: limit.resource.clone() };
    Some(Finding { beyond: asked / most_per_s, proof })
}

/// The sum of all response times is at least what users have of time and do not think.
fn slow(of: &Instrument, asks: &[Ask], limit: &Limit, bound: f64, share: Option<f64>, seconds: f64) -> Option<Finding> {
    let most = limit.most;
    if !most.is_finite() || of.needs.iter().any(|need| need.polls || need.stops) {
        return None;
    }
    let (mut time, mut think) = (0.0, 0.0f64);
    let mut longest = 0.0f64;
    for ((ask, need), source) in asks.iter().zip(&of.needs).zip(&of.program.sources) {
        let timeout = source.timeout as f64 / NS;
        longest = longest.max(timeout);
        if ask.peak_rate > 0.0 {
            time += forced(of, ask, need.most_requests, limit, asks.len()) * ask.users;
        } else {
            // Those at the end are not answered in the span, or never.
            time += (ask.time_low - ask.cut * timeout).max(0.0);
        }
        let chance = DEVIATIONS * need.think_root / most.sqrt();
        think = think.max((need.think + need.pace) / need.requests.max(f64::MIN_POSITIVE) + chance);
    }
    // Iterations that are cut while they think.
    let cut: f64 = asks.iter().map(|ask| ask.cut).sum();
    let mean_at_least_s = (time - cut * think) / most - think;
    let mean_allowed_s = share.map_or(bound, |share| share * bound + (1.0 - share) * longest);
    let most_per_s = most / seconds;
    let resource = limit.resource.clone();
    let proof = Proof::Slow { mean_at_least_s, mean_allowed_s, most_per_s, resource };
    Some(Finding { beyond: mean_at_least_s / mean_allowed_s, proof })
}

/// Iterations that find no user, at least.
fn lost(ask: &Ask, requests: f64, limit: &Limit, scenarios: usize) -> f64 {
    // Of iterations of one request each is answered, or its user is still waiting.
    let one = requests <= 1.0 && scenarios == 1;
    if one { (ask.begun_low - limit.most - ask.users).max(0.0) } else { 0.0 }
}

/// Seconds for which all users of an arrival rate must have been at work.
fn forced(_: &Instrument, ask: &Ask, requests: f64, limit: &Limit, scenarios: usize) -> f64 {
    (lost(ask, requests, limit, scenarios) - 2.0).max(0.0) / ask.peak_rate
}

fn dropped(of: &Instrument, asks: &[Ask], limit: &Limit, allowed: f64, seconds: f64) -> Option<Finding> {
    let one = asks.iter().zip(&of.needs).filter(|(ask, _)| ask.peak_rate > 0.0);
    let at_least = one.map(|(ask, need)| lost(ask, need.most_requests, limit, asks.len())).sum();
    let (most_per_s, resource) = (limit.most / seconds, limit.resource.clone());
    let proof = Proof::Dropped { at_least, allowed, most_per_s, resource };
    Some(Finding { beyond: at_least / allowed.max(1.0), proof })
}

/// What fails whatever happens, of as many requests as there are at least.
fn fails(of: &Instrument, asks: &[Ask], allowed: f64) -> Option<Finding> {
    let starts = &of.program.endpoints;
    let least: &Least = &of.least;
    let of_endpoints = failing(&of.graph, least, starts);
    let (mut share, mut requests) = (f64::INFINITY, 0.0);
    for (need, (ask, source)) in of.needs.iter().zip(asks.iter().zip(&of.program.sources)) {
        let used = || (0..starts.len()).filter(|&endpoint| need.endpoints[endpoint] > 0.0);
        let own = if need.polls || need.stops {
            used().map(|endpoint| of_endpoints[endpoint]).fold(f64::INFINITY, f64::min)
        } else {
            used().map(|endpoint| need.endpoints[endpoint] * of_endpoints[endpoint]).sum::<f64>() / need.requests
        };
        share = share.min(own);
        let cycle = need.think + need.pace + need.requests * source.timeout as f64 / NS;
        requests += (ask.time_low / cycle - ask.cut).max(0.0) * need.requests;
    }
    // Chernoff's bound of the lower tail.
    let chance = (2.0 * SURE / (requests * share)).sqrt();
    let share_at_least = if requests > 0.0 && share > 0.0 { (share * (1.0 - chance)).max(0.0) } else { 0.0 };
    let proof = Proof::Failing { share_at_least, allowed };
    Some(Finding { beyond: share_at_least / allowed.max(f64::MIN_POSITIVE), proof })
}
