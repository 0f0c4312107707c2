//! "What is there to rent?": the types of the catalogue, filtered and sorted.

use serde::{Serialize, Serializer};

use super::cost::HOURS_PER_MONTH;
pub use crate::catalogue::Sheet;
use crate::catalogue::{Burstable, Catalogue, instead};
use crate::problem::Problems;

/// One instance type, whatever its service. What is `None` is not known or means nothing for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TypeRow {
    /// "ec2", "rds", "elasticache".
    pub sheet: &'static str,
    pub name: String,
    pub vcpu: u32,
    pub memory_gib: f64,
    /// Empty: not known.
    pub arch: String,
    /// CoreMark iterations per second of one vCPU, all others at work too.
    pub coremark_per_vcpu: Option<f64>,
    /// Share of each vCPU that the credits it earns pay for, %.
    pub baseline_percent: Option<f64>,
    /// Without credits: "standard" or "unlimited".
    pub credit_mode: Option<&'static str>,
    /// Gbit/s in the long run, and for a while.
    pub network_gbps: Option<[f64; 2]>,
    /// Operations per second of its volumes in the long run, and for a while.
    pub ebs_iops: Option<[f64; 2]>,
    /// GiB for keys under the default parameter group.
    pub usable_gib: Option<f64>,
    /// Connections of a database, or clients of a cache, by default.
    pub max_connections: Option<u32>,
    pub usd_per_hour: Option<f64>,
    /// Of 730 hours.
    pub usd_per_month: Option<f64>,
}

/// One fact on storage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StorageRow {
    pub medium: String,
    pub scope: String,
    pub fact: String,
    pub value: String,
    pub unit: String,
    pub source: String,
}

/// A filter of types. Each is about what is known: a type of which it is not known is left out.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// As of shells: `*` for any text, `?` for one character.
    Pattern(String),
    /// Families, with or without the service: "t3", "db.t3".
    Families(Vec<String>),
    Arch(String),
    MinVcpu(u32),
    MaxVcpu(u32),
    /// Bytes.
    MinMemory(f64),
    /// Dollars per hour.
    MaxPrice(f64),
}

/// By what types are sorted; the catalogue's order stays where they are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Price,
    Vcpu,
    Memory,
    Name,
}

/// What is left of the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing {
    pub types: Vec<TypeRow>,
    pub storage: Vec<StorageRow>,
    /// Why nothing is left, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<String>,
}

/// All that one table says of a type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TypeSheet {
    pub sheet: &'static str,
    pub name: String,
    /// Column and cell, as the table has them; empty ones are left out.
    #[serde(serialize_with = "as_object")]
    pub facts: Vec<(String, String)>,
    /// Where they come from, with dates.
    pub sources: Vec<String>,
}

