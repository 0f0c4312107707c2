//! What a store is: its policy, its bound, how memory is counted, and which keys there may be.

/// Which keys a policy may evict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// Any key.
    All,
    /// Only keys that have a time to live; where none is left, writes are refused.
    Volatile,
}

/// What gives way when memory is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Nothing: writes are refused.
    Refuse,
    /// The one longest unused of a sample, by a clock of whole seconds.
    Lru(Among),
    /// The one with the lowest logarithmic counter of accesses of a sample.
    Lfu(Among),
    /// Any.
    Random(Among),
    /// Of a sample of keys with a time to live, the one that ends first.
    Soonest,
    /// The one longest unused of all, exactly.
    ExactLru,
    /// The one longest stored of all, exactly.
    Fifo,
}

impl Policy {
    /// Whether all keys, or only those with a time to live, are candidates.
    pub(super) fn among(self) -> Among {
        match self {
            Policy::Lru(among) | Policy::Lfu(among) | Policy::Random(among) => among,
            Policy::Soonest => Among::Volatile,
            Policy::Refuse | Policy::ExactLru | Policy::Fifo => Among::All,
        }
    }
}

/// How the memory of a key is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// The bytes of the value and nothing else.
    ValuesOnly,
    /// As a real server counts what its allocator hands out.
    Allocated {
        /// Spacing of the allocator's smallest size classes, bytes: 8 or 16.
        quantum: u32,
        /// What is in use without a key, bytes: start-up, connections, statistics of commands.
        fixed: u64,
    },
}

/// A family of keys that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyspace {
    /// Keys of one tenant, at least 1.
    pub keys: u32,
    /// Tenants, each with keys of its own, at least 1.
    pub tenants: u32,
    /// Bytes of a key's name.
    pub name_bytes: u32,
}

/// Everything about a store that does not change during a run.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreProgram {
    pub policy: Policy,
    /// Bound on used memory, bytes; `None`: unbounded.
    pub max_bytes: Option<u64>,
    pub memory: Memory,
    /// Keys looked at for one eviction, at least 1.
    pub samples: u32,
    /// The larger, the more accesses it takes to raise a counter of accesses.
    pub lfu_log_factor: u32,
    /// Minutes after which an unused counter falls by one; 0: never.
    pub lfu_decay_minutes: u32,
    /// Their keys lie one behind the other, from 0.
    pub keyspaces: Vec<Keyspace>,
}

impl StoreProgram {
    /// A store with the usual settings: 5 samples, log factor 10, decay by the minute, and an
    /// allocator with classes 8 bytes apart.
    #[must_use]
    pub fn usual(policy: Policy, max_bytes: Option<u64>, keyspaces: Vec<Keyspace>) -> StoreProgram {
        let memory = Memory::Allocated { quantum: 8, fixed: super::memory::START_UP };
        StoreProgram { policy, max_bytes, memory, samples: 5, lfu_log_factor: 10, lfu_decay_minutes: 1, keyspaces }
    }

    /// The index of a key: `rank` from 0 within the keys of `tenant`. `None` if there is no such key.
    #[must_use]
    pub fn key(&self, keyspace: usize, tenant: u32, rank: u32) -> Option<u32> {
        let space = self.keyspaces.get(keyspace)?;
        let within = u64::from(tenant) * u64::from(space.keys) + u64::from(rank);
        let first = total(&self.keyspaces[..keyspace]);
        if tenant >= space.tenants || rank >= space.keys {
            return None;
        }
        u32::try_from(first.saturating_add(within)).ok()
    }

    /// The keys of all keyspaces.
    #[must_use]
    pub fn size(&self) -> u64 {
        total(&self.keyspaces)
    }
}

fn total(keyspaces: &[Keyspace]) -> u64 {
    keyspaces.iter().map(Keyspace::size).fold(0, u64::saturating_add)
}

impl Keyspace {
    fn size(&self) -> u64 {
        u64::from(self.keys) * u64::from(self.tenants)
    }
}
