//! The one way to print a duration, a share, a size, a rate and a price.
//!
//! Three significant digits: more would claim a precision that no prediction has. What is printed can
//! be written into a model again, and means the same to the digits shown.

/// Digits that a printed number keeps.
const SIGNIFICANT_DIGITS: i32 = 3;

/// `1.5 s`, `250 ms`, `3.2 µs`, `1 min 30 s`: three significant digits; from a minute on two units.
#[must_use]
pub fn print_duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "n/a".to_owned();
    }
    if seconds < 0.0 {
        return format!("-{}", print_duration(-seconds));
    }
    if significant(seconds) >= 60.0 {
        let pairs = [(86_400.0, "d", 3600.0, "h"), (3600.0, "h", 60.0, "min"), (60.0, "min", 1.0, "s")];
        for (large, large_unit, small, small_unit) in pairs {
            // Rounded to the smaller unit first, so that 59 min 59.9 s becomes 1 h and not 0 h 60 min.
            let rounded = (seconds / small).round() * small;
            if rounded >= large {
                let (count, rest) = ((rounded / large).floor(), (rounded % large) / small);
                let rest = if rest > 0.0 { format!(" {rest} {small_unit}") } else { String::new() };
                return format!("{count} {large_unit}{rest}");
            }
        }
    }
    for (size, unit) in [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")] {
        let value = significant(seconds / size);
        if value >= 1.0 {
            return format!("{value} {unit}");
        }
    }
    if seconds == 0.0 { "0 s".to_owned() } else { format!("{} ns", significant(seconds / 1e-9)) }
}

/// `35 %`, `0.2 %`: three significant digits.
#[must_use]
pub fn print_share(share: f64) -> String {
    if share.is_finite() { format!("{} %", significant(share * 100.0)) } else { "n/a".to_owned() }
}

/// `512 MB`, `6 GB`: powers of ten.
#[must_use]
pub fn print_size(bytes: f64) -> String {
    if !bytes.is_finite() {
        return "n/a".to_owned();
    }
    for (size, unit) in [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")] {
        let value = significant(bytes / size);
        if value.abs() >= 1.0 {
            return format!("{value} {unit}");
        }
    }
    format!("{} B", significant(bytes))
}

/// `40/s`; below one per second `12/min`, below one per minute `3/h`.
#[must_use]
pub fn print_rate(per_second: f64) -> String {
    if !per_second.is_finite() {
        return "n/a".to_owned();
    }
    for (seconds, unit) in [(1.0, "s"), (60.0, "min")] {
        let value = significant(per_second * seconds);
        if value.abs() >= 1.0 || value == 0.0 {
            return format!("{value}/{unit}");
        }
    }
    format!("{}/h", significant(per_second * 3600.0))
}

/// `$0.09/h`.
#[must_use]
pub fn print_money(dollars_per_hour: f64) -> String {
    if dollars_per_hour.is_finite() { format!("${}/h", significant(dollars_per_hour)) } else { "n/a".to_owned() }
}

/// A plain number: whole ones in full, others with three significant digits.
#[must_use]
pub fn print_number(value: f64) -> String {
    if value.is_finite() { significant(value).to_string() } else { "n/a".to_owned() }
}

/// A range as a model file has it, as TOML: `"5.49ms..6.94ms"`; a single value where the ends are the same to two digits of
/// their distance. `unit` is "s", "share" or "1", and `value` lies between the ends.
#[must_use]
pub fn written_range(unit: &str, low: f64, high: f64, value: f64) -> String {
    let (times, word) = match unit {
        "s" => [(1.0, "s"), (1e3, "ms"), (1e6, "us")]
            .into_iter()
            .find(|(times, _)| high * times >= 1.0)
            .unwrap_or((1e9, "ns")),
        "share" => (100.0, "%"),
        _ => (1.0, ""),
    };
    let (low, high, value) = (low * times, high * times, value * times);
    let finest = (value.abs() * 1e-4).max(1e-9);
    let digits = -((high - low) / 2.0).max(finest).log10().floor() + 1.0;
    let digits = digits.clamp(0.0, 9.0) as usize;
    let round = |value: f64| {
        let text = format!("{value:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    let (from, to) = (round(low), round(high));
    match (from == to, word) {
        (true, "") => round(value),
        (true, _) => format!("\"{}{word}\"", round(value)),
        (false, _) => format!("\"{from}{word}..{to}{word}\""),
    }
}

/// Rounded to three significant digits; digits before the point are kept.
fn significant(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let before_point = value.abs().log10().floor() as i32 + 1;
    let decimals = SIGNIFICANT_DIGITS - before_point;
    if decimals <= 0 {
        return value.round();
    }
    let scale = 10f64.powi(decimals);
    // A value so small that its scale overflows is 0 to any reader.
    if scale.is_finite() { (value * scale).round() / scale } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Kind, parse};
    use proptest::prelude::*;

    #[test]
    fn one_way_to_print() {
        for (seconds, text) in [
            (1.5, "1.5 s"),
            (0.25, "250 ms"),
            (3.2e-6, "3.2 µs"),
            (0.999_96, "1 s"),
            (0.012_345, "12.3 ms"),
            (90.0, "1 min 30 s"),
            (59.7, "59.7 s"),
            (60.0, "1 min"),
            (3599.9, "1 h"),
            (7260.0, "2 h 1 min"),
            (90_000.0, "1 d 1 h"),
            (0.0, "0 s"),
            (-0.25, "-250 ms"),
            (2e-9, "2 ns"),
            (f64::NAN, "n/a"),
        ] {
            assert_eq!(print_duration(seconds), text);
        }
        assert_eq!(print_share(0.35), "35 %");
        assert_eq!(print_share(0.002_104), "0.21 %");
        assert_eq!(print_size(6e9), "6 GB");
        assert_eq!(print_rate(0.2), "12/min");
        assert_eq!(print_money(0.0904), "$0.0904/h");
        assert_eq!(print_number(145_234.0), "145234");
        assert_eq!(print_number(1.0 / 3.0), "0.333");
    }

    proptest! {
        /// What we print can be written into a model and means the same, to the digits printed:
        /// at worst half an hour in a day, 2.1 %.
        #[test]
        fn printed_durations_parse(seconds in 1e-8f64..3e6) {
            let back = parse(Kind::Duration, &print_duration(seconds)).expect("our own print");
            prop_assert!((back - seconds).abs() <= 0.021 * seconds, "{seconds} -> {back}");
        }
    }
}
