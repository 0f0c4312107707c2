//! The figure of a sweep: lines with bands along one axis, maps over two.

use super::super::number::{self, counted};
use super::axis::Axis;
use super::curves::upright_axis;
use super::panel::{Dash, Figure, Form, HeatCell, Ink, Layer, Mark, Panel, Shape};
use super::{FigureError, Target};
use crate::study::sweep::findings::Finding;
use crate::study::sweep::point::{self, Point, TestPoint};
use crate::study::sweep::{Axis as Varied, Sweep};

const WIDTH: u32 = 1200;
/// Of the head, and of each row of panels.
const HEAD: u32 = 60;
const ROW: u32 = 380;
/// An objective further above the curve than this is left out, so that the curve can be seen.
const FAR: f64 = 3.0;
/// Numbers in squares of a map at most.
const MOST_NUMBERS: usize = 150;

/// Latency, throughput, failures and objectives of each test over the values of one axis, or as maps over two,
/// written to the file of `target` (`.svg` or `.png`).
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn sweep_figure(sweep: &Sweep, target: Target) -> Result<(), FigureError> {
    super::write(&figure(sweep), target)
}

fn figure(sweep: &Sweep) -> Figure {
    let one = |index: usize| match sweep.axes.as_slice() {
        [axis] => lines(sweep, axis, index),
        axes => maps(sweep, axes, index),
    };
    let rows: Vec<Vec<Panel>> = (0..sweep.tests.len()).flat_map(one).collect();
    let paths: Vec<&str> = sweep.axes.iter().map(|axis| axis.path.as_str()).collect();
    let variant = if sweep.variant.is_empty() { String::new() } else { format!(", variant {}", sweep.variant) };
    let shown = match paths.len() {
        1 => "Lines: means. Bands: 95 % of tests lie within.",
        _ => "The darker, the more. Framed: all required objectives hold.",
    };
    Figure {
        title: format!("{} · sweep of {}{variant}", sweep.model, paths.join(" and ")),
        remark: format!(
            "{shown} {} of each test at each of {}.",
            counted(sweep.replications, "replication"),
            counted(sweep.points.len(), "point"),
        ),
        key: Vec::new(),
        height: HEAD + ROW * rows.len() as u32,
        rows,
        width: WIDTH,
    }
}

fn title(sweep: &Sweep, test: usize, what: &str) -> String {
    match sweep.tests.as_slice() {
        [_] => what.to_owned(),
        many => format!("{} · {what}", many[test]),
    }
}

/// The points of a test with their places on the axis: numbers, or one after the other.
fn placed<'a>(sweep: &'a Sweep, axis: &Varied, test: usize) -> Vec<(f64, &'a Point, &'a TestPoint)> {
    let place = |point: &'a Point| {
        let index = axis.index(point.at.first()?)?;
        let x = if axis.is_numeric() { axis.values[index].number? } else { index as f64 };
        Some((x, point, point.tests.get(test)?))
    };
    sweep.points.iter().filter_map(place).collect()
}

fn axis_of(axis: &Varied) -> Axis {
    let unit = if axis.unit.is_empty() { String::new() } else { format!(", {}", axis.unit) };
    let label = format!("{}{unit}", axis.path);
    if !axis.is_numeric() {
        return Axis::categories(&label, axis.values.iter().map(|value| value.text.clone()).collect());
    }
    let numbers = axis.values.iter().filter_map(|value| value.number);
    let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), n| (low.min(n), high.max(n)));
    if low < high { Axis::linear(&label, low, high) } else { Axis::linear(&label, low - 1.0, low + 1.0) }
}

