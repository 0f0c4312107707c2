//! Connection pools, the defaults of well-known ones, and poolers.

use super::names::{Resolver, all, latest};
use super::preset::{Defaults, OWN_DEFAULTS, defaults};
use super::station::MOST_CONNECTIONS;
use crate::model::{Law, Pool, Pooler, PoolerMode, Remote};
use crate::problem::quoted;
use crate::spec::number::{Count, Duration};
use crate::spec::pooler::PoolerSpec;
use crate::spec::reader::{At, NamedEntry};
use crate::spec::station::PoolSpec;

/// PgBouncer's own defaults, <https://www.pgbouncer.org/config.html>; times in seconds.
mod pgbouncer {
    pub const DEFAULT_POOL_SIZE: u32 = 20;
    pub const MAX_CLIENT_CONN: u32 = 100;
    pub const RESERVE_POOL_TIMEOUT: f64 = 5.0;
    pub const QUERY_WAIT_TIMEOUT: f64 = 120.0;
    pub const SERVER_IDLE_TIMEOUT: f64 = 600.0;
    pub const SERVER_LIFETIME: f64 = 3600.0;
    pub const SERVER_LOGIN_RETRY: f64 = 15.0;
}

impl Resolver<'_> {
    pub fn poolers(&mut self) -> Option<Vec<Pooler>> {
        all(&self.file.pooler.entries, |entry| self.pooler(entry))
    }

    pub fn pools(&mut self) -> Option<Vec<Pool>> {
        all(&self.file.pool.entries, |entry| self.pool(entry))
    }

    fn pooler(&mut self, entry: &NamedEntry<PoolerSpec>) -> Option<Pooler> {
        self.check_name(entry, "a pooler");
        let spec = entry.value.as_ref()?;
        if self.file.pool.names().any(|name| name == entry.name.value) {
            let what = format!("a pool is also called {}", quoted(&entry.name.value));
            let hint = "results name connections by pool or pooler: choose two names";
            self.problem_with_hint(entry.name.span, what, hint);
        }
        let database = self.reference_or_only("database", &self.file.database, spec.database.as_ref(), spec.span);
        let size = self.connections_or(spec.default_pool_size.as_ref(), pgbouncer::DEFAULT_POOL_SIZE, "a pooler");
        let max_clients = self.connections_or(spec.max_client_conn.as_ref(), pgbouncer::MAX_CLIENT_CONN, "a pooler");
        let min = spec.min_pool_size.as_ref().map_or(0, |min| min.value.0);
        if let (Some(size), Some(written)) = (size, &spec.min_pool_size)
            && min > size
        {
            let what = format!("min_pool_size ({min}) is above default_pool_size ({size})");
            let span = spec.default_pool_size.as_ref().map_or(written.span, |size| latest(size.span, written.span));
            self.problem(span, what);
        }
        let reserve_size =
            spec.reserve_pool_size.as_ref().map_or(Some(0), |size| self.count(Some(size), 0, MOST_CONNECTIONS, ""));
        let after = seconds_or(spec.reserve_pool_timeout.as_ref(), pgbouncer::RESERVE_POOL_TIMEOUT);
        let retry = self.above_zero_seconds(spec.server_login_retry.as_ref(), "server_login_retry");
        let connect = self.law_or_zero(spec.connect.as_ref());
        Some(Pooler {
            name: entry.name.value.clone(),
            database: database?,
            mode: spec.mode.unwrap_or(PoolerMode::Session),
            pool_size: size?,
            min_pool_size: min,
            max_clients: max_clients?,
            part_of: None,
            reserve: after.zip(reserve_size.filter(|&size| size > 0)).map(|(after, size)| (size, after)),
            query_wait_timeout: seconds_or(spec.query_wait_timeout.as_ref(), pgbouncer::QUERY_WAIT_TIMEOUT),
            server_idle_timeout: seconds_or(spec.server_idle_timeout.as_ref(), pgbouncer::SERVER_IDLE_TIMEOUT),
            server_lifetime: Some(spec.server_lifetime.as_ref().map_or(pgbouncer::SERVER_LIFETIME, |s| s.value.0)),
            server_login_retry: retry?.unwrap_or(pgbouncer::SERVER_LOGIN_RETRY),
            connect: connect?,
        })
    }

    fn pool(&mut self, entry: &NamedEntry<PoolSpec>) -> Option<Pool> {
        self.check_name(entry, "a pool");
        let spec = entry.value.as_ref()?;
        let (remote, pooler) = self.connects_to(spec);
        let preset = spec.preset.as_ref().map(|preset| (defaults(preset.value), preset.value));
        if let Some((defaults, _)) = &preset {
            let set = defaults.tell(spec);
            self.presets.push(format!("pool {}: {set}", entry.name.value));
        }
        let (given, defaults) = preset.map_or((false, OWN_DEFAULTS), |(defaults, _)| (true, defaults));
        let max = match &spec.max {
            None if !given => {
                let hint = "or a preset, such as preset = \"hikaricp\"";
                self.problem_with_hint(spec.span, "a pool needs the key \"max\"", hint);
                None
            }
            max => self.connections_or(max.as_ref(), defaults.max, "a pool"),
        };
        let min = self.least(spec, &defaults, max);
        let acquire_timeout = self.acquire_timeout(spec.acquire_timeout.as_ref());
        let max_lifetime = self.above_zero_seconds(spec.max_lifetime.as_ref(), "max_lifetime");
        let connect = self.law_or_zero(spec.connect.as_ref());
        let seconds = |time: &Option<At<Duration>>| time.as_ref().map(|seconds| seconds.value.0);
        let count = |count: &Option<At<Count>>| count.as_ref().map(|count| count.value.0);
        Some(Pool {
            name: entry.name.value.clone(),
            remote: remote?,
            pooler: pooler?,
            max: max?,
            min,
            scope: spec.scope.unwrap_or(defaults.scope),
            acquire_timeout: acquire_timeout?.or(defaults.acquire_timeout.map(Law::constant)),
            order: spec.order.unwrap_or(defaults.order),
            idle_timeout: seconds(&spec.idle_timeout).or(defaults.idle_timeout),
            connect: connect?,
            max_waiters: count(&spec.max_waiters),
            reuse: spec.reuse.unwrap_or(defaults.reuse),
            opens: spec.opens.unwrap_or(defaults.opens),
            max_idle: count(&spec.max_idle).or(defaults.max_idle),
            max_lifetime: max_lifetime?.or(defaults.max_lifetime),
        })
    }

    /// The database where statements run, or the cache, and the pooler before the database if there is one.
    fn connects_to(&mut self, spec: &PoolSpec) -> (Option<Remote>, Option<Option<u32>>) {
        let databases = &self.file.database;
        let Some(name) = &spec.pooler else {
            return (self.remote(spec), Some(None));
        };
        if let Some(cache) = &spec.cache {
            let hint = "the pooler knows its database: leave cache out";
            self.problem_with_hint(cache.span, "a pool connects to a pooler or to a cache", hint);
        }
        if let Some(database) = &spec.database {
            let hint = "the pooler knows its database: leave database out";
            self.problem_with_hint(database.span, "a pool connects to a pooler or to a database", hint);
        }
        let Some(pooler) = self.reference("pooler", &self.file.pooler, name) else { return (None, None) };
        // Its own problems are told where it stands.
        let behind = self.file.pooler.entries.get(pooler as usize).and_then(|entry| entry.value.as_ref());
        let database = behind.and_then(|behind| match &behind.database {
            Some(name) => databases.position(&name.value).map(super::names::index),
            None => (databases.entries.len() == 1).then_some(0),
        });
        (database.map(Remote::Database), Some(Some(pooler)))
    }

    /// The least number of open connections: as written, or the preset's as far as `max` allows.
    fn least(&mut self, spec: &PoolSpec, defaults: &Defaults, max: Option<u32>) -> u32 {
        let most = max.unwrap_or(u32::MAX);
        let Some(written) = &spec.min else { return if defaults.min_is_max { most } else { 0 } };
        let min = written.value.0;
        if min > most {
            let span = spec.max.as_ref().map_or(written.span, |max| latest(max.span, written.span));
            self.problem(span, format!("min ({min}) is above max ({most})"));
        }
        min
    }

    /// A count of connections of at least 1.
    fn connections_or(&mut self, count: Option<&At<Count>>, default: u32, whose: &str) -> Option<u32> {
        match count {
            Some(count) => self.count(Some(count), 1, MOST_CONNECTIONS, &format!("{whose} needs a connection")),
            None => Some(default),
        }
    }
}

/// Seconds of a limit; 0 means that there is none.
fn seconds_or(written: Option<&At<Duration>>, default: f64) -> Option<f64> {
    Some(written.map_or(default, |time| time.value.0)).filter(|&seconds| seconds > 0.0)
}
