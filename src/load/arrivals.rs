//! The instants at which arrival-rate executors start iterations.
//!
//! The area under the rate is the number of iterations due so far. constant-arrival-rate starts
//! iteration `i` (from 0) where the area is `i`; ramping-arrival-rate where it is `i + 1`:
//!
//! ```text
//!   1/s ^
//!     3 |          ,-+        first stage: area 2/s * 5 s = 10, so 10 iterations;
//!     2 |--------,'  |        what is left of a whole iteration at a stage's end
//!     1 |        |   |        counts towards the first one of the next
//!       +--------+---+---> s
//!       0        5  10
//! ```
//!
//! Within a stage the area is a quadratic in time, solved in closed form. Of the two shapes of
//! its root the one without cancellation is used, and a falling rate is solved backwards from the
//! stage's end; areas carried from stage to stage are a whole number and a part, never one sum. So
//! an instant depends on no earlier one, there is no drift, and for tests of up to a day each is
//! less than 1 ns off the exact rational value. An area within rounding of a whole number counts as
//! whole: 100 iterations per minute have no exact binary rate, yet six minutes of them are 600.
//!
//! An even arrival of a ramping executor may fall on its very end, as in k6, which lists it and
//! then lets it race with the end. k6 cuts its instants to whole ns and, for a constant rate,
//! multiplies a period so cut; we round to the nearest ns, and do not drift.
//!
//! Chance stays outside: a Poisson process of this rate is what [`Arrivals::instant_of_area`] makes
//! of the running sum of unit exponentials (change of time).

use crate::model::{Executor, Recorded, Replay, Stage, Stretch};

use super::{NANOSECONDS_PER_SECOND, nanoseconds, replay};

/// The schedule of an arrival-rate executor, and a cursor in it: as an iterator it gives the even
/// arrivals, in ns since the test began, never decreasing for rates up to 10^9 per second.
#[derive(Clone, Debug)]
pub struct Arrivals {
    /// Stages in which iterations are due, in order; areas grow strictly.
    pieces: Vec<Piece>,
    /// The piece used last.
    at: usize,
    /// The area of the next even arrival.
    next: u64,
    /// Whether an even arrival may fall on the very end.
    end_included: bool,
    /// Instead of all this, the instants themselves.
    listed: std::vec::IntoIter<u64>,
}

/// Iterations due: `whole + part` with `0 <= whole` and `0 <= part < 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Area {
    whole: i64,
    part: f64,
}

/// A stage of positive area, in which the rate goes straight from `from` to `to` per second.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start_ns: u64,
    length_ns: u64,
    from: f64,
    to: f64,
    /// Change of the rate per second, never negative.
    slope: f64,
    before: Area,
    after: Area,
}

impl Arrivals {
    /// The schedule of an executor that starts at `start_s`; `None` if it plans users.
    #[must_use]
    pub fn of(executor: &Executor, start_s: f64) -> Option<Arrivals> {
        let start_ns = nanoseconds(start_s);
        match executor {
            Executor::ConstantVus { .. } | Executor::RampingVus { .. } => None,
            Executor::ConstantArrivalRate { rate, duration, .. } => {
                Some(Arrivals::straight(start_ns, *rate, &[Stage { duration: *duration, target: *rate }], 0))
            }
            Executor::RampingArrivalRate { start_rate, stages, .. } => {
                Some(Arrivals::straight(start_ns, *start_rate, stages, 1))
            }
            Executor::Replay(replay) => Some(Arrivals::replayed(start_ns, replay)),
        }
    }

    /// Rates that go straight from stage to stage; `first` is the area of the first even arrival.
    fn straight(start_ns: u64, from: f64, stages: &[Stage], first: u64) -> Arrivals {
        let pieces = pieces(start_ns, from, stages);
        Arrivals { pieces, at: 0, next: first, end_included: first > 0, listed: Vec::new().into_iter() }
    }

    fn replayed(start_ns: u64, replay: &Replay) -> Arrivals {
        match &replay.recorded {
            Recorded::Rates { rates, .. } => {
                let level = |stretch: &Stretch| {
                    let target = stretch.rate * replay.times;
                    [Stage { duration: 0.0, target }, Stage { duration: stretch.duration, target }]
                };
                let stages: Vec<Stage> = rates.iter().flat_map(level).collect();
                Arrivals::straight(start_ns, 0.0, &stages, 0)
            }
            Recorded::Instants(recorded) => {
                let mut instants = replay::instants(recorded, replay.times, nanoseconds(replay.duration()));
                instants.iter_mut().for_each(|at| *at = at.saturating_add(start_ns));
                Arrivals { listed: instants.into_iter(), ..Arrivals::straight(start_ns, 0.0, &[], 0) }
            }
        }
    }

    /// The instants that are still to come, where they are no area but a list.
    #[must_use]
    pub fn listed(&self) -> &[u64] {
        self.listed.as_slice()
    }

    /// Iterations that are due in all, as an area.
    #[must_use]
    pub fn total_area(&self) -> f64 {
        self.pieces.last().map_or(0.0, |piece| piece.after.whole as f64 + piece.after.part)
    }

