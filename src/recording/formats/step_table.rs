//! A table of steps: what a program made of its own spans. Columns `endpoint`, `step`, `count`, `mean_ms` and percentiles such as
//! `p50_ms`; others are left out.

use crate::recording::figures::Figures;
use crate::recording::stream::fields::{Header, field, split};
use crate::recording::stream::names::as_scope;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

/// Whether this is the header of such a table.
pub fn recognise(header: &Header) -> bool {
    header.has(&["endpoint", "step", "count", "mean_ms"])
}

pub fn read(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::StepTable);
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let header = Header::of(lines.next().map_or("", |(_, line)| line).as_bytes());
    let stats: Vec<(usize, String)> = header
        .names()
        .iter()
        .enumerate()
        .filter_map(|(place, name)| Some((place, stat(name.strip_suffix("_ms")?)?)))
        .collect();
    for (index, line) in lines {
        let fields = split(line.as_bytes(), header.delimiter);
        let number = |place: Option<usize>| {
            let text = std::str::from_utf8(field(&fields, place)).ok()?;
            text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
        };
        let count = number(header.place(&["count"]));
        let (Some(count), true) = (count, fields.len() == header.names().len()) else {
            figures.notes.push(format!("line {} could not be read and is left out", index + 1));
            continue;
        };
        let text = |column: &str| as_scope(field(&fields, header.place(&[column])));
        let scope = format!("{} {}", text("endpoint"), text("step"));
        figures.add("step_duration", &scope, "count", count, Unit::One);
        for (place, stat) in &stats {
            figures.add("step_duration", &scope, stat, number(Some(*place)), Unit::Milliseconds);
        }
    }
    figures.recording()
}

/// The statistic of a column.
fn stat(name: &str) -> Option<String> {
    match name {
        "mean" => Some("avg".to_owned()),
        "min" | "max" => Some(name.to_owned()),
        percent => percent.strip_prefix('p')?.parse::<f64>().ok().map(|_| percent.to_owned()),
    }
}
