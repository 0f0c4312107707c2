//! The readings of a second: levels, volumes, what was counted.

use super::super::calendar::NEVER;
use super::super::program::Program;
use super::{SECOND, World};
use crate::measure::Shape;

impl World<'_> {
    /// Reads all levels over the last `passed` ns.
    pub(super) fn read_gauges(&mut self, passed: u64) {
        let per = 1.0 / passed as f64;
        let (program, now) = (self.hub.program, self.hub.now);
        let (mut users, mut users_max) = (0.0, 0);
        for source in &mut self.sources {
            let (area, most) = source.active.read(now);
            users += area as f64 * per;
            users_max += most;
        }
        let in_flight = self.hub.in_flight.read(now) as f64 * per;
        let gauges = self.hub.recorder.second_over((users, users_max), in_flight);
        for (processor, spec) in self.processors.iter_mut().zip(&program.processors) {
            let reading = processor.read(now);
            let gauge = &mut gauges[spec.gauge as usize];
            gauge.in_use += (reading.busy * per) as f32;
            gauge.waiting += (reading.present * per) as f32;
        }
        for slots in &mut self.slots {
            let gauge = &mut gauges[(program.processor_gauges + slots.spec.gauge) as usize];
            let (in_use, in_use_max) = slots.in_use.read(now);
            let (waiting, waiting_max) = slots.waiting.read(now);
            gauge.in_use += (in_use as f64 * per) as f32;
            gauge.in_use_max += in_use_max as f32;
            gauge.waiting += (waiting as f64 * per) as f32;
            gauge.waiting_max += waiting_max as f32;
            gauge.open += (slots.opened.read(now) as f64 * per) as f32;
        }
        let (volumes, counts) = gauges[program.gauges_of_volumes()..].split_at_mut(self.volumes.len());
        for (volume, gauge) in self.volumes.iter_mut().zip(volumes) {
            let reading = volume.read(&self.hub.requests, now);
            gauge.in_use = (reading.operations * per * SECOND as f64) as f32;
            gauge.waiting = (reading.waiting * per) as f32;
            gauge.open = reading.credits as f32;
        }
        for (count, gauge) in self.counts.iter_mut().zip(counts) {
            gauge.in_use = std::mem::take(count) as f32;
        }
    }
}

/// How many of each thing a run of the program measures.
pub(super) fn shape(program: &Program) -> Shape {
    let mut edges = vec![0];
    edges.extend(&program.cuts);
    edges.push(NEVER);
    Shape {
        edges,
        endpoints: program.endpoints.len(),
        causes: program.causes as usize,
        permits: program.permit_gauges as usize,
        laps: program.laps as usize,
        gauges: program.gauges_of_volumes() + program.volumes.len() + program.counters as usize,
    }
}
