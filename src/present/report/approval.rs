//! Objectives over all tests, the decision, and what comes next.

use super::{Told, advice, as_it_is, go_words, open};
use crate::present::decision_page::{branches, criteria};
use crate::present::document::{Document, NoteKind};
use crate::present::number::{self, ABSENT, share};
use crate::present::run_page::unique;
use crate::present::table::{Cell, Column, Table, Tone};
use crate::present::verdicts::mark;
use crate::study::prediction::{Status, Verdict};
use crate::study::report::LoadTestReport;

/// Section 6.
pub fn objectives(page: &mut Document, report: &LoadTestReport) {
    page.heading(2, "6. Comparison to SLOs");
    page.table(by_objective("SLO", report, cell));
    page.note(NoteKind::Aside, "✓ pass; ~ marginal: within 10 % of the bound, or the interval lies on both sides of it; ✗ fail; in brackets: only \
         wished for");
}

/// Within the summary: whether each objective lets the system go on, test by test.
pub fn go_or_no_go(report: &LoadTestReport) -> Table {
    by_objective("objective", report, |verdict| {
        let (word, tone) = match verdict.settled() {
            Status::Pass => ("GO", Tone::Good),
            Status::Marginal => ("OPEN", Tone::Warn),
            Status::Fail => ("NO-GO", Tone::Bad),
        };
        let text = format!("{word}, holds in {}", share(verdict.probability));
        Cell::new(if verdict.wished { format!("({text})") } else { text }, tone)
    })
}

/// A line for each objective, a column for each test.
fn by_objective(first: &str, report: &LoadTestReport, cell: impl Fn(&Verdict) -> Cell) -> Table {
    let verdicts = || report.tests.iter().filter_map(as_it_is).flat_map(|p| &p.verdicts);
    let tests = report.tests.iter().map(|test| Column::numbers(&test.test));
    let mut table = Table::new("", std::iter::once(Column::words(first)).chain(tests).collect());
    for slo in unique(verdicts().map(|verdict| verdict.slo.as_str())) {
        let of = |test| as_it_is(test).and_then(|p| p.verdicts.iter().find(|verdict| verdict.slo == slo));
        let cells = report.tests.iter().map(|test| of(test).map_or(Cell::dim(ABSENT), &cell));
        table.rows.push(std::iter::once(Cell::plain(slo)).chain(cells).collect());
    }
    table
}

fn cell(verdict: &Verdict) -> Cell {
    let (mark, tone) = mark(verdict.settled());
    let text =
        format!("{mark} {}, {} of tests", number::with_unit(verdict.value, verdict.unit), share(verdict.probability));
    Cell::new(if verdict.wished { format!("({text})") } else { text }, tone)
}

/// Section 9.
pub fn approval(page: &mut Document, report: &LoadTestReport) {
    page.heading(2, "9. Approval Decision");
    page.heading(3, "Criteria");
    match &report.decision {
        Some(decision) => {
            if !decision.about.is_empty() {
                page.paragraph(&decision.about);
            }
            page.table(criteria(decision));
            page.table(branches(decision));
            let outside = decision.criteria.iter().filter(|one| !one.outside.is_empty());
            page.bullets(outside.map(|one| format!("{}: {}", one.criterion, one.outside)).collect());
        }
        None => page.table(required(report)),
    }
    page.heading(3, "Decision");
    let (verdict, _) = go_words(report.go);
    page.paragraph(format!("{verdict}."));
    page.paragraph(format!("Rationale: {}", advice(report)));
    let conditions = report.tests.iter().filter_map(|test| Some((test, as_it_is(test)?))).flat_map(|(test, p)| {
        let open = open(p).into_iter().filter(|verdict| !verdict.wished);
        open.map(move |verdict| {
            format!("{}: {} holds in {} of the tests", test.test, verdict.slo, share(verdict.probability))
        })
    });
    let conditions: Vec<String> = conditions.collect();
    if !conditions.is_empty() {
        page.paragraph("What is open:");
    }
    page.bullets(conditions);
    page.paragraph("Sign-off: to be signed by people (tech lead, engineers, operations, CTO).");
}

/// Required objectives, counted, for models without a decision.
fn required(report: &LoadTestReport) -> Table {
    let names = ["pass", "marginal", "fail"].map(Column::numbers);
    let first = Column::words("required objectives of test");
    let mut table = Table::new("", std::iter::once(first).chain(names).collect());
    for (test, p) in report.tests.iter().filter_map(|test| Some((test, as_it_is(test)?))) {
        let count = |status: Status| p.verdicts.iter().filter(|v| !v.wished && v.settled() == status).count();
        let counts =
            [Status::Pass, Status::Marginal, Status::Fail].map(|status| Cell::plain(count(status).to_string()));
        table.rows.push(std::iter::once(Cell::new(&test.test, Tone::Strong)).chain(counts).collect());
    }
    table
}

/// Section 10.
pub fn next_steps(page: &mut Document, report: &LoadTestReport, told: &Told) {
    page.heading(2, "10. Next Steps");
    let blocking = report.fails().then(|| "complete the P0 items above, and predict again".to_owned());
    let unknown: Vec<&str> = told.model.inputs.iter().map(|input| input.name.as_str()).collect();
    let measure =
        (!unknown.is_empty()).then(|| format!("measure what is known only as a range: {}", unknown.join(", ")));
    let run = report.tests.iter().map(|test| {
        format!(
            "run {} for real, then: plimsoll check {} --test {} --against summary.json",
            test.test, told.file, test.test
        )
    });
    page.bullets(blocking.into_iter().chain(measure).chain(run).collect());
}
