//! k6 threshold expressions: a metric, perhaps with a scope, and what its statistic must be.

use std::fmt;

use crate::model::{Comparison, Metric, Objective, Severity};

/// Why an expression is none, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThresholdError(String);

impl fmt::Display for ThresholdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ThresholdError {}

/// The objective of `expression` on the metric `key`, as k6 writes both.
///
/// # Errors
/// If the metric is unknown or the expression cannot be understood.
pub fn parse_threshold(key: &str, expression: &str) -> Result<Objective, ThresholdError> {
    const METRICS: &[&str] =
        &["http_reqs", "http_req_duration", "http_req_waiting", "http_req_failed", "iterations", "checks"];
    let (name, scope) = match key.split_once('{') {
        Some((name, tag)) => {
            let scope = tag.strip_suffix('}').and_then(|tag| tag.strip_prefix("name:"));
            (name, scope.ok_or_else(|| ThresholdError(format!("\"{key}\" has no tag like {{name:…}}")))?)
        }
        None => (key, ""),
    };
    if !METRICS.contains(&name) {
        let hint = crate::problem::suggest(name, "metric", METRICS.iter().copied());
        return Err(ThresholdError(format!("unknown metric \"{name}\"; {hint}")));
    }
    let unclear = || ThresholdError(format!("\"{expression}\" is not an expression such as \"p(95)<400\""));
    let (stat, bound) = expression.split_once('<').ok_or_else(unclear)?;
    let stat = stat.trim();
    let stat = match stat.strip_prefix("p(").and_then(|rest| rest.strip_suffix(')')) {
        Some(percent) => format!("p{percent}"),
        None => stat.to_owned(),
    };
    Ok(Objective {
        text: format!("{key} {expression}"),
        metric: Metric { name: name.to_owned(), scope: scope.to_owned(), stat },
        comparison: Comparison::Less,
        bound: bound.trim().parse().map_err(|_| unclear())?,
        severity: Severity::Required,
    })
}
