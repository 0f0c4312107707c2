//! Symmetric matrices in their own axes.
//!
//! Source: Golub & Van Loan, Matrix Computations, 4th edition, section 8.5 (the cyclic Jacobi method).

/// Sweeps at most; a matrix of twenty rows settles in fewer than ten.
const MOST_SWEEPS: usize = 60;
/// Size of what is left beside the diagonal, relative to all of it, at which the axes are found.
const SETTLED: f64 = 1e-14;

/// A symmetric matrix as `Σ values[k] × axes[k] axes[k]ᵀ`.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    /// Largest first.
    pub values: Vec<f64>,
    /// Of length 1, at right angles.
    pub axes: Vec<Vec<f64>>,
}

/// The axes of a symmetric matrix, given by its rows; numbers that are not finite give axes of no use, and no panic.
#[must_use]
pub fn axes(matrix: &[Vec<f64>]) -> Axes {
    let n = matrix.len();
    let mut a: Vec<Vec<f64>> = matrix.to_vec();
    let mut turned: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let all: f64 = a.iter().flatten().map(|value| value * value).sum();
    for _ in 0..MOST_SWEEPS {
        let beside: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        if beside <= SETTLED * SETTLED * all || beside.is_nan() {
            break;
        }
        for q in 1..n {
            for p in 0..q {
                turn(&mut a, &mut turned, p, q);
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|i, j| a[*j][*j].total_cmp(&a[*i][*i]));
    Axes {
        values: order.iter().map(|i| a[*i][*i]).collect(),
        axes: order.iter().map(|i| turned.iter().map(|row| row[*i]).collect()).collect(),
    }
}

/// Turns the plane of two rows so that what stands between them becomes 0.
fn turn(a: &mut [Vec<f64>], turned: &mut [Vec<f64>], p: usize, q: usize) {
    if a[p][q] == 0.0 {
        return;
    }
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let t = if theta == 0.0 { 1.0 } else { t };
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    for row in a.iter_mut() {
        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
    }
    // p < q, so that q is the first of the second part.
    let (before, after) = a.split_at_mut(q);
    for (x, y) in before[p].iter_mut().zip(&mut after[0]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
    for row in turned {
        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of [[2,1],[1,2]] the axes are the diagonals, of 3 and 1.
    #[test]
    fn a_matrix_of_two_rows() {
        let found = axes(&[vec![2.0, 1.0], vec![1.0, 2.0]]);
        assert!((found.values[0] - 3.0).abs() < 1e-12 && (found.values[1] - 1.0).abs() < 1e-12, "{found:?}");
        assert!((found.axes[0][0].abs() - 0.5f64.sqrt()).abs() < 1e-12, "{found:?}");
    }

    /// Hilbert's matrix is made of its axes again, badly conditioned as it is.
    #[test]
    fn the_matrix_is_made_again() {
        let hilbert: Vec<Vec<f64>> = (0..6).map(|i| (0..6).map(|j| 1.0 / f64::from(i + j + 1)).collect()).collect();
        let found = axes(&hilbert);
        for (i, row) in hilbert.iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                let made: f64 = (0..6).map(|k| found.values[k] * found.axes[k][i] * found.axes[k][j]).sum();
                assert!((made - value).abs() < 1e-12, "{i} {j}");
            }
        }
    }
}
