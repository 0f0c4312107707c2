//! Caches: a thread that serves commands in their order, and a store of keys.
//!
//! A command is work on the thread; what it finds is decided at the instant at which it has been served.
//! A read then goes on as a hit or as a miss. A request holds a connection during a command only.

use super::flow::Writer;
use super::load::cumulative;
use super::station::Stations;
use super::{Builder, CompileError, ProcessorKind, hash, law::law};
use crate::distribution::popularity::{Popularity, Zipf};
use crate::distribution::{self};
use crate::engine::program::{By, Discipline, FeedOp, KeyAt, KeyOp, Op, ProcessorSpec};
use crate::engine::program::{SizeSpec, SpaceSpec, StartSpec, StoreSpec, Target};
use crate::engine::store::{self, Among, Policy, StoreProgram};
use crate::model::{
    Cache, Cause, EvictionPolicy, KeyPopularity, KeyRef, Keyspace, Pool, ReadFrom, Refusal, Remote, Start, Step,
    ValueSize,
};

/// Where a cache stands in the program.
pub(super) struct CachePlace {
    /// The thread of the master, and those that serve reads.
    master: Target,
    readers: Vec<Target>,
    pub ceiling: u32,
    part: u16,
    readers_part: u16,
    store: u16,
    /// What its replicas follow, if they serve reads.
    feed: Option<u16>,
}

impl CachePlace {
    /// Its store.
    pub fn store(&self) -> u32 {
        u32::from(self.store)
    }

    /// The processor of the master's commands.
    pub fn of_master(&self) -> u32 {
        self.master.base
    }

    /// The processors of its commands, those of replicas included.
    pub fn threads(&self) -> Vec<u32> {
        let all = std::iter::once(&self.master).chain(&self.readers).map(|at| at.base);
        all.collect::<std::collections::BTreeSet<u32>>().into_iter().collect()
    }
}

