//! Predicted beside recorded latency, endpoint by endpoint: p50, p95 and p99 of each, one below the other.

use super::super::number::counted;
use super::axis::Axis;
use super::panel::{Dash, Figure, Form, Ink, Layer, Mark, Panel, Shape};
use super::percentiles_figure::{Span, scopes, span, words};
use super::{FigureError, Target};
use crate::model::Role;
use crate::recording::{Observation, Recording};
use crate::study::prediction::Prediction;

const WIDTH: u32 = 1200;
const HEAD: u32 = 64;
/// Of an endpoint, and of all that stands above and below the chart.
const ROW: u32 = 66;
const AROUND: u32 = 140;
/// Endpoints at most; the others have fewer requests.
const MOST: usize = 30;

/// Statistic, other names of it, its place within an endpoint (upwards), colour and form.
const STATS: [(&str, &[&str], f64, Ink, Form); 3] = [
    ("p50", &["p50", "med"], 0.27, Ink::Green, Form::Circle),
    ("p95", &["p95"], 0.0, Ink::Blue, Form::Square),
    ("p99", &["p99"], -0.27, Ink::Vermillion, Form::Triangle),
];
/// An interval reaches no further down than the least duration by this factor.
const FAR: f64 = 4.0;
/// Recorded stands a little below predicted, so that neither hides the other.
const BELOW: f64 = 0.09;

/// p50, p95 and p99 of all requests and of each endpoint with the interval of one such test, and what was recorded, into
/// the file of `target` (`.svg` or `.png`).
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn endpoints_figure(p: &Prediction, recorded: &[(Role, Recording)], target: Target) -> Result<(), FigureError> {
    super::write(&figure(p, recorded), target)
}

fn figure(p: &Prediction, recorded: &[(Role, Recording)]) -> Figure {
    let at = span(recorded);
    let all = scopes(p, at);
    let shown = &all[..all.len().min(MOST)];
    let more = match all.len() - shown.len() {
        0 => String::new(),
        left_out => format!(" {} with fewer requests left out.", counted(left_out, "endpoint")),
    };
    let variant = if p.variant.is_empty() { String::new() } else { format!(", variant {}", p.variant) };
    Figure {
        title: format!("{} · test {}{variant} · latency by endpoint{}", p.model, p.test, words(at)),
        remark: format!(
            "Filled: predicted, mean of {}, with 95 % of such tests. Hollow: recorded; dashed: its range.{more}",
            counted(p.replications, "replication")
        ),
        key: Vec::new(),
        height: HEAD + AROUND + ROW * shown.len().max(2) as u32,
        rows: vec![vec![panel(p, recorded, shown, at)]],
        width: WIDTH,
    }
}

fn panel(p: &Prediction, recorded: &[(Role, Recording)], scopes: &[&str], at: Span) -> Panel {
    // The first on top.
    let place = |index: usize| (scopes.len() - 1 - index) as f64;
    let mut layers = Vec::new();
    for (stat, names, offset, ink, form) in STATS {
        let (mut points, mut spans) = (Vec::new(), Vec::new());
        for (index, scope) in scopes.iter().enumerate() {
            let Some(row) = p.row("http_req_duration", scope, stat, at) else { continue };
            let (e, y) = (row.estimate, place(index) + offset);
            points.push((e.value, y));
            spans.extend((e.low.is_finite() && e.high.is_finite()).then_some((y, e.low, e.high)));
        }
        let (mut values, mut ranges) = (Vec::new(), Vec::new());
        for (index, scope) in scopes.iter().enumerate() {
            let y = place(index) + offset - BELOW;
            match recorded.iter().find_map(|(_, recording)| observed(recording, scope, names, at)) {
                Some(Observation { value: Some(value), .. }) => values.push((*value, y)),
                Some(Observation { range: Some((low, high)), .. }) => ranges.push((y, *low, *high)),
                Some(_) | None => {}
            }
        }
        let predicted = format!("{stat} predicted");
        layers.push(Layer::new(&predicted, ink, Shape::Across(spans, Dash::Solid)));
        layers.push(Layer::new(&predicted, ink, Shape::Marks(points, Mark { form, filled: true })));
        let name = format!("{stat} recorded");
        if !ranges.is_empty() {
            layers.push(Layer::new(&name, Ink::Black, Shape::Across(ranges, Dash::Dashed)));
        }
        if !values.is_empty() {
            layers.push(Layer::new(&name, Ink::Black, Shape::Marks(values, Mark { form, filled: false })));
        }
    }
    let durations = |layer: &Layer| match &layer.shape {
        Shape::Marks(points, _) => points.iter().map(|point| point.0).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    let least = layers.iter().flat_map(durations).filter(|ms| *ms > 0.0).fold(f64::INFINITY, f64::min) / FAR;
    let ends = layers.iter().flat_map(|layer| match &layer.shape {
        Shape::Across(spans, _) => spans.iter().flat_map(|span| [span.1.max(least), span.2]).collect(),
        _ => durations(layer),
    });
    let x = Axis::log("duration, ms", ends.collect::<Vec<_>>().into_iter());
    hold_above(&mut layers, x.ends().0);
    let name = |scope: &&str| if scope.is_empty() { "all requests".to_owned() } else { (*scope).to_owned() };
    let y = Axis::categories("endpoints, those with the most requests first", scopes.iter().rev().map(name).collect());
    Panel {
        title: "Latency".to_owned(),
        x,
        y,
        layers,
        moments: Vec::new(),
        empty: "no request is predicted".to_owned(),
    }
}

/// An interval that reaches 0 has no end on a logarithmic axis.
fn hold_above(layers: &mut [Layer], least: f64) {
    for layer in layers {
        if let Shape::Across(spans, _) = &mut layer.shape {
            spans.iter_mut().for_each(|span| span.1 = span.1.max(least));
        }
    }
}

fn observed<'r>(recording: &'r Recording, scope: &str, names: &[&str], at: Span) -> Option<&'r Observation> {
    let whole = recording.observations.iter().filter(|o| o.metric == "http_req_duration" && o.window == at);
    let mut ours = whole.filter(|o| o.scope == scope);
    ours.find(|o| names.contains(&o.stat.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    #[test]
    fn all_requests_are_on_top_and_each_statistic_has_its_form() {
        let figure = figure(&sample::prediction("peak"), &[]);
        let panel = &figure.rows[0][0];
        assert_eq!(panel.y.ticks.last().map(|tick| tick.1.as_str()), Some("all requests"));
        let forms = panel.layers.iter().filter_map(|layer| match &layer.shape {
            Shape::Marks(_, mark) => Some(mark.form),
            _ => None,
        });
        assert_eq!(forms.collect::<Vec<_>>(), [Form::Circle, Form::Square, Form::Triangle]);
    }
}
