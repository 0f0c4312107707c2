//! What keeps a run from having a result.

/// Why a run has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// Time does not move: more than `events` events at `at` ns.
    Livelock { at: u64, events: u64 },
    /// Nothing can act again since `at` ns: `(permits, in use, waiting)` of every kind in use.
    Deadlock { at: u64, held: Vec<(usize, u64, u64)> },
    /// Told to stop.
    Interrupted,
}
