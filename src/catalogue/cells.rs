//! The cells of a user's own rows: which columns there are, and what may stand in them.

use super::Sheet;
use crate::problem::quoted;

/// A column of a table.
pub(super) struct Column {
    /// As in the shipped table.
    pub name: &'static str,
    /// The same for people who sell elsewhere; empty if there is none.
    pub alias: &'static str,
    pub cell: Cell,
}

/// What may stand in a cell.
#[derive(Clone, Copy)]
pub(super) enum Cell {
    Text,
    /// A whole number from 1 to this.
    Whole(u32),
    /// A number of at least 0.
    Number,
    /// A number above 0.
    Positive,
    Words(&'static [&'static str]),
}

/// Larger than any number that is meant.
const MOST: f64 = 1e12;
/// vCPUs, connections and clients of one machine.
const MOST_WHOLE: u32 = 1_000_000;

const fn column(name: &'static str, alias: &'static str, cell: Cell) -> Column {
    Column { name, alias, cell }
}

const MODES: Cell = Cell::Words(&["standard", "unlimited"]);
const TRUTH: Cell = Cell::Words(&["true", "false"]);
const WHOLE: Cell = Cell::Whole(MOST_WHOLE);
const ARCH: Cell = Cell::Words(&["x86_64", "arm64"]);

const EC2: &[Column] = &[
    column("instance_type", "name", Cell::Text),
    column("vcpu", "", WHOLE),
    column("threads_per_core", "", WHOLE),
    column("memory_gib", "", Cell::Positive),
    column("arch", "", ARCH),
    column("cpu_manufacturer", "", Cell::Text),
    column("sustained_clock_ghz", "", Cell::Positive),
    column("burstable", "", TRUTH),
    column("baseline_pct_per_vcpu", "", Cell::Positive),
    column("cpu_credits_per_hour", "", Cell::Positive),
    column("max_accrued_credits", "", Cell::Positive),
    column("credit_mode_default", "credit_mode", MODES),
    column("net_baseline_gbps", "", Cell::Positive),
    column("net_burst_gbps", "", Cell::Positive),
    column("net_desc", "", Cell::Text),
    column("ebs_baseline_mbps", "", Cell::Positive),
    column("ebs_max_mbps", "", Cell::Positive),
    column("ebs_baseline_iops", "", Cell::Positive),
    column("ebs_max_iops", "", Cell::Positive),
    column("usd_per_hour_us_east_1", "usd_per_hour", Cell::Number),
    column("coremark_iter_per_s", "", Cell::Positive),
    column("source", "", Cell::Text),
];

const RDS: &[Column] = &[
    column("db_class", "name", Cell::Text),
    column("vcpu", "", WHOLE),
    column("memory_gib", "", Cell::Positive),
    column("arch", "", ARCH),
    column("threads_per_core", "", WHOLE),
    column("burstable", "", TRUTH),
    column("baseline_pct_per_vcpu", "", Cell::Positive),
    column("cpu_credits_per_hour", "", Cell::Positive),
    column("max_accrued_credits", "", Cell::Positive),
    column("credit_mode", "", MODES),
    column("doc_max_ebs_mbps", "", Cell::Positive),
    column("doc_network_gbps", "", Cell::Text),
    column("ec2_ebs_baseline_iops", "", Cell::Positive),
    column("ec2_ebs_max_iops", "", Cell::Positive),
    column("ec2_ebs_baseline_mbps", "", Cell::Positive),
    column("default_max_connections_nominal", "max_connections", WHOLE),
    column("usd_per_hour_single_az_us_east_1", "usd_per_hour", Cell::Number),
    column("price_source", "", Cell::Text),
    column("in_rds_doc_2023", "", TRUTH),
    column("source", "", Cell::Text),
];

