//! HdrHistogram's interval logs (`.hlog`), with histograms of versions 0, 1 and 2.
//!
//! A line has the begin and length of an interval, its largest value, and its histogram: base64 of zlib. The largest
//! value is written in ms, and with the largest in the histogram it tells the unit of the counts, which is ns in most
//! logs. Tagged lines are endpoints.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::ZlibDecoder;

use crate::recording::figures::Figures;
use crate::recording::stream::durations::Durations;
use crate::recording::stream::instants::SECOND;
use crate::recording::stream::summary::unreadable;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

/// Largest histogram that is unpacked, bytes.
const LARGEST: u64 = 64 << 20;
/// A begin within a year of the start time is an instant of its own.
const YEAR_S: f64 = 365.0 * 86_400.0;

pub fn read(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::Hlog);
    let (mut start, mut base) = (None, None);
    let (mut tags, mut told, mut broken): (BTreeMap<String, Durations>, Vec<String>, u64) =
        (BTreeMap::new(), Vec::new(), 0);
    let (mut first, mut end) = (None::<f64>, 0f64);
    for (index, line) in text.lines().enumerate() {
        let said = |key: &str| {
            line.strip_prefix(key)
                .and_then(|rest| rest.split([' ', ']']).find(|word| !word.is_empty())?.parse::<f64>().ok())
        };
        start = start.or(said("#[StartTime:"));
        base = base.or(said("#[BaseTime:"));
        if line.starts_with(['#', '"']) || line.trim().is_empty() {
            continue;
        }
        match interval(line) {
            Ok((tag, begin, length, durations)) => {
                let zero = base.or(start.filter(|start| begin > start - YEAR_S)).unwrap_or(0.0);
                let from = *first.get_or_insert(if base.is_some() { 0.0 } else { begin });
                let t_s = if zero > 0.0 && base.is_none() { begin - zero } else { begin - from.min(begin) };
                end = end.max(t_s + length);
                let rate = Some(durations.count() as f64 / length);
                figures.point(t_s, ("http_reqs", &tag, "rate"), rate, Unit::PerSecond);
                let mean = durations.mean_min_max_ms().map(|known| known[0]);
                figures.point(t_s, ("http_req_duration", &tag, "avg"), mean, Unit::Milliseconds);
                tags.entry(tag).or_default().merge(&durations);
            }
            Err(why) => {
                broken += 1;
                if told.len() < 5 {
                    told.push(format!("line {}: {why}", index + 1));
                }
            }
        }
    }
    if broken > 0 {
        figures.notes.push(format!("{} ({})", unreadable(broken, None), told.join("; ")));
    }
    for (tag, durations) in &tags {
        let rate = (end > 0.0).then(|| durations.count() as f64 / end);
        figures.counter("http_reqs", tag, Some(durations.count() as f64), rate);
        let ranks = [0.5, 0.9, 0.95, 0.99, 0.999];
        let values = durations.percentiles_ms(ranks);
        let percentiles = ["p50", "p90", "p95", "p99", "p99.9"].into_iter().zip(values.map(Some));
        if let Some([mean, min, max]) = durations.mean_min_max_ms() {
            let all =
                [("avg", Some(mean)), ("min", Some(min))].into_iter().chain(percentiles).chain([("max", Some(max))]);
            figures.durations("http_req_duration", tag, all);
        }
    }
    figures.facts.begin_ns = base.or(start).map(|start| (start * SECOND as f64) as i64);
    figures.facts.span_s = (end > 0.0).then_some(end);
    figures.facts.width_s = if figures.series.len() > 1 { 1.0 } else { 0.0 };
    figures.recording()
}

/// Tag, begin and length in s, and what was counted.
fn interval(line: &str) -> Result<(String, f64, f64, Durations), String> {
    let (tag, rest) = match line.strip_prefix("Tag=") {
        Some(rest) => rest.split_once(',').ok_or("its tag has no end")?,
        None => ("", line),
    };
    let fields: Vec<&str> = rest.split(',').collect();
    let [begin, length, max, histogram] = fields.as_slice() else { return Err("it has not four fields".into()) };
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let begin = number(begin).ok_or("its begin is no number")?;
    let length = number(length).filter(|length| *length > 0.0).ok_or("its length is no number above 0")?;
    let packed = base64(histogram.trim().as_bytes()).ok_or("its histogram is no base64")?;
    let max_ms = number(max).unwrap_or(0.0);
    Ok((tag.to_owned(), begin, length, decoded(&packed, max_ms)?))
}

