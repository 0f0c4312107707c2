//! Chance without a hidden state: every random number is a function of what it is for.
//!
//! A simulation that draws from one long stream gives a different system different luck as soon as
//! one event is added or reordered. Here a draw is a hash of (seed, purpose, who, which iteration,
//! which step, which attempt), so that variants of a system meet exactly the same users with the
//! same demands, adding a station disturbs no other, and threads cannot matter.
//!
//! The mixer is the multiply-and-fold of wyhash/wyrand (Wang Yi), which passes PractRand and BigCrush.

use std::convert::Infallible;

use rand::{Rng, TryRng};

const SALT_A: u64 = 0xa076_1d64_78bd_642f;
const SALT_B: u64 = 0xe703_7ed1_a0b4_28db;

/// Both halves of the 128-bit product, folded.
#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

/// A key below `key` for the thing numbered `part`: user of a run, iteration of a user, …
#[inline(always)]
#[must_use]
pub fn derive(key: u64, part: u64) -> u64 {
    let mixed = fold(key ^ SALT_A, part ^ SALT_B);
    fold(mixed ^ SALT_B, part ^ SALT_A)
}

/// The random numbers of one draw: usually one, a few where a law needs more.
#[derive(Clone, Debug)]
pub struct Draw {
    state: u64,
}

impl Draw {
    /// The draw at `site` (which step of which attempt) of whoever owns `key`.
    #[inline(always)]
    #[must_use]
    pub fn new(key: u64, site: u64) -> Draw {
        Draw { state: fold(key ^ SALT_A, site.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ SALT_B) }
    }

    /// Uniform in `[0, 1)`, 53 bits.
    #[inline(always)]
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in `0..bound`; `bound >= 1`. Bias below `bound / 2^64`.
    #[inline(always)]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}

impl TryRng for Draw {
    type Error = Infallible;

    #[inline(always)]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.state = self.state.wrapping_add(SALT_A);
        Ok(fold(self.state, self.state ^ SALT_B))
    }

    #[inline(always)]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next_u64() >> 32) as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_has_the_same_answer_and_neighbours_differ() {
        let value = |key, site| Draw::new(key, site).next_u64();
        assert_eq!(value(1, 2), value(1, 2));
        let mut seen = std::collections::HashSet::new();
        for key in 0..300 {
            for site in 0..300 {
                assert!(seen.insert(value(key, site)), "collision at {key}, {site}");
            }
        }
    }

    /// Chi-square over 100 cells for draws whose keys and sites are as regular as ours are.
    #[test]
    fn first_draws_of_regular_keys_are_uniform_and_uncorrelated() {
        let mut cells = [[0u32; 10]; 10];
        let run = derive(7, 1);
        for user in 0..1000u64 {
            for iteration in 0..100u64 {
                let key = derive(derive(run, user), iteration);
                let a = Draw::new(key, 3).uniform();
                let b = Draw::new(key, 4).uniform();
                cells[(a * 10.0) as usize][(b * 10.0) as usize] += 1;
            }
        }
        let expected = 1000.0;
        let chi2: f64 = cells.iter().flatten().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
        // 99 degrees of freedom: mean 99, sd 14; both tails at about 1e-6.
        assert!((45.0..175.0).contains(&chi2), "chi2 = {chi2}");
    }

    #[test]
    fn below_stays_below_and_reaches_everything() {
        let mut seen = [false; 7];
        for site in 0..200 {
            seen[Draw::new(9, site).below(7) as usize] = true;
        }
        assert_eq!(seen, [true; 7]);
    }
}
