//! Memory of processes: what requests bring, what they leave behind, and what happens when there is no more.

use super::kernel::World;
use super::level::Level;
use super::program::{By, FootprintSpec, Op, Pc, Target};
use super::requests::RequestId;
use super::slots::Slots;

/// Bytes of a megabyte.
const MB: f64 = 1e6;
/// One second, ns.
const SECOND: f64 = 1e9;

/// What is in the memory of the processes of a tier.
#[derive(Debug)]
pub struct Footprint {
    /// Requests inside, of all processes.
    inside: Level,
    /// Per process.
    requests: Vec<u32>,
    left_behind: Vec<f64>,
    /// When it serves again, ns; in the past unless it was killed.
    back_at: Vec<u64>,
    /// Most bytes on one host since the last reading.
    peak: f64,
    /// Bytes but for those of requests inside at the last reading.
    before: Option<f64>,
    /// When a process was first killed since the last reading, ns; 0 for none.
    killed_at: u64,
}

/// The generations of one process, bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Generations {
    young: f64,
    old: f64,
}

/// What memory was since the last reading.
#[derive(Clone, Copy, Debug)]
pub struct FootprintReading {
    /// MB on all hosts: on average, and now.
    pub mean: f64,
    pub now: f64,
    /// Most on one host.
    pub peak: f64,
    /// Seconds from the run's beginning; 0 if no process was killed.
    pub killed_at: f64,
}

impl Footprint {
    /// When a process serves again, ns; in the past if it does.
    #[must_use]
    pub fn back_at(&self, process: u32) -> u64 {
        self.back_at[process as usize]
    }

    #[must_use]
    pub fn new(spec: &FootprintSpec) -> Footprint {
        let processes = (spec.hosts * spec.processes) as usize;
        Footprint {
            inside: Level::default(),
            requests: vec![0; processes],
            left_behind: vec![0.0; processes],
            back_at: vec![0; processes],
            peak: 0.0,
            before: None,
            killed_at: 0,
        }
    }

    /// Bytes on a host that is up, of so many, but for those of requests inside, and with them.
    fn on(&self, (host, up): (usize, u32), spec: &FootprintSpec, kept: (&[Slots], &[Generations])) -> (f64, f64) {
        let (processes, (slots, generations)) = (spec.processes as usize, kept);
        let own = host * processes..(host + 1) * processes;
        let mut rest = spec.base * processes as f64;
        rest += self.left_behind[own.clone()].iter().sum::<f64>();
        rest += generations.get(own.clone()).unwrap_or_default().iter().map(|one| one.old).sum::<f64>();
        let open = |index: usize| f64::from(slots[index].opened.value());
        for &(base, by) in &spec.connections {
            let base = base as usize;
            rest += spec.per_connection
                * match by {
                    By::One => open(base) / f64::from(up),
                    By::Host => open(base + host),
                    By::Process => own.clone().map(|process| open(base + process)).sum::<f64>(),
                };
        }
        let requests = self.requests[own].iter().map(|&n| f64::from(n)).sum::<f64>();
        (rest, rest + requests * spec.per_request)
    }
}

