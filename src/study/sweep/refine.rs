//! Where a sweep along one axis wants further points: beside those at which a curve bends.
//!
//! A point lies where its curve bends if its distance from the straight line between its neighbours is
//! certainly not 0 and, on average, more than 5 % of the whole range. What is asked depends on nothing but
//! the points, which depend on nothing but the seed.

use super::curve::{Curve, WORTH};
use super::{Axis, Point};

/// Rounds of bisection at most.
pub const ROUNDS: usize = 3;
/// Points added in a round at most, so that a curve which bends everywhere does not take for ever.
const MOST_PER_ROUND: usize = 6;

/// Pairs of neighbouring numbers of the axis between which a point is wanted, ascending.
#[must_use]
pub fn wanted(axis: &Axis, points: &[Point], tests: usize) -> Vec<(f64, f64)> {
    let mut pairs: Vec<(f64, f64, f64)> = Vec::new();
    for test in 0..tests {
        let curve = Curve::of(axis, points, test);
        let Some(range) = curve.range() else { continue };
        for at in 1..curve.len().saturating_sub(1) {
            let Some(bend) = curve.bend(at) else { continue };
            let certain = bend.mean_low > 0.0 || bend.mean_high < 0.0;
            let share = bend.value.abs() / range;
            if certain && share > WORTH {
                for (low, high) in [(at - 1, at), (at, at + 1)] {
                    pairs.push((curve.number(low), curve.number(high), share));
                }
            }
        }
    }
    // The sharpest bends first; each pair once.
    pairs.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.total_cmp(&b.0)));
    let mut chosen: Vec<(f64, f64)> = Vec::new();
    for (low, high, _) in pairs {
        if chosen.len() < MOST_PER_ROUND && !chosen.contains(&(low, high)) {
            chosen.push((low, high));
        }
    }
    chosen.sort_by(|a, b| a.0.total_cmp(&b.0));
    chosen
}

#[cfg(test)]
mod tests {
    use super::super::sample::{axis, points};
    use super::*;

    #[test]
    fn a_bend_is_bisected_on_both_sides_and_a_line_is_not() {
        let numbers = [10.0, 20.0, 30.0, 40.0, 50.0];
        let knee = |x: f64| if x < 30.0 { 100.0 + 20.0 * (30.0 - x) } else { 100.0 };
        assert_eq!(wanted(&axis(&numbers), &points(&numbers, knee, 0.1), 1), [(20.0, 30.0), (30.0, 40.0)]);
        assert_eq!(wanted(&axis(&numbers), &points(&numbers, |x| 500.0 - x, 0.1), 1), []);
    }

    #[test]
    fn what_noise_could_have_bent_is_left_alone() {
        let numbers = [10.0, 20.0, 30.0];
        let slight = |x: f64| if x == 20.0 { 104.0 } else { 100.0 + x / 10.0 };
        assert_eq!(wanted(&axis(&numbers), &points(&numbers, slight, 0.01), 1).len(), 2);
        assert_eq!(wanted(&axis(&numbers), &points(&numbers, slight, 30.0), 1), []);
    }
}
