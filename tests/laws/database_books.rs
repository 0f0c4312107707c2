//! Books of databases that balance: replicas, locks, connections.

use plimsoll::compile::{Counted, Labels};
use plimsoll::measure::{Histogram, Measurements};
use plimsoll::model::{Model, Quantity, Shape};

use crate::books::all;

/// How often something was counted.
pub fn counted(m: &Measurements, counter: usize) -> u64 {
    m.counts.iter().skip(counter).step_by(m.shape.counters).map(|&n| u64::from(n)).sum()
}

/// What is late was read, and who gave up had waited.
pub fn replicas_and_locks_are_counted(m: &Measurements, labels: &Labels) {
    for feed in &labels.feeds {
        assert!(counted(m, feed.reads + 1) <= counted(m, feed.reads), "{}", feed.name);
    }
    for lock in &labels.locks {
        let waits: Vec<Histogram> = m.laps.iter().skip(lock.lap).step_by(m.shape.laps).cloned().collect();
        let [waited, late, victims] = [0, 1, 2].map(|place| counted(m, lock.waits + place));
        assert!(late + victims <= waited, "{}: {late} and {victims} of {waited}", lock.name);
        // Those that still wait at the end have no length yet.
        let long = all(&waits).count() - all(&waits).count_below(1) as u64;
        assert!(long <= waited, "{}: {long} of {waited}", lock.name);
    }
}

pub fn note_databases(m: &Measurements, labels: &Labels, note: &mut impl FnMut(String)) {
    if labels.feeds.iter().any(|feed| counted(m, feed.reads + 1) > 0) {
        note("stale read".into());
    }
    let opened = labels.counters.iter().filter(|label| label.what == Counted::Connections);
    if opened.map(|label| counted(m, label.counter)).sum::<u64>() > 0 {
        note("connection opened".into());
    }
    if labels.locks.iter().any(|lock| counted(m, lock.waits) > 0) {
        note("wait for a row".into());
    }
}

/// Work of each database to open a connection, seconds; it is the same each time.
pub fn connect_cpu(model: &Model) -> f64 {
    match model.databases[0].connect_cpu.shape {
        Shape::Constant(Quantity::Known(seconds)) => seconds,
        _ => 0.0,
    }
}
