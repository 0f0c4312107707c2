//! Scheduled events as incidents, and tiers whose hosts come and go as fleets.

use std::borrow::Cow;

use super::station::Stations;
use super::{Builder, EventLabel, FleetLabel, ns};
use crate::engine::program::{By, Discipline, FleetSpec, HealthSpec, Incident, Target};
use crate::load::spike;
use crate::model::{Cause, Event, Model, Runtime, Station, Test, Tier, What};

/// The model with as many hosts in each tier as there may ever be in the test.
pub(super) fn grown<'m>(model: &'m Model, test: &Test) -> Cow<'m, Model> {
    let scaled = |tier: &Tier| tier.autoscale.as_ref().map_or(0, |scale| scale.more_than(tier.count));
    let tiers = (0u32..).zip(&model.tiers);
    let added: Vec<u32> = tiers.map(|(index, tier)| test.added_to(index).saturating_add(scaled(tier))).collect();
    if added.iter().all(|&hosts| hosts == 0) {
        return Cow::Borrowed(model);
    }
    let mut grown = model.clone();
    for (tier, more) in grown.tiers.iter_mut().zip(added) {
        tier.count += more;
    }
    Cow::Owned(grown)
}

impl Builder<'_> {
    /// Hosts of a tier that are up when the test begins.
    pub(super) fn hosts_at_first(&self, tier: u32) -> u32 {
        self.at_first[tier as usize]
    }

    /// A tier whose hosts are not always all up.
    pub(super) fn fleet(&mut self, index: u32, tier: &Tier, (processor, base): (u32, u32)) -> Option<FleetSpec> {
        if !self.model.changes_instances(self.test, index) {
            return None;
        }
        let loops = if tier.runtime == Runtime::EventLoop { f64::from(tier.processes) } else { 0.0 };
        let processor = processor as usize;
        let nobody = self.program.counters;
        self.program.counters += 1;
        let name = tier.name.clone();
        self.labels.fleets.push(FleetLabel { name, cores: tier.cores, loops, processor, nobody: nobody as usize });
        self.program.incidents.gauges += 1;
        let health = tier.health.map(|health| HealthSpec {
            interval: ns(health.interval).max(1),
            unhealthy: health.unhealthy,
            healthy: health.healthy,
        });
        Some(FleetSpec {
            up: self.hosts_at_first(index),
            health,
            permits: Vec::new(),
            machines: Vec::new(),
            down: Cause::InstanceDown as u8,
            nobody,
            gauge: self.program.incidents.gauges - 1,
            site: self.site(&["health", &tier.name]),
            scaler: self.scaler(tier, self.program.groups.len() as u32, base),
        })
    }

    /// What is planned, and what dies with each host.
    pub(super) fn incidents(&mut self, stations: &Stations) {
        let (model, test) = (self.model, self.test);
        // A deployment takes at most as long for each instance as that may take to drain, to come up and to be seen.
        let lasts = |what: &What| match *what {
            What::Deploy { tier, start_up, drain } => {
                let of = &model.tiers[tier as usize];
                let seen = of.health.map_or(0.0, |health| health.interval * f64::from(health.healthy));
                f64::from(of.count) * (drain + start_up + seen)
            }
            _ => what.lasts(),
        };
        let label = |event: &Event| EventLabel { at: event.at, lasts: lasts(&event.what), words: event.words.clone() };
        self.labels.events = test.events.iter().map(label).collect();
        self.labels.spike = spike(test);
        self.program.incidents.groups =
            model.endpoints.iter().map(|endpoint| stations.tiers[endpoint.tier as usize].group).collect();
        if test.events.is_empty() && self.program.scalers.is_empty() {
            return;
        }
        for (tier, place) in stations.tiers.iter().enumerate() {
            let own = (0u32..).zip(&stations.pools).map(|(pool, targets)| (model.copies_of_pool(pool), targets[tier]));
            let own = own.filter(|(copies, target)| target.by != By::One && copies[tier] > 0);
            let permits: Vec<Target> = own.map(|(_, target)| target).collect();
            let cores = Some(place.cores).filter(|_| model.tiers[tier].host.on.is_none());
            let links = place.links.into_iter().flat_map(|links| [links.incoming, links.outgoing]);
            let machines = cores.into_iter().chain(links).filter_map(|at| self.governor_of(at)).collect();
            if let Some(fleet) = &mut self.program.groups[place.group as usize].fleet {
                (fleet.permits, fleet.machines) = (permits, machines);
            }
        }
        let group = |tier: u32| stations.tiers[tier as usize].group;
        for event in &test.events {
            let incident = match event.what {
                What::Kill { tier, restart, .. } if model.tiers[tier as usize].host.on.is_some() => {
                    self.kill_machine(event.at, tier, restart, stations);
                    continue;
                }
                What::Kill { tier, instances, restart } => {
                    Incident::Kill { group: group(tier), hosts: instances, restart: restart.map(ns) }
                }
                What::Add { tier, instances, start_up } => {
                    Incident::Add { group: group(tier), hosts: instances, start_up: ns(start_up) }
                }
                What::Deploy { tier, start_up, drain } => {
                    Incident::Replace { group: group(tier), start_up: ns(start_up), drain: ns(drain) }
                }
                What::Flush { cache } => Incident::Flush { store: stations.caches[cache as usize].store() },
                What::Slow { of, times, lasts } => self.slow(of, times, lasts, stations),
                What::FailOver { of, lasts, cold } => {
                    self.fail_over(event.at, of, lasts, stations);
                    let Some((times, cold)) = cold else { continue };
                    let slow = self.slow(of, Some(times), cold, stations);
                    self.program.incidents.planned.push((ns(event.at + lasts), slow));
                    continue;
                }
                What::BrownOut { api, times, errors, left, lasts } => {
                    self.brown_out(event.at, api, lasts, (errors, left), stations);
                    if times == 1.0 {
                        continue;
                    }
                    self.slow(Station::Api(api), Some(times), lasts, stations)
                }
            };
            self.program.incidents.planned.push((ns(event.at), incident));
        }
    }

    fn slow(&self, of: Station, times: Option<f64>, lasts: f64, stations: &Stations) -> Incident {
        let speed = times.map_or(0.0, f64::recip);
        Incident::Slow { processors: self.processors_of(of, stations), speed, lasts: ns(lasts) }
    }

    /// A machine that several share dies with all of them.
    fn kill_machine(&mut self, at: f64, tier: u32, restart: Option<f64>, stations: &Stations) {
        let planned = &mut self.program.incidents.planned;
        for sharer in self.model.sharers_of(tier) {
            let group = stations.tiers[sharer as usize].group;
            planned.push((ns(at), Incident::Kill { group, hosts: 1, restart: restart.map(ns) }));
        }
        let Some(governor) = self.model.tiers[tier as usize].host.on else { return };
        planned.push((ns(at), Incident::Machine { governor, there: false }));
        if let Some(restart) = restart {
            planned.push((ns(at) + ns(restart), Incident::Machine { governor, there: true }));
        }
        for (database, one) in (0u32..).zip(&self.model.databases) {
            if one.host.on == Some(governor) {
                self.break_database(at, database, restart, stations);
            }
        }
    }

    /// The governor behind a processor, if there is one.
    fn governor_of(&self, at: Target) -> Option<u32> {
        match self.program.processors[at.base as usize].discipline {
            Discipline::Front { governor, .. } => Some(governor),
            Discipline::Shared(_) | Discipline::Line | Discipline::Delay => None,
        }
    }

    fn processors_of(&self, station: Station, stations: &Stations) -> Vec<u32> {
        match station {
            Station::Tier(tier) => {
                let (cores, tier) = (stations.tiers[tier as usize].cores, &self.model.tiers[tier as usize]);
                let each = if cores.by == By::Process { tier.processes } else { 1 };
                (cores.base..cores.base + tier.count * each).collect()
            }
            Station::Database(database) => {
                let place = &stations.databases[database as usize];
                std::iter::once(place.cores).chain(place.rest).map(|at| at.base).collect()
            }
            Station::Cache(cache) => stations.caches[cache as usize].threads(),
            Station::Api(api) => vec![stations.apis[api as usize].delay.base],
        }
    }
}
