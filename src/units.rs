//! Durations, sizes, rates, money and shares: how people write them, and the one way we print them
//! ([`print`](mod@print)).
//!
//! Everything is parsed to one canonical unit (seconds, bytes, per second, dollars per hour, a share
//! of 1). A number without its unit is refused, since "30" means milliseconds to one reader and
//! seconds to the next; a number with the unit of something else says so. Nothing negative, nothing
//! infinite, nothing absurdly large gets through.

mod money;
pub mod print;

pub use print::{print_duration, print_money, print_number, print_rate, print_share, print_size, written_range};

/// What kind of number is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Seconds.
    Duration,
    /// Bytes.
    Size,
    /// Per second.
    Rate,
    /// Dollars per hour.
    Money,
    /// A share in `[0, 1]`: "35%" or 0.35.
    Share,
    /// A plain number of at least 0: 1.05 or "105%".
    Number,
}

/// Why a text is not the number that is needed, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub what: String,
    pub hint: Option<String>,
}

/// A year of 365.25 days, in seconds.
const YEAR: f64 = 31_557_600.0;

const DURATION_UNITS: &[(&str, f64)] = &[
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("min", 60.0),
    ("h", 3600.0),
    ("d", 86_400.0),
];

const SIZE_UNITS: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

impl Kind {
    /// With its article, for sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Duration => "a duration",
            Kind::Size => "a size",
            Kind::Rate => "a rate",
            Kind::Money => "a price",
            Kind::Share => "a share",
            Kind::Number => "a number",
        }
    }

    /// How it is written.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Kind::Duration => "\"250ms\"",
            Kind::Size => "\"512MiB\"",
            Kind::Rate => "\"40/s\"",
            Kind::Money => "\"$0.09/h\"",
            Kind::Share => "\"35%\" or 0.35",
            Kind::Number => "1.05 or \"105%\"",
        }
    }

    /// Largest value that is taken for meant, and the words for it.
    const fn most(self) -> (f64, &'static str) {
        match self {
            Kind::Duration => (100.0 * YEAR, "100 years"),
            Kind::Size => (1e18, "1 000 000 TB"),
            Kind::Rate => (1e9, "1 000 000 000/s"),
            Kind::Money => (1e9, "$1 000 000 000/h"),
            Kind::Share => (1.0, "1 (100 %)"),
            Kind::Number => (1e15, "10^15"),
        }
    }
}

/// The number that `text` writes, in the canonical unit of `kind`.
///
/// # Errors
/// If it is another kind of number, negative, too large, or no number at all.
pub fn parse(kind: Kind, text: &str) -> Result<f64, Refused> {
    let trimmed = text.trim();
    if let Some(positive) = trimmed.strip_prefix('-')
        && read(kind, positive).is_some()
    {
        return Err(Refused { what: format!("{trimmed} is negative"), hint: Some(needed(kind)) });
    }
    match read(kind, trimmed) {
        Some(value) => bounded(kind, value, trimmed),
        None => Err(explain(kind, trimmed)),
    }
}

/// A number that stands in a file without quotation marks or unit.
///
/// # Errors
/// If `kind` needs a unit (0 never does), or the number is negative, not finite or too large.
pub fn from_bare(kind: Kind, value: f64) -> Result<f64, Refused> {
    if !value.is_finite() {
        return Err(Refused { what: format!("{value} is not a finite number"), hint: Some(needed(kind)) });
    }
    if value < 0.0 {
        return Err(Refused { what: format!("{value} is negative"), hint: Some(needed(kind)) });
    }
    match kind {
        Kind::Share | Kind::Number => bounded(kind, value, &value.to_string()),
        Kind::Duration | Kind::Size | Kind::Rate | Kind::Money if value == 0.0 => Ok(0.0),
        Kind::Duration | Kind::Size | Kind::Rate | Kind::Money => Err(without_unit(kind, &value.to_string())),
    }
}

/// `low..high` or a single value twice; both sides carry their unit.
///
/// # Errors
/// As [`parse`]; and if the sides are out of order.
pub fn parse_range(kind: Kind, text: &str) -> Result<(f64, f64), Refused> {
    let Some((left, right)) = text.split_once("..") else {
        return parse(kind, text).map(|value| (value, value));
    };
    let (low, high) = (parse(kind, left)?, parse(kind, right)?);
    if low > high {
        let hint = format!("write \"{}..{}\"", right.trim(), left.trim());
        return Err(Refused { what: format!("the range {} runs downwards", text.trim()), hint: Some(hint) });
    }
    Ok((low, high))
}

