//! Counts of durations in constant memory, with percentiles by k6's rule.
//!
//! As long as there are few, every duration is kept and percentiles are exact. More than [`MOST_EXACT`] are counted
//! in log-linear buckets: each octave of nanoseconds is cut into 1024 equal ones, so that a bucket, and with it the
//! error of a percentile, is at most 1/1024 = 0.098 % of the value. Everything is whole numbers: the result does not
//! depend on the order in which durations are added or merged.

/// Durations that are kept as they are.
pub const MOST_EXACT: usize = 1024;
/// Buckets per octave, as a power of two.
const BITS: u32 = 10;

/// Durations in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Durations {
    exact: Vec<u64>,
    /// The bucket of `counts[0]`.
    first: usize,
    /// Empty as long as all are kept exactly.
    counts: Vec<u32>,
    count: u64,
    sum: u128,
    /// While empty 0.
    min: u64,
    max: u64,
}

/// The bucket that holds `ns`.
fn bucket(ns: u64) -> usize {
    // Below 2^(BITS+1) every value has a bucket of its own.
    let shift = (64 - (ns | 1).leading_zeros()).saturating_sub(BITS + 1);
    ((shift as usize) << BITS) + (ns >> shift) as usize
}

/// Lowest value of a bucket and its width.
fn extent(bucket: usize) -> (u64, u64) {
    let shift = (bucket >> BITS).saturating_sub(1);
    (((bucket - (shift << BITS)) as u64) << shift, 1 << shift)
}

impl Durations {
    /// Adds one duration, ns.
    pub fn add(&mut self, ns: u64) {
        self.min = if self.count == 0 { ns } else { self.min.min(ns) };
        self.max = self.max.max(ns);
        self.count += 1;
        self.sum += u128::from(ns);
        if self.counts.is_empty() && self.exact.len() < MOST_EXACT {
            self.exact.push(ns);
        } else {
            self.put(bucket(ns), 1);
            self.spill();
        }
    }

    /// Adds `many` of one duration, ns.
    pub fn add_many(&mut self, ns: u64, many: u64) {
        for _ in 0..many.min(MOST_EXACT as u64 + 1) {
            self.add(ns);
        }
        let rest = many.saturating_sub(MOST_EXACT as u64 + 1);
        self.count += rest;
        self.sum += u128::from(ns) * u128::from(rest);
        let mut rest = rest;
        while rest > 0 {
            let some = u32::try_from(rest).unwrap_or(u32::MAX);
            self.put(bucket(ns), some);
            rest -= u64::from(some);
        }
    }

    /// Moves what was kept exactly to the buckets, once there are any.
    fn spill(&mut self) {
        for ns in std::mem::take(&mut self.exact) {
            self.put(bucket(ns), 1);
        }
    }

