//! Charts of characters: what happens over the time of a test, line by line, for a terminal.
//!
//! Height goes from 0 to the highest value of a line, which stands beside it with the lowest; a recorded line has the
//! scale of the predicted one above it.

use super::document::{Document, NoteKind};
use super::figure::over_time::Track;
use super::number::{counted, with_unit};
use super::table::{Cell, Column, Table};
use crate::recording::Recording;
use crate::study::prediction::{Prediction, Series};

/// Characters of a line.
const WIDTH: usize = 40;
/// Characters of a line's name.
const NAME: usize = 26;
/// Hosts, and pools, that have lines; those that are used most.
const MOST: usize = 3;

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Blocks of eight heights.
    Blocks,
    /// Characters of ever more ink.
    Ascii,
}

impl Glyphs {
    /// For 0, and then in even steps up to the highest value.
    fn levels(self) -> &'static [char] {
        match self {
            Glyphs::Blocks => &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
            Glyphs::Ascii => &['_', '.', ':', '-', '=', '+', '*', '#'],
        }
    }

    /// Where there is no value.
    fn nothing(self) -> char {
        match self {
            Glyphs::Blocks => '·',
            Glyphs::Ascii => '?',
        }
    }

    /// Between the ends of the axis, and instead of the end of a name.
    fn rule(self) -> (&'static str, &'static str) {
        match self {
            Glyphs::Blocks => ("─", "…"),
            Glyphs::Ascii => ("-", "~"),
        }
    }

    fn line(self, values: &[Option<f64>], highest: f64) -> String {
        let levels = self.levels();
        let level = |value: f64| match value {
            // What is above 0 is never shown as nothing.
            value if value > 0.0 => ((value / highest * levels.len() as f64) as usize).clamp(1, levels.len() - 1),
            _ => 0,
        };
        values.iter().map(|value| value.map_or(self.nothing(), |value| levels[level(value)])).collect()
    }
}

/// One thing over time, with the unit of its values.
struct Line {
    track: Track,
    unit: &'static str,
}

/// The part of a page with the charts of a test; nothing if nothing is known over time.
pub fn charts(page: &mut Document, level: u8, p: &Prediction, recording: Option<&Recording>, glyphs: Glyphs) {
    let lines: Vec<Line> = lines(p, recording);
    let ends = lines.iter().map(|line| line.track.end_s(Some(p), recording));
    let end = ends.fold(0.0, f64::max);
    let mut table = Table::new("", Vec::new());
    for Line { track, unit } in &lines {
        let predicted = track.predicted(Some(p)).map(|series| predicted(series, end));
        let recorded = Some(recorded(track, recording, end)).filter(|values| values.iter().any(Option::is_some));
        let all = || predicted.iter().chain(&recorded).flatten().copied().flatten();
        let highest = all().fold(0.0, f64::max);
        let beside = predicted.is_some() && recorded.is_some();
        for (values, which) in [(&predicted, "predicted"), (&recorded, "recorded")] {
            let Some(values) = values else { continue };
            let name =
                if beside || which == "recorded" { format!("{}, {which}", track.name) } else { track.name.clone() };
            table.rows.push(row(&name, values, highest, unit, glyphs));
        }
    }
    if table.rows.is_empty() {
        return;
    }
    let (zero, end_text) = (with_unit(0.0, "s"), with_unit(end, "s"));
    let rule = glyphs.rule().0.repeat(WIDTH.saturating_sub(zero.len() + end_text.len() + 2));
    let axis = format!("{zero} {rule} {end_text}");
    table.columns =
        vec![Column::words(""), Column::words(&axis), Column::numbers("lowest"), Column::numbers("highest")];
    page.heading(level, "Over the time of the test");
    page.table(table);
    page.note(
        NoteKind::Aside,
        format!(
            "heights from 0 to a line's highest; mean of {}; a character is {}; {} no value",
            counted(p.replications, "test"),
            with_unit(end / WIDTH as f64, "s"),
            glyphs.nothing(),
        ),
    );
}

