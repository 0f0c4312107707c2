//! Connections that break when their far side is replaced, and APIs with faults.

use super::flow::Writer;
use super::station::Stations;
use super::{Builder, ns};
use crate::engine::program::{BreakSpec, FaultSpec, Incident, Op, Target};
use crate::model::{Cause, Quantity, Remote, Station, What};

/// What fails since a database is not to be had.
const REFUSED: u8 = Cause::ConnectionRefused as u8;

impl Builder<'_> {
    /// Whether connections to a database break in the test.
    pub(super) fn breaks(&self, database: u32) -> bool {
        self.model.breaks(self.test, database)
    }

    /// A node is replaced by another.
    pub(super) fn fail_over(&mut self, at: f64, of: Station, lasts: f64, stations: &Stations) {
        match of {
            Station::Database(database) => self.break_database(at, database, Some(lasts), stations),
            Station::Cache(cache) => {
                let (place, slots) = (&stations.caches[cache as usize], self.slots_to(Remote::Cache(cache), stations));
                // Clients send again what was not answered, and what they hold meanwhile waits.
                let spec = BreakSpec { slots, cause: REFUSED, ..BreakSpec::default() };
                let slow = Incident::Slow { processors: vec![place.of_master()], speed: 0.0, lasts: ns(lasts) };
                let mut all = vec![Incident::Break(spec), slow];
                if self.model.caches[cache as usize].replicas == 0 {
                    all.push(Incident::Flush { store: place.store() });
                }
                self.program.incidents.planned.extend(all.into_iter().map(|incident| (ns(at), incident)));
            }
            Station::Tier(_) | Station::Api(_) => {}
        }
    }

    /// Everything that leads to a database breaks, and nobody connects for a while, or for ever.
    pub(super) fn break_database(&mut self, at: f64, database: u32, lasts: Option<f64>, stations: &Stations) {
        let model = self.model;
        let mut slots = self.slots_to(Remote::Database(database), stations);
        let poolers = (0u32..).zip(&model.poolers).filter(|(_, pooler)| pooler.database == database);
        let poolers: Vec<u32> = poolers.map(|(index, _)| index).collect();
        slots.extend(poolers.iter().map(|&pooler| stations.poolers[pooler as usize].base));
        let pools = (0u32..).zip(&model.pools).filter(|(_, pool)| pool.database() == Some(database));
        let (mut clients, mut scopes) = (Vec::new(), Vec::new());
        let locks = model.locks.iter().any(|lock| lock.database == database);
        for (index, pool) in pools {
            scopes.extend(locks.then_some(index as u16));
            if pool.pooler.is_some() {
                clients.extend(self.slots_of(index, stations));
            }
        }
        let spec = BreakSpec {
            alarms: Vec::new(),
            scopes,
            slots,
            clients,
            ceiling: Some(stations.databases[database as usize].ceiling),
            cause: REFUSED,
            lasts: lasts.map(ns),
        };
        self.broken.push((self.program.incidents.planned.len(), database));
        self.program.incidents.planned.push((ns(at), Incident::Break(spec)));
    }

    /// Slots of the pools that lead to a far side without a pooler.
    fn slots_to(&self, remote: Remote, stations: &Stations) -> Vec<u32> {
        let pools = (0u32..).zip(&self.model.pools);
        let direct = pools.filter(|(_, pool)| pool.pooler.is_none() && pool.remote == remote);
        direct.flat_map(|(index, _)| self.slots_of(index, stations)).collect()
    }

    /// All slots of a pool.
    fn slots_of(&self, pool: u32, stations: &Stations) -> Vec<u32> {
        let copies = self.model.copies_of_pool(pool);
        let first = |targets: &Vec<Target>| targets.first().map_or(0, |target| target.base);
        let base = first(&stations.pools[pool as usize]);
        (base..base + copies.iter().sum::<u32>()).collect()
    }

    /// Statements of a database run under these alarms; known when all flows are written.
    pub(super) fn alarms_of_breaks(&mut self) {
        for (place, database) in std::mem::take(&mut self.broken) {
            let alarms = (0u32..).zip(&self.alarms_of).filter(|(_, of)| **of == Some(database));
            let alarms = alarms.map(|(alarm, _)| alarm).collect();
            if let Incident::Break(spec) = &mut self.program.incidents.planned[place].1 {
                spec.alarms = alarms;
            }
        }
    }

    /// The place of an API among those that may have faults, if it is one.
    pub(super) fn faults_of(&mut self, api: u32) -> Option<u16> {
        let browns = |what: &What| matches!(what, What::BrownOut { api: of, .. } if *of == api);
        if !self.test.events.iter().any(|event| browns(&event.what)) {
            return None;
        }
        self.program.incidents.faults += 1;
        Some((self.program.incidents.faults - 1) as u16)
    }

    /// An API has faults for a while.
    pub(super) fn brown_out(
        &mut self,
        at: f64,
        api: u32,
        lasts: f64,
        (errors, left): (Quantity, Quantity),
        s: &Stations,
    ) {
        let place = &s.apis[api as usize];
        let Some(fault) = place.faults else { return };
        let share = |quantity: Quantity| quantity.at(self.inputs).clamp(0.0, 1.0);
        let (meter, slots) = (place.meter.map(|at| at.base), place.far_side.map(|at| at.base));
        let (rate, left) = (share(errors), share(left));
        let spec = FaultSpec { place: u32::from(fault), rate, left, meter, slots, lasts: ns(lasts) };
        self.program.incidents.planned.push((ns(at), Incident::Fault(spec)));
    }
}

impl Writer<'_, '_> {
    /// Fails if the connection has broken that is held here, in tests in which that happens.
    pub(super) fn unbroken(&mut self, pool: u32) {
        let database = self.b.model.pools[pool as usize].database();
        if database.is_some_and(|database| self.b.breaks(database)) {
            let at = self.permits(pool);
            let whole = self.b.emit(Op::Whole { at, cause: REFUSED, failed: 0 });
            self.failing.push(whole);
        }
    }

    /// The alarm under which a statement runs, if it may be stopped: after so long, or when its connection breaks.
    pub(super) fn alarm(&mut self, timeout: Option<f64>, database: u32) -> Option<u16> {
        let of = self.b.breaks(database).then_some(database);
        if timeout.is_none() && of.is_none() {
            return None;
        }
        let after = timeout.map_or(u64::MAX, |timeout| ns(timeout).max(1));
        let mut known = self.b.program.alarms.iter().zip(&self.b.alarms_of);
        let alarm = known.position(|known| known == (&after, &of)).unwrap_or_else(|| {
            self.b.program.alarms.push(after);
            self.b.alarms_of.push(of);
            self.b.alarms_of.len() - 1
        });
        Some(alarm as u16)
    }
}
