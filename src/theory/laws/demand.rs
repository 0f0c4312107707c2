//! The utilisation law and Little's law across tests: what one request needs of a processor, and
//! how long it holds a connection, cannot be one thing in one test and another in the next.
//!
//! CPU per request is compared as if it did not depend on load; the statement says so. The hold of
//! a connection may grow with the connections in use (the database queues, contention slows it), so
//! it is called impossible only against that: longer with no more in use, or shorter with no fewer. Silent where more than
//! [`MOST_FAILED`] of the requests fail, since those that succeed are then another mix.

use super::figures::{Between, Figures, Known, show, show_between, show_window};
use super::{Contradiction, Facts, Load, Severity, throughput};

/// Ranges that lie this share apart may still come from one system: measured on repeated runs,
/// and for mixes that differ a little.
const MARGIN: f64 = 0.15;

/// Share of failed requests above which nothing is compared.
const MOST_FAILED: f64 = 0.1;

/// What a request needs, seconds, and at what throughput that was seen.
#[derive(Clone)]
struct Need {
    seconds: Known,
    throughput: Between,
    level: Known,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Processor,
    Pool,
}

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for processor in &facts.system.processors {
        compare(figures, facts, Kind::Processor, &processor.name, processor.cores, found);
    }
    for pool in &facts.system.pools {
        compare(figures, facts, Kind::Pool, &pool.name, 1.0, found);
    }
}

fn compare(figures: &Figures, facts: &Facts, kind: Kind, name: &str, servers: f64, found: &mut Vec<Contradiction>) {
    // What was needed, and at what level of use.
    let calibrated = facts
        .calibrations
        .iter()
        .flat_map(|calibration| needs(&Figures::of(calibration.recording), &calibration.load, kind, name, servers))
        .map(|(_, need)| (need.seconds.at, need.level.at))
        .reduce(|a, b| (a.0.hull(b.0), a.1.hull(b.1)));
    let Some((known, known_level)) = calibrated.filter(|known| known.0.high.is_finite()) else { return };
    for (window, need) in needs(figures, &facts.load, kind, name, servers) {
        let here = need.seconds.at;
        let longer = here.low > known.high * (1.0 + MARGIN);
        let shorter = here.high < known.low / (1.0 + MARGIN);
        let surely = match kind {
            Kind::Processor => longer || shorter,
            Kind::Pool => {
                longer && need.level.at.high <= known_level.high || shorter && need.level.at.low >= known_level.low
            }
        };
        if surely {
            found.push(describe(kind, name, servers, window, &need, known));
        }
    }
}

/// Demand or hold per request in each window that has what it takes.
fn needs(figures: &Figures, load: &Load, kind: Kind, name: &str, servers: f64) -> Vec<(Option<(f64, f64)>, Need)> {
    let metric = match kind {
        Kind::Processor => "cpu",
        Kind::Pool => "connections_active",
    };
    let need = |window: Option<(f64, f64)>| {
        let level = figures.get(metric, name, "avg", window)?;
        let flow = throughput(figures, load, window)?;
        let failed = figures.get("http_req_failed", "", "rate", window).map_or(0.0, |share| share.at.high);
        if failed > MOST_FAILED {
            return None;
        }
        // A request that failed may have needed nothing.
        let flow_at = Between { low: flow.at.low * (1.0 - failed), high: flow.at.high };
        let busy = Between { low: level.at.low * servers, high: level.at.high * servers };
        let seconds = Known { at: busy.divided_by(flow_at)?, rows: [level.rows.clone(), flow.rows].concat() };
        Some((window, Need { seconds, throughput: flow_at, level }))
    };
    figures.windows(metric).into_iter().filter_map(need).collect()
}

fn describe(
    kind: Kind,
    name: &str,
    servers: f64,
    window: Option<(f64, f64)>,
    need: &Need,
    known: Between,
) -> Contradiction {
    let ms = |at: Between| format!("{} ms", show_between(Between { low: at.low * 1e3, high: at.high * 1e3 }));
    let here = need.seconds.at;
    let (law, statement, level, what) = match kind {
        Kind::Processor => (
            "utilisation law",
            "CPU x cores / throughput is the CPU time of one request (utilisation law); if that does not depend on \
             load, it is the same in every test of the same mix.",
            format!(
                "{} % of {} cores",
                show_between(Between { low: need.level.at.low * 100.0, high: need.level.at.high * 100.0 }),
                show(servers)
            ),
            "CPU per request",
        ),
        Kind::Pool => (
            "Little's law of a pool",
            "Connections in use / throughput is the time a request holds a connection (Little's law); with the same \
             mix it is no longer with fewer in use, and no shorter with more.",
            format!("{} connections in use", show_between(need.level.at)),
            "hold per request",
        ),
    };
    let factor = here.times_apart(known);
    let times = if here.low > known.high { factor } else { 1.0 / factor };
    Contradiction {
        law,
        severity: Severity::Impossible,
        statement: statement.into(),
        numbers: format!(
            "{name}, {}: {level} at {} requests/s need {} per request; calibration shows {}",
            show_window(window),
            show_between(need.throughput),
            ms(here),
            ms(known)
        ),
        size: factor,
        would_need: format!("{} times the {what} of the calibration", show((times * 100.0).round() / 100.0)),
        rows: need.seconds.rows.clone(),
    }
}
