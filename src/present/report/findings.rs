//! What limits, what to do about it, and in which order.

use super::{Told, as_it_is, money, open};
use crate::present::document::Document;
use crate::present::number::{self, share, with_unit};
use crate::present::run_page::{limits, unique};
use crate::present::run_tables::whole;
use crate::present::table::{Cell, Column, Table, Tone};
use crate::study::prediction::{Prediction, Status};
use crate::study::report::{LoadTestReport, ReportedTest};

/// Statements shown of each test, and parts of the time of a request.
const SLOWEST: usize = 5;
const PARTS: usize = 3;
/// A resource that no test uses by more than this could be smaller.
const IDLE: f64 = 0.2;
/// One that some tests use by as much as this is worth relieving.
const LOADED: f64 = 0.8;

fn predicted(report: &LoadTestReport) -> impl Iterator<Item = (&ReportedTest, &Prediction)> {
    report.tests.iter().filter_map(|test| Some((test, as_it_is(test)?)))
}

/// Section 4.
pub fn bottlenecks(page: &mut Document, report: &LoadTestReport, told: &Told) {
    page.heading(2, "4. Bottleneck Analysis");
    page.heading(3, "4.1 Identified bottlenecks");
    for (test, p) in predicted(report) {
        let open: Vec<String> = open(p).iter().map(|verdict| verdict.slo.clone()).collect();
        let symptom = if open.is_empty() { "none; every objective holds".to_owned() } else { open.join(", ") };
        page.paragraph(format!("Test {}", test.test));
        let mut lines = vec![format!("symptom: {symptom}"), format!("root cause: {}", p.bottleneck.explanation)];
        if let Some(time) = p.where_time_goes.iter().find(|time| time.percentile == "p95" && time.scope.is_empty()) {
            let parts = time.parts.iter().take(PARTS).map(|part| format!("{} {}", share(part.share), part.what));
            let evidence = parts.collect::<Vec<_>>().join(", ");
            lines.push(format!("evidence: of a p95 request ({}) {evidence}", with_unit(time.duration_ms, "ms")));
        }
        lines.push(format!("impact: {}", impact(p)));
        page.bullets(lines);
        page.table(limits(&p.bottleneck));
    }
    page.heading(3, "4.2 Slow queries");
    predicted(report).for_each(|(test, p)| page.table(slow_queries(test, p)));
    money::headroom(page, report, told.file);
}

/// Who is worst off, and what fails.
fn impact(p: &Prediction) -> String {
    let slowest = whole(p)
        .filter(|row| row.key.metric == "http_req_duration" && row.key.stat == "p95" && !row.key.scope.is_empty())
        .filter(|row| row.estimate.value.is_finite())
        .max_by(|a, b| a.estimate.value.total_cmp(&b.estimate.value));
    let slowest =
        slowest.map(|row| format!("slowest is {}, p95 {}", row.key.scope, with_unit(row.estimate.value, row.unit)));
    let failed = p.row("http_req_failed", "", "rate", None).map(|row| with_unit(row.estimate.value, row.unit));
    let failed = failed.map(|failed| format!("{failed} of the requests fail"));
    slowest.into_iter().chain(failed).collect::<Vec<_>>().join("; ")
}

/// Statements by their mean time, with calls, total time and share of the time of all.
fn slow_queries(test: &ReportedTest, p: &Prediction) -> Table {
    let names = ["mean", "calls", "total", "share"].map(Column::numbers);
    let first = Column::words(&format!("query, test {}", test.test));
    let mut table = Table::new("", std::iter::once(first).chain(names).collect());
    let of = |metric: &str, scope: &str, stat: &str| p.row(metric, scope, stat, None).map(|row| row.estimate.value);
    let scopes = unique(whole(p).filter(|row| row.key.metric == "query_duration").map(|row| row.key.scope.as_str()));
    let mut queries: Vec<(&str, f64, f64)> = scopes
        .into_iter()
        .filter_map(|scope| Some((scope, of("query_duration", scope, "avg")?, of("query_count", scope, "count")?)))
        .filter(|(_, mean, calls)| mean.is_finite() && *calls > 0.0)
        .collect();
    let all: f64 = queries.iter().map(|(_, mean, calls)| mean * calls).sum();
    queries.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    for (scope, mean, calls) in queries.into_iter().take(SLOWEST) {
        table.rows.push(vec![
            Cell::plain(scope),
            Cell::plain(with_unit(mean, "ms")),
            Cell::plain(number::plain(calls.round())),
            Cell::plain(with_unit(mean * calls, "ms")),
            Cell::plain(share(mean * calls / all)),
        ]);
    }
    table
}

/// Something to do: how urgent, what, and why.
struct Action {
    priority: usize,
    what: String,
    why: String,
}

const PRIORITIES: [(&str, &str); 3] = [
    ("P0", "5.1 High priority (P0): blocking"),
    ("P1", "5.2 Medium priority (P1): performance"),
    ("P2", "5.3 Low priority (P2): cost"),
];

