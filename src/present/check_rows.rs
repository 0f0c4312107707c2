//! The rows of a check as tables: recorded beside predicted, and the alternatives side by side.
//!
//! Both numbers of a row share one unit, so that they compare at a glance. What does not fit a line
//! (laws, reasons) becomes a footnote, once per text.

use super::label::{self, Family};
use super::number::{self, ABSENT, Scale};
use super::score_tables::signed;
use super::table::{Cell, Column, Table, Tone};
use crate::study::check_result::{CheckRow, CheckTest, CheckVerdict};
use crate::study::misses::Cause;

/// Texts referred to as "[n]", each once.
#[derive(Debug, Default)]
pub struct Footnotes {
    pub texts: Vec<String>,
}

impl Footnotes {
    /// The mark for `text`; empty if there is nothing to say.
    fn mark(&mut self, text: String) -> String {
        if text.is_empty() {
            return String::new();
        }
        let index = self.texts.iter().position(|known| *known == text).unwrap_or_else(|| {
            self.texts.push(text);
            self.texts.len() - 1
        });
        format!("[{}]", index + 1)
    }
}

/// How a row is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Agree,
    Disagree,
    Impossible,
    Unjudged,
}

pub fn kind_of(row: &CheckRow) -> Kind {
    match row.verdict {
        Some(CheckVerdict::Agree) => Kind::Agree,
        Some(CheckVerdict::Disagree) => Kind::Disagree,
        Some(CheckVerdict::Impossible) => Kind::Impossible,
        None => Kind::Unjudged,
    }
}

/// Verdicts of unscored rows are bracketed and pale: they are no evidence.
fn mark(row: &CheckRow) -> Cell {
    let (mark, tone) = match kind_of(row) {
        Kind::Agree => ("✓", Tone::Good),
        Kind::Disagree => (row.miss.as_ref().map_or("✗", |miss| missed(miss.cause)), Tone::Bad),
        Kind::Impossible => ("~", Tone::Warn),
        Kind::Unjudged => return Cell::dim("·"),
    };
    if row.scored { Cell::new(mark, tone) } else { Cell::dim(format!("({mark})")) }
}

/// A miss, and what it more likely is.
fn missed(cause: Cause) -> &'static str {
    match cause {
        Cause::Noise => "✗n",
        Cause::Saturation => "✗s",
        Cause::Model => "✗m",
    }
}

fn scale(row: &CheckRow) -> Scale {
    let numbers = [row.recorded, row.recorded_low, row.recorded_high, row.predicted];
    Scale::of(row.unit, numbers.into_iter().flatten().fold(0.0, |largest: f64, n| largest.max(n.abs())))
}

fn recorded(row: &CheckRow) -> String {
    let scale = scale(row);
    match (row.recorded, row.recorded_low, row.recorded_high) {
        (Some(value), Some(low), Some(high)) => format!("{} ({})", scale.number(value), scale.range(low, high)),
        (Some(value), _, _) => scale.text(value),
        (None, Some(low), Some(high)) => scale.range(low, high),
        (None, _, _) => ABSENT.to_owned(),
    }
}

fn predicted(row: &CheckRow) -> String {
    row.predicted.map_or(ABSENT.to_owned(), |value| {
        scale(row).interval(value, row.low.unwrap_or(f64::NAN), row.high.unwrap_or(f64::NAN))
    })
}

fn remark(row: &CheckRow) -> String {
    match (&row.law, row.note.is_empty()) {
        (Some(law), false) => format!("{law}: {}", row.note),
        (Some(law), true) => law.clone(),
        (None, _) => row.note.clone(),
    }
}

/// All rows in their order, without headings.
pub fn rows_flat(rows: &[&CheckRow], footnotes: &mut Footnotes) -> Table {
    let mut table = empty(rows.iter().any(|row| row.key.from_s.is_some()));
    for row in rows {
        push(&mut table, row, footnotes);
    }
    table
}

/// All rows, those of one family of metrics together.
pub fn rows_by_family(rows: &[CheckRow], footnotes: &mut Footnotes) -> Table {
    let mut table = empty(rows.iter().any(|row| row.key.from_s.is_some()));
    for family in Family::ALL {
        let mut members = rows.iter().filter(|row| Family::of(&row.key.metric) == family).peekable();
        if members.peek().is_some() {
            table.group(family.title());
        }
        for row in members {
            push(&mut table, row, footnotes);
        }
    }
    table
}

fn empty(with_spans: bool) -> Table {
    let mut columns = vec![Column::words(""), Column::words("figure")];
    if with_spans {
        columns.push(Column::numbers("when"));
    }
    columns.extend(["recorded", "predicted", "error"].map(Column::numbers));
    columns.push(Column::words(""));
    Table::new("", columns)
}

fn push(table: &mut Table, row: &CheckRow, footnotes: &mut Footnotes) {
    let mut cells = vec![mark(row), Cell::plain(label::figure(&row.key))];
    if table.columns.iter().any(|column| column.name == "when") {
        cells.push(Cell::dim(number::span(row.key.from_s, row.key.to_s)));
    }
    let tone = match (row.scored, kind_of(row)) {
        (true, Kind::Disagree) => Tone::Bad,
        (true, Kind::Agree | Kind::Impossible | Kind::Unjudged) => Tone::Plain,
        (false, _) => Tone::Dim,
    };
    cells.extend([
        Cell::plain(recorded(row)),
        Cell::plain(predicted(row)),
        Cell::new(row.relative_error.map_or(ABSENT.to_owned(), |error| signed(error, row.error_unit)), tone),
        Cell::dim(footnotes.mark(remark(row))),
    ]);
    table.rows.push(cells);
}

