//! Which of many keys is asked for: the most popular is number 0.

use rand_distr::{Distribution, Zipf};

use crate::random::Draw;

/// A law of keys `0..keys`.
#[derive(Clone, Copy, Debug)]
pub enum Popularity {
    Uniform {
        keys: u32,
    },
    /// Key `k` in proportion to `(k + 1)^-exponent`, exactly (rejection-inversion, Hörmann and
    /// Derflinger 1996).
    Zipf {
        keys: u32,
        unit: Zipf<f64>,
    },
    /// One of the first `hot` keys with the probability `share`, else one of the others; uniform in both.
    Hot {
        keys: u32,
        hot: u32,
        share: f64,
    },
}

impl Popularity {
    /// Zipf's law of at least one key, with an exponent of at least 0.
    #[must_use]
    pub fn zipf(keys: u32, exponent: f64) -> Popularity {
        match Zipf::new(f64::from(keys.max(1)), exponent) {
            Ok(unit) => Popularity::Zipf { keys, unit },
            Err(_) => Popularity::Uniform { keys },
        }
    }

    /// Draws a key, below the number of keys.
    #[must_use]
    pub fn key(&self, draw: &mut Draw) -> u32 {
        let below = |keys: u32, draw: &mut Draw| draw.below(u64::from(keys.max(1))) as u32;
        match *self {
            Popularity::Uniform { keys } => below(keys, draw),
            Popularity::Zipf { keys, unit } => (unit.sample(draw) as u32).clamp(1, keys.max(1)) - 1,
            Popularity::Hot { keys, hot, share } => {
                if hot >= keys || draw.uniform() < share {
                    below(hot.min(keys), draw)
                } else {
                    hot + below(keys - hot, draw)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shares of the first keys among many draws, within five standard errors.
    fn check(law: &Popularity, shares: &[f64]) {
        const DRAWS: u64 = 200_000;
        let mut seen = vec![0u64; shares.len()];
        for i in 0..DRAWS {
            let key = law.key(&mut Draw::new(7, i)) as usize;
            if let Some(count) = seen.get_mut(key) {
                *count += 1;
            }
        }
        for (key, (&count, share)) in seen.iter().zip(shares).enumerate() {
            let error = (share * (1.0 - share) / DRAWS as f64).sqrt();
            let found = count as f64 / DRAWS as f64;
            assert!((found - share).abs() < 5.0 * error, "key {key}: {found} for {share}");
        }
    }

    #[test]
    fn keys_come_in_their_shares() {
        check(&Popularity::Uniform { keys: 4 }, &[0.25; 4]);
        for exponent in [0.0, 0.8, 1.0, 1.5] {
            let weights: Vec<f64> = (1..=50).map(|k| f64::from(k).powf(-exponent)).collect();
            let sum: f64 = weights.iter().sum();
            let shares: Vec<f64> = weights.iter().take(8).map(|weight| weight / sum).collect();
            check(&Popularity::zipf(50, exponent), &shares);
        }
        check(&Popularity::Hot { keys: 10, hot: 2, share: 0.9 }, &[0.45, 0.45, 0.0125, 0.0125]);
    }

    #[test]
    fn keys_stay_below_their_number() {
        for law in
            [Popularity::zipf(1, 1.0), Popularity::Uniform { keys: 1 }, Popularity::Hot { keys: 1, hot: 1, share: 0.0 }]
        {
            assert!((0..1000).all(|i| law.key(&mut Draw::new(1, i)) == 0));
        }
    }
}
