//! Panels of what only some models have: caches, jobs, external APIs, storage, hosts that come and go.

use super::over_time::{self, Track};
use super::panel::Panel;
use crate::recording::Recording;
use crate::study::prediction::{Prediction, Series};

/// Lines that a panel can show without a tangle.
const MOST: usize = 4;

const AVG: &[&str] = &["avg"];
const RATE: &[&str] = &["rate"];
const END: &[&str] = &["end"];

/// Title, unit, and the lines that share a panel: metric and statistic.
type Kind = (&'static str, &'static str, &'static [(&'static str, &'static [&'static str])]);

const KINDS: &[Kind] = &[
    ("Instances", "instances", &[("replicas", AVG), ("replicas_desired", AVG), ("replicas_pending", AVG)]),
    ("Let in", "requests", &[("requests_admitted", AVG), ("requests_waiting", AVG)]),
    ("Event loops", "share of time busy, %", &[("event_loop_utilisation", AVG)]),
    ("Hit ratio", "share of lookups, %", &[("hit_ratio", AVG)]),
    ("Evictions", "keys, 1/s", &[("evictions", RATE)]),
    ("Memory", "memory, MB", &[("memory", AVG)]),
    ("Jobs that wait", "jobs", &[("jobs_waiting", AVG)]),
    ("Attempts at external APIs", "attempts, 1/s", &[("api_attempts", RATE)]),
    ("Refused for their rate", "refused, 1/s", &[("api_rejected", RATE), ("rate_limit_refused", RATE)]),
    ("Open circuits", "share of processes, %", &[("breaker_open", AVG)]),
    ("Storage", "operations, 1/s", &[("iops", AVG)]),
    ("Credits", "credits left", &[("credits", END)]),
    ("Held back by quota or credits", "share of time, %", &[("cpu_throttled", AVG)]),
    ("Network", "share of bandwidth, %", &[("bandwidth", AVG)]),
    ("Transactions undone", "transactions, 1/s", &[("rollbacks", RATE), ("deadlocks", RATE)]),
    ("Reads from replicas", "reads, 1/s", &[("replica_reads", RATE), ("stale_reads", RATE)]),
];

/// A panel for each kind of which anything happens.
#[must_use]
pub fn panels(p: &Prediction, recording: Option<&Recording>) -> Vec<Panel> {
    KINDS.iter().filter_map(|kind| panel(kind, p, recording)).collect()
}

fn panel(&(title, unit, lines): &Kind, p: &Prediction, recording: Option<&Recording>) -> Option<Panel> {
    let mut tracks = Vec::new();
    for &(metric, stats) in lines {
        let of_line = |series: &&Series| series.metric == metric && stats.contains(&series.stat.as_str());
        for series in p.series.iter().filter(of_line).filter(|series| says_something(series)) {
            // Two metrics of one panel are told apart by their names.
            let name = match lines {
                [_] => series.scope.clone(),
                _ => format!("{} {}", metric.replace('_', " "), series.scope),
            };
            tracks.push(Track::new(name, metric, &series.scope, stats));
        }
    }
    tracks.truncate(MOST);
    (!tracks.is_empty()).then(|| over_time::panel(title.to_owned(), unit, &tracks, Some(p), recording))
}

/// Whether a line is ever above 0.
fn says_something(series: &Series) -> bool {
    series.mean.iter().any(|&value| value > 0.0)
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    #[test]
    fn only_what_happens_has_a_panel() {
        let mut p = sample::prediction("peak");
        assert!(panels(&p, None).is_empty());
        let line = |metric: &str, scope: &str, stat: &str, value: f64| {
            let (metric, scope, stat) = (metric.to_owned(), scope.to_owned(), stat.to_owned());
            Series { metric, scope, stat, unit: "1/s", mean: vec![0.0, value], low: vec![], high: vec![] }
        };
        p.series.push(line("evictions", "redis", "rate", 0.0));
        p.series.push(line("iops", "main", "avg", 100.0));
        p.series.push(line("rollbacks", "main", "rate", 1.0));
        p.series.push(line("deadlocks", "main", "rate", 2.0));
        let panels = panels(&p, None);
        let titles: Vec<&str> = panels.iter().map(|panel| panel.title.as_str()).collect();
        assert_eq!(titles, ["Storage", "Transactions undone"]);
        let names: Vec<&str> =
            panels[1].layers.iter().map(|layer| layer.name.as_str()).filter(|name| !name.is_empty()).collect();
        assert_eq!(names, ["rollbacks main predicted", "deadlocks main predicted"]);
    }
}
