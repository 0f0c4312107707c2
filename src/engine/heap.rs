//! A priority queue of 128-bit keys: when (or at which virtual work) in the upper half, who in the lower.
//!
//! The earliest keys stand sorted in a short row: the next one is at hand as soon as the one before
//! it has left, and in queues of tens, which are the most frequent, a newcomer has few to pass. What
//! has no place in the row goes to a 4-ary heap behind it. Equal times leave in the order they came.
//!
//! ```text
//!   row      [ .  9  7  6  2 ]           the first at the right end
//!
//!   line 0   [ .  .  .  3 ]              Heap: place 3 is the root; the children of place p are line
//!   line 1   [ 4  5  6  7 ]  of 3        p - 2, so its parent is p / 4 + 2. Empty places hold the
//!   line 2   [ 8  9 10 11 ]  of 4        largest key: every line is full, and no search for the
//!   line 3   [12 13 14 15 ]  of 5        least of four ever asks how many there are.
//! ```

/// Places of the row, the first of which stays empty. A power of two.
const ROW: usize = 32;
/// Where the heap's root is.
const ROOT: usize = 3;
/// What an empty place holds.
const EMPTY: u128 = u128::MAX;

#[derive(Clone, Copy, Debug)]
struct Key {
    due: u64,
    /// Order of arrival, and who.
    tag: u64,
}

impl Key {
    const EMPTY: Key = Key { due: u64::MAX, tag: u64::MAX };

    /// As one number, which compares without a branch.
    #[inline(always)]
    fn joined(self) -> u128 {
        u128::from(self.due) << 64 | u128::from(self.tag)
    }
}

/// `(due, order, who)`: ordered by due, then by order of arrival.
#[derive(Debug)]
pub struct Heap {
    /// Sorted, the least last, then nothing of interest; all are less than those in the heap.
    row: [Key; ROW + 1],
    /// Keys in the row, below [`ROW`]; 0 only if there are none at all.
    count: usize,
    /// Whole lines, at least one.
    keys: Vec<u128>,
    /// Keys in the heap.
    behind: usize,
    order: u32,
}

impl Default for Heap {
    fn default() -> Heap {
        Heap { row: [Key::EMPTY; ROW + 1], count: 0, keys: vec![EMPTY; 4], behind: 0, order: 0 }
    }
}

impl Heap {
    /// Adds `who`, due at `due` (any u64 that orders, times as well as the bits of floats >= 0).
    #[inline(always)]
    pub fn push(&mut self, due: u64, who: u32) {
        self.order = self.order.wrapping_add(1);
        let key = Key { due, tag: u64::from(self.order) << 32 | u64::from(who) };
        if self.count == ROW - 1 {
            self.spill();
        }
        if self.behind > 0 && due >= self.row[1].due {
            return self.push_behind(key);
        }
        self.count = self.count % ROW + 1;
        // From the right, a gap that moves past all that are due no later. As slices, whose ends need no checks.
        let mut row = &mut self.row[1..=self.count];
        while let [before @ .., gap] = row {
            match before.last() {
                // The newcomer is the last of its due.
                Some(last) if last.due <= due => *gap = *last,
                _ => {
                    *gap = key;
                    return;
                }
            }
            row = before;
        }
    }

    /// When the first is due; the largest u64 if there is none.
    #[inline(always)]
    #[must_use]
    pub fn first_due(&self) -> u64 {
        self.row[self.count % ROW].due
    }

