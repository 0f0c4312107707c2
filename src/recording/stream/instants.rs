//! Instants as written in files, in nanoseconds since 1970 (UTC).

use super::decimal::scaled;

pub const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// `2025-06-14T09:51:11.095049261+01:00`; also with a blank for the `T`, slashes for the dashes, a comma for the
/// point, and without zone, which is taken as UTC.
pub fn civil(text: &[u8]) -> Option<i64> {
    let number = |from: usize, to: usize| digits(text.get(from..to)?);
    let is = |at: usize, any: &[u8]| text.get(at).is_some_and(|byte| any.contains(byte));
    if !(is(4, b"-/") && is(7, b"-/") && is(10, b"Tt ") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let day = day_number(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    let seconds = clock(number(11, 13)?, number(14, 16)?, number(17, 19)?)?;
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest {
        [b'.' | b',', rest @ ..] => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, zone) = rest.split_at(length);
            (if length <= 9 { scaled(&[b"0.", digits].concat(), 9)? } else { fraction_of(digits)? }, zone)
        }
        zone => (0, zone),
    };
    (day * DAY + seconds - zone_seconds(zone)?).checked_mul(SECOND)?.checked_add(fraction)
}

/// More digits than nanoseconds have.
fn fraction_of(digits: &[u8]) -> Option<i64> {
    scaled(digits.get(..9)?, 0)
}

/// Of web servers' logs: `12/Mar/2026:10:11:12 +0000`.
pub fn common_log(text: &[u8]) -> Option<i64> {
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let number = |from: usize, to: usize| digits(text.get(from..to)?);
    let month = MONTHS.iter().position(|month| text.get(3..6) == Some(*month))? as i64 + 1;
    let day = day_number(number(7, 11)?, month, number(0, 2)?)?;
    let seconds = clock(number(12, 14)?, number(15, 17)?, number(18, 20)?)?;
    (day * DAY + seconds - zone_seconds(text.get(20..)?.trim_ascii())?).checked_mul(SECOND)
}

/// A number since 1970 whose unit its size tells: seconds up to 11 digits before the point, then ms, us, ns.
pub fn since_1970(text: &[u8]) -> Option<i64> {
    let whole = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match whole {
        0 => None,
        1..=11 => scaled(text, 9),
        12..=14 => scaled(text, 6),
        15..=17 => scaled(text, 3),
        _ => scaled(text, 0),
    }
}

/// Any of these.
pub fn any(text: &[u8]) -> Option<i64> {
    since_1970(text).or_else(|| civil(text)).or_else(|| common_log(text))
}

fn clock(hours: i64, minutes: i64, seconds: i64) -> Option<i64> {
    // A leap second is the second after it.
    (hours < 24 && minutes < 60 && seconds <= 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// Seconds that a zone is ahead of UTC: `Z`, `+01:00`, `-0530`, or nothing.
fn zone_seconds(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone {
        [] | b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest {
        [_, _] => (digits(rest)?, 0),
        [_, _, _, _] => (digits(&rest[..2])?, digits(&rest[2..])?),
        [_, _, b':', _, _] => (digits(&rest[..2])?, digits(&rest[3..])?),
        _ => return None,
    };
    Some(sign * (hours * 3600 + minutes * 60))
}

fn digits(text: &[u8]) -> Option<i64> {
    let all = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    all.then(|| text.iter().fold(0, |number, byte| number * 10 + i64::from(byte - b'0')))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar: years are counted from March, so that the leap day is
/// the last of its year.
fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// An instant for people and programs: `2025-06-14T08:51:11Z`.
pub fn written(ns: i64) -> String {
    let seconds = ns.div_euclid(SECOND);
    let (days, clock) = (seconds.div_euclid(DAY) + 719_468, seconds.rem_euclid(DAY));
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", clock / 3600, clock / 60 % 60, clock % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_instant_in_many_spellings() {
        // date -u -d 2025-06-14T08:51:11Z +%s
        let expected = 1_749_891_071 * SECOND;
        for text in [
            "2025-06-14T08:51:11Z",
            "2025-06-14T09:51:11+01:00",
            "2025-06-14T04:51:11.000-0400",
            "2025/06/14 08:51:11",
            "1749891071",
            "1749891071.0",
            "1749891071000",
            "1749891071000000",
            "1749891071000000000",
            "14/Jun/2025:10:51:11 +0200",
        ] {
            assert_eq!(any(text.as_bytes()), Some(expected), "{text}");
        }
        assert_eq!(written(expected), "2025-06-14T08:51:11Z");
        assert_eq!(civil(b"2025-06-14T08:51:11.095049261Z"), Some(expected + 95_049_261));
        assert_eq!(civil(b"2025-06-14T08:51:11,5Z"), Some(expected + 500_000_000));
        assert_eq!(written(civil(b"2024-02-29T23:59:59Z").unwrap_or(0)), "2024-02-29T23:59:59Z");
        assert_eq!(written(-SECOND), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for text in
            ["", "yesterday", "2025-13-01T00:00:00Z", "2025-06-14", "2025-06-14T25:00:00Z", "14/Foo/2025:10:51:11"]
        {
            assert_eq!(any(text.as_bytes()), None, "{text}");
        }
    }
}
