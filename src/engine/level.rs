//! A number that goes up and down, and its area over time.

/// A count over time, with its integral and maximum since the last reading.
///
/// Between two changes the area up to `now` is `value * now + offset`: going up at `t` takes `t`
/// off the offset, going down adds it, and nothing is multiplied until somebody reads. The offset
/// wraps, and so does the product; their sum, the true area, fits (2^64 ns of one permit: 584 years).
#[derive(Clone, Copy, Debug, Default)]
pub struct Level {
    value: u64,
    offset: u64,
    max: u64,
}

impl Level {
    #[inline(always)]
    #[must_use]
    pub fn value(&self) -> u64 {
        self.value
    }

    #[inline(always)]
    pub fn up(&mut self, now: u64) {
        self.value += 1;
        self.offset = self.offset.wrapping_sub(now);
        self.max = self.max.max(self.value);
    }

    /// One less; the value must be above 0.
    #[inline(always)]
    pub fn down(&mut self, now: u64) {
        self.value -= 1;
        self.offset = self.offset.wrapping_add(now);
    }

    /// Area (value × ns) and maximum since the last reading; begins the next.
    pub fn read(&mut self, now: u64) -> (u64, u64) {
        let begun = self.value.wrapping_mul(now);
        let reading = (begun.wrapping_add(self.offset), self.max);
        (self.offset, self.max) = (begun.wrapping_neg(), self.value);
        reading
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
            let mut level = Level::default();
            level.read(begin);
            let (mut now, mut value, mut area, mut max) = (begin, 0u64, 0u64, 0u64);
            for (what, passed) in steps {
                now += passed;
                area += value * passed;
                match what {
                    0 if value > 0 => { level.down(now); value -= 1 }
                    1 => {
                        prop_assert_eq!(level.read(now), (area, max));
                        (area, max) = (0, value);
                    }
                    _ => { level.up(now); value += 1; max = max.max(value) }
                }
                prop_assert_eq!(level.value(), value);
            }
        }
    }
}
