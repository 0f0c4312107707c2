//! The figure of a check: recorded beside predicted, test by test, and all scored rows at once.

use super::super::label::Family;
use super::super::number;
use super::axis::Axis;
use super::over_time;
use super::panel::{Dash, Figure, Form, Ink, Layer, Mark, Panel, Shape};
use super::{Drawn, FigureError, Target};
use crate::model::Role;
use crate::recording::Recording;
use crate::study::check_result::{CheckReport, CheckRow, CheckTest, CheckVerdict, ErrorUnit};
use crate::study::prediction::Prediction;

/// One test fits a page of two by two panels, several take a row of three each.
const WIDTH_OF_TWO: u32 = 1200;
const WIDTH_OF_THREE: u32 = 1650;
const ROW_HEIGHT: u32 = 415;
const HEAD_HEIGHT: u32 = 64;
/// Latency rows that one panel can label.
const MOST_LATENCIES: usize = 15;

/// Latency, errors and connections of each recorded test, and predicted against recorded for all scored
/// rows, written to the file of `target` (`.svg` or `.png`). Predictions are found by the test's name, recordings
/// by theirs; without them the panels over time stay empty.
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn check_figure(
    report: &CheckReport,
    predictions: &[Prediction],
    recordings: &[Recording],
    target: Target,
) -> Result<(), FigureError> {
    super::write(&figure(report, predictions, recordings), target)
}

/// Latency of each recorded test and all scored rows, as text: a page that holds them shows errors and connections
/// over time elsewhere.
#[must_use]
pub fn check_drawn(report: &CheckReport) -> Vec<Drawn> {
    let rows = scored(report);
    let recorded = report.tests.iter().filter_map(|test| Some(latency(&title(test, test.role?), test)));
    let mut panels: Vec<Panel> = recorded.filter(|panel| !panel.layers.is_empty()).collect();
    if !rows.is_empty() {
        panels.extend([scatter(&rows), errors(&rows)]);
    }
    if panels.is_empty() {
        return Vec::new();
    }
    super::drawn(&whole(report, WIDTH_OF_TWO, panels.chunks(2).map(<[Panel]>::to_vec).collect()))
}

fn scored(report: &CheckReport) -> Vec<&CheckRow> {
    report.tests.iter().flat_map(|test| &test.rows).filter(|row| row.scored).collect()
}

fn title(test: &CheckTest, role: Role) -> String {
    match role {
        Role::Calibrate => format!("{} (calibration): ", test.test),
        Role::Validate => format!("{}: ", test.test),
    }
}

fn figure(report: &CheckReport, predictions: &[Prediction], recordings: &[Recording]) -> Figure {
    let rows = scored(report);
    let mut all: Vec<Panel> = Vec::new();
    let recorded: Vec<(&CheckTest, Role)> = report.tests.iter().filter_map(|test| Some((test, test.role?))).collect();
    for (test, role) in &recorded {
        let p = predictions.iter().find(|p| p.test == test.test);
        let recording = recordings.iter().find(|recording| recording.name == test.recording);
        let title = title(test, *role);
        all.push(latency(&title, test));
        all.push(over_time::errors(&title, p, recording));
        all.push(over_time::connections(&title, p, recording));
    }
    let across = if recorded.len() > 1 { 3 } else { 2 };
    let mut last = vec![scatter(&rows)];
    if across == 3 {
        last.push(errors(&rows));
    } else {
        last.splice(0..0, all.pop());
    }
    let mut grid: Vec<Vec<Panel>> = all.chunks(across).map(<[Panel]>::to_vec).collect();
    grid.push(last);
    whole(report, if across == 3 { WIDTH_OF_THREE } else { WIDTH_OF_TWO }, grid)
}

