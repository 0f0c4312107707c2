//! The legend of a panel: what its layers are called, each with its sign.

use plotters::prelude::*;

use super::marks;
use super::panel::Panel;
use super::pen::{Area, LINE, MARGIN, Pen, text, width_of};

/// Named layers with their signs, left to right in as many lines as needed; returns where they end.
/// Layers of one name share an entry.
pub(super) fn legend<DB: DrawingBackend>(
    panel: &Panel,
    area: &Area<DB>,
    pen: Pen,
    top: i32,
) -> Result<i32, DrawingAreaErrorKind<DB::ErrorType>> {
    let style = pen.words();
    let (left, sign, gap) = (pen.px(MARGIN), pen.px(30.0), pen.px(16.0));
    let right = i32::try_from(area.dim_in_pixel().0).unwrap_or(i32::MAX) - left;
    let mut names: Vec<&str> = Vec::new();
    let (mut x, mut y) = (left, top);
    for layer in panel.layers.iter().filter(|layer| !layer.name.is_empty()) {
        if names.contains(&layer.name.as_str()) {
            continue;
        }
        names.push(&layer.name);
        let width = width_of(area, &layer.name, &style);
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
