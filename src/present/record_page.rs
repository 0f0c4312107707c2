//! The track record: several models in one table, from what each was calibrated on to how it did on what it had never seen.

use super::document::{Document, NoteKind};
use super::number;
use super::score_tables::{Line, headlines, misses, zone_words};
use crate::study::check_result::CheckReport;
use crate::study::score::Score;

/// The page of several reports.
#[must_use]
pub fn record_page(reports: &[&CheckReport]) -> Document {
    let mut page = Document::default();
    page.heading(1, "Track record: tests that a model never saw, predicted from those it was calibrated on");
    let (judged, rest): (Vec<&CheckReport>, Vec<&CheckReport>) =
        reports.iter().partition(|report| report.score.rows > 0);
    let scores = || judged.iter().map(|report| &report.score);
    let sum = |of: fn(&Score) -> usize| scores().map(of).sum::<usize>();
    page.paragraph(format!(
        "{}, {}: {} of {} scored figures were recorded within the prediction's 95 % interval.",
        number::counted(judged.len(), "system"),
        number::counted(sum(|score| score.held_out.len()), "held-out test"),
        sum(|score| score.covered),
        sum(|score| score.rows)
    ));
    page.table(headlines("median/worst error", &lines(&judged)));
    page.note(NoteKind::Aside, "errors in percent of what was recorded, those of failure rates in points");
    page.heading(2, "Calibrated on what, held out what");
    page.bullets(judged.iter().map(|report| provenance(report)).collect());
    if !rest.is_empty() {
        let names: Vec<&str> = rest.iter().map(|report| report.model.as_str()).collect();
        page.paragraph(format!("Nothing was held out, so there is no record of: {}.", names.join(", ")));
    }
    page.note(NoteKind::Aside, "each model in full: --full, or one at a time");
    if let Some(first) = reports.first() {
        page.note(
            NoteKind::Aside,
            format!(
                "seed {}, {}, plimsoll {}",
                first.seed,
                number::counted(first.replications, "replication"),
                env!("CARGO_PKG_VERSION")
            ),
        );
    }
    page
}

/// A line for each system, and below it one for each load zone.
fn lines<'a>(judged: &[&'a CheckReport]) -> Vec<Line<'a>> {
    let of = |report: &&'a CheckReport| {
        let Score { rows, covered, metrics, zones, .. } = &report.score;
        let all = Line { name: report.model.clone(), rows: *rows, covered: *covered, metrics };
        std::iter::once(all).chain(zones.iter().map(|zone| Line::of(format!("· {}", zone_words(&zone.name)), zone)))
    };
    judged.iter().flat_map(of).collect()
}

/// "Lab: calibrated on cal; held out: pool20. 55 misses, more likely: …".
fn provenance(report: &CheckReport) -> String {
    let score = &report.score;
    let missed = score.rows - score.covered;
    let why = misses(&score.misses).map_or(String::new(), |why| format!(", more likely {why}"));
    format!(
        "{}: calibrated on {}; held out {}. {}{why}.",
        report.model,
        if score.calibrated_on.is_empty() { "nothing".to_owned() } else { score.calibrated_on.join(", ") },
        score.held_out.join(", "),
        if missed == 1 { "1 miss".to_owned() } else { format!("{missed} misses") },
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::wrap::width;
    use super::*;

    #[test]
    fn each_system_has_its_line_and_what_was_held_out_is_named() {
        let mut reports = [sample::report(&["peak", "spike"]), sample::report(&[])];
        reports[1].model = "Untested".into();
        (reports[1].score.rows, reports[1].score.covered) = (0, 0);
        let text = record_page(&[&reports[0], &reports[1]]).to_text(100, false);
        assert!(text.contains("1 system, 2 held-out tests"), "{text}");
        assert!(text.contains("calibrated on baseline; held out peak, spike"), "{text}");
        assert!(text.contains("no record of: Untested"), "{text}");
        assert!(text.lines().all(|line| width(line) <= 100), "{text}");
    }
}
