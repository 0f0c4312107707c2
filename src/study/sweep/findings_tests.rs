//! Unit tests of [`super`], on points that were made up.

use super::super::sample::{axis, points};
use super::*;

const NUMBERS: [f64; 6] = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0];

fn of(p95: impl Fn(f64) -> f64, noise: f64) -> Vec<Finding> {
    findings(&[axis(&NUMBERS)], &["peak".into()], &points(&NUMBERS, p95, noise))
}

/// Falls to 100 ms at 30 and stays there.
fn flat_from_30(x: f64) -> f64 {
    100.0 + 20.0 * (30.0 - x).max(0.0)
}

#[test]
fn the_knee_and_its_bound() {
    let found = of(flat_from_30, 0.1);
    let [Finding::Passes { at: passes, neighbour, fails_again, .. }, Finding::Knee { at, range, bound, gain, .. }] =
        found.as_slice()
    else {
        panic!("{found:?}")
    };
    assert_eq!((passes.as_str(), at.as_str()), ("30", "30"));
    assert_eq!(neighbour.as_ref().map(|place| (place.at[0].as_str(), place.probability)), Some(("20", 0.0)));
    assert_eq!(*fails_again, None);
    assert!((range - 400.0).abs() < 1.0 && gain.abs() < 1.0);
    // 24 of 60 are in use, of a resource that has as many servers as the value says.
    assert_eq!(*bound, Some(Bound { resource: "pool main".into(), at: 24.0 }));
}

#[test]
fn more_that_makes_it_worse() {
    let found = of(|x| flat_from_30(x) + 4.0 * (x - 40.0).max(0.0), 0.1);
    let worse = found.iter().find_map(|finding| match finding {
        Finding::Worse { past, at, by, .. } => Some((past.as_str(), at.as_str(), by.round())),
        _ => None,
    });
    assert_eq!(worse, Some(("40", "60", 80.0)));
    assert!(found.iter().any(|finding| matches!(finding, Finding::Passes { fails_again: Some(_), .. })), "{found:?}");
}

#[test]
fn what_the_pairs_do_not_bear_out_is_not_said() {
    // The same curve, drowned in noise.
    let noisy = of(|x| flat_from_30(x) + 4.0 * (x - 40.0).max(0.0), 5000.0);
    assert!(!noisy.iter().any(|finding| matches!(finding, Finding::Knee { .. } | Finding::Worse { .. })), "{noisy:?}");
    let flat = of(|_| 100.0, 1.0);
    assert!(flat.iter().any(|finding| matches!(finding, Finding::NoDifference { .. })), "{flat:?}");
    let steep = of(|x| 1000.0 - 10.0 * x, 0.1);
    assert!(steep.iter().any(|finding| matches!(finding, Finding::StillGains { .. })), "{steep:?}");
}

#[test]
fn nothing_passes_but_something_is_best() {
    let found = of(|x| flat_from_30(x) + 60.0 + (x - 50.0).abs(), 0.1);
    let Some(Finding::NothingPasses { best, failing }) = found.first() else { panic!("{found:?}") };
    assert_eq!((best.at[0].as_str(), failing.len(), failing[0].test.as_str()), ("50", 1, "peak"));
}

#[test]
fn load_is_carried_up_to_a_value() {
    let axis = Axis { load: true, ..axis(&NUMBERS) };
    let found = findings(&[axis], &["peak".into()], &points(&NUMBERS, |x| 100.0 + x, 0.1));
    let Some(Finding::Passes { at, up_to: true, neighbour: Some(next), .. }) = found.first() else {
        panic!("{found:?}")
    };
    assert_eq!((at.as_str(), next.at[0].as_str()), ("40", "50"));
}

#[test]
fn the_frontier_of_two_axes() {
    // Passes where both together are 70 or more; the second axis is how the first is, at two places.
    let second = Axis { path: "app.count".into(), ..axis(&[10.0, 20.0, 30.0]) };
    let mut grid = Vec::new();
    for other in [10.0, 20.0, 30.0] {
        for mut point in points(&NUMBERS, |x| if x + other >= 60.0 { 100.0 } else { 200.0 }, 0.1) {
            point.at.push(other.to_string());
            grid.push(point);
        }
    }
    let found = findings(&[axis(&NUMBERS), second], &["peak".into()], &grid);
    let [Finding::Frontier { points, passing }] = found.as_slice() else { panic!("{found:?}") };
    let places: Vec<String> = points.iter().map(|place| place.at.join(" ")).collect();
    assert_eq!((places, *passing), (vec!["50 10".to_owned(), "40 20".into(), "30 30".into()], 9));
}
