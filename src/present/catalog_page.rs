//! The catalogue as pages and as tables for other programs.

use super::document::{Document, NoteKind};
use super::number::{ABSENT, dollars, machine, plain};
use super::table::{Cell, Column, Table};
use crate::study::catalog::{Listing, TypeRow, TypeSheet};

type CellOf = fn(&TypeRow) -> String;

/// Cells of "memory" and the like are in the unit of their column.
const COLUMNS: &[(&str, CellOf)] = &[
    ("vCPU", |row| row.vcpu.to_string()),
    ("GiB", |row| plain(row.memory_gib)),
    ("usable", |row| known(row.usable_gib)),
    ("speed", |row| known(row.coremark_per_vcpu.map(|score| score / 1000.0))),
    ("baseline", |row| match (row.baseline_percent, row.credit_mode) {
        (Some(percent), Some(mode)) => {
            format!("{} % {}", plain(percent), if mode == "unlimited" { "unl" } else { "std" })
        }
        _ => ABSENT.to_owned(),
    }),
    ("conns", |row| row.max_connections.map_or(ABSENT.to_owned(), |most| most.to_string())),
    ("Gbit/s", |row| span(row.network_gbps)),
    ("EBS IOPS", |row| span(row.ebs_iops.map(|iops| iops.map(|iops| iops / 1000.0)))),
    ("$/h", |row| row.usd_per_hour.map_or(ABSENT.to_owned(), |price| price.to_string())),
    ("$/month", |row| row.usd_per_month.map_or(ABSENT.to_owned(), |price| dollars(price).replacen('$', "", 1))),
];

/// The types and facts that are left, by service.
#[must_use]
pub fn catalog_page(listing: &Listing) -> Document {
    let mut page = Document::default();
    page.heading(1, "Catalogue");
    for (sheet, title) in [
        ("ec2", "EC2: types for tiers and hosts"),
        ("rds", "RDS for PostgreSQL: classes for databases, in one zone"),
        ("elasticache", "ElastiCache: node types for caches"),
    ] {
        let rows: Vec<&TypeRow> = listing.types.iter().filter(|row| row.sheet == sheet).collect();
        if !rows.is_empty() {
            page.heading(2, title);
            page.table(types(&rows));
        }
    }
    if !listing.storage.is_empty() {
        page.heading(2, "Storage");
        page.table(storage(listing));
    }
    match &listing.empty {
        Some(why) => page.paragraph(why),
        None if listing.types.is_empty() => {}
        None => page.note(
            NoteKind::Aside,
            "us-east-1, on demand, a month of 730 hours · speed: thousand CoreMark iterations per second of one vCPU · \
             baseline: share of each vCPU that CPU credits pay for; std: slowed down to it without them, unl: goes on and pays · \
             conns: connections or clients by default · a..b: in the long run, and for a while · EBS IOPS in thousands · of \
             RDS, speed and network are those of the EC2 type of the same name · sources and dates with --show TYPE",
        ),
    }
    page
}

fn types(rows: &[&TypeRow]) -> Table {
    let columns = std::iter::once(Column::words("type")).chain(COLUMNS.iter().map(|(name, _)| Column::numbers(name)));
    let mut table = Table::new("", columns.collect());
    for row in rows {
        let cells = COLUMNS.iter().map(|(_, cell)| Cell::plain(cell(row)));
        table.rows.push(std::iter::once(Cell::plain(&row.name)).chain(cells).collect());
    }
    table.drop_absent();
    table
}

fn storage(listing: &Listing) -> Table {
    let names = ["medium", "scope", "fact", "value", "unit", "source"];
    let mut table = Table::new("", names.map(Column::words).into());
    for row in &listing.storage {
        let cells = [&row.medium, &row.scope, &row.fact, &row.value, &row.unit, &row.source];
        table.rows.push(cells.map(Cell::plain).into());
    }
    table
}

