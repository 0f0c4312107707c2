//! Locust's CSV files: `_stats.csv` at the end, and `_stats_history.csv` once a second.
//!
//! Locust rounds every response time to two significant digits before it counts it: its percentiles are no better than
//! 5 %. Rates and percentiles of the history are over about ten seconds.

use crate::problem::plural;
use crate::recording::figures::Figures;
use crate::recording::stream::fields::{Header, field, split};
use crate::recording::stream::instants::SECOND;
use crate::recording::stream::names::as_scope;
use crate::recording::stream::summary::unreadable;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

/// Percentiles and extremes of a row.
const STATS: [(&str, &str); 10] = [
    ("p50", "50%"),
    ("p66", "66%"),
    ("p75", "75%"),
    ("p80", "80%"),
    ("p90", "90%"),
    ("p95", "95%"),
    ("p98", "98%"),
    ("p99", "99%"),
    ("p99.9", "99.9%"),
    ("p99.99", "99.99%"),
];

pub fn read(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header = Header::of(lines.next().map_or("", |(_, line)| line).as_bytes());
    let history = header.has(&["Timestamp", "User Count"]);
    let mut figures = Figures::new(name, if history { Format::LocustHistory } else { Format::LocustStats });
    let mut first = None;
    let mut broken = Vec::new();
    for (index, line) in lines {
        let fields = split(line.as_bytes(), header.delimiter);
        if fields.len() != header.names().len() {
            broken.push(index + 1);
            continue;
        }
        let row = Row { header: &header, fields: &fields };
        if history {
            let Some(at) = row.number("Timestamp") else {
                broken.push(index + 1);
                continue;
            };
            row.history(at - *first.get_or_insert(at), &mut figures);
        } else {
            row.stats(&mut figures);
        }
    }
    if !broken.is_empty() {
        let shown: Vec<String> = broken.iter().take(5).map(usize::to_string).collect();
        let lines = plural(shown.len(), "line");
        figures.notes.push(format!("{} ({lines} {})", unreadable(broken.len() as u64, None), shown.join(", ")));
    }
    figures.notes.push("Locust rounds times to two significant digits: its percentiles are no better than 5 %".into());
    if let Some(first) = first {
        figures.facts.begin_ns = Some((first * SECOND as f64) as i64);
        figures.facts.width_s = 1.0;
        figures.facts.span_s = figures.series.iter().map(|point| point.t_s).reduce(f64::max).filter(|span| *span > 0.0);
        figures.notes.push("rates and percentiles of the history are over about ten seconds".into());
    }
    figures.recording()
}

struct Row<'r> {
    header: &'r Header,
    fields: &'r [std::borrow::Cow<'r, [u8]>],
}

impl Row<'_> {
    fn text(&self, column: &str) -> &[u8] {
        field(self.fields, self.header.place(&[column]))
    }

    fn number(&self, column: &str) -> Option<f64> {
        std::str::from_utf8(self.text(column)).ok()?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Method and name; nothing for all together.
    fn scope(&self) -> String {
        match self.text("Name") {
            b"Aggregated" => String::new(),
            name => as_scope(name),
        }
    }

    fn stats(&self, figures: &mut Figures) {
        let scope = self.scope();
        let (requests, failed) = (self.number("Request Count"), self.number("Failure Count"));
        figures.counter("http_reqs", &scope, requests, self.number("Requests/s"));
        figures.counter("errors", &scope, failed, self.number("Failures/s"));
        let share = requests.zip(failed).map(|(requests, failed)| 100.0 * failed / requests);
        figures.add("http_req_failed", &scope, "rate", share, Unit::Percent);
        let ends = [("avg", "Average Response Time"), ("min", "Min Response Time"), ("max", "Max Response Time")];
        let all = ends.into_iter().chain(STATS).map(|(stat, column)| (stat, self.number(column)));
        figures.durations("http_req_duration", &scope, all);
    }

    fn history(&self, t_s: f64, figures: &mut Figures) {
        let scope = self.scope();
        let requests = self.number("Requests/s");
        figures.point(t_s, ("http_reqs", &scope, "rate"), requests, Unit::PerSecond);
        let failed = self.number("Failures/s").zip(requests.filter(|rate| *rate > 0.0));
        let share = failed.map(|(failed, all)| 100.0 * failed / all);
        figures.point(t_s, ("http_req_failed", &scope, "rate"), share, Unit::Percent);
        for (stat, column) in [("p50", "50%"), ("p95", "95%"), ("p99", "99%")] {
            figures.point(t_s, ("http_req_duration", &scope, stat), self.number(column), Unit::Milliseconds);
        }
        if scope.is_empty() {
            figures.point(t_s, ("vus", "", "avg"), self.number("User Count"), Unit::One);
        }
    }
}
