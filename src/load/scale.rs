//! The same profile with more or less load: what a sweep over users, rates or load does to a test.
//!
//! Every number of users, or every rate, is multiplied by the same factor, so ramps keep their shape and
//! stages their times. Users are rounded to whole ones, scenario by scenario and stage by stage. The users
//! that an arrival rate may take grow with the rate, as a tester would give it more.

use std::fmt;

use crate::model::{Executor, Scenario, Stage, Test};

use super::curve::{Counted, Leg, counted, legs};

/// What a simulation still holds in memory, as for loads that are written.
const MOST_USERS: f64 = 5e6;
const MOST_RATE: f64 = 1e7;

/// How much load a test is to have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Most virtual users at once, over all scenarios that plan users; above 0.
    Users(f64),
    /// Most iterations started per second, over all scenarios that plan rates; above 0.
    Rate(f64),
    /// Times its own load, users and rates; above 0.
    Times(f64),
}

/// Why a test cannot have that load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleError {
    /// It plans only rates.
    NoUsers,
    /// It plans only users.
    NoRate,
    /// It plans nothing at all.
    NoLoad,
    /// Not one user would be left.
    TooLittle,
    TooMuch,
}

impl fmt::Display for ScaleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ScaleError::NoUsers => "plans no users, but a rate: vary rate or load",
            ScaleError::NoRate => "plans no rate, but users: vary users or load",
            ScaleError::NoLoad => "plans no load that could be scaled",
            ScaleError::TooLittle => "would have no user left",
            ScaleError::TooMuch => "would have more than 5000000 users or 10000000 iterations/s",
        })
    }
}

impl std::error::Error for ScaleError {}

/// The test with this load.
///
/// # Errors
/// If it has no such load, or would have none or too much.
pub fn scaled(test: &Test, scale: Scale) -> Result<Test, ScaleError> {
    let times = |wanted: f64, most: f64, missing: ScaleError| if most > 0.0 { Ok(wanted / most) } else { Err(missing) };
    let (users, rate) = match scale {
        Scale::Users(wanted) => (times(wanted, most(test, Counted::Users), ScaleError::NoUsers)?, 1.0),
        Scale::Rate(wanted) => (1.0, times(wanted, most(test, Counted::Rate), ScaleError::NoRate)?),
        Scale::Times(factor) => (factor, factor),
    };
    let scenario = |scenario: &Scenario| {
        let factor = match counted(&scenario.executor) {
            Counted::Users => users,
            Counted::Rate => rate,
        };
        Scenario { executor: times_load(&scenario.executor, factor), ..scenario.clone() }
    };
    let scaled = Test { scenarios: test.scenarios.iter().map(scenario).collect(), ..test.clone() };
    let (had, has) = (peak(test), peak(&scaled));
    match has {
        _ if had.0 <= 0.0 && had.1 <= 0.0 => Err(ScaleError::NoLoad),
        (users, _) if had.0 > 0.0 && users < 1.0 => Err(ScaleError::TooLittle),
        // Scenarios one after the other all have their users.
        (_, rate) if rate > MOST_RATE || all_users(&scaled) > MOST_USERS => Err(ScaleError::TooMuch),
        _ => Ok(scaled),
    }
}

/// Most users at once, and most iterations started per second, that a test plans; 0 where it plans none.
#[must_use]
pub fn peak(test: &Test) -> (f64, f64) {
    (most(test, Counted::Users), most(test, Counted::Rate))
}

/// Most users, or iterations per second, that the scenarios of a test plan together at any instant.
fn most(test: &Test, kind: Counted) -> f64 {
    let of_kind = test.scenarios.iter().filter(|scenario| counted(&scenario.executor) == kind);
    let legs: Vec<Leg> = of_kind.flat_map(|scenario| legs(&scenario.executor, scenario.start)).collect();
    // Straight legs: the most is where one begins or ends.
    let at = |instant: f64, inside: &dyn Fn(&Leg) -> bool| -> f64 {
        legs.iter().filter(|leg| inside(leg)).map(|leg| leg.at(instant)).sum()
    };
    let of_leg = |leg: &Leg| {
        let begin = at(leg.from_s, &|other| other.from_s <= leg.from_s && leg.from_s < other.to_s);
        let end = at(leg.to_s, &|other| other.from_s < leg.to_s && leg.to_s <= other.to_s);
        begin.max(end)
    };
    legs.iter().map(of_leg).fold(0.0, f64::max)
}

fn all_users(test: &Test) -> f64 {
    let of = |scenario: &Scenario| match &scenario.executor {
        Executor::ConstantVus { vus, .. } => f64::from(*vus),
        Executor::RampingVus { start_vus, stages, .. } => {
            stages.iter().map(|stage| stage.target).fold(f64::from(*start_vus), f64::max)
        }
        Executor::ConstantArrivalRate { max_vus, .. } | Executor::RampingArrivalRate { max_vus, .. } => {
            f64::from(*max_vus)
        }
        // Whoever is needed is there.
        Executor::Replay(_) => 0.0,
    };
    test.scenarios.iter().map(of).sum()
}