fn found(report: &LoadTestReport) -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::new();
    for (test, p) in predicted(report) {
        let Some(worst) = open(p).into_iter().next() else { continue };
        let fails = open(p).iter().any(|verdict| verdict.settled() == Status::Fail && !verdict.wished);
        let first = p.bottleneck.resources.iter().find(|one| one.name == p.bottleneck.resource);
        let held = format!("{} holds in {} of the tests", worst.slo, share(worst.probability));
        let (what, why) = match first {
            Some(first) if first.utilisation.high >= LOADED => {
                (format!("relieve {}", first.name), format!("{held}; {}", p.bottleneck.explanation))
            }
            _ => {
                let near = "no resource is near its bound, so more of one would not help";
                (format!("find out what keeps {} from its target", worst.slo), format!("{held}; {near}"))
            }
        };
        actions.push(Action { priority: usize::from(!fails), what: format!("{what} (test {})", test.test), why });
    }
    for (number, change) in report.changes.iter().enumerate().skip(1) {
        let (better, worse) = effects(report, number);
        let blocking = predicted(report).any(|(_, p)| open(p).iter().any(|v| v.settled() == Status::Fail && !v.wished));
        let (priority, verb) = match (better.is_empty(), worse.is_empty()) {
            (false, true) => (usize::from(!blocking), "make the change"),
            (false, false) => (1, "weigh the change"),
            (true, false) => (2, "do not make the change"),
            (true, true) => (2, "spare the change"),
        };
        let told = |words: &str, list: Vec<String>| (!list.is_empty()).then(|| format!("{words}: {}", list.join(", ")));
        let why: Vec<String> = told("better", better).into_iter().chain(told("worse", worse)).collect();
        let why = if why.is_empty() { "it changes the verdict on no objective".to_owned() } else { why.join("; ") };
        actions.push(Action { priority, what: format!("{verb} {change}"), why });
    }
    for (name, most) in idle(report) {
        let why = format!("no test uses more than {} of it in its busiest stage", share(most));
        actions.push(Action { priority: 2, what: format!("{name} could be smaller"), why });
    }
    actions.sort_by_key(|action| action.priority);
    actions
}

/// Objectives that hold more or less often after a change, with both shares.
fn effects(report: &LoadTestReport, change: usize) -> (Vec<String>, Vec<String>) {
    let (mut better, mut worse) = (Vec::new(), Vec::new());
    let mut tell = |what: &str, was: f64, is: f64| {
        let text = format!("{what} ({} to {} of tests)", share(was), share(is));
        if is > was {
            better.push(text);
        } else if is < was {
            worse.push(text);
        }
    };
    for criterion in report.decision.iter().flat_map(|decision| &decision.criteria) {
        let after = |name: &str| criterion.after.iter().find(|after| after.change == name);
        if let (Some(was), Some(is)) = (after(""), after(&report.changes[change])) {
            tell(&format!("criterion \"{}\"", criterion.criterion), was.probability, is.probability);
        }
    }
    for test in &report.tests {
        let (Some(before), Some(after)) = (test.predictions.first(), test.predictions.get(change)) else { continue };
        for (was, is) in before.verdicts.iter().zip(&after.verdicts) {
            tell(&format!("{} {}", test.test, was.slo), was.probability, is.probability);
        }
    }
    (better, worse)
}

/// Cores that no test needs, and what it uses of them at most.
fn idle(report: &LoadTestReport) -> Vec<(String, f64)> {
    let resources = || predicted(report).flat_map(|(_, p)| &p.bottleneck.resources);
    let cores = unique(resources().map(|one| one.name.as_str()).filter(|name| name.ends_with(" cpu")));
    let most =
        |name: &str| resources().filter(|one| one.name == name).map(|one| one.utilisation.high).fold(0.0, f64::max);
    cores
        .into_iter()
        .map(|name| (name.to_owned(), most(name)))
        .filter(|(_, most)| *most > 0.0 && *most < IDLE)
        .collect()
}

/// Section 5.
pub fn recommendations(page: &mut Document, report: &LoadTestReport, told: &Told) {
    page.heading(2, "5. Optimisation Recommendations");
    let actions = found(report);
    for (priority, (_, heading)) in PRIORITIES.iter().enumerate() {
        page.heading(3, *heading);
        let lines: Vec<String> = actions
            .iter()
            .filter(|action| action.priority == priority)
            .map(|action| format!("{}: {}", action.what, action.why))
            .collect();
        if lines.is_empty() {
            page.paragraph("None.");
        }
        page.bullets(lines);
    }
    money::what_to_buy(page, report, told.file);
}

/// Section 8.
pub fn actions(page: &mut Document, report: &LoadTestReport) {
    page.heading(2, "8. Action Items");
    let names = ["ID", "action item", "owner", "due", "priority", "status"].map(Column::words);
    let mut table = Table::new("", names.into());
    for (number, action) in found(report).iter().enumerate() {
        table.rows.push(vec![
            Cell::plain(format!("A-{:03}", number + 1)),
            Cell::plain(&action.what),
            Cell::dim("to be named"),
            Cell::dim("to be set"),
            Cell::new(PRIORITIES[action.priority].0, if action.priority == 0 { Tone::Bad } else { Tone::Plain }),
            Cell::plain("open"),
        ]);
    }
    if table.rows.is_empty() {
        page.paragraph("None.");
    }
    page.table(table);
}
