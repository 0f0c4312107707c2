//! The strokes of which layers and legends are made: lines, marks, intervals.

use plotters::prelude::*;

use super::bars;
use super::paint::Chart;
use super::panel::{Dash, Form, Ink, Layer, Mark, Shape};
use super::pen::{Area, Drawn, Pen};

/// Half the size of a mark, pixels before scaling.
const SIZE: f64 = 4.5;
const STROKE: f64 = 1.6;
const DASH: f64 = 6.0;
const DASH_GAP: f64 = 4.0;

/// A line through `points`, already in positions.
pub(super) fn line<DB: DrawingBackend>(
    chart: &mut Chart<'_, DB>,
    points: Vec<(f64, f64)>,
    colour: RGBColor,
    dash: Dash,
    pen: Pen,
) -> Drawn<DB> {
    let style = colour.stroke_width(pen.width(STROKE));
    match dash {
        Dash::Solid => chart.draw_series(LineSeries::new(points, style))?,
        Dash::Dashed => {
            chart.draw_series(DashedLineSeries::new(points, pen.width(DASH), pen.width(DASH_GAP), style))?
        }
    };
    Ok(())
}

/// A vertical interval with caps.
pub(super) fn interval<DB: DrawingBackend>(
    chart: &mut Chart<'_, DB>,
    low: (f64, f64),
    high: (f64, f64),
    colour: RGBColor,
    pen: Pen,
) -> Drawn<DB> {
    let style = colour.stroke_width(pen.width(STROKE));
    let cap = pen.px(3.5);
    chart.draw_series(std::iter::once(PathElement::new(vec![low, high], style)))?;
    chart.draw_series(
        [low, high].map(|end| EmptyElement::at(end) + PathElement::new(vec![(-cap, 0), (cap, 0)], style)),
    )?;
    Ok(())
}

/// A level interval with caps.
pub(super) fn across<DB: DrawingBackend>(
    chart: &mut Chart<'_, DB>,
    low: (f64, f64),
    high: (f64, f64),
    (colour, dash): (RGBColor, Dash),
    pen: Pen,
) -> Drawn<DB> {
    let style = colour.stroke_width(pen.width(STROKE));
    let cap = pen.px(3.5);
    line(chart, vec![low, high], colour, dash, pen)?;
    chart.draw_series(
        [low, high].map(|end| EmptyElement::at(end) + PathElement::new(vec![(0, -cap), (0, cap)], style)),
    )?;
    Ok(())
}

/// A mark at a position of the chart.
pub(super) fn mark<DB: DrawingBackend>(
    chart: &mut Chart<'_, DB>,
    at: (f64, f64),
    mark: Mark,
    ink: Ink,
    pen: Pen,
) -> Drawn<DB> {
    let parts = strokes(mark, pen).into_iter().map(|outline| {
        EmptyElement::at(at) + Polygon::new(outline.clone(), fill(mark, ink, pen)) + closed(outline, ink, pen)
    });
    chart.draw_series(parts)?;
    Ok(())
}

fn fill(mark: Mark, ink: Ink, pen: Pen) -> RGBColor {
    if mark.filled { pen.theme.colour(ink) } else { pen.theme.paper() }
}

fn closed(mut outline: Vec<(i32, i32)>, ink: Ink, pen: Pen) -> PathElement<(i32, i32)> {
    outline.extend(outline.first().copied());
    PathElement::new(outline, pen.theme.colour(ink).stroke_width(pen.width(STROKE)))
}

/// Outlines around the origin, in pixels.
fn strokes(mark: Mark, pen: Pen) -> Vec<Vec<(i32, i32)>> {
    let corners = |corners: &[(f64, f64)]| corners.iter().map(|(x, y)| (pen.px(x * SIZE), pen.px(y * SIZE))).collect();
    match mark.form {
        Form::Circle => {
            let turn = |step: u32| (f64::from(step) * std::f64::consts::TAU / 24.0).sin_cos();
            vec![corners(&(0..24).map(turn).collect::<Vec<_>>())]
        }
        Form::Square => vec![corners(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])],
        Form::Triangle => vec![corners(&[(0.0, -1.15), (1.1, 0.85), (-1.1, 0.85)])],
        Form::Wedge => vec![corners(&[(0.0, 1.15), (1.1, -0.85), (-1.1, -0.85)])],
        Form::Diamond => vec![corners(&[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)])],
        Form::Cross => vec![corners(&[(-0.9, -0.9), (0.9, 0.9)]), corners(&[(-0.9, 0.9), (0.9, -0.9)])],
    }
}

/// What stands for `layer` in a legend, 24 pixels wide from `at`.
pub(super) fn sign<DB: DrawingBackend>(layer: &Layer, area: &Area<DB>, at: (i32, i32), pen: Pen) -> Drawn<DB> {
    let colour = pen.theme.colour(layer.ink);
    let style = colour.stroke_width(pen.width(STROKE));
    let (x, y) = at;
    let (end, middle) = (x + pen.px(24.0), x + pen.px(12.0));
    let stroke = |points: Vec<(i32, i32)>| area.draw(&PathElement::new(points, style));
    match &layer.shape {
        Shape::Band(_) => {
            let half = pen.px(6.0);
            area.draw(&Rectangle::new([(x, y - half), (end, y + half)], colour.mix(0.16).filled()))
        }
        Shape::Line(_, Dash::Solid) => stroke(vec![(x, y), (end, y)]),
        Shape::Line(_, Dash::Dashed) => [0.0, 9.0, 18.0]
            .into_iter()
            .try_for_each(|from| stroke(vec![(x + pen.px(from), y), (x + pen.px(from + DASH), y)])),
        Shape::Ranges(_) => [(0.0, -5.0), (9.0, -5.0), (18.0, -5.0), (0.0, 5.0), (9.0, 5.0), (18.0, 5.0)]
            .into_iter()
            .try_for_each(|(from, y_off)| {
                let y = y + pen.px(y_off);
                stroke(vec![(x + pen.px(from), y), (x + pen.px(from + DASH), y)])
            }),
        // What shades mean stands in the title.
        Shape::Cells(_) => Ok(()),
        Shape::Intervals(_) => stroke(vec![(middle, y - pen.px(8.0)), (middle, y + pen.px(8.0))]),
        Shape::Across(_, Dash::Solid) => stroke(vec![(x, y), (end, y)]),
        Shape::Across(_, Dash::Dashed) => [0.0, 9.0, 18.0]
            .into_iter()
            .try_for_each(|from| stroke(vec![(x + pen.px(from), y), (x + pen.px(from + DASH), y)])),
        Shape::Bars(_, hatch) => {
            let half = pen.px(6.0);
            bars::area(((x, y - half), (end, y + half)), (layer.ink, *hatch), area, pen)
        }
        Shape::Marks(_, mark) => strokes(*mark, pen).into_iter().try_for_each(|outline| {
            let moved: Vec<(i32, i32)> = outline.into_iter().map(|(dx, dy)| (middle + dx, y + dy)).collect();
            area.draw(&Polygon::new(moved.clone(), fill(*mark, layer.ink, pen)))?;
            area.draw(&closed(moved, layer.ink, pen))
        }),
    }
}
