//! Tokens that accrue and are spent: rate limits.
//!
//! Whoever asks is let through, told how long to wait, or refused, all at the instant of asking: a
//! waiter takes its tokens out of the future (its reservation), so waiters are served first come,
//! first served without standing in any line. Credit is a whole number of parts of a token, so that
//! nothing is lost or made however long a run is.

use super::program::Target;

/// Parts of a token; a rate of `1e-6 n` tokens per second accrues `n` of them per nanosecond.
const TOKEN: i128 = 1_000_000_000_000_000;
/// Rates are whole numbers of these per second.
pub const RATE_STEP: f64 = 1e-6;

/// A rate limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeterSpec {
    pub rule: Rule,
    /// Longest wait for tokens, ns; 0: who does not get them at once is refused.
    pub patience: u64,
    /// Where waiting passes, and the part to which it is accounted.
    pub delay: Target,
    pub part: u16,
    /// Counts tokens spent; the counter after it those who were refused.
    pub counter: u32,
}

/// How tokens come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Token bucket: `gain` times [`RATE_STEP`] tokens per second, at most `burst` kept, full at first.
    Bucket { gain: u64, burst: u32 },
    /// Fixed windows of `length` ns from the run's beginning, `limit` tokens in each.
    Window { length: u64, limit: u32 },
}

/// What came of asking for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Now,
    /// They are reserved, for in so many ns.
    After(u64),
    Refused,
}

/// The tokens of one rate limit.
#[derive(Clone, Debug)]
pub struct Meter {
    rule: Rule,
    /// The rule when nothing is wrong.
    whole: Rule,
    patience: u64,
    /// Bucket: parts of a token, below 0 what is reserved; when they were counted.
    credit: i128,
    at: u64,
    /// Window: the last one of which something was taken, and how much.
    window: u64,
    used: u32,
}

impl Meter {
    #[must_use]
    pub fn new(spec: &MeterSpec) -> Meter {
        let credit = match spec.rule {
            Rule::Bucket { burst, .. } => i128::from(burst) * TOKEN,
            Rule::Window { .. } => 0,
        };
        Meter { rule: spec.rule, whole: spec.rule, patience: spec.patience, credit, at: 0, window: 0, used: 0 }
    }

    /// Asks for `cost` tokens at `now`, which never goes back.
    pub fn take(&mut self, cost: u32, now: u64) -> Taken {
        match self.rule {
            Rule::Bucket { gain, burst } => self.take_from_bucket((gain, burst), cost, now),
            Rule::Window { length, limit } => self.take_from_window((length, limit), cost, now),
        }
    }

    /// From `now` on a share of its limit is left; of a bucket that is what comes into it.
    pub fn leave(&mut self, share: f64, now: u64) {
        let of = |whole: f64| (whole * share).round();
        match (self.rule, self.whole) {
            (Rule::Bucket { gain, burst }, Rule::Bucket { gain: whole, .. }) => {
                let full = i128::from(burst) * TOKEN;
                self.credit = full.min(self.credit + i128::from(gain) * i128::from(now - self.at));
                self.at = now;
                self.rule = Rule::Bucket { gain: of(whole as f64) as u64, burst };
            }
            (Rule::Window { length, .. }, Rule::Window { limit, .. }) => {
                self.rule = Rule::Window { length, limit: of(f64::from(limit)) as u32 };
            }
            _ => {}
        }
    }

    fn take_from_bucket(&mut self, (gain, burst): (u64, u32), cost: u32, now: u64) -> Taken {
        let gain = i128::from(gain);
        let full = i128::from(burst) * TOKEN;
        self.credit = full.min(self.credit + gain * i128::from(now - self.at));
        self.at = now;
        let left = self.credit - i128::from(cost) * TOKEN;
        if left >= 0 {
            self.credit = left;
            return Taken::Now;
        }
        // Rounded up: when the wait is over the tokens are there.
        let wait = if gain == 0 { i128::MAX } else { (gain - 1 - left) / gain };
        if cost > burst || wait > i128::from(self.patience) {
            return Taken::Refused;
        }
        self.credit = left;
        Taken::After(wait as u64)
    }

