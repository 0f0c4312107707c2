//! Capacities: how much load each test may have with each variant, then each in detail, then how to repeat it.

use super::capacity_words::{against, answer, bare, beside, breaks, headroom, load, system, unfinished};
use super::detail::Detail;
use super::document::{Document, NoteKind};
use super::number::{self, ABSENT, Scale, machine, share};
use super::table::{Cell, Column, Table, Tone};
use crate::study::capacity::{Capacities, Capacity, Load, LoadPoint, Outcome};
use crate::study::sweep::point::Figure;

/// The page.
#[must_use]
pub fn capacity_page(capacities: &Capacities, detail: Detail) -> Document {
    let mut page = Document::default();
    page.heading(1, format!("{} · capacity", capacities.model));
    if capacities.interrupted {
        page.note(NoteKind::Warning, "interrupted: not all tests and variants are there");
    }
    page.bullets(
        capacities.capacities.iter().map(answer).chain(capacities.unfinished.iter().map(unfinished)).collect(),
    );
    if !capacities.capacities.is_empty() {
        page.table(overview(capacities));
    }
    for text in capacities.capacities.iter().filter_map(against) {
        page.note(NoteKind::Warning, text);
    }
    for capacity in &capacities.capacities {
        page.heading(2, format!("{}, {}", capacity.test, system(capacity)));
        page.bullets(breaks(capacity).into_iter().chain(beside(capacity)).collect());
        if detail == Detail::Full || capacities.capacities.len() == 1 {
            page.note(NoteKind::Aside, "means; p95 with what 95 % of tests lie in between");
            page.table(points(capacity));
        }
    }
    if !capacities.capacities.is_empty() {
        page.heading(2, "To repeat");
        page.note(NoteKind::Aside, how_to_repeat(capacities));
    }
    page
}

fn how_to_repeat(capacities: &Capacities) -> String {
    let Some(first) = capacities.capacities.first() else { return String::new() };
    let set = if capacities.set.is_empty() { String::new() } else { format!(", set {}", capacities.set.join(", ")) };
    format!(
        "model {}{set}, {} of the replications asked for, seed {}, plimsoll {}",
        capacities.model,
        number::asked(first.asked),
        first.seed,
        env!("CARGO_PKG_VERSION"),
    )
}

fn overview(capacities: &Capacities) -> Table {
    let names = ["test", "system", "stated", "capacity", "95 %", "headroom", "breaks first", "limits"];
    let columns = names.map(|name| match name {
        "capacity" | "95 %" | "headroom" | "stated" => Column::numbers(name),
        _ => Column::words(name),
    });
    let mut table = Table::new("", columns.into());
    for capacity in &capacities.capacities {
        let found = match capacity.outcome {
            Outcome::Found => load(&capacity.capacity),
            Outcome::More => format!("> {}", load(&capacity.capacity)),
            Outcome::NotEven => format!("< {}", load(&capacity.capacity)),
        };
        let interval = match (capacity.low, capacity.high) {
            (Some(low), Some(high)) if capacity.outcome == Outcome::Found => {
                format!("{} – {}", bare(&low), bare(&high))
            }
            _ => ABSENT.to_owned(),
        };
        let tone = if capacity.carried { Tone::Good } else { Tone::Bad };
        let first = capacity.breaks.first().map_or(ABSENT, |one| one.slo.as_str());
        let limits = capacity.limits.as_ref();
        let limits = limits.map_or(ABSENT.to_owned(), |limit| format!("{} {}", share(limit.utilisation), limit.name));
        table.rows.push(vec![
            Cell::new(&capacity.test, Tone::Strong),
            Cell::plain(system(capacity)),
            Cell::plain(load(&capacity.stated)),
            Cell::new(found, Tone::Strong),
            Cell::plain(interval),
            Cell::new(headroom(capacity), tone),
            Cell::plain(first),
            Cell::plain(limits),
        ]);
    }
    table
}

