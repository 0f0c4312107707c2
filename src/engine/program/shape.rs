//! How much of everything a run of a program measures, and the order of its gauges.

use super::super::calendar::NEVER;
use super::{FootprintSpec, Program};
use crate::measure::Shape;

impl Program {
    /// How many of each thing a run measures.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let mut edges = vec![0];
        edges.extend(&self.cuts);
        edges.push(NEVER);
        Shape {
            edges,
            endpoints: self.endpoints.len(),
            causes: self.causes as usize,
            permits: self.permit_gauges as usize,
            laps: self.laps as usize,
            gauges: self.gauges_of_scalers() + self.scalers.len(),
            counters: self.counters as usize,
            queues: self.queues.len(),
            flows: self.flows as usize,
            steps: self.steps as usize,
        }
    }

    /// Whether anything is planned, or may come to be.
    #[must_use]
    pub fn has_incidents(&self) -> bool {
        !self.incidents.planned.is_empty()
            || !self.scalers.is_empty()
            || self.footprints.iter().any(FootprintSpec::kills)
    }

    /// The first gauge of volumes, behind those of processors, permits and breakers.
    #[must_use]
    pub fn gauges_of_volumes(&self) -> usize {
        (self.processor_gauges + self.permit_gauges + self.guards.gauges) as usize
    }

    /// The first gauge of governors.
    #[must_use]
    pub fn gauges_of_governors(&self) -> usize {
        self.gauges_of_volumes() + self.volumes.len()
    }

    /// The first gauge of footprints.
    #[must_use]
    pub fn gauges_of_footprints(&self) -> usize {
        self.gauges_of_governors() + self.governor_gauges as usize
    }

    /// Whether requests may ever be taken away from where they run.
    #[must_use]
    pub fn loses_requests(&self) -> bool {
        self.groups.iter().any(|group| group.fleet.is_some()) || self.footprints.iter().any(FootprintSpec::kills)
    }

    /// The first gauge of fleets.
    #[must_use]
    pub fn gauges_of_fleets(&self) -> usize {
        self.gauges_of_footprints() + self.footprints.len()
    }

    /// The first gauge of what controllers ask for.
    #[must_use]
    pub fn gauges_of_scalers(&self) -> usize {
        self.gauges_of_fleets() + self.incidents.gauges as usize
    }
}
