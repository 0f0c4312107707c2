//! The ways that requests of an endpoint take, and parts that contain others.

use std::collections::BTreeMap;

use crate::recording::traces::TracedRequest;

/// Ways that are kept apart, and the least share of requests that is one.
const MOST_WAYS: usize = 8;
const LEAST_SHARE: f64 = 0.005;
/// A part contains another if it is as long in so many of the requests that have both, and hardly longer on average.
const ALWAYS: f64 = 0.98;
const HARDLY: f64 = 1.4;
const TOGETHER: f64 = 0.9;

/// Requests that had the same parts in the same order.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    /// Names in their order.
    pub steps: Vec<String>,
    pub requests: Vec<usize>,
    /// Times by name, s.
    pub times: Vec<(String, f64)>,
    /// What no part covers, s, by request; below 0 where parts overlap.
    pub rest: Vec<f64>,
}

/// The ways of an endpoint's requests (at least one), most taken first. Rare ways count as the most common one.
pub(super) fn ways(requests: &[&TracedRequest]) -> Vec<Way> {
    let inner = inner(requests);
    let mut all: BTreeMap<Vec<String>, Way> = BTreeMap::new();
    for (number, request) in requests.iter().enumerate() {
        let steps: Vec<&(String, f64)> = request.steps.iter().filter(|(name, _)| !inner.contains(name)).collect();
        let names: Vec<String> = steps.iter().map(|(name, _)| name.clone()).collect();
        let way = all.entry(names.clone()).or_default();
        way.steps = names;
        way.requests.push(number);
        way.rest.push(request.duration_s - steps.iter().map(|(_, time)| time).sum::<f64>());
        way.times.extend(steps.into_iter().cloned());
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

/// Names of parts whose time is inside that of another: it is the other that counts.
fn inner(requests: &[&TracedRequest]) -> Vec<String> {
    let names: std::collections::BTreeSet<&str> =
        requests.iter().flat_map(|request| &request.steps).map(|(name, _)| name.as_str()).collect();
    let time = |request: &TracedRequest, name: &str| {
        let times: Vec<f64> = request.steps.iter().filter(|(known, _)| known == name).map(|(_, time)| *time).collect();
        (!times.is_empty()).then(|| times.iter().sum::<f64>())
    };
    let too_long =
        |request: &&&TracedRequest| request.steps.iter().map(|(_, time)| time).sum::<f64>() > request.duration_s;
    let overlapping: Vec<&&TracedRequest> = requests.iter().filter(too_long).collect();
    let contained = |inside: &str, outside: &str| {
        let both: Vec<(f64, f64)> =
            overlapping.iter().filter_map(|request| Some((time(request, inside)?, time(request, outside)?))).collect();
        let longer = both.iter().filter(|(a, b)| a <= b).count() as f64;
        let (a, b) = both.iter().fold((0.0, 0.0), |sum, (a, b)| (sum.0 + a, sum.1 + b));
        // Of two that are the same, one is inside.
        let apart = a < b || inside < outside;
        // Alone it is in nothing: the two are hardly ever apart.
        let alone = overlapping.iter().filter(|request| time(request, inside).is_some()).count();
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
        let steps = steps.iter().map(|(name, time)| ((*name).to_owned(), *time)).collect();
        TracedRequest { endpoint: "a".into(), duration_s, steps, ..Default::default() }
    }

    #[test]
    fn hits_and_misses_are_two_ways_and_a_hold_contains_its_query() {
        let hit = request(0.002, &[("redis", 0.001)]);
        let miss = request(0.052, &[("redis", 0.001), ("query", 0.049), ("hold", 0.050)]);
        // One try failed and took longer than the other: it contains nothing.
        let call = request(0.0515, &[("try", 0.02), ("query", 0.03), ("hold", 0.031)]);
        let again = request(0.0765, &[("try", 0.02), ("failed try", 0.025), ("query", 0.03), ("hold", 0.031)]);
        let calls = [[&call; 9].as_slice(), &[&again]].concat();
        assert!(ways(&calls).iter().all(|way| way.steps.contains(&"try".to_owned())), "{:?}", ways(&calls));
        let found = ways(&[&hit, &hit, &miss]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].requests.len(), found[0].steps.clone()), (2, vec!["redis".to_owned()]));
        assert_eq!(found[1].steps, ["redis", "hold"]);
        assert!((found[1].rest[0] - 0.001).abs() < 1e-9, "{found:?}");
    }
}
