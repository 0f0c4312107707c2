//! The page of a check: how far the model may be trusted, in a few lines and then row by row.
//!
//! Calibration and held-out tests stand apart, since only the second are evidence. The compact page
//! shows the rows that people ask for first and the disagreements; the full one shows all.

use super::charts::{Glyphs, charts};
use super::check_rows::{Footnotes, Kind, alternatives, kind_of, rows_by_family, rows_flat};
use super::detail::Detail;
use super::document::{Document, NoteKind};
use super::headlines::{Chosen, choose};
use super::number;
use super::score_tables::{Line, by_figure, headlines, misses, zone_words};
use super::verdicts::{verdict_counts, verdict_line, verdict_table};
use crate::model::Role;
use crate::recording::Recording;
use crate::study::check_result::{CheckReport, CheckTest, CheckVerdict};
use crate::study::prediction::Prediction;
use crate::study::score::Score;

/// What charts of a check are made from.
#[derive(Clone, Copy, Debug)]
pub struct Charted<'a> {
    pub predictions: &'a [Prediction],
    pub recordings: &'a [Recording],
    pub glyphs: Glyphs,
}

/// The page of `report`.
#[must_use]
pub fn check_page(report: &CheckReport, detail: Detail) -> Document {
    check_page_charted(report, None, detail)
}

/// The same with charts of characters of each test that has a part of its own.
#[must_use]
pub fn check_page_charted(report: &CheckReport, charted: Option<Charted>, detail: Detail) -> Document {
    let mut page = Document::default();
    let variant = if report.variant.is_empty() { String::new() } else { format!(", variant {}", report.variant) };
    page.heading(1, format!("{}{variant} · predicted against recorded", report.model));
    summary(&mut page, report);

    let of_role = |role| report.tests.iter().filter(move |test| test.role == role);
    if of_role(Some(Role::Calibrate)).next().is_some() {
        page.heading(2, "Calibration tests: the model's numbers come from them, so they prove nothing");
        for test in of_role(Some(Role::Calibrate)) {
            match detail {
                Detail::Compact => page.paragraph(format!(
                    "{}: {}; {}",
                    test_name(test),
                    calibration_counts(test),
                    verdict_line(&test.verdicts)
                )),
                Detail::Full => test_section(&mut page, test, charted, detail),
            }
        }
    }
    if of_role(Some(Role::Validate)).next().is_some() {
        page.heading(2, "Held-out tests: the model never saw them");
        for test in of_role(Some(Role::Validate)) {
            test_section(&mut page, test, charted, detail);
        }
    }
    if of_role(None).next().is_some() {
        page.heading(2, "Tests without a recording: predicted and judged only");
        for test in of_role(None) {
            unrecorded_section(&mut page, test, charted, detail);
        }
    }
    if report.tests.iter().any(|test| test.role == Some(Role::Validate)) {
        score(&mut page, &report.score, detail);
    }
    page.note(
        NoteKind::Aside,
        format!(
            "model {}, seed {}, {}, plimsoll {}",
            report.model,
            report.seed,
            number::counted(report.replications, "replication"),
            env!("CARGO_PKG_VERSION")
        ),
    );
    page
}

/// What a newcomer has to know before the first table.
fn summary(page: &mut Document, report: &CheckReport) {
    let recorded = report.tests.iter().any(|test| test.role.is_some());
    let evidence = if report.tests.iter().any(|test| test.role == Some(Role::Validate)) {
        held_out(report)
    } else if recorded {
        "No recording was held out, so nothing here is evidence for the model.".to_owned()
    } else {
        "No test has a recording, so nothing here is evidence for the model.".to_owned()
    };
    page.paragraph(format!("{evidence} {}", objectives(report)));
    if recorded {
        page.note(
            NoteKind::Aside,
            "✓ agrees with the prediction · ✗ disagrees, more likely by noise n, saturation s, the model m",
        );
        page.note(NoteKind::Aside, "~ impossible: the recorded number contradicts a law or the rest of its recording");
        page.note(NoteKind::Aside, "in brackets: not scored · [a, b] 95 % of such tests lie in between");
    }
}

