//! Statements as instructions: the work on the database, while a connection is held.

use super::{LapLabel, flow::Writer, law::law};
use crate::engine::program::{IoSpec, Op};
use crate::model::{Cause, Law, StatementIo, StatementOptions, Storage};

impl Writer<'_, '_> {
    pub(super) fn query(&mut self, name: &str, pool: u32, times: [&Law; 2], options: &StatementOptions) {
        if self.holds(pool) {
            let seized = self.seize_shared(pool);
            self.unbroken(pool);
            self.server(pool);
            self.statement(name, pool, times, options);
            self.turn();
            return self.hand_on(seized);
        }
        self.acquire(pool);
        let outside = std::mem::take(&mut self.failing);
        self.unbroken(pool);
        self.server(pool);
        self.statement(name, pool, times, options);
        self.turn();
        self.give_back(pool, outside, None);
    }

    /// The statement itself, of which a connection is held.
    fn statement(&mut self, name: &str, pool: u32, [cpu, time]: [&Law; 2], options: &StatementOptions) {
        // Statements go to databases only.
        let Some(database_index) = self.b.model.pools[pool as usize].database() else { return };
        let database_index = database_index as usize;
        let (database, place) = (&self.b.model.databases[database_index], &self.stations.databases[database_index]);
        let lap = self.lap(name, database_index, !self.holds(pool));
        let stops = self.stops(options.timeout, database_index as u32);
        self.b.emit(Op::Mark);
        self.begin_reading();
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
            let part = self.b.parts(if place.rest.is_none() { "" } else { &words }, &words);
            self.b.emit(Op::Work { at: place.rest.unwrap_or(self.stations.delay), law, site, part });
        }
        self.b.emit(Op::Lap { lap });
        if stops {
            self.b.emit(Op::Disarm);
        }
        if !options.read {
            self.written(name, pool);
        }
    }

    /// From here on a statement of the database may be stopped: after `timeout` seconds, or when its connection
    /// breaks. False: nothing ever does.
    pub(super) fn stops(&mut self, timeout: Option<f64>, database: u32) -> bool {
        let Some(alarm) = self.alarm(timeout, database) else { return false };
        let arm = self.b.emit(Op::Arm { alarm, cause: Cause::StatementTimeout as u8, failed: 0 });
        self.failing.push(arm);
        true
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
        (labels.first_lap() + lap) as u16
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
}
