//! Recorded figures as intervals: what each may have been before it was rounded and printed.
//!
//! All in base units: seconds, bytes, shares of 1, counts, per second. Refuses (leaves out) figures
//! that are no numbers and units it does not know.

use super::LARGEST_SIZE;
use crate::recording::{Observation, Recording};

/// An interval in which a figure lies; `low <= high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between {
    pub low: f64,
    pub high: f64,
}

impl Between {
    pub fn exactly(value: f64) -> Between {
        Between { low: value, high: value }
    }

    pub fn plus(self, other: Between) -> Between {
        Between { low: self.low + other.low, high: self.high + other.high }
    }

    /// Product; both must not be negative.
    pub fn times(self, other: Between) -> Between {
        Between { low: self.low * other.low, high: self.high * other.high }
    }

    /// Quotient; both must not be negative. `None` if the divisor is surely nothing; without a
    /// bound if it may be nothing.
    pub fn divided_by(self, other: Between) -> Option<Between> {
        let high = if other.low > 0.0 { self.high / other.low } else { f64::INFINITY };
        (other.high > 0.0).then(|| Between { low: self.low / other.high, high })
    }

    pub fn hull(self, other: Between) -> Between {
        Between { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Wider by a share of the values and by an absolute amount.
    pub fn widened(self, share: f64, by: f64) -> Between {
        Between { low: self.low - self.low.abs() * share - by, high: self.high + self.high.abs() * share + by }
    }

    pub fn apart(self, other: Between) -> bool {
        self.low > other.high || other.low > self.high
    }

    /// How many times apart two intervals are, from 1 to [`LARGEST_SIZE`]: the quotient of the ends
    /// that face each other.
    pub fn times_apart(self, other: Between) -> f64 {
        let (below, above) = if self.low > other.high { (other.high, self.low) } else { (self.high, other.low) };
        if above <= below {
            1.0
        } else if below <= 0.0 {
            LARGEST_SIZE
        } else {
            (above / below).min(LARGEST_SIZE)
        }
    }
}

/// A recorded figure.
#[derive(Clone, Copy, Debug)]
pub struct Figure<'a> {
    /// Index of the observation.
    pub row: usize,
    pub observation: &'a Observation,
    pub at: Between,
}

impl Figure<'_> {
    pub fn percentile(&self) -> Option<f64> {
        percentile(&self.observation.stat)
    }
}

/// What is known of one thing, and from which observations.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub at: Between,
    pub rows: Vec<usize>,
}

impl Known {
    pub fn hull(self, other: Known) -> Known {
        Known { at: self.at.hull(other.at), rows: [self.rows, other.rows].concat() }
    }

    pub fn divided_by(self, divisor: Between) -> Option<Known> {
        let at = self.at.divided_by(divisor)?;
        Some(Known { at, rows: self.rows })
    }

    pub fn plus(self, other: Known) -> Known {
        Known { at: self.at.plus(other.at), rows: [self.rows, other.rows].concat() }
    }
}

/// The usable figures of a recording.
#[derive(Clone, Debug)]
pub struct Figures<'a> {
    pub all: Vec<Figure<'a>>,
}

impl<'a> Figures<'a> {
    pub fn of(recording: &'a Recording) -> Figures<'a> {
        let figure = |(row, observation): (usize, &'a Observation)| {
            let at = interval(observation)?;
            let window_ok = observation.window.is_none_or(|(from, to)| from.is_finite() && to.is_finite() && to > from);
            window_ok.then_some(Figure { row, observation, at })
        };
        Figures { all: recording.observations.iter().enumerate().filter_map(figure).collect() }
    }

    /// Figures of this metric and statistic, in every scope and window.
    pub fn each(&self, metric: &str, stat: &str) -> impl Iterator<Item = &Figure<'a>> {
        self.all.iter().filter(move |figure| figure.observation.metric == metric && figure.observation.stat == stat)
    }