/// One line per type, with raw numbers; facts on storage where there are no types.
#[must_use]
pub fn catalog_table(listing: &Listing) -> Table {
    if listing.types.is_empty() && !listing.storage.is_empty() {
        return storage(listing);
    }
    let names = [
        "sheet",
        "name",
        "vcpu",
        "memory_gib",
        "arch",
        "coremark_per_vcpu",
        "baseline_percent",
        "credit_mode",
        "network_gbps",
        "network_burst_gbps",
        "ebs_iops",
        "ebs_burst_iops",
        "usable_gib",
        "max_connections",
        "usd_per_hour",
        "usd_per_month",
    ];
    let mut table = Table::new("", names.map(Column::words).into());
    let raw = |number: Option<f64>| number.map_or(String::new(), |number| machine(number).to_string());
    for row in &listing.types {
        let pair = |pair: Option<[f64; 2]>| [raw(pair.map(|pair| pair[0])), raw(pair.map(|pair| pair[1]))];
        let ([network, network_burst], [iops, iops_burst]) = (pair(row.network_gbps), pair(row.ebs_iops));
        let cells = [
            row.sheet.to_owned(),
            row.name.clone(),
            row.vcpu.to_string(),
            raw(Some(row.memory_gib)),
            row.arch.clone(),
            raw(row.coremark_per_vcpu),
            raw(row.baseline_percent),
            row.credit_mode.unwrap_or_default().to_owned(),
            network,
            network_burst,
            iops,
            iops_burst,
            raw(row.usable_gib),
            row.max_connections.map_or(String::new(), |most| most.to_string()),
            raw(row.usd_per_hour),
            raw(row.usd_per_month),
        ];
        table.rows.push(cells.map(Cell::plain).into());
    }
    table
}

/// All facts of one type: its column and cell in each table that has it, and the table's sources.
#[must_use]
pub fn type_page(found: &[TypeSheet]) -> Document {
    let mut page = Document::default();
    for one in found {
        page.heading(1, format!("{} ({})", one.name, one.sheet));
        let mut table = Table::new("", vec![Column::words("fact"), Column::words("value")]);
        let rows = one.facts.iter().map(|(column, cell)| vec![Cell::plain(column), Cell::plain(cell)]);
        table.rows.extend(rows);
        page.table(table);
        page.heading(2, "Sources");
        page.bullets(one.sources.clone());
    }
    page
}

/// The same, one fact per line.
#[must_use]
pub fn type_table(found: &[TypeSheet]) -> Table {
    let mut table = Table::new("", ["sheet", "name", "fact", "value"].map(Column::words).into());
    for one in found {
        for (column, cell) in &one.facts {
            table.rows.push([one.sheet, one.name.as_str(), column, cell].map(Cell::plain).into());
        }
    }
    table
}

fn known(number: Option<f64>) -> String {
    number.map_or(ABSENT.to_owned(), plain)
}

fn span(pair: Option<[f64; 2]>) -> String {
    match pair {
        None => ABSENT.to_owned(),
        Some([base, burst]) if base < burst => format!("{}..{}", plain(base), plain(burst)),
        Some([base, _]) => plain(base),
    }
}

#[cfg(test)]
mod tests {
    use super::super::wrap::width;
    use super::*;
    use crate::study::catalog::whole_catalogue;

    #[test]
    fn the_whole_catalogue_fits_a_terminal_without_a_broken_number() {
        let text = catalog_page(&whole_catalogue()).to_text(100, false);
        for line in text.lines() {
            assert!(width(line) <= 100, "{line}");
        }
        // Each type has one line of its own, with the price at its end.
        let line =
            |name: &str| text.lines().find(|line| line.trim_start().starts_with(&format!("{name} "))).expect(name);
        for (name, end) in [("t3.large", "60.74"), ("db.t3.large", "105.85"), ("cache.t3.medium", "49.64")] {
            assert!(line(name).ends_with(end), "{}", line(name));
        }
    }
}
