//! Results as tidy tables with raw numbers, for other programs: one figure per line, in the
//! contract's names and units, in 12 significant digits, nothing where a number does not exist.
//!
//! The table of a prediction is itself a recording: its columns are those that readers accept.

use super::number::machine;
use super::table::{Cell, Column, Table};
use super::verdicts::status_word;
use crate::study::check_result::{CheckReport, CheckRow, CheckTest, CheckVerdict};
use crate::study::instant::Zone;
use crate::study::prediction::{Key, Prediction, Verdict};

/// Columns that say which figure it is, and columns of what was recorded.
const FIGURE: usize = 5;
const RECORDED: usize = 3;

/// Every predicted figure: value and 95 % prediction interval.
#[must_use]
pub fn prediction_table(p: &Prediction) -> Table {
    let names = ["metric", "scope", "stat", "from_s", "to_s", "value", "low", "high", "unit", "source"];
    let mut table = Table::new("", names.map(Column::words).into());
    let source = format!("plimsoll {}, model {}, seed {}", env!("CARGO_PKG_VERSION"), p.model, p.seed);
    for row in p.metrics.iter().filter(|row| row.estimate.value.is_finite()) {
        let numbers = [row.estimate.value, row.estimate.low, row.estimate.high].map(Some);
        let mut cells = figure(&row.key);
        cells.extend(numbers.map(number));
        cells.extend([Cell::plain(row.unit), Cell::plain(&source)]);
        table.rows.push(cells);
    }
    table
}

/// Every row of a check, recorded and predicted; then every objective of its tests.
#[must_use]
pub fn check_table(report: &CheckReport) -> Table {
    let names = [
        "test",
        "metric",
        "scope",
        "stat",
        "from_s",
        "to_s",
        "recorded",
        "recorded_low",
        "recorded_high",
        "predicted",
        "low",
        "high",
        "relative_error",
        "unit",
        "verdict",
        "scored",
        "note",
        "slo",
        "bound",
        "probability",
        "model",
        "zone",
        "load",
        "miss",
        "why",
    ];
    let mut table = Table::new("", names.map(Column::words).into());
    for test in &report.tests {
        for row in &test.rows {
            let verdict = match row.verdict {
                Some(CheckVerdict::Agree) => "agree",
                Some(CheckVerdict::Disagree) => "disagree",
                Some(CheckVerdict::Impossible) => "impossible",
                None => "",
            };
            let numbers = [
                row.recorded,
                row.recorded_low,
                row.recorded_high,
                row.predicted,
                row.low,
                row.high,
                row.relative_error,
            ];
            let mut cells = vec![Cell::plain(&test.test)];
            cells.extend(figure(&row.key));
            cells.extend(numbers.map(number));
            cells.extend([row.unit, verdict, if row.scored { "true" } else { "false" }, &row.note].map(Cell::plain));
            cells.extend([""; 3].map(Cell::plain));
            cells.extend(refereed(&report.model, row));
            table.rows.push(cells);
        }
    }
    for test in report.judged() {
        for verdict in &test.verdicts {
            let mut cells = judged(test, verdict);
            cells.push(Cell::plain(&report.model));
            cells.resize(table.columns.len(), Cell::plain(""));
            table.rows.push(cells);
        }
    }
    table
}

/// Whose row it is, where its load stands, and what a miss more likely is.
fn refereed(model: &str, row: &CheckRow) -> [Cell; 5] {
    let (cause, why) = row.miss.as_ref().map_or(("", ""), |miss| (miss.cause.word(), miss.why.as_str()));
    let zone = row.zone.map_or("", Zone::word);
    [Cell::plain(model), Cell::plain(zone), number(row.load), Cell::plain(cause), Cell::plain(why)]
}

/// A verdict in the columns of a check: nothing was recorded, and the objective says what it is of.
fn judged(test: &CheckTest, verdict: &Verdict) -> Vec<Cell> {
    let mut cells = vec![Cell::plain(&test.test)];
    cells.resize(1 + FIGURE + RECORDED, Cell::plain(""));
    cells.extend([verdict.value, verdict.low, verdict.high, f64::NAN].map(|value| number(Some(value))));
    let wished = if verdict.wished { "only wished for" } else { "" };
    cells.extend([verdict.unit, status_word(verdict.status), "false", wished, &verdict.slo].map(Cell::plain));
    cells.extend([verdict.bound, verdict.probability].map(|value| number(Some(value))));
    cells
}

fn figure(key: &Key) -> Vec<Cell> {
    let mut cells = vec![Cell::plain(&key.metric), Cell::plain(&key.scope), Cell::plain(&key.stat)];
    cells.extend([key.from_s, key.to_s].map(number));
    cells
}

/// The shortest text of a number for other programs.
fn number(value: Option<f64>) -> Cell {
    Cell::plain(value.filter(|value| value.is_finite()).map_or(String::new(), |value| machine(value).to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_prediction_reads_back_as_the_recording_it_looks_like() {
        let mut p = sample::prediction("peak");
        p.metrics[0].estimate.value = 1.0 / 3.0;
        p.metrics[1].estimate.value = f64::NAN;
        let mut bytes = Vec::new();
        prediction_table(&p).write_csv(&mut bytes).expect("memory");
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().expect("a header").clone();
        assert_eq!(
            header.iter().collect::<Vec<_>>().join(","),
            "metric,scope,stat,from_s,to_s,value,low,high,unit,source"
        );
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a record")).collect();
        assert_eq!(rows.len(), p.metrics.len() - 1, "a figure without a value is no observation");
        assert_eq!(rows[0][5].parse(), Ok(0.333_333_333_333));
    }

    #[test]
    fn a_check_has_one_line_per_row_and_objective() {
        let report = sample::report(&["peak"]);
        let table = check_table(&report);
        let lines = report.tests.iter().map(|test| test.rows.len() + test.verdicts.len());
        assert_eq!(table.rows.len(), lines.sum::<usize>());
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
    }
}
