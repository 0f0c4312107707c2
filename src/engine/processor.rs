//! Timed work: jobs share cores, or simply take their time.
//!
//! Shared cores are kept in *virtual work*: all jobs are served at the same rate, so a job is done
//! when the work served per job since some origin reaches the value at its start plus its demand.
//! A change of the number of jobs changes the rate, never the order, so it costs O(log n).
//! Virtual work is a float that begins at 0 whenever the processor was idle, so it stays small;
//! a completion is rounded up to the next nanosecond, so time always moves.

mod changes;

use std::collections::VecDeque;

use super::agenda::Agenda;
use super::calendar::NEVER;
use super::heap::Heap;
use super::level::Level;
use super::program::{Discipline, Rates};
use super::requests::RequestId;

/// What one processor is doing.
#[derive(Debug)]
pub struct Processor {
    kind: Kind,
    in_service: Level,
}

#[derive(Debug)]
enum Kind {
    Shared(Shared),
    Line(InLine),
    Delay(Agenda),
    /// Its jobs are with a governor: (which, which of its members).
    Front(u32, u32),
}

#[derive(Debug)]
struct Shared {
    /// Jobs in service, by the virtual work at which they are done.
    jobs: Heap,
    rates: Rates,
    /// Share of its own speed at which it works.
    speed: f64,
    /// Work served per job since the processor was last idle, ns.
    work: f64,
    /// When `work` was brought up to date.
    at: u64,
    now: Pace,
    /// `known[n]` for numbers of jobs met before.
    known: Vec<Pace>,
    /// Core-nanoseconds in use since the last reading.
    busy: f64,
}

/// One server and a line before it.
#[derive(Debug)]
struct InLine {
    /// Who, and the work of each; the first is served.
    jobs: VecDeque<(RequestId, u64)>,
    /// When the first is done.
    ends: u64,
    /// Share of its own speed at which it works; what the first had left to do at the instant `from`, ns.
    speed: f64,
    left: u64,
    from: u64,
    busy: Level,
}

impl InLine {
    const IDLE: InLine = InLine { jobs: VecDeque::new(), ends: 0, speed: 1.0, left: 0, from: 0, busy: Level::ZERO };

    fn start(&mut self, id: RequestId, demand: u64, now: u64) {
        if self.jobs.is_empty() {
            self.begin(demand, now);
            self.busy.up(now);
        }
        self.jobs.push_back((id, demand));
    }

    fn complete(&mut self, now: u64) -> Option<RequestId> {
        let (id, _) = self.jobs.pop_front()?;
        match self.jobs.front() {
            Some(&(_, demand)) => self.begin(demand, now),
            None => self.busy.down(now),
        }
        Some(id)
    }

    fn due(&self) -> u64 {
        if self.jobs.is_empty() { NEVER } else { self.ends }
    }
}

/// What a number of jobs makes of a processor.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    /// Work per job and unit of time, and its inverse.
    rate: f64,
    inverse: f64,
    /// Cores in use.
    cores: f64,
}

/// Paces of up to this many jobs are kept; more are computed anew.
const KNOWN: usize = 4096;

impl Shared {
    fn new(rates: Rates) -> Shared {
        let (now, known) = (Pace::default(), vec![Pace::default()]);
        Shared { jobs: Heap::default(), rates, speed: 1.0, work: 0.0, at: 0, now, known, busy: 0.0 }
    }

    #[inline(always)]
    fn advance(&mut self, now: u64) {
        // By way of i64: that is one instruction, and time has no 64th bit.
        let passed = (now - self.at) as i64 as f64;
        self.work += passed * self.now.rate;
        self.busy += passed * self.now.cores;
        self.at = now;
    }

    /// The number of jobs has changed.
    #[inline(always)]
    fn set_pace(&mut self) {
        match self.known.get(self.jobs.len()) {
            Some(&pace) => self.now = pace,
            None => self.meet(),
        }
    }

    #[cold]
    fn meet(&mut self) {
        let jobs = self.jobs.len();
        while self.known.len() <= jobs.min(KNOWN) {
            self.known.push(self.pace(self.known.len()));
        }
        self.now = self.pace(jobs);
    }

