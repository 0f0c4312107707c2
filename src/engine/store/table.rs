//! The array of buckets of a hash table: how large it is, and how it grows while in use.
//!
//! A table doubles when there are as many keys as buckets, and shrinks when less than a tenth are
//! filled. Then there are two arrays for a while: each lookup, insertion and deletion moves one
//! bucket over. Where the new array would not fit into the bound of memory, the table is let fill
//! up to 1.618 keys to a bucket. Source: dict.c and server.c (`dictExpandAllowed`,
//! `htNeedsResize`, `incrementallyRehash`) of release 7.0.15.

const POINTER: u64 = 8;
const LEAST: u64 = 4;
/// Keys to a bucket above which the table grows whatever the memory.
const MOST_FILLED: f64 = 1.618;
/// Buckets below a tenth of which are filled are too many.
const LEAST_FILLED: u64 = 10;
/// Empty buckets passed over in one step.
const EMPTY_PER_STEP: f64 = 10.0;

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub keys: u64,
    buckets: u64,
    moving: Option<Move>,
}

#[derive(Clone, Debug)]
struct Move {
    into: u64,
    /// Buckets of the old array passed, and how many one step passes on average.
    passed: f64,
    step: f64,
}

impl Table {
    /// Bytes of its arrays. They are powers of two, and so classes of the allocator.
    pub(super) fn bytes(&self) -> u64 {
        POINTER * (self.buckets + self.moving.as_ref().map_or(0, |moving| moving.into))
    }

    pub(super) fn buckets(&self) -> u64 {
        self.buckets + self.moving.as_ref().map_or(0, |moving| moving.into)
    }

    /// Moves up to `steps` buckets that hold something.
    #[inline(always)]
    pub(super) fn step(&mut self, steps: u32) {
        if self.moving.is_some() {
            self.advance(steps);
        }
    }

    #[inline(never)]
    fn advance(&mut self, steps: u32) {
        let Some(moving) = &mut self.moving else { return };
        moving.passed += moving.step * f64::from(steps);
        if moving.passed >= self.buckets as f64 {
            self.buckets = moving.into;
            self.moving = None;
        }
    }

    /// One more key. `fits` tells whether so many more bytes stay within the bound.
    pub(super) fn add(&mut self, fits: impl Fn(u64) -> bool) {
        self.step(1);
        if self.buckets == 0 {
            self.buckets = LEAST;
        } else if self.moving.is_none() && self.keys >= self.buckets {
            let into = (self.keys + 1).next_power_of_two();
            if self.keys as f64 / self.buckets as f64 > MOST_FILLED || fits(POINTER * into) {
                self.resize(into);
            }
        }
        self.keys += 1;
    }

    pub(super) fn remove(&mut self) {
        self.step(1);
        self.keys = self.keys.saturating_sub(1);
    }

    /// Shrinks where it is nearly empty.
    pub(super) fn shrink(&mut self) {
        if self.moving.is_none() && self.buckets > LEAST && self.keys * 100 / self.buckets < LEAST_FILLED {
            self.resize(self.keys.max(LEAST).next_power_of_two());
        }
    }

    fn resize(&mut self, into: u64) {
        let filled = 1.0 - (-(self.keys as f64) / self.buckets as f64).exp();
        let step = if filled > 0.0 { (1.0 / filled).min(EMPTY_PER_STEP) } else { EMPTY_PER_STEP };
        self.moving = Some(Move { into, passed: 0.0, step });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_doubles_and_has_two_arrays_for_a_while() {
        let mut table = Table::default();
        for _ in 0..1024 {
            table.add(|_| true);
        }
        table.step(10_000);
        assert_eq!((table.keys, table.bytes()), (1024, 8 * 1024));
        table.add(|_| true);
        assert_eq!(table.bytes(), 8 * (1024 + 2048));
        // 63 % of the buckets of a full table hold something.
        table.step(620);
        assert!(table.moving.is_some());
        table.step(40);
        assert_eq!(table.bytes(), 8 * 2048);
    }

    #[test]
    fn a_table_that_does_not_fit_grows_late() {
        let mut table = Table::default();
        for _ in 0..1024 {
            table.add(|_| true);
        }
        table.step(10_000);
        for _ in 1024..1657 {
            table.add(|_| false);
        }
        // 1656 / 1024 was less than 1.618; 1657 / 1024 is more.
        assert_eq!(table.bytes(), 8 * 1024);
        table.add(|_| false);
        assert_eq!(table.buckets(), 1024 + 2048);
    }

    #[test]
    fn a_nearly_empty_table_shrinks() {
        let mut table = Table::default();
        for _ in 0..1024 {
            table.add(|_| true);
        }
        table.step(10_000);
        for _ in 0..924 {
            table.remove();
        }
        table.shrink();
        assert_eq!(table.bytes(), 8 * (1024 + 128));
        table.step(10_000);
        assert_eq!(table.bytes(), 8 * 128);
    }
}
