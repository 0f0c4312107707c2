//! Volumes: operations pass one after the other, no faster than a rate that may fall when credits
//! are used up, and then take their time.
//!
//! While there are credits operations pass at the rate `most`. They earn `base` credits per second up
//! to what the bucket holds, and each operation costs one; without credits they pass at `base`.

use super::calendar::NEVER;
use super::kernel::World;
use super::level::Level;
use super::program::{By, IoSpec, Op, Target, VolumeSpec};
use super::requests::{Line, RequestId, Requests, STANDS};
use crate::random::Draw;

/// One second, ns.
const SECOND: f64 = 1e9;

/// What one volume is doing.
#[derive(Debug)]
pub struct Volume {
    spec: VolumeSpec,
    /// Requests whose operations have not all passed; those of the first do.
    line: Line,
    waiting: Level,
    /// Credits at `at`.
    credits: f64,
    at: u64,
    /// When all operations of the first have passed.
    ends: u64,
    /// Operations that have passed since the last reading; of those of the first how many were read before.
    passed: f64,
    told: f64,
    pub row: u32,
}

/// What a volume did since the last reading.
#[derive(Clone, Copy, Debug)]
pub struct VolumeReading {
    pub operations: f64,
    /// Requests in line × ns.
    pub waiting: f64,
    /// Credits now.
    pub credits: f64,
}

impl Volume {
    /// An idle volume with a full bucket.
    #[must_use]
    pub fn new(spec: &VolumeSpec, row: u32) -> Volume {
        Volume {
            spec: *spec,
            line: Line::EMPTY,
            waiting: Level::default(),
            credits: spec.bucket,
            at: 0,
            ends: NEVER,
            passed: 0.0,
            told: 0.0,
            row,
        }
    }

    #[must_use]
    pub fn due(&self) -> u64 {
        self.ends
    }

    /// A request comes with `demand` operations.
    fn join(&mut self, requests: &mut Requests, id: RequestId, now: u64) {
        self.line.push_back(requests, id);
        self.waiting.up(now);
        if self.line.len == 1 {
            self.begin(requests, now);
        }
    }

    /// The first in line begins.
    fn begin(&mut self, requests: &Requests, now: u64) {
        self.credits = self.credits_at(now, 0.0);
        self.at = now;
        self.ends = match requests.get(self.line.head) {
            Some(first) => now + (self.takes(first.demand as f64) * SECOND).ceil().max(1.0) as u64,
            None => NEVER,
        };
    }

    /// Seconds that operations need to pass.
    fn takes(&self, operations: f64) -> f64 {
        let VolumeSpec { most, base, .. } = self.spec;
        if most <= base {
            return operations / most;
        }
        // Credits last for so many operations at full speed.
        let fast = operations.min(self.credits * most / (most - base));
        fast / most + (operations - fast) / base
    }

    /// Credits at `now`, after so many operations since `at`.
    fn credits_at(&self, now: u64, operations: f64) -> f64 {
        let earned = self.spec.base * (now - self.at) as f64 / SECOND;
        (self.credits + earned - operations).clamp(0.0, self.spec.bucket)
    }

    /// The share of the first one's operations that has passed by `now`.
    fn done(&self, requests: &Requests, now: u64) -> f64 {
        let share = (now - self.at) as f64 / (self.ends - self.at).max(1) as f64;
        requests.get(self.line.head).map_or(0.0, |first| first.demand as f64 * share.min(1.0))
    }

    /// All operations of the first in line have passed.
    fn complete(&mut self, requests: &mut Requests, now: u64) -> Option<RequestId> {
        let operations = requests.get(self.line.head)?.demand as f64;
        let id = self.line.pop_front(requests)?;
        self.leave(requests, operations, now);
        Some(id)
    }

    /// A request is taken away, wherever it stands.
    fn remove(&mut self, requests: &mut Requests, id: RequestId, now: u64) {
        let first = self.line.head == id;
        let operations = if first { self.done(requests, now) } else { 0.0 };
        self.line.unlink(requests, id);
        if first {
            self.leave(requests, operations, now);
        } else {
            self.waiting.down(now);
        }
    }

