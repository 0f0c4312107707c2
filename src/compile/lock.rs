//! Locks on rows.

use super::{Builder, Counted};
use crate::distribution::popularity::Popularity;
use crate::engine::program::LockSpec;
use crate::model::{Cause, KeyPopularity};

impl Builder<'_> {
    /// The locks of the model, and a count of deadlocks for each database that has any.
    pub(super) fn locks(&mut self) {
        for lock in &self.model.locks {
            let database = lock.database as usize;
            let known = self
                .labels
                .counters
                .iter()
                .position(|label| label.what == Counted::Deadlocks && label.database == database);
            let deadlocks = known.map_or_else(|| self.counter(Counted::Deadlocks, database), |known| known as u16);
            let popularity = match lock.popularity {
                KeyPopularity::Uniform => Popularity::Uniform { keys: lock.keys },
                KeyPopularity::Zipf(exponent) => Popularity::zipf(lock.keys, exponent),
                KeyPopularity::Hot { keys, share } => Popularity::Hot { keys: lock.keys, hot: keys, share },
            };
            self.program.locks.push(LockSpec {
                keys: lock.keys,
                popularity,
                look_after: super::ns(self.model.databases[database].deadlock_timeout).max(1),
                patience: lock.timeout.map(super::ns),
                deadlock_cause: Cause::Deadlock as u8,
                timeout_cause: Cause::StatementTimeout as u8,
                deadlocks,
            });
        }
    }
}
