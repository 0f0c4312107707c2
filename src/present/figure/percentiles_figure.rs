//! Percentiles of durations, recorded and predicted, on a scale of nines: as far into the tail as there are requests.

use super::super::number::{self, counted, plain};
use super::axis::Axis;
use super::panel::{Dash, Figure, Form, Ink, Layer, Mark, Panel, Shape};
use super::{FigureError, Target};
use crate::model::Role;
use crate::recording::Recording;
use crate::study::prediction::{Prediction, Row};

const WIDTH: u32 = 1200;
const HEAD: u32 = 64;
const ROW: u32 = 400;
/// Panels at most: all requests, and the endpoints with the most of them.
const MOST: usize = 8;
/// Fewer recorded percentiles than this are points without a line.
const FEW: usize = 8;
/// Durations that differ by more than this factor stand on a logarithmic axis.
const WIDE: f64 = 10.0;

/// Percentiles in percent that the figure wants besides those that are always predicted.
pub const PERCENTILES: [f64; 9] = [10.0, 25.0, 75.0, 80.0, 98.0, 99.5, 99.8, 99.95, 99.99];

/// Percentiles of all requests and of each endpoint, or of the one that is named, with what was recorded, into the file of
/// `target` (`.svg` or `.png`).
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn percentiles_figure(
    p: &Prediction,
    recorded: &[(Role, Recording)],
    endpoint: Option<&str>,
    target: Target,
) -> Result<(), FigureError> {
    super::write(&figure(p, recorded, endpoint), target)
}

fn figure(p: &Prediction, recorded: &[(Role, Recording)], endpoint: Option<&str>) -> Figure {
    let at = span(recorded);
    let scopes = scopes(p, at);
    let shown: Vec<&str> = match endpoint {
        Some(name) => vec![name],
        None => scopes.iter().copied().take(MOST).collect(),
    };
    let panels: Vec<Panel> = shown.iter().map(|scope| panel(p, recorded, scope, at)).collect();
    let left_out = if endpoint.is_none() { scopes.len().saturating_sub(MOST) } else { 0 };
    let rows: Vec<Vec<Panel>> = panels.chunks(2).map(<[Panel]>::to_vec).collect();
    let more = if left_out > 0 {
        format!(" {} with fewer requests left out.", counted(left_out, "endpoint"))
    } else {
        String::new()
    };
    let variant = if p.variant.is_empty() { String::new() } else { format!(", variant {}", p.variant) };
    Figure {
        title: format!("{} · test {}{variant} · percentiles{}", p.model, p.test, words(at)),
        remark: format!(
            "Filled, solid: predicted, mean of {}. Band: 95 % of such tests. Hollow: recorded.{more}",
            counted(p.replications, "replication")
        ),
        key: Vec::new(),
        height: HEAD + ROW * rows.len() as u32,
        rows,
        width: WIDTH,
    }
}

/// A part of a test in seconds; `None`: the whole.
pub(super) type Span = Option<(f64, f64)>;

/// The part of the test of which most percentiles are recorded: the whole, if there are any of it or none at all.
pub(super) fn span(recorded: &[(Role, Recording)]) -> Span {
    let all = recorded.iter().flat_map(|(_, recording)| &recording.observations);
    let known: Vec<Span> = all
        .filter(|o| o.metric == "http_req_duration" && percent(&o.stat).is_some())
        .map(|observation| observation.window)
        .collect();
    let count = |span: &Span| known.iter().filter(|other| *other == span).count();
    if known.is_empty() || known.contains(&None) {
        return None;
    }
    // The first of those with the most: max_by_key would take the last.
    known.iter().rev().max_by_key(|span| count(span)).copied().flatten()
}

/// ", 60 – 360 s"; nothing for the whole test.
pub(super) fn words(span: Span) -> String {
    span.map_or(String::new(), |(from, to)| format!(", {}", number::range(from, to, "s")))
}