fn whole(report: &CheckReport, width: u32, rows: Vec<Vec<Panel>>) -> Figure {
    let variant = if report.variant.is_empty() { String::new() } else { format!(", variant {}", report.variant) };
    Figure {
        title: format!("{}{variant} · predicted against recorded", report.model),
        remark: format!(
            "Filled, solid: predicted, with the 95 % interval of one such test. Hollow, dashed: recorded. \
             {} of {} scored rows lie within.",
            report.score.covered, report.score.rows
        ),
        key: Vec::new(),
        width,
        height: HEAD_HEIGHT + ROW_HEIGHT * u32::try_from(rows.len()).unwrap_or(1),
        rows,
    }
}

/// Recorded and predicted latency, statistic by statistic, on a logarithmic axis.
fn latency(title: &str, test: &CheckTest) -> Panel {
    let rows = latency_rows(test);
    let mut axis = Axis::categories("", rows.iter().map(|row| row.key.stat.clone()).collect());
    (axis.label, axis.groups) = groups(&rows);
    let (mut points, mut intervals, mut recorded, mut ranges) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, row) in rows.iter().enumerate() {
        let x = index as f64;
        points.extend(row.predicted.map(|value| (x + 0.14, value)));
        intervals.extend(row.low.zip(row.high).map(|(low, high)| (x + 0.14, low, high)));
        recorded.extend(row.recorded.map(|value| (x - 0.14, value)));
        let range = row.recorded_low.zip(row.recorded_high);
        ranges.extend(range.map(|(low, high)| (x - 0.3, x - 0.02, low, high)));
    }
    let mut layers = Vec::new();
    if !rows.is_empty() {
        layers.push(Layer::new("predicted", Ink::Blue, Shape::Intervals(intervals)));
        let filled = Mark { form: Form::Circle, filled: true };
        layers.push(Layer::new("predicted", Ink::Blue, Shape::Marks(points, filled)));
        if !ranges.is_empty() {
            layers.push(Layer::new("recorded range", Ink::Black, Shape::Ranges(ranges)));
        }
        let hollow = Mark { form: Form::Diamond, filled: false };
        layers.push(Layer::new("recorded", Ink::Black, Shape::Marks(recorded, hollow)));
    }
    Panel {
        title: format!("{title}latency"),
        x: axis,
        y: Axis::log("duration, ms", layers.iter().flat_map(Layer::ys).collect::<Vec<_>>().into_iter()),
        layers,
        moments: Vec::new(),
        empty: "no latency was recorded".to_owned(),
    }
}

/// Durations over all endpoints if there are any, else the main percentiles of each endpoint.
fn latency_rows(test: &CheckTest) -> Vec<&CheckRow> {
    let durations = || {
        let named = test.rows.iter().filter(|row| row.key.metric == "http_req_duration");
        named.filter(|row| row.predicted.is_some() && row.unit == "ms")
    };
    let mut rows: Vec<&CheckRow> = durations().filter(|row| row.key.scope.is_empty()).collect();
    if rows.is_empty() {
        rows = durations().filter(|row| matches!(row.key.stat.as_str(), "p50" | "med" | "p95" | "p99")).collect();
    }
    rows.truncate(MOST_LATENCIES);
    rows
}

/// The label of the axis, and neighbours of one scope and span named once below their statistics.
/// What all rows share is said once, in the label.
fn groups(rows: &[&CheckRow]) -> (String, Vec<(f64, f64, String)>) {
    let span = |row: &CheckRow| number::span(row.key.from_s, row.key.to_s);
    let shared = rows.first().map(|row| span(row)).filter(|first| rows.iter().all(|row| span(row) == *first));
    let joined = |words: [&str; 2]| words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
    let mut groups: Vec<(f64, f64, String)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let scope = if row.key.scope.is_empty() { "all requests" } else { &row.key.scope };
        let own = if shared.is_some() { String::new() } else { span(row) };
        let name = joined([scope, &own]);
        match groups.last_mut() {
            Some(group) if group.2 == name => group.1 = index as f64,
            _ => groups.push((index as f64, index as f64, name)),
        }
    }
    let shared = shared.unwrap_or_default();
    match groups.as_slice() {
        [(.., name)] => (joined([name, &shared]), Vec::new()),
        _ => (shared, groups),
    }
}