fn times_load(executor: &Executor, factor: f64) -> Executor {
    // Casts saturate; what is too much is refused afterwards.
    let nearest = |users: u32| (f64::from(users) * factor).round() as u32;
    let enough = |users: u32| (f64::from(users) * factor).ceil() as u32;
    let stages = |stages: &[Stage], target: &dyn Fn(f64) -> f64| -> Vec<Stage> {
        stages.iter().map(|stage| Stage { target: target(stage.target), ..*stage }).collect()
    };
    let mut scaled = executor.clone();
    match &mut scaled {
        Executor::ConstantVus { vus, .. } => *vus = nearest(*vus),
        Executor::RampingVus { start_vus, stages: all, .. } => {
            *start_vus = nearest(*start_vus);
            *all = stages(all, &|target| (target * factor).round());
        }
        Executor::ConstantArrivalRate { rate, pre_allocated_vus, max_vus, .. } => {
            *rate *= factor;
            (*pre_allocated_vus, *max_vus) = (enough(*pre_allocated_vus), enough(*max_vus));
        }
        Executor::Replay(replay) => replay.times *= factor,
        Executor::RampingArrivalRate { start_rate, stages: all, pre_allocated_vus, max_vus, .. } => {
            *start_rate *= factor;
            *all = stages(all, &|target| target * factor);
            (*pre_allocated_vus, *max_vus) = (enough(*pre_allocated_vus), enough(*max_vus));
        }
    }
    scaled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::sample::test;
    use crate::model::ArrivalProcess;

    fn ramp(start_vus: u32, targets: &[(f64, f64)]) -> Executor {
        let stages = targets.iter().map(|&(duration, target)| Stage { duration, target }).collect();
        Executor::RampingVus { start_vus, stages, graceful_ramp_down: 30.0 }
    }

    fn rate(rate: f64) -> Executor {
        let arrivals = ArrivalProcess::Even;
        Executor::ConstantArrivalRate { rate, duration: 60.0, pre_allocated_vus: 5, max_vus: 9, arrivals }
    }

    #[test]
    fn users_scale_the_whole_profile() {
        let own = test(vec![(0.0, ramp(1, &[(60.0, 500.0), (300.0, 500.0), (60.0, 0.0)]))]);
        let half = scaled(&own, Scale::Users(250.0)).expect("scaled");
        assert_eq!(half.scenarios[0].executor, ramp(1, &[(60.0, 250.0), (300.0, 250.0), (60.0, 0.0)]));
        assert_eq!(scaled(&own, Scale::Users(500.0)).expect("scaled"), own);
        assert_eq!(scaled(&own, Scale::Times(1.0)).expect("scaled"), own);
    }

    #[test]
    fn the_most_at_once_counts_and_not_the_sum() {
        let constant = |vus| Executor::ConstantVus { vus, duration: 60.0 };
        let after = test(vec![(0.0, constant(100)), (60.0, constant(50))]);
        let together = test(vec![(0.0, constant(100)), (30.0, constant(50))]);
        assert_eq!((most(&after, Counted::Users), most(&together, Counted::Users)), (100.0, 150.0));
        let doubled = scaled(&together, Scale::Users(300.0)).expect("scaled");
        assert_eq!(doubled.scenarios[1].executor, constant(100));
    }

    #[test]
    fn rates_take_their_users_with_them() {
        let own = test(vec![(0.0, rate(40.0)), (0.0, ramp(0, &[(60.0, 10.0)]))]);
        let arrivals = ArrivalProcess::Even;
        let wanted =
            Executor::ConstantArrivalRate { rate: 60.0, duration: 60.0, pre_allocated_vus: 8, max_vus: 14, arrivals };
        let more = scaled(&own, Scale::Rate(60.0)).expect("scaled");
        assert_eq!((&more.scenarios[0].executor, &more.scenarios[1]), (&wanted, &own.scenarios[1]));
        let all = scaled(&own, Scale::Times(1.5)).expect("scaled");
        assert_eq!((&all.scenarios[0].executor, &all.scenarios[1].executor), (&wanted, &ramp(0, &[(60.0, 15.0)])));
    }

    #[test]
    fn what_a_test_has_not_cannot_be_scaled() {
        let (users, rates) = (test(vec![(0.0, ramp(0, &[(60.0, 10.0)]))]), test(vec![(0.0, rate(40.0))]));
        assert_eq!(scaled(&users, Scale::Rate(5.0)), Err(ScaleError::NoRate));
        assert_eq!(scaled(&rates, Scale::Users(5.0)), Err(ScaleError::NoUsers));
        assert_eq!(scaled(&users, Scale::Times(0.01)), Err(ScaleError::TooLittle));
        assert_eq!(scaled(&users, Scale::Users(1e9)), Err(ScaleError::TooMuch));
        assert_eq!(scaled(&rates, Scale::Times(1e9)), Err(ScaleError::TooMuch));
        assert_eq!(scaled(&test(vec![(0.0, ramp(0, &[(60.0, 0.0)]))]), Scale::Times(2.0)), Err(ScaleError::NoLoad));
    }
}
