//! Recorded arrivals again, and more or fewer of them.
//!
//! Nothing here depends on the replication: what a log holds comes as it came. More than was recorded is every arrival
//! several times, the further ones up to half a second before or after it, so that the load keeps its shape but for
//! the last second and no two copies come at one instant. Of fewer each arrival is kept or left out by itself.

use crate::model::Instants;
use crate::random::{Draw, derive};

/// How far a copy lies from what it copies at most, ns.
const FARTHEST_NS: f64 = 0.5e9;

/// Sites of the draws of an arrival.
const COPIES: u64 = 0;
const RESOLUTION: u64 = 1;
const COPY: u64 = 2;

/// The instants of `times` as many arrivals, in order; none lies beyond `end_ns`.
pub(super) fn instants(recorded: &Instants, times: f64, end_ns: u64) -> Vec<u64> {
    let mut instants = Vec::with_capacity((recorded.at_ns.len() as f64 * times) as usize + 1);
    for (number, at_ns) in (0..).zip(&recorded.at_ns) {
        let key = derive(recorded.key, number);
        let chance = |site: u64| Draw::new(key, site).uniform();
        let within = (chance(RESOLUTION) * recorded.resolution_ns as f64) as u64;
        let at_ns = at_ns.saturating_add(within).min(end_ns);
        let copies = times.floor() as u64 + u64::from(chance(COPIES) < times.fract());
        instants.extend((copies > 0).then_some(at_ns));
        for copy in 1..copies {
            let away = (2.0 * chance(COPY + copy) - 1.0) * FARTHEST_NS;
            instants.push(reflected(at_ns as f64 + away, end_ns as f64));
        }
    }
    instants.sort_unstable();
    instants
}

/// What would lie outside comes back from the border as far as it went beyond it.
fn reflected(at: f64, end: f64) -> u64 {
    let folded = at.abs();
    let inside = if folded > end { 2.0 * end - folded } else { folded };
    inside.clamp(0.0, end) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn recorded(at_ns: Vec<u64>, resolution_ns: u64) -> Instants {
        Instants { at_ns, resolution_ns, key: 7 }
    }

    #[test]
    fn what_was_recorded_comes_as_it_came() {
        let at = vec![0, 5, 5, 9 * SECOND];
        assert_eq!(instants(&recorded(at.clone(), 0), 1.0, 10 * SECOND), at);
    }

    #[test]
    fn more_and_fewer_keep_their_shape() {
        // 1000 per second for 10 s, then 100 per second.
        let at = (0..10_000).map(|i| i * SECOND / 1000).chain((0..1000).map(|i| 10 * SECOND + i * SECOND / 100));
        let recorded = recorded(at.collect(), 0);
        for times in [0.25, 0.5, 2.0, 3.5] {
            let all = instants(&recorded, times, 20 * SECOND);
            assert!(all.is_sorted() && all.iter().all(|at| *at <= 20 * SECOND));
            let early = all.iter().filter(|at| **at < 10 * SECOND).count() as f64;
            let late = all.len() as f64 - early;
            // Five standard deviations of a binomial law, and what half a second carries over the border.
            let bound = |expected: f64| 5.0 * expected.sqrt() + 0.25 * 900.0 * (times - 1.0).max(0.0);
            assert!((early - 10_000.0 * times).abs() < bound(10_000.0 * times), "{times}: {early}");
            assert!((late - 1000.0 * times).abs() < bound(1000.0 * times), "{times}: {late}");
            assert_eq!(all, instants(&recorded, times, 20 * SECOND));
        }
    }

    #[test]
    fn whole_seconds_are_spread() {
        let seconds = recorded(vec![SECOND; 1000], SECOND);
        let spread = instants(&seconds, 1.0, 10 * SECOND);
        assert!(spread.iter().all(|at| (SECOND..2 * SECOND).contains(at)));
        let mean = spread.iter().map(|at| *at as f64).sum::<f64>() / 1000.0;
        // A uniform law on a second has a deviation of 0.289 s, its mean of a thousand 9.1 ms.
        assert!((mean - 1.5e9).abs() < 4.0 * 9.1e6, "{mean}");
    }

    #[test]
    fn nothing_leaves_the_replay() {
        let ends = recorded(vec![0, SECOND], 0);
        assert!(instants(&ends, 1000.0, SECOND).iter().all(|at| *at <= SECOND));
        assert_eq!((reflected(-5.0, 100.0), reflected(105.0, 100.0), reflected(-500.0, 100.0)), (5, 95, 0));
    }
}