    fn take_from_window(&mut self, (length, limit): (u64, u32), cost: u32, now: u64) -> Taken {
        if cost > limit {
            return Taken::Refused;
        }
        let (mut window, mut used) = (self.window, self.used);
        if now / length > window {
            (window, used) = (now / length, 0);
        }
        // It may have had more before.
        if limit.saturating_sub(used) < cost {
            (window, used) = (window + 1, 0);
        }
        let wait = (window * length).saturating_sub(now);
        if wait > self.patience {
            return Taken::Refused;
        }
        (self.window, self.used) = (window, used + cost);
        if wait == 0 { Taken::Now } else { Taken::After(wait) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn meter(rule: Rule, patience: u64) -> Meter {
        let delay = Target { base: 0, by: super::super::program::By::One };
        Meter::new(&MeterSpec { rule, patience, delay, part: 0, counter: 0 })
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut meter = meter(Rule::Bucket { gain: 40_000_000, burst: 3 }, 0);
        assert_eq!([0; 4].map(|_| meter.take(1, 0)), [Taken::Now, Taken::Now, Taken::Now, Taken::Refused]);
        assert_eq!(meter.take(1, 24_999_999), Taken::Refused);
        assert_eq!(meter.take(1, 25_000_000), Taken::Now);
        // A third of a second is worth 13 tokens, of which it keeps 3.
        assert_eq!([0; 4].map(|_| meter.take(1, 400_000_000)).last(), Some(&Taken::Refused));
    }

    #[test]
    fn a_window_gives_its_limit_and_then_the_next_one() {
        let mut meter = meter(Rule::Window { length: 1_000, limit: 2 }, 1_500);
        assert_eq!(
            [0; 5].map(|_| meter.take(1, 10)),
            [Taken::Now, Taken::Now, Taken::After(990), Taken::After(990), Taken::Refused]
        );
        assert_eq!(meter.take(1, 500), Taken::After(1_500));
        assert_eq!(meter.take(2, 4_000), Taken::Now);
        assert_eq!(meter.take(3, 9_000), Taken::Refused);
    }

    proptest! {
        /// Tokens are conserved: of those let through, counted when their wait is over, no stretch of
        /// time holds more than its length is worth; and nobody is refused or waits for whom there were tokens.
        #[test]
        fn a_bucket_makes_and_loses_no_token(
            gain in 1u64..3_000_000, burst in 1u32..6,
            patience in prop_oneof![Just(0u64), 1u64..3_000_000_000],
            steps in proptest::collection::vec((0u64..900_000_000, 1u32..4), 1..80),
        ) {
            let mut meter = meter(Rule::Bucket { gain, burst }, patience);
            let (mut now, mut granted): (u64, Vec<(u64, u32)>) = (0, Vec::new());
            for (passed, cost) in steps {
                now += passed;
                let last = granted.last().map_or(0, |g| g.0).max(now);
                // Whether no stretch that ends at an instant holds too much, `slack` parts of a token apart.
                let fits = |at: u64, slack: u64| (0..=granted.len()).all(|from| {
                    let begin = granted.get(from).map_or(at, |g| g.0);
                    let spent = granted[from..].iter().map(|g| g.1).sum::<u32>() + cost;
                    let worth = i128::from(gain) * i128::from(at - begin) + i128::from(slack);
                    i128::from(spent) * TOKEN <= i128::from(burst) * TOKEN + worth
                });
                let taken = meter.take(cost, now);
                let wait = match taken {
                    Taken::Now => 0,
                    Taken::After(wait) => {
                        let early = now + wait - 1;
                        prop_assert!(wait <= patience && (early < last || !fits(early, 0)));
                        wait
                    }
                    Taken::Refused => {
                        let late = now + patience;
                        prop_assert!(cost > burst || late < last || !fits(late, 0));
                        continue;
                    }
                };
                // Waits are rounded up to whole ns, so a stretch may begin one late.
                prop_assert!(fits(now + wait, gain));
                granted.push((now + wait, cost));
            }
        }

        /// The slow twin: what was taken of every window, of which the last one asked or the present is asked first.
        #[test]
        fn a_window_gives_its_limit_to_who_comes_first(
            length in 1u64..1_000, limit in 1u32..6, patience in 0u64..3_000,
            steps in proptest::collection::vec((0u64..400, 1u32..8), 1..80),
        ) {
            let mut meter = meter(Rule::Window { length, limit }, patience);
            let (mut now, mut spent) = (0, std::collections::BTreeMap::new());
            for (passed, cost) in steps {
                now += passed;
                let head = spent.keys().next_back().copied().unwrap_or(0).max(now / length);
                let used: u32 = spent.get(&head).copied().unwrap_or(0);
                let window = if used + cost <= limit { head } else { head + 1 };
                let wait = (window * length).saturating_sub(now);
                let expected = match wait {
                    _ if cost > limit || wait > patience => Taken::Refused,
                    0 => Taken::Now,
                    wait => Taken::After(wait),
                };
                prop_assert_eq!(meter.take(cost, now), expected);
                if expected != Taken::Refused {
                    *spent.entry(window).or_insert(0) += cost;
                }
            }
        }
    }
}
