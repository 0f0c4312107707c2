//! Facts on instance types and on what services report, from tables with their sources in `data/catalogue`.

pub mod cloudwatch;

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

/// The table with its sources, in its comments.
const ELASTICACHE: &str = include_str!("../data/catalogue/elasticache.csv");

/// All node types of the catalogue, in its order.
#[must_use]
pub fn cache_nodes() -> Vec<CacheNode> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(ELASTICACHE.as_bytes());
    let column = {
        let header = reader.headers().cloned().unwrap_or_default();
        move |name: &str| header.iter().position(|known| known == name)
    };
    let rows = reader.records().flatten();
    rows.filter_map(|row| {
        let cell = |name: &str| row.get(column(name)?);
        Some(CacheNode {
            name: cell("node_type")?.to_owned(),
            vcpus: cell("vcpu")?.parse().ok()?,
            maxmemory_bytes: cell("maxmemory_bytes")?.parse().ok()?,
            max_clients: cell("maxclients")?.parse().ok()?,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let rows = ELASTICACHE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count() - 1;
        let nodes = cache_nodes();
        assert_eq!(nodes.len(), rows);
        let medium = nodes.iter().find(|node| node.name == "cache.t3.medium").expect("a type of the report");
        assert_eq!((medium.vcpus, medium.maxmemory_bytes, medium.max_clients), (2, 3_317_862_236, 65_000));
        // A type that a report recommends, and that does not exist.
        assert!(!nodes.iter().any(|node| node.name == "cache.t3.large"));
    }
}
