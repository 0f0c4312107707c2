//! What stops a caller from asking again: circuit breakers and budgets of retries.
//!
//! A breaker is closed, open, or half-open. Closed, it keeps the outcomes of a sliding window and
//! opens when enough of them are failures. Open, it lets nobody through. After a time it is
//! half-open: it lets a few through, and closes or opens again when all of them are answered.
//! An answer to what was asked before the last change counts nowhere (as in gobreaker's generations).
//! Nothing here acts of itself: the end of the open time is seen by who asks next.

use std::collections::VecDeque;

/// Thresholds are whole numbers of these parts of 1.
pub const SHARE: u64 = 1_000_000;
/// Steps in which a window of time slides, as opossum's `rollingCountBuckets`.
const STEPS: usize = 10;
/// Tokens of a budget are counted in thousandths, as gRPC does.
pub const MILLI: u64 = 1000;

/// A circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerSpec {
    /// Share of failures at which it opens, in millionths.
    pub failures: u64,
    /// Outcomes in the window without which it stays closed.
    pub minimum: u32,
    pub window: BreakerWindow,
    /// How long it is open, ns.
    pub open: u64,
    /// Requests let through when half-open, at least 1.
    pub trials: u32,
    /// Causes that are failures, one bit each.
    pub causes: u32,
    /// Readings of breakers with the same gauge are added up.
    pub gauge: u32,
}

/// Which outcomes a closed breaker looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BreakerWindow {
    /// The last so many.
    Last(u32),
    /// Those of so many ns, which slide in tenths.
    Time(u64),
}

/// Outcomes of a window: all, and failures.
#[derive(Clone, Debug)]
enum Outcomes {
    Last { kept: VecDeque<bool>, most: usize, failed: u64 },
    Time { steps: [[u32; 2]; STEPS], now: u64, step: u64 },
}

impl Outcomes {
    fn new(window: BreakerWindow) -> Outcomes {
        match window {
            BreakerWindow::Last(most) => Outcomes::Last { kept: VecDeque::new(), most: most as usize, failed: 0 },
            BreakerWindow::Time(length) => {
                Outcomes::Time { steps: [[0; 2]; STEPS], now: 0, step: (length / STEPS as u64).max(1) }
            }
        }
    }

    fn clear(&mut self) {
        match self {
            Outcomes::Last { kept, failed, .. } => {
                kept.clear();
                *failed = 0;
            }
            Outcomes::Time { steps, .. } => *steps = [[0; 2]; STEPS],
        }
    }

    /// Adds one and returns how many there are, and how many of them are failures.
    fn add(&mut self, bad: bool, at: u64) -> (u64, u64) {
        match self {
            Outcomes::Last { kept, most, failed } => {
                if kept.len() == *most && kept.pop_front() == Some(true) {
                    *failed -= 1;
                }
                kept.push_back(bad);
                *failed += u64::from(bad);
                (kept.len() as u64, *failed)
            }
            Outcomes::Time { steps, now, step } => {
                let here = at / *step;
                let oldest = (here + 1).saturating_sub(STEPS as u64);
                for begun in oldest.max(*now + 1)..=here {
                    steps[(begun % STEPS as u64) as usize] = [0; 2];
                }
                *now = here;
                let [all, failed] = &mut steps[(here % STEPS as u64) as usize];
                (*all, *failed) = (*all + 1, *failed + u32::from(bad));
                let sum = |which: usize| steps.iter().map(|step| u64::from(step[which])).sum();
                (sum(0), sum(1))
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: u64 },
    HalfOpen { asked: u32, answered: u32, failed: u32 },
}

/// One circuit breaker at work.
#[derive(Clone, Debug)]
pub struct Breaker {
    pub spec: BreakerSpec,
    state: State,
    outcomes: Outcomes,
    /// When the state last changed, ns.
    changed: u64,
    /// When it was last opened, and until when that lasts; of it, open time not yet read.
    open: (u64, u64),
    unread: u64,
    read_at: u64,
}

impl Breaker {
    #[must_use]
    pub fn new(spec: &BreakerSpec) -> Breaker {
        let outcomes = Outcomes::new(spec.window);
        Breaker { spec: *spec, state: State::Closed, outcomes, changed: 0, open: (0, 0), unread: 0, read_at: 0 }
    }

    /// Whether a request may go on at `now`.
    pub fn admits(&mut self, now: u64) -> bool {
        match &mut self.state {
            State::Closed => true,
            State::Open { until } if now < *until => false,
            State::Open { .. } => {
                (self.state, self.changed) = (State::HalfOpen { asked: 1, answered: 0, failed: 0 }, now);
                true
            }
            State::HalfOpen { asked, .. } => {
                let more = *asked < self.spec.trials;
                *asked += u32::from(more);
                more
            }
        }
    }

    /// A request let through at `begun` was answered: `failed` holds its cause.
    pub fn answered(&mut self, begun: u64, now: u64, failed: Option<u8>) {
        if begun < self.changed {
            return;
        }
        let bad = failed.is_some_and(|cause| self.spec.causes & (1 << cause) != 0);
        let too_many = |all: u64, failed: u64| failed > 0 && failed * SHARE >= self.spec.failures * all;
        match self.state {
            State::Closed => {
                let (all, failed) = self.outcomes.add(bad, now);
                if bad && all >= u64::from(self.spec.minimum) && too_many(all, failed) {
                    self.opens(now);
                }
            }
            State::HalfOpen { asked, answered, failed } => {
                let (answered, failed) = (answered + 1, failed + u32::from(bad));
                self.state = State::HalfOpen { asked, answered, failed };
                if answered < self.spec.trials {
                    return;
                }
                if too_many(u64::from(answered), u64::from(failed)) {
                    self.opens(now);
                } else {
                    self.outcomes.clear();
                    (self.state, self.changed) = (State::Closed, now);
                }
            }
            State::Open { .. } => {}
        }
    }

    fn opens(&mut self, now: u64) {
        self.settle(now);
        let until = now.saturating_add(self.spec.open);
        self.open = (now, until);
        self.outcomes.clear();
        (self.state, self.changed) = (State::Open { until }, now);
    }

    fn settle(&mut self, now: u64) {
        let (from, until) = self.open;
        self.unread += until.min(now).saturating_sub(from.max(self.read_at));
        self.read_at = now;
    }

    /// How long it was open since the last reading, ns.
    pub fn read(&mut self, now: u64) -> u64 {
        self.settle(now);
        std::mem::take(&mut self.unread)
    }
}

/// A budget of retries, as gRPC's `retryThrottling`: see [`Budget`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BudgetSpec {
    /// Thousandths of a token.
    pub most: u64,
    pub per_success: u64,
    /// Causes that are failures, one bit each.
    pub causes: u32,
}

/// Tokens that failures take away (one each) and successes bring back (a share of one); retries are
/// sent while there are more than half of the most (gRPC proposal A6, "Throttling retry attempts").
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub spec: BudgetSpec,
    tokens: u64,
}

