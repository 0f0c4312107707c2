//! Recommendations: the answer in sentences, the systems side by side, and why.

use super::detail::Detail;
use super::document::{Document, NoteKind};
use super::number::{self, ABSENT, machine, share};
use super::recommend_words::{change_words, money, sentences, upgrade_words};
use super::table::{Cell, Column, Table, Tone};
use crate::study::recommend::answer::{KnobRow, NEAREST, Recommendation, SystemRow, TestRow};

/// Resources that take less of a slow request's time are not told.
const WORTH_TELLING: f64 = 0.05;
/// Values of a knob that are all written down.
const MOST_VALUES: usize = 20;
/// Rows of what falls out on a compact page.
const MOST_OUT: usize = 3;
/// Parts of a slow request's time on a compact page.
const MOST_PARTS: usize = 4;

/// The page.
#[must_use]
pub fn recommend_page(answer: &Recommendation, detail: Detail) -> Document {
    let mut page = Document::default();
    let variant = if answer.variant.is_empty() { String::new() } else { format!(", variant {}", answer.variant) };
    page.heading(1, format!("{} · recommendation{variant}", answer.model));
    page.bullets(sentences(answer));
    page.heading(2, "Systems");
    page.table(systems(answer));
    page.heading(2, "Tests");
    page.note(
        NoteKind::Aside,
        "p95 of all responses with what 95 % of tests lie in between; to its bound: the nearest objective",
    );
    page.table(tests(answer));
    section(&mut page, "The launch, hour by hour", launch(answer));
    section(&mut page, "Where the time of a p95 request goes", slow(answer));
    list(&mut page, "What each change buys", answer.changes.iter().map(change_words).collect());
    list(&mut page, "What more would buy", answer.upgrades.iter().map(upgrade_words).collect());
    section(&mut page, "Which measured input decides", inputs(answer));
    let heading =
        format!("Cost against p95 in test {}, of those that pass as far as they were tried", answer.front_test);
    section(&mut page, &heading, front(answer));
    let heading = if answer.is_found() { "Cheaper ones that fall out" } else { "What was tried and falls out" };
    section(&mut page, heading, fell_out(answer, if detail == Detail::Full { usize::MAX } else { MOST_OUT }));
    page.heading(2, "How it was searched");
    page.paragraph(searched(answer));
    page.heading(2, "To repeat");
    page.note(NoteKind::Aside, how_to_repeat(answer));
    page
}

fn section(page: &mut Document, heading: &str, table: Table) {
    if !table.rows.is_empty() {
        page.heading(2, heading);
        page.table(table);
    }
}

fn list(page: &mut Document, heading: &str, items: Vec<String>) {
    if !items.is_empty() {
        page.heading(2, heading);
        page.bullets(items);
    }
}

/// Knobs, cost and probability down, systems across.
pub(super) fn systems(answer: &Recommendation) -> Table {
    let names = answer.options.iter().map(|option| Column::numbers(&option.name));
    let mut table = Table::new("", std::iter::once(Column::words("")).chain(names).collect());
    for (number, knob) in answer.knobs.iter().enumerate() {
        let value = |option: &SystemRow| match option.name.as_str() {
            "today" => Cell::plain(knob.today.as_deref().unwrap_or("as it is")),
            "recommended" => changed(knob, knob.recommended.as_deref()),
            NEAREST => changed(knob, answer.nothing.as_ref().map(|nearest| nearest.values[number].as_str())),
            _ => Cell::dim(ABSENT),
        };
        table.rows.push(std::iter::once(Cell::plain(&knob.path)).chain(answer.options.iter().map(value)).collect());
    }
    let cost = answer.options.iter().map(|option| Cell::plain(money(option.cost_per_month)));
    table.rows.push(std::iter::once(Cell::plain("cost per month")).chain(cost).collect());
    let all = answer.options.iter().map(|option| {
        let interval = format!("[{}, {}]", share(option.probability_low), share(option.probability_high));
        held(option.probability, answer.promise, &format!("{} {interval}", share(option.probability)))
    });
    table.rows.push(std::iter::once(Cell::plain("all objectives hold")).chain(all).collect());
    table
}

/// A value, strong if it is another than today's.
fn changed(knob: &KnobRow, value: Option<&str>) -> Cell {
    let text = value.unwrap_or(ABSENT);
    if value == knob.today.as_deref() { Cell::plain(text) } else { Cell::new(text, Tone::Strong) }
}

fn held(probability: f64, promise: f64, text: &str) -> Cell {
    match probability {
        p if p >= promise => Cell::new(format!("✓ {text}"), Tone::Good),
        p if p > 0.05 => Cell::new(format!("~ {text}"), Tone::Warn),
        _ => Cell::new(format!("✗ {text}"), Tone::Bad),
    }
}