    fn pace(&self, jobs: usize) -> Pace {
        let rate = self.rates.per_job(jobs) * self.speed;
        let cores = if self.speed > 0.0 { self.rates.cores.min(jobs as f64) } else { 0.0 };
        Pace { rate, inverse: 1.0 / rate, cores }
    }

    #[inline(always)]
    fn start(&mut self, id: RequestId, demand: u64, now: u64) {
        self.advance(now);
        self.jobs.push((self.work + demand as i64 as f64).to_bits(), id);
        self.set_pace();
    }

    #[inline(always)]
    fn complete(&mut self, now: u64) -> Option<RequestId> {
        self.advance(now);
        self.work = self.work.max(f64::from_bits(self.jobs.first_due()));
        let done = self.jobs.pop();
        self.set_pace();
        if self.jobs.is_empty() {
            self.work = 0.0;
        }
        done
    }

    fn remove(&mut self, id: RequestId, now: u64) -> Option<u64> {
        self.advance(now);
        let end = f64::from_bits(self.jobs.remove(id)?);
        let left = (end - self.work).max(0.0) as u64;
        self.set_pace();
        if self.jobs.is_empty() {
            self.work = 0.0;
        }
        Some(left)
    }

    #[inline(always)]
    fn due(&self) -> u64 {
        let first = self.jobs.first_due();
        if first == NEVER {
            return NEVER;
        }
        let left = (f64::from_bits(first) - self.work) * self.now.inverse;
        // Rounded up, for a tenth of the price of `ceil`.
        let whole = left as i64;
        let up = u64::from((whole as f64) < left);
        // Endless where the speed is 0: that is as good as never.
        self.at.saturating_add(whole.max(0) as u64 + up)
    }
}

impl Processor {
    #[must_use]
    pub fn new(discipline: &Discipline) -> Processor {
        let kind = match discipline {
            Discipline::Shared(rates) => Kind::Shared(Shared::new(*rates)),
            Discipline::Line => Kind::Line(InLine::IDLE),
            Discipline::Delay => Kind::Delay(Agenda::new()),
            Discipline::Front { governor, member } => Kind::Front(*governor, *member),
        };
        Processor { kind, in_service: Level::default() }
    }

    /// The governor that has its jobs, and the member that it is there, if it is a front.
    #[must_use]
    pub fn front(&self) -> Option<(u32, u32)> {
        match self.kind {
            Kind::Front(governor, member) => Some((governor, member)),
            Kind::Shared(_) | Kind::Line(_) | Kind::Delay(_) => None,
        }
    }

    /// Begins a job of `demand` ns. `constant`: its law is one.
    #[inline(always)]
    pub fn start(&mut self, id: RequestId, demand: u64, constant: bool, now: u64) -> Started {
        let due = match &mut self.kind {
            Kind::Shared(shared) => {
                shared.start(id, demand, now);
                shared.due()
            }
            Kind::Line(line) => {
                line.start(id, demand, now);
                line.due()
            }
            Kind::Delay(ends) => {
                ends.push(now + demand, id, constant);
                ends.first_due()
            }
            Kind::Front(governor, member) => return Started::Not(*governor, *member),
        };
        self.in_service.up(now);
        Started::Until(due)
    }

    /// When the next job is done.
    #[must_use]
    pub fn due(&self) -> u64 {
        match &self.kind {
            Kind::Shared(shared) => shared.due(),
            Kind::Line(line) => line.due(),
            Kind::Delay(ends) => ends.first_due(),
            Kind::Front(..) => NEVER,
        }
    }

    /// Takes out the job that is done at `now`, and says when the next one is.
    #[inline(always)]
    pub fn complete(&mut self, now: u64) -> (Option<RequestId>, u64) {
        self.in_service.down(now);
        match &mut self.kind {
            Kind::Shared(shared) => (shared.complete(now), shared.due()),
            Kind::Line(line) => (line.complete(now), line.due()),
            Kind::Delay(ends) => (ends.pop(), ends.first_due()),
            Kind::Front(..) => (None, NEVER),
        }
    }

