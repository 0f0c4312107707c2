//! JMeter's results (JTL) as CSV.
//!
//! A sample's time stamp is when it began, and its time includes connecting. Texts may go over several lines. A
//! transaction controller writes a row of its own that counts its samples once more; such rows are left out.
//! `allThreads` tells the users.

use crate::recording::causes;
use crate::recording::stream::blocks::{Broken, LineReader};
use crate::recording::stream::decimal::{duration, whole};
use crate::recording::stream::events::{Events, Failure, Request, add};
use crate::recording::stream::fields::{Header, field, is_open, split};
use crate::recording::stream::instants;

/// Columns where the header is switched off.
const PLAIN: &[u8] = b"timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect";
/// A record of more than this has a quote that is never closed.
const LONGEST: usize = 1 << 20;
pub const TRANSACTION: &[u8] = b"Number of samples in transaction";

/// Reads lines; a record may have begun in an earlier one.
pub struct JtlCsv {
    header: Header,
    begun: Vec<u8>,
}

/// The reader, if the first line is that of a JTL.
pub fn recognise(first_line: &[u8]) -> Option<JtlCsv> {
    let header = Header::of(first_line);
    let plain = Header::of(PLAIN);
    let like_plain = || {
        let fields = split(first_line, b',');
        fields.len() == plain.names().len()
            && whole(&fields[0]).is_some_and(|ms| ms > 1_000_000_000_000)
            && matches!(&*fields[7], b"true" | b"false")
    };
    let header = if header.has(&["timeStamp", "elapsed"]) {
        header
    } else if like_plain() {
        plain
    } else {
        return None;
    };
    Some(JtlCsv { header, begun: Vec::new() })
}

impl LineReader for JtlCsv {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        if self.header.is(line) {
            return Ok(());
        }
        if self.begun.is_empty() {
            if is_open(line) {
                self.begun = line.to_vec();
                return Ok(());
            }
            return self.record(line, events);
        }
        let begins = line.get(..13).is_some_and(|time| whole(time).is_some()) && !is_open(line);
        if begins || self.begun.len() > LONGEST {
            self.begun.clear();
            let lost = Err("a quote is never closed in the record before it".into());
            return self.record(line, events).and(lost);
        }
        self.begun.push(b'\n');
        self.begun.extend_from_slice(line);
        if is_open(&self.begun) {
            return Ok(());
        }
        let record = std::mem::take(&mut self.begun);
        self.record(&record, events)
    }

    fn end(&mut self, _events: &mut Events) -> Result<(), Broken> {
        if self.begun.is_empty() { Ok(()) } else { Err("a quote is never closed".into()) }
    }
}

impl JtlCsv {
    fn record(&self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        let fields = split(line, self.header.delimiter);
        if fields.len() < self.header.names().len() {
            return Err(format!("{} fields, but there are {} columns", fields.len(), self.header.names().len()).into());
        }
        let get = |name: &str| field(&fields, self.header.place(&[name]));
        let begin = instants::any(get("timeStamp")).ok_or("its timeStamp is no instant")?;
        let duration_ns = duration(get("elapsed"), 6).ok_or("its elapsed is no time")?;
        let sample = Sample {
            end_ns: begin.saturating_add_unsigned(duration_ns),
            duration_ns,
            label: get("label"),
            code: get("responseCode"),
            message: get("responseMessage"),
            failure: get("failureMessage"),
            success: !get("success").eq_ignore_ascii_case(b"false"),
            latency_ns: duration(get("Latency"), 6),
            users: whole(get("allThreads")),
            bytes: [whole(get("bytes")), whole(get("sentBytes"))],
        };
        sample.count(events);
        Ok(())
    }
}

/// A sample, of either form.
pub struct Sample<'a> {
    pub end_ns: i64,
    pub duration_ns: u64,
    pub label: &'a [u8],
    pub code: &'a [u8],
    pub message: &'a [u8],
    pub failure: &'a [u8],
    pub success: bool,
    pub latency_ns: Option<u64>,
    pub users: Option<u64>,
    /// Received and sent.
    pub bytes: [Option<u64>; 2],
}

impl Sample<'_> {
    pub fn count(&self, events: &mut Events) {
        if self.message.starts_with(TRANSACTION) {
            return events.leave_out(b"rows of transaction controllers");
        }
        let status = whole(self.code).and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
        let why = self.why(status);
        let cause = causes::of_status(status).or_else(|| if status == 0 { causes::of_text(&why) } else { None });
        let failure = (!self.success).then_some(Failure { cause, why: &why });
        let (end_ns, duration_ns) = (self.end_ns, self.duration_ns);
        events.request(&Request { end_ns, duration_ns, endpoint: self.label, status, failure });
        if let Some(latency) = self.latency_ns.filter(|latency| *latency > 0) {
            events.endpoint(self.label).waiting.add(latency);
        }
        self.users.into_iter().for_each(|users| events.users(self.end_ns, users));
        add(&mut events.received_bytes, self.bytes[0]);
        add(&mut events.sent_bytes, self.bytes[1]);
    }

    /// An assertion that failed, a status, or what the client says.
    fn why(&self, status: u16) -> Vec<u8> {
        match status {
            0 => [self.code, b": ", self.message].concat(),
            1..=399 if !self.failure.is_empty() => [b"assertion: ", self.failure].concat(),
            status => format!("status {status}").into_bytes(),
        }
    }
}
