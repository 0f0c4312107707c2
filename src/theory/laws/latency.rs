//! Percentiles against each other, against the mean, against a histogram, and against the
//! percentiles of the endpoints that make up the whole.
//!
//! Nothing is assumed of the law of response times. A percentile `v` of order `p` says: no more than
//! `1 - p` of all lie above `v`, no more than `p` below. Load tools interpolate and round a little,
//! hence the margins.

use super::figures::{Between, Figure, Figures, Known, show, show_between, show_window};
use super::{Contradiction, Facts, Severity};

/// Times may be off by this share: interpolation between samples, sketches, clocks.
const TIME_MARGIN: f64 = 0.01;

/// Shares may be off by this much beyond their rounding.
const SHARE_SLACK: f64 = 0.0003;

/// Means may be off by this share of themselves.
const MEAN_MARGIN: f64 = 0.02;

/// Metrics that have percentiles.
pub const METRICS: [&str; 7] = [
    "http_req_duration",
    "http_req_duration{ok}",
    "http_req_duration{failed}",
    "http_req_waiting",
    "connection_wait",
    "flow_duration",
    "query_duration",
];

type Window = Option<(f64, f64)>;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for metric in METRICS {
        for window in figures.windows(metric) {
            for scope in scopes(figures, metric, window) {
                ordered(metric, scope, window, &percentiles(figures, metric, scope, window), found);
                mean_fits(figures, metric, scope, window, found);
            }
        }
    }
    for window in figures.windows("latency_share") {
        let bins = histogram(figures, window);
        shares_fit(&bins, window, found);
        percentiles_fit_histogram(figures, &bins, window, found);
        mean_fits_histogram(figures, &bins, window, found);
    }
    for window in figures.windows("http_req_duration") {
        endpoints_fit(figures, facts, window, found);
    }
}

fn scopes<'a>(figures: &Figures<'a>, metric: &str, window: Window) -> Vec<&'a str> {
    let mut scopes: Vec<&str> = Vec::new();
    for figure in figures.all.iter().filter(|figure| figure.observation.metric == metric) {
        if super::figures::same_window(figure.observation.window, window)
            && !scopes.contains(&figure.observation.scope.as_str())
        {
            scopes.push(&figure.observation.scope);
        }
    }
    scopes
}

