//! Who simulates next: the cores are shared among all pages, and whoever has the least comes first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Turns at simulating.
pub(super) struct Turns {
    state: Mutex<State>,
    at_once: usize,
    most_waiting: usize,
}

#[derive(Default)]
struct State {
    busy: usize,
    tickets: u64,
    /// By what they have already, then by who came first.
    waiting: BTreeMap<(usize, u64), oneshot::Sender<Turn>>,
}

/// The right to simulate until it is dropped.
pub(super) struct Turn(Option<Arc<Turns>>);

impl Turns {
    pub fn new(at_once: usize, most_waiting: usize) -> Arc<Turns> {
        Arc::new(Turns { state: Mutex::default(), at_once, most_waiting })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one more may wait.
    pub fn has_room(&self) -> bool {
        self.load().1 < self.most_waiting
    }

    /// How many simulate, and how many wait.
    pub fn load(&self) -> (usize, usize) {
        let mut state = self.state();
        state.waiting.retain(|_, sender| !sender.is_closed());
        (state.busy, state.waiting.len())
    }

    /// Waits for a turn; who has `done` fewer replications comes before the others. Who no longer waits has no turn.
    pub async fn turn(self: &Arc<Turns>, done: usize) -> Turn {
        let receiver = {
            let mut state = self.state();
            if state.busy < self.at_once {
                state.busy += 1;
                return Turn(Some(Arc::clone(self)));
            }
            let (sender, receiver) = oneshot::channel();
            state.tickets += 1;
            let ticket = state.tickets;
            state.waiting.insert((done, ticket), sender);
            receiver
        };
        // Senders are dropped only with the turns themselves.
        receiver.await.unwrap_or(Turn(None))
    }

    fn pass_on(self: &Arc<Turns>) {
        loop {
            let sender = {
                let mut state = self.state();
                match state.waiting.pop_first() {
                    Some((_, sender)) => sender,
                    None => {
                        state.busy -= 1;
                        return;
                    }
                }
            };
            match sender.send(Turn(Some(Arc::clone(self)))) {
                Ok(()) => return,
                // Nobody waits there any more: the turn is not taken, and not given back.
                Err(mut turn) => turn.0 = None,
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
    }

    #[test]
    fn the_one_that_has_least_comes_first() {
        runtime().block_on(async {
            let turns = Turns::new(1, 9);
            let first = turns.turn(0).await;
            let order = Arc::new(Mutex::new(Vec::new()));
            let waits = [8usize, 0, 2, 0].into_iter().enumerate().map(|(who, done)| {
                let (turns, order) = (Arc::clone(&turns), Arc::clone(&order));
                tokio::spawn(async move {
                    let _turn = turns.turn(done).await;
                    order.lock().expect("no panic").push(who);
                })
            });
            let waits: Vec<_> = waits.collect();
            tokio::task::yield_now().await;
            drop(first);
            for wait in waits {
                wait.await.expect("no panic");
            }
            assert_eq!(*order.lock().expect("no panic"), [1, 3, 2, 0]);
            assert_eq!(turns.state().busy, 0);
        });
    }

    #[test]
    fn who_went_away_keeps_nobody_waiting() {
        runtime().block_on(async {
            let turns = Turns::new(1, 2);
            let first = turns.turn(0).await;
            let gone = [0, 0].map(|done| {
                let turns = Arc::clone(&turns);
                tokio::spawn(async move { drop(turns.turn(done).await) })
            });
            tokio::task::yield_now().await;
            assert!(!turns.has_room());
            for wait in gone {
                wait.abort();
                assert!(wait.await.is_err());
            }
            assert!(turns.has_room());
            drop(first);
            drop(turns.turn(0).await);
            assert_eq!(turns.state().busy, 0);
        });
    }
}
