//! Where requests spent their time, by how long they took.
//!
//! For each of 16 buckets per octave of duration: how many requests, and the sums of their time
//! accounts. So any percentile can be explained by the requests near it.

use super::histogram::bucket;

/// Neighbouring buckets of a histogram taken together, as a power of two.
const TOGETHER: u32 = 4;

/// Sums of time accounts per bucket of duration.
#[derive(Clone, Debug)]
pub struct Attribution {
    parts: usize,
    /// Per bucket: count, sum of durations, then `parts` sums, ns.
    rows: Vec<u64>,
}

impl Attribution {
    #[must_use]
    pub fn new(parts: usize) -> Attribution {
        Attribution { parts, rows: Vec::new() }
    }

    /// Counts one request: its duration and its account, both ns. Empties the account.
    #[inline(always)]
    pub fn record(&mut self, ns: u64, account: &mut [u64]) {
        self.record_in(bucket(ns), ns, account);
    }

    /// The same, of which the histogram's bucket is known.
    #[inline(always)]
    pub(super) fn record_in(&mut self, bucket: usize, ns: u64, account: &mut [u64]) {
        let (from, width) = ((bucket >> TOGETHER) * (self.parts + 2), self.parts + 2);
        if from >= self.rows.len() {
            self.grow(from + width);
        }
        let row = &mut self.rows[from..from + width];
        row[0] += 1;
        row[1] += ns;
        for (sum, part) in row[2..].iter_mut().zip(account) {
            *sum += std::mem::take(part);
        }
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        self.rows.resize(len, 0);
    }

    /// Adds all of another of as many parts.
    pub fn merge(&mut self, other: &Attribution) {
        if other.rows.len() > self.rows.len() {
            self.rows.resize(other.rows.len(), 0);
        }
        for (mine, theirs) in self.rows.iter_mut().zip(&other.rows) {
            *mine += theirs;
        }
    }

    /// Shares of time of the requests whose durations rank between `low` and `high` (shares of all
    /// requests, `0..=1`): mean duration in ns, and mean ns per part. `None` if there are none.
    #[must_use]
    pub fn between(&self, low: f64, high: f64) -> Option<(f64, Vec<f64>)> {
        let width = self.parts + 2;
        let total: u64 = self.rows.iter().step_by(width).sum();
        let (from, to) = (low * total as f64, high * total as f64);
        let (mut before, mut count, mut duration) = (0.0, 0.0, 0.0);
        let mut parts = vec![0.0; self.parts];
        for row in self.rows.chunks_exact(width).filter(|row| row[0] > 0) {
            let here = row[0] as f64;
            // The share of this bucket's requests whose rank lies in the band.
            let inside = (to.min(before + here) - from.max(before)).max(0.0) / here;
            before += here;
            if inside > 0.0 {
                count += inside * here;
                duration += inside * row[1] as f64;
                parts.iter_mut().zip(&row[2..]).for_each(|(sum, &part)| *sum += inside * part as f64);
            }
        }
        if count == 0.0 {
            return None;
        }
        parts.iter_mut().for_each(|sum| *sum /= count);
        Some((duration / count, parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slow_ones_are_explained_by_what_slowed_them() {
        let mut attribution = Attribution::new(2);
        for _ in 0..90 {
            attribution.record(1_000_000, &mut [900_000, 100_000]);
        }
        for _ in 0..10 {
            attribution.record(50_000_000, &mut [1_000_000, 49_000_000]);
        }
        for (band, expected) in [((0.94, 0.96), [50e6, 1e6, 49e6]), ((0.45, 0.55), [1e6, 0.9e6, 0.1e6])] {
            let (duration, parts) = attribution.between(band.0, band.1).expect("some");
            for (seen, expected) in [duration, parts[0], parts[1]].iter().zip(expected) {
                assert!((seen / expected - 1.0).abs() < 1e-9, "{seen} for {expected}");
            }
        }
        assert!(Attribution::new(2).between(0.0, 1.0).is_none());
    }
}
