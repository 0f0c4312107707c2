//! Percentiles that too few samples cannot tell: of `n` samples, `n (1 - p)` lie beyond the percentile of order `p`, and
//! with fewer than ten its value is that of a few requests.

use super::figures::{Figures, show};
use super::{Contradiction, Facts, Severity};

/// Samples beyond a percentile from which on it is told with an error of about a third of what its tail spreads over.
const FEWEST: f64 = 10.0;

/// Examples that are named.
const NAMED: usize = 3;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    let mut few: Vec<(usize, String, f64)> = Vec::new();
    for figure in &figures.all {
        let o = figure.observation;
        let Some(order) = figure.percentile().filter(|p| *p > 0.5 && *p < 1.0) else { continue };
        let count = |metric: &str| figures.get(metric, &o.scope, "count", o.window).map(|count| count.at.high);
        let samples = match o.metric.as_str() {
            "http_req_duration" | "http_req_waiting" => count("http_reqs").or_else(|| {
                let rate = figures.get("http_reqs", &o.scope, "rate", o.window)?;
                let seconds = facts.load.seconds(o.window).high;
                seconds.is_finite().then_some(rate.at.high * seconds)
            }),
            "query_duration" => count("query_count"),
            "flow_duration" => count("flow_success").or_else(|| count("flow_started")),
            metric => count(metric),
        };
        let Some(samples) = samples else { continue };
        if samples * (1.0 - order) < FEWEST {
            few.push((
                figure.row,
                format!("{} {} of {}", o.stat, o.scope, show(samples.round())),
                samples * (1.0 - order),
            ));
        }
    }
    let Some(least) = few.iter().map(|(_, _, beyond)| *beyond).reduce(f64::min) else { return };
    let mut shown: Vec<&str> = few.iter().map(|(_, words, _)| words.as_str()).take(NAMED).collect();
    let more = format!("and {} more", few.len().saturating_sub(NAMED));
    if few.len() > NAMED {
        shown.push(&more);
    }
    found.push(Contradiction {
        law: "percentiles need samples",
        severity: Severity::Unjudged,
        statement:
            "Of n samples n x (1 - p) lie beyond the percentile of order p; with fewer than ten it is that of a \
                    few requests, and comes out otherwise next time."
                .into(),
        numbers: shown.join(", "),
        size: (FEWEST / least.max(FEWEST / super::LARGEST_SIZE)).max(1.0),
        would_need: "10 / (1 - p) samples: 200 for p95, 1,000 for p99, 10,000 for p99.9".into(),
        rows: few.into_iter().map(|(row, _, _)| row).collect(),
    });
}
