//! The loop. A row of the calendar acts, which makes requests ready; each ready request runs its
//! instructions until it must wait or is answered. No recursion, no allocation per event.
//!
//! Events at one instant happen in this order, then by row: completions of work; permits that open,
//! waiters that give up, idle permits that close; races and client time-outs; users that start,
//! wake or are cut, and arrivals; samples.

use std::collections::VecDeque;

use super::calendar::{Calendar, NEVER};
use super::level::Level;
use super::processor::Processor;
use super::program::{Op, Program};
use super::requests::{Line, NONE, RequestId, Requests};
use super::slots::{Ceiling, Happened, Slots};
use super::users::Source;
use crate::measure::{Gauge, Measurements, Recorder, Shape};
use crate::random::derive;

/// One second, ns.
const SECOND: u64 = 1_000_000_000;
/// More events than this at one instant, and this many per user besides, are a livelock.
const INSTANT_EVENTS: u64 = 1_000_000;
const INSTANT_EVENTS_PER_USER: u64 = 64;

/// Why a run has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// Time does not move: more than `events` events at `at` ns.
    Livelock { at: u64, events: u64 },
    /// Nothing can act again since `at` ns: `(permits, in use, waiting)` of every kind in use.
    Deadlock { at: u64, held: Vec<(usize, u64, u64)> },
    /// Told to stop.
    Interrupted,
}

/// Rows of the calendar, in the order in which they act at one instant.
#[derive(Clone, Copy, Debug)]
struct Rows {
    slots: u32,
    races: u32,
    timeouts: u32,
    sources: u32,
    sampler: u32,
}

/// A lane of a shared processor: an event loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    pub line: Line,
    pub taken: bool,
}

/// All state of one run.
#[derive(Debug)]
pub(super) struct World<'p> {
    pub program: &'p Program,
    pub now: u64,
    pub requests: Requests,
    /// Of these: branches of others (fork, race).
    pub children: usize,
    pub ready: VecDeque<RequestId>,
    pub calendar: Calendar,
    rows: Rows,
    pub processors: Vec<Processor>,
    pub lanes: Vec<Lane>,
    pub slots: Vec<Slots>,
    pub ceilings: Vec<Ceiling>,
    pub races: Vec<Line>,
    pub sources: Vec<Source>,
    /// Per group: the next host in turn, and requests outstanding per host and process in turn.
    pub groups: Vec<super::choice::GroupState>,
    pub recorder: Recorder,
    in_flight: Level,
    next_cut: usize,
    next_second: u64,
    instant_events: u64,
    livelock_at: u64,
    /// The load generator's end, as soon as it is known.
    pub end: u64,
    pub cut_at: Option<u64>,
}

/// Runs the program once with the luck of `seed`. `keep_going` is asked once per simulated second.
///
/// # Errors
/// When time stands still, nothing can act again, or `keep_going` says no.
pub fn run(program: &Program, seed: u64, keep_going: impl Fn() -> bool) -> Result<Measurements, RunError> {
    let mut world = World::new(program, seed);
    world.settle_sources();
    loop {
        let (due, row) = world.calendar.next();
        if due > world.end {
            break;
        }
        if due != world.now {
            world.now = due;
            world.instant_events = 0;
        }
        world.count_event()?;
        if row == world.rows.sampler {
            world.sample()?;
            if !keep_going() {
                return Err(RunError::Interrupted);
            }
        } else {
            world.wake(row);
            while let Some(id) = world.ready.pop_front() {
                world.count_event()?;
                world.advance(id);
            }
        }
        if world.cut_at.is_some() {
            break;
        }
    }
    Ok(world.finish())
}

