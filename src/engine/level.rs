//! A number that changes now and then, and its area over time.

/// A whole number over time, with its integral and maximum since the last reading.
#[derive(Clone, Copy, Debug, Default)]
pub struct Level {
    value: u64,
    since: u64,
    /// Value × ns since the last reading.
    area: u64,
    max: u64,
}

impl Level {
    #[inline(always)]
    #[must_use]
    pub fn value(&self) -> u64 {
        self.value
    }

    #[inline(always)]
    pub fn set(&mut self, value: u64, now: u64) {
        self.area += self.value * (now - self.since);
        self.since = now;
        self.value = value;
        self.max = self.max.max(value);
    }

    /// Area (value × ns) and maximum since the last reading; begins the next.
    pub fn read(&mut self, now: u64) -> (u64, u64) {
        self.set(self.value, now);
        let reading = (self.area, self.max);
        (self.area, self.max) = (0, self.value);
        reading
    }
}
