//! Caches, their keys, and the steps that use them, as they are written.

use serde_json::{Value as Json, json};

use super::flow::StepSpec;
use super::keys::{keys, words};
use super::law::LawSpec;
use super::node::{Node, Value};
use super::number::{Count, Duration, NumberAmount, Plain, Price, ShareAmount, Size};
use super::reader::{At, List, Named, Reader, Written};
use super::schema::Definitions;
use crate::model::{EvictionPolicy, ReadFrom, Refusal};

keys! {
    /// A cache such as Redis: one thread that serves commands, and a bounded memory of keys.
    CacheSpec "a cache" {
        /// Memory it may use, as `maxmemory` says; unbounded if both this and `node` are left out.
        maxmemory: Option<At<Size>>,
        /// An ElastiCache node type such as "cache.t3.medium": its usable memory, cores and clients.
        node: Option<At<String>>,
        /// Share of the node's memory that is kept free (`reserved-memory-percent`); 25% if left out.
        reserved_memory: Option<At<ShareAmount>>,
        /// What its machine costs, and each replica, "$0.09/h" or "$70/month"; the price of the node if left out.
        price: Option<At<Price>>,
        /// What gives way when memory is full; "noeviction" if left out, "volatile-lru" on a node.
        policy: Option<EvictionPolicy>,
        /// Keys looked at for one eviction (`maxmemory-samples`); 5 if left out.
        samples: Option<At<Count>>,
        /// `lfu-log-factor`; 10 if left out.
        lfu_log_factor: Option<At<Count>>,
        /// `lfu-decay-time`, in minutes; 1 if left out.
        lfu_decay_time: Option<At<Count>>,
        /// Memory in use without a key; found from start-up, connections and commands if left out.
        empty: Option<At<Size>>,
        /// Spacing of its allocator's smallest sizes, bytes: 8 as Redis builds it (the default), or 16 as
        /// Debian's package has it.
        quantum: Option<At<Count>>,
        /// Time of its thread for one command; 0 if left out.
        command: Option<LawSpec>,
        /// Time per command that is no work of the cache: the way there and back; 0 if left out.
        network: Option<LawSpec>,
        /// Cores of its host, of which the thread uses one; 1, or those of the node, if left out.
        cores: Option<At<Plain>>,
        /// Clients it accepts (`maxclients`); 10,000, or those of the node, if left out.
        max_connections: Option<At<Count>>,
        /// Copies of the master that serve reads, and repeat its writes; 0 if left out.
        replicas: Option<At<Count>>,
        /// Who serves reads: "master" (the default) or "replicas".
        read_from: Option<ReadFrom>,
        /// How long after the master a write comes to each replica; 0 if left out.
        lag: Option<LawSpec>,
        /// Families of keys, by name.
        keyspace: Named<KeyspaceSpec>,
    }
}

keys! {
    /// A family of keys that are alike.
    KeyspaceSpec "a keyspace" {
        /// Keys that there may be, those of one tenant.
        keys: At<Count>,
        /// Tenants with keys of their own, all asked for equally; 1 if left out.
        tenants: Option<At<Count>>,
        /// Length of a key's name, bytes; 16 if left out.
        name_bytes: Option<At<Count>>,
        /// Which key is asked for how often; "uniform" if left out.
        popularity: Option<PopularitySpec>,
        /// Bytes of a value; the value of a key always has the same size.
        size: ValueSizeSpec,
        /// A key is valid this long after it was written; for ever if left out.
        ttl: Option<At<Duration>>,
        /// What is there when the test begins: "cold" (the default), "full" or `{ accesses = 150000 }`.
        start: Option<StartSpec>,
    }
}

keys! {
    /// A law of popularity: one of `zipf`, `hot` with `accesses`, or `trace` with `column`.
    PopularityTable "a popularity" {
        /// Exponent: the key of rank k is asked for in proportion to k^-zipf; 0 is uniform.
        zipf: Option<At<NumberAmount>>,
        /// Share of the keys that are hot.
        hot: Option<At<ShareAmount>>,
        /// Share of all accesses that go to the hot ones.
        accesses: Option<At<ShareAmount>>,
        /// A CSV file of keys in the order in which they were asked for, relative to the model file.
        trace: Option<At<String>>,
        /// Its column that holds the keys.
        column: Option<At<String>>,
    }
}

keys! {
    /// A law of sizes: `{ mean, cv }` or `{ median, sigma }`, lognormal; `{ constant }`; `{ of_keys, column }`.
    ValueSizeTable "a law of sizes" {
        /// Always this size.
        constant: Option<At<Size>>,
        /// Mean size; with `cv`.
        mean: Option<At<Size>>,
        /// Coefficient of variation: standard deviation over mean.
        cv: Option<At<Plain>>,
        /// Median size; with `sigma`.
        median: Option<At<Size>>,
        /// Standard deviation of the size's natural logarithm.
        sigma: Option<At<Plain>>,
        /// No value is smaller; 1 byte if left out.
        min: Option<At<Size>>,
        /// A CSV file with the size of each key, the most popular first, relative to the model file.
        of_keys: Option<At<String>>,
        /// Its column that holds the sizes, in bytes.
        column: Option<At<String>>,
    }
}

