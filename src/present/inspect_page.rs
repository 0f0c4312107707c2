//! What was understood of recordings, as a page and as tables for other programs.

use super::document::{Document, NoteKind};
use super::label::statistic;
use super::number::{ABSENT, Scale, machine, plain, span, with_unit};
use super::table::{Cell, Column, Table};
use crate::recording::{Observation, Recording};
use crate::study::inspect::{Count, EndpointSheet, Inspection, LoadLine};
use crate::study::prediction::RecordedFigure;

/// Rows of a table unless every row is asked for.
const MOST_ROWS: usize = 20;
/// Statistics of durations that are shown unless every row is asked for.
const TOLD: [&str; 4] = ["avg", "p50", "p95", "p99"];
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The page; `full` shows every row.
#[must_use]
pub fn inspect_page(seen: &Inspection, full: bool) -> Document {
    let mut page = Document::default();
    for file in &seen.files {
        page.heading(1, &file.name);
        page.paragraph(about(seen, file));
    }
    if !seen.endpoints.is_empty() {
        page.heading(2, "Endpoints");
        cut(&mut page, endpoints(&seen.endpoints), full);
    }
    if !seen.load.is_empty() {
        page.heading(2, "Over time");
        page.table(load(&seen.load));
    }
    if !seen.causes.is_empty() {
        page.heading(2, "Errors by cause");
        page.table(counts("cause", &seen.causes));
    }
    if !seen.failures.is_empty() {
        page.heading(2, "Failures in the words of the file");
        cut(&mut page, counts("failure", &seen.failures), full);
    }
    if !seen.figures.is_empty() {
        page.heading(2, "Other figures");
        let shown =
            seen.figures.iter().filter(|sheet| full || sheet.unit != "ms" || TOLD.contains(&sheet.key.stat.as_str()));
        cut(&mut page, figures(shown), full);
    }
    if !seen.notes.is_empty() {
        page.heading(2, "Notes");
        page.bullets(seen.notes.clone());
    }
    page
}

fn about(seen: &Inspection, file: &crate::study::inspect::FileSheet) -> String {
    let mut words = vec![file.format.to_owned()];
    words.extend(file.begin.as_ref().map(|begin| format!("begins {begin}")));
    words.extend(file.span_s.map(|span| format!("spans {}", with_unit(span, "s"))));
    words.extend(
        (file.lines > 0)
            .then(|| format!("{} {}", plain(file.lines as f64), if file.lines == 1 { "line" } else { "lines" })),
    );
    if seen.files.len() == 1 {
        words.push(format!("{} figures", plain(seen.observations as f64)));
        words.push(format!("{} points over time", plain(seen.points as f64)));
    }
    format!("{}. Good {}.", words.join(" · "), file.good_for)
}

/// A table, or its first rows and how many more there are.
fn cut(page: &mut Document, mut table: Table, full: bool) {
    let more = table.rows.len().saturating_sub(MOST_ROWS);
    if full || more <= 1 {
        page.table(table);
        return;
    }
    table.rows.truncate(MOST_ROWS);
    page.table(table);
    page.note(NoteKind::Aside, format!("{more} more with --full"));
}

fn endpoints(sheets: &[EndpointSheet]) -> Table {
    let numbers = ["requests", "/s", "failed", "mean", "p50", "p95", "p99", "p99.9", "max"];
    let columns = std::iter::once(Column::words("endpoint")).chain(numbers.map(Column::numbers));
    let mut table = Table::new("", columns.collect());
    for sheet in sheets {
        let name = if sheet.endpoint.is_empty() { "all" } else { &sheet.endpoint };
        let number = |value: Option<f64>| value.map_or(ABSENT.to_owned(), plain);
        let with = |value: Option<f64>, unit: &str| value.map_or(ABSENT.to_owned(), |value| with_unit(value, unit));
        let mut cells = vec![name.to_owned(), number(sheet.count), number(sheet.rate), with(sheet.failed_percent, "%")];
        let durations = [sheet.avg_ms, sheet.p50_ms, sheet.p95_ms, sheet.p99_ms, sheet.p999_ms, sheet.max_ms];
        cells.extend(durations.map(|value| with(value, "ms")));
        table.rows.push(cells.into_iter().map(Cell::plain).collect());
    }
    table.drop_absent();
    table
}

