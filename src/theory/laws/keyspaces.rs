//! Keyspaces against their cache: keys, evictions and expiries add up, memory does not exceed it, and the hit ratio lies
//! between theirs.

use super::figures::{Between, Figures, Known, show_between, show_window};
use super::{Contradiction, Facts, Severity, Store};

/// Samples of keys that come and go.
const MARGIN: f64 = 0.02;
const SLACK: f64 = 1.0;

const SUMS: [(&str, &str); 6] = [
    ("keys", "avg"),
    ("evictions", "count"),
    ("evictions", "rate"),
    ("expirations", "count"),
    ("expirations", "rate"),
    ("writes_refused", "count"),
];

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for store in facts.system.stores.iter().filter(|store| !store.keyspaces.is_empty()) {
        for (metric, stat) in SUMS {
            for window in figures.windows(metric) {
                let parts = parts(figures, store, metric, stat, window);
                let complete = parts.len() == store.keyspaces.len();
                let sum = parts.into_iter().reduce(Known::plus);
                let (Some(sum), Some(whole)) = (sum, figures.get(metric, &store.name, stat, window)) else { continue };
                let possible = Between { low: sum.at.low, high: if complete { sum.at.high } else { f64::INFINITY } };
                let words = ("keyspaces add up to the cache", format!("{metric} {stat}"));
                tell(words, &whole, &sum, possible.widened(MARGIN, SLACK), window, found);
            }
        }
        for window in figures.windows("memory") {
            let sum = parts(figures, store, "memory", "avg", window).into_iter().reduce(Known::plus);
            let most = ["max", "avg"].iter().find_map(|stat| figures.get("memory", &store.name, stat, window));
            let (Some(sum), Some(whole)) = (sum, most) else { continue };
            let possible = Between { low: sum.at.low * (1.0 - MARGIN), high: f64::INFINITY };
            tell(("keyspaces are in the cache", "bytes of memory".into()), &whole, &sum, possible, window, found);
        }
        for window in figures.windows("hit_ratio") {
            let parts = parts(figures, store, "hit_ratio", "avg", window);
            let complete = parts.len() == store.keyspaces.len();
            let hull = parts.into_iter().reduce(Known::hull).filter(|_| complete);
            let (Some(hull), Some(whole)) = (hull, figures.get("hit_ratio", &store.name, "avg", window)) else {
                continue;
            };
            let possible = hull.at.widened(MARGIN, 0.0);
            let words = ("the whole lies between its parts", "hit ratio (share)".to_owned());
            tell(words, &whole, &hull, possible, window, found);
        }
    }
}

fn parts(figures: &Figures, store: &Store, metric: &str, stat: &str, window: Option<(f64, f64)>) -> Vec<Known> {
    // A cache and its keyspace may have one name.
    let names = store.keyspaces.iter().filter(|name| **name != store.name);
    names.filter_map(|name| figures.get(metric, name, stat, window)).collect()
}

fn tell(
    (law, what): (&'static str, String),
    whole: &Known,
    parts: &Known,
    possible: Between,
    window: Option<(f64, f64)>,
    found: &mut Vec<Contradiction>,
) {
    if !possible.apart(whole.at) {
        return;
    }
    found.push(Contradiction {
        law,
        severity: Severity::Impossible,
        statement: "What a cache holds and does is what its keyspaces hold and do together.".into(),
        numbers: format!(
            "{}: {what} {} of the cache, its keyspaces {}",
            show_window(window),
            show_between(whole.at),
            show_between(parts.at)
        ),
        size: whole.at.times_apart(possible),
        would_need: "a keyspace that is not listed, or figures of another time".into(),
        rows: [whole.rows.clone(), parts.rows.clone()].concat(),
    });
}