impl World<'_> {
    /// Memory, and collections of garbage: where to go on; `None` if the request waits.
    pub(super) fn memory_op(&mut self, id: RequestId, pc: Pc, op: Op) -> Option<Pc> {
        match op {
            Op::Reside { footprint, failed } => Some(if self.reside(id, footprint as usize) { pc + 1 } else { failed }),
            Op::Vacate { footprint } => {
                self.vacate(id, footprint);
                Some(pc + 1)
            }
            Op::Allocate { collector, at, part } => self.allocate(id, pc, collector as usize, (at, part)),
            _ => Some(pc + 1),
        }
    }

    /// A request leaves its process.
    pub(super) fn vacate(&mut self, id: RequestId, footprint: u16) {
        let process = self.hub.requests[id].process as usize;
        let footprint = &mut self.footprints[footprint as usize];
        footprint.inside.down(self.hub.now);
        footprint.requests[process] -= 1;
    }

    /// A request comes into its process; false if it fails.
    fn reside(&mut self, id: RequestId, index: usize) -> bool {
        let (spec, now) = (&self.hub.program.footprints[index], self.hub.now);
        let (process, host) = (self.hub.requests[id].process as usize, self.hub.requests[id].host as usize);
        let footprint = &mut self.footprints[index];
        // Refused ones leave by the same door.
        footprint.inside.up(now);
        footprint.requests[process] += 1;
        if footprint.back_at[process] > now {
            self.hub.requests[id].cause = spec.down;
            return false;
        }
        footprint.left_behind[process] += spec.leak;
        let generations = spec.collector.map_or(&[][..], |collector| &self.generations[collector as usize]);
        let up = self.groups[spec.group as usize].count_up(spec.hosts);
        let (_, bytes) = footprint.on((host, up), spec, (&self.slots, generations));
        footprint.peak = footprint.peak.max(bytes.min(spec.limit));
        if bytes <= spec.limit {
            return true;
        }
        self.hub.requests[id].cause = spec.cause;
        self.out_of_memory(index, process);
        false
    }

    /// A process is killed for want of memory, and serves again later.
    fn out_of_memory(&mut self, index: usize, process: usize) {
        let (spec, now) = (&self.hub.program.footprints[index], self.hub.now);
        self.begin_anew(index, process);
        let footprint = &mut self.footprints[index];
        footprint.back_at[process] = now + spec.restart;
        if footprint.killed_at == 0 {
            footprint.killed_at = now.max(1);
        }
        self.hub.recorder.count(spec.counter, 1);
        self.plan_crash(index as u32, process as u32);
    }

    /// A process has nothing left behind, and is not away.
    pub(super) fn begin_anew(&mut self, index: usize, process: usize) {
        let footprint = &mut self.footprints[index];
        (footprint.left_behind[process], footprint.back_at[process]) = (0.0, 0);
        if let Some(collector) = self.hub.program.footprints[index].collector {
            self.generations[collector as usize][process] = Generations::default();
        }
    }

    /// A request allocates; if that fills the young generation its process stops for a collection.
    fn allocate(&mut self, id: RequestId, pc: Pc, collector: usize, (at, part): (Target, u16)) -> Option<Pc> {
        let (program, now) = (self.hub.program, self.hub.now);
        let spec = &program.collectors[collector];
        let request = &mut self.hub.requests[id];
        let index = request.resolve(at);
        let front = self.processors[index].front().filter(|_| request.lane == super::requests::NONE);
        if let Some((governor, member)) = front
            && self.governors[governor as usize].stands(member as usize)
        {
            // Nobody allocates while the process stands: behind the pause it asks again.
            self.start(id, pc, at, 0, false, part);
            return None;
        }
        let one = &mut self.generations[collector][request.process as usize];
        one.young += spec.allocation;
        // The lap behind this instruction is for those that stopped.
        if one.young < spec.young {
            return Some(pc + 2);
        }
        // A request may be larger than the young generation.
        let minors = (one.young / spec.young).floor();
        one.young -= minors * spec.young;
        one.old += minors * spec.young * spec.survivors;
        let mut pause = request.sample(&program.laws[spec.minor as usize], spec.site).saturating_mul(minors as u64);
        let major = one.old >= spec.old;
        if major {
            one.old = 0.0;
            pause += request.sample(&program.laws[spec.major as usize], spec.site.wrapping_add(1));
        }
        request.mark = now;
        self.hub.recorder.count(spec.counter, minors as u32);
        self.hub.recorder.count(spec.counter + 1, u32::from(major));
        if pause == 0 {
            return Some(pc + 1);
        }
        let request = &mut self.hub.requests[id];
        match front {
            None => self.start(id, pc + 1, at, pause, false, part),
            Some((governor, member)) => {
                (request.demand, request.since, request.part, request.pc) = (pause, now, part, pc + 1);
                let governor = &mut self.governors[governor as usize];
                governor.stop(member as usize, id, pause, now);
                self.hub.calendar.set(governor.row, governor.due());
            }
        }
        None
    }

    /// What memory was in the `passed` ns before now.
    pub(super) fn read_footprint(&mut self, index: usize, passed: u64) -> FootprintReading {
        let spec = &self.hub.program.footprints[index];
        let generations = spec.collector.map_or(&[][..], |collector| &self.generations[collector as usize]);
        let footprint = &mut self.footprints[index];
        let (mut rest, mut all, mut most) = (0.0, 0.0, 0f64);
        let group = &self.groups[spec.group as usize];
        let up = group.count_up(spec.hosts);
        for host in (0..spec.hosts).filter(|&host| group.is_up(host)) {
            let (without, with) = footprint.on((host as usize, up), spec, (&self.slots, generations));
            rest += without;
            all += with;
            most = most.max(with);
        }
        let inside = footprint.inside.read(self.hub.now) as f64 / passed.max(1) as f64;
        let peak = std::mem::replace(&mut footprint.peak, 0.0).max(most);
        let killed_at = std::mem::take(&mut footprint.killed_at);
        // As if it had grown evenly.
        let before = footprint.before.replace(rest).unwrap_or(rest);
        FootprintReading {
            mean: ((before + rest) / 2.0 + inside * spec.per_request) / MB,
            now: all / MB,
            peak: peak / MB,
            killed_at: killed_at as f64 / SECOND,
        }
    }
}