impl Builder<'_> {
    pub(super) fn cache(&mut self, cache: &Cache, delay: Target) -> CachePlace {
        let master = self.thread(cache, &cache.name, 1);
        let replicas = format!("{} replicas", cache.name);
        let readers = match cache.read_from {
            ReadFrom::Master => vec![master],
            ReadFrom::Replicas => {
                let first = self.thread(cache, &replicas, cache.replicas);
                (0..cache.replicas).map(|i| Target { base: first.base + i, by: By::One }).collect()
            }
        };
        let ceiling = self.program.ceilings.len() as u32;
        self.program.ceilings.push(cache.max_connections);
        let name = &cache.name;
        let part = self.parts(&format!("waiting for {name}"), &format!("commands of {name}"));
        let readers_part = match cache.read_from {
            ReadFrom::Master => part,
            ReadFrom::Replicas => self.parts(&format!("waiting for {replicas}"), &format!("commands of {replicas}")),
        };
        let store = self.program.stores.len() as u16;
        let mut spec = self.store(cache);
        let replicas = if cache.read_from == ReadFrom::Replicas { readers.as_slice() } else { &[] };
        let feed = self.repeats(cache, replicas, (delay, readers_part));
        spec.feed = feed;
        self.program.stores.push(spec);
        self.labels.caches.push(name.clone());
        self.labels.keyspaces.extend(cache.keyspaces.iter().map(|space| (name.clone(), space.name.clone())));
        CachePlace { master, readers, ceiling, part, readers_part, store, feed }
    }

    /// What replicas follow: each repeats every write on its own thread, as it comes.
    fn repeats(&mut self, cache: &Cache, replicas: &[Target], (delay, part): (Target, u16)) -> Option<u16> {
        if replicas.is_empty() {
            return None;
        }
        let feed = self.program.feeds.len() as u16;
        let work = law(&cache.command, self.inputs, 1.0);
        let mut starts = Vec::new();
        for (number, &at) in replicas.iter().enumerate() {
            starts.push(self.here());
            if !work.is_zero() {
                let law = self.law(work.clone());
                let site = hash(&["repeat", &number.to_string()]) as u32;
                self.emit(Op::Work { at, law, site, part });
            }
            self.emit(Op::Feed { feed, op: FeedOp::Repeated, site: 0 });
        }
        Some(self.feed(&cache.name, &cache.lag, replicas.len() as u32, starts, (delay, part)))
    }

    fn thread(&mut self, cache: &Cache, name: &str, copies: u32) -> Target {
        let gauge = self.gauge(ProcessorKind::Cache, name, cache.cores * f64::from(copies), f64::from(copies));
        let base = self.program.processors.len() as u32;
        let spec = ProcessorSpec { discipline: Discipline::Line, gauge };
        self.program.processors.extend((0..copies).map(|_| spec.clone()));
        Target { base, by: By::One }
    }

    fn store(&self, cache: &Cache) -> StoreSpec {
        let warm = cache.keyspaces.iter().map(|space| match space.start {
            Start::Warm { seconds, .. } => seconds,
            Start::Cold | Start::Full => 0.0,
        });
        let keyspaces = cache.keyspaces.iter().map(|space| store::Keyspace {
            keys: space.keys,
            tenants: space.tenants,
            name_bytes: space.name_bytes,
        });
        let memory = store::Memory::Allocated {
            quantum: cache.quantum,
            fixed: cache.empty_bytes.unwrap_or_else(|| self.empty_bytes(cache)),
        };
        let program = StoreProgram {
            policy: policy(cache.policy),
            max_bytes: cache.max_bytes,
            memory,
            samples: cache.samples,
            lfu_log_factor: cache.lfu_log_factor,
            lfu_decay_minutes: cache.lfu_decay_minutes,
            keyspaces: keyspaces.collect(),
        };
        StoreSpec {
            store: program,
            feed: None,
            spaces: cache.keyspaces.iter().map(|space| self.space(space)).collect(),
            warm_ns: super::ns(warm.fold(0.0, f64::max)),
            identity: hash(&["store", &cache.name]),
        }
    }

    /// Memory in use without a key: what the server needs, its connections, and its commands' statistics.
    fn empty_bytes(&self, cache: &Cache) -> u64 {
        let index = self.model.caches.iter().position(|other| other.name == cache.name);
        let to_it = |pool: &Pool| matches!(pool.remote, Remote::Cache(to) if Some(to as usize) == index);
        let of = |(number, pool): (u32, &Pool)| -> u64 {
            u64::from(pool.max) * self.model.copies_of_pool(number).into_iter().map(u64::from).sum::<u64>()
        };
        let clients = match (0u32..).zip(&self.model.pools).filter(|(_, pool)| to_it(pool)).map(of).sum() {
            // Each process has one connection that all its requests share.
            0 => self.model.tiers.iter().map(|tier| u64::from(tier.count) * u64::from(tier.processes)).sum(),
            clients => clients,
        };
        store::memory::START_UP + clients * store::memory::CONNECTION + 2 * store::memory::COMMAND
    }

    fn space(&self, space: &Keyspace) -> SpaceSpec {
        let at = |quantity: crate::model::Quantity| quantity.at(self.inputs).max(0.0);
        let uniform = Popularity::Uniform { keys: space.keys };
        let popularity = match &space.popularity {
            KeyPopularity::Zipf { exponent } => match at(*exponent) {
                0.0 => uniform,
                exponent => Zipf::new(space.keys, exponent).map_or(uniform, Popularity::Zipf),
            },
            KeyPopularity::HotSet { hot, accesses } => Popularity::hot_set(space.keys, at(*hot), at(*accesses)),
            KeyPopularity::Trace(ranks) => Popularity::Trace(ranks.clone().into()),
        };
        let sizes = match &space.size {
            ValueSize::Lognormal { median, sigma, min } => {
                let law = match *sigma {
                    0.0 => distribution::Law::Constant(*median as u64),
                    sigma => distribution::Law::Lognormal { mu: median.max(1.0).ln(), sigma },
                };
                SizeSpec::Law(law, *min as u32)
            }
            ValueSize::OfKeys(sizes) => SizeSpec::OfKeys(sizes.clone().into()),
        };
        SpaceSpec {
            keys: space.keys,
            tenants: space.tenants,
            popularity,
            sizes,
            ttl: space.ttl.map(super::ns),
            start: match space.start {
                Start::Cold => StartSpec::Nothing,
                Start::Full => StartSpec::Full,
                Start::Warm { accesses, .. } => StartSpec::Warm(u64::from(accesses)),
            },
        }
    }
}

fn policy(policy: EvictionPolicy) -> Policy {
    match policy {
        EvictionPolicy::NoEviction => Policy::Refuse,
        EvictionPolicy::AllKeysLru => Policy::Lru(Among::All),
        EvictionPolicy::AllKeysLfu => Policy::Lfu(Among::All),
        EvictionPolicy::AllKeysRandom => Policy::Random(Among::All),
        EvictionPolicy::VolatileLru => Policy::Lru(Among::Volatile),
        EvictionPolicy::VolatileLfu => Policy::Lfu(Among::Volatile),
        EvictionPolicy::VolatileRandom => Policy::Random(Among::Volatile),
        EvictionPolicy::VolatileTtl => Policy::Soonest,
    }
}

