//! Figures of caches: what was found, what is kept, what had to go.

use super::{Observer, share};
use crate::measure::KeysSecond;

impl Observer<'_> {
    pub(super) fn caches(&mut self) {
        let labels = self.labels;
        for (index, cache) in labels.caches.iter().enumerate() {
            let of_cache = |(of, _): &(String, String)| of == cache;
            let spaces: Vec<usize> = (0..labels.keyspaces.len()).filter(|&i| of_cache(&labels.keyspaces[i])).collect();
            self.keys(cache, &spaces);
            for &space in &spaces {
                self.keys(&labels.keyspaces[space].1, &[space]);
            }
            self.memory(cache, index);
        }
    }

    /// The figures of some keyspaces together.
    fn keys(&mut self, scope: &str, spaces: &[usize]) {
        let (from, to) = self.span();
        let (series, ran) = (&self.m.series, self.m.ran as f64 / 1e9);
        let width = self.labels.keyspaces.len();
        let of = |second: usize, figure: &dyn Fn(&KeysSecond) -> u32| -> f64 {
            let row = series.keys.get(second * width..(second + 1) * width).unwrap_or_default();
            spaces.iter().filter_map(|&space| row.get(space)).map(|keys| f64::from(figure(keys))).sum()
        };
        let count = |figure: &dyn Fn(&KeysSecond) -> u32| series.sum_at(from, to, ran, |second| of(second, figure));
        let (hits, misses) = (count(&|k| k.hits), count(&|k| k.misses));
        let (evictions, expirations) = (count(&|k| k.evictions), count(&|k| k.expirations));
        let refused = count(&|k| k.refused);
        let kept = series.mean_at(from, to, |second| of(second, &|k| k.keys)).unwrap_or(f64::NAN);
        let most = series.most_at(from, to, |second| of(second, &|k| k.keys)).unwrap_or(f64::NAN);
        self.add("hit_ratio", scope, "avg", "%", share(hits, hits + misses));
        self.add("keys", scope, "avg", "1", kept);
        self.add("keys", scope, "max", "1", most);
        let seconds = self.seconds();
        for (metric, count) in [("evictions", evictions), ("expirations", expirations), ("writes_refused", refused)] {
            self.add(metric, scope, "count", "1", count);
            self.add(metric, scope, "rate", "1/s", count / seconds);
        }
    }

    fn memory(&mut self, scope: &str, store: usize) {
        let (from, to) = self.span();
        let (series, width) = (&self.m.series, self.labels.caches.len());
        let of =
            |second: usize| series.memory.get(second * width + store).map_or(f64::NAN, |&bytes| bytes as f64 / 1e6);
        let mean = series.mean_at(from, to, of).unwrap_or(f64::NAN);
        let most = series.most_at(from, to, of).unwrap_or(f64::NAN);
        let seconds = series.seconds.len();
        let at = |t: f64| of((t.max(0.0) as usize).min(seconds.saturating_sub(1)));
        let (start, end) = (at(from), at((to - 1.0).ceil()));
        for (stat, value) in [("avg", mean), ("max", most), ("start", start), ("end", end), ("growth", end - start)] {
            self.add("memory", scope, stat, "MB", value);
        }
    }
}
