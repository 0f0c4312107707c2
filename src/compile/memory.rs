//! Memory and garbage collection of tiers.

use super::flow::Writer;
use super::labels::{CollectorLabel, FootprintLabel, LapLabel};
use super::station::Stations;
use super::{Builder, law::law};
use crate::engine::program::{By, CollectorSpec, FootprintSpec, Op, Target};
use crate::model::{Cause, Collector, Memory, Runtime, Tier, asks_for};

/// What of a tier's processes is in the program.
#[derive(Clone, Copy, Default)]
pub(super) struct MemoryPlace {
    footprint: Option<u16>,
    collector: Option<Collecting>,
}

#[derive(Clone, Copy)]
struct Collecting {
    collector: u16,
    /// Of the time account, and of measured pauses.
    part: u16,
    lap: u16,
}

impl Builder<'_> {
    /// What the processes of each tier keep, and how they collect it.
    pub(super) fn memories(&mut self, stations: &Stations) -> Vec<MemoryPlace> {
        let tiers = (0..).zip(&self.model.tiers);
        tiers
            .map(|(index, tier)| {
                let collector = tier.collector.as_ref().map(|collector| self.collector(tier, collector));
                let footprint = tier.memory.as_ref().map(|memory| {
                    let connections = self.connections(stations, index);
                    let collector = collector.map(|one| one.collector);
                    let (group, hosts) = (stations.tiers[index].group, self.hosts_at_first(index as u32));
                    self.footprint(tier, memory, connections, (collector, group, hosts))
                });
                MemoryPlace { footprint, collector }
            })
            .collect()
    }

    fn collector(&mut self, tier: &Tier, written: &Collector) -> Collecting {
        let name = &tier.name;
        let part = self.parts(&format!("waiting for {name} cpu"), &format!("garbage collection of {name}"));
        let minor = law(&written.minor, self.inputs, 1.0);
        let minor = self.law(minor);
        let (old, major) = match &written.major {
            None => (f64::INFINITY, minor),
            Some((old, pause)) => {
                let pause = law(pause, self.inputs, 1.0);
                (*old, self.law(pause))
            }
        };
        let site = self.site(&["collection", name]);
        // The site after it is for major ones.
        self.sites.insert(site.wrapping_add(1));
        let counter = self.program.counters;
        self.program.counters += 2;
        let lap = self.program.laps;
        self.program.laps += 1;
        self.labels.laps.push(LapLabel::PAUSE);
        self.labels.collectors.push(CollectorLabel {
            name: name.clone(),
            counter: counter as usize,
            lap: lap as usize,
        });
        self.program.collectors.push(CollectorSpec {
            processes: tier.count * tier.processes,
            allocation: written.allocation,
            young: written.young,
            survivors: written.survivors.at(self.inputs).clamp(0.0, 1.0),
            old,
            minor,
            major,
            site,
            counter,
        });
        Collecting { collector: (self.program.collectors.len() - 1) as u16, part, lap: lap as u16 }
    }

    /// The pools whose connections the processes of a tier keep open.
    fn connections(&self, stations: &Stations, tier: usize) -> Vec<(u32, By)> {
        let pools = (0u32..).zip(&stations.pools);
        let used = pools.filter(|(pool, _)| self.model.flows_on(tier).any(|steps| asks_for(steps, *pool)));
        used.map(|(_, targets)| (targets[tier].base, targets[tier].by)).collect()
    }

    /// `at_first`: so many hosts are up when the test begins.
    fn footprint(
        &mut self,
        tier: &Tier,
        memory: &Memory,
        connections: Vec<(u32, By)>,
        (collector, group, at_first): (Option<u16>, u32, u32),
    ) -> u16 {
        let threads = match tier.runtime {
            Runtime::Threads { limit, .. } => f64::from(limit),
            Runtime::EventLoop => 0.0,
        };
        // The young generation is there, full or not.
        let young = tier.collector.as_ref().map_or(0.0, |collector| collector.young);
        let base = memory.base + threads * memory.per_thread + young;
        let open_at_first = |&(base, by): &(u32, By)| {
            let copies = match by {
                By::One => 1,
                By::Host => at_first,
                By::Process => at_first * tier.processes,
            };
            let slots = &self.program.slots[base as usize..];
            slots.iter().take(copies as usize).map(|slots| f64::from(slots.min)).sum::<f64>()
        };
        let open: f64 = connections.iter().map(open_at_first).sum();
        let start = base * f64::from(tier.processes) + open * memory.per_connection / f64::from(at_first);
        let counter = self.program.counters;
        self.program.counters += 1;
        self.labels.footprints.push(FootprintLabel {
            name: tier.name.clone(),
            hosts: f64::from(tier.count),
            start,
            counter: counter as usize,
        });
        self.program.footprints.push(FootprintSpec {
            hosts: tier.count,
            processes: tier.processes,
            group,
            limit: memory.limit.unwrap_or(f64::INFINITY),
            base,
            per_request: memory.per_request,
            per_connection: memory.per_connection,
            leak: memory.leak,
            connections,
            collector,
            restart: super::ns(memory.restart),
            gauge: (self.program.footprints.len()) as u32,
            counter,
            cause: Cause::OutOfMemory as u8,
            down: Cause::InstanceDown as u8,
        });
        (self.program.footprints.len() - 1) as u16
    }
}

impl Writer<'_, '_> {
    /// Whether its process may be killed for want of memory.
    pub(super) fn may_be_killed(&self) -> bool {
        let footprint = self.stations.memories[self.tier_index].footprint;
        footprint.is_some_and(|footprint| self.b.program.footprints[footprint as usize].kills())
    }

    /// The request comes into its process; what to do if it fails is to be said.
    pub(super) fn reside(&mut self) -> Option<usize> {
        let footprint = self.stations.memories[self.tier_index].footprint?;
        Some(self.b.emit(Op::Reside { footprint, failed: 0 }))
    }

    /// And leaves it.
    pub(super) fn vacate(&mut self) {
        if let Some(footprint) = self.stations.memories[self.tier_index].footprint {
            self.b.emit(Op::Vacate { footprint });
        }
    }

    /// It allocates, at its turn or with its thread.
    pub(super) fn allocate(&mut self) {
        let Some(Collecting { collector, part, lap }) = self.stations.memories[self.tier_index].collector else {
            return;
        };
        let at: Target = self.place.cores;
        self.b.emit(Op::Allocate { collector, at, part });
        self.b.emit(Op::Lap { lap });
    }
}
