//! Where the time of requests goes: parts of it, in words, of those near a percentile.

use super::prediction::{TimePart, TimeShare};
use crate::compile::Labels;
use crate::measure::Attribution;

/// Bands of rank around the percentiles that are explained.
const BANDS: [(&str, f64, f64); 3] = [("p50", 0.45, 0.55), ("p95", 0.94, 0.96), ("p99", 0.985, 0.995)];
/// Requests of all durations.
const ALL: (&str, f64, f64) = ("all", 0.0, 1.0);

/// What is too small to name.
const SMALL_SHARE: f64 = 0.002;

/// Time accounts of all replications together.
pub(super) struct Time<'a> {
    pub endpoints: &'a [Attribution],
    /// Per queue.
    pub jobs: &'a [Attribution],
    pub labels: &'a Labels,
}

impl Time<'_> {
    /// Of all requests, and of the jobs of each queue, near each percentile.
    pub fn shares(&self) -> Vec<TimeShare> {
        let whole = self.whole().map(|time| self.between("", &time, &BANDS)).unwrap_or_default();
        let jobs = self.labels.queues.iter().zip(self.jobs);
        whole.into_iter().chain(jobs.flat_map(|(queue, time)| self.between(&queue.name, time, &BANDS))).collect()
    }

    /// Of all requests and of those of each endpoint, of all durations and near each percentile.
    pub fn of_endpoints(&self) -> Vec<TimeShare> {
        let bands: Vec<(&str, f64, f64)> = std::iter::once(ALL).chain(BANDS).collect();
        let whole = self.whole().map(|time| self.between("", &time, &bands)).unwrap_or_default();
        let each = self.labels.endpoints.iter().zip(self.endpoints);
        whole.into_iter().chain(each.flat_map(|(name, time)| self.between(name, time, &bands))).collect()
    }

    fn whole(&self) -> Option<Attribution> {
        let (first, others) = self.endpoints.split_first()?;
        let mut whole = first.clone();
        others.iter().for_each(|other| whole.merge(other));
        Some(whole)
    }

    fn between(&self, scope: &str, time: &Attribution, bands: &[(&str, f64, f64)]) -> Vec<TimeShare> {
        let share = |&(percentile, low, high): &(&str, f64, f64)| {
            let (duration, parts) = time.between(low, high)?;
            Some(TimeShare {
                scope: scope.to_owned(),
                percentile: percentile.to_owned(),
                duration_ms: duration / 1e6,
                parts: self.named(duration, &parts),
            })
        };
        bands.iter().filter_map(share).collect()
    }

    /// Parts of one name together, the largest first.
    fn named(&self, duration: f64, parts: &[f64]) -> Vec<TimePart> {
        let mut named: Vec<TimePart> = Vec::new();
        for (what, ns) in self.labels.parts.iter().zip(parts) {
            let (share, ms) = (ns / duration, ns / 1e6);
            match named.iter_mut().find(|part| part.what == *what) {
                Some(part) => (part.share, part.ms) = (part.share + share, part.ms + ms),
                None => named.push(TimePart { what: what.clone(), share, ms }),
            }
        }
        let known: f64 = named.iter().map(|part| part.share).sum();
        let rest = (1.0 - known).max(0.0);
        named.push(TimePart { what: "elsewhere".into(), share: rest, ms: rest * duration / 1e6 });
        named.retain(|part| part.share >= SMALL_SHARE);
        named.sort_by(|a, b| b.share.total_cmp(&a.share));
        named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_add_up_to_all_requests() {
        let labels = Labels {
            endpoints: vec!["GET /a".into(), "GET /b".into()],
            parts: vec!["waiting for pool main".into(), "query x".into()],
            ..Labels::default()
        };
        let mut endpoints = vec![Attribution::new(1); 2];
        for _ in 0..300 {
            endpoints[0].record(10_000_000, &mut [[4_000_000, 6_000_000]]);
        }
        for _ in 0..100 {
            endpoints[1].record(50_000_000, &mut [[45_000_000, 5_000_000]]);
        }
        let time = Time { endpoints: &endpoints, jobs: &[], labels: &labels };
        let all = time.of_endpoints();
        let found = |scope: &str, percentile: &str, what: &str| {
            let share = all.iter().find(|s| s.scope == scope && s.percentile == percentile).expect("a share");
            share.parts.iter().find(|part| part.what == what).map_or(0.0, |part| part.ms)
        };
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(found("GET /a", "all", "waiting for pool main"), 4.0));
        assert!(near(found("GET /b", "p95", "query x"), 5.0));
        assert!(near(found("", "all", "waiting for pool main"), (300.0 * 4.0 + 100.0 * 45.0) / 400.0));
        assert_eq!(all.len(), 3 * 4);
        assert_eq!(time.shares().len(), 3, "of all requests only");
    }
}
