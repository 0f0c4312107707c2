//! Who is due when: sleepers who wake, delays that end.
//!
//! Many times are constant (think times, time-outs), and then the first to come is the first due:
//! a plain line keeps them for next to nothing. The others go to a heap. The first instant of both
//! is kept at hand, since it is asked for far more often than it changes.

use std::collections::VecDeque;

use super::calendar::NEVER;
use super::heap::Heap;

/// Numbers with instants, taken out in order of these; of equals, those in line come first.
#[derive(Debug)]
pub struct Agenda {
    /// Sorted by instant.
    line: VecDeque<(u64, u32)>,
    heap: Heap,
    first: u64,
}

impl Agenda {
    #[must_use]
    pub fn new() -> Agenda {
        Agenda { line: VecDeque::new(), heap: Heap::default(), first: NEVER }
    }

    /// Adds `who`, due at `due`. `in_line`: it may be the last in line, if it is due last.
    #[inline(always)]
    pub fn push(&mut self, due: u64, who: u32, in_line: bool) {
        if in_line && self.line.back().is_none_or(|&(last, _)| last <= due) {
            self.line.push_back((due, who));
        } else {
            self.heap.push(due, who);
        }
        self.first = self.first.min(due);
    }

    /// When the first is due; [`NEVER`] if there is none.
    #[inline(always)]
    #[must_use]
    pub fn first_due(&self) -> u64 {
        self.first
    }

    /// Takes the first out.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<u32> {
        let in_heap = self.heap.first_due();
        let who = match self.line.front() {
            Some(&(due, who)) if due <= in_heap => {
                self.line.pop_front();
                Some(who)
            }
            _ => self.heap.pop(),
        };
        self.first = self.heap.first_due().min(self.line.front().map_or(NEVER, |&(due, _)| due));
        who
    }

    /// Takes all of these out; how many there were.
    #[cold]
    pub fn take_out(&mut self, gone: impl Fn(u32) -> bool) -> usize {
        let before = self.line.len();
        self.line.retain(|&(_, who)| !gone(who));
        let out = before - self.line.len() + self.heap.take_out(gone).len();
        self.first = self.heap.first_due().min(self.line.front().map_or(NEVER, |&(due, _)| due));
        out
    }

    /// Takes `who` out before it is due; returns when it was.
    #[cold]
    pub fn remove(&mut self, who: u32) -> Option<u64> {
        let due = match self.line.iter().position(|&(_, other)| other == who) {
            Some(place) => self.line.remove(place).map(|(due, _)| due),
            None => self.heap.remove(who),
        };
        self.first = self.heap.first_due().min(self.line.front().map_or(NEVER, |&(due, _)| due));
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The slow twin: a list from which the least is taken.
        #[test]
        fn nobody_is_lost_and_the_earliest_comes_first(
            steps in proptest::collection::vec((any::<bool>(), any::<bool>(), 0u64..20), 1..300),
        ) {
            let mut agenda = Agenda::new();
            let mut list: Vec<(u64, u32)> = Vec::new();
            for (who, (push, in_line, due)) in steps.into_iter().enumerate() {
                if push {
                    agenda.push(due, who as u32, in_line);
                    list.push((due, who as u32));
                } else if let Some(who) = agenda.pop() {
                    let place = list.iter().position(|entry| entry.1 == who).expect("was pushed");
                    let (due, _) = list.swap_remove(place);
                    prop_assert!(list.iter().all(|entry| entry.0 >= due));
                } else {
                    prop_assert!(list.is_empty());
                }
                prop_assert_eq!(agenda.first_due(), list.iter().map(|entry| entry.0).min().unwrap_or(NEVER));
            }
        }
    }
}
