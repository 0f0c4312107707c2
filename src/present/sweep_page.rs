//! Sweeps: what the points say first, then each test at each of them, then how to repeat it.

use super::detail::Detail;
use super::document::{Document, NoteKind};
use super::number::{self, ABSENT, Scale, dollars, machine, share};
use super::sweep_words::sentences;
use super::table::{Cell, Column, Table, Tone};
use super::verdicts::status_word;
use crate::study::decide::NEARLY_ALL;
use crate::study::sweep::point::{Figure, Point, TestPoint};
use crate::study::sweep::{Shard, Sweep};

/// Points of a compact page at most.
const MOST_ROWS: usize = 60;
/// A path longer than this is shown by its last key in tables.
const LONGEST_HEAD: usize = 13;
/// Columns of a table of two axes at most.
const MOST_COLUMNS: usize = 12;

/// The page.
#[must_use]
pub fn sweep_page(sweep: &Sweep, detail: Detail) -> Document {
    let mut page = Document::default();
    let variant = if sweep.variant.is_empty() { String::new() } else { format!(", variant {}", sweep.variant) };
    page.heading(1, format!("{} · sweep of {}{variant}", sweep.model, paths(sweep).join(" and ")));
    if sweep.interrupted {
        page.note(NoteKind::Warning, format!("interrupted after {}", number::counted(sweep.points.len(), "point")));
    }
    if let Some(shard) = sweep.shard {
        page.note(NoteKind::Aside, of_shard(sweep, shard));
    }
    page.bullets(sentences(sweep));
    if sweep.axes.len() == 2 {
        section(&mut page, "Share of replications in which all objectives hold", matrix(sweep));
    }
    let shown = if detail == Detail::Full { usize::MAX } else { MOST_ROWS };
    for (index, test) in sweep.tests.iter().enumerate() {
        page.heading(2, format!("Test {test}"));
        if index == 0 {
            page.note(NoteKind::Aside, "means; p95 with what 95 % of tests lie in between");
        }
        page.table(points(sweep, index, shown));
        let errors = errors(sweep, index, shown);
        if !errors.rows.is_empty() {
            page.heading(3, "Errors per second by cause");
            page.table(errors);
        }
    }
    for warning in &sweep.warnings {
        page.note(NoteKind::Warning, warning.clone());
    }
    if !sweep.unpriced.is_empty() {
        page.note(NoteKind::Aside, format!("costs are without {}", sweep.unpriced.join("; ")));
    }
    if let Some(left) = sweep.points.len().checked_sub(shown).filter(|left| *left > 0) {
        page.note(
            NoteKind::Aside,
            format!("{} with --full or in --format csv", number::counted(left, "further point")),
        );
    }
    if sweep.points.iter().flat_map(|point| &point.tests).any(|test| test.cut) {
        let text = "cut: more requests in flight than fit in memory; figures cover the time before, and nothing holds";
        page.note(NoteKind::Warning, text);
    }
    page.heading(2, "To repeat");
    page.note(NoteKind::Aside, how_to_repeat(sweep));
    page
}

/// What was done, and what has to wait for the others.
fn of_shard(sweep: &Sweep, shard: Shard) -> String {
    let all: usize = sweep.axes.iter().map(|axis| axis.values.len()).product();
    format!(
        "shard {shard}: {} of the {}. What all points say, and finer points where a curve bends, come when \
         the files of all shards are joined (plimsoll merge) and the sweep takes them over",
        sweep.points.len(),
        number::counted(all, "point"),
    )
}

fn section(page: &mut Document, heading: &str, table: Table) {
    if !table.rows.is_empty() {
        page.heading(2, heading);
        page.table(table);
    }
}

fn paths(sweep: &Sweep) -> Vec<&str> {
    sweep.axes.iter().map(|axis| axis.path.as_str()).collect()
}

fn how_to_repeat(sweep: &Sweep) -> String {
    let variant = if sweep.variant.is_empty() { "none" } else { &sweep.variant };
    let set = if sweep.set.is_empty() { String::new() } else { format!(", set {}", sweep.set.join(", ")) };
    format!(
        "model {}, tests {}, variant {variant}{set}, seed {}, {} of each test at each of {}, plimsoll {}",
        sweep.model,
        sweep.tests.join(", "),
        sweep.seed,
        number::counted(sweep.replications, "replication"),
        number::counted(sweep.points.len(), "point"),
        env!("CARGO_PKG_VERSION"),
    )
}