/// Every load that was simulated with more than one replication.
fn points(capacity: &Capacity) -> Table {
    let latency = |point: &LoadPoint| point.test.figure("http_req_duration", "", "p95").map_or(f64::NAN, |f| f.value);
    let least = capacity.points.iter().map(latency).filter(|value| value.is_finite()).fold(f64::INFINITY, f64::min);
    let scale = Scale::of("ms", if least.is_finite() { least } else { 0.0 });
    let unit = scale.text(0.0).trim_start_matches('0').trim().to_owned();
    let mut columns = vec![Column::numbers("load"), Column::numbers("times"), Column::numbers("carried")];
    columns.extend([Column::numbers("of"), Column::numbers(&format!("p95, {unit}")), Column::numbers("1/s, busiest")]);
    columns.extend([Column::numbers("failed"), Column::words("in use of what limits")]);
    let mut table = Table::new("", columns);
    for point in &capacity.points {
        let tone = if point.probability >= capacity.asked { Tone::Good } else { Tone::Bad };
        let interval = |f: &Figure| match f.low.is_nan() {
            true => scale.number(f.value),
            false => format!("{} [{}, {}]", scale.number(f.value), scale.number(f.low), scale.number(f.high)),
        };
        let figure = |figure: Option<&Figure>| figure.map_or(f64::NAN, |figure| figure.value);
        let limit = point.test.limit();
        let limit = limit.map_or(ABSENT.to_owned(), |limit| format!("{} {}", share(limit.utilisation), limit.name));
        let is_it = point.load == capacity.capacity;
        table.rows.push(vec![
            Cell::new(load(&point.load), if is_it { Tone::Strong } else { Tone::Plain }),
            Cell::plain(number::plain(point.load.factor)),
            Cell::new(share(point.probability), tone),
            Cell::dim(number::plain(point.test.holds.len() as f64)),
            Cell::plain(point.test.figure("http_req_duration", "", "p95").map_or(ABSENT.to_owned(), interval)),
            Cell::plain(number::plain(figure(point.test.busiest_rate()))),
            Cell::plain(number::with_unit(figure(point.test.figure("http_req_failed", "", "rate")), "%")),
            Cell::plain(if point.test.cut { "cut".to_owned() } else { limit }),
        ]);
    }
    table
}

/// One line for each test and variant, each followed by one for each load, for other programs.
#[must_use]
pub fn capacity_table(capacities: &Capacities) -> Table {
    let names = "test,variant,outcome,factor,users,rate,low,high,probability,headroom,break_point,break_low,break_high,\
                 breaks,limits,utilisation,p95,p95_low,p95_high,throughput,throughput_low,throughput_high";
    let mut table = Table::new("", names.split(',').map(Column::words).collect());
    let number = |value: f64| Cell::plain(if value.is_finite() { machine(value).to_string() } else { String::new() });
    let maybe = |value: Option<f64>| number(value.unwrap_or(f64::NAN));
    let of_load = |load: &Load| [number(load.factor), maybe(load.users), maybe(load.rate)];
    let empty = |count: usize| std::iter::repeat_n(Cell::plain(""), count);
    for capacity in &capacities.capacities {
        let begin = || [&capacity.test, &capacity.variant].map(Cell::plain).into_iter();
        let outcome = match capacity.outcome {
            Outcome::Found => "found",
            Outcome::More => "more",
            Outcome::NotEven => "not-even",
        };
        let ends = [capacity.low, capacity.high].map(|end| maybe(end.map(|end| end.factor)));
        let point = capacity.break_point;
        let point = [point.map(|p| p.value), point.map(|p| p.low), point.map(|p| p.high)].map(maybe);
        let first = capacity.breaks.first().map_or("", |one| one.slo.as_str());
        let limit = |limit: Option<&crate::study::sweep::point::PointResource>| {
            let (name, used) = limit.map_or(("", f64::NAN), |limit| (limit.name.as_str(), limit.utilisation));
            [Cell::plain(name), number(used)]
        };
        let answer = begin().chain([Cell::plain(outcome)]).chain(of_load(&capacity.capacity)).chain(ends);
        let answer = answer.chain([number(capacity.probability), maybe(capacity.headroom)]).chain(point);
        let answer = answer.chain([Cell::plain(first)]).chain(limit(capacity.limits.as_ref()));
        table.rows.push(answer.chain(empty(6)).collect());
        for LoadPoint { load, probability, test } in &capacity.points {
            let interval = |figure: Option<&Figure>| {
                let ends = |f: &Figure| [f.value, f.low, f.high];
                figure.map_or([f64::NAN; 3], ends).map(number)
            };
            let row = begin().chain([Cell::plain("")]).chain(of_load(load)).chain(empty(2));
            let row = row.chain([number(*probability)]).chain(empty(5)).chain(limit(test.limit()));
            let row = row.chain(interval(test.figure("http_req_duration", "", "p95")));
            table.rows.push(row.chain(interval(test.busiest_rate())).collect());
        }
    }
    table
}
