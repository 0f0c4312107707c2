//! A user's own rows of the catalogue, as they are written.

use super::keys::keys;
use super::reader::At;

keys! {
    /// CSV files with own rows: machines of one's own, of other clouds, and reserved prices. The columns are those of
    /// the shipped tables; `name`, `vcpu`, `memory_gib` and `usd_per_hour` are enough. A row replaces one of the same
    /// name. A file of names and prices alone changes the prices of types that are known.
    CatalogueSpec "a catalogue" {
        /// Types for `instance` of tiers and hosts.
        ec2: Option<At<String>>,
        /// Classes for `instance` of databases.
        rds: Option<At<String>>,
        /// Types for `node` of caches.
        elasticache: Option<At<String>>,
        /// Prices of storage: `medium`, `fact` ("price storage" per GB-month, "price IOPS" per IOPS-month, "included
        /// IOPS") and `value`; `scope` is "RDS", "EBS" for databases without an RDS class, or empty for all.
        storage: Option<At<String>>,
    }
}
