//! What happened to the keys of a keyspace.

/// Counts since the beginning, except `keys`, which are those stored now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub keys: u64,
    pub hits: u64,
    pub misses: u64,
    /// Values stored, new or in place of an old one.
    pub stored: u64,
    /// Writes refused for want of memory.
    pub refused: u64,
    /// Keys evicted to make room.
    pub evictions: u64,
    /// Keys removed because their time was over, on access or in the background.
    pub expirations: u64,
}

impl Counts {
    /// Hits of all lookups; `None` before the first.
    #[must_use]
    pub fn hit_ratio(&self) -> Option<f64> {
        let lookups = self.hits + self.misses;
        (lookups > 0).then(|| self.hits as f64 / lookups as f64)
    }

    pub(super) fn plus(self, other: &Counts) -> Counts {
        Counts {
            keys: self.keys + other.keys,
            hits: self.hits + other.hits,
            misses: self.misses + other.misses,
            stored: self.stored + other.stored,
            refused: self.refused + other.refused,
            evictions: self.evictions + other.evictions,
            expirations: self.expirations + other.expirations,
        }
    }
}
