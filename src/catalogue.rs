//! Facts on instance types and on what services report, from tables with their sources in `data/catalogue`; each is read once.
//! A [`Catalogue`] is these and a user's own rows.

mod cells;
pub mod cloudwatch;
pub mod ec2;
pub mod elasticache;
pub mod gives;
mod own;
pub mod rds;
pub mod sheet;
pub mod storage;

use std::borrow::Cow;

use crate::problem::{Problem, suggest};
use ec2::Instance;
use elasticache::CacheNode;
use rds::Class;
pub use sheet::{Sheet, TypeFacts};
use storage::Fact;

/// The tables of types and prices: what is shipped, changed by a user's own rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    pub ec2: Cow<'static, [Instance]>,
    pub rds: Cow<'static, [Class]>,
    pub elasticache: Cow<'static, [CacheNode]>,
    pub storage: Cow<'static, [Fact]>,
    /// The files of own rows, in the order in which they were read: sheet, name and text.
    own: Vec<(Sheet, String, String)>,
}

impl Default for Catalogue {
    /// What is shipped.
    fn default() -> Catalogue {
        Catalogue {
            ec2: Cow::Borrowed(ec2::instances()),
            rds: Cow::Borrowed(rds::classes()),
            elasticache: Cow::Borrowed(elasticache::nodes()),
            storage: Cow::Borrowed(storage::facts()),
            own: Vec::new(),
        }
    }
}

impl Catalogue {
    /// Adds the rows of a user's CSV table. A row replaces one of the same name; in a table of names and prices
    /// alone, only its price. `name` is shown in problems.
    ///
    /// # Errors
    /// All problems of the table, and nothing is added.
    pub fn add(&mut self, sheet: Sheet, name: &str, text: &str) -> Result<(), Vec<Problem>> {
        let added = own::added(self, sheet, name, text)?;
        *self = added;
        self.own.push((sheet, name.to_owned(), text.to_owned()));
        Ok(())
    }

    #[must_use]
    pub fn instance(&self, name: &str) -> Option<&Instance> {
        self.ec2.iter().find(|one| one.name == name)
    }

    #[must_use]
    pub fn class(&self, name: &str) -> Option<&Class> {
        self.rds.iter().find(|one| one.name == name)
    }

    #[must_use]
    pub fn node(&self, name: &str) -> Option<&CacheNode> {
        self.elasticache.iter().find(|one| one.name == name)
    }

    /// The EC2 type of the same name as a class or a node, whose score, network and architecture stand for its own.
    #[must_use]
    pub fn machine(&self, name: &str) -> Option<&Instance> {
        self.instance(name.strip_prefix("db.").or(name.strip_prefix("cache."))?)
    }

    /// The names of the types of a sheet; those of storage are its media.
    pub fn names(&self, sheet: Sheet) -> Box<dyn Iterator<Item = &str> + '_> {
        match sheet {
            Sheet::Ec2 => Box::new(self.ec2.iter().map(|one| one.name.as_str())),
            Sheet::Rds => Box::new(self.rds.iter().map(|one| one.name.as_str())),
            Sheet::Elasticache => Box::new(self.elasticache.iter().map(|one| one.name.as_str())),
            Sheet::Storage => Box::new(self.storage.iter().map(|one| one.medium.as_str())),
        }
    }
}

/// A row of a table, its cells found by the names of columns.
struct Row<'a> {
    header: &'a csv::StringRecord,
    cells: &'a csv::StringRecord,
}

impl Row<'_> {
    /// The cell of a column; `None` if the table has no such column or the cell is empty.
    fn text(&self, column: &str) -> Option<&str> {
        let place = self.header.iter().position(|known| known == column)?;
        self.cells.get(place).map(str::trim).filter(|cell| !cell.is_empty())
    }

    fn number<T: std::str::FromStr>(&self, column: &str) -> Option<T> {
        self.text(column)?.parse().ok()
    }

    /// What is to be had in the long run and for a while, times `unit`; the first if there is no other.
    fn base_and_burst(&self, base: &str, burst: &str, unit: f64) -> Option<(f64, f64)> {
        let base = self.number::<f64>(base)?;
        let burst = self.number::<f64>(burst).unwrap_or(base).max(base);
        Some((base * unit, burst * unit))
    }
}

fn reader(table: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(table.as_bytes())
}

/// The rows of a table that `read` understands, in its order; comments begin with `#`.
fn rows<T>(table: &str, read: impl Fn(&Row) -> Option<T>) -> Vec<T> {
    let mut reader = reader(table);
    let header = reader.headers().cloned().unwrap_or_default();
    reader.records().flatten().filter_map(|cells| read(&Row { header: &header, cells: &cells })).collect()
}

/// CPU credits of a burstable type. One credit is one vCPU at 100 % for a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burstable {
    /// Credits earned per hour by the whole instance, above 0.
    pub per_hour: f64,
    /// Credits that it keeps at most: those of 24 hours.
    pub most: f64,
    /// Whether it goes on at full speed without credits unless told otherwise, and pays for it.
    pub unlimited: bool,
}

impl Burstable {
    /// `None` for a type that is not burstable.
    fn of(row: &Row, mode: &str) -> Option<Burstable> {
        Some(Burstable {
            per_hour: row.number("cpu_credits_per_hour")?,
            most: row.number("max_accrued_credits")?,
            unlimited: row.text(mode)? == "unlimited",
        })
    }
}

/// One GiB.
const GIB: f64 = (1u64 << 30) as f64;
/// One Gbit/s in bytes per second.
const GBIT: f64 = 1e9 / 8.0;

/// A type that has to be in the catalogue is not; what there is instead, for people: the nearest
/// spelling and the types of the same family, or the families.
#[must_use]
pub fn instead<'a>(written: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let family = |name: &str| name.rsplit_once('.').map(|(family, _)| family.to_lowercase());
    let wanted = family(written);
    let same: Vec<&str> = names.clone().filter(|name| wanted.is_some() && family(name) == wanted).collect();
    if !same.is_empty() {
        return format!("{} exists as {}", wanted.unwrap_or_default(), listed(&same));
    }
    let mut families: Vec<String> = names.clone().filter_map(family).collect();
    families.dedup();
    if let (Some(wanted), [_, ..]) = (wanted, &families[..]) {
        let mut near: Vec<(usize, &String)> =
            families.iter().map(|name| (strsim::damerau_levenshtein(&wanted, name), name)).collect();
        near.sort_by_key(|(distance, _)| *distance);
        let near: Vec<&str> = near.iter().take(4).map(|(_, name)| name.as_str()).collect();
        return format!("families with the nearest names: {}", near.join(", "));
    }
    suggest(written, "instance type", names)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
fn rows_in(table: &str) -> usize {
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_does_not_exist_is_told_its_family_or_the_nearest_ones() {
        let names = || ec2::instances().iter().map(|one| one.name.as_str());
        let told = instead("t3.huge", names());
        assert!(
            told.starts_with("t3 exists as \"t3.nano\", \"t3.micro\"") && told.ends_with("\"t3.2xlarge\""),
            "{told}"
        );
        let told = instead("t33.large", names());
        assert!(told.contains("t3"), "{told}");
        let nodes = elasticache::nodes().iter().map(|node| node.name.as_str());
        let told = instead("cache.t3.large", nodes);
        assert_eq!(told, "cache.t3 exists as \"cache.t3.micro\", \"cache.t3.small\", \"cache.t3.medium\"");
    }
}