/// Each test of each system.
pub(super) fn tests(answer: &Recommendation) -> Table {
    let columns = [
        Column::words("system"),
        Column::numbers("p95"),
        Column::numbers("failed"),
        Column::words("nearest objective"),
        Column::numbers("to its bound"),
        Column::words("in use of what limits"),
        Column::numbers("holds"),
    ];
    let mut table = Table::new("", columns.into());
    for (number, test) in answer.tests.iter().enumerate() {
        table.group(format!("Test {test}"));
        for option in &answer.options {
            if let Some(row) = option.tests.get(number) {
                table.rows.push(test_row(&option.name, row, answer.promise));
            }
        }
    }
    table
}

fn test_row(name: &str, row: &TestRow, promise: f64) -> Vec<Cell> {
    vec![
        Cell::plain(name),
        Cell::plain(number::interval(row.p95.value, row.p95.low, row.p95.high, "ms")),
        Cell::plain(number::with_unit(row.failed, "%")),
        Cell::plain(&row.nearest),
        Cell::plain(number::relative(row.excess)),
        Cell::plain(if row.limits.is_empty() {
            ABSENT.into()
        } else {
            format!("{} {}", share(row.utilisation), row.limits)
        }),
        held(row.probability, promise, &share(row.probability)),
    ]
}

/// Parts of a slow request, systems across: of the test in which today is farthest from its objectives.
fn slow(answer: &Recommendation) -> Table {
    let Some(today) = answer.options.first() else { return Table::default() };
    let farthest = (0..today.tests.len()).max_by(|a, b| today.tests[*a].excess.total_cmp(&today.tests[*b].excess));
    let Some(test) = farthest else { return Table::default() };
    let names = answer.options.iter().map(|option| Column::numbers(&option.name));
    let mut table = Table::new(
        "",
        std::iter::once(Column::words(&format!("test {}", today.tests[test].test))).chain(names).collect(),
    );
    let of = |option: &SystemRow, what: &str| {
        let slow = option.tests.get(test)?.slow.as_ref()?;
        slow.parts.iter().find(|part| part.what == what).map(|part| (part.share, part.ms))
    };
    let mut parts: Vec<&str> = Vec::new();
    for option in &answer.options {
        let slow = option.tests.get(test).and_then(|row| row.slow.as_ref());
        for part in slow.iter().flat_map(|slow| &slow.parts).filter(|part| part.share >= WORTH_TELLING).take(MOST_PARTS)
        {
            if !parts.contains(&part.what.as_str()) {
                parts.push(&part.what);
            }
        }
    }
    for what in parts {
        let cell = |option: &SystemRow| match of(option, what) {
            Some((part, ms)) => Cell::plain(format!("{} {}", share(part), number::with_unit(ms, "ms"))),
            None => Cell::dim(ABSENT),
        };
        table.rows.push(std::iter::once(Cell::plain(what)).chain(answer.options.iter().map(cell)).collect());
    }
    table
}

fn inputs(answer: &Recommendation) -> Table {
    let columns = [
        Column::words("input"),
        Column::words("measured as"),
        Column::numbers("share of what is open"),
        Column::words("larger is"),
        Column::words("what it is"),
    ];
    let mut table = Table::new("", columns.into());
    for input in &answer.inputs {
        let (scale, unit) = match input.unit {
            "s" => (1e3, "ms"),
            "share" => (100.0, "%"),
            _ => (1.0, "1"),
        };
        table.rows.push(vec![
            Cell::new(&input.input, Tone::Strong),
            Cell::plain(number::range(input.low * scale, input.high * scale, unit)),
            Cell::plain(share(input.share)),
            Cell::plain(if input.worse_if_larger { "worse" } else { "better" }),
            Cell::plain(&input.about),
        ]);
    }
    table
}

/// Hours down, tests across.
fn launch(answer: &Recommendation) -> Table {
    let Some(first) = answer.launch.first() else { return Table::default() };
    let tests = answer.launch.iter().map(|launch| Column::numbers(&format!("at once in {}", launch.test)));
    let columns = [Column::words("hour"), Column::numbers("users"), Column::numbers("iterations/s")];
    let mut table = Table::new("", columns.into_iter().chain(tests).collect());
    for (number, hour) in first.hours.iter().enumerate() {
        let vus =
            answer.launch.iter().filter_map(|launch| launch.hours.get(number)).map(|hour| number::plain(hour.vus));
        let cells = [hour.hour.clone(), number::plain(hour.users), number::plain(hour.iterations_per_s)];
        table.rows.push(cells.into_iter().chain(vus).map(Cell::plain).collect());
    }
    table
}

fn front(answer: &Recommendation) -> Table {
    if answer.front.len() < 2 {
        return Table::default();
    }
    let mut table = values_table(
        answer,
        &[Column::numbers("per month"), Column::numbers("p95"), Column::numbers("that test holds")],
    );
    for row in &answer.front {
        let mut cells: Vec<Cell> = row.values.iter().map(Cell::plain).collect();
        cells.extend([Cell::plain(money(row.cost_per_month)), Cell::plain(number::with_unit(row.p95, "ms"))]);
        cells.push(Cell::plain(format!("{} of {}", share(row.holds), row.replications)));
        table.rows.push(cells);
    }
    table
}

