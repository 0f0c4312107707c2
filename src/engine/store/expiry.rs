//! The background search for keys whose time is over.
//!
//! At each tick it looks at 20 keys with a time to live, where it last left off, and removes those
//! that are over. While more than a tenth of a round of 20 were, it takes another. The original stops
//! after 25 ms of work, and as long as searches are cut off like this it goes on between commands, for
//! a millisecond out of two. Here both stop after as many rounds as fit into their time, fixed
//! numbers, so that a run does not depend on the machine. Source: expire.c (`activeExpireCycle`, slow
//! and fast, effort 1), server.c (`databasesCron`) of release 7.0.15.

use super::{MILLISECOND, Store};

/// Nanoseconds from one tick to the next: ten times a second.
pub const TICK: u64 = 100_000_000;

const PER_ROUND: u32 = 20;
/// A further round follows while more than this share of the last was over.
const ACCEPTABLE: f64 = 0.10;
/// Buckets looked at for one key.
const BUCKETS_PER_KEY: u64 = 20;
/// Rounds in 25 ms and in 1 ms, looked at after every 16: 2 µs to remove a key (assumed; 2.6 µs were
/// measured on a busy machine of two cores with a million keys, which lost 30,000 in 100 ms under traffic).
const SLOW_ROUNDS: u32 = 640;
const FAST_ROUNDS: u32 = 32;
/// From one search between commands to the next.
const FAST_EVERY: u64 = 2 * MILLISECOND;
/// Buckets moved in the millisecond that a tick spends on resizing a table.
const MOVED_PER_TICK: u32 = 20_000;

/// Where the search stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Search {
    /// Where in the list of keys with a time to live it goes on.
    cursor: u32,
    /// The last one was cut off.
    pub cut: bool,
    /// When the next one between commands may begin.
    next_fast: u64,
}

impl Store {
    /// What the server does of itself ten times a second ([`TICK`]).
    pub fn tick(&mut self, now: u64) {
        self.served += 1;
        self.search.cut = self.expire_some(now / MILLISECOND, SLOW_ROUNDS);
        self.keys.shrink();
        self.ends.shrink();
        self.keys.step(MOVED_PER_TICK);
        self.ends.step(MOVED_PER_TICK);
    }

    /// What it does between commands as long as much is left over from the tick.
    #[inline(never)]
    pub(super) fn search_on(&mut self, now: u64) {
        if now >= self.search.next_fast {
            self.search.next_fast = now.saturating_add(FAST_EVERY);
            self.search.cut = self.expire_some(now / MILLISECOND, FAST_ROUNDS);
        }
    }

    /// Takes rounds while they find much, at most this many; whether that cut it off.
    fn expire_some(&mut self, now: u64, most_rounds: u32) -> bool {
        for _ in 0..most_rounds {
            let (keys, buckets) = (u64::from(self.entries.volatile_len()), self.ends.buckets());
            // A table filled to less than a hundredth is left until it has shrunk.
            if keys == 0 || (buckets > 4 && keys * 100 < buckets) {
                return false;
            }
            let most = keys.min(u64::from(PER_ROUND));
            let seen = (most * BUCKETS_PER_KEY * keys / buckets.max(1)).clamp(1, most) as u32;
            let over = self.expire_round(seen, now);
            if f64::from(over) <= ACCEPTABLE * f64::from(seen) {
                return false;
            }
        }
        true
    }

    /// Looks at the next `seen` keys; how many were over.
    fn expire_round(&mut self, seen: u32, now: u64) -> u32 {
        let mut over = 0;
        for _ in 0..seen.min(self.entries.volatile_len()) {
            if self.search.cursor >= self.entries.volatile_len() {
                self.search.cursor = 0;
            }
            let place = self.entries.volatile(self.search.cursor);
            if now > self.entries.at(place).ends {
                self.expire(place);
                over += 1;
            } else {
                self.search.cursor += 1;
            }
        }
        over
    }
}
