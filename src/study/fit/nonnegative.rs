//! Least squares whose answers are not negative.

/// Sweeps over the unknowns at most, and the change below which they have settled.
const MOST_SWEEPS: usize = 20_000;
const SETTLED: f64 = 1e-13;
/// Columns that are as alike as this cannot be told apart.
const ALIKE: f64 = 0.9999;

/// The `x >= 0` for which the squares of `rows · x - targets` are least; `None` where the rows cannot tell two
/// unknowns apart, or are fewer than the unknowns. By coordinate descent, which cannot cycle here since the
/// problem is strictly convex.
pub(super) fn nonnegative(rows: &[Vec<f64>], targets: &[f64]) -> Option<Vec<f64>> {
    let unknowns = rows.first()?.len();
    if rows.len() < unknowns {
        return None;
    }
    let product = |a: usize, b: usize| rows.iter().map(|row| row[a] * row[b]).sum::<f64>();
    let squares: Vec<f64> = (0..unknowns).map(|at| product(at, at)).collect();
    for a in 0..unknowns {
        let alike = |b: usize| product(a, b).abs() > ALIKE * (squares[a] * squares[b]).sqrt();
        if squares[a] <= 0.0 || (0..a).any(alike) {
            return None;
        }
    }
    let mut x = vec![0.0; unknowns];
    let mut left = targets.to_vec();
    for _ in 0..MOST_SWEEPS {
        let mut moved = 0.0f64;
        for at in 0..unknowns {
            let step = rows.iter().zip(&left).map(|(row, left)| row[at] * left).sum::<f64>() / squares[at];
            let to = (x[at] + step).max(0.0);
            let by = to - x[at];
            moved = moved.max(by.abs() / to.max(f64::MIN_POSITIVE));
            x[at] = to;
            rows.iter().zip(&mut left).for_each(|(row, left)| *left -= row[at] * by);
        }
        if moved < SETTLED {
            return Some(x);
        }
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_made_the_targets_is_found() {
        let rows = [vec![1.0, 2.0], vec![3.0, 1.0], vec![1.0, 1.0]];
        let found = nonnegative(&rows, &[8.0, 9.0, 5.0]).expect("solved");
        assert!((found[0] - 2.0).abs() < 1e-9 && (found[1] - 3.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn a_negative_answer_is_none_and_its_place_is_taken() {
        let found = nonnegative(&[vec![1.0, 0.2], vec![0.1, 1.0]], &[1.0, -2.0]).expect("solved");
        assert_eq!(found[1], 0.0);
        assert!((found[0] - 0.8 / 1.01).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn what_cannot_be_told_apart_is_not_told() {
        assert_eq!(nonnegative(&[vec![1.0, 2.0], vec![2.0, 4.0]], &[1.0, 2.0]), None);
        assert_eq!(nonnegative(&[vec![1.0, 2.0]], &[1.0]), None);
    }
}
