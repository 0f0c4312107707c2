//! Caches, their keys, and the steps that use them.

use std::collections::HashMap;

use super::names::{Resolver, all, index};
use crate::catalogue::elasticache::{CacheNode, USUALLY_RESERVED};
use crate::catalogue::{Sheet, instead};
use crate::model::{
    Cache, EvictionPolicy, KeyPopularity, KeyRef, Keyspace, Quantity, ReadFrom, Refusal, Start, Step, ValueSize,
};
use crate::problem::{quoted, suggest};
use crate::spec::cache::{
    CacheSpec, CacheStep, InvalidateStep, KeyspaceSpec, PopularitySpec, PopularityTable, StartSpec, ValueSizeSpec,
    ValueSizeTable, WriteStep,
};
use crate::spec::node::Span;
use crate::spec::number::{Count, Size};
use crate::spec::reader::{At, NamedEntry};
use crate::units::Kind;

/// What a simulation still holds in memory: 48 bytes each.
const MOST_KEYS: u64 = 100_000_000;
/// A minute of the simulation's own time, or so, in each replication.
const MOST_ACCESSES: u32 = 200_000_000;
/// Largest value a cache takes (`proto-max-bulk-len`), bytes.
const LARGEST_VALUE: f64 = 512.0 * 1024.0 * 1024.0;
/// Further up a law of popularity has one key only.
const STEEPEST: f64 = 20.0;
/// Clients that a server of one's own accepts unless told otherwise (redis.conf, `maxclients`).
const USUAL_CLIENTS: u32 = 10_000;

