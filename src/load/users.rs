//! When each virtual user of ramping-vus and constant-vus runs: k6's plan, user by user.
//!
//! Within a stage from `a` to `b` users, the k-th of the `d = |b - a|` changes happens at
//! `end - floor(duration * (d - k) / d)`: the last one at the stage's end, none at its beginning.
//! Users form a stack: the one added last is taken away first.
//!
//! ```text
//!   vu
//!   6|      ##......                     # may begin iterations: [start, stop)
//!   5|    ######........                 . may only finish the running one: [stop, cut)
//!   4|  ##########......####....
//!   3|##########################....     vu 4 came back while it might still have been
//!    +--------------------------------> s    finishing: its iteration goes on
//! ```
//!
//! **The rule.** A user taken away in a ramp-down may finish its iteration within
//! `gracefulRampDown`. If the ramp asks for it again by then, the running iteration simply goes on
//! (k6's `toGracefulStop -> running`), or, if it had finished, the next one begins at once; nothing
//! is cut at the old limit. A user still planned at the end gets `gracefulStop`, and no user
//! outlives that.
//!
//! **Where we differ.** k6 2.2 writes its limits down for the number of users, not for each one.
//! After a jump down by two or more users (a stage of no duration) from which the ramp recovers
//! only in part within `gracefulRampDown`, it also cuts off users that had come back, and never
//! starts them again. We do not imitate that accident.

use crate::model::{Executor, Stage};

use super::{nanoseconds, whole_users};

/// A span of time in which one virtual user runs iterations. Instants in ns since the test began.
///
/// If `cut_ns` lies at or beyond the start of the same user's next span, an iteration that is still
/// running then belongs to that span and goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VuSpan {
    /// The user's number, from 0.
    pub vu: u32,
    /// The first iteration begins here.
    pub start_ns: u64,
    /// No iteration begins here or later; `start_ns < stop_ns`.
    pub stop_ns: u64,
    /// A running iteration is interrupted here; `stop_ns <= cut_ns`.
    pub cut_ns: u64,
}

/// The spans of all virtual users of an executor that starts at `start_s`, ordered by start, then
/// user. Empty for arrival rates, whose users run when arrivals are due.
#[must_use]
pub fn vu_spans(executor: &Executor, start_s: f64, graceful_stop_s: f64) -> Vec<VuSpan> {
    let start = nanoseconds(start_s);
    let graceful_stop = nanoseconds(graceful_stop_s);
    match executor {
        Executor::ConstantVus { vus, duration } => {
            let stop_ns = start.saturating_add(nanoseconds(*duration));
            let cut_ns = stop_ns.saturating_add(graceful_stop);
            let span = |vu| VuSpan { vu, start_ns: start, stop_ns, cut_ns };
            (0..*vus).map(span).filter(|span| span.start_ns < span.stop_ns).collect()
        }
        Executor::RampingVus { start_vus, stages, graceful_ramp_down } => {
            let grace = nanoseconds(*graceful_ramp_down);
            join(ramp(start, *start_vus, stages, grace, graceful_stop), grace)
        }
        Executor::ConstantArrivalRate { .. } | Executor::RampingArrivalRate { .. } | Executor::Replay(_) => Vec::new(),
    }
}

/// The users that are up, as a stack of the instants at which they came, and the spans of the others.
struct Ramp {
    up: Vec<u64>,
    spans: Vec<VuSpan>,
}

impl Ramp {
    /// Takes the latest user away at `stop_ns`.
    fn take(&mut self, stop_ns: u64, cut_ns: u64) {
        if let Some(start_ns) = self.up.pop() {
            let vu = self.up.len() as u32;
            self.spans.push(VuSpan { vu, start_ns, stop_ns, cut_ns });
        }
    }
}

/// Every span that the stages make, each with its own limit, in no useful order.
fn ramp(start: u64, start_vus: u32, stages: &[Stage], grace: u64, graceful_stop: u64) -> Vec<VuSpan> {
    let length = |stage: &Stage| nanoseconds(stage.duration);
    let end = stages.iter().map(length).fold(start, u64::saturating_add);
    let last_cut = end.saturating_add(graceful_stop);

    let mut ramp = Ramp { up: vec![start; start_vus as usize], spans: Vec::new() };
    let (mut stage_end, mut level) = (start, start_vus);
    for stage in stages {
        stage_end = stage_end.saturating_add(length(stage));
        let target = whole_users(stage.target);
        let changes = target.abs_diff(level);
        for change in 1..=changes {
            let left = u128::from(length(stage)) * u128::from(changes - change) / u128::from(changes);
            let at = stage_end - left as u64;
            if target > level {
                ramp.up.push(at);
            } else {
                ramp.take(at, at.saturating_add(grace).min(last_cut));
            }
        }
        level = target;
    }
    while !ramp.up.is_empty() {
        ramp.take(end, last_cut);
    }
    ramp.spans
}