fn load(lines: &[LoadLine]) -> Table {
    let columns = vec![
        Column::words(""),
        Column::words("when"),
        Column::words("over time"),
        Column::numbers("least"),
        Column::numbers("most"),
    ];
    let mut table = Table::new("", columns);
    for line in lines {
        let known = || line.values.iter().flatten().copied();
        let (least, most) = (known().fold(f64::INFINITY, f64::min), known().fold(0.0, f64::max));
        let bar = |value: &Option<f64>| {
            value.map_or(' ', |value| BARS[if most > 0.0 { ((value / most * 7.0).round() as usize).min(7) } else { 0 }])
        };
        let scale = Scale::of(line.unit, most);
        let to_s = line.from_s + line.width_s * line.values.len() as f64;
        let cells = [
            statistic(&line.metric, &line.stat),
            span(Some(line.from_s), Some(to_s)),
            line.values.iter().map(bar).collect(),
            scale.text(least),
            scale.text(most),
        ];
        table.rows.push(cells.map(Cell::plain).into());
    }
    table
}

fn counts(what: &str, counts: &[Count]) -> Table {
    let mut table = Table::new("", vec![Column::words(what), Column::numbers("requests")]);
    for count in counts {
        table.rows.push(vec![Cell::plain(&count.what), Cell::plain(plain(count.count))]);
    }
    table
}

fn figures<'s>(sheets: impl Iterator<Item = &'s RecordedFigure>) -> Table {
    let mut table = Table::new("", vec![Column::words("figure"), Column::words("when"), Column::numbers("recorded")]);
    for sheet in sheets {
        let value = match (sheet.value, sheet.low, sheet.high) {
            (_, Some(low), Some(high)) => super::number::range(low, high, sheet.unit),
            (value, ..) => value.map_or(ABSENT.to_owned(), |value| with_unit(value, sheet.unit)),
        };
        let mut name = statistic(&sheet.key.metric, &sheet.key.stat);
        if !sheet.key.scope.is_empty() {
            name.push_str(&format!(" · {}", sheet.key.scope));
        }
        table.rows.push([name, span(sheet.key.from_s, sheet.key.to_s), value].map(Cell::plain).into());
    }
    table
}

/// Every figure of a recording as a table that is read back as it is.
#[must_use]
pub fn figures_table(recording: &Recording) -> Table {
    let names = ["metric", "scope", "stat", "from_s", "to_s", "value", "low", "high", "unit", "source"];
    let mut table = Table::new("", names.map(Column::words).into());
    table.rows.extend(recording.observations.iter().map(figure_row));
    table
}

fn figure_row(o: &Observation) -> Vec<Cell> {
    let numbers = [o.window.map(|w| w.0), o.window.map(|w| w.1), o.value, o.range.map(|r| r.0), o.range.map(|r| r.1)];
    let numbers = numbers.map(|number| number.map_or(String::new(), |number| machine(number).to_string()));
    let words = [&o.metric, &o.scope, &o.stat].into_iter().cloned();
    let ends = [o.unit.to_owned(), o.source.clone()];
    words.chain(numbers).chain(ends).map(Cell::plain).collect()
}

/// Every point of its series likewise.
#[must_use]
pub fn series_table(recording: &Recording) -> Table {
    let names = ["t_s", "metric", "scope", "stat", "value", "unit"];
    let mut table = Table::new("", names.map(Column::words).into());
    for p in &recording.series {
        let cells = [
            machine(p.t_s).to_string(),
            p.metric.clone(),
            p.scope.clone(),
            p.stat.clone(),
            machine(p.value).to_string(),
            p.unit.to_owned(),
        ];
        table.rows.push(cells.map(Cell::plain).into());
    }
    table
}
