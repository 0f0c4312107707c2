//! The ways that requests of an endpoint take, and parts that contain others.

use std::collections::BTreeMap;

use crate::recording::traces::{Part, TracedRequest};

/// Ways that are kept apart, and the least share of requests that is one.
const MOST_WAYS: usize = 8;
const LEAST_SHARE: f64 = 0.005;
/// A part contains another if it is as long in so many of the requests that have both, and hardly longer on average.
const ALWAYS: f64 = 0.98;
const HARDLY: f64 = 1.4;
const TOGETHER: f64 = 0.9;

/// Names of parts as they follow each other, or lie side by side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    Step(String),
    Parallel(Vec<Vec<Shape>>),
}

/// Requests that had the same parts in the same order.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    pub shape: Vec<Shape>,
    pub requests: Vec<usize>,
    /// Times by name, s.
    pub times: Vec<(String, f64)>,
    /// What no part covers, s, by request; below 0 where parts of a table overlap.
    pub rest: Vec<f64>,
}

impl Way {
    /// Names of all its parts.
    pub fn names(&self) -> Vec<&str> {
        names(&self.shape)
    }
}

pub(super) fn names(shape: &[Shape]) -> Vec<&str> {
    let each = shape.iter().flat_map(|one| match one {
        Shape::Step(name) => vec![name.as_str()],
        Shape::Parallel(branches) => branches.iter().flat_map(|branch| names(branch)).collect(),
    });
    each.collect()
}

/// The shape of parts, without those of these names.
fn shape(parts: &[Part], without: &[String]) -> Vec<Shape> {
    let of = |part: &Part| match part {
        Part::Step { name, .. } => (!without.contains(name)).then(|| Shape::Step(name.clone())),
        Part::Parallel(branches) => {
            Some(Shape::Parallel(branches.iter().map(|branch| shape(branch, without)).collect()))
        }
    };
    parts.iter().filter_map(of).collect()
}

/// The ways of an endpoint's requests (at least one), most taken first. Rare ways count as the most common one.
pub(super) fn ways(requests: &[&TracedRequest]) -> Vec<Way> {
    let inner = inner(requests);
    let mut all: BTreeMap<Vec<Shape>, Way> = BTreeMap::new();
    for (number, request) in requests.iter().enumerate() {
        let shape = shape(&request.parts, &inner);
        let steps = request.steps().into_iter().filter(|(name, _)| !inner.iter().any(|inner| inner == name));
        let steps: Vec<(String, f64)> = steps.map(|(name, time)| (name.to_owned(), time)).collect();
        let way = all.entry(shape.clone()).or_default();
        way.shape = shape;
        way.requests.push(number);
        let covered = || steps.iter().map(|(_, time)| time).sum::<f64>();
        way.rest.push(request.own_s.unwrap_or_else(|| request.duration_s - covered()));
        way.times.extend(steps);
    }
    let mut ways: Vec<Way> = all.into_values().collect();
    ways.sort_by_key(|way| std::cmp::Reverse(way.requests.len()));
    let fewest = LEAST_SHARE * requests.len() as f64;
    let kept = ways.iter().take(MOST_WAYS).filter(|way| way.requests.len() as f64 >= fewest).count().max(1);
    let rare: usize = ways.drain(kept..).map(|way| way.requests.len()).sum();
    if let Some(first) = ways.first_mut() {
        let last = first.requests.last().copied().unwrap_or(0);
        first.requests.extend(std::iter::repeat_n(last, rare));
    }
    ways
}

