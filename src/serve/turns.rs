//! Who simulates next: the cores are shared among all pages, and whoever has the least comes first.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
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
    tickets: u64,
    /// By what they have already, then by who came first.
    busy: BTreeMap<(usize, u64), Arc<AtomicBool>>,
    waiting: BTreeMap<(usize, u64), oneshot::Sender<Turn>>,
}

/// The right to simulate until it is dropped.
pub(super) struct Turn {
    turns: Option<Arc<Turns>>,
    key: (usize, u64),
    give_way: Arc<AtomicBool>,
}

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
        (state.busy.len(), state.waiting.len())
    }

    /// Waits for a turn; who has `done` fewer replications comes before the others, and whoever simulates and has most is
    /// asked to give way. Who no longer waits has no turn.
    pub async fn turn(self: &Arc<Turns>, done: usize) -> Turn {
        let receiver = {
            let mut state = self.state();
            state.tickets += 1;
            let key = (done, state.tickets);
            if state.busy.len() < self.at_once {
                return self.begin(&mut state, key);
            }
            if let Some((_, give_way)) = state.busy.last_key_value().filter(|((has, _), _)| *has > done) {
                give_way.store(true, Ordering::Relaxed);
            }
            let (sender, receiver) = oneshot::channel();
            state.waiting.insert(key, sender);
            receiver
        };
        // Senders are dropped only with the turns themselves.
        receiver.await.unwrap_or(Turn { turns: None, key: (0, 0), give_way: Arc::default() })
    }

    fn begin(self: &Arc<Turns>, state: &mut State, key: (usize, u64)) -> Turn {
        let give_way = Arc::<AtomicBool>::default();
        state.busy.insert(key, Arc::clone(&give_way));
        Turn { turns: Some(Arc::clone(self)), key, give_way }
    }

    fn pass_on(self: &Arc<Turns>, from: (usize, u64)) {
        let mut state = self.state();
        state.busy.remove(&from);
        while let Some((key, sender)) = state.waiting.pop_first() {
            let turn = self.begin(&mut state, key);
            let Err(mut turn) = sender.send(turn) else { return };
            // Nobody waits there any more: the turn is not taken, and not given back.
            turn.turns = None;
            state.busy.remove(&key);
        }
    }
}

impl Turn {
    /// Set when somebody who has less waits.
    pub fn give_way(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.give_way)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            turns.pass_on(self.key);
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
            assert_eq!(turns.load(), (0, 0));
        });
    }

    #[test]
    fn who_has_most_gives_way() {
        runtime().block_on(async {
            let turns = Turns::new(2, 9);
            let (few, many) = (turns.turn(2).await, turns.turn(16).await);
            let gives = |turn: &Turn| turn.give_way().load(Ordering::Relaxed);
            let ask = |done| {
                let turns = Arc::clone(&turns);
                tokio::spawn(async move { drop(turns.turn(done).await) })
            };
            let more = ask(28);
            tokio::task::yield_now().await;
            assert_eq!((gives(&few), gives(&many)), (false, false));
            let new = ask(0);
            tokio::task::yield_now().await;
            assert_eq!((gives(&few), gives(&many)), (false, true));
            drop((few, many));
            assert!(more.await.is_ok() && new.await.is_ok());
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
            assert_eq!(turns.load(), (0, 0));
        });
    }
}