/// Two rows of two panels.
fn lines(sweep: &Sweep, axis: &Varied, test: usize) -> Vec<Vec<Panel>> {
    let points = placed(sweep, axis, test);
    let marks = upright(sweep, axis, test);
    let latency = latency(title(sweep, test, "Latency of all responses"), axis, &points, &marks);
    let rate: Track = ("requests", Ink::Blue, |test| test.figure("http_reqs", "", "rate"));
    let busiest: Track = ("requests in the busiest stage", Ink::Green, TestPoint::busiest_rate);
    let failed: Track = ("failed", Ink::Vermillion, |test| test.figure("http_req_failed", "", "rate"));
    let panel = |what: &str, unit: &str, tracks: &[Track], layers: Vec<Layer>| {
        let layers: Vec<Layer> = drawn(tracks, &points).into_iter().chain(layers).collect();
        finished(title(sweep, test, what), axis, unit, layers, &marks)
    };
    let in_use = points.iter().filter_map(|(x, _, test)| Some((*x, 100.0 * test.limit()?.utilisation))).collect();
    let held = |holds: &[bool]| 100.0 * holds.iter().filter(|held| **held).count() as f64 / holds.len() as f64;
    let holds = points.iter().map(|(x, _, test)| (*x, held(&test.holds))).collect();
    let line = |name: &str, ink: Ink, points: Vec<(f64, f64)>| {
        let dots = Mark { form: Form::Circle, filled: true };
        [
            Layer::new(name, ink, Shape::Line(points.clone(), Dash::Solid)),
            Layer::new(name, ink, Shape::Marks(points, dots)),
        ]
    };
    let mut last: Vec<Layer> = line("use of what limits first", Ink::Orange, in_use).into();
    if sweep.points.iter().any(Point::is_judged) {
        last.extend(line("replications in which all objectives hold", Ink::Purple, holds));
    }
    vec![
        vec![latency, panel("Throughput", "requests, 1/s", &[rate, busiest], Vec::new())],
        vec![
            panel("Failed requests", "share, %", &[failed], Vec::new()),
            panel("Objectives and limits", "share, %", &[], last),
        ],
    ]
}

