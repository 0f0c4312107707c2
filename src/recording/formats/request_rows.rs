//! Rows of a table of spans put together to requests, for drafts.
//!
//! Rows of one request are those with the same endpoint, worker and request; where there is no column `request`, with
//! the same time. It ends with its row `total`, or, where there is none, where its first step comes again.

use std::collections::{HashMap, VecDeque};

use crate::recording::stream::events::Events;
use crate::recording::stream::instants::SECOND;
use crate::recording::stream::names::as_scope;
use crate::recording::stream::remarks::Remark;
use crate::recording::stream::traced::{Part, TracedRequest};

/// A request is complete when none of its rows came among so many.
const WINDOW: u64 = 50_000;

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `None`: the request itself.
    pub step: Option<String>,
    pub duration_ns: u64,
    pub failed: bool,
}

/// Rows of one key.
struct Batch {
    endpoint: Vec<u8>,
    time_ns: i64,
    rows: Vec<Row>,
    last: u64,
}

/// Requests whose rows may still come.
#[derive(Default)]
pub struct RequestRows {
    open: HashMap<Vec<u8>, Batch>,
    /// Rows that came, each with its key.
    seen: VecDeque<(u64, Vec<u8>)>,
    rows: u64,
    how: How,
}

/// What a table tells of its rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// Whether a column tells requests apart.
    pub named: bool,
    /// Whether times are those at which requests ended.
    pub at_end: bool,
}

impl RequestRows {
    pub fn new(how: How) -> RequestRows {
        RequestRows { how, ..RequestRows::default() }
    }

    /// Takes a row of the request of this key, whose time is told in ns.
    pub fn add(&mut self, key: Vec<u8>, endpoint: &[u8], time_ns: i64, row: Row, events: &mut Events) {
        self.rows += 1;
        let last = self.rows;
        let new = || Batch { endpoint: endpoint.to_vec(), time_ns, rows: Vec::new(), last };
        let batch = self.open.entry(key.clone()).or_insert_with(new);
        batch.last = last;
        if row.step.is_none() {
            batch.time_ns = time_ns;
        }
        batch.rows.push(row);
        self.seen.push_back((last, key));
        while self.seen.front().is_some_and(|(number, _)| number + WINDOW < last) {
            self.pass(events);
        }
    }

    /// There are no more rows.
    pub fn close(&mut self, events: &mut Events) {
        while !self.seen.is_empty() {
            self.pass(events);
        }
    }

    /// The oldest row passes; if it was the last of its key, all of the key are requests.
    fn pass(&mut self, events: &mut Events) {
        let Some((number, key)) = self.seen.pop_front() else { return };
        if self.open.get(&key).is_none_or(|batch| batch.last != number) {
            return;
        }
        let Some(batch) = self.open.remove(&key) else { return };
        let (requests, remark) = requests(batch.rows, self.how.named);
        if let Some(remark) = remark {
            events.remark(remark, requests.len() as u64);
        }
        for rows in requests {
            let traced = self.traced(&batch.endpoint, batch.time_ns, rows, events);
            events.trace(traced);
        }
    }

    fn traced(&self, endpoint: &[u8], time_ns: i64, rows: Vec<Row>, events: &mut Events) -> TracedRequest {
        let total = rows.iter().find(|row| row.step.is_none()).map(|row| row.duration_ns);
        let sum = || rows.iter().fold(0, |sum: u64, row| sum.saturating_add(row.duration_ns));
        if total.is_none() {
            events.remark(Remark::WithoutTotal, 1);
        }
        let duration_ns = total.unwrap_or_else(sum);
        let begin_ns = if self.how.at_end { time_ns.saturating_sub_unsigned(duration_ns) } else { time_ns };
        let seconds = |ns: f64| ns / SECOND as f64;
        TracedRequest {
            endpoint: events.folded(endpoint),
            begin_s: seconds(begin_ns as f64),
            duration_s: seconds(duration_ns as f64),
            failed: rows.iter().any(|row| row.failed),
            parts: rows
                .into_iter()
                .filter_map(|row| {
                    Some(Part::Step { name: as_scope(row.step?.as_bytes()), seconds: seconds(row.duration_ns as f64) })
                })
                .collect(),
            own_s: None,
        }
    }
}

