//! Axes: range, ticks and their labels, as plain numbers before anything is drawn.
//!
//! Every axis becomes linear: a logarithmic one holds the logarithms of its values, so that one
//! kind of chart serves all panels.

use super::super::number;

/// Up to this many decades show their 2s and 5s too.
const FINE_DECADES: f64 = 3.2;
/// Beyond this span a time axis counts minutes.
const LONGEST_IN_SECONDS: f64 = 900.0;
const MINUTE_STEPS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 240.0];
const SECOND_STEPS: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 180.0];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spacing {
    Linear,
    /// Linear, of names.
    Named,
    Log,
    /// Logarithmic, with a place of its own for 0 at the low end.
    LogAndZero,
    /// Of percentiles: each nine more takes as much room.
    Nines,
}

/// Percentiles in percent that an axis of nines may name.
const NINES: [f64; 9] = [0.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99, 99.999];
/// From 0 to what follows it on an axis that has both, in decades.
const ZERO_GAP: f64 = 0.3;

#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Quantity and unit, "latency, ms".
    pub label: String,
    /// Ends, in positions (logarithms on a logarithmic axis); `low < high`.
    pub low: f64,
    pub high: f64,
    /// Positions and their labels.
    pub ticks: Vec<(f64, String)>,
    /// Names of neighbouring ticks together, below their labels: first position, last, name.
    pub groups: Vec<(f64, f64, String)>,
    spacing: Spacing,
}

impl Axis {
    /// From 0 to just above `largest`.
    #[must_use]
    pub fn from_zero(label: &str, largest: f64) -> Axis {
        let largest = if largest.is_finite() && largest > 0.0 { largest * 1.05 } else { 1.0 };
        Axis::linear(label, 0.0, largest)
    }

    /// From `low` to `high` (finite, `low < high`) with about six round steps.
    #[must_use]
    pub fn linear(label: &str, low: f64, high: f64) -> Axis {
        let rough = (high - low) / 6.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power).into_iter().find(|step| *step >= rough);
        Axis::with_steps(label, low, high, step.unwrap_or(rough), 1.0)
    }

    /// Time since a test began, from 0 to `end_s`.
    #[must_use]
    pub fn time(end_s: f64) -> Axis {
        let end_s = if end_s.is_finite() && end_s > 0.0 { end_s } else { 1.0 };
        let (label, divisor, steps) = if end_s > LONGEST_IN_SECONDS {
            ("time since the test began, min", 60.0, MINUTE_STEPS.as_slice())
        } else {
            ("time since the test began, s", 1.0, SECOND_STEPS.as_slice())
        };
        let rough = end_s / divisor / 8.0;
        let step = steps.iter().copied().find(|step| *step >= rough).unwrap_or(rough.ceil());
        Axis::with_steps(label, 0.0, end_s, step * divisor, divisor)
    }

    fn with_steps(label: &str, low: f64, high: f64, step: f64, divisor: f64) -> Axis {
        let (mut ticks, mut tick) = (Vec::new(), (low / step).ceil());
        while tick * step <= high * (1.0 + 1e-9) && ticks.len() < 50 {
            ticks.push((tick * step, number::plain(tick * step / divisor)));
            tick += 1.0;
        }
        Axis { label: label.to_owned(), low, high, ticks, groups: Vec::new(), spacing: Spacing::Linear }
    }

    /// Logarithmic, wide enough for all `values` above 0.
    #[must_use]
    pub fn log(label: &str, values: impl Iterator<Item = f64>) -> Axis {
        let (low, high) = values
            .filter(|value| value.is_finite() && *value > 0.0)
            .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low <= high { (low / 1.3, high * 1.3) } else { (1.0, 10.0) };
        let (low, high) = (low.log10(), high.log10());
        let decades = high - low;
        let digits: &[f64] = if decades < FINE_DECADES { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let every = (decades / 7.0).ceil().max(1.0);
        let (mut ticks, mut power) = (Vec::new(), (low / every).floor() * every);
        while power <= high {
            for digit in digits {
                let value = digit * 10_f64.powf(power);
                if (low..=high).contains(&value.log10()) {
                    ticks.push((value.log10(), number::plain(value)));
                }
            }
            power += every;
        }
        Axis { label: label.to_owned(), low, high, ticks, groups: Vec::new(), spacing: Spacing::Log }
    }

    /// Logarithmic, with a place for 0 below all others if 0 is among the values.
    #[must_use]
    pub fn log_and_zero(label: &str, values: impl Iterator<Item = f64> + Clone) -> Axis {
        let mut axis = Axis::log(label, values.clone());
        if values.into_iter().any(|value| value == 0.0) {
            axis.low -= ZERO_GAP;
            axis.ticks.insert(0, (axis.low, "0".to_owned()));
            axis.spacing = Spacing::LogAndZero;
        }
        axis
    }

    /// Percentiles in percent, from 0 to `highest` (below 100): 90, 99 and 99.9 stand equally far apart.
    #[must_use]
    pub fn nines(label: &str, highest: f64) -> Axis {
        let highest = if highest.is_finite() { highest.clamp(50.0, 99.999) } else { 99.0 };
        let mut axis = Axis::linear(label, 0.0, nines(highest));
        axis.spacing = Spacing::Nines;
        let named = NINES.iter().filter(|percent| **percent <= highest + 1e-9);
        axis.ticks = named.map(|percent| (nines(*percent), format!("p{percent}"))).collect();
        axis
    }

    /// The values at its ends.
    #[must_use]
    pub fn ends(&self) -> (f64, f64) {
        let value = |position: f64| match self.spacing {
            Spacing::Linear | Spacing::Named => position,
            Spacing::LogAndZero if position == self.low => 0.0,
            Spacing::Log | Spacing::LogAndZero => 10_f64.powf(position),
            Spacing::Nines => 100.0 * (1.0 - 10_f64.powf(-position)),
        };
        (value(self.low), value(self.high))
    }

    /// Whether its ticks are names, and no numbers.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.spacing == Spacing::Named
    }

    /// One tick per name, at 0, 1, 2 …
    #[must_use]
    pub fn categories(label: &str, names: Vec<String>) -> Axis {
        let high = (names.len().max(1) as f64) - 0.5;
        let ticks = names.into_iter().enumerate().map(|(index, name)| (index as f64, name)).collect();
        Axis { label: label.to_owned(), low: -0.5, high, ticks, groups: Vec::new(), spacing: Spacing::Named }
    }

    /// Where `value` stands, held within the ends; `None` for what has no place (NaN, or 0 on a
    /// logarithmic axis).
    #[must_use]
    pub fn position(&self, value: f64) -> Option<f64> {
        let position = match self.spacing {
            Spacing::Linear | Spacing::Named => value,
            Spacing::Log | Spacing::LogAndZero if value > 0.0 => value.log10(),
            Spacing::LogAndZero if value == 0.0 => self.low,
            Spacing::Log | Spacing::LogAndZero => return None,
            Spacing::Nines => nines(value),
        };
        (!position.is_nan()).then(|| position.clamp(self.low, self.high))
    }
}

