//! Waiters by when they give up, where each has patience of its own.
//!
//! A waiter that is served leaves long before its patience ends, so it is taken out wherever it
//! stands: each request knows its place ([`Request::expiry`]), and the heap holds nobody who is gone.
//!
//! [`Request::expiry`]: super::requests::Request::expiry

use super::calendar::NEVER;
use super::requests::{NONE, RequestId, Requests};

/// A binary heap with places; the root is the first to give up, of equals who came first.
#[derive(Debug, Default)]
pub struct Expiries {
    heap: Vec<Expiry>,
    came: u64,
}

/// Ordered by the instant, then by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Expiry {
    due: u64,
    came: u64,
    id: RequestId,
}

impl Expiries {
    /// Adds a request, which gives up at its [`super::requests::Request::gives_up`].
    pub fn push(&mut self, requests: &mut Requests, id: RequestId) {
        self.came += 1;
        let place = self.heap.len();
        self.heap.push(Expiry { due: requests[id].gives_up, came: self.came, id });
        self.rise(requests, place);
    }

    /// Takes a request out, which must be here.
    pub fn remove(&mut self, requests: &mut Requests, id: RequestId) {
        let place = requests[id].expiry as usize;
        self.heap.swap_remove(place);
        if place < self.heap.len() {
            let place = self.sink(requests, place);
            self.rise(requests, place);
        }
    }

    /// When the next one gives up, and who; [`NEVER`] if nobody waits.
    #[inline(always)]
    #[must_use]
    pub fn first(&self) -> (u64, RequestId) {
        self.heap.first().map_or((NEVER, NONE), |expiry| (expiry.due, expiry.id))
    }

    /// Lets the one at `place` rise to where it belongs, and notes where that is.
    fn rise(&mut self, requests: &mut Requests, mut place: usize) {
        let one = self.heap[place];
        while place > 0 {
            let above = self.heap[(place - 1) / 2];
            if above < one {
                break;
            }
            self.put(requests, place, above);
            place = (place - 1) / 2;
        }
        self.put(requests, place, one);
    }

    /// Lets the one at `place` sink; where it came to stand.
    fn sink(&mut self, requests: &mut Requests, mut place: usize) -> usize {
        let one = self.heap[place];
        loop {
            let below = &self.heap[(2 * place + 1).min(self.heap.len())..];
            let Some((side, &least)) = below.iter().take(2).enumerate().min_by_key(|(_, expiry)| **expiry) else {
                break;
            };
            if one < least {
                break;
            }
            self.put(requests, place, least);
            place = 2 * place + 1 + side;
        }
        self.heap[place] = one;
        place
    }

    fn put(&mut self, requests: &mut Requests, place: usize, one: Expiry) {
        requests[one.id].expiry = place as u32;
        self.heap[place] = one;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The slow twin: a list in order of arrival, searched through.
        #[test]
        fn the_first_to_give_up_is_found_and_whoever_leaves_is_gone(
            steps in proptest::collection::vec((0u8..5, 0u64..30, any::<prop::sample::Index>()), 1..400),
        ) {
            let mut requests = Requests::new(0, 0, false);
            let mut expiries = Expiries::default();
            let mut list: Vec<(u64, RequestId)> = Vec::new();
            for (what, due, which) in steps {
                match what {
                    0..3 => {
                        let (id, request) = requests.add();
                        request.gives_up = due;
                        expiries.push(&mut requests, id);
                        list.push((due, id));
                    }
                    3 if !list.is_empty() => {
                        let (_, id) = list.remove(which.index(list.len()));
                        expiries.remove(&mut requests, id);
                        requests.remove(id);
                    }
                    _ => {
                        let (due, id) = expiries.first();
                        if due != NEVER {
                            expiries.remove(&mut requests, id);
                            let place = list.iter().position(|one| one.1 == id).expect("is in the list");
                            list.remove(place);
                        }
                    }
                }
                // The first of the least: min_by_key keeps the earliest of equals.
                let first = list.iter().copied().min_by_key(|one| one.0).unwrap_or((NEVER, NONE));
                prop_assert_eq!(expiries.first(), first);
            }
        }
    }
}
