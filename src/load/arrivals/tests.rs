//! Schedules of rates, held against exact rationals.

use super::*;
use crate::model::ArrivalProcess;
use proptest::prelude::*;

fn constant(rate: f64, duration: f64) -> Arrivals {
    let executor = Executor::ConstantArrivalRate {
        rate,
        duration,
        pre_allocated_vus: 1,
        max_vus: 1,
        arrivals: ArrivalProcess::Even,
    };
    Arrivals::of(&executor, 0.0).unwrap()
}

fn ramping(start_rate: f64, stages: &[(f64, f64)]) -> Arrivals {
    let executor = Executor::RampingArrivalRate {
        start_rate,
        stages: stages.iter().map(|&(duration, target)| Stage { duration, target }).collect(),
        pre_allocated_vus: 1,
        max_vus: 1,
        arrivals: ArrivalProcess::Even,
    };
    Arrivals::of(&executor, 0.0).unwrap()
}

#[test]
fn a_constant_rate_starts_at_zero_and_stays_even() {
    let instants: Vec<u64> = constant(4.0, 1.0).collect();
    assert_eq!(instants, [0, 250_000_000, 500_000_000, 750_000_000], "the end is not included");
    let thirds: Vec<u64> = constant(3.0, 1.0).collect();
    assert_eq!(thirds, [0, 333_333_333, 666_666_667]);
}

#[test]
fn rates_without_a_binary_form_lose_no_arrival() {
    // 100 per minute for 6 minutes; 70 per minute for 3 minutes; a tenth per second for 100 s.
    for (rate, duration, count) in [(100.0 / 60.0, 360.0, 600), (70.0 / 60.0, 180.0, 210), (0.1, 100.0, 10)] {
        assert_eq!(constant(rate, duration).count(), count, "{rate}/s, constant");
        assert_eq!(ramping(rate, &[(duration, rate)]).count(), count, "{rate}/s, ramping");
    }
    // Every hundredth at 100 per minute is a whole minute.
    let minutes: Vec<u64> = constant(100.0 / 60.0, 360.0).step_by(100).collect();
    assert_eq!(minutes, [0, 60, 120, 180, 240, 300].map(|s| s * 1_000_000_000));
}

/// The example of k6's own test: 0 to 1/s in 5 s, 1 s at 1/s, back to 0 in 5 s. Areas 2.5, 1
/// and 2.5: six arrivals, at sqrt(10), sqrt(20), 5.5, and mirrored.
#[test]
fn a_ramp_follows_the_area() {
    let seconds = [10_f64.sqrt(), 20_f64.sqrt(), 5.5, 11.0 - 20_f64.sqrt(), 11.0 - 10_f64.sqrt(), 11.0];
    let expected = seconds.map(|s| (s * 1e9).round() as u64);
    assert_eq!(ramping(0.0, &[(5.0, 1.0), (1.0, 1.0), (5.0, 0.0)]).collect::<Vec<_>>(), expected);
}

#[test]
fn the_scenarios_start_is_added() {
    let executor = Executor::ConstantArrivalRate {
        rate: 1.0,
        duration: 2.0,
        pre_allocated_vus: 1,
        max_vus: 1,
        arrivals: ArrivalProcess::Even,
    };
    let instants: Vec<u64> = Arrivals::of(&executor, 7.5).unwrap().collect();
    assert_eq!(instants, [7_500_000_000, 8_500_000_000]);
    assert!(Arrivals::of(&Executor::ConstantVus { vus: 1, duration: 1.0 }, 0.0).is_none());
}

#[test]
fn no_rate_no_arrivals() {
    assert_eq!(constant(0.0, 10.0).count(), 0);
    assert_eq!(ramping(0.0, &[(10.0, 0.0), (0.0, 5.0)]).count(), 0);
    assert_eq!(ramping(0.0, &[]).instant_of_area(0.0), None);
    // A pause between two bursts: areas 2 and 2, nothing in between.
    let bursts: Vec<u64> = ramping(2.0, &[(1.0, 2.0), (0.0, 0.0), (9.0, 0.0), (0.0, 2.0), (1.0, 2.0)]).collect();
    assert_eq!(bursts, [500_000_000, 1_000_000_000, 10_500_000_000, 11_000_000_000]);
}