    /// Takes a job away before it is done. What it still needed, ns.
    #[cold]
    pub fn remove(&mut self, id: RequestId, now: u64) -> u64 {
        let left = match &mut self.kind {
            Kind::Shared(shared) => shared.remove(id, now),
            // Nothing that is ever stopped works in a line.
            Kind::Line(_) | Kind::Front(..) => None,
            Kind::Delay(ends) => ends.remove(id).map(|end| end.saturating_sub(now)),
        };
        if left.is_some() {
            self.in_service.down(now);
        }
        left.unwrap_or(0)
    }

    /// Core-nanoseconds in use and job-nanoseconds present since the last reading.
    pub fn read(&mut self, now: u64) -> ProcessorReading {
        let present = self.in_service.read(now) as f64;
        match &mut self.kind {
            Kind::Shared(shared) => {
                shared.advance(now);
                ProcessorReading { busy: std::mem::take(&mut shared.busy), present }
            }
            Kind::Line(line) => ProcessorReading { busy: line.busy.read(now) as f64, present },
            Kind::Delay(_) => ProcessorReading { busy: present, present },
            Kind::Front(..) => ProcessorReading::default(),
        }
    }
}

/// What came of beginning a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// The next job is done at this instant.
    Until(u64),
    /// Jobs here are with a governor: (which, which of its members).
    Not(u32, u32),
}

/// What a processor did since the last reading.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessorReading {
    /// Cores (of a delay: jobs) in use × ns.
    pub busy: f64,
    /// Jobs present × ns.
    pub present: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The slow twin of shared cores: every job's remaining work, recomputed at every event.
    struct Naive {
        rates: Rates,
        now: f64,
        left: Vec<(RequestId, f64)>,
    }

    impl Naive {
        fn to(&mut self, until: f64, done: &mut Vec<(RequestId, f64)>) {
            while !self.left.is_empty() {
                let rate = self.rates.per_job(self.left.len());
                let least = self.left.iter().map(|job| job.1).fold(f64::INFINITY, f64::min);
                let end = self.now + least / rate;
                let stop = end.min(until);
                for job in &mut self.left {
                    job.1 -= (stop - self.now) * rate;
                }
                self.now = stop;
                if end > until {
                    break;
                }
                // The earliest arrival among those that are done.
                let first = self.left.iter().position(|job| job.1 <= 1e-6).unwrap_or(0);
                done.push((self.left.remove(first).0, end));
            }
            self.now = until;
        }
    }

    proptest! {
        #[test]
        fn virtual_work_agrees_with_recomputing_everything(
            cores in 0.5f64..4.0, sigma in 0.0f64..0.1, kappa in 0.0f64..0.01,
            jobs in proptest::collection::vec((0u64..2_000_000, 1_000u64..3_000_000), 1..60),
        ) {
            let rates = Rates { cores, sigma, kappa };
            let mut fast = Processor::new(&Discipline::Shared(rates));
            let mut slow = Naive { rates, now: 0.0, left: Vec::new() };
            let (mut fast_done, mut slow_done) = (Vec::new(), Vec::new());
            let mut now = 0;
            for (gap, demand) in jobs {
                let arrival = now + gap;
                while fast.due() <= arrival {
                    now = fast.due();
                    fast_done.push((fast.complete(now).0.expect("one is due"), now));
                }
                now = arrival;
                let id = fast_done.len() as u32 + fast.in_service.value();
                fast.start(id, demand, false, now);
                slow.to(arrival as f64, &mut slow_done);
                slow.left.push((id, demand as f64));
            }
            while fast.due() != NEVER {
                now = fast.due();
                fast_done.push((fast.complete(now).0.expect("one is due"), now));
            }
            slow.to(1e15, &mut slow_done);
            prop_assert_eq!(fast_done.len(), slow_done.len());
            fast_done.sort_unstable();
            slow_done.sort_by_key(|job| job.0);
            for (f, s) in fast_done.iter().zip(&slow_done) {
                // Each event may round by 1 ns of one job's work, which takes as long as the
                // slowest rate makes it.
                let bound = 2.0 * fast_done.len() as f64 / rates.per_job(fast_done.len());
                prop_assert!((f.1 as f64 - s.1).abs() < bound, "job {}: {} for {}", f.0, f.1, s.1);
            }
        }
    }
}
