//! What happened over time, in equal stretches of the clock.
//!
//! The stretches are seconds; where there would be more than [`MOST`] of them, tens of seconds, minutes, and so on, so
//! that a log of a month takes no more memory than one of an hour.

use std::collections::HashMap;

use super::instants::SECOND;

/// Most stretches.
const MOST: usize = 20_000;
/// Widths, s.
const WIDTHS: [i64; 6] = [1, 10, 60, 600, 3600, 86_400];

/// One stretch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    pub requests: u64,
    pub failed: u64,
    /// Sum of the durations, ns.
    pub duration_ns: u128,
    /// Sum and number of samples of the users, and the most.
    pub users: u64,
    pub samples: u64,
    pub most_users: u64,
    pub iterations: u64,
    /// From the first instant of what was counted here to the last, ns since 1970; a request may begin long before.
    pub reach_ns: Option<(i64, i64)>,
}

impl Stretch {
    /// Something counted here lasted from when to when, ns since 1970.
    pub fn reaches(&mut self, from: i64, to: i64) {
        let (first, last) = self.reach_ns.unwrap_or((from, to));
        self.reach_ns = Some((first.min(from), last.max(to)));
    }

    fn merge(&mut self, other: &Stretch) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.duration_ns += other.duration_ns;
        self.users += other.users;
        self.samples += other.samples;
        self.most_users = self.most_users.max(other.most_users);
        self.iterations += other.iterations;
        if let Some((from, to)) = other.reach_ns {
            self.reaches(from, to);
        }
    }
}

/// Stretches by their number since 1970.
#[derive(Clone, Debug, Default)]
pub struct Seconds {
    stretches: HashMap<i64, Stretch>,
    /// Index of [`WIDTHS`].
    width: usize,
}

impl Seconds {
    /// Width of a stretch, s.
    pub fn width_s(&self) -> i64 {
        WIDTHS[self.width]
    }

    /// The stretch of an instant, ns since 1970.
    pub fn at(&mut self, ns: i64) -> &mut Stretch {
        if self.stretches.len() > MOST && self.width + 1 < WIDTHS.len() {
            self.widen(self.width + 1);
        }
        self.stretches.entry(ns.div_euclid(SECOND * self.width_s())).or_default()
    }

    fn widen(&mut self, width: usize) {
        let factor = WIDTHS[width] / WIDTHS[self.width];
        self.width = width;
        for (number, stretch) in std::mem::take(&mut self.stretches) {
            self.stretches.entry(number.div_euclid(factor)).or_default().merge(&stretch);
        }
    }

    /// Adds all of another.
    pub fn merge(&mut self, mut other: Seconds) {
        let width = self.width.max(other.width);
        if self.width < width {
            self.widen(width);
        }
        if other.width < width {
            other.widen(width);
        }
        for (number, stretch) in &other.stretches {
            self.stretches.entry(*number).or_default().merge(stretch);
        }
        self.settle();
    }

    /// Widens as often as there are too many, whoever met them.
    pub fn settle(&mut self) {
        while self.stretches.len() > MOST && self.width + 1 < WIDTHS.len() {
            self.widen(self.width + 1);
        }
    }

    /// All in order: the second since 1970 at which each begins.
    pub fn in_order(&self) -> Vec<(i64, &Stretch)> {
        let mut all: Vec<_> =
            self.stretches.iter().map(|(number, stretch)| (number * self.width_s(), stretch)).collect();
        all.sort_unstable_by_key(|(begin, _)| *begin);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_get_wider_stretches_in_whatever_order() {
        let fill = |instants: &mut dyn Iterator<Item = i64>| {
            let mut seconds = Seconds::default();
            instants.for_each(|s| seconds.at(s * SECOND + 5).requests += 1);
            seconds.settle();
            seconds
        };
        let whole = fill(&mut (0..50_000));
        let mut merged = fill(&mut (0..25_000).rev());
        merged.merge(fill(&mut (25_000..50_000)));
        assert_eq!((whole.width_s(), merged.width_s()), (10, 10));
        assert_eq!(whole.in_order(), merged.in_order());
        assert_eq!((whole.in_order().len(), whole.in_order()[1].0, whole.in_order()[1].1.requests), (5000, 10, 10));
        assert_eq!(fill(&mut (-1..1)).in_order().first().map(|first| first.0), Some(-1));
    }
}
