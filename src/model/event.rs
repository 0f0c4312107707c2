//! What happens to a system in the middle of a test: instances die, come and are replaced, stations slow
//! down or stand still, caches are emptied.

use super::quantity::Quantity;

/// Something that happens `at` so many seconds after the test's begin.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub at: f64,
    pub what: What,
    /// As a person would say it: "kill app". Two events of one test never have the same words and instant.
    pub words: String,
}

/// What an event does. Tiers, caches and databases are indices into the model; times in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// So many instances of a tier die, the lowest-numbered first; each comes back after `restart`, if ever.
    Kill { tier: u32, instances: u32, restart: Option<f64> },
    /// So many more instances of a tier are ready after `start_up`.
    Add { tier: u32, instances: u32, start_up: f64 },
    /// One instance of a tier after the other takes no more requests, is stopped when it has answered all it
    /// has or after `drain`, and comes back after `start_up`.
    Deploy { tier: u32, start_up: f64, drain: f64 },
    /// All keys of a cache are gone.
    Flush { cache: u32 },
    /// For so long, all work at a station takes `times` as long; `None`: it stands still.
    Slow { of: Station, times: Option<f64>, lasts: f64 },
    /// A database or cache is replaced by another node: connections break, for so long nobody connects to a
    /// database and a cache stands still. `cold`: how many times as long everything takes then, and for how long.
    FailOver { of: Station, lasts: f64, cold: Option<(f64, f64)> },
    /// For so long an API takes `times` as long, answers a share of attempts with errors besides those of calls,
    /// and a share of its limits is `left`.
    BrownOut { api: u32, times: f64, errors: Quantity, left: Quantity, lasts: f64 },
}

impl What {
    /// How long it lasts of itself, seconds.
    #[must_use]
    pub fn lasts(&self) -> f64 {
        match *self {
            What::Slow { lasts, .. } | What::FailOver { lasts, .. } | What::BrownOut { lasts, .. } => lasts,
            What::Kill { .. } | What::Add { .. } | What::Deploy { .. } | What::Flush { .. } => 0.0,
        }
    }
}

/// A station that may slow down: an index into the model's list of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Station {
    Tier(u32),
    Database(u32),
    Cache(u32),
    Api(u32),
}

/// How a balancer finds out that an instance is down, or up again. Each instance is asked every
/// `interval` seconds, at instants of its own; a dead one refuses at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Health {
    /// Above 0.
    pub interval: f64,
    /// Checks in a row that fail before an instance gets no more requests, at least 1.
    pub unhealthy: u32,
    /// Checks in a row that succeed before it gets requests again, at least 1.
    pub healthy: u32,
}

impl super::Model {
    /// Whether instances of a tier come or go in a test, also with those that share its machine.
    #[must_use]
    pub fn changes_instances(&self, test: &super::Test, tier: u32) -> bool {
        let killed =
            |of: u32| test.events.iter().any(|event| matches!(event.what, What::Kill { tier, .. } if tier == of));
        let scales = self.tiers.get(tier as usize).is_some_and(|tier| tier.autoscale.is_some());
        scales || test.changes_instances_of(tier) || self.sharers_of(tier).into_iter().any(killed)
    }

    /// Whether connections to a database break in a test.
    #[must_use]
    pub fn breaks(&self, test: &super::Test, database: u32) -> bool {
        let on = self.databases.get(database as usize).and_then(|database| database.host.on);
        test.events.iter().any(|event| match event.what {
            What::FailOver { of, .. } => of == Station::Database(database),
            What::Kill { tier, .. } => {
                on.is_some() && self.tiers.get(tier as usize).is_some_and(|tier| tier.host.on == on)
            }
            _ => false,
        })
    }

    /// Tiers on the shared machine of this one, itself included; none if it has its own.
    #[must_use]
    pub fn sharers_of(&self, tier: u32) -> Vec<u32> {
        let on = |tier: &super::Tier| tier.host.on;
        let Some(host) = self.tiers.get(tier as usize).and_then(on) else { return Vec::new() };
        let tiers = (0u32..).zip(&self.tiers).filter(|(_, other)| on(other) == Some(host));
        tiers.map(|(index, _)| index).collect()
    }
}

impl super::Test {
    /// Instances that events of this test add to a tier.
    #[must_use]
    pub fn added_to(&self, tier: u32) -> u32 {
        let added = self.events.iter().map(|event| match event.what {
            What::Add { tier: to, instances, .. } if to == tier => instances,
            _ => 0,
        });
        added.fold(0, u32::saturating_add)
    }

    /// Whether instances of a tier come or go in this test.
    #[must_use]
    pub fn changes_instances_of(&self, tier: u32) -> bool {
        self.events.iter().any(|event| match event.what {
            What::Kill { tier: of, .. } | What::Add { tier: of, .. } | What::Deploy { tier: of, .. } => of == tier,
            What::Flush { .. } | What::Slow { .. } | What::FailOver { .. } | What::BrownOut { .. } => false,
        })
    }

    /// Whether a station slows down in this test.
    #[must_use]
    pub fn slows(&self, station: Station) -> bool {
        self.events.iter().any(|event| match event.what {
            What::Slow { of, .. } => of == station,
            What::FailOver { of, cold, .. } => of == station && cold.is_some(),
            What::BrownOut { api, times, .. } => Station::Api(api) == station && times != 1.0,
            What::Kill { .. } | What::Add { .. } | What::Deploy { .. } | What::Flush { .. } => false,
        })
    }
}
