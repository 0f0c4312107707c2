//! Comparisons: objectives before and after, then what certainly differs, then how to repeat it.

use super::detail::Detail;
use super::document::{Document, NoteKind};
use super::number::{self, ABSENT, Scale, dollars, machine, relative, share};
use super::table::{Cell, Column, Table, Tone};
use super::verdicts::status_word;
use crate::study::compare::{Change, Comparison, CostChange, Difference, TestComparison};
use crate::study::prediction::Status;

/// Statistics of a compact page.
const SHOWN: [&str; 8] = ["avg", "p50", "p95", "p99", "rate", "start", "end", "value"];
/// Rows of a part of a compact page at most.
const MOST_ROWS: usize = 15;

/// A part of the page: its heading, and which figures are of it.
type Part = (&'static str, fn(&Difference) -> bool);

const PARTS: [Part; 4] = [
    ("Requests and endpoints", |d| d.key.from_s.is_none() && is_request(d)),
    ("Errors by cause", |d| d.key.from_s.is_none() && is_error(d)),
    ("Everything else", |d| d.key.from_s.is_none() && !is_request(d) && !is_error(d)),
    ("By stage", |d| d.key.from_s.is_some()),
];

fn is_request(d: &Difference) -> bool {
    d.key.metric.starts_with("http_req") || d.key.metric.contains("iterations")
}

fn is_error(d: &Difference) -> bool {
    d.key.metric == "errors"
}

/// The word for a change, as in JSON.
#[must_use]
pub fn change_word(change: Change) -> &'static str {
    match change {
        Change::Better => "better",
        Change::Worse => "worse",
        Change::More => "more",
        Change::Less => "less",
        Change::Unsure => "unsure",
        Change::None => "none",
    }
}

/// The page.
#[must_use]
pub fn compare_page(comparison: &Comparison, detail: Detail) -> Document {
    let mut page = Document::default();
    page.heading(1, format!("{} → {}", comparison.a, comparison.b));
    let how = match comparison.paired {
        true => "second less first, means over replications with the same luck, and their 95 % confidence intervals",
        false => {
            "second less first; recordings have an interval only where both rows have a range, and nothing else is certain"
        }
    };
    page.note(NoteKind::Aside, how);
    if comparison.interrupted {
        let missing = match comparison.missing.as_slice() {
            [] => "not all replications were done".to_owned(),
            missing => format!("nothing is there of {}", missing.join(", ")),
        };
        page.note(NoteKind::Warning, format!("interrupted: {missing}"));
    }
    for test in &comparison.tests {
        if !test.test.is_empty() {
            page.heading(2, format!("Test {}", test.test));
        }
        of_test(&mut page, comparison, test, detail);
    }
    if let (Some(seed), Some(replications)) = (comparison.seed, comparison.replications) {
        page.heading(2, "To repeat");
        let version = env!("CARGO_PKG_VERSION");
        let replications = number::counted(replications, "replication");
        let text = format!(
            "{} and {}, seed {seed}, {replications} of each test, plimsoll {version}",
            comparison.a, comparison.b
        );
        page.note(NoteKind::Aside, text);
    }
    page
}

