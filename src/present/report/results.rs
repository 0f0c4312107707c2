//! What each test shows, and what it uses.

use super::as_it_is;
use crate::present::document::Document;
use crate::present::label::{self, Family};
use crate::present::number::{self, ABSENT};
use crate::present::run_page::unique;
use crate::present::run_tables::{self, Shown, whole};
use crate::present::table::{Cell, Column, Table, Tone};
use crate::present::verdicts::{verdict_counts, verdict_table};
use crate::study::prediction::Prediction;
use crate::study::report::LoadTestReport;

/// Section 3.
pub fn results(page: &mut Document, report: &LoadTestReport) {
    page.heading(2, "3. Test Results");
    for (number, (test, p)) in report.tests.iter().filter_map(|test| Some((test, as_it_is(test)?))).enumerate() {
        page.heading(3, format!("3.{} {}", number + 1, test.test));
        let mut shown = Shown::default();
        page.table(run_tables::traffic(p, &mut shown));
        page.table(run_tables::latency(p, &mut shown));
        page.table(run_tables::errors(p, &mut shown));
        page.table(run_tables::endpoints(p, &mut shown));
        page.table(run_tables::stages(p));
        if p.verdicts.is_empty() {
            page.paragraph("The test states no objectives.");
            continue;
        }
        page.table(verdict_table(&p.verdicts));
        let [_, marginal, fail] = verdict_counts(p.verdicts.iter().filter(|verdict| !verdict.wished));
        let verdict = match (marginal, fail) {
            (0, 0) => "PASS",
            (_, 0) => "MARGINAL",
            _ => "FAIL",
        };
        page.paragraph(format!("Verdict: {verdict}."));
    }
    page.heading(3, format!("3.{} Resource utilisation", report.tests.len() + 1));
    page.table(resources(report));
}

/// Statistics of a resource that reports show, in the order in which one is taken for another.
const SHOWN: [&str; 2] = ["avg", "count"];

/// Use of machines, connections, caches and memory: one line for each, one column for each test.
fn resources(report: &LoadTestReport) -> Table {
    let predictions: Vec<&Prediction> = report.tests.iter().filter_map(as_it_is).collect();
    let tests = report.tests.iter().map(|test| Column::numbers(&test.test));
    let mut table = Table::new("", std::iter::once(Column::words("average over the test")).chain(tests).collect());
    let wanted = |metric: &str| {
        matches!(Family::of(metric), Family::Machines | Family::Connections)
            || matches!(metric, "hit_ratio" | "evictions" | "query_duration" | "cpu_throttled" | "data_received")
    };
    for metric in
        unique(predictions.iter().flat_map(|p| whole(p)).map(|row| row.key.metric.as_str()).filter(|m| wanted(m)))
    {
        let rows = || predictions.iter().flat_map(|p| whole(p)).filter(|row| row.key.metric == metric);
        for scope in unique(rows().map(|row| row.key.scope.as_str())) {
            let shown = SHOWN.iter().find(|stat| rows().any(|row| row.key.scope == scope && row.key.stat == **stat));
            let Some(stat) = shown else { continue };
            let cells: Vec<Cell> = predictions.iter().map(|p| cell(p, metric, scope, stat)).collect();
            if cells.iter().any(|cell| cell.text != ABSENT) {
                let name = if scope.is_empty() {
                    label::metric(metric)
                } else {
                    format!("{} · {scope}", label::metric(metric))
                };
                table.rows.push(std::iter::once(Cell::plain(name)).chain(cells).collect());
            }
        }
    }
    table
}

fn cell(p: &Prediction, metric: &str, scope: &str, stat: &str) -> Cell {
    let Some(row) = p.row(metric, scope, stat, None) else { return Cell::new(ABSENT, Tone::Dim) };
    Cell::plain(number::interval(row.estimate.value, row.estimate.low, row.estimate.high, row.unit))
}
