//! Connection poolers as they are written, and the pools whose defaults have a name.

use super::keys::{keys, words};
use super::law::LawSpec;
use super::number::{Count, Duration};
use super::reader::At;
use crate::model::PoolerMode;

keys! {
    /// A pooler in front of a database: PgBouncer, by the names and with the defaults of its own
    /// settings (<https://www.pgbouncer.org/config.html>).
    PoolerSpec "a pooler" {
        /// The database that it connects to; may be left out if there is only one.
        database: Option<At<String>>,
        /// "session" (the default): a client keeps its server connection until it disconnects;
        /// "transaction": until the end of each transaction, or of a statement outside of one.
        mode: Option<PoolerMode>,
        /// Server connections; 20 if left out.
        default_pool_size: Option<At<Count>>,
        /// Server connections opened from the start and kept; 0 if left out.
        min_pool_size: Option<At<Count>>,
        /// Client connections, further ones are refused (`connection_refused`); 100 if left out.
        max_client_conn: Option<At<Count>>,
        /// Further server connections for clients that wait for long; 0 if left out.
        reserve_pool_size: Option<At<Count>>,
        /// How long that is; 5 s if left out, 0 for never.
        reserve_pool_timeout: Option<At<Duration>>,
        /// Longest wait for a server connection, then the client is disconnected (`acquire_timeout`);
        /// 120 s if left out, 0 for no limit.
        query_wait_timeout: Option<At<Duration>>,
        /// A server connection idle this long is closed; 10 min if left out, 0 for never.
        server_idle_timeout: Option<At<Duration>>,
        /// A server connection this old is closed as soon as it is idle; 1 h if left out, 0 for after each use.
        server_lifetime: Option<At<Duration>>,
        /// Time until a database that refused a connection is asked again; 15 s if left out.
        server_login_retry: Option<At<Duration>>,
        /// Time to open a server connection; 0 if left out.
        connect: Option<LawSpec>,
    }
}

words! { PoolerMode, "a mode" {
    "session" => Session,
    "transaction" => Transaction,
} }

/// A well-known pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    Hikari,
    PgPool,
    Sequelize,
    Prisma,
    SqlAlchemy,
}

words! { Preset, "a preset" {
    "hikaricp" => Hikari,
    "pg-pool" => PgPool,
    "sequelize" => Sequelize,
    "prisma" => Prisma,
    "sqlalchemy" => SqlAlchemy,
} }