const ELASTICACHE: &[Column] = &[
    column("node_type", "name", Cell::Text),
    column("vcpu", "", WHOLE),
    column("memory_gib", "", Cell::Positive),
    column("maxmemory_bytes", "", Cell::Positive),
    column("usable_bytes_default_reserved_25pct", "", Cell::Positive),
    column("net_baseline_gbps", "", Cell::Positive),
    column("net_burst_gbps", "", Cell::Positive),
    column("net_source", "", Cell::Text),
    column("burstable", "", TRUTH),
    column("cpu_credits_per_hour", "", Cell::Positive),
    column("max_accrued_credits", "", Cell::Positive),
    column("baseline_pct_per_vcpu", "", Cell::Positive),
    column("credit_mode", "", MODES),
    column("maxclients", "", WHOLE),
    column("usd_per_hour_redis_us_east_1", "usd_per_hour", Cell::Number),
    column("usd_per_hour_valkey_us_east_1", "", Cell::Number),
    column("engines", "", Cell::Text),
    column("source", "", Cell::Text),
];

/// Facts of storage that a cost is made of; others would change nothing.
pub(super) const STORAGE_FACTS: &[&str] = &["price storage", "price IOPS", "included IOPS"];

const STORAGE: &[Column] = &[
    column("medium", "", Cell::Words(&["gp2", "gp3", "io1", "io2", "local"])),
    column("scope", "", Cell::Words(&["RDS", "EBS"])),
    column("fact", "", Cell::Words(STORAGE_FACTS)),
    column("value", "", Cell::Number),
    column("unit", "", Cell::Text),
    column("source", "", Cell::Text),
];

impl Sheet {
    pub(super) const fn columns(self) -> &'static [Column] {
        match self {
            Sheet::Ec2 => EC2,
            Sheet::Rds => RDS,
            Sheet::Elasticache => ELASTICACHE,
            Sheet::Storage => STORAGE,
        }
    }

    /// The column of prices; of storage none.
    pub(super) const fn price_column(self) -> Option<&'static str> {
        match self {
            Sheet::Ec2 => Some("usd_per_hour_us_east_1"),
            Sheet::Rds => Some("usd_per_hour_single_az_us_east_1"),
            Sheet::Elasticache => Some("usd_per_hour_redis_us_east_1"),
            Sheet::Storage => None,
        }
    }

    /// Cells that each row must have.
    pub(super) fn needed(self) -> Vec<&'static str> {
        match self.price_column() {
            Some(price) => vec![self.name_column(), "vcpu", "memory_gib", price],
            None => vec!["medium", "fact", "value"],
        }
    }
}

impl Column {
    /// As a user writes it.
    pub(super) const fn written(&self) -> &'static str {
        if self.alias.is_empty() { self.name } else { self.alias }
    }
}

impl Cell {
    /// What a text is, and what is valid; `None` if it may stand here.
    pub(super) fn wrong(self, text: &str) -> Option<(String, String)> {
        let number = || text.parse::<f64>().ok().filter(|number| number.is_finite() && *number <= MOST);
        let (fits, valid) = match self {
            Cell::Text => (true, String::new()),
            Cell::Whole(most) => {
                let fits = text.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number));
                (fits, format!("a whole number from 1 to {most}"))
            }
            Cell::Number => (number().is_some_and(|number| number >= 0.0), "a number of at least 0".to_owned()),
            Cell::Positive => (number().is_some_and(|number| number > 0.0), "a number above 0".to_owned()),
            Cell::Words(words) => {
                let listed: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                (words.contains(&text), listed.join(" or "))
            }
        };
        (!fits).then(|| (quoted(text), valid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_those_of_the_shipped_tables() {
        let shipped = [
            (Sheet::Ec2, super::super::ec2::TABLE),
            (Sheet::Rds, super::super::rds::TABLE),
            (Sheet::Elasticache, super::super::elasticache::TABLE),
            (Sheet::Storage, super::super::storage::TABLE),
        ];
        for (sheet, table) in shipped {
            let header: Vec<String> =
                super::super::reader(table).headers().expect("a header").iter().map(str::to_owned).collect();
            let known: Vec<&str> = sheet.columns().iter().map(|column| column.name).collect();
            let of_users = usize::from(!header.contains(&"source".to_owned()));
            assert_eq!(&known[..known.len() - of_users], header, "{}", sheet.word());
        }
    }
}