impl Budget {
    #[must_use]
    pub fn new(spec: &BudgetSpec) -> Budget {
        Budget { spec: *spec, tokens: spec.most }
    }

    pub fn answered(&mut self, failed: Option<u8>) {
        match failed {
            None => self.tokens = self.spec.most.min(self.tokens + self.spec.per_success),
            Some(cause) if self.spec.causes & (1 << cause) != 0 => self.tokens = self.tokens.saturating_sub(MILLI),
            Some(_) => {}
        }
    }

    #[must_use]
    pub fn allows(&self) -> bool {
        2 * self.tokens > self.spec.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn breaker(window: BreakerWindow, minimum: u32, trials: u32) -> Breaker {
        Breaker::new(&BreakerSpec { failures: SHARE / 2, minimum, window, open: 1_000, trials, causes: 1, gauge: 0 })
    }

    #[test]
    fn it_opens_at_the_share_lets_trials_through_and_closes() {
        let mut breaker = breaker(BreakerWindow::Last(4), 4, 2);
        for (at, failed) in [(1, Some(0)), (2, None), (3, None), (4, Some(1))] {
            assert!(breaker.admits(at));
            breaker.answered(at, at, failed);
        }
        assert!(breaker.admits(5), "cause 1 is no failure");
        // The first failure has left the window.
        breaker.answered(5, 5, Some(0));
        assert!(breaker.admits(6) && breaker.admits(6));
        breaker.answered(6, 7, Some(0));
        assert!(!breaker.admits(8) && !breaker.admits(1_006), "2 of the last 4");
        assert!(breaker.admits(1_007) && breaker.admits(1_007) && !breaker.admits(1_007), "two trials");
        breaker.answered(6, 1_008, Some(0));
        breaker.answered(1_007, 1_009, None);
        breaker.answered(1_007, 1_010, None);
        assert!(breaker.admits(1_011), "what was asked before it opened does not count");
        assert_eq!(breaker.read(2_000), 1_000);
    }

    #[test]
    fn a_failed_trial_opens_it_again() {
        let mut breaker = breaker(BreakerWindow::Time(100), 1, 1);
        breaker.answered(0, 10, Some(0));
        assert_eq!(breaker.read(510), 500);
        assert!(breaker.admits(1_500));
        breaker.answered(1_500, 1_600, Some(0));
        assert!(!breaker.admits(2_599));
        assert_eq!(breaker.read(2_600), 500 + 1_000);
    }

    #[test]
    fn a_budget_stops_retries_at_half_and_recovers() {
        let mut budget = Budget::new(&BudgetSpec { most: 4 * MILLI, per_success: 500, causes: 1 });
        budget.answered(Some(0));
        budget.answered(Some(5));
        assert!(budget.allows());
        budget.answered(Some(0));
        assert!(!budget.allows());
        budget.answered(None);
        assert!(budget.allows());
    }

    proptest! {
        /// The slow twin of a window of time: all outcomes kept, those counted that lie in the last
        /// ten steps.
        #[test]
        fn a_window_of_time_counts_what_lies_in_it(
            length in 10u64..500, steps in proptest::collection::vec((0u64..120, any::<bool>()), 1..200),
        ) {
            let (mut fast, mut all, mut now) = (Outcomes::new(BreakerWindow::Time(length)), Vec::new(), 0);
            for (passed, failed) in steps {
                now += passed;
                all.push((now, failed));
                let step = length / STEPS as u64;
                let inside: Vec<&(u64, bool)> = all.iter().filter(|o| o.0 / step + STEPS as u64 > now / step).collect();
                let failed_inside = inside.iter().filter(|o| o.1).count() as u64;
                prop_assert_eq!(fast.add(failed, now), (inside.len() as u64, failed_inside));
            }
        }
    }
}
