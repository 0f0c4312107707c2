//! Facts on volumes: EBS, and storage of RDS.

use std::sync::OnceLock;

use super::{Row, rows};

/// The table with its sources, in its comments.
pub(super) const TABLE: &str = include_str!("../../data/catalogue/storage.csv");

/// One fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// "gp3".
    pub medium: String,
    /// "EBS volume", "RDS PostgreSQL", …
    pub scope: String,
    /// What it is, in words.
    pub fact: String,
    /// A number, a range or several numbers, in `unit`.
    pub value: String,
    pub unit: String,
    /// Which of the sources in the table's comments.
    pub source: String,
}

/// All facts of the catalogue, in its order.
pub fn facts() -> &'static [Fact] {
    static ALL: OnceLock<Vec<Fact>> = OnceLock::new();
    ALL.get_or_init(|| rows(TABLE, fact))
}

/// The number of a fact; `None` if there is no such fact or it is more than one number.
#[must_use]
pub fn number(medium: &str, scope: &str, what: &str) -> Option<f64> {
    among(facts(), medium, scope, what)
}

/// The same of other facts.
#[must_use]
pub fn among(facts: &[Fact], medium: &str, scope: &str, what: &str) -> Option<f64> {
    let found = facts.iter().find(|fact| fact.medium == medium && fact.scope == scope && fact.fact == what)?;
    found.value.parse().ok()
}

pub(super) fn fact(row: &Row) -> Option<Fact> {
    let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
    Some(Fact {
        medium: row.text("medium")?.to_owned(),
        scope: text("scope"),
        fact: row.text("fact")?.to_owned(),
        value: text("value"),
        unit: text("unit"),
        source: text("source"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(facts().len(), super::super::rows_in(TABLE));
        assert_eq!(number("gp2", "EBS volume", "baseline IOPS per GiB"), Some(3.0));
        assert!(facts().iter().all(|fact| !fact.source.is_empty()), "a fact without a source");
    }
}