/// Lets iterations go on where a user comes back in time, and makes touching spans one.
fn join(mut spans: Vec<VuSpan>, grace: u64) -> Vec<VuSpan> {
    spans.sort_unstable_by_key(|span| (span.vu, span.start_ns, span.stop_ns));
    let mut later: Option<VuSpan> = None;
    for span in spans.iter_mut().rev() {
        if let Some(next) = later.filter(|next| next.vu == span.vu)
            && next.start_ns <= span.stop_ns.saturating_add(grace)
        {
            span.cut_ns = next.cut_ns;
        }
        later = Some(*span);
    }
    spans.dedup_by(|next, span| {
        let touches = next.vu == span.vu && next.start_ns == span.stop_ns;
        if touches {
            span.stop_ns = next.stop_ns;
        }
        touches
    });
    spans.retain(|span| span.start_ns < span.stop_ns);
    spans.sort_unstable_by_key(|span| (span.start_ns, span.vu));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: u64 = 1_000_000_000;

    fn ramping(start_vus: u32, stages: &[(f64, f64)], graceful_ramp_down: f64) -> Executor {
        let stages = stages.iter().map(|&(duration, target)| Stage { duration, target }).collect();
        Executor::RampingVus { start_vus, stages, graceful_ramp_down }
    }

    /// Users that may begin iterations at `t`, and users that may be running one.
    fn counts(spans: &[VuSpan], t: u64) -> (usize, usize) {
        let begin = spans.iter().filter(|span| span.start_ns <= t && t < span.stop_ns).count();
        let mut run: Vec<u32> =
            spans.iter().filter(|span| span.start_ns <= t && t < span.cut_ns).map(|span| span.vu).collect();
        run.sort_unstable();
        run.dedup();
        (begin, run.len())
    }

    #[test]
    fn constant_users_run_from_start_to_end_and_get_the_graceful_stop() {
        let executor = Executor::ConstantVus { vus: 3, duration: 10.0 };
        let spans = vu_spans(&executor, 2.0, 30.0);
        let span = |vu| VuSpan { vu, start_ns: 2 * SECOND, stop_ns: 12 * SECOND, cut_ns: 42 * SECOND };
        assert_eq!(spans, [span(0), span(1), span(2)]);
    }

    /// The plan that k6 draws and tests (`reserveVUsForGracefulRampDowns`): 4 users, up to 6, down
    /// to 1, up to 5, down to 1, up to 4, held, dropped to 1, held. Its chart gives, second by
    /// second, who begins iterations; with the default 30 s it may run 6 until 33 s, 5 until 42 s,
    /// 4 until 50 s, 1 until 53 s.
    #[test]
    fn the_plan_of_k6s_own_chart() {
        let stages = [(2.0, 6.0), (5.0, 1.0), (4.0, 5.0), (4.0, 1.0), (3.0, 4.0), (2.0, 4.0), (0.0, 1.0), (3.0, 1.0)];
        let begin = [4, 5, 6, 5, 4, 3, 2, 1, 2, 3, 4, 5, 4, 3, 2, 1, 2, 3, 4, 4, 1, 1, 1, 0];
        let spans = vu_spans(&ramping(4, &stages, 30.0), 0.0, 30.0);
        for (second, expected) in begin.into_iter().enumerate() {
            assert_eq!(counts(&spans, second as u64 * SECOND).0, expected, "at {second} s");
        }
        for (from, to, expected) in [(2, 33, 6), (33, 42, 5), (42, 50, 4), (50, 53, 1), (53, 60, 0)] {
            for second in from..to {
                assert_eq!(counts(&spans, second * SECOND).1, expected, "at {second} s");
            }
        }
        // With a graceful stop of 3 s nobody outlives 23 + 3 s.
        let spans = vu_spans(&ramping(4, &stages, 30.0), 0.0, 3.0);
        assert_eq!(counts(&spans, 26 * SECOND - 1).1, 6);
        assert_eq!(counts(&spans, 26 * SECOND).1, 0);
        // Without any grace a user is cut where it stops.
        let spans = vu_spans(&ramping(4, &stages, 0.0), 0.0, 0.0);
        assert!(spans.iter().all(|span| span.cut_ns == span.stop_ns));
    }

    #[test]
    fn a_user_that_comes_back_in_time_goes_on() {
        let down_and_up = |pause| ramping(2, &[(10.0, 2.0), (0.0, 1.0), (pause, 1.0), (0.0, 2.0), (20.0, 2.0)], 5.0);
        let second_user = |executor: &Executor| -> Vec<(u64, u64, u64)> {
            let spans = vu_spans(executor, 0.0, 30.0);
            let seconds = |span: &VuSpan| (span.start_ns / SECOND, span.stop_ns / SECOND, span.cut_ns / SECOND);
            spans.iter().filter(|span| span.vu == 1).map(seconds).collect()
        };
        assert_eq!(second_user(&down_and_up(5.0)), [(0, 10, 65), (15, 35, 65)], "just in time");
        assert_eq!(second_user(&down_and_up(6.0)), [(0, 10, 15), (16, 36, 66)], "too late: cut after 5 s");
        assert_eq!(second_user(&down_and_up(0.0)), [(0, 30, 60)], "no pause, no second span");
    }

    #[test]
    fn a_user_planned_for_no_time_never_runs() {
        // The tenth user would start at 10 s, where the executor ends.
        let spans = vu_spans(&ramping(0, &[(10.0, 10.0)], 30.0), 0.0, 30.0);
        assert_eq!(spans.len(), 9);
        assert_eq!(spans[0], VuSpan { vu: 0, start_ns: SECOND, stop_ns: 10 * SECOND, cut_ns: 40 * SECOND });
    }

    #[test]
    fn a_million_users_are_no_burden() {
        let spans = vu_spans(&ramping(0, &[(600.0, 1e6), (600.0, 1e6), (600.0, 0.0)], 30.0), 0.0, 30.0);
        assert_eq!(spans.len(), 1_000_000);
        let user_ns: u128 = spans.iter().map(|span| u128::from(span.stop_ns - span.start_ns)).sum();
        // Up by floor, down by floor: mirrored, so each user's span is 1200 s but for rounding.
        assert!(user_ns.abs_diff(1_000_000 * 1200 * u128::from(SECOND)) <= 1_000_000);
    }

    /// A plan in whole ns, for the slow twin.
    #[derive(Debug)]
    struct Plan {
        start_vus: u32,
        stages: Vec<(u64, u32)>,
        grace: u64,
        graceful_stop: u64,
    }

    impl Plan {
        fn end(&self) -> u64 {
            self.stages.iter().map(|stage| stage.0).sum()
        }

        /// Users planned from `t` on, change by change as the module's text defines them.
        fn planned(&self, t: u64) -> u32 {
            let (mut begin, mut level) = (0, self.start_vus);
            for &(length, target) in &self.stages {
                if t < begin + length {
                    let all = u64::from(target.abs_diff(level));
                    let passed = (1..=all).filter(|change| begin + length - length * (all - change) / all <= t);
                    let passed = passed.count() as u32;
                    return if target > level { level + passed } else { level - passed };
                }
                (begin, level) = (begin + length, target);
            }
            0
        }

        /// The most users planned at the instant `t`, be it for no time at all.
        fn peak(&self, t: u64) -> u32 {
            let (mut end, mut peak) = (0, self.planned(t));
            if t == 0 {
                peak = peak.max(self.start_vus);
            }
            for &(length, target) in &self.stages {
                end += length;
                if end == t {
                    peak = peak.max(target);
                }
            }
            peak
        }

        /// Whether user `vu` may be running an iteration, tick by tick: the rule, followed forward.
        fn running(&self, vu: u32) -> Vec<bool> {
            let at_end = self.stages.last().map_or(0, |stage| stage.1);
            let (mut running, mut limit) = (false, 0);
            let mut ticks = Vec::new();
            for t in 0..self.end() + self.graceful_stop + 2 {
                if self.planned(t) > vu {
                    (running, limit) = (true, u64::MAX);
                } else if t == self.end() && at_end > vu {
                    limit = t + self.graceful_stop;
                } else if self.peak(t) > vu || (t > 0 && self.planned(t - 1) > vu) {
                    limit = t + self.grace;
                }
                running &= t < limit && t < self.end() + self.graceful_stop;
                ticks.push(running);
            }
            ticks
        }

        fn executor(&self) -> Executor {
            let seconds = |ns: u64| ns as f64 / 1e9;
            let stages: Vec<_> = self.stages.iter().map(|s| (seconds(s.0), f64::from(s.1))).collect();
            ramping(self.start_vus, &stages, seconds(self.grace))
        }
    }

    proptest! {
        #[test]
        fn spans_agree_with_the_rule_followed_tick_by_tick(
            start_vus in 0_u32..6,
            stages in prop::collection::vec((prop_oneof![Just(0_u64), 1_u64..30], 0_u32..6), 1..7),
            grace in 0_u64..25,
            graceful_stop in 0_u64..25,
        ) {
            let plan = Plan { start_vus, stages, grace, graceful_stop };
            let spans = vu_spans(&plan.executor(), 0.0, graceful_stop as f64 / 1e9);
            prop_assert!(spans.is_sorted_by_key(|span| (span.start_ns, span.vu)));
            for span in &spans {
                prop_assert!(span.start_ns < span.stop_ns && span.stop_ns <= span.cut_ns);
            }
            for vu in 0..6 {
                for (t, running) in plan.running(vu).into_iter().enumerate() {
                    let t = t as u64;
                    let mine = || spans.iter().filter(|span| span.vu == vu && span.start_ns <= t);
                    prop_assert_eq!(mine().any(|span| t < span.stop_ns), plan.planned(t) > vu, "{} begins at {}", vu, t);
                    prop_assert_eq!(mine().any(|span| t < span.cut_ns), running, "{} runs at {}", vu, t);
                }
            }
        }
    }
}