fn read(kind: Kind, text: &str) -> Option<f64> {
    match kind {
        Kind::Duration => read_duration(text),
        Kind::Size => {
            let (value, unit) = split_number(text)?;
            Some(value * factor(SIZE_UNITS, unit)?)
        }
        Kind::Rate => {
            let (value, period) = split_number(text)?;
            let period = period.strip_prefix('/')?.trim();
            let seconds = factor(DURATION_UNITS, period).or_else(|| read_duration(period))?;
            (seconds > 0.0).then(|| value / seconds)
        }
        Kind::Money => money::read(text),
        Kind::Share | Kind::Number => {
            let (value, unit) = split_number(text)?;
            match unit {
                "" => Some(value),
                "%" => Some(value / 100.0),
                _ => None,
            }
        }
    }
}

fn read_duration(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut seconds = 0.0;
    if text == "0" {
        return Some(0.0);
    }
    loop {
        let (value, after) = split_number(rest)?;
        let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        seconds += value * factor(DURATION_UNITS, unit)?;
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(seconds);
        }
    }
}

/// The decimal number at the start, and what follows it without leading spaces.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let digits =
        |from: usize| text[from..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |length| from + length);
    let mut end = digits(0);
    if end == 0 {
        return None;
    }
    if text[end..].starts_with('.') {
        let fraction = digits(end + 1);
        if fraction == end + 1 {
            return None;
        }
        end = fraction;
    }
    Some((text[..end].parse().ok()?, text[end..].trim_start()))
}

fn factor(units: &[(&str, f64)], unit: &str) -> Option<f64> {
    units.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor)
}

fn bounded(kind: Kind, value: f64, written: &str) -> Result<f64, Refused> {
    let (most, words) = kind.most();
    if value <= most {
        return Ok(value);
    }
    let hint = match kind {
        Kind::Share if !written.contains('%') && value <= 100.0 => format!("write \"{written}%\""),
        Kind::Duration | Kind::Size | Kind::Rate | Kind::Money | Kind::Share | Kind::Number => {
            format!("{} is at most {words}", kind.name())
        }
    };
    Err(Refused { what: format!("{written} is too large for {}", kind.name()), hint: Some(hint) })
}

fn explain(kind: Kind, text: &str) -> Refused {
    const OTHERS: &[Kind] = &[Kind::Duration, Kind::Size, Kind::Rate, Kind::Money, Kind::Share];
    if read(Kind::Number, text).is_some() && !text.contains('%') {
        return without_unit(kind, text);
    }
    let quoted = crate::problem::quoted(text);
    if let Some(refused) = (kind == Kind::Money).then(|| money::explain(text, &quoted)).flatten() {
        return refused;
    }
    match OTHERS.iter().find(|other| **other != kind && read(**other, text).is_some()) {
        Some(other) => {
            let other = if *other == Kind::Share { "a percentage" } else { other.name() };
            Refused { what: format!("{quoted} is {other}; {}", needed(kind)), hint: None }
        }
        None => Refused { what: format!("{quoted} is not {}", kind.name()), hint: Some(needed(kind)) },
    }
}

fn without_unit(kind: Kind, text: &str) -> Refused {
    let hint = match kind {
        Kind::Duration => format!("write \"{text}ms\" or \"{text}s\""),
        Kind::Size => format!("write \"{text}MB\" or \"{text}GB\""),
        Kind::Rate => format!("write \"{text}/s\" or \"{text}/min\""),
        Kind::Money => format!("write \"${text}/h\""),
        Kind::Share | Kind::Number => needed(kind),
    };
    Refused { what: format!("{text} has no unit"), hint: Some(hint) }
}

