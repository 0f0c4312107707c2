//! InfluxDB's line protocol, as k6 writes it: `http_req_duration,name=items,status=200 value=12.3 1600000000000000000`.
//!
//! k6's points are the same whichever way they go; measurements of others are left out.

use super::k6_point::{Kind, Tags, count, kind};
use crate::recording::stream::blocks::{Broken, LineReader};
use crate::recording::stream::decimal::scaled;
use crate::recording::stream::events::Events;

#[derive(Clone, Copy)]
pub struct Influx;

/// The reader, if the first line is of this form and its instant in nanoseconds.
pub fn recognise(first_line: &[u8]) -> Option<Influx> {
    let point = parse(first_line)?;
    (first_line.is_ascii() && point.time > 1_000_000_000_000_000_000).then_some(Influx)
}

struct Point {
    measurement: Vec<u8>,
    tags: Vec<(Vec<u8>, Vec<u8>)>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    time: i64,
}

impl LineReader for Influx {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        if line.starts_with(b"#") {
            return Ok(());
        }
        let point = parse(line).ok_or("it is no measurement with tags, fields and an instant")?;
        let kind = kind(&point.measurement);
        if kind == Kind::Other {
            events.leave_out(&point.measurement);
            return Ok(());
        }
        let all = || point.tags.iter().chain(&point.fields);
        let get = |name: &str| {
            let found = all().find(|(key, _)| key == name.as_bytes());
            found.map_or(b"".as_slice(), |(_, value)| value.trim_ascii())
        };
        let value = get("value");
        let value = value.strip_suffix(b"i").unwrap_or(value);
        let tags = Tags {
            name: get("name"),
            endpoint: get("endpoint"),
            url: get("url"),
            status: get("status"),
            expected: get("expected_response"),
            error_code: get("error_code"),
            error: get("error"),
        };
        count(kind, point.time, value, &tags, events)
    }
}

fn parse(line: &[u8]) -> Option<Point> {
    let parts = cut(line, b' ');
    let [head, fields, time] = parts.as_slice() else { return None };
    let mut names = cut(head, b',').into_iter();
    let measurement = plain(&names.next()?);
    let pair = |text: Vec<u8>| {
        let pair = cut(&text, b'=');
        let [key, value] = pair.as_slice() else { return None };
        let value = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
        Some((plain(key), plain(value)))
    };
    let tags = names.map(pair).collect::<Option<_>>()?;
    let fields = cut(fields, b',').into_iter().map(pair).collect::<Option<_>>()?;
    Some(Point { measurement, tags, fields, time: scaled(time, 0)? })
}

/// Cuts at a byte that is neither escaped nor in quotes.
fn cut(text: &[u8], at: u8) -> Vec<Vec<u8>> {
    let (mut parts, mut quoted, mut escaped) = (vec![Vec::new()], false, false);
    for &byte in text {
        let plain = !quoted && !escaped;
        if byte == at && plain {
            parts.push(Vec::new());
            continue;
        }
        quoted ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        if let Some(last) = parts.last_mut() {
            last.push(byte);
        }
    }
    parts
}

fn plain(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter().peekable();
    while let Some(&byte) = bytes.next() {
        let escape = byte == b'\\' && bytes.peek().is_some_and(|next| b" ,=\"\\".contains(next));
        plain.push(if escape { *bytes.next().unwrap_or(&byte) } else { byte });
    }
    plain
}
