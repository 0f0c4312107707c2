//! Connection poolers between pools and a database, such as PgBouncer.

use super::quantity::Law;

/// A pooler: clients' connections share its connections to the database server.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooler {
    pub name: String,
    /// Index into [`crate::model::Model::databases`].
    pub database: u32,
    pub mode: PoolerMode,
    /// Server connections at most, at least 1.
    pub pool_size: u32,
    /// Server connections opened from the start and kept; `min <= pool_size`.
    pub min_pool_size: u32,
    /// Client connections that all pools together may have open; further attempts are refused.
    pub max_clients: u32,
    /// Index of the pooler of which this is another pool, with whose clients its own are counted.
    pub part_of: Option<u32>,
    /// More server connections, opened while the first in line has waited for long: how many, and
    /// for how many seconds.
    pub reserve: Option<(u32, f64)>,
    /// Longest wait for a server connection, seconds; `None`: for ever.
    pub query_wait_timeout: Option<f64>,
    /// A server connection idle this long is closed, seconds; `None`: never.
    pub server_idle_timeout: Option<f64>,
    /// A server connection this old is closed as soon as it is idle, seconds; `None`: never.
    pub server_lifetime: Option<f64>,
    /// After the database has refused a connection it is asked again after this, seconds, above 0.
    pub server_login_retry: f64,
    /// Time to open a server connection.
    pub connect: Law,
}

/// For how long a client keeps its server connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolerMode {
    /// From its first statement until it disconnects.
    Session,
    /// From the first statement of a transaction to its end; a statement alone is one.
    Transaction,
}

impl Pooler {
    /// A pooler of the first database in transaction mode that limits nothing but its size, with all
    /// server connections open from the start.
    #[must_use]
    pub fn of_size(name: &str, pool_size: u32) -> Pooler {
        Pooler {
            name: name.to_owned(),
            database: 0,
            mode: PoolerMode::Transaction,
            pool_size,
            min_pool_size: pool_size,
            max_clients: u32::MAX,
            part_of: None,
            reserve: None,
            query_wait_timeout: None,
            server_idle_timeout: None,
            server_lifetime: None,
            server_login_retry: 15.0,
            connect: Law::constant(0.0),
        }
    }
}
