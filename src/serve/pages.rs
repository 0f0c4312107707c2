//! What each page wants now: a new question ends the work on its last one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::study::predict::Watch;

/// Whether an answer is still wanted.
pub(super) struct Wanted {
    left: AtomicBool,
    until: Instant,
}

impl Wanted {
    pub fn no_more(&self) {
        self.left.store(true, Ordering::Relaxed);
    }
}

impl Watch for Wanted {
    fn replication_done(&self) {}

    fn keep_going(&self) -> bool {
        !self.left.load(Ordering::Relaxed) && Instant::now() < self.until
    }
}

/// Pages with the part of each that asks ("today", "what if").
#[derive(Default)]
pub(super) struct Pages(Mutex<BTreeMap<(String, String), Arc<Wanted>>>);

impl Pages {
    fn all(&self) -> MutexGuard<'_, BTreeMap<(String, String), Arc<Wanted>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new question, to be answered within so long; the last one of the same part of the page is dropped. A question of no
    /// page stands for itself.
    pub fn ask(&self, page: &str, part: &str, within: Duration) -> Arc<Wanted> {
        let wanted = Arc::new(Wanted { left: AtomicBool::new(false), until: Instant::now() + within });
        if page.is_empty() {
            return wanted;
        }
        let last = self.all().insert((page.to_owned(), part.to_owned()), Arc::clone(&wanted));
        if let Some(last) = last {
            last.no_more();
        }
        wanted
    }

    /// A question is answered or dropped.
    pub fn done(&self, page: &str, part: &str, wanted: &Arc<Wanted>) {
        wanted.no_more();
        let key = (page.to_owned(), part.to_owned());
        let mut all = self.all();
        if all.get(&key).is_some_and(|now| Arc::ptr_eq(now, wanted)) {
            all.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_question_ends_the_last_of_the_same_part() {
        let pages = Pages::default();
        let ask = |page, part| pages.ask(page, part, Duration::from_secs(9));
        let (first, other, elsewhere) = (ask("a", "today"), ask("a", "what if"), ask("b", "today"));
        let second = ask("a", "today");
        assert_eq!([&first, &other, &elsewhere, &second].map(|wanted| wanted.keep_going()), [false, true, true, true]);
        pages.done("a", "today", &first);
        assert!(second.keep_going());
        pages.done("a", "today", &second);
        assert_eq!(pages.all().len(), 2);
        assert!(!pages.ask("c", "today", Duration::ZERO).keep_going());
        let (one, another) = (ask("", ""), ask("", ""));
        assert!(one.keep_going() && another.keep_going());
    }
}