/// Metric and statistics of a headline column, the first that was recorded is taken.
const HEADLINES: [(&str, &str, &[&str]); 6] = [
    ("p50", "http_req_duration", &["p50", "med"]),
    ("p95", "http_req_duration", &["p95"]),
    ("p99", "http_req_duration", &["p99"]),
    ("waiting", "connections_waiting", &["avg", "max"]),
    ("connections", "connections_active", &["avg", "max"]),
    ("errors", "errors", &["count", "rate"]),
];

/// Recorded values, the model and its alternatives, a line each; empty without alternatives.
pub fn alternatives(test: &CheckTest) -> Table {
    let headlines: Vec<(&str, &CheckRow)> = HEADLINES
        .iter()
        .filter_map(|(name, metric, stats)| {
            let found = stats.iter().find_map(|stat| headline(&test.rows, metric, stat));
            found.map(|row| (*name, row))
        })
        .collect();
    let names = headlines.iter().map(|(name, _)| Column::numbers(name));
    let columns = std::iter::once(Column::words("other mechanisms")).chain(names).collect();
    let mut table = Table::new("", columns);
    if test.alternatives.is_empty() || headlines.is_empty() {
        return table;
    }
    let line = |name: Cell, cell: &dyn Fn(&CheckRow) -> String| {
        std::iter::once(name).chain(headlines.iter().map(|(_, row)| Cell::plain(cell(row)))).collect::<Vec<Cell>>()
    };
    table.rows.push(line(Cell::new("recorded", Tone::Strong), &recorded));
    for alternative in &test.alternatives {
        let name = if alternative.variant.is_empty() {
            format!("the model, {}", alternative.about)
        } else if alternative.about.is_empty() {
            alternative.variant.clone()
        } else {
            format!("{}: {}", alternative.variant, alternative.about)
        };
        table.rows.push(line(Cell::plain(name), &|row| {
            alternative.rows.iter().find(|other| other.key == row.key).map_or(ABSENT.to_owned(), value)
        }));
    }
    table
}

/// The whole-test row of the metric, or else its first one.
fn headline<'a>(rows: &'a [CheckRow], metric: &str, stat: &str) -> Option<&'a CheckRow> {
    let overall = matches!(Family::of(metric), Family::Latency | Family::Failures);
    let candidates = || {
        let named = rows.iter().filter(|row| row.key.metric == metric && row.key.stat == stat);
        named.filter(|row| row.predicted.is_some() && (!overall || row.key.scope.is_empty()))
    };
    candidates().find(|row| row.key.from_s.is_none()).or_else(|| candidates().next())
}

fn value(row: &CheckRow) -> String {
    row.predicted.map_or(ABSENT.to_owned(), |value| scale(row).text(value))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::study::misses::Miss;

    #[test]
    fn recorded_values_and_ranges_share_the_unit_of_the_prediction() {
        let mut row = sample::check_row(&("http_req_duration", "", "p99", 900.0, "ms"), 1.4, None);
        assert_eq!((recorded(&row), predicted(&row)), ("1.26 s".into(), "0.9 [0.63, 1.26] s".into()));
        row.recorded_low = Some(1000.0);
        row.recorded_high = Some(2000.0);
        assert_eq!(recorded(&row), "1.26 (1 – 2 s)");
        row.recorded = None;
        assert_eq!(recorded(&row), "1 – 2 s");
        row.predicted = None;
        assert_eq!(predicted(&row), ABSENT);
    }

    #[test]
    fn unscored_rows_never_look_like_evidence() {
        let mut row = sample::check_row(&("cpu", "app", "avg", 60.0, "%"), 1.0, Some(CheckVerdict::Agree));
        assert_eq!(mark(&row).text, "✓");
        row.scored = false;
        assert_eq!(mark(&row), Cell::dim("(✓)"));
        row.verdict = None;
        assert_eq!(mark(&row), Cell::dim("·"));
    }

    #[test]
    fn a_miss_says_what_it_more_likely_is() {
        let mut row = sample::check_row(&("cpu", "app", "avg", 60.0, "%"), 2.0, Some(CheckVerdict::Disagree));
        assert_eq!(mark(&row).text, "✗");
        for (cause, text) in [(Cause::Noise, "✗n"), (Cause::Saturation, "✗s"), (Cause::Model, "✗m")] {
            row.miss = Some(Miss { cause, why: String::new() });
            assert_eq!(mark(&row).text, text);
        }
    }

    #[test]
    fn equal_notes_share_a_footnote() {
        let report = sample::report(&["peak"]);
        let mut footnotes = Footnotes::default();
        let table = rows_by_family(&report.tests[0].rows, &mut footnotes);
        let rows = report.tests[0].rows.len();
        assert_eq!(table.rows.iter().filter(|row| row.len() > 1).count(), rows);
        assert!(footnotes.texts.len() < rows);
    }

    #[test]
    fn alternatives_stand_below_what_was_recorded() {
        let report = sample::report(&["peak"]);
        let test = &report.tests[1];
        let table = alternatives(test);
        let names: Vec<&str> = table.rows.iter().map(|row| row[0].text.as_str()).collect();
        assert_eq!(names[0], "recorded");
        assert!(names[1].starts_with("the model, over"), "{names:?}");
        assert!(names[2].starts_with("lifo"));
        assert_eq!(table.columns.len(), 1 + HEADLINES.len());
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
        let fifo = test.rows.iter().find(|row| row.key.stat == "p95" && row.key.scope.is_empty()).expect("sampled");
        assert_eq!(table.rows[1][2].text, value(fifo));
    }
}
