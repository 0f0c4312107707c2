//! What processes keep in memory, and how they collect it, as a program says it.

use super::{By, LawId};

/// Memory of alike hosts with alike processes, bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct FootprintSpec {
    pub hosts: u32,
    /// On each host.
    pub processes: u32,
    /// Index into [`super::Program::groups`].
    pub group: u32,
    /// More on one host kills the process that asks for it; infinite without a limit.
    pub limit: f64,
    /// Of a process that has nothing to do.
    pub base: f64,
    pub per_request: f64,
    pub per_connection: f64,
    /// What each request leaves behind.
    pub leak: f64,
    /// Permits whose open ones are connections: the first, and how they are told apart.
    pub connections: Vec<(u32, By)>,
    /// Whose old generations count too.
    pub collector: Option<u16>,
    /// ns until a killed process serves again.
    pub restart: u64,
    pub gauge: u32,
    /// Counts kills.
    pub counter: u32,
    /// Of the request that was asking, and of those that come before it serves again.
    pub cause: u8,
    pub down: u8,
}

impl FootprintSpec {
    /// Whether a process may ever be killed for want of memory.
    #[must_use]
    pub fn kills(&self) -> bool {
        self.limit.is_finite()
    }
}

/// Generations of alike processes.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectorSpec {
    pub processes: u32,
    /// Bytes that a request allocates, and that the young generation holds.
    pub allocation: f64,
    pub young: f64,
    /// Share of the young that grows old.
    pub survivors: f64,
    /// Bytes of the old generation that bring a major collection; infinite for none.
    pub old: f64,
    pub minor: LawId,
    pub major: LawId,
    pub site: u32,
    /// Counts minor collections; the one after it major ones.
    pub counter: u32,
}
