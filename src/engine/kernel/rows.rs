//! Mechanisms as they are at first; those that act of themselves with their rows.

use super::Actor;
use crate::engine::governor::Governor;
use crate::engine::jobs::Queue;
use crate::engine::keys::Keys;
use crate::engine::memory::Generations;
use crate::engine::program::{By, Program, ScalerSpec, StoreSpec};
use crate::engine::scaling::Scaler;
use crate::engine::slots::{Ceiling, Slots};
use crate::engine::source::Source;
use crate::random::derive;

/// The permits of a program; those that ever act of themselves get a row behind the other actors.
pub(super) fn all_slots(
    program: &Program,
    key: u64,
    ceilings: &mut [Ceiling],
    (first_row, actors): (u32, &mut Vec<Actor>),
) -> Vec<Slots> {
    let mut slots = Vec::new();
    let asleep = asleep(program);
    let (mut gauge, mut copy) = (None, 0);
    for (i, spec) in (0u32..).zip(&program.slots) {
        // Each has luck of its own: by what it is for and which copy it is, whatever others there are.
        copy = if gauge == Some(spec.gauge) { copy + 1 } else { 0 };
        gauge = Some(spec.gauge);
        let luck = derive(derive(derive(key, 1), u64::from(spec.site)), copy);
        let mut one = Slots::new(spec, luck);
        if !asleep.contains(&i) {
            one.wake(ceilings, 0);
        }
        if one.acts() {
            one.row = Some(first_row + actors.len() as u32);
            actors.push(Actor::Slots(i));
        }
        slots.push(one);
    }
    slots
}

/// The queues of a program; those whose workers look of themselves get a row behind the other actors.
pub(super) fn all_queues(program: &Program, key: u64, (first_row, actors): (u32, &mut Vec<Actor>)) -> Vec<Queue> {
    let mut queues = Vec::with_capacity(program.queues.len());
    for (i, spec) in (0u32..).zip(&program.queues) {
        let row = (spec.poll > 0).then_some(first_row + actors.len() as u32);
        actors.extend(row.map(|_| Actor::Queue(i)));
        queues.push(Queue::new(spec, key, row));
    }
    queues
}

/// The stores of a program, each with a row behind the other actors.
pub(super) fn all_stores<'p>(
    program: &'p Program,
    key: u64,
    (first_row, actors): (u32, &mut Vec<Actor>),
) -> Vec<Keys<'p>> {
    let first_store_row = first_row + actors.len() as u32;
    actors.extend((0..program.stores.len() as u32).map(Actor::Store));
    let luck = |spec: &StoreSpec| derive(derive(key, 2), spec.identity);
    (first_store_row..).zip(&program.stores).map(|(row, spec)| Keys::new(spec, luck(spec), row)).collect()
}

/// The controllers of a program, each with a row behind the other actors.
pub(super) fn all_scalers(program: &Program, key: u64, (first_row, actors): (u32, &mut Vec<Actor>)) -> Vec<Scaler> {
    let first_scaler_row = first_row + actors.len() as u32;
    actors.extend((0..program.scalers.len() as u32).map(Actor::Scaler));
    let scaler = |(row, spec): (u32, &ScalerSpec)| {
        let group = &program.groups[spec.group as usize];
        let at_first = group.fleet.as_ref().map_or(group.hosts, |fleet| fleet.up);
        Scaler::new(spec, group.hosts, at_first, key, row)
    };
    (first_scaler_row..).zip(&program.scalers).map(scaler).collect()
}

/// The sources of a program, with the rows of the first and of its time-outs.
pub(super) fn all_sources(program: &Program, key: u64, (row, timeouts): (u32, u32)) -> Vec<Source<'_>> {
    let source = |(i, spec)| Source::new(spec, i as u16, (row + i, timeouts + i), key);
    (0u32..).zip(&program.sources).map(source).collect()
}

/// The generations of each process, all empty.
pub(super) fn generations(program: &Program) -> Vec<Vec<Generations>> {
    program.collectors.iter().map(|spec| vec![Generations::default(); spec.processes as usize]).collect()
}

/// Governors; those of hosts that are not up at the start are not there.
pub(super) fn all_governors(program: &Program, first_row: u32) -> Vec<Governor> {
    let rows = first_row..;
    let mut governors: Vec<Governor> =
        rows.zip(&program.governors).map(|(row, spec)| Governor::new(spec, row)).collect();
    for (group, fleet) in program.groups.iter().filter_map(|group| Some((group, group.fleet.as_ref()?))) {
        for first in &fleet.machines {
            (first + fleet.up..first + group.hosts).for_each(|index| governors[index as usize].goes(0));
        }
    }
    governors
}

/// Permits of hosts that are not up at the start.
fn asleep(program: &Program) -> Vec<u32> {
    let mut asleep = Vec::new();
    for (group, fleet) in program.groups.iter().filter_map(|group| Some((group, group.fleet.as_ref()?))) {
        for target in &fleet.permits {
            let per_host = if target.by == By::Process { group.processes } else { 1 };
            asleep.extend(target.base + fleet.up * per_host..target.base + group.hosts * per_host);
        }
    }
    asleep
}
