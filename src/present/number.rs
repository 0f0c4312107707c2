//! The one way in which a number and its unit are printed for people.
//!
//! Three significant digits, since no prediction of a load test deserves more; digits before the
//! decimal point are never cut (a count of 168,423 stays exact) and trailing zeros say nothing.
//! Numbers that belong together share one [`Scale`]. What is not a number is printed as a dash.

use crate::study::plural;

/// Printed where there is no number.
pub const ABSENT: &str = "–";

const DIGITS: i32 = 3;
/// Errors are rougher than the numbers they compare.
const ERROR_DIGITS: i32 = 2;
/// From here on milliseconds are printed as seconds.
const SECOND_MS: f64 = 1000.0;
/// Below 10^-6 and from 10^15 on, powers of ten are easier to read than zeros.
const SMALLEST_EXPONENT: i32 = -6;
const LARGEST_EXPONENT: i32 = 15;

/// The unit in which the numbers of one line are printed.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    divisor: f64,
    /// With the space before it; empty for plain counts.
    suffix: String,
}

impl Scale {
    /// For values in `unit` (the contract's: ms, %, 1/s, 1, MB …) of which `largest` is the largest in size.
    #[must_use]
    pub fn of(unit: &str, largest: f64) -> Scale {
        let (divisor, suffix) = match unit {
            "ms" if largest.abs() >= SECOND_MS => (SECOND_MS, " s".to_owned()),
            "1/s" => (1.0, " /s".to_owned()),
            "1" | "" => (1.0, String::new()),
            other => (1.0, format!(" {other}")),
        };
        Scale { divisor, suffix }
    }

    /// The bare number, without its unit.
    #[must_use]
    pub fn number(&self, value: f64) -> String {
        plain(value / self.divisor)
    }

    /// The number with its unit.
    #[must_use]
    pub fn text(&self, value: f64) -> String {
        if value.is_nan() { ABSENT.to_owned() } else { format!("{}{}", self.number(value), self.suffix) }
    }

    /// "187 [96, 265] ms"; only the value where there is no interval.
    #[must_use]
    pub fn interval(&self, value: f64, low: f64, high: f64) -> String {
        if value.is_nan() || low.is_nan() || high.is_nan() {
            return self.text(value);
        }
        format!("{} [{}, {}]{}", self.number(value), self.number(low), self.number(high), self.suffix)
    }

    /// "35 – 60 ms".
    #[must_use]
    pub fn range(&self, low: f64, high: f64) -> String {
        format!("{} – {}{}", self.number(low), self.number(high), self.suffix)
    }
}

/// A number of three significant digits without a unit: "0.62", "1,240", "168,423".
#[must_use]
pub fn plain(value: f64) -> String {
    significant(value, DIGITS)
}

/// "187 ms", "1.25 s", "468 /s", "12.5 %", "145,234".
#[must_use]
pub fn with_unit(value: f64, unit: &str) -> String {
    Scale::of(unit, value).text(value)
}

/// "187 [96, 265] ms".
#[must_use]
pub fn interval(value: f64, low: f64, high: f64, unit: &str) -> String {
    Scale::of(unit, value).interval(value, low, high)
}

/// "35 – 60 ms".
#[must_use]
pub fn range(low: f64, high: f64, unit: &str) -> String {
    Scale::of(unit, high).range(low, high)
}

/// A number of things: "1 point", "1,200 points".
#[must_use]
pub fn counted(count: usize, word: &str) -> String {
    format!("{} {}", plain(count as f64), plural(count, word))
}

/// A share as it was asked for: "99.9 %".
#[must_use]
pub fn asked(share: f64) -> String {
    format!("{} %", plain(share * 100.0))
}

/// A share in `[0, 1]` as "61 %"; what is above 0 or below 1 never looks like all or nothing.
#[must_use]
pub fn share(share: f64) -> String {
    match share {
        s if s.is_nan() => ABSENT.to_owned(),
        s if s > 0.0 && s < 0.005 => "<1 %".to_owned(),
        s if s < 1.0 && s > 0.995 => ">99 %".to_owned(),
        s => format!("{} %", plain((s * 100.0).round())),
    }
}

/// A relative error, 0.12 as "+12 %".
#[must_use]
pub fn relative(error: f64) -> String {
    signed(error * 100.0, " %")
}

/// A difference in percentage points, 0.4 as "+0.4 pt".
#[must_use]
pub fn points(error: f64) -> String {
    signed(error, " pt")
}

/// A span of a test, "60 – 120 s"; empty for the whole test.
#[must_use]
pub fn span(from_s: Option<f64>, to_s: Option<f64>) -> String {
    match (from_s, to_s) {
        (None, None) => String::new(),
        (from, to) => range(from.unwrap_or(0.0), to.unwrap_or(f64::NAN), "s"),
    }
}

/// Digits of numbers for other programs: what lies beyond is noise of conversions and sums.
const MACHINE_DIGITS: usize = 12;

