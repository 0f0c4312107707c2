//! What the points of a sweep say together; nothing that paired differences do not bear out.
//!
//! - Where the objectives hold: every required objective of every test, in 95 % of the replications or more.
//! - The knee: the first value from which no larger one gains more than 5 % of the whole range of the main
//!   figure, each with certainty; beside it what operational analysis puts it at ([`super::bound`]).
//! - The value past which more makes it worse: no larger one is as good, and the largest is worse by more
//!   than 5 % of the range.

use serde::Serialize;

use super::bound::{Bound, bound};
use super::curve::{Curve, Main, WORTH};
use super::{Axis, Point};

/// Something that the points say.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Finding {
    /// Along one axis of numbers: from this value on all objectives hold; along an axis of load: up to it.
    Passes {
        at: String,
        up_to: bool,
        probability: f64,
        /// The neighbour that does not pass: the value before, or on an axis of load the next.
        neighbour: Option<Place>,
        /// The first value after it that does not pass, where more is to carry the load.
        fails_again: Option<Place>,
    },
    /// Along several axes, or values that are no numbers: the points that pass, of which no smaller ones do
    /// (larger ones, of a load).
    Frontier { points: Vec<Place>, passing: usize },
    /// The best point found, and what fails there.
    NothingPasses { best: Place, failing: Vec<Failing> },
    /// See above. `gain` is what the best of the larger values still gains, `gain_high` what it gains at most.
    Knee {
        test: String,
        figure: Main,
        at: String,
        gain: f64,
        gain_high: f64,
        range: f64,
        unit: &'static str,
        bound: Option<Bound>,
    },
    /// The largest value still gains: the knee lies beyond it.
    StillGains {
        test: String,
        figure: Main,
        from: String,
        at: String,
        gain: f64,
        range: f64,
        unit: &'static str,
        bound: Option<Bound>,
    },
    /// From `past` on more makes it worse, at `at` by so much.
    Worse {
        test: String,
        figure: Main,
        past: String,
        at: String,
        by: f64,
        by_low: f64,
        by_high: f64,
        unit: &'static str,
    },
    /// No value is certainly better than another.
    NoDifference { test: String, figure: Main },
}

/// A point, and the share of replications in which all objectives hold there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Place {
    pub at: Vec<String>,
    pub probability: f64,
}

/// An objective that fails.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failing {
    pub test: String,
    pub slo: String,
    pub value: f64,
    pub bound: f64,
    pub unit: String,
    pub probability: f64,
}

impl Place {
    fn of(point: &Point) -> Place {
        Place { at: point.at.clone(), probability: point.probability }
    }
}

/// All findings, objectives first.
#[must_use]
pub fn findings(axes: &[Axis], tests: &[String], points: &[Point]) -> Vec<Finding> {
    let mut found: Vec<Finding> = objectives(axes, points).into_iter().collect();
    if let [axis] = axes
        && axis.is_numeric()
        && points.len() > 1
    {
        for (number, test) in tests.iter().enumerate() {
            found.extend(shape(axis, test, &Curve::of(axis, points, number), number));
        }
    }
    found
}

fn objectives(axes: &[Axis], points: &[Point]) -> Option<Finding> {
    if !points.iter().any(Point::is_judged) {
        return None;
    }
    if !points.iter().any(Point::passes) {
        return best(points);
    }
    match axes {
        [axis] if axis.is_numeric() => passes(axis, points),
        _ => {
            let passing: Vec<&Point> = points.iter().filter(|point| point.passes()).collect();
            let beaten = |point: &Point| passing.iter().any(|other| beats(axes, other, point));
            let first = passing.iter().filter(|point| !beaten(point));
            Some(Finding::Frontier { points: first.map(|point| Place::of(point)).collect(), passing: passing.len() })
        }
    }
}

/// Along one axis of numbers, of which some pass. Points are in ascending order.
fn passes(axis: &Axis, points: &[Point]) -> Option<Finding> {
    let finding = |index: usize, up_to: bool, neighbour: Option<&Point>, fails_again: Option<&Point>| {
        points.get(index).map(|point| Finding::Passes {
            at: point.at.first().cloned().unwrap_or_default(),
            up_to,
            probability: point.probability,
            neighbour: neighbour.map(Place::of),
            fails_again: fails_again.map(Place::of),
        })
    };
    let first = points.iter().position(Point::passes)?;
    if axis.load && first == 0 {
        let last = points.iter().take_while(|point| point.passes()).count() - 1;
        return finding(last, true, points.get(last + 1), None);
    }
    let before = first.checked_sub(1).and_then(|before| points.get(before));
    finding(first, false, before, points[first..].iter().find(|point| !point.passes()))
}