/// In the table's order.
fn as_object<S: Serializer>(facts: &[(String, String)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(facts.iter().map(|(column, cell)| (column, cell)))
}

/// What is known of the type of this name, in each table that has it.
#[must_use]
pub fn type_sheets(catalogue: &Catalogue, name: &str) -> Vec<TypeSheet> {
    let known = catalogue.facts_of(name).into_iter();
    known
        .map(|one| TypeSheet { sheet: one.sheet.word(), name: one.name, facts: one.facts, sources: one.sources })
        .collect()
}

/// The nearest types to a name that these sheets do not have, for people; `None` if they have it.
#[must_use]
pub fn instead_of(catalogue: &Catalogue, sheets: &[Sheet], name: &str) -> Option<String> {
    let names = || sheets.iter().filter(|sheet| **sheet != Sheet::Storage).flat_map(|sheet| catalogue.names(*sheet));
    if names().any(|known| known == name) {
        return None;
    }
    let names: Vec<&str> = names().collect();
    Some(instead(name, names.iter().copied()))
}

/// What is shipped, with the rows of these files: sheet, name and text.
///
/// # Errors
/// All problems of the files.
pub fn with_own_rows(files: &[(Sheet, String, String)]) -> Result<Catalogue, Problems> {
    let (mut catalogue, mut problems) = (Catalogue::default(), Vec::new());
    for (sheet, name, text) in files {
        problems.extend(catalogue.add(*sheet, name, text).err().into_iter().flatten());
    }
    Problems::of(problems).map_or(Ok(catalogue), Err)
}

/// What is shipped, unfiltered.
#[must_use]
pub fn whole_catalogue() -> Listing {
    listing(&Catalogue::default(), &Sheet::ALL, &[], None)
}

const GIB: f64 = (1u64 << 30) as f64;
const GBIT: f64 = 1e9 / 8.0;

/// The types of these sheets that pass all filters. Storage is listed where nothing is filtered.
#[must_use]
pub fn listing(catalogue: &Catalogue, sheets: &[Sheet], filters: &[Filter], order: Option<Order>) -> Listing {
    let mut types: Vec<TypeRow> = sheets.iter().flat_map(|sheet| types_of(catalogue, *sheet)).collect();
    let mut empty = None;
    for filter in filters {
        let before = types.len();
        types.retain(|row| filter.passes(row));
        if types.is_empty() && before > 0 {
            let those = if before == 1 { "the one type".to_owned() } else { format!("the last {before} types") };
            empty = Some(format!("{} leaves nothing: it removed {those}", filter.words()));
        }
    }
    match order {
        Some(Order::Price) => {
            let price = |row: &TypeRow| row.usd_per_hour.unwrap_or(f64::INFINITY);
            types.sort_by(|a, b| price(a).total_cmp(&price(b)));
        }
        Some(Order::Vcpu) => types.sort_by_key(|row| row.vcpu),
        Some(Order::Memory) => types.sort_by(|a, b| a.memory_gib.total_cmp(&b.memory_gib)),
        Some(Order::Name) => types.sort_by(|a, b| a.name.cmp(&b.name)),
        None => {}
    }
    let storage =
        if filters.is_empty() && sheets.contains(&Sheet::Storage) { storage_of(catalogue) } else { Vec::new() };
    Listing { types, storage, empty }
}

impl Filter {
    fn passes(&self, row: &TypeRow) -> bool {
        match self {
            Filter::Pattern(pattern) => matches(pattern, &row.name),
            Filter::Families(families) => families.iter().any(|one| in_family(&row.name, one)),
            Filter::Arch(arch) => row.arch == *arch,
            Filter::MinVcpu(least) => row.vcpu >= *least,
            Filter::MaxVcpu(most) => row.vcpu <= *most,
            Filter::MinMemory(least) => row.memory_gib * GIB >= *least,
            Filter::MaxPrice(most) => row.usd_per_hour.is_some_and(|price| price <= *most),
        }
    }

    /// As on the command line.
    fn words(&self) -> String {
        match self {
            Filter::Pattern(pattern) => format!("the name {pattern}"),
            Filter::Families(families) => format!("--family {}", families.join(",")),
            Filter::Arch(arch) => format!("--arch {arch}"),
            Filter::MinVcpu(least) => format!("--min-vcpu {least}"),
            Filter::MaxVcpu(most) => format!("--max-vcpu {most}"),
            Filter::MinMemory(least) => format!("--min-memory {}GiB", least / GIB),
            Filter::MaxPrice(most) => format!("--max-price ${most}/h"),
        }
    }
}

/// Whether a type is of a family: "t3" has "t3.large" and "db.t3.large".
#[must_use]
pub fn in_family(name: &str, family: &str) -> bool {
    let own = name.rsplit_once('.').map_or(name, |(own, _)| own);
    own == family || own.strip_prefix("db.").or(own.strip_prefix("cache.")) == Some(family)
}

/// Whether a text is of a pattern: `*` stands for any text, `?` for one character.
fn matches(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Of each beginning of the text whether what was read of the pattern is all of it.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for letter in pattern.chars() {
        let mut next = vec![false; text.len() + 1];
        let mut any = false;
        for at in 0..=text.len() {
            any = any || reached[at];
            next[at] = match letter {
                '*' => any,
                _ => at > 0 && reached[at - 1] && (letter == '?' || letter == text[at - 1]),
            };
        }
        reached = next;
    }
    reached[text.len()]
}

fn types_of(catalogue: &Catalogue, sheet: Sheet) -> Vec<TypeRow> {
    match sheet {
        Sheet::Ec2 => catalogue
            .ec2
            .iter()
            .map(|one| {
                let row = plain(sheet, &one.name, one.vcpus, one.memory_bytes, one.burstable, one.price);
                TypeRow {
                    arch: one.arch.clone(),
                    coremark_per_vcpu: one.core_score(),
                    network_gbps: one.network.map(gigabits),
                    ebs_iops: one.ebs_iops.map(|(base, burst)| [base, burst]),
                    ..row
                }
            })
            .collect(),
        Sheet::Rds => catalogue
            .rds
            .iter()
            .map(|one| {
                let row = plain(sheet, &one.name, one.vcpus, one.memory_bytes, one.burstable, one.price);
                let machine = catalogue.machine(&one.name);
                TypeRow {
                    arch: one.arch.clone(),
                    coremark_per_vcpu: machine.and_then(|machine| machine.core_score()),
                    network_gbps: machine.and_then(|machine| machine.network).map(gigabits),
                    ebs_iops: one.ebs_iops.map(|(base, burst)| [base, burst]),
                    max_connections: Some(one.max_connections),
                    ..row
                }
            })
            .collect(),
        Sheet::Elasticache => catalogue
            .elasticache
            .iter()
            .map(|one| {
                let row = plain(sheet, &one.name, one.vcpus, one.memory_bytes, one.burstable, one.price);
                let machine = catalogue.machine(&one.name);
                TypeRow {
                    arch: machine.map_or(String::new(), |machine| machine.arch.clone()),
                    coremark_per_vcpu: machine.and_then(|machine| machine.core_score()),
                    network_gbps: one.network.map(gigabits),
                    usable_gib: Some(one.usable_bytes() / GIB),
                    max_connections: Some(one.max_clients),
                    ..row
                }
            })
            .collect(),
        Sheet::Storage => Vec::new(),
    }
}

fn gigabits((base, burst): (f64, f64)) -> [f64; 2] {
    [base / GBIT, burst / GBIT]
}

fn plain(
    sheet: Sheet,
    name: &str,
    vcpu: u32,
    memory_bytes: f64,
    burstable: Option<Burstable>,
    price: Option<f64>,
) -> TypeRow {
    TypeRow {
        sheet: sheet.word(),
        name: name.to_owned(),
        vcpu,
        memory_gib: memory_bytes / GIB,
        arch: String::new(),
        coremark_per_vcpu: None,
        // An hour of one core takes 60 credits.
        baseline_percent: burstable.map(|burst| 100.0 * burst.per_hour / 60.0 / f64::from(vcpu)),
        credit_mode: burstable.map(|burst| if burst.unlimited { "unlimited" } else { "standard" }),
        network_gbps: None,
        ebs_iops: None,
        usable_gib: None,
        max_connections: None,
        usd_per_hour: price,
        usd_per_month: price.map(|price| price * HOURS_PER_MONTH),
    }
}

fn storage_of(catalogue: &Catalogue) -> Vec<StorageRow> {
    let row = |fact: &crate::catalogue::storage::Fact| StorageRow {
        medium: fact.medium.clone(),
        scope: fact.scope.clone(),
        fact: fact.fact.clone(),
        value: fact.value.clone(),
        unit: fact.unit.clone(),
        source: fact.source.clone(),
    };
    catalogue.storage.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sheet: Sheet, filters: &[Filter], order: Option<Order>) -> Vec<String> {
        listing(&Catalogue::default(), &[sheet], filters, order).types.into_iter().map(|row| row.name).collect()
    }

    #[test]
    fn patterns_are_those_of_shells() {
        for (pattern, text) in
            [("t3.*", "t3.large"), ("*", ""), ("t?.large", "t3.large"), ("*.*e", "t3.large"), ("a*a", "aa")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("t3.*", "t3a.large"), ("t?.large", "t3a.large"), ("", "x"), ("a*a", "a"), ("?", "")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn filters_and_orders() {
        let t3 = || Filter::Families(vec!["t3".to_owned()]);
        assert_eq!(names(Sheet::Elasticache, &[t3()], None), ["cache.t3.micro", "cache.t3.small", "cache.t3.medium"]);
        assert_eq!(
            names(Sheet::Ec2, &[t3(), Filter::MinMemory(8.0 * GIB), Filter::MaxPrice(0.17)], Some(Order::Price)),
            ["t3.large", "t3.xlarge"]
        );
        assert_eq!(names(Sheet::Ec2, &[t3(), Filter::MinVcpu(3), Filter::MaxVcpu(4)], None), ["t3.xlarge"]);
        let arm = names(
            Sheet::Rds,
            &[Filter::Arch("arm64".to_owned()), Filter::Pattern("db.t*".to_owned())],
            Some(Order::Name),
        );
        assert!(arm.iter().all(|name| name.starts_with("db.t4g.")) && arm.is_sorted() && !arm.is_empty(), "{arm:?}");
        let all = listing(&Catalogue::default(), &Sheet::ALL, &[], None);
        assert_eq!(all.types.len(), 471 + 128 + 94);
    }

    #[test]
    fn a_type_has_the_figures_of_its_table() {
        let large = listing(&Catalogue::default(), &[Sheet::Ec2], &[Filter::Pattern("t3.large".to_owned())], None);
        let row = &large.types[0];
        assert_eq!(
            (row.vcpu, row.memory_gib, row.baseline_percent, row.credit_mode),
            (2, 8.0, Some(30.0), Some("unlimited"))
        );
        assert_eq!(
            (row.coremark_per_vcpu, row.usd_per_hour, row.usd_per_month),
            (Some(13_646.3), Some(0.0832), Some(0.0832 * 730.0))
        );
        assert_eq!((row.network_gbps, row.ebs_iops), (Some([0.512, 5.0]), Some([4000.0, 15_700.0])));
    }

    #[test]
    fn the_filter_that_left_nothing_is_named() {
        let filters = [Filter::MinVcpu(64), Filter::MaxPrice(0.01), Filter::MaxVcpu(2)];
        let none = listing(&Catalogue::default(), &[Sheet::Ec2], &filters, None);
        assert!(none.types.is_empty());
        let why = none.empty.expect("a reason");
        assert!(why.starts_with("--max-price $0.01/h leaves nothing: it removed the last "), "{why}");
    }
}
