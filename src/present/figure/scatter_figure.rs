//! Predicted against recorded: every judged figure of checks as a point, one panel for each kind of figure.
//!
//! What a point is, its form says: calibrated on, held out and within the interval, held out and missed.

use super::super::label::Family;
use super::super::number;
use super::super::wrap::width;
use super::axis::Axis;
use super::panel::{Dash, Figure, Form, Ink, Layer, Mark, Panel, Shape};
use super::{FigureError, Target};
use crate::model::Role;
use crate::study::check_result::{CheckReport, CheckRow, CheckTest, CheckVerdict};

const WIDTH: u32 = 1200;
const HEAD: u32 = 64;
const KEY_LINE: u32 = 20;
const ROW: u32 = 470;
/// Panels at most; kinds with fewer points are counted.
const MOST: usize = 8;
/// Values that differ by more than this factor stand on logarithmic axes.
const WIDE: f64 = 20.0;
/// An interval reaches no further beyond the points than this factor.
const FAR: f64 = 3.0;
/// Misses that are told by name, and characters of a line that they may take.
const TOLD: usize = 3;
const KEY_WIDTH: usize = 150;
const LINES: &str =
    "Upright: 95 % of such tests. Level, dashed: the range that was recorded. On the diagonal both are equal.";

/// What a judged figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Within,
    Missed,
    Calibrated,
}

/// A judged figure, in its unit.
struct Point<'a> {
    standing: Standing,
    recorded: f64,
    /// Where a range was recorded.
    range: Option<(f64, f64)>,
    predicted: f64,
    interval: Option<(f64, f64)>,
    row: &'a CheckRow,
    test: &'a str,
}

/// Whether anything of a report can be drawn.
#[must_use]
pub fn has_points(reports: &[&CheckReport]) -> bool {
    !points(reports).is_empty()
}

/// Every scored figure of the reports, and those that the models were calibrated on, predicted over recorded, with the
/// 95 % interval of one test and the recorded range, into the file of `target` (`.svg` or `.png`).
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn scatter_figure(reports: &[&CheckReport], target: Target) -> Result<(), FigureError> {
    super::write(&figure(reports), target)
}

fn points<'a>(reports: &[&'a CheckReport]) -> Vec<Point<'a>> {
    let tests = reports.iter().flat_map(|report| &report.tests);
    tests.flat_map(|test| test.rows.iter().filter_map(|row| point(test, row))).collect()
}

fn point<'a>(test: &'a CheckTest, row: &'a CheckRow) -> Option<Point<'a>> {
    let standing = match (test.role?, row.verdict?) {
        (_, CheckVerdict::Impossible) => return None,
        (Role::Calibrate, _) => Standing::Calibrated,
        (Role::Validate, _) if !row.scored => return None,
        (Role::Validate, CheckVerdict::Agree) => Standing::Within,
        (Role::Validate, CheckVerdict::Disagree) => Standing::Missed,
    };
    let range = row.recorded_low.zip(row.recorded_high).filter(|(low, high)| low < high);
    let recorded = row.recorded.or(row.recorded_low.zip(row.recorded_high).map(|(low, high)| low.midpoint(high)))?;
    let predicted = row.predicted.filter(|value| value.is_finite())?;
    let interval = row.low.zip(row.high).filter(|(low, high)| low.is_finite() && high.is_finite());
    recorded.is_finite().then_some(Point { standing, recorded, range, predicted, interval, row, test: &test.test })
}

/// What figures of one kind are called, and their unit.
fn kind(row: &CheckRow) -> (&'static str, &'static str) {
    let family = Family::of(&row.key.metric);
    match (row.unit, family) {
        ("ms", _) => ("Durations", "ms"),
        ("%", Family::Failures) => ("Failures", "%"),
        ("%", _) => ("Use and shares", "%"),
        ("1/s", Family::Failures) => ("Failures per second", "1/s"),
        ("1/s", _) => ("Rates", "1/s"),
        ("1" | "", Family::Traffic) => ("Requests and users", "count"),
        ("1" | "", Family::Failures) => ("Errors", "count"),
        ("1" | "", Family::Connections) => ("Connections", "count"),
        ("1" | "", _) => ("Other counts", "count"),
        (unit, Family::Traffic) => ("Traffic", unit),
        (unit, _) => ("Memory and other sizes", unit),
    }
}

