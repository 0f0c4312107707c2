//! What types give, so that one can be said to give no less than another.

use super::{Burstable, ec2, elasticache, rds};

/// Cores, cores in the long run, work per second of all cores, memory and what else limits, of a type of any table;
/// `None` if it is not known. Types of one table only can be compared.
#[must_use]
pub fn gives(name: &str) -> Option<Vec<f64>> {
    if let Some(one) = ec2::find(name) {
        let network = one.network.unwrap_or_default();
        return Some(vec![
            f64::from(one.vcpus),
            lasting(one.vcpus, one.burstable),
            work(one)?,
            one.memory_bytes,
            network.0,
            network.1,
        ]);
    }
    if let Some(one) = rds::find(name) {
        return Some(vec![
            f64::from(one.vcpus),
            lasting(one.vcpus, one.burstable),
            work(ec2::find(one.name.strip_prefix("db.")?)?)?,
            one.memory_bytes,
            f64::from(one.max_connections),
        ]);
    }
    let node = elasticache::nodes().iter().find(|node| node.name == name)?;
    Some(vec![f64::from(node.vcpus), node.maxmemory_bytes as f64, f64::from(node.max_clients)])
}

/// Bytes of memory of a type of any table; `None` if it is not known.
#[must_use]
pub fn memory(name: &str) -> Option<f64> {
    let machine = ec2::find(name).map(|one| one.memory_bytes).or_else(|| rds::find(name).map(|one| one.memory_bytes));
    let node = || elasticache::nodes().iter().find(|node| node.name == name).map(|node| node.maxmemory_bytes as f64);
    machine.or_else(node)
}

/// Names of the types of the table that knows this one.
#[must_use]
pub fn alike(name: &str) -> Vec<&'static str> {
    if ec2::find(name).is_some() {
        ec2::instances().iter().map(|one| one.name.as_str()).collect()
    } else if rds::find(name).is_some() {
        rds::classes().iter().map(|one| one.name.as_str()).collect()
    } else if elasticache::nodes().iter().any(|node| node.name == name) {
        elasticache::nodes().iter().map(|node| node.name.as_str()).collect()
    } else {
        Vec::new()
    }
}

/// "t3" of "t3.large", "db.t3" of "db.t3.large".
#[must_use]
pub fn family(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(family, _)| family)
}

/// Cores that it can use for ever.
fn lasting(vcpus: u32, burstable: Option<Burstable>) -> f64 {
    // A credit is a minute of a core.
    burstable.map_or(f64::from(vcpus), |credits| credits.per_hour / 60.0)
}

/// Cores of one family are alike; single measurements of its sizes are not, so the largest one's stands for all.
fn work(one: &ec2::Instance) -> Option<f64> {
    let same = ec2::instances().iter().filter(|other| family(&other.name) == family(&one.name));
    Some(same.filter_map(ec2::Instance::core_score).next_back()? * f64::from(one.vcpus))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_sizes_of_a_family_give_no_less() {
        for (small, large) in [
            ("t3.medium", "t3.large"),
            ("t3.large", "t3.xlarge"),
            ("db.t3.medium", "db.t3.large"),
            ("cache.t3.small", "cache.t3.medium"),
        ] {
            let (small, large) = (gives(small).expect(small), gives(large).expect(large));
            assert!(small.iter().zip(&large).all(|(small, large)| small <= large), "{small:?} {large:?}");
            assert!(small != large);
        }
        assert_eq!(gives("cache.t3.large"), None);
        assert!(alike("db.t3.large").iter().all(|name| name.starts_with("db.")));
    }
}
