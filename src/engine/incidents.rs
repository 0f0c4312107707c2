//! What happens at stated instants in the middle of a run, and what follows from it.
//!
//! One row of the calendar acts; when it does every request waits for something, so nobody is in the
//! middle of an instruction. Things of one instant happen in the order in which they were planned.

mod breaks;
mod crash;
mod give_back;
mod hosts;
mod scale;
mod sweep;

use std::collections::BTreeMap;

use super::calendar::NEVER;
use super::kernel::World;
use super::program::{Incident, Program};
use hosts::Roll;

/// What is planned.
#[derive(Debug)]
pub(super) struct Plans {
    pub row: u32,
    /// What the instants of checks are derived from.
    key: u64,
    /// By instant, then by when it was planned.
    acts: BTreeMap<(u64, u32), Act>,
    planned: u32,
    /// What lasts and is under way, by its index in the program.
    under_way: Vec<u32>,
    /// Share of attempts that meet a fault now, of each far side that may have any.
    faults: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    /// Number so-and-so of the program begins.
    Begins(u32),
    /// Number so-and-so of the program is over.
    Ends(u32),
    /// A host is up.
    Up {
        at: Place,
        then: Option<Roll>,
    },
    /// It is found out that a host is down, or up.
    Out(Place),
    In {
        at: Place,
        then: Option<Roll>,
    },
    /// A host is drained from now on, or may be done with it.
    Drain {
        group: u32,
        roll: Roll,
    },
    Drained {
        group: u32,
        roll: Roll,
        until: u64,
    },
    /// A host that a controller takes away may be done.
    Leaving {
        at: Place,
        until: u64,
    },
    /// A node of a controller's is there.
    Node(u32),
    /// All that runs in a process that was killed for want of memory is lost.
    Crash {
        footprint: u32,
        process: u32,
    },
    /// And it may serve again.
    Back {
        footprint: u32,
        process: u32,
    },
}

/// A host in one of its lives.
#[derive(Clone, Copy, Debug)]
struct Place {
    group: u32,
    host: u32,
    life: u32,
}

impl Plans {
    /// What the program plans.
    #[must_use]
    pub fn new(program: &Program, key: u64, row: u32) -> Plans {
        let mut plans = Plans {
            row,
            key,
            acts: BTreeMap::new(),
            planned: 0,
            under_way: Vec::new(),
            faults: vec![0.0; program.incidents.faults as usize],
        };
        for (index, &(at, _)) in (0..).zip(&program.incidents.planned) {
            plans.add(at, Act::Begins(index));
        }
        plans
    }

    fn add(&mut self, at: u64, act: Act) {
        self.acts.insert((at, self.planned), act);
        self.planned += 1;
    }

    /// When the next thing happens.
    #[must_use]
    pub fn due(&self) -> u64 {
        self.acts.first_key_value().map_or(NEVER, |(&(at, _), _)| at)
    }
}

impl World<'_> {
    /// What is due happens, one thing.
    pub(super) fn incident(&mut self) {
        if self.plans.due() <= self.hub.now
            && let Some((_, act)) = self.plans.acts.pop_first()
        {
            match act {
                Act::Begins(index) => self.begins(index),
                Act::Ends(index) => self.ends(index),
                Act::Up { at, then } => self.host_up(at, then),
                Act::Out(at) => self.host_out(at),
                Act::In { at, then } => self.host_in(at, then),
                Act::Drain { group, roll } => self.drain(group, roll),
                Act::Drained { group, roll, until } => self.drained(group, roll, until),
                Act::Leaving { at, until } => self.leaving(at, until),
                Act::Node(scaler) => self.node_comes(scaler as usize),
                Act::Crash { footprint, process } => self.crash(footprint, process),
                Act::Back { footprint, process } => self.process_back(footprint, process),
            }
        }
        self.plan_incidents();
    }

    fn plan_incidents(&mut self) {
        self.hub.calendar.set(self.plans.row, self.plans.due());
    }

    fn begins(&mut self, index: u32) {
        let program = self.hub.program;
        match &program.incidents.planned[index as usize].1 {
            Incident::Kill { group, hosts, restart } => self.kill_some(*group, *hosts, *restart),
            Incident::Add { group, hosts, start_up } => self.add_hosts(*group, *hosts, *start_up),
            Incident::Replace { group, start_up, drain } => {
                self.drain(*group, Roll { host: 0, start_up: *start_up, drain: *drain });
            }
            Incident::Machine { governor, there } => self.machine_is(*governor, *there),
            Incident::Flush { store } => self.stores[*store as usize].flush(),
            Incident::Slow { lasts, .. } => {
                self.lasts(index, *lasts);
                self.set_speeds(index);
            }
            Incident::Break(spec) => self.breaks(index, spec),
            Incident::Fault(spec) => {
                self.lasts(index, spec.lasts);
                self.set_faults(spec);
            }
        }
    }

    fn lasts(&mut self, index: u32, lasts: u64) {
        self.plans.under_way.push(index);
        self.plans.add(self.hub.now.saturating_add(lasts), Act::Ends(index));
    }

    fn ends(&mut self, index: u32) {
        self.plans.under_way.retain(|&other| other != index);
        let program = self.hub.program;
        match &program.incidents.planned[index as usize].1 {
            Incident::Slow { .. } => self.set_speeds(index),
            Incident::Break(spec) => self.mends(spec),
            Incident::Fault(spec) => self.set_faults(spec),
            _ => {}
        }
    }

    /// The processors of a slowdown work at the product of all speeds that hold for them now.
    fn set_speeds(&mut self, index: u32) {
        let (planned, now) = (&self.hub.program.incidents.planned, self.hub.now);
        let Incident::Slow { processors, .. } = &planned[index as usize].1 else { return };
        for &processor in processors {
            let speed = |other: &u32| match &planned[*other as usize].1 {
                Incident::Slow { processors, speed, .. } if processors.contains(&processor) => *speed,
                _ => 1.0,
            };
            let speed = self.plans.under_way.iter().map(speed).product();
            let one = &mut self.processors[processor as usize];
            if let Some((governor, member)) = one.front() {
                let governor = &mut self.governors[governor as usize];
                governor.set_speed(member as usize, speed, now);
                self.hub.calendar.set(governor.row, governor.due());
                continue;
            }
            one.set_speed(speed, now);
            self.hub.calendar.set(processor, one.due());
        }
    }
}
