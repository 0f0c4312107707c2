//! The whole as a mixture of its parts: requests of endpoints, requests that succeed and that fail.
//!
//! The mean of the whole is the mean of the parts weighted by how many they are, its extremes are
//! their extremes, and its percentiles lie between theirs. Where parts are missing, only what the
//! others force is said.

use super::figures::{Between, Figures, Known, show, show_between, show_window};
use super::latency::is_settled;
use super::{Contradiction, Facts, Severity};

/// Interpolated percentiles, sketches and clocks.
const MARGIN: f64 = 0.01;

type Window = Option<(f64, f64)>;

/// A part of the whole: its metric and scope, and its share of all.
struct Part {
    metric: &'static str,
    scope: String,
    share: Between,
}

/// All parts there are, or only some.
struct Mixture {
    what: &'static str,
    whole: (&'static str, String),
    parts: Vec<Part>,
    complete: bool,
    rows: Vec<usize>,
}

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for window in figures.windows("http_req_duration") {
        let by_endpoint = ["http_req_duration", "http_req_waiting"]
            .iter()
            .filter_map(|metric| endpoints(figures, facts, metric, window));
        let scopes = figures.scopes("http_req_failed", "rate", window);
        let by_outcome = scopes.into_iter().filter_map(|scope| outcomes(figures, scope, window));
        for mixture in by_endpoint.chain(by_outcome) {
            mean(figures, &mixture, window, found);
            orders(figures, &mixture, window, found);
        }
    }
}

fn requests(figures: &Figures, scope: &str, window: Window) -> Option<Known> {
    let get = |stat| figures.get("http_reqs", scope, stat, window);
    get("count").or_else(|| get("rate"))
}

fn endpoints(figures: &Figures, facts: &Facts, metric: &'static str, window: Window) -> Option<Mixture> {
    let all = requests(figures, "", window)?;
    let known = &facts.system.endpoints;
    let mut parts = Vec::new();
    let mut rows = all.rows.clone();
    let mut sum = Between::exactly(0.0);
    let stat = if figures.get("http_reqs", "", "count", window).is_some() { "count" } else { "rate" };
    for scope in figures.scopes("http_reqs", stat, window) {
        if scope.is_empty() || !(known.is_empty() || known.iter().any(|name| name == scope)) {
            continue;
        }
        let count = figures.get("http_reqs", scope, stat, window)?;
        if count.at.high <= 0.5 {
            continue;
        }
        sum = sum.plus(count.at);
        rows.extend(&count.rows);
        parts.push(Part { metric, scope: scope.to_owned(), share: count.at.divided_by(all.at)? });
    }
    // All of them, as far as counts tell.
    let complete = !parts.is_empty() && sum.low >= all.at.low * (1.0 - MARGIN / 2.0);
    Some(Mixture { what: "endpoints", whole: (metric, String::new()), parts, complete, rows })
}

fn outcomes(figures: &Figures, scope: &str, window: Window) -> Option<Mixture> {
    let failed = figures.get("http_req_failed", scope, "rate", window)?;
    let ok = Between { low: (1.0 - failed.at.high).max(0.0), high: (1.0 - failed.at.low).min(1.0) };
    let part = |metric, share| Part { metric, scope: scope.to_owned(), share };
    let mut parts = vec![part("http_req_duration{ok}", ok)];
    if failed.at.high > 0.0 {
        parts.push(part("http_req_duration{failed}", failed.at));
    }
    let whole = ("http_req_duration", scope.to_owned());
    Some(Mixture { what: "requests that succeed and that fail", whole, parts, complete: true, rows: failed.rows })
}

