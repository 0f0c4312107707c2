//! What a span of steady load will show, without simulating it: means by surrogate delays.
//!
//! Each station is solved alone with all else as a delay, round by round until all agree
//! ([`crate::theory::surrogates`]). A permit is a passive resource: while it is held, what it is held for is at other
//! stations, whose times make up its service time, and no more requests can be at these than there are permits
//! (two-level decomposition, as [`crate::theory::nested_pools`] for one case; Sauer & Chandy 1981, ch. 7). Several scenarios are one
//! population, each in proportion to its throughput; what arrives at a rate takes its share of each station before.

use super::Instrument;
use super::resources::{Capacity, Use};
use super::walk::{Need, Part};
use crate::theory::queues::erlang_c;
use crate::theory::surrogates::alone;

/// What a span shows on average.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Steady {
    /// Requests per second.
    pub throughput: f64,
    /// Mean response of all of them, s.
    pub response: f64,
    /// Of each resource: share in use, and requests that wait for it.
    pub used: Vec<f64>,
    pub waiting: Vec<f64>,
}

/// Rounds after which times that still change are not told.
const ROUNDS: usize = 400;

/// Relative change of throughput below which they agree.
const AGREED: f64 = 1e-6;

/// Of the way to new times that is gone in a round what is left when they have gone to and fro, and the least part.
const CALMER: f64 = 0.75;
const LEAST_STEP: f64 = 0.02;

/// Scenarios as they are asked for: users, or iterations per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Asked {
    pub users: f64,
    pub rate: f64,
}

/// Times at the stations: seconds at each resource per second of its work, and of waiting per visit.
struct Times {
    /// By resource: how many times as long as the work itself it takes.
    stretch: Vec<f64>,
    /// By resource: waiting for a permit or a lane, per visit.
    wait: Vec<f64>,
}

/// `None`: an open load that no steady state can carry, or times that do not settle.
pub(super) fn steady(of: &Instrument, asked: &[Asked]) -> Option<Steady> {
    let count = of.capacities.len();
    let mut times = Times { stretch: vec![1.0; count], wait: vec![0.0; count] };
    let (mut last, mut change, mut step) = (0.0, 0.0, 1.0f64);
    for round in 0..ROUNDS {
        let rates = iterations(of, asked, &times)?;
        let total: f64 = rates.iter().sum();
        if total <= 0.0 {
            return None;
        }
        if round > 2 && (total / last - 1.0).abs() < AGREED * step {
            return Some(summary(of, asked, &times, &rates));
        }
        if (total - last) * change < 0.0 {
            step = (step * CALMER).max(LEAST_STEP);
        }
        (change, last) = (total - last, total);
        let users: f64 = asked.iter().map(|asked| asked.users).sum();
        for at in 0..count {
            let station = Station::of(of, at, asked, &rates, &times, users);
            let (stretch, wait) = station.solve()?;
            times.stretch[at] += step * (stretch - times.stretch[at]);
            times.wait[at] += step * (wait - times.wait[at]);
        }
    }
    None
}

/// Requests per second if nothing ever waited; `None` where users neither work nor think.
pub(super) fn unhindered(of: &Instrument, asked: &[Asked]) -> Option<f64> {
    let count = of.capacities.len();
    let rates = iterations(of, asked, &Times { stretch: vec![1.0; count], wait: vec![0.0; count] })?;
    Some(rates.iter().zip(&of.needs).map(|(rate, need)| rate * need.requests).sum())
}

/// Iterations per second of each scenario under these times.
fn iterations(of: &Instrument, asked: &[Asked], times: &Times) -> Option<Vec<f64>> {
    let rates = of.needs.iter().zip(asked).map(|(need, asked)| {
        if asked.users <= 0.0 {
            return asked.rate;
        }
        let cycle = (response(of, &need.seen, times) + need.think).max(need.pace);
        asked.rate + if cycle > 0.0 { asked.users / cycle } else { f64::NAN }
    });
    let rates: Vec<f64> = rates.collect();
    rates.iter().all(|rate| rate.is_finite()).then_some(rates)
}

