//! The table of machines whose cores are not always to be had: one line per kind.

use super::run_page::unique;
use super::run_tables::{Reader, Shown, whole};
use super::table::{Cell, Column, Table};
use crate::study::prediction::Prediction;

/// For how long they were held back, and their CPU credits.
pub fn machines(p: &Prediction, shown: &mut Shown) -> Table {
    let names =
        ["throttled", "worst second", "credits at first", "least", "at the end", "none from", "surplus", "charge"];
    let columns = std::iter::once(Column::words("machine")).chain(names.map(Column::numbers)).collect();
    let mut table = Table::new("", columns);
    let scopes = unique(whole(p).filter(|row| row.key.metric == "cpu_throttled").map(|row| row.key.scope.as_str()));
    let mut reader = Reader::whole(p, shown);
    for scope in scopes {
        let cells = [
            reader.interval("cpu_throttled", scope, "avg"),
            reader.value("cpu_throttled", scope, "max"),
            reader.value("credits", scope, "start"),
            reader.value("credits", scope, "min"),
            reader.interval("credits", scope, "end"),
            reader.interval("credits", scope, "dry"),
            reader.interval("credits", scope, "surplus"),
            reader.interval("credits", scope, "charge"),
        ];
        table.rows.push(std::iter::once(Cell::plain(scope)).chain(cells).collect());
    }
    table.drop_absent();
    table
}
