//! Which labels of an axis are shown, and how much of them: none touches its neighbour.

use plotters::prelude::*;

use super::axis::Axis;
use super::pen::{Area, cut, width_of};

/// The direction in which labels follow each other, with lengths in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) enum Along {
    /// Side by side, at least `gap` apart.
    Across { length: i32, gap: i32 },
    /// One above the other, each at most `room` wide.
    Up { length: i32, room: i32 },
}

/// Positions of an axis that have a label, and what it says. Names are shortened, numbers left out; of
/// these the rounder ones stay.
pub(super) fn labels<DB: DrawingBackend>(
    axis: &Axis,
    area: &Area<DB>,
    style: &TextStyle<'_>,
    along: Along,
) -> Vec<(f64, String)> {
    let length = match along {
        Along::Across { length, .. } | Along::Up { length, .. } => f64::from(length),
    };
    let step = length / (axis.high - axis.low);
    if axis.is_named() {
        let room = match along {
            // Cast: pixels of a picture
            Along::Across { gap, .. } => step as i32 - gap,
            Along::Up { room, .. } => room,
        };
        return axis.ticks.iter().map(|(at, name)| (*at, cut(area, name, style, room))).collect();
    }
    let height = area.estimate_text_size("0", style).map_or(0.0, |(_, height)| f64::from(height));
    let half = |text: &str| match along {
        Along::Across { gap, .. } => f64::from(width_of(area, text, style) + gap) / 2.0,
        Along::Up { .. } => height * 0.55,
    };
    without_touching(&axis.ticks, step, half)
}

/// Ticks whose labels do not touch, the round ones first: those that begin with a 1, or are 0.
fn without_touching(ticks: &[(f64, String)], step: f64, half: impl Fn(&str) -> f64) -> Vec<(f64, String)> {
    let mut shown: Vec<(f64, String)> = Vec::new();
    let round = |text: &str| {
        text.trim_start_matches(['0', '.', ',']).trim_end_matches(['0', ',', '.']).len() <= 1
            && (text.contains('1') || text == "0")
    };
    let (first, then): (Vec<_>, Vec<_>) = ticks.iter().partition(|(_, text)| round(text));
    for (at, text) in first.into_iter().chain(then) {
        let apart = |(other, words): &(f64, String)| (at - other).abs() * step >= half(text) + half(words);
        if shown.iter().all(apart) {
            shown.push((*at, text.clone()));
        }
    }
    shown.sort_by(|a, b| a.0.total_cmp(&b.0));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_numbers_stay_where_not_all_have_room() {
        let ticks: Vec<(f64, String)> = ["1", "2", "5", "10", "20", "50", "100"]
            .iter()
            .enumerate()
            .map(|(at, text)| (at as f64, (*text).to_owned()))
            .collect();
        let shown = |step: f64| {
            let kept = without_touching(&ticks, step, |text| 4.0 * text.len() as f64);
            kept.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        assert_eq!(shown(30.0).len(), 7);
        assert_eq!(shown(10.0), ["1", "2", "10", "100"]);
        assert_eq!(shown(7.0), ["1", "10", "100"]);
    }
}
