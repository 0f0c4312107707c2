//! What one request needs, across tests of the same mix: bytes on the wire, work of caches and of storage.
//!
//! Answers may be longer and caches colder under another load, so what differs is doubtful, not impossible. CPU and
//! connections have their own law.

use super::figures::{Between, Figures, Known, show_between, show_window};
use super::{Contradiction, Facts, Load, Severity, throughput};

/// Ranges that lie this share apart may still come from one system.
const MARGIN: f64 = 0.25;

/// Share of failed requests above which nothing is compared.
const MOST_FAILED: f64 = 0.1;

const NEEDED: [(&str, &str); 5] =
    [("data_received", "rate"), ("data_sent", "rate"), ("cpu", "avg"), ("iops", "avg"), ("connections_active", "avg")];

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    let judged = |scope: &str| {
        let processors = facts.system.processors.iter().map(|one| &one.name);
        let pools = facts.system.pools.iter().map(|one| &one.name);
        processors.chain(pools).any(|name| name == scope)
    };
    for (metric, stat) in NEEDED {
        for window in figures.windows(metric) {
            for scope in figures.scopes(metric, stat, window) {
                if matches!(metric, "cpu" | "connections_active") && judged(scope) {
                    continue;
                }
                let Some(here) = need(figures, &facts.load, metric, scope, stat, window) else { continue };
                let known = facts.calibrations.iter().flat_map(|c| {
                    let others = Figures::of(c.recording);
                    let windows = others.windows(metric);
                    let needs: Vec<Between> = windows
                        .into_iter()
                        .filter_map(|window| need(&others, &c.load, metric, scope, stat, window))
                        .map(|need| need.at)
                        .collect();
                    needs
                });
                let Some(known) = known.reduce(Between::hull).filter(|known| known.high.is_finite()) else { continue };
                // A connection is held longer under load.
                let longer = metric == "connections_active" && here.at.low > known.high;
                if longer || !known.widened(MARGIN, 0.0).apart(here.at) {
                    continue;
                }
                found.push(describe(metric, scope, &here, known, window));
            }
        }
    }
}

fn need(
    figures: &Figures,
    load: &Load,
    metric: &str,
    scope: &str,
    stat: &str,
    window: Option<(f64, f64)>,
) -> Option<Known> {
    let level = figures.get(metric, scope, stat, window)?;
    let flow = throughput(figures, load, window)?;
    let failed = figures.get("http_req_failed", "", "rate", window).map_or(0.0, |share| share.at.high);
    let at = Between { low: flow.at.low * (1.0 - failed), high: flow.at.high };
    let need = Known { at: level.at.divided_by(at)?, rows: [level.rows, flow.rows].concat() };
    (failed <= MOST_FAILED).then_some(need)
}

fn describe(metric: &str, scope: &str, here: &Known, known: Between, window: Option<(f64, f64)>) -> Contradiction {
    let (unit, scale) = match metric {
        "cpu" => ("% s of CPU", 100.0),
        "iops" => ("operations", 1.0),
        "connections_active" => ("ms of a connection", 1e3),
        _ => ("kB", 1e-3),
    };
    let shown = |at: Between| show_between(at.times(Between::exactly(scale)));
    Contradiction {
        law: "one request, one need",
        severity: Severity::Unexplained,
        statement:
            "What is used / throughput is what one request needs; with the same mix it is the same in every test, \
                    unless answers, caches or contention differ."
                .into(),
        numbers: format!(
            "{metric} {scope}, {}: {} {unit} per request, {} in the other tests",
            show_window(window),
            shown(here.at),
            shown(known)
        ),
        size: here.at.times_apart(known),
        would_need: "other requests, longer answers, or something besides the requests".into(),
        rows: here.rows.clone(),
    }
}
