//! Machines whose cores are not always to be had, as governors.

use super::{Builder, MachineLabel};
use crate::engine::program::{CREDIT, CreditSpec, Discipline, GovernorSpec, PERIOD, ProcessorSpec, Rates};
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
        if cores.host.credits.is_none() && cores.limit == f64::INFINITY && !cores.stops {
            let spec = ProcessorSpec { discipline: Discipline::Shared(cores.rates), gauge };
            self.program.processors.extend((0..cores.hosts).map(|_| spec.clone()));
            return base;
        }
        let machine = self.program.governor_gauges;
        self.program.governor_gauges += 1;
        self.labels.machines.push(MachineLabel {
            name: cores.name.to_owned(),
            hosts: f64::from(cores.hosts),
            limited: cores.limit < f64::INFINITY,
            credits: cores.host.credits,
        });
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
}

fn credits(credits: Credits) -> CreditSpec {
    let Credits { baseline, start, most, unlimited, .. } = credits;
    CreditSpec { baseline, start: start * CREDIT, most: most * CREDIT, unlimited }
}
