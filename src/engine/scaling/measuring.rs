//! What controllers see of hosts.

use super::super::groups::Host;
use super::super::kernel::World;
use super::super::program::{Controller, Signal};
use super::hpa::{Pod, Reading};
use super::target_tracking::{Capacity, LOW};

/// Nanoseconds per second, and per thousandth of a core second.
const SECOND: f64 = 1e9;
/// What rounding may add to a number of thousandths.
const ROUNDING: f64 = 1e-6;

impl World<'_> {
    /// Keeps what hosts of controlled groups have worked; the reading that follows forgets it.
    pub(in crate::engine) fn keep_used(&mut self) {
        for (scaler, spec) in self.scalers.iter_mut().zip(&self.hub.program.scalers) {
            let processors = &mut self.processors[spec.processors as usize..];
            scaler.used.iter_mut().zip(processors).for_each(|(used, one)| *used += one.used(self.hub.now));
        }
    }

    /// Reads all signals of a controller whose time it is.
    pub(super) fn measure(&mut self, index: usize) {
        let spec = &self.hub.program.scalers[index];
        let measured = self.scalers[index].measured;
        for (which, meter) in spec.meters.iter().enumerate() {
            if measured.is_multiple_of(meter.every) {
                let window = meter.every * spec.measures;
                match &spec.controller {
                    Controller::Pods(_) => self.read_pods(index, which, meter.signal, window),
                    Controller::Instances { warm_up, .. } => {
                        self.read_group(index, which, meter.signal, (window, *warm_up));
                    }
                }
            }
        }
        self.scalers[index].measured += 1;
    }

    /// What a host has done since the beginning, or of a level what it is.
    fn count(&mut self, index: usize, host: usize, signal: Signal) -> f64 {
        let spec = &self.hub.program.scalers[index];
        let group = &self.groups[spec.group as usize];
        match signal {
            Signal::Cpu => {
                let since = self.processors[spec.processors as usize + host].used(self.hub.now);
                self.scalers[index].used[host] + since
            }
            Signal::Requests => group.hosts[host].taken as f64,
            Signal::InFlight => f64::from(group.outstanding[host]),
        }
    }

    fn read_pods(&mut self, index: usize, which: usize, signal: Signal, window: u64) {
        let group = self.hub.program.scalers[index].group as usize;
        for host in 0..self.groups[group].hosts.len() {
            if !self.groups[group].hosts[host].is_there() {
                continue;
            }
            let count = self.count(index, host, signal);
            let meter = &mut self.scalers[index].meters[which];
            let before = meter.last[host].replace(count);
            let value = match (signal, before) {
                (Signal::InFlight, _) => Some(count * 1000.0),
                // The metrics server rounds up; a rate loses what is less than a thousandth.
                (Signal::Cpu, Some(before)) => Some(((count - before) / window as f64 * 1000.0 - ROUNDING).ceil()),
                (Signal::Requests, Some(before)) => Some((count - before) * SECOND / window as f64 * 1000.0 + ROUNDING),
                (_, None) => None,
            };
            meter.readings[host] =
                value.map(|value| Reading { value: value.max(0.0) as u64, at: self.hub.now, window });
        }
    }

    /// One datapoint of the whole group: the mean CPU of instances that are warm, or requests by instance.
    fn read_group(&mut self, index: usize, which: usize, signal: Signal, (window, warm_up): (u64, u64)) {
        let (now, spec) = (self.hub.now, &self.hub.program.scalers[index]);
        let group = spec.group as usize;
        let (mut sum, mut instances, mut known) = (0.0, 0, false);
        for host in 0..self.groups[group].hosts.len() {
            let count = self.count(index, host, signal);
            let one = self.groups[group].hosts[host];
            let before = self.scalers[index].meters[which].last[host].replace(count);
            known |= before.is_some();
            let counts = match signal {
                Signal::Cpu => one.serves() && one.is_warm(warm_up, now) && before.is_some(),
                Signal::Requests | Signal::InFlight => one.serves(),
            };
            instances += u32::from(counts);
            if counts || signal != Signal::Cpu {
                sum += count - before.unwrap_or(count);
            }
        }
        let scale = match signal {
            Signal::Cpu => 100.0 / (spec.cores * window as f64),
            Signal::Requests | Signal::InFlight => 1.0,
        };
        let point = (known && instances > 0).then(|| sum * scale / f64::from(instances));
        let points = &mut self.scalers[index].meters[which].points;
        points.push_back((now, point));
        // Those that cannot be read yet, and as many as an alarm asks for.
        let delay = if let Controller::Instances { delay, .. } = spec.controller { delay } else { 0 };
        if points.len() as u64 > LOW as u64 + 1 + delay / window {
            points.pop_front();
        }
    }

    /// Hosts from now on.
    pub(super) fn hosts_wanted(&mut self, index: usize) -> u32 {
        let (now, spec) = (self.hub.now, &self.hub.program.scalers[index]);
        let scaler = &mut self.scalers[index];
        let hosts = &self.groups[spec.group as usize].hosts;
        match &spec.controller {
            Controller::Pods(hpa) => {
                let pods: Vec<Vec<Pod>> = scaler
                    .meters
                    .iter()
                    .map(|meter| {
                        let there = hosts.iter().zip(&meter.readings).filter(|(host, _)| host.is_there());
                        let unplaced = (0..scaler.unplaced).map(|_| Pod::Pending);
                        there.map(|(host, &reading)| pod(host, reading)).chain(unplaced).collect()
                    })
                    .collect();
                hpa.decide(&pods, scaler.desired.value(), &mut scaler.history, now)
            }
            Controller::Instances { rule, warm_up, delay } => {
                let points: Vec<Vec<Option<f64>>> = scaler
                    .meters
                    .iter()
                    .map(|meter| {
                        let known = || meter.points.iter().filter(|(at, _)| at.saturating_add(*delay) <= now);
                        // Without a new datapoint the alarm says nothing new.
                        let fresh = known().next_back().is_some_and(|(at, _)| at.saturating_add(*delay) == now);
                        known().filter(|_| fresh).map(|&(_, point)| point).collect()
                    })
                    .collect();
                let count = |is: &dyn Fn(&Host) -> bool| hosts.iter().filter(|host| is(host)).count() as u32;
                let warm = count(&|host| host.serves() && host.is_warm(*warm_up, now));
                let terminating = count(&|host| host.up && host.leaving);
                let desired = scaler.desired.value();
                let warming = scaler.unplaced > 0 || count(&|host| host.is_there()) > warm;
                rule.decide(&points, Capacity { desired, warm, warming, terminating })
            }
        }
    }
}

fn pod(host: &Host, reading: Option<Reading>) -> Pod {
    Pod::Running { started: host.started, ready: host.up, changed: host.changed, reading }
}
