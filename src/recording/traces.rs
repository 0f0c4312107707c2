//! Traces as requests with their parts, for drafts of models: OTLP or Jaeger in JSON, or a table of spans or requests.
//!
//! They are read by the readers of recordings, which count, locate and decide as always (`formats::span_trees`,
//! `formats::request_rows`).

use std::path::Path;

use super::Format;
use super::formats::document;
use super::problems::{ReadError, ReadProblem};
use super::read::{Refused, Requests, in_memory, in_order, json_of, requests, text};
use super::stream::blocks::Lines;
use super::stream::events::Events;
use super::stream::input::Input;
use super::stream::instants::SECOND;
use super::stream::names::Fold;
use super::stream::other_clock::other_clock;
use super::stream::summary;
pub use super::stream::traced::{Part, TracedRequest};

/// What traces are, for whoever gave something else.
const HINT: &str = "traces are OTLP or Jaeger in JSON, or a table with t_s,endpoint,step,duration_ms, in which the step \
                    `total` is the request; other recordings fit a model that is there: plimsoll fit MODEL --test TEST --from FILE";

/// Traced requests, and what of the file was left out or is in doubt: one sentence each, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced {
    /// At least one, in the order in which they began.
    pub requests: Vec<TracedRequest>,
    pub notes: Vec<String>,
}

/// Reads traces.
///
/// # Errors
/// As [`super::read()`]; or the file has no traced request, or half of its lines cannot be read.
pub fn read_traces(path: &Path) -> Result<Traced, ReadError> {
    let name = path.display().to_string();
    let open = || Input::open(path).map_err(|error| vec![ReadProblem::whole(format!("cannot be read: {error}"))]);
    let result = if path.is_dir() { Err(vec![ReadProblem::whole("is a folder")]) } else { traced(&name, open) };
    result.map_err(|problems| ReadError { name, problems: in_order(problems) })
}

/// The same from the bytes of a file; `name` is only for people.
///
/// # Errors
/// As [`read_traces()`].
pub fn traces_of_bytes(name: &str, bytes: &[u8]) -> Result<Traced, ReadError> {
    let result = traced(name, || in_memory(bytes));
    result.map_err(|problems| ReadError { name: name.to_owned(), problems: in_order(problems) })
}

fn traced(name: &str, open: impl Fn() -> Result<Input, Refused>) -> Result<Traced, Refused> {
    let input = open()?;
    // Rows belong together by their order: one thread.
    match requests(&input.head, open, 1, Events::with_traces)? {
        Some(Requests { format, lines, fold }) => of_lines(name, format, lines, fold),
        None => {
            let text = text(input)?;
            if !text.trim_start().starts_with('{') {
                return Err(no_traces("no format of traces is like this"));
            }
            let found = document::traced(&json_of(&text)?);
            let (format, lines, fold) = found.ok_or_else(|| no_traces("this JSON has no traces"))?;
            of_lines(name, format, lines, fold)
        }
    }
}

fn no_traces(what: &str) -> Refused {
    vec![ReadProblem::whole(what).with_hint(HINT)]
}

fn of_lines(name: &str, format: Format, mut lines: Lines, fold: Fold) -> Result<Traced, Refused> {
    if let Some(problem) = summary::mostly_broken(&lines) {
        return Err(vec![problem]);
    }
    let clock = other_clock(&lines.events);
    let mut notes = fold.notes();
    notes.extend(summary::doubts(&lines, clock.as_ref()));
    let traces = lines.events.traces.take().unwrap_or_default();
    // What else can be wrong with the file is found by reading it as usual.
    summary::recording(name, format, lines, Vec::new())?;
    let mut requests = traces.requests;
    if requests.is_empty() {
        return Err(no_traces(&format!("this is {}, which has no traced request", format.word())));
    }
    let all = requests.len();
    requests.retain(|request| request.duration_s > 0.0);
    if requests.is_empty() {
        return Err(no_traces("every request in it takes no time"));
    }
    if requests.len() < all {
        notes.push(format!("{} of {all} requests take no time: left out of the draft", all - requests.len()));
    }
    if let Some(clock) = clock {
        let middle = |request: &TracedRequest| request.begin_s + request.duration_s / 2.0;
        requests.retain(|request| clock.holds((middle(request) * SECOND as f64) as i64));
        notes.push("requests of another clock are left out of the draft".to_owned());
    }
    requests.sort_by(|a, b| a.begin_s.total_cmp(&b.begin_s));
    Ok(Traced { requests, notes })
}
