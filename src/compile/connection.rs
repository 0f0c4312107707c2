//! Connections as instructions: taken, held during transactions, behind a pooler one to the server, given back.

use super::{CompileError, flow::Writer};
use crate::engine::program::{AcquireSites, Op, Target};
use crate::model::{PoolerMode, Step, asks_for};

/// A connection held during some steps.
pub(super) struct Held {
    pub pool: u32,
    /// Statements on it may meet, and take turns.
    pub shared: bool,
    /// Tells the transaction from all others.
    pub transaction: u32,
}

/// A shared connection seized for a statement.
pub(super) struct Seized {
    level: u8,
    /// What failed before it was seized.
    outside: Vec<usize>,
}

impl Writer<'_, '_> {
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

    /// Behind a pooler: a connection to the server, if the one of the pool has none yet. If there is
    /// none in time, the pooler disconnects the client.
    pub(super) fn server(&mut self, pool: u32) {
        let Some(pooler) = self.b.model.pools[pool as usize].pooler else { return };
        let (at, server) = (self.permits(pool), self.stations.poolers[pooler as usize]);
        let words = format!("waiting for pooler {}", self.b.model.poolers[pooler as usize].name);
        let part = self.b.parts(&words, "");
        let linked = self.b.emit(Op::Linked { at, yes: 0 });
        let open = self.site("connect", &self.b.model.poolers[pooler as usize].name);
        let sites = AcquireSites { open, patience: 0 };
        let acquire = self.b.emit(Op::Acquire { at: server, failed: 0, part, sites });
        self.b.emit(Op::Link { at });
        let over = self.b.emit(Op::Jump { to: 0 });
        self.land_at(&[acquire]);
        self.b.emit(Op::Spoil { at });
        let away = self.b.emit(Op::Jump { to: 0 });
        self.failing.push(away);
        self.land_at(&[linked, over]);
    }

    /// Whether a connection of the pool is held here.
    pub(super) fn holds(&self, pool: u32) -> bool {
        self.held.iter().any(|held| held.pool == pool)
    }

    pub(super) fn transaction(&mut self, pool: u32, steps: &[Step]) -> Result<(), CompileError> {
        if self.holds(pool) {
            return self.steps(steps);
        }
        self.acquire(pool);
        let shared = may_meet(steps, pool) || locks_in_branch(steps, pool);
        if shared {
            self.b.emit(Op::Share);
        }
        self.b.transactions += 1;
        let transaction = self.b.transactions;
        self.held.push(Held { pool, shared, transaction });
        let outside = std::mem::take(&mut self.failing);
        self.steps(steps)?;
        self.unbroken(pool);
        let held = self.held.pop();
        self.give_back(pool, outside, held.as_ref());
        Ok(())
    }

    /// Gives the connection back, also on the way of those that failed while they held it: these are
    /// rolled back and go on to the place of failure outside. `transaction`: one is over;
    /// else a statement alone.
    pub(super) fn give_back(&mut self, pool: u32, outside: Vec<usize>, transaction: Option<&Held>) {
        let database = self.b.model.pools[pool as usize].database();
        let counters = database.map(|database| {
            let place = &self.stations.databases[database as usize];
            (place.transactions, place.rollbacks)
        });
        let shared = transaction.map(|held| held.shared);
        self.end(pool, shared);
        if let Some(held) = transaction {
            self.commit(pool, held.transaction, true);
        }
        if let (Some((transactions, _)), Some(_)) = (counters, transaction) {
            self.b.emit(Op::Count { counter: transactions });
        }
        let inside = std::mem::replace(&mut self.failing, outside);
        if !inside.is_empty() {
            let over = self.b.emit(Op::Jump { to: 0 });
            self.land_at(&inside);
            if let Some((transactions, rollbacks)) = counters {
                self.b.emit(Op::Count { counter: rollbacks });
                self.b.emit(Op::Count { counter: transactions });
            }
            self.turn();
            self.end(pool, shared);
            if let Some(held) = transaction {
                self.commit(pool, held.transaction, false);
            }
            let away = self.b.emit(Op::Jump { to: 0 });
            self.failing.push(away);
            self.land_at(&[over]);
        }
    }

