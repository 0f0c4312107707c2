//! What a test asks for in a span of time: users' time, iterations, and how long users think.

use super::graph::NS;
use crate::engine::Program;
use crate::engine::program::{SourceKind, SourceSpec};
use crate::load::{planned_rate, planned_users};
use crate::model::Test;

/// How unlikely it is that chance breaks what is said to be sure: one in so many spans, as its logarithm.
pub(super) const SURE: f64 = 20.723_265_836_946_41;

/// Standard deviations beyond which chance is as unlikely, one-sided, of a normal law.
pub(super) const DEVIATIONS: f64 = 6.0;

/// A scenario in a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ask {
    /// Users' time in s, at most and at least; of arrivals that of all users they may have, and none.
    pub time_high: f64,
    pub time_low: f64,
    /// Users at the same time, at most.
    pub users: f64,
    /// Iterations that begin, at most (infinite for users) and at least if no user is wanting.
    pub begun_high: f64,
    pub begun_low: f64,
    /// Iterations that may be cut off at the end.
    pub cut: f64,
    /// The most iterations that are to begin per second; 0 for users.
    pub peak_rate: f64,
}

/// What each scenario asks for between two instants, s.
pub(super) fn asks(program: &Program, test: &Test, (from, to): (f64, f64)) -> Vec<Ask> {
    program
        .sources
        .iter()
        .zip(&test.scenarios)
        .map(|(source, scenario)| {
            let planned = |t: f64| planned_rate(&scenario.executor, scenario.start, t);
            ask(source, (from, to), planned)
        })
        .collect()
}

fn ask(source: &SourceSpec, (from, to): (f64, f64), planned: impl Fn(f64) -> f64) -> Ask {
    let inside = |a: u64, b: u64| ((b as f64 / NS).min(to) - (a as f64 / NS).max(from)).max(0.0);
    match &source.kind {
        SourceKind::Users(spans) => {
            let there = || spans.iter().filter(|span| inside(span.start_ns, span.cut_ns) > 0.0);
            let users = there().map(|span| span.vu).max().map_or(0.0, |vu| f64::from(vu) + 1.0);
            Ask {
                time_high: spans.iter().map(|span| inside(span.start_ns, span.cut_ns)).sum(),
                time_low: spans.iter().map(|span| inside(span.start_ns, span.stop_ns)).sum(),
                users,
                begun_high: f64::INFINITY,
                begun_low: 0.0,
                cut: there().count() as f64,
                peak_rate: 0.0,
            }
        }
        SourceKind::Arrivals { max_users, poisson, cut, curve, .. } => {
            let (mean, peak) = match curve.listed() {
                [] => area((from, to), planned),
                listed => {
                    let inside = |at: &&u64| (from..to).contains(&(**at as f64 / NS));
                    (listed.iter().filter(inside).count() as f64, area((from, to), planned).1)
                }
            };
            let chance = if *poisson { DEVIATIONS * (mean + DEVIATIONS * DEVIATIONS).sqrt() } else { 2.0 };
            let users = f64::from(*max_users);
            Ask {
                time_high: users * inside(0, *cut),
                time_low: 0.0,
                users,
                begun_high: mean + chance,
                begun_low: (mean - chance).max(0.0),
                cut: users,
                peak_rate: peak,
            }
        }
    }
}

/// Integral of a rate made of straight pieces, and its highest value, by fine steps.
fn area((from, to): (f64, f64), rate: impl Fn(f64) -> f64) -> (f64, f64) {
    const STEPS: u32 = 256;
    let step = (to - from) / f64::from(STEPS);
    let middles = (0..STEPS).map(|i| rate(from + (f64::from(i) + 0.5) * step));
    let (sum, peak) = middles.fold((0.0, 0.0f64), |(sum, peak), rate| (sum + rate, peak.max(rate)));
    (sum * step, peak)
}

/// Users and iterations per second planned in the middle of a span, by scenario.
pub(super) fn planned(test: &Test, (from, to): (f64, f64)) -> Vec<(f64, f64)> {
    let middle = f64::midpoint(from, to);
    let one = |s: &crate::model::Scenario| {
        (planned_users(&s.executor, s.start, middle), planned_rate(&s.executor, s.start, middle))
    };
    test.scenarios.iter().map(one).collect()
}