impl Resolver<'_> {
    pub fn caches(&mut self) -> Option<Vec<Cache>> {
        self.check_keyspace_names();
        all(&self.file.cache.entries, |entry| self.cache(entry))
    }

    /// Steps and results name a keyspace without its cache.
    fn check_keyspace_names(&mut self) {
        let file = self.file;
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for cache in &file.cache.entries {
            let Some(spec) = &cache.value else { continue };
            for entry in &spec.keyspace.entries {
                let name = &entry.name;
                if seen.insert(&name.value, name.span).is_some() || file.cache.position(&name.value).is_some() {
                    let what = format!("another keyspace or cache is also called {}", quoted(&name.value));
                    self.problem_with_hint(name.span, what, "steps name a keyspace alone: choose two names");
                }
            }
        }
    }

    fn cache(&mut self, entry: &NamedEntry<CacheSpec>) -> Option<Cache> {
        self.check_name(entry, "a cache");
        let spec = entry.value.as_ref()?;
        let taken = |name: &str| self.file.tier.position(name).or(self.file.database.position(name)).is_some();
        if taken(&entry.name.value) {
            let what = format!("a tier or database is also called {}", quoted(&entry.name.value));
            self.problem_with_hint(entry.name.span, what, "results name CPU by tier, database or cache");
        }
        let node = match &spec.node {
            Some(name) => Some(self.cache_node(name)?),
            None => None,
        };
        let max_bytes = self.usable_bytes(spec, node.as_ref());
        let keyspaces = all(&spec.keyspace.entries, |entry| self.keyspace(entry));
        if spec.keyspace.entries.is_empty() {
            let hint = format!("add [cache.{}.keyspace.items] with keys and size", entry.name.value);
            self.problem_with_hint(entry.name.span, "this cache has no keyspace, so nothing can be kept in it", hint);
        }
        let keys =
            keyspaces.iter().flatten().map(|space| u64::from(space.keys) * u64::from(space.tenants)).sum::<u64>();
        if keys > MOST_KEYS {
            self.problem(entry.name.span, format!("{keys} keys are more than {MOST_KEYS}"));
        }
        let replicas = spec.replicas.as_ref().map_or(0, |count| count.value.0);
        let read_from = spec.read_from.unwrap_or(ReadFrom::Master);
        if read_from == ReadFrom::Replicas && replicas == 0 {
            self.problem_with_hint(spec.span, "there are no replicas to read from", "add replicas = 1");
        }
        if let (Some(lag), ReadFrom::Master) = (&spec.lag, read_from) {
            let hint = "add replicas = 1 and read_from = \"replicas\", or leave lag out";
            self.problem_with_hint(
                lag.span(),
                "nobody reads from a replica, so it does not matter how late it is",
                hint,
            );
        }
        let lag = self.law_or_zero(spec.lag.as_ref());
        let command = self.law_or_zero(spec.command.as_ref());
        let network = self.law_or_zero(spec.network.as_ref());
        let usual = if node.is_some() { EvictionPolicy::VolatileLru } else { EvictionPolicy::NoEviction };
        let clients = node.as_ref().map_or(USUAL_CLIENTS, |node| node.max_clients);
        let whole = |count: &Option<At<Count>>, usual: u32| count.as_ref().map_or(usual, |count| count.value.0);
        Some(Cache {
            name: entry.name.value.clone(),
            price: spec.price.as_ref().map(|price| price.value.0).or(node.as_ref().and_then(|node| node.price)),
            max_bytes: max_bytes?,
            policy: spec.policy.unwrap_or(usual),
            samples: self.count_or(5, spec.samples.as_ref(), 64, "an eviction looks at a key at least")?,
            lfu_log_factor: whole(&spec.lfu_log_factor, 10),
            lfu_decay_minutes: whole(&spec.lfu_decay_time, 1),
            empty_bytes: spec.empty.as_ref().map(|size| size.value.0 as u64),
            quantum: self.quantum(spec.quantum.as_ref())?,
            command: command?,
            network: network?,
            cores: match &spec.cores {
                Some(cores) if cores.value.0 < 1.0 => {
                    self.problem(cores.span, "its thread needs a core of its own");
                    return None;
                }
                Some(cores) => cores.value.0,
                None => node.as_ref().map_or(1.0, |node| f64::from(node.vcpus)),
            },
            node: node.map(|node| node.name),
            max_connections: self.count_or(clients, spec.max_connections.as_ref(), 1_000_000, "it needs a client")?,
            replicas,
            read_from,
            lag: lag?,
            keyspaces: keyspaces?,
        })
    }

    fn quantum(&mut self, written: Option<&At<Count>>) -> Option<u32> {
        match written {
            None => Some(8),
            Some(At { value: Count(quantum @ (8 | 16)), .. }) => Some(*quantum),
            Some(other) => {
                self.problem_with_hint(
                    other.span,
                    format!("no allocator has a quantum of {}", other.value.0),
                    "8 or 16",
                );
                None
            }
        }
    }

    /// A count of at least 1, or what is usual.
    fn count_or(&mut self, usual: u32, count: Option<&At<Count>>, most: u32, why: &str) -> Option<u32> {
        if count.is_some() { self.count(count, 1, most, why) } else { Some(usual) }
    }

    fn cache_node(&mut self, name: &At<String>) -> Option<CacheNode> {
        let found = self.catalogue.node(&name.value).cloned();
        if found.is_none() && !self.may_be_in_a_broken_file(Sheet::Elasticache) {
            let hint = instead(&name.value, self.catalogue.elasticache.iter().map(|node| node.name.as_str()));
            self.problem_with_hint(name.span, format!("there is no node type {}", quoted(&name.value)), hint);
        }
        found
    }

    /// `Some(None)`: unbounded.
    fn usable_bytes(&mut self, spec: &CacheSpec, node: Option<&CacheNode>) -> Option<Option<u64>> {
        let reserved = match &spec.reserved_memory {
            None => USUALLY_RESERVED,
            Some(share) => match self.quantity(Kind::Share, &share.value.0, share.span)? {
                Quantity::Known(share) => share,
                Quantity::Uncertain(_) => {
                    self.problem(share.span, "this must be exact");
                    return None;
                }
            },
        };
        if let (Some(share), None) = (&spec.reserved_memory, &spec.node) {
            self.problem_with_hint(share.span, "only a node reserves memory", "set maxmemory to what is left");
        }
        let of_node = node.map(|node| (node.maxmemory_bytes as f64 * (1.0 - reserved)) as u64);
        let Some(written) = &spec.maxmemory else { return Some(of_node) };
        let bytes = written.value.0 as u64;
        if let Some(node) = node.filter(|node| bytes > node.maxmemory_bytes) {
            let what = format!("{} has {} bytes", node.name, node.maxmemory_bytes);
            self.problem_with_hint(written.span, "this is more than the node has", what);
        }
        // As in redis.conf, 0 is no bound.
        Some((bytes > 0).then_some(bytes))
    }

    fn keyspace(&mut self, entry: &NamedEntry<KeyspaceSpec>) -> Option<Keyspace> {
        self.check_name(entry, "a keyspace");
        let spec = entry.value.as_ref()?;
        let most = u32::try_from(MOST_KEYS).unwrap_or(u32::MAX);
        let mut keys = self.count(Some(&spec.keys), 1, most, "a keyspace needs a key");
        let tenants = self.count(spec.tenants.as_ref(), 1, most, "somebody owns the keys");
        let popularity = self.popularity(spec);
        if let (Some(KeyPopularity::Trace(ranks)), Some(keys)) = (&popularity, &mut keys) {
            let named = ranks.iter().max().map_or(0, |most| most + 1);
            if named > *keys {
                let what = format!("the trace has {named} keys, more than {keys}");
                self.problem_with_hint(spec.keys.span, what, format!("set keys = {named}"));
            }
        }
        let size = self.value_size(&spec.size);
        let ttl = self.above_zero_seconds(spec.ttl.as_ref(), "ttl");
        let start = match &spec.start {
            None | Some(StartSpec::Cold) => Start::Cold,
            Some(StartSpec::Full) => Start::Full,
            Some(StartSpec::Warm(warm)) => {
                let accesses = self.count(Some(&warm.accesses), 0, MOST_ACCESSES, "")?;
                Start::Warm { accesses, seconds: warm.over.as_ref().map_or(60.0, |over| over.value.0) }
            }
        };
        Some(Keyspace {
            name: entry.name.value.clone(),
            keys: keys?,
            tenants: tenants?,
            name_bytes: spec.name_bytes.as_ref().map_or(16, |bytes| bytes.value.0),
            popularity: popularity?,
            size: size?,
            ttl: ttl?,
            start,
        })
    }

    fn popularity(&mut self, spec: &KeyspaceSpec) -> Option<KeyPopularity> {
        let uniform = KeyPopularity::Zipf { exponent: Quantity::Known(0.0) };
        let table = match &spec.popularity {
            None | Some(PopularitySpec::Uniform) => return Some(uniform),
            Some(PopularitySpec::Table(table)) => table,
        };
        match (&table.zipf, &table.hot, &table.accesses, &table.trace) {
            (Some(zipf), None, None, None) => {
                let exponent = self.number(zipf)?;
                if self.bounds(exponent).1 > STEEPEST {
                    self.problem(zipf.span, format!("an exponent above {STEEPEST} leaves one key only"));
                }
                Some(KeyPopularity::Zipf { exponent })
            }
            (None, Some(hot), Some(accesses), None) => {
                let hot = self.quantity(Kind::Share, &hot.value.0, hot.span);
                let accesses = self.quantity(Kind::Share, &accesses.value.0, accesses.span);
                Some(KeyPopularity::HotSet { hot: hot?, accesses: accesses? })
            }
            (None, None, None, Some(file)) => self.trace(table, file).map(KeyPopularity::Trace),
            _ => {
                let hint = "{ zipf = 0.9 }, { hot = \"20%\", accesses = \"80%\" } or { trace = \"keys.csv\", column = \"key\" }";
                self.problem_with_hint(table.span, "this is no single law of popularity", hint);
                None
            }
        }
    }

    /// The keys of a trace, numbered by their first appearance.
    fn trace(&mut self, table: &PopularityTable, file: &At<String>) -> Option<Vec<u32>> {
        let Some(column) = &table.column else {
            self.problem_with_hint(table.span, "a trace needs the key \"column\"", "add column = \"key\"");
            return None;
        };
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut ranks = Vec::new();
        let read = super::samples::each_cell(self.dir, &file.value, column, &mut |cell| {
            let next = index(numbers.len());
            ranks.push(*numbers.entry(cell.to_owned()).or_insert(next));
        });
        if let Err((span, what, hint)) = read {
            self.refuse_file(file, span, what, hint);
            return None;
        }
        if ranks.is_empty() {
            self.problem(file.span, format!("{} has no rows", file.value));
            return None;
        }
        Some(ranks)
    }

    fn value_size(&mut self, spec: &ValueSizeSpec) -> Option<ValueSize> {
        let table = match spec {
            ValueSizeSpec::Constant(size) => return self.bytes(size).map(constant_size),
            ValueSizeSpec::Table(table) => table,
        };
        let min = table.min.as_ref().map_or(1.0, |min| min.value.0);
        let ValueSizeTable { constant, mean, cv, median, sigma, of_keys, column, .. } = &**table;
        match (constant, mean, cv, median, sigma, of_keys, column) {
            (Some(size), None, None, None, None, None, None) => self.bytes(size).map(constant_size),
            (None, Some(mean), Some(cv), None, None, None, None) => {
                // A lognormal law of this mean and coefficient of variation.
                let variance = (1.0 + cv.value.0.powi(2)).ln();
                let median = self.bytes(mean)? * (-0.5 * variance).exp();
                Some(ValueSize::Lognormal { median, sigma: variance.sqrt(), min })
            }
            (None, None, None, Some(median), Some(sigma), None, None) => {
                Some(ValueSize::Lognormal { median: self.bytes(median)?, sigma: sigma.value.0, min })
            }
            (None, None, None, None, None, Some(file), Some(column)) => self.sizes_of_keys(file, column),
            _ => {
                let hint = "{ mean = \"5kB\", cv = 0.5 }, { median = \"4.5kB\", sigma = 0.5 }, { constant = \"1kB\" } or \
                            { of_keys = \"sizes.csv\", column = \"bytes\" }";
                self.problem_with_hint(table.span, "this is no single law of sizes", hint);
                None
            }
        }
    }

    fn sizes_of_keys(&mut self, file: &At<String>, column: &At<String>) -> Option<ValueSize> {
        let (mut sizes, mut wrong) = (Vec::new(), None);
        let read = super::samples::each_cell(self.dir, &file.value, column, &mut |cell| match cell.parse::<u32>() {
            Ok(bytes) if f64::from(bytes) <= LARGEST_VALUE => sizes.push(bytes),
            _ => wrong = wrong.take().or(Some(cell.to_owned())),
        });
        if let Err((span, what, hint)) = read {
            self.refuse_file(file, span, what, hint);
            return None;
        }
        if let Some(cell) = wrong {
            self.problem(file.span, format!("{}: {} is not a whole number of bytes", file.value, quoted(&cell)));
            return None;
        }
        if sizes.is_empty() {
            self.problem(file.span, format!("{} has no rows", file.value));
            return None;
        }
        Some(ValueSize::OfKeys(sizes))
    }

    fn bytes(&mut self, size: &At<Size>) -> Option<f64> {
        if size.value.0 > LARGEST_VALUE {
            self.problem_with_hint(size.span, "no cache takes so large a value", "at most 512MiB");
            return None;
        }
        Some(size.value.0)
    }

    /// The key that a step means, and the connections it uses.
    fn key_ref(&mut self, keyspace: &At<String>, word: Option<&String>, pool: Option<&At<String>>) -> Option<KeyRef> {
        let file = self.file;
        let spaces =
            || (0u32..).zip(&file.cache.entries).filter_map(|(i, cache)| Some((i, &cache.value.as_ref()?.keyspace)));
        let found = spaces().find_map(|(cache, spaces)| Some((cache, spaces.position(&keyspace.value)?)));
        let Some((cache, space)) = found else {
            // It may be that of a cache that could not be read, of which enough has been said.
            if file.cache.entries.iter().any(|cache| cache.value.is_none()) {
                return None;
            }
            let hint = suggest(&keyspace.value, "keyspace", spaces().flat_map(|(_, spaces)| spaces.names()));
            self.problem_with_hint(keyspace.span, format!("no keyspace {}", quoted(&keyspace.value)), hint);
            return None;
        };
        let pool = self.cache_pool(cache, pool, keyspace.span)?;
        let word = word.unwrap_or(&keyspace.value).clone();
        Some(KeyRef { cache, keyspace: index(space), word, pool })
    }

    /// The pool of connections to a cache; `Some(None)` if it has none.
    fn cache_pool(&mut self, cache: u32, written: Option<&At<String>>, span: Span) -> Option<Option<u32>> {
        let file = self.file;
        let name = &file.cache.entries[cache as usize].name.value;
        let leads_here = |position: usize| {
            let pool = file.pool.entries[position].value.as_ref();
            pool.and_then(|pool| pool.cache.as_ref()).is_some_and(|cache| cache.value == *name)
        };
        if let Some(written) = written {
            let pool = self.reference("pool", &file.pool, written)?;
            if !leads_here(pool as usize) {
                self.problem(
                    written.span,
                    format!("the pool {} does not lead to {}", quoted(&written.value), quoted(name)),
                );
                return None;
            }
            return Some(Some(pool));
        }
        let mut pools = (0..file.pool.entries.len()).filter(|position| leads_here(*position));
        let first = pools.next();
        if pools.next().is_some() {
            self.problem_with_hint(span, "this must say which pool it means", "add pool = \"...\"");
            return None;
        }
        Some(first.map(index))
    }

    pub fn cache_read(&mut self, step: &CacheStep, depth: usize) -> Option<Step> {
        let key = self.key_ref(&step.cache, step.key.as_ref(), step.pool.as_ref());
        let hit = step.hit.as_ref().map_or(Some(Vec::new()), |steps| self.steps(steps, depth + 1));
        let miss = step.miss.as_ref().map_or(Some(Vec::new()), |steps| self.steps(steps, depth + 1));
        let fill = step.fill.unwrap_or(true).then(|| step.on_refused.unwrap_or(Refusal::Ignore));
        if fill.is_none() && step.on_refused.is_some() {
            self.problem(step.span, "on_refused is about a write, and fill = false makes none");
        }
        Some(Step::CacheRead { key: key?, hit: hit?, miss: miss?, fill })
    }

    pub fn cache_write(&mut self, step: &WriteStep) -> Option<Step> {
        let key = self.key_ref(&step.write, step.key.as_ref(), step.pool.as_ref())?;
        Some(Step::CacheWrite { key, refusal: step.on_refused.unwrap_or(Refusal::Ignore) })
    }

    pub fn cache_delete(&mut self, step: &InvalidateStep) -> Option<Step> {
        let key = self.key_ref(&step.invalidate, step.key.as_ref(), step.pool.as_ref())?;
        Some(Step::CacheDelete { key })
    }
}

fn constant_size(bytes: f64) -> ValueSize {
    ValueSize::Lognormal { median: bytes, sigma: 0.0, min: 1.0 }
}
