//! The table of external APIs and rate limits on a prediction's page.

use super::run_page::unique;
use super::run_tables::{Reader, Shown, whole};
use super::table::{Cell, Column, Table};
use crate::study::prediction::Prediction;

/// One line per API, and one per rate limit of our own.
pub fn apis(p: &Prediction, shown: &mut Shown) -> Table {
    let names = ["attempts", "per call", "p50", "p95", "refused", "limit used", "breaker open"].map(Column::numbers);
    let mut table = Table::new("", std::iter::once(Column::words("api")).chain(names).collect());
    let scopes = |metric: &'static str| {
        unique(whole(p).filter(|row| row.key.metric == metric).map(|row| row.key.scope.as_str()))
    };
    let (apis, limits) = (scopes("api_attempts"), scopes("rate_limit"));
    let mut reader = Reader::whole(p, shown);
    for scope in apis {
        // Told by those of the attempts.
        reader.row("api_latency", scope, "count");
        table.rows.push(vec![
            Cell::plain(scope),
            reader.value("api_attempts", scope, "rate"),
            reader.interval("api_attempts", scope, "avg"),
            reader.value("api_latency", scope, "p50"),
            reader.interval("api_latency", scope, "p95"),
            reader.value("api_rejected", scope, "rate"),
            reader.value("api_rate_limit", scope, "avg"),
            reader.value("breaker_open", scope, "avg"),
        ]);
    }
    for scope in limits {
        let mut cells = vec![Cell::plain(format!("limit {scope}"))];
        cells.extend((0..4).map(|_| Cell::plain(super::number::ABSENT)));
        cells.push(reader.value("rate_limit_refused", scope, "rate"));
        cells.push(reader.value("rate_limit", scope, "avg"));
        cells.push(Cell::plain(super::number::ABSENT));
        table.rows.push(cells);
    }
    table.drop_absent();
    table
}
