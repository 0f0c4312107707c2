//! Machines whose cores are not always to be had, as governors.

use super::{Builder, HostLabel, MachineLabel, ProcessorKind, law::law};
use crate::engine::program::{
    By, CREDIT, CreditSpec, Discipline, GovernorSpec, LawId, PERIOD, ProcessorSpec, Rates, Target,
};
use crate::model::{Credits, Host};

/// What the cores of a kind of machine are for, and what limits them.
pub(super) struct Cores<'a> {
    pub name: &'a str,
    pub rates: Rates,
    pub host: &'a Host,
    /// Machines of this kind.
    pub hosts: u32,
    /// Members on each; 1 unless processes are told apart.
    pub members: u32,
    /// Cores that each member may use; infinite without a limit.
    pub limit: f64,
    /// Whether a member can be stopped.
    pub stops: bool,
    /// Of the processors.
    pub gauge: u32,
}

impl Builder<'_> {
    /// Processors for the members of all machines, one after the other; the first of them.
    pub(super) fn machines(&mut self, cores: &Cores) -> u32 {
        let base = self.program.processors.len() as u32;
        let gauge = cores.gauge;
        if let Some(on) = cores.host.on {
            self.join_host(on, cores);
            return base;
        }
        if cores.host.credits.is_none() && cores.limit == f64::INFINITY && !cores.stops {
            let spec = ProcessorSpec { discipline: Discipline::Shared(cores.rates), gauge };
            self.program.processors.extend((0..cores.hosts).map(|_| spec.clone()));
            return base;
        }
        let hosts = f64::from(cores.hosts);
        let limited = (cores.limit < f64::INFINITY).then(|| cores.limit * f64::from(cores.members) * hosts);
        let machine = self.machine(cores.name, limited, cores.host.credits, hosts);
        for _ in 0..cores.hosts {
            let governor = self.program.governors.len() as u32;
            self.program.governors.push(GovernorSpec {
                rates: cores.rates,
                quotas: vec![cores.limit * PERIOD as f64; cores.members as usize],
                credits: cores.host.credits.map(credits),
                gauge: machine,
            });
            let front = |member| Discipline::Front { governor, member };
            let fronts = (0..cores.members).map(|member| ProcessorSpec { discipline: front(member), gauge });
            self.program.processors.extend(fronts);
        }
        base
    }

    /// Governors of the machines that several share: the first ones.
    pub(super) fn hosts(&mut self) {
        for shared in &self.model.hosts {
            let rates = self.rates(shared.cores, &shared.contention);
            let machine = self.machine(&shared.name, None, shared.host.credits, 1.0);
            let credits = shared.host.credits.map(credits);
            self.program.governors.push(GovernorSpec { rates, quotas: Vec::new(), credits, gauge: machine });
            let (name, cores) = (shared.name.clone(), shared.cores);
            self.labels.hosts.push(HostLabel { name, cores, parts: Vec::new() });
        }
    }

    /// The load generators that run on such machines: the processor of each.
    pub(super) fn generators(&mut self) -> Vec<(Target, LawId, u16)> {
        let mut all = Vec::new();
        for (on, shared) in (0u32..).zip(&self.model.hosts) {
            let Some(written) = &shared.load_generator else { continue };
            let name = format!("{} load generator", shared.name);
            let gauge = self.gauge(ProcessorKind::Generator, &name, shared.cores, 0.0);
            let rates = self.rates(shared.cores, &shared.contention);
            let host = Host { on: Some(on), ..Host::default() };
            let limit = f64::INFINITY;
            let cores = Cores { name: &name, rates, host: &host, hosts: 1, members: 1, limit, stops: false, gauge };
            let base = self.machines(&cores);
            let law = law(written, self.inputs, 1.0 / shared.speed);
            let law = self.law(law);
            let part = self.parts("waiting for the load generator's cpu", "work of the load generator");
            all.push((Target { base, by: By::One }, law, part));
        }
        all
    }

    /// Puts members on a shared machine.
    fn join_host(&mut self, on: u32, cores: &Cores) {
        let quota = cores.limit * PERIOD as f64;
        for _ in 0..cores.members {
            let quotas = &mut self.program.governors[on as usize].quotas;
            let discipline = Discipline::Front { governor: on, member: quotas.len() as u32 };
            quotas.push(quota);
            self.program.processors.push(ProcessorSpec { discipline, gauge: cores.gauge });
        }
        self.labels.hosts[on as usize].parts.push(cores.gauge as usize);
        if cores.limit < f64::INFINITY {
            let machine = self.program.governors[on as usize].gauge as usize;
            let limited = &mut self.labels.machines[machine].limited;
            *limited = Some(limited.unwrap_or(0.0) + cores.limit * f64::from(cores.members));
        }
    }

    /// A gauge for alike governors.
    pub(super) fn machine(&mut self, name: &str, limited: Option<f64>, credits: Option<Credits>, hosts: f64) -> u32 {
        self.labels.machines.push(MachineLabel { name: name.to_owned(), hosts, limited, credits });
        self.program.governor_gauges += 1;
        self.program.governor_gauges - 1
    }
}

fn credits(credits: Credits) -> CreditSpec {
    let Credits { baseline, start, launch, most, unlimited, .. } = credits;
    CreditSpec { baseline, start: start * CREDIT, launch: launch * CREDIT, most: most * CREDIT, unlimited }
}
