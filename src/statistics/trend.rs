//! A straight line through values over time, and how sure its slope is.
//!
//! Neighbouring seconds of a run are alike, so they are no independent values. They are averaged in
//! batches (Law, Simulation Modeling and Analysis, 5th edition, section 9.5.3: 10 to 30 of them), which
//! nearly are, and the line is the least-squares one through these; the interval is Student's.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::interval::CONFIDENCE;

const BATCHES: usize = 20;
/// Fewer leave nothing to tell how sure the slope is.
const FEWEST: usize = 3;

/// How much a line rises over the whole of its span, in the unit of the values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    pub change: f64,
    /// 95 % confidence interval of the change.
    pub low: f64,
    pub high: f64,
}

/// The trend of equidistant values; those that are NaN are left out. `None` if there are too few.
#[must_use]
pub fn trend(values: &[f64]) -> Option<Trend> {
    let batches = BATCHES.min(values.len());
    let mean = |batch: usize| {
        let (from, to) = (batch * values.len() / batches, (batch + 1) * values.len() / batches);
        let known: Vec<f64> = values[from..to].iter().copied().filter(|value| !value.is_nan()).collect();
        let middle = (from + to) as f64 / 2.0 / values.len() as f64;
        (!known.is_empty()).then(|| (middle, known.iter().sum::<f64>() / known.len() as f64))
    };
    let points: Vec<(f64, f64)> = (0..batches).filter_map(mean).collect();
    let n = points.len();
    if n < FEWEST {
        return None;
    }
    let centre = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n as f64;
    let (x, y) = (centre(|p| p.0), centre(|p| p.1));
    let spread: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    let change = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / spread;
    let residuals: f64 = points.iter().map(|p| (p.1 - y - change * (p.0 - x)).powi(2)).sum();
    let freedom = (n - 2) as f64;
    let t = StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |t| t.inverse_cdf(0.5 + CONFIDENCE / 2.0));
    let half = t * (residuals / freedom / spread).sqrt();
    Some(Trend { change, low: change - half, high: change + half })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draw;

    #[test]
    fn a_line_is_found_as_it_is() {
        let line: Vec<f64> = (0..600).map(|second| 100.0 + 0.05 * (f64::from(second) + 0.5)).collect();
        let found = trend(&line).expect("a trend");
        assert!((found.change - 30.0).abs() < 1e-9 && found.high - found.low < 1e-6, "{found:?}");
        let level = trend(&[5.0; 60]).expect("a trend");
        assert_eq!((level.change, level.low, level.high), (0.0, 0.0, 0.0));
        assert_eq!(trend(&[1.0, f64::NAN]), None);
    }

    /// 4000 rounds: standard error 0.35 %, bounds at 4.5 of them. Sums of twelve are nearly normal.
    #[test]
    fn the_true_change_lies_inside_in_95_percent() {
        let rounds = 4000;
        let inside = (0..rounds).filter(|&round| {
            let mut draw = Draw::new(5, round);
            let mut noise = || (0..12).map(|_| draw.uniform()).sum::<f64>() - 6.0;
            let values: Vec<f64> = (0..100).map(|i| 2.0 * (f64::from(i) + 0.5) / 100.0 + noise()).collect();
            let Trend { low, high, .. } = trend(&values).expect("a trend");
            low <= 2.0 && 2.0 <= high
        });
        let share = inside.count() as f64 / rounds as f64;
        assert!((0.934..0.966).contains(&share), "{share}");
    }
}
