//! Where requests spent their time, by how long they took.
//!
//! For each of 16 buckets per octave of duration: how many requests, and the sums of their time
//! accounts. So any percentile can be explained by the requests near it. Parts of an account come in
//! pairs: waiting for something, being served by it.

use super::histogram::bucket;

/// Neighbouring buckets of a histogram taken together, as a power of two.
const TOGETHER: u32 = 4;

/// Sums of time accounts per bucket of duration.
#[derive(Clone, Debug)]
pub struct Attribution {
    /// Pairs of numbers per bucket.
    width: usize,
    /// Per bucket: count and sum of durations, then per pair of parts their two sums, ns.
    rows: Vec<[u64; 2]>,
}

impl Attribution {
    /// For accounts of so many pairs of parts.
    #[must_use]
    pub fn new(pairs: usize) -> Attribution {
        Attribution { width: 1 + pairs, rows: Vec::new() }
    }

    /// Counts one request: its duration and its account, both ns. Empties the account.
    #[inline(always)]
    pub fn record(&mut self, ns: u64, account: &mut [[u64; 2]]) {
        self.record_in(bucket(ns), ns, account);
    }

    /// The same, of which the histogram's bucket is known.
    #[inline(always)]
    pub(super) fn record_in(&mut self, bucket: usize, ns: u64, account: &mut [[u64; 2]]) {
        let from = (bucket >> TOGETHER) * self.width;
        let to = from + self.width;
        if to > self.rows.len() {
            self.grow(to);
        }
        if let Some([head, sums @ ..]) = self.rows.get_mut(from..to) {
            *head = [head[0] + 1, head[1] + ns];
            for (sum, pair) in sums.iter_mut().zip(account) {
                *sum = [sum[0] + pair[0], sum[1] + pair[1]];
                *pair = [0, 0];
            }
        }
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        self.rows.resize(len, [0, 0]);
    }

    /// Adds all of another of as many parts.
    pub fn merge(&mut self, other: &Attribution) {
        if other.rows.len() > self.rows.len() {
            self.rows.resize(other.rows.len(), [0, 0]);
        }
        for (mine, theirs) in self.rows.iter_mut().zip(&other.rows) {
            *mine = [mine[0] + theirs[0], mine[1] + theirs[1]];
        }
    }

    /// Requests counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.rows.iter().step_by(self.width).map(|head| head[0]).sum()
    }

    /// Shares of time of the requests whose durations rank between `low` and `high` (shares of all
    /// requests, `0..=1`): mean duration in ns, and mean ns per part. `None` if there are none.
    #[must_use]
    pub fn between(&self, low: f64, high: f64) -> Option<(f64, Vec<f64>)> {
        let total = self.count();
        let (from, to) = (low * total as f64, high * total as f64);
        let (mut before, mut count, mut duration) = (0.0, 0.0, 0.0);
        let mut parts = vec![0.0; 2 * (self.width - 1)];
        for row in self.rows.chunks_exact(self.width).filter(|row| row[0][0] > 0) {
            let here = row[0][0] as f64;
            // The share of this bucket's requests whose rank lies in the band.
            let inside = (to.min(before + here) - from.max(before)).max(0.0) / here;
            before += here;
            if inside > 0.0 {
                count += inside * here;
                duration += inside * row[0][1] as f64;
                let sums = row[1..].as_flattened();
                parts.iter_mut().zip(sums).for_each(|(sum, &part)| *sum += inside * part as f64);
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
        let mut attribution = Attribution::new(1);
        for _ in 0..90 {
            attribution.record(1_000_000, &mut [[900_000, 100_000]]);
        }
        for _ in 0..10 {
            attribution.record(50_000_000, &mut [[1_000_000, 49_000_000]]);
        }
        for (band, expected) in [((0.94, 0.96), [50e6, 1e6, 49e6]), ((0.45, 0.55), [1e6, 0.9e6, 0.1e6])] {
            let (duration, parts) = attribution.between(band.0, band.1).expect("some");
            for (seen, expected) in [duration, parts[0], parts[1]].iter().zip(expected) {
                assert!((seen / expected - 1.0).abs() < 1e-9, "{seen} for {expected}");
            }
        }
        assert!(Attribution::new(1).between(0.0, 1.0).is_none());
    }
}