    fn put(&mut self, bucket: usize, many: u32) {
        if self.counts.is_empty() {
            self.first = bucket;
        }
        if bucket < self.first {
            // Whole octaves, so that growing downwards is rare.
            let first = bucket >> BITS << BITS;
            let more = self.first - first;
            self.counts.splice(0..0, std::iter::repeat_n(0, more));
            self.first = first;
        }
        let place = bucket - self.first;
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] = self.counts[place].saturating_add(many);
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Durations) {
        if other.count == 0 {
            return;
        }
        self.min = if self.count == 0 { other.min } else { self.min.min(other.min) };
        self.max = self.max.max(other.max);
        self.count += other.count;
        self.sum += other.sum;
        let few = self.exact.len() + other.exact.len() <= MOST_EXACT;
        if self.counts.is_empty() && other.counts.is_empty() && few {
            self.exact.extend_from_slice(&other.exact);
            return;
        }
        for &ns in &other.exact {
            self.put(bucket(ns), 1);
        }
        for (index, &many) in other.counts.iter().enumerate().filter(|(_, many)| **many > 0) {
            self.put(other.first + index, many);
        }
        self.spill();
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Mean, smallest and largest in ms; `None` if empty.
    pub fn mean_min_max_ms(&self) -> Option<[f64; 3]> {
        let mean = self.sum as f64 / self.count as f64;
        (self.count > 0).then(|| [mean / 1e6, self.min as f64 / 1e6, self.max as f64 / 1e6])
    }

    /// Percentiles by k6's rule, linear between the two neighbours of rank `p (n - 1)`, `p` in `[0, 1]`, in ms; NaN if
    /// empty. The values of a bucket are taken to lie evenly in it.
    pub fn percentiles_ms<const N: usize>(&self, shares: [f64; N]) -> [f64; N] {
        if self.count == 0 {
            return [f64::NAN; N];
        }
        let mut sorted = self.exact.clone();
        sorted.sort_unstable();
        shares.map(|share| {
            let rank = share.clamp(0.0, 1.0) * (self.count - 1) as f64;
            let (below, above) = (self.at(&sorted, rank.floor() as u64), self.at(&sorted, rank.ceil() as u64));
            (below + (above - below) * rank.fract()) / 1e6
        })
    }

    /// The value of a rank from 0 in ns.
    fn at(&self, sorted: &[u64], rank: u64) -> f64 {
        if self.counts.is_empty() {
            return sorted.get(rank as usize).map_or(f64::NAN, |ns| *ns as f64);
        }
        let mut before = 0;
        for (index, &here) in self.counts.iter().enumerate() {
            let here = u64::from(here);
            if here > 0 && rank < before + here {
                let (low, width) = extent(self.first + index);
                let inside = ((rank - before) as f64 + 0.5) / here as f64;
                return (low as f64 + inside * (width - 1) as f64).clamp(self.min as f64, self.max as f64);
            }
            before += here;
        }
        self.max as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64]) -> Durations {
        let mut durations = Durations::default();
        values.iter().for_each(|&ns| durations.add(ns));
        durations
    }

    #[test]
    fn few_durations_are_exact() {
        let durations = of(&[40_000_000, 10_000_000, 20_000_000]);
        assert_eq!(durations.percentiles_ms([0.0, 0.5, 0.75, 1.0]), [10.0, 20.0, 30.0, 40.0]);
        assert_eq!(durations.mean_min_max_ms(), Some([70.0 / 3.0, 10.0, 40.0]));
        assert!(of(&[]).percentiles_ms([0.5])[0].is_nan());
    }

    #[test]
    fn buckets_cover_the_line() {
        let mut expected = 0;
        for index in 0..30 << BITS {
            assert_eq!((extent(index).0, bucket(expected)), (expected, index));
            expected += extent(index).1;
        }
    }

    #[test]
    fn many_of_one_are_as_many_times_one() {
        let (mut many, mut one) = (of(&[5]), of(&[5]));
        many.add_many(1_000_000, 5000);
        (0..5000).for_each(|_| one.add(1_000_000));
        assert_eq!(many.count(), one.count());
        assert_eq!(many.percentiles_ms([0.0, 0.5]), one.percentiles_ms([0.0, 0.5]));
        assert_eq!(many.mean_min_max_ms(), one.mean_min_max_ms());
    }

    proptest! {
        /// The slow twin: sorted values and k6's own rule.
        #[test]
        fn percentiles_are_within_a_thousandth(
            mut values in proptest::collection::vec(1u64..100_000_000_000, 1..3000),
            p in 0.0f64..=1.0,
        ) {
            let [seen] = of(&values).percentiles_ms([p]);
            values.sort_unstable();
            let rank = p * (values.len() - 1) as f64;
            let (below, above) = (values[rank.floor() as usize] as f64, values[rank.ceil() as usize] as f64);
            let expected = (below + (above - below) * rank.fract()) / 1e6;
            prop_assert!((seen / expected - 1.0).abs() <= 0.001, "{seen} for {expected}");
        }

        #[test]
        fn order_and_grouping_do_not_matter(values in proptest::collection::vec(0u64..1 << 40, 0..2500), cut in 0usize..2500) {
            let (a, b) = values.split_at(cut.min(values.len()));
            let (mut merged, mut reversed) = (of(b), of(&[]));
            merged.merge(&of(a));
            values.iter().rev().for_each(|&ns| reversed.add(ns));
            let shares = [0.0, 0.3, 0.5, 0.99, 1.0];
            let shown = |durations: &Durations| (durations.count(), format!("{:?}{:?}", durations.percentiles_ms(shares), durations.mean_min_max_ms()));
            prop_assert_eq!(shown(&merged), shown(&of(&values)));
            prop_assert_eq!(shown(&merged), shown(&reversed));
        }
    }
}
