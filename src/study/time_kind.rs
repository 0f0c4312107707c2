//! Kinds of time: the parts of a request's time account by what they are spent on.

use crate::model::Model;

/// What time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeKind {
    /// Work of a tier's processes.
    Cpu,
    /// Waiting for a core, an event loop, a thread or admission of a tier.
    CpuQueue,
    /// Waiting for a connection of a pool, a pooler's, or one that others use just now.
    Connection,
    /// A database's work: its cores, its storage, and what a query does beside them.
    Database,
    /// Waiting within a database: for its cores, its storage, a row.
    DatabaseQueue,
    Cache,
    /// Calls of external APIs.
    Api,
    Network,
    /// Waiting before another attempt, and for a rate limit.
    Retry,
    /// Waits that the model names itself, and what has no name.
    Other,
}

impl TimeKind {
    pub const ALL: [TimeKind; 10] = [
        TimeKind::Cpu,
        TimeKind::CpuQueue,
        TimeKind::Connection,
        TimeKind::Database,
        TimeKind::DatabaseQueue,
        TimeKind::Cache,
        TimeKind::Api,
        TimeKind::Network,
        TimeKind::Retry,
        TimeKind::Other,
    ];

    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            TimeKind::Cpu => "CPU",
            TimeKind::CpuQueue => "waiting for CPU",
            TimeKind::Connection => "waiting for a connection",
            TimeKind::Database => "database",
            TimeKind::DatabaseQueue => "waiting in the database",
            TimeKind::Cache => "cache",
            TimeKind::Api => "APIs",
            TimeKind::Network => "network",
            TimeKind::Retry => "retries and limits",
            TimeKind::Other => "other waits",
        }
    }

    /// The kind of a part of a prediction's time shares.
    #[must_use]
    pub fn of(part: &str, model: &Model) -> TimeKind {
        // Replicas have the name of what they copy, and a word more.
        let is =
            |name: &str, of: &str| name.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        let database = |name: &str| model.databases.iter().any(|one| is(name, &one.name));
        let cache = |name: &str| model.caches.iter().any(|one| is(name, &one.name));
        let api = |name: &str| model.apis.iter().any(|one| is(name, &one.name));
        if let Some(name) = part.strip_prefix("work on ").and_then(|rest| rest.strip_suffix(" cpu")) {
            return if database(name) { TimeKind::Database } else { TimeKind::Cpu };
        }
        if let Some(name) = part.strip_prefix("waiting for ").and_then(|rest| rest.strip_suffix(" cpu")) {
            return if database(name) { TimeKind::DatabaseQueue } else { TimeKind::CpuQueue };
        }
        let begins = |words: &[&str]| words.iter().any(|word| part.starts_with(word));
        let after = |word: &str, is: &dyn Fn(&str) -> bool| part.strip_prefix(word).is_some_and(is);
        match part {
            _ if begins(&["garbage collection of "]) => TimeKind::Cpu,
            _ if begins(&["waiting for threads of ", "waiting to be let into ", "waiting for workers of "]) => {
                TimeKind::CpuQueue
            }
            _ if begins(&["waiting for pool ", "waiting for other statements on a connection of "]) => {
                TimeKind::Connection
            }
            _ if begins(&["waiting for pooler "]) => TimeKind::Connection,
            _ if begins(&["waiting for lock ", "waiting for storage of "]) => TimeKind::DatabaseQueue,
            _ if begins(&["queries on ", "reads and writes of "]) => TimeKind::Database,
            _ if begins(&["commands of "]) || after("waiting for ", &cache) => TimeKind::Cache,
            _ if begins(&["waiting for the network of ", "network"]) || part.ends_with(" on the network") => {
                TimeKind::Network
            }
            _ if begins(&[
                "waiting before another attempt",
                "waiting for limit ",
                "waiting for the rate limit of ",
            ]) =>
            {
                TimeKind::Retry
            }
            _ if begins(&["waiting before a hedged attempt", "waiting for a socket to ", "refusals by "]) => {
                TimeKind::Api
            }
            _ if after("waiting at ", &api) || after("waiting for ", &api) || api(part) => TimeKind::Api,
            _ => TimeKind::Other,
        }
    }
}
