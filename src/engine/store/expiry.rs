//! The background search for keys whose time is over.
//!
//! At each tick it looks at 20 keys with a time to live, where it last left off, and removes those
//! that are over. While more than a tenth of a round of 20 were, it takes another. The original stops
//! after 25 ms of work; here after as many rounds as fit in 25 ms, a fixed number, so that a run
//! does not depend on the machine. Source: expire.c (`activeExpireCycle`, slow, effort 1; the fast
//! cycle runs only after a slow one was cut off), server.c (`databasesCron`) of release 7.0.15.

use super::{MILLISECOND, Store};

/// Nanoseconds from one tick to the next: ten times a second.
pub const TICK: u64 = 100_000_000;

const PER_ROUND: u32 = 20;
/// A further round follows while more than this share of the last was over.
const ACCEPTABLE: f64 = 0.10;
/// Buckets looked at for one key.
const BUCKETS_PER_KEY: u64 = 20;
/// Rounds in 25 ms: about 1.2 µs to remove a key on a small cloud machine, checked every 16 rounds.
const MOST_ROUNDS: u32 = 1024;
/// Buckets moved in the millisecond that a tick spends on resizing a table.
const MOVED_PER_TICK: u32 = 20_000;

impl Store {
    /// What the server does of itself ten times a second ([`TICK`]).
    pub fn tick(&mut self, now: u64) {
        self.served += 1;
        self.expire_some(now / MILLISECOND);
        self.keys.shrink();
        self.ends.shrink();
        self.keys.step(MOVED_PER_TICK);
        self.ends.step(MOVED_PER_TICK);
    }

    fn expire_some(&mut self, now: u64) {
        for _ in 0..MOST_ROUNDS {
            let (keys, buckets) = (u64::from(self.entries.volatile_len()), self.ends.buckets());
            // A table filled to less than a hundredth is left until it has shrunk.
            if keys == 0 || (buckets > 4 && keys * 100 < buckets) {
                return;
            }
            let most = keys.min(u64::from(PER_ROUND));
            let seen = (most * BUCKETS_PER_KEY * keys / buckets.max(1)).clamp(1, most) as u32;
            let over = self.expire_round(seen, now);
            if f64::from(over) <= ACCEPTABLE * f64::from(seen) {
                return;
            }
        }
    }

    /// Looks at the next `seen` keys; how many were over.
    fn expire_round(&mut self, seen: u32, now: u64) -> u32 {
        let mut over = 0;
        for _ in 0..seen.min(self.entries.volatile_len()) {
            if self.cursor >= self.entries.volatile_len() {
                self.cursor = 0;
            }
            let place = self.entries.volatile(self.cursor);
            if now > self.entries.at(place).ends {
                self.expire(place);
                over += 1;
            } else {
                self.cursor += 1;
            }
        }
        over
    }
}
