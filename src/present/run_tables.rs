//! The tables of a prediction's page.
//!
//! Each table claims the whole-test figures that it shows, so that the last one can list the rest.
//! Only the figures people compare first carry their interval; all of them would not fit a line.

use std::collections::BTreeSet;

use super::label::{self, Family};
use super::number::{self, ABSENT};
use super::run_page::unique;
use super::table::{Cell, Column, Table, Tone};
use crate::model::{Cause, HttpStatus};
use crate::study::prediction::{Prediction, Row};

/// Columns of resources in the table of stages; more do not fit.
const STAGE_EXTRAS: usize = 3;

/// Whole-test figures that a table has shown: metric, scope, statistic.
#[derive(Debug, Default)]
pub struct Shown(BTreeSet<(String, String, String)>);

impl Shown {
    fn claim(&mut self, row: &Row) {
        self.0.insert((row.key.metric.clone(), row.key.scope.clone(), row.key.stat.clone()));
    }

    /// Whether the average has a line in a table of its own.
    fn claims(&self, metric: &str, scope: &str) -> bool {
        self.0.contains(&(metric.to_owned(), scope.to_owned(), "avg".to_owned()))
    }

    fn has(&self, row: &Row) -> bool {
        self.0.contains(&(row.key.metric.clone(), row.key.scope.clone(), row.key.stat.clone()))
    }
}

/// Looks figures up for one table: in one window, claiming whole-test ones.
pub(super) struct Reader<'a> {
    p: &'a Prediction,
    shown: Option<&'a mut Shown>,
    window: Option<(f64, f64)>,
}

impl<'a> Reader<'a> {
    pub(super) fn whole(p: &'a Prediction, shown: &'a mut Shown) -> Reader<'a> {
        Reader { p, shown: Some(shown), window: None }
    }

    pub(super) fn row(&mut self, metric: &str, scope: &str, stat: &str) -> Option<&'a Row> {
        let row = self.p.row(metric, scope, stat, self.window).or_else(|| match stat {
            "p50" => self.p.row(metric, scope, "med", self.window),
            _ => None,
        })?;
        if let Some(shown) = &mut self.shown {
            shown.claim(row);
        }
        Some(row)
    }

    /// The value alone.
    pub(super) fn value(&mut self, metric: &str, scope: &str, stat: &str) -> Cell {
        let row = self.row(metric, scope, stat);
        Cell::plain(row.map_or(ABSENT.to_owned(), |row| number::with_unit(row.estimate.value, row.unit)))
    }

    /// The value with its interval.
    pub(super) fn interval(&mut self, metric: &str, scope: &str, stat: &str) -> Cell {
        Cell::plain(self.row(metric, scope, stat).map_or(ABSENT.to_owned(), interval))
    }
}

fn interval(row: &Row) -> String {
    number::interval(row.estimate.value, row.estimate.low, row.estimate.high, row.unit)
}

pub(super) fn whole(p: &Prediction) -> impl Iterator<Item = &Row> {
    p.metrics.iter().filter(|row| row.key.from_s.is_none() && row.key.to_s.is_none())
}

/// Whether a line of cells shows any number at all.
pub(super) fn says_something(cells: &[Cell]) -> bool {
    cells.iter().any(|cell| cell.text != ABSENT)
}

/// Requests, their rate and the share that failed.
pub fn traffic(p: &Prediction, shown: &mut Shown) -> Table {
    let mut table = Table::new("", vec![Column::words(""), Column::numbers("")]);
    let mut reader = Reader::whole(p, shown);
    let figures = [
        ("http_reqs", "count"),
        ("http_reqs", "rate"),
        ("http_req_failed", "rate"),
        ("iterations", "count"),
        ("dropped_iterations", "count"),
    ];
    for (metric, stat) in figures {
        if let Some(row) = reader.row(metric, "", stat) {
            table.rows.push(vec![Cell::plain(label::statistic(metric, stat)), Cell::plain(interval(row))]);
        }
    }
    table
}

/// Percentiles of all, good and failed responses.
pub fn latency(p: &Prediction, shown: &mut Shown) -> Table {
    let names = ["avg", "p50", "p95", "p99", "max"];
    let columns = std::iter::once(Column::words("latency")).chain(names.map(Column::numbers)).collect();
    let mut table = Table::new("", columns);
    let mut reader = Reader::whole(p, shown);
    let kinds =
        [("all", "http_req_duration"), ("ok", "http_req_duration{ok}"), ("failed", "http_req_duration{failed}")];
    for (kind, metric) in kinds {
        let cells = [
            reader.value(metric, "", "avg"),
            reader.interval(metric, "", "p50"),
            reader.interval(metric, "", "p95"),
            reader.interval(metric, "", "p99"),
            reader.value(metric, "", "max"),
        ];
        if says_something(&cells) {
            table.rows.push(std::iter::once(Cell::plain(kind)).chain(cells).collect());
        }
    }
    table.drop_absent();
    table
}

