//! EC2 instance types.

use std::sync::OnceLock;

use super::{Burstable, GBIT, GIB, Row, rows, storage};

/// The table with its sources, in its comments.
pub(super) const TABLE: &str = include_str!("../../data/catalogue/ec2.csv");

/// An EC2 instance type in us-east-1.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// "t3.large".
    pub name: String,
    pub vcpus: u32,
    pub memory_bytes: f64,
    /// "x86_64" or "arm64"; empty: not known.
    pub arch: String,
    /// `None`: not burstable.
    pub burstable: Option<Burstable>,
    /// Bytes per second of its network in the long run and for a while; `None`: not known.
    pub network: Option<(f64, f64)>,
    /// Operations per second of its volumes together in the long run and for a while; `None`: not known.
    pub ebs_iops: Option<(f64, f64)>,
    /// Dollars per hour, Linux, on demand.
    pub price: Option<f64>,
    /// CoreMark iterations per second of the whole instance: integer work on all vCPUs at once, small
    /// enough for the caches, so it says nothing on memory or disks; one run each (source: the table).
    pub coremark: Option<f64>,
}

impl Instance {
    /// Work of one vCPU, all others at work too: CoreMark iterations per second.
    #[must_use]
    pub fn core_score(&self) -> Option<f64> {
        self.coremark.map(|all| all / f64::from(self.vcpus))
    }

    /// Credits that a standard one is launched with: 30 per vCPU of T2, none of others. Source: Amazon EC2
    /// user guide, "Standard mode for burstable performance instances".
    #[must_use]
    pub fn launch_credits(&self) -> f64 {
        if self.name.starts_with("t2.") { 30.0 * f64::from(self.vcpus) } else { 0.0 }
    }

    /// Dollars per vCPU-hour (60 credits) beyond what was earned, Linux.
    #[must_use]
    pub fn surplus_price(&self) -> Option<f64> {
        let family = if self.name.starts_with("t4g.") { "EC2 T4g" } else { "EC2 T2/T3" };
        storage::number(family, "EC2 Linux", "surplus CPU credit price")
    }
}

/// All types of the catalogue, in its order.
pub fn instances() -> &'static [Instance] {
    static ALL: OnceLock<Vec<Instance>> = OnceLock::new();
    ALL.get_or_init(|| rows(TABLE, instance))
}

/// The type of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Instance> {
    instances().iter().find(|one| one.name == name)
}

pub(super) fn instance(row: &Row) -> Option<Instance> {
    Some(Instance {
        name: row.text("instance_type")?.to_owned(),
        vcpus: row.number("vcpu")?,
        memory_bytes: row.number::<f64>("memory_gib")? * GIB,
        burstable: Burstable::of(row, "credit_mode_default"),
        arch: row.text("arch").unwrap_or_default().to_owned(),
        network: row.base_and_burst("net_baseline_gbps", "net_burst_gbps", GBIT),
        ebs_iops: row.base_and_burst("ebs_baseline_iops", "ebs_max_iops", 1.0),
        price: row.number("usd_per_hour_us_east_1"),
        coremark: row.number("coremark_iter_per_s"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(instances().len(), super::super::rows_in(TABLE));
        let large = find("t3.large").expect("a type of the reports");
        let burst = large.burstable.expect("it is burstable");
        assert_eq!((large.vcpus, large.memory_bytes), (2, 8.0 * GIB));
        // 30 % of each of two vCPUs are 0.6 vCPU-minutes per minute.
        assert_eq!((burst.per_hour, burst.most, burst.unlimited), (36.0, 864.0, true));
        assert_eq!(large.core_score(), Some(27_292.6 / 2.0));
        assert_eq!(large.surplus_price(), Some(0.05));
        assert_eq!(large.network, Some((0.512e9 / 8.0, 5e9 / 8.0)));
        assert!(find("m5.large").is_some_and(|one| one.burstable.is_none()));
    }

    /// What is earned in an hour is the baseline, and what is kept that of a day.
    #[test]
    fn credits_agree_with_themselves() {
        for one in instances() {
            let Some(burst) = one.burstable else { continue };
            assert!((burst.most - 24.0 * burst.per_hour).abs() < 0.01 * burst.most, "{one:?}");
            assert!(burst.per_hour <= 60.0 * f64::from(one.vcpus), "{one:?}");
        }
    }
}
