//! Which rows of a check stand on the compact page: what people ask for first, and what disagrees.
//!
//! A recording may hold hundreds of rows; the compact page promises to stay short, so beyond the
//! headline rows only the largest disagreements are listed and the rest is counted.

use crate::study::check_result::{CheckRow, CheckVerdict};

/// Disagreements listed for one test besides its headline rows.
const LISTED: usize = 10;

/// Rows in their recorded order.
#[derive(Debug)]
pub struct Chosen<'a> {
    pub rows: Vec<&'a CheckRow>,
    pub disagreements_left_out: usize,
}

/// Headline rows and the largest disagreements among `rows`.
#[must_use]
pub fn choose(rows: &[CheckRow]) -> Chosen<'_> {
    let headline: Vec<bool> = rows.iter().map(|row| is_headline(row, rows)).collect();
    let mut disagreements: Vec<usize> =
        (0..rows.len()).filter(|&index| !headline[index] && disagrees(&rows[index])).collect();
    let size = |index: &usize| rows[*index].relative_error.map_or(f64::INFINITY, f64::abs);
    disagreements.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let listed = &disagreements[..disagreements.len().min(LISTED)];
    let chosen = (0..rows.len()).filter(|index| headline[*index] || listed.contains(index));
    Chosen {
        rows: chosen.map(|index| &rows[index]).collect(),
        disagreements_left_out: disagreements.len() - listed.len(),
    }
}

fn disagrees(row: &CheckRow) -> bool {
    row.scored && row.verdict == Some(CheckVerdict::Disagree)
}

fn is_headline(row: &CheckRow, rows: &[CheckRow]) -> bool {
    let key = &row.key;
    let asked_for = match (key.metric.as_str(), key.stat.as_str()) {
        ("http_req_duration", "p95") if !key.scope.is_empty() => {
            // Endpoints stand for the whole where it was not recorded.
            !rows.iter().any(|other| other.key.metric == key.metric && other.key.scope.is_empty())
        }
        ("http_req_duration", "p50" | "med" | "p95" | "p99")
        | ("http_req_failed" | "http_reqs", "rate")
        | ("errors", "count") => key.scope.is_empty(),
        ("connections_waiting" | "connections_active" | "cpu", "avg") => row.predicted.is_some(),
        _ => false,
    };
    asked_for && (whole(row) || stands_for_whole(row, rows))
}

fn whole(row: &CheckRow) -> bool {
    row.key.from_s.is_none() && row.key.to_s.is_none()
}

/// The first span of a figure that was not recorded for the whole test.
fn stands_for_whole(row: &CheckRow, rows: &[CheckRow]) -> bool {
    let key = &row.key;
    let mut same = rows
        .iter()
        .filter(|other| other.key.metric == key.metric && other.key.scope == key.scope && other.key.stat == key.stat);
    let first = same.clone().next();
    !same.any(whole) && first.is_some_and(|first| std::ptr::eq(first, row))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn row(metric: &'static str, scope: &'static str, ratio: f64, verdict: CheckVerdict) -> CheckRow {
        sample::check_row(&(metric, scope, "p95", 100.0, "ms"), ratio, Some(verdict))
    }

    #[test]
    fn the_largest_disagreements_are_listed_and_the_rest_counted() {
        let ratios = (0..LISTED + 5).map(|index| 1.0 + index as f64);
        let rows: Vec<CheckRow> =
            ratios.map(|ratio| row("connection_wait", "main", ratio, CheckVerdict::Disagree)).collect();
        let chosen = choose(&rows);
        assert_eq!((chosen.rows.len(), chosen.disagreements_left_out), (LISTED, 5));
        assert!(chosen.rows.iter().all(|row| row.recorded > Some(500.0)), "the smallest errors were to be left out");
    }

    #[test]
    fn agreement_off_the_headlines_is_left_out() {
        let rows = [
            row("http_req_duration", "", 1.0, CheckVerdict::Agree),
            row("http_req_duration", "GET /x", 1.0, CheckVerdict::Agree),
        ];
        let chosen = choose(&rows);
        assert_eq!(chosen.rows.len(), 1);
        assert!(chosen.rows[0].key.scope.is_empty());
    }

    #[test]
    fn endpoints_and_spans_stand_in_for_what_was_not_recorded() {
        let mut rows = vec![row("http_req_duration", "GET /x", 1.0, CheckVerdict::Agree)];
        rows.push(rows[0].clone());
        for (row, from) in rows.iter_mut().zip([0.0, 30.0]) {
            row.key.from_s = Some(from);
            row.key.to_s = Some(from + 30.0);
        }
        let chosen = choose(&rows);
        assert_eq!(chosen.rows.len(), 1, "one span is enough");
        assert_eq!(chosen.rows[0].key.from_s, Some(0.0));
    }
}
