//! A user's own rows: machines of one's own and of other clouds, and reserved prices.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::cells::Column;
use super::{Catalogue, Row, Sheet, ec2, elasticache, instead, rds, reader, storage};
use crate::problem::{Problem, quoted, suggest};

/// Clients that a Redis accepts unless told otherwise (redis.conf, `maxclients`).
const USUAL_CLIENTS: u32 = 10_000;
/// Credits are kept for a day.
const HOURS_KEPT: f64 = 24.0;
const GIB: f64 = super::GIB;
/// More rows are no catalogue.
const MOST_ROWS: usize = 100_000;

/// The catalogue with the rows of a table.
pub(super) fn added(known: &Catalogue, sheet: Sheet, file: &str, text: &str) -> Result<Catalogue, Vec<Problem>> {
    let mut table = Table::of(sheet, file, text)?;
    let mut catalogue = known.clone();
    for (line, cells) in std::mem::take(&mut table.rows) {
        if table.only_prices {
            table.set_price(&mut catalogue, line, &cells);
        } else {
            table.put(&mut catalogue, line, &cells);
        }
    }
    if table.problems.is_empty() { Ok(catalogue) } else { Err(table.problems) }
}

/// A table that has been read, and what is wrong with it.
struct Table<'a> {
    sheet: Sheet,
    file: &'a str,
    /// The shipped names of its columns.
    header: csv::StringRecord,
    columns: Vec<&'static Column>,
    only_prices: bool,
    /// With their lines.
    rows: Vec<(u64, csv::StringRecord)>,
    /// The names of the rows that were looked at.
    seen: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl<'a> Table<'a> {
    fn of(sheet: Sheet, file: &'a str, text: &str) -> Result<Table<'a>, Vec<Problem>> {
        let whole = |what: String| vec![Problem::whole(file, what)];
        let mut reader = reader(text);
        let header = reader.headers().map_err(|error| whole(error.to_string()))?.clone();
        let line = header.position().map_or(1, csv::Position::line);
        let columns = columns(sheet, file, line, &header)?;
        let has = |name: &str| columns.iter().any(|column| column.name == name);
        let price = sheet.price_column().unwrap_or_default();
        let only = [sheet.name_column(), price, "source"];
        let only_prices = has(only[0]) && has(price) && columns.iter().all(|column| only.contains(&column.name));
        let written = |name: &str| {
            let column = sheet.columns().iter().find(|column| column.name == name);
            column.map_or(String::new(), |column| quoted(column.written()))
        };
        let missing: Vec<&str> = sheet.needed().into_iter().filter(|name| !only_prices && !has(name)).collect();
        if !missing.is_empty() {
            let names: Vec<String> = missing.into_iter().map(written).collect();
            let all: Vec<String> = sheet.needed().into_iter().map(written).collect();
            let hint = format!("each row needs {}", all.join(", "));
            return Err(vec![
                Problem::line(file, line, None, format!("no column {}", names.join(", "))).with_hint(hint),
            ]);
        }
        let header = columns.iter().map(|column| column.name).collect();
        let mut table = Table {
            sheet,
            file,
            header,
            columns,
            only_prices,
            rows: Vec::new(),
            seen: BTreeSet::new(),
            problems: Vec::new(),
        };
        for row in reader.records() {
            match row {
                Ok(cells) => {
                    let line = cells.position().map_or(0, csv::Position::line);
                    table.rows.push((line, cells));
                }
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    let what = match error.kind() {
                        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                            format!("{len} cells under {expected_len} columns")
                        }
                        _ => error.to_string(),
                    };
                    table.problems.push(Problem::line(file, line, None, what));
                }
            }
            if table.rows.len() > MOST_ROWS {
                return Err(whole(format!("has more than {MOST_ROWS} rows")));
            }
        }
        if table.rows.is_empty() && table.problems.is_empty() {
            table.problems.extend(whole("has no rows".to_owned()));
        }
        Ok(table)
    }

    fn refuse(&mut self, line: u64, column: Option<&str>, what: String, hint: Option<String>) {
        let place = self.header.iter().position(|known| Some(known) == column).map(|place| place as u64 + 1);
        let problem = Problem::line(self.file, line, place, what);
        self.problems.push(match hint {
            Some(hint) => problem.with_hint(hint),
            None => problem,
        });
    }

    /// The name of a row all of whose cells are what their columns need.
    fn checked(&mut self, line: u64, cells: &csv::StringRecord) -> Option<String> {
        let needed = self.sheet.needed();
        let mut wrong = Vec::new();
        for (column, cell) in self.columns.iter().zip(cells) {
            let written = column.written();
            match column.cell.wrong(cell) {
                _ if cell.is_empty() && !needed.contains(&column.name) => {}
                Some((_, valid)) if cell.is_empty() => {
                    wrong.push((column.name, format!("{written} is left out; {valid} is needed")));
                }
                Some((found, valid)) => wrong.push((column.name, format!("{written} is {found}; {valid} is needed"))),
                None if cell.is_empty() => wrong.push((column.name, format!("{written} is left out"))),
                None => {}
            }
        }
        let right = wrong.is_empty();
        for (column, what) in wrong {
            self.refuse(line, Some(column), what, None);
        }
        let name = Row { header: &self.header, cells }.text(self.sheet.name_column())?.to_owned();
        if right && self.sheet != Sheet::Storage && !self.seen.insert(name.clone()) {
            self.refuse(line, Some(self.sheet.name_column()), format!("{} is there twice", quoted(&name)), None);
        }
        right.then_some(name)
    }

    /// A price for a type that is known.
    fn set_price(&mut self, catalogue: &mut Catalogue, line: u64, cells: &csv::StringRecord) {
        let Some(name) = self.checked(line, cells) else { return };
        let price = Row { header: &self.header, cells }.number::<f64>(self.sheet.price_column().unwrap_or_default());
        let found = match self.sheet {
            Sheet::Ec2 => position(&catalogue.ec2, &name, |one| &one.name)
                .map(|place| catalogue.ec2.to_mut()[place].price = price),
            Sheet::Rds => position(&catalogue.rds, &name, |one| &one.name)
                .map(|place| catalogue.rds.to_mut()[place].price = price),
            Sheet::Elasticache => position(&catalogue.elasticache, &name, |one| &one.name)
                .map(|place| catalogue.elasticache.to_mut()[place].price = price),
            Sheet::Storage => Some(()),
        };
        if found.is_none() {
            let names: Vec<&str> = catalogue.names(self.sheet).collect();
            let hint =
                format!("{}; one that is not known needs vcpu and memory_gib too", instead(&name, names.into_iter()));
            let column = self.sheet.name_column();
            self.refuse(line, Some(column), format!("there is no type {}", quoted(&name)), Some(hint));
        }
    }

    /// A row as it is, in place of one of the same name.
    fn put(&mut self, catalogue: &mut Catalogue, line: u64, cells: &csv::StringRecord) {
        let Some(name) = self.checked(line, cells) else { return };
        let (header, cells) = self.completed(cells);
        let row = Row { header: &header, cells: &cells };
        let done = match self.sheet {
            Sheet::Ec2 => ec2::instance(&row).map(|one| replace(&mut catalogue.ec2, one, |a, b| a.name == b.name)),
            Sheet::Rds => rds::class(&row).map(|one| replace(&mut catalogue.rds, one, |a, b| a.name == b.name)),
            Sheet::Elasticache => {
                elasticache::node(&row).map(|one| replace(&mut catalogue.elasticache, one, |a, b| a.name == b.name))
            }
            Sheet::Storage => storage::fact(&row).map(|one| {
                let same = |a: &storage::Fact, b: &storage::Fact| {
                    (&a.medium, &a.scope, &a.fact) == (&b.medium, &b.scope, &b.fact)
                };
                replace(&mut catalogue.storage, one, same);
            }),
        };
        if done.is_none() {
            self.refuse(line, None, format!("{} cannot be understood", quoted(&name)), None);
        }
    }

    /// A row with what is usual where a cell is left out.
    fn completed(&self, cells: &csv::StringRecord) -> (csv::StringRecord, csv::StringRecord) {
        let row = Row { header: &self.header, cells };
        let memory = row.number::<f64>("memory_gib").unwrap_or_default() * GIB;
        let kept = row.number::<f64>("cpu_credits_per_hour").map(|earned| (earned * HOURS_KEPT).to_string());
        let mode = kept.as_ref().map(|_| "standard".to_owned());
        let usual: Vec<(&str, Option<String>)> = match self.sheet {
            Sheet::Ec2 => vec![("max_accrued_credits", kept), ("credit_mode_default", mode)],
            Sheet::Rds => vec![
                ("max_accrued_credits", kept),
                ("credit_mode", mode),
                ("default_max_connections_nominal", Some(rds::default_connections(memory).to_string())),
            ],
            Sheet::Elasticache => vec![
                ("max_accrued_credits", kept),
                ("credit_mode", mode),
                ("maxmemory_bytes", Some(memory.floor().to_string())),
                ("maxclients", Some(USUAL_CLIENTS.to_string())),
            ],
            Sheet::Storage => Vec::new(),
        };
        let written = self.header.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
        let usual = usual.iter().filter_map(|(name, cell)| Some((*name, cell.as_deref()?)));
        // The first column of a name is the one that counts.
        written.chain(usual).unzip()
    }
}

