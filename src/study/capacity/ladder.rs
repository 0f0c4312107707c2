//! The loads that a search may try, in ascending order: rungs less than 1 % apart, or whole users.

use super::CapacityError;
use crate::load::{Scale, peak, scaled};
use crate::model::Test;

/// Rungs of each doubling: 0.4 to 0.8 % apart.
const PER_DOUBLING: i32 = 128;
/// Times the stated load: nothing less is tried.
const LEAST: f64 = 0.01;

/// Loads of one test.
pub(super) struct Ladder<'a> {
    test: &'a Test,
    /// Times the stated load, each once.
    factors: Vec<f64>,
    /// Place of the stated load.
    stated: usize,
}

impl<'a> Ladder<'a> {
    /// From 1 % of the stated load to `up_to` times as much, as far as it can be simulated.
    ///
    /// # Errors
    /// If the test has no load.
    pub fn new(test: &'a Test, up_to: f64) -> Result<Ladder<'a>, CapacityError> {
        scaled(test, Scale::Times(1.0)).map_err(CapacityError::Scale)?;
        let (users, rate) = peak(test);
        let whole = |factor: f64| if rate > 0.0 { factor } else { (factor * users).round().max(1.0) / users };
        let octave = |rung: i32| 2f64.powi(rung.div_euclid(PER_DOUBLING));
        let raw = |rung: i32| octave(rung) * (1.0 + f64::from(rung.rem_euclid(PER_DOUBLING)) / f64::from(PER_DOUBLING));
        let rungs = |factor: f64| (factor.log2() * f64::from(PER_DOUBLING)) as i32;
        let least = (rungs(LEAST) - PER_DOUBLING..0).map(raw).filter(|factor| *factor > LEAST);
        let most = (1..rungs(up_to) + PER_DOUBLING).map(raw).filter(|factor| *factor < up_to);
        let all = std::iter::once(LEAST).chain(least).chain([1.0]).chain(most).chain([up_to]);
        let mut factors: Vec<f64> = all.map(whole).filter(|factor| *factor <= up_to).collect();
        factors.dedup();
        // From the stated load on to either side, as far as it can be simulated.
        let possible = |factor: &f64| scaled(test, Scale::Times(*factor)).is_ok();
        let from = factors.partition_point(|factor| *factor < 1.0 && !possible(factor));
        let to = factors.partition_point(|factor| *factor <= 1.0 || possible(factor));
        let factors: Vec<f64> = factors[from..to].to_vec();
        let stated = factors.partition_point(|factor| *factor < 1.0);
        Ok(Ladder { test, factors, stated })
    }

    pub fn stated(&self) -> usize {
        self.stated
    }

    pub fn top(&self) -> usize {
        self.factors.len() - 1
    }

    /// Times the stated load.
    pub fn factor(&self, rung: usize) -> f64 {
        self.factors[rung.min(self.top())]
    }

    /// The rung nearest to a factor.
    pub fn near(&self, factor: f64) -> usize {
        let above = self.factors.partition_point(|other| *other < factor).min(self.top());
        let below = above.saturating_sub(1);
        if factor - self.factors[below] < self.factors[above] - factor { below } else { above }
    }

    /// The test with this load.
    ///
    /// # Errors
    /// None for a rung of the ladder.
    pub fn test(&self, rung: usize) -> Result<Test, CapacityError> {
        scaled(self.test, Scale::Times(self.factor(rung))).map_err(CapacityError::Scale)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::load::sample;
    use crate::model::{ArrivalProcess, Executor};

    pub fn test(executor: Executor) -> Test {
        Test { name: "peak".into(), ..sample::test(vec![(0.0, executor)]) }
    }

    pub fn rate(rate: f64) -> Test {
        let arrivals = ArrivalProcess::Even;
        test(Executor::ConstantArrivalRate { rate, duration: 60.0, pre_allocated_vus: 5, max_vus: 9, arrivals })
    }

    #[test]
    fn rungs_are_less_than_a_hundredth_apart_and_reach_both_ends() {
        let test = rate(40.0);
        for up_to in [1.0, 3.3, 20.0] {
            let ladder = Ladder::new(&test, up_to).unwrap_or_else(|error| panic!("{error:?}"));
            assert_eq!(
                (ladder.factor(0), ladder.factor(ladder.stated()), ladder.factor(ladder.top())),
                (0.01, 1.0, up_to)
            );
            for rung in 1..=ladder.top() {
                let times = ladder.factor(rung) / ladder.factor(rung - 1);
                assert!(times > 1.0 && times <= 1.0 + 1.0 / 128.0 + 1e-12, "{times}");
            }
            assert_eq!(ladder.near(1.0), ladder.stated());
            assert_eq!(ladder.near(1e9), ladder.top());
        }
    }

    #[test]
    fn users_are_whole_ones() {
        let test = test(Executor::ConstantVus { vus: 5, duration: 60.0 });
        let ladder = Ladder::new(&test, 3.0).unwrap_or_else(|error| panic!("{error:?}"));
        let users: Vec<f64> = (0..=ladder.top()).map(|rung| ladder.factor(rung) * 5.0).collect();
        assert_eq!(users, (1..=15).map(f64::from).collect::<Vec<_>>());
        assert_eq!(ladder.stated(), 4);
    }

    #[test]
    fn what_cannot_be_simulated_is_no_rung() {
        let test = rate(4e6);
        let ladder = Ladder::new(&test, 20.0).unwrap_or_else(|error| panic!("{error:?}"));
        assert!((2.48..=2.5).contains(&ladder.factor(ladder.top())), "{}", ladder.factor(ladder.top()));
    }
}
