//! Draws the layers of a panel.

use plotters::prelude::*;

use super::paint::Chart;
use super::panel::{Dash, Layer, Panel, Shape};
use super::pen::{Drawn, Pen};
use super::{bars, heat, marks};

/// One layer on the chart of its panel.
pub(super) fn draw<DB: DrawingBackend>(layer: &Layer, panel: &Panel, chart: &mut Chart<'_, DB>, pen: Pen) -> Drawn<DB> {
    let place = |x: f64, y: f64| Some((panel.x.position(x)?, panel.y.position(y)?));
    let colour = pen.theme.colour(layer.ink);
    match &layer.shape {
        Shape::Band(points) => {
            let low = points.iter().filter_map(|(x, low, _)| place(*x, *low));
            let high = points.iter().rev().filter_map(|(x, _, high)| place(*x, *high));
            let outline: Vec<(f64, f64)> = low.chain(high).collect();
            if outline.len() > 2 {
                chart.draw_series(std::iter::once(Polygon::new(outline, colour.mix(0.16))))?;
            }
        }
        Shape::Line(points, dash) => {
            let places: Vec<Option<(f64, f64)>> = points.iter().map(|(x, y)| place(*x, *y)).collect();
            for run in places.split(Option::is_none) {
                marks::line(chart, run.iter().flatten().copied().collect(), colour, *dash, pen)?;
            }
        }
        Shape::Intervals(points) => {
            for (x, low, high) in points {
                if let (Some(low), Some(high)) = (place(*x, *low), place(*x, *high)) {
                    marks::interval(chart, low, high, colour, pen)?;
                }
            }
        }
        Shape::Across(points, dash) => {
            for (y, low, high) in points {
                if let (Some(low), Some(high)) = (place(*low, *y), place(*high, *y)) {
                    marks::across(chart, low, high, (colour, *dash), pen)?;
                }
            }
        }
        Shape::Bars(all, hatch) => {
            for bar in all {
                if let (Some(low), Some(high)) = (place(bar.from, bar.y), place(bar.to, bar.y)) {
                    bars::draw(bar, (low, high), (layer.ink, *hatch), chart, pen)?;
                }
            }
        }
        Shape::Marks(points, mark) => {
            for at in points.iter().filter_map(|(x, y)| place(*x, *y)) {
                marks::mark(chart, at, *mark, layer.ink, pen)?;
            }
        }
        Shape::Cells(cells) => {
            for cell in cells {
                heat::cell(chart, cell, layer.ink, pen)?;
            }
        }
        Shape::Ranges(ranges) => {
            for (from, to, low, high) in ranges {
                if let (Some(a), Some(b)) = (place(*from, *low), place(*to, *high)) {
                    let outline = if a.1 < b.1 { vec![a, (b.0, a.1), b, (a.0, b.1), a] } else { vec![a, b] };
                    marks::line(chart, outline, colour, Dash::Dashed, pen)?;
                }
            }
        }
    }
    Ok(())
}
