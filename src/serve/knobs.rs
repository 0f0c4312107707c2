//! What one may turn: sizes, counts, types, time-outs, the load, and the times that were measured; each with its range.

use serde::Serialize;

use crate::catalogue::gives::{alike, gives};
use crate::model::{Law, Model, Parameter, Quantity, Remote, Shape};

/// The path of the knob that is no part of the system: times the load of the test.
pub(super) const LOAD: &str = "load";
/// How far from what is there a slider goes, down and up.
const FURTHEST: f64 = 5.0;
/// How far beyond its slider a number may still be.
const BEYOND: f64 = 10.0;
/// Types that give so many times more or less than the one that is there are not offered.
const FAR_TYPES: f64 = 9.0;

/// Something that one may turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Knob {
    /// As `--set` takes it, or "load".
    pub path: String,
    pub label: String,
    /// "load", "app", "main", or "measured times".
    pub group: String,
    #[serde(flatten)]
    pub range: Range,
}

/// What values it has.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Range {
    Number {
        /// What is there now.
        value: f64,
        /// Of the slider.
        low: f64,
        high: f64,
        step: f64,
        /// What may be written into the field at least and at most.
        least: f64,
        most: f64,
        /// "", "ms", "%" or "×".
        unit: &'static str,
    },
    Choice {
        value: String,
        values: Vec<String>,
    },
}

/// All knobs of a model as a test sees it; `measured` are its numbers that came from measurements.
pub(super) fn knobs(model: &Model, measured: &[Parameter]) -> Vec<Knob> {
    let mut knobs = vec![Knob {
        path: LOAD.to_owned(),
        label: "times the load of the test".to_owned(),
        group: "load".to_owned(),
        range: Range::Number { value: 1.0, low: 0.1, high: 4.0, step: 0.05, least: 0.01, most: 20.0, unit: "×" },
    }];
    knobs.extend(model.tiers.iter().flat_map(|tier| {
        let at = |what: &str, label: &str, range: Range| knob(("tier", &tier.name, what), label, range);
        // Who scales by itself is not counted by hand.
        let count = tier.autoscale.is_none().then(|| at("count", "instances", whole(tier.count, 1)));
        let processes = at("processes", "processes on each", whole(tier.processes, 1));
        let kind = types(tier.host.instance.as_deref()).map(|range| at("instance", "instance type", range));
        count.into_iter().chain([processes]).chain(kind)
    }));
    knobs.extend(model.pools.iter().flat_map(|pool| {
        let at = |what: &str, label: &str, range: Range| knob(("pool", &pool.name, what), label, range);
        let to = if matches!(pool.remote, Remote::Database(_)) { "connections of the pool" } else { "connections" };
        let max = at("max", to, whole(pool.max, pool.min.max(1)));
        let patience = pool.acquire_timeout.as_ref().and_then(constant);
        let patience = patience.map(|s| at("acquire_timeout", "waits for one at most", milliseconds(s)));
        std::iter::once(max).chain(patience)
    }));
    for database in model.databases.iter().filter(|one| !one.name.contains(' ')) {
        let kind = types(database.host.instance.as_deref());
        knobs.extend(kind.map(|range| knob(("database", &database.name, "instance"), "instance class", range)));
    }
    for cache in &model.caches {
        let kind = types(cache.node.as_deref());
        knobs.extend(kind.map(|range| knob(("cache", &cache.name, "node"), "node type", range)));
    }
    for queue in &model.queues {
        knobs.push(knob(("queue", &queue.name, "workers"), "workers", whole(queue.workers, 1)));
    }
    knobs.extend(measured.iter().filter_map(time));
    knobs
}

fn knob((kind, name, what): (&str, &str, &str), label: &str, range: Range) -> Knob {
    // A name that is no bare key stands in quotation marks.
    let bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let key = if bare { name.to_owned() } else { format!("{name:?}") };
    Knob { path: format!("{kind}.{key}.{what}"), label: label.to_owned(), group: format!("{kind} {name}"), range }
}

fn whole(value: u32, least: u32) -> Range {
    let value = f64::from(value);
    let least = f64::from(least);
    let high = (value * FURTHEST).max(8.0);
    let step = if high > 500.0 { 10.0 } else { 1.0 };
    Range::Number { value, low: least, high, step, least, most: (high * BEYOND).min(100_000.0), unit: "" }
}

/// Seconds of a time that is always the same.
fn constant(law: &Law) -> Option<f64> {
    match law {
        Law { shape: Shape::Constant(Quantity::Known(seconds)), scale, .. } if scale.is_empty() => Some(*seconds),
        _ => None,
    }
}

fn milliseconds(seconds: f64) -> Range {
    let value = seconds * 1e3;
    let (low, high) = (rounded(value / FURTHEST), rounded(value * FURTHEST));
    Range::Number { value, low, high, step: low, least: low / BEYOND, most: high * BEYOND, unit: "ms" }
}

/// A time or share that was measured or assumed.
fn time(of: &Parameter) -> Option<Knob> {
    let middle = of.middle();
    let (times, unit) = match of.unit {
        "s" => (1e3, "ms"),
        "share" => (100.0, "%"),
        _ => return None,
    };
    if middle <= 0.0 {
        return None;
    }
    let value = middle * times;
    let most = if unit == "%" { 100.0 } else { f64::INFINITY };
    let (low, high) = (rounded(value / FURTHEST), rounded(value * FURTHEST).min(most));
    let range = Range::Number {
        value,
        low,
        high,
        step: rounded(value / 50.0),
        least: if unit == "%" { 0.0 } else { low / BEYOND },
        most: (high * BEYOND).min(most),
        unit,
    };
    Some(Knob { path: of.path.clone(), label: of.path.clone(), group: "measured times".to_owned(), range })
}

/// To one digit.
fn rounded(value: f64) -> f64 {
    let digit = 10_f64.powf(value.log10().floor());
    (value / digit).round() * digit
}

/// Types like this one that give neither far less nor far more.
fn types(now: Option<&str>) -> Option<Range> {
    let now = now?;
    let place = if now.starts_with("cache.") { 1 } else { 2 };
    let amount = |name: &str| gives(name).and_then(|gives| gives.get(place).copied());
    let own = amount(now)?;
    let near = |other: &f64| (1.0 / FAR_TYPES..=FAR_TYPES).contains(&(other / own));
    let of = |name: &'static str| Some((amount(name).filter(near)?, name));
    let mut known: Vec<(f64, &str)> = alike(now).into_iter().filter_map(of).collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    let values = known.into_iter().map(|(_, name)| name.to_owned()).collect();
    Some(Range::Choice { value: now.to_owned(), values })
}
