//! k6's `--out csv`: one point per line, columns by name, since every version has others.

use super::k6_point::{Kind, Tags, count, kind};
use crate::recording::stream::blocks::{Broken, LineReader};
use crate::recording::stream::events::Events;
use crate::recording::stream::fields::{Header, field, split};
use crate::recording::stream::instants;

/// Where the columns stand.
#[derive(Clone, Debug)]
pub struct K6Csv {
    header: Header,
    time: Option<usize>,
    value: Option<usize>,
    tags: [Option<usize>; 6],
    extra: Option<usize>,
}

impl K6Csv {
    /// The reader for a header, if it is k6's.
    pub fn of(header: &Header) -> Option<K6Csv> {
        if !header.has(&["metric_name", "timestamp", "metric_value"]) || header.place(&["metric_name"]) != Some(0) {
            return None;
        }
        let place = |name| header.place(&[name]);
        Some(K6Csv {
            time: place("timestamp"),
            value: place("metric_value"),
            tags: ["name", "url", "status", "expected_response", "error_code", "error"].map(place),
            extra: place("extra_tags"),
            header: header.clone(),
        })
    }
}

impl LineReader for K6Csv {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        let comma = memchr::memchr(self.header.delimiter, line).ok_or("it is cut short")?;
        let metric = &line[..comma];
        let kind = kind(metric);
        if self.header.is(line) {
            return Ok(());
        }
        let fields = split(line, self.header.delimiter);
        if fields.len() != self.header.names().len() {
            return Err(format!("{} fields, but the header has {}", fields.len(), self.header.names().len()).into());
        }
        if kind == Kind::Other {
            events.leave_out(metric);
        }
        let at = instants::any(field(&fields, self.time)).ok_or("its timestamp is no instant")?;
        let [name, url, status, expected, error_code, error] = self.tags.map(|place| field(&fields, place));
        let endpoint = extra_tag(field(&fields, self.extra), b"endpoint=");
        let tags = Tags { name, endpoint, url, status, expected, error_code, error };
        count(kind, at, field(&fields, self.value), &tags, events)
    }
}

/// The value of a tag in `k=v&k2=v2`.
fn extra_tag<'a>(extra: &'a [u8], key: &[u8]) -> &'a [u8] {
    extra.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(key)).unwrap_or_default()
}