/// Names of parts of tables whose time is inside that of another: it is the other that counts. (Of spans it is known
/// which lie inside of which.)
fn inner(requests: &[&TracedRequest]) -> Vec<String> {
    let tables = || requests.iter().copied().filter(|request| request.own_s.is_none());
    let steps: Vec<(f64, Vec<(&str, f64)>)> = tables().map(|request| (request.duration_s, request.steps())).collect();
    let names: std::collections::BTreeSet<&str> =
        steps.iter().flat_map(|(_, steps)| steps).map(|(name, _)| *name).collect();
    let time = |steps: &[(&str, f64)], name: &str| {
        let times: Vec<f64> = steps.iter().filter(|(known, _)| *known == name).map(|(_, time)| *time).collect();
        (!times.is_empty()).then(|| times.iter().sum::<f64>())
    };
    let too_long =
        |(duration, steps): &&(f64, Vec<(&str, f64)>)| steps.iter().map(|(_, time)| time).sum::<f64>() > *duration;
    let overlapping: Vec<&Vec<(&str, f64)>> = steps.iter().filter(too_long).map(|(_, steps)| steps).collect();
    let contained = |inside: &str, outside: &str| {
        let both: Vec<(f64, f64)> =
            overlapping.iter().filter_map(|steps| Some((time(steps, inside)?, time(steps, outside)?))).collect();
        let longer = both.iter().filter(|(a, b)| a <= b).count() as f64;
        let (a, b) = both.iter().fold((0.0, 0.0), |sum, (a, b)| (sum.0 + a, sum.1 + b));
        // Of two that are the same, one is inside.
        let apart = a < b || inside < outside;
        // Alone it is in nothing: the two are hardly ever apart.
        let alone = overlapping.iter().filter(|steps| time(steps, inside).is_some()).count();
        let together = !both.is_empty() && both.len() as f64 >= TOGETHER * alone as f64;
        together && longer >= ALWAYS * both.len() as f64 && b <= HARDLY * a && apart
    };
    let found = |inside: &&str| names.iter().any(|outside| outside != inside && contained(inside, outside));
    names.iter().copied().filter(|name| found(name)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(duration_s: f64, steps: &[(&str, f64)]) -> TracedRequest {
        let part = |&(name, seconds): &(&str, f64)| Part::Step { name: name.to_owned(), seconds };
        TracedRequest {
            endpoint: "a".into(),
            duration_s,
            parts: steps.iter().map(part).collect(),
            ..TracedRequest::default()
        }
    }

    #[test]
    fn hits_and_misses_are_two_ways_and_a_hold_contains_its_query() {
        let hit = request(0.002, &[("redis", 0.001)]);
        let miss = request(0.052, &[("redis", 0.001), ("query", 0.049), ("hold", 0.050)]);
        // One try failed and took longer than the other: it contains nothing.
        let call = request(0.0515, &[("try", 0.02), ("query", 0.03), ("hold", 0.031)]);
        let again = request(0.0765, &[("try", 0.02), ("failed try", 0.025), ("query", 0.03), ("hold", 0.031)]);
        let calls = [[&call; 9].as_slice(), &[&again]].concat();
        assert!(ways(&calls).iter().all(|way| way.names().contains(&"try")), "{:?}", ways(&calls));
        let found = ways(&[&hit, &hit, &miss]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].requests.len(), found[0].names()), (2, vec!["redis"]));
        assert_eq!(found[1].names(), ["redis", "hold"]);
        assert!((found[1].rest[0] - 0.001).abs() < 1e-9, "{found:?}");
    }

    /// Spans say themselves what lies inside of what: a short one beside a long one is not inside of it.
    #[test]
    fn what_lay_side_by_side_is_kept() {
        let step = |name: &str, seconds| Part::Step { name: name.into(), seconds };
        let parts = vec![Part::Parallel(vec![vec![step("x", 0.020)], vec![step("y", 0.021)]])];
        let one = TracedRequest { duration_s: 0.023, parts, own_s: Some(0.002), ..TracedRequest::default() };
        let found = ways(&[&one, &one]);
        assert_eq!((found.len(), found[0].names()), (1, vec!["x", "y"]));
        assert!(matches!(found[0].shape.as_slice(), [Shape::Parallel(branches)] if branches.len() == 2));
        assert_eq!(found[0].rest, [0.002, 0.002]);
    }
}
