//! Lines of a stream, read by several threads.
//!
//! A block is a quarter of a megabyte of whole lines. Threads take them in turn: one reads the next block while the others work
//! on theirs. Each thread has counts of its own, which are added up at the end. A line that cannot be read is counted
//! and remembered by its block; its number in the file is known when all blocks before it are.

use std::borrow::Cow;
use std::io::Read;
use std::sync::{Mutex, PoisonError};

use super::events::Events;

/// Bytes of a block; small enough that one stays in a core's cache between reading and parsing.
const BLOCK: usize = 1 << 18;
/// Longest line; what is longer is no line, and is cut.
const LONGEST: usize = 32 << 20;
/// Broken lines that are told of.
pub const MOST_TOLD: usize = 5;

/// Why a line cannot be read.
pub type Broken = Cow<'static, str>;

/// A format of lines.
pub trait LineReader: Send {
    /// Takes one line, without its end; it is not empty.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken>;

    /// There are no more lines.
    ///
    /// # Errors
    /// What is missing at the end.
    fn end(&mut self, _events: &mut Events) -> Result<(), Broken> {
        Ok(())
    }
}

impl<R: LineReader + ?Sized> LineReader for Box<R> {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        (**self).line(line, events)
    }

    fn end(&mut self, events: &mut Events) -> Result<(), Broken> {
        (**self).end(events)
    }
}

/// What was read.
#[derive(Debug, Default)]
pub struct Lines {
    pub events: Events,
    /// Lines of the file.
    pub lines: u64,
    /// Those that could not be read.
    pub broken: u64,
    /// The first of them: number from 1, and why.
    pub told: Vec<(u64, Broken)>,
    /// Where the first and the last instant of all stand, by their numbers from 1; 0 if there are none.
    pub earliest: u64,
    pub latest: u64,
    /// Why reading ended early.
    pub ended: Option<String>,
}

/// A stream that is cut into blocks.
struct Blocks {
    reader: Box<dyn Read + Send>,
    /// The beginning of a line whose end is not read yet.
    begun: Vec<u8>,
    next: usize,
    ended: Option<String>,
    done: bool,
}

impl Blocks {
    /// Fills `buffer` with whole lines; the number of the block and its length, or `None` at the end.
    fn fill(&mut self, buffer: &mut Vec<u8>) -> Option<(usize, usize)> {
        if self.done {
            return None;
        }
        let mut length = self.begun.len();
        buffer.resize(buffer.len().max(BLOCK + length), 0);
        buffer[..length].copy_from_slice(&self.begun);
        self.begun.clear();
        let mut searched = 0;
        let whole = loop {
            match self.reader.read(&mut buffer[length..]) {
                Ok(0) => self.done = true,
                Ok(more) => length += more,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.ended = Some(error.to_string());
                    self.done = true;
                }
            }
            if self.done {
                break length;
            }
            if length == buffer.len() {
                match memchr::memrchr(b'\n', &buffer[searched..length]) {
                    Some(end) => break searched + end + 1,
                    None if length >= LONGEST => break length,
                    None => {
                        searched = length;
                        buffer.resize(length * 2, 0);
                    }
                }
            }
        };
        self.begun.extend_from_slice(&buffer[whole..length]);
        self.next += 1;
        (whole > 0).then_some((self.next - 1, whole))
    }
}

/// What one thread found.
#[derive(Default)]
struct Share {
    events: Events,
    broken: u64,
    /// Lines of each block it had.
    lines: Vec<(usize, u64)>,
    /// Block, line in it from 1, and why.
    told: Vec<(usize, u64, Broken)>,
    /// Block and line of its first and its last instant.
    earliest: (usize, u64),
    latest: (usize, u64),
}

impl Share {
    /// What was just counted stands here.
    fn reached(&mut self, before: (Option<i64>, Option<i64>), here: (usize, u64)) {
        if self.events.begin_ns != before.0 {
            self.earliest = here;
        }
        if self.events.end_ns != before.1 {
            self.latest = here;
        }
    }
}