fn row(name: &str, values: &[Option<f64>], highest: f64, unit: &str, glyphs: Glyphs) -> Vec<Cell> {
    let known = || values.iter().copied().flatten();
    let (low, high) = (known().fold(f64::NAN, f64::min), known().fold(f64::NAN, f64::max));
    vec![
        Cell::plain(cut(name, glyphs)),
        Cell::plain(glyphs.line(values, highest)),
        Cell::plain(with_unit(low, unit)),
        Cell::plain(with_unit(high, unit)),
    ]
}

/// A name that fits; what makes it another one than its neighbour's stands at its end.
fn cut(name: &str, glyphs: Glyphs) -> String {
    let count = name.chars().count();
    if count <= NAME {
        return name.to_owned();
    }
    let begin: String = name.chars().take(NAME / 3).collect();
    let end: String = name.chars().skip(count - (NAME - NAME / 3 - 1)).collect();
    format!("{begin}{}{end}", glyphs.rule().1)
}

fn lines(p: &Prediction, recording: Option<&Recording>) -> Vec<Line> {
    let line =
        |name: &str, metric, scope: &str, stats, unit| Line { track: Track::new(name, metric, scope, stats), unit };
    let mut lines = vec![
        line("users", "vus", "", &["avg", "max"], "1"),
        line("requests", "http_reqs", "", &["rate"], "1/s"),
        line("p95", "http_req_duration", "", &["p95"], "ms"),
        line("errors", "errors", "", &["rate"], "1/s"),
    ];
    let failed = line("failed requests", "http_req_failed", "", &["rate"], "%");
    if failed.track.is_recorded(recording) {
        lines.push(failed);
    }
    for scope in most_used(p, "connections_active", "connections_waiting") {
        lines.push(line(&format!("{scope} in use"), "connections_active", scope, &["avg", "max"], "1"));
        let waiting = line(&format!("{scope} waiting"), "connections_waiting", scope, &["avg", "max"], "1");
        if waiting.track.predicted(Some(p)).is_some_and(|series| top(series) > 0.0)
            || waiting.track.is_recorded(recording)
        {
            lines.push(waiting);
        }
    }
    for scope in most_used(p, "cpu", "cpu") {
        lines.push(line(&format!("CPU {scope}"), "cpu", scope, &["avg"], "%"));
    }
    lines
}

fn top(series: &Series) -> f64 {
    series.mean.iter().copied().fold(0.0, f64::max)
}

/// Scopes with the highest values of `first`, or else of the metric, in the order of the series.
fn most_used<'a>(p: &'a Prediction, metric: &str, first: &str) -> Vec<&'a str> {
    let of = |metric: &str| {
        let series = p.series.iter().filter(move |series| series.metric == metric && series.stat == "avg");
        series.map(|series| (series.scope.as_str(), top(series))).collect::<Vec<_>>()
    };
    let before = of(first);
    let rank = |scope: &str, own: f64| (before.iter().find(|(name, _)| *name == scope).map_or(0.0, |one| one.1), own);
    let mut ranked = of(metric);
    let all: Vec<&str> = ranked.iter().map(|(scope, _)| *scope).collect();
    ranked.sort_by(|a, b| rank(b.0, b.1).partial_cmp(&rank(a.0, a.1)).unwrap_or(std::cmp::Ordering::Equal));
    ranked.truncate(MOST);
    all.into_iter().filter(|scope| ranked.iter().any(|(name, _)| name == scope)).collect()
}

/// The seconds of each character: at least one, so that those of a short test are several wide.
fn seconds(end: f64) -> impl Iterator<Item = (f64, f64)> {
    (0..WIDTH).map(move |column| (end * column as f64 / WIDTH as f64, end * (column + 1) as f64 / WIDTH as f64))
}

fn predicted(series: &Series, end: f64) -> Vec<Option<f64>> {
    let mean = |(from, to): (f64, f64)| {
        let from = from as usize;
        let to = (to.ceil() as usize).max(from + 1).min(series.mean.len());
        average(series.mean.get(from..to).unwrap_or(&[]).iter().copied().filter(|value| value.is_finite()))
    };
    seconds(end).map(mean).collect()
}

