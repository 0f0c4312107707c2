//! Scores as tables: errors by figure, and headline figures by load, endpoint or system.

use super::label;
use super::number::{self, ABSENT};
use super::table::{Cell, Column, Table};
use crate::study::check_result::ErrorUnit;
use crate::study::score::{Group, HEADLINES, Misses, Score, ScoreMetric, headline};

/// Median and worst error of each figure.
#[must_use]
pub fn by_figure(score: &Score) -> Table {
    let columns = vec![
        Column::words("figure"),
        Column::numbers("median error"),
        Column::numbers("worst error"),
        Column::numbers("inside"),
    ];
    let mut table = Table::new("", columns);
    for metric in &score.metrics {
        table.rows.push(vec![
            Cell::plain(label::statistic(&metric.metric, &metric.stat)),
            Cell::plain(metric.median_error.map_or(ABSENT.to_owned(), |error| size(error, metric.error_unit))),
            Cell::plain(metric.worst_error.map_or(ABSENT.to_owned(), |error| signed(error, metric.error_unit))),
            Cell::dim(inside(metric.covered, metric.rows)),
        ]);
    }
    table
}

/// A line of a table of headline figures.
pub struct Line<'a> {
    pub name: String,
    pub rows: usize,
    pub covered: usize,
    pub metrics: &'a [ScoreMetric],
}

impl<'a> Line<'a> {
    #[must_use]
    pub fn of(name: String, group: &'a Group) -> Line<'a> {
        Line { name, rows: group.rows, covered: group.covered, metrics: &group.metrics }
    }
}

/// Median and worst errors of the headline figures, a line each; figures that no line has are left out.
#[must_use]
pub fn headlines(first: &str, lines: &[Line]) -> Table {
    let there = |h: &&_| lines.iter().any(|line| headline(line.metrics, h).is_some());
    let shown: Vec<_> = HEADLINES.iter().filter(there).collect();
    let mut columns = vec![Column::words(first), Column::numbers("inside")];
    columns.extend(shown.iter().map(|headline| Column::numbers(headline.name)));
    let mut table = Table::new("", columns);
    for line in lines {
        let mut cells = vec![Cell::plain(&line.name), Cell::plain(inside(line.covered, line.rows))];
        cells.extend(shown.iter().map(|h| Cell::plain(headline(line.metrics, h).map_or(ABSENT.to_owned(), both))));
        table.rows.push(cells);
    }
    table
}

/// "2.1/+14": median and worst, in percent or points.
fn both(metric: &ScoreMetric) -> String {
    let (Some(median), Some(worst)) = (metric.median_error, metric.worst_error) else { return ABSENT.to_owned() };
    let times = if metric.error_unit == ErrorUnit::Ratio { 100.0 } else { 1.0 };
    let (median, size) = (brief(times * median), brief(times * worst));
    let sign = if worst > 0.0 && size != "0" { "+" } else { "" };
    format!("{median}/{sign}{size}")
}

/// One decimal below ten, none above.
fn brief(number: f64) -> String {
    let tenths = if number.abs() < 9.95 { (10.0 * number).round() / 10.0 } else { number.round() };
    // No minus before nothing.
    if tenths == 0.0 { "0".to_owned() } else { tenths.to_string() }
}

/// "below the knee".
#[must_use]
pub fn zone_words(word: &str) -> &str {
    match word {
        "below" => "below the knee",
        "knee" => "at the knee",
        other => other,
    }
}

/// "409 of 464".
fn inside(covered: usize, rows: usize) -> String {
    format!("{covered} of {rows}")
}

/// "3 noise of the recording, 12 the model"; `None` where nothing was missed.
#[must_use]
pub fn misses(misses: &Misses) -> Option<String> {
    let all =
        [(misses.noise, "noise of the recording"), (misses.saturation, "saturation"), (misses.model, "the model")];
    let told: Vec<String> =
        all.into_iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// "+12 %" or "+0.4 pt".
#[must_use]
pub fn signed(error: f64, unit: ErrorUnit) -> String {
    match unit {
        ErrorUnit::Ratio => number::relative(error),
        ErrorUnit::Points => number::points(error),
    }
}

fn size(error: f64, unit: ErrorUnit) -> String {
    signed(error.abs(), unit).trim_start_matches('+').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(metric: &str, stat: &str, median: f64, worst: Option<f64>, error_unit: ErrorUnit) -> ScoreMetric {
        let (metric, stat) = (metric.to_owned(), stat.to_owned());
        ScoreMetric { metric, stat, rows: 5, covered: 4, median_error: Some(median), worst_error: worst, error_unit }
    }

    #[test]
    fn only_causes_that_there_are_stand_there() {
        assert_eq!(
            misses(&Misses { noise: 3, saturation: 0, model: 12 }).as_deref(),
            Some("3 noise of the recording, 12 the model")
        );
        assert_eq!(misses(&Misses::default()), None);
    }

    #[test]
    fn numbers_are_brief() {
        let texts = [0.04, -0.04, 0.068, 9.94, 9.96, -24.6, 114.2].map(brief);
        assert_eq!(texts, ["0", "0", "0.1", "9.9", "10", "-25", "114"]);
    }

    #[test]
    fn headline_figures_stand_side_by_side_and_absent_ones_are_left_out() {
        let all = [
            metric("http_req_duration", "med", 0.021, Some(-0.14), ErrorUnit::Ratio),
            metric("http_req_failed", "rate", 0.1, Some(1.2), ErrorUnit::Points),
            metric("http_reqs", "count", 0.3, None, ErrorUnit::Ratio),
            metric("cpu", "avg", 0.3, Some(0.5), ErrorUnit::Ratio),
        ];
        let line = Line { name: "below".to_owned(), rows: 20, covered: 19, metrics: &all };
        let text = headlines("load", &[line]);
        let names: Vec<&str> = text.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["load", "inside", "throughput", "p50", "errors"]);
        let cells: Vec<&str> = text.rows[0].iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(cells, ["below", "19 of 20", ABSENT, "2.1/-14", "0.1/+1.2"]);
    }
}