/// Rows of one key by request, and what had to be decided.
fn requests(rows: Vec<Row>, named: bool) -> (Vec<Vec<Row>>, Option<Remark>) {
    let totals = rows.iter().filter(|row| row.step.is_none()).count();
    if totals == 0 {
        let first = rows.first().map(|row| row.step.clone());
        let cut: Vec<Vec<Row>> = cut_before(rows, |row| !named && Some(&row.step) == first.as_ref());
        let remark = (cut.len() > 1).then_some(Remark::Repeated);
        return (cut, remark);
    }
    let first_is_total = rows.first().is_some_and(|row| row.step.is_none());
    let last_is_total = rows.last().is_some_and(|row| row.step.is_none());
    let mixed = mixed(&rows, totals);
    let cut = if first_is_total && !last_is_total {
        cut_before(rows, |row| row.step.is_none())
    } else {
        let mut before = false;
        cut_before(rows, |row| std::mem::replace(&mut before, row.step.is_none()))
    };
    let cut = with_the_rest(cut);
    let twice =
        |rows: &Vec<Row>| rows.iter().enumerate().any(|(at, row)| rows[..at].iter().any(|b| b.step == row.step));
    if cut.len() > 1
        && cut.iter().any(twice)
        && let Some(mixed) = mixed
    {
        return (mixed, Some(Remark::Mixed));
    }
    (cut, None)
}

/// Cuts before each row of which that is so; none of the stretches is empty.
fn cut_before(rows: Vec<Row>, mut is: impl FnMut(&Row) -> bool) -> Vec<Vec<Row>> {
    let mut cut: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        let here = is(&row);
        match cut.last_mut().filter(|_| !here) {
            Some(last) => last.push(row),
            None => cut.push(vec![row]),
        }
    }
    cut
}

/// What follows the last total belongs to its request, unless steps come again in it: then its own total is lost.
fn with_the_rest(mut cut: Vec<Vec<Row>>) -> Vec<Vec<Row>> {
    if let [.., before, rest] = cut.as_mut_slice()
        && rest.iter().all(|row| row.step.is_some() && !before.iter().any(|known| known.step == row.step))
    {
        before.append(rest);
        cut.pop();
    }
    cut
}

/// If each step is there as often as there are totals, the first of each is the first request's, and so on.
fn mixed(rows: &[Row], totals: usize) -> Option<Vec<Vec<Row>>> {
    let mut requests: Vec<Vec<Row>> = vec![Vec::new(); totals];
    let mut seen: HashMap<&Option<String>, usize> = HashMap::new();
    for row in rows {
        let at = seen.entry(&row.step).or_default();
        requests.get_mut(*at)?.push(row.clone());
        *at += 1;
    }
    seen.values().all(|many| *many == totals).then_some(requests)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "cpu db total cpu total" by request, each by its steps; the numbers tell rows apart.
    fn cut(names: &str, named: bool) -> (Vec<String>, Option<Remark>) {
        let row = |name: &str| Row { step: (name != "total").then(|| name.to_owned()), duration_ns: 1, failed: false };
        let (requests, remark) = requests(names.split(' ').map(row).collect(), named);
        let word = |row: &Row| row.step.clone().unwrap_or("total".into());
        (requests.iter().map(|rows| rows.iter().map(word).collect::<Vec<_>>().join(" ")).collect(), remark)
    }

    #[test]
    fn a_request_ends_with_its_total() {
        assert_eq!(cut("cpu db total cpu total", false), (vec!["cpu db total".into(), "cpu total".into()], None));
        assert_eq!(cut("cpu db db total", false), (vec!["cpu db db total".into()], None));
        assert_eq!(cut("cpu total db", false), (vec!["cpu total db".into()], None));
        assert_eq!(cut("total cpu total cpu db", false), (vec!["total cpu".into(), "total cpu db".into()], None));
        // The row of the second total could not be read.
        assert_eq!(cut("cpu db total cpu db", false), (vec!["cpu db total".into(), "cpu db".into()], None));
    }

    #[test]
    fn without_a_total_the_first_step_begins_the_next() {
        let two = (vec!["cpu db".to_owned(), "cpu db".to_owned()], Some(Remark::Repeated));
        assert_eq!(cut("cpu db cpu db", false), two);
        assert_eq!(cut("cpu db cpu db", true), (vec!["cpu db cpu db".into()], None), "a column says whose they are");
    }

    #[test]
    fn mixed_rows_are_said_to_be() {
        let (requests, remark) = cut("cpu cpu db total db total", false);
        assert_eq!((requests, remark), (vec!["cpu db total".into(), "cpu db total".into()], Some(Remark::Mixed)));
        // Twice the same step in a request is none.
        assert_eq!(cut("db db total db total", false).1, None);
    }
}