/// What held-out recordings say about the model.
fn held_out(report: &CheckReport) -> String {
    let rows = || report.tests.iter().filter(|test| test.role == Some(Role::Validate)).flat_map(|test| &test.rows);
    let count = |verdict| rows().filter(|row| row.verdict == Some(verdict)).count();
    let silent = rows().filter(|row| row.verdict.is_none()).count();
    format!(
        "Of {} figures recorded in held-out tests {} agree with the prediction, {} disagree and {} are impossible; {} are \
         not predicted. {} are scored (the others were put in, are impossible or not predicted), {} of them agree.",
        rows().count(),
        count(CheckVerdict::Agree),
        count(CheckVerdict::Disagree),
        count(CheckVerdict::Impossible),
        silent,
        report.score.rows,
        report.score.covered,
    )
}

/// What the predictions say about the objectives, and which tests have nothing else.
fn objectives(report: &CheckReport) -> String {
    let [pass, marginal, fail] = verdict_counts(report.judged().flat_map(|test| &test.verdicts));
    let mut text = match pass + marginal + fail {
        0 => "The tests state no objectives.".to_owned(),
        _ => format!("Objectives of all tests, by the prediction: {pass} pass, {marginal} marginal, {fail} fail."),
    };
    let unrecorded: Vec<&str> =
        report.tests.iter().filter(|test| test.role.is_none()).map(|test| test.test.as_str()).collect();
    if !unrecorded.is_empty() {
        text.push_str(&format!(" No recording, predicted and judged only: {}.", unrecorded.join(", ")));
    }
    text
}

/// A test that can only be judged.
fn unrecorded_section(page: &mut Document, test: &CheckTest, charted: Option<Charted>, detail: Detail) {
    page.paragraph(format!("{}: no recording; {}", test.test, verdict_words(test)));
    page.table(verdict_table(&test.verdicts));
    over_time(page, test, charted);
    if detail == Detail::Full {
        for warning in &test.warnings {
            page.note(NoteKind::Warning, &warning.text);
        }
    }
}

/// Its charts, recorded below predicted.
fn over_time(page: &mut Document, test: &CheckTest, charted: Option<Charted>) {
    let Some(Charted { predictions, recordings, glyphs }) = charted else { return };
    let recording = recordings.iter().find(|recording| recording.name == test.recording);
    if let Some(p) = predictions.iter().find(|p| p.test == test.test) {
        charts(page, 4, p, recording, glyphs);
    }
}

fn verdict_words(test: &CheckTest) -> String {
    match verdict_counts(&test.verdicts) {
        [0, 0, 0] => "no objectives".to_owned(),
        [pass, marginal, fail] => format!("{pass} pass, {marginal} marginal, {fail} fail"),
    }
}

fn test_name(test: &CheckTest) -> String {
    if test.recording.is_empty() { test.test.clone() } else { format!("{} ({})", test.test, test.recording) }
}

fn counts(test: &CheckTest) -> String {
    let count = |verdict| test.rows.iter().filter(|row| row.verdict == Some(verdict)).count();
    format!(
        "✓ {}  ✗ {}  ~ {}",
        count(CheckVerdict::Agree),
        count(CheckVerdict::Disagree),
        count(CheckVerdict::Impossible)
    )
}

fn calibration_counts(test: &CheckTest) -> String {
    let count = |kind| test.rows.iter().filter(|row| kind_of(row) == kind).count();
    format!(
        "{}, {} agree, {} disagree, {} impossible; not scored",
        number::counted(test.rows.len(), "row"),
        count(Kind::Agree),
        count(Kind::Disagree),
        count(Kind::Impossible)
    )
}

fn test_section(page: &mut Document, test: &CheckTest, charted: Option<Charted>, detail: Detail) {
    let counts = if test.role == Some(Role::Validate) { counts(test) } else { calibration_counts(test) };
    page.heading(3, format!("{} · {counts}", test_name(test)));
    match detail {
        Detail::Compact => page.note(NoteKind::Aside, verdict_line(&test.verdicts)),
        Detail::Full => page.table(verdict_table(&test.verdicts)),
    }
    let mut footnotes = Footnotes::default();
    match detail {
        Detail::Compact => {
            let chosen = choose(&test.rows);
            page.table(rows_flat(&chosen.rows, &mut footnotes));
            if let Some(left_out) = left_out(test, &chosen) {
                page.note(NoteKind::Aside, left_out);
            }
        }
        Detail::Full => page.table(rows_by_family(&test.rows, &mut footnotes)),
    }
    for (index, text) in footnotes.texts.iter().enumerate() {
        page.note(NoteKind::Footnote(index + 1), text);
    }
    page.table(alternatives(test));
    for taken in &test.taken_from_test {
        page.note(NoteKind::Aside, format!("taken from this very test: {taken}"));
    }
    if detail == Detail::Full {
        for warning in &test.warnings {
            page.note(NoteKind::Warning, &warning.text);
        }
    }
    over_time(page, test, charted);
}

