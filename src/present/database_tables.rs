//! Tables of what databases make requests wait for, and of what their replicas answer.

use super::run_page::unique;
use super::run_tables::{Reader, Shown, whole};
use super::table::{Cell, Column, Table};
use crate::study::prediction::Prediction;

/// One line per lock.
pub fn locks(p: &Prediction, shown: &mut Shown) -> Table {
    let names = ["asked for", "waits", "wait avg", "wait p95", "given up", "deadlocks"].map(Column::numbers);
    let mut table = Table::new("", std::iter::once(Column::words("rows")).chain(names).collect());
    let locks = unique(whole(p).filter(|row| row.key.metric == "lock_wait").map(|row| row.key.scope.as_str()));
    let mut reader = Reader::whole(p, shown);
    for lock in locks {
        table.rows.push(vec![
            Cell::plain(lock),
            reader.value("lock_wait", lock, "count"),
            reader.interval("lock_waits", lock, "rate"),
            reader.interval("lock_wait", lock, "avg"),
            reader.interval("lock_wait", lock, "p95"),
            reader.value("lock_timeouts", lock, "count"),
            reader.value("lock_deadlocks", lock, "count"),
        ]);
    }
    table.drop_absent();
    table
}

/// One line per database or cache whose replicas answer reads: how many of these were stale.
pub fn replicas(p: &Prediction, shown: &mut Shown) -> Table {
    let names = ["reads", "stale", "share of reads"].map(Column::numbers);
    let mut table = Table::new("", std::iter::once(Column::words("replicas of")).chain(names).collect());
    let scopes = unique(whole(p).filter(|row| row.key.metric == "replica_reads").map(|row| row.key.scope.as_str()));
    let mut reader = Reader::whole(p, shown);
    for scope in scopes {
        table.rows.push(vec![
            Cell::plain(scope),
            reader.value("replica_reads", scope, "rate"),
            reader.interval("stale_reads", scope, "rate"),
            reader.interval("stale_reads", scope, "share"),
        ]);
    }
    table.drop_absent();
    table
}
