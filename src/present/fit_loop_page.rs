//! What a fit by simulation found: how well the records are met, what is left, and which mechanism meets them best.

use super::document::{Document, NoteKind};
use super::number::{counted, plain, with_unit};
use super::table::{Cell, Column, Table, Tone};
use crate::study::fit::looped::{AlternativeFit, LoopRow, Simulated};

/// Rows unless every row is asked for.
const MOST_ROWS: usize = 12;
/// What is left, in standard deviations, that chance seldom leaves.
const FAR: f64 = 3.0;
/// Scores behind the best that are no difference, and those that are clear.
const NO_DIFFERENCE: f64 = 2.0;
const CLEARLY: f64 = 10.0;

/// The figures that were met, worst first.
pub(super) fn simulation(page: &mut Document, found: &Simulated, full: bool) {
    page.heading(2, "By simulation");
    page.paragraph(format!(
        "{} in {} of {}: what is left of {} (worth {} that do not hang together) fell from {} to {} standard deviations on average; 1 is \
         chance.",
        counted(found.parameters.len(), "number"),
        counted(found.trials, "trial"),
        counted(found.replications, "replication"),
        counted(found.figures, "figure"),
        plain(found.effective.round()),
        plain(found.misfit_before),
        plain(found.misfit)
    ));
    let mut rows: Vec<&LoopRow> = found.rows.iter().collect();
    rows.sort_by(|a, b| b.off.abs().total_cmp(&a.off.abs()));
    let shown = if full { rows.len() } else { MOST_ROWS.min(rows.len()) };
    page.table(table(&rows[..shown]));
    if rows.len() > shown {
        page.note(NoteKind::Aside, format!("{} more, which are met better, with --full", rows.len() - shown));
    }
    page.bullets(found.notes.clone());
}

fn table(rows: &[&LoopRow]) -> Table {
    let mut columns: Vec<Column> = ["", "test", "figure"].map(Column::words).into();
    columns.extend(["recorded", "before", "after", "left, in deviations"].map(Column::numbers));
    let mut table = Table::new("", columns);
    for row in rows {
        let scope = if row.scope.is_empty() { String::new() } else { format!(" {}", row.scope) };
        let mark = match row.off.abs() < FAR {
            true => Cell::new("✓", Tone::Good),
            false => Cell::new("✗", Tone::Bad),
        };
        let unit = if row.unit == "1" { "" } else { row.unit };
        let number = |value: f64| if unit.is_empty() { plain(value) } else { with_unit(value, unit) };
        let words = [row.test.clone(), format!("{}{scope} {}", row.metric, row.stat)];
        let numbers = [number(row.recorded), number(row.before), number(row.after), plain(row.off)];
        table.rows.push(std::iter::once(mark).chain(words.into_iter().chain(numbers).map(Cell::plain)).collect());
    }
    table
}

/// The mechanisms, best first.
pub(super) fn alternatives(page: &mut Document, all: &[AlternativeFit]) {
    page.heading(2, "Mechanisms compared");
    let mut columns: Vec<Column> = ["mechanism", "what it is"].map(Column::words).into();
    columns.extend(["free numbers", "left, in deviations", "behind the best"].map(Column::numbers));
    let mut table = Table::new("", columns);
    for one in all {
        let name = if one.variant.is_empty() { "the model as it is" } else { &one.variant };
        let behind = match one.behind {
            0.0 => Cell::new("best", Tone::Good),
            behind if behind < NO_DIFFERENCE => Cell::plain(format!("{}, no difference", plain(behind))),
            behind if behind > CLEARLY => Cell::dim(format!("{}, clearly worse", plain(behind))),
            behind => Cell::plain(plain(behind)),
        };
        let words = [name.to_owned(), one.about.clone(), one.free.to_string(), plain(one.misfit)];
        table.rows.push(words.map(Cell::plain).into_iter().chain([behind]).collect());
    }
    page.table(table);
    let how = match all.first().map(|one| one.criterion) {
        Some("runs left out in turn") => {
            "Each calibration run was left out in turn and predicted with the numbers that the others give; the score is -2 ln of the \
             likelihood of what was left out"
        }
        _ => {
            "One run is too few to leave one out: the score is -2 ln of the likelihood on the rows that were fitted, and 2 for each free \
             number (Akaike)"
        }
    };
    let rest = "figures that hang together count as fewer. Held-out rows were not looked at; a check on them decides.";
    page.note(NoteKind::Aside, format!("{how}; {rest}"));
}