/// Heads of the columns of the axes: a long path by its last key, if that tells the axes apart.
fn heads(sweep: &Sweep) -> Vec<Column> {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let head = |path: &&str| {
        let alone = paths(sweep).into_iter().filter(|other| last(other) == last(path)).count() == 1;
        let shown = if path.len() > LONGEST_HEAD && alone { last(path) } else { (*path).to_owned() };
        Column::numbers(&shown)
    };
    paths(sweep).iter().map(head).collect()
}

/// A mark and a share; of a sweep without objectives nothing.
fn held(probability: f64, judged: bool) -> Cell {
    let (mark, tone) = match probability {
        _ if !judged => return Cell::dim(ABSENT),
        p if p >= NEARLY_ALL => ("✓", Tone::Good),
        p if p > 1.0 - NEARLY_ALL => ("~", Tone::Warn),
        _ => ("✗", Tone::Bad),
    };
    Cell::new(format!("{mark} {}", share(probability)), tone)
}

/// One row per value of the first axis, one column per value of the second.
fn matrix(sweep: &Sweep) -> Table {
    let [rows, columns] = sweep.axes.as_slice() else { return Table::default() };
    if columns.values.len() > MOST_COLUMNS || !sweep.points.iter().any(Point::is_judged) {
        return Table::default();
    }
    let name = format!("{} ↓  {} →", rows.path, columns.path);
    let names = columns.values.iter().map(|value| Column::numbers(&value.text));
    let mut table = Table::new("", std::iter::once(Column::words(&name)).chain(names).collect());
    for row in &rows.values {
        let cell = |column: &str| {
            let point = sweep.points.iter().find(|point| point.at[0] == row.text && point.at[1] == column);
            point.map_or(Cell::dim(ABSENT), |point| held(point.probability, point.is_judged()))
        };
        let cells = columns.values.iter().map(|column| cell(&column.text));
        table.rows.push(std::iter::once(Cell::new(&row.text, Tone::Strong)).chain(cells).collect());
    }
    table
}

/// A test at every point.
fn points(sweep: &Sweep, test: usize, most: usize) -> Table {
    let mut columns = heads(sweep);
    let scale = latency_scale(sweep, test);
    let unit = scale.text(0.0).trim_start_matches('0').trim().to_owned();
    columns.extend(["p50", "p95", "p99"].map(|stat| Column::numbers(&format!("{stat}, {unit}"))));
    columns.extend([Column::numbers("1/s"), Column::numbers("failed"), Column::words("in use of what limits")]);
    columns.push(Column::numbers("all hold"));
    let priced = sweep.points.iter().any(|point| point.usd_per_month.is_some());
    columns.extend(priced.then(|| Column::numbers("per month")));
    let mut table = Table::new("", columns);
    for point in sweep.points.iter().take(most) {
        let Some(of_test) = point.tests.get(test) else { continue };
        let usd = point.usd_per_month.map_or(ABSENT.to_owned(), dollars);
        table.rows.push(row(point, of_test, &scale).into_iter().chain(priced.then(|| Cell::plain(usd))).collect());
    }
    table
}

/// One unit for all latencies of a test: that of the smallest p95.
fn latency_scale(sweep: &Sweep, test: usize) -> Scale {
    let tests = sweep.points.iter().filter_map(|point| point.tests.get(test));
    let p95 = tests.filter_map(|test| test.figure("http_req_duration", "", "p95")).map(|figure| figure.value);
    let least = p95.filter(|value| value.is_finite()).fold(f64::INFINITY, f64::min);
    Scale::of("ms", if least.is_finite() { least } else { 0.0 })
}

