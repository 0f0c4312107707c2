//! Draws panels with plotters, the same way on every backend.
//!
//! Title and legend stand above the chart in lines of their own, so that they can never cover data.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::panel::{Figure, Panel};
use super::pen::{Area, Drawn, LINE, MARGIN, Pen, TEXT, text};
use super::ticks::{Along, labels};
use super::{layers, legend, moments};

pub(super) type Coordinates = Cartesian2d<Positions, Positions>;
pub(super) type Chart<'a, DB> = ChartContext<'a, DB, Coordinates>;

/// Sizes in pixels before scaling.
const FIGURE_TITLE: f64 = 25.0;
const TITLE: f64 = 18.0;
/// Above the panels: title and remark.
pub(super) const HEAD: f64 = 64.0;
/// Share of a panel's width that names at its upright axis may take.
const NAMES: f64 = 0.36;

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
    area.fill(&pen.theme.paper())?;
    let (width, _) = area.dim_in_pixel();
    let left = pen.px(MARGIN);
    let room = i32::try_from(width).unwrap_or(i32::MAX) - 2 * left;
    text(area, &figure.title, &pen.bold(FIGURE_TITLE), (left, pen.px(12.0)), room)?;
    text(area, &figure.remark, &pen.pale_words(), (left, pen.px(39.0)), room)?;
    for (line, entry) in (0_u32..).zip(&figure.key) {
        let y = pen.px(39.0 + LINE * f64::from(line + 1));
        text(area, entry, &pen.words(), (left, y), room)?;
    }
    let (_, body) = area.split_vertically(pen.px(f64::from(head(figure))));
    let most = figure.rows.iter().map(Vec::len).max().unwrap_or(1);
    for (row, panels) in body.split_evenly((figure.rows.len().max(1), 1)).iter().zip(&figure.rows) {
        // A last panel that is alone is as wide as those above it.
        let across = if panels.len() * 2 <= most { most } else { panels.len() };
        for (cell, panel) in row.split_evenly((1, across.max(1))).iter().zip(panels) {
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
    let below = legend::legend(panel, area, pen, pen.px(28.0))?;
    text(area, &panel.y.label, &pen.pale_words(), (left, below), room)?;
    let (_, body) = area.split_vertically(below + pen.px(LINE) + pen.px(2.0));
    draw_chart(panel, &body, pen)
}

fn draw_chart<DB: DrawingBackend>(panel: &Panel, area: &Area<DB>, pen: Pen) -> Drawn<DB> {
    let label = pen.words();
    let (across, down) = area.dim_in_pixel();
    // Cast: pixels of a picture
    let named = (f64::from(across) * NAMES) as i32;
    let grouped = !panel.x.groups.is_empty();
    let below = pen.px(if grouped { 62.0 } else { 42.0 });
    let above = pen.px(if panel.moments.is_empty() { 6.0 } else { moments::HEADROOM });
    let (right, bottom) = (pen.px(MARGIN + 8.0), pen.px(6.0));
    let tall = i32::try_from(down).unwrap_or(0) - above - below - bottom;
    let at_y = labels(&panel.y, area, &label, Along::Up { length: tall, room: named });
    let widest = at_y.iter().map(|(_, text)| area.estimate_text_size(text, &label));
    let widest = widest.collect::<Result<Vec<_>, _>>()?.into_iter().map(|(width, _)| width).max().unwrap_or(0);
    let left = widest + 12 * pen.width(1.0);
    let wide = i32::try_from(across.saturating_sub(left)).unwrap_or(0) - pen.px(MARGIN) - right;
    let at_x = labels(&panel.x, area, &label, Along::Across { length: wide, gap: pen.px(8.0) });
    let mut chart = ChartBuilder::on(area)
        .margin_left(pen.px(MARGIN))
        .margin_right(right)
        .margin_bottom(bottom)
        .margin_top(above)
        .x_label_area_size(below)
        .y_label_area_size(left)
        .build_cartesian_2d(Positions::of(&panel.x), Positions::of(&panel.y))?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(pen.theme.grid().stroke_width(pen.width(1.0)))
        .axis_style(pen.theme.pale().stroke_width(pen.width(1.0)))
        .set_all_tick_mark_size(pen.px(4.0))
        .label_style(label)
        .x_label_formatter(&|position| tick_label(&panel.x, &at_x, *position))
        .y_label_formatter(&|position| tick_label(&panel.y, &at_y, *position))
        .draw()?;
    below_axis(panel, area, &chart, pen)?;
    moments::draw(&panel.moments, (&panel.x, &panel.y), &mut chart, pen)?;
    moments::letters(&panel.moments, &panel.x, area, &chart, pen)?;
    for layer in &panel.layers {
        layers::draw(layer, panel, &mut chart, pen)?;
    }
    if panel.layers.is_empty() {
        let (x, y) = chart.plotting_area().get_pixel_range();
        let style = pen.pale_words().pos(Pos::new(HPos::Center, VPos::Center));
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
        area.draw(&PathElement::new(vec![(from, y), (to, y)], pen.theme.pale().stroke_width(pen.width(1.0))))?;
        text(area, name, &centred(pen.theme.ink()), (from.midpoint(to), y + pen.px(4.0)), to - from)?;
    }
    let y = down.end - origin.1 + pen.px(if panel.x.groups.is_empty() { 24.0 } else { 44.0 });
    let room = across.end - across.start;
    text(area, &panel.x.label, &centred(pen.theme.pale()), (across.start.midpoint(across.end) - origin.0, y), room)
}

fn tick_label(axis: &Axis, labels: &[(f64, String)], position: f64) -> String {
    let label = labels.iter().find(|(tick, _)| (tick - position).abs() <= 1e-9 * (axis.high - axis.low));
    label.map_or(String::new(), |(_, label)| label.clone())
}
