//! The tables of the catalogue as people see them: their names, and all that they say of one type.

use super::{Catalogue, ec2, elasticache, rds, reader, storage};

/// A table of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    Ec2,
    Rds,
    Elasticache,
    Storage,
}

impl Sheet {
    pub const ALL: [Sheet; 4] = [Sheet::Ec2, Sheet::Rds, Sheet::Elasticache, Sheet::Storage];

    /// As it is written: "ec2".
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Sheet::Ec2 => "ec2",
            Sheet::Rds => "rds",
            Sheet::Elasticache => "elasticache",
            Sheet::Storage => "storage",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Sheet> {
        Sheet::ALL.into_iter().find(|sheet| sheet.word() == word)
    }

    /// The column of the names of its rows.
    #[must_use]
    pub const fn name_column(self) -> &'static str {
        match self {
            Sheet::Ec2 => "instance_type",
            Sheet::Rds => "db_class",
            Sheet::Elasticache => "node_type",
            Sheet::Storage => "medium",
        }
    }

    const fn table(self) -> &'static str {
        match self {
            Sheet::Ec2 => ec2::TABLE,
            Sheet::Rds => rds::TABLE,
            Sheet::Elasticache => elasticache::TABLE,
            Sheet::Storage => storage::TABLE,
        }
    }
}

/// All that a table says of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeFacts {
    pub sheet: Sheet,
    pub name: String,
    /// Column and cell; empty cells are left out.
    pub facts: Vec<(String, String)>,
    /// Where the numbers come from, with dates: the comments of the table; of own rows, and their file.
    pub sources: Vec<String>,
}

impl Catalogue {
    /// What is known of the type of this name, in each table that has it: the shipped one, then own ones.
    #[must_use]
    pub fn facts_of(&self, name: &str) -> Vec<TypeFacts> {
        let shipped = Sheet::ALL.into_iter().filter(|sheet| *sheet != Sheet::Storage);
        let shipped = shipped.map(|sheet| (sheet, None, sheet.table()));
        let own = self.own.iter().map(|(sheet, file, text)| (*sheet, Some(file.as_str()), text.as_str()));
        shipped.chain(own).filter_map(|(sheet, file, text)| facts_in(sheet, file, text, name)).collect()
    }
}

fn facts_in(sheet: Sheet, file: Option<&str>, text: &str, name: &str) -> Option<TypeFacts> {
    let mut reader = reader(text);
    let header = reader.headers().ok()?.clone();
    let named = |column: &str| column == sheet.name_column() || column == "name";
    let place = header.iter().position(named)?;
    let row = reader.records().flatten().find(|row| row.get(place) == Some(name))?;
    let facts = header.iter().zip(row.iter()).filter(|(column, cell)| !named(column) && !cell.is_empty());
    let comments = text.lines().filter_map(|line| line.strip_prefix('#')).map(|line| line.trim().to_owned());
    Some(TypeFacts {
        sheet,
        name: name.to_owned(),
        facts: facts.map(|(column, cell)| (column.to_owned(), cell.to_owned())).collect(),
        sources: file.map(str::to_owned).into_iter().chain(comments).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_facts_of_a_type_with_their_sources() {
        let found = Catalogue::default().facts_of("t3.large");
        let [only] = &found[..] else { panic!("{found:?}") };
        let fact = |column: &str| only.facts.iter().find(|(known, _)| known == column).map(|(_, cell)| cell.as_str());
        assert_eq!((only.sheet, fact("vcpu"), fact("usd_per_hour_us_east_1")), (Sheet::Ec2, Some("2"), Some("0.0832")));
        assert!(only.sources[0].contains("Compiled 20"), "{:?}", only.sources);
        assert_eq!(Catalogue::default().facts_of("cache.t3.large"), []);
    }
}