    /// The hull of all figures of this key; `None` if there is none.
    pub fn get(&self, metric: &str, scope: &str, stat: &str, window: Option<(f64, f64)>) -> Option<Known> {
        self.each(metric, stat)
            .filter(|figure| figure.observation.scope == scope && same_window(figure.observation.window, window))
            .map(|figure| Known { at: figure.at, rows: vec![figure.row] })
            .reduce(Known::hull)
    }

    /// Scopes of this metric and statistic in this window, each once, in order of appearance.
    pub fn scopes(&self, metric: &str, stat: &str, window: Option<(f64, f64)>) -> Vec<&'a str> {
        let mut scopes: Vec<&str> = Vec::new();
        for figure in self.each(metric, stat).filter(|figure| same_window(figure.observation.window, window)) {
            if !scopes.contains(&figure.observation.scope.as_str()) {
                scopes.push(&figure.observation.scope);
            }
        }
        scopes
    }

    /// Windows of this metric, each once, the whole test first if it occurs.
    pub fn windows(&self, metric: &str) -> Vec<Option<(f64, f64)>> {
        let mut windows: Vec<Option<(f64, f64)>> = Vec::new();
        for figure in self.all.iter().filter(|figure| figure.observation.metric == metric) {
            let window = figure.observation.window;
            if !windows.iter().any(|known| same_window(*known, window)) {
                windows.push(window);
            }
        }
        let start = |window: &Option<(f64, f64)>| window.map_or(f64::NEG_INFINITY, |(from, _)| from);
        windows.sort_by(|a, b| start(a).total_cmp(&start(b)));
        windows
    }
}

/// Windows are the same to the millisecond.
pub fn same_window(a: Option<(f64, f64)>, b: Option<(f64, f64)>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => (a.0 - b.0).abs() < 1e-3 && (a.1 - b.1).abs() < 1e-3,
        _ => false,
    }
}

/// "p99.9" is 0.999, "med" 0.5, "min" 0, "max" 1.
pub fn percentile(stat: &str) -> Option<f64> {
    match stat {
        "min" => Some(0.0),
        "med" => Some(0.5),
        "max" => Some(1.0),
        _ => stat.strip_prefix('p')?.parse::<f64>().ok().map(|p| p / 100.0).filter(|p| (0.0..=1.0).contains(p)),
    }
}

fn interval(observation: &Observation) -> Option<Between> {
    let scale = scale(observation.unit)?;
    let point = observation.value.map(|value| (value, value));
    let ends = match (point, observation.range) {
        (Some(point), Some(range)) => (point.0.min(range.0), point.1.max(range.1)),
        (Some(ends), None) | (None, Some(ends)) => ends,
        (None, None) => return None,
    };
    if !(ends.0.is_finite() && ends.1.is_finite() && ends.0 <= ends.1) {
        return None;
    }
    let low = ends.0 - half_a_unit(ends.0, observation.unit);
    let high = ends.1 + half_a_unit(ends.1, observation.unit);
    // What cannot be negative was not rounded from something negative.
    let low = if ends.0 >= 0.0 { low.max(0.0) } else { low };
    Some(Between { low: low * scale, high: high * scale })
}

/// Factor from a unit to its base unit.
pub fn scale(unit: &str) -> Option<f64> {
    Some(match unit {
        "" | "1" | "1/s" | "s" | "ratio" | "share" | "B" | "B/s" => 1.0,
        "%" => 0.01,
        "ms" => 1e-3,
        "us" | "µs" => 1e-6,
        "kB" | "kB/s" => 1e3,
        "MB" | "MB/s" => 1e6,
        "GB" | "GB/s" => 1e9,
        "KiB" | "KiB/s" => 1024.0,
        "MiB" | "MiB/s" => 1024.0 * 1024.0,
        "GiB" | "GiB/s" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    })
}

