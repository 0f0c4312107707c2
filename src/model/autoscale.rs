//! What changes how many hosts a tier has.

use super::quantity::Law;

/// Hosts that come and go with the load.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoscale {
    /// Hosts at least and at most; `1 <= least <= most`.
    pub least: u32,
    pub most: u32,
    /// Time from a host's beginning until it is ready.
    pub start_up: Law,
    /// Seconds that a host has to answer what it has, before it goes.
    pub grace: f64,
    /// Machines on which its hosts are placed; `None`: there is always room.
    pub nodes: Option<Nodes>,
    pub controller: Controller,
}

impl Autoscale {
    /// Hosts that there may be at once of a tier that begins with `count`: those that are wanted, and those
    /// that are still leaving when others are wanted again.
    #[must_use]
    pub fn more_than(&self, count: u32) -> u32 {
        (self.most - count).saturating_add(self.most - self.least)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Controller {
    Hpa(Hpa),
    TargetTracking(TargetTracking),
}

/// The Horizontal Pod Autoscaler of Kubernetes. At least one metric is there. Times in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Hpa {
    pub cpu: Option<CpuTarget>,
    /// Requests per second and host, above 0.
    pub requests: Option<f64>,
    /// Requests in flight per host, above 0.
    pub in_flight: Option<f64>,
    /// It decides, and its metrics are read, this often; at least 1.
    pub sync: f64,
    pub metrics_every: f64,
    /// Nothing changes while a metric is within this share of its target, `0..1`.
    pub tolerance: f64,
    pub initial_readiness: f64,
    pub cpu_initialization: f64,
    pub up: ScalingRules,
    pub down: ScalingRules,
}

/// So many percent of the cores that each host requests. Both above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuTarget {
    pub percent: u32,
    pub request: f64,
}

/// How fast it follows in one direction. Times in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingRules {
    pub window: f64,
    pub select: SelectPolicy,
    pub policies: Vec<ScalingPolicy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectPolicy {
    Max,
    Min,
    Disabled,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScalingPolicy {
    pub change: Change,
    pub every: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Pods(u32),
    Percent(u32),
}

/// Target tracking of Amazon EC2 Auto Scaling. At least one target is there. Times in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetTracking {
    /// Mean CPU in percent, above 0.
    pub cpu: Option<f64>,
    /// Requests per host and minute, above 0.
    pub requests: Option<f64>,
    /// A datapoint of CPU comes every minute, else every five.
    pub detailed: bool,
    /// Until a datapoint can be read.
    pub delay: f64,
    /// For how long a host that is ready counts for no metric.
    pub warm_up: f64,
    pub scales_in: bool,
}

/// Machines on which hosts of a tier are placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Nodes {
    /// At first, at least 1, and at most.
    pub count: u32,
    pub most: u32,
    /// Hosts on each, at least 1.
    pub hosts: u32,
    /// Time until another one takes hosts.
    pub start_up: Law,
}
