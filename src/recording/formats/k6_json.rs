//! k6's `--out json`: one JSON object per line, a metric once and then its points.
//!
//! A file of a gigabyte has some million lines, of which two in nine matter. Lines in the form in which k6 writes them
//! are taken apart by hand; a line that is skipped is still looked at for the marks of a line cut short or mixed
//! with another. The nine points of a request have the same tags, so that mostly it is enough to see that a line ends as
//! the one before it. Whatever is not exactly of k6's form goes to a JSON parser, which accepts or refuses it.

use std::borrow::Cow;

use serde::Deserialize;

use super::k6_point::{Kind, Tags, count, kind};
use crate::recording::stream::blocks::{Broken, LineReader};
use crate::recording::stream::events::Events;
use crate::recording::stream::instants;

/// Reads lines of k6.
#[derive(Clone, Debug, Default)]
pub struct K6Json {
    /// The tags and all that follows them in the last line that was found whole.
    end: Vec<u8>,
    /// Where the tags that matter stand in it, if anyone has asked.
    places: Option<Places>,
}

/// Where the values of tags stand, in the order of [`TAGS`], and whether one of them has escapes.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    values: [(usize, usize); TAGS.len()],
    escaped: bool,
}

const TAGS: [&[u8]; 7] = [b"name", b"endpoint", b"url", b"status", b"expected_response", b"error_code", b"error"];

impl LineReader for K6Json {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        match self.quick(line, events) {
            Some(()) => Ok(()),
            None => careful(line, events),
        }
    }
}

/// The reader, if the first line is k6's.
pub fn recognise(first_line: &[u8]) -> Option<K6Json> {
    let line: Line = serde_json::from_slice(first_line).ok()?;
    (line.is_point() || line.kind == "Metric").then(K6Json::default)
}

impl K6Json {
    /// A line as k6 has always written it since 0.40; `None` if it is in any way different, and then nothing was
    /// counted.
    fn quick(&mut self, line: &[u8], events: &mut Events) -> Option<()> {
        let rest = line.strip_prefix(b"{\"metric\":\"")?;
        let (metric, rest) = until(rest, b'"')?;
        let rest = rest.strip_prefix(b",\"type\":\"Point\",\"data\":{\"time\":\"")?;
        let (time, rest) = until(rest, b'"')?;
        let rest = rest.strip_prefix(b",\"value\":")?;
        let (value, end) = until(rest, b',')?;
        let kind = kind(metric);
        if matches!(kind, Kind::Duration | Kind::Waiting) {
            let at = instants::civil(time)?;
            let places = match self.places.filter(|_| end == self.end) {
                Some(places) => places,
                None => {
                    let places = places(end)?;
                    self.remember(end, Some(places));
                    places
                }
            };
            return with_tags(end, &places, |tags| count(kind, at, value, tags, events).ok())?;
        }
        if end != self.end {
            whole(line)?;
            self.remember(end, None);
        }
        match kind {
            Kind::Implied => Some(()),
            Kind::Other => {
                events.leave_out(metric);
                Some(())
            }
            _ => count(kind, instants::civil(time)?, value, &Tags::default(), events).ok(),
        }
    }

    fn remember(&mut self, end: &[u8], places: Option<Places>) {
        self.end.clear();
        self.end.extend_from_slice(end);
        self.places = places;
    }
}

/// Three objects opened, and three closed at the end: the mark of a point that is neither cut short nor mixed with
/// another. A brace in a URL makes the line one for the careful parser.
fn whole(line: &[u8]) -> Option<()> {
    (line.ends_with(b"}}}") && memchr::memchr_iter(b'{', line).count() == 3).then_some(())
}