#[test]
fn areas_may_be_asked_for_in_any_order() {
    let mut arrivals = ramping(0.0, &[(10.0, 10.0), (10.0, 10.0), (10.0, 0.0)]);
    assert_eq!(arrivals.total_area(), 200.0);
    assert_eq!(arrivals.instant_of_area(150.0), Some(20_000_000_000));
    assert_eq!(arrivals.instant_of_area(50.0), Some(10_000_000_000));
    assert_eq!(arrivals.instant_of_area(200.0), Some(30_000_000_000));
    assert_eq!(arrivals.instant_of_area(12.5), Some(5_000_000_000));
    assert_eq!(arrivals.instant_of_area(0.0), Some(0));
    for outside in [-1e-9, 200.000_001, f64::NAN, f64::INFINITY] {
        assert_eq!(arrivals.instant_of_area(outside), None, "{outside}");
    }
}

#[test]
fn a_hundred_million_arrivals_do_not_drift() {
    // 10^4/s for 10^4 s at an odd rate: the last arrival is one even step before the end.
    let mut arrivals = constant(10_000.0, 10_000.0);
    arrivals.next = 99_999_999;
    assert_eq!(arrivals.next(), Some(9_999_999_900_000));
    assert_eq!(arrivals.next(), None);
    // 10^8 in a ramp: the area i is reached at sqrt(2 i / slope), slope 2 * 10^8 / 10^8 per s^2.
    let mut ramp = ramping(0.0, &[(10_000.0, 20_000.0)]);
    ramp.next = 99_980_001; // 9999^2
    assert_eq!(ramp.next(), Some(9_999_000_000_000));
}

/// Twice the numerator of the area at `t` ns over 2 * 10^9 * length, exactly: rates in whole
/// thousandths, lengths in ns. The slow twin knows no square root, only whole numbers.
fn exact_area(stages: &[(u64, u64, u64)], t: u64) -> Vec<(i128, i128)> {
    let mut begin = 0;
    let mut terms = Vec::new();
    for &(length, from, to) in stages {
        let x = i128::from(t.saturating_sub(begin).min(length));
        let (length, from, to) = (i128::from(length), i128::from(from), i128::from(to));
        // from * x + (to - from) * x^2 / (2 length), in thousandths * ns.
        terms.push((2 * length * from * x + (to - from) * x * x, 2 * length));
        begin += length as u64;
    }
    terms
}

/// Whether the exact area at `t` is at least `area`: compared as whole number and rest per term.
fn reached(stages: &[(u64, u64, u64)], t: u64, area: u64) -> bool {
    const SCALE: i128 = 1_000_000_000_000; // thousandths and ns
    let terms = exact_area(stages, t);
    let whole: i128 = terms.iter().map(|(n, d)| n.div_euclid(*d)).sum();
    let rest: f64 = terms.iter().map(|(n, d)| n.rem_euclid(*d) as f64 / *d as f64).sum();
    (whole - i128::from(area) * SCALE) as f64 + rest >= -1e-6
}

proptest! {
    /// Each instant is the one ns at which the exact area passes a whole number: not yet
    /// reached 1 ns before, reached 1 ns after.
    #[test]
    fn instants_agree_with_exact_rationals(
        start in 0_u64..50_000_000,
        stages in prop::collection::vec((1_u64..4_000_000_000_000, prop_oneof![Just(0_u64), 0_u64..50_000_000]), 1..5),
        share in 0.0_f64..1.0,
    ) {
        let mut from = start;
        let mut exact = Vec::new();
        for &(length, to) in &stages {
            exact.push((length, from, to));
            from = to;
        }
        let seconds: Vec<_> = stages.iter().map(|&(ns, rate)| (ns as f64 / 1e9, rate as f64 / 1e3)).collect();
        let mut arrivals = ramping(start as f64 / 1e3, &seconds);
        let total = arrivals.total_area();
        let first = (total * share) as u64;
        arrivals.next = first.max(1);
        let mut before = 0;
        for area in first.max(1)..first.max(1) + 50 {
            let Some(t) = arrivals.next() else {
                prop_assert!(area as f64 > total);
                break;
            };
            prop_assert!(t >= before);
            prop_assert!(reached(&exact, t + 1, area), "area {} not reached at {}", area, t + 1);
            prop_assert!(t == 0 || !reached(&exact, t - 1, area), "area {} reached before {}", area, t);
            before = t;
        }
    }

    /// The instants of areas and the even arrivals are one schedule.
    #[test]
    fn areas_and_even_arrivals_agree(rate in 0.5_f64..1000.0, target in 0.0_f64..1000.0, seconds in 1_u32..100) {
        let arrivals = ramping(rate, &[(f64::from(seconds), target)]);
        let mut by_area = arrivals.clone();
        for (i, instant) in arrivals.enumerate() {
            prop_assert_eq!(by_area.instant_of_area((i + 1) as f64), Some(instant));
        }
    }
}
