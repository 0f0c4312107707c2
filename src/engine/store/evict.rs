//! Making room: which key goes, until used memory is within its bound.
//!
//! For LRU, LFU and the soonest end, `samples` keys are looked at for each eviction and offered to the
//! [`Pool`](super::pool::Pool), which then gives its best. Source: evict.c (`performEvictions`).

use super::Store;
use super::program::{Among, Policy};
use crate::random::Draw;

/// What making room came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    pub evicted: u32,
    /// Used memory is within the bound.
    pub enough: bool,
}

impl Store {
    /// Evicts until there is room for what a command brings.
    #[inline]
    pub(super) fn make_room(&mut self, command: u64, now: u64) -> Room {
        let excess = self.excess(command);
        if excess == 0 { Room { evicted: 0, enough: true } } else { self.evict(excess, now) }
    }

    /// Bytes above the bound.
    #[inline]
    fn excess(&self, command: u64) -> u64 {
        self.program.max_bytes.map_or(0, |max| self.used_bytes().saturating_add(command).saturating_sub(max))
    }

    #[inline(never)]
    fn evict(&mut self, excess: u64, now: u64) -> Room {
        let before = self.used_bytes();
        let mut evicted = 0;
        let mut draw = self.draw();
        while before.saturating_sub(self.used_bytes()) < excess {
            let Some(place) = self.choose(now, &mut draw) else { return Room { evicted, enough: false } };
            let space = self.remove(place);
            self.counts[space].evictions += 1;
            evicted += 1;
        }
        Room { evicted, enough: true }
    }

    /// The place of the key that has to go, if any may.
    fn choose(&mut self, now: u64, draw: &mut Draw) -> Option<u32> {
        match self.program.policy {
            Policy::Refuse => None,
            Policy::ExactLru | Policy::Fifo => self.order.as_ref()?.oldest(),
            Policy::Random(_) => {
                let candidates = self.candidates();
                (candidates > 0).then(|| self.candidate(draw.below(u64::from(candidates)) as u32))
            }
            Policy::Lru(_) | Policy::Lfu(_) | Policy::Soonest => self.best_of_pool(now, draw),
        }
    }

    /// How many keys may be evicted.
    fn candidates(&self) -> u32 {
        match self.program.policy.among() {
            Among::All => self.entries.len(),
            Among::Volatile => self.entries.volatile_len(),
        }
    }

    /// The place of the `nth` of them.
    fn candidate(&self, nth: u32) -> u32 {
        match self.program.policy.among() {
            Among::All => nth,
            Among::Volatile => self.entries.volatile(nth),
        }
    }

    fn best_of_pool(&mut self, now: u64, draw: &mut Draw) -> Option<u32> {
        while self.candidates() > 0 {
            self.fill_pool(now, draw);
            while let Some(key) = self.pool.take() {
                let place = self.entries.place(key);
                let may_go =
                    |place: &u32| self.program.policy.among() == Among::All || self.entries.is_volatile(*place);
                if let Some(place) = place.filter(may_go) {
                    return Some(place);
                }
            }
        }
        None
    }

    /// Offers a fresh sample of different keys to the pool.
    fn fill_pool(&mut self, now: u64, draw: &mut Draw) {
        let candidates = self.candidates();
        let wanted = self.program.samples.clamp(1, candidates);
        let mut sample = std::mem::take(&mut self.sample);
        sample.clear();
        if wanted == candidates {
            sample.extend(0..wanted);
        }
        while sample.len() < wanted as usize {
            let nth = draw.below(u64::from(candidates)) as u32;
            if !sample.contains(&nth) {
                sample.push(nth);
            }
        }
        for nth in &sample {
            let entry = *self.entries.at(self.candidate(*nth));
            let score = match self.program.policy {
                Policy::Soonest => u64::MAX - entry.ends,
                _ => self.ages.score(entry.age, now),
            };
            self.pool.offer(entry.key, score);
        }
        self.keys.step(wanted);
        self.sample = sample;
    }
}
