//! The page of one prediction: verdicts first, then the figures, then why, then how to repeat it.
//!
//! Every whole-test figure of the prediction appears once; what no table above it claims is listed
//! at the end. Where a figure is missing (a percentile of no requests) a dash is shown.

use std::collections::BTreeSet;

use super::api_tables;
use super::cache_table;
use super::charts::{Glyphs, charts};
use super::cost_table::cost_section;
use super::database_tables;
use super::detail::Detail;
use super::document::{Document, NoteKind};
use super::event_tables;
use super::instant_page::beside_part;
use super::machine_table;
use super::memory_table;
use super::number::{self, ABSENT};
use super::run_tables::{self, Shown};
use super::table::{Cell, Column, Table, Tone};
use super::time_shares::time_shares;
use super::verdicts::{verdict_counts, verdict_table};
use super::work_tables;
use crate::study::instant::{Beside, Instant};
use crate::study::prediction::{Bottleneck, Prediction, ResourceKind, Verdict};

/// The page of `p`, whole.
#[must_use]
pub fn run_page(p: &Prediction, detail: Detail) -> Document {
    run_page_beside(p, None, None, detail)
}

/// The same with what was known without simulating, and with charts of characters.
#[must_use]
pub fn run_page_beside(
    p: &Prediction,
    known: Option<(&Instant, &Beside)>,
    chart: Option<Glyphs>,
    detail: Detail,
) -> Document {
    let mut page = Document::default();
    page.heading(1, title(p));
    verdicts(&mut page, &p.verdicts);

    let mut shown = Shown::default();
    page.heading(2, "Key figures");
    page.note(NoteKind::Aside, "mean of what one test would report [95 % of tests lie in between]");
    page.table(run_tables::traffic(p, &mut shown));
    page.table(run_tables::latency(p, &mut shown));
    page.table(run_tables::errors(p, &mut shown));
    page.table(run_tables::statuses(p, &mut shown));
    if let Some(glyphs) = chart {
        charts(&mut page, 2, p, None, glyphs);
    }
    section(&mut page, "Events", event_tables::events(p, &mut shown));
    section(&mut page, "By endpoint", run_tables::endpoints(p, &mut shown));
    section(&mut page, "External APIs and rate limits", api_tables::apis(p, &mut shown));
    section(&mut page, "Jobs", work_tables::queues(p, &mut shown));
    section(&mut page, "Flows and measured parts", work_tables::flows(p, &mut shown));
    section(&mut page, "By stage", run_tables::stages(p));
    section(&mut page, "Reads from replicas", database_tables::replicas(p, &mut shown));
    section(&mut page, "Row locks", database_tables::locks(p, &mut shown));
    section(&mut page, "Caches", cache_table::caches(p, &mut shown));
    section(&mut page, "Instances that come and go", event_tables::instances(p, &mut shown));
    section(&mut page, "Admission", event_tables::admission(p, &mut shown));
    section(&mut page, "Resources", run_tables::resources(p, &mut shown));
    section(&mut page, "Machines", machine_table::machines(p, &mut shown));
    cost_section(&mut page, p.cost.as_ref());
    section(&mut page, "Memory", memory_table::memory(p, &mut shown));
    bottleneck(&mut page, &p.bottleneck);
    if let Some((instant, beside)) = known {
        beside_part(&mut page, instant, beside, detail);
    }
    section(&mut page, "Where the time of a request goes", time_shares(&p.where_time_goes));
    let others = run_tables::others(p, &shown);
    match detail {
        Detail::Full => section(&mut page, "Other figures", others),
        Detail::Compact if others.rows.is_empty() => {}
        Detail::Compact => {
            page.note(
                NoteKind::Aside,
                format!("{} further figures with --full or in --format json", others.rows.len()),
            );
        }
    }

    if !p.warnings.is_empty() {
        page.heading(2, "Mind");
        for warning in &p.warnings {
            page.note(NoteKind::Warning, warning.text.clone());
        }
    }
    page.heading(2, "To repeat");
    page.note(NoteKind::Aside, how_to_repeat(p));
    page
}

fn title(p: &Prediction) -> String {
    let variant = if p.variant.is_empty() { String::new() } else { format!(", variant {}", p.variant) };
    format!("{} · test {}{variant}", p.model, p.test)
}

fn how_to_repeat(p: &Prediction) -> String {
    let stopped = if p.stopped.is_empty() { String::new() } else { format!(" ({})", p.stopped) };
    let variant = if p.variant.is_empty() { "none" } else { &p.variant };
    format!(
        "model {}, test {}, variant {variant}, seed {}, {}{stopped}, plimsoll {}",
        p.model,
        p.test,
        p.seed,
        number::counted(p.replications, "replication"),
        env!("CARGO_PKG_VERSION"),
    )
}

