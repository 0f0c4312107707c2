//! Stores at work: which key a request means, and what becomes of it.
//!
//! The key of a request is a function of its luck and of the word that its flow has for it, whatever the
//! attempt: a value is written under the key that was missing. Only where keys follow a trace is it
//! remembered, by the request that read it. Before the test begins a store may be warmed,
//! on a clock of its own that the test's goes on from.

use super::calendar::NEVER;
use super::kernel::World;
use super::program::{KeyAt, KeyOp, Pc, SizeSpec, SpaceSpec, StartSpec, StoreSpec};
use super::requests::RequestId;
use super::store::{Counts, Lookup, Store, TICK, Write};
use crate::distribution::popularity::Popularity;
use crate::distribution::sizes::Sizes;
use crate::measure::KeysSecond;
use crate::random::{Draw, derive};

/// One store of a run.
#[derive(Debug)]
pub(super) struct Keys<'p> {
    spec: &'p StoreSpec,
    /// None where there is no key at all: then every lookup misses.
    store: Option<Store>,
    /// Where sizes follow a law.
    sizes: Vec<Option<Sizes>>,
    /// The first key of each keyspace.
    firsts: Vec<u32>,
    /// Accesses per keyspace so far: where in its trace it is.
    asked: Vec<u64>,
    /// Where keys follow a trace: per place in the slab the luck of the request that read there last,
    /// and its key.
    traced: Vec<(u64, (u32, u32))>,
    /// What had been counted when the last second ended.
    before: Vec<Counts>,
    pub row: u32,
    /// When the store next does something of itself.
    next_tick: u64,
}