fn figure(reports: &[&CheckReport]) -> Figure {
    let points = points(reports);
    let mut kinds: Vec<((&str, &str), Vec<&Point>)> = Vec::new();
    for point in &points {
        let of = kind(point.row);
        match kinds.iter_mut().find(|(known, _)| *known == of) {
            Some((_, members)) => members.push(point),
            None => kinds.push((of, vec![point])),
        }
    }
    kinds.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let left_out: usize = kinds.iter().skip(MOST).map(|(_, members)| members.len()).sum();
    kinds.truncate(MOST);
    let panels: Vec<Panel> = kinds.iter().map(|(of, members)| panel(*of, members)).collect();
    let rows: Vec<Vec<Panel>> = panels.chunks(2).map(<[Panel]>::to_vec).collect();
    let count = |standing: Standing| points.iter().filter(|point| point.standing == standing).count();
    let calibrated = match count(Standing::Calibrated) {
        0 => String::new(),
        some => format!(" {} calibrated on, which prove nothing.", number::counted(some, "figure")),
    };
    let (within, missed) = (count(Standing::Within), count(Standing::Missed));
    let key: Vec<String> = worst(&points).into_iter().chain([LINES.to_owned()]).collect();
    let more = if left_out > 0 { format!(" {} of rarer kinds are left out.", left_out) } else { String::new() };
    Figure {
        title: title(reports),
        remark: format!(
            "Held out: {within} of {} scored figures within their interval.{calibrated}{more}",
            within + missed
        ),
        height: HEAD + KEY_LINE * key.len() as u32 + ROW * rows.len().max(1) as u32,
        key,
        rows,
        width: WIDTH,
    }
}

fn title(reports: &[&CheckReport]) -> String {
    match reports {
        [one] if one.variant.is_empty() => format!("{} · predicted against recorded", one.model),
        [one] => format!("{}, variant {} · predicted against recorded", one.model, one.variant),
        many => format!("Track record of {} models · predicted against recorded", many.len()),
    }
}

/// The held-out figures furthest off, by name.
fn worst(points: &[Point]) -> Option<String> {
    let factor = |point: &Point| {
        let ratio = point.predicted / point.recorded;
        if ratio > 0.0 && ratio.is_finite() { ratio.max(1.0 / ratio) } else { 0.0 }
    };
    let mut missed: Vec<&Point> = points.iter().filter(|point| point.standing == Standing::Missed).collect();
    missed.retain(|point| factor(point) > 0.0);
    missed.sort_by(|a, b| factor(b).total_cmp(&factor(a)));
    let named = missed.iter().take(TOLD).map(|point| {
        let what = super::super::label::figure(&point.row.key);
        format!(
            "{}: {what}, {} for {}",
            point.test,
            number::plain(point.predicted),
            number::with_unit(point.recorded, point.row.unit)
        )
    });
    let mut line = String::new();
    for one in named {
        let joined = if line.is_empty() {
            format!("Furthest off (predicted for recorded): {one}")
        } else {
            format!("{line}  ·  {one}")
        };
        if !line.is_empty() && width(&joined) > KEY_WIDTH {
            break;
        }
        line = joined;
    }
    (!line.is_empty()).then_some(line)
}

fn panel((title, unit): (&str, &str), points: &[&Point]) -> Panel {
    let axis = |label: &str| axis(&format!("{label}, {unit}"), points);
    let (x, y) = (axis("recorded"), axis("predicted"));
    let (low, high) = ends(points);
    let mut layers = vec![Layer::new("equal", Ink::Black, Shape::Line(diagonal(&x), Dash::Dashed))];
    let mut marks = Vec::new();
    for (standing, name, ink, form, filled) in [
        (Standing::Calibrated, "calibrated", Ink::Grey, Form::Square, false),
        (Standing::Within, "held out, within", Ink::Blue, Form::Circle, true),
        (Standing::Missed, "held out, missed", Ink::Vermillion, Form::Triangle, true),
    ] {
        let of = || points.iter().filter(|point| point.standing == standing);
        if of().next().is_none() {
            continue;
        }
        let kept = |value: f64| value.clamp(low, high);
        let upright = of().filter_map(|p| p.interval.map(|(from, to)| (p.recorded, kept(from), kept(to))));
        let level = of().filter_map(|p| p.range.map(|(from, to)| (p.predicted, kept(from), kept(to))));
        layers.push(Layer::new("", ink, Shape::Intervals(upright.collect())));
        layers.push(Layer::new("", ink, Shape::Across(level.collect(), Dash::Dashed)));
        let places = of().map(|p| (p.recorded, p.predicted)).collect();
        marks.push(Layer::new(name, ink, Shape::Marks(places, Mark { form, filled })));
    }
    // Points over all intervals, however many these are.
    layers.extend(marks);
    let title = format!("{title} · {}", number::counted(points.len(), "figure"));
    Panel { title, x, y, layers, moments: Vec::new(), empty: "nothing was judged".to_owned() }
}

