//! What the system costs, how much more load it can take, and what to buy.

use super::as_it_is;
use crate::present::cost_table;
use crate::present::document::{Document, NoteKind};
use crate::present::number::{self, dollars, relative, with_unit};
use crate::present::recommend_page::{systems, tests};
use crate::present::recommend_words::{change_words, sentences};
use crate::present::table::{Cell, Column, Table, Tone};
use crate::study::capacity::Load;
use crate::study::cost::Cost;
use crate::study::report::{LoadTestReport, ReportedTest};

/// What the system costs per month, as it is and after each change, where prices are known.
fn totals(report: &LoadTestReport) -> Vec<String> {
    let costs = report.tests.first().into_iter().flat_map(|test| report.changes.iter().zip(&test.predictions));
    let known = costs.filter_map(|(change, p)| Some((change, p.cost.as_ref().filter(|cost| !cost.lines.is_empty())?)));
    known
        .map(|(change, cost)| {
            let system = if change.is_empty() { "as it is".to_owned() } else { format!("with {change}") };
            let unknown: Vec<&str> = cost.unknown.iter().map(|part| part.name.as_str()).collect();
            let without = match unknown.as_slice() {
                [] => String::new(),
                names => format!(", without {}, of which no price is known", names.join(", ")),
            };
            format!("{system}: {} per month{without}", dollars(cost.usd_per_month))
        })
        .collect()
}

/// Within section 1: each part of the system as it is with its price, and the sums.
pub fn costs(page: &mut Document, report: &LoadTestReport) {
    let totals = totals(report);
    let cost = |test: &ReportedTest| -> Option<Cost> { as_it_is(test)?.cost.clone() };
    let Some(today) = report.tests.first().and_then(cost).filter(|_| !totals.is_empty()) else { return };
    page.heading(3, "Cost");
    page.table(cost_table::table(&today));
    cost_table::scaling(page, &today);
    page.bullets(totals);
    for test in &report.tests {
        for surplus in cost(test).iter().flat_map(|cost| &cost.surplus_credits) {
            page.note(NoteKind::Warning, format!("{}: {}", test.test, cost_table::surplus_words(surplus)));
        }
    }
}

/// Within the summary: cost, headroom, and what to buy, a line for each.
pub fn summary_lines(report: &LoadTestReport) -> Vec<String> {
    let cost = totals(report).into_iter().next().map(|total| format!("cost {total}"));
    let known = report.tests.iter().filter_map(|test| Some((test, test.headroom.as_ref()?)));
    let least = known.min_by(|a, b| a.1.load.factor.total_cmp(&b.1.load.factor));
    let room = least.map(|(test, bound)| {
        format!(
            "least room by means: {} uses up {} at {} times its load",
            test.test,
            bound.resource,
            number::plain(bound.load.factor)
        )
    });
    let buy = report.recommendation.as_ref().and_then(|answer| sentences(answer).into_iter().next());
    cost.into_iter().chain(room).chain(buy.map(|first| format!("what to buy: {first}"))).collect()
}

/// Within section 4: the load at which what limits each test has nothing left.
pub fn headroom(page: &mut Document, report: &LoadTestReport, file: &str) {
    page.heading(3, "4.3 Capacity headroom");
    let names = [
        Column::words("test"),
        Column::words("what limits"),
        Column::numbers("passes at most"),
        Column::numbers("used up at"),
        Column::numbers("room"),
    ];
    let mut table = Table::new("", names.into());
    for (test, bound) in report.tests.iter().filter_map(|test| Some((test, test.headroom.as_ref()?))) {
        let room = bound.load.factor - 1.0;
        let tone = if room < 0.0 { Tone::Bad } else { Tone::Plain };
        table.rows.push(vec![
            Cell::new(&test.test, Tone::Strong),
            Cell::plain(&bound.resource),
            Cell::plain(with_unit(bound.per_s, "1/s")),
            Cell::plain(load(&bound.load)),
            Cell::new(relative(room), tone),
        ]);
    }
    if table.rows.is_empty() {
        page.paragraph("Nothing limits any of the tests by means, or none has a load that could be more.");
        return;
    }
    page.table(table);
    page.note(
        NoteKind::Aside,
        format!(
            "By means alone, uncertain numbers in the middle of their ranges: more cannot pass in the long run. Objectives \
             break at less, by simulation: plimsoll capacity {file} --test NAME."
        ),
    );
}

/// "500 users", "40 /s".
fn load(load: &Load) -> String {
    let users = load.users.map(|users| format!("{} users", number::plain(users)));
    let rate = load.rate.map(|rate| format!("{} iterations", with_unit(rate, "1/s")));
    users.into_iter().chain(rate).collect::<Vec<_>>().join(", ")
}

/// Within section 5: the answer of a search, or how to get it.
pub fn what_to_buy(page: &mut Document, report: &LoadTestReport, file: &str) {
    page.heading(3, "5.4 What to buy");
    let Some(answer) = &report.recommendation else {
        page.paragraph(format!("Not searched for: --recommend adds it, and plimsoll recommend {file} tells it alone."));
        return;
    };
    page.bullets(sentences(answer));
    page.table(systems(answer));
    page.table(tests(answer));
    page.bullets(answer.changes.iter().map(change_words).collect());
}
