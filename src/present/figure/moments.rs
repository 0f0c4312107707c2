//! Events in panels over time: a dashed line where one happens, a grey span where it lasts, a letter above, and below
//! the figure's title what each letter stands for.
//!
//! Letters that would touch become one label ("B–D"), so however close events are, no two collide.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::super::number;
use super::super::wrap::width;
use super::axis::Axis;
use super::paint::Chart;
use super::pen::{Area, Drawn, Pen};
use crate::study::prediction::{PlannedEvent, Prediction};

/// Characters of a line that a page of two panels is surely wide enough for.
const KEY_WIDTH: usize = 150;
/// Lines that are spent on the key; who has more events finds them in the table.
const MOST_LINES: usize = 6;

/// Between two of them.
const SEPARATOR: &str = "  ·  ";

const LETTER: f64 = 14.5;
/// Above the chart.
pub(super) const HEADROOM: f64 = 17.0;
const GAP: f64 = 5.0;
const DASH: f64 = 3.0;
const STROKE: f64 = 1.1;
const SHADE_STRENGTH: f64 = 0.15;

/// An event as a panel shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Seconds since the test began; equal: it only happens.
    pub from: f64,
    pub to: f64,
    /// "A".
    pub letter: String,
}

/// The events of a prediction, in order.
#[must_use]
pub fn moments(p: &Prediction) -> Vec<Moment> {
    let moment = |(index, event): (usize, &PlannedEvent)| Moment {
        from: event.at_s,
        to: event.at_s + event.lasts_s,
        letter: letter(index),
    };
    p.events.iter().enumerate().map(moment).collect()
}

/// A, B … Z, AA, AB …
fn letter(index: usize) -> String {
    // Cast: below 26
    let last = char::from(b'A' + (index % 26) as u8);
    if index < 26 { last.to_string() } else { format!("{}{last}", letter(index / 26 - 1)) }
}

/// What the letters stand for, in lines that are not too long.
#[must_use]
pub fn key(p: &Prediction) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (index, event) in p.events.iter().enumerate() {
        let at = number::with_unit(event.at_s, "s");
        let entry = format!("{}: {} at {at} ({})", letter(index), event.what, event.about);
        let full = lines.len() == MOST_LINES;
        match lines.last_mut() {
            Some(line) if width(line) + SEPARATOR.len() + width(&entry) <= KEY_WIDTH => {
                line.extend([SEPARATOR, entry.as_str()])
            }
            Some(line) if full => {
                line.push_str(" …");
                break;
            }
            Some(_) | None => lines.push(entry),
        }
    }
    lines
}

/// Labels that do not touch, from places in order: those that would are one, in the middle of all.
fn labels(places: &[(f64, &str)], wide: impl Fn(&str) -> f64) -> Vec<(f64, String)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    let label = |(first, last): (usize, usize)| {
        let text = if first == last {
            places[first].1.to_owned()
        } else {
            format!("{}–{}", places[first].1, places[last].1)
        };
        (places[first].0.midpoint(places[last].0), text)
    };
    for index in 0..places.len() {
        let mut group = (index, index);
        while let Some(&before) = groups.last() {
            let ((left, left_text), (right, right_text)) = (label(before), label(group));
            if right - left >= (wide(&left_text) + wide(&right_text)) / 2.0 {
                break;
            }
            group = (before.0, group.1);
            groups.pop();
        }
        groups.push(group);
    }
    groups.into_iter().map(label).collect()
}

/// Spans and lines, to be drawn before what the panel is about.
pub(super) fn draw<DB: DrawingBackend>(
    moments: &[Moment],
    (x, y): (&Axis, &Axis),
    chart: &mut Chart<'_, DB>,
    pen: Pen,
) -> Drawn<DB> {
    for moment in moments.iter().filter(|moment| moment.from <= x.high) {
        let to = moment.to.min(x.high);
        if moment.from < to {
            let corners = [(moment.from, y.low), (to, y.high)];
            chart
                .draw_series(std::iter::once(Rectangle::new(corners, pen.theme.pale().mix(SHADE_STRENGTH).filled())))?;
        }
        // What goes on beyond the end has no end.
        let ends = if moment.from < moment.to && moment.to <= x.high {
            vec![moment.from, moment.to]
        } else {
            vec![moment.from]
        };
        for at in ends {
            let (style, dash) = (pen.theme.pale().stroke_width(pen.width(STROKE)), pen.width(DASH));
            chart.draw_series(DashedLineSeries::new([(at, y.low), (at, y.high)], dash, dash, style))?;
        }
    }
    Ok(())
}

/// Letters above the chart.
pub(super) fn letters<DB: DrawingBackend>(
    moments: &[Moment],
    x: &Axis,
    area: &Area<DB>,
    chart: &Chart<'_, DB>,
    pen: Pen,
) -> Drawn<DB> {
    let (across, down) = chart.plotting_area().get_pixel_range();
    let origin = area.get_base_pixel();
    let step = f64::from(across.end - across.start) / (x.high - x.low);
    let place = |at: f64| f64::from(across.start - origin.0) + (at - x.low) * step;
    let shown = moments.iter().filter(|moment| moment.from <= x.high);
    let places: Vec<(f64, &str)> = shown.map(|moment| (place(moment.from), moment.letter.as_str())).collect();
    let style = pen.font(LETTER, pen.theme.pale()).pos(Pos::new(HPos::Center, VPos::Bottom));
    let wide = |text: &str| {
        // Viewers of SVG bring their own font, which may be a tenth wider.
        let estimate = area.estimate_text_size(text, &style).map_or(0.0, |(width, _)| f64::from(width) * 1.1);
        estimate + f64::from(pen.px(GAP))
    };
    for (at, text) in labels(&places, wide) {
        // Cast: inside the picture
        area.draw(&Text::new(text, (at.round() as i32, down.start - origin.1 - pen.px(2.0)), style.clone()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_never_touch_and_lose_no_letter() {
        let names: Vec<String> = (0..30).map(letter).collect();
        assert_eq!((names[25].as_str(), names[26].as_str(), names[29].as_str()), ("Z", "AA", "AD"));
        let wide = |text: &str| 8.0 * text.chars().count() as f64;
        let of = |places: &[f64]| {
            let places: Vec<(f64, &str)> = places.iter().copied().zip(names.iter().map(String::as_str)).collect();
            labels(&places, wide)
        };
        let texts = |places: &[f64]| of(places).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(texts(&[0.0, 100.0, 200.0]), ["A", "B", "C"]);
        assert_eq!(texts(&[0.0, 100.0, 103.0, 200.0]), ["A", "B–C", "D"]);
        // The joined label is wider, and meets its neighbour.
        assert_eq!(texts(&[86.0, 100.0, 103.0]), ["A–C"]);
        let many: Vec<f64> = (0..30).map(|i| f64::from(i * i)).collect();
        for pair in of(&many).windows(2) {
            assert!(pair[1].0 - pair[0].0 >= (wide(&pair[0].1) + wide(&pair[1].1)) / 2.0);
        }
    }
}