/// Errors by cause, over all endpoints; causes that never happen are left out.
pub fn errors(p: &Prediction, shown: &mut Shown) -> Table {
    let columns =
        vec![Column::words("errors"), Column::numbers("count"), Column::numbers("rate"), Column::words("meaning")];
    let mut table = Table::new("", columns);
    let scopes = unique(whole(p).filter(|row| row.key.metric == "errors").map(|row| row.key.scope.as_str()));
    let mut reader = Reader::whole(p, shown);
    for scope in scopes.into_iter().filter(|scope| scope.is_empty() || Cause::from_word(scope).is_some()) {
        let count = reader.row("errors", scope, "count");
        let rate = reader.value("errors", scope, "rate");
        if count.is_some_and(|row| row.estimate.value == 0.0 && row.estimate.high == 0.0) {
            continue;
        }
        let (name, tone) = if scope.is_empty() { ("all", Tone::Strong) } else { (scope, Tone::Plain) };
        table.rows.push(vec![
            Cell::new(name, tone),
            Cell::plain(count.map_or(ABSENT.to_owned(), interval)),
            rate,
            Cell::dim(Cause::from_word(scope).map_or("", Cause::about)),
        ]);
    }
    table.drop_absent();
    table
}

/// Answers by HTTP status, as a balancer counts them; nothing where all are well.
pub fn statuses(p: &Prediction, shown: &mut Shown) -> Table {
    let columns =
        vec![Column::words("status"), Column::numbers("share"), Column::numbers("count"), Column::words("meaning")];
    let mut table = Table::new("", columns);
    let mut reader = Reader::whole(p, shown);
    let mut failures = false;
    for word in HttpStatus::words() {
        let (share, count) = (reader.interval("http_status", word, "share"), reader.row("http_status", word, "count"));
        let Some(count) = count.filter(|row| row.estimate.value > 0.0 || row.estimate.high > 0.0) else { continue };
        let happens =
            |status: &&HttpStatus| status.is(word) && p.row("http_status", status.word(), "count", None).is_some();
        if HttpStatus::ALL.iter().filter(happens).count() == 1
            && HttpStatus::ALL.iter().all(|status| status.word() != word)
        {
            continue;
        }
        let single = HttpStatus::ALL.iter().find(|status| status.word() == word);
        failures |= word != HttpStatus::Success.word();
        let about = single.map_or("all of this class", |status| status.about());
        table.rows.push(vec![Cell::plain(word), share, Cell::plain(interval(count)), Cell::dim(about)]);
    }
    if !failures {
        table.rows.clear();
    }
    table
}

/// One line per endpoint.
pub fn endpoints(p: &Prediction, shown: &mut Shown) -> Table {
    let columns = vec![
        Column::words("endpoint"),
        Column::numbers("requests"),
        Column::numbers("rate"),
        Column::numbers("p50"),
        Column::numbers("p95"),
        Column::numbers("p99"),
        Column::numbers("failed"),
    ];
    let mut table = Table::new("", columns);
    let of_requests = |metric: &str| metric == "http_reqs" || metric == "http_req_duration";
    let scopes = whole(p).filter(|row| of_requests(&row.key.metric) && !row.key.scope.is_empty());
    let scopes = unique(scopes.map(|row| row.key.scope.as_str()));
    let mut reader = Reader::whole(p, shown);
    for scope in scopes {
        table.rows.push(vec![
            Cell::plain(scope),
            reader.value("http_reqs", scope, "count"),
            reader.value("http_reqs", scope, "rate"),
            reader.value("http_req_duration", scope, "p50"),
            reader.interval("http_req_duration", scope, "p95"),
            reader.value("http_req_duration", scope, "p99"),
            reader.value("http_req_failed", scope, "rate"),
        ]);
    }
    table.drop_absent();
    table
}

