//! JMeter's results (JTL) as XML.
//!
//! A sample may hold the samples of its redirects and embedded resources; its time includes theirs, so only the outer
//! one counts. The sample of a transaction controller is left out, and those inside it count.

use super::jtl_csv::{Sample, TRANSACTION};
use crate::recording::stream::blocks::{Broken, LineReader};
use crate::recording::stream::decimal::{duration, whole};
use crate::recording::stream::events::Events;
use crate::recording::stream::instants;

/// Reads the tags of samples, which JMeter writes each on a line of its own.
#[derive(Default)]
pub struct JtlXml {
    /// Open samples, from outside: whether each was counted.
    open: Vec<bool>,
    closed: bool,
}

/// Whether these are JMeter's results.
pub fn recognise(head: &[u8]) -> Option<JtlXml> {
    let start = head.trim_ascii_start();
    (start.starts_with(b"<") && memchr::memmem::find(start, b"<testResults").is_some()).then(JtlXml::default)
}

impl LineReader for JtlXml {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        let mut rest = line;
        let mut result = Ok(());
        while let Some(at) = memchr::memchr(b'<', rest) {
            rest = &rest[at..];
            if rest.starts_with(b"</httpSample>") || rest.starts_with(b"</sample>") {
                self.open.pop();
            } else if rest.starts_with(b"</testResults>") {
                self.closed = true;
            } else if let Some(attributes) = rest.strip_prefix(b"<httpSample ").or(rest.strip_prefix(b"<sample ")) {
                let Some(end) = end_of_tag(attributes) else {
                    return Err("the tag of a sample is cut short".into());
                };
                let closed = attributes[..end].ends_with(b"/");
                let counted = if self.open.contains(&true) { Ok(false) } else { count(&attributes[..end], events) };
                if !closed {
                    self.open.push(*counted.as_ref().unwrap_or(&true));
                }
                result = result.and(counted.map(|_| ()));
                rest = &attributes[end..];
                continue;
            }
            rest = &rest[1..];
        }
        result
    }

    fn end(&mut self, _events: &mut Events) -> Result<(), Broken> {
        if self.closed { Ok(()) } else { Err("the file ends before </testResults>".into()) }
    }
}

/// Where a tag ends, whatever its values hold.
fn end_of_tag(text: &[u8]) -> Option<usize> {
    let mut quote = None;
    text.iter().position(|byte| match (quote, *byte) {
        (None, b'>') => true,
        (None, b'"' | b'\'') => {
            quote = Some(*byte);
            false
        }
        (Some(open), byte) => {
            if byte == open {
                quote = None;
            }
            false
        }
        _ => false,
    })
}

/// Counts a sample; whether it was one that counts.
fn count(attributes: &[u8], events: &mut Events) -> Result<bool, Broken> {
    let raw = |name: &str| attribute(attributes, name).unwrap_or_default();
    let begin = instants::any(raw("ts")).ok_or("its ts is no instant")?;
    let duration_ns = duration(raw("t"), 6).ok_or("its t is no time")?;
    let (label, code, message) = (plain(raw("lb")), plain(raw("rc")), plain(raw("rm")));
    let sample = Sample {
        end_ns: begin.saturating_add_unsigned(duration_ns),
        duration_ns,
        label: &label,
        code: &code,
        message: &message,
        failure: b"",
        success: raw("s") != b"false",
        latency_ns: duration(raw("lt"), 6),
        users: whole(raw("na")),
        bytes: [whole(raw("by")), whole(raw("sby"))],
    };
    sample.count(events);
    Ok(!message.starts_with(TRANSACTION))
}

/// The value of an attribute, as it is written.
fn attribute<'a>(attributes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let wanted = format!("{name}=");
    for at in memchr::memmem::find_iter(attributes, wanted.as_bytes()) {
        let begins = at == 0 || attributes[at - 1].is_ascii_whitespace();
        let (quote, value) = attributes[at + wanted.len()..].split_first()?;
        if begins && matches!(quote, b'"' | b'\'') {
            return memchr::memchr(*quote, value).map(|end| &value[..end]);
        }
    }
    None
}

/// Without the escapes of XML.
fn plain(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest) {
        plain.extend_from_slice(&rest[..at]);
        let escapes = [("&lt;", b'<'), ("&gt;", b'>'), ("&quot;", b'"'), ("&apos;", b'\''), ("&amp;", b'&')];
        let known = escapes.iter().find(|(escape, _)| rest[at..].starts_with(escape.as_bytes()));
        let (byte, length) = known.map_or((b'&', 1), |(escape, byte)| (*byte, escape.len()));
        plain.push(byte);
        rest = &rest[at + length..];
    }
    plain.extend_from_slice(rest);
    plain
}
