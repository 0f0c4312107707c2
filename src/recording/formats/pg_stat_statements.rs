//! PostgreSQL's `pg_stat_statements` as CSV, of any version: calls and times of each statement.
//!
//! Times are what the server took, locks and disk included, the network and the wait for a connection not. A row counts
//! since the statistics were last reset: take it over a test only.

use std::collections::HashMap;

use crate::recording::figures::Figures;
use crate::recording::stream::fields::{Header, field, is_open, split};
use crate::recording::stream::names::as_scope;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

/// Characters of a statement that name it.
const LONGEST: usize = 80;

/// Calls and times of a statement, ms.
#[derive(Clone, Copy, Default)]
struct Statement {
    calls: f64,
    total: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

pub fn read(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::PgStatStatements);
    let mut records = records(text).into_iter();
    let header = Header::of(records.next().map_or(String::new(), |(_, line)| line).as_bytes());
    let (mut order, mut all, mut broken) = (Vec::new(), HashMap::new(), Vec::new());
    for (line, record) in records {
        let fields = split(record.as_bytes(), header.delimiter);
        let number = |names: &[&str]| {
            let text = std::str::from_utf8(field(&fields, header.place(names))).ok()?;
            text.parse().ok().filter(|number: &f64| number.is_finite())
        };
        let (Some(calls), true) = (number(&["calls"]), fields.len() == header.names().len()) else {
            broken.push(line.to_string());
            continue;
        };
        let query = short(&as_scope(field(&fields, header.place(&["query"]))));
        let statement: &mut Statement = all.entry(query.clone()).or_insert_with(|| {
            order.push(query);
            Statement::default()
        });
        let total = number(&["total_exec_time", "total_time"]);
        let total = total.or_else(|| Some(number(&["mean_exec_time", "mean_time"])? * calls));
        statement.calls += calls;
        statement.total = total.map(|total| total + statement.total.unwrap_or(0.0));
        let (min, max) = (number(&["min_exec_time", "min_time"]), number(&["max_exec_time", "max_time"]));
        statement.min = min.map(|min| min.min(statement.min.unwrap_or(f64::INFINITY)));
        statement.max = max.map(|max| max.max(statement.max.unwrap_or(0.0)));
    }
    for query in order {
        let statement = all.get(&query).copied().unwrap_or_default();
        figures.add("query_count", &query, "count", statement.calls, Unit::One);
        let mean = statement.total.filter(|_| statement.calls > 0.0).map(|total| total / statement.calls);
        figures.durations("query_duration", &query, [("avg", mean), ("min", statement.min), ("max", statement.max)]);
    }
    if !broken.is_empty() {
        broken.truncate(5);
        figures.notes.push(format!("lines that could not be read are left out (line {})", broken.join(", ")));
    }
    figures.notes.push(
        "counted since the statistics were reset; wall time in the server, without the wait for a connection".into(),
    );
    figures.recording()
}

/// Records with the lines they begin in; a statement may go over several lines.
fn records(text: &str) -> Vec<(usize, String)> {
    let mut records: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        match records.last_mut().filter(|_| open) {
            Some((_, begun)) => {
                begun.push('\n');
                begun.push_str(line);
            }
            None if line.trim().is_empty() => continue,
            None => records.push((index + 1, line.to_owned())),
        }
        open ^= is_open(line.as_bytes());
    }
    records
}

fn short(query: &str) -> String {
    match query.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &query[..end]),
        None => query.to_owned(),
    }
}
