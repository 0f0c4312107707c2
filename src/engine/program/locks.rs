//! Row locks as a program says them.

use crate::distribution::popularity::Popularity;

/// Locks on rows of one kind.
#[derive(Clone, Debug)]
pub struct LockSpec {
    pub keys: u32,
    pub popularity: Popularity,
    /// A waiter looks for a circle after this, ns, and gives up after that.
    pub look_after: u64,
    pub patience: Option<u64>,
    pub deadlock_cause: u8,
    pub timeout_cause: u8,
    /// Counts the victims, those of all locks that share the counter.
    pub deadlocks: u32,
    /// The kind of measured statement as which each wait is measured, one of no time included.
    pub lap: u16,
    /// Counts waits that took time; the counter after it those that were given up, the next one victims.
    pub waits: u32,
}
