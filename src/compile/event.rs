//! Scheduled events as incidents, and tiers whose hosts come and go as fleets.

use std::borrow::Cow;

use super::station::Stations;
use super::{Builder, EventLabel, FleetLabel, ns};
use crate::engine::program::{By, FleetSpec, HealthSpec, Incident, Target};
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
        if tier.autoscale.is_none() && !self.test.changes_instances_of(index) {
            return None;
        }
        let loops = if tier.runtime == Runtime::EventLoop { f64::from(tier.processes) } else { 0.0 };
        let processor = processor as usize;
        self.labels.fleets.push(FleetLabel { name: tier.name.clone(), cores: tier.cores, loops, processor });
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
            down: Cause::InstanceDown as u8,
            gauge: self.program.incidents.gauges - 1,
            site: self.site(&["health", &tier.name]),
            scaler: self.scaler(tier, self.program.groups.len() as u32, base),
        })
    }

    /// What is planned, and what dies with each host.
    pub(super) fn incidents(&mut self, stations: &Stations) {
        let (model, test) = (self.model, self.test);
        let label = |event: &Event| {
            let lasts = if let What::Slow { lasts, .. } = event.what { lasts } else { 0.0 };
            EventLabel { at: event.at, lasts, words: event.words.clone() }
        };
        self.labels.events = test.events.iter().map(label).collect();
        self.labels.spike = spike(test);
        if test.events.is_empty() && self.program.scalers.is_empty() {
            return;
        }
        self.program.incidents.groups =
            model.endpoints.iter().map(|endpoint| stations.tiers[endpoint.tier as usize].group).collect();
        for (tier, place) in stations.tiers.iter().enumerate() {
            let own = (0u32..).zip(&stations.pools).map(|(pool, targets)| (model.copies_of_pool(pool), targets[tier]));
            let own = own.filter(|(copies, target)| target.by != By::One && copies[tier] > 0);
            let permits: Vec<Target> = own.map(|(_, target)| target).collect();
            if let Some(fleet) = &mut self.program.groups[place.group as usize].fleet {
                fleet.permits = permits;
            }
        }
        let group = |tier: u32| stations.tiers[tier as usize].group;
        for event in &test.events {
            let incident = match event.what {
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
                What::Slow { of, times, lasts } => Incident::Slow {
                    processors: self.processors_of(of, stations),
                    speed: times.map_or(0.0, f64::recip),
                    lasts: ns(lasts),
                },
            };
            self.program.incidents.planned.push((ns(event.at), incident));
        }
    }

    fn processors_of(&self, station: Station, stations: &Stations) -> Vec<u32> {
        match station {
            Station::Tier(tier) => {
                let first = stations.tiers[tier as usize].cores.base;
                (first..first + self.model.tiers[tier as usize].count).collect()
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
