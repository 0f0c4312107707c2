//! A store of keys with values, in a bounded memory, simulated key by key.
//!
//! What comes out is not put in: whether a key is there, how much memory is used, what is evicted
//! and what is refused follow from the policy and from which keys were asked for, when. The rules
//! are those of a well-known server, release 7; `docs/mechanisms.md` names it, and each file here
//! names the source file whose behaviour it reproduces.
//!
//! Each command goes the same way. First room is made (`evict`): while used memory, with what
//! the command itself brings, is above the bound, the policy chooses a key that has to go. If none
//! is left, reads go on and writes are refused. Then the key is looked up (`entries`); one whose time
//! is over is removed and counts as a miss. Ten times a second the caller calls [`Store::tick`]
//! (`expiry`), which removes some of the keys whose time is over, and resizes tables.
//!
//! Nothing here knows the wall clock: `now` is nanoseconds since any beginning, and must not fall. Seconds
//! and minutes of the clocks of LRU and LFU begin at its 0.
//! Random numbers are a function of the store's key and of how many commands it has served.
//!
//! Approximations. A sample is drawn uniformly among all keys, where the original takes neighbours in
//! hash order; a random key too, where the original prefers keys in short chains. Evictions are not
//! cut off after half a millisecond. The clock of LRU has no delay of up to a tenth of a second.

mod age;
mod counts;
mod entries;
mod evict;
mod expiry;
pub mod memory;
mod order;
mod pool;
mod program;
mod table;
#[cfg(test)]
mod tests;

pub use counts::Counts;
pub use program::{Among, Keyspace, Memory, Policy, StoreProgram};

use age::Ages;
use entries::{Entries, NEVER};
use expiry::Search;
use order::Order;
use pool::Pool;
use table::Table;

pub use expiry::TICK;

use crate::random::Draw;

/// What came of asking for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    Hit,
    /// It is not stored.
    Absent,
    /// It was stored, but its time was over.
    Expired,
}

/// What came of storing a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// After so many keys were evicted for it.
    Stored { evicted: u32 },
    /// No room, and nothing (more) that may be evicted.
    Refused { evicted: u32 },
}

/// Keys with their sizes and ages.
#[derive(Clone, Debug)]
pub struct Store {
    program: StoreProgram,
    /// Of the random draws.
    key: u64,
    /// Commands and ticks so far: which draw is next.
    served: u64,
    ages: Ages,
    entries: Entries,
    /// Bytes of all entries.
    stored_bytes: u64,
    /// The tables of keys and of ends.
    keys: Table,
    ends: Table,
    pool: Pool,
    order: Option<Order>,
    /// Places of one sample; kept for its memory.
    sample: Vec<u32>,
    search: Search,
    /// First key of each keyspace but the first.
    firsts: Vec<u32>,
    /// Per keyspace what a lookup holds while room is made for it, bytes.
    lookups: Vec<u64>,
    counts: Vec<Counts>,
}

impl Store {
    /// An empty store, whose draws are a function of `key`. `None` if there are no keys, or 2^32 or more.
    #[must_use]
    pub fn new(program: StoreProgram, key: u64) -> Option<Store> {
        let size = u32::try_from(program.size()).ok().filter(|size| *size > 0)?;
        let firsts = (1..program.keyspaces.len()).map(|space| program.key(space, 0, 0).unwrap_or(size)).collect();
        let lookups = program.keyspaces.iter().map(|space| program.memory.command(space.name_bytes, None)).collect();
        let exact = matches!(program.policy, Policy::ExactLru | Policy::Fifo);
        Some(Store {
            key,
            served: 0,
            ages: Ages::new(&program),
            entries: Entries::new(size as usize),
            stored_bytes: 0,
            keys: Table::default(),
            ends: Table::default(),
            pool: Pool::default(),
            order: exact.then(Order::new),
            sample: Vec::new(),
            search: Search::default(),
            firsts,
            lookups,
            counts: vec![Counts::default(); program.keyspaces.len()],
            program,
        })
    }

    #[must_use]
    pub fn program(&self) -> &StoreProgram {
        &self.program
    }