/// Whether a point asks no more than another along any axis (or carries no less load), and differs from it.
fn beats(axes: &[Axis], one: &Point, other: &Point) -> bool {
    let no_more = |(axis, (a, b)): (&Axis, (&String, &String))| {
        let number = |text: &String| axis.index(text).filter(|_| axis.is_numeric()).map(|index| axis.number(index));
        match (number(a), number(b)) {
            (Some(a), Some(b)) if axis.load => a >= b,
            (Some(a), Some(b)) => a <= b,
            _ => a == b,
        }
    };
    one.at != other.at && axes.iter().zip(one.at.iter().zip(&other.at)).all(no_more)
}

/// The best of points of which none passes: most often all objectives, then the fewest that fail, then the
/// least too much.
fn best(points: &[Point]) -> Option<Finding> {
    let excess = |point: &Point| {
        let over =
            failing(point).into_iter().map(|f| ((f.value - f.bound) / f.bound.abs().max(f64::MIN_POSITIVE)).abs());
        // What is not predicted is worse than any number.
        over.map(|share| if share.is_nan() { f64::MAX } else { share }).fold(0.0, f64::max)
    };
    let order = |a: &&Point, b: &&Point| {
        let most = b.probability.total_cmp(&a.probability);
        most.then_with(|| failing(a).len().cmp(&failing(b).len())).then_with(|| excess(a).total_cmp(&excess(b)))
    };
    let best = points.iter().min_by(order)?;
    Some(Finding::NothingPasses { best: Place::of(best), failing: failing(best) })
}

fn failing(point: &Point) -> Vec<Failing> {
    let mut failing = Vec::new();
    for test in &point.tests {
        // Nothing reported holds, unless nothing is predicted.
        let holds = |p: f64| p >= crate::study::decide::NEARLY_ALL;
        for verdict in test.verdicts.iter().filter(|v| !v.wished && !holds(v.probability)) {
            if verdict.probability.is_nan() && verdict.status != crate::study::prediction::Status::Fail {
                continue;
            }
            failing.push(Failing {
                test: test.test.clone(),
                slo: verdict.slo.clone(),
                value: verdict.value,
                bound: verdict.bound,
                unit: verdict.unit.clone(),
                probability: verdict.probability,
            });
        }
    }
    failing
}

/// Knee and decline of one test along one axis.
fn shape(axis: &Axis, test: &str, curve: &Curve, number: usize) -> Vec<Finding> {
    let (test, figure, unit) = (test.to_owned(), curve.main, curve.main.unit());
    let Some(last) = curve.len().checked_sub(1).filter(|last| *last > 0) else { return Vec::new() };
    let name = |index: usize| curve.point(index).at.first().cloned().unwrap_or_default();
    let Some((range, (_, best))) = curve.range().zip(curve.ends()) else {
        // One replication says nothing on certainty.
        let known = !curve.gain(0, last).mean_low.is_nan();
        return if known { vec![Finding::NoDifference { test, figure }] } else { Vec::new() };
    };
    let little = WORTH * range;
    let at_most = |from: usize, to: usize| curve.gain(from, to).mean_high <= little;
    let mut found = Vec::new();
    let bound = bound(axis, curve, number);
    let knee = (0..last).find(|&from| (from + 1..=last).all(|to| at_most(from, to)));
    if let Some(knee) = knee {
        let gains = (knee + 1..=last).map(|to| curve.gain(knee, to));
        let (gain, gain_high) = gains.fold((f64::NEG_INFINITY, f64::NEG_INFINITY), |(most, high), gain| {
            (most.max(gain.value), high.max(gain.mean_high))
        });
        found.push(Finding::Knee { test: test.clone(), figure, at: name(knee), gain, gain_high, range, unit, bound });
    } else if curve.gain(last - 1, last).mean_low > little {
        let gain = curve.gain(last - 1, last).value;
        let (from, at) = (name(last - 1), name(last));
        found.push(Finding::StillGains { test: test.clone(), figure, from, at, gain, range, unit, bound });
    }
    let loss = curve.gain(last, best);
    if best < last && loss.mean_low > little {
        // The largest value that is not certainly worse than the best.
        let past = (best..last).rev().find(|&index| index == best || curve.gain(index, best).mean_low <= 0.0);
        let (past, at) = (name(past.unwrap_or(best)), name(last));
        let (by, by_low, by_high) = (loss.value, loss.mean_low, loss.mean_high);
        found.push(Finding::Worse { test, figure, past, at, by, by_low, by_high, unit });
    }
    found
}

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
