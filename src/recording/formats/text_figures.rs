//! Formats that are texts or tables of figures, known by their first lines.

use super::{hdr_text, hlog, locust, pg_stat_statements, step_table, sysbench, text_tool, wrk};
use crate::recording::stream::fields::Header;
use crate::recording::{ReadProblem, Recording};

type Read = Result<Recording, Vec<ReadProblem>>;

/// Reads a text of a known format; `None` if it is of none.
pub fn read(name: &str, text: &str) -> Option<Read> {
    let head = head(text);
    let first = head.lines().find(|line| !line.trim().is_empty())?;
    let header = Header::of(first.as_bytes());
    if head.starts_with("#[") && head.contains("Histogram log") || head.contains("Interval_Compressed_Histogram") {
        return Some(hlog::read(name, text));
    }
    if header.has(&["Name", "Request Count", "Failure Count"]) || header.has(&["Timestamp", "User Count"]) {
        return Some(locust::read(name, text));
    }
    let first_row = head.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    if step_table::recognise(&Header::of(first_row.as_bytes())) {
        return Some(step_table::read(name, text));
    }
    if header.has(&["query", "calls"]) {
        return Some(pg_stat_statements::read(name, text));
    }
    if head.contains("test @ ") && head.contains("Thread Stats") {
        return Some(wrk::read(name, text));
    }
    if head.contains("sysbench ") && head.contains("Number of threads:") {
        return Some(sysbench::read(name, text));
    }
    if first.contains("Value") && first.contains("Percentile") && first.contains("TotalCount") {
        return Some(hdr_text::read(name, text));
    }
    text_tool::read(name, text, head)
}

/// The first lines.
fn head(text: &str) -> &str {
    const BYTES: usize = 4096;
    let mut end = text.len().min(BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A duration as Go and wrk print it, in ms: "65.458ms", "3m59.9s", "12us", "1.05s".
pub fn milliseconds(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut sum = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value: f64 = rest[..digits].parse().ok()?;
        let after = &rest[digits..];
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        sum += value
            * match after[..end].trim() {
                "ns" => 1e-6,
                "us" | "µs" | "μs" => 1e-3,
                "ms" => 1.0,
                "s" | "sec" | "secs" => 1e3,
                "m" => 6e4,
                "h" => 3.6e6,
                _ => return None,
            };
        rest = &after[end..];
    }
    Some(sum)
}

/// A count or size with a prefix, "1.05k", "19.81MB"; thousands are powers of ten, bytes powers of two, as wrk has it.
pub fn with_prefix(text: &str) -> Option<f64> {
    let text = text.trim();
    let bytes = text.ends_with('B');
    let text = text.trim_end_matches('B');
    let base: f64 = if bytes { 1024.0 } else { 1000.0 };
    let power = match text.chars().next_back()? {
        'k' | 'K' => 1,
        'M' => 2,
        'G' => 3,
        'T' => 4,
        _ => 0,
    };
    let number = if power > 0 { &text[..text.len() - 1] } else { text };
    Some(number.trim().parse::<f64>().ok()? * base.powi(power))
}

/// The first number in a text.
pub fn first_number(text: &str) -> Option<f64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest[..end].trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_tools_print_them() {
        for (text, ms) in [("65.458ms", 65.458), ("3m59.5s", 239_500.0), ("12us", 0.012), ("1.05s", 1050.0)] {
            assert!((milliseconds(text).unwrap_or(0.0) - ms).abs() < 1e-9, "{text}");
        }
        assert_eq!((milliseconds("12"), milliseconds("")), (None, None));
        assert_eq!(
            (with_prefix("1.5k"), with_prefix("2MB"), with_prefix("7")),
            (Some(1500.0), Some(2_097_152.0), Some(7.0))
        );
        assert_eq!(first_number("  [10s] threads: 5"), Some(10.0));
    }
}
