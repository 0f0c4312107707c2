//! The table of caches on a prediction's page: one line per cache, one per keyspace.

use super::run_page::unique;
use super::run_tables::{Reader, Shown, whole};
use super::table::{Cell, Column, Table};
use crate::study::prediction::Prediction;

/// What was found, what is kept and what had to go.
pub fn caches(p: &Prediction, shown: &mut Shown) -> Table {
    let columns = ["hit ratio", "keys", "memory", "evictions", "expirations", "refused"].map(Column::numbers);
    let mut table = Table::new("", std::iter::once(Column::words("cache")).chain(columns).collect());
    let scopes = unique(whole(p).filter(|row| row.key.metric == "hit_ratio").map(|row| row.key.scope.as_str()));
    let mut reader = Reader::whole(p, shown);
    for scope in scopes {
        table.rows.push(vec![
            Cell::plain(scope),
            reader.interval("hit_ratio", scope, "avg"),
            reader.value("keys", scope, "avg"),
            reader.value("memory", scope, "avg"),
            reader.interval("evictions", scope, "count"),
            reader.value("expirations", scope, "count"),
            reader.value("writes_refused", scope, "count"),
        ]);
        // Shown in another form above.
        for (metric, stat) in
            [("keys", "max"), ("evictions", "rate"), ("expirations", "rate"), ("writes_refused", "rate")]
        {
            reader.row(metric, scope, stat);
        }
    }
    table.drop_absent();
    table
}
