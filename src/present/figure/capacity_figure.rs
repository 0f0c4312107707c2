//! The figure of capacities: p95 and throughput over the load, a row for each test and variant.

use super::super::capacity_words::{load, system};
use super::axis::Axis;
use super::curves::upright_axis;
use super::panel::{Dash, Figure, Form, Ink, Layer, Mark, Panel, Shape};
use super::{FigureError, Target};
use crate::study::capacity::{Capacities, Capacity, LoadPoint, Outcome, Scaling};
use crate::study::sweep::point;

const WIDTH: u32 = 1200;
/// Of the head, and of each row of panels.
const HEAD: u32 = 60;
const ROW: u32 = 380;
/// Places at which a law is drawn.
const DRAWN: u32 = 100;

/// Written to `path` (`.svg` or `.png`).
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn capacity_figure(capacities: &Capacities, target: Target) -> Result<(), FigureError> {
    let rows: Vec<Vec<Panel>> =
        capacities.capacities.iter().map(|capacity| vec![latency(capacity), throughput(capacity)]).collect();
    let figure = Figure {
        title: format!("{} · capacity", capacities.model),
        remark: "Dots: means. Bands: 95 % of tests lie within. Loads near the capacity have all replications."
            .to_owned(),
        key: Vec::new(),
        height: HEAD + ROW * rows.len() as u32,
        rows,
        width: WIDTH,
    };
    super::write(&figure, target)
}

/// A band, a line and dots.
fn curve(name: &str, ink: Ink, points: &[LoadPoint], of: impl Fn(&LoadPoint) -> Option<&point::Figure>) -> Vec<Layer> {
    let figures: Vec<(f64, &point::Figure)> =
        points.iter().filter_map(|point| Some((point.load.number(), of(point)?))).collect();
    let band = figures.iter().filter(|(_, f)| f.low.is_finite() && f.high.is_finite());
    let band = band.map(|(x, f)| (*x, f.low, f.high)).collect();
    let line: Vec<(f64, f64)> = figures.iter().map(|(x, f)| (*x, f.value)).collect();
    let dots = Mark { form: Form::Circle, filled: true };
    vec![
        Layer::new("", ink, Shape::Band(band)),
        Layer::new(name, ink, Shape::Line(line.clone(), Dash::Solid)),
        Layer::new(name, ink, Shape::Marks(line, dots)),
    ]
}

fn ends(capacity: &Capacity) -> (f64, f64) {
    let number = |point: Option<&LoadPoint>| point.map_or(0.0, |point| point.load.number());
    (number(capacity.points.first()), number(capacity.points.last()))
}

fn latency(capacity: &Capacity) -> Panel {
    let mut layers =
        curve("p95", Ink::Blue, &capacity.points, |point| point.test.figure("http_req_duration", "", "p95"));
    let (from, to) = ends(capacity);
    let objectives = capacity.points.first().map_or(&[][..], |point| &point.test.verdicts);
    for one in
        objectives.iter().filter(|v| v.unit == "ms" && v.slo.starts_with("http_req_duration") && v.bound.is_finite())
    {
        let across = vec![(from, one.bound), (to, one.bound)];
        layers.push(Layer::new(&one.slo, Ink::Vermillion, Shape::Line(across, Dash::Dashed)));
    }
    panel(capacity, "p95 of all responses", "duration, ms", layers)
}

fn throughput(capacity: &Capacity) -> Panel {
    let mut layers = curve("busiest stage", Ink::Green, &capacity.points, |point| point.test.busiest_rate());
    if let Some(scaling) = &capacity.scaling {
        let name = if scaling.follows { "scalability law" } else { "scalability law (does not fit)" };
        layers.push(Layer::new(name, Ink::Purple, Shape::Line(law(scaling, ends(capacity)), Dash::Dashed)));
    }
    if let Some(bound) = &capacity.bound {
        let (from, to) = ends(capacity);
        let across = vec![(from, bound.per_s), (to, bound.per_s)];
        let name = format!("bound of {}", bound.resource);
        layers.push(Layer::new(name, Ink::Grey, Shape::Line(across, Dash::Dashed)));
    }
    panel(capacity, "Throughput", "requests, 1/s", layers)
}

fn law(scaling: &Scaling, (from, to): (f64, f64)) -> Vec<(f64, f64)> {
    let at = |step: u32| from.max(1.0) + (to - from.max(1.0)) * f64::from(step) / f64::from(DRAWN);
    (0..=DRAWN).filter_map(|step| Some((at(step), scaling.throughput(at(step))?))).collect()
}

/// With the stated load and the capacity as upright lines.
fn panel(capacity: &Capacity, what: &str, unit: &str, mut layers: Vec<Layer>) -> Panel {
    let (from, to) = ends(capacity);
    let counted = if capacity.stated.users.is_some() { "users" } else { "iterations, 1/s" };
    let x = if from < to { Axis::linear(counted, from, to) } else { Axis::linear(counted, from - 1.0, from + 1.0) };
    let (y, (low, high)) = upright_axis(unit, &mut layers);
    let mut upright = |at: f64, name: String, ink: Ink| {
        layers.push(Layer::new(name, ink, Shape::Line(vec![(at, low), (at, high)], Dash::Dashed)));
    };
    upright(capacity.stated.number(), format!("stated: {}", load(&capacity.stated)), Ink::Grey);
    if capacity.outcome == Outcome::Found {
        upright(capacity.capacity.number(), format!("capacity: {}", load(&capacity.capacity)), Ink::Black);
    }
    let title = format!("{}, {} · {what}", capacity.test, system(capacity));
    Panel { title, x, y, layers, moments: Vec::new(), empty: "nothing is predicted".to_owned() }
}