    /// The end of a transaction or of a statement alone. Where statements may still be on their way, the
    /// last one of a transaction waits its turn.
    fn end(&mut self, pool: u32, transaction: Option<bool>) {
        if transaction == Some(true) {
            self.seize(pool, 0);
            self.turn();
            self.b.emit(Op::HandOn { level: 0 });
            self.b.emit(Op::Unshare);
        }
        self.release(pool, transaction.is_some());
    }

    /// Locks a row for the transaction on `pool` around it.
    pub(super) fn lock(&mut self, lock: u32, pool: u32, steps: &[Step]) -> Result<(), CompileError> {
        let seized = self.seize_shared(pool);
        self.unbroken(pool);
        self.server(pool);
        let model = self.b.model;
        let (name, timeout) = (&model.locks[lock as usize].name, model.locks[lock as usize].statement_timeout);
        let site = self.site("lock", name);
        let stops = self.stops(timeout, model.locks[lock as usize].database);
        let part = self.b.parts(&format!("waiting for lock {name}"), "");
        let level = self.shared_level(pool).unwrap_or(Op::ALONE);
        let op = self.b.emit(Op::Lock { level, lock: lock as u16, scope: pool as u16, part, site, failed: 0 });
        self.failing.push(op);
        if stops {
            self.b.emit(Op::Disarm);
        }
        self.turn();
        self.hand_on(seized);
        self.steps(steps)
    }

    /// Gives the connection back, and before it the locks that the transaction has taken.
    fn release(&mut self, pool: u32, transaction: bool) {
        let at = self.permits(pool);
        let model = self.b.model;
        if transaction && !model.locks.is_empty() {
            self.b.emit(Op::Unlock { scope: pool as u16 });
        }
        let pooler = model.pools[pool as usize].pooler.map(|pooler| model.poolers[pooler as usize].mode);
        if pooler == Some(PoolerMode::Transaction) {
            self.b.emit(Op::Unlink { at });
        }
        self.b.emit(Op::Release { at });
    }

    /// Waits for its turn on a connection that statements share.
    pub(super) fn seize_shared(&mut self, pool: u32) -> Option<Seized> {
        let level = self.shared_level(pool)?;
        self.seize(pool, level);
        Some(Seized { level, outside: std::mem::take(&mut self.failing) })
    }

    /// Lets the next statement have it, also when this one has failed.
    pub(super) fn hand_on(&mut self, seized: Option<Seized>) {
        let Some(Seized { level, outside }) = seized else { return };
        self.b.emit(Op::HandOn { level });
        let inside = std::mem::replace(&mut self.failing, outside);
        if !inside.is_empty() {
            let over = self.b.emit(Op::Jump { to: 0 });
            self.land_at(&inside);
            self.turn();
            self.b.emit(Op::HandOn { level });
            let away = self.b.emit(Op::Jump { to: 0 });
            self.failing.push(away);
            self.land_at(&[over]);
        }
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

/// Whether a branch locks rows for the transaction on the pool, which ends outside of it.
fn locks_in_branch(steps: &[Step], pool: u32) -> bool {
    steps.iter().any(|step| match step {
        Step::Parallel { branches } => branches.iter().any(|steps| locks(steps, pool)),
        Step::Deadline { steps, .. } => locks(steps, pool),
        other => other.inside().into_iter().any(|steps| locks_in_branch(steps, pool)),
    })
}

fn locks(steps: &[Step], pool: u32) -> bool {
    steps.iter().any(|step| {
        matches!(step, Step::Lock { pool: of, .. } if *of == pool)
            || step.inside().into_iter().any(|steps| locks(steps, pool))
    })
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