/// How many ns a unit of the counts is: 1, 1000 or 1,000,000, whichever is nearest to what the largest value says.
fn unit_ns(max_ms: f64, largest: u64) -> u64 {
    let power = (max_ms * 1e6 / largest.max(1) as f64).log10();
    if power > 4.5 {
        1_000_000
    } else if power > 1.5 {
        1000
    } else {
        1
    }
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::with_capacity(text.len() * 3 / 4));
    for byte in text.iter().take_while(|byte| **byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

/// A histogram, unpacked and counted.
fn decoded(packed: &[u8], max_ms: f64) -> Result<Durations, String> {
    const COMPRESSED: [i32; 3] = [0x1c84_9309, 0x1c84_9302, 0x1c84_9304];
    let cookie = int(packed, 0)? & !0xf0;
    if !COMPRESSED.contains(&cookie) {
        return Err("its histogram is of no known version".into());
    }
    let mut bytes = Vec::new();
    let payload = packed.get(8..).ok_or("its histogram is cut short")?;
    ZlibDecoder::new(payload)
        .take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("its histogram cannot be unpacked: {error}"))?;
    counted(&bytes, max_ms)
}

/// The header of the histogram itself, and its counts.
fn counted(bytes: &[u8], max_ms: f64) -> Result<Durations, String> {
    let written = int(bytes, 0)?;
    let (version, word) = match written & !0xf0 {
        0x1c84_9308 => (0, (written & 0xf0) >> 4),
        0x1c84_9301 => (1, (written & 0xf0) >> 4),
        0x1c84_9303 => (2, 1),
        _ => return Err("its histogram is of no known version".into()),
    };
    // Version 0: digits, lowest, highest, total count. Later: length, offset, digits, lowest, highest, ratio.
    let (digits, lowest, body) =
        if version == 0 { (int(bytes, 4)?, long(bytes, 8)?, 32) } else { (int(bytes, 12)?, long(bytes, 16)?, 40) };
    if !(0..=5).contains(&digits) || lowest < 1 {
        return Err("its histogram has an impossible header".into());
    }
    let body = bytes.get(body..).ok_or("its histogram is cut short")?;
    let scale = Scale::new(digits as u32, lowest as u64);
    let mut cells: Vec<(u64, u64)> = Vec::new();
    let mut add = |index: usize, count: u64| {
        if count > 0 {
            cells.push((scale.value(index)?, count));
        }
        Ok(())
    };
    if version == 2 {
        packed_counts(body, add)?;
    } else {
        let word = usize::try_from(word).ok().filter(|word| matches!(word, 2 | 4 | 8));
        for (index, cell) in body.chunks_exact(word.ok_or("its counts have an unknown width")?).enumerate() {
            add(index, cell.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte)))?;
        }
    }
    let unit = unit_ns(max_ms, cells.iter().map(|cell| cell.0).max().unwrap_or(0));
    let mut durations = Durations::default();
    cells.into_iter().for_each(|(value, count)| durations.add_many(value.saturating_mul(unit), count));
    Ok(durations)
}

/// Counts of version 2: ZigZag LEB128, of which a negative one is a run of zeros.
fn packed_counts(mut body: &[u8], mut add: impl FnMut(usize, u64) -> Result<(), String>) -> Result<(), String> {
    let mut index = 0usize;
    while !body.is_empty() {
        let (mut number, mut used) = (0u64, 0);
        loop {
            let byte = *body.get(used).ok_or("its histogram is cut short")?;
            used += 1;
            if used == 9 {
                number |= u64::from(byte) << 56;
                break;
            }
            number |= u64::from(byte & 0x7f) << (7 * (used - 1));
            if byte & 0x80 == 0 {
                break;
            }
        }
        body = &body[used..];
        let signed = (number >> 1) as i64 ^ -((number & 1) as i64);
        if signed < 0 {
            index = index.saturating_add(usize::try_from(signed.unsigned_abs()).unwrap_or(usize::MAX));
        } else {
            add(index, signed as u64)?;
            index += 1;
        }
    }
    Ok(())
}

/// What the places of a histogram's counts stand for: half-buckets of equal cells, each twice as wide as the last.
struct Scale {
    half_bits: u32,
    unit_bits: u32,
}

impl Scale {
    fn new(digits: u32, lowest: u64) -> Scale {
        let cells = 2 * 10u64.pow(digits);
        let bits = 64 - (cells - 1).leading_zeros();
        Scale { half_bits: bits.saturating_sub(1), unit_bits: 63 - lowest.leading_zeros() }
    }

    /// The middle of a cell, as HdrHistogram takes means.
    fn value(&self, index: usize) -> Result<u64, String> {
        let (bucket, cell) = match (index >> self.half_bits) as u32 {
            0 => (0, index as u64),
            bucket => (bucket - 1, (index & ((1 << self.half_bits) - 1)) as u64 + (1 << self.half_bits)),
        };
        let shift = bucket.saturating_add(self.unit_bits);
        if shift > 40 {
            return Err("its histogram has a value beyond all times".into());
        }
        Ok((cell << shift) + (1u64 << shift) / 2)
    }
}

fn int(bytes: &[u8], at: usize) -> Result<i32, String> {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map(i32::from_be_bytes).ok_or_else(|| "its histogram is cut short".into())
}

fn long(bytes: &[u8], at: usize) -> Result<i64, String> {
    let eight = bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok());
    eight.map(i64::from_be_bytes).ok_or_else(|| "its histogram is cut short".into())
}