/// Percentiles of one thing, by order; figures for the same one are taken together.
fn percentiles(figures: &Figures, metric: &str, scope: &str, window: Window) -> Vec<(f64, Known)> {
    let mut all: Vec<(f64, Known)> = Vec::new();
    let of_key = |figure: &&Figure| {
        figure.observation.metric == metric
            && figure.observation.scope == scope
            && super::figures::same_window(figure.observation.window, window)
    };
    for figure in figures.all.iter().filter(of_key) {
        let Some(p) = figure.percentile() else { continue };
        let known = Known { at: figure.at, rows: vec![figure.row] };
        match all.iter_mut().find(|(other, _)| (other - p).abs() < 1e-9) {
            Some((_, other)) => *other = other.clone().hull(known),
            None => all.push((p, known)),
        }
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all
}

fn ordered(metric: &str, scope: &str, window: Window, all: &[(f64, Known)], found: &mut Vec<Contradiction>) {
    for (i, (p, lower)) in all.iter().enumerate() {
        for (q, upper) in &all[i + 1..] {
            if lower.at.low <= upper.at.high * (1.0 + TIME_MARGIN) {
                continue;
            }
            found.push(Contradiction {
                law: "percentiles are in order",
                severity: Severity::Impossible,
                statement: "A percentile of higher order is no smaller.".into(),
                numbers: format!(
                    "{metric} {scope}, {}: p{} is {} s, p{} is {} s",
                    show_window(window),
                    show(p * 100.0),
                    show_between(lower.at),
                    show(q * 100.0),
                    show_between(upper.at)
                ),
                size: lower.at.times_apart(upper.at),
                would_need: "figures of different requests".into(),
                rows: [lower.rows.clone(), upper.rows.clone()].concat(),
            });
        }
    }
}

/// Bounds on the mean that percentiles allow: whoever lies above a percentile takes at least as long. Percentiles of `n`
/// samples lie between two of them (at position `p (n - 1)`), which decides where samples are few.
fn mean_from_percentiles(all: &[(f64, Known)], n: Option<f64>) -> (f64, Option<f64>) {
    let above = |p: f64| n.map_or(1.0 - p, |n| ((n - (p * (n - 1.0)).ceil()) / n).clamp(0.0, 1.0));
    let below = |p: f64| n.map_or(p, |n| (((p * (n - 1.0)).floor() + 1.0) / n).clamp(0.0, 1.0));
    let mut low = 0.0;
    for (i, (p, known)) in all.iter().enumerate() {
        let next = all.get(i + 1).map_or(0.0, |(q, _)| above(*q));
        low += (above(*p) - next) * known.at.low;
    }
    let bounded = all.last().is_some_and(|(p, _)| *p >= 1.0);
    let high = bounded.then(|| {
        let mut before = 0.0;
        all.iter().map(|(p, known)| (below(*p) - std::mem::replace(&mut before, below(*p))) * known.at.high).sum()
    });
    (low, high)
}

/// How many samples a figure of this metric is of, if that is recorded; the fewest it may be.
pub fn samples(figures: &Figures, metric: &str, scope: &str, window: Window) -> Option<f64> {
    let count = |metric: &str| figures.get(metric, scope, "count", window).map(|count| count.at.low.ceil().max(1.0));
    let failed = || figures.get("http_req_failed", scope, "rate", window).map(|share| share.at);
    match metric {
        "http_req_duration" | "http_req_waiting" => count("http_reqs"),
        "http_req_duration{ok}" => Some((count("http_reqs")? * (1.0 - failed()?.high)).round().max(1.0)),
        "http_req_duration{failed}" => Some((count("http_reqs")? * failed()?.low).round().max(1.0)),
        "query_duration" => count("query_count"),
        "flow_duration" => count("flow_success").or_else(|| count("flow_started")),
        _ => count(metric),
    }
}

/// Whether a percentile is told by more than a few samples; of requests whose number is not known there are enough for a
/// p99.
pub fn is_settled(figures: &Figures, metric: &str, scope: &str, window: Window, p: f64) -> bool {
    /// Samples beyond it.
    const BEYOND: f64 = 10.0;
    let beyond = p.min(1.0 - p);
    match samples(figures, metric, scope, window) {
        Some(n) => n * beyond >= BEYOND,
        None => metric.starts_with("http_req") && beyond > 0.009,
    }
}

/// The mean as recorded, or the least that the recorded percentiles allow.
pub fn least_mean(figures: &Figures, metric: &str, scope: &str, window: Window) -> Option<Known> {
    if let Some(mean) = figures.get(metric, scope, "avg", window) {
        return Some(mean);
    }
    let all = percentiles(figures, metric, scope, window);
    let rows: Vec<usize> = all.iter().flat_map(|(_, known)| known.rows.clone()).collect();
    let low = mean_from_percentiles(&all, samples(figures, metric, scope, window)).0;
    (!rows.is_empty()).then_some(Known { at: Between { low, high: f64::INFINITY }, rows })
}

fn mean_fits(figures: &Figures, metric: &str, scope: &str, window: Window, found: &mut Vec<Contradiction>) {
    let Some(mean) = figures.get(metric, scope, "avg", window) else { return };
    let all = percentiles(figures, metric, scope, window);
    let (low, high) = mean_from_percentiles(&all, samples(figures, metric, scope, window));
    let possible =
        Between { low: low * (1.0 - MEAN_MARGIN), high: high.unwrap_or(f64::INFINITY) * (1.0 + MEAN_MARGIN) };
    if all.is_empty() || !mean.at.apart(possible) {
        return;
    }
    found.push(Contradiction {
        law: "mean lies between percentiles",
        severity: Severity::Impossible,
        statement: "Whoever lies above a percentile takes at least as long, whoever lies below at most as long, which \
                    bounds the mean."
            .into(),
        numbers: format!(
            "{metric} {scope}, {}: the mean is {} s, the percentiles allow {} s",
            show_window(window),
            show_between(mean.at),
            show_between(possible)
        ),
        size: mean.at.times_apart(possible),
        would_need: "figures of different requests".into(),
        rows: all.into_iter().flat_map(|(_, known)| known.rows).chain(mean.rows).collect(),
    });
}

/// A bin of a recorded histogram: its edges in seconds and its share.
struct Bin {
    low: f64,
    high: f64,
    share: Known,
}

/// Scope "lo..hi ms"; "inf" for no upper edge.
fn histogram(figures: &Figures, window: Window) -> Vec<Bin> {
    let bin = |scope: &&str| {
        let (low, high) = scope.strip_suffix(" ms")?.split_once("..")?;
        let low: f64 = low.trim().parse().ok()?;
        let high: f64 = if high.trim().is_empty() { f64::INFINITY } else { high.trim().parse().ok()? };
        let share = figures.get("latency_share", scope, "share", window)?;
        (low >= 0.0 && high > low).then_some(Bin { low: low / 1e3, high: high / 1e3, share })
    };
    figures.scopes("latency_share", "share", window).iter().filter_map(bin).collect()
}

fn total(bins: &[&Bin]) -> Known {
    bins.iter().map(|bin| bin.share.clone()).fold(Known { at: Between::exactly(0.0), rows: Vec::new() }, Known::plus)
}

fn shares_fit(bins: &[Bin], window: Window, found: &mut Vec<Contradiction>) {
    let all = total(&bins.iter().collect::<Vec<_>>());
    if all.at.low <= 1.0 + SHARE_SLACK {
        return;
    }
    found.push(Contradiction {
        law: "shares add up to one",
        severity: Severity::Impossible,
        statement: "The shares of a histogram add up to 100 % at most.".into(),
        numbers: format!("{}: they add up to {} %", show_window(window), show(all.at.low * 100.0)),
        size: all.at.low,
        would_need: "intervals that overlap".into(),
        rows: all.rows,
    });
}

fn percentiles_fit_histogram(figures: &Figures, bins: &[Bin], window: Window, found: &mut Vec<Contradiction>) {
    for (p, known) in percentiles(figures, "http_req_duration", "", window) {
        let above: Vec<&Bin> = bins.iter().filter(|bin| bin.low >= known.at.high * (1.0 + TIME_MARGIN)).collect();
        let below: Vec<&Bin> = bins.iter().filter(|bin| bin.high <= known.at.low * (1.0 - TIME_MARGIN)).collect();
        for (beyond, side, allowed) in [(above, "above", 1.0 - p), (below, "below", p)] {
            let sum = total(&beyond);
            if sum.at.low <= allowed + SHARE_SLACK {
                continue;
            }
            let edge = if side == "above" {
                beyond.iter().map(|bin| bin.low).fold(f64::INFINITY, f64::min)
            } else {
                beyond.iter().map(|bin| bin.high).fold(0.0, f64::max)
            };
            found.push(Contradiction {
                law: "percentiles fit the histogram",
                severity: Severity::Impossible,
                statement: "No more than 1 - p of all lie above the percentile of order p, no more than p below it."
                    .into(),
                numbers: format!(
                    "{}: p{} is {} ms, so at most {} % lie {side} it, but {} % lie {side} {} ms",
                    show_window(window),
                    show(p * 100.0),
                    show_between(Between { low: known.at.low * 1e3, high: known.at.high * 1e3 }),
                    show(allowed * 100.0),
                    show_between(Between { low: sum.at.low * 100.0, high: sum.at.high * 100.0 }),
                    show(edge * 1e3)
                ),
                size: sum.at.times_apart(Between::exactly(allowed)),
                would_need: format!("a p{} {side} {} ms", show(p * 100.0), show(edge * 1e3)),
                rows: [known.rows.clone(), sum.rows].concat(),
            });
        }
    }
}

/// The mean is at least each share at its lower edge, and at most, if all are there and bounded,
/// each at its upper edge.
fn mean_fits_histogram(figures: &Figures, bins: &[Bin], window: Window, found: &mut Vec<Contradiction>) {
    let Some(mean) = figures.get("http_req_duration", "", "avg", window) else { return };
    let low: f64 = bins.iter().map(|bin| bin.share.at.low * bin.low).sum();
    let whole = total(&bins.iter().collect::<Vec<_>>());
    let high: f64 = bins.iter().map(|bin| bin.share.at.high * bin.high).sum();
    let high = if whole.at.high >= 1.0 { high } else { f64::INFINITY };
    let possible = Between { low: low * (1.0 - MEAN_MARGIN), high: high * (1.0 + MEAN_MARGIN) };
    if bins.is_empty() || !mean.at.apart(possible) {
        return;
    }
    found.push(Contradiction {
        law: "mean fits the histogram",
        severity: Severity::Impossible,
        statement: "The mean lies between all shares at their lower edges and all at their upper edges.".into(),
        numbers: format!(
            "{}: the mean is {} s, the histogram allows {} s",
            show_window(window),
            show_between(mean.at),
            show_between(possible)
        ),
        size: mean.at.times_apart(possible),
        would_need: "a histogram of other requests".into(),
        rows: [mean.rows, whole.rows].concat(),
    });
}

/// Those above a percentile of the whole are those of the endpoints together: what the endpoints'
/// own percentiles guarantee to lie beyond it must fit.
fn endpoints_fit(figures: &Figures, facts: &Facts, window: Window, found: &mut Vec<Contradiction>) {
    let parts: Vec<(Known, Vec<(f64, Known)>)> = scopes(figures, "http_req_duration", window)
        .into_iter()
        .filter(|scope| {
            let known = &facts.system.endpoints;
            !scope.is_empty() && (known.is_empty() || known.iter().any(|name| name == scope))
        })
        .filter_map(|scope| {
            let stat = if figures.get("http_reqs", scope, "count", window).is_some() { "count" } else { "rate" };
            let weight = figures.get("http_reqs", scope, stat, window)?;
            Some((weight, percentiles(figures, "http_req_duration", scope, window)))
        })
        .collect();
    let stat = if figures.get("http_reqs", "", "count", window).is_some() { "count" } else { "rate" };
    let Some(all) = figures.get("http_reqs", "", stat, window) else { return };
    for (p, whole) in percentiles(figures, "http_req_duration", "", window) {
        for (side, allowed) in [("above", 1.0 - p), ("below", p)] {
            // No order at the ends: one request more or less moves them.
            if p <= 0.0 || p >= 1.0 {
                continue;
            }
            let (mut sum, mut rows) = (0.0, whole.rows.clone());
            for (weight, own) in &parts {
                let (share, row) = beyond(own, side, whole.at);
                sum += share * weight.at.low;
                rows.extend(row);
            }
            // One request more or less beyond a percentile, of each part and of the whole.
            let single = if stat == "count" { 1.0 + parts.len() as f64 } else { 0.0 };
            let most = all.at.high * (allowed * (1.0 + MEAN_MARGIN) + SHARE_SLACK) + single;
            if sum <= most {
                continue;
            }
            found.push(Contradiction {
                law: "endpoints make up the whole",
                severity: Severity::Impossible,
                statement: "Requests beyond a percentile of the whole are those of the endpoints together.".into(),
                numbers: format!(
                    "{}: p{} is {} s, so at most {} % lie {side} it, but the endpoints' percentiles put {} % there",
                    show_window(window),
                    show(p * 100.0),
                    show_between(whole.at),
                    show(allowed * 100.0),
                    show(100.0 * sum / all.at.high)
                ),
                size: (sum / most).max(1.0),
                would_need: "endpoints that weigh less, or figures of different requests".into(),
                rows: rows.into_iter().chain(all.rows.clone()).collect(),
            });
        }
    }
}

/// Largest share that one endpoint's percentiles guarantee beyond `at`, and their rows.
fn beyond(own: &[(f64, Known)], side: &str, at: Between) -> (f64, Vec<usize>) {
    let found = if side == "above" {
        own.iter().find(|(_, known)| known.at.low > at.high * (1.0 + TIME_MARGIN)).map(|(p, known)| (1.0 - p, known))
    } else {
        own.iter().rev().find(|(_, known)| known.at.high < at.low * (1.0 - TIME_MARGIN)).map(|(p, known)| (*p, known))
    };
    found.map_or((0.0, Vec::new()), |(share, known)| (share, known.rows.clone()))
}
