//! The figure of a recommendation: cost against p95, and how far each test is from its objectives.

use super::axis::Axis;
use super::panel::{Dash, Figure, Form, Ink, Layer, Mark, Panel, Shape};
use super::{FigureError, Target};
use crate::study::recommend::answer::Recommendation;

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 460;

/// Draws what was tried and passes with today and the answer, cost against p95, and each test's distance to its
/// nearest bound, into the file of `target` (`.svg` or `.png`).
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn recommend_figure(answer: &Recommendation, target: Target) -> Result<(), FigureError> {
    super::write(&figure(answer), target)
}

fn figure(answer: &Recommendation) -> Figure {
    Figure {
        title: format!("{} · recommendation", answer.model),
        remark: format!(
            "Left: the line joins what is not beaten in both. Right: below 0 an objective holds.{}",
            if answer.front.is_empty() { "" } else { " Filled: as far as it was tried." }
        ),
        key: Vec::new(),
        rows: vec![vec![front(answer), distances(answer)]],
        width: WIDTH,
        height: HEIGHT,
    }
}

fn front(answer: &Recommendation) -> Panel {
    let passing: Vec<(f64, f64)> = answer.front.iter().map(|row| (row.cost_per_month, row.p95)).collect();
    let in_test = |name: &str| {
        let option = answer.options.iter().find(|option| option.name == name)?;
        let row = option.tests.iter().find(|row| row.test == answer.front_test)?;
        Some((option.cost_per_month, row.p95.value))
    };
    let dots = |filled: bool, form: Form| Mark { form, filled };
    let mut layers = vec![
        Layer::new("passes", Ink::Blue, Shape::Line(passing.clone(), Dash::Solid)),
        Layer::new("passes", Ink::Blue, Shape::Marks(passing.clone(), dots(true, Form::Circle))),
    ];
    let mut all = passing;
    for (name, ink) in [("today", Ink::Vermillion), ("recommended", Ink::Green)] {
        if let Some(point) = in_test(name) {
            layers.push(Layer::new(name, ink, Shape::Marks(vec![point], dots(false, Form::Circle))));
            all.push(point);
        }
    }
    let range = |pick: fn(&(f64, f64)) -> f64| {
        let numbers = all.iter().map(pick).filter(|number| number.is_finite());
        let (low, high) = numbers.fold((f64::INFINITY, 0.0f64), |(low, high), n| (low.min(n), high.max(n)));
        (low.min(high) * 0.9, high * 1.1 + 1.0)
    };
    let (x, y) = (range(|point| point.0), range(|point| point.1));
    Panel {
        title: format!("Cost against p95 in test {}", answer.front_test),
        x: Axis::linear("USD per month", x.0, x.1),
        y: Axis::linear("p95, ms", 0.0, y.1),
        layers,
        moments: Vec::new(),
        empty: "nothing passes".into(),
    }
}

fn distances(answer: &Recommendation) -> Panel {
    let inks = [Ink::Vermillion, Ink::Green, Ink::Orange, Ink::Blue];
    let mut layers = Vec::new();
    let (mut low, mut high) = (-1.0f64, 0.2f64);
    for (option, ink) in answer.options.iter().zip(inks.iter().cycle()) {
        let points: Vec<(f64, f64)> =
            option.tests.iter().enumerate().map(|(place, row)| (place as f64, row.excess.min(3.0))).collect();
        points.iter().for_each(|point| (low, high) = (low.min(point.1), high.max(point.1)));
        let mark = Mark { form: Form::Circle, filled: true };
        layers.push(Layer::new(&option.name, *ink, Shape::Marks(points, mark)));
    }
    let ends = vec![(-0.5, 0.0), (answer.tests.len() as f64 - 0.5, 0.0)];
    layers.push(Layer::new("bound", Ink::Grey, Shape::Line(ends, Dash::Dashed)));
    Panel {
        title: "The nearest objective, relative to its bound".into(),
        x: Axis::categories("", answer.tests.clone()),
        y: Axis::linear("value over bound - 1", low, high * 1.1),
        layers,
        moments: Vec::new(),
        empty: "nothing is predicted".into(),
    }
}
