//! Which key is asked for: laws of popularity over ranks, from 0 for the most popular.
//!
//! Zipf's law has a file of its own.

mod zipf;

pub use zipf::Zipf;

use crate::random::{Draw, derive};

/// A law of popularity.
#[derive(Clone, Debug)]
pub enum Popularity {
    /// All equally.
    Uniform {
        keys: u32,
    },
    Zipf(Zipf),
    /// The first `hot` keys share `accesses` (0 to 1) of all accesses equally, the others the rest.
    HotSet {
        keys: u32,
        hot: u32,
        accesses: f64,
    },
    /// As listed, from the beginning again after the end.
    Trace(Box<[u32]>),
}

impl Popularity {
    /// `share` (0 to 1) of `keys`, at least one, gets `accesses` (0 to 1) of all accesses.
    #[must_use]
    pub fn hot_set(keys: u32, share: f64, accesses: f64) -> Popularity {
        let hot = (f64::from(keys) * share).round().clamp(1.0, f64::from(keys.max(1))) as u32;
        let accesses = if hot == keys { 1.0 } else { accesses.clamp(0.0, 1.0) };
        Popularity::HotSet { keys, hot, accesses }
    }

    /// The rank of the `nth` access, whose luck is `draw`.
    #[inline]
    pub fn rank(&self, nth: u64, draw: &mut Draw) -> u32 {
        match self {
            Popularity::Uniform { keys } => draw.below(u64::from(*keys)) as u32,
            Popularity::Zipf(zipf) => zipf.rank(draw),
            Popularity::HotSet { keys, hot, accesses } => {
                if draw.uniform() < *accesses {
                    draw.below(u64::from(*hot)) as u32
                } else {
                    hot + draw.below(u64::from(keys - hot)) as u32
                }
            }
            Popularity::Trace(ranks) => match ranks.len() as u64 {
                0 => 0,
                length => ranks[(nth % length) as usize],
            },
        }
    }

    /// The share of all accesses that each rank gets.
    #[must_use]
    pub fn shares(&self) -> Vec<f64> {
        match self {
            Popularity::Uniform { keys } => vec![1.0 / f64::from(*keys); *keys as usize],
            Popularity::Zipf(zipf) => zipf.shares(),
            Popularity::HotSet { keys, hot, accesses } => (0..*keys)
                .map(|rank| match rank < *hot {
                    true => accesses / f64::from(*hot),
                    false => (1.0 - accesses) / f64::from(keys - hot),
                })
                .collect(),
            Popularity::Trace(ranks) => {
                let keys = ranks.iter().max().map_or(0, |most| *most as usize + 1);
                let mut shares = vec![0.0; keys];
                ranks.iter().for_each(|rank| shares[*rank as usize] += 1.0 / ranks.len() as f64);
                shares
            }
        }
    }
}

/// Numbers keys in an order that has nothing to do with their popularity: a permutation of
/// `0..keys`, chosen by `key`. A Feistel network of four rounds over the next even power of two, walked until
/// it lands inside (J. Black, P. Rogaway, Ciphers with arbitrary finite domains, CT-RSA 2002).
#[must_use]
pub fn scatter(key: u64, keys: u32, rank: u32) -> u32 {
    if rank >= keys {
        return rank;
    }
    let half = (32 - (keys - 1).leading_zeros()).div_ceil(2).max(1);
    let mask = (1u32 << half) - 1;
    let mut at = rank;
    loop {
        let (mut left, mut right) = (at >> half, at & mask);
        for round in 0..4u64 {
            let mixed = derive(key, round << 32 | u64::from(right)) as u32 & mask;
            (left, right) = (right, left ^ mixed);
        }
        at = left << half | right;
        if at < keys {
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chi-square of 400,000 draws over cells of at least 50 expected, below its 1e-6 tail.
    fn assert_follows(popularity: &Popularity, name: &str) {
        const N: u64 = 400_000;
        let shares = popularity.shares();
        let mut seen = vec![0u32; shares.len()];
        (0..N).for_each(|nth| seen[popularity.rank(nth, &mut Draw::new(11, nth)) as usize] += 1);
        let (mut chi2, mut cells, mut expected, mut counted) = (0.0, 0.0, 0.0, 0.0);
        for (share, seen) in shares.iter().zip(&seen) {
            expected += share * N as f64;
            counted += f64::from(*seen);
            if expected >= 50.0 {
                chi2 += (counted - expected) * (counted - expected) / expected;
                cells += 1.0;
                (expected, counted) = (0.0, 0.0);
            }
        }
        // Wilson and Hilferty's approximation of the quantile at 1 - 1e-6 (score 4.75).
        let a: f64 = 2.0 / (9.0 * (cells - 1.0f64).max(1.0));
        let bound = (cells - 1.0).max(1.0) * (1.0 - a + 4.75 * a.sqrt()).powi(3);
        assert!(chi2 < bound, "{name}: chi2 {chi2} of {cells} cells, bound {bound}");
    }

    #[test]
    fn draws_follow_the_shares() {
        for exponent in [0.0, 0.3, 0.9, 0.999_999_9, 1.0, 1.000_000_1, 1.2, 2.5] {
            let zipf = Zipf::new(5000, exponent).unwrap();
            assert_follows(&Popularity::Zipf(zipf), &format!("exponent {exponent}"));
        }
        assert_follows(&Popularity::Zipf(Zipf::new(1, 1.0).unwrap()), "one key");
        assert_follows(&Popularity::Zipf(Zipf::new(2, 0.5).unwrap()), "two keys");
        assert_follows(&Popularity::Uniform { keys: 1000 }, "uniform");
        assert_follows(&Popularity::hot_set(1000, 0.2, 0.8), "hot set");
        assert_follows(&Popularity::hot_set(10, 1.0, 0.8), "all hot");
    }

    #[test]
    fn a_trace_is_followed_in_order_and_again() {
        let trace = Popularity::Trace(Box::new([2, 0, 5]));
        let ranks: Vec<u32> = (0..7).map(|nth| trace.rank(nth, &mut Draw::new(1, nth))).collect();
        assert_eq!(ranks, [2, 0, 5, 2, 0, 5, 2]);
        assert_eq!(trace.shares()[5], 1.0 / 3.0);
    }

    #[test]
    fn scattering_is_a_permutation() {
        for keys in [1, 2, 3, 1000, 4096, 5000] {
            let mut seen = vec![false; keys as usize];
            (0..keys).for_each(|rank| seen[scatter(7, keys, rank) as usize] = true);
            assert!(seen.iter().all(|seen| *seen), "{keys}");
        }
        assert_ne!(scatter(7, 1000, 0), scatter(8, 1000, 0));
    }
}
