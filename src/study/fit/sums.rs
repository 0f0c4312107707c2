//! Numbers of which only a sum was measured: each may be anything from nothing to all of it.

use super::solve::Found;

/// `Σ slope × number = whole`, the numbers not negative.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    /// Numbers with their slopes, all of one sign and none 0.
    parts: Vec<(usize, f64)>,
    whole: Found,
    /// What the parts are taken to be, in the proportions of the model: their slopes times their values.
    shares: Vec<f64>,
}

impl Sum {
    /// `parts` with their slopes and the values they are taken to have.
    pub fn new(parts: Vec<(usize, f64, f64)>, whole: Found) -> Sum {
        let shares = parts.iter().map(|(_, slope, value)| slope * value).collect();
        Sum { parts: parts.into_iter().map(|(at, slope, _)| (at, slope)).collect(), whole, shares }
    }

    pub fn holds(&self, at: usize) -> bool {
        self.parts.iter().any(|(part, _)| *part == at)
    }

    /// The most that one of them can be: all of the sum.
    pub fn most(&self, at: usize) -> f64 {
        let slope = self.parts.iter().find(|(part, _)| *part == at).map_or(f64::NAN, |(_, slope)| *slope);
        (self.whole.low / slope).max(self.whole.high / slope)
    }

    /// By how much what they add to another equation may lie below and above what they are taken to add.
    pub fn around(&self, slopes: &[f64]) -> (f64, f64) {
        let ratios = || self.parts.iter().map(|(at, slope)| slopes[*at] / slope);
        let taken: f64 = ratios().zip(&self.shares).map(|(ratio, share)| ratio * share).sum();
        let ends = ratios().flat_map(|ratio| [ratio * self.whole.low, ratio * self.whole.high]);
        let (low, high) =
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| (low.min(end), high.max(end)));
        ((taken - low).max(0.0), (high - taken).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// a + 2 b = 10 +- 1, taken as a = 4 and b = 3.
    fn sum() -> Sum {
        Sum::new(vec![(0, 1.0, 4.0), (2, 2.0, 3.0)], Found { value: 10.0, low: 9.0, high: 11.0 })
    }

    #[test]
    fn the_same_sum_elsewhere_is_as_well_known() {
        let (below, above) = sum().around(&[2.0, 0.0, 4.0]);
        assert!((below - 2.0).abs() < 1e-12 && (above - 2.0).abs() < 1e-12);
    }

    #[test]
    fn one_part_alone_may_be_nothing_or_all() {
        let (below, above) = sum().around(&[1.0, 0.0, 0.0]);
        assert!((below - 4.0).abs() < 1e-12 && (above - 7.0).abs() < 1e-12);
        assert_eq!((sum().most(0), sum().most(2)), (11.0, 5.5));
    }

    #[test]
    fn what_does_not_depend_on_it_is_not_touched() {
        assert_eq!(sum().around(&[0.0, 7.0, 0.0]), (0.0, 0.0));
    }
}
