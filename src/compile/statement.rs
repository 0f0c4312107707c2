//! Statements and transactions as instructions: a connection of the pool, behind a pooler one to
//! the server, and the work on the database.

use super::{CompileError, flow::Writer, law::law};
use crate::engine::program::{Op, Target};
use crate::model::{Law, PoolerMode, StatementOptions, Step};

impl Writer<'_, '_> {
    pub(super) fn query(&mut self, name: &str, pool: u32, [cpu, time]: [&Law; 2], _options: &StatementOptions) {
        let own = !self.held.contains(&pool);
        if own {
            self.acquire(pool);
        }
        let outside = own.then(|| std::mem::take(&mut self.failing));
        self.server(pool);
        self.statement(name, pool, cpu, time);
        self.turn();
        if let Some(outside) = outside {
            self.give_back(pool, outside);
        }
    }

    /// The statement itself, of which a connection is held.
    fn statement(&mut self, name: &str, pool: u32, cpu: &Law, time: &Law) {
        let database_index = self.b.model.pools[pool as usize].database as usize;
        let (database, place) = (&self.b.model.databases[database_index], &self.stations.databases[database_index]);
        let known = self.b.labels.queries.iter().position(|known| known == name);
        let lap = known.unwrap_or_else(|| {
            self.b.labels.queries.push(name.to_owned());
            self.b.program.laps += 1;
            self.b.labels.queries.len() - 1
        });
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
        self.give_back(pool, outside);
        Ok(())
    }

    /// Gives the connection back, also on the way of those that failed while they held it; these go
    /// on to the place of failure outside.
    fn give_back(&mut self, pool: u32, outside: Vec<usize>) {
        self.release(pool);
        let inside = std::mem::replace(&mut self.failing, outside);
        if !inside.is_empty() {
            let over = self.b.emit(Op::Jump { to: 0 });
            self.land_at(&inside);
            self.turn();
            self.release(pool);
            let away = self.b.emit(Op::Jump { to: 0 });
            self.failing.push(away);
            self.land_at(&[over]);
        }
    }

    fn release(&mut self, pool: u32) {
        let at = self.permits(pool);
        let model = self.b.model;
        let pooler = model.pools[pool as usize].pooler.map(|pooler| model.poolers[pooler as usize].mode);
        if pooler == Some(PoolerMode::Transaction) {
            self.b.emit(Op::Unlink { at });
        }
        self.b.emit(Op::Release { at });
    }
}