/// Half a unit of the last digit that was probably printed: the last that is not 0, but of two
/// digits at least (2100 may have been 2.1 thousand, 402 was no 4 hundred).
pub fn half_a_unit(value: f64, unit: &str) -> f64 {
    /// Beyond this many digits a figure was computed, not printed.
    const MOST_DIGITS: i32 = 9;
    // Shares are printed as percentages.
    if matches!(unit, "ratio" | "share") {
        return half_a_unit(value * 100.0, "%") / 100.0;
    }
    if value == 0.0 {
        return 0.5;
    }
    let first = value.abs().log10().floor() as i32;
    for digits in 2..=MOST_DIGITS {
        let last = 10_f64.powi(first + 1 - digits);
        let counted = value / last;
        if (counted - counted.round()).abs() < 1e-6 {
            // One digit of a small number is all there was: 8 is not 8.0.
            let single = 10_f64.powi(first);
            let is_single = first <= 0 && (value / single - (value / single).round()).abs() < 1e-6;
            return if is_single { single / 2.0 } else { last / 2.0 };
        }
    }
    0.0
}

/// A number for people: four digits at most, thousands written out.
pub fn show(value: f64) -> String {
    if !value.is_finite() {
        return "any number".into();
    }
    if value.abs() >= 1000.0 || value == value.round() {
        return format!("{value:.0}");
    }
    let first = value.abs().log10().floor() as i32;
    let text = format!("{value:.*}", (3 - first).clamp(0, 9) as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// An interval for people.
pub fn show_between(at: Between) -> String {
    let (low, high) = (show(at.low), show(at.high));
    if low == high {
        low
    } else if at.high == f64::INFINITY {
        format!("{low} or more")
    } else {
        format!("{low} to {high}")
    }
}

/// A window for people.
pub fn show_window(window: Option<(f64, f64)>) -> String {
    window.map_or("the whole test".into(), |(from, to)| format!("{} to {} s", show(from), show(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_digits_tell_the_rounding() {
        for (value, half) in
            [(145_234.0, 0.5), (242.0, 0.5), (2.1, 0.05), (0.3, 0.05), (2100.0, 50.0), (18.276, 0.0005), (8.0, 0.5)]
        {
            assert!((half_a_unit(value, "1") / half - 1.0).abs() < 1e-9, "{value}: {}", half_a_unit(value, "1"));
        }
        // A share of 0.3 %, in either unit.
        assert!((half_a_unit(0.003, "ratio") / 0.0005 - 1.0).abs() < 1e-9);
        assert!((half_a_unit(0.3 * 0.01, "ratio") / 0.0005 - 1.0).abs() < 1e-9);
        assert_eq!(half_a_unit(std::f64::consts::PI, "1"), 0.0);
        assert_eq!(half_a_unit(20.0, "1"), 0.5);
    }

    #[test]
    fn percentiles_are_read_as_k6_writes_them() {
        let read: Vec<Option<f64>> =
            ["min", "med", "max", "p95", "p99.9", "avg", "p200", "pool"].map(percentile).into();
        assert_eq!(read[..4], [Some(0.0), Some(0.5), Some(1.0), Some(0.95)]);
        assert!((read[4].unwrap() - 0.999).abs() < 1e-12);
        assert_eq!(read[5..], [None, None, None]);
    }

    #[test]
    fn intervals_are_divided_with_care() {
        let one_to_two = Between { low: 1.0, high: 2.0 };
        assert_eq!(
            one_to_two.divided_by(Between { low: 0.0, high: 4.0 }),
            Some(Between { low: 0.25, high: f64::INFINITY })
        );
        assert_eq!(one_to_two.divided_by(Between::exactly(0.0)), None);
        assert_eq!(one_to_two.times_apart(Between { low: 6.0, high: 9.0 }), 3.0);
        assert_eq!(one_to_two.times_apart(Between::exactly(0.0)), LARGEST_SIZE);
        assert_eq!(show_between(one_to_two), "1 to 2");
    }
}
