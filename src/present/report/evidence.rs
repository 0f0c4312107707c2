//! What speaks for the predictions, and what against the recordings.

use super::Told;
use super::dashboards::pictures;
use crate::model::Role;
use crate::present::audit_page::off;
use crate::present::check_page::check_page;
use crate::present::detail::Detail;
use crate::present::document::{Block, Document};
use crate::present::figure::check_drawn;
use crate::present::number::{ABSENT, counted};
use crate::present::table::{Cell, Column, Table, Tone};
use crate::study::audit::{AuditReport, Sureness};
use crate::study::check_result::{CheckReport, CheckVerdict};
use crate::study::report::LoadTestReport;

/// Findings told one by one.
const MOST_FINDINGS: usize = 12;
/// Levels that the page of a check stands below its own.
const DEEPER: u8 = 2;

/// The recorded tests, each predicted against recorded; part of section 3.
pub fn recorded(page: &mut Document, report: &LoadTestReport, told: &Told) {
    page.heading(3, format!("3.{} Predicted against recorded", report.tests.len() + 2));
    let Some(check) = &report.check else {
        page.paragraph("Nothing was recorded of these tests.");
        return;
    };
    let blocks = check_page(check, Detail::Compact).blocks.into_iter().filter_map(|block| match block {
        Block::Heading(1, _) => None,
        Block::Heading(level, text) => Some(Block::Heading(level + DEEPER, text)),
        other => Some(other),
    });
    page.blocks.extend(blocks);
    if report.tests.iter().any(|test| test.predictions.iter().any(|p| !p.series.is_empty())) {
        pictures(page, check_drawn(check), "Predicted against recorded");
    }
    page.paragraph(format!("All rows, and other mechanisms beside them: plimsoll check {} --full", told.file));
}

/// How well the model did on tests that it had not seen; part of the appendix.
pub fn track_record(page: &mut Document, report: &LoadTestReport) {
    page.heading(3, "C. Track record");
    page.paragraph(report.check.as_ref().map_or_else(
        || "None: no test of this report was recorded, so nothing shows yet how near its predictions come.".to_owned(),
        record,
    ));
}

fn record(check: &CheckReport) -> String {
    let tests = |role| check.tests.iter().filter(move |test| test.role == Some(role));
    let made_from = counted(tests(Role::Calibrate).count(), "recording");
    let held_out = tests(Role::Validate).count();
    if held_out == 0 {
        return format!("None: the model was made from all of what was recorded here ({made_from}).");
    }
    let impossible = |test: &crate::study::check_result::CheckTest| {
        test.rows.iter().filter(|row| row.verdict == Some(CheckVerdict::Impossible)).count()
    };
    let impossible: usize = tests(Role::Validate).map(impossible).sum();
    format!(
        "{} of {} scored figures in {} that the model never saw lie within its 95 % prediction interval; {} in them \
         contradict a law or each other and are not scored. The model was made from {made_from}.",
        check.score.covered,
        check.score.rows,
        counted(held_out, "recording"),
        counted(impossible, "figure"),
    )
}

/// What contradicts itself; part of the appendix.
pub fn audit(page: &mut Document, audit: &AuditReport, told: &Told) {
    page.heading(3, "B. Audit of the recordings and of the plan");
    let count = |severity| audit.count(severity);
    page.paragraph(format!(
        "{}, {} doubtful, {} cannot be judged; {} held against laws. Where they stand: plimsoll audit {}",
        counted(count(Sureness::Contradiction), "contradiction"),
        count(Sureness::Doubtful),
        count(Sureness::Unjudged),
        if audit.audited.is_empty() { "the plan alone".to_owned() } else { counted(audit.audited.len(), "recording") },
        told.file
    ));
    let names = [Column::words("finding"), Column::words("test"), Column::words("law"), Column::numbers("off by")];
    let last = [Column::words("how sure"), Column::words("numbers")];
    let mut table = Table::new("", names.into_iter().chain(last).collect());
    for finding in audit.findings.iter().filter(|one| one.severity != Sureness::Unjudged).take(MOST_FINDINGS) {
        let tone = if finding.severity == Sureness::Contradiction { Tone::Bad } else { Tone::Warn };
        table.rows.push(vec![
            Cell::plain(&finding.id),
            Cell::plain(if finding.test.is_empty() { ABSENT } else { &finding.test }),
            Cell::plain(&finding.law),
            Cell::plain(finding.size.map_or(ABSENT.to_owned(), off)),
            Cell::new(finding.severity.word(), tone),
            Cell::plain(&finding.numbers),
        ]);
    }
    let told = table.rows.len();
    page.table(table);
    let more = audit.findings.len().saturating_sub(told);
    if told == MOST_FINDINGS && more > 0 {
        page.paragraph(format!("{} more.", counted(more, "finding")));
    }
}
