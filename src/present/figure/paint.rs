//! Draws panels with plotters, the same way on every backend.
//!
//! Title and legend stand above the chart in lines of their own, so that they can never cover data.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::panel::{Dash, Figure, Layer, Panel, Shape};
use super::{heat, marks, moments};

pub(super) type Area<DB> = DrawingArea<DB, Shift>;
pub(super) type Coordinates = Cartesian2d<Positions, Positions>;
pub(super) type Chart<'a, DB> = ChartContext<'a, DB, Coordinates>;
pub(super) type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

const INK: RGBColor = RGBColor(30, 30, 30);
const PALE: RGBColor = RGBColor(95, 95, 95);
const GRID: RGBColor = RGBColor(226, 226, 226);

/// Sizes in pixels before scaling.
const FIGURE_TITLE: f64 = 25.0;
const TITLE: f64 = 18.0;
pub(super) const TEXT: f64 = 15.5;
const LINE: f64 = 20.0;
const MARGIN: f64 = 12.0;
/// Above the panels: title and remark.
pub(super) const HEAD: f64 = 64.0;

/// Pixels per unit: bitmaps are drawn larger than they are shown, so that small text stays sharp.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    pub scale: f64,
}

impl Pen {
    // Cast: pictures are far smaller than 2^31 pixels
    pub(super) fn px(self, length: f64) -> i32 {
        (length * self.scale).round() as i32
    }

    pub(super) fn width(self, length: f64) -> u32 {
        self.px(length).max(1).unsigned_abs()
    }

    pub(super) fn font(self, size: f64, colour: RGBColor) -> TextStyle<'static> {
        FontDesc::new(FontFamily::SansSerif, size * self.scale, FontStyle::Normal).color(&colour)
    }

    fn bold(self, size: f64) -> TextStyle<'static> {
        FontDesc::new(FontFamily::SansSerif, size * self.scale, FontStyle::Bold).color(&INK)
    }
}

/// Positions of an [`Axis`] as plotters wants them, with our ticks instead of its own.
pub(super) struct Positions {
    low: f64,
    high: f64,
    ticks: Vec<f64>,
}

impl Positions {
    fn of(axis: &Axis) -> Positions {
        Positions { low: axis.low, high: axis.high, ticks: axis.ticks.iter().map(|(position, _)| *position).collect() }
    }
}

impl Ranged for Positions {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        // Cast: inside the picture
        let offset = (share * f64::from(limit.1 - limit.0)).round() as i32;
        limit.0 + offset
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// Pixels above the panels of `figure`.
pub(super) fn head(figure: &Figure) -> u32 {
    // Cast: a few lines
    (HEAD + LINE * figure.key.len() as f64) as u32
}

/// The whole figure on `area`.
pub fn figure<DB: DrawingBackend>(figure: &Figure, area: &Area<DB>, pen: Pen) -> Drawn<DB> {
    area.fill(&WHITE)?;
    let (width, _) = area.dim_in_pixel();
    let left = pen.px(MARGIN);
    let room = i32::try_from(width).unwrap_or(i32::MAX) - 2 * left;
    text(area, &figure.title, &pen.bold(FIGURE_TITLE), (left, pen.px(12.0)), room)?;
    text(area, &figure.remark, &pen.font(TEXT, PALE), (left, pen.px(39.0)), room)?;
    for (line, entry) in (0_u32..).zip(&figure.key) {
        let y = pen.px(39.0 + LINE * f64::from(line + 1));
        text(area, entry, &pen.font(TEXT, INK), (left, y), room)?;
    }
    let (_, body) = area.split_vertically(pen.px(f64::from(head(figure))));
    for (row, panels) in body.split_evenly((figure.rows.len().max(1), 1)).iter().zip(&figure.rows) {
        for (cell, panel) in row.split_evenly((1, panels.len().max(1))).iter().zip(panels) {
            draw_panel(panel, cell, pen)?;
        }
    }
    area.present()
}

fn draw_panel<DB: DrawingBackend>(panel: &Panel, area: &Area<DB>, pen: Pen) -> Drawn<DB> {
    let left = pen.px(MARGIN);
    let (width, _) = area.dim_in_pixel();
    let room = i32::try_from(width).unwrap_or(i32::MAX) - 2 * left;
    text(area, &panel.title, &pen.bold(TITLE), (left, pen.px(4.0)), room)?;
    let below = legend(panel, area, pen, pen.px(28.0))?;
    text(area, &panel.y.label, &pen.font(TEXT, PALE), (left, below), room)?;
    let (_, body) = area.split_vertically(below + pen.px(LINE) + pen.px(2.0));
    draw_chart(panel, &body, pen)
}

fn draw_chart<DB: DrawingBackend>(panel: &Panel, area: &Area<DB>, pen: Pen) -> Drawn<DB> {
    let label = pen.font(TEXT, INK);
    let widths = panel.y.ticks.iter().map(|(_, label_text)| area.estimate_text_size(label_text, &label));
    let widest = widths.collect::<Result<Vec<_>, _>>()?.into_iter().map(|(width, _)| width).max().unwrap_or(0);
    let grouped = !panel.x.groups.is_empty();
    let mut chart = ChartBuilder::on(area)
        .margin_left(pen.px(MARGIN))
        .margin_right(pen.px(MARGIN + 8.0))
        .margin_bottom(pen.px(6.0))
        .margin_top(pen.px(if panel.moments.is_empty() { 6.0 } else { moments::HEADROOM }))
        .x_label_area_size(pen.px(if grouped { 62.0 } else { 42.0 }))
        .y_label_area_size(widest + 12 * pen.width(1.0))
        .build_cartesian_2d(Positions::of(&panel.x), Positions::of(&panel.y))?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(pen.width(1.0)))
        .axis_style(PALE.stroke_width(pen.width(1.0)))
        .set_all_tick_mark_size(pen.px(4.0))
        .label_style(label)
        .x_label_formatter(&|position| tick_label(&panel.x, *position))
        .y_label_formatter(&|position| tick_label(&panel.y, *position))
        .draw()?;
    below_axis(panel, area, &chart, pen)?;
    moments::draw(&panel.moments, (&panel.x, &panel.y), &mut chart, pen)?;
    moments::letters(&panel.moments, &panel.x, area, &chart, pen)?;
    for layer in &panel.layers {
        draw_layer(layer, panel, &mut chart, pen)?;
    }
    if panel.layers.is_empty() {
        let (x, y) = chart.plotting_area().get_pixel_range();
        let style = pen.font(TEXT, PALE).pos(Pos::new(HPos::Center, VPos::Center));
        let (origin_x, origin_y) = area.get_base_pixel();
        let middle = (x.start.midpoint(x.end) - origin_x, y.start.midpoint(y.end) - origin_y);
        area.draw(&Text::new(panel.empty.clone(), middle, style))?;
    }
    Ok(())
}

