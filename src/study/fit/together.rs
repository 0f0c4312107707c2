//! Several equations with several numbers at once, by weighted least squares.
//!
//! Where a number can lie at all stands in for what is not measured: a number that the equations leave open keeps an interval
//! about as wide, and so is known from one that they tell.

use crate::statistics::axes;

/// Residual in half intervals from which two equations contradict each other.
const CONTRADICTS: f64 = 2.0;
/// Share of a number's variance from which an equation counts as one that it was found by.
const COUNTS: f64 = 0.05;

/// `Σ slopes × moves = rest ± half`: by how much each number lies off its place in the model.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub slopes: Vec<f64>,
    pub rest: f64,
    pub half: f64,
    /// Which of contradicting rows is believed: the lower.
    pub rank: usize,
}

/// Where a number can lie at all: a move from its place in the model, and how far to both sides of that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub centre: f64,
    /// Above 0.
    pub half: f64,
}

/// One number: its move, half of its interval, and the rows that it was found by.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub by: f64,
    pub half: f64,
    pub rows: Vec<usize>,
}

/// What was found by rows that agree, and those that were left out since they do not.
#[derive(Clone, Debug)]
pub(super) struct Together {
    pub moves: Vec<Move>,
    pub left_out: Vec<usize>,
}

/// Solves the rows for numbers within these bounds.
pub(super) fn together(rows: &[Row], bounds: &[Bound]) -> Together {
    let mut left_out: Vec<usize> = Vec::new();
    loop {
        let within: Vec<usize> = (0..rows.len()).filter(|row| !left_out.contains(row)).collect();
        let moves = solved(rows, &within, bounds);
        let off = |row: usize| {
            let sum: f64 = rows[row].slopes.iter().zip(&moves).map(|(slope, found)| slope * found.by).sum();
            (sum - rows[row].rest) / rows[row].half
        };
        if within.iter().all(|row| off(*row).abs() <= CONTRADICTS) {
            return Together { moves, left_out };
        }
        let doubtful = within.iter().copied().filter(|row| off(*row).abs() > 1.0);
        let worst =
            doubtful.max_by(|a, b| rows[*a].rank.cmp(&rows[*b].rank).then(off(*a).abs().total_cmp(&off(*b).abs())));
        let Some(worst) = worst else { return Together { moves, left_out } };
        left_out.push(worst);
    }
}

/// On scales on which each bound is 0 ± 1.
fn solved(rows: &[Row], within: &[usize], bounds: &[Bound]) -> Vec<Move> {
    let count = bounds.len();
    let scaled = |row: usize, at: usize| rows[row].slopes[at] * bounds[at].half / rows[row].half;
    let left = |row: usize| {
        let centres: f64 = rows[row].slopes.iter().zip(bounds).map(|(slope, bound)| slope * bound.centre).sum();
        (rows[row].rest - centres) / rows[row].half
    };
    let product = |i: usize, j: usize| within.iter().map(|row| scaled(*row, i) * scaled(*row, j)).sum::<f64>();
    let squares: Vec<Vec<f64>> = (0..count).map(|i| (0..count).map(|j| product(i, j)).collect()).collect();
    let own = axes(&squares);
    let covariance = |i: usize, j: usize| -> f64 {
        own.axes.iter().zip(&own.values).map(|(along, value)| along[i] * along[j] / (value.max(0.0) + 1.0)).sum()
    };
    let one = |(i, bound): (usize, &Bound)| {
        // By how much this number moves for half an interval of each row.
        let pull = |row: &usize| (0..count).map(|j| covariance(i, j) * scaled(*row, j)).sum();
        let pulls: Vec<f64> = within.iter().map(pull).collect();
        let by: f64 = pulls.iter().zip(within).map(|(pull, row)| pull * left(*row)).sum();
        let variance: f64 = pulls.iter().map(|pull| pull * pull).sum();
        let counts = |(pull, row): (&f64, &usize)| (pull * pull >= COUNTS * variance).then_some(*row);
        let found_by = pulls.iter().zip(within).filter_map(counts).collect();
        Move { by: bound.centre + by * bound.half, half: covariance(i, i).sqrt() * bound.half, rows: found_by }
    };
    bounds.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Bound = Bound { centre: 1.0, half: 100.0 };

    fn row(slopes: &[f64], rest: f64, rank: usize) -> Row {
        Row { slopes: slopes.to_vec(), rest, half: 0.01, rank }
    }

    #[test]
    fn what_made_the_rows_is_found() {
        let rows = [row(&[1.0, 2.0], 8.0, 0), row(&[3.0, 1.0], 9.0, 0), row(&[1.0, 1.0], 5.0, 0)];
        let found = together(&rows, &[WIDE; 2]);
        assert!(found.left_out.is_empty());
        for (seen, truth) in found.moves.iter().zip([2.0, 3.0]) {
            assert!((seen.by - truth).abs() < 0.01 && seen.half < 0.02, "{seen:?}");
        }
    }

    #[test]
    fn of_a_sum_no_part_is_told_and_the_others_are() {
        // a + b, c + d and c: only c and d are told.
        let rows = [
            row(&[1.0, 1.0, 0.0, 0.0], 5.0, 0),
            row(&[0.0, 0.0, 1.0, 1.0], 7.0, 0),
            row(&[0.0, 0.0, 1.0, 0.0], 3.0, 0),
        ];
        let found = together(&rows, &[WIDE; 4]).moves;
        assert!(found[0].half > 10.0 && found[1].half > 10.0, "{found:?}");
        assert!((found[2].by - 3.0).abs() < 0.01 && (found[3].by - 4.0).abs() < 0.01, "{found:?}");
        assert!(found[3].half < 0.02 && found[3].rows == [1, 2], "{found:?}");
    }

    #[test]
    fn of_rows_that_contradict_each_other_the_trusted_ones_stay() {
        let rows = [row(&[1.0, 0.0], 2.0, 0), row(&[0.0, 1.0], 3.0, 0), row(&[1.0, 1.0], 6.0, 6)];
        let found = together(&rows, &[WIDE; 2]);
        assert_eq!(found.left_out, [2]);
        assert!((found.moves[0].by - 2.0).abs() < 0.01 && (found.moves[1].by - 3.0).abs() < 0.01);
    }
}
