//! When requests arrived, for whoever wants to send them again: every instant, or how many came per second.

use std::path::Path;

use super::read::{Refused, Requests, figures, in_memory, in_order, requests, text};
use super::stream::events::{Events, MOST_BEGINS};
use super::stream::input::Input;
use super::stream::names::as_scope;
use super::stream::other_clock::other_clock;
use super::stream::summary;
use super::{ReadError, ReadProblem, Recording};

/// What arrived, and what of the file was left out or is in doubt: one sentence each, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrivals {
    pub arrived: Arrived,
    pub notes: Vec<String>,
}

/// When requests arrived.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrived {
    /// A file of single requests.
    Requests {
        /// By name, each with when its requests began: ns since the first of all began, in order.
        endpoints: Vec<(String, Vec<u64>)>,
        /// Whether the file's clock knows no more than whole seconds.
        whole_seconds: bool,
    },
    /// A line over time of `http_reqs` per second: each rate holds for so many seconds, one after the other.
    Rates(Vec<(f64, f64)>),
}

/// Reads what arrived from a recording of any format that says it.
///
/// # Errors
/// As [`super::read()`]; or the file says nothing of arrivals, has more than five million, or half of its lines cannot be
/// read.
pub fn arrivals(path: &Path) -> Result<Arrivals, ReadError> {
    let name = path.display().to_string();
    let open = || Input::open(path).map_err(|error| vec![ReadProblem::whole(format!("cannot be read: {error}"))]);
    let result = if path.is_dir() { Err(vec![ReadProblem::whole("is a folder")]) } else { arrived(&name, open) };
    result.map_err(|problems| ReadError { name, problems: in_order(problems) })
}

/// The same from the bytes of a file; `name` is only for people.
///
/// # Errors
/// As [`arrivals()`].
pub fn arrivals_of_bytes(name: &str, bytes: &[u8]) -> Result<Arrivals, ReadError> {
    let result = arrived(name, || in_memory(bytes));
    result.map_err(|problems| ReadError { name: name.to_owned(), problems: in_order(problems) })
}

fn arrived(name: &str, open: impl Fn() -> Result<Input, Refused>) -> Result<Arrivals, Refused> {
    let input = open()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let Some(Requests { format, mut lines, fold }) = requests(&input.head, open, threads, Events::with_begins)? else {
        let recording = figures(name, &text(input)?)?;
        return Ok(Arrivals { arrived: rates(&recording)?, notes: recording.notes });
    };
    if lines.events.requests() > MOST_BEGINS {
        let what = format!("more than {MOST_BEGINS} requests are in it");
        return Err(vec![ReadProblem::whole(what).with_hint("replay a part of it, or the rate per second")]);
    }
    if let Some(problem) = summary::mostly_broken(&lines) {
        return Err(vec![problem]);
    }
    let clock = other_clock(&lines.events);
    let mut notes = fold.notes();
    notes.extend(summary::doubts(&lines, clock.as_ref()));
    let whole_seconds = !lines.events.finer_than_seconds;
    let begins = lines.events.endpoints.iter_mut();
    let mut endpoints: Vec<(String, Vec<i64>)> =
        begins.map(|(name, endpoint)| (as_scope(name), std::mem::take(&mut endpoint.begins))).collect();
    // What else can be wrong with the file is found by reading it as usual.
    summary::recording(name, format, lines, Vec::new())?;
    if let Some(clock) = clock {
        endpoints.iter_mut().for_each(|(_, begins)| begins.retain(|begin| clock.holds(*begin)));
        notes.push("requests of another clock do not come again".to_owned());
    }
    endpoints.retain(|(_, begins)| !begins.is_empty());
    let first = endpoints.iter().flat_map(|(_, begins)| begins).min().copied();
    let first = first.ok_or_else(|| vec![ReadProblem::whole("it has steps of requests, but no request")])?;
    endpoints.sort();
    let since = |mut begins: Vec<i64>| {
        begins.sort_unstable();
        begins.into_iter().map(|begin| begin.abs_diff(first)).collect()
    };
    let endpoints = endpoints.into_iter().map(|(name, begins)| (name, since(begins))).collect();
    Ok(Arrivals { arrived: Arrived::Requests { endpoints, whole_seconds }, notes })
}

