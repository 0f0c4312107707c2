//! Which host a request goes to, of those that a balancer thinks are up.

use super::kernel::World;
use super::level::Tide;
use super::program::{FleetSpec, Pc};
use super::requests::{BALANCED, RequestId};
use crate::random::{Draw, derive};

/// Alike hosts with alike processes; host `h` has processes `h * processes ..`.
#[derive(Clone, Debug)]
pub struct GroupSpec {
    /// As many as there may ever be.
    pub hosts: u32,
    pub processes: u32,
    pub policy: Policy,
    /// Of each host, above 0; only for [`Policy::Weighted`].
    pub weights: Vec<u32>,
    /// Of hosts that are not always all up.
    pub fleet: Option<FleetSpec>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    RoundRobin,
    LeastOutstanding,
    Random,
    PowerOfTwo,
    /// In turn, as often as their weights say, as evenly spread as can be.
    Weighted,
    /// Each user has a host of its own, for as long as that is given requests.
    Sticky,
}

/// What a group of hosts remembers.
#[derive(Clone, Debug)]
pub struct GroupState {
    /// Hosts that are given requests, in order, and the place of the next in turn.
    takes: Vec<u32>,
    next: u32,
    /// Per host: the next process in turn.
    next_process: Vec<u32>,
    /// Per host: requests not yet answered.
    pub outstanding: Vec<u32>,
    /// Of a fleet: each host, and how many are up.
    pub hosts: Vec<Host>,
    pub up: Tide,
    /// Fewest hosts up since the last reading.
    pub least: u32,
    /// Hosts that have been up or will be.
    known: u32,
    /// Per host, of weighted ones: how far behind its share it is.
    behind: Vec<i64>,
}

/// A host of a fleet.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    pub up: bool,
    /// How often it has died or come up: what was planned for an earlier life does not happen.
    pub life: u32,
    /// Whether it is going to come up.
    pub awaited: bool,
    /// Whether it only answers what it has, and then goes.
    pub leaving: bool,
    /// When it was begun, and last came up or died.
    pub started: u64,
    pub changed: u64,
    /// Requests that it was given.
    pub taken: u64,
}

impl Host {
    fn at_first(up: bool) -> Host {
        Host { up, life: 0, awaited: false, leaving: false, started: 0, changed: 0, taken: 0 }
    }

    /// Whether it serves or will.
    #[must_use]
    pub fn is_there(&self) -> bool {
        (self.up || self.awaited) && !self.leaving
    }

    #[must_use]
    pub fn serves(&self) -> bool {
        self.up && !self.leaving
    }

    /// Whether it has been up for so long; those of the start are.
    #[must_use]
    pub fn is_warm(&self, warm_up: u64, now: u64) -> bool {
        self.life == 0 || self.changed.saturating_add(warm_up) <= now
    }
}

impl GroupState {
    #[must_use]
    pub fn new(spec: &GroupSpec) -> GroupState {
        let up = spec.fleet.as_ref().map_or(spec.hosts, |fleet| fleet.up);
        let of_fleet = (0..spec.hosts).filter(|_| spec.fleet.is_some());
        let mut state = GroupState {
            takes: (0..up).collect(),
            next: 0,
            next_process: vec![0; spec.hosts as usize],
            outstanding: vec![0; spec.hosts as usize],
            hosts: of_fleet.map(|host| Host::at_first(host < up)).collect(),
            up: Tide::default(),
            least: up,
            known: up,
            behind: vec![0; spec.weights.len()],
        };
        (0..up).for_each(|_| state.up.up(0));
        state
    }

    /// The host that the policy names; `None` if none takes requests.
    #[inline(always)]
    fn host(&mut self, spec: &GroupSpec, draw: &mut Draw, user: u64) -> Option<u32> {
        let takes = &self.takes;
        let count = takes.len() as u32;
        if count == 0 {
            return None;
        }
        let any = |draw: &mut Draw| takes[draw.below(u64::from(count)) as usize];
        let host = match spec.policy {
            Policy::RoundRobin => {
                let place = self.next;
                self.next = if place + 1 == count { 0 } else { place + 1 };
                takes[place as usize]
            }
            Policy::Random => any(draw),
            // The highest number that user and host draw together: who loses a host takes the next highest,
            // and nobody else moves (rendezvous hashing, Thaler and Ravishankar 1998).
            Policy::Sticky => takes.iter().copied().max_by_key(|&host| derive(user, u64::from(host)))?,
            Policy::Weighted => self.heaviest(&spec.weights)?,
            Policy::PowerOfTwo => {
                let (a, b) = (any(draw), any(draw));
                if self.outstanding[b as usize] < self.outstanding[a as usize] { b } else { a }
            }
            Policy::LeastOutstanding => {
                // The first of the least, counted from the host in turn, so that equals take turns.
                let from = self.next;
                let outstanding = |place: &u32| self.outstanding[takes[*place as usize] as usize];
                let place = (0..count).map(|i| (from + i) % count).min_by_key(outstanding).unwrap_or(0);
                self.next = (place + 1) % count;
                takes[place as usize]
            }
        };
        Some(host)
    }

