//! The table of memory and garbage collection: one line per tier that says what it keeps or collects.

use super::run_page::unique;
use super::run_tables::{Reader, Shown, whole};
use super::table::{Cell, Column, Table};
use crate::study::prediction::Prediction;

/// Memory of each host, kills for want of it, and pauses.
pub fn memory(p: &Prediction, shown: &mut Shown) -> Table {
    let names = [
        "memory",
        "at first",
        "at the end",
        "growth",
        "most",
        "kills",
        "first",
        "minor GCs",
        "major",
        "pause",
        "longest",
    ];
    let columns = std::iter::once(Column::words("tier")).chain(names.map(Column::numbers)).collect();
    let mut table = Table::new("", columns);
    let tells = |metric: &str| metric == "out_of_memory" || metric == "gc";
    let scopes = unique(whole(p).filter(|row| tells(&row.key.metric)).map(|row| row.key.scope.as_str()));
    let mut reader = Reader::whole(p, shown);
    for scope in scopes {
        let cells = [
            reader.value("memory", scope, "avg"),
            reader.value("memory", scope, "start"),
            reader.value("memory", scope, "end"),
            reader.interval("memory", scope, "growth"),
            reader.value("memory", scope, "max"),
            reader.value("out_of_memory", scope, "count"),
            reader.interval("out_of_memory", scope, "first"),
            reader.value("gc", scope, "minor count"),
            reader.value("gc", scope, "major count"),
            reader.value("gc", scope, "pause avg"),
            reader.value("gc", scope, "pause max"),
        ];
        table.rows.push(std::iter::once(Cell::plain(scope)).chain(cells).collect());
    }
    table.drop_absent();
    table
}
