//! Points made up for unit tests: a pool whose p95 follows a formula.

use super::point::{Figure, Point, PointResource, PointVerdict, TestPoint};
use super::{Axis, Value};
use crate::random::Draw;
use crate::statistics::estimate;
use crate::study::prediction::Status;

const REPLICATIONS: usize = 8;

pub fn axis(numbers: &[f64]) -> Axis {
    let value = |number: &f64| Value { text: number.to_string(), number: Some(*number) };
    let values = numbers.iter().map(value).collect();
    Axis { path: "pool.main.max".into(), unit: String::new(), load: false, values }
}

/// p95 by the formula; noise of its own in every replication of every point, of this size. Objective: below 150 ms.
pub fn points(numbers: &[f64], p95: impl Fn(f64) -> f64, noise: f64) -> Vec<Point> {
    let point = |(place, number): (usize, &f64)| {
        let mut draw = Draw::new(7, place as u64);
        let values: Vec<f64> = (0..REPLICATIONS).map(|_| p95(*number) + noise * (draw.uniform() - 0.5)).collect();
        let holds: Vec<bool> = values.iter().map(|value| *value < 150.0).collect();
        let probability = holds.iter().filter(|holds| **holds).count() as f64 / REPLICATIONS as f64;
        let mut tests = vec![test_point(values, holds)];
        // 24 connections are needed whatever there are.
        tests[0].resources[0].servers = *number;
        tests[0].resources[0].utilisation = (24.0 / number).min(1.0);
        Point { at: vec![number.to_string()], probability, tests, usd_per_month: None }
    };
    numbers.iter().enumerate().map(point).collect()
}

fn test_point(values: Vec<f64>, holds: Vec<bool>) -> TestPoint {
    let e = estimate(&values);
    let held = holds.iter().filter(|holds| **holds).count();
    let verdict = PointVerdict {
        slo: "http_req_duration p(95)<150".into(),
        status: if held == REPLICATIONS { Status::Pass } else { Status::Fail },
        value: e.value,
        low: e.low,
        high: e.high,
        probability: held as f64 / REPLICATIONS as f64,
        bound: 150.0,
        unit: "ms".into(),
        wished: false,
    };
    let figure = Figure {
        metric: "http_req_duration".into(),
        scope: String::new(),
        stat: "p95".into(),
        from_s: None,
        to_s: None,
        unit: "ms".into(),
        value: e.value,
        low: e.low,
        high: e.high,
        mean_low: e.mean_low,
        mean_high: e.mean_high,
        values,
    };
    let pool = PointResource { name: "pool main".into(), utilisation: 1.0, servers: 1.0, bound_per_s: Some(100.0) };
    let limits = pool.name.clone();
    let (verdicts, figures, resources) = (vec![verdict], vec![figure], vec![pool]);
    TestPoint {
        test: "peak".into(),
        replications: REPLICATIONS,
        cut: false,
        figures,
        verdicts,
        holds,
        limits,
        resources,
    }
}