/// The columns of a table, by its header.
fn columns(
    sheet: Sheet,
    file: &str,
    line: u64,
    header: &csv::StringRecord,
) -> Result<Vec<&'static Column>, Vec<Problem>> {
    let (mut found, mut problems): (Vec<&'static Column>, _) = (Vec::new(), Vec::new());
    for (place, name) in (1..).zip(header) {
        let known = sheet.columns().iter().find(|column| column.name == name || column.alias == name);
        match known.filter(|_| !name.is_empty()) {
            None => {
                let names = sheet.columns().iter().map(Column::written);
                let hint = suggest(name, "column", names);
                problems.push(
                    Problem::line(file, line, Some(place), format!("no column {}", quoted(name))).with_hint(hint),
                );
            }
            Some(column) if found.iter().any(|known| known.name == column.name) => {
                problems.push(Problem::line(file, line, Some(place), format!("{} is there twice", quoted(name))));
            }
            Some(column) => found.push(column),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

fn position<T>(all: &[T], name: &str, of: fn(&T) -> &String) -> Option<usize> {
    all.iter().position(|one| of(one) == name)
}

fn replace<T: Clone>(all: &mut Cow<'static, [T]>, one: T, same: impl Fn(&T, &T) -> bool) {
    let all = all.to_mut();
    match all.iter().position(|known| same(known, &one)) {
        Some(place) => all[place] = one,
        None => all.push(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sheet: Sheet, text: &str) -> Result<Catalogue, Vec<String>> {
        let mut catalogue = Catalogue::default();
        let told = |found: Vec<Problem>| found.iter().map(ToString::to_string).collect::<Vec<_>>();
        catalogue.add(sheet, "own.csv", text).map_err(told)?;
        Ok(catalogue)
    }

    #[test]
    fn a_machine_of_ones_own_needs_four_cells() {
        let text = "# rack 7\nname,vcpu,memory_gib,usd_per_hour,source\nrack-7, 48 ,256,0.9,invoice\n";
        let catalogue = read(Sheet::Ec2, text).expect("a table");
        let own = catalogue.instance("rack-7").expect("a type");
        assert_eq!((own.vcpus, own.memory_bytes, own.price), (48, 256.0 * GIB, Some(0.9)));
        assert_eq!((own.burstable, own.network, own.coremark), (None, None, None));
        assert_eq!(catalogue.ec2.len(), ec2::instances().len() + 1);
        let facts = &catalogue.facts_of("rack-7")[0];
        assert_eq!(facts.sources, ["own.csv", "rack 7"]);

        let class = read(Sheet::Rds, "name,vcpu,memory_gib,usd_per_hour\ndb.own,2,8,0\n").expect("a table");
        // As the shipped class of 8 GiB has it.
        assert_eq!(class.class("db.own").map(|one| (one.max_connections, one.price)), Some((901, Some(0.0))));
        let node = read(Sheet::Elasticache, "name,vcpu,memory_gib,usd_per_hour\nbox,2,1,0.01\n").expect("a table");
        let node = node.node("box").expect("a type");
        assert_eq!((node.maxmemory_bytes, node.max_clients), (1 << 30, 10_000));
    }

    #[test]
    fn a_row_replaces_one_of_its_name_and_a_price_only_the_price() {
        let burst = "name,vcpu,memory_gib,usd_per_hour,cpu_credits_per_hour\nt3.large,2,8,0.05,12\n";
        let own = read(Sheet::Ec2, burst).expect("a table");
        let large = own.instance("t3.large").expect("a type");
        let credits = large.burstable.expect("credits");
        assert_eq!((large.price, credits.most, credits.unlimited, large.coremark), (Some(0.05), 288.0, false, None));
        assert_eq!(own.ec2.len(), ec2::instances().len());

        let reserved = read(Sheet::Ec2, "usd_per_hour,name\n0.05,t3.large\n").expect("a table");
        let shipped = ec2::find("t3.large").expect("a type").clone();
        assert_eq!(reserved.instance("t3.large"), Some(&ec2::Instance { price: Some(0.05), ..shipped }));
        let told = read(Sheet::Elasticache, "name,usd_per_hour\ncache.t3.large,0.1\n").expect_err("no such type");
        assert!(
            told[0].starts_with("own.csv:2:1: there is no type \"cache.t3.large\"; cache.t3 exists as"),
            "{told:?}"
        );
    }

    #[test]
    fn wrong_cells_are_told_with_line_and_column() {
        let text =
            "name,vcpu,memory_gib,usd_per_hour,arch\na,two,8,0.1,\nb,2,,$1,sparc\nb2,2,1,0,\nb2,2,1,0,\n,1,1,1,\n";
        let told = read(Sheet::Ec2, text).expect_err("all wrong");
        assert_eq!(
            told,
            [
                "own.csv:2:2: vcpu is \"two\"; a whole number from 1 to 1000000 is needed",
                "own.csv:3:3: memory_gib is left out; a number above 0 is needed",
                "own.csv:3:4: usd_per_hour is \"$1\"; a number of at least 0 is needed",
                "own.csv:3:5: arch is \"sparc\"; \"x86_64\" or \"arm64\" is needed",
                "own.csv:5:1: \"b2\" is there twice",
                "own.csv:6:1: name is left out",
            ]
        );
        let told = |text: &str| read(Sheet::Rds, text).expect_err("wrong").join("; ");
        assert_eq!(
            told("name,vcpus,vcpu,vcpu\n"),
            "own.csv:1:2: no column \"vcpus\"; did you mean \"vcpu\"?; own.csv:1:4: \"vcpu\" is there twice"
        );
        assert_eq!(
            told("name,vcpu,usd_per_hour\n"),
            "own.csv:1: no column \"memory_gib\"; each row needs \"name\", \"vcpu\", \"memory_gib\", \"usd_per_hour\""
        );
        assert_eq!(told("name,usd_per_hour\n"), "own.csv: has no rows");
        assert_eq!(told("name,usd_per_hour\nx,1,2\n"), "own.csv:2: 3 cells under 2 columns");
    }

    #[test]
    fn prices_of_storage() {
        let own = read(Sheet::Storage, "medium,scope,fact,value\ngp3,RDS,price storage,0.1\ngp3,,price storage,0.05\n");
        let own = own.expect("a table");
        assert_eq!(storage::among(&own.storage, "gp3", "RDS", "price storage"), Some(0.1));
        assert_eq!(storage::among(&own.storage, "gp3", "", "price storage"), Some(0.05));
        assert_eq!(own.storage.len(), storage::facts().len() + 1);
    }
}
