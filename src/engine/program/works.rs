//! Timed work as a program says it.

use super::Rates;

/// A processor: timed work.
#[derive(Clone, Debug)]
pub struct ProcessorSpec {
    pub discipline: Discipline,
    /// Readings of processors with the same gauge are added up.
    pub gauge: u32,
}

#[derive(Clone, Debug)]
pub enum Discipline {
    /// All jobs at once, each at most at the rate of one core.
    Shared(Rates),
    /// One job at a time, first come first served.
    Line,
    /// Any number at once.
    Delay,
    /// What a member of `Program::governors[governor]` does there.
    Front { governor: u32, member: u32 },
}

/// Waiting before another attempt: `first * factor^(attempt - 1)`, at most `max`, ns.
#[derive(Clone, Copy, Debug)]
pub struct WaitSpec {
    pub first: f64,
    pub factor: f64,
    pub max: f64,
    /// Share of that which is certain; the rest is uniform.
    pub certain: f64,
    /// The delay processor on which it passes, and the part to which it is accounted.
    pub processor: u32,
    pub part: u16,
    pub site: u32,
}