/// Where the tags stand in `"tags":{"name":"…","status":"200"}}}`; `None` if it is not of this form.
fn places(end: &[u8]) -> Option<Places> {
    let mut rest = end.strip_prefix(b"\"tags\":{")?;
    let mut places = Places::default();
    if rest.first() == Some(&b'}') {
        rest = &rest[1..];
    } else {
        loop {
            let (key, after) = until(rest.strip_prefix(b"\"")?, b'"')?;
            let (value, after) = string(after.strip_prefix(b":\"")?)?;
            if let Some(tag) = TAGS.iter().position(|tag| *tag == key) {
                // Behind the value stands its quote.
                let to = end.len() - after.len() - 1;
                places.values[tag] = (to - value.len(), to);
                places.escaped |= memchr::memchr(b'\\', value).is_some();
            }
            rest = match after {
                [b',', more @ ..] => more,
                [b'}', more @ ..] => {
                    rest = more;
                    break;
                }
                _ => return None,
            };
        }
    }
    (rest == b"}}").then_some(places)
}

/// Hands over the tags; `None` if one has an escape that is none of JSON's.
fn with_tags<T>(end: &[u8], places: &Places, take: impl FnOnce(&Tags) -> T) -> Option<T> {
    let raw = places.values.map(|(from, to)| end.get(from..to).unwrap_or_default());
    if !places.escaped {
        return Some(take(&tags(raw)));
    }
    let plain = raw.map(unescaped);
    if plain.iter().any(Option::is_none) {
        return None;
    }
    Some(take(&tags(plain.each_ref().map(|plain| plain.as_deref().unwrap_or_default()))))
}

fn tags([name, endpoint, url, status, expected, error_code, error]: [&[u8]; TAGS.len()]) -> Tags<'_> {
    Tags { name, endpoint, url, status, expected, error_code, error }
}

/// What stands before the first `end`, and what after it.
fn until(text: &[u8], end: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(end, text)?;
    Some((&text[..at], &text[at + 1..]))
}

/// A JSON string whose first quote is gone, still with its escapes.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some((&text[..at], &text[at + 1..]));
        }
        at += 2;
    }
}

fn unescaped(raw: &[u8]) -> Option<Cow<'_, [u8]>> {
    if memchr::memchr(b'\\', raw).is_none() {
        return Some(Cow::Borrowed(raw));
    }
    let text: String = serde_json::from_slice(&[b"\"", raw, b"\""].concat()).ok()?;
    Some(Cow::Owned(text.into_bytes()))
}

/// A line of any k6.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    metric: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
    value: Option<serde_json::Number>,
    #[serde(borrow)]
    tags: Option<LineTags<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LineTags<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    endpoint: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    expected_response: Cow<'a, str>,
    #[serde(borrow)]
    error_code: Cow<'a, str>,
    #[serde(borrow)]
    error: Cow<'a, str>,
}

impl Line<'_> {
    fn is_point(&self) -> bool {
        self.kind == "Point" && self.metric.is_some()
    }
}

fn careful(text: &[u8], events: &mut Events) -> Result<(), Broken> {
    let line: Line = serde_json::from_slice(text).map_err(|error| broken(&error, text))?;
    if line.kind == "Metric" {
        return Ok(());
    }
    let (true, Some(metric)) = (line.is_point(), &line.metric) else {
        return Err("neither a point nor a metric of k6".into());
    };
    let time = line.data.time.as_deref().and_then(|time| instants::civil(time.as_bytes()));
    let at = time.ok_or("its time is missing or no instant")?;
    let value = line.data.value.ok_or("its value is missing")?.to_string();
    let kind = kind(metric.as_bytes());
    if kind == Kind::Other {
        events.leave_out(metric.as_bytes());
    }
    let tags = line.data.tags.unwrap_or_default();
    let tags = Tags {
        name: tags.name.as_bytes(),
        endpoint: tags.endpoint.as_bytes(),
        url: tags.url.as_bytes(),
        status: tags.status.as_bytes(),
        expected: tags.expected_response.as_bytes(),
        error_code: tags.error_code.as_bytes(),
        error: tags.error.as_bytes(),
    };
    count(kind, at, value.as_bytes(), &tags, events)
}

/// What is wrong, in a few words.
fn broken(error: &serde_json::Error, text: &[u8]) -> Broken {
    const AGAIN: &[u8] = b"{\"metric\":";
    let mixed = memchr::memmem::find_iter(text, AGAIN).count() > 1;
    if mixed {
        "two lines are mixed in one".into()
    } else if error.is_eof() {
        "it is cut short".into()
    } else {
        format!("no valid JSON at column {}", error.column()).into()
    }
}