/// Seconds that a part takes with all waiting.
fn response(of: &Instrument, part: &Part, times: &Times) -> f64 {
    let stations = (0..of.capacities.len()).map(|at| residence(of, at, part, times) + waits(of, at, part, times));
    part.delay + of.pure_delay(part) + stations.sum::<f64>()
}

/// Time in service at a resource, with what others take of its speed.
fn residence(of: &Instrument, at: usize, part: &Part, times: &Times) -> f64 {
    match &of.capacities[at].of {
        Use::Work(gauges) if of.times_of[at] => {
            gauges.iter().map(|&gauge| part.work[gauge]).sum::<f64>() * times.stretch[at]
        }
        _ => 0.0,
    }
}

/// Time of waiting for a permit, a lane, or a volume.
fn waits(of: &Instrument, at: usize, part: &Part, times: &Times) -> f64 {
    match &of.capacities[at].of {
        Use::Work(_) => 0.0,
        Use::Lanes(gauge) => part.turns[*gauge] * times.wait[at],
        Use::Permits(gauge) => part.visits[*gauge] * times.wait[at],
        Use::Volume(volume) => part.operations[*volume] * times.wait[at],
    }
}

/// A resource alone.
struct Station<'a> {
    capacity: &'a Capacity,
    /// Users of closed scenarios, and seconds that one of them is not here between two visits of a copy.
    users: f64,
    away: f64,
    /// Seconds of service per visit of a copy, and visits per second of open scenarios.
    service: f64,
    open: f64,
    /// Requests that others let come here at once.
    room: f64,
    /// Visits over those that have work.
    uneven: f64,
    /// Whether it is shared by all who are there, or they wait their turn.
    shared: bool,
}

impl Station<'_> {
    fn of<'a>(of: &'a Instrument, at: usize, asked: &[Asked], rates: &[f64], times: &Times, users: f64) -> Station<'a> {
        let capacity = &of.capacities[at];
        // Visits and seconds of service, per second, of all scenarios and of open ones.
        let (mut visits, mut busy, mut open) = (0.0, 0.0, 0.0);
        let (mut closed, mut here) = (0.0, 0.0);
        for ((need, asked), rate) in of.needs.iter().zip(asked).zip(rates) {
            let (times_visited, seconds) = visit(of, at, need, times);
            visits += rate * times_visited;
            busy += rate * seconds;
            open += asked.rate * times_visited;
            if asked.users > 0.0 {
                closed += rate * times_visited;
                here += rate * (residence(of, at, &need.seen, times) + passive(of, at, need, times));
            }
        }
        let service = if visits > 0.0 { busy / visits } else { 0.0 };
        // Each copy is a station of its own; a user's cycle between two visits of one is so many times as long.
        let cycle = if closed > 0.0 { users * capacity.copies / closed } else { f64::INFINITY };
        let away = if closed > 0.0 { cycle - here / closed } else { f64::INFINITY };
        let shared = matches!(capacity.of, Use::Work(_));
        let uneven = match capacity.of {
            Use::Lanes(gauge) => {
                let sum = |of_part: &dyn Fn(&Part) -> f64| of.needs.iter().map(|need| of_part(&need.load)).sum::<f64>();
                sum(&|part| part.turns[gauge]) / sum(&|part| part.slices[gauge]).max(f64::MIN_POSITIVE)
            }
            _ => 1.0,
        };
        let room = of.rooms[at] / capacity.copies;
        Station {
            capacity,
            users,
            away: away.max(1e-9),
            service,
            open: open / capacity.copies,
            room: room.max(1.0),
            uneven,
            shared,
        }
    }

    /// How many times as long work takes, and how long a visit waits.
    fn solve(&self) -> Option<(f64, f64)> {
        if self.service <= 0.0 {
            return Some((1.0, 0.0));
        }
        let servers = self.servers();
        let open = self.open * self.service;
        if open >= servers * (1.0 - 1e-9) {
            return None;
        }
        let takes = if self.users > 0.0 && self.away.is_finite() {
            self.closed(1.0 - open / servers)?
        } else {
            self.of_arrivals(servers, open)
        };
        if let Use::Volume(_) = self.capacity.of {
            // Each operation passes in its turn.
            return Some((1.0, takes / (self.service * self.capacity.servers)));
        }
        Some(if self.shared { (takes / self.service, 0.0) } else { (1.0, (takes - self.service).max(0.0)) })
    }

    /// Of one copy.
    fn servers(&self) -> f64 {
        if matches!(self.capacity.of, Use::Volume(_)) { 1.0 } else { self.capacity.servers / self.capacity.copies }
    }

    /// Seconds of a visit; `left`: the share of its speed that open scenarios leave.
    fn closed(&self, left: f64) -> Option<f64> {
        let servers = self.servers();
        let speed = |n: u32| match self.capacity.rates {
            Some(rates) => f64::from(n) * rates.per_job(n as usize),
            None => f64::from(n).min(servers),
        };
        let found = alone(self.users, self.away, self.room, |n| left * speed(n) / self.service)?;
        Some(if found.throughput > 0.0 { (found.number / found.throughput).max(self.service) } else { self.service })
    }

    fn of_arrivals(&self, servers: f64, offered: f64) -> f64 {
        if servers < 1.0 {
            return self.service / (servers - offered);
        }
        let wait = erlang_c(servers as u32, offered.min(servers.floor() * (1.0 - 1e-9)));
        // Who comes waits for what has work, however many have none (Pollaczek and Khinchine).
        self.service * (1.0 + self.uneven * wait.unwrap_or(0.0) / (servers - offered))
    }
}

