//! The main figure of a test over the values of one axis, and differences of its points in pairs.
//!
//! All points have the same luck, replication by replication, so the difference of two of them is known
//! far better than either (common random numbers; Law, Simulation Modeling and Analysis, 5th edition,
//! section 11.2). A difference counts where its 95 % confidence interval says so.

use serde::Serialize;

use super::point::TestPoint;
use super::{Axis, Point};
use crate::statistics::{Estimate, estimate};

/// Share of the whole range of a curve that is not worth speaking of.
pub const WORTH: f64 = 0.05;

/// The figure by which values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Main {
    /// p95 of all responses, ms: where the load stays as it is, and as many fail whatever the value.
    P95,
    /// Requests per second answered well in the busiest stage: where the load grows, or where more fail at some values
    /// than at others, for what is refused at once makes a p95 look good.
    Goodput,
}

/// Shares of failed requests further apart than this, in points, decide what values are compared by.
const FAILING_APART: f64 = 1.0;

impl Main {
    /// That of an axis and the test of this index at its points.
    #[must_use]
    pub fn of(axis: &Axis, points: &[Point], test: usize) -> Main {
        let whole = points.iter().filter_map(|point| point.tests.get(test)).filter(|test| !test.cut);
        let failed = whole.filter_map(|test| test.figure("http_req_failed", "", "rate"));
        let ends = failed.map(|f| f.value).filter(|value| value.is_finite());
        let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if axis.load || high - low > FAILING_APART { Main::Goodput } else { Main::P95 }
    }

    /// The contract's unit.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Main::P95 => "ms",
            Main::Goodput => "1/s",
        }
    }

    /// The figure of a test, replication by replication; `None` where some were cut.
    fn values(self, test: &TestPoint) -> Option<Vec<f64>> {
        let values = match self {
            Main::P95 => test.figure("http_req_duration", "", "p95").map(|figure| figure.values.clone()),
            Main::Goodput => test.busiest_goodput(),
        };
        values.filter(|_| !test.cut)
    }

    /// Above 0 where `to` is better than `from`.
    fn sign(self) -> f64 {
        match self {
            Main::P95 => -1.0,
            Main::Goodput => 1.0,
        }
    }
}

/// The points of one test along an axis of numbers, in ascending order.
pub struct Curve<'a> {
    pub main: Main,
    /// Number on the axis, point of the sweep, and the figure with its mean.
    points: Vec<(f64, &'a Point, Vec<f64>, f64)>,
}

impl<'a> Curve<'a> {
    /// The curve of the test of this index; without points at which the figure is not known.
    #[must_use]
    pub fn of(axis: &Axis, points: &'a [Point], test: usize) -> Curve<'a> {
        let main = Main::of(axis, points, test);
        let place = |point: &'a Point| {
            let number = axis.values.get(axis.index(point.at.first()?)?)?.number?;
            let values = main.values(point.tests.get(test)?)?;
            let mean = estimate(&values).value;
            Some((number, point, values, mean))
        };
        let mut points: Vec<_> = points.iter().filter_map(place).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Curve { main, points }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    #[must_use]
    pub fn number(&self, index: usize) -> f64 {
        self.points[index].0
    }

    #[must_use]
    pub fn point(&self, index: usize) -> &'a Point {
        self.points[index].1
    }

    /// The mean of the figure.
    #[must_use]
    pub fn value(&self, index: usize) -> f64 {
        self.points[index].3
    }

    /// Indices of the worst and of the best mean; the first of equals.
    #[must_use]
    pub fn ends(&self) -> Option<(usize, usize)> {
        let merit = |index: usize| self.main.sign() * self.value(index);
        let known = || (0..self.len()).filter(|&index| !self.value(index).is_nan());
        let best = known().reduce(|best, next| if merit(next) > merit(best) { next } else { best })?;
        let worst = known().reduce(|worst, next| if merit(next) < merit(worst) { next } else { worst })?;
        Some((worst, best))
    }

    /// By how much `to` is better than `from`: mean of the paired differences and its confidence interval.
    #[must_use]
    pub fn gain(&self, from: usize, to: usize) -> Estimate {
        let pairs = self.points[from].2.iter().zip(&self.points[to].2);
        estimate(&pairs.map(|(from, to)| self.main.sign() * (to - from)).collect::<Vec<_>>())
    }

    /// How far a point lies from the straight line between its neighbours, in pairs.
    #[must_use]
    pub fn bend(&self, at: usize) -> Option<Estimate> {
        let (before, here, after) =
            (self.points.get(at.checked_sub(1)?)?, self.points.get(at)?, self.points.get(at + 1)?);
        let share = (here.0 - before.0) / (after.0 - before.0);
        let values = before.2.iter().zip(&here.2).zip(&after.2);
        let away = values.map(|((before, here), after)| here - (before + share * (after - before)));
        Some(estimate(&away.collect::<Vec<_>>()))
    }

    /// Size of the whole range, if it is certain that there is one.
    #[must_use]
    pub fn range(&self) -> Option<f64> {
        let (worst, best) = self.ends()?;
        let gain = self.gain(worst, best);
        (gain.mean_low > 0.0).then_some(gain.value)
    }
}