fn row(point: &Point, test: &TestPoint, scale: &Scale) -> Vec<Cell> {
    let value = |figure: Option<&Figure>| figure.map_or(f64::NAN, |figure| figure.value);
    let latency = |stat: &str| test.figure("http_req_duration", "", stat);
    let p95 = latency("p95").map_or(ABSENT.to_owned(), |f| match f.low.is_nan() {
        true => scale.number(f.value),
        false => format!("{} [{}, {}]", scale.number(f.value), scale.number(f.low), scale.number(f.high)),
    });
    let limit = test.limit().map_or(ABSENT.to_owned(), |limit| format!("{} {}", share(limit.utilisation), limit.name));
    let judged = test.verdicts.iter().any(|verdict| !verdict.wished);
    let held_share = test.holds.iter().filter(|holds| **holds).count() as f64 / test.holds.len() as f64;
    let mut cells: Vec<Cell> = point.at.iter().map(|at| Cell::new(at, Tone::Strong)).collect();
    cells.extend([
        Cell::plain(scale.number(value(latency("p50")))),
        Cell::plain(p95),
        Cell::plain(scale.number(value(latency("p99")))),
        Cell::plain(number::plain(value(test.figure("http_reqs", "", "rate")))),
        Cell::plain(number::with_unit(value(test.figure("http_req_failed", "", "rate")), "%")),
        Cell::plain(if test.cut { "cut".to_owned() } else { limit }),
        held(held_share, judged),
    ]);
    cells
}

/// Causes that come at any point, at every point.
fn errors(sweep: &Sweep, test: usize, most: usize) -> Table {
    let of_test = || sweep.points.iter().filter_map(|point| Some((point, point.tests.get(test)?)));
    let mut causes: Vec<&str> = Vec::new();
    for figure in of_test().flat_map(|(_, test)| &test.figures).filter(|figure| figure.metric == "errors") {
        if figure.value > 0.0 && !causes.contains(&figure.scope.as_str()) {
            causes.push(&figure.scope);
        }
    }
    if causes.is_empty() {
        return Table::default();
    }
    let mut columns = heads(sweep);
    columns.extend(causes.iter().map(|cause| Column::numbers(&cause.replace('_', " "))));
    let mut table = Table::new("", columns);
    for (point, of_test) in of_test().take(most) {
        let rate = |cause: &&str| of_test.figure("errors", cause, "rate").map_or(0.0, |figure| figure.value);
        let mut cells: Vec<Cell> = point.at.iter().map(|at| Cell::new(at, Tone::Strong)).collect();
        cells.extend(causes.iter().map(|cause| Cell::plain(number::plain(rate(cause)))));
        table.rows.push(cells);
    }
    table
}

/// One line per point and figure, then per point and objective, for other programs.
#[must_use]
pub fn sweep_table(sweep: &Sweep) -> Table {
    let mut columns = vec![Column::words("test")];
    columns.extend(sweep.axes.iter().map(|axis| Column::words(&axis.path)));
    let figure = ["metric", "scope", "stat", "from_s", "to_s", "value", "low", "high", "mean_low", "mean_high", "unit"];
    columns.extend(figure.into_iter().chain(["slo", "status", "bound", "probability"]).map(Column::words));
    let mut table = Table::new("", columns);
    let number = |value: f64| Cell::plain(if value.is_finite() { machine(value).to_string() } else { String::new() });
    let span = |value: Option<f64>| number(value.unwrap_or(f64::NAN));
    let empty = |count: usize| std::iter::repeat_n(Cell::plain(""), count);
    for point in &sweep.points {
        if let Some(usd) = point.usd_per_month {
            let begin = std::iter::once("").chain(point.at.iter().map(String::as_str)).map(Cell::plain);
            let key = ["cost", "", "per_month", "", ""].map(Cell::plain).into_iter().chain([number(usd)]);
            table.rows.push(begin.chain(key).chain(empty(4)).chain([Cell::plain("usd")]).chain(empty(4)).collect());
        }
        for test in &point.tests {
            let begin = || std::iter::once(&test.test).chain(&point.at).map(Cell::plain);
            for f in &test.figures {
                let key =
                    [&f.metric, &f.scope, &f.stat].map(Cell::plain).into_iter().chain([f.from_s, f.to_s].map(span));
                let numbers = [f.value, f.low, f.high, f.mean_low, f.mean_high].map(number);
                let unit = std::iter::once(Cell::plain(&f.unit));
                table.rows.push(begin().chain(key).chain(numbers).chain(unit).chain(empty(4)).collect());
            }
            for v in &test.verdicts {
                let numbers = [v.value, v.low, v.high].map(number).into_iter().chain(empty(2));
                let status = [Cell::plain(&v.unit), Cell::plain(&v.slo), Cell::plain(status_word(v.status))];
                let judged = status.into_iter().chain([v.bound, v.probability].map(number));
                table.rows.push(begin().chain(empty(5)).chain(numbers).chain(judged).collect());
            }
        }
    }
    table
}