    /// Memory in use, bytes, as the server itself would report it.
    #[inline]
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.program.memory.fixed().saturating_add(self.stored_bytes + self.table_bytes())
    }

    #[inline]
    fn table_bytes(&self) -> u64 {
        match self.program.memory {
            Memory::ValuesOnly => 0,
            Memory::Allocated { .. } => self.keys.bytes() + self.ends.bytes(),
        }
    }

    /// Counts of each keyspace, in the program's order.
    #[must_use]
    pub fn counts(&self) -> &[Counts] {
        &self.counts
    }

    /// Counts over all keyspaces.
    #[must_use]
    pub fn total(&self) -> Counts {
        self.counts.iter().fold(Counts::default(), Counts::plus)
    }

    /// Whether a key is stored, valid or not. Asking changes nothing.
    #[must_use]
    pub fn holds(&self, key: u32) -> bool {
        self.entries.place(key).is_some()
    }

    /// Looks a key up, which counts as a use.
    #[inline]
    pub fn get(&mut self, key: u32, now: u64) -> Lookup {
        self.begin(now);
        let space = self.keyspace(key);
        self.make_room(self.lookups[space], now);
        let found = self.look_up(key, now);
        let Ok(place) = found else {
            self.counts[space].misses += 1;
            return if found == Err(Gone::Expired) { Lookup::Expired } else { Lookup::Absent };
        };
        self.use_now(place, now);
        self.counts[space].hits += 1;
        Lookup::Hit
    }

    /// Stores a value of `bytes`, valid for `ttl` nanoseconds, or for ever. A key not of the program is refused.
    pub fn set(&mut self, key: u32, bytes: u32, ttl: Option<u64>, now: u64) -> Write {
        self.begin(now);
        let space = self.keyspace(key);
        let name = self.program.keyspaces[space].name_bytes;
        let room = self.make_room(self.program.memory.command(name, Some(bytes)), now);
        if !room.enough || !self.entries.knows(key) {
            self.counts[space].refused += 1;
            return Write::Refused { evicted: room.evicted };
        }
        let memory = self.program.memory;
        let cost = memory.key(name, bytes) + if ttl.is_some() { memory.end() } else { 0 };
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        let ends = ttl.map_or(NEVER, |ttl| now.saturating_add(ttl) / MILLISECOND);
        match self.look_up(key, now) {
            Ok(place) => self.replace(place, cost, ends, now),
            Err(_) => self.add(key, cost, ends, now),
        }
        self.counts[space].stored += 1;
        Write::Stored { evicted: room.evicted }
    }

    /// Removes a key; whether it was stored and valid.
    pub fn delete(&mut self, key: u32, now: u64) -> bool {
        self.begin(now);
        let found = self.look_up(key, now);
        if let Ok(place) = found {
            self.remove(place);
        }
        found.is_ok()
    }

    /// Removes all keys and gives the tables back.
    pub fn flush(&mut self) {
        self.served += 1;
        self.entries.clear();
        self.stored_bytes = 0;
        self.keys = Table::default();
        self.ends = Table::default();
        self.order = self.order.as_ref().map(|_| Order::new());
        self.counts.iter_mut().for_each(|counts| counts.keys = 0);
    }

    /// What comes before each command.
    #[inline]
    fn begin(&mut self, now: u64) {
        self.served += 1;
        if self.search.cut {
            self.search_on(now);
        }
    }

    fn draw(&self) -> Draw {
        Draw::new(self.key, self.served)
    }

    #[inline]
    fn keyspace(&self, key: u32) -> usize {
        if self.firsts.is_empty() { 0 } else { self.firsts.partition_point(|first| *first <= key) }
    }

    /// Where a valid key stands; one whose time is over is removed.
    #[inline]
    fn look_up(&mut self, key: u32, now: u64) -> Result<u32, Gone> {
        self.keys.step(1);
        let place = self.entries.place(key).ok_or(Gone::Absent)?;
        self.ends.step(1);
        if now / MILLISECOND <= self.entries.at(place).ends {
            return Ok(place);
        }
        self.expire(place);
        Err(Gone::Expired)
    }

    #[inline]
    fn use_now(&mut self, place: u32, now: u64) {
        let (key, served) = (self.key, self.served);
        let entry = self.entries.at_mut(place);
        entry.age = self.ages.used(entry.age, now, || Draw::new(key, served));
        if let (Policy::ExactLru, Some(order)) = (self.program.policy, &mut self.order) {
            order.renew(place);
        }
    }

    fn add(&mut self, key: u32, cost: u32, ends: u64, now: u64) {
        let used = self.used_bytes();
        let max = self.program.max_bytes.unwrap_or(u64::MAX);
        let place = self.entries.add(key, cost, self.ages.new_key(now));
        self.entries.set_end(place, ends);
        self.stored_bytes += u64::from(cost);
        // The value itself is in memory already when the tables are asked to grow.
        self.keys.add(|more| used.saturating_add(u64::from(cost) + more) <= max);
        if ends != NEVER {
            let used = self.used_bytes();
            self.ends.add(|more| used.saturating_add(more) <= max);
        }
        if let Some(order) = &mut self.order {
            order.add();
        }
        let space = self.keyspace(key);
        self.counts[space].keys += 1;
    }

    fn replace(&mut self, place: u32, cost: u32, ends: u64, now: u64) {
        // The lookup before a write counts as a use.
        self.use_now(place, now);
        let was_volatile = self.entries.is_volatile(place);
        let entry = self.entries.at_mut(place);
        self.stored_bytes = self.stored_bytes - u64::from(entry.cost) + u64::from(cost);
        entry.cost = cost;
        entry.age = self.ages.replaced(entry.age, now);
        self.entries.set_end(place, ends);
        if was_volatile {
            self.ends.remove();
        }
        if ends != NEVER {
            let (used, max) = (self.used_bytes(), self.program.max_bytes.unwrap_or(u64::MAX));
            self.ends.add(|more| used.saturating_add(more) <= max);
        }
    }

    /// Takes an entry out of everything; its keyspace.
    fn remove(&mut self, place: u32) -> usize {
        if self.entries.is_volatile(place) {
            self.ends.remove();
        }
        self.keys.remove();
        let removed = self.entries.remove(place);
        self.stored_bytes -= u64::from(removed.entry.cost);
        if let Some(order) = &mut self.order {
            order.remove(&removed);
        }
        let space = self.keyspace(removed.entry.key);
        self.counts[space].keys -= 1;
        space
    }

    fn expire(&mut self, place: u32) {
        let space = self.remove(place);
        self.counts[space].expirations += 1;
    }
}

const MILLISECOND: u64 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    Absent,
    Expired,
}
