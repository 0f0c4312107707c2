//! Counts of durations in log-linear buckets.
//!
//! Each octave of nanoseconds is cut into 256 equal buckets, so a bucket is at most 1/256 = 0.4 %
//! wide; a percentile is interpolated inside its bucket and is off by less than that. Sums are whole
//! numbers, so that merging in any order gives the same mean.

/// Buckets per octave, as a power of two.
const BITS: u32 = 8;
const PER_OCTAVE: usize = 1 << BITS;
/// Buckets that a search for a rank takes in one stride.
const STRIDE: usize = 32;

/// A histogram of nanoseconds.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Grows to the largest bucket used, by whole octaves.
    counts: Vec<u32>,
    count: u64,
    sum: u128,
    /// Largest and smallest number while empty.
    min: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { counts: Vec::new(), count: 0, sum: 0, min: u64::MAX, max: 0 }
    }
}

/// The bucket that holds `ns`.
#[inline(always)]
pub(super) fn bucket(ns: u64) -> usize {
    // Below 2^(BITS+1) every value has a bucket of its own.
    let shift = (64 - (ns | 1).leading_zeros()).saturating_sub(BITS + 1);
    ((shift as usize) << BITS) + (ns >> shift) as usize
}

/// Lowest value of a bucket.
#[inline]
fn low_of(bucket: usize) -> u64 {
    let shift = (bucket >> BITS).saturating_sub(1);
    ((bucket - (shift << BITS)) as u64) << shift
}

/// Width of a bucket.
fn width_of(bucket: usize) -> u64 {
    1 << (bucket >> BITS).saturating_sub(1)
}

impl Histogram {
    /// Counts one duration.
    #[inline(always)]
    pub fn record(&mut self, ns: u64) {
        self.record_in(bucket(ns), ns);
    }

    /// Counts one duration of which the bucket is known.
    #[inline(always)]
    pub(super) fn record_in(&mut self, bucket: usize, ns: u64) {
        match self.counts.get_mut(bucket) {
            Some(count) => *count += 1,
            None => self.grow(bucket),
        }
        self.count += 1;
        self.sum += u128::from(ns);
        self.min = self.min.min(ns);
        self.max = self.max.max(ns);
    }

    /// Makes room for a bucket and counts one in it.
    #[cold]
    fn grow(&mut self, bucket: usize) {
        self.counts.resize((bucket / PER_OCTAVE + 1) * PER_OCTAVE, 0);
        self.counts[bucket] = 1;
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Histogram) {
        if other.count == 0 {
            return;
        }
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.count += other.count;
    }

    /// Empties it and keeps the memory.
    pub fn clear(&mut self) {
        if self.count > 0 {
            let (from, to) = (bucket(self.min), bucket(self.max));
            self.counts[from..=to].fill(0);
        }
        *self = Histogram { counts: std::mem::take(&mut self.counts), ..Histogram::default() };
    }

    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Sum of all durations, ns.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum as f64
    }

    /// Mean in ns; `None` if empty.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// Smallest and largest, exact, in ns; `None` if empty.
    #[must_use]
    pub fn range(&self) -> Option<(u64, u64)> {
        (self.count > 0).then_some((self.min, self.max))
    }

    /// The percentile by k6's rule (linear between the two neighbours of rank `p (n - 1)`),
    /// `p` in `[0, 1]`, in ns. `None` if empty. The values of a bucket are taken to lie evenly in it.
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let rank = p.clamp(0.0, 1.0) * (self.count - 1) as f64;
        let (mut before, last) = (0u64, bucket(self.max));
        let mut index = bucket(self.min);
        // Many at a time up to near the rank, then one by one.
        while let Some(many) = self.counts[index..=last].first_chunk::<STRIDE>() {
            let here: u64 = many.iter().map(|&n| u64::from(n)).sum();
            if rank < (before + here) as f64 {
                break;
            }
            (before, index) = (before + here, index + STRIDE);
        }
        for index in index..=last {
            let here = u64::from(self.counts[index]);
            if here > 0 && rank < (before + here) as f64 {
                let inside = (rank - before as f64 + 0.5) / here as f64;
                let value = low_of(index) as f64 + inside.min(1.0) * (width_of(index) - 1) as f64;
                return Some(value.clamp(self.min as f64, self.max as f64));
            }
            before += here;
        }
        Some(self.max as f64)
    }

    /// How many lie below `ns` (a share of the bucket that holds it).
    #[must_use]
    pub fn count_below(&self, ns: u64) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let last = bucket(ns);
        let full: u64 = self.counts.iter().take(last).map(|&n| u64::from(n)).sum();
        let partly = self.counts.get(last).map_or(0.0, |&n| f64::from(n));
        full as f64 + partly * (ns - low_of(last)) as f64 / width_of(last) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_cover_the_line_without_gap_or_overlap() {
        let mut expected = 0;
        for index in 0..20 * PER_OCTAVE {
            assert_eq!(low_of(index), expected, "bucket {index}");
            assert_eq!(bucket(expected), index);
            assert_eq!(bucket(expected + width_of(index) - 1), index);
            expected += width_of(index);
        }
        assert!(bucket(u64::MAX) < 64 * PER_OCTAVE);
    }

    proptest! {
        /// The slow twin: sorted values and k6's own rule. The histogram may be off by a bucket.
        #[test]
        fn percentiles_agree_with_sorted_values(
            mut values in proptest::collection::vec(1_000u64..100_000_000_000, 1..400),
            p in 0.0f64..=1.0,
        ) {
            let mut histogram = Histogram::default();
            values.iter().for_each(|&v| histogram.record(v));
            values.sort_unstable();
            let rank = p * (values.len() - 1) as f64;
            let (below, above) = (rank.floor() as usize, rank.ceil() as usize);
            let seen = histogram.percentile(p).expect("not empty");
            // Between neighbours far apart the histogram may give either side.
            let (low, high) = (values[below] as f64 * 0.995, values[above] as f64 * 1.005);
            prop_assert!(seen >= low && seen <= high, "{seen} not in {low}..{high}");
        }

        #[test]
        fn merging_and_clearing_are_exact(a in proptest::collection::vec(0u64..1 << 40, 0..50),
                                          b in proptest::collection::vec(0u64..1 << 40, 0..50)) {
            let fill = |values: &[u64]| { let mut h = Histogram::default(); values.iter().for_each(|&v| h.record(v)); h };
            let mut merged = fill(&a);
            merged.merge(&fill(&b));
            let both = fill(&[a.clone(), b].concat());
            prop_assert_eq!(merged.count(), both.count());
            prop_assert_eq!(merged.range(), both.range());
            prop_assert_eq!(merged.percentile(0.9), both.percentile(0.9));
            merged.clear();
            a.iter().for_each(|&v| merged.record(v));
            prop_assert_eq!(merged.percentile(0.5), fill(&a).percentile(0.5));
        }
    }
}
