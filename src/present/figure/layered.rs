//! Places for boxes in columns, and the ways of lines between them, so that no box hides another or a line.
//!
//! Columns are given. A line to a column that is not the next passes each column between in a lane of its own (Sugiyama, Tagawa,
//! Toda, "Methods for visual understanding of hierarchical system structures", IEEE SMC 11, 1981); within a column
//! boxes and lanes stand in the order of the middle of what leads to them.

/// A box to be placed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Item {
    pub column: usize,
    /// Pixels.
    pub height: f64,
}

/// Distances in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spacing {
    /// Width of a column, and of the room between two of them.
    pub column: f64,
    pub between: f64,
    /// Between two boxes of a column.
    pub apart: f64,
    /// Height of a lane.
    pub lane: f64,
}

/// Where everything is, pixels from the upper left corner.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    /// The upper left corner of each box.
    pub boxes: Vec<(f64, f64)>,
    /// The way of each line, from box to box.
    pub ways: Vec<Vec<(f64, f64)>>,
    pub width: f64,
    pub height: f64,
}

/// A box, or the lane of a line.
struct Slot {
    column: usize,
    height: f64,
    /// Slots of the column before that lead here.
    from: Vec<usize>,
    top: f64,
}

/// Places boxes, and the lines between them, which lead to later columns.
pub(super) fn placed(items: &[Item], lines: &[(usize, usize)], spacing: Spacing) -> Placed {
    let mut slots: Vec<Slot> = items
        .iter()
        .map(|item| Slot { column: item.column, height: item.height, from: Vec::new(), top: 0.0 })
        .collect();
    // The slots that each line goes through, both ends included.
    let mut through: Vec<Vec<usize>> = Vec::new();
    for &(from, to) in lines {
        let mut way = vec![from];
        for column in items[from].column + 1..items[to].column {
            let before = way.last().copied();
            slots.push(Slot { column, height: spacing.lane, from: before.into_iter().collect(), top: 0.0 });
            way.push(slots.len() - 1);
        }
        let before = way.last().copied();
        slots[to].from.extend(before);
        way.push(to);
        through.push(way);
    }
    let columns = items.iter().map(|item| item.column + 1).max().unwrap_or(0);
    let tall = |slots: &[Slot], members: &[usize]| {
        let heights: f64 = members.iter().map(|&slot| slots[slot].height).sum();
        heights + spacing.apart * members.len().saturating_sub(1) as f64
    };
    let mut order: Vec<Vec<usize>> =
        (0..columns).map(|column| (0..slots.len()).filter(|&slot| slots[slot].column == column).collect()).collect();
    let height = order.iter().map(|members| tall(&slots, members)).fold(0.0, f64::max);
    for members in &mut order {
        let middle = |slot: usize| {
            let from = &slots[slot].from;
            let middles = from.iter().map(|&before| slots[before].top + slots[before].height / 2.0);
            if from.is_empty() { height / 2.0 } else { middles.sum::<f64>() / from.len() as f64 }
        };
        let wanted: Vec<f64> = (0..slots.len()).map(middle).collect();
        members.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]).then(a.cmp(&b)));
        let mut top = (height - tall(&slots, members)) / 2.0;
        for &slot in members.iter() {
            slots[slot].top = top;
            top += slots[slot].height + spacing.apart;
        }
    }
    let left = |column: usize| column as f64 * (spacing.column + spacing.between);
    let ways = ways(&through, &slots, spacing, left);
    Placed {
        boxes: items.iter().zip(&slots).map(|(item, slot)| (left(item.column), slot.top)).collect(),
        ways,
        width: left(columns.max(1)) - spacing.between,
        height,
    }
}

/// From the right side of a box through its lanes to the left side of another; lines of one side stand apart, in the order of
/// where they lead.
fn ways(through: &[Vec<usize>], slots: &[Slot], spacing: Spacing, left: impl Fn(usize) -> f64) -> Vec<Vec<(f64, f64)>> {
    let middle = |slot: usize| slots[slot].top + slots[slot].height / 2.0;
    // The place of a line among those of one side of a slot.
    let port = |line: usize, slot: usize, other: &dyn Fn(usize) -> Option<usize>| {
        let mut all: Vec<usize> = (0..through.len()).filter(|&line| other(line).is_some()).collect();
        all.sort_by(|&a, &b| {
            let at = |line: usize| other(line).map_or(0.0, middle);
            at(a).total_cmp(&at(b)).then(a.cmp(&b))
        });
        let rank = all.iter().position(|&one| one == line).unwrap_or(0);
        slots[slot].top + slots[slot].height * (rank as f64 + 1.0) / (all.len() as f64 + 1.0)
    };
    let after = |line: usize, slot: usize| {
        let way = &through[line];
        way.iter().position(|&one| one == slot).and_then(|at| way.get(at + 1).copied())
    };
    let before = |line: usize, slot: usize| {
        let way = &through[line];
        way.iter().position(|&one| one == slot).and_then(|at| at.checked_sub(1)).map(|at| way[at])
    };
    let way = |line: usize| {
        let mut points = Vec::new();
        for &slot in &through[line] {
            let (x, column) = (left(slots[slot].column), slots[slot].column);
            if before(line, slot).is_some() {
                points.push((x, port(line, slot, &|line| before(line, slot))));
            }
            if after(line, slot).is_some() {
                points.push((left(column) + spacing.column, port(line, slot, &|line| after(line, slot))));
            }
        }
        points
    };
    (0..through.len()).map(way).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACING: Spacing = Spacing { column: 100.0, between: 50.0, apart: 20.0, lane: 10.0 };

    #[test]
    fn no_box_hides_another_or_a_line() {
        let item = |column: usize, height: f64| Item { column, height };
        let items =
            [item(0, 60.0), item(1, 90.0), item(1, 50.0), item(2, 70.0), item(3, 80.0), item(3, 40.0), item(3, 40.0)];
        let lines = [(0, 1), (0, 2), (1, 3), (3, 4), (1, 5), (2, 6), (0, 4), (2, 4)];
        let placed = placed(&items, &lines, SPACING);
        let edges = |index: usize| {
            let (x, y) = placed.boxes[index];
            (x, y, x + SPACING.column, y + items[index].height)
        };
        for a in 0..items.len() {
            let (left, top, right, bottom) = edges(a);
            assert!(left >= 0.0 && top >= 0.0 && right <= placed.width && bottom <= placed.height);
            for b in 0..a {
                let other = edges(b);
                assert!(right <= other.0 || other.2 <= left || bottom <= other.1 || other.3 <= top, "{a} and {b}");
            }
        }
        for (way, &(from, to)) in placed.ways.iter().zip(&lines) {
            assert_eq!((way[0].0, way[way.len() - 1].0), (edges(from).2, edges(to).0));
            for pair in way.windows(2) {
                // Within a column a line passes level, in its lane.
                let crosses = |index: usize| {
                    let (left, top, right, bottom) = edges(index);
                    pair[0].0 >= left && pair[1].0 <= right && pair[0].1 > top && pair[0].1 < bottom
                };
                assert!((0..items.len()).all(|index| !crosses(index)), "{way:?}");
            }
        }
    }

    #[test]
    fn nothing_has_a_size_too() {
        let nothing = placed(&[], &[], SPACING);
        assert!(nothing.boxes.is_empty() && nothing.height == 0.0);
    }
}