/// Reads all lines, on as many threads as there are readers; each starts with one, and with a copy of `empty`.
pub fn read<R: LineReader>(reader: Box<dyn Read + Send>, readers: Vec<R>, empty: &Events) -> Lines {
    let blocks = Mutex::new(Blocks { reader, begun: Vec::new(), next: 0, ended: None, done: false });
    let blocks = &blocks;
    let shares: Vec<Option<Share>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            readers.into_iter().map(|reader| scope.spawn(move || work(blocks, reader, empty.clone()))).collect();
        threads.into_iter().map(|thread| thread.join().ok()).collect()
    });
    let ended = blocks.lock().unwrap_or_else(PoisonError::into_inner).ended.take();
    let mut all = Lines { events: empty.clone(), ended, ..Lines::default() };
    let (mut lines, mut told) = (Vec::new(), Vec::new());
    // Of several threads that met the same instant the one that met it first.
    let (mut earliest, mut latest) = (None, None);
    for share in shares {
        let Some(share) = share else {
            all.ended.get_or_insert_with(|| "a thread that read it was lost".to_owned());
            continue;
        };
        if let (Some(begin), Some(end)) = (share.events.begin_ns, share.events.end_ns) {
            earliest = earliest.into_iter().chain([(begin, share.earliest)]).min();
            latest = latest.into_iter().chain([(std::cmp::Reverse(end), share.latest)]).min();
        }
        all.events.merge(share.events);
        all.broken += share.broken;
        lines.extend(share.lines);
        told.extend(share.told);
    }
    all.events.seconds.settle();
    lines.sort_unstable();
    told.sort_unstable_by_key(|(block, line, _)| (*block, *line));
    all.lines = lines.iter().map(|(_, count)| count).sum();
    let before = |block: usize| lines.iter().take_while(|(b, _)| *b < block).map(|(_, count)| count).sum::<u64>();
    let number = |at: (usize, u64)| before(at.0) + at.1;
    all.earliest = earliest.map_or(0, |(_, at)| number(at));
    all.latest = latest.map_or(0, |(_, at)| number(at));
    all.told = told.into_iter().take(MOST_TOLD).map(|(block, line, why)| (before(block) + line, why)).collect();
    all
}

fn work<R: LineReader>(blocks: &Mutex<Blocks>, mut reader: R, events: Events) -> Share {
    let mut share = Share { events, ..Share::default() };
    let mut buffer = Vec::new();
    while !share.events.too_many {
        let next = blocks.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut buffer);
        let Some((block, length)) = next else { break };
        let (mut rest, mut number, mut told) = (&buffer[..length], 0, 0);
        while !rest.is_empty() {
            let (line, after) = match memchr::memchr(b'\n', rest) {
                Some(end) => (&rest[..end], &rest[end + 1..]),
                None => (rest, &rest[rest.len()..]),
            };
            rest = after;
            number += 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let before = (share.events.begin_ns, share.events.end_ns);
            let read = reader.line(line, &mut share.events);
            share.reached(before, (block, number));
            if let Err(why) = read {
                share.broken += 1;
                told += 1;
                if told <= MOST_TOLD {
                    share.told.push((block, number, why));
                }
            }
        }
        share.lines.push((block, number));
    }
    let last = share.lines.last().copied().unwrap_or_default();
    let before = (share.events.begin_ns, share.events.end_ns);
    let end = reader.end(&mut share.events);
    share.reached(before, last);
    if let Err(why) = end {
        share.broken += 1;
        share.told.push((last.0, last.1, why));
    }
    share
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::stream::events::Request;
    use std::io::Cursor;

    /// A number per line is a duration in ms; anything else is broken.
    struct Numbers;

    impl LineReader for Numbers {
        fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
            let duration_ns = super::super::decimal::duration(line, 6).ok_or("no number")?;
            events.request(&Request { end_ns: 0, duration_ns, endpoint: b"x", status: 0, failure: None });
            Ok(())
        }
    }

    fn lines(text: &[u8], threads: usize) -> Lines {
        read(Box::new(Cursor::new(text.to_vec())), (0..threads).map(|_| Numbers).collect(), &Events::default())
    }

    #[test]
    fn lines_are_counted_and_located_whatever_the_threads() {
        let mut text = Vec::new();
        for number in 1..=400_000u32 {
            let broken = number % 100_000 == 77;
            text.extend_from_slice(
                if broken { b"oops\r\n".to_vec() } else { format!("{number}\n").into_bytes() }.as_slice(),
            );
        }
        text.extend_from_slice(b"\n\nlast without an end");
        for threads in [1, 2, 5] {
            let read = lines(&text, threads);
            assert_eq!((read.lines, read.broken, read.events.requests()), (400_003, 5, 399_996));
            let numbers: Vec<u64> = read.told.iter().map(|told| told.0).collect();
            assert_eq!(numbers, [77, 100_077, 200_077, 300_077, 400_003], "{threads} threads");
        }
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let text = vec![b'x'; LONGEST * 2 + 5];
        let read = lines(&text, 2);
        assert!(read.broken >= 2 && read.events.is_empty());
        assert_eq!(lines(b"", 2).lines, 0);
    }

    #[test]
    fn a_stream_that_breaks_keeps_what_came() {
        struct Breaks(usize);
        impl Read for Breaks {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                self.0 += 1;
                if self.0 > 1 {
                    return Err(std::io::Error::other("cut off"));
                }
                buffer[..6].copy_from_slice(b"1\n2\n3\n");
                Ok(6)
            }
        }
        let read = read(Box::new(Breaks(0)), vec![Numbers], &Events::default());
        assert_eq!((read.events.requests(), read.ended.as_deref()), (3, Some("cut off")));
    }
}