fn needed(kind: Kind) -> String {
    format!("{} such as {} is needed", kind.name(), kind.example())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(kind: Kind, text: &str) -> String {
        let refused = parse(kind, text).expect_err(text);
        format!("{}; {}", refused.what, refused.hint.unwrap_or_default())
    }

    #[test]
    fn durations_as_k6_writes_them() {
        for (text, seconds) in [
            ("250ms", 0.25),
            ("1m30s", 90.0),
            ("2h", 7200.0),
            ("10us", 1e-5),
            ("10µs", 1e-5),
            ("1.5s", 1.5),
            ("1m0s", 60.0),
            ("1h2m3s4ms", 3723.004),
            ("250 ms", 0.25),
            ("0", 0.0),
        ] {
            let parsed = parse(Kind::Duration, text).expect(text);
            assert!((parsed - seconds).abs() <= 1e-12 * seconds.max(1.0), "{text}: {parsed}");
        }
    }

    #[test]
    fn other_kinds() {
        assert_eq!(parse(Kind::Size, "6GB"), Ok(6e9));
        assert_eq!(parse(Kind::Size, "512MiB"), Ok(512.0 * 1024.0 * 1024.0));
        assert_eq!(parse(Kind::Rate, "40/s"), Ok(40.0));
        assert_eq!(parse(Kind::Rate, "600/min"), Ok(10.0));
        assert_eq!(parse(Kind::Rate, "50/2s"), Ok(25.0));
        assert_eq!(parse(Kind::Money, "$0.09/h"), Ok(0.09));
        assert_eq!(parse(Kind::Money, "$73/month"), Ok(73.0 / 730.0));
        assert_eq!(parse(Kind::Share, "35%"), Ok(0.35));
        assert_eq!(parse(Kind::Number, "105%"), Ok(1.05));
        assert_eq!(parse_range(Kind::Share, "35%..42%"), Ok((0.35, 0.42)));
        assert_eq!(parse_range(Kind::Number, "0.9..1.1"), Ok((0.9, 1.1)));
        assert_eq!(parse_range(Kind::Duration, "1s"), Ok((1.0, 1.0)));
    }

    #[test]
    fn refusals_say_what_it_is_and_what_is_needed() {
        assert_eq!(refused(Kind::Duration, "1GB"), "\"1GB\" is a size; a duration such as \"250ms\" is needed; ");
        assert_eq!(refused(Kind::Duration, "30"), "30 has no unit; write \"30ms\" or \"30s\"");
        assert_eq!(refused(Kind::Duration, "-3s"), "-3s is negative; a duration such as \"250ms\" is needed");
        assert_eq!(
            refused(Kind::Duration, "soon"),
            "\"soon\" is not a duration; a duration such as \"250ms\" is needed"
        );
        assert_eq!(
            refused(Kind::Duration, "101000h10000d9999999d"),
            "101000h10000d9999999d is too large for a duration; a duration is at most 100 years"
        );
        assert_eq!(refused(Kind::Share, "35"), "35 is too large for a share; write \"35%\"");
        assert_eq!(refused(Kind::Share, "2s"), "\"2s\" is a duration; a share such as \"35%\" or 0.35 is needed; ");
        for (text, told) in [
            ("0.09/h", "\"0.09/h\" has no currency; write \"$0.09/h\""),
            ("0.09", "0.09 has no unit; write \"$0.09/h\""),
            ("$0.09", "\"$0.09\" has no period; write \"$0.09/h\" or \"$0.09/month\""),
            ("€5/h", "\"€5/h\" is not in dollars; a price such as \"$0.09/h\" is needed"),
            ("$5/months", "\"$5/months\" is not a price per \"months\"; did you mean \"month\"?"),
            ("$1,200/month", "\"$1,200/month\" is not a price; a price such as \"$0.09/h\" is needed"),
            ("5ms", "\"5ms\" is a duration; a price such as \"$0.09/h\" is needed; "),
        ] {
            assert_eq!(refused(Kind::Money, text), told);
        }
        assert_eq!(refused(Kind::Rate, "10%"), "\"10%\" is a percentage; a rate such as \"40/s\" is needed; ");
        assert!(parse(Kind::Rate, "5/0s").is_err());
        for text in ["", "..", "ms", "1..", "1.ms", "1e9s", "5sec", "∞", "nan", "9".repeat(400).as_str()] {
            assert!(parse(Kind::Duration, text).is_err(), "{text}");
        }
        assert_eq!(
            parse_range(Kind::Duration, "5s..2s").expect_err("downwards").hint.as_deref(),
            Some("write \"2s..5s\"")
        );
    }

    #[test]
    fn bare_numbers() {
        assert_eq!(from_bare(Kind::Duration, 0.0), Ok(0.0));
        assert_eq!(from_bare(Kind::Share, 0.35), Ok(0.35));
        for value in [f64::NAN, f64::INFINITY, -1.0, 5.0] {
            assert!(from_bare(Kind::Duration, value).is_err(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,12}") {
            for kind in [Kind::Duration, Kind::Size, Kind::Rate, Kind::Money, Kind::Share, Kind::Number] {
                if let Ok((low, high)) = parse_range(kind, &text) {
                    prop_assert!(low.is_finite() && low >= 0.0 && low <= high);
                }
            }
        }
    }
}
