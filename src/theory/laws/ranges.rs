//! A figure against its own range.

use super::figures::{Between, Figures, show, show_between, show_window};
use super::{Contradiction, Severity};

/// Values are printed with fewer digits than their ranges.
const MARGIN: f64 = 0.005;

pub fn contradictions(figures: &Figures, found: &mut Vec<Contradiction>) {
    for figure in &figures.all {
        let o = figure.observation;
        let (Some(value), Some((low, high))) = (o.value, o.range) else { continue };
        let slack = o.rounding + MARGIN * value.abs();
        if low - slack <= value && value <= high + slack {
            continue;
        }
        let range = Between { low, high };
        found.push(Contradiction {
            law: "a value lies in its range",
            severity: Severity::Impossible,
            statement: "What was recorded as a value lies in the range recorded for it.".into(),
            numbers: format!(
                "{} {} {}, {}: {} in a range of {}",
                o.metric,
                o.scope,
                o.stat,
                show_window(o.window),
                show(value),
                show_between(range)
            ),
            size: Between::exactly(value).times_apart(range),
            would_need: "a range of something else".into(),
            rows: vec![figure.row],
        });
    }
}
