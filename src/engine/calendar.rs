//! When each row next acts.
//!
//! One row per mechanism; a mechanism keeps its own small structure and reports only its next
//! instant, so nothing is ever cancelled and there are no timers per request. Ties go to the
//! lower row, and the order of rows is the documented order of events at one instant: completions,
//! expiries, arrivals, samples. Few rows are scanned; many sit under a winner tree.

/// Never.
pub const NEVER: u64 = u64::MAX;

/// Up to here a linear scan beats the tree.
const SCAN: usize = 32;
/// Instants from here on (2^59 ns = 18 years) count as never, so that a row's number fits below them.
const TOO_LATE: u64 = NEVER / SCAN as u64;
/// The last instant at which a row can act.
pub const LAST: u64 = TOO_LATE - 1;

/// The next instant of every row.
#[derive(Debug)]
pub struct Calendar {
    /// Where few rows are scanned: instant × [`SCAN`] + row, so that the least number is the
    /// earliest row. Those beyond the last row are never due.
    keys: [u64; SCAN],
    /// Keys that are scanned, in fours; none where there is a tree.
    fours: usize,
    /// Where there is a tree: instants, and the winners of the matches between two rows. Node 1 is
    /// the root, the second half of the nodes are the rows.
    due: Vec<u64>,
    winner: Vec<u32>,
}

impl Calendar {
    /// A calendar of `rows` rows (at least one), none of them due.
    #[must_use]
    pub fn new(rows: usize) -> Calendar {
        let rows = rows.max(1);
        if rows <= SCAN {
            let fours = rows.div_ceil(4);
            return Calendar { keys: [NEVER; SCAN], fours, due: Vec::new(), winner: Vec::new() };
        }
        let leaves = rows.next_power_of_two();
        let mut winner = vec![0; 2 * leaves];
        for (row, leaf) in winner[leaves..].iter_mut().enumerate() {
            *leaf = row as u32;
        }
        for node in (1..leaves).rev() {
            winner[node] = winner[2 * node];
        }
        Calendar { keys: [NEVER; SCAN], fours: 0, due: vec![NEVER; leaves], winner }
    }

    /// Row `row` next acts at `due`.
    #[inline(always)]
    pub fn set(&mut self, row: u32, due: u64) {
        if self.fours == 0 {
            return self.set_leaf(row as usize, due);
        }
        self.keys[row as usize % SCAN] = due.min(TOO_LATE) * SCAN as u64 + u64::from(row);
    }

    /// Row `row` acts at `due`, or earlier if it was to act earlier.
    #[inline(always)]
    pub fn bring_forward(&mut self, row: u32, due: u64) {
        if due < self.due(row) {
            self.set(row, due);
        }
    }

    /// When row `row` next acts; after [`LAST`] if never.
    #[inline(always)]
    fn due(&self, row: u32) -> u64 {
        if self.fours == 0 { self.due[row as usize] } else { self.keys[row as usize % SCAN] / SCAN as u64 }
    }

    /// Sets a leaf and plays its matches again, up to the root.
    #[inline(never)]
    fn set_leaf(&mut self, row: usize, due: u64) {
        if std::mem::replace(&mut self.due[row], due) == due {
            return;
        }
        let mut node = (self.due.len() + row) / 2;
        while node >= 1 {
            let (left, right) = (self.winner[2 * node], self.winner[2 * node + 1]);
            let right_wins = self.due[right as usize] < self.due[left as usize];
            self.winner[node] = if right_wins { right } else { left };
            node /= 2;
        }
    }

    /// The earliest instant and its row; the lowest row if several are due then. After
    /// [`LAST`] if no row is due.
    #[inline(always)]
    #[must_use]
    pub fn next(&self) -> (u64, u32) {
        if self.fours == 0 {
            let row = self.winner[1];
            return (self.due[row as usize], row);
        }
        // Four minima side by side: no step waits for the one before.
        let mut least = [NEVER; 4];
        let fours = self.keys.as_chunks::<4>().0;
        for four in fours.get(..self.fours).unwrap_or(fours) {
            for (least, &key) in least.iter_mut().zip(four) {
                *least = key.min(*least);
            }
        }
        let [a, b, c, d] = least;
        let key = a.min(b).min(c.min(d));
        (key / SCAN as u64, (key % SCAN as u64) as u32)
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
            settings in proptest::collection::vec((any::<u16>(), 0u64..12, any::<bool>()), 1..300),
        ) {
            let mut calendar = Calendar::new(rows);
            let mut list = vec![NEVER; rows];
            for (row, due, forward) in settings {
                let row = row as usize % rows;
                let due = if due == 0 { NEVER } else { due };
                if forward {
                    list[row] = list[row].min(due);
                    calendar.bring_forward(row as u32, due);
                } else {
                    list[row] = due;
                    calendar.set(row as u32, due);
                }
                let earliest = *list.iter().min().expect("not empty");
                let (seen, who) = calendar.next();
                if earliest == NEVER {
                    prop_assert!(seen > LAST);
                } else {
                    prop_assert_eq!(seen, earliest);
                    prop_assert_eq!(Some(who as usize), list.iter().position(|&d| d == earliest));
                }
            }
        }
    }
}
