//! ElastiCache node types.

use std::sync::OnceLock;

use super::{Burstable, GBIT, GIB, Row, rows};

/// The table with its sources, in its comments.
pub(super) const TABLE: &str = include_str!("../../data/catalogue/elasticache.csv");

/// An ElastiCache node type.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheNode {
    pub name: String,
    pub vcpus: u32,
    pub memory_bytes: f64,
    /// `maxmemory` of the node before any of it is reserved, bytes.
    pub maxmemory_bytes: u64,
    /// Clients it accepts.
    pub max_clients: u32,
    /// `None`: not burstable.
    pub burstable: Option<Burstable>,
    /// Bytes per second of its network in the long run and for a while; `None`: not known.
    pub network: Option<(f64, f64)>,
    /// Dollars per hour with Redis, on demand; with Valkey where it is sold with nothing else.
    pub price: Option<f64>,
}

/// `reserved-memory-percent` of the default parameter groups, as a share; source: the table.
pub const USUALLY_RESERVED: f64 = 0.25;

impl CacheNode {
    /// Bytes for keys under the default parameter group.
    #[must_use]
    pub fn usable_bytes(&self) -> f64 {
        self.maxmemory_bytes as f64 * (1.0 - USUALLY_RESERVED)
    }
}

/// All node types of the catalogue, in its order.
pub fn nodes() -> &'static [CacheNode] {
    static ALL: OnceLock<Vec<CacheNode>> = OnceLock::new();
    ALL.get_or_init(|| rows(TABLE, node))
}

pub(super) fn node(row: &Row) -> Option<CacheNode> {
    Some(CacheNode {
        name: row.text("node_type")?.to_owned(),
        vcpus: row.number("vcpu")?,
        memory_bytes: row.number::<f64>("memory_gib")? * GIB,
        maxmemory_bytes: row.number::<f64>("maxmemory_bytes")? as u64,
        max_clients: row.number("maxclients")?,
        burstable: Burstable::of(row, "credit_mode"),
        network: row.base_and_burst("net_baseline_gbps", "net_burst_gbps", GBIT),
        price: row.number("usd_per_hour_redis_us_east_1").or(row.number("usd_per_hour_valkey_us_east_1")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(nodes().len(), super::super::rows_in(TABLE));
        let medium = nodes().iter().find(|node| node.name == "cache.t3.medium").expect("a type of the report");
        assert_eq!((medium.vcpus, medium.maxmemory_bytes, medium.max_clients), (2, 3_317_862_236, 65_000));
        // A type that a report recommends, and that does not exist.
        assert!(!nodes().iter().any(|node| node.name == "cache.t3.large"));
    }
}
