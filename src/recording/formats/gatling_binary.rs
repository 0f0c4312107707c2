//! Gatling's `simulation.log` from 3.13 on: binary records, big-endian.
//!
//! Each begins with a byte: 0 the run, 1 a request, 2 a user, 3 a group, 4 an error. A text is its length, its bytes and
//! a byte for its coding, or only a length of 0; texts that come again are numbered the first time and then named by
//! minus their number. Instants are ms since the run began. A record that is cut off at the end of the
//! file is what a crash leaves behind.

use std::collections::HashMap;
use std::io::{BufReader, Read};

use super::gatling_text::{Done, UserCount, count};
use crate::recording::stream::blocks::{Broken, Lines};
use crate::recording::stream::events::Events;

/// No text and no list of Gatling's is longer.
const LONGEST: i32 = 1 << 20;

/// Whether these bytes begin such a log: a run, and the number of a version.
pub fn recognise(head: &[u8]) -> bool {
    matches!(head, [0, 0, 0, 0, length, first, ..] if (3..64).contains(length) && first.is_ascii_digit())
}

/// Reads all records.
pub fn read(reader: Box<dyn Read + Send>, events: Events) -> Lines {
    let mut log = Log { reader: BufReader::new(reader), texts: HashMap::new(), run_ms: 0, users: UserCount::default() };
    let mut lines = Lines { events, ..Lines::default() };
    while !lines.events.too_many {
        match log.record(&mut lines.events) {
            Ok(true) => lines.lines += 1,
            Ok(false) => break,
            Err(why) => {
                lines.broken += 1;
                lines.told.push((lines.lines + 1, why));
                break;
            }
        }
    }
    log.users.tell(&mut lines.events);
    lines.events.seconds.settle();
    lines
}

struct Log {
    reader: BufReader<Box<dyn Read + Send>>,
    texts: HashMap<i32, Vec<u8>>,
    run_ms: i64,
    users: UserCount,
}

type Decoded<T> = Result<T, Broken>;

impl Log {
    /// Reads a record; false at the end.
    fn record(&mut self, events: &mut Events) -> Decoded<bool> {
        let mut kind = [0];
        match self.reader.read(&mut kind) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(error) => return Err(error.to_string().into()),
        }
        match kind[0] {
            0 => self.run()?,
            1 => {
                self.groups()?;
                let name = self.cached()?;
                let (begin, end, ok) = (self.int()?, self.int()?, self.byte()? != 0);
                let message = self.cached()?;
                let duration_ms =
                    u64::try_from(i64::from(end) - i64::from(begin)).map_err(|_| "a request ends before it begins")?;
                count(&Done { name: &name, end_ns: self.at(end), duration_ms, ok, message: &message }, events);
            }
            2 => {
                self.int()?;
                let begins = self.byte()? != 0;
                let at = self.int()?;
                self.users.change(self.at(at), begins);
            }
            3 => {
                self.groups()?;
                self.int()?;
                self.int()?;
                self.int()?;
                self.byte()?;
                events.leave_out(b"groups of requests");
            }
            4 => {
                self.cached()?;
                self.int()?;
                events.leave_out(b"errors that are no requests");
            }
            other => return Err(format!("record of unknown kind {other}").into()),
        }
        Ok(true)
    }

    fn run(&mut self) -> Decoded<()> {
        self.text()?;
        self.text()?;
        self.run_ms = i64::from_be_bytes(self.bytes()?);
        self.text()?;
        for _ in 0..self.length()? {
            self.text()?;
        }
        for _ in 0..self.length()? {
            let length = self.length()?;
            self.many(length)?;
        }
        Ok(())
    }

    fn groups(&mut self) -> Decoded<()> {
        for _ in 0..self.length()? {
            self.cached()?;
        }
        Ok(())
    }

    /// An instant since the run began, ns since 1970.
    fn at(&self, ms: i32) -> i64 {
        self.run_ms.saturating_add(i64::from(ms)).saturating_mul(1_000_000)
    }

    fn cached(&mut self) -> Decoded<Vec<u8>> {
        match self.int()? {
            index @ 1.. => {
                let text = self.text()?;
                self.texts.insert(index, text.clone());
                Ok(text)
            }
            index => {
                let known = index.checked_neg().and_then(|index| self.texts.get(&index));
                known.cloned().ok_or_else(|| "a text is named that did not occur".into())
            }
        }
    }

    fn text(&mut self) -> Decoded<Vec<u8>> {
        let length = self.length()?;
        if length == 0 {
            return Ok(Vec::new());
        }
        let bytes = self.many(length)?;
        let characters: String = match self.byte()? {
            // Latin-1 is the beginning of Unicode.
            0 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            1 => {
                let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
                char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
            }
            other => return Err(format!("text of unknown coding {other}").into()),
        };
        Ok(characters.into_bytes())
    }

    fn length(&mut self) -> Decoded<usize> {
        let length = self.int()?;
        let possible = (0..=LONGEST).contains(&length);
        usize::try_from(length).ok().filter(|_| possible).ok_or_else(|| format!("impossible length {length}").into())
    }

    fn int(&mut self) -> Decoded<i32> {
        Ok(i32::from_be_bytes(self.bytes()?))
    }

    fn byte(&mut self) -> Decoded<u8> {
        Ok(self.bytes::<1>()?[0])
    }

    fn bytes<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).map_err(|_| "it is cut off")?;
        Ok(bytes)
    }

    fn many(&mut self, length: usize) -> Decoded<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes).map_err(|_| "it is cut off")?;
        Ok(bytes)
    }
}
