//! Level bars, told apart by hatching as well as by colour.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::paint::Chart;
use super::panel::{Bar, Hatch, Ink};
use super::pen::{Area, Drawn, Pen, TEXT, width_of};

/// Half the height of a bar, of the distance of two.
const HALF: f64 = 0.36;
/// Between lines of a hatching, and their width, in pixels.
const SPACING: f64 = 6.0;
const LINE: f64 = 1.2;
/// Share of its colour that the ground of a hatching has.
const GROUND: f64 = 0.16;
/// The same of what is half filled.
const HALF_FILLED: f64 = 0.5;

/// Two corners, in pixels.
type Corners = ((i32, i32), (i32, i32));

/// A bar between two positions of a chart, with its text where it has room.
pub(super) fn draw<DB: DrawingBackend>(
    bar: &Bar,
    (low, high): ((f64, f64), (f64, f64)),
    (ink, hatch): (Ink, Hatch),
    chart: &mut Chart<'_, DB>,
    pen: Pen,
) -> Drawn<DB> {
    let at = |place: (f64, f64)| chart.backend_coord(&place);
    let ((left, top), (right, bottom)) = (at((low.0, low.1 - HALF)), at((high.0, high.1 + HALF)));
    let whole = chart.plotting_area();
    let origin = whole.get_base_pixel();
    let area = whole.strip_coord_spec();
    let (top, bottom) = (top.min(bottom) - origin.1, top.max(bottom) - origin.1);
    let corners = ((left - origin.0, top), (right - origin.0, bottom));
    self::area(corners, (ink, hatch), &area, pen)?;
    let style = pen.font(TEXT, text_colour(ink, hatch, pen));
    let wide = width_of(&area, &bar.text, &style);
    if bar.text.is_empty() || wide + pen.px(6.0) > right - left {
        return Ok(());
    }
    let middle = (corners.0.0.midpoint(corners.1.0), top.midpoint(bottom));
    if !matches!(hatch, Hatch::Full | Hatch::Half | Hatch::Empty) {
        // Numbers stand on paper, not on lines.
        let (half, tall) = (wide / 2 + pen.px(2.0), pen.px(9.0));
        let ground = [(middle.0 - half, middle.1 - tall), (middle.0 + half, middle.1 + tall)];
        area.draw(&Rectangle::new(ground, pen.theme.paper().filled()))?;
    }
    area.draw(&Text::new(bar.text.clone(), middle, style.pos(Pos::new(HPos::Center, VPos::Center))))
}

/// What is readable on such an area.
fn text_colour(ink: Ink, hatch: Hatch, pen: Pen) -> RGBColor {
    match hatch {
        Hatch::Full if matches!(ink, Ink::Orange | Ink::Sky | Ink::Purple) => RGBColor(0, 0, 0),
        Hatch::Full => pen.theme.paper(),
        _ => pen.theme.ink(),
    }
}

/// An area with its hatching and outline.
pub(super) fn area<DB: DrawingBackend>(
    corners: Corners,
    (ink, hatch): (Ink, Hatch),
    area: &Area<DB>,
    pen: Pen,
) -> Drawn<DB> {
    let ((left, top), (right, bottom)) = corners;
    let colour = pen.theme.colour(ink);
    let ground = match hatch {
        Hatch::Full => 1.0,
        Hatch::Half => HALF_FILLED,
        Hatch::Empty => 0.0,
        Hatch::Rising | Hatch::Falling | Hatch::Crossed | Hatch::Upright | Hatch::Level | Hatch::Grid => GROUND,
    };
    area.draw(&Rectangle::new([(left, top), (right, bottom)], pen.theme.shaded(colour, ground).filled()))?;
    let style = colour.stroke_width(pen.width(LINE));
    for (from, to) in lines(corners, hatch, pen.px(SPACING).max(2)) {
        area.draw(&PathElement::new(vec![from, to], style))?;
    }
    area.draw(&Rectangle::new([(left, top), (right, bottom)], colour.stroke_width(pen.width(1.0))))
}

/// The lines of a hatching within an area.
fn lines(((left, top), (right, bottom)): Corners, hatch: Hatch, spacing: i32) -> Vec<Corners> {
    let step = usize::try_from(spacing).unwrap_or(1);
    let upright = || (left..right).step_by(step).skip(1).map(|x| ((x, top), (x, bottom)));
    let level = || (top..bottom).step_by(step).skip(1).map(|y| ((left, y), (right, y)));
    let tall = bottom - top;
    // Each falls or rises by as much as it goes to the right, and is cut at both sides.
    let slanted = |rising: bool| {
        let starts = (left - tall..right).step_by(step * 3 / 2);
        let cut = move |start: i32| {
            let (from, to) = (start.max(left), (start + tall).min(right));
            let y = move |x: i32| if rising { bottom - (x - start) } else { top + (x - start) };
            (from < to).then(|| ((from, y(from)), (to, y(to))))
        };
        starts.filter_map(cut).collect::<Vec<_>>()
    };
    match hatch {
        Hatch::Full | Hatch::Half | Hatch::Empty => Vec::new(),
        Hatch::Rising => slanted(true),
        Hatch::Falling => slanted(false),
        Hatch::Crossed => [slanted(true), slanted(false)].concat(),
        Hatch::Upright => upright().collect(),
        Hatch::Level => level().collect(),
        Hatch::Grid => upright().chain(level()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hatchings_stay_inside() {
        let corners = ((10, 20), (50, 40));
        for hatch in [Hatch::Rising, Hatch::Falling, Hatch::Crossed, Hatch::Upright, Hatch::Level, Hatch::Grid] {
            let all = lines(corners, hatch, 6);
            assert!(!all.is_empty(), "{hatch:?}");
            for (x, y) in all.into_iter().flat_map(|(from, to)| [from, to]) {
                assert!((10..=50).contains(&x) && (20..=40).contains(&y), "{hatch:?} leaves at {x}, {y}");
            }
        }
        assert!(lines(corners, Hatch::Full, 6).is_empty());
        assert!(lines(((5, 5), (5, 5)), Hatch::Crossed, 6).is_empty(), "nothing has no lines");
    }
}
