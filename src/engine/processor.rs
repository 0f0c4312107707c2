//! Timed work: jobs share cores, or simply take their time.
//!
//! Shared cores are kept in *virtual work*: all jobs are served at the same rate, so a job is done
//! when the work served per job since some origin reaches the value at its start plus its demand.
//! A change of the number of jobs changes the rate, never the order, so it costs O(log n).
//! Virtual work is a float that begins at 0 whenever the processor was idle, so it stays small;
//! a completion is rounded up to the next nanosecond, so time always moves.

use std::collections::VecDeque;

use super::calendar::NEVER;
use super::heap::Heap;
use super::level::Level;
use super::program::{Discipline, Rates};
use super::requests::RequestId;

/// What one processor is doing.
#[derive(Debug)]
pub struct Processor {
    kind: Kind,
    /// Jobs in service, by when (or at which virtual work) they are done.
    jobs: Heap,
    pub in_service: Level,
}

#[derive(Debug)]
enum Kind {
    Shared(Shared),
    /// Constant times stand in `fixed`, which is sorted because they came in that order.
    Delay {
        fixed: VecDeque<(u64, RequestId)>,
    },
}

#[derive(Debug)]
struct Shared {
    rates: Rates,
    /// Work served per job since the processor was last idle, ns.
    work: f64,
    /// When `work` was brought up to date.
    at: u64,
    /// Rate per job now, and its inverse.
    rate: f64,
    inverse: f64,
    /// `known[n]` for numbers of jobs met before.
    known: Vec<(f64, f64)>,
    /// Core-nanoseconds in use since the last reading.
    busy: f64,
}

/// Rates of up to this many jobs are kept; more are computed anew.
const KNOWN: usize = 4096;

impl Shared {
    #[inline(always)]
    fn advance(&mut self, now: u64, jobs: usize) {
        let passed = (now - self.at) as f64;
        self.work += passed * self.rate;
        self.busy += passed * (jobs as f64).min(self.rates.cores);
        self.at = now;
    }

    #[inline(always)]
    fn set_rate(&mut self, jobs: usize) {
        if jobs == 0 {
            (self.work, self.rate) = (0.0, 0.0);
        } else if jobs < self.known.len() {
            (self.rate, self.inverse) = self.known[jobs];
        } else {
            self.meet(jobs);
        }
    }

    #[cold]
    fn meet(&mut self, jobs: usize) {
        while self.known.len() <= jobs.min(KNOWN) {
            let rate = self.rates.per_job(self.known.len().max(1));
            self.known.push((rate, 1.0 / rate));
        }
        self.rate = self.rates.per_job(jobs);
        self.inverse = 1.0 / self.rate;
    }
}

impl Processor {
    #[must_use]
    pub fn new(discipline: &Discipline) -> Processor {
        let kind = match discipline {
            Discipline::Shared(rates) => Kind::Shared(Shared {
                rates: *rates,
                work: 0.0,
                at: 0,
                rate: 0.0,
                inverse: 0.0,
                known: Vec::new(),
                busy: 0.0,
            }),
            Discipline::Delay => Kind::Delay { fixed: VecDeque::new() },
        };
        Processor { kind, jobs: Heap::default(), in_service: Level::default() }
    }

    /// Begins a job of `demand` ns. `constant`: its law is one.
    #[inline(always)]
    pub fn start(&mut self, id: RequestId, demand: u64, constant: bool, now: u64) {
        match &mut self.kind {
            Kind::Shared(shared) => {
                shared.advance(now, self.jobs.len());
                self.jobs.push((shared.work + demand as f64).to_bits(), id);
                shared.set_rate(self.jobs.len());
            }
            Kind::Delay { fixed } => {
                let due = now + demand;
                if constant && fixed.back().is_none_or(|&(last, _)| last <= due) {
                    fixed.push_back((due, id));
                } else {
                    self.jobs.push(due, id);
                }
                self.in_service.set((self.jobs.len() + fixed.len()) as u64, now);
                return;
            }
        }
        self.in_service.set(self.jobs.len() as u64, now);
    }

    /// When the next job is done.
    #[inline(always)]
    #[must_use]
    pub fn due(&self) -> u64 {
        let first = self.jobs.first_due();
        match &self.kind {
            Kind::Shared(shared) if first != NEVER => {
                let left = f64::from_bits(first) - shared.work;
                shared.at + (left * shared.inverse).max(0.0).ceil() as u64
            }
            Kind::Delay { fixed } => first.min(fixed.front().map_or(NEVER, |&(due, _)| due)),
            Kind::Shared(_) => first,
        }
    }

    /// Takes out the job that is done at `now`.
    #[inline(always)]
    pub fn complete(&mut self, now: u64) -> Option<RequestId> {
        match &mut self.kind {
            Kind::Shared(shared) => {
                shared.advance(now, self.jobs.len());
                shared.work = shared.work.max(f64::from_bits(self.jobs.first_due()));
                let done = self.jobs.pop();
                shared.set_rate(self.jobs.len());
                self.in_service.set(self.jobs.len() as u64, now);
                done
            }
            Kind::Delay { fixed } => {
                let done = match fixed.front() {
                    Some(&(due, id)) if due <= self.jobs.first_due() => {
                        fixed.pop_front();
                        Some(id)
                    }
                    _ => self.jobs.pop(),
                };
                self.in_service.set((self.jobs.len() + fixed.len()) as u64, now);
                done
            }
        }
    }

    /// Core-nanoseconds in use and job-nanoseconds present since the last reading.
    pub fn read(&mut self, now: u64) -> ProcessorReading {
        let jobs = self.jobs.len();
        let (in_service, _) = self.in_service.read(now);
        match &mut self.kind {
            Kind::Shared(shared) => {
                shared.advance(now, jobs);
                let busy = std::mem::take(&mut shared.busy);
                ProcessorReading { busy, present: in_service as f64 }
            }
            Kind::Delay { .. } => ProcessorReading { busy: in_service as f64, present: in_service as f64 },
        }
    }
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
                    fast_done.push((fast.complete(now).expect("one is due"), now));
                }
                now = arrival;
                let id = fast_done.len() as u32 + fast.jobs.len() as u32;
                fast.start(id, demand, false, now);
                slow.to(arrival as f64, &mut slow_done);
                slow.left.push((id, demand as f64));
            }
            while fast.due() != NEVER {
                now = fast.due();
                fast_done.push((fast.complete(now).expect("one is due"), now));
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
