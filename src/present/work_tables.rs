//! Tables of jobs, flows and measured parts.

use super::run_page::unique;
use super::run_tables::{Reader, Shown, says_something, whole};
use super::table::{Cell, Column, Table};
use crate::study::prediction::Prediction;

/// One line per queue.
pub fn queues(p: &Prediction, shown: &mut Shown) -> Table {
    let names = [
        "enqueued",
        "done",
        "failed",
        "wait avg",
        "wait p95",
        "end to end p50",
        "p95",
        "running",
        "waiting",
        "at the end",
    ];
    let columns = std::iter::once(Column::words("queue")).chain(names.map(Column::numbers)).collect();
    let mut table = Table::new("", columns);
    let queues = unique(whole(p).filter(|row| row.key.metric == "jobs_enqueued").map(|row| row.key.scope.as_str()));
    let mut reader = Reader::whole(p, shown);
    for queue in queues {
        let cells = [
            reader.value("jobs_enqueued", queue, "count"),
            reader.value("jobs_completed", queue, "count"),
            reader.value("jobs_failed", queue, "count"),
            reader.value("job_wait", queue, "avg"),
            reader.value("job_wait", queue, "p95"),
            reader.value("job_duration", queue, "p50"),
            reader.interval("job_duration", queue, "p95"),
            reader.value("jobs_running", queue, "avg"),
            reader.value("jobs_waiting", queue, "avg"),
            reader.value("jobs_waiting", queue, "end"),
        ];
        table.rows.push(std::iter::once(Cell::plain(queue)).chain(cells).collect());
    }
    table.drop_absent();
    table
}

/// One line per flow, and per measured part that ever ended.
pub fn flows(p: &Prediction, shown: &mut Shown) -> Table {
    let names = ["begun", "ended", "succeed", "avg", "p50", "p95"];
    let columns = std::iter::once(Column::words("flow or part")).chain(names.map(Column::numbers)).collect();
    let mut table = Table::new("", columns);
    for kind in ["flow", "step"] {
        let (started, duration) = (format!("{kind}_started"), format!("{kind}_duration"));
        let success = format!("{kind}_success");
        let scopes = unique(whole(p).filter(|row| row.key.metric == duration).map(|row| row.key.scope.as_str()));
        let mut reader = Reader::whole(p, shown);
        for scope in scopes {
            let cells = [
                reader.value(&started, scope, "count"),
                reader.value(&duration, scope, "count"),
                reader.interval(&success, scope, "rate"),
                reader.value(&duration, scope, "avg"),
                reader.value(&duration, scope, "p50"),
                reader.interval(&duration, scope, "p95"),
            ];
            if says_something(&cells) {
                table.rows.push(std::iter::once(Cell::plain(scope)).chain(cells).collect());
            }
        }
    }
    table.drop_absent();
    table
}
