//! A load-test report, in the sections that such reports have: go or no-go, environment, scenarios, results, use of
//! resources, predicted against recorded, what limits, recommendations, objectives, actions, approval, assumptions, audit,
//! track record, how to repeat it.
//!
//! What a report on a test that was run would have and a prediction cannot (dates, names, screenshots) is left to people,
//! and said so.

mod approval;
mod dashboards;
mod environment;
mod evidence;
mod findings;
mod money;
mod results;

use super::document::{Document, NoteKind};
use super::number;
use super::table::{Cell, Column, Table};
use crate::model::Model;
use crate::recording::Recording;
use crate::study::prediction::{Prediction, Verdict};
use crate::study::recommend::answer::Recommendation;
use crate::study::report::{Go, LoadTestReport, ReportedTest};

/// What a report tells besides its results.
pub struct Told<'a> {
    pub model: &'a Model,
    /// The model file as it was named.
    pub file: &'a str,
    /// The command that gives the report again.
    pub command: &'a str,
    /// What was recorded of the tests.
    pub recordings: &'a [&'a Recording],
}

/// The report.
#[must_use]
pub fn report_page(report: &LoadTestReport, told: &Told) -> Document {
    let mut page = Document::default();
    page.heading(1, format!("Load Testing Report: {}", report.model));
    page.note(
        NoteKind::Aside,
        format!(
            "Predicted by simulation, not measured: mean of what one test would report [95 % of tests lie in between], over \
             {}. Names, dates and signatures are left to people.",
            number::counted(report.replications, "replication")
        ),
    );
    summary(&mut page, report);
    environment::environment(&mut page, told.model);
    money::costs(&mut page, report);
    environment::scenarios(&mut page, report, told);
    results::results(&mut page, report);
    evidence::recorded(&mut page, report, told);
    findings::bottlenecks(&mut page, report, told);
    findings::recommendations(&mut page, report, told);
    approval::objectives(&mut page, report);
    dashboards::dashboards(&mut page, report, told);
    findings::actions(&mut page, report);
    approval::approval(&mut page, report);
    approval::next_steps(&mut page, report, told);
    references(&mut page, told);
    appendix(&mut page, report, told);
    page
}

/// The prediction of a test as the system is.
fn as_it_is(test: &ReportedTest) -> Option<&Prediction> {
    test.predictions.first()
}

/// Objectives that do not pass, the required ones first.
fn open(prediction: &Prediction) -> Vec<&Verdict> {
    let open = |wished: bool| {
        let all = prediction.verdicts.iter();
        all.filter(move |verdict| {
            verdict.wished == wished && verdict.settled() != crate::study::prediction::Status::Pass
        })
    };
    open(false).chain(open(true)).collect()
}

fn figure(prediction: &Prediction, metric: &str, scope: &str, stat: &str) -> Option<String> {
    let row = prediction.row(metric, scope, stat, None)?;
    let e = row.estimate;
    Some(number::interval(e.value, e.low, e.high, row.unit))
}

fn go_words(go: Go) -> (&'static str, &'static str) {
    match go {
        Go::Go => ("GO: approved", "Go on: every required objective of every test holds."),
        Go::Conditional => (
            "CONDITIONAL GO: requires optimisation",
            "Optimise, or measure what is uncertain, before going on: some objectives are marginal, or hold only after a change.",
        ),
        Go::NoGo => {
            ("NO-GO: failed", "Do not go on: required objectives fail, and no change that was tried helps all of them.")
        }
    }
}

/// What to do, in a sentence: a system that was searched for comes before the changes that were tried.
fn advice(report: &LoadTestReport) -> &'static str {
    let found = |answer: &&Recommendation| answer.is_found() && answer.left_out.is_empty();
    match report.recommendation.as_ref().filter(found) {
        Some(_) if report.go != Go::Go => {
            "Do not go on with the system as it is. With what section 5.4 says to buy, the required objectives of every test \
             hold as often as was asked."
        }
        _ => go_words(report.go).1,
    }
}

fn summary(page: &mut Document, report: &LoadTestReport) {
    page.heading(2, "Executive Summary");
    let (verdict, _) = go_words(report.go);
    page.paragraph(format!("Verdict: {verdict}."));
    page.table(approval::go_or_no_go(report));
    let mut findings = Vec::new();
    for (test, p) in report.tests.iter().filter_map(|test| Some((test, as_it_is(test)?))) {
        let of = |stat: &str| figure(p, "http_req_duration", "", stat).unwrap_or_default();
        let [pass, marginal, fail] = super::verdicts::verdict_counts(p.verdicts.iter().filter(|v| !v.wished));
        findings.push(format!(
            "{}: p95 {}, p99 {}, failed requests {}, {}; required objectives: {pass} pass, {marginal} marginal, {fail} fail",
            test.test,
            of("p95"),
            of("p99"),
            figure(p, "http_req_failed", "", "rate").unwrap_or_default(),
            figure(p, "http_reqs", "", "rate").unwrap_or_default(),
        ));
    }
    findings.extend(money::summary_lines(report));
    page.bullets(findings);
    page.paragraph(format!("Recommendation: {}", advice(report)));
}

fn references(page: &mut Document, told: &Told) {
    page.heading(2, "11. References");
    let recordings = told.model.tests.iter().flat_map(|test| {
        test.recordings.iter().map(move |one| format!("recording of test {}: {}", test.name, one.path.display()))
    });
    let model = std::iter::once(format!("model: {}", told.file));
    page.bullets(model.chain(told.model.sources.iter().cloned()).chain(recordings).collect());
}

fn appendix(page: &mut Document, report: &LoadTestReport, told: &Told) {
    page.heading(2, "12. Appendix");
    page.heading(3, "A. Assumptions and their sources");
    page.paragraph("Numbers known only as a range, each drawn anew for every replication; all others are in the model file, with their sources.");
    let names = ["number", "range", "what it is", "source"].map(Column::words);
    let mut table = Table::new("", names.into());
    for input in &told.model.inputs {
        let (times, unit) = match input.unit {
            "s" => (1000.0, "ms"),
            "share" => (100.0, "%"),
            _ => (1.0, "1"),
        };
        let range = number::range(input.low * times, input.high * times, unit);
        table.rows.push([&input.name, &range, &input.about, &input.source].map(Cell::plain).into());
    }
    page.table(table);
    evidence::audit(page, &report.audit, told);
    evidence::track_record(page, report);
    page.heading(3, "D. What to mind");
    let mut minded: Vec<String> = told.model.presets.clone();
    for (test, p) in report.tests.iter().filter_map(|test| Some((test, as_it_is(test)?))) {
        for warning in &p.warnings {
            let text = format!("{}: {}", test.test, warning.text);
            if !minded.contains(&text) {
                minded.push(text);
            }
        }
    }
    if minded.is_empty() {
        minded.push("nothing".to_owned());
    }
    page.bullets(minded);
    page.heading(3, "E. How to repeat");
    page.bullets(vec![
        told.command.to_owned(),
        format!("plimsoll {}, seed {}: the same bytes on any machine", env!("CARGO_PKG_VERSION"), report.seed),
    ]);
}
