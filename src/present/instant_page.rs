//! What is known without simulating: a page of its own, and a part of the page of a prediction.

use super::detail::Detail;
use super::document::{Document, NoteKind};
use super::number::{self, ABSENT, machine};
use super::table::{Cell, Column, Table};
use crate::study::instant::{Beside, BesideRow, Instant, Overload, Window};

/// The page of an estimate; `title` names model, test and variant.
#[must_use]
pub fn instant_page(title: &str, instant: &Instant) -> Document {
    let mut page = Document::default();
    page.heading(1, title);
    if instant.failed.is_empty() {
        page.paragraph("No objective is proved to fail. That is no proof that any holds: simulate.");
    } else {
        page.paragraph("Objectives that must fail:");
        page.bullets(instant.failed.iter().map(|failed| format!("{}: {}", failed.slo, failed.why)).collect());
    }
    for window in &instant.windows {
        if let Some(overload) = &window.overload {
            page.note(NoteKind::Warning, overloaded(window, overload));
        }
    }
    page.heading(2, "Spans of steady load");
    page.note(NoteKind::Aside, "estimates of means; a bound is what no run passes in the long run");
    page.table(spans(instant));
    if let Some(window) = instant.windows.iter().find(|window| window.busiest) {
        page.heading(
            2,
            format!("Resources in the busiest span, {}", number::span(Some(window.from_s), Some(window.to_s))),
        );
        page.table(resources(window));
    }
    if !instant.caveats.is_empty() {
        page.heading(2, "Mind");
        instant.caveats.iter().for_each(|caveat| page.note(NoteKind::Warning, caveat.clone()));
    }
    page
}

fn overloaded(window: &Window, overload: &Overload) -> String {
    format!(
        "overload, {}: {} requests arrive and {} serves {} at most: as long as it lasts requests wait ever longer, are \
         refused, or find no user",
        number::span(Some(window.from_s), Some(window.to_s)),
        number::with_unit(overload.arrive_per_s, "1/s"),
        overload.resource,
        number::with_unit(overload.serves_per_s, "1/s"),
    )
}

/// One line per figure of a span, of a resource in it, and per objective that must fail, for other programs.
#[must_use]
pub fn instant_table(instant: &Instant) -> Table {
    let names = ["from_s", "to_s", "busiest", "metric", "scope", "value", "unit", "slo", "why"];
    let mut table = Table::new("", names.map(Column::words).into());
    let figure = |value: f64| if value.is_finite() { machine(value).to_string() } else { String::new() };
    for window in &instant.windows {
        let mut row = |metric: &str, scope: &str, value: Option<f64>, unit: &str| {
            let Some(value) = value.filter(|value| value.is_finite()) else { return };
            let begin = [figure(window.from_s), figure(window.to_s), window.busiest.to_string()];
            let rest = [metric, scope, &figure(value), unit, "", ""].map(str::to_owned);
            table.rows.push(begin.into_iter().chain(rest).map(Cell::plain).collect());
        };
        let (means, limited) = (window.estimate, window.limited_by.as_str());
        row("users", "", Some(window.offered.users), "1");
        row("arrivals", "", Some(window.offered.iterations_per_s), "1/s");
        row("throughput_high", limited, Some(window.throughput_high), "1/s");
        row("response_low", "", Some(window.response_low_s * 1e3), "ms");
        row("most_requests", "", Some(window.most_requests), "1");
        row("throughput", "", means.map(|means| means.throughput), "1/s");
        row("response", "", means.map(|means| means.response_s * 1e3), "ms");
        row("in_flight", "", means.map(|means| means.in_flight), "1");
        let overload = window.overload.as_ref();
        row("overload", overload.map_or("", |o| &o.resource), overload.map(|o| o.arrive_per_s - o.serves_per_s), "1/s");
        for resource in &window.resources {
            let operations = resource.name.starts_with("storage of ");
            let (scale, unit) = if operations { (1.0, "1") } else { (1e3, "ms") };
            row("servers", &resource.name, Some(resource.servers), if operations { "1/s" } else { "1" });
            row("demand", &resource.name, Some(resource.demand_s * scale), unit);
            row("bound", &resource.name, Some(resource.bound_per_s), "1/s");
            row("in_use", &resource.name, resource.utilisation.map(|share| share * 100.0), "%");
            row("waiting", &resource.name, resource.waiting, "1");
        }
    }
    for failed in &instant.failed {
        let cells = ["", "", "", "", "", "", "", &failed.slo, &failed.why];
        table.rows.push(cells.map(Cell::plain).into());
    }
    table
}

