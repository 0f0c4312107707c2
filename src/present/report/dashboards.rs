//! What would be screenshots of dashboards: each test over time, drawn where its lines are known.

use super::{Told, as_it_is};
use crate::present::document::{Document, Picture};
use crate::present::figure::{Drawn, run_drawn};
use crate::recording::Recording;
use crate::study::report::{LoadTestReport, ReportedTest};

/// Section 7.
pub fn dashboards(page: &mut Document, report: &LoadTestReport, told: &Told) {
    page.heading(2, "7. Dashboards");
    page.paragraph("Latency, throughput, errors, connections and use of machines over time, each test as one figure:");
    let command =
        |test: &ReportedTest| format!("plimsoll run {} --test {} --plot {}.svg", told.file, test.test, test.test);
    let drawn = |test: &ReportedTest| as_it_is(test).is_some_and(|p| !p.series.is_empty());
    for test in report.tests.iter().filter(|test| drawn(test)) {
        page.heading(3, &test.test);
        let Some(p) = as_it_is(test) else { continue };
        pictures(page, run_drawn(p, recording(report, test, told)), &format!("Test {} over time", test.test));
        page.paragraph(format!("As a file: {}", command(test)));
    }
    page.bullets(report.tests.iter().filter(|test| !drawn(test)).map(command).collect());
}

/// What was recorded of a test, the first of several.
fn recording<'a>(report: &LoadTestReport, test: &ReportedTest, told: &Told<'a>) -> Option<&'a Recording> {
    let checked = report.check.iter().flat_map(|check| &check.tests).find(|one| one.test == test.test)?;
    told.recordings.iter().copied().find(|one| one.name == checked.recording)
}

/// Pieces of a figure, each with what is on it.
pub fn pictures(page: &mut Document, pieces: Vec<Drawn>, what: &str) {
    let count = pieces.len();
    for (number, Drawn { svg, panels }) in pieces.into_iter().enumerate() {
        let of = if count > 1 { format!(" ({} of {count})", number + 1) } else { String::new() };
        let alt = format!("{what}{of}. Charts: {}.", panels.join(", "));
        page.picture(Picture { svg, caption: format!("{what}{of}"), alt });
    }
}
