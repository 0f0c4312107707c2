//! Answers that were given already: what is there today is asked by every page.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Answers that are kept at most, of some 30 kB each.
const MOST: usize = 64;

/// The best answers to the last questions, as they were sent.
#[derive(Default)]
pub(super) struct Known(Mutex<VecDeque<Entry>>);

struct Entry {
    /// What was simulated.
    identity: String,
    replications: usize,
    line: Arc<[u8]>,
}

impl Known {
    /// The best answer to a question, with its replications.
    pub fn best(&self, identity: &str) -> Option<(usize, Arc<[u8]>)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = all.iter().filter(|entry| entry.identity == identity);
        of.max_by_key(|entry| entry.replications).map(|entry| (entry.replications, Arc::clone(&entry.line)))
    }

    pub fn keep(&self, identity: &str, replications: usize, line: Arc<[u8]>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.iter().any(|entry| entry.identity == identity && entry.replications >= replications) {
            return;
        }
        all.retain(|entry| entry.identity != identity);
        all.push_back(Entry { identity: identity.to_owned(), replications, line });
        if all.len() > MOST {
            all.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_the_last_is_kept() {
        let known = Known::default();
        let line = |text: &str| Arc::<[u8]>::from(text.as_bytes());
        known.keep("a", 8, line("eight"));
        known.keep("a", 2, line("two"));
        assert_eq!(known.best("a"), Some((8, line("eight"))));
        (0..MOST).for_each(|number| known.keep(&number.to_string(), 2, line("other")));
        assert_eq!(known.best("a"), None);
    }
}
