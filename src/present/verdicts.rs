//! Verdicts on objectives: as a table, counted, and as words.

use super::number;
use super::table::{Cell, Column, Table, Tone};
use crate::study::prediction::{Status, Verdict};

/// How many pass, are marginal, and fail, as pages and exit codes have it ([`Verdict::settled`]).
pub fn verdict_counts<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> [usize; 3] {
    let mut counts = [0; 3];
    for status in verdicts.into_iter().map(Verdict::settled) {
        counts[match status {
            Status::Pass => 0,
            Status::Marginal => 1,
            Status::Fail => 2,
        }] += 1;
    }
    counts
}

/// "pass", "marginal", "fail".
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Marginal => "marginal",
        Status::Fail => "fail",
    }
}

/// "objectives: ✓ http_req_failed rate<0.01 (100 % of tests), ✗ …", for pages that must stay short.
pub fn verdict_line(verdicts: &[Verdict]) -> String {
    let one = |(index, verdict): (usize, &Verdict)| {
        let of_tests = if index == 0 { " of tests" } else { "" };
        format!("{} {} ({}{of_tests})", mark(verdict.settled()).0, verdict.slo, number::share(verdict.probability))
    };
    match verdicts {
        [] => "no objectives".to_owned(),
        some => format!("objectives: {}", some.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")),
    }
}

pub(super) fn mark(status: Status) -> (&'static str, Tone) {
    match status {
        Status::Pass => ("✓", Tone::Good),
        Status::Marginal => ("~", Tone::Warn),
        Status::Fail => ("✗", Tone::Bad),
    }
}

/// One line per verdict: mark, objective, predicted, share of tests that pass, word.
pub fn verdict_table(verdicts: &[Verdict]) -> Table {
    let columns = vec![
        Column::words(""),
        Column::words("objective"),
        Column::numbers("predicted"),
        Column::numbers("tests that pass"),
        Column::words(""),
    ];
    let mut table = Table::new("", columns);
    for verdict in verdicts {
        let (mark, tone) = mark(verdict.settled());
        let word = status_word(verdict.settled());
        let word = if verdict.wished { format!("{word} (wished for)") } else { word.to_owned() };
        table.rows.push(vec![
            Cell::new(mark, tone),
            Cell::plain(&verdict.slo),
            Cell::new(number::interval(verdict.value, verdict.low, verdict.high, verdict.unit), tone),
            Cell::plain(number::share(verdict.probability)),
            Cell::new(word, tone),
        ]);
    }
    table
}
