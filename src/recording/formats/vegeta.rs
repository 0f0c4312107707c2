//! Vegeta's results, as `vegeta encode` writes them: JSON lines, or CSV without a header.
//!
//! The instant of a result is when it began. As Vegeta counts it, a request succeeded if its status is 200 to 399.

use std::borrow::Cow;

use serde::Deserialize;

use crate::recording::causes;
use crate::recording::stream::blocks::{Broken, LineReader};
use crate::recording::stream::decimal::{duration, scaled, whole};
use crate::recording::stream::events::{Events, Failure, Request, add};
use crate::recording::stream::fields::{field, split};
use crate::recording::stream::instants;
use crate::recording::stream::names::without_ids;

#[derive(Clone, Copy)]
pub enum Vegeta {
    Json,
    Csv,
}

#[derive(Deserialize)]
struct Line<'a> {
    code: u16,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    latency: u64,
    #[serde(default)]
    bytes_out: u64,
    #[serde(default)]
    bytes_in: u64,
    #[serde(borrow, default)]
    error: Cow<'a, str>,
    #[serde(borrow, default)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    url: Cow<'a, str>,
}

/// Which of the two forms the first line has, if any.
pub fn recognise(first_line: &[u8]) -> Option<Vegeta> {
    if first_line.starts_with(b"{") {
        return serde_json::from_slice::<Line>(first_line).is_ok().then_some(Vegeta::Json);
    }
    let fields = split(first_line, b',');
    let numbers = |places: &[usize]| places.iter().all(|place| whole(field(&fields, Some(*place))).is_some());
    (fields.len() == 12 && numbers(&[0, 1, 2, 3, 4, 8]) && fields[0].len() == 19).then_some(Vegeta::Csv)
}

impl LineReader for Vegeta {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        match self {
            Vegeta::Json => {
                let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
                let begin = instants::civil(line.timestamp.as_bytes()).ok_or("its timestamp is no instant")?;
                let (method, url) = (line.method.as_bytes(), line.url.as_bytes());
                count(begin, line.latency, line.code, line.error.as_bytes(), (method, url), events);
                add(&mut events.received_bytes, Some(line.bytes_in));
                add(&mut events.sent_bytes, Some(line.bytes_out));
            }
            Vegeta::Csv => {
                let fields = split(line, b',');
                if fields.len() != 12 {
                    return Err(format!("{} fields, not 12", fields.len()).into());
                }
                let get = |place| field(&fields, Some(place));
                let begin = scaled(get(0), 0).ok_or("its time stamp is no number")?;
                let code = whole(get(1)).and_then(|code| u16::try_from(code).ok()).ok_or("its code is no status")?;
                let latency = duration(get(2), 0).ok_or("its latency is no number")?;
                count(begin, latency, code, get(5), (get(9), get(10)), events);
                add(&mut events.received_bytes, whole(get(4)));
                add(&mut events.sent_bytes, whole(get(3)));
            }
        }
        Ok(())
    }
}

fn count(begin: i64, latency: u64, status: u16, error: &[u8], target: (&[u8], &[u8]), events: &mut Events) {
    let endpoint = [target.0, b" ", &without_ids(path(target.1))].concat();
    let ok = (200..400).contains(&status);
    let cause = causes::of_status(status).or_else(|| if status == 0 { causes::of_text(error) } else { None });
    let why = if status == 0 { error.to_vec() } else { format!("status {status}").into_bytes() };
    let failure = (!ok).then_some(Failure { cause, why: &why });
    let end_ns = begin.saturating_add_unsigned(latency);
    events.request(&Request { end_ns, duration_ns: latency, endpoint: endpoint.trim_ascii(), status, failure });
}

/// A URL without scheme and host.
pub fn path(url: &[u8]) -> &[u8] {
    let Some(host) = memchr::memmem::find(url, b"://").map(|at| &url[at + 3..]) else { return url };
    memchr::memchr(b'/', host).map_or(b"/", |at| &host[at..])
}
