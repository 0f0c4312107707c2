//! The same figure twice: values that exclude each other, averages above maxima, growth that is not
//! end less start.
//!
//! Two ranges for one thing that only touch exclude each other too: what was seen to move between
//! 12 and 15 was not seen to move between 15 and 18.

use super::figures::{Between, Figure, Figures, same_window, show, show_between, show_window};
use super::latency::METRICS;
use super::{Contradiction, Severity};

/// Two measurements of one thing may differ by this share.
const MARGIN: f64 = 0.01;

/// Sizes are printed with at least this precision.
const GROWTH_MARGIN: f64 = 1e-6;

pub fn contradictions(figures: &Figures, found: &mut Vec<Contradiction>) {
    for (i, one) in figures.all.iter().enumerate() {
        for other in &figures.all[i + 1..] {
            if !same_subject(one, other) {
                continue;
            }
            let same_stat = same_stat(&one.observation.stat, &other.observation.stat);
            if same_stat && same_window(one.observation.window, other.observation.window) {
                twice(one, other, found);
            }
            // Times have stricter laws of their own.
            if !same_stat && !METRICS.contains(&one.observation.metric.as_str()) {
                above_maximum(one, other, found);
                above_maximum(other, one, found);
            }
        }
    }
    growth(figures, found);
}

fn same_subject(one: &Figure, other: &Figure) -> bool {
    one.observation.metric == other.observation.metric && one.observation.scope == other.observation.scope
}

/// `med` and `p50` are one.
fn same_stat(one: &str, other: &str) -> bool {
    let median = |stat: &str| matches!(stat, "med" | "p50");
    one == other || (median(one) && median(other))
}

fn name(figure: &Figure) -> String {
    let observation = figure.observation;
    let scope = if observation.scope.is_empty() { String::new() } else { format!(" {}", observation.scope) };
    format!("{}{scope} {}, {}", observation.metric, observation.stat, show_window(observation.window))
}

/// As recorded, in the recording's unit.
fn written(figure: &Figure) -> String {
    let observation = figure.observation;
    let ends = observation.range.or(observation.value.map(|value| (value, value)));
    let number = ends.map_or_else(String::new, |(low, high)| show_between(Between { low, high }));
    if matches!(observation.unit, "1" | "") { number } else { format!("{number} {}", observation.unit) }
}

fn twice(one: &Figure, other: &Figure, found: &mut Vec<Contradiction>) {
    let apart = one.at.widened(MARGIN, 0.0).apart(other.at);
    let touching = match (one.observation.range, other.observation.range) {
        (Some(a), Some(b)) => a.0 < a.1 && b.0 < b.1 && (a.1 <= b.0 || b.1 <= a.0),
        _ => false,
    };
    if !apart && !touching {
        return;
    }
    let middle = |at: Between| Between::exactly((at.low + at.high) / 2.0);
    found.push(Contradiction {
        law: "one figure, one value",
        severity: Severity::Impossible,
        statement: "One figure has one value; two ranges for it overlap in more than an edge.".into(),
        numbers: format!("{}: {} and {}", name(one), written(one), written(other)),
        size: if apart { one.at.times_apart(other.at) } else { middle(one.at).times_apart(middle(other.at)) },
        would_need: "two different things under one name".into(),
        rows: vec![one.row, other.row],
    });
}

/// An average, in any window, is no larger than the maximum of the same or the whole test.
fn above_maximum(average: &Figure, maximum: &Figure, found: &mut Vec<Contradiction>) {
    let stats = (average.observation.stat.as_str(), maximum.observation.stat.as_str());
    let covers =
        maximum.observation.window.is_none() || same_window(average.observation.window, maximum.observation.window);
    if stats != ("avg", "max") || !covers || average.at.low <= maximum.at.high * (1.0 + MARGIN) {
        return;
    }
    found.push(Contradiction {
        law: "no average above the maximum",
        severity: Severity::Impossible,
        statement: "An average is no larger than the maximum.".into(),
        numbers: format!("{} is {}, {} is {}", name(average), written(average), name(maximum), written(maximum)),
        size: average.at.times_apart(maximum.at),
        would_need: "a maximum of something else, or of another time".into(),
        rows: vec![average.row, maximum.row],
    });
}

/// Growth is the end less the start. Rows of one window only.
fn growth(figures: &Figures, found: &mut Vec<Contradiction>) {
    for grown in figures.each("memory", "growth") {
        let (scope, window) = (grown.observation.scope.as_str(), grown.observation.window);
        let Some(start) = figures.get("memory", scope, "start", window) else { continue };
        let Some(end) = figures.get("memory", scope, "end", window) else { continue };
        // Differences of large numbers keep their rounding.
        let digits = end.at.high.max(start.at.high) * GROWTH_MARGIN;
        let possible = Between { low: end.at.low - start.at.high - digits, high: end.at.high - start.at.low + digits };
        if !grown.at.apart(possible) {
            continue;
        }
        found.push(Contradiction {
            law: "growth = end - start",
            severity: Severity::Impossible,
            statement: "What was there at the end less what was there at the start is the growth.".into(),
            numbers: format!(
                "{}: {}, but end less start is {} MB",
                name(grown),
                written(grown),
                show_between(Between { low: possible.low / 1e6, high: possible.high / 1e6 })
            ),
            size: grown.at.times_apart(possible),
            would_need: format!("a growth of {} MB", show((possible.low + possible.high) / 2e6)),
            rows: [vec![grown.row], start.rows, end.rows].concat(),
        });
    }
}