/// Name, colour, and which figure of a point.
type Track = (&'static str, Ink, fn(&TestPoint) -> Option<&point::Figure>);

/// A band, a line and dots for each track.
fn drawn(tracks: &[Track], points: &[(f64, &Point, &TestPoint)]) -> Vec<Layer> {
    let (mut bands, mut lines) = (Vec::new(), Vec::new());
    for (name, ink, of) in tracks {
        let figures = || points.iter().filter_map(|(x, _, test)| Some((*x, of(test)?)));
        let band =
            figures().map(|(x, f)| (x, f.low, f.high)).filter(|(_, low, high)| low.is_finite() && high.is_finite());
        let line: Vec<(f64, f64)> = figures().map(|(x, f)| (x, f.value)).collect();
        bands.push(Layer::new("", *ink, Shape::Band(band.collect())));
        lines.push(Layer::new(*name, *ink, Shape::Line(line.clone(), Dash::Solid)));
        lines.push(Layer::new(*name, *ink, Shape::Marks(line, Mark { form: Form::Circle, filled: true })));
    }
    bands.into_iter().chain(lines).collect()
}

fn latency(title: String, axis: &Varied, points: &[(f64, &Point, &TestPoint)], marks: &[Upright]) -> Panel {
    let tracks: [Track; 3] = [
        ("p50", Ink::Sky, |test| test.figure("http_req_duration", "", "p50")),
        ("p95", Ink::Blue, |test| test.figure("http_req_duration", "", "p95")),
        ("p99", Ink::Purple, |test| test.figure("http_req_duration", "", "p99")),
    ];
    let mut layers = drawn(&tracks, points);
    let largest = layers.iter().map(Layer::largest).fold(0.0, f64::max);
    let ends = (points.first().map_or(0.0, |point| point.0), points.last().map_or(0.0, |point| point.0));
    let verdicts = points.first().map_or(&[][..], |(_, _, test)| &test.verdicts);
    for verdict in
        verdicts.iter().filter(|v| v.unit == "ms" && v.slo.starts_with("http_req_duration") && v.bound.is_finite())
    {
        if verdict.bound <= FAR * largest {
            let across = vec![(ends.0, verdict.bound), (ends.1, verdict.bound)];
            layers.push(Layer::new(&verdict.slo, Ink::Vermillion, Shape::Line(across, Dash::Dashed)));
        }
    }
    finished(title, axis, "duration, ms", layers, marks)
}

/// A line from bottom to top: place and name.
struct Upright {
    at: f64,
    name: String,
    ink: Ink,
}

/// The knee of a test, and where operational analysis puts it.
fn upright(sweep: &Sweep, axis: &Varied, test: usize) -> Vec<Upright> {
    let mut marks = Vec::new();
    let number = |text: &str| axis.index(text).and_then(|index| axis.values[index].number);
    for finding in &sweep.findings {
        let bound = match finding {
            Finding::Knee { test: of, at, bound, .. } if *of == sweep.tests[test] => {
                let knee = number(at).map(|x| Upright { at: x, name: format!("knee: {at}"), ink: Ink::Black });
                marks.extend(knee);
                bound
            }
            Finding::StillGains { test: of, bound, .. } if *of == sweep.tests[test] => bound,
            _ => continue,
        };
        let bound = bound.as_ref().map(|bound| Upright {
            at: bound.at,
            name: format!("operational bound: {}", number::plain(bound.at)),
            ink: Ink::Grey,
        });
        marks.extend(bound);
    }
    marks
}

/// A panel with its axes and upright lines; logarithmic where the values need it.
fn finished(title: String, axis: &Varied, unit: &str, mut layers: Vec<Layer>, marks: &[Upright]) -> Panel {
    let x = axis_of(axis);
    let (y, (low, high)) = upright_axis(unit, &mut layers);
    for mark in marks.iter().filter(|mark| x.low <= mark.at && mark.at <= x.high) {
        let line = Shape::Line(vec![(mark.at, low), (mark.at, high)], Dash::Dashed);
        // What they are stands once, above the first panel.
        let name = if unit.ends_with("ms") { mark.name.as_str() } else { "" };
        layers.push(Layer::new(name, mark.ink, line));
    }
    Panel { title, x, y, layers, moments: Vec::new(), empty: "nothing is predicted".to_owned() }
}

/// A row of maps: p95, and how often all objectives hold, or throughput where there are none.
fn maps(sweep: &Sweep, axes: &[Varied], test: usize) -> Vec<Vec<Panel>> {
    let p95 = |_: &Point, test: &TestPoint| test.figure("http_req_duration", "", "p95").map_or(f64::NAN, |f| f.value);
    let rate = |_: &Point, test: &TestPoint| test.figure("http_reqs", "", "rate").map_or(f64::NAN, |f| f.value);
    let held = |_: &Point, test: &TestPoint| {
        100.0 * test.holds.iter().filter(|held| **held).count() as f64 / test.holds.len() as f64
    };
    let judged = sweep.points.iter().any(Point::is_judged);
    let right = if judged {
        map(sweep, axes, test, "Replications in which all objectives hold, %", Ink::Green, &held)
    } else {
        map(sweep, axes, test, "Requests, 1/s", Ink::Green, &rate)
    };
    vec![vec![map(sweep, axes, test, "p95 of all responses, ms", Ink::Blue, &p95), right]]
}

fn map(
    sweep: &Sweep,
    axes: &[Varied],
    test: usize,
    what: &str,
    ink: Ink,
    value: &dyn Fn(&Point, &TestPoint) -> f64,
) -> Panel {
    let [across, up] = axes else { return finished(what.to_owned(), &axes[0], "", Vec::new(), &[]) };
    let known = |point: &Point| {
        Some((across.index(&point.at[0])?, up.index(&point.at[1])?, value(point, point.tests.get(test)?)))
    };
    let values: Vec<(usize, usize, f64, bool)> =
        sweep.points.iter().filter_map(|point| known(point).map(|(x, y, v)| (x, y, v, point.passes()))).collect();
    let finite = values.iter().map(|value| value.2).filter(|value| value.is_finite());
    let (least, most) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    // Latencies span powers of ten.
    let scale = |value: f64| if least > 0.0 { value.ln() } else { value };
    let shade = |value: f64| {
        let share = (scale(value) - scale(least)) / (scale(most) - scale(least));
        if value.is_nan() {
            f64::NAN
        } else if share.is_finite() {
            share
        } else {
            0.5
        }
    };
    let text = |value: f64| if values.len() <= MOST_NUMBERS { number::plain(value) } else { String::new() };
    let cell = |&(x, y, value, framed): &(usize, usize, f64, bool)| HeatCell {
        x: x as f64,
        y: y as f64,
        shade: shade(value),
        text: text(value),
        framed,
    };
    let names = |axis: &Varied| axis.values.iter().map(|value| value.text.clone()).collect();
    Panel {
        title: title(sweep, test, what),
        x: Axis::categories(&across.path, names(across)),
        y: Axis::categories(&up.path, names(up)),
        layers: vec![Layer::new("", ink, Shape::Cells(values.iter().map(cell).collect()))],
        moments: Vec::new(),
        empty: "nothing is predicted".to_owned(),
    }
}
