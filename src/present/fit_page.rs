//! What a fit found, as a page and as a table for other programs.

use super::document::{Document, NoteKind};
use super::number::{counted, interval, machine, plain, with_unit};
use super::table::{Cell, Column, Table, Tone};
use crate::study::fit::{FitReport, Fitted, LawRow, Missing, ShapeRow};

/// Rows of what is not known unless every row is asked for.
const MOST_MISSING: usize = 12;
/// Akaike's criterion above the best from which a law is clearly worse.
const CLEARLY: f64 = 6.0;

/// The page; `full` shows every row.
#[must_use]
pub fn fit_page(report: &FitReport, full: bool) -> Document {
    let mut page = Document::default();
    page.heading(1, format!("{} · fitted to {}", report.model, report.tests.join(", ")));
    let outside = report.parameters.iter().filter(|fitted| !fitted.inside).count();
    let shared = match report.parameters.iter().filter(|fitted| !fitted.together_with.is_empty()).count() {
        0 => String::new(),
        shared => format!("; {shared} only as part of a measured sum, split as the model has it"),
    };
    page.paragraph(format!(
        "{} found{shared}, of which {outside} lie outside of what the model has now; {} not told by these recordings. In brackets: \
         95 % intervals, of rounding, recorded ranges and chance.",
        counted(report.parameters.len(), "number"),
        report.missing.len()
    ));
    if !report.laws.is_empty() {
        page.heading(2, "What the laws say");
        laws(&mut page, &report.laws);
    }
    if !report.parameters.is_empty() {
        page.heading(2, "Numbers of the model");
        page.table(numbers(&report.parameters));
    }
    if !report.shapes.is_empty() {
        page.heading(2, "Shapes through the same percentiles");
        page.table(shapes(&report.shapes));
    }
    if let Some(found) = &report.simulation {
        super::fit_loop_page::simulation(&mut page, found, full);
    }
    if !report.alternatives.is_empty() {
        super::fit_loop_page::alternatives(&mut page, &report.alternatives);
    }
    if !report.missing.is_empty() {
        page.heading(2, "What the recordings do not tell");
        let shown = if full { report.missing.len() } else { MOST_MISSING };
        page.bullets(report.missing.iter().take(shown).map(missing).collect());
        if report.missing.len() > shown {
            page.note(NoteKind::Aside, format!("{} more with --full", report.missing.len() - shown));
        }
    }
    if !report.notes.is_empty() {
        page.heading(2, "Notes");
        page.bullets(report.notes.clone());
    }
    page
}

fn missing(missing: &Missing) -> String {
    format!("{}: {}; it needs {}", missing.path, missing.why, missing.needs)
}

fn scaled(value: f64, unit: &str) -> (f64, &str) {
    match unit {
        "s" if value < 1.0 => (1e3, "ms"),
        "share" => (100.0, "%"),
        other => (1.0, other),
    }
}

fn range(low: f64, high: f64, unit: &str) -> String {
    let (times, unit) = scaled(high, unit);
    if low == high { shown(times, low, unit) } else { super::number::range(low * times, high * times, unit) }
}

fn found(value: f64, low: f64, high: f64, unit: &str) -> String {
    let (times, unit) = scaled(value, unit);
    interval(value * times, low * times, high * times, unit)
}

fn shown(times: f64, value: f64, unit: &str) -> String {
    if unit == "1" { plain(value * times) } else { with_unit(value * times, unit) }
}

fn mark(inside: bool) -> Cell {
    if inside { Cell::new("✓", Tone::Good) } else { Cell::new("✗", Tone::Bad) }
}

/// The table, and its footnotes: a law and its figures.
fn laws(page: &mut Document, rows: &[LawRow]) {
    let names = ["", "quantity", "model", "by the recording", ""];
    let mut table = Table::new("", names.map(Column::words).into());
    let several = rows.iter().any(|row| row.test != rows[0].test);
    let mut notes: Vec<String> = Vec::new();
    for row in rows {
        let test = if several { format!(" · {}", row.test) } else { String::new() };
        let note = format!("{}: {}", row.law, row.figures.join(", "));
        let number = notes.iter().position(|known| *known == note).unwrap_or(notes.len());
        if number == notes.len() {
            notes.push(note);
        }
        let words = [
            format!("{}{test}", row.quantity),
            range(row.model, row.model, row.unit),
            found(row.value, row.low, row.high, row.unit),
            format!("[{}]", number + 1),
        ];
        table.rows.push(std::iter::once(mark(row.inside)).chain(words.map(Cell::plain)).collect());
    }
    page.table(table);
    notes.into_iter().enumerate().for_each(|(n, note)| page.note(NoteKind::Footnote(n + 1), note));
}

fn numbers(rows: &[Fitted]) -> Table {
    let names = ["", "number", "model", "found", "from"];
    let mut table = Table::new("", names.map(Column::words).into());
    for row in rows {
        let together = match row.together_with.len() {
            0 => String::new(),
            others => format!("; only its sum with {} is measured", counted(others, "other")),
        };
        let stays = if row.stays { "; the model's range is narrower and stays" } else { "" };
        let words = [
            row.path.clone(),
            range(row.model_low, row.model_high, row.unit),
            found(row.value, row.low, row.high, row.unit),
            format!("{}{together}{stays}", row.law),
        ];
        table.rows.push(std::iter::once(mark(row.inside)).chain(words.map(Cell::plain)).collect());
    }
    table
}

fn shapes(rows: &[ShapeRow]) -> Table {
    let mut columns: Vec<Column> = ["number", "shape"].map(Column::words).into();
    columns.extend(["mean", "cv", "off by", "behind the best"].map(Column::numbers));
    let mut table = Table::new("", columns);
    for row in rows {
        let behind = match row.behind {
            0.0 => Cell::new("best", Tone::Good),
            behind if behind > CLEARLY => Cell::dim(plain(behind)),
            behind => Cell::plain(plain(behind)),
        };
        let words = [
            row.path.clone(),
            row.shape.to_owned(),
            range(row.mean_s, row.mean_s, "s"),
            plain(row.cv),
            with_unit(row.error * 100.0, "%"),
        ];
        table.rows.push(words.map(Cell::plain).into_iter().chain([behind]).collect());
    }
    table
}

/// The numbers found, one line each, in seconds and shares of 1.
#[must_use]
pub fn fit_table(report: &FitReport) -> Table {
    let names = [
        "path",
        "unit",
        "model_low",
        "model_high",
        "value",
        "low",
        "high",
        "inside",
        "law",
        "figures",
        "together_with",
        "stays",
    ];
    let mut table = Table::new("", names.map(Column::words).into());
    for row in &report.parameters {
        let numbers = [row.model_low, row.model_high, row.value, row.low, row.high].map(|n| machine(n).to_string());
        let words = [row.path.clone(), row.unit.to_owned()].into_iter().chain(numbers);
        let ends = [
            row.inside.to_string(),
            row.law.clone(),
            row.figures.join("; "),
            row.together_with.join("; "),
            row.stays.to_string(),
        ];
        table.rows.push(words.chain(ends).map(Cell::plain).collect());
    }
    table
}
