//! Statements and transactions as instructions: a connection of the pool, behind a pooler one to
//! the server, and the work on the database.

use super::{CompileError, LapLabel, flow::Writer, law::law};
use crate::engine::program::{IoSpec, Op, Target};
use crate::model::{Cause, Law, PoolerMode, StatementIo, StatementOptions, Step, Storage};

impl Writer<'_, '_> {
    pub(super) fn query(&mut self, name: &str, pool: u32, times: [&Law; 2], options: &StatementOptions) {
        let own = !self.held.contains(&pool);
        if own {
            self.acquire(pool);
        }
        let outside = own.then(|| std::mem::take(&mut self.failing));
        self.server(pool);
        self.statement(name, pool, times, options);
        self.turn();
        if let Some(outside) = outside {
            self.give_back(pool, outside, None);
        }
    }

    /// The statement itself, of which a connection is held.
    fn statement(&mut self, name: &str, pool: u32, [cpu, time]: [&Law; 2], options: &StatementOptions) {
        let database_index = self.b.model.pools[pool as usize].database as usize;
        let (database, place) = (&self.b.model.databases[database_index], &self.stations.databases[database_index]);
        let lap = self.lap(name, database_index, !self.held.contains(&pool));
        let guard = options.timeout.map(|timeout| self.guard(timeout));
        self.b.emit(Op::Mark);
        let site = self.law_site(cpu, "query cpu", name);
        let work = law(cpu, self.b.inputs, 1.0 / database.speed);
        if !work.is_zero() {
            let law = self.b.law(work);
            self.b.emit(Op::Work { at: place.cores, law, site, part: place.part });
        }
        if let (Some(io), Some(volume), Some(storage)) = (&options.io, place.volume, &database.storage) {
            self.io(name, &database.name, io, volume, storage);
        }
        let words = format!("queries on {} beside its cpu", database.name);
        let site = self.law_site(time, "query time", name);
        let rest = law(time, self.b.inputs, 1.0);
        if !rest.is_zero() {
            let law = self.b.law(rest);
            let part = self.b.parts("", &words);
            self.b.emit(Op::Work { at: self.stations.delay, law, site, part });
        }
        self.b.emit(Op::Lap { lap });
        if guard.is_some() {
            self.b.emit(Op::Unguard);
        }
    }

    /// The measure of statements of this name, told apart by where they run and whether alone.
    fn lap(&mut self, name: &str, database: usize, alone: bool) -> u16 {
        let labels = &mut self.b.labels;
        let query = labels.queries.iter().position(|known| known == name).unwrap_or_else(|| {
            labels.queries.push(name.to_owned());
            labels.queries.len() - 1
        });
        let label = LapLabel { query, database, alone };
        let lap = labels.laps.iter().position(|known| *known == label).unwrap_or_else(|| {
            labels.laps.push(label);
            self.b.program.laps += 1;
            labels.laps.len() - 1
        });
        lap as u16
    }

    /// From here on the statement is stopped after `timeout` seconds.
    fn guard(&mut self, timeout: f64) {
        let after = super::ns(timeout).max(1);
        let guards = &mut self.b.program.guards;
        let guard = guards.iter().position(|&other| other == after).unwrap_or(guards.len());
        if guard == guards.len() {
            guards.push(after);
        }
        let guard = self.b.emit(Op::Guard { guard: guard as u16, cause: Cause::StatementTimeout as u8, failed: 0 });
        self.failing.push(guard);
    }

    /// Reads and writes on the database's volume.
    fn io(&mut self, name: &str, database: &str, io: &StatementIo, volume: u32, storage: &Storage) {
        let inputs = self.b.inputs;
        let mean = io.reads.at(inputs).max(0.0) + io.writes.at(inputs).max(0.0);
        let miss = (1.0 - io.buffer_hit.at(inputs)).clamp(0.0, 1.0);
        let site = self.site("query io", name);
        let latency_site = self.law_site(&storage.latency, "query io latency", name);
        let latency = law(&storage.latency, inputs, 1.0);
        let latency = self.b.law(latency);
        let part =
            self.b.parts(&format!("waiting for storage of {database}"), &format!("reads and writes of {database}"));
        let delay = self.stations.delay.base;
        let spec = IoSpec { volume, mean, pages: io.pages, miss, latency, delay, site, latency_site };
        self.b.program.ios.push(spec);
        self.b.emit(Op::Io { io: (self.b.program.ios.len() - 1) as u32, part });
    }

