//! How far times spread, from percentiles: the shape that the model has, beside others.

use super::equations::{law_of, queueing, timed_as};
use super::laws_of_time::{Curve, Point, Shape, interval, through};
use super::quantities::{Key, Quantities};
use super::reading::cite;
use super::{Fitted, Run, ShapeRow, Tried};
use crate::model::{Amount, Meaning, Parameter};
use crate::recording::Observation;

/// Fewest percentiles that tell shapes apart, and fewest values beyond a percentile that make it one.
const FEWEST: usize = 3;
const BEYOND: f64 = 10.0;
/// A law that is further off on average is none of these times.
const MOST_OFF: f64 = 0.05;
/// Values where their number is not recorded.
const IF_NOT_COUNTED: f64 = 100.0;

/// `known` are the means that were found.
pub(super) fn spreads(
    runs: &[Run],
    base: &[Quantities],
    tried: &[Tried],
    known: &[Fitted],
) -> (Vec<Fitted>, Vec<ShapeRow>) {
    let (mut fitted, mut rows) = (Vec::new(), Vec::new());
    for one in tried {
        let Meaning::Spread { of, shape } = &one.parameter.is else { continue };
        let Some(own) = Shape::ALL.into_iter().find(|known| known.word() == shape) else { continue };
        let work = work_inside(of, tried, known);
        let own_scope = law_of(&one.parameter.path);
        // A recorded `cpu` is only that of an endpoint that has one.
        let alone = tried
            .iter()
            .filter(|t| matches!(&t.parameter.is, Meaning::Spread { of: other, .. } if other == of))
            .count()
            == 1;
        let found = runs.iter().zip(base).find_map(|(run, base)| {
            let longer = match of {
                Amount::QueryTime { query } => 1.0 + queueing(run, base, &Key::Query(query.clone())),
                _ => 1.0,
            };
            let of_part = |metric: &str, scope: &str| {
                let [least, most] = [work.low, work.high].map(|end| points(run, metric, scope, end * longer));
                Some((points(run, metric, scope, work.value * longer)?, [least, most]))
            };
            let itself = of_part("step_duration", own_scope);
            itself.or_else(|| timed(run, of, alone).and_then(|(metric, scope)| of_part(&metric, &scope)))
        });
        let Some((found, ends)) = found else { continue };
        let curves = Shape::ALL.map(|shape| through(&found.points, shape));
        let least = curves.iter().map(|curve| curve.criterion).fold(f64::INFINITY, f64::min);
        rows.extend(curves.iter().map(|curve| row(&one.parameter, curve, least)));
        // Of a law that is none of the parts the spread says nothing; times of a coarse clock are such.
        if let Some(curve) = curves.iter().find(|curve| curve.shape == own && curve.error <= MOST_OFF) {
            // The less is known of the work inside, the less of what is left.
            let within = |found: &Found| {
                let curve = through(&found.points, own);
                let (low, high) = interval(&found.points, &curve, found.count);
                [low, high]
            };
            let all = ends.iter().flatten().chain([&found]).flat_map(within);
            let bounds = all.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), end| (low.min(end), high.max(end)));
            let law = format!("{shape} law through percentiles, {:.1} % off", curve.error * 100.0);
            fitted.push(Fitted::new(&one.parameter, curve.cv, bounds, law, found.figures));
        }
    }
    (fitted, rows)
}

fn row(parameter: &Parameter, curve: &Curve, least: f64) -> ShapeRow {
    ShapeRow {
        path: parameter.path.clone(),
        shape: curve.shape.word(),
        mean_s: curve.mean,
        cv: curve.cv,
        error: curve.error,
        behind: curve.criterion - least,
    }
}

/// Mean work on the database's cores within the time of a statement, s: it is no part of the rest, whose spread is wanted.
fn work_inside(of: &Amount, tried: &[Tried], known: &[Fitted]) -> Work {
    let Amount::QueryTime { query: wanted } = of else { return Work { value: 0.0, low: 0.0, high: 0.0 } };
    let own =
        |tried: &&Tried| matches!(&tried.parameter.is, Meaning::Amount(Amount::QueryCpu { query }) if query == wanted);
    let mean = |tried: &Tried| match known.iter().find(|fitted| fitted.path == tried.parameter.path) {
        Some(fitted) => Work { value: fitted.value, low: fitted.low, high: fitted.high },
        None => Work { value: tried.parameter.middle(), low: tried.parameter.low, high: tried.parameter.high },
    };
    tried.iter().find(own).map_or(Work { value: 0.0, low: 0.0, high: 0.0 }, mean)
}

/// A mean, s, with its interval.
struct Work {
    value: f64,
    low: f64,
    high: f64,
}

struct Found {
    points: Vec<Point>,
    count: f64,
    figures: Vec<String>,
}

/// Where a part is recorded.
fn timed(run: &Run, of: &Amount, alone: bool) -> Option<(String, String)> {
    Some(match of {
        Amount::QueryTime { query } => timed_as(run, "query_duration", query)?,
        Amount::Latency { api } => timed_as(run, "api_latency", api)?,
        Amount::Cpu { endpoint } if alone => ("step_duration".to_owned(), format!("{endpoint} cpu")),
        Amount::Wait { endpoint, name } => ("step_duration".to_owned(), format!("{endpoint} {name}")),
        _ => return None,
    })
}

/// The coefficient of variation that recorded percentiles show; 1 where there are too few.
pub(super) fn recorded_cv(run: &Run, metric: &str, scope: &str) -> f64 {
    const BOUNDS: (f64, f64) = (0.05, 3.0);
    points(run, metric, scope, 0.0)
        .map_or(1.0, |found| through(&found.points, Shape::Lognormal).cv.clamp(BOUNDS.0, BOUNDS.1))
}

/// The percentiles of a part, less work inside of it.
fn points(run: &Run, metric: &str, scope: &str, work: f64) -> Option<Found> {
    let all: Vec<&Observation> =
        run.recording.observations.iter().filter(|o| o.metric == metric && o.scope == scope).collect();
    let length = |o: &Observation| o.window.map_or(f64::INFINITY, |(from, to)| to - from);
    let window = all.iter().max_by(|a, b| length(a).total_cmp(&length(b)))?.window;
    let within: Vec<&Observation> = all.into_iter().filter(|o| o.window == window).collect();
    let count = within.iter().find(|o| o.stat == "count").copied();
    let count = count.or_else(|| run.recording.of("query_count", scope, "count").find(|o| o.window == window));
    let values = count.map_or(IF_NOT_COUNTED, Observation::middle);
    let mut points: Vec<(Point, &Observation)> = within
        .iter()
        .filter_map(|o| {
            let p = if o.stat == "med" { 50.0 } else { o.stat.strip_prefix('p')?.parse::<f64>().ok()? } / 100.0;
            let point = Point { p, value: o.middle() * 1e-3 - work, rounding: o.rounding * 1e-3 };
            let known = p > 0.0 && p < 1.0 && point.value > 0.0 && values * (1.0 - p).min(p) >= BEYOND;
            known.then_some((point, *o))
        })
        .collect();
    points.sort_by(|a, b| a.0.p.total_cmp(&b.0.p));
    points.dedup_by(|a, b| a.0.p == b.0.p);
    let figures = [points.first(), points.last()].into_iter().flatten().map(|(_, o)| cite(o, run.recording)).collect();
    let points: Vec<Point> = points.into_iter().map(|(point, _)| point).collect();
    (points.len() >= FEWEST).then_some(Found { points, count: values, figures })
}