fn mean(figures: &Figures, mixture: &Mixture, window: Window, found: &mut Vec<Contradiction>) {
    let Some(whole) = figures.get(mixture.whole.0, &mixture.whole.1, "avg", window) else { return };
    let (mut low, mut high, mut rows) = (0.0, 0.0, [whole.rows.clone(), mixture.rows.clone()].concat());
    let mut some = false;
    for part in &mixture.parts {
        match figures.get(part.metric, &part.scope, "avg", window) {
            Some(own) => {
                low += part.share.low * own.at.low;
                high += part.share.high * own.at.high;
                rows.extend(own.rows);
                some = true;
            }
            // At least 0, and as long as you like; nothing, if it is none.
            None if part.share.low > 0.0 => high = f64::INFINITY,
            None => {}
        }
    }
    let high = if mixture.complete { high } else { f64::INFINITY };
    let possible = Between { low, high };
    if !some || !possible.widened(MARGIN, 0.0).apart(whole.at) {
        return;
    }
    found.push(Contradiction {
        law: "the mean is that of the parts",
        severity: Severity::Impossible,
        statement: "The mean of all requests is the mean of the parts, weighted by how many they are.".into(),
        numbers: format!(
            "{} {}, {}: {} s, the {} make it {} s",
            mixture.whole.0,
            mixture.whole.1,
            show_window(window),
            show_between(whole.at),
            mixture.what,
            show_between(possible)
        ),
        size: whole.at.times_apart(possible),
        would_need: "parts that weigh otherwise, or figures of different requests".into(),
        rows,
    });
}

/// Extremes and percentiles of the whole lie between those of the parts.
fn orders(figures: &Figures, mixture: &Mixture, window: Window, found: &mut Vec<Contradiction>) {
    for figure in &figures.all {
        let o = figure.observation;
        let Some(order) = figure.percentile() else { continue };
        if (o.metric.as_str(), o.scope.as_str()) != (mixture.whole.0, mixture.whole.1.as_str())
            || !super::figures::same_window(o.window, window)
        {
            continue;
        }
        let own: Vec<Known> = mixture
            .parts
            .iter()
            .filter(|part| part.share.high > 0.0)
            .filter_map(|part| figures.get(part.metric, &part.scope, &o.stat, window))
            .collect();
        let all = mixture.complete && own.len() == mixture.parts.iter().filter(|part| part.share.high > 0.0).count();
        let settled = |metric: &str, scope: &str| is_settled(figures, metric, scope, window, order);
        if order > 0.0
            && order < 1.0
            && !(settled(mixture.whole.0, &mixture.whole.1)
                && mixture.parts.iter().all(|part| settled(part.metric, &part.scope)))
        {
            continue;
        }
        let Some(hull) = own.iter().cloned().reduce(Known::hull) else { continue };
        // The largest of all is the largest of a part, and the smallest likewise.
        let largest = own.iter().map(|one| one.at.low).fold(0.0, f64::max);
        let smallest = own.iter().map(|one| one.at.high).fold(f64::INFINITY, f64::min);
        let possible = match (order, all) {
            (1.0, true) => Between { low: largest, high: hull.at.high },
            (1.0, false) => Between { low: largest, high: f64::INFINITY },
            (0.0, true) => Between { low: hull.at.low, high: smallest },
            (0.0, false) => Between { low: 0.0, high: smallest },
            (_, true) => hull.at,
            (_, false) => continue,
        };
        if !possible.widened(2.0 * MARGIN, 0.0).apart(figure.at) {
            continue;
        }
        found.push(Contradiction {
            law: "the whole lies between its parts",
            severity: Severity::Impossible,
            statement: "A percentile of all requests lies between those of the parts; extremes are those of a part."
                .into(),
            numbers: format!(
                "{} {} {}, {}: {} s, the {} allow {} s",
                o.metric,
                o.scope,
                o.stat,
                show_window(window),
                show_between(figure.at),
                mixture.what,
                show_between(possible)
            ),
            size: figure.at.times_apart(possible),
            would_need: format!("a part with a {} of {} s", o.stat, show(figure.at.low)),
            rows: [vec![figure.row], hull.rows, mixture.rows.clone()].concat(),
        });
    }
}
