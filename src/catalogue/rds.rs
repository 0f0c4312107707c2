//! RDS for PostgreSQL instance classes.

use std::sync::OnceLock;

use super::{Burstable, GIB, Row, rows, storage};

/// The table with its sources, in its comments.
pub(super) const TABLE: &str = include_str!("../../data/catalogue/rds_postgres.csv");

/// A database instance class in us-east-1, in one zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// "db.t3.large".
    pub name: String,
    pub vcpus: u32,
    pub memory_bytes: f64,
    /// "x86_64" or "arm64"; empty: not known.
    pub arch: String,
    /// `None`: not burstable.
    pub burstable: Option<Burstable>,
    /// `max_connections` of the default parameter group on nominal memory; the real one is 5 to 30 %
    /// lower, since RDS keeps some memory for itself (source: the table).
    pub max_connections: u32,
    /// Operations per second of its volumes in the long run and for a while, those of the EC2 type of the same
    /// name; `None`: not known.
    pub ebs_iops: Option<(f64, f64)>,
    /// Dollars per hour, on demand.
    pub price: Option<f64>,
}

/// Bytes of memory for each connection that the default parameter group allows, and the most that it allows;
/// source: the table.
const BYTES_PER_CONNECTION: f64 = 9_531_392.0;
const MOST_CONNECTIONS: f64 = 5000.0;

/// `max_connections` of the default parameter group on so many bytes of memory, at least 1.
pub(super) fn default_connections(memory_bytes: f64) -> f64 {
    (memory_bytes / BYTES_PER_CONNECTION).min(MOST_CONNECTIONS).floor().max(1.0)
}

/// Dollars per vCPU-hour (60 credits) beyond what was earned, T3 and T4g.
#[must_use]
pub fn surplus_price() -> Option<f64> {
    storage::number("RDS T3/T4g", "RDS", "surplus CPU credit price")
}

/// All classes of the catalogue, in its order.
pub fn classes() -> &'static [Class] {
    static ALL: OnceLock<Vec<Class>> = OnceLock::new();
    ALL.get_or_init(|| rows(TABLE, class))
}

/// The class of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Class> {
    classes().iter().find(|one| one.name == name)
}

pub(super) fn class(row: &Row) -> Option<Class> {
    Some(Class {
        name: row.text("db_class")?.to_owned(),
        vcpus: row.number("vcpu")?,
        memory_bytes: row.number::<f64>("memory_gib")? * GIB,
        burstable: Burstable::of(row, "credit_mode"),
        arch: row.text("arch").unwrap_or_default().to_owned(),
        ebs_iops: row.base_and_burst("ec2_ebs_baseline_iops", "ec2_ebs_max_iops", 1.0),
        max_connections: row.number("default_max_connections_nominal")?,
        price: row.number("usd_per_hour_single_az_us_east_1"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(classes().len(), super::super::rows_in(TABLE));
        let large = find("db.t3.large").expect("a class of the reports");
        assert_eq!((large.vcpus, large.memory_bytes, large.max_connections), (2, 8.0 * GIB, 901));
        assert!(large.burstable.is_some_and(|burst| burst.unlimited && burst.per_hour == 36.0));
        assert_eq!(surplus_price(), Some(0.075));
    }

    /// `LEAST({DBInstanceClassMemory/9531392}, 5000)`.
    #[test]
    fn connections_follow_from_memory() {
        for class in classes() {
            assert!(
                (default_connections(class.memory_bytes) - f64::from(class.max_connections)).abs() <= 1.0,
                "{class:?}"
            );
        }
    }
}
