//! Permits as a program says them.

use super::{LawId, Pc};

/// Counted permits that open lazily, with waiters.
#[derive(Clone, Debug)]
pub struct SlotsSpec {
    pub max: u32,
    /// Open from the start and never closed for idleness.
    pub min: u32,
    pub order: Order,
    pub patience: Patience,
    /// An idle permit is closed after this, ns.
    pub idle: Option<u64>,
    /// Time to open one; none: instantly.
    pub open: Option<LawId>,
    /// Where an agent begins that opens one, in place of that time; it ends with [`super::Op::Opened`].
    pub connect: Option<Pc>,
    pub max_waiters: Option<u32>,
    /// Index into [`super::Program::ceilings`].
    pub ceiling: Option<u32>,
    /// Of several idle permits the one that has been idle longest is taken, not the last one used.
    pub oldest_first: bool,
    /// A permit is closed this long after it was opened, as soon as nobody uses it, ns.
    pub life: Option<u64>,
    pub opening: Opening,
    /// More permits for those who have waited for long.
    pub reserve: Option<Reserve>,
    /// A permit that is given back while so many are idle is closed.
    pub max_idle: Option<u32>,
    /// Index of the slots of which a permit here may keep one behind it until it is closed.
    pub behind: Option<u32>,
    /// Whether all may break at once, or fewer be allowed for a while.
    pub fragile: bool,
    /// How `max` follows the time for which permits are held; `None`: it stays.
    pub adapts: Option<AdaptSpec>,
    pub causes: SlotCauses,
    /// Readings of slots with the same gauge are added up.
    pub gauge: u32,
    /// Site of the draws of waiters served at random, and of the times to open permits for whoever is first.
    pub site: u32,
}

impl SlotsSpec {
    /// Whether permits must be told apart: they grow old, keep others behind them, or may be closed
    /// when they are given back.
    #[must_use]
    pub fn tells_apart(&self) -> bool {
        let shared = self.opening != Opening::Own;
        self.life.is_some()
            || self.behind.is_some()
            || self.max_idle.is_some()
            || shared
            || self.fragile
            || self.adapts.is_some()
    }
}

/// How permits are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// One for each request that finds none; it waits for just this one.
    Own,
    /// One at a time, for whoever is first in line when it is open, or when another is given back.
    /// If the ceiling refuses, it is tried again after `retry` ns, and meanwhile all wait.
    Shared { retry: u64 },
}

/// Additive increase, multiplicative decrease: each permit given back in time adds one to what may be open, while at
/// least half of that is in use; each that was held for longer leaves `backoff` of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptSpec {
    /// ns.
    pub slow: u64,
    pub backoff: f64,
    pub min: u32,
    pub max: u32,
}

impl AdaptSpec {
    /// What may be open after a permit was held for so many ns, as one of `in_use`.
    #[must_use]
    pub fn next(&self, limit: u32, held: u64, in_use: u32) -> u32 {
        let next = if held > self.slow {
            (f64::from(limit) * self.backoff) as u32
        } else {
            limit + u32::from(in_use.saturating_mul(2) >= limit)
        };
        next.clamp(self.min, self.max)
    }
}

/// More permits than `max`, opened while the first in line has waited for `after` ns or longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserve {
    pub size: u32,
    pub after: u64,
}

/// How long a request waits for a permit before it gives up, ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    Endless,
    /// All the same: who came first gives up first.
    Constant(u64),
    /// Each wait draws its own.
    Drawn(LawId),
}

/// Which cause each way of not getting a permit sets.
#[derive(Clone, Copy, Debug)]
pub struct SlotCauses {
    pub timeout: u8,
    pub full: u8,
    pub refused: u8,
    pub slow_open: u8,
}

/// Which waiter is served next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Fifo,
    Lifo,
    Random,
}