/// Families that have rows, each with its ink and form.
fn families<'a>(rows: &[&'a CheckRow]) -> Vec<(Family, Ink, Form, Vec<&'a CheckRow>)> {
    let signs = Ink::CYCLE.into_iter().zip(Form::ALL);
    let all = Family::ALL.into_iter().zip(signs).map(|(family, (ink, form))| {
        let members = rows.iter().copied().filter(|row| Family::of(&row.key.metric) == family).collect();
        (family, ink, form, members)
    });
    all.filter(|(.., members): &(_, _, _, Vec<_>)| !members.is_empty()).collect()
}

/// A point of its family's colour: filled if it agrees, hollow if not, grey if it is impossible.
fn sign(row: &CheckRow, ink: Ink, form: Form) -> (Ink, Mark) {
    match row.verdict {
        Some(CheckVerdict::Agree) => (ink, Mark { form, filled: true }),
        Some(CheckVerdict::Disagree) => (ink, Mark { form, filled: false }),
        Some(CheckVerdict::Impossible) | None => (Ink::Grey, Mark { form, filled: false }),
    }
}

/// The recorded value, or the middle of the recorded range.
fn recorded(row: &CheckRow) -> Option<f64> {
    row.recorded.or(row.recorded_low.zip(row.recorded_high).map(|(low, high)| low.midpoint(high)))
}

/// Predicted over recorded on logarithmic axes, the line of equality dashed.
fn scatter(rows: &[&CheckRow]) -> Panel {
    let mut layers = Vec::new();
    let mut values: Vec<f64> = Vec::new();
    let mut zeros = 0;
    for (family, ink, form, members) in families(rows) {
        for row in members {
            let (Some(x), Some(y)) = (recorded(row), row.predicted) else { continue };
            if x <= 0.0 || y <= 0.0 {
                zeros += 1;
                continue;
            }
            values.extend([x, y]);
            let (ink, mark) = sign(row, ink, form);
            let interval = row.low.zip(row.high).map(|(low, high)| (x, low.max(y / 10.0), high)).into_iter().collect();
            layers.push(Layer::new("", ink, Shape::Intervals(interval)));
            layers.push(Layer::new("", ink, Shape::Marks(vec![(x, y)], mark)));
        }
        let sample = Shape::Marks(Vec::new(), Mark { form, filled: true });
        layers.push(Layer::new(family.title(), ink, sample));
    }
    let axis = |label: &str| Axis::log(label, values.iter().copied());
    let left_out = if zeros > 0 { format!("; {zeros} rows with a 0 are left out") } else { String::new() };
    let (x, y) = (axis("recorded, each row in its unit"), axis("predicted, each row in its unit"));
    if !layers.is_empty() {
        let (low, high) = (10_f64.powf(x.low), 10_f64.powf(x.high));
        layers.insert(0, Layer::new("equal", Ink::Black, Shape::Line(vec![(low, low), (high, high)], Dash::Dashed)));
        layers.extend(verdict_legend());
    }
    Panel {
        title: format!("All scored rows{left_out}"),
        x,
        y,
        layers,
        moments: Vec::new(),
        empty: "no row was scored".to_owned(),
    }
}

/// What filling and grey mean, for the legend only.
fn verdict_legend() -> [Layer; 2] {
    let mark = |form| Shape::Marks(Vec::new(), Mark { form, filled: false });
    [
        Layer::new("hollow: disagrees", Ink::Black, mark(Form::Circle)),
        Layer::new("grey: impossible", Ink::Grey, mark(Form::Circle)),
    ]
}