/// All requests, then endpoints, those with the most requests first.
pub(super) fn scopes(p: &Prediction, span: Span) -> Vec<&str> {
    let count = |scope: &str| p.row("http_reqs", scope, "count", span).map_or(0.0, |row| row.estimate.value);
    let of_durations = |row: &&Row| row.key.metric == "http_req_duration" && row.key.stat == "p95";
    let mut scopes: Vec<&str> = p
        .metrics
        .iter()
        .filter(of_durations)
        .filter(|row| row.key.from_s.is_none())
        .map(|row| row.key.scope.as_str())
        .collect();
    scopes.retain(|scope| scope.is_empty() || count(scope) > 0.0);
    scopes.sort_by(|a, b| b.is_empty().cmp(&a.is_empty()).then(count(b).total_cmp(&count(a))));
    scopes
}

/// The percentile that a statistic is, in percent.
fn percent(stat: &str) -> Option<f64> {
    match stat {
        "med" => Some(50.0),
        stat => stat.strip_prefix('p')?.parse().ok().filter(|percent| (0.0..100.0).contains(percent)),
    }
}

fn panel(p: &Prediction, recorded: &[(Role, Recording)], scope: &str, at: Span) -> Panel {
    let requests = p.row("http_reqs", scope, "count", at).map_or(0.0, |row| row.estimate.value);
    // Beyond this percentile a test has less than one request.
    let furthest = 100.0 * (1.0 - 1.0 / requests.max(2.0));
    let ours = |row: &&Row| {
        let key = &row.key;
        let same = key.from_s.zip(key.to_s) == at || p.row(&key.metric, scope, &key.stat, at) == Some(*row);
        key.metric == "http_req_duration" && key.scope == scope && key.stat != "med" && same
    };
    let known = p.metrics.iter().filter(ours).filter_map(|row| Some((percent(&row.key.stat)?, row.estimate)));
    let mut known: Vec<_> = known.filter(|(at, e)| *at <= furthest && e.value.is_finite()).collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let line: Vec<(f64, f64)> = known.iter().map(|(at, e)| (*at, e.value)).collect();
    let band = known.iter().filter(|(_, e)| e.low.is_finite() && e.high.is_finite());
    let band: Vec<(f64, f64, f64)> = band.map(|(at, e)| (*at, e.low, e.high)).collect();
    let mut layers = Vec::new();
    if !line.is_empty() {
        layers.push(Layer::new("predicted", Ink::Blue, Shape::Band(band)));
        layers.push(Layer::new("predicted", Ink::Blue, Shape::Line(line.clone(), Dash::Solid)));
        let filled = Mark { form: Form::Circle, filled: true };
        layers.push(Layer::new("predicted", Ink::Blue, Shape::Marks(line, filled)));
    }
    for (role, recording) in recorded {
        layers.extend(recorded_layers(*role, recording, scope, at));
    }
    let above = || layers.iter().flat_map(Layer::ys).filter(|y| y.is_finite() && *y > 0.0);
    let (least, most) = above().fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), y| (low.min(y), high.max(y)));
    let y =
        if most > WIDE * least { Axis::log("duration, ms", above()) } else { Axis::from_zero("duration, ms", most) };
    if most > WIDE * least {
        hold_above(&mut layers, least);
    }
    let highest = layers.iter().flat_map(xs).fold(50.0, f64::max);
    let what = if scope.is_empty() { "All requests" } else { scope };
    Panel {
        title: format!("{what} · {} requests", plain(requests)),
        x: Axis::nines("percentile of requests", highest + 0.5 * (100.0 - highest).min(0.01)),
        y,
        layers,
        moments: Vec::new(),
        empty: "no request is predicted".to_owned(),
    }
}

/// A band that reaches 0 has no end on a logarithmic axis.
fn hold_above(layers: &mut [Layer], least: f64) {
    for layer in layers {
        if let Shape::Band(points) = &mut layer.shape {
            points.iter_mut().for_each(|point| point.1 = point.1.max(least));
        }
    }
}

fn xs(layer: &Layer) -> Vec<f64> {
    match &layer.shape {
        Shape::Line(points, _) | Shape::Marks(points, _) => points.iter().map(|point| point.0).collect(),
        Shape::Band(points) | Shape::Intervals(points) => points.iter().map(|point| point.0).collect(),
        _ => Vec::new(),
    }
}