fn of_test(page: &mut Document, comparison: &Comparison, test: &TestComparison, detail: Detail) {
    page.table(verdicts(test));
    if comparison.interrupted
        && let Some(replications) = test.replications
    {
        page.note(NoteKind::Warning, format!("{} of both were done", number::counted(replications, "replication")));
    }
    if let Some(cost) = &test.cost {
        page.bullets(vec![cost_words(cost)]);
    }
    if test.is_same() {
        page.paragraph("Nothing differs: every figure is the same in every replication.");
        return;
    }
    let count = |wanted: Change| test.differences.iter().filter(|d| d.change == wanted).count();
    let counts = [Change::Better, Change::Worse, Change::More, Change::Less, Change::Unsure, Change::None];
    let words = ["better", "worse", "more", "less", "not certain", "the same"];
    let counts: Vec<String> = counts
        .iter()
        .zip(words)
        .map(|(change, word)| format!("{} {word}", number::plain(count(*change) as f64)))
        .collect();
    let mut bullets = vec![format!("{}: {}.", number::counted(test.differences.len(), "figure"), counts.join(", "))];
    if test.a_limits != test.b_limits {
        let name = |limits: &str| if limits.is_empty() { "nothing".to_owned() } else { limits.to_owned() };
        bullets.push(format!("What limits first was {} and is {}.", name(&test.a_limits), name(&test.b_limits)));
    }
    for (only, of) in [(&test.only_a, &comparison.a), (&test.only_b, &comparison.b)] {
        if !only.is_empty() {
            bullets.push(format!("Only in {of}, whatever the statistic or span: {}.", only.join(", ")));
        }
    }
    page.bullets(bullets);
    if comparison.paired && test.differences.iter().any(|d| d.change != Change::None) {
        page.note(NoteKind::Aside, "of figures that chance alone moves, 1 in 20 looks certain");
    }
    for (heading, wanted) in PARTS {
        part(page, heading, test.differences.iter().filter(|d| wanted(d)), comparison.paired, detail);
    }
}

fn cost_words(cost: &CostChange) -> String {
    let apart = match cost.difference {
        0.0 => "the same".to_owned(),
        more if more > 0.0 => format!("{} more", dollars(more)),
        less => format!("{} less", dollars(-less)),
    };
    let (a, b) = (dollars(cost.a_usd_per_month), dollars(cost.b_usd_per_month));
    let without =
        if cost.unknown.is_empty() { String::new() } else { format!(", without {}", cost.unknown.join("; ")) };
    format!("Cost per month: {a} and {b}, {apart}{without}.")
}

fn verdicts(test: &TestComparison) -> Table {
    let columns = [Column::words("objective"), Column::words("first"), Column::words("second")];
    let mut table = Table::new("", columns.into());
    for v in &test.verdicts {
        let cell = |status: Option<Status>, probability: f64| {
            let Some(status) = status else { return Cell::dim("not asked for") };
            let tone = match status {
                Status::Pass => Tone::Good,
                Status::Marginal => Tone::Warn,
                Status::Fail => Tone::Bad,
            };
            Cell::new(format!("{} {}", status_word(status), share(probability)), tone)
        };
        table.rows.push(vec![
            Cell::plain(&v.slo),
            cell(v.a_status, v.a_probability),
            cell(v.b_status, v.b_probability),
        ]);
    }
    table
}

/// What differs for certain, the largest share first; with all details every row in its own order.
fn part<'d>(
    page: &mut Document,
    heading: &str,
    all: impl Iterator<Item = &'d Difference>,
    paired: bool,
    detail: Detail,
) {
    let certain = |d: &&Difference| match d.change {
        Change::None => false,
        Change::Unsure => !paired,
        _ => true,
    };
    let main = |d: &&Difference| match d.key.metric.as_str() {
        // Of stages only what is said of all requests.
        _ if d.key.from_s.is_some() && !d.key.scope.is_empty() => false,
        "http_req_duration" | "http_reqs" | "http_req_failed" => true,
        metric => d.key.from_s.is_none() && !metric.starts_with("http_req_duration{") && metric != "iterations",
    };
    let shown = |d: &&Difference| certain(d) && main(d) && SHOWN.contains(&d.key.stat.as_str());
    let mut rows: Vec<&Difference> = all.filter(|d| detail == Detail::Full || shown(d)).collect();
    if detail == Detail::Compact {
        let size = |d: &Difference| if d.relative.is_nan() { 0.0 } else { d.relative.abs() };
        rows.sort_by(|a, b| size(b).total_cmp(&size(a)));
    }
    let left = if detail == Detail::Full { 0 } else { rows.len().saturating_sub(MOST_ROWS) };
    rows.truncate(rows.len() - left);
    if rows.is_empty() {
        return;
    }
    page.heading(3, heading);
    let names = ["figure", "first", "second", "difference", "share"];
    let columns = names.map(|name| if name == "figure" { Column::words(name) } else { Column::numbers(name) });
    let mut table = Table::new("", columns.into_iter().chain([Column::words("")]).collect());
    for d in rows {
        table.rows.push(row(d));
    }
    page.table(table);
    if left > 0 {
        page.note(NoteKind::Aside, format!("{left} more with --full or in --format csv"));
    }
}

