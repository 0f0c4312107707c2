//! Controllers that change how many hosts a group has, as a program says it.

use super::LawId;
use crate::engine::scaling::hpa::Hpa;
use crate::engine::scaling::target_tracking::TargetTracking;

/// What decides how many hosts a group has. Spans in ns.
#[derive(Clone, Debug)]
pub struct ScalerSpec {
    pub group: u32,
    /// The processor of its first host; those of the others follow.
    pub processors: u32,
    /// Cores of each host.
    pub cores: f64,
    /// What is measured, in the order in which the controller knows it.
    pub meters: Vec<MeterSpec>,
    /// It measures, and decides, this often, at instants of its own. Above 0.
    pub measures: u64,
    pub decides: u64,
    pub controller: Controller,
    /// Law of the time until a new host is ready.
    pub start_up: LawId,
    /// A host that goes has this long to answer what it has.
    pub grace: u64,
    pub nodes: Option<NodesSpec>,
    /// Sites of its own draws.
    pub sites: ScalerSites,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct ScalerSites {
    pub instants: u32,
    pub start_up: u32,
    pub node: u32,
}

/// Something that is measured of hosts, each `every` so many measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterSpec {
    pub signal: Signal,
    pub every: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Cpu,
    Requests,
    InFlight,
}

#[derive(Clone, Debug)]
pub enum Controller {
    Pods(Hpa),
    /// An instance warms up for so long; a datapoint can be read after the delay.
    Instances {
        rule: TargetTracking,
        warm_up: u64,
        delay: u64,
    },
}

/// Machines on which hosts are placed: more hosts than fit wait for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodesSpec {
    pub count: u32,
    /// Hosts on each.
    pub hosts: u32,
    pub most: u32,
    /// Law of the time until another one takes hosts.
    pub start_up: LawId,
}
