//! A number that goes up and down, and its area over time.

/// A count over time, with its integral since the last reading.
///
/// Between two changes the area up to `now` is `value * now + offset`: going up at `t` takes `t`
/// off the offset, going down adds it, and nothing is multiplied until somebody reads. The offset
/// wraps, and so does the product; their sum, the true area, fits (2^64 ns of one permit: 584 years).
#[derive(Clone, Copy, Debug, Default)]
pub struct Level {
    value: u32,
    offset: u64,
}

impl Level {
    pub const ZERO: Level = Level { value: 0, offset: 0 };

    #[cfg(test)]
    pub fn value(&self) -> u32 {
        self.value
    }

    #[inline(always)]
    pub fn up(&mut self, now: u64) {
        self.value += 1;
        self.offset = self.offset.wrapping_sub(now);
    }

    /// One less; the value must be above 0.
    #[inline(always)]
    pub fn down(&mut self, now: u64) {
        self.value -= 1;
        self.offset = self.offset.wrapping_add(now);
    }

    /// Area (value × ns) since the last reading; begins the next.
    pub fn read(&mut self, now: u64) -> u64 {
        let begun = u64::from(self.value).wrapping_mul(now);
        let area = begun.wrapping_add(self.offset);
        self.offset = begun.wrapping_neg();
        area
    }
}

/// A level with its maximum since the last reading.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tide {
    level: Level,
    high: u32,
}

impl Tide {
    #[inline(always)]
    #[must_use]
    pub fn value(&self) -> u32 {
        self.level.value
    }

    #[inline(always)]
    pub fn up(&mut self, now: u64) {
        self.level.up(now);
        self.high = self.high.max(self.level.value);
    }

    /// One less; the value must be above 0.
    #[inline(always)]
    pub fn down(&mut self, now: u64) {
        self.level.down(now);
    }

    /// Goes up or down to a value.
    pub fn set(&mut self, value: u32, now: u64) {
        while self.value() < value {
            self.up(now);
        }
        while self.value() > value {
            self.down(now);
        }
    }

    /// Area (value × ns) and maximum since the last reading; begins the next.
    pub fn read(&mut self, now: u64) -> (u64, u32) {
        (self.level.read(now), std::mem::replace(&mut self.high, self.level.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The slow twin: value × time added up step by step. Late instants, so that products wrap.
        #[test]
        fn readings_are_areas_and_maxima(
            begin in prop_oneof![Just(0u64), (1u64 << 61)..(1 << 62)],
            steps in proptest::collection::vec((0u8..3, 0u64..1_000_000), 1..200),
        ) {
            let mut tide = Tide::default();
            tide.read(begin);
            let (mut now, mut value, mut area, mut high) = (begin, 0u32, 0u64, 0u32);
            for (what, passed) in steps {
                now += passed;
                area += u64::from(value) * passed;
                match what {
                    0 if value > 0 => {
                        tide.down(now);
                        value -= 1;
                    }
                    1 => {
                        prop_assert_eq!(tide.read(now), (area, high));
                        (area, high) = (0, value);
                    }
                    _ => {
                        tide.up(now);
                        value += 1;
                        high = high.max(value);
                    }
                }
                prop_assert_eq!(tide.value(), value);
            }
        }
    }
}
