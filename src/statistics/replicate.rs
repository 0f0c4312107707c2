//! Replications on all cores, in an order that does not depend on them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Runs `one(index)` for `from..to` on `threads` threads and returns the results by index, up to the
/// first failure, and that failure; it stops the rest.
pub fn replicate<T: Send, E: Send>(
    from: usize,
    to: usize,
    threads: usize,
    one: impl Fn(usize) -> Result<T, E> + Sync,
) -> (Vec<T>, Option<E>) {
    let next = AtomicUsize::new(from);
    let failed = AtomicBool::new(false);
    let results: Mutex<Vec<(usize, Result<T, E>)>> = Mutex::new(Vec::new());
    let work = || {
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= to {
                break;
            }
            let result = one(index);
            if result.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
    };
    let threads = threads.clamp(1, (to - from).max(1));
    if threads == 1 {
        work();
    } else {
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    }
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|&(index, _)| index);
    let mut done = Vec::with_capacity(results.len());
    for (_, result) in results {
        match result {
            Ok(result) => done.push(result),
            Err(error) => return (done, Some(error)),
        }
    }
    (done, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_by_index_whatever_the_threads() {
        let square = |i: usize| Ok::<_, ()>(i * i);
        let one = replicate(3, 50, 1, square);
        assert_eq!(one, replicate(3, 50, 4, square));
        assert_eq!((one.0[0], one.0.len()), (9, 47));
    }

    #[test]
    fn a_failure_is_returned_with_what_came_before_it() {
        let seen = replicate(0, 20, 2, |i| if i == 7 { Err(i) } else { Ok(i) });
        assert_eq!(seen, ((0..7).collect(), Some(7)));
    }
}
