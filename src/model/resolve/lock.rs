//! Locks on rows, and the steps that take them.

use super::names::{Resolver, all};
use crate::model::{Lock, RowPopularity, Step};
use crate::problem::quoted;
use crate::spec::flow::LockStep;
use crate::spec::lock::{LockSpec, PopularitySpec};
use crate::spec::number::Amount;
use crate::spec::reader::NamedEntry;

/// What a simulation still holds in memory.
const MOST_KEYS: u32 = 1_000_000;
const MOST_EXPONENT: f64 = 100.0;

impl Resolver<'_> {
    pub fn locks(&mut self) -> Option<Vec<Lock>> {
        all(&self.file.lock.entries, |entry| self.lock(entry))
    }

    fn lock(&mut self, entry: &NamedEntry<LockSpec>) -> Option<Lock> {
        self.check_name(entry, "a lock");
        let spec = entry.value.as_ref()?;
        let database = self.reference_or_only("database", &self.file.database, spec.database.as_ref(), spec.span);
        let keys = self.count(spec.keys.as_ref(), 1, MOST_KEYS, "a lock needs a row");
        let popularity = match &spec.popularity {
            None | Some(PopularitySpec::Uniform) => Some(RowPopularity::Uniform),
            Some(PopularitySpec::Zipf(zipf)) if zipf.zipf.value.0 > MOST_EXPONENT => {
                self.problem(zipf.zipf.span, format!("an exponent above {MOST_EXPONENT} is one key"));
                None
            }
            Some(PopularitySpec::Zipf(zipf)) => Some(RowPopularity::Zipf(zipf.zipf.value.0)),
            Some(PopularitySpec::Hot(hot)) => {
                let most = keys.unwrap_or(MOST_KEYS);
                let count = self.count(Some(&hot.hot), 1, most, "a hot set needs a key");
                let share = match hot.share.value.0 {
                    Amount::Known(share) => Some(share),
                    Amount::Range { .. } | Amount::Named(_) => {
                        self.problem(hot.share.span, "this share must be exact");
                        None
                    }
                };
                count.zip(share).map(|(keys, share)| RowPopularity::Hot { keys, share })
            }
        };
        let timeout = self.above_zero_seconds(spec.lock_timeout.as_ref(), "lock_timeout");
        let entry_of = database.and_then(|database| self.file.database.entries.get(database as usize)?.value.as_ref());
        Some(Lock {
            name: entry.name.value.clone(),
            database: database?,
            keys: keys?,
            popularity: popularity?,
            timeout: timeout?,
            statement_timeout: entry_of?.statement_timeout.as_ref().map(|time| time.value.0),
        })
    }

    pub fn lock_step(&mut self, spec: &LockStep, depth: usize) -> Option<Step> {
        let lock = self.reference("lock", &self.file.lock, &spec.lock);
        let steps = spec.steps.as_ref().map_or(Some(Vec::new()), |steps| self.steps(steps, depth + 1));
        // The innermost transaction holds it.
        let Some(&pool) = self.transactions.last() else {
            let what = format!("the lock {} is taken outside of a transaction", quoted(&spec.lock.value));
            let hint = "it is held until the transaction around it is over";
            self.problem_with_hint(spec.span, what, hint);
            return None;
        };
        Some(Step::Lock { lock: lock?, pool, steps: steps? })
    }
}
