//! A 4-ary min-heap of 128-bit keys: when (or at which virtual work) in the upper half, who in the lower.
//!
//! Four children share a cache line or two and halve the depth, which is what counts at the sizes
//! met here (tens to thousands). Equal times leave in the order they came.

/// `(due, order, who)`: ordered by due, then by order of arrival.
#[derive(Debug, Default)]
pub struct Heap {
    keys: Vec<u128>,
    order: u32,
}

impl Heap {
    /// Adds `who`, due at `due` (any u64 that orders, times as well as the bits of floats >= 0).
    #[inline(always)]
    pub fn push(&mut self, due: u64, who: u32) {
        self.order = self.order.wrapping_add(1);
        let key = u128::from(due) << 64 | u128::from(self.order) << 32 | u128::from(who);
        let mut at = self.keys.len();
        self.keys.push(key);
        while at > 0 {
            let parent = (at - 1) / 4;
            if self.keys[parent] <= key {
                break;
            }
            self.keys[at] = self.keys[parent];
            at = parent;
        }
        self.keys[at] = key;
    }

    /// When the first is due; the largest u64 if there is none.
    #[inline(always)]
    #[must_use]
    pub fn first_due(&self) -> u64 {
        self.keys.first().map_or(u64::MAX, |&key| (key >> 64) as u64)
    }

    /// Takes the first out.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<u32> {
        let last = self.keys.pop()?;
        let Some(&first) = self.keys.first() else { return Some(last as u32) };
        self.sink(last);
        Some(first as u32)
    }

    /// Puts `key` where the root was and lets it sink.
    #[inline(always)]
    fn sink(&mut self, key: u128) {
        let keys = &mut self.keys[..];
        let mut at = 0;
        loop {
            let child = at * 4 + 1;
            if child >= keys.len() {
                break;
            }
            let mut least = child;
            let mut least_key = keys[child];
            for (other, &other_key) in keys.iter().enumerate().take(child + 4).skip(child + 1) {
                if other_key < least_key {
                    (least, least_key) = (other, other_key);
                }
            }
            if least_key >= key {
                break;
            }
            keys[at] = least_key;
            at = least;
        }
        keys[at] = key;
    }

    #[inline(always)]
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
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