/// The mean of the points of each character, or of the spans that it is in; between two points the last one holds.
fn recorded(track: &Track, recording: Option<&Recording>, end: f64) -> Vec<Option<f64>> {
    let points = track.points(recording);
    if points.is_empty() {
        let spans = track.spans(recording);
        let within = |(from, to): (f64, f64)| {
            let middle = from.midpoint(to);
            let over = spans.iter().filter(|span| span.0 <= middle && middle < span.1);
            average(over.map(|(_, _, low, high)| low.midpoint(*high)))
        };
        return seconds(end).map(within).collect();
    }
    let value = |(from, to): (f64, f64)| {
        let within = points.iter().filter(|(second, _)| from <= *second && *second < to);
        let before = || points.iter().rfind(|(second, _)| *second < from).map(|point| point.1);
        let is_between = points.iter().any(|(second, _)| *second >= to);
        average(within.map(|point| point.1)).or_else(|| before().filter(|_| is_between))
    };
    seconds(end).map(value).collect()
}

fn average(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::wrap::width;
    use super::*;

    fn text(p: &Prediction, recording: Option<&Recording>, glyphs: Glyphs) -> String {
        let mut page = Document::default();
        charts(&mut page, 2, p, recording, glyphs);
        page.to_text(100, false)
    }

    #[test]
    fn heights_are_of_the_highest_and_nothing_is_not_zero() {
        let values = [Some(0.0), Some(0.001), Some(50.0), Some(100.0), None];
        assert_eq!(Glyphs::Blocks.line(&values, 100.0), "▁▂▅█·");
        assert_eq!(Glyphs::Ascii.line(&values, 100.0), "_.=#?");
        assert_eq!(Glyphs::Blocks.line(&[Some(0.0)], 0.0), "▁");
    }

    #[test]
    fn a_character_is_the_mean_of_its_seconds() {
        let mut series = sample::prediction("peak").series[0].clone();
        series.mean = (0..80).map(|second| if second == 3 { f64::NAN } else { f64::from(second) }).collect();
        let values = predicted(&series, 80.0);
        assert_eq!((values.len(), values[0], values[1], values[39]), (WIDTH, Some(0.5), Some(2.0), Some(78.5)));
        // Ten seconds: each is four characters wide.
        series.mean = (0..10).map(f64::from).collect();
        let values = predicted(&series, 10.0);
        assert!(values.chunks(4).enumerate().all(|(second, same)| same.iter().all(|v| *v == Some(second as f64))));
        // A recording may be longer.
        assert_eq!(predicted(&series, 20.0)[20..], [None; 20]);
    }

    #[test]
    fn recorded_stands_below_predicted_on_its_scale() {
        let (p, recording) = (sample::prediction("peak"), sample::recording("peak.csv"));
        let text = text(&p, Some(&recording), Glyphs::Blocks);
        let lines: Vec<&str> = text.lines().collect();
        let at =
            |name: &str| lines.iter().position(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}\n{text}"));
        assert_eq!(at("users, recorded"), at("users, predicted") + 1);
        assert_eq!(at("main in use, recorded"), at("main in use, predicted") + 1);
        assert!(text.lines().all(|line| width(line) <= 100), "{text}");
    }

    #[test]
    fn plain_characters_are_all_ascii_and_fit_with_nasty_names() {
        let mut p = sample::prediction("peak");
        for series in p.series.iter_mut().filter(|series| !series.scope.is_empty()) {
            series.scope = "very-long-name-of-a-pool/".repeat(20);
        }
        let text = text(&p, None, Glyphs::Ascii);
        assert!(text.is_ascii() && text.lines().all(|line| width(line) <= 100), "{text}");
        assert!(text.contains("~"), "{text}");
    }

    #[test]
    fn a_prediction_without_lines_has_no_charts() {
        let mut p = sample::prediction("peak");
        p.series.clear();
        assert_eq!(text(&p, None, Glyphs::Blocks), "");
    }
}