/// Recorded percentiles as hollow points; joined where they are many. Ranges are upright dashes.
fn recorded_layers(role: Role, recording: &Recording, scope: &str, at: Span) -> Vec<Layer> {
    let ours =
        recording.observations.iter().filter(|o| o.metric == "http_req_duration" && o.scope == scope && o.window == at);
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut ranges: Vec<(f64, f64, f64)> = Vec::new();
    for observation in ours {
        let Some(percent) = percent(&observation.stat) else { continue };
        match (observation.value, observation.range) {
            (Some(value), _) => points.push((percent, value)),
            (None, Some((low, high))) => ranges.push((percent, low, high)),
            (None, None) => {}
        }
    }
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.dedup_by(|a, b| a.0 == b.0);
    let (name, ink, form) = match role {
        Role::Calibrate => ("recorded, calibrated on", Ink::Grey, Form::Square),
        Role::Validate => ("recorded, held out", Ink::Black, Form::Diamond),
    };
    let mut layers = Vec::new();
    if points.len() >= FEW {
        layers.push(Layer::new(name, ink, Shape::Line(points.clone(), Dash::Dashed)));
    }
    if !ranges.is_empty() {
        layers.push(Layer::new(format!("{name}, range"), ink, Shape::Intervals(ranges)));
    }
    if !points.is_empty() {
        layers.push(Layer::new(name, ink, Shape::Marks(points, Mark { form, filled: false })));
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;
    use crate::recording::Observation;

    fn observed(stats: &[(&str, f64)]) -> Recording {
        let template = sample::recording("peak.csv").observations.remove(0);
        let of = |(stat, value): &(&str, f64)| Observation {
            metric: "http_req_duration".into(),
            scope: String::new(),
            stat: (*stat).to_owned(),
            window: None,
            value: Some(*value),
            range: None,
            unit: "ms",
            ..template.clone()
        };
        Recording { observations: stats.iter().map(of).collect(), ..Recording::default() }
    }

    #[test]
    fn few_recorded_percentiles_are_points_and_many_a_dashed_line() {
        let few = recorded_layers(Role::Validate, &observed(&[("p50", 100.0), ("p95", 300.0)]), "", None);
        assert!(few.iter().all(|layer| matches!(layer.shape, Shape::Marks(_, Mark { filled: false, .. }))));
        let stats: Vec<String> = (1..10).map(|tens| format!("p{}", tens * 10)).collect();
        let stats: Vec<(&str, f64)> = stats.iter().map(|stat| (stat.as_str(), 50.0)).collect();
        let many = recorded_layers(Role::Validate, &observed(&stats), "", None);
        assert!(many.iter().any(|layer| matches!(layer.shape, Shape::Line(_, Dash::Dashed))));
    }

    #[test]
    fn what_is_recorded_of_a_part_is_compared_with_that_part() {
        let mut recording = observed(&[("p50", 100.0), ("p95", 300.0)]);
        assert_eq!(span(&[(Role::Validate, recording.clone())]), None);
        recording.observations.iter_mut().for_each(|o| o.window = Some((60.0, 360.0)));
        let recorded = [(Role::Validate, recording)];
        assert_eq!(span(&recorded), Some((60.0, 360.0)));
        let figure = figure(&sample::prediction("peak"), &recorded, None);
        assert!(figure.title.ends_with("percentiles, 60 – 360 s"), "{}", figure.title);
        assert!(figure.rows[0][0].layers.iter().any(|layer| layer.name == "recorded, held out"));
        assert_eq!(span(&[]), None);
    }

    #[test]
    fn all_requests_come_first_and_statistics_are_known() {
        let figure = figure(&sample::prediction("peak"), &[(Role::Validate, observed(&[("p95", 300.0)]))], None);
        let titles: Vec<&str> = figure.rows.iter().flatten().map(|panel| panel.title.as_str()).collect();
        assert!(titles[0].starts_with("All requests") && titles.len() > 1, "{titles:?}");
        assert_eq!(
            [percent("p99.9"), percent("med"), percent("avg"), percent("p100")],
            [Some(99.9), Some(50.0), None, None]
        );
    }
}
