//! Access logs of web servers and load balancers, if they log the time of requests.
//!
//! - nginx and Apache: the combined format with the time behind it, as `rt=0.012`, as a number with a point (seconds,
//!   nginx's `$request_time`), or as a whole number (microseconds, Apache's `%D`);
//! - Amazon's application load balancer: its three times added up;
//! - one JSON object per line, with `request_time` or `duration` in seconds.
//!
//! The instant of a line is when the answer was sent. Endpoints are method and path without numbers and query. As in
//! k6, a status from 400 on is a failure; 499 and 460 say that the client did not wait.

use serde_json::{Map, Value};

use super::vegeta::path;
use crate::recording::causes;
use crate::recording::stream::blocks::{Broken, LineReader};
use crate::recording::stream::decimal::{duration, whole};
use crate::recording::stream::events::{Events, Failure, Request, add};
use crate::recording::stream::instants;
use crate::recording::stream::names::without_ids;

#[derive(Clone, Copy)]
pub enum AccessLog {
    Combined,
    Balancer,
    Json,
}

const TIMES: [&str; 4] = ["request_time", "duration", "rt", "response_time"];

/// Which kind of log the first line is of, if any.
pub fn recognise(first_line: &[u8]) -> Option<AccessLog> {
    if first_line.starts_with(b"{") {
        let object: Map<String, Value> = serde_json::from_slice(first_line).ok()?;
        let has = |names: &[&str]| names.iter().any(|name| object.contains_key(*name));
        return (has(&TIMES) && has(&["status"]) && has(&INSTANTS)).then_some(AccessLog::Json);
    }
    let word = first_line.split(|byte| *byte == b' ').next()?;
    if matches!(word, b"http" | b"https" | b"h2" | b"ws" | b"wss" | b"grpcs") {
        return balancer(first_line).is_ok().then_some(AccessLog::Balancer);
    }
    bracket(first_line).map(|_| AccessLog::Combined)
}

impl LineReader for AccessLog {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        let entry = match self {
            AccessLog::Combined => combined(line)?,
            AccessLog::Balancer => balancer(line)?,
            AccessLog::Json => json(line)?,
        };
        let cause =
            causes::of_status(entry.status).or_else(|| matches!(entry.status, 499 | 460).then_some("client_timeout"));
        let why = format!("status {}", entry.status).into_bytes();
        let failure = (entry.status >= 400).then_some(Failure { cause, why: &why });
        let Entry { end_ns, duration_ns, endpoint, status, bytes } = &entry;
        let request = Request { end_ns: *end_ns, duration_ns: *duration_ns, endpoint, status: *status, failure };
        events.request(&request);
        add(&mut events.received_bytes, *bytes);
        Ok(())
    }
}

struct Entry {
    end_ns: i64,
    duration_ns: u64,
    endpoint: Vec<u8>,
    status: u16,
    /// Of the answer.
    bytes: Option<u64>,
}

/// The instant in brackets, and what follows it.
fn bracket(line: &[u8]) -> Option<(i64, &[u8])> {
    let open = memchr::memchr(b'[', line)?;
    let close = open + memchr::memchr(b']', &line[open..])?;
    let text = &line[open + 1..close];
    let at = instants::common_log(text).or_else(|| instants::civil(text))?;
    Some((at, &line[close + 1..]))
}

fn combined(line: &[u8]) -> Result<Entry, Broken> {
    let (end_ns, rest) = bracket(line).ok_or("no instant in brackets")?;
    let words = words(rest);
    let status_at = words.iter().position(|word| word.len() == 3 && whole(word).is_some());
    let status_at = status_at.ok_or("no status")?;
    let request = words.first().filter(|_| status_at > 0).copied().ok_or("no request before the status")?;
    let after = words.get(status_at + 2..).unwrap_or_default();
    let named = after.iter().find_map(|word| {
        let (name, value) = word.split_at(memchr::memchr(b'=', word)?);
        TIMES.iter().any(|known| known.as_bytes() == name).then(|| value[1..].trim_ascii())
    });
    let number = |word: &&&[u8]| !word.is_empty() && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let time = named.or_else(|| after.iter().find(number).copied());
    let time = time.ok_or("it has no time of the request; log $request_time (nginx) or %D (Apache)")?;
    let is_seconds = named.is_some() || memchr::memchr(b'.', time).is_some();
    let duration_ns = duration(time, if is_seconds { 9 } else { 3 }).ok_or("its time is no number")?;
    let status = whole(words[status_at]).and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
    let bytes = words.get(status_at + 1).and_then(|word| whole(word));
    Ok(Entry { end_ns, duration_ns, endpoint: endpoint(request), status, bytes })
}

fn balancer(line: &[u8]) -> Result<Entry, Broken> {
    let words = words(line);
    let get = |place: usize| words.get(place).copied().unwrap_or_default();
    let end_ns = instants::civil(get(1)).ok_or("no instant")?;
    let mut duration_ns = 0u64;
    for place in 5..8 {
        // -1: it never came so far.
        if get(place) != b"-1" {
            let part = duration(get(place), 9).ok_or("one of its three times is no number")?;
            duration_ns = duration_ns.saturating_add(part);
        }
    }
    let status = whole(get(8)).and_then(|status| u16::try_from(status).ok()).ok_or("no status")?;
    Ok(Entry { end_ns, duration_ns, endpoint: endpoint(get(12)), status, bytes: whole(get(11)) })
}

const INSTANTS: [&str; 5] = ["time_iso8601", "time", "@timestamp", "timestamp", "msec"];

fn json(line: &[u8]) -> Result<Entry, Broken> {
    let object: Map<String, Value> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let text = |names: &[&str]| {
        names.iter().find_map(|name| match object.get(*name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    };
    let end_ns = text(&INSTANTS).and_then(|text| instants::any(text.as_bytes())).ok_or("no instant")?;
    let time = text(&TIMES).ok_or("no time of the request")?;
    let duration_ns = duration(time.as_bytes(), 9).ok_or("its time is no number")?;
    let status = text(&["status"]).and_then(|text| text.parse().ok()).ok_or("no status")?;
    let request = text(&["request"]).unwrap_or_else(|| {
        let method = text(&["method", "request_method"]).unwrap_or_default();
        format!("{method} {}", text(&["uri", "request_uri", "path", "url"]).unwrap_or_default())
    });
    let bytes = text(&["body_bytes_sent", "bytes_sent"]).and_then(|text| text.parse().ok());
    Ok(Entry { end_ns, duration_ns, endpoint: endpoint(request.as_bytes()), status, bytes })
}

/// "GET /items/{id}" of "GET http://a/items/7?x=1 HTTP/1.1".
fn endpoint(request: &[u8]) -> Vec<u8> {
    let mut words = request.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    match (words.next(), words.next()) {
        (Some(method), Some(url)) => [method, b" ", &without_ids(path(url))].concat(),
        (Some(url), None) => without_ids(path(url)),
        _ => Vec::new(),
    }
}

/// Words of a line; what is in quotes is one.
fn words(line: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::with_capacity(16);
    let mut rest = line.trim_ascii();
    while !rest.is_empty() {
        let (word, after) = if rest[0] == b'"' {
            let end = memchr::memchr(b'"', &rest[1..]).map_or(rest.len() - 1, |end| end);
            (&rest[1..=end], rest.get(end + 2..).unwrap_or_default())
        } else {
            let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
            (&rest[..end], &rest[end..])
        };
        words.push(word);
        rest = after.trim_ascii_start();
    }
    words
}