/// "14 further rows, 2 of them disagreeing, on the full page".
fn left_out(test: &CheckTest, chosen: &Chosen) -> Option<String> {
    let rows = test.rows.len() - chosen.rows.len();
    let which = match chosen.disagreements_left_out {
        0 => String::new(),
        n => format!(", {n} of them disagreeing,"),
    };
    (rows > 0).then(|| format!("{rows} further rows{which} on the full page"))
}

fn score(page: &mut Document, score: &Score, detail: Detail) {
    page.heading(2, "Score over the held-out tests");
    let others = misses(&score.misses).map_or(String::new(), |why| format!(" The others are more likely: {why}."));
    page.paragraph(format!(
        "{} of {} scored rows were recorded within the prediction's 95 % interval.{others}",
        score.covered, score.rows
    ));
    page.table(by_figure(score));
    let zones: Vec<Line> = score.zones.iter().map(|zone| Line::of(zone_words(&zone.name).to_owned(), zone)).collect();
    page.table(headlines("median/worst error, % or points", &zones));
    if detail == Detail::Full {
        let named = |name: &str| if name.is_empty() { "all requests".to_owned() } else { name.to_owned() };
        let endpoints: Vec<Line> = score.endpoints.iter().map(|group| Line::of(named(&group.name), group)).collect();
        page.table(headlines("median/worst error, % or points", &endpoints));
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::wrap::width;
    use super::*;

    const TESTS: [&str; 3] = ["peak", "endurance", "spike"];

    #[test]
    fn the_compact_page_is_short_and_says_the_main_thing_first() {
        let report = sample::report(&["peak"]);
        let text = check_page(&report, Detail::Compact).to_text(100, false);
        assert!(text.lines().count() <= 60, "{text}");
        let summary = format!("Of {} figures recorded in held-out tests", report.tests[1].rows.len());
        assert_eq!(text.lines().nth(2).map(|line| line.starts_with(&summary)), Some(true), "{text}");
        assert!(check_page(&report, Detail::Full).to_text(100, false).lines().count() > text.lines().count());
    }

    #[test]
    fn calibration_and_held_out_tests_stand_apart() {
        let report = sample::report(&TESTS);
        let text = check_page(&report, Detail::Full).to_text(100, false);
        let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is missing:\n{text}"));
        assert!(at("Calibration tests") < at("baseline"));
        assert!(at("baseline") < at("Held-out tests"));
        assert!(at("Held-out tests") < at("spike"));
        for (detail, tests) in [(Detail::Full, report.tests.len()), (Detail::Compact, TESTS.len())] {
            let text = check_page(&report, detail).to_text(100, false);
            assert_eq!(text.matches("taken from this very test").count(), tests);
        }
    }

    #[test]
    fn impossible_rows_name_the_law_and_the_numbers_once() {
        let text = check_page(&sample::report(&["peak"]), Detail::Compact).to_text(100, false);
        assert_eq!(text.matches("utilisation law:").count(), 1, "{text}");
        assert!(text.contains("[1] utilisation law: 25 % of 4 cores"));
    }

    #[test]
    fn both_pages_fit_the_width_with_nasty_names() {
        let mut report = sample::report(&TESTS);
        for test in &mut report.tests {
            test.test = "test/".repeat(50);
            test.alternatives[0].variant = "variant".repeat(40);
            for row in test.rows.iter_mut().filter(|row| row.key.scope.contains('/')) {
                row.key.scope = "GET /very/long/".repeat(20);
                row.key.from_s = Some(60.0);
                row.key.to_s = Some(12_120.0);
            }
        }
        for detail in [Detail::Compact, Detail::Full] {
            let text = check_page(&report, detail).to_text(100, false);
            assert!(text.lines().all(|line| width(line) <= 100), "{text}");
        }
    }

    #[test]
    fn the_score_has_sizes_for_medians_and_signs_for_worsts() {
        let text = check_page(&sample::report(&TESTS), Detail::Compact).to_markdown();
        assert!(text.contains("| latency p95 | 12 % | -34 % | 2 of 3 |"), "{text}");
        assert!(text.contains("| failed requests | 0.4 pt | – | 2 of 3 |"), "{text}");
    }
}