    /// The first has left after so many operations.
    fn leave(&mut self, requests: &Requests, operations: f64, now: u64) {
        self.waiting.down(now);
        self.credits = self.credits_at(now, operations);
        self.at = now;
        self.passed += operations - std::mem::take(&mut self.told);
        self.begin(requests, now);
    }

    pub fn read(&mut self, requests: &Requests, now: u64) -> VolumeReading {
        let under_way = if self.ends == NEVER { 0.0 } else { self.done(requests, now) };
        let first = under_way - std::mem::replace(&mut self.told, under_way);
        VolumeReading {
            operations: std::mem::take(&mut self.passed) + first,
            waiting: self.waiting.read(now) as f64,
            credits: self.credits_at(now, under_way),
        }
    }
}

impl IoSpec {
    /// Operations of one statement: the fixed ones, and those of pages that are not in memory.
    fn operations(&self, draw: &mut Draw) -> u64 {
        let whole = self.mean.floor();
        let fixed = whole as u64 + u64::from(draw.uniform() < self.mean - whole);
        if self.miss <= 0.0 {
            return fixed;
        }
        if self.miss >= 1.0 {
            return fixed + u64::from(self.pages);
        }
        // From one missing page to the next: a geometric law.
        let scale = (1.0 - self.miss).ln().recip();
        let (mut page, mut missing) = (0.0, 0);
        loop {
            page += 1.0 + ((1.0 - draw.uniform()).ln() * scale).floor();
            if page > f64::from(self.pages) {
                break;
            }
            missing += 1;
        }
        fixed + missing
    }
}

impl World<'_> {
    /// Sends the operations of a statement to their volume; false if there are none.
    pub(super) fn operate(&mut self, id: RequestId, io: u32, part: u16) -> bool {
        let (spec, now) = (&self.hub.program.ios[io as usize], self.hub.now);
        let request = &mut self.hub.requests[id];
        let operations = spec.operations(&mut request.draw(spec.site));
        if operations == 0 {
            return false;
        }
        (request.demand, request.since, request.part) = (operations, now, part);
        request.pc += 1;
        request.flags |= STANDS;
        self.leave_lane(id);
        let volume = &mut self.volumes[spec.volume as usize];
        volume.join(&mut self.hub.requests, id, now);
        self.hub.calendar.set(volume.row, volume.due());
        true
    }

    /// All operations of a request have passed: it waits for the answers, one after the other.
    pub(super) fn volume_acts(&mut self, index: usize) {
        let (volume, now) = (&mut self.volumes[index], self.hub.now);
        let done = volume.complete(&mut self.hub.requests, now);
        self.hub.calendar.set(volume.row, volume.due());
        let Some(id) = done else { return };
        self.hub.charge_wait(id);
        let request = &mut self.hub.requests[id];
        request.flags &= !STANDS;
        let pc = request.pc;
        let Op::Io { io, part } = self.hub.program.ops[pc as usize - 1] else { return };
        let spec = &self.hub.program.ios[io as usize];
        let mut draw = self.hub.requests[id].draw(spec.latency_site);
        let one = self.hub.program.laws[spec.latency as usize].sample(&mut draw);
        let takes = one.saturating_mul(self.hub.requests[id].demand);
        if takes == 0 {
            return self.hub.ready.push(id);
        }
        self.start(id, pc, Target { base: spec.delay, by: By::One }, takes, false, part);
    }

    /// Takes a request out of the line of its volume.
    pub(super) fn leave_volume(&mut self, id: RequestId, io: u32) {
        let volume = &mut self.volumes[self.hub.program.ios[io as usize].volume as usize];
        volume.remove(&mut self.hub.requests, id, self.hub.now);
        self.hub.calendar.set(volume.row, volume.due());
        self.hub.charge_wait(id);
    }
}