fn section(page: &mut Document, heading: &str, table: Table) {
    if !table.rows.is_empty() {
        page.heading(2, heading);
        page.table(table);
    }
}

fn verdicts(page: &mut Document, verdicts: &[Verdict]) {
    if verdicts.is_empty() {
        page.paragraph("The test states no objectives.");
        return;
    }
    let [pass, marginal, fail] = verdict_counts(verdicts);
    page.paragraph(format!("Objectives: {pass} pass, {marginal} marginal, {fail} fail."));
    page.table(verdict_table(verdicts));
}

fn bottleneck(page: &mut Document, bottleneck: &Bottleneck) {
    if bottleneck.resources.is_empty() && bottleneck.explanation.is_empty() {
        return;
    }
    page.heading(2, "What limits");
    if !bottleneck.explanation.is_empty() {
        page.paragraph(&bottleneck.explanation);
    }
    page.table(limits(bottleneck));
    if !bottleneck.resources.is_empty() {
        let span = number::span(Some(bottleneck.from_s), Some(bottleneck.to_s));
        page.note(NoteKind::Aside, format!("use during the busiest stage, {span}"));
    }
}

/// What each resource has to give, and what it allows at most.
pub(super) fn limits(bottleneck: &Bottleneck) -> Table {
    let mut table = Table::new(
        "",
        vec![
            Column::words("resource"),
            Column::numbers("in use"),
            Column::numbers("servers"),
            Column::numbers("needed per request"),
            Column::numbers("passes at most"),
        ],
    );
    for resource in &bottleneck.resources {
        let limits = resource.name == bottleneck.resource;
        let percent = |share: f64| share * 100.0;
        let used = &resource.utilisation;
        table.rows.push(vec![
            Cell::new(&resource.name, if limits { Tone::Strong } else { Tone::Plain }),
            Cell::plain(number::interval(percent(used.value), percent(used.low), percent(used.high), "%")),
            Cell::plain(match resource.kind {
                ResourceKind::Servers => number::plain(resource.servers),
                ResourceKind::RateLimit => number::with_unit(resource.servers, "1/s"),
            }),
            Cell::plain(match resource.kind {
                ResourceKind::Servers => number::with_unit(resource.demand_s * 1000.0, "ms"),
                ResourceKind::RateLimit => format!("{:.2} tokens", resource.demand_s),
            }),
            Cell::plain(resource.bound_per_s.map_or(ABSENT.to_owned(), |bound| number::with_unit(bound, "1/s"))),
        ]);
    }
    table
}

/// Names in the order in which they first appear.
pub(super) fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::wrap::width;
    use super::*;

    #[test]
    fn verdicts_come_first_and_the_seed_last() {
        let p = sample::prediction("peak");
        let text = run_page(&p, Detail::Full).to_text(100, false);
        let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is missing:\n{text}"));
        assert!(at("✗") < at("Key figures"));
        assert!(at("Key figures") < at("By endpoint"));
        assert!(at("By endpoint") < at("By stage"));
        assert!(at("By stage") < at("What limits"));
        assert!(at("What limits") < at("Where the time of a request goes"));
        assert!(text.trim_end().ends_with(env!("CARGO_PKG_VERSION")));
        assert!(text.contains(&format!("seed {}", p.seed)));
    }

    #[test]
    fn no_whole_test_figure_is_lost() {
        let mut p = sample::prediction("peak");
        let mut odd = p.metrics[0].clone();
        odd.key.metric = "odd_figure".into();
        odd.key.scope = "redis".into();
        odd.key.stat = "avg".into();
        odd.estimate.value = 83.1;
        odd.unit = "%";
        p.metrics.push(odd);
        let text = run_page(&p, Detail::Full).to_text(100, false);
        assert!(text.contains("odd figure avg · redis"), "{text}");
        assert!(text.contains("83.1"));
    }

    #[test]
    fn fits_the_width_with_nasty_names() {
        let mut p = sample::prediction("peak");
        p.model = "model/".repeat(60);
        for row in p.metrics.iter_mut().filter(|row| row.key.scope.contains('/')) {
            row.key.scope = format!("GET /{}", "very-long-segment/".repeat(20));
        }
        for verdict in &mut p.verdicts {
            verdict.slo = "http_req_duration{name:list} p(95)<200 ".repeat(6);
        }
        let text = run_page(&p, Detail::Full).to_text(100, false);
        for line in text.lines() {
            assert!(width(line) <= 100, "{line}");
        }
    }

    #[test]
    fn a_prediction_of_nothing_still_makes_a_page() {
        let mut p = sample::prediction("peak");
        p.metrics.clear();
        p.verdicts.clear();
        p.where_time_goes.clear();
        p.bottleneck.resources.clear();
        p.bottleneck.explanation.clear();
        let text = run_page(&p, Detail::Full).to_text(100, false);
        assert!(text.contains("no objectives") && text.contains("seed"));
    }
}
