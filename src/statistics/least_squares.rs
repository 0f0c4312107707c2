//! Coefficients of a law from points, by weighted nonlinear least squares.
//!
//! Levenberg and Marquardt's way from Gauss-Newton steps to steep descent (Press et al., Numerical Recipes, 3rd
//! edition, section 15.5), with derivatives by differences. The intervals are those of the straight law that touches
//! the fitted one: Student's, with the spread of the points about the curve.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::interval::CONFIDENCE;

/// Steps at most.
const MOST_STEPS: usize = 500;
/// A step that gains less than this share of what is left is the last.
const SETTLED: f64 = 1e-14;

/// A point, and how much it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub x: f64,
    pub y: f64,
    /// Above 0: one over the variance of `y`, up to a common factor.
    pub weight: f64,
}

/// What fits best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit<const K: usize> {
    pub coefficients: [f64; K],
    /// Half the width of the 95 % confidence interval of each; 0 of one that was held, NaN where points are too few.
    pub half: [f64; K],
    /// Share of the weighted variance of the points that the law explains.
    pub r_squared: f64,
}

/// The coefficients of `law(x, coefficients)` for which the weighted squares of what is left of the points are
/// least, found from `start`; those that are not `free` stay as they are. `None` if there are fewer points than free
/// coefficients, or the law gives no numbers.
#[must_use]
pub fn least_squares<const K: usize>(
    samples: &[Sample],
    start: [f64; K],
    free: [bool; K],
    law: impl Fn(f64, &[f64; K]) -> f64,
) -> Option<Fit<K>> {
    let count = free.iter().filter(|free| **free).count();
    if samples.len() < count {
        return None;
    }
    let left = |at: &[f64; K]| -> f64 { samples.iter().map(|s| s.weight * (s.y - law(s.x, at)).powi(2)).sum() };
    let (mut at, mut rest, mut damping) = (start, left(&start), 1e-3);
    for _ in 0..MOST_STEPS {
        let (squares, descent) = normal(samples, &at, free, &law);
        let mut damped = squares;
        (0..K).for_each(|i| damped[i][i] *= 1.0 + damping);
        let moved = inverse(&damped, free).map(|inverse| step(&at, &inverse, &descent));
        match moved.map(|to| (to, left(&to))) {
            Some((to, less)) if less <= rest => {
                let settled = rest - less <= SETTLED * rest;
                (at, rest, damping) = (to, less, damping * 0.1);
                if settled {
                    break;
                }
            }
            _ if damping > 1e12 => break,
            _ => damping *= 10.0,
        }
    }
    if !rest.is_finite() {
        return None;
    }
    let weights: f64 = samples.iter().map(|s| s.weight).sum();
    let mean = samples.iter().map(|s| s.weight * s.y).sum::<f64>() / weights;
    let total: f64 = samples.iter().map(|s| s.weight * (s.y - mean).powi(2)).sum();
    let freedom = (samples.len() - count) as f64;
    let t = StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |t| t.inverse_cdf(0.5 + CONFIDENCE / 2.0));
    let spread = inverse(&normal(samples, &at, free, &law).0, free);
    let half = std::array::from_fn(|i| match &spread {
        _ if !free[i] => 0.0,
        Some(spread) => t * (spread[i][i] * rest / freedom).sqrt(),
        None => f64::NAN,
    });
    Some(Fit { coefficients: at, half, r_squared: 1.0 - rest / total })
}

fn step<const K: usize>(at: &[f64; K], inverse: &[[f64; K]; K], descent: &[f64; K]) -> [f64; K] {
    std::array::from_fn(|i| at[i] + (0..K).map(|j| inverse[i][j] * descent[j]).sum::<f64>())
}

/// The normal equations at a place: products of derivatives, and of derivatives with what is left.
fn normal<const K: usize>(
    samples: &[Sample],
    at: &[f64; K],
    free: [bool; K],
    law: &impl Fn(f64, &[f64; K]) -> f64,
) -> ([[f64; K]; K], [f64; K]) {
    let (mut squares, mut descent) = ([[0.0; K]; K], [0.0; K]);
    for s in samples {
        let slope: [f64; K] = std::array::from_fn(|i| if free[i] { derivative(s.x, at, i, law) } else { 0.0 });
        for i in 0..K {
            descent[i] += s.weight * slope[i] * (s.y - law(s.x, at));
            for j in 0..K {
                squares[i][j] += s.weight * slope[i] * slope[j];
            }
        }
    }
    (squares, descent)
}

fn derivative<const K: usize>(x: f64, at: &[f64; K], i: usize, law: &impl Fn(f64, &[f64; K]) -> f64) -> f64 {
    let width = 1e-6 * at[i].abs().max(1e-4);
    let (mut below, mut above) = (*at, *at);
    (below[i], above[i]) = (at[i] - width, at[i] + width);
    (law(x, &above) - law(x, &below)) / (2.0 * width)
}

