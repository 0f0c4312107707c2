//! What the recordings do not tell, and the measurement that would decide it.

use super::quantities::{Key, Quantities};
use super::solve::{Solved, Split};
use super::{Missing, Run};
use crate::model::{Amount, Meaning, Parameter};

pub(super) fn missing<'p>(runs: &[Run], open: impl Iterator<Item = &'p Parameter>, solved: &Solved) -> Vec<Missing> {
    let tell = |parameter: &'p Parameter| {
        let split = solved.splits.iter().find(|split| split.paths.contains(&parameter.path));
        let loose = solved.loose.iter().find(|(path, _)| *path == parameter.path);
        let others = |split: &Split| {
            let others: Vec<&str> = split.paths.iter().map(String::as_str).filter(|p| *p != parameter.path).collect();
            others.join(", ")
        };
        let why = match (loose, split) {
            (Some((_, why)), _) => why.clone(),
            (None, Some(split)) => format!("{} are known, but not how much of them is of {}", split.sum, others(split)),
            (None, None) => "no recorded figure depends on it by a law".to_owned(),
        };
        Missing { path: parameter.path.clone(), why, needs: needs(runs, parameter) }
    };
    open.map(tell).collect()
}

/// Whether a number that changes no mean belongs to what the tests request.
pub(super) fn concerns(runs: &[Run], base: &[Quantities], is: &Meaning) -> bool {
    let requested = |endpoint: &str| {
        runs.iter().any(|run| {
            let asked = crate::compile::requested(run.model, run.test);
            run.model.endpoints.iter().zip(&asked).any(|(one, asked)| *asked && one.name == endpoint)
        })
    };
    let seen = |key: Key| base.iter().any(|base| base.of.contains_key(&key));
    match is {
        Meaning::Failure { endpoint, .. } | Meaning::Weight { endpoint, .. } => requested(endpoint),
        Meaning::ApiErrors { api } => seen(Key::Latency(api.clone())),
        Meaning::Amount(of) | Meaning::Spread { of, .. } => match of {
            Amount::Cpu { endpoint } | Amount::Wait { endpoint, .. } => requested(endpoint),
            Amount::QueryCpu { query } | Amount::QueryTime { query } | Amount::Operations { query } => {
                seen(Key::Query(query.clone()))
            }
            Amount::Latency { api } => seen(Key::Latency(api.clone())),
            Amount::Command { cache } => seen(Key::Cpu(cache.clone())),
            Amount::Input | Amount::Network { .. } | Amount::Think => true,
        },
    }
}

/// The measurement that would decide a number, in the words of a recording.
pub(super) fn needs(runs: &[Run], parameter: &Parameter) -> String {
    let tier = |name: &str| {
        let model = runs.first().map(|run| run.model);
        let tier = model.and_then(|model| {
            let endpoint = model.endpoints.iter().find(|endpoint| endpoint.name == name)?;
            model.tiers.get(endpoint.tier as usize)
        });
        tier.map_or("the tier".to_owned(), |tier| tier.name.clone())
    };
    match &parameter.is {
        Meaning::Amount(of) => match of {
            Amount::Cpu { endpoint } => format!("the CPU use of {} (cpu avg), or spans of the work", tier(endpoint)),
            Amount::QueryCpu { query } => format!("the CPU use of the database while {query} runs (cpu avg)"),
            Amount::QueryTime { query } => {
                format!("the mean time of {query} (query_duration avg) or connections in use (connections_active avg)")
            }
            Amount::Operations { query } => format!("operations per second of the storage of {query} (iops avg)"),
            Amount::Wait { endpoint, .. } => {
                format!(
                    "the mean response of {endpoint} (http_req_duration avg), CPU use and connections in use, or spans"
                )
            }
            Amount::Latency { api } => format!("the mean latency of {api} (api_latency avg), or spans of its calls"),
            Amount::Command { cache } => format!("the CPU use of {cache} (cpu avg) and the commands per request"),
            Amount::Network { of } => format!("the response as the client sees it and as {of} sees it"),
            Amount::Think => "the mean response (http_req_duration avg) and requests of a test with users".to_owned(),
            Amount::Input => "a figure of the part that it is used in".to_owned(),
        },
        Meaning::Spread { of, .. } => match of {
            Amount::QueryTime { query } | Amount::QueryCpu { query } => {
                format!("percentiles of {query} (query_duration p50, p95, p99), or its spans")
            }
            Amount::Latency { api } => format!("percentiles of {api} (api_latency p50, p95, p99), or its spans"),
            Amount::Cpu { endpoint } => format!("spans of the work of {endpoint}, or their percentiles"),
            Amount::Wait { endpoint, .. } => format!("spans of this part of {endpoint}, or their percentiles"),
            Amount::Think => "the pauses between the requests of a user".to_owned(),
            _ => "spans, or their percentiles".to_owned(),
        },
        Meaning::Weight { endpoint, .. } => format!("requests of {endpoint} and of all others (http_reqs count)"),
        Meaning::Failure { endpoint, cause } => {
            format!("failures by cause (errors \"{endpoint} {cause}\" count) and requests (http_reqs count)")
        }
        Meaning::ApiErrors { api } => format!("failed attempts and attempts of {api} (api_errors, api_attempts count)"),
    }
}
