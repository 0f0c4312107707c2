//! Replications of many jobs on all cores, from one queue, in an order that does not depend on them.
//!
//! A job is one question that needs many replications: one test by one model. Threads take the next
//! replication of the first job that has any left, so no core is idle before the last replication of
//! the last job is under way; results are put in order by job and index, whoever computed them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What the replications of one job gave.
#[derive(Debug, PartialEq, Eq)]
pub struct Replicated<T, E> {
    /// Results by index, up to the first failure.
    pub done: Vec<T>,
    pub failure: Option<E>,
    /// All replications that the job wanted are done.
    pub complete: bool,
}

/// Runs `one(job, index)` for the first `first[job]` indices of each job on `threads` threads, then
/// for as many further ones as `more(job, results)` asks for, until it asks for none; `conclude` makes
/// of each job's results what is returned, by job. A failure stops all jobs.
pub fn replicate<T: Send, E: Send, R: Send>(
    first: &[usize],
    threads: usize,
    one: impl Fn(usize, usize) -> Result<T, E> + Sync,
    more: impl Fn(usize, &[T]) -> usize + Sync,
    conclude: impl Fn(usize, Replicated<T, E>) -> R + Sync,
) -> Vec<R> {
    let rows = first.iter().map(|&to| Row { next: 0, to, open: 0, results: Vec::new(), concluded: None }).collect();
    let queue = Queue { state: Mutex::new(State { rows, running: 0, stopped: false }), changed: Condvar::new() };
    let work = || {
        while let Some((job, index)) = queue.take() {
            let taken = Taken(&queue);
            let result = one(job, index);
            if let Some(results) = queue.put(job, index, result) {
                match more(job, &results) {
                    0 => {
                        let concluded = conclude(job, Replicated { done: results, failure: None, complete: true });
                        queue.lock().rows[job].concluded = Some(concluded);
                    }
                    further => queue.extend(job, results, further),
                }
            }
            drop(taken);
        }
    };
    let threads = threads.clamp(1, first.iter().sum::<usize>().max(1));
    if threads == 1 {
        work();
    } else {
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    }
    let state = queue.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let rows = state.rows.into_iter().enumerate();
    rows.map(|(job, row)| row.concluded.unwrap_or_else(|| conclude(job, partial(row.results)))).collect()
}

/// What there is of a job that was stopped. Indices are taken in order and what was taken is
/// finished, so there are no gaps before a failure.
fn partial<T, E>(mut results: Vec<(usize, Result<T, E>)>) -> Replicated<T, E> {
    results.sort_by_key(|&(index, _)| index);
    let mut done = Vec::with_capacity(results.len());
    for (_, result) in results {
        match result {
            Ok(result) => done.push(result),
            Err(failure) => return Replicated { done, failure: Some(failure), complete: false },
        }
    }
    Replicated { done, failure: None, complete: false }
}

struct Queue<T, E, R> {
    state: Mutex<State<T, E, R>>,
    /// A replication is finished, or there are more.
    changed: Condvar,
}

struct State<T, E, R> {
    rows: Vec<Row<T, E, R>>,
    /// Threads that have taken a replication and may yet ask for more.
    running: usize,
    stopped: bool,
}

/// A job: replications before `next` are taken, those before `to` wanted, `open` taken but not done.
struct Row<T, E, R> {
    next: usize,
    to: usize,
    open: usize,
    results: Vec<(usize, Result<T, E>)>,
    concluded: Option<R>,
}

impl<T, E, R> Queue<T, E, R> {
    fn lock(&self) -> MutexGuard<'_, State<T, E, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next replication; waits while a running one may ask for more. `None`: there is nothing left.
    fn take(&self) -> Option<(usize, usize)> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some((job, row)) = state.rows.iter_mut().enumerate().find(|(_, row)| row.next < row.to) {
                let index = row.next;
                row.next += 1;
                row.open += 1;
                state.running += 1;
                return Some((job, index));
            }
            if state.running == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Keeps a result. Returns all results of the job in order if none is missing now.
    fn put(&self, job: usize, index: usize, result: Result<T, E>) -> Option<Vec<T>> {
        let mut state = self.lock();
        state.stopped |= result.is_err();
        let stopped = state.stopped;
        let row = &mut state.rows[job];
        row.results.push((index, result));
        row.open -= 1;
        let whole = row.next == row.to && row.open == 0;
        // A failure leaves the job to be concluded as far as it came.
        if !whole || stopped && row.results.iter().any(|(_, result)| result.is_err()) {
            return None;
        }
        Some(partial(std::mem::take(&mut row.results)).done)
    }

    /// Gives results back to a job that wants `further` replications.
    fn extend(&self, job: usize, results: Vec<T>, further: usize) {
        let mut state = self.lock();
        let row = &mut state.rows[job];
        row.results = results.into_iter().map(Ok).enumerate().collect();
        row.to += further;
    }
}

/// A replication under way; others are told when it ends, even by a panic.
struct Taken<'a, T, E, R>(&'a Queue<T, E, R>);

impl<T, E, R> Drop for Taken<'_, T, E, R> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.running -= 1;
        state.stopped |= std::thread::panicking();
        drop(state);
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(first: &[usize], threads: usize, more: impl Fn(usize, &[usize]) -> usize + Sync) -> Vec<Vec<usize>> {
        let one = |job: usize, index: usize| Ok::<_, ()>(100 * job + index * index);
        replicate(first, threads, one, more, |_, replicated| {
            assert!(replicated.complete);
            replicated.done
        })
    }

    #[test]
    fn results_come_by_job_and_index_whatever_the_threads() {
        let one = all(&[3, 40, 5], 1, |_, _| 0);
        assert_eq!(one, all(&[3, 40, 5], 4, |_, _| 0));
        assert_eq!(one[0], [0, 1, 4]);
        assert_eq!((one[1][39], one[2][2]), (100 + 39 * 39, 204));
    }

    #[test]
    fn a_job_may_ask_for_more_until_it_has_enough() {
        let more = |job: usize, done: &[usize]| if job == 1 && done.len() < 10 { 4 } else { 0 };
        for threads in [1, 4] {
            let lengths: Vec<usize> = all(&[2, 3], threads, more).iter().map(Vec::len).collect();
            assert_eq!(lengths, [2, 11]);
        }
    }

    #[test]
    fn a_failure_is_returned_with_what_came_before_it_and_stops_the_rest() {
        let one = |job: usize, index: usize| if (job, index) == (1, 7) { Err(index) } else { Ok(index) };
        let seen = replicate(&[5, 20, 20], 2, one, |_, _| 0, |_, replicated| replicated);
        assert_eq!(seen[0], Replicated { done: (0..5).collect(), failure: None, complete: true });
        assert_eq!(seen[1], Replicated { done: (0..7).collect(), failure: Some(7), complete: false });
        assert!(!seen[2].complete && seen[2].failure.is_none() && seen[2].done.len() < 20);
    }
}
