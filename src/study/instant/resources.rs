//! What a system has to give: capacities by the names of [`crate::study::bottleneck`].

use super::walk::Need;
use crate::compile::{Labels, PermitKind, ProcessorKind};
use crate::engine::Program;
use crate::engine::program::{Discipline, PERIOD, Rates, VolumeSpec};

/// What of an iteration's [`Need`] a resource is used by.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Use {
    /// Work on processors of these gauges.
    Work(Vec<usize>),
    /// Work on lanes of processors of a gauge.
    Lanes(usize),
    /// Permits of a gauge.
    Permits(usize),
    /// Operations of a volume.
    Volume(usize),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Capacity {
    pub name: String,
    pub of: Use,
    /// Servers; of a volume operations per second.
    pub servers: f64,
    /// What it gives at most at any time, in the same unit: less than `servers` where contention costs, and never more.
    pub most: f64,
    /// Alike ones among which the load is spread.
    pub copies: f64,
    /// Law of speed of each copy, if it is a processor.
    pub rates: Option<Rates>,
    /// What it may give once and for all beyond its rate.
    pub once: f64,
    /// Whether it can limit before another resource that is shown.
    pub shown: bool,
}

/// All resources of a program.
pub(super) fn capacities(program: &Program, labels: &Labels) -> Vec<Capacity> {
    let mut all = Vec::new();
    processors(program, labels, &mut all);
    for host in &labels.hosts {
        let of = Use::Work(host.parts.clone());
        let rates = Rates { cores: host.cores, sigma: 0.0, kappa: 0.0 };
        let name = format!("{} cpu", host.name);
        all.push(Capacity {
            name,
            of,
            servers: host.cores,
            most: host.cores,
            copies: 1.0,
            rates: Some(rates),
            once: 0.0,
            shown: true,
        });
    }
    for (gauge, label) in labels.permits.iter().enumerate() {
        let name = match label.kind {
            PermitKind::Pool => format!("pool {}", label.name),
            PermitKind::Pooler => format!("pooler {}", label.name),
            PermitKind::Admission => format!("admission of {}", label.name),
            PermitKind::Threads => format!("threads of {}", label.name),
            PermitKind::Sockets => format!("sockets to {}", label.name),
            PermitKind::FarSide => format!("{} concurrency", label.name),
            PermitKind::Workers => format!("workers of {}", label.name),
        };
        let alike = program.slots.iter().filter(|slots| slots.gauge as usize == gauge);
        let copies = (alike.count() as f64).max(1.0);
        let (of, servers) = (Use::Permits(gauge), label.most);
        all.push(Capacity { name, of, servers, most: servers, copies, rates: None, once: 0.0, shown: true });
    }
    for (volume, (spec, label)) in program.volumes.iter().zip(&labels.volumes).enumerate() {
        let VolumeSpec { most, base, bucket } = *spec;
        let (name, of) = (format!("storage of {}", label.name), Use::Volume(volume));
        let rate = if bucket > 0.0 { base.min(most) } else { most };
        all.push(Capacity {
            name,
            of,
            servers: rate,
            most: rate,
            copies: 1.0,
            rates: None,
            once: bucket.max(0.0) + 1.0,
            shown: true,
        });
    }
    all
}

fn processors(program: &Program, labels: &Labels, all: &mut Vec<Capacity>) {
    for (gauge, label) in labels.processors.iter().enumerate() {
        let alike: Vec<&Discipline> =
            program.processors.iter().filter(|p| p.gauge as usize == gauge).map(|p| &p.discipline).collect();
        let copies = (alike.len() as f64).max(1.0);
        if label.loops > 0.0 && label.kind != ProcessorKind::Cache {
            let (name, of) = (format!("{} event loops", label.name), Use::Lanes(gauge));
            let (servers, copies, shown) = (label.loops, label.loops, label.loops < label.cores);
            all.push(Capacity { name, of, servers, most: servers, copies, rates: None, once: 0.0, shown });
        }
        let name = match label.kind {
            ProcessorKind::Cache => format!("thread of {}", label.name),
            ProcessorKind::Link => format!("network {}", label.name),
            ProcessorKind::Delay => continue,
            _ => format!("{} cpu", label.name),
        };
        let servers = if label.kind == ProcessorKind::Cache { label.loops } else { label.cores };
        let (rates, machines) = speed(program, &alike, servers / copies);
        let most = best(rates) * machines;
        let of = Use::Work(vec![gauge]);
        all.push(Capacity {
            name,
            of: of.clone(),
            servers,
            most,
            copies: machines,
            rates: Some(rates),
            once: 0.0,
            shown: true,
        });
        let machine = labels.machines.iter().find(|machine| machine.name == label.name);
        if let Some(limit) = machine.and_then(|machine| machine.limited) {
            let name = format!("{} cpu limit", label.name);
            // A quota may be used up at once when its period begins.
            let once = limit * PERIOD as f64 / 1e9;
            let rates = Some(Rates { cores: limit / copies, sigma: 0.0, kappa: 0.0 });
            all.push(Capacity { name, of, servers: limit, most: limit, copies, rates, once, shown: true });
        }
    }
}

/// How fast each machine of a kind is, and how many there are.
fn speed(program: &Program, alike: &[&Discipline], cores: f64) -> (Rates, f64) {
    let copies = (alike.len() as f64).max(1.0);
    let plain = |cores| Rates { cores, sigma: 0.0, kappa: 0.0 };
    match alike.first() {
        Some(Discipline::Shared(rates)) => (*rates, copies),
        Some(Discipline::Front { governor, .. }) => {
            let machines: std::collections::BTreeSet<u32> = alike
                .iter()
                .filter_map(|discipline| match discipline {
                    Discipline::Front { governor, .. } => Some(*governor),
                    _ => None,
                })
                .collect();
            (program.governors[*governor as usize].rates, machines.len() as f64)
        }
        Some(Discipline::Line) => (plain(1.0), copies),
        _ => (plain(cores), copies),
    }
}

/// The most that such a processor ever does per unit of time, over all numbers of jobs.
fn best(rates: Rates) -> f64 {
    const MOST: usize = 4096;
    if rates.sigma == 0.0 && rates.kappa == 0.0 {
        return rates.cores;
    }
    let total = |n: usize| n as f64 * rates.per_job(n);
    // It rises no more once there are more jobs than cores.
    let last = (rates.cores.ceil() as usize).clamp(1, MOST);
    (1..=last).map(total).fold(0.0, f64::max)
}

impl Capacity {
    /// Seconds of it (of a volume: operations) that an iteration needs if nobody ever waits.
    pub fn demand(&self, need: &Need) -> f64 {
        match &self.of {
            Use::Work(gauges) => gauges.iter().map(|&gauge| need.load.work[gauge]).sum(),
            Use::Lanes(gauge) => need.load.work[*gauge],
            Use::Permits(gauge) => need.held[*gauge].alone(),
            Use::Volume(volume) => need.load.operations[*volume],
        }
    }
}
