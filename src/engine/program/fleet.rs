//! Hosts that come and go, and what else happens in the middle of a run, as a program says it.

use super::Target;

/// Everything that breaks with a far side of connections, and for how long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BreakSpec {
    /// Alarms of its statements, and the scopes in which its rows are locked.
    pub alarms: Vec<u32>,
    pub scopes: Vec<u16>,
    /// Permits that are connections to it, and permits that may keep such a one behind them.
    pub slots: Vec<u32>,
    pub clients: Vec<u32>,
    /// The ceiling that lets nobody connect for a while; without one those who hold a connection keep it.
    pub ceiling: Option<u32>,
    /// The cause of what fails for it.
    pub cause: u8,
    /// ns; `None`: for ever.
    pub lasts: Option<u64>,
}

/// A far side that answers some attempts with errors, and lets fewer in.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultSpec {
    /// Which, among those that may have faults.
    pub place: u32,
    /// Share of attempts that fail.
    pub rate: f64,
    /// Share of its limits that is left, the meters and the permits that they are.
    pub left: f64,
    pub meter: Option<u32>,
    pub slots: Option<u32>,
    /// ns.
    pub lasts: u64,
}

/// Hosts of a group that are not always all up.
#[derive(Clone, Debug)]
pub struct FleetSpec {
    /// The first so many are up from the start.
    pub up: u32,
    pub health: Option<HealthSpec>,
    /// Permits of which each host or process has its own, which close when it goes.
    pub permits: Vec<Target>,
    /// The first governors of the hosts' own machines and links, one for each host.
    pub machines: Vec<u32>,
    /// The cause of what fails because a host is down.
    pub down: u8,
    /// Counts those for which no host is left.
    pub nobody: u32,
    /// Index among the gauges of fleets.
    pub gauge: u32,
    /// Site of the draws of when each host is checked.
    pub site: u32,
    /// Which of [`crate::engine::Program::scalers`] decides how many there are, if one does.
    pub scaler: Option<u32>,
}

/// How it is found out that a host is down, or up again: each is asked every `interval` ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthSpec {
    pub interval: u64,
    /// Checks in a row that decide, at least 1.
    pub unhealthy: u32,
    pub healthy: u32,
}

/// What happens at a stated instant.
#[derive(Clone, Debug, PartialEq)]
pub enum Incident {
    /// So many hosts of a group die; each comes back after `restart` ns, if ever.
    Kill { group: u32, hosts: u32, restart: Option<u64> },
    /// So many more hosts come up, `start_up` ns later.
    Add { group: u32, hosts: u32, start_up: u64 },
    /// One host after the other is drained for at most `drain` ns, stopped, and back after `start_up` ns.
    Replace { group: u32, start_up: u64, drain: u64 },
    /// Connections break.
    Break(BreakSpec),
    /// A far side has faults.
    Fault(FaultSpec),
    /// A machine that several share goes, or comes back as another one.
    Machine { governor: u32, there: bool },
    /// A store loses all its keys.
    Flush { store: u32 },
    /// These processors work at a share of their speed for so many ns; 0: they stand still.
    Slow { processors: Vec<u32>, speed: f64, lasts: u64 },
}

/// What happens in the middle of a run, and what is needed to take a host's requests away.
#[derive(Clone, Debug, Default)]
pub struct Incidents {
    /// When, ns, and what.
    pub planned: Vec<(u64, Incident)>,
    /// The group of each endpoint.
    pub groups: Vec<u32>,
    /// Empty if no host ever goes.
    pub holds: Holds,
    /// Gauges of fleets.
    pub gauges: u32,
    /// How many far sides may have faults.
    pub faults: u32,
}

/// What a request holds that waits at an instruction: for each instruction the place of the innermost thing
/// that is held, [`Holds::NOTHING`] if there is none; and each thing with the place of what was taken before it.
#[derive(Clone, Debug, Default)]
pub struct Holds {
    pub at: Vec<u32>,
    pub things: Vec<(Held, u32)>,
}

/// One thing that a request holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    Permit(Target),
    /// What it holds is used by its branches, one at a time.
    Shared,
    /// What is shared so many steps out.
    Seized(u8),
    /// An attempt of this kind that a breaker has let through.
    Attempt(u16),
    /// A place in the memory of its process.
    Resident(u16),
    /// The answer of this host of a group, to which it was spread.
    Spread {
        group: u32,
        host: u32,
    },
}

impl Holds {
    pub const NOTHING: u32 = u32::MAX;

    /// What is held at an instruction, the innermost first.
    pub fn of(&self, pc: u32) -> impl Iterator<Item = Held> {
        let mut place = self.at.get(pc as usize).copied().unwrap_or(Self::NOTHING);
        std::iter::from_fn(move || {
            let &(held, below) = self.things.get(place as usize)?;
            place = below;
            Some(held)
        })
    }
}
