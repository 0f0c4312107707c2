//! The loop. A row of the calendar acts, which makes requests ready; each ready request runs its
//! instructions until it must wait or is answered. No recursion, no allocation per event.
//!
//! Events at one instant happen in this order, then by row: completions of work, and of operations on
//! volumes; permits that open, waiters that give up, idle permits that close; statements stopped and
//! waits for locks that end; what stores do of themselves; races and client time-outs; what is planned for
//! the middle of the run, and controllers; users that start, wake or are cut, and arrivals; samples. A row may wake in vain: it
//! then says when to ask again.

mod reading;
mod rows;

use super::alarm::Alarm;
use super::calendar::{Calendar, LAST, NEVER};
use super::feeds::Feeds;
use super::governor::Governor;
use super::groups::GroupState;
use super::guards::Guards;
use super::hub::Hub;
use super::incidents::Plans;
use super::jobs::Queue;
use super::keys::Keys;
use super::locks::Locks;
use super::memory::{Footprint, Generations};
use super::processor::Processor;
use super::program::Program;
use super::requests::{Line, RequestId};
use super::run_error::RunError;
use super::scaling::Scaler;
use super::shared::SharedPermits;
use super::slots::{Ceiling, Slots};
use super::source::Source;
use super::volume::Volume;
use rows::{all_governors, all_queues, all_scalers, all_slots, all_sources, all_stores, generations};

use crate::measure::Measurements;
use crate::random::derive;

/// One second, ns.
const SECOND: u64 = 1_000_000_000;
/// More events than this at one instant, and this many per user besides, are a livelock.
const INSTANT_EVENTS: u64 = 1_000_000;
const INSTANT_EVENTS_PER_USER: u64 = 64;

/// Whom a row of the calendar stands for, between those of processors and those of sources.
#[derive(Clone, Copy, Debug)]
enum Actor {
    Governor(u32),
    Volume(u32),
    Alarm(u32),
    Locks(u32),
    /// Only those that ever act of themselves.
    Slots(u32),
    Store(u32),
    Race(u32),
    Queue(u32),
    Timeouts(u32),
    Incidents,
    Scaler(u32),
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
    pub hub: Hub<'p>,
    /// Rows: first the processors, then these, then the sources; so they act at one instant.
    actors: Vec<Actor>,
    pub processors: Vec<Processor>,
    pub lanes: Vec<Lane>,
    pub slots: Vec<Slots>,
    pub ceilings: Vec<Ceiling>,
    pub shared: SharedPermits,
    pub stores: Vec<Keys<'p>>,
    pub footprints: Vec<Footprint>,
    pub generations: Vec<Vec<Generations>>,
    pub governors: Vec<Governor>,
    pub volumes: Vec<Volume>,
    pub alarms: Vec<Alarm>,
    pub locks: Locks,
    pub feeds: Feeds,
    /// Statements begun under a time-out.
    pub alarmed: u32,
    pub races: Vec<Line>,
    pub first_race_row: u32,
    pub queues: Vec<Queue>,
    pub sources: Vec<Source<'p>>,
    pub plans: Plans,
    pub scalers: Vec<Scaler>,
    /// Per group: the next host in turn, and requests outstanding per host and process in turn.
    pub groups: Vec<GroupState>,
    pub guards: Guards,
    next_cut: usize,
    next_second: u64,
    /// Nothing acts after this instant before the sampler has been asked.
    pause: u64,
    /// Requests that went on, and how many may have before the present instant is a livelock.
    steps: u64,
    most_steps: u64,
    /// The load generator's end, as soon as it is known.
    end: u64,
}

/// Runs the program once with the luck of `seed`. `keep_going` is asked once per simulated second.
///
/// # Errors
/// When time stands still, nothing can act again, or `keep_going` says no.
pub fn run(program: &Program, seed: u64, keep_going: impl Fn() -> bool) -> Result<Measurements, RunError> {
    let mut world = World::new(program, seed);
    for index in 0..world.sources.len() {
        world.settle(index);
    }
    let users: u64 = world.sources.iter().map(Source::most_users).sum();
    let livelock_at = INSTANT_EVENTS + INSTANT_EVENTS_PER_USER * users;
    world.most_steps = livelock_at;
    loop {
        let (due, row) = world.hub.calendar.next();
        if due > world.pause {
            if !world.sample()? {
                return Ok(world.finish());
            }
            if !keep_going() {
                return Err(RunError::Interrupted);
            }
            continue;
        }
        if due != world.hub.now {
            world.hub.now = due;
            world.most_steps = world.steps + livelock_at;
        }
        let mut next = world.wake(row as usize);
        loop {
            // Counted even if nobody can go on, so that a row that wakes for ever is found too.
            world.steps += 1;
            if world.steps > world.most_steps {
                return Err(RunError::Livelock { at: world.hub.now, events: livelock_at });
            }
            let Some(id) = next else { break };
            world.advance(id);
            next = world.hub.ready.pop();
        }
        if world.hub.cut_at.is_some() {
            return Ok(world.finish());
        }
    }
}