    fn permits(&self, pool: u32) -> Target {
        self.stations.pools[pool as usize][self.tier_index]
    }

    fn acquire(&mut self, pool: u32) {
        let at = self.permits(pool);
        let words = format!("waiting for pool {}", self.b.model.pools[pool as usize].name);
        let part = self.b.parts(&words, "");
        let acquire = self.b.emit(Op::Acquire { at, failed: 0, part });
        self.failing.push(acquire);
        self.turn();
    }

    /// Behind a pooler: a connection to the server, if the one of the pool has none yet. If there is
    /// none in time, the pooler disconnects the client.
    fn server(&mut self, pool: u32) {
        let Some(pooler) = self.b.model.pools[pool as usize].pooler else { return };
        let (at, server) = (self.permits(pool), self.stations.poolers[pooler as usize]);
        let words = format!("waiting for pooler {}", self.b.model.poolers[pooler as usize].name);
        let part = self.b.parts(&words, "");
        let linked = self.b.emit(Op::Linked { at, yes: 0 });
        let acquire = self.b.emit(Op::Acquire { at: server, failed: 0, part });
        self.b.emit(Op::Link { at });
        let over = self.b.emit(Op::Jump { to: 0 });
        self.land_at(&[acquire]);
        self.b.emit(Op::Spoil { at });
        let away = self.b.emit(Op::Jump { to: 0 });
        self.failing.push(away);
        self.land_at(&[linked, over]);
    }

    pub(super) fn transaction(&mut self, pool: u32, steps: &[Step]) -> Result<(), CompileError> {
        if self.held.contains(&pool) {
            return self.steps(steps);
        }
        self.acquire(pool);
        self.held.push(pool);
        let outside = std::mem::take(&mut self.failing);
        self.steps(steps)?;
        self.held.pop();
        let database = self.b.model.pools[pool as usize].database as usize;
        self.give_back(pool, outside, Some(self.stations.databases[database].transactions));
        Ok(())
    }

    /// Gives the connection back, also on the way of those that failed while they held it: these are
    /// rolled back and go on to the place of failure outside. What is over is counted as `counter`.
    fn give_back(&mut self, pool: u32, outside: Vec<usize>, counter: Option<u16>) {
        self.release(pool, counter.is_some());
        if let Some(counter) = counter {
            self.b.emit(Op::Count { counter });
        }
        let inside = std::mem::replace(&mut self.failing, outside);
        if !inside.is_empty() {
            let over = self.b.emit(Op::Jump { to: 0 });
            self.land_at(&inside);
            let database = self.b.model.pools[pool as usize].database as usize;
            let (rollbacks, transactions) =
                (self.stations.databases[database].rollbacks, self.stations.databases[database].transactions);
            self.b.emit(Op::Count { counter: rollbacks });
            self.b.emit(Op::Count { counter: transactions });
            self.turn();
            self.release(pool, counter.is_some());
            let away = self.b.emit(Op::Jump { to: 0 });
            self.failing.push(away);
            self.land_at(&[over]);
        }
    }

    /// Locks a row for the transaction on `pool` around it.
    pub(super) fn lock(&mut self, lock: u32, pool: u32, steps: &[Step]) -> Result<(), CompileError> {
        self.server(pool);
        let name = &self.b.model.locks[lock as usize].name;
        let site = self.site("lock", name);
        let part = self.b.parts(&format!("waiting for lock {name}"), "");
        let op = Op::Lock { lock: lock as u16, scope: pool as u16, part, site, failed: 0 };
        let op = self.b.emit(op);
        self.failing.push(op);
        self.turn();
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
}
