//! Controllers that change how many hosts a group has: what they measure, and what they remember.
//!
//! A controller has a row of the calendar, on which it measures and decides at its own instants. What it decides
//! is a pure function of what it has seen: [`hpa`] and [`target_tracking`]. What follows from it, hosts that start
//! and leave, is among the incidents.

pub mod behavior;
pub mod hpa;
mod measuring;
pub mod target_tracking;

use std::collections::VecDeque;

use super::kernel::World;
use super::level::Tide;
use super::program::{Controller, ScalerSpec};
use crate::measure::Gauge;
use crate::random::{Draw, derive};
use behavior::History;
use hpa::Reading;

/// A controller at work.
#[derive(Debug)]
pub(super) struct Scaler {
    pub row: u32,
    pub next_measure: u64,
    pub next_decision: u64,
    /// What its draws are derived from.
    pub key: u64,
    /// Hosts that are asked for, that are not ready yet, and that are there, ready or not.
    pub desired: Tide,
    pub pending: Tide,
    pub there: Tide,
    /// Hosts that fit on no node.
    pub unplaced: u32,
    /// Nodes, and those that are coming.
    pub nodes: u32,
    pub coming: u32,
    /// Hosts and nodes started so far.
    pub launches: u64,
    pub orders: u64,
    /// Per host: core-nanoseconds in use up to the last reading of gauges.
    pub used: Vec<f64>,
    pub meters: Vec<Meter>,
    /// Measurements so far.
    pub measured: u64,
    pub history: History,
}

/// What is measured of one signal.
#[derive(Debug)]
pub(super) struct Meter {
    /// Per host: the count at the last measurement.
    pub last: Vec<Option<f64>>,
    /// Per host: its last reading.
    pub readings: Vec<Option<Reading>>,
    /// Of the group: when, and what; only as many as may be asked for.
    pub points: VecDeque<(u64, Option<f64>)>,
}

impl Scaler {
    #[must_use]
    pub fn new(spec: &ScalerSpec, hosts: u32, at_first: u32, key: u64, row: u32) -> Scaler {
        let mut draw = Draw::new(derive(key, u64::from(spec.sites.instants)), 0);
        let next_measure = (draw.uniform() * spec.measures as f64) as u64;
        let next_decision = match spec.controller {
            Controller::Pods(_) => (draw.uniform() * spec.decides as f64) as u64,
            Controller::Instances { delay, .. } => next_measure.saturating_add(delay),
        };
        let hosts = hosts as usize;
        let meter = || Meter { last: vec![None; hosts], readings: vec![None; hosts], points: VecDeque::new() };
        let mut levels = [Tide::default(); 2];
        levels.iter_mut().for_each(|level| level.set(at_first, 0));
        Scaler {
            row,
            next_measure,
            next_decision,
            key,
            desired: levels[0],
            pending: Tide::default(),
            there: levels[1],
            unplaced: 0,
            nodes: spec.nodes.map_or(0, |nodes| nodes.count),
            coming: 0,
            launches: 0,
            orders: 0,
            used: vec![0.0; hosts],
            meters: spec.meters.iter().map(|_| meter()).collect(),
            measured: 0,
            history: History::default(),
        }
    }

    /// What was asked for and there since the last reading, over `1 / per` ns.
    pub fn read(&mut self, now: u64, per: f64, gauge: &mut Gauge) {
        let level = |tide: &mut Tide| {
            let (area, most) = tide.read(now);
            ((area as f64 * per) as f32, most as f32)
        };
        (gauge.in_use, gauge.in_use_max) = level(&mut self.desired);
        (gauge.waiting, gauge.waiting_max) = level(&mut self.pending);
        (gauge.open, gauge.open_max) = level(&mut self.there);
    }

    #[must_use]
    pub fn due(&self) -> u64 {
        self.next_measure.min(self.next_decision)
    }

    /// Nothing is known of a host that begins anew.
    pub fn forget(&mut self, host: u32) {
        for meter in &mut self.meters {
            (meter.last[host as usize], meter.readings[host as usize]) = (None, None);
        }
    }
}

impl World<'_> {
    /// A controller measures, decides, or both.
    pub(super) fn scaler_acts(&mut self, index: usize) {
        let (now, spec) = (self.hub.now, &self.hub.program.scalers[index]);
        if self.scalers[index].next_measure <= now {
            self.scalers[index].next_measure += spec.measures;
            self.measure(index);
        }
        if self.scalers[index].next_decision <= now {
            self.scalers[index].next_decision += spec.decides;
            let wanted = self.hosts_wanted(index);
            self.scalers[index].desired.set(wanted, now);
            self.reconcile(index);
        }
        self.hub.calendar.set(self.scalers[index].row, self.scalers[index].due());
    }
}