/// The names of groups of ticks and the label of the x axis, each centred, never wider than its place.
fn below_axis<DB: DrawingBackend>(panel: &Panel, area: &Area<DB>, chart: &Chart<'_, DB>, pen: Pen) -> Drawn<DB> {
    let plot = chart.plotting_area();
    let (across, down) = plot.get_pixel_range();
    let origin = area.get_base_pixel();
    let centred = |colour| pen.font(TEXT, colour).pos(Pos::new(HPos::Center, VPos::Top));
    let step = f64::from(across.end - across.start) / (panel.x.high - panel.x.low);
    for (first, last, name) in &panel.x.groups {
        // Cast: inside the picture
        let at = |position: f64| (f64::from(across.start - origin.0) + (position - panel.x.low) * step) as i32;
        let (from, to) = (at(first - 0.42), at(last + 0.42));
        let y = down.end - origin.1 + pen.px(23.0);
        area.draw(&PathElement::new(vec![(from, y), (to, y)], PALE.stroke_width(pen.width(1.0))))?;
        text(area, name, &centred(INK), (from.midpoint(to), y + pen.px(4.0)), to - from)?;
    }
    let y = down.end - origin.1 + pen.px(if panel.x.groups.is_empty() { 24.0 } else { 44.0 });
    let room = across.end - across.start;
    text(area, &panel.x.label, &centred(PALE), (across.start.midpoint(across.end) - origin.0, y), room)
}

fn tick_label(axis: &Axis, position: f64) -> String {
    let tick = axis.ticks.iter().find(|(tick, _)| (tick - position).abs() <= 1e-9 * (axis.high - axis.low));
    tick.map_or(String::new(), |(_, label)| label.clone())
}

/// Named layers with their signs, left to right in as many lines as needed; returns where they end.
/// Layers of one name share an entry.
fn legend<DB: DrawingBackend>(
    panel: &Panel,
    area: &Area<DB>,
    pen: Pen,
    top: i32,
) -> Result<i32, DrawingAreaErrorKind<DB::ErrorType>> {
    let style = pen.font(TEXT, INK);
    let (left, sign, gap) = (pen.px(MARGIN), pen.px(30.0), pen.px(16.0));
    let right = i32::try_from(area.dim_in_pixel().0).unwrap_or(i32::MAX) - left;
    let mut names: Vec<&str> = Vec::new();
    let (mut x, mut y) = (left, top);
    for layer in panel.layers.iter().filter(|layer| !layer.name.is_empty()) {
        if names.contains(&layer.name.as_str()) {
            continue;
        }
        names.push(&layer.name);
        let width = i32::try_from(area.estimate_text_size(&layer.name, &style)?.0).unwrap_or(0);
        // Viewers of SVG bring their own font, which may be a tenth wider.
        let width = width + width / 10;
        if x > left && x + sign + width > right {
            (x, y) = (left, y + pen.px(LINE));
        }
        for shape in panel.layers.iter().filter(|other| other.name == layer.name) {
            marks::sign(shape, area, (x, y + pen.px(5.0)), pen)?;
        }
        text(area, &layer.name, &style, (x + sign, y), right - x - sign)?;
        x += sign + width + gap;
    }
    Ok(if names.is_empty() { top } else { y + pen.px(LINE) })
}

/// `words` at `at`, shortened with an ellipsis to `room` pixels.
fn text<DB: DrawingBackend>(
    area: &Area<DB>,
    words: &str,
    style: &TextStyle<'_>,
    at: (i32, i32),
    room: i32,
) -> Drawn<DB> {
    let mut shown: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let room = u32::try_from(room).unwrap_or(0);
    let mut kept: Vec<char> = shown.chars().collect();
    while kept.len() > 1 && area.estimate_text_size(&shown, style)?.0 > room {
        kept.pop();
        shown = kept.iter().chain(&['…']).collect();
    }
    if shown.is_empty() { Ok(()) } else { area.draw(&Text::new(shown, at, style.clone())) }
}

fn draw_layer<DB: DrawingBackend>(layer: &Layer, panel: &Panel, chart: &mut Chart<'_, DB>, pen: Pen) -> Drawn<DB> {
    let place = |x: f64, y: f64| Some((panel.x.position(x)?, panel.y.position(y)?));
    let colour = marks::colour(layer.ink);
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
        Shape::Marks(points, mark) => {
            for at in points.iter().filter_map(|(x, y)| place(*x, *y)) {
                marks::mark(chart, at, *mark, layer.ink, pen)?;
            }
        }
        Shape::Cells(cells) => {
            for cell in cells {
                heat::cell(chart, cell, colour, pen)?;
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
