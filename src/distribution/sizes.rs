//! How large the value of a key is: drawn once and for all, so that a key always has the same size.

use super::Law;
use crate::random::Draw;

/// Sizes of the keys of a keyspace.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// Of bytes, where it says nanoseconds elsewhere.
    law: Law,
    least: u32,
    key: u64,
}

impl Sizes {
    /// Sizes in bytes by `law`, at least `least`; which key has which is a function of `key`.
    #[must_use]
    pub fn new(law: Law, least: u32, key: u64) -> Sizes {
        Sizes { law, least, key }
    }

    /// Bytes of the value with this rank.
    #[must_use]
    pub fn bytes(&self, rank: u32) -> u32 {
        let drawn = self.law.sample(&mut Draw::new(self.key, u64::from(rank)));
        u32::try_from(drawn).unwrap_or(u32::MAX).max(self.least)
    }
}
