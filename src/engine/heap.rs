//! A 4-ary min-heap of 128-bit keys: when (or at which virtual work) in the upper half, who in the lower.
//!
//! Four children are 64 bytes and halve the depth, which is what counts at the sizes met here
//! (tens to thousands). Equal times leave in the order they came.
//!
//! ```text
//!   line 0   [ .  .  .  3 ]              place 3 is the root; the children of place p are line
//!   line 1   [ 4  5  6  7 ]  of 3        p - 2, so its parent is p / 4 + 2. Empty places hold the
//!   line 2   [ 8  9 10 11 ]  of 4        largest key: every line is full, and no search for the
//!   line 3   [12 13 14 15 ]  of 5        least of four ever asks how many there are.
//! ```

/// Where the root is.
const ROOT: usize = 3;
/// What an empty place holds.
const EMPTY: u128 = u128::MAX;

/// `(due, order, who)`: ordered by due, then by order of arrival.
#[derive(Debug)]
pub struct Heap {
    /// Whole lines, at least one.
    keys: Vec<u128>,
    len: usize,
    order: u32,
}

impl Default for Heap {
    fn default() -> Heap {
        Heap { keys: vec![EMPTY; 4], len: 0, order: 0 }
    }
}

impl Heap {
    /// Adds `who`, due at `due` (any u64 that orders, times as well as the bits of floats >= 0).
    #[inline(always)]
    pub fn push(&mut self, due: u64, who: u32) {
        self.order = self.order.wrapping_add(1);
        let key = u128::from(due) << 64 | u128::from(self.order) << 32 | u128::from(who);
        let mut place = self.len + ROOT;
        self.len += 1;
        if place >= self.keys.len() {
            self.grow();
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

    #[cold]
    fn grow(&mut self) {
        self.keys.resize(2 * self.keys.len(), EMPTY);
    }

    /// When the first is due; the largest u64 if there is none.
    #[inline(always)]
    #[must_use]
    pub fn first_due(&self) -> u64 {
        (self.keys[ROOT] >> 64) as u64
    }

    /// Takes the first out.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        self.len -= 1;
        let last = self.len + ROOT;
        let keys = &mut self.keys[..];
        let first = keys[ROOT];
        let key = std::mem::replace(&mut keys[last], EMPTY);
        if last > ROOT {
            sink(keys, key);
        }
        Some(first as u32)
    }

    #[inline(always)]
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
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
        fn leaves_in_the_order_of_a_sorted_list(steps in proptest::collection::vec((any::<bool>(), 0u64..20), 1..300)) {
            let mut heap = Heap::default();
            let mut list: Vec<(u64, u32)> = Vec::new();
            for (who, (push, due)) in steps.into_iter().enumerate() {
                if push || list.is_empty() {
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