/// Gauss-Jordan, each row first scaled so that its own element is 1; rows of what is not free are those of the unit
/// matrix.
fn inverse<const K: usize>(matrix: &[[f64; K]; K], free: [bool; K]) -> Option<[[f64; K]; K]> {
    let unit = |i: usize, j: usize| f64::from(u8::from(i == j));
    let size: [f64; K] = std::array::from_fn(|i| if free[i] { matrix[i][i].sqrt() } else { 1.0 });
    let mut a: [[f64; K]; K] = std::array::from_fn(|i| {
        std::array::from_fn(|j| if free[i] && free[j] { matrix[i][j] / (size[i] * size[j]) } else { unit(i, j) })
    });
    let mut inverse: [[f64; K]; K] = std::array::from_fn(|i| std::array::from_fn(|j| unit(i, j)));
    for column in 0..K {
        let pivot = (column..K).max_by(|i, j| a[*i][column].abs().total_cmp(&a[*j][column].abs()))?;
        if a[pivot][column].is_nan() || a[pivot][column].abs() < 1e-15 {
            return None;
        }
        a.swap(column, pivot);
        inverse.swap(column, pivot);
        let divisor = a[column][column];
        (0..K)
            .for_each(|j| (a[column][j], inverse[column][j]) = (a[column][j] / divisor, inverse[column][j] / divisor));
        for i in (0..K).filter(|i| *i != column) {
            let times = a[i][column];
            for j in 0..K {
                a[i][j] -= times * a[column][j];
                inverse[i][j] -= times * inverse[column][j];
            }
        }
    }
    Some(std::array::from_fn(|i| std::array::from_fn(|j| inverse[i][j] / (size[i] * size[j]))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draw;

    fn curve(x: f64, at: &[f64; 2]) -> f64 {
        at[0] * (1.0 - (-at[1] * x).exp())
    }

    /// The first of NIST's certified problems (StRD, Misra1a), with its certified values and standard deviations.
    #[test]
    fn certified_coefficients_are_found() {
        let x = [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0];
        let y = [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47, 81.78];
        let samples: Vec<Sample> = x.iter().zip(y).map(|(x, y)| Sample { x: *x, y, weight: 1.0 }).collect();
        for start in [[500.0, 0.0001], [250.0, 0.0005]] {
            let fit = least_squares(&samples, start, [true; 2], curve).expect("a fit");
            let [a, b] = fit.coefficients;
            assert!((a / 238.942_129_18 - 1.0).abs() < 1e-6 && (b / 5.501_564_318_1e-4 - 1.0).abs() < 1e-6, "{fit:?}");
            // Student's t of 12 degrees of freedom.
            let t = 2.178_812_83;
            assert!((fit.half[0] / (t * 2.707_007_524_1) - 1.0).abs() < 1e-3, "{fit:?}");
            assert!((fit.half[1] / (t * 7.266_868_843_6e-6) - 1.0).abs() < 1e-3, "{fit:?}");
        }
    }

    #[test]
    fn what_is_held_stays_and_what_is_heavy_counts() {
        let line = |x: f64, at: &[f64; 2]| at[0] + at[1] * x;
        let sample = |x: f64, y: f64, weight: f64| Sample { x, y, weight };
        let samples = [sample(1.0, 2.0, 1.0), sample(2.0, 4.0, 1.0), sample(3.0, 9.0, 1e-9)];
        let fit = least_squares(&samples, [0.0, 1.0], [false, true], line).expect("a fit");
        assert!(fit.coefficients[0] == 0.0 && (fit.coefficients[1] - 2.0).abs() < 1e-6, "{fit:?}");
        assert_eq!(fit.half[0], 0.0);
        assert!(least_squares(&samples[..1], [0.0, 1.0], [true; 2], line).is_none());
        assert!(least_squares(&samples, [0.0, 1.0], [true; 2], |_, _| f64::NAN).is_none());
    }

    /// 2000 rounds: standard error 0.5 %, bounds at 4 of them.
    #[test]
    fn the_true_coefficients_lie_inside_in_95_percent() {
        let (truth, rounds) = ([100.0, 0.3], 2000);
        let inside = |round: u64| {
            let mut draw = Draw::new(11, round);
            let mut noise = || (0..12).map(|_| draw.uniform()).sum::<f64>() - 6.0;
            let point = |i: u32| Sample { x: f64::from(i), y: curve(f64::from(i), &truth) + noise(), weight: 1.0 };
            let samples: Vec<Sample> = (1..=10).map(point).collect();
            let fit = least_squares(&samples, [80.0, 0.2], [true; 2], curve).expect("a fit");
            (fit.coefficients[1] - truth[1]).abs() <= fit.half[1]
        };
        let share = (0..rounds).filter(|round| inside(*round)).count() as f64 / rounds as f64;
        assert!((0.93..0.97).contains(&share), "{share}");
    }
}
