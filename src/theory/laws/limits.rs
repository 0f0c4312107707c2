//! Capacity: nothing is used more than it is there, and nothing is evicted while there is room.

use super::figures::{Between, Figure, Figures, same_window, show, show_between, show_window};
use super::{Contradiction, Facts, Memory, Severity};

/// Monitors overshoot: samples of CPU, connections counted while one is handed over.
const MARGIN: f64 = 0.05;

/// Where only an average is known, a store may have been full for a while unless the average is
/// below this share of its limit.
const SURELY_NOT_FULL: f64 = 2.0 / 3.0;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for figure in &figures.all {
        let observation = figure.observation;
        if !matches!(observation.stat.as_str(), "avg" | "max" | "rate") {
            continue;
        }
        let share = matches!(observation.unit, "%" | "ratio");
        let limit = match observation.metric.as_str() {
            "cpu" | "event_loop_utilisation" if share => Some(1.0),
            "hit_ratio" | "http_req_failed" | "flow_success" | "step_success" if share => Some(1.0),
            "connections_active" | "connections_open" => {
                facts.system.pools.iter().find(|pool| pool.name == observation.scope).map(|pool| pool.max)
            }
            _ => None,
        };
        if let Some(limit) = limit.filter(|limit| figure.at.low > limit * (1.0 + MARGIN)) {
            found.push(above(figure, limit));
        }
    }
    for memory in &facts.system.memories {
        evictions(figures, memory, found);
    }
}

fn above(figure: &Figure, limit: f64) -> Contradiction {
    let observation = figure.observation;
    Contradiction {
        law: "no more than there is",
        severity: Severity::Impossible,
        statement: "No more is used than there is.".into(),
        numbers: format!(
            "{} {}, {}: {} of {}",
            observation.metric,
            observation.scope,
            show_window(observation.window),
            show_between(figure.at),
            show(limit)
        ),
        size: figure.at.times_apart(Between::exactly(limit)),
        would_need: "a larger limit than the model has".into(),
        rows: vec![figure.row],
    }
}

/// A store evicts when its memory reaches the limit, not before.
fn evictions(figures: &Figures, memory: &Memory, found: &mut Vec<Contradiction>) {
    let evicted = figures
        .each("evictions", "count")
        .chain(figures.each("evictions", "rate"))
        .filter(|figure| figure.observation.scope == memory.name && figure.at.low > 0.0);
    for evicted in evicted {
        let window = evicted.observation.window;
        let used = |stat: &'static str| {
            let of_window = |figure: &&Figure| {
                figure.observation.scope == memory.name && same_window(figure.observation.window, window)
            };
            figures.each("memory", stat).filter(of_window).max_by(|a, b| a.at.high.total_cmp(&b.at.high))
        };
        let (used, below) = match (used("max"), used("avg")) {
            (Some(most), _) => (most, memory.limit_bytes * (1.0 - MARGIN)),
            (None, Some(average)) => (average, memory.limit_bytes * SURELY_NOT_FULL),
            (None, None) => continue,
        };
        if used.at.high >= below {
            continue;
        }
        found.push(Contradiction {
            law: "evictions need full memory",
            severity: Severity::Impossible,
            statement: "A store evicts when its memory has reached its limit, not before.".into(),
            numbers: format!(
                "{}, {}: evictions {}, memory {} {} MB of {} MB",
                memory.name,
                show_window(window),
                show_between(evicted.at),
                used.observation.stat,
                show_between(Between { low: used.at.low / 1e6, high: used.at.high / 1e6 }),
                show(memory.limit_bytes / 1e6)
            ),
            size: Between::exactly(memory.limit_bytes).times_apart(used.at),
            would_need: format!("a limit of {} MB", show(used.at.high / 1e6)),
            rows: vec![evicted.row, used.row],
        });
    }
}