/// Values that the axes have to reach: points, and what is near of their intervals and ranges.
fn ends(points: &[&Point]) -> (f64, f64) {
    let all = || points.iter().flat_map(|point| [point.recorded, point.predicted]);
    let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let more = points.iter().flat_map(|point| [point.interval, point.range]).flatten();
    let least = all().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min) / FAR;
    let near = |value: f64| if value > 0.0 { value.clamp(least, high.max(0.0) * FAR) } else { value.max(low) };
    more.fold((low, high), |(low, high), (from, to)| (low.min(near(from)), high.max(near(to))))
}

/// The same axis for both directions, so that equal is on the diagonal.
fn axis(label: &str, points: &[&Point]) -> Axis {
    let (low, high) = ends(points);
    let above = points.iter().flat_map(|point| [point.recorded, point.predicted]).filter(|value| *value > 0.0);
    let least = above.fold(f64::INFINITY, f64::min);
    let room = 0.05 * (high - low);
    match () {
        () if low < 0.0 => Axis::linear(label, low - room, high + room),
        () if low >= high => Axis::linear(label, low - 1.0, low + 1.0),
        () if high <= WIDE * least => Axis::from_zero(label, high),
        () => Axis::log_and_zero(label, [low, least, high].into_iter()),
    }
}

/// From corner to corner.
fn diagonal(axis: &Axis) -> Vec<(f64, f64)> {
    let (from, to) = axis.ends();
    vec![(from, from), (to, to)]
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    fn marks(figure: &Figure, name: &str) -> usize {
        let layers = figure.rows.iter().flatten().flat_map(|panel| &panel.layers).filter(|layer| layer.name == name);
        layers.map(|layer| if let Shape::Marks(points, _) = &layer.shape { points.len() } else { 0 }).sum()
    }

    #[test]
    fn every_judged_figure_is_a_point_and_its_form_says_what_it_is() {
        let report = sample::report(&["peak", "spike"]);
        let figure = figure(&[&report]);
        let scored = |verdict| report.tests.iter().map(|test| test.scored(verdict)).sum::<usize>();
        assert_eq!(marks(&figure, "held out, within"), scored(CheckVerdict::Agree));
        assert_eq!(marks(&figure, "held out, missed"), scored(CheckVerdict::Disagree));
        assert!(marks(&figure, "calibrated") > 0);
        let form = |name: &str| {
            let mut layers = figure.rows.iter().flatten().flat_map(|panel| &panel.layers);
            layers.find_map(|layer| match &layer.shape {
                Shape::Marks(_, mark) if layer.name == name => Some(*mark),
                _ => None,
            })
        };
        assert_ne!(form("held out, within"), form("held out, missed"));
        assert_ne!(form("held out, within").map(|mark| mark.form), form("calibrated").map(|mark| mark.form));
    }

    #[test]
    fn both_axes_are_alike_and_have_units() {
        for panel in figure(&[&sample::report(&["peak"])]).rows.iter().flatten() {
            assert_eq!((panel.x.low, panel.x.high), (panel.y.low, panel.y.high), "{}", panel.title);
            let unit = |label: &str| label.rsplit(", ").next().map(str::to_owned);
            assert_eq!(unit(&panel.x.label), unit(&panel.y.label));
            assert!(panel.x.label.starts_with("recorded, ") && panel.y.label.starts_with("predicted, "));
        }
    }

    #[test]
    fn several_models_make_a_track_record_and_none_has_no_points() {
        let (a, b) = (sample::report(&["peak"]), sample::report(&["spike"]));
        assert!(figure(&[&a, &b]).title.starts_with("Track record of 2 models"));
        let mut bare = a;
        bare.tests.iter_mut().for_each(|test| test.role = None);
        assert!(!has_points(&[&bare]) && has_points(&[&b]));
    }
}