    /// The instant, in ns since the test began, at which the area under the rate reaches `area`;
    /// `None` beyond the last stage's end, and for areas below 0. Growing areas cost O(1) each.
    #[inline]
    pub fn instant_of_area(&mut self, area: f64) -> Option<u64> {
        if !(0.0..i64::MAX as f64).contains(&area) {
            return None;
        }
        let whole = area as i64;
        self.instant(Area { whole, part: area - whole as f64 })
    }

    #[inline]
    fn instant(&mut self, area: Area) -> Option<u64> {
        match self.pieces.get(self.at) {
            Some(piece) if piece.holds(area) => Some(piece.instant(area)),
            _ => self.seek(area),
        }
    }

    /// Moves to the piece that reaches `area` first.
    #[inline(never)]
    fn seek(&mut self, area: Area) -> Option<u64> {
        self.at = self.pieces.partition_point(|piece| piece.after.less(area) > 0.0);
        self.pieces.get(self.at).map(|piece| piece.instant(area))
    }
}

impl Iterator for Arrivals {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        let area = Area { whole: self.next as i64, part: 0.0 };
        if !self.end_included {
            match self.pieces.last() {
                None => return self.listed.next(),
                Some(last) if last.after.less(area) >= 0.0 => return None,
                Some(_) => {}
            }
        }
        let instant = self.instant(area)?;
        self.next += 1;
        Some(instant)
    }
}

impl Piece {
    /// Whether this piece reaches `area` first.
    #[inline]
    fn holds(&self, area: Area) -> bool {
        self.before.less(area) > 0.0 && self.after.less(area) <= 0.0
    }

    /// The instant of an area within this piece.
    #[inline]
    fn instant(&self, area: Area) -> u64 {
        if self.to >= self.from {
            let due = self.before.less(area);
            self.start_ns.saturating_add(self.passed_ns(due, self.from))
        } else {
            let left = area.less(self.after);
            self.start_ns.saturating_add(self.length_ns - self.passed_ns(left, self.to))
        }
    }

    /// Time in which `area` falls due at a rate that grows from `rate` by `slope`: the root of
    /// `rate * t + slope * t^2 / 2 = area`, in the form that adds only what is positive.
    #[inline]
    fn passed_ns(&self, area: f64, rate: f64) -> u64 {
        if area <= 0.0 {
            return 0;
        }
        let seconds = if self.slope == 0.0 {
            area / rate
        } else {
            2.0 * area / (rate + (rate * rate + 2.0 * area * self.slope).sqrt())
        };
        // Adding a half and cutting off is rounding, for a tenth of the price of `round`.
        ((seconds * NANOSECONDS_PER_SECOND + 0.5) as u64).min(self.length_ns)
    }
}

impl Area {
    const ZERO: Area = Area { whole: 0, part: 0.0 };

    /// `other - self`.
    #[inline]
    fn less(self, other: Area) -> f64 {
        (other.whole - self.whole) as f64 + (other.part - self.part)
    }

    /// `self` and the area under a straight rate during `length_ns`.
    fn plus(self, from: f64, to: f64, length_ns: u64) -> Area {
        // (from + to) * length / 2e9 as a sum high + low of two numbers, without loss: lengths
        // below 2^53 ns (104 days) are exact, and so are the rests that fused operations leave.
        const DIVISOR: f64 = 2.0 * NANOSECONDS_PER_SECOND;
        let length = length_ns as f64;
        let sum = from + to;
        let sum_rest = if from > to { to - (sum - from) } else { from - (sum - to) };
        let product = sum * length;
        let product_rest = sum.mul_add(length, -product) + sum_rest * length;
        let high = product / DIVISOR;
        let low = (high.mul_add(-DIVISOR, product) + product_rest) / DIVISOR;

        let part = self.part + (high.fract() + low);
        let carry = part.floor();
        let whole = self.whole.saturating_add(high as i64).saturating_add(carry as i64);
        Area { whole, part: part - carry }.settled()
    }

    /// Whole if within rounding of it: rates come with an error of up to 2^-53 of theirs.
    fn settled(self) -> Area {
        let rounding = (self.whole as f64 + 1.0) * 2.0_f64.powi(-51);
        if self.part <= rounding {
            Area { whole: self.whole, part: 0.0 }
        } else if 1.0 - self.part <= rounding {
            Area { whole: self.whole.saturating_add(1), part: 0.0 }
        } else {
            self
        }
    }
}

fn pieces(start_ns: u64, start_rate: f64, stages: &[Stage]) -> Vec<Piece> {
    let (mut start_ns, mut from, mut before) = (start_ns, start_rate, Area::ZERO);
    let mut pieces = Vec::new();
    for stage in stages {
        let (length_ns, to) = (nanoseconds(stage.duration), stage.target);
        let after = before.plus(from, to, length_ns);
        if before.less(after) > 0.0 {
            let slope = (to - from).abs() / (length_ns as f64 / NANOSECONDS_PER_SECOND);
            pieces.push(Piece { start_ns, length_ns, from, to, slope, before, after });
        }
        (start_ns, from, before) = (start_ns.saturating_add(length_ns), to, after);
    }
    pieces
}

#[cfg(test)]
mod tests;
