//! Decimal numbers as whole multiples of a small unit, so that sums do not depend on their order.

/// Powers of ten that fit.
const POWERS: [i64; 19] = {
    let mut powers = [1i64; 19];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

/// A number such as `76.311362` in units of 10^-`decimals`, rounded to the nearest; `None` if it is no finite
/// decimal number or does not fit. `1e-05` is taken too.
pub fn scaled(text: &[u8], decimals: usize) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (mut number, mut seen, mut after_point): (i64, usize, Option<usize>) = (0, 0, None);
    let mut round_up = false;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                seen += 1;
                match &mut after_point {
                    Some(count) if *count == decimals => {
                        round_up = byte >= b'5';
                        *count += 1;
                        continue;
                    }
                    Some(count) if *count > decimals => continue,
                    Some(count) => *count += 1,
                    None => {}
                }
                number = number.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
            }
            b'.' if after_point.is_none() => after_point = Some(0),
            b'e' | b'E' if seen > 0 => return with_exponent(text, decimals),
            _ => return None,
        }
    }
    if seen == 0 {
        return None;
    }
    let missing = decimals - after_point.unwrap_or(0).min(decimals);
    number = number.checked_mul(*POWERS.get(missing)?)?.checked_add(i64::from(round_up))?;
    Some(if negative { -number } else { number })
}

fn with_exponent(text: &[u8], decimals: usize) -> Option<i64> {
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    nearest(number * *POWERS.get(decimals)? as f64)
}

/// The nearest whole number; `None` if it is not finite or does not fit.
pub fn nearest(number: f64) -> Option<i64> {
    (number.is_finite() && number.abs() < 9.2e18).then(|| number.round() as i64)
}

/// A duration that is not negative, in ns: `text` counts units of 10^-`decimals` ns, as 6 for ms.
pub fn duration(text: &[u8], decimals: usize) -> Option<u64> {
    scaled(text, decimals).and_then(|number| u64::try_from(number).ok())
}

/// A whole number that is not negative.
pub fn whole(text: &[u8]) -> Option<u64> {
    duration(text, 0).filter(|_| text.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_rounded_to_the_nearest() {
        for (text, decimals, expected) in [
            ("76.311362", 6, Some(76_311_362)),
            ("0.5", 6, Some(500_000)),
            ("3", 6, Some(3_000_000)),
            ("1.23456789", 6, Some(1_234_568)),
            ("1.2345674", 6, Some(1_234_567)),
            ("-2.5", 1, Some(-25)),
            ("1e-05", 6, Some(10)),
            (".5", 1, Some(5)),
            ("", 6, None),
            (".", 6, None),
            ("1.2.3", 6, None),
            ("12a", 6, None),
            ("NaN", 6, None),
            ("1e400", 6, None),
            ("99999999999999999999", 0, None),
        ] {
            assert_eq!(scaled(text.as_bytes(), decimals), expected, "{text}");
        }
        assert_eq!(duration(b"-1", 6), None);
        assert_eq!((whole(b"12"), whole(b"1.0"), whole(b"")), (Some(12), None, None));
    }
}
