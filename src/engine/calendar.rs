//! When each row next acts.
//!
//! One row per mechanism; a mechanism keeps its own small structure and reports only its next
//! instant, so nothing is ever cancelled and there are no timers per request. Ties go to the
//! lower row, and the order of rows is the documented order of events at one instant: completions,
//! expiries, arrivals, samples. Few rows are scanned; many sit under a winner tree.

/// Never.
pub const NEVER: u64 = u64::MAX;

/// Up to here a linear scan beats the tree.
const SCAN: usize = 20;

/// The next instant of every row.
#[derive(Debug)]
pub struct Calendar {
    due: Vec<u64>,
    /// Winner tree over the rows: node 1 is the root, leaves begin at `leaves`. Empty when scanning.
    winner: Vec<u32>,
    leaves: usize,
}

impl Calendar {
    /// A calendar of `rows` rows (at least one), none of them due.
    #[must_use]
    pub fn new(rows: usize) -> Calendar {
        let rows = rows.max(1);
        if rows <= SCAN {
            return Calendar { due: vec![NEVER; rows], winner: Vec::new(), leaves: 0 };
        }
        let leaves = rows.next_power_of_two();
        let mut winner = vec![0; 2 * leaves];
        for (row, leaf) in winner[leaves..].iter_mut().enumerate() {
            *leaf = row as u32;
        }
        for node in (1..leaves).rev() {
            winner[node] = winner[2 * node];
        }
        Calendar { due: vec![NEVER; leaves], winner, leaves }
    }

    /// Row `row` next acts at `due`.
    #[inline(always)]
    pub fn set(&mut self, row: u32, due: u64) {
        if self.due[row as usize] == due {
            return;
        }
        self.due[row as usize] = due;
        if self.leaves > 0 {
            self.replay(row as usize);
        }
    }

    /// Plays the matches from a leaf to the root again.
    #[inline]
    fn replay(&mut self, row: usize) {
        let mut node = (self.leaves + row) / 2;
        while node >= 1 {
            let (left, right) = (self.winner[2 * node], self.winner[2 * node + 1]);
            let right_wins = self.due[right as usize] < self.due[left as usize];
            self.winner[node] = if right_wins { right } else { left };
            node /= 2;
        }
    }

    /// The earliest instant and its row; the lowest row if several are due then.
    #[inline(always)]
    #[must_use]
    pub fn next(&self) -> (u64, u32) {
        if self.leaves > 0 {
            let row = self.winner[1];
            return (self.due[row as usize], row);
        }
        let (mut best, mut best_due) = (0, self.due[0]);
        for (row, &due) in self.due.iter().enumerate().skip(1) {
            let earlier = due < best_due;
            best = if earlier { row } else { best };
            best_due = if earlier { due } else { best_due };
        }
        (best_due, best as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The slow twin: the first row of the smallest instant in a plain list.
        #[test]
        fn next_is_the_first_row_of_the_earliest_instant(
            rows in 1usize..70,
            settings in proptest::collection::vec((any::<u16>(), 0u64..12), 1..300),
        ) {
            let mut calendar = Calendar::new(rows);
            let mut list = vec![NEVER; rows];
            for (row, due) in settings {
                let row = row as usize % rows;
                let due = if due == 0 { NEVER } else { due };
                list[row] = due;
                calendar.set(row as u32, due);
                let earliest = *list.iter().min().expect("not empty");
                let (seen, who) = calendar.next();
                prop_assert_eq!(seen, earliest);
                if earliest != NEVER {
                    prop_assert_eq!(Some(who as usize), list.iter().position(|&d| d == earliest));
                }
            }
        }
    }
}