    /// Each host gains its weight; the one furthest behind is taken and pays for all (smooth weighted
    /// round robin).
    #[inline(never)]
    fn heaviest(&mut self, weights: &[u32]) -> Option<u32> {
        let (mut total, mut first) = (0, None);
        for &host in &self.takes {
            let weight = i64::from(weights[host as usize]);
            let behind = &mut self.behind[host as usize];
            *behind += weight;
            total += weight;
            if first.is_none_or(|(most, _)| *behind > most) {
                first = Some((*behind, host));
            }
        }
        let (_, host) = first?;
        self.behind[host as usize] -= total;
        Some(host)
    }

    /// Whether a host is up; those of a group that is no fleet always are.
    #[must_use]
    pub fn is_up(&self, host: u32) -> bool {
        self.hosts.get(host as usize).is_none_or(|host| host.up)
    }

    /// How many of so many hosts are up.
    #[must_use]
    pub fn count_up(&self, hosts: u32) -> u32 {
        if self.hosts.is_empty() { hosts } else { self.up.value() }
    }

    /// Hosts that are up, in order.
    #[must_use]
    pub fn up_hosts(&self) -> Vec<u32> {
        (0..self.hosts.len() as u32).filter(|&host| self.hosts[host as usize].up).collect()
    }

    /// A host that has never been there; `None` if there can be no more.
    pub fn new_host(&mut self) -> Option<u32> {
        let host = self.known;
        self.known += u32::from((host as usize) < self.hosts.len());
        ((host as usize) < self.hosts.len()).then_some(host)
    }

    /// The lowest-numbered host that is not up, will not be and is given no requests; `None` if there is none.
    #[must_use]
    pub fn free_host(&self) -> Option<u32> {
        let free = |&host: &u32| {
            let state = &self.hosts[host as usize];
            !state.up && !state.awaited && !self.takes(host)
        };
        (0..self.hosts.len() as u32).find(free)
    }

    /// A host will come up.
    pub fn awaits(&mut self, host: u32) {
        self.hosts[host as usize].awaited = true;
    }

    /// A host that would have come up will not.
    pub fn forgoes(&mut self, host: u32) {
        let state = &mut self.hosts[host as usize];
        state.awaited = false;
        state.life += 1;
    }

    /// A host dies; false if it is dead.
    pub fn goes_down(&mut self, host: u32, now: u64) -> bool {
        let state = &mut self.hosts[host as usize];
        (state.leaving, state.changed) = (false, now);
        if !std::mem::replace(&mut state.up, false) {
            return false;
        }
        state.life += 1;
        self.up.down(now);
        self.least = self.least.min(self.up.value());
        true
    }

    /// A host comes up in its next life; false if it is up, or has died since this was planned.
    pub fn comes_up(&mut self, host: u32, life: u32, now: u64) -> bool {
        let state = &mut self.hosts[host as usize];
        if state.life != life || state.up {
            return false;
        }
        (state.up, state.life) = (true, life + 1);
        (state.awaited, state.changed) = (false, now);
        self.up.up(now);
        true
    }

    /// Whether a host is given requests.
    #[must_use]
    pub fn takes(&self, host: u32) -> bool {
        self.takes.binary_search(&host).is_ok()
    }

    /// A host is given requests from now on.
    pub fn list(&mut self, host: u32) {
        if let Err(place) = self.takes.binary_search(&host) {
            self.takes.insert(place, host);
            self.next += u32::from((place as u32) < self.next);
        }
    }

    /// A host is given no more requests; the others go on taking turns as before.
    pub fn unlist(&mut self, host: u32) {
        if let Ok(place) = self.takes.binary_search(&host) {
            self.takes.remove(place);
            self.next -= u32::from((place as u32) < self.next);
            if self.next as usize >= self.takes.len() {
                self.next = 0;
            }
        }
    }
}

