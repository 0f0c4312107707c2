//! What an audit found: each finding with its law, numbers, size, what it would take, and where the numbers stand.

use super::document::{Document, NoteKind};
use super::number::{self, ABSENT, machine};
use super::table::{Cell, Column, Table, Tone};
use crate::study::audit::{AuditReport, AuditRow, Finding, Sureness};
use crate::study::prediction::RecordedFigure;

/// Rows shown of one finding.
const MOST_ROWS: usize = 8;

/// Sizes end here.
const LARGEST: f64 = 1000.0;

/// The page.
#[must_use]
pub fn audit_page(report: &AuditReport) -> Document {
    let mut page = Document::default();
    let name = if report.model.is_empty() { "recordings" } else { &report.model };
    page.heading(1, format!("{name} · audit"));
    page.paragraph(summary(report));
    page.table(audited(report));
    for severity in [Sureness::Contradiction, Sureness::Doubtful, Sureness::Unjudged] {
        let of_severity = report.findings.iter().filter(|finding| finding.severity == severity);
        let mut first = true;
        for finding in of_severity {
            if first {
                page.heading(2, heading(severity));
                first = false;
            }
            tell(finding, &mut page);
        }
    }
    if !report.findings.is_empty() {
        page.note(
            NoteKind::Aside,
            "a size is how many times off the figures are when each was rounded in its favour, and each range taken whole",
        );
    }
    page
}

fn heading(severity: Sureness) -> &'static str {
    match severity {
        Sureness::Contradiction => "Contradictions",
        Sureness::Doubtful => "Doubtful",
        Sureness::Unjudged => "Cannot be judged",
    }
}

fn summary(report: &AuditReport) -> String {
    let count = |severity| report.count(severity);
    let figures: usize = report.audited.iter().map(|one| one.figures).sum();
    let of = match report.audited.len() {
        0 => "No recording; the plan alone was audited".to_owned(),
        recordings => {
            format!("{} in {}", number::counted(figures, "figure"), number::counted(recordings, "recording"))
        }
    };
    format!(
        "{of}: {}, {} doubtful, {} cannot be judged.",
        number::counted(count(Sureness::Contradiction), "contradiction"),
        count(Sureness::Doubtful),
        count(Sureness::Unjudged)
    )
}

fn audited(report: &AuditReport) -> Table {
    let columns = vec![
        Column::words("recording"),
        Column::words("test"),
        Column::numbers("figures"),
        Column::numbers("contradictions"),
        Column::numbers("doubtful"),
    ];
    let mut table = Table::new("", columns);
    for one in &report.audited {
        let count = |severity| {
            let ours = |finding: &&Finding| finding.recording == one.recording && finding.severity == severity;
            report.findings.iter().filter(ours).count()
        };
        let contradictions = count(Sureness::Contradiction);
        table.rows.push(vec![
            Cell::plain(&one.recording),
            Cell::plain(if one.test.is_empty() { ABSENT } else { &one.test }),
            Cell::plain(one.figures.to_string()),
            Cell::new(contradictions.to_string(), if contradictions > 0 { Tone::Bad } else { Tone::Good }),
            Cell::plain(count(Sureness::Doubtful).to_string()),
        ]);
    }
    table
}

fn tell(finding: &Finding, page: &mut Document) {
    let size = finding.size.filter(|_| finding.severity != Sureness::Unjudged);
    let size = size.map_or(String::new(), |size| format!(" ({})", off(size)));
    let of = if finding.test.is_empty() { &finding.recording } else { &finding.test };
    let of = if of.is_empty() { String::new() } else { format!(" · {of}") };
    page.heading(3, format!("{}{of} · {}{size}", finding.id, finding.law));
    page.paragraph(&finding.numbers);
    page.paragraph(format!("{} To be true it would need {}.", finding.statement, finding.would_need));
    let rows: Vec<String> = finding.rows.iter().take(MOST_ROWS).map(where_it_stands).collect();
    let more = finding.rows.len().saturating_sub(MOST_ROWS);
    page.bullets(rows.into_iter().chain((more > 0).then(|| format!("and {more} more"))).collect());
}

/// "30 % off", or "4.6 times off".
pub fn off(size: f64) -> String {
    match size {
        size if size >= LARGEST => "something against nothing".to_owned(),
        size if size < 1.995 => format!("{} % off", number::plain(((size - 1.0) * 100.0).max(0.0))),
        size => format!("{} times off", number::plain(size)),
    }
}

/// "line 12: http_reqs count 168423 (Test 2, Results)".
fn where_it_stands(row: &AuditRow) -> String {
    let key = &row.figure.key;
    let line = row.line.map_or(String::new(), |line| format!("line {line}: "));
    let scope = if key.scope.is_empty() { String::new() } else { format!(" {}", key.scope) };
    let span = match (key.from_s, key.to_s) {
        (None, None) => String::new(),
        (from, to) => format!(", {}", number::span(from, to)),
    };
    let source = if row.source.is_empty() { String::new() } else { format!(" ({})", row.source) };
    format!("{line}{}{scope} {} {}{span}{source}", key.metric, key.stat, recorded(&row.figure))
}

fn recorded(figure: &RecordedFigure) -> String {
    let unit = if figure.unit == "1" { String::new() } else { format!(" {}", figure.unit) };
    match (figure.value, figure.low, figure.high) {
        (Some(value), _, _) => format!("{}{unit}", machine(value)),
        (None, Some(low), Some(high)) => format!("{} to {}{unit}", machine(low), machine(high)),
        _ => ABSENT.to_owned(),
    }
}

/// One line for each row of each finding, and one for a finding without rows.
#[must_use]
pub fn audit_table(report: &AuditReport) -> Table {
    const COLUMNS: [&str; 19] = [
        "id",
        "law",
        "severity",
        "size",
        "test",
        "recording",
        "statement",
        "numbers",
        "would_need",
        "line",
        "metric",
        "scope",
        "stat",
        "from_s",
        "to_s",
        "value",
        "low",
        "high",
        "source",
    ];
    let mut table = Table::new("", COLUMNS.iter().map(|name| Column::words(name)).collect());
    let number = |value: Option<f64>| value.map_or(String::new(), |value| machine(value).to_string());
    for finding in &report.findings {
        let of_finding = [
            finding.id.clone(),
            finding.law.clone(),
            finding.severity.word().to_owned(),
            number(finding.size),
            finding.test.clone(),
            finding.recording.clone(),
            finding.statement.clone(),
            finding.numbers.clone(),
            finding.would_need.clone(),
        ];
        let none = std::iter::repeat_n(String::new(), COLUMNS.len() - of_finding.len()).collect();
        let of_row = |row: &AuditRow| {
            let RecordedFigure { key, value, low, high, .. } = &row.figure;
            vec![
                row.line.map_or(String::new(), |line| line.to_string()),
                key.metric.clone(),
                key.scope.clone(),
                key.stat.clone(),
                number(key.from_s),
                number(key.to_s),
                number(*value),
                number(*low),
                number(*high),
                row.source.clone(),
            ]
        };
        let rows: Vec<Vec<String>> =
            if finding.rows.is_empty() { vec![none] } else { finding.rows.iter().map(of_row).collect() };
        for row in rows {
            table.rows.push(of_finding.iter().chain(&row).map(Cell::plain).collect());
        }
    }
    table
}
