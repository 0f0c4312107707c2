//! What a system costs: a table by part, and what the total leaves out.

use super::document::{Document, NoteKind};
use super::number::dollars;
use super::table::{Cell, Column, Table, Tone};
use crate::study::cost::{Cost, Part, SurplusCost};

/// The part of a page on the cost; nothing if there is none.
pub fn cost_section(page: &mut Document, cost: Option<&Cost>) {
    let Some(cost) = cost else { return };
    page.heading(2, "Cost");
    page.table(table(cost));
    scaling(page, cost);
    for surplus in &cost.surplus_credits {
        page.note(NoteKind::Warning, surplus_words(surplus));
    }
}

/// What tiers that scale cost with the most instances that they may have.
pub fn scaling(page: &mut Document, cost: &Cost) {
    let grows = |line: &&crate::study::cost::CostLine| line.most.is_some_and(|most| most != line.count);
    for line in cost.lines.iter().filter(grows) {
        let (at_first, most) = (line.count, line.most.unwrap_or(line.count));
        let at_most = line.usd_per_month / f64::from(at_first) * f64::from(most);
        let text =
            format!("{} scales: {at_first} at first; {most}, the most, cost {} per month", line.name, dollars(at_most));
        page.note(NoteKind::Aside, text);
    }
}

/// What instances in unlimited mode owe after a test.
pub fn surplus_words(surplus: &SurplusCost) -> String {
    format!(
        "CPU credits beyond those earned by {}: {} per hour of this test, {} per month if its load lasted all month; not in \
         the total",
        surplus.name,
        dollars(surplus.usd_per_hour_of_test),
        dollars(surplus.usd_per_month),
    )
}

/// Parts with their prices, those without, and the sum.
pub fn table(cost: &Cost) -> Table {
    let columns = vec![
        Column::words("part"),
        Column::words("type"),
        Column::numbers("how many"),
        Column::numbers("per hour"),
        Column::numbers("per month"),
    ];
    let mut table = Table::new("", columns);
    for line in &cost.lines {
        table.rows.push(vec![
            Cell::plain(named(line.part, &line.name)),
            Cell::plain(&line.r#type),
            Cell::plain(line.count.to_string()),
            Cell::plain(dollars(line.usd_per_hour)),
            Cell::plain(dollars(line.usd_per_month)),
        ]);
    }
    for one in &cost.unknown {
        table.rows.push(vec![
            Cell::plain(named(one.part, &one.name)),
            Cell::dim(&one.why),
            Cell::plain(one.count.to_string()),
            Cell::new("unknown", Tone::Warn),
            Cell::new("unknown", Tone::Warn),
        ]);
    }
    let total = if cost.unknown.is_empty() { "in all" } else { "in all, without what is unknown" };
    let cells = [total, "", "", &dollars(cost.usd_per_hour), &dollars(cost.usd_per_month)];
    table.rows.push(cells.map(|text| Cell::new(text, Tone::Strong)).into());
    table
}

/// "tier app", "replicas of main".
fn named(part: Part, name: &str) -> String {
    match part {
        Part::Host => format!("host {name}"),
        Part::Tier => format!("tier {name}"),
        Part::Database => format!("database {name}"),
        Part::Replica => format!("replicas of {name}"),
        Part::Cache => format!("cache {name}"),
        Part::Storage => format!("storage of {name}"),
        Part::Iops => format!("IOPS of {name}"),
    }
}
