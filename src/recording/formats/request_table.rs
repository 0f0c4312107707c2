//! Tables of single requests: those of hey and oha, and our own of requests or spans.
//!
//! Our own have `endpoint`, a time (`t_s` or `t_end_s`: when it ended; `t_start_s`: when it began; seconds since the test
//! began) and `duration_ms`; if they like `status`, `cause` and `step`. Rows with a `step` are parts of requests; the step
//! `total` is the request itself.

use super::request_rows::{How, RequestRows, Row};
use crate::recording::causes;
use crate::recording::stream::blocks::{Broken, LineReader};
use crate::recording::stream::decimal::{duration, scaled, whole};
use crate::recording::stream::events::{Events, Failure, Request, add};
use crate::recording::stream::fields::{Header, field, split};
use crate::recording::{Format, stream::instants};

/// Columns that tell requests of one instant apart.
const REQUEST: [&str; 5] = ["req", "request", "request_id", "trace", "trace_id"];

/// Where the columns stand, and how many digits their units are from ns.
pub struct RequestTable {
    header: Header,
    begin: Option<usize>,
    end: Option<usize>,
    duration: usize,
    digits: usize,
    endpoint: Option<usize>,
    status: Option<usize>,
    cause: Option<usize>,
    step: Option<usize>,
    bytes: Option<usize>,
    request: Option<usize>,
    worker: Option<usize>,
    /// Requests with their steps, if they are wanted.
    rows: RequestRows,
}

/// The reader and the format, if the first line is the header of such a table.
pub fn recognise(first_line: &[u8]) -> Option<(Format, RequestTable)> {
    let header = Header::of(first_line);
    let place = |name| header.place(&[name]);
    let with = |begin, end, duration: usize, digits| RequestTable {
        begin,
        end,
        duration,
        digits,
        endpoint: place("endpoint"),
        status: header.place(&["status", "status-code"]),
        cause: place("cause"),
        step: place("step"),
        bytes: place("bytes"),
        request: header.place(&REQUEST),
        worker: place("worker"),
        rows: RequestRows::new(How { named: header.place(&REQUEST).is_some(), at_end: end.is_some() }),
        header: header.clone(),
    };
    if header.has(&["response-time", "offset", "status-code"]) {
        return Some((Format::HeyCsv, with(place("offset"), None, place("response-time")?, 9)));
    }
    if header.has(&["request-start", "request-duration"]) {
        return Some((Format::OhaCsv, with(place("request-start"), None, place("request-duration")?, 9)));
    }
    place("endpoint")?;
    let (duration, digits) = [("duration_ms", 6), ("duration_s", 9), ("duration_us", 3)]
        .into_iter()
        .find_map(|(name, digits)| Some((place(name)?, digits)))?;
    let (begin, end) = (header.place(&["t_start_s"]), header.place(&["t_end_s", "t_s"]));
    begin.or(end)?;
    let format = if place("step").is_some() { Format::Spans } else { Format::Requests };
    Some((format, with(begin, end, duration, digits)))
}

impl LineReader for RequestTable {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        if self.header.is(line) || line.starts_with(b"#") {
            return Ok(());
        }
        let fields = split(line, self.header.delimiter);
        if fields.len() != self.header.names().len() {
            return Err(format!("{} fields, but the header has {}", fields.len(), self.header.names().len()).into());
        }
        let duration_ns =
            duration(field(&fields, Some(self.duration)), self.digits).ok_or("its duration is no number from 0 on")?;
        let time = field(&fields, self.end.or(self.begin));
        let at = scaled(time, 9).or_else(|| instants::any(time)).ok_or("its time is no number")?;
        let end_ns = if self.end.is_some() { at } else { at.saturating_add_unsigned(duration_ns) };
        let endpoint = if self.endpoint.is_some() { field(&fields, self.endpoint) } else { b"*" };
        let status = whole(field(&fields, self.status)).and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
        let word = field(&fields, self.cause);
        let failed = status >= 400 || self.cause.is_some() && !word.is_empty();
        let step = Some(field(&fields, self.step)).filter(|step| !matches!(*step, b"" | b"total"));
        if events.traces.is_some() {
            // Where nothing names the request, its rows have the same time.
            let by = if self.request.is_some() { field(&fields, self.request) } else { time };
            let key = [endpoint, field(&fields, self.worker), by].join(&0);
            let step = step.map(|step| String::from_utf8_lossy(step).into_owned());
            let told_ns = if self.end.is_some() { end_ns } else { at };
            self.rows.add(key, endpoint, told_ns, Row { step, duration_ns, failed }, events);
        }
        if let Some(step) = step {
            events.step(endpoint, step, duration_ns);
            return Ok(());
        }
        let why = if word.is_empty() { format!("status {status}").into_bytes() } else { word.to_vec() };
        let cause = causes::by_word(word).or_else(|| causes::of_status(status));
        let failure = failed.then_some(Failure { cause, why: &why });
        events.request(&Request { end_ns, duration_ns, endpoint, status, failure });
        add(&mut events.received_bytes, whole(field(&fields, self.bytes)));
        Ok(())
    }

    fn end(&mut self, events: &mut Events) -> Result<(), Broken> {
        self.rows.close(events);
        Ok(())
    }
}
