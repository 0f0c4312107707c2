//! A stream of accesses with sizes and times to live, and the cache-aside client that follows it.

use plimsoll::distribution::Law;
use plimsoll::distribution::popularity::{Popularity, Zipf};
use plimsoll::distribution::sizes::Sizes;
use plimsoll::engine::store::{Lookup, Store, TICK, Write};
use plimsoll::random::Draw;

pub const KEYS: u32 = 20_000;
pub const NAME_BYTES: u32 = 12;

/// What is asked for, how large it is, and how long it is valid.
pub struct Stream {
    pub popularity: Popularity,
    pub sizes: Sizes,
    pub key: u64,
}

impl Stream {
    /// Zipf 0.9 over 20,000 keys; values of about a kilobyte.
    pub fn new(key: u64) -> Stream {
        let law = Law::Lognormal { mu: 1000f64.ln(), sigma: 0.5 };
        let zipf = Zipf::new(KEYS, 0.9).expect("valid");
        Stream { popularity: Popularity::Zipf(zipf), sizes: Sizes::new(law, 64, 5), key }
    }

    pub fn rank(&self, nth: u64) -> u32 {
        self.popularity.rank(nth, &mut Draw::new(self.key, nth))
    }

    /// Milliseconds, 2 to 30 s; one key in forty lives for ever.
    pub fn ttl_ms(&self, rank: u32) -> Option<u64> {
        let ttl = 2_000 + Draw::new(17, u64::from(rank)).below(28_000);
        (rank % 40 != 39).then_some(ttl)
    }
}

/// What answers: the real server or the simulated one.
pub trait Answers {
    /// Looks keys up, in this order; which of them are there.
    fn get(&mut self, ranks: &[u32]) -> Vec<bool>;
    /// Stores keys, in this order; how many were refused.
    fn set(&mut self, ranks: &[u32]) -> u64;
    /// How many keys are stored.
    fn keys(&mut self) -> u64;
}

/// What the client saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub hits: u64,
    pub refused: u64,
    /// Mean of what was stored over the second half, looked at every 50 batches. At one instant it varies by
    /// some percent, with the sizes of those that happen to be there.
    pub keys: f64,
}

/// Follows the stream in batches: all lookups of a batch, then its misses are stored.
pub fn follow(stream: &Stream, accesses: u64, batch: usize, mut paced: impl FnMut(u64), to: &mut dyn Answers) -> Seen {
    let mut seen = Seen::default();
    let all: Vec<u32> = (0..accesses).map(|nth| stream.rank(nth)).collect();
    let batches = all.len().div_ceil(batch);
    let mut looks = Vec::new();
    for (number, ranks) in all.chunks(batch).enumerate() {
        paced(number as u64);
        let there = to.get(ranks);
        let missing: Vec<u32> = ranks.iter().zip(&there).filter(|(_, there)| !**there).map(|(rank, _)| *rank).collect();
        seen.hits += (ranks.len() - missing.len()) as u64;
        if !missing.is_empty() {
            seen.refused += to.set(&missing);
        }
        if number > batches / 2 && number % 50 == 0 {
            looks.push(to.keys() as f64);
        }
    }
    seen.keys = looks.iter().sum::<f64>() / looks.len() as f64;
    seen
}

/// A simulated store that is asked at given instants, ns, one for each batch of lookups.
pub struct Simulated<'a> {
    pub store: Store,
    pub stream: &'a Stream,
    pub instants: std::slice::Iter<'a, u64>,
    pub now: u64,
    pub ticked: u64,
}

impl Answers for Simulated<'_> {
    fn get(&mut self, ranks: &[u32]) -> Vec<bool> {
        self.now = *self.instants.next().expect("an instant for each batch");
        while self.ticked + TICK <= self.now {
            self.ticked += TICK;
            self.store.tick(self.ticked);
        }
        ranks.iter().map(|rank| self.store.get(*rank, self.now) == Lookup::Hit).collect()
    }

    fn set(&mut self, ranks: &[u32]) -> u64 {
        let mut refused = 0;
        for rank in ranks {
            let ttl = self.stream.ttl_ms(*rank).map(|ms| ms * 1_000_000);
            let stored = self.store.set(*rank, self.stream.sizes.bytes(*rank), ttl, self.now);
            refused += u64::from(matches!(stored, Write::Refused { .. }));
        }
        refused
    }

    fn keys(&mut self) -> u64 {
        self.store.total().keys
    }
}