/// How many nines a percentile has: 1 of 90, 2 of 99, 3 of 99.9.
fn nines(percent: f64) -> f64 {
    -(1.0 - percent / 100.0).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_few() {
        assert_eq!(labels(&Axis::from_zero("", 468.0)), ["0", "100", "200", "300", "400"]);
        assert_eq!(labels(&Axis::from_zero("", 0.0)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(&Axis::linear("", -50.0, 150.0)), ["-50", "0", "50", "100", "150"]);
    }

    #[test]
    fn long_tests_are_measured_in_minutes() {
        assert_eq!(labels(&Axis::time(420.0)), ["0", "60", "120", "180", "240", "300", "360", "420"]);
        let long = Axis::time(3600.0);
        assert!(long.label.ends_with("min"));
        assert_eq!(labels(&long), ["0", "10", "20", "30", "40", "50", "60"]);
        assert_eq!(long.ticks[1].0, 600.0, "positions stay seconds");
    }

    #[test]
    fn each_nine_takes_as_much_room() {
        let axis = Axis::nines("", 99.95);
        assert_eq!(labels(&axis), ["p0", "p50", "p75", "p90", "p95", "p99", "p99.9"]);
        let at = |percent: f64| axis.position(percent).expect("a place");
        assert!((at(99.0) - at(90.0) - (at(90.0) - at(0.0))).abs() < 1e-9);
        assert!((at(99.9) - 3.0).abs() < 1e-9);
        assert_eq!(at(100.0), axis.high);
    }

    #[test]
    fn zero_has_a_place_of_its_own_on_a_logarithmic_axis() {
        let axis = Axis::log_and_zero("", [0.0, 3.0, 400.0].into_iter());
        assert_eq!(labels(&axis)[0], "0");
        assert_eq!(axis.position(0.0), Some(axis.low));
        assert!(axis.position(3.0).expect("a place") - axis.low > ZERO_GAP);
        assert_eq!(axis.position(-1.0), None);
        let (low, high) = axis.ends();
        assert!(low == 0.0 && high > 400.0);
        assert_eq!(Axis::log_and_zero("", [3.0].into_iter()).position(0.0), None);
    }

    #[test]
    fn logarithmic_ticks_cover_the_values() {
        let axis = Axis::log("", [20.0, 1247.0].into_iter());
        assert_eq!(labels(&axis), ["20", "50", "100", "200", "500", "1,000"]);
        assert_eq!(axis.position(100.0), Some(2.0));
        assert_eq!((axis.position(0.0), axis.position(f64::NAN)), (None, None));
        assert_eq!(axis.position(1e9), Some(axis.high), "what lies outside stays at the edge");
        assert!(Axis::log("", [1e-6, 1e12].into_iter()).ticks.len() <= 8);
        assert!(Axis::log("", std::iter::empty()).low < Axis::log("", std::iter::empty()).high);
    }
}
