//! Locks on rows.

use super::{Builder, Counted, CounterLabel, LockLabel};
use crate::distribution::popularity::{Popularity, Zipf};
use crate::engine::program::LockSpec;
use crate::model::{Cause, RowPopularity};

impl Builder<'_> {
    /// The locks of the model, and a count of deadlocks for each database that has any.
    pub(super) fn locks(&mut self) {
        for lock in &self.model.locks {
            let database = lock.database as usize;
            let counts = |label: &&CounterLabel| label.what == Counted::Deadlocks && label.database == database;
            let known = self.labels.counters.iter().find(counts).map(|label| label.counter as u32);
            let deadlocks = known.unwrap_or_else(|| self.counter(Counted::Deadlocks, database));
            let (waits, lap) = (self.program.counters, self.program.laps);
            self.program.counters += 3;
            self.program.laps += 1;
            self.labels.locks.push(LockLabel { name: lock.name.clone(), lap: lap as usize, waits: waits as usize });
            let uniform = Popularity::Uniform { keys: lock.keys };
            let popularity = match lock.popularity {
                RowPopularity::Uniform => uniform,
                RowPopularity::Zipf(exponent) => Zipf::new(lock.keys, exponent).map_or(uniform, Popularity::Zipf),
                RowPopularity::Hot { keys, .. } if keys == lock.keys => uniform,
                RowPopularity::Hot { keys, share } => {
                    Popularity::HotSet { keys: lock.keys, hot: keys, accesses: share }
                }
            };
            self.program.locks.push(LockSpec {
                keys: lock.keys,
                popularity,
                look_after: super::ns(self.model.databases[database].deadlock_timeout).max(1),
                patience: lock.timeout.map(super::ns),
                deadlock_cause: Cause::Deadlock as u8,
                timeout_cause: Cause::StatementTimeout as u8,
                deadlocks,
                lap: lap as u16,
                waits,
            });
        }
    }
}
