//! The readings of a second: levels, volumes, stores.

use super::{SECOND, World};
use crate::engine::governor::Governor;
use crate::engine::processor::Processor;
use crate::engine::program::Program;
use crate::measure::Gauge;

impl World<'_> {
    /// Reads all levels over the last `passed` ns.
    pub(super) fn read_gauges(&mut self, passed: u64) {
        let per = 1.0 / passed as f64;
        self.keep_used();
        let (program, now) = (self.hub.program, self.hub.now);
        let (mut users, mut users_max) = (0.0, 0);
        for source in &mut self.sources {
            let (area, most) = source.active.read(now);
            users += area as f64 * per;
            users_max += most;
        }
        let (in_flight, in_flight_max) = self.hub.in_flight.read(now);
        let in_flight = (in_flight as f64 * per, in_flight_max);
        let footprints: Vec<_> = (0..self.footprints.len()).map(|index| self.read_footprint(index, passed)).collect();
        let gauges = self.hub.recorder.second_over((users, users_max), in_flight);
        for (processor, spec) in self.processors.iter_mut().zip(&program.processors) {
            let reading = processor.read(now);
            let gauge = &mut gauges[spec.gauge as usize];
            gauge.in_use += (reading.busy * per) as f32;
            gauge.waiting += (reading.present * per) as f32;
        }
        read_governors((&self.processors, &mut self.governors), program, gauges, (now, per));
        let behind = program.gauges_of_footprints();
        for (reading, spec) in footprints.iter().zip(&program.footprints) {
            let gauge = &mut gauges[behind + spec.gauge as usize];
            gauge.in_use = reading.mean as f32;
            gauge.in_use_max = reading.peak as f32;
            gauge.open = reading.now as f32;
            gauge.waiting = reading.killed_at as f32;
        }
        for slots in &mut self.slots {
            let gauge = &mut gauges[(program.processor_gauges + slots.spec.gauge) as usize];
            let (in_use, in_use_max) = slots.in_use.read(now);
            let (waiting, waiting_max) = slots.waiting.read(now);
            gauge.in_use += (in_use as f64 * per) as f32;
            gauge.in_use_max += in_use_max as f32;
            gauge.waiting += (waiting as f64 * per) as f32;
            gauge.waiting_max += waiting_max as f32;
            let (open, open_max) = slots.opened.read(now);
            gauge.open += (open as f64 * per) as f32;
            gauge.open_max += open_max as f32;
        }
        let first = (program.processor_gauges + program.permit_gauges) as usize;
        self.guards.read(now, |gauge, open| gauges[first + gauge as usize].in_use += (open as f64 * per) as f32);
        for (queue, spec) in self.queues.iter_mut().zip(&program.queues) {
            queue.read(now, per, &mut gauges[(program.processor_gauges + spec.gauge) as usize]);
        }
        for (volume, gauge) in self.volumes.iter_mut().zip(&mut gauges[program.gauges_of_volumes()..]) {
            let reading = volume.read(&self.hub.requests, now);
            gauge.in_use = (reading.operations * per * SECOND as f64) as f32;
            gauge.waiting = (reading.waiting * per) as f32;
            gauge.open = reading.credits as f32;
        }
        let fleets = program.gauges_of_fleets();
        for (state, spec) in self.groups.iter_mut().zip(&program.groups) {
            let Some(fleet) = &spec.fleet else { continue };
            let (up, most) = state.up.read(now);
            let gauge = &mut gauges[fleets + fleet.gauge as usize];
            (gauge.in_use, gauge.in_use_max) = ((up as f64 * per) as f32, most as f32);
            gauge.open = state.up.value() as f32;
            gauge.waiting = std::mem::replace(&mut state.least, state.up.value()) as f32;
        }
        for (scaler, gauge) in self.scalers.iter_mut().zip(&mut gauges[program.gauges_of_scalers()..]) {
            scaler.read(now, per, gauge);
        }
        for keys in &mut self.stores {
            let (spaces, memory) = keys.read();
            self.hub.recorder.store(&spaces, memory);
        }
    }
}

/// What members of governors did, and how their machines are.
fn read_governors(
    (processors, governors): (&[Processor], &mut [Governor]),
    program: &Program,
    gauges: &mut [Gauge],
    (now, per): (u64, f64),
) {
    let fronts = if governors.is_empty() { &[] } else { processors };
    for (processor, spec) in fronts.iter().zip(&program.processors) {
        let Some((governor, member)) = processor.front() else { continue };
        let (busy, present) = governors[governor as usize].read_member(member as usize, now);
        gauges[spec.gauge as usize].in_use += (busy * per) as f32;
        gauges[spec.gauge as usize].waiting += (present * per) as f32;
    }
    let behind = program.gauges_of_governors();
    for (governor, spec) in governors.iter_mut().zip(&program.governors) {
        let reading = governor.read();
        let gauge = &mut gauges[behind + spec.gauge as usize];
        gauge.open += reading.credits as f32;
        gauge.open_max += reading.least as f32;
        gauge.in_use += reading.owed as f32;
        gauge.waiting += (reading.held * per) as f32;
    }
}