fn row(d: &Difference) -> Vec<Cell> {
    let scale = Scale::of(d.unit, d.a.abs().max(d.b.abs()));
    // Of shares the difference is in points.
    let apart = if d.unit == "%" { Scale::of("pt", d.difference) } else { scale.clone() };
    let span = number::span(d.key.from_s, d.key.to_s);
    let words = [d.key.metric.as_str(), d.key.scope.as_str(), d.key.stat.as_str(), span.as_str()];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let tone = match d.change {
        Change::Better => Tone::Good,
        Change::Worse => Tone::Bad,
        Change::More | Change::Less => Tone::Plain,
        Change::Unsure | Change::None => Tone::Dim,
    };
    let word = match d.change {
        Change::Unsure => "not certain",
        Change::None => "the same",
        change => change_word(change),
    };
    let share = if d.relative.is_finite() { relative(d.relative) } else { ABSENT.to_owned() };
    vec![
        Cell::plain(words.join(" ")),
        Cell::plain(scale.text(d.a)),
        Cell::plain(scale.text(d.b)),
        Cell::new(apart.interval(d.difference, d.low, d.high), tone),
        Cell::plain(share),
        Cell::new(word, tone),
    ]
}

/// One line for each figure, then for each objective, for other programs.
#[must_use]
pub fn compare_table(comparison: &Comparison) -> Table {
    let names = "test,metric,scope,stat,from_s,to_s,a,b,difference,low,high,relative,unit,change,slo,a_status,b_status,\
                 a_probability,b_probability";
    let mut table = Table::new("", names.split(',').map(Column::words).collect());
    let number = |value: f64| Cell::plain(if value.is_finite() { machine(value).to_string() } else { String::new() });
    let empty = |count: usize| std::iter::repeat_n(Cell::plain(""), count);
    for test in &comparison.tests {
        for d in &test.differences {
            let key = [&test.test, &d.key.metric, &d.key.scope, &d.key.stat].map(Cell::plain);
            let span = [d.key.from_s, d.key.to_s].map(|value| number(value.unwrap_or(f64::NAN)));
            let numbers = [d.a, d.b, d.difference, d.low, d.high, d.relative].map(number);
            let words = [d.unit, change_word(d.change)].map(Cell::plain);
            table.rows.push(key.into_iter().chain(span).chain(numbers).chain(words).chain(empty(5)).collect());
        }
        for v in &test.verdicts {
            let word = |status: Option<Status>| status.map_or("", status_word);
            let words = [v.slo.as_str(), word(v.a_status), word(v.b_status)].map(Cell::plain);
            let begin = std::iter::once(Cell::plain(&test.test)).chain(empty(13)).chain(words);
            table.rows.push(begin.chain([v.a_probability, v.b_probability].map(number)).collect());
        }
        if let Some(cost) = &test.cost {
            let key = [test.test.as_str(), "cost", "", "per_month", "", ""].map(Cell::plain);
            let (a, b) = (cost.a_usd_per_month, cost.b_usd_per_month);
            let numbers = [a, b, cost.difference, f64::NAN, f64::NAN, cost.difference / a].map(number);
            table.rows.push(key.into_iter().chain(numbers).chain([Cell::plain("usd")]).chain(empty(6)).collect());
        }
    }
    table
}
