//! The pool of candidates for eviction: the best 16 of all samples seen so far.
//!
//! Candidates stay from one eviction to the next, with the score they had when they were seen, so a
//! few samples at a time come near to looking at all keys. A key may stand in it twice, and one that
//! is gone meanwhile is passed over when its turn comes. Source: evict.c (`evictionPoolPopulate`).

const SIZE: usize = 16;

#[derive(Clone, Copy, Debug, Default)]
struct Candidate {
    score: u64,
    key: u32,
}

/// Candidates, the lowest score first.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    candidates: [Candidate; SIZE],
    filled: usize,
}

impl Pool {
    /// Puts a candidate before the first that has no lower score. In a full pool the lowest makes
    /// room, unless the new one is not above it.
    pub(super) fn offer(&mut self, key: u32, score: u64) {
        let mut at = self.candidates[..self.filled].iter().take_while(|other| other.score < score).count();
        if self.filled == SIZE {
            if at == 0 {
                return;
            }
            at -= 1;
            self.candidates.copy_within(1..=at, 0);
        } else {
            self.candidates.copy_within(at..self.filled, at + 1);
            self.filled += 1;
        }
        self.candidates[at] = Candidate { score, key };
    }

    /// Takes out the one with the highest score.
    pub(super) fn take(&mut self) -> Option<u32> {
        self.filled = self.filled.checked_sub(1)?;
        Some(self.candidates[self.filled].key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_keeps_the_highest_and_gives_the_highest_first() {
        let mut pool = Pool::default();
        for key in 0..100u32 {
            // A permutation of 0..100.
            pool.offer(key, u64::from(key * 37 % 100));
        }
        let taken: Vec<u32> = std::iter::from_fn(|| pool.take()).map(|key| key * 37 % 100).collect();
        assert_eq!(taken, (84..100).rev().collect::<Vec<_>>());
    }

    #[test]
    fn of_equals_the_one_seen_first_goes_first() {
        let mut pool = Pool::default();
        (0..20).for_each(|key| pool.offer(key, 7));
        assert_eq!(std::iter::from_fn(|| pool.take()).collect::<Vec<_>>(), (0..16).collect::<Vec<_>>());
    }
}