/// The spans of an estimate as a table.
fn spans(instant: &Instant) -> Table {
    let names = ["users", "arrive", "bound", "throughput", "mean response at least", "mean response", "in flight"];
    let columns = std::iter::once(Column::words("span")).chain(names.map(Column::numbers));
    let mut table = Table::new("", columns.chain([Column::words("limited by")]).collect());
    for window in &instant.windows {
        let means = window.estimate;
        let some =
            |value: f64, unit: &str| if value > 0.0 { number::with_unit(value, unit) } else { ABSENT.to_owned() };
        let mean =
            |value: Option<f64>, unit: &str| value.map_or(ABSENT.to_owned(), |value| number::with_unit(value, unit));
        let cells = [
            some(window.offered.users, ""),
            some(window.offered.iterations_per_s, "1/s"),
            bound(window.throughput_high),
            mean(means.map(|means| means.throughput), "1/s"),
            some(window.response_low_s * 1e3, "ms"),
            mean(means.map(|means| means.response_s * 1e3), "ms"),
            mean(means.map(|means| means.in_flight), ""),
        ];
        let span = number::span(Some(window.from_s), Some(window.to_s));
        let limited = if window.limited_by.is_empty() { "its own load" } else { &window.limited_by };
        let cells = std::iter::once(span).chain(cells).chain([limited.to_owned()]);
        table.rows.push(cells.map(Cell::plain).collect());
    }
    table
}

fn bound(per_s: f64) -> String {
    if per_s.is_finite() { number::with_unit(per_s, "1/s") } else { ABSENT.to_owned() }
}

fn resources(window: &Window) -> Table {
    let names = ["has", "a request needs", "passes at most", "in use", "waiting"];
    let columns = std::iter::once(Column::words("resource")).chain(names.map(Column::numbers)).collect();
    let mut table = Table::new("", columns);
    for resource in &window.resources {
        let needs = if resource.name.starts_with("storage of ") {
            number::plain(resource.demand_s)
        } else {
            number::with_unit(resource.demand_s * 1e3, "ms")
        };
        let cells = [
            resource.name.clone(),
            number::plain(resource.servers),
            needs,
            bound(resource.bound_per_s),
            resource.utilisation.map_or(ABSENT.to_owned(), number::share),
            resource.waiting.map_or(ABSENT.to_owned(), number::plain),
        ];
        table.rows.push(cells.map(Cell::plain).into());
    }
    table
}

/// The estimate beside a simulation: all of it, or a line.
pub fn beside_part(page: &mut Document, instant: &Instant, beside: &Beside, detail: Detail) {
    if detail == Detail::Compact {
        let [throughput, response] = beside
            .rows
            .as_slice()
            .first_chunk()
            .map_or([None, None], |rows: &[BesideRow; 2]| [rows[0].estimate, rows[1].estimate]);
        if let (Some(throughput), Some(response)) = (throughput, response) {
            let words = format!(
                "instant estimate for {}: {}, mean response {} (--full lays it beside the simulation)",
                number::span(Some(beside.from_s), Some(beside.to_s)),
                number::with_unit(throughput, "1/s"),
                number::with_unit(response * 1e3, "ms"),
            );
            page.note(NoteKind::Aside, words);
        }
        return;
    }
    page.heading(2, "Instant estimate beside the simulation");
    let columns =
        [Column::words(""), Column::numbers("bound"), Column::numbers("estimate"), Column::numbers("simulated")];
    let mut table = Table::new("", columns.into());
    for row in &beside.rows {
        let (scale, unit) = match row.unit {
            "s" => (1e3, "ms"),
            "share" => (100.0, "%"),
            unit => (1.0, unit),
        };
        let limit = row.bound.map_or(ABSENT.to_owned(), |bound| match row.unit {
            "s" => format!("≥ {}", number::with_unit(bound * scale, unit)),
            _ => format!("≤ {}", number::with_unit(bound, "1/s")),
        });
        let estimate = row.estimate.map_or(ABSENT.to_owned(), |value| number::with_unit(value * scale, unit));
        let simulated = row
            .simulated
            .map_or(ABSENT.to_owned(), |e| number::interval(e.value * scale, e.low * scale, e.high * scale, unit));
        table.rows.push([row.what.clone(), limit, estimate, simulated].map(Cell::plain).into());
    }
    page.note(NoteKind::Aside, format!("busiest span, {}", number::span(Some(beside.from_s), Some(beside.to_s))));
    page.table(table);
    page.bullets(beside.notes.clone());
    page.bullets(instant.failed.iter().map(|failed| format!("must fail: {}: {}", failed.slo, failed.why)).collect());
}