/// One line per stage or other span of time, in order.
pub fn stages(p: &Prediction) -> Table {
    let windowed = || p.metrics.iter().filter_map(|row| Some((row, (row.key.from_s?, row.key.to_s?))));
    let mut windows: Vec<(f64, f64)> = windowed().map(|(_, window)| window).collect();
    windows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    windows.dedup();
    let extras = ["connections_waiting", "cpu"].iter().flat_map(|&metric| {
        let rows = windowed().filter(move |(row, _)| row.key.metric == metric && row.key.stat == "avg");
        unique(rows.map(|(row, _)| row.key.scope.as_str())).into_iter().map(move |scope| (metric, scope))
    });
    let extras: Vec<(&str, &str)> = extras.take(STAGE_EXTRAS).collect();

    let fixed = ["users", "rate", "p50", "p95", "p99", "failed"].map(Column::numbers);
    let named = extras.iter().map(|(metric, scope)| match *metric {
        "cpu" => Column::numbers(&format!("CPU {scope}")),
        _ => Column::numbers(&format!("waiting {scope}")),
    });
    let columns = std::iter::once(Column::words("stage")).chain(fixed).chain(named).collect();
    let mut table = Table::new("", columns);
    for (from, to) in windows {
        let mut reader = Reader { p, shown: None, window: Some((from, to)) };
        let mut cells = vec![
            reader.value("vus", "", "avg"),
            reader.value("http_reqs", "", "rate"),
            reader.value("http_req_duration", "", "p50"),
            reader.value("http_req_duration", "", "p95"),
            reader.value("http_req_duration", "", "p99"),
            reader.value("http_req_failed", "", "rate"),
        ];
        cells.extend(extras.iter().map(|(metric, scope)| reader.value(metric, scope, "avg")));
        if says_something(&cells) {
            cells.insert(0, Cell::plain(number::span(Some(from), Some(to))));
            table.rows.push(cells);
        }
    }
    table.drop_absent();
    table
}

/// Machines and connections: average, 95th percentile and maximum.
pub fn resources(p: &Prediction, shown: &mut Shown) -> Table {
    let columns =
        vec![Column::words("resource"), Column::numbers("avg"), Column::numbers("p95"), Column::numbers("max")];
    let mut table = Table::new("", columns);
    for family in [Family::Machines, Family::Connections] {
        let rows: Vec<&Row> = whole(p).filter(|row| Family::of(&row.key.metric) == family).collect();
        for metric in unique(rows.iter().map(|row| row.key.metric.as_str())) {
            for scope in unique(rows.iter().filter(|row| row.key.metric == metric).map(|row| row.key.scope.as_str())) {
                if shown.claims(metric, scope) {
                    continue;
                }
                let mut reader = Reader::whole(p, shown);
                let cells = ["avg", "p95", "max"].map(|stat| reader.interval(metric, scope, stat));
                if says_something(&cells) {
                    let name = format!("{} · {scope}", label::metric(metric));
                    table.rows.push(std::iter::once(Cell::plain(name)).chain(cells).collect());
                }
            }
        }
    }
    table.drop_absent();
    table
}

/// Whole-test figures that no other table has claimed.
pub fn others(p: &Prediction, shown: &Shown) -> Table {
    let mut table = Table::new("", vec![Column::words(""), Column::numbers("")]);
    for row in whole(p).filter(|row| !shown.has(row)) {
        table.rows.push(vec![Cell::plain(label::figure(&row.key)), Cell::plain(interval(row))]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn texts(table: &Table, row: usize) -> Vec<&str> {
        table.rows[row].iter().map(|cell| cell.text.as_str()).collect()
    }

    #[test]
    fn stages_come_in_order_with_the_waiting_of_each_pool() {
        let p = sample::prediction("peak");
        let table = stages(&p);
        let spans: Vec<&str> = table.rows.iter().map(|row| row[0].text.as_str()).collect();
        assert_eq!(spans, ["0 – 60 s", "60 – 360 s", "360 – 420 s"]);
        assert!(table.columns.iter().any(|column| column.name == "waiting main"));
        let held = p.row("http_reqs", "", "rate", Some((60.0, 360.0))).expect("sampled");
        let rate = table.columns.iter().position(|column| column.name == "rate").expect("a column");
        assert_eq!(table.rows[1][rate].text, number::with_unit(held.estimate.value, "1/s"));
    }

    #[test]
    fn causes_that_never_happen_are_left_out_and_others_explained() {
        let mut p = sample::prediction("peak");
        let zero = p.metrics.iter_mut().find(|row| row.key.scope == "connection_refused").expect("sampled");
        zero.estimate.value = 0.0;
        zero.estimate.high = 0.0;
        let table = errors(&p, &mut Shown::default());
        assert!(table.rows.iter().all(|row| row[0].text != "connection_refused"));
        let timeout = table.rows.iter().position(|row| row[0].text == "acquire_timeout").expect("sampled");
        assert_eq!(texts(&table, timeout).last(), Some(&Cause::AcquireTimeout.about()));
    }

    #[test]
    fn a_median_is_found_under_either_name() {
        let mut p = sample::prediction("peak");
        for row in p.metrics.iter_mut().filter(|row| row.key.stat == "p50") {
            row.key.stat = "med".into();
        }
        let mut shown = Shown::default();
        let table = latency(&p, &mut shown);
        let median = table.columns.iter().position(|column| column.name == "p50").expect("a column");
        assert!(table.rows[0][median].text.ends_with(" ms"));
        endpoints(&p, &mut shown);
        assert!(others(&p, &shown).rows.iter().all(|row| !row[0].text.contains("latency med")));
    }
}
