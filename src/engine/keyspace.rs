//! Stores as a program has them: which keys there may be, how they are asked for, how large they are.

use super::store::StoreProgram;
use crate::distribution::Law;
use crate::distribution::popularity::Popularity;

/// What is done with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOp {
    Read,
    Write,
    Delete,
}

/// Which key: of which store and keyspace, and the site of its draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyAt {
    pub store: u16,
    pub space: u16,
    pub site: u32,
}

/// Keys in a bounded memory.
#[derive(Clone, Debug)]
pub struct StoreSpec {
    pub store: StoreProgram,
    /// As many as the store has keyspaces.
    pub spaces: Vec<SpaceSpec>,
    /// Copies follow it.
    pub feed: Option<u16>,
    /// How long the store has been at work when the test begins, ns.
    pub warm_ns: u64,
    /// Tells its luck from that of other stores.
    pub identity: u64,
}

/// A family of keys: who is asked for, and how large values are.
#[derive(Clone, Debug)]
pub struct SpaceSpec {
    /// Keys of one tenant, at least 1.
    pub keys: u32,
    /// At least 1.
    pub tenants: u32,
    pub popularity: Popularity,
    pub sizes: SizeSpec,
    /// How long a key is valid, ns.
    pub ttl: Option<u64>,
    pub start: StartSpec,
}

/// Bytes of values.
#[derive(Clone, Debug)]
pub enum SizeSpec {
    /// A law of bytes, and the least.
    Law(Law, u32),
    /// By the number of the key within its keyspace.
    OfKeys(Box<[u32]>),
}

/// What is there when the test begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartSpec {
    Nothing,
    Full,
    /// After so many accesses.
    Warm(u64),
}

impl SpaceSpec {
    /// Accesses before the test begins.
    #[must_use]
    pub fn warm_accesses(&self) -> u64 {
        match self.start {
            StartSpec::Warm(accesses) => accesses,
            StartSpec::Nothing | StartSpec::Full => 0,
        }
    }
}