    /// Takes the first out.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<u32> {
        if self.count == 0 {
            return None;
        }
        let first = self.row[self.count % ROW];
        self.count -= 1;
        if self.count == 0 && self.behind > 0 {
            self.refill();
        }
        Some(first.tag as u32)
    }

    /// Takes `who` out, wherever it stands, and says when it was due. Looks at all of them.
    #[cold]
    pub fn remove(&mut self, who: u32) -> Option<u64> {
        if let Some(place) = (1..=self.count).find(|&place| self.row[place].tag as u32 == who) {
            let due = self.row[place].due;
            self.row.copy_within(place + 1..=self.count, place);
            self.count -= 1;
            if self.count == 0 && self.behind > 0 {
                self.refill();
            }
            return Some(due);
        }
        let mut keys = self.keys[ROOT..ROOT + self.behind].to_vec();
        let place = keys.iter().position(|&key| key as u32 == who)?;
        let due = (keys.swap_remove(place) >> 64) as u64;
        self.keys.fill(EMPTY);
        self.behind = 0;
        keys.into_iter().for_each(|key| self.push_behind(Key { due: (key >> 64) as u64, tag: key as u64 }));
        Some(due)
    }

    /// Takes all of these out, in order, with when they were due.
    #[cold]
    pub fn take_out(&mut self, gone: impl Fn(u32) -> bool) -> Vec<(u64, u32)> {
        let row = self.row[1..=self.count].iter().map(|key| key.joined());
        let mut all: Vec<u128> = row.chain(self.keys[ROOT..ROOT + self.behind].iter().copied()).collect();
        all.sort_unstable();
        let (out, stay): (Vec<u128>, Vec<u128>) = all.into_iter().partition(|&key| gone(key as u32));
        if !out.is_empty() {
            self.keys.fill(EMPTY);
            (self.behind, self.count) = (0, stay.len().min(ROW / 2));
            let keys = stay.into_iter().map(|key| Key { due: (key >> 64) as u64, tag: key as u64 });
            for (place, key) in keys.enumerate() {
                match self.count.checked_sub(place).filter(|&place| place > 0) {
                    Some(place) => self.row[place] = key,
                    None => self.push_behind(key),
                }
            }
        }
        out.into_iter().map(|key| ((key >> 64) as u64, key as u32)).collect()
    }

    #[inline(always)]
    #[must_use]
    pub fn len(&self) -> usize {
        self.count + self.behind
    }

    #[inline(always)]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Sends the later half of the row behind.
    #[cold]
    fn spill(&mut self) {
        let half = self.count / 2;
        for place in 1..=half {
            self.push_behind(self.row[place]);
        }
        self.row.copy_within(half + 1..=self.count, 1);
        self.count -= half;
    }

    /// Fills half of the row from behind.
    #[cold]
    fn refill(&mut self) {
        self.count = self.behind.min(ROW / 2);
        for place in (1..=self.count).rev() {
            self.row[place] = self.pop_behind();
        }
    }

    #[inline(never)]
    fn push_behind(&mut self, key: Key) {
        let key = key.joined();
        let mut place = self.behind + ROOT;
        self.behind += 1;
        if place >= self.keys.len() {
            self.keys.resize(2 * self.keys.len(), EMPTY);
        }
        let keys = &mut self.keys[..];
        while place > ROOT {
            let parent = place / 4 + 2;
            let above = keys[parent];
            if above <= key {
                break;
            }
            keys[place] = above;
            place = parent;
        }
        keys[place] = key;
    }

    /// Takes the root out; there must be one.
    fn pop_behind(&mut self) -> Key {
        self.behind -= 1;
        let last = self.behind + ROOT;
        let keys = &mut self.keys[..];
        let root = keys[ROOT];
        let key = std::mem::replace(&mut keys[last], EMPTY);
        if last > ROOT {
            sink(keys, key);
        }
        Key { due: (root >> 64) as u64, tag: root as u64 }
    }
}

/// Puts `key` where the root was and lets it sink.
#[inline(always)]
fn sink(keys: &mut [u128], key: u128) {
    let mut place = ROOT;
    while let Some(&[a, b, c, d]) = keys.get(4 * place - 8..).and_then(|rest| rest.first_chunk()) {
        // Two matches and a final, without a branch to guess.
        let first = 4 * place - 8;
        let (left, left_key) = if b < a { (first + 1, b) } else { (first, a) };
        let (right, right_key) = if d < c { (first + 3, d) } else { (first + 2, c) };
        let (least, least_key) = if right_key < left_key { (right, right_key) } else { (left, left_key) };
        if least_key >= key {
            break;
        }
        keys[place] = least_key;
        place = least;
    }
    keys[place] = key;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The slow twin: a list kept sorted by (due, arrival).
        #[test]
        fn leaves_in_the_order_of_a_sorted_list(steps in proptest::collection::vec((0u8..10, 0u64..200), 1..900)) {
            let mut heap = Heap::default();
            let mut list: Vec<(u64, u32)> = Vec::new();
            for (who, (what, due)) in steps.into_iter().enumerate() {
                if what == 8 && due < 20 {
                    let out: Vec<(u64, u32)> = list.iter().copied().filter(|one| one.1 % 3 == 0).collect();
                    list.retain(|one| one.1 % 3 != 0);
                    prop_assert_eq!(heap.take_out(|who| who % 3 == 0), out);
                } else if what == 9 && !list.is_empty() {
                    let (due, who) = list.remove(due as usize % list.len());
                    prop_assert_eq!(heap.remove(who), Some(due));
                } else if what < 6 || list.is_empty() {
                    heap.push(due, who as u32);
                    let place = list.partition_point(|&(other, _)| other <= due);
                    list.insert(place, (due, who as u32));
                } else {
                    prop_assert_eq!(heap.first_due(), list[0].0);
                    prop_assert_eq!(heap.pop(), Some(list.remove(0).1));
                }
                prop_assert_eq!(heap.len(), list.len());
            }
        }
    }
}
