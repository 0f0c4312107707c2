//! Measured values for a law, from a column of a CSV file.

use super::names::Resolver;
use crate::problem::{quoted, suggest};
use crate::spec::law::{LawTable, TimeUnit};
use crate::spec::node::Span;
use crate::spec::reader::At;
use crate::spec::text;
use crate::units::{self, Kind};

/// More would not sharpen a law, and take memory in every replication.
const MOST_SAMPLES: usize = 1_000_000;

impl Resolver<'_> {
    /// The values in seconds, sorted.
    pub fn samples(&mut self, table: &LawTable, file: &At<String>) -> Option<Vec<f64>> {
        let (Some(column), Some(unit)) = (&table.column, &table.unit) else {
            let missing = if table.column.is_none() { "column" } else { "unit" };
            let hint = match missing {
                "column" => "add column = \"duration_ms\"",
                _ => "add unit = \"ms\" (or \"s\", \"us\", \"ns\")",
            };
            self.problem_with_hint(table.span, format!("samples need the key {}", quoted(missing)), hint);
            return None;
        };
        let read = read_values(self.dir, table, &file.value, column, unit.value);
        match read {
            Ok(mut values) => {
                values.sort_by(f64::total_cmp);
                Some(values)
            }
            Err((span, what, hint)) => {
                self.refuse_file(file, span, what, hint);
                None
            }
        }
    }

    /// Notes what is wrong with a file that the model names.
    pub fn refuse_file(&mut self, file: &At<String>, span: Option<Span>, what: String, hint: Option<String>) {
        match hint {
            Some(hint) => self.problem_with_hint(span.unwrap_or(file.span), what, hint),
            None => self.problem(span.unwrap_or(file.span), what),
        }
    }
}

/// Place if other than the file's name, what, and a hint.
pub(super) type Refused = (Option<Span>, String, Option<String>);

fn read_values(
    dir: &std::path::Path,
    table: &LawTable,
    file: &str,
    column: &At<String>,
    unit: TimeUnit,
) -> Result<Vec<f64>, Refused> {
    let plain = |what: String| (None, what, None);
    let text = text::read_file(&dir.join(file)).map_err(|problem| plain(format!("{file}: {}", problem.what)))?;
    let mut rows = csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = rows.headers().map_err(|error| plain(format!("{file}: {error}")))?.clone();
    let find = |name: &str, span: Span| {
        header.iter().position(|known| known == name).ok_or_else(|| {
            (Some(span), format!("{file} has no column {}", quoted(name)), Some(suggest(name, "column", header.iter())))
        })
    };
    let position = find(&column.value, column.span)?;
    let filters = table.filter.as_ref().map_or(&[][..], |filter| &filter.entries);
    let mut wanted = Vec::new();
    for filter in filters {
        if let Some(value) = &filter.value {
            wanted.push((find(&filter.name.value, filter.name.span)?, value.0.as_str()));
        }
    }
    let mut values = Vec::new();
    for row in rows.records() {
        let row = row.map_err(|error| plain(format!("{file}: {error}")))?;
        if wanted.iter().any(|(position, value)| row.get(*position) != Some(value)) {
            continue;
        }
        let cell = row.get(position).unwrap_or("");
        let line = row.position().map_or(0, csv::Position::line);
        let value = seconds(cell, unit)
            .ok_or_else(|| plain(format!("{file}:{line}: {} is not a time of at least 0", quoted(cell))))?;
        values.push(value);
        if values.len() > MOST_SAMPLES {
            return Err(plain(format!("{file} has more than {MOST_SAMPLES} values")));
        }
    }
    if values.is_empty() {
        return Err(plain(format!("{file} has no rows that fit")));
    }
    Ok(values)
}

/// Calls `with` for each cell of a column of a CSV file.
pub(super) fn each_cell(
    dir: &std::path::Path,
    file: &str,
    column: &At<String>,
    with: &mut dyn FnMut(&str),
) -> Result<(), Refused> {
    let plain = |what: String| (None, what, None);
    let text = text::read_file(&dir.join(file)).map_err(|problem| plain(format!("{file}: {}", problem.what)))?;
    let mut rows = csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = rows.headers().map_err(|error| plain(format!("{file}: {error}")))?.clone();
    let position = header.iter().position(|known| known == column.value).ok_or_else(|| {
        let hint = suggest(&column.value, "column", header.iter());
        (Some(column.span), format!("{file} has no column {}", quoted(&column.value)), Some(hint))
    })?;
    for row in rows.records() {
        with(row.map_err(|error| plain(format!("{file}: {error}")))?.get(position).unwrap_or(""));
    }
    Ok(())
}

fn seconds(cell: &str, unit: TimeUnit) -> Option<f64> {
    let value = units::from_bare(Kind::Number, cell.parse().ok()?).ok()?;
    Some(match unit {
        TimeUnit::Seconds => value,
        TimeUnit::Milliseconds => value / 1e3,
        TimeUnit::Microseconds => value / 1e6,
        TimeUnit::Nanoseconds => value / 1e9,
    })
}
