//! The hit ratio of a cache over its memory, what theory says of it, and where it stands today.

use super::super::number::{counted, with_unit};
use super::axis::Axis;
use super::panel::{Dash, Figure, Form, Ink, Layer, Mark, Panel, Shape};
use super::{FigureError, Target};
use crate::study::hits::{HitPoint, Hits};
use crate::study::prediction::Estimate;

const WIDTH: u32 = 1200;
const HEAD: u32 = 64;
const ROW: u32 = 430;
/// Bytes of a MB, as the contract has it.
const MB: f64 = 1e6;
/// Bounds that differ by less than this factor stand on a linear axis.
const NARROW: f64 = 3.0;

/// Hit ratio and p95 at each bound, with the theory's line and today's bound, into the file of `target` (`.svg` or `.png`).
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn hits_figure(hits: &Hits, target: Target) -> Result<(), FigureError> {
    super::write(&figure(hits), target)
}

fn figure(hits: &Hits) -> Figure {
    let variant = if hits.variant.is_empty() { String::new() } else { format!(", variant {}", hits.variant) };
    let line = match &hits.theory {
        Some(theory) if theory.deletes => " Dashed: theory, which does not know that keys are deleted.",
        Some(_) => " Dashed: theory.",
        None => "",
    };
    Figure {
        title: format!("{}{variant} · test {} · memory of cache {}", hits.model, hits.test, hits.cache),
        remark: format!(
            "Dots: mean of {}. Bands: 95 % of such tests.{line}",
            counted(hits.replications, "replication")
        ),
        key: Vec::new(),
        rows: vec![vec![ratio(hits), p95(hits)]],
        width: WIDTH,
        height: HEAD + ROW,
    }
}

/// A band, a line and dots.
fn simulated(points: &[HitPoint], ink: Ink, of: impl Fn(&HitPoint) -> Option<Estimate>) -> Vec<Layer> {
    let known: Vec<(f64, Estimate)> = points.iter().filter_map(|p| Some((p.bytes / MB, of(p)?))).collect();
    let band = known.iter().filter(|(_, e)| e.low.is_finite() && e.high.is_finite()).map(|(x, e)| (*x, e.low, e.high));
    let line: Vec<(f64, f64)> = known.iter().map(|(x, e)| (*x, e.value)).collect();
    let dots = Mark { form: Form::Circle, filled: true };
    vec![
        Layer::new("simulated", ink, Shape::Band(band.collect())),
        Layer::new("simulated", ink, Shape::Line(line.clone(), Dash::Solid)),
        Layer::new("simulated", ink, Shape::Marks(line, dots)),
    ]
}

fn ratio(hits: &Hits) -> Panel {
    let mut layers = simulated(&hits.points, Ink::Blue, |point| Some(point.hit_ratio));
    if let Some(theory) = &hits.theory {
        let line = theory.points.iter().map(|(bytes, ratio)| (bytes / MB, *ratio)).collect();
        layers.push(Layer::new(theory.name, Ink::Vermillion, Shape::Line(line, Dash::Dashed)));
    }
    let lowest = layers.iter().flat_map(Layer::ys).fold(100.0, f64::min);
    // A curve that is all near the top is looked at there.
    let low = if lowest > 60.0 { (lowest / 10.0).floor() * 10.0 - 10.0 } else { 0.0 };
    panel(hits, "Hit ratio", Axis::linear("share of lookups that hit, %", low, 101.0), layers)
}

fn p95(hits: &Hits) -> Panel {
    let layers = simulated(&hits.points, Ink::Green, |point| point.p95);
    let largest = layers.iter().map(Layer::largest).fold(0.0, f64::max);
    panel(hits, "p95 of all responses", Axis::from_zero("duration, ms", largest), layers)
}

fn panel(hits: &Hits, title: &str, y: Axis, mut layers: Vec<Layer>) -> Panel {
    let bounds = || hits.points.iter().map(|point| point.bytes / MB).chain(hits.today.map(|bytes| bytes / MB));
    let (least, most) = bounds().fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), x| (low.min(x), high.max(x)));
    let label = "maxmemory, MB";
    let x = match () {
        () if least >= most => Axis::linear(label, least * 0.9, least * 1.1 + 1e-3),
        () if most < NARROW * least => Axis::linear(label, least, most),
        () => Axis::log(label, bounds()),
    };
    if let Some(today) = hits.today {
        let name = format!("today: {}", with_unit(today / MB, "MB"));
        let upright = vec![(today / MB, y.low), (today / MB, y.high)];
        layers.push(Layer::new(name, Ink::Black, Shape::Line(upright, Dash::Dashed)));
    }
    Panel { title: title.to_owned(), x, y, layers, moments: Vec::new(), empty: "nothing is looked up".to_owned() }
}
