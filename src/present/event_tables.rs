//! Tables of what comes, goes and happens in the middle of a test, and of what tiers let in.

use super::number::{self, ABSENT};
use super::run_page::unique;
use super::run_tables::{Reader, Shown, whole};
use super::table::{Cell, Column, Table};
use crate::study::prediction::Prediction;

const HOUR_S: f64 = 3600.0;

/// One line per event: when, what, and how long it is felt. Of a test without events that of a load that falls again.
pub fn events(p: &Prediction, shown: &mut Shown) -> Table {
    let columns = vec![
        Column::numbers("at"),
        Column::words("event"),
        Column::words(""),
        Column::numbers("felt for"),
        Column::numbers("runs recovered"),
    ];
    let mut table = Table::new("", columns);
    let mut reader = Reader::whole(p, shown);
    let planned = p.events.iter().map(|event| {
        let at = number::with_unit(event.at_s, "s");
        (event.scope.as_str(), at, event.what.as_str(), event.about.as_str())
    });
    let of_load = p.events.is_empty().then_some(("load", ABSENT.to_owned(), "the load falls again", ""));
    for (scope, at, what, about) in planned.chain(of_load) {
        let felt = reader.interval("recovery_time", scope, "value");
        let Some(recovered) = reader.row("recovery_time", scope, "recovered") else { continue };
        let recovered = number::with_unit(recovered.estimate.value, recovered.unit);
        table.rows.push(vec![Cell::plain(at), Cell::plain(what), Cell::dim(about), felt, Cell::plain(recovered)]);
    }
    // The longest of them.
    for stat in ["value", "recovered"] {
        reader.row("recovery_time", "", stat);
    }
    table.drop_absent();
    table
}

/// One line per tier whose instances come and go.
pub fn instances(p: &Prediction, shown: &mut Shown) -> Table {
    let names = ["up avg", "least", "most", "desired", "most", "pending", "most", "instance-hours"];
    let columns = std::iter::once(Column::words("tier")).chain(names.map(Column::numbers)).collect();
    let mut table = Table::new("", columns);
    let tiers = unique(whole(p).filter(|row| row.key.metric == "replicas").map(|row| row.key.scope.as_str()));
    let mut reader = Reader::whole(p, shown);
    for tier in tiers {
        let hours = reader.row("replica_time", tier, "sum").map_or(ABSENT.to_owned(), |row| {
            let [value, low, high] =
                [row.estimate.value, row.estimate.low, row.estimate.high].map(|seconds| seconds / HOUR_S);
            number::interval(value, low, high, "h")
        });
        table.rows.push(vec![
            Cell::plain(tier),
            reader.interval("replicas", tier, "avg"),
            reader.value("replicas", tier, "min"),
            reader.value("replicas", tier, "max"),
            reader.value("replicas_desired", tier, "avg"),
            reader.value("replicas_desired", tier, "max"),
            reader.value("replicas_pending", tier, "avg"),
            reader.value("replicas_pending", tier, "max"),
            Cell::plain(hours),
        ]);
    }
    table.drop_absent();
    table
}

/// One line per tier that says how much it lets in: who is inside, who waits, who is refused and why.
pub fn admission(p: &Prediction, shown: &mut Shown) -> Table {
    let names = ["inside avg", "most", "waiting avg", "most", "shed", "queue_full", "request_timeout"];
    let columns = std::iter::once(Column::words("tier")).chain(names.map(Column::numbers)).collect();
    let mut table = Table::new("", columns);
    let tiers = unique(whole(p).filter(|row| row.key.metric == "requests_admitted").map(|row| row.key.scope.as_str()));
    let mut reader = Reader::whole(p, shown);
    for tier in tiers {
        let [shed, full, late] = ["shed", "queue_full", "request_timeout"].map(|cause| {
            let scope = format!("{tier} {cause}");
            // Told by its count.
            reader.row("requests_refused", &scope, "rate");
            reader.interval("requests_refused", &scope, "count")
        });
        table.rows.push(vec![
            Cell::plain(tier),
            reader.value("requests_admitted", tier, "avg"),
            reader.value("requests_admitted", tier, "max"),
            reader.value("requests_waiting", tier, "avg"),
            reader.value("requests_waiting", tier, "max"),
            shed,
            full,
            late,
        ]);
    }
    table.drop_absent();
    table
}
