//! Machines whose cores are not always to be had, as a program says them.

use super::Rates;

/// A machine of which several members use the cores, each through a processor of its own
/// ([`super::Discipline::Front`]).
#[derive(Clone, Debug, PartialEq)]
pub struct GovernorSpec {
    /// Of the whole machine; its contention counts the jobs of all members.
    pub rates: Rates,
    /// Of each member: core-nanoseconds that it may use in each period of [`PERIOD`]; infinite without a limit.
    pub quotas: Vec<f64>,
    pub credits: Option<CreditSpec>,
    /// Readings of governors with the same gauge are added up.
    pub gauge: u32,
}

/// Time after which a quota is whole again, ns: the usual `cpu.cfs_period_us` of Linux, which Kubernetes keeps.
pub const PERIOD: u64 = 100_000_000;

/// Credits in core-nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CreditSpec {
    /// Cores at work that use up what is earned, above 0.
    pub baseline: f64,
    pub start: f64,
    /// Of a machine that comes up in the middle of a run.
    pub launch: f64,
    pub most: f64,
    /// Whether it goes on at full speed without credits, owing them.
    pub unlimited: bool,
}

/// Core-nanoseconds of a credit: a core at work for a minute.
pub const CREDIT: f64 = 60e9;
