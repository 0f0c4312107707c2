//! What a point of k6 counts, whichever file it stood in.
//!
//! k6 writes nine points per request, with one instant, the one at which it ended. Everything about a request stands in
//! the tags of its `http_req_duration`. That is sending, waiting and receiving: looking up the name, connecting and
//! the handshake are not in it. Whether a request failed is k6's own judgement (`expected_response`), or else its
//! status.

use crate::recording::causes;
use crate::recording::stream::blocks::Broken;
use crate::recording::stream::decimal;
use crate::recording::stream::events::{Events, Failure, Request, add};

/// What a metric is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Duration,
    Waiting,
    Users,
    Iterations,
    Dropped,
    Checks,
    Received,
    Sent,
    /// Says nothing that the duration of a request does not say too, or is a part of it, or what k6 does before it.
    Implied,
    /// Not in the contract.
    Other,
}

/// The kind of a metric of this name.
pub fn kind(metric: &[u8]) -> Kind {
    match metric {
        b"http_req_duration" => Kind::Duration,
        b"http_req_waiting" => Kind::Waiting,
        b"vus" => Kind::Users,
        b"iterations" => Kind::Iterations,
        b"dropped_iterations" => Kind::Dropped,
        b"checks" => Kind::Checks,
        b"data_received" => Kind::Received,
        b"data_sent" => Kind::Sent,
        b"http_reqs" | b"http_req_failed" | b"vus_max" => Kind::Implied,
        b"http_req_sending" | b"http_req_receiving" => Kind::Implied,
        b"http_req_blocked" | b"http_req_connecting" | b"http_req_tls_handshaking" => Kind::Implied,
        _ => Kind::Other,
    }
}

/// The tags that matter, raw; empty where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tags<'a> {
    pub name: &'a [u8],
    pub endpoint: &'a [u8],
    pub url: &'a [u8],
    pub status: &'a [u8],
    pub expected: &'a [u8],
    pub error_code: &'a [u8],
    pub error: &'a [u8],
}

impl Tags<'_> {
    /// The script's own name of a request before k6's, which is its URL.
    fn endpoint_name(&self) -> &[u8] {
        [self.endpoint, self.name, self.url].into_iter().find(|name| !name.is_empty()).unwrap_or_default()
    }
}

/// Counts a point: what it is, when it was (ns), its value as written, and its tags.
pub fn count(kind: Kind, at: i64, value: &[u8], tags: &Tags, events: &mut Events) -> Result<(), Broken> {
    const IN_MS: usize = 6;
    let number = |decimals| decimal::duration(value, decimals).ok_or("its value is no number from 0 on");
    match kind {
        Kind::Duration => request(at, number(IN_MS)?, tags, events),
        Kind::Waiting => events.endpoint(tags.endpoint_name()).waiting.add(number(IN_MS)?),
        Kind::Users => events.users(at, number(0)?),
        Kind::Iterations => events.iteration(at, number(0)?),
        Kind::Dropped => add(&mut events.dropped_iterations, Some(number(0)?)),
        Kind::Received => add(&mut events.received_bytes, Some(number(0)?)),
        Kind::Sent => add(&mut events.sent_bytes, Some(number(0)?)),
        Kind::Checks => {
            let passed = number(0)?.min(1);
            let checks = events.checks.get_or_insert((0, 0));
            *checks = (checks.0 + passed, checks.1 + 1);
        }
        Kind::Implied | Kind::Other => {}
    }
    Ok(())
}

fn request(end_ns: i64, duration_ns: u64, tags: &Tags, events: &mut Events) {
    let status = decimal::whole(tags.status).and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
    let failed = match tags.expected {
        b"true" => false,
        b"false" => true,
        _ => status >= 400 || !tags.error_code.is_empty() || status == 0 && !tags.status.is_empty(),
    };
    let mut words = Vec::new();
    let failure = failed.then(|| {
        let cause = causes::of_k6_code(tags.error_code).or(causes::of_status(status));
        words = why(status, tags);
        Failure { cause, why: &words }
    });
    events.request(&Request { end_ns, duration_ns, endpoint: tags.endpoint_name(), status, failure });
}

/// "status 503", or k6's code and text where there was no answer.
fn why(status: u16, tags: &Tags) -> Vec<u8> {
    let mut words = match status {
        0 => [b"error ".as_slice(), tags.error_code].concat(),
        status => format!("status {status}").into_bytes(),
    };
    if status == 0 && !tags.error.is_empty() {
        words.extend_from_slice(b": ");
        words.extend_from_slice(tags.error);
    }
    words
}
