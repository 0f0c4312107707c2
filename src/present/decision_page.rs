//! Decisions: each criterion before and after each change, and each branch, with their probabilities.

use super::document::{Document, NoteKind};
use super::number::{self, machine, share};
use super::table::{Cell, Column, Table, Tone};
use crate::study::decide::{Answer, CriterionRow, DecisionReport};

/// The page.
#[must_use]
pub fn decision_page(report: &DecisionReport) -> Document {
    let mut page = Document::default();
    page.heading(1, format!("{} · decision {}", report.model, report.decision));
    if !report.about.is_empty() {
        page.paragraph(&report.about);
    }
    page.heading(2, "Branches");
    page.note(NoteKind::Aside, "share of replications in which all conditions of a branch come true");
    page.table(branches(report));
    page.heading(2, "Criteria");
    page.note(NoteKind::Aside, "share of replications in which it holds; below, the figures it is about (means)");
    page.table(criteria(report));
    let outside: Vec<String> = report
        .criteria
        .iter()
        .filter(|criterion| !criterion.outside.is_empty())
        .map(|criterion| format!("{}: {}", criterion.criterion, criterion.outside))
        .collect();
    if !outside.is_empty() {
        page.heading(2, "Not for a simulation to say");
        page.bullets(outside);
    }
    page.heading(2, "To repeat");
    page.note(
        NoteKind::Aside,
        format!(
            "model {}, decision {}, seed {}, {}, plimsoll {}",
            report.model,
            report.decision,
            report.seed,
            number::counted(report.replications, "replication"),
            env!("CARGO_PKG_VERSION")
        ),
    );
    page
}

pub(super) fn branches(report: &DecisionReport) -> Table {
    let mut table = Table::new("", vec![Column::numbers("probability"), Column::words("then"), Column::words("when")]);
    for branch in &report.branches {
        let tone = if branch.probability > 0.5 { Tone::Strong } else { Tone::Plain };
        table.rows.push(vec![
            Cell::new(share(branch.probability), tone),
            Cell::new(&branch.then, tone),
            Cell::dim(&branch.when),
        ]);
    }
    table
}

fn change_name(change: &str) -> &str {
    if change.is_empty() { "as it is" } else { change }
}

pub(super) fn criteria(report: &DecisionReport) -> Table {
    let mut columns = vec![Column::words("")];
    columns.extend(report.changes.iter().map(|change| Column::numbers(change_name(change))));
    let mut table = Table::new("", columns);
    for criterion in report.criteria.iter().filter(|criterion| !criterion.after.is_empty()) {
        let mut cells = vec![Cell::new(&criterion.criterion, Tone::Strong)];
        cells.extend(criterion.after.iter().map(|after| {
            let (mark, tone) = match after.answer {
                Answer::Met => ("✓", Tone::Good),
                Answer::Open => ("~", Tone::Warn),
                Answer::Missed => ("✗", Tone::Bad),
            };
            Cell::new(format!("{mark} {}", share(after.probability)), tone)
        }));
        table.rows.push(cells);
        table.rows.extend(parts(criterion));
    }
    table
}

/// The figures of a criterion, each after each change.
fn parts(criterion: &CriterionRow) -> Vec<Vec<Cell>> {
    let count = criterion.after.first().map_or(0, |after| after.verdicts.len());
    let row = |part: usize| {
        let name = criterion.after.first().and_then(|after| after.verdicts.get(part));
        let name = name.map_or(String::new(), |one| format!("· {}: {}", one.test, one.verdict.slo));
        let value = |verdict: Option<&crate::study::decide::TestVerdict>| {
            verdict.map_or(String::new(), |one| number::with_unit(one.verdict.value, one.verdict.unit))
        };
        let cells = criterion.after.iter().map(|after| Cell::dim(value(after.verdicts.get(part))));
        std::iter::once(Cell::dim(name)).chain(cells).collect()
    };
    (0..count).map(row).collect()
}

/// One line per criterion, change and figure, then one per branch, for other programs.
#[must_use]
pub fn decision_table(report: &DecisionReport) -> Table {
    let names = [
        "criterion",
        "change",
        "probability",
        "answer",
        "test",
        "slo",
        "value",
        "low",
        "high",
        "unit",
        "slo_probability",
        "outside",
        "then",
        "when",
    ];
    let mut table = Table::new("", names.map(Column::words).into());
    let number = |value: f64| Cell::plain(if value.is_finite() { machine(value).to_string() } else { String::new() });
    for criterion in &report.criteria {
        let empty = |count: usize| std::iter::repeat_n(Cell::plain(""), count);
        if criterion.after.is_empty() {
            let mut cells = vec![Cell::plain(&criterion.criterion)];
            cells.extend(empty(10));
            cells.push(Cell::plain(&criterion.outside));
            cells.extend(empty(2));
            table.rows.push(cells);
        }
        for after in &criterion.after {
            let answer = match after.answer {
                Answer::Met => "met",
                Answer::Open => "open",
                Answer::Missed => "missed",
            };
            for one in &after.verdicts {
                let mut cells = vec![Cell::plain(&criterion.criterion), Cell::plain(&after.change)];
                cells.extend([number(after.probability), Cell::plain(answer), Cell::plain(&one.test)]);
                let v = &one.verdict;
                cells.extend([Cell::plain(&v.slo), number(v.value), number(v.low), number(v.high)]);
                cells.extend([Cell::plain(v.unit), number(v.probability)]);
                cells.extend(empty(3));
                table.rows.push(cells);
            }
        }
    }
    for branch in &report.branches {
        let mut cells = vec![Cell::plain(""), Cell::plain(""), number(branch.probability)];
        cells.extend(std::iter::repeat_n(Cell::plain(""), 9));
        cells.extend([Cell::plain(&branch.then), Cell::plain(&branch.when)]);
        table.rows.push(cells);
    }
    table
}