impl<'p> World<'p> {
    fn new(program: &'p Program, seed: u64) -> World<'p> {
        let key = derive(seed, 0);
        let mut ceilings: Vec<Ceiling> = program.ceilings.iter().map(|&most| Ceiling { most, used: 0 }).collect();
        let first_row = program.processors.len() as u32;
        let mut actors: Vec<Actor> = (0..program.governors.len() as u32).map(Actor::Governor).collect();
        let governors = all_governors(program, first_row);
        let first_volume_row = first_row + actors.len() as u32;
        actors.extend((0..program.volumes.len() as u32).map(Actor::Volume));
        let volumes = (first_volume_row..).zip(&program.volumes).map(|(row, spec)| Volume::new(spec, row)).collect();
        let slots = all_slots(program, key, &mut ceilings, (first_row, &mut actors));
        let first_alarm_row = first_row + actors.len() as u32;
        let alarms = (0u32..).zip(&program.alarms).map(|(i, _)| Alarm::at(first_alarm_row + i)).collect();
        actors.extend((0..program.alarms.len() as u32).map(Actor::Alarm));
        let locks = Locks::new(&program.locks, first_row + actors.len() as u32);
        actors.extend((0..program.locks.len() as u32).map(Actor::Locks));
        let stores = all_stores(program, key, (first_row, &mut actors));
        let first_race_row = first_row + actors.len() as u32;
        actors.extend((0..program.races.len() as u32).map(Actor::Race));
        let queues = all_queues(program, key, (first_row, &mut actors));
        let first_timeout_row = first_row + actors.len() as u32;
        actors.extend((0..program.sources.len() as u32).map(Actor::Timeouts));
        let plans = Plans::new(program, derive(key, 3), first_row + actors.len() as u32);
        actors.extend(program.has_incidents().then_some(Actor::Incidents));
        let scalers = all_scalers(program, derive(key, 4), (first_row, &mut actors));
        let first_source_row = first_row + actors.len() as u32;
        let sources = all_sources(program, key, (first_source_row, first_timeout_row));
        let mut calendar = Calendar::new(first_source_row as usize + sources.len());
        sources.iter().for_each(|source| calendar.set(source.row, source.due()));
        stores.iter().for_each(|keys| calendar.set(keys.row, keys.due()));
        if plans.due() != NEVER {
            calendar.set(plans.row, plans.due());
        }
        scalers.iter().for_each(|scaler| calendar.set(scaler.row, scaler.due()));
        let mut world = World {
            hub: Hub::new(program, calendar),
            actors,
            processors: program.processors.iter().map(|spec| Processor::new(&spec.discipline)).collect(),
            lanes: vec![Lane { line: Line::EMPTY, taken: false }; program.lanes as usize],
            slots,
            ceilings,
            shared: SharedPermits::default(),
            stores,
            footprints: program.footprints.iter().map(Footprint::new).collect(),
            generations: generations(program),
            governors,
            volumes,
            alarms,
            locks,
            feeds: Feeds::new(&program.feeds),
            alarmed: 0,
            races: vec![Line::EMPTY; program.races.len()],
            first_race_row,
            queues,
            sources,
            plans,
            scalers,
            groups: program.groups.iter().map(GroupState::new).collect(),
            guards: Guards::new(&program.guards),
            next_cut: 0,
            next_second: SECOND,
            pause: 0,
            steps: 0,
            most_steps: 0,
            end: program.end.min(LAST),
        };
        world.plan_pause();
        (0..world.slots.len()).for_each(|index| world.touch_slots(index));
        world
    }

    /// Lets a row act. Returns the first request that can go on, if there is one.
    #[inline(always)]
    fn wake(&mut self, row: usize) -> Option<RequestId> {
        if row < self.processors.len() {
            return self.complete(row);
        }
        let index = (row - self.processors.len()).wrapping_sub(self.actors.len());
        match self.sources.get_mut(index) {
            Some(source) => {
                source.act(&mut self.hub);
                if source.is_over() {
                    self.settle(index);
                }
            }
            None => self.wake_other(row - self.processors.len()),
        }
        self.hub.ready.pop()
    }

    #[inline(never)]
    fn wake_other(&mut self, actor: usize) {
        match self.actors[actor] {
            Actor::Governor(index) => self.governor_acts(index as usize),
            Actor::Volume(index) => self.volume_acts(index as usize),
            Actor::Alarm(index) => self.alarm_rings(index as usize),
            Actor::Locks(index) => self.locks_act(index as usize),
            Actor::Slots(index) => self.permits_act(index as usize),
            Actor::Store(index) => {
                let keys = &mut self.stores[index as usize];
                keys.act(self.hub.now);
                self.hub.calendar.set(keys.row, keys.due());
            }
            Actor::Race(index) => self.race_ends(index as usize),
            Actor::Queue(index) => self.workers_look(index as usize),
            Actor::Timeouts(index) => {
                self.sources[index as usize].give_up(&mut self.hub);
                self.settle(index as usize);
            }
            Actor::Incidents => self.incident(),
            Actor::Scaler(index) => self.scaler_acts(index as usize),
        }
    }

    /// Work is done.
    #[inline(always)]
    fn complete(&mut self, index: usize) -> Option<RequestId> {
        let (hub, processor) = (&mut self.hub, &mut self.processors[index]);
        let (done, due) = processor.complete(hub.now);
        hub.calendar.set(index as u32, due);
        if let Some(id) = done {
            let request = &hub.requests[id];
            let (part, passed) = (request.part, hub.now - request.since);
            let served = passed.min(request.demand);
            hub.requests.charge(id, part, passed - served, served);
        }
        done
    }

    /// A scenario may be over; the last one ends the test.
    #[cold]
    pub fn settle(&mut self, index: usize) {
        let source = &mut self.sources[index];
        if !source.is_over() || std::mem::replace(&mut source.finished, true) {
            return;
        }
        if self.sources.iter().all(|source| source.finished) {
            let regular = self.sources.iter().map(|source| source.regular_end).max().unwrap_or(0);
            self.end = self.end.min(regular.max(self.hub.now));
            self.plan_pause();
        }
    }

    fn next_sample(&self) -> u64 {
        let cut = self.hub.program.cuts.get(self.next_cut).copied().unwrap_or(NEVER);
        cut.min(self.next_second)
    }

    fn plan_pause(&mut self) {
        self.pause = self.end.min(self.next_sample());
    }

    /// A second or a segment is over, or the run: then false.
    #[cold]
    fn sample(&mut self) -> Result<bool, RunError> {
        if self.next_sample() > self.end {
            return Ok(false);
        }
        let now = self.next_sample();
        self.hub.now = now;
        if now == self.next_second {
            self.read_gauges(SECOND);
            self.next_second += SECOND;
            self.look_for_deadlock()?;
        }
        if self.hub.program.cuts.get(self.next_cut) == Some(&now) {
            self.hub.recorder.next_segment();
            self.next_cut += 1;
        }
        self.plan_pause();
        Ok(true)
    }

    /// If requests are in flight and no row but the cutting of users will ever act, says who holds what.
    fn look_for_deadlock(&self) -> Result<(), RunError> {
        let acts = self.processors.iter().any(|p| p.due() != NEVER)
            || self.slots.iter().any(|s| s.due(&self.hub.requests) != NEVER)
            || self.races.iter().any(|line| line.len > 0)
            || self.queues.iter().any(|queue| queue.due(self.hub.now) != NEVER)
            || self.governors.iter().any(|governor| governor.due() != NEVER)
            || self.volumes.iter().any(|volume| volume.due() != NEVER)
            || self.alarms.iter().any(Alarm::will_act)
            || self.locks.will_act()
            || self.plans.due() != NEVER
            || self.sources.iter().any(Source::acts_of_itself);
        if acts || self.hub.in_flight.value() == 0 {
            return Ok(());
        }
        let held =
            self.slots.iter().enumerate().map(|(i, s)| (i, u64::from(s.in_use.value()), u64::from(s.waiting.value())));
        Err(RunError::Deadlock { at: self.hub.now, held: held.filter(|&(_, used, _)| used > 0).collect() })
    }

    /// Closes the last second and hands the measurements over.
    fn finish(mut self) -> Measurements {
        let ran = self.hub.cut_at.unwrap_or(self.end.min(self.hub.program.end));
        self.hub.now = ran.max(self.hub.now);
        let passed = self.hub.now - (self.next_second - SECOND);
        if passed > 0 {
            self.read_gauges(passed);
        }
        let in_flight = self.hub.in_flight.value();
        debug_assert!(
            in_flight > 0
                || self.hub.branches + self.hub.jobs > 0
                || self.shared.at_rest() && self.slots.iter().all(Slots::at_rest) && self.locks.at_rest(),
            "permits were lost"
        );
        self.count_jobs_left();
        self.hub.recorder.finish(ran, in_flight, self.hub.cut_at)
    }
}
