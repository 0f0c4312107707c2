//! The planned load of an executor at an instant: straight legs between the targets of stages.
//!
//! ```text
//!   users
//!   500 |            ____________
//!       |          /              \        one leg per stage; a stage of
//!       |        /                 \       no duration is a jump
//!       |______/                    \
//!       +-----------------------------> s
//! ```
//!
//! k6 itself moves whole users: it stays below this line on the way up and above it on the way
//! down, by less than one user ([`super::users`] has the exact steps). Charts, user-seconds and
//! the choice of the busiest stage need no more than the line.

use crate::model::{Executor, Scenario, Stage, Stretch, Test};

use super::whole_users;

/// What the load of an executor is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Users,
    /// Iterations started per second.
    Rate,
}

/// A stage as a straight line, in seconds since the test began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Leg {
    pub from_s: f64,
    pub to_s: f64,
    pub from: f64,
    pub to: f64,
}

impl Leg {
    /// The load at `t_s`, which lies within the leg.
    pub fn at(&self, t_s: f64) -> f64 {
        if self.to_s <= self.from_s {
            return self.to;
        }
        self.from + (self.to - self.from) * (t_s - self.from_s) / (self.to_s - self.from_s)
    }
}

pub(super) fn counted(executor: &Executor) -> Counted {
    match executor {
        Executor::ConstantVus { .. } | Executor::RampingVus { .. } => Counted::Users,
        Executor::ConstantArrivalRate { .. } | Executor::RampingArrivalRate { .. } | Executor::Replay(_) => {
            Counted::Rate
        }
    }
}

/// The legs of an executor that starts at `start_s`, one per stage, in order.
pub(super) fn legs(executor: &Executor, start_s: f64) -> Vec<Leg> {
    let flat =
        |level: f64, duration: f64| vec![Leg { from_s: start_s, to_s: start_s + duration, from: level, to: level }];
    match executor {
        Executor::ConstantVus { vus, duration } => flat(f64::from(*vus), *duration),
        Executor::ConstantArrivalRate { rate, duration, .. } => flat(*rate, *duration),
        Executor::RampingVus { start_vus, stages, .. } => {
            stage_legs(start_s, f64::from(*start_vus), stages, |target| f64::from(whole_users(target)))
        }
        Executor::RampingArrivalRate { start_rate, stages, .. } => {
            stage_legs(start_s, *start_rate, stages, |target| target)
        }
        Executor::Replay(replay) => {
            let mut from_s = start_s;
            let leg = |stretch: &Stretch| {
                let (begin, level) = (from_s, stretch.rate * replay.times);
                from_s += stretch.duration;
                Leg { from_s: begin, to_s: from_s, from: level, to: level }
            };
            replay.profile.iter().map(leg).collect()
        }
    }
}

fn stage_legs(start_s: f64, start: f64, stages: &[Stage], level_of: impl Fn(f64) -> f64) -> Vec<Leg> {
    let (mut time, mut level) = (start_s, start);
    let leg = |stage: &Stage| {
        let leg = Leg { from_s: time, to_s: time + stage.duration, from: level, to: level_of(stage.target) };
        (time, level) = (leg.to_s, leg.to);
        leg
    };
    stages.iter().map(leg).collect()
}

/// Virtual users planned at `t_s` (seconds since the test began) by an executor that starts at
/// `start_s`; 0 before its start, from its end on, and for arrival rates. At a jump: the new number.
#[must_use]
pub fn planned_users(executor: &Executor, start_s: f64, t_s: f64) -> f64 {
    planned(executor, Counted::Users, start_s, t_s)
}

/// Iterations per second planned at `t_s`; 0 before the start, from the end on, and for executors
/// that plan users.
#[must_use]
pub fn planned_rate(executor: &Executor, start_s: f64, t_s: f64) -> f64 {
    planned(executor, Counted::Rate, start_s, t_s)
}

fn planned(executor: &Executor, wanted: Counted, start_s: f64, t_s: f64) -> f64 {
    if counted(executor) != wanted {
        return 0.0;
    }
    let covers = |leg: &Leg| leg.from_s <= t_s && t_s < leg.to_s;
    legs(executor, start_s).iter().find(|leg| covers(leg)).map_or(0.0, |leg| leg.at(t_s))
}

/// Seconds during which an executor begins iterations: its duration, or that of its stages together.
#[must_use]
pub fn duration_s(executor: &Executor) -> f64 {
    match executor {
        Executor::ConstantVus { duration, .. } | Executor::ConstantArrivalRate { duration, .. } => *duration,
        Executor::RampingVus { stages, .. } | Executor::RampingArrivalRate { stages, .. } => {
            stages.iter().map(|stage| stage.duration).sum()
        }
        Executor::Replay(replay) => replay.duration(),
    }
}

/// Seconds after a test's begin until which its scenarios begin iterations.
#[must_use]
pub fn regular_end_s(test: &Test) -> f64 {
    test.scenarios.iter().map(|one| one.start + duration_s(&one.executor)).fold(0.0, f64::max)
}

/// Seconds after the test's begin at which the last iteration of a scenario is cut off at the
/// latest: start, duration and graceful stop.
#[must_use]
pub fn end_s(scenario: &Scenario) -> f64 {
    scenario.start + duration_s(&scenario.executor) + scenario.graceful_stop
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(start_vus: u32, stages: &[(f64, f64)]) -> Executor {
        let stages = stages.iter().map(|&(duration, target)| Stage { duration, target }).collect();
        Executor::RampingVus { start_vus, stages, graceful_ramp_down: 30.0 }
    }

    #[test]
    fn a_ramp_is_straight_between_its_targets() {
        let executor = ramp(0, &[(60.0, 500.0), (300.0, 500.0), (60.0, 0.0)]);
        let at = |t| planned_users(&executor, 10.0, t);
        assert_eq!(at(9.9), 0.0, "not started");
        assert_eq!(at(10.0), 0.0);
        assert_eq!(at(40.0), 250.0, "half way up");
        assert_eq!(at(200.0), 500.0);
        assert_eq!(at(400.0), 250.0, "half way down");
        assert_eq!(at(430.0), 0.0, "over");
        assert_eq!(planned_rate(&executor, 10.0, 200.0), 0.0, "users are no rate");
    }

    #[test]
    fn a_jump_counts_from_its_instant_on() {
        let executor = ramp(1, &[(10.0, 1.0), (0.0, 100.0), (10.0, 100.0)]);
        assert_eq!(planned_users(&executor, 0.0, 9.999), 1.0);
        assert_eq!(planned_users(&executor, 0.0, 10.0), 100.0);
    }

    #[test]
    fn user_seconds_of_the_line_are_its_area() {
        // 0 to 500 in 60 s, 300 s at 500, 60 s down: (60 + 60) / 2 * 500 + 300 * 500.
        let executor = ramp(0, &[(60.0, 500.0), (300.0, 500.0), (60.0, 0.0)]);
        let sum: f64 = (0..420).map(|second| planned_users(&executor, 0.0, f64::from(second) + 0.5)).sum();
        assert!((sum - 180_000.0).abs() < 1e-6, "{sum}");
    }

    #[test]
    fn durations_and_ends_add_up() {
        let executor = ramp(0, &[(60.0, 500.0), (0.5, 0.0)]);
        assert_eq!(duration_s(&executor), 60.5);
        let scenario = Scenario {
            name: "main".into(),
            executor,
            start: 5.0,
            graceful_stop: 30.0,
            iteration: 0,
            request_timeout: 60.0,
        };
        assert_eq!(end_s(&scenario), 95.5);
    }
}