/// A number for other programs: the nearest of 12 significant digits, so that its shortest text has no more.
#[must_use]
pub fn machine(value: f64) -> f64 {
    let decimals = MACHINE_DIGITS - 1;
    format!("{value:.decimals$e}").parse().unwrap_or(value)
}

/// Dollars: cents, below ten of them three significant digits. "$1,234.50", "$0.0832".
#[must_use]
pub fn dollars(value: f64) -> String {
    match value {
        v if v.is_nan() => ABSENT.to_owned(),
        0.0 => "$0".to_owned(),
        v if (0.1..1.0).contains(&v) => format!("${v:.2}"),
        v if v < 1.0 => format!("${}", plain(v)),
        v => format!("${}", grouped(&format!("{v:.2}"))),
    }
}

fn signed(value: f64, suffix: &str) -> String {
    if value.is_nan() {
        return ABSENT.to_owned();
    }
    let number = significant(value, ERROR_DIGITS);
    let sign = if number.starts_with('-') || number == "0" { "" } else { "+" };
    format!("{sign}{number}{suffix}")
}

fn significant(value: f64, digits: i32) -> String {
    if value.is_nan() {
        return ABSENT.to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".to_owned() } else { "-∞".to_owned() };
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    // Cast: exponents of f64 lie within ±324
    let exponent = value.abs().log10().floor() as i32;
    if !(SMALLEST_EXPONENT..LARGEST_EXPONENT).contains(&exponent) {
        return format!("{value:.1e}");
    }
    let decimals = usize::try_from(digits - 1 - exponent).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    grouped(text)
}

/// Commas between groups of three digits before the decimal point.
fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_no_idle_zeros() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (187.0, "187"),
            (187.4, "187"),
            (12.0, "12"),
            (12.345, "12.3"),
            (0.615, "0.615"),
            (0.000_123_4, "0.000123"),
            (9.999, "10"),
            (999.7, "1,000"),
            (168_423.0, "168,423"),
            (-1_234.5, "-1,234"),
            (1_000_000.0, "1,000,000"),
            (100.0, "100"),
            (3.2e-9, "3.2e-9"),
            (f64::NAN, "–"),
            (f64::INFINITY, "∞"),
        ];
        for (value, text) in cases {
            assert_eq!(plain(value), text, "{value}");
        }
    }

    #[test]
    fn money_has_cents_or_three_digits() {
        for (value, text) in [
            (0.0832, "$0.0832"),
            (0.0, "$0"),
            (0.5, "$0.50"),
            (60.736, "$60.74"),
            (1234.5, "$1,234.50"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(dollars(value), text);
        }
    }

    #[test]
    fn units_follow_the_size_of_the_number() {
        let cases = [
            (187.0, "ms", "187 ms"),
            (1247.0, "ms", "1.25 s"),
            (0.62, "ms", "0.62 ms"),
            (468.3, "1/s", "468 /s"),
            (145_234.0, "1", "145,234"),
            (2.1, "%", "2.1 %"),
            (5.8, "GB", "5.8 GB"),
            (f64::NAN, "ms", "–"),
        ];
        for (value, unit, text) in cases {
            assert_eq!(with_unit(value, unit), text);
        }
    }

    #[test]
    fn an_interval_shares_one_unit() {
        assert_eq!(interval(187.0, 96.0, 265.0, "ms"), "187 [96, 265] ms");
        assert_eq!(interval(1250.0, 900.0, 1600.0, "ms"), "1.25 [0.9, 1.6] s");
        assert_eq!(interval(12.0, f64::NAN, f64::NAN, "1"), "12");
        assert_eq!(range(35.0, 60.0, "1"), "35 – 60");
        assert_eq!(span(Some(60.0), Some(120.0)), "60 – 120 s");
        assert_eq!(span(None, None), "");
    }

    #[test]
    fn noise_of_conversions_is_not_handed_on() {
        for (value, text) in [(81.199_999_999_999_99, "81.2"), (0.1 + 0.2, "0.3"), (1e-300, "0"), (168_423.0, "168423")]
        {
            let text = if value < 1e-200 { format!("{value}") } else { text.to_owned() };
            assert_eq!(machine(value).to_string(), text);
        }
        assert_eq!(machine(1.0 / 3.0), 0.333_333_333_333);
        assert!(machine(f64::NAN).is_nan() && machine(f64::INFINITY).is_infinite());
    }

    #[test]
    fn errors_carry_their_sign() {
        assert_eq!(relative(0.12), "+12 %");
        assert_eq!(relative(-0.034), "-3.4 %");
        assert_eq!(relative(0.0), "0 %");
        assert_eq!(relative(12.4), "+1,240 %");
        assert_eq!(points(0.4), "+0.4 pt");
        assert_eq!(points(f64::NAN), "–");
    }

    #[test]
    fn shares_near_the_ends_are_not_rounded_into_certainty() {
        assert_eq!(share(0.61), "61 %");
        assert_eq!(share(0.001), "<1 %");
        assert_eq!(share(0.999), ">99 %");
        assert_eq!(share(1.0), "100 %");
        assert_eq!(share(0.0), "0 %");
    }
}
