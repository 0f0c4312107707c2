//! How old or how popular a key is: 24 bits, in which either a clock or a counter is kept.
//!
//! LRU: the second of the last access, modulo 2^24. LFU: the minute of the last access, modulo
//! 2^16, and 8 bits of a counter that rises with probability 1 / (log factor × (counter − 5) + 1) and
//! falls by one for each decay time without access. A new key begins at 5. Source: evict.c
//! (`estimateObjectIdleTime`, `LFULogIncr`, `LFUDecrAndReturn`) and db.c (`updateLFU`) of release 7.0.15.

use super::program::{Policy, StoreProgram};
use crate::random::Draw;

const SECOND: u64 = 1_000_000_000;
const CLOCK: u32 = (1 << 24) - 1;
const MINUTES: u32 = (1 << 16) - 1;
const BEGIN: u32 = 5;
const MOST: u32 = 255;

/// The rules of ageing of a store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ages {
    counts: bool,
    log_factor: f64,
    decay: u32,
}

impl Ages {
    pub(super) fn new(program: &StoreProgram) -> Ages {
        Ages {
            counts: matches!(program.policy, Policy::Lfu(_)),
            log_factor: f64::from(program.lfu_log_factor),
            decay: program.lfu_decay_minutes,
        }
    }

    /// Of a new key.
    #[inline]
    pub(super) fn new_key(&self, now: u64) -> u32 {
        if self.counts { minutes(now) << 8 | BEGIN } else { clock(now) }
    }

    /// Of a key that is used now.
    #[inline]
    pub(super) fn used(&self, age: u32, now: u64, draw: impl FnOnce() -> Draw) -> u32 {
        if !self.counts {
            return clock(now);
        }
        let counter = self.counter(age, now);
        let chance = 1.0 / (f64::from(counter.saturating_sub(BEGIN)) * self.log_factor + 1.0);
        let rises = counter < MOST && draw().uniform() < chance;
        minutes(now) << 8 | (counter + u32::from(rises))
    }

    /// Of a key whose value is replaced: a counter goes on, a clock is set.
    pub(super) fn replaced(&self, age: u32, now: u64) -> u32 {
        if self.counts { age } else { clock(now) }
    }

    /// The higher, the sooner a key should go.
    #[inline]
    pub(super) fn score(&self, age: u32, now: u64) -> u64 {
        if self.counts {
            return u64::from(MOST - self.counter(age, now));
        }
        let clock = clock(now);
        u64::from(if clock >= age { clock - age } else { clock + (CLOCK - age) })
    }

    fn counter(&self, age: u32, now: u64) -> u32 {
        let (then, counter) = (age >> 8, age & MOST);
        let now = minutes(now);
        let passed = if now >= then { now - then } else { MINUTES - then + now };
        counter.saturating_sub(passed.checked_div(self.decay).unwrap_or(0))
    }
}

fn clock(now: u64) -> u32 {
    (now / SECOND) as u32 & CLOCK
}

fn minutes(now: u64) -> u32 {
    (now / (60 * SECOND)) as u32 & MINUTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ages(policy: Policy) -> Ages {
        Ages::new(&StoreProgram::usual(policy, None, Vec::new()))
    }

    /// The table in the commented configuration file for log factor 10: 100 hits make about 10, 1,000 about 18, 100,000 about 142.
    #[test]
    fn a_counter_grows_with_the_logarithm_of_accesses() {
        let ages = ages(Policy::Lfu(super::super::Among::All));
        let after = |hits: u64| {
            let mut age = ages.new_key(0);
            for hit in 0..hits {
                age = ages.used(age, 0, || Draw::new(1, hit));
            }
            age & 255
        };
        assert!((9..=12).contains(&after(100)), "{}", after(100));
        assert!((16..=21).contains(&after(1_000)), "{}", after(1_000));
        assert!((138..=148).contains(&after(100_000)), "{}", after(100_000));
    }

    #[test]
    fn a_counter_falls_by_one_a_minute_and_a_clock_wraps() {
        let lfu = ages(Policy::Lfu(super::super::Among::All));
        let minute = 60 * SECOND;
        assert_eq!(lfu.score(lfu.new_key(59 * SECOND), minute), 255 - 4);
        assert_eq!(lfu.score(lfu.new_key(0), 3 * minute), 255 - 2);
        assert_eq!(lfu.score(lfu.new_key(0), 30 * minute), 255);
        let lru = ages(Policy::Lru(super::super::Among::All));
        assert_eq!(lru.score(lru.new_key(0), 1_999_999_999), 1);
        let wrap = u64::from(CLOCK) * SECOND;
        assert_eq!(lru.score(lru.new_key(wrap - SECOND), wrap + 3 * SECOND), 3);
    }
}
