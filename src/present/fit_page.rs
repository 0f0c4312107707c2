//! What a fit found, as a page and as a table for other programs.

use super::document::{Document, NoteKind};
use super::number::{counted, machine, with_unit};
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
    page.paragraph(format!(
        "{} found, of which {outside} lie outside of what the model has now; {} not told by these recordings. In brackets: \
         95 % intervals, of rounding, recorded ranges and chance.",
        counted(report.parameters.len(), "number"),
        report.missing.len()
    ));
    if !report.laws.is_empty() {
        page.heading(2, "What the laws say");
        page.table(laws(&report.laws));
    }
    if !report.parameters.is_empty() {
        page.heading(2, "Numbers of the model");
        page.table(numbers(&report.parameters));
    }
    if !report.shapes.is_empty() {
        page.heading(2, "Shapes through the same percentiles");
        page.table(shapes(&report.shapes));
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

/// A number in the unit that a page has for it.
fn shown(value: f64, unit: &str) -> String {
    match unit {
        "s" if value < 1.0 => with_unit(value * 1e3, "ms"),
        "share" => with_unit(value * 100.0, "%"),
        "1" => super::number::plain(value),
        other => with_unit(value, other),
    }
}

fn range(low: f64, high: f64, unit: &str) -> String {
    if low == high { shown(low, unit) } else { format!("{} to {}", shown(low, unit), shown(high, unit)) }
}

fn found(value: f64, low: f64, high: f64, unit: &str) -> String {
    format!("{} [{}]", shown(value, unit), range(low, high, unit))
}

fn mark(inside: bool) -> Cell {
    if inside { Cell::new("✓", Tone::Good) } else { Cell::new("✗", Tone::Bad) }
}

fn laws(rows: &[LawRow]) -> Table {
    let names = ["", "quantity", "model", "by the recording", "law and figures"];
    let mut table = Table::new("", names.map(Column::words).into());
    let several = rows.iter().any(|row| row.test != rows[0].test);
    for row in rows {
        let test = if several { format!(" · {}", row.test) } else { String::new() };
        let words = [
            format!("{}{test}", row.quantity),
            shown(row.model, row.unit),
            found(row.value, row.low, row.high, row.unit),
            format!("{}: {}", row.law, row.figures.join(", ")),
        ];
        table.rows.push(std::iter::once(mark(row.inside)).chain(words.map(Cell::plain)).collect());
    }
    table
}

fn numbers(rows: &[Fitted]) -> Table {
    let names = ["", "number", "model", "found", "from"];
    let mut table = Table::new("", names.map(Column::words).into());
    for row in rows {
        let together = match row.together_with.len() {
            0 => String::new(),
            others => format!("; only its sum with {} is measured", counted(others, "other")),
        };
        let words = [
            row.path.clone(),
            range(row.model_low, row.model_high, row.unit),
            found(row.value, row.low, row.high, row.unit),
            format!("{}{together}", row.law),
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
            behind if behind > CLEARLY => Cell::dim(super::number::plain(behind)),
            behind => Cell::plain(super::number::plain(behind)),
        };
        let words = [
            row.path.clone(),
            row.shape.to_owned(),
            shown(row.mean_s, "s"),
            super::number::plain(row.cv),
            with_unit(row.error * 100.0, "%"),
        ];
        table.rows.push(words.map(Cell::plain).into_iter().chain([behind]).collect());
    }
    table
}

/// The numbers found, one line each, in seconds and shares of 1.
#[must_use]
pub fn fit_table(report: &FitReport) -> Table {
    let names =
        ["path", "unit", "model_low", "model_high", "value", "low", "high", "inside", "law", "figures", "together_with"];
    let mut table = Table::new("", names.map(Column::words).into());
    for row in &report.parameters {
        let numbers = [row.model_low, row.model_high, row.value, row.low, row.high].map(|n| machine(n).to_string());
        let words = [row.path.clone(), row.unit.to_owned()].into_iter().chain(numbers);
        let ends = [row.inside.to_string(), row.law.clone(), row.figures.join("; "), row.together_with.join("; ")];
        table.rows.push(words.chain(ends).map(Cell::plain).collect());
    }
    table
}