keys! {
    /// Accesses before the test begins, each a read that writes what it misses.
    WarmTable "a start" {
        /// How many.
        accesses: At<Count>,
        /// Time over which they are spread; "1m" if left out.
        over: Option<At<Duration>>,
    }
}

keys! {
    /// A read of a cache: the steps of a hit, or those of a miss and then a write of what was missing.
    CacheStep "a cache step" {
        /// The keyspace.
        cache: At<String>,
        /// What happens on a hit; nothing if left out.
        hit: Option<List<StepSpec>>,
        /// What happens on a miss, such as a query; nothing if left out.
        miss: Option<List<StepSpec>>,
        /// Whether a miss ends with a write of the value; true if left out.
        fill: Option<bool>,
        /// What a refused write does: "ignore" (the default) or "fail" with `cache_refused`.
        on_refused: Option<Refusal>,
        /// Steps of one request with the same word mean the same key; the name of the keyspace if left out.
        key: Option<String>,
        /// The pool of connections; may be left out if the cache has at most one.
        pool: Option<At<String>>,
    }
}

keys! {
    /// A write into a cache.
    WriteStep "a write" {
        /// The keyspace.
        write: At<String>,
        /// What a refused write does: "ignore" (the default) or "fail" with `cache_refused`.
        on_refused: Option<Refusal>,
        /// Steps of one request with the same word mean the same key; the name of the keyspace if left out.
        key: Option<String>,
        /// The pool of connections; may be left out if the cache has at most one.
        pool: Option<At<String>>,
    }
}

keys! {
    /// Removes a key from a cache, as one does after a change of what it holds.
    InvalidateStep "an invalidation" {
        /// The keyspace.
        invalidate: At<String>,
        /// Steps of one request with the same word mean the same key; the name of the keyspace if left out.
        key: Option<String>,
        /// The pool of connections; may be left out if the cache has at most one.
        pool: Option<At<String>>,
    }
}

/// Which key is asked for how often.
#[derive(Clone, Debug)]
pub enum PopularitySpec {
    Uniform,
    Table(Box<PopularityTable>),
}

/// Bytes of values.
#[derive(Clone, Debug)]
pub enum ValueSizeSpec {
    Constant(At<Size>),
    Table(Box<ValueSizeTable>),
}

/// What is there at the start.
#[derive(Clone, Debug)]
pub enum StartSpec {
    Cold,
    Full,
    Warm(WarmTable),
}

#[derive(Clone, Copy, Debug)]
enum PopularityWord {
    Uniform,
}

#[derive(Clone, Copy, Debug)]
enum StartWord {
    Cold,
    Full,
}

words! { PopularityWord, "a popularity" { "uniform" => Uniform, } }

words! { StartWord, "a start" { "cold" => Cold, "full" => Full, } }

words! { EvictionPolicy, "an eviction policy" {
    "noeviction" => NoEviction,
    "allkeys-lru" => AllKeysLru,
    "allkeys-lfu" => AllKeysLfu,
    "allkeys-random" => AllKeysRandom,
    "volatile-lru" => VolatileLru,
    "volatile-lfu" => VolatileLfu,
    "volatile-random" => VolatileRandom,
    "volatile-ttl" => VolatileTtl,
} }

words! { ReadFrom, "who serves reads" { "master" => Master, "replicas" => Replicas, } }

words! { Refusal, "what a refused write does" { "ignore" => Ignore, "fail" => Fail, } }

impl Written for PopularitySpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Table(_) => PopularityTable::read(node, reader).map(|table| PopularitySpec::Table(Box::new(table))),
            Value::Text(_) => PopularityWord::read(node, reader).map(|PopularityWord::Uniform| PopularitySpec::Uniform),
            _ => {
                reader.unfit(node, "a popularity, \"uniform\" or { zipf = 0.9 },");
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let about = "Which key is asked for how often.";
        definitions.choice("Popularity", about, |definitions| {
            vec![PopularityWord::schema(definitions), PopularityTable::schema(definitions)]
        })
    }
}

impl Written for ValueSizeSpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Table(_) => ValueSizeTable::read(node, reader).map(|table| ValueSizeSpec::Table(Box::new(table))),
            _ => {
                let size = Size::read(node, reader)?;
                Some(ValueSizeSpec::Constant(At { value: size, span: node.span }))
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let about = "Bytes of values.";
        definitions.choice("ValueSize", about, |definitions| {
            vec![json!({ "type": "string", "examples": ["4.5kB"] }), ValueSizeTable::schema(definitions)]
        })
    }
}

impl Written for StartSpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Table(_) => WarmTable::read(node, reader).map(StartSpec::Warm),
            Value::Text(_) => StartWord::read(node, reader).map(|word| match word {
                StartWord::Cold => StartSpec::Cold,
                StartWord::Full => StartSpec::Full,
            }),
            _ => {
                reader.unfit(node, "a start, \"cold\", \"full\" or { accesses = 150000 },");
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let about = "What is there when the test begins.";
        definitions
            .choice("Start", about, |definitions| vec![StartWord::schema(definitions), WarmTable::schema(definitions)])
    }
}
