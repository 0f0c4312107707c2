//! Steps that use connections: queries, and transactions.

use super::flow::Writer;
use super::{CompileError, law::law};
use crate::engine::program::{AcquireSites, Op, Target};
use crate::model::{Law, Remote, Step, asks_for};

/// A connection held during some steps.
pub(super) struct Held {
    pub pool: u32,
    /// Statements on it may meet, and take turns.
    pub shared: bool,
}

impl Writer<'_, '_> {
    pub(super) fn query(&mut self, name: &str, pool: u32, cpu: &Law, time: &Law) {
        // Statements go to databases only.
        let Remote::Database(database_index) = self.b.model.pools[pool as usize].remote else { return };
        let database_index = database_index as usize;
        let own = self.held.iter().all(|held| held.pool != pool);
        if own {
            self.acquire(pool);
        }
        let shared = self.shared_level(pool);
        if let Some(level) = shared {
            self.seize(pool, level);
        }
        let database = &self.b.model.databases[database_index];
        let place = &self.stations.databases[database_index];
        let known = self.b.labels.queries.iter().position(|query| query == name);
        let lap = known.unwrap_or_else(|| {
            self.b.labels.queries.push(name.to_owned());
            self.b.program.laps += 1;
            self.b.labels.queries.len() - 1
        });
        // Those of attempts come first.
        let lap = self.b.labels.apis.len() + lap;
        self.b.emit(Op::Mark);
        let site = self.law_site(cpu, "query cpu", name);
        let work = law(cpu, self.b.inputs, 1.0 / database.speed);
        if !work.is_zero() {
            let law = self.b.law(work);
            self.b.emit(Op::Work { at: place.cores, law, site, part: place.part });
        }
        let words = format!("queries on {} beside its cpu", database.name);
        let site = self.law_site(time, "query time", name);
        let rest = law(time, self.b.inputs, 1.0);
        if !rest.is_zero() {
            let law = self.b.law(rest);
            let part = self.b.parts("", &words);
            self.b.emit(Op::Work { at: self.stations.delay, law, site, part });
        }
        self.b.emit(Op::Lap { lap: lap as u16 });
        self.turn();
        if let Some(level) = shared {
            self.b.emit(Op::HandOn { level });
        }
        if own {
            self.b.emit(Op::Release { at: self.permits(pool) });
        }
    }

    pub(super) fn permits(&self, pool: u32) -> Target {
        self.stations.pools[pool as usize][self.tier_index]
    }

    pub(super) fn acquire(&mut self, pool: u32) {
        let at = self.permits(pool);
        let pool = &self.b.model.pools[pool as usize];
        let part = self.b.parts(&format!("waiting for pool {}", pool.name), "");
        let open = self.law_site(&pool.connect, "connect", &pool.name);
        let patience = match &pool.acquire_timeout {
            Some(law) => self.law_site(law, "patience", &pool.name),
            None => 0,
        };
        let sites = AcquireSites { open, patience };
        let acquire = self.b.emit(Op::Acquire { at, failed: 0, part, sites });
        self.failing.push(acquire);
        self.turn();
    }

    pub(super) fn transaction(&mut self, pool: u32, steps: &[Step]) -> Result<(), CompileError> {
        if self.held.iter().any(|held| held.pool == pool) {
            return self.steps(steps);
        }
        self.acquire(pool);
        let shared = may_meet(steps, pool);
        if shared {
            self.b.emit(Op::Share);
        }
        self.held.push(Held { pool, shared });
        let outside = std::mem::take(&mut self.failing);
        self.steps(steps)?;
        self.held.pop();
        self.give_back(pool, shared);
        let inside = std::mem::replace(&mut self.failing, outside);
        if !inside.is_empty() {
            let over = self.b.emit(Op::Jump { to: 0 });
            self.land_at(&inside);
            self.turn();
            self.give_back(pool, shared);
            let away = self.b.emit(Op::Jump { to: 0 });
            self.failing.push(away);
            self.land_at(&[over]);
        }
        Ok(())
    }

    /// At the end of a transaction. Where statements may still be on their way, its last one waits its turn.
    fn give_back(&mut self, pool: u32, shared: bool) {
        if shared {
            self.seize(pool, 0);
            self.turn();
            self.b.emit(Op::HandOn { level: 0 });
            self.b.emit(Op::Unshare);
        }
        let at = self.permits(pool);
        self.b.emit(Op::Release { at });
    }

    fn seize(&mut self, pool: u32, level: u8) {
        let name = &self.b.model.pools[pool as usize].name;
        let part = self.b.parts(&format!("waiting for other statements on a connection of {name}"), "");
        self.b.emit(Op::Seize { level, part });
    }

    /// How many steps out from the innermost shared connection that of `pool` is; `None` if statements on
    /// it never meet.
    fn shared_level(&self, pool: u32) -> Option<u8> {
        let mut shared = self.held.iter().rev().filter(|held| held.shared);
        shared.position(|held| held.pool == pool).map(|level| level as u8)
    }
}

/// Whether two statements on one connection of the pool may be wanted at the same time: from branches, or
/// because the first goes on behind a deadline.
fn may_meet(steps: &[Step], pool: u32) -> bool {
    steps.iter().any(|step| match step {
        Step::Parallel { branches } => {
            branches.iter().filter(|steps| asks_for(steps, pool)).count() > 1
                || branches.iter().any(|steps| may_meet(steps, pool))
        }
        Step::Deadline { steps, .. } => asks_for(steps, pool),
        other => other.inside().into_iter().any(|steps| may_meet(steps, pool)),
    })
}