impl<'p> World<'p> {
    fn new(program: &'p Program, seed: u64) -> World<'p> {
        let key = derive(seed, 0);
        let mut ceilings: Vec<Ceiling> = program.ceilings.iter().map(|&most| Ceiling { most, used: 0 }).collect();
        let slots = slots_of(program, derive(key, 1), &mut ceilings);
        let sources: Vec<Source> = program.sources.iter().map(|spec| Source::new(spec, key)).collect();
        let rows = Rows::of(program);
        let users: u64 = sources.iter().map(Source::most_users).sum();
        let mut edges = vec![0];
        edges.extend(&program.cuts);
        edges.push(NEVER);
        let shape = Shape {
            edges,
            endpoints: program.endpoints.len(),
            causes: program.causes as usize,
            permits: program.permit_gauges as usize,
            laps: program.laps as usize,
            gauges: (program.processor_gauges + program.permit_gauges) as usize,
        };
        let mut world = World {
            now: 0,
            requests: Requests::new(program.parts as usize),
            children: 0,
            ready: VecDeque::new(),
            calendar: Calendar::new(rows.sampler as usize + 1),
            processors: program.processors.iter().map(|spec| Processor::new(&spec.discipline)).collect(),
            lanes: vec![Lane { line: Line::EMPTY, taken: false }; program.lanes as usize],
            slots,
            ceilings,
            races: vec![Line::EMPTY; program.races.len()],
            sources,
            groups: program.groups.iter().map(super::choice::GroupState::new).collect(),
            recorder: Recorder::new(shape, program.parts as usize, program.checks as usize),
            in_flight: Level::default(),
            next_cut: 0,
            next_second: SECOND,
            instant_events: 0,
            livelock_at: INSTANT_EVENTS + INSTANT_EVENTS_PER_USER * users,
            end: program.end,
            cut_at: None,
            rows,
            program,
        };
        for index in 0..world.slots.len() {
            world.touch_slots(index);
        }
        for index in 0..world.sources.len() {
            world.touch_source(index);
        }
        world.touch_sampler();
        world
    }

    #[inline(always)]
    fn count_event(&mut self) -> Result<(), RunError> {
        self.instant_events += 1;
        if self.instant_events > self.livelock_at {
            return Err(RunError::Livelock { at: self.now, events: self.livelock_at });
        }
        Ok(())
    }

    /// Lets a row act.
    #[inline(always)]
    fn wake(&mut self, row: u32) {
        if row < self.rows.slots {
            self.complete(row as usize);
        } else if row < self.rows.races {
            self.permits_act((row - self.rows.slots) as usize);
        } else if row < self.rows.timeouts {
            self.race_ends((row - self.rows.races) as usize);
        } else if row < self.rows.sources {
            self.client_gives_up((row - self.rows.timeouts) as usize);
        } else {
            self.source_acts((row - self.rows.sources) as usize);
        }
    }

    /// Work is done.
    #[inline(always)]
    fn complete(&mut self, index: usize) {
        let done = self.processors[index].complete(self.now);
        self.touch_processor(index);
        let Some(id) = done else { return };
        let request = &self.requests[id];
        let passed = self.now - request.since;
        let service = passed.min(request.demand);
        let part = match self.program.ops[request.pc as usize] {
            Op::Work { part, .. } | Op::Slice { part, .. } => part,
            Op::Again { wait, .. } => return self.try_again(id, wait, passed),
            _ => 0,
        };
        self.requests.charge(id, part, passed - service);
        self.requests.charge(id, part + 1, service);
        self.requests[id].pc += 1;
        self.ready.push_back(id);
    }

    /// Something is due at permits.
    fn permits_act(&mut self, index: usize) {
        match self.slots[index].happen(&mut self.requests, &mut self.ceilings, self.now) {
            Happened::Granted(id) => self.granted(index, id),
            Happened::GaveUp(id, cause) => {
                self.refused(index, id, cause);
                if let Some(next) = self.slots[index].unserved(&mut self.requests, self.now) {
                    self.open_for(index, next);
                }
            }
            Happened::Closed => {}
        }
        self.touch_slots(index);
    }

    #[inline(always)]
    pub fn touch_processor(&mut self, index: usize) {
        self.calendar.set(index as u32, self.processors[index].due());
    }

    #[inline(always)]
    pub fn touch_slots(&mut self, index: usize) {
        self.calendar.set(self.rows.slots + index as u32, self.slots[index].due(&self.requests));
    }

    #[inline(always)]
    pub fn touch_race(&mut self, index: usize) {
        let head = self.races[index].head;
        let due = if head == NONE { NEVER } else { self.requests[head].since + self.program.races[index] };
        self.calendar.set(self.rows.races + index as u32, due);
    }

    #[inline(always)]
    pub fn touch_timeouts(&mut self, index: usize) {
        let due = self.sources[index].timeout_due(&self.requests);
        self.calendar.set(self.rows.timeouts + index as u32, due);
    }

    #[inline(always)]
    pub fn touch_source(&mut self, index: usize) {
        self.calendar.set(self.rows.sources + index as u32, self.sources[index].due());
    }

    fn touch_sampler(&mut self) {
        let cut = self.program.cuts.get(self.next_cut).copied().unwrap_or(NEVER);
        self.calendar.set(self.rows.sampler, cut.min(self.next_second));
    }

    #[inline(always)]
    pub fn count_in_flight(&mut self) {
        self.in_flight.set((self.requests.in_flight() - self.children) as u64, self.now);
        if self.requests.in_flight() > self.program.max_in_flight as usize {
            self.cut_at = Some(self.now);
        }
    }

    /// A second or a segment is over.
    fn sample(&mut self) -> Result<(), RunError> {
        if self.now == self.next_second {
            self.read_gauges(SECOND);
            self.next_second += SECOND;
            self.look_for_deadlock()?;
        }
        if self.program.cuts.get(self.next_cut) == Some(&self.now) {
            self.recorder.next_segment();
            self.next_cut += 1;
        }
        self.touch_sampler();
        Ok(())
    }

    /// Reads all levels over the last `passed` ns.
    fn read_gauges(&mut self, passed: u64) {
        let per = 1.0 / passed as f64;
        let mut gauges = vec![Gauge::default(); (self.program.processor_gauges + self.program.permit_gauges) as usize];
        for (processor, spec) in self.processors.iter_mut().zip(&self.program.processors) {
            let reading = processor.read(self.now);
            let gauge = &mut gauges[spec.gauge as usize];
            gauge.in_use += (reading.busy * per) as f32;
            gauge.waiting += (reading.present * per) as f32;
        }
        for (slots, spec) in self.slots.iter_mut().zip(&self.program.slots) {
            let gauge = &mut gauges[(self.program.processor_gauges + spec.gauge) as usize];
            let (in_use, in_use_max) = slots.in_use.read(self.now);
            let (waiting, waiting_max) = slots.waiting.read(self.now);
            gauge.in_use += (in_use as f64 * per) as f32;
            gauge.in_use_max += in_use_max as f32;
            gauge.waiting += (waiting as f64 * per) as f32;
            gauge.waiting_max += waiting_max as f32;
            gauge.open += (slots.opened.read(self.now).0 as f64 * per) as f32;
        }
        let (in_flight, _) = self.in_flight.read(self.now);
        self.recorder.second_over(gauges.into_iter(), in_flight as f64 * per);
    }

    /// If requests are in flight and no row but the cutting of users will ever act, says who holds what.
    fn look_for_deadlock(&self) -> Result<(), RunError> {
        let acts = self.processors.iter().any(|p| p.due() != NEVER)
            || self.slots.iter().any(|s| s.due(&self.requests) != NEVER)
            || self.races.iter().any(|line| line.len > 0)
            || self.sources.iter().any(|s| s.acts_of_itself(&self.requests));
        if acts || self.requests.in_flight() == 0 {
            return Ok(());
        }
        let held = self.slots.iter().enumerate().map(|(i, s)| (i, s.in_use.value(), s.waiting.value()));
        Err(RunError::Deadlock { at: self.now, held: held.filter(|&(_, used, _)| used > 0).collect() })
    }

    /// Closes the last second and hands the measurements over.
    fn finish(mut self) -> Measurements {
        let ran = self.cut_at.unwrap_or(self.end.min(self.program.end));
        self.now = ran.max(self.now);
        let passed = self.now - (self.next_second - SECOND);
        if passed > 0 {
            self.read_gauges(passed);
        }
        debug_assert!(self.requests.in_flight() > 0 || self.slots.iter().all(Slots::at_rest), "permits were lost");
        self.recorder.finish(ran, self.requests.in_flight() - self.children, self.cut_at)
    }
}

/// All permits, each with luck of its own: by what they are for and which copy they are, whatever
/// others there are.
fn slots_of(program: &Program, key: u64, ceilings: &mut [Ceiling]) -> Vec<Slots> {
    let mut slots = Vec::with_capacity(program.slots.len());
    let (mut gauge, mut copy) = (None, 0);
    for spec in &program.slots {
        copy = if gauge == Some(spec.gauge) { copy + 1 } else { 0 };
        gauge = Some(spec.gauge);
        slots.push(Slots::new(spec, derive(derive(key, u64::from(spec.open_site)), copy), ceilings));
    }
    slots
}

impl Rows {
    fn of(program: &Program) -> Rows {
        let slots = program.processors.len() as u32;
        let races = slots + program.slots.len() as u32;
        let timeouts = races + program.races.len() as u32;
        let sources = timeouts + program.sources.len() as u32;
        Rows { slots, races, timeouts, sources, sampler: sources + program.sources.len() as u32 }
    }
}