impl World<'_> {
    /// Gives a request its host and process; false if it fails, since there is none or it is down.
    pub(super) fn balance(&mut self, id: RequestId, group: u32, site: u32) -> bool {
        let spec = &self.hub.program.groups[group as usize];
        let state = &mut self.groups[group as usize];
        let request = &mut self.hub.requests[id];
        request.group = group as u16;
        if spec.hosts > 1 || spec.fleet.is_some() {
            let user = derive(u64::from(request.source), u64::from(request.owner));
            let Some(host) = state.host(spec, &mut Draw::new(request.key, u64::from(site)), user) else {
                if let Some(fleet) = &spec.fleet {
                    request.cause = fleet.down;
                    self.hub.recorder.count(fleet.nobody, 1);
                }
                return false;
            };
            request.host = host;
        }
        request.flags |= BALANCED;
        let host = request.host as usize;
        let turn = &mut state.next_process[host];
        request.process = request.host * spec.processes + *turn;
        *turn = if *turn + 1 == spec.processes { 0 } else { *turn + 1 };
        state.outstanding[host] += 1;
        match &spec.fleet {
            Some(fleet) => {
                let one = &mut state.hosts[host];
                one.taken += 1;
                if !one.up {
                    request.cause = fleet.down;
                }
                one.up
            }
            None => true,
        }
    }

    /// Where a request goes that is spread over the hosts of a group.
    pub(super) fn spread(&mut self, id: RequestId, pc: Pc, group: u32, site: u32) -> Pc {
        let spec = &self.hub.program.groups[group as usize];
        let state = &mut self.groups[group as usize];
        let request = &self.hub.requests[id];
        // All of them are always up, and nobody has one of its own.
        let host = state.host(spec, &mut request.draw(site), 0).unwrap_or(0);
        state.outstanding[host as usize] += 1;
        pc + 1 + host
    }

    /// What was sent to a host is over.
    pub(super) fn back(&mut self, group: u32, host: u32) {
        self.groups[group as usize].outstanding[host as usize] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousand users on four hosts: a quarter on each; when one is given no more requests its users go to
    /// the other three, and nobody else moves.
    #[test]
    fn only_users_of_a_lost_host_move() {
        let spec = GroupSpec { hosts: 4, processes: 1, policy: Policy::Sticky, weights: Vec::new(), fleet: None };
        let mut state = GroupState::new(&spec);
        let hosts = |state: &mut GroupState| -> Vec<Option<u32>> {
            (0..1000).map(|user| state.host(&spec, &mut Draw::new(1, 1), derive(0, user))).collect()
        };
        let before = hosts(&mut state);
        assert_eq!(before, hosts(&mut state));
        state.unlist(2);
        let after = hosts(&mut state);
        let (mut moved, mut to) = (0, [0; 4]);
        for (before, after) in before.iter().zip(&after) {
            assert!(before == after || *before == Some(2), "{before:?} to {after:?}");
            if before != after {
                moved += 1;
                to[after.expect("a host") as usize] += 1;
            }
        }
        // Binomial: 250 with a deviation of 14, and a third of them each.
        assert!((200..300).contains(&moved) && to.iter().all(|&n| n == 0 || (50..120).contains(&n)), "{moved} {to:?}");
        state.list(2);
        assert_eq!(before, hosts(&mut state));
        (0..4).for_each(|host| state.unlist(host));
        assert_eq!(state.host(&spec, &mut Draw::new(1, 1), 7), None);
    }

    /// The example of who made it up: weights 5, 1 and 1 give a a b a c a a; then without the first, the others in turn.
    #[test]
    fn weights_are_spread_evenly() {
        let spec = GroupSpec { hosts: 3, processes: 1, policy: Policy::Weighted, weights: vec![5, 1, 1], fleet: None };
        let mut state = GroupState::new(&spec);
        let turns = |state: &mut GroupState, count: u32| -> Vec<u32> {
            (0..count).map(|_| state.host(&spec, &mut Draw::new(1, 1), 0).expect("a host")).collect()
        };
        assert_eq!(turns(&mut state, 14), [0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0]);
        state.unlist(0);
        assert_eq!(turns(&mut state, 4), [1, 2, 1, 2]);
    }
}