/// The relative error of every scored row, family by family; beyond the ends a point stays at the edge.
fn errors(rows: &[&CheckRow]) -> Panel {
    const LARGEST: f64 = 150.0;
    let families = families(rows);
    let names = families.iter().map(|(family, ..)| family.title().to_owned()).collect();
    let x = Axis::categories("", names);
    let mut layers = Vec::new();
    if !families.is_empty() {
        let zero = vec![(x.low, 0.0), (x.high, 0.0)];
        layers.push(Layer::new("", Ink::Black, Shape::Line(zero, Dash::Dashed)));
    }
    for (column, (_, ink, form, members)) in families.iter().enumerate() {
        let known: Vec<(&CheckRow, f64)> =
            members.iter().filter_map(|row| row.relative_error.map(|error| (*row, percent(row, error)))).collect();
        let step = 0.7 / (known.len().max(2) - 1) as f64;
        for (index, (row, error)) in known.iter().enumerate() {
            let (ink, mark) = sign(row, *ink, *form);
            let across = if known.len() > 1 { column as f64 - 0.35 + step * index as f64 } else { column as f64 };
            layers.push(Layer::new("", ink, Shape::Marks(vec![(across, *error)], mark)));
        }
    }
    if !layers.is_empty() {
        layers.extend(verdict_legend());
    }
    let y = Axis::linear("predicted less recorded, % of recorded (failure rates: points)", -LARGEST, LARGEST);
    Panel {
        title: "Errors of all scored rows".to_owned(),
        x,
        y,
        layers,
        moments: Vec::new(),
        empty: "no row was scored".to_owned(),
    }
}

/// Shares of the recorded value as per cent; points are per cent already.
fn percent(row: &CheckRow, error: f64) -> f64 {
    match row.error_unit {
        ErrorUnit::Ratio => error * 100.0,
        ErrorUnit::Points => error,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    fn built(tests: &[&str]) -> Figure {
        let predictions: Vec<Prediction> = tests.iter().map(|test| sample::prediction(test)).collect();
        let recordings: Vec<Recording> = tests.iter().map(|test| sample::recording(&format!("{test}.csv"))).collect();
        figure(&sample::report(tests), &predictions, &recordings)
    }

    fn marks(panel: &Panel) -> usize {
        let sizes = panel.layers.iter().map(|layer| match &layer.shape {
            Shape::Marks(points, _) => points.len(),
            _ => 0,
        });
        sizes.sum()
    }

    #[test]
    fn each_test_has_a_row_and_the_last_shows_all_scored_rows() {
        let figure = built(&["peak", "spike"]);
        assert_eq!(figure.rows.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3, 2]);
        assert!(figure.rows[0][0].title.starts_with("baseline (calibration)"));
        let scored = sample::report(&["peak", "spike"]).score.rows;
        assert_eq!(marks(&figure.rows[3][0]), scored);
        assert_eq!(marks(&figure.rows[3][1]), scored);
    }

    #[test]
    fn one_test_fits_a_page_of_four() {
        let mut report = sample::report(&["peak"]);
        report.tests.remove(0);
        let figure = figure(&report, &[sample::prediction("peak")], &[sample::recording("peak.csv")]);
        assert_eq!(figure.rows.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        assert!(figure.width <= 1200 && figure.height <= 900);
    }

    #[test]
    fn latencies_of_endpoints_stand_in_where_there_is_no_total() {
        let mut report = sample::report(&["peak"]);
        report.tests[1].rows.retain(|row| row.key.metric != "http_req_duration" || !row.key.scope.is_empty());
        let panel = latency("", &report.tests[1]);
        let names: Vec<&str> = panel.x.groups.iter().map(|group| group.2.as_str()).collect();
        assert_eq!(names, ["GET /api/messages", "POST /api/bookings"]);
        for row in &mut report.tests[1].rows {
            (row.key.from_s, row.key.to_s) = (Some(30.0), Some(90.0));
        }
        let panel = latency("", &report.tests[1]);
        assert_eq!((panel.x.label.as_str(), panel.x.groups.len()), ("30 – 90 s", 2), "the shared span is said once");
    }

    #[test]
    fn rows_of_zero_are_counted_instead_of_drawn() {
        let mut row = sample::check_row(&("errors", "", "count", 5.0, "1"), 1.0, Some(CheckVerdict::Agree));
        row.recorded = Some(0.0);
        let panel = scatter(&[&row]);
        assert_eq!(marks(&panel), 0);
        assert!(panel.title.contains("1 rows with a 0"));
    }
}
