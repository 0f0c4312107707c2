//! The defaults of well-known connection pools, each with where they are documented.

use crate::model::{Opens, Reuse, Scope, WaiterOrder};
use crate::spec::pooler::Preset;
use crate::spec::station::PoolSpec;

/// What keys that are left out mean; times in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    name: &'static str,
    source: &'static str,
    pub max: u32,
    /// `min` is as large as `max`, else 0.
    pub min_is_max: bool,
    pub scope: Scope,
    pub acquire_timeout: Option<f64>,
    pub idle_timeout: Option<f64>,
    pub max_lifetime: Option<f64>,
    pub max_idle: Option<u32>,
    pub order: WaiterOrder,
    pub reuse: Reuse,
    pub opens: Opens,
}

/// Without a preset; `max` must be given.
pub const OWN_DEFAULTS: Defaults = Defaults {
    name: "",
    source: "",
    max: 0,
    min_is_max: false,
    scope: Scope::Process,
    acquire_timeout: None,
    idle_timeout: None,
    max_lifetime: None,
    max_idle: None,
    order: WaiterOrder::Fifo,
    reuse: Reuse::Last,
    opens: Opens::Own,
};

/// pg-pool 3, of node-postgres 8: `packages/pg-pool/index.js`, and its documentation.
const PG_POOL: Defaults = Defaults {
    name: "pg-pool 3",
    source: "https://node-postgres.com/apis/pool",
    max: 10,
    idle_timeout: Some(10.0),
    ..OWN_DEFAULTS
};

/// The defaults of a preset.
pub fn defaults(preset: Preset) -> Defaults {
    match preset {
        // 30 s, 10 min, 30 min; of fixed size; connections are added by one thread and handed to whoever waits.
        Preset::Hikari => Defaults {
            name: "HikariCP 7",
            source: "https://github.com/brettwooldridge/HikariCP#gear-configuration-knobs-baby",
            max: 10,
            min_is_max: true,
            acquire_timeout: Some(30.0),
            idle_timeout: Some(600.0),
            max_lifetime: Some(1800.0),
            opens: Opens::Shared,
            ..OWN_DEFAULTS
        },
        Preset::PgPool => PG_POOL,
        // The defaults of version 6 stand in its connection manager; sequelize-pool takes the last one given back.
        Preset::Sequelize => Defaults {
            name: "Sequelize 6",
            source: "https://sequelize.org/docs/v6/other-topics/connection-pool/",
            max: 5,
            acquire_timeout: Some(60.0),
            idle_timeout: Some(10.0),
            ..OWN_DEFAULTS
        },
        // From version 7 on the pool is that of the driver, for PostgreSQL pg-pool.
        Preset::Prisma => Defaults {
            name: "Prisma 7 (@prisma/adapter-pg)",
            source: "https://www.prisma.io/docs/orm/v7/prisma-client/setup-and-configuration/databases-connections/connection-pool",
            ..PG_POOL
        },
        // pool_size 5 and max_overflow 10: 15 at most, of which 5 are kept.
        Preset::SqlAlchemy => Defaults {
            name: "SQLAlchemy 2 (QueuePool)",
            source: "https://docs.sqlalchemy.org/en/20/core/pooling.html#sqlalchemy.pool.QueuePool",
            max: 15,
            acquire_timeout: Some(30.0),
            max_idle: Some(5),
            reuse: Reuse::Oldest,
            ..OWN_DEFAULTS
        },
    }
}

impl Defaults {
    /// What of these the keys of a pool leave as it is, for people.
    pub fn tell(&self, spec: &PoolSpec) -> String {
        let time = |seconds: Option<f64>| seconds.map_or("none".to_owned(), |seconds| format!("{seconds} s"));
        let idle = self.max_idle.map_or("none".to_owned(), |most| most.to_string());
        let order = match self.order {
            WaiterOrder::Fifo => "fifo",
            WaiterOrder::Lifo => "lifo",
            WaiterOrder::Random => "random",
        };
        let reuse = match self.reuse {
            Reuse::Last => "last",
            Reuse::Oldest => "oldest",
        };
        let opens = match self.opens {
            Opens::Own => "own",
            Opens::Shared => "shared",
        };
        let scope = match self.scope {
            Scope::Process => "process",
            Scope::Instance => "instance",
            Scope::Total => "total",
        };
        let keys = [
            ("max", self.max.to_string(), spec.max.is_none()),
            ("min", if self.min_is_max { "max".to_owned() } else { "0".to_owned() }, spec.min.is_none()),
            ("scope", scope.to_owned(), spec.scope.is_none()),
            ("acquire_timeout", time(self.acquire_timeout), spec.acquire_timeout.is_none()),
            ("idle_timeout", time(self.idle_timeout), spec.idle_timeout.is_none()),
            ("max_lifetime", time(self.max_lifetime), spec.max_lifetime.is_none()),
            ("max_idle", idle, spec.max_idle.is_none()),
            ("order", order.to_owned(), spec.order.is_none()),
            ("reuse", reuse.to_owned(), spec.reuse.is_none()),
            ("opens", opens.to_owned(), spec.opens.is_none()),
        ];
        let set: Vec<String> =
            keys.into_iter().filter(|key| key.2).map(|(key, value, _)| format!("{key} = {value}")).collect();
        format!("{} sets {} ({})", self.name, set.join(", "), self.source)
    }
}