impl Writer<'_, '_> {
    pub(super) fn cache_read(
        &mut self,
        key: &KeyRef,
        hit: &[Step],
        miss: &[Step],
        fill: Option<Refusal>,
    ) -> Result<(), CompileError> {
        let stations = self.stations;
        let missed = self.command(key, KeyOp::Read, stations);
        self.connection_back(key);
        self.steps(hit)?;
        let over = self.b.emit(Op::Jump { to: 0 });
        self.land_at(&[missed]);
        self.connection_back(key);
        self.steps(miss)?;
        if let Some(refusal) = fill {
            self.cache_write(key, refusal);
        }
        self.land_at(&[over]);
        Ok(())
    }

    pub(super) fn cache_write(&mut self, key: &KeyRef, refusal: Refusal) {
        let refused = self.command(key, KeyOp::Write, self.stations);
        if refusal == Refusal::Ignore {
            self.land_at(&[refused]);
            self.connection_back(key);
            return;
        }
        self.connection_back(key);
        let over = self.b.emit(Op::Jump { to: 0 });
        self.land_at(&[refused]);
        self.connection_back(key);
        // Always.
        let fails = Op::Chance { rate: 1.0, cause: Cause::CacheRefused as u8, failed: 0, site: 0 };
        let fails = self.b.emit(fails);
        self.failing.push(fails);
        self.land_at(&[over]);
    }

    pub(super) fn cache_delete(&mut self, key: &KeyRef) {
        let deleted = self.command(key, KeyOp::Delete, self.stations);
        self.land_at(&[deleted]);
        self.connection_back(key);
    }

    /// Sends a command; returns the instruction whose place for what goes otherwise is still open.
    fn command(&mut self, key: &KeyRef, op: KeyOp, stations: &Stations) -> usize {
        let cache = &self.b.model.caches[key.cache as usize];
        let place = &stations.caches[key.cache as usize];
        if let Some(pool) = key.pool {
            self.acquire(pool);
        }
        let words = format!("network to {}", cache.name);
        self.pass("network of cache", &words, &cache.network);
        let verb = match op {
            KeyOp::Read => "cache read",
            KeyOp::Write => "cache write",
            KeyOp::Delete => "cache delete",
        };
        let work = law(&cache.command, self.b.inputs, 1.0);
        let site = self.law_site(&cache.command, verb, &cache.name);
        let works = !work.is_zero();
        if works || place.feed.is_some() {
            let law = self.b.law(work);
            let (readers, part) = match op {
                KeyOp::Read => (place.readers.as_slice(), place.readers_part),
                KeyOp::Write | KeyOp::Delete => (&[place.master][..], place.part),
            };
            let feed = place.feed.filter(|_| op == KeyOp::Read);
            let ops = |copy: u32, at: Target| {
                let work = works.then_some(Op::Work { at, law, site, part });
                let reader = feed.map(|feed| Op::Feed { feed, op: FeedOp::Reader { copy }, site: 0 });
                work.into_iter().chain(reader)
            };
            match readers {
                [only] => self.b.program.ops.extend(ops(0, *only)),
                several => {
                    let site = self.site("replica", "");
                    let shares = cumulative(&vec![1.0; several.len()]);
                    self.one_of(&shares, site, |writer, copy| {
                        writer.b.program.ops.extend(ops(copy as u32, several[copy]));
                    });
                }
            }
        }
        let space = &cache.keyspaces[key.keyspace as usize];
        // All steps of a request that use this word for a key of this keyspace mean the same one.
        let site = hash(&["key", &cache.name, &space.name, &key.word]) as u32;
        let key = KeyAt { store: place.store, space: key.keyspace as u16, site };
        let at = self.b.emit(Op::Key { op, key, or: 0 });
        if let (Some(feed), KeyOp::Write | KeyOp::Delete) = (place.feed, op) {
            let site = self.site("lag", &cache.name);
            self.b.emit(Op::Feed { feed, op: FeedOp::Key, site });
        }
        at
    }

    /// The answer has come: on an event loop when its turn has, and then the connection is free.
    fn connection_back(&mut self, key: &KeyRef) {
        self.turn();
        if let Some(pool) = key.pool {
            let at = self.permits(pool);
            self.b.emit(Op::Release { at });
        }
    }
}