impl<'p> Keys<'p> {
    /// A store with the luck of `key`, warmed as its keyspaces say.
    #[must_use]
    pub fn new(spec: &'p StoreSpec, key: u64, row: u32) -> Keys<'p> {
        let sizes = (0..).zip(&spec.spaces).map(|(i, space)| match &space.sizes {
            SizeSpec::Law(law, least) => Some(Sizes::new(law.clone(), *least, derive(derive(key, 1), i))),
            SizeSpec::OfKeys(_) => None,
        });
        let mut keys = Keys {
            spec,
            store: Store::new(spec.store.clone(), derive(key, 0)),
            sizes: sizes.collect(),
            firsts: (0..spec.spaces.len()).map(|space| spec.store.key(space, 0, 0).unwrap_or(0)).collect(),
            asked: vec![0; spec.spaces.len()],
            traced: Vec::new(),
            before: vec![Counts::default(); spec.spaces.len()],
            row,
            next_tick: TICK,
        };
        keys.warm(derive(key, 2));
        keys.before = keys.store.as_ref().map_or(Vec::new(), |store| store.counts().to_vec());
        keys
    }

    /// What happened before the test.
    fn warm(&mut self, luck: u64) {
        for (index, space) in self.spec.spaces.iter().enumerate() {
            if matches!(space.start, StartSpec::Full) {
                self.fill(index, space);
            }
        }
        let wanted: Vec<u64> = self.spec.spaces.iter().map(SpaceSpec::warm_accesses).collect();
        let most = wanted.iter().copied().max().unwrap_or(0);
        let (mut done, mut tick) = (vec![0u64; wanted.len()], TICK);
        for turn in 1..=most {
            let now = (u128::from(self.spec.warm_ns) * u128::from(turn) / u128::from(most)) as u64;
            while tick <= now {
                self.store.iter_mut().for_each(|store| store.tick(tick));
                tick += TICK;
            }
            // Keyspaces take turns in proportion to their accesses.
            for (index, &wanted) in wanted.iter().enumerate() {
                while done[index] * most < wanted * turn {
                    done[index] += 1;
                    let draw = Draw::new(derive(luck, index as u64), done[index]);
                    let key = self.key(index, draw);
                    if self.look_up_at(key.0, now) != Lookup::Hit {
                        self.write_at(index, key, now);
                    }
                }
            }
        }
    }

    /// Every key is written once, the most popular last.
    fn fill(&mut self, index: usize, space: &SpaceSpec) {
        for rank in (0..space.keys).rev() {
            for tenant in 0..space.tenants {
                let number = tenant * space.keys + rank;
                if let Some(key) = self.spec.store.key(index, tenant, rank) {
                    self.write_at(index, (key, number), 0);
                }
            }
        }
    }

    /// The key that comes next, and its number within its keyspace.
    fn key(&mut self, index: usize, mut draw: Draw) -> (u32, u32) {
        let space = &self.spec.spaces[index];
        let tenant = if space.tenants > 1 { draw.below(u64::from(space.tenants)) as u32 } else { 0 };
        let rank = space.popularity.rank(self.asked[index], &mut draw).min(space.keys - 1);
        self.asked[index] += 1;
        let number = tenant * space.keys + rank;
        (self.firsts[index].saturating_add(number), number)
    }

    /// The key of a request: of a read the next one, of anything else that which it has read.
    fn key_of(&mut self, index: usize, op: KeyOp, draw: Draw, (id, luck): (RequestId, u64)) -> (u32, u32) {
        if !matches!(self.spec.spaces[index].popularity, Popularity::Trace(_)) {
            return self.key(index, draw);
        }
        let place = id as usize;
        match self.traced.get(place) {
            Some(&(whose, key)) if op != KeyOp::Read && whose == luck => key,
            _ => {
                let key = self.key(index, draw);
                self.traced.resize(self.traced.len().max(place + 1), (0, (0, 0)));
                self.traced[place] = (luck, key);
                key
            }
        }
    }

    fn look_up_at(&mut self, key: u32, at: u64) -> Lookup {
        self.store.as_mut().map_or(Lookup::Absent, |store| store.get(key, at))
    }

    fn write_at(&mut self, index: usize, (key, number): (u32, u32), at: u64) -> bool {
        let space = &self.spec.spaces[index];
        let bytes = match (&self.sizes[index], &space.sizes) {
            (Some(sizes), _) => sizes.bytes(number),
            (None, SizeSpec::OfKeys(sizes)) => sizes[number as usize % sizes.len()],
            (None, SizeSpec::Law(_, least)) => *least,
        };
        let ttl = space.ttl;
        let Some(store) = &mut self.store else { return false };
        matches!(store.set(key, bytes, ttl, at), Write::Stored { .. })
    }

    /// All keys are gone.
    pub fn flush(&mut self) {
        self.store.iter_mut().for_each(Store::flush);
    }

    /// When the store next does something of itself.
    #[must_use]
    pub fn due(&self) -> u64 {
        if self.store.is_some() { self.next_tick } else { NEVER }
    }

    /// Does it.
    pub fn act(&mut self, now: u64) {
        let at = now + self.spec.warm_ns;
        self.store.iter_mut().for_each(|store| store.tick(at));
        self.next_tick = now + TICK;
    }

    /// What happened to each keyspace since the last reading, and memory in use, bytes.
    pub fn read(&mut self) -> (Vec<KeysSecond>, u64) {
        let Some(store) = &self.store else { return (vec![KeysSecond::default(); self.spec.spaces.len()], 0) };
        let seconds = self.before.iter().zip(store.counts()).map(|(before, now)| KeysSecond {
            hits: (now.hits - before.hits) as u32,
            misses: (now.misses - before.misses) as u32,
            refused: (now.refused - before.refused) as u32,
            evictions: (now.evictions - before.evictions) as u32,
            expirations: (now.expirations - before.expirations) as u32,
            keys: now.keys as u32,
        });
        let read = (seconds.collect(), store.used_bytes());
        self.before = store.counts().to_vec();
        read
    }
}

impl World<'_> {
    /// A request does something with its key: where it goes on.
    #[inline(never)]
    pub(super) fn key_op(&mut self, id: RequestId, pc: Pc, op: KeyOp, key: KeyAt, or: Pc) -> Pc {
        let luck = self.hub.requests[id].key;
        let draw = Draw::new(luck, u64::from(key.site));
        let keys = &mut self.stores[key.store as usize];
        let (index, at) = (key.space as usize, self.hub.now + keys.spec.warm_ns);
        let which = keys.key_of(index, op, draw, (id, luck));
        let well = match op {
            KeyOp::Read => keys.look_up_at(which.0, at) == Lookup::Hit,
            KeyOp::Write => keys.write_at(index, which, at),
            KeyOp::Delete => {
                if let Some(store) = &mut keys.store {
                    store.delete(which.0, at);
                }
                true
            }
        };
        if let Some(feed) = keys.spec.feed {
            self.followed(feed, op, which.0);
        }
        if well { pc + 1 } else { or }
    }
}
