//! The figure of a comparison: by how many percent the main figures differ, with intervals.

use super::axis::Axis;
use super::panel::{Dash, Figure, Form, Ink, Layer, Mark, Panel, Shape};
use super::{FigureError, Target};
use crate::study::compare::{Change, Comparison, Difference, TestComparison};

const WIDTH: u32 = 1200;
/// Of the head, and of each row of panels.
const HEAD: u32 = 60;
const ROW: u32 = 420;
/// Figures of a test at most.
const MOST: usize = 12;

/// Written to `path` (`.svg` or `.png`).
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn compare_figure(comparison: &Comparison, target: Target) -> Result<(), FigureError> {
    let rows: Vec<Vec<Panel>> = comparison.tests.iter().map(|test| vec![panel(test)]).collect();
    let figure = Figure {
        title: format!("{} beside {}", comparison.b, comparison.a),
        remark: "By how much the first differs, in percent of the second; bars: 95 % confidence intervals.".to_owned(),
        key: Vec::new(),
        height: HEAD + ROW * rows.len() as u32,
        rows,
        width: WIDTH,
    };
    super::write(&figure, target)
}

/// p95 of all requests and of each endpoint, their rate, and failures.
fn is_main(d: &Difference) -> bool {
    let (metric, stat, all) = (d.key.metric.as_str(), d.key.stat.as_str(), d.key.scope.is_empty());
    let main = match metric {
        "http_req_duration" => stat == "p95" || all && matches!(stat, "avg" | "p50" | "p99"),
        "http_reqs" | "http_req_failed" => stat == "rate" && all,
        "errors" => stat == "rate",
        _ => false,
    };
    main && d.key.from_s.is_none() && d.relative.is_finite()
}

fn panel(test: &TestComparison) -> Panel {
    let shown: Vec<&Difference> = test.differences.iter().filter(|d| is_main(d)).take(MOST).collect();
    let name = |d: &&Difference| {
        let what = match d.key.metric.as_str() {
            "http_req_duration" => d.key.stat.as_str(),
            "http_reqs" => "requests",
            "http_req_failed" => "failed",
            "errors" if d.key.scope.is_empty() => "errors",
            _ => "",
        };
        format!("{what} {}", d.key.scope).trim().to_owned()
    };
    // The first on top.
    let place = |index: usize| (shown.len() - 1 - index) as f64;
    let percent = |d: &Difference, value: f64| 100.0 * value / d.a;
    let mut layers = Vec::new();
    let inks = [
        ("better", Ink::Green, &[Change::Better][..]),
        ("worse", Ink::Vermillion, &[Change::Worse]),
        ("no certain difference", Ink::Grey, &[Change::Unsure, Change::None, Change::More, Change::Less]),
    ];
    for (word, ink, changes) in inks {
        let of = || shown.iter().enumerate().filter(|(_, d)| changes.contains(&d.change));
        let known = of().filter(|(_, d)| d.low.is_finite() && d.high.is_finite());
        let bars: Vec<(f64, f64, f64)> =
            known.map(|(i, d)| (place(i), percent(d, d.low), percent(d, d.high))).collect();
        let marks: Vec<(f64, f64)> = of().map(|(i, d)| (100.0 * d.relative, place(i))).collect();
        if !marks.is_empty() {
            layers.push(Layer::new("", ink, Shape::Across(bars, Dash::Solid)));
            layers.push(Layer::new(word, ink, Shape::Marks(marks, Mark { form: Form::Square, filled: true })));
        }
    }
    let ends = layers.iter().flat_map(|layer| match &layer.shape {
        Shape::Across(bars, _) => bars.iter().flat_map(|bar| [bar.1, bar.2]).collect::<Vec<f64>>(),
        Shape::Marks(marks, _) => marks.iter().map(|mark| mark.0).collect(),
        _ => Vec::new(),
    });
    let ends = ends.filter(|end| end.is_finite());
    let (low, high) = ends.fold((0.0, 0.0), |(low, high): (f64, f64), end| (low.min(end), high.max(end)));
    let (low, high) = if low < high { (low, high) } else { (-1.0, 1.0) };
    let room = 0.08 * (high - low);
    let y = Axis::categories("figure", shown.iter().rev().map(name).collect());
    let x = Axis::linear("difference, %", low - room, high + room);
    layers.insert(0, Layer::new("", Ink::Black, Shape::Line(vec![(0.0, y.low), (0.0, y.high)], Dash::Solid)));
    let title = if test.test.is_empty() { "What differs".to_owned() } else { format!("Test {}", test.test) };
    if shown.is_empty() {
        layers.clear();
    }
    Panel { title, x, y, layers, moments: Vec::new(), empty: "no main figure in common".to_owned() }
}