fn fell_out(answer: &Recommendation, most: usize) -> Table {
    let mut table = values_table(answer, &[Column::numbers("per month"), Column::words("why")]);
    for row in answer.fell_out.iter().take(most) {
        let p95 = row.p95.map_or(String::new(), |p95| format!(", p95 {}", number::with_unit(p95, "ms")));
        let mut cells: Vec<Cell> = row.values.iter().map(Cell::plain).collect();
        cells.extend([
            Cell::plain(money(row.cost_per_month)),
            Cell::plain(match row.proven {
                true => row.why.clone(),
                false => format!("{}: {} holds in {}{p95}", row.test, row.why, share(row.holds)),
            }),
        ]);
        table.rows.push(cells);
    }
    table
}

/// A column for each knob, by the last key of its path where that tells them apart, and others.
fn values_table(answer: &Recommendation, others: &[Column]) -> Table {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let head = |path: &str| {
        let alone = answer.knobs.iter().filter(|other| last(&other.path) == last(path)).count() == 1;
        let tail: Vec<&str> = path.split('.').skip(1).collect();
        Column::numbers(&if alone { last(path) } else { tail.join(".") })
    };
    let columns = answer.knobs.iter().map(|knob| head(&knob.path)).chain(others.iter().cloned());
    Table::new("", columns.collect())
}

fn searched(answer: &Recommendation) -> String {
    let s = &answer.searched;
    let count = |n: usize| number::plain(n as f64);
    let mut parts =
        vec![format!("Of {} configurations {} were simulated", count(s.configurations), count(s.simulated))];
    let mut left = Vec::new();
    let mut add = |n: usize, why: &str| {
        if n > 0 {
            left.push(format!("{} {why}", count(n)));
        }
    };
    add(s.configurations - s.affordable, "cost more than the budget");
    add(s.dearer, "are no cheaper than the answer");
    add(s.proven, "fail by a bound");
    add(s.covered, "give no more than one that fails");
    add(s.beyond, "lie beyond the best value of a knob of which more may hurt");
    if !left.is_empty() {
        parts.push(format!("; {}", left.join(", ")));
    }
    parts.push(format!(". {} replications of a test", count(s.replications)));
    if s.assumed_wrongly {
        parts.push("; one of those that were left out passed after all, so all cheaper ones were simulated".into());
    } else if s.spot_checked > 0 {
        parts.push(format!("; of those left out for their place {} were tried after all: none passes", s.spot_checked));
    }
    parts.push(".".into());
    parts.concat()
}

fn how_to_repeat(answer: &Recommendation) -> String {
    let set = if answer.set.is_empty() { String::new() } else { format!(", set {}", answer.set.join(", ")) };
    let values = |values: &[String]| match values {
        [first, .., last] if values.len() > MOST_VALUES => format!("{first},…,{last} ({} values)", values.len()),
        all => all.join(","),
    };
    let vary: Vec<String> = answer.knobs.iter().map(|knob| format!("{}={}", knob.path, values(&knob.values))).collect();
    let budget = answer.budget.map_or(String::new(), |budget| format!(", budget {} per month", money(budget)));
    format!(
        "model {}, tests {}, variant {}{set}, seed {}, promise {}{budget}, vary {}, plimsoll {}",
        answer.model,
        answer.tests.join(", "),
        if answer.variant.is_empty() { "none" } else { &answer.variant },
        answer.seed,
        share(answer.promise),
        vary.join(" "),
        env!("CARGO_PKG_VERSION"),
    )
}

/// One line per system and test, for other programs.
#[must_use]
pub fn recommend_table(answer: &Recommendation) -> Table {
    let names = ["system", "cost_per_month", "probability", "test", "test_probability", "p95", "p95_low", "p95_high"];
    let more = ["requests_per_s", "failed", "nearest", "excess", "limits", "utilisation"];
    let mut table = Table::new("", names.iter().chain(&more).map(|name| Column::words(name)).collect());
    let number = |value: f64| Cell::plain(if value.is_finite() { machine(value).to_string() } else { String::new() });
    for option in &answer.options {
        for row in &option.tests {
            table.rows.push(vec![
                Cell::plain(&option.name),
                number(option.cost_per_month),
                number(option.probability),
                Cell::plain(&row.test),
                number(row.probability),
                number(row.p95.value),
                number(row.p95.low),
                number(row.p95.high),
                number(row.requests_per_s),
                number(row.failed),
                Cell::plain(&row.nearest),
                number(row.excess),
                Cell::plain(&row.limits),
                number(row.utilisation),
            ]);
        }
    }
    table
}
