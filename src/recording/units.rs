//! Units: what figures are kept in, and what may be written instead.
//!
//! A unit is converted, never guessed: a figure whose unit is missing or unknown is refused, since
//! 1.2 read as ms where s was meant is an error of three orders that no later check would see.
//! Bytes are decimal (MB = 10^6 B), with the binary multiples under their own names.

/// The unit in which a figure is kept and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Milliseconds,
    Seconds,
    Percent,
    One,
    PerSecond,
    Megabytes,
    MegabytesPerSecond,
    Dollars,
}

impl Unit {
    /// As shown: "ms", "s", "%", "1", "1/s", "MB", "MB/s", "USD".
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
            Unit::Percent => "%",
            Unit::One => "1",
            Unit::PerSecond => "1/s",
            Unit::Megabytes => "MB",
            Unit::MegabytesPerSecond => "MB/s",
            Unit::Dollars => "USD",
        }
    }

    /// What may be written, and how much of this unit it is. A count needs no unit at all.
    const fn spellings(self) -> &'static [(&'static str, f64)] {
        match self {
            Unit::Milliseconds => &[
                ("ms", 1.0),
                ("s", 1e3),
                ("us", 1e-3),
                ("µs", 1e-3),
                ("μs", 1e-3),
                ("ns", 1e-6),
                ("min", 6e4),
                ("h", 3.6e6),
            ],
            Unit::Seconds => &[("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("min", 60.0), ("h", 3600.0)],
            Unit::Percent => &[("%", 1.0), ("ratio", 100.0)],
            Unit::One => &[("1", 1.0), ("", 1.0)],
            Unit::PerSecond => &[("1/s", 1.0), ("1/min", 1.0 / 60.0), ("1/h", 1.0 / 3600.0)],
            Unit::Megabytes => &[
                ("MB", 1.0),
                ("B", 1e-6),
                ("kB", 1e-3),
                ("GB", 1e3),
                ("TB", 1e6),
                ("KiB", 1024e-6),
                ("MiB", 1.048_576),
                ("GiB", 1_073.741_824),
            ],
            Unit::MegabytesPerSecond => &[
                ("MB/s", 1.0),
                ("B/s", 1e-6),
                ("kB/s", 1e-3),
                ("GB/s", 1e3),
                ("KiB/s", 1024e-6),
                ("MiB/s", 1.048_576),
                ("GiB/s", 1_073.741_824),
            ],
            Unit::Dollars => &[("USD", 1.0), ("$", 1.0)],
        }
    }

    /// How much of this unit one `written` is; `None` if the two do not go together.
    #[must_use]
    pub fn factor(self, written: &str) -> Option<f64> {
        self.spellings().iter().find(|spelling| spelling.0 == written).map(|spelling| spelling.1)
    }

    /// The spellings for a message: "ms, s, us".
    #[must_use]
    pub fn accepted(self) -> String {
        let words: Vec<&str> = self.spellings().iter().map(|s| s.0).filter(|word| !word.is_empty()).collect();
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Unit; 8] = [
        Unit::Milliseconds,
        Unit::Seconds,
        Unit::Percent,
        Unit::One,
        Unit::PerSecond,
        Unit::Megabytes,
        Unit::MegabytesPerSecond,
        Unit::Dollars,
    ];

    #[test]
    fn every_unit_accepts_its_own_word_unchanged() {
        for unit in ALL {
            assert_eq!(unit.factor(unit.word()), Some(1.0), "{unit:?}");
        }
    }

    #[test]
    fn conversions_follow_the_definitions() {
        assert_eq!(Unit::Milliseconds.factor("min"), Some(60.0 * 1000.0));
        assert_eq!(Unit::Percent.factor("ratio"), Some(100.0));
        assert_eq!(Unit::Megabytes.factor("GiB"), Some(1024.0 * 1024.0 * 1024.0 / 1e6));
        assert_eq!(Unit::MegabytesPerSecond.factor("MiB/s"), Some(1024.0 * 1024.0 / 1e6));
        assert_eq!(Unit::PerSecond.factor("1/min").map(|factor| factor * 120.0), Some(2.0));
    }

    #[test]
    fn units_are_not_guessed() {
        for (unit, written) in [
            (Unit::Milliseconds, ""),
            (Unit::Milliseconds, "%"),
            (Unit::Percent, "1"),
            (Unit::Megabytes, "%"),
            (Unit::One, "ms"),
            (Unit::PerSecond, "rps"),
        ] {
            assert_eq!(unit.factor(written), None, "{unit:?} as {written:?}");
        }
        assert_eq!(Unit::One.factor(""), Some(1.0), "a count needs no unit");
    }
}
