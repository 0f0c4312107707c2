//! ElastiCache node types.

use std::sync::OnceLock;

use super::{Row, rows};

/// The table with its sources, in its comments.
const TABLE: &str = include_str!("../../data/catalogue/elasticache.csv");

/// An ElastiCache node type.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheNode {
    pub name: String,
    pub vcpus: u32,
    /// `maxmemory` of the node before any of it is reserved, bytes.
    pub maxmemory_bytes: u64,
    /// Clients it accepts.
    pub max_clients: u32,
}

/// All node types of the catalogue, in its order.
pub fn nodes() -> &'static [CacheNode] {
    static ALL: OnceLock<Vec<CacheNode>> = OnceLock::new();
    ALL.get_or_init(|| rows(TABLE, node))
}

fn node(row: &Row) -> Option<CacheNode> {
    Some(CacheNode {
        name: row.text("node_type")?.to_owned(),
        vcpus: row.number("vcpu")?,
        maxmemory_bytes: row.number("maxmemory_bytes")?,
        max_clients: row.number("maxclients")?,
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