/// Visits of an iteration to a resource, and seconds of service in all.
fn visit(of: &Instrument, at: usize, need: &Need, times: &Times) -> (f64, f64) {
    match &of.capacities[at].of {
        Use::Work(gauges) => {
            let work = gauges.iter().map(|&gauge| need.load.work[gauge]).sum();
            (need.requests, work)
        }
        // Turns without work wait as well, but take nothing.
        Use::Lanes(gauge) => {
            (need.load.turns[*gauge], need.load.work[*gauge] * of.stretch_of_gauge(*gauge, &times.stretch))
        }
        Use::Permits(gauge) => (need.load.visits[*gauge], response(of, &need.held[*gauge], times)),
        Use::Volume(volume) => (need.requests, need.load.operations[*volume] / of.capacities[at].servers),
    }
}

/// Seconds that a request is at a resource that it waits for.
fn passive(of: &Instrument, at: usize, need: &Need, times: &Times) -> f64 {
    let service = match &of.capacities[at].of {
        Use::Work(_) => 0.0,
        Use::Lanes(gauge) => need.seen.work[*gauge],
        Use::Permits(gauge) => response(of, &need.held[*gauge], times),
        Use::Volume(_) => 0.0,
    };
    service + waits(of, at, &need.seen, times)
}

fn summary(of: &Instrument, asked: &[Asked], times: &Times, rates: &[f64]) -> Steady {
    let weighted =
        |each: &dyn Fn(&Need) -> f64| of.needs.iter().zip(rates).map(|(need, rate)| rate * each(need)).sum::<f64>();
    let throughput = weighted(&|need| need.requests);
    let response = weighted(&|need| response(of, &need.seen, times)) / throughput;
    let mut used = Vec::new();
    let mut waiting = Vec::new();
    for (at, capacity) in of.capacities.iter().enumerate() {
        let busy = weighted(&|need| match &capacity.of {
            Use::Volume(volume) => need.load.operations[*volume],
            Use::Work(gauges) => gauges.iter().map(|&gauge| need.load.work[gauge]).sum(),
            _ => visit(of, at, need, times).1,
        });
        used.push((busy / capacity.servers).min(1.0));
        waiting.push(weighted(&|need| {
            let work = residence(of, at, &need.seen, times);
            waits(of, at, &need.seen, times) + work * (1.0 - 1.0 / times.stretch[at])
        }));
    }
    debug_assert_eq!(asked.len(), rates.len());
    Steady { throughput, response, used, waiting }
}