/// A rate holds from its point to the next one; the last as long as the one before.
fn rates(recording: &Recording) -> Result<Arrived, Refused> {
    let of_all =
        |p: &&super::SeriesPoint| (p.metric.as_str(), p.scope.as_str(), p.stat.as_str()) == ("http_reqs", "", "rate");
    let points: Vec<(f64, f64)> = recording.series.iter().filter(of_all).map(|p| (p.t_s, p.value)).collect();
    let spans: Vec<f64> = points.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    let Some(last) = spans.last().copied() else {
        let what = "it says nothing of when requests arrived";
        let hint =
            "replay a file of single requests, such as an access log, or a line of http_reqs per second over time";
        return Err(vec![ReadProblem::whole(what).with_hint(hint)]);
    };
    if let Some(point) = points.iter().find(|point| point.1 < 0.0) {
        return Err(vec![ReadProblem::whole(format!("at {} s its rate is {}, below 0", point.0, point.1))]);
    }
    if let Some(twice) = spans.iter().position(|span| *span <= 0.0) {
        return Err(vec![ReadProblem::whole(format!("at {} s it has two rates", points[twice].0))]);
    }
    let spans = spans.into_iter().chain(std::iter::once(last));
    Ok(Arrived::Rates(spans.zip(&points).map(|(span, point)| (span, point.1)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_notes(text: &str) -> Result<Arrivals, Vec<String>> {
        arrivals_of_bytes("x", text.as_bytes())
            .map_err(|error| error.problems.iter().map(ToString::to_string).collect())
    }

    fn of(text: &str) -> Result<Arrived, Vec<String>> {
        with_notes(text).map(|arrivals| arrivals.arrived)
    }

    #[test]
    fn what_could_not_be_read_is_said_and_half_is_refused() {
        let rows = |fine: usize, broken: usize| {
            let fine = (0..fine).map(|at| format!("{at},a,5\n")).collect::<String>();
            format!("t_s,endpoint,duration_ms\n{fine}{}", "3,a,nan\n".repeat(broken))
        };
        let notes = |text: &str| with_notes(text).map(|arrivals| arrivals.notes);
        assert_eq!(notes(&rows(5, 0)), Ok(Vec::new()));
        let expected =
            "1 of 7 lines could not be read and is left out (line 7: its duration is no number from 0 on)".to_owned();
        assert_eq!(notes(&rows(5, 1)), Ok(vec![expected]));
        let refused = notes(&rows(5, 6)).expect_err("too much is broken");
        assert!(
            refused[0].starts_with("6 of its 12 lines cannot be read, too many to use the others; line 7:"),
            "{refused:?}"
        );
    }

    /// One line of another clock would be a pause of decades.
    #[test]
    fn what_another_clock_wrote_does_not_come_again() {
        let rows: String = (0..200).map(|at| format!("{},a,5\n", 1_750_000_000 + at)).collect();
        let text = format!("t_s,endpoint,duration_ms\n{rows}2380000000,a,5\n");
        let Arrivals { arrived: Arrived::Requests { endpoints, .. }, notes } = with_notes(&text).expect("read") else {
            panic!("requests")
        };
        assert_eq!(endpoints[0].1.len(), 200);
        assert_eq!(endpoints[0].1.last(), Some(&199_000_000_000));
        assert!(notes[0].contains("2045-06-02") && notes[0].contains("line 202"), "{notes:?}");
    }

    #[test]
    fn requests_are_told_by_when_they_began() {
        let text = "t_end_s,endpoint,duration_ms\n1.5,b,500\n2,a,250\n1.25,a,50\n";
        let endpoints = vec![("a".to_owned(), vec![200_000_000, 750_000_000]), ("b".to_owned(), vec![0])];
        assert_eq!(of(text), Ok(Arrived::Requests { endpoints, whole_seconds: false }));
        let nginx = "10.0.0.1 - - [14/Nov/2023:22:13:20 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\" rt=0.010\n";
        assert!(matches!(of(nginx), Ok(Arrived::Requests { whole_seconds: true, .. })));
    }

    #[test]
    fn a_line_over_time_is_told_by_its_rates() {
        let header = "t_s,metric,scope,stat,value,unit\n";
        let of_rates = |rows: &str| of(&format!("{header}{rows}"));
        let rows =
            "0,http_reqs,,rate,5,1/s\n10,http_reqs,,rate,600,1/min\n30,http_reqs,,rate,0,1/s\n1,cpu,app,avg,5,%\n";
        assert_eq!(of_rates(rows), Ok(Arrived::Rates(vec![(10.0, 5.0), (20.0, 10.0), (20.0, 0.0)])));
        let told = |rows: &str| of_rates(rows).expect_err("no arrivals")[0].clone();
        assert!(told("1,cpu,app,avg,5,%\n").starts_with("it says nothing of when requests arrived"));
        assert!(told("0,http_reqs,,rate,-5,1/s\n1,http_reqs,,rate,5,1/s\n").contains("below 0"));
        assert!(told("1,http_reqs,,rate,5,1/s\n1,http_reqs,,rate,5,1/s\n").contains("two rates"));
    }
}
