//! Decisions that take no time: which way, which host, fails or not.

use super::kernel::World;
use super::program::Pc;
use super::requests::{BALANCED, RequestId};
use crate::random::Draw;

/// Alike hosts with alike processes; host `h` has processes `h * processes ..`.
#[derive(Clone, Debug)]
pub struct GroupSpec {
    pub hosts: u32,
    pub processes: u32,
    pub policy: Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    RoundRobin,
    LeastOutstanding,
    Random,
    PowerOfTwo,
}

/// Ways by weight: `(cumulative share, where)`; the last share is 1.
#[derive(Clone, Debug)]
pub struct ChoiceSpec {
    pub ways: Vec<(f64, Pc)>,
}

/// What a group of hosts remembers.
#[derive(Clone, Debug)]
pub struct GroupState {
    next_host: u32,
    /// Per host: the next process in turn.
    next_process: Vec<u32>,
    /// Per host: requests not yet answered.
    pub outstanding: Vec<u32>,
}

impl GroupState {
    #[must_use]
    pub fn new(spec: &GroupSpec) -> GroupState {
        let hosts = spec.hosts as usize;
        GroupState { next_host: 0, next_process: vec![0; hosts], outstanding: vec![0; hosts] }
    }

    /// The host that the policy names.
    fn host(&mut self, spec: &GroupSpec, draw: &mut Draw) -> u32 {
        let any = |draw: &mut Draw| draw.below(u64::from(spec.hosts)) as u32;
        match spec.policy {
            Policy::RoundRobin => {
                let host = self.next_host;
                self.next_host = if host + 1 == spec.hosts { 0 } else { host + 1 };
                host
            }
            Policy::Random => any(draw),
            Policy::PowerOfTwo => {
                let (a, b) = (any(draw), any(draw));
                if self.outstanding[b as usize] < self.outstanding[a as usize] { b } else { a }
            }
            Policy::LeastOutstanding => {
                // The first of the least, counted from the host in turn, so that equals take turns.
                let from = self.next_host;
                let hosts = (0..spec.hosts).map(|i| (from + i) % spec.hosts);
                let host = hosts.min_by_key(|&host| self.outstanding[host as usize]).unwrap_or(0);
                self.next_host = (host + 1) % spec.hosts;
                host
            }
        }
    }
}

impl World<'_> {
    /// Gives a request its host and process.
    pub(super) fn balance(&mut self, id: RequestId, group: u32, site: u32) {
        let spec = &self.hub.program.groups[group as usize];
        let state = &mut self.groups[group as usize];
        let request = &mut self.hub.requests[id];
        request.group = group as u16;
        request.flags |= BALANCED;
        if spec.hosts > 1 {
            request.host = state.host(spec, &mut Draw::new(request.key, u64::from(site)));
        }
        let host = request.host as usize;
        let turn = &mut state.next_process[host];
        request.process = request.host * spec.processes + *turn;
        *turn = if *turn + 1 == spec.processes { 0 } else { *turn + 1 };
        state.outstanding[host] += 1;
    }
}

impl World<'_> {
    /// Where a request goes that is spread over the hosts of a group.
    pub(super) fn spread(&mut self, id: RequestId, pc: Pc, group: u32, site: u32) -> Pc {
        let spec = &self.hub.program.groups[group as usize];
        let state = &mut self.groups[group as usize];
        let host = state.host(spec, &mut self.hub.requests[id].draw(site));
        state.outstanding[host as usize] += 1;
        pc + 1 + host
    }

    /// What was sent to a host is over.
    pub(super) fn back(&mut self, group: u32, host: u32) {
        self.groups[group as usize].outstanding[host as usize] -= 1;
    }
}

impl ChoiceSpec {
    /// The way that a draw takes.
    pub(super) fn way(&self, mut draw: Draw) -> u32 {
        let share = draw.uniform();
        let way = self.ways.iter().find(|&&(until, _)| share < until).or(self.ways.last());
        way.map_or(0, |&(_, to)| to)
    }
}
