//! Gatling's `simulation.log` up to 3.12: lines of fields separated by tabs.
//!
//! Versions differ in the columns before the two instants of a request, so they are found by their shape: two numbers
//! followed by `OK` or `KO`, and before them the name. Users begin and end in lines of their own.

use std::collections::BTreeMap;

use crate::recording::causes;
use crate::recording::stream::blocks::{Broken, LineReader};
use crate::recording::stream::decimal::whole;
use crate::recording::stream::events::{Events, Failure, Request};
use crate::recording::stream::instants::SECOND;

const MS: i64 = 1_000_000;

/// Reads lines and counts the users.
#[derive(Default)]
pub struct GatlingText {
    users: UserCount,
}

/// Whether this is Gatling's log.
pub fn recognise(first_line: &[u8]) -> Option<GatlingText> {
    let ours = first_line.starts_with(b"RUN\t") || first_line.starts_with(b"ASSERTION\t");
    ours.then(GatlingText::default)
}

impl LineReader for GatlingText {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
        match fields[0] {
            b"REQUEST" => request(&fields, events),
            b"USER" => {
                let at = fields
                    .iter()
                    .position(|field| matches!(*field, b"START" | b"END"))
                    .ok_or("a user neither begins nor ends")?;
                let mut times = fields[at + 1..].iter().filter_map(|field| whole(field));
                let begins = fields[at] == b"START";
                let time =
                    if begins { times.next() } else { times.next_back() }.ok_or("the instant of a user is missing")?;
                self.users.change(instant(time)?, begins);
                Ok(())
            }
            b"RUN" | b"ASSERTION" => Ok(()),
            b"GROUP" => {
                events.leave_out(b"groups of requests");
                Ok(())
            }
            b"ERROR" => {
                events.leave_out(b"errors that are no requests");
                Ok(())
            }
            _ => Err("it begins with no word of Gatling's".into()),
        }
    }

    fn end(&mut self, events: &mut Events) -> Result<(), Broken> {
        self.users.tell(events);
        Ok(())
    }
}

fn instant(ms: u64) -> Result<i64, Broken> {
    i64::try_from(ms).ok().and_then(|ms| ms.checked_mul(MS)).ok_or(Broken::Borrowed("an instant that cannot be"))
}

fn request(fields: &[&[u8]], events: &mut Events) -> Result<(), Broken> {
    let found = (2..fields.len()).find_map(|at| {
        let ok = matches!(*fields.get(at + 2)?, b"OK" | b"KO");
        Some((at, whole(fields[at])?, whole(fields[at + 1])?)).filter(|_| ok)
    });
    let (at, begin, end) = found.ok_or("two instants and OK or KO are not in it")?;
    let duration_ms = end.checked_sub(begin).ok_or("it ends before it begins")?;
    let message = fields.get(at + 3).copied().unwrap_or_default();
    count(
        &Done { name: fields[at - 1], end_ns: instant(end)?, duration_ms, ok: fields[at + 2] == b"OK", message },
        events,
    );
    Ok(())
}

/// A request of either form of the log.
pub struct Done<'a> {
    pub name: &'a [u8],
    pub end_ns: i64,
    pub duration_ms: u64,
    pub ok: bool,
    pub message: &'a [u8],
}

/// Counts a request.
pub fn count(done: &Done, events: &mut Events) {
    let status = if done.ok { 0 } else { found_status(done.message) };
    let cause = causes::of_status(status).or_else(|| causes::of_text(done.message));
    let why = done.message.trim_ascii();
    let failure = (!done.ok).then_some(Failure { cause, why: if why.is_empty() { b"KO" } else { why } });
    let duration_ns = done.duration_ms.saturating_mul(MS as u64);
    events.request(&Request { end_ns: done.end_ns, duration_ns, endpoint: done.name, status, failure });
}

/// The status of "status.find.in(200), found 503"; 0 if there is none.
fn found_status(message: &[u8]) -> u16 {
    const FOUND: &[u8] = b"found ";
    let at = memchr::memmem::find(message, FOUND).map(|at| at + FOUND.len());
    let digits = at.and_then(|at| message.get(at..at + 3)).and_then(whole);
    digits.and_then(|status| u16::try_from(status).ok()).unwrap_or(0)
}

/// How many users there are, from their begins and ends.
#[derive(Default)]
pub struct UserCount {
    changes: BTreeMap<i64, i64>,
}

impl UserCount {
    /// Most seconds between two changes that are told one by one.
    const LONGEST: i64 = 100_000;

    pub fn change(&mut self, ns: i64, begins: bool) {
        *self.changes.entry(ns.div_euclid(SECOND)).or_default() += if begins { 1 } else { -1 };
    }

    /// Tells the users at the end of each second.
    pub fn tell(&self, events: &mut Events) {
        let mut users = 0;
        let mut changes = self.changes.iter().peekable();
        while let Some((second, change)) = changes.next() {
            users += change;
            let until = changes.peek().map_or(*second + 1, |(next, _)| (**next).min(second + Self::LONGEST));
            for second in *second..until {
                events.users(second.saturating_mul(SECOND), u64::try_from(users).unwrap_or(0));
            }
        }
    }
}
