//! What a real test showed: observations and series, as CONTRACT.md defines them.
//!
//! [`read::read`] takes a file of any known format. There are two kinds. Files of figures are believed or refused as a
//! whole, with every problem named: our own tables of figures (`tidy`) and lines over time (`series`), and the
//! summaries of load tools. Files of single requests (`formats`) are read as they come (`stream`): a line that
//! cannot be read is counted, located and noted. Figures are kept in the unit of their metric
//! ([`metrics::canonical_unit`]). Whether they contradict each other is not asked here.

mod align;
pub mod arrivals;
pub mod causes;
mod figures;
mod format;
mod formats;
mod k6_summary;
pub mod metrics;
pub mod problems;
pub mod read;
mod series;
mod stream;
mod table;
mod tidy;
pub mod traces;
pub mod units;

pub use align::join;
pub use arrivals::{Arrivals, Arrived, arrivals, arrivals_of_bytes};
pub use format::Format;
pub use metrics::canonical_unit;
pub use problems::{ReadError, ReadProblem};
pub use read::{read, read_bytes, read_text};

/// One recorded test.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Recording {
    /// File name, for people.
    pub name: String,
    pub observations: Vec<Observation>,
    pub series: Vec<SeriesPoint>,
    /// What was left out while reading, and why; one sentence each, for people.
    pub notes: Vec<String>,
    /// The files it was read from.
    pub files: Vec<FileFacts>,
}

/// What is known of a file that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct FileFacts {
    pub name: String,
    pub format: Format,
    /// The instant from which the file's seconds count, ns since 1970; `None` if it does not say.
    pub begin_ns: Option<i64>,
    /// From the begin of the first request to the end of the last; `None` if it does not say.
    pub span_s: Option<f64>,
    /// Lines of a file of single requests, and those that could not be read; else 0.
    pub lines: u64,
    pub broken: u64,
    /// Distance of the points of its series, s; 0 if it has none.
    pub width_s: f64,
    /// Why requests failed, in the file's words, and how many.
    pub failures: Vec<(String, u64)>,
}

impl FileFacts {
    /// Of a file that says no more than what it is.
    #[must_use]
    pub fn plain(name: &str, format: Format) -> FileFacts {
        let (begin_ns, span_s, failures) = (None, None, Vec::new());
        FileFacts { name: name.to_owned(), format, begin_ns, span_s, lines: 0, broken: 0, width_s: 0.0, failures }
    }

    /// The instant from which its seconds count, as `2025-06-14T08:51:11Z`.
    #[must_use]
    pub fn begin(&self) -> Option<String> {
        self.begin_ns.map(stream::instants::written)
    }
}

impl Recording {
    /// The figure of this metric, scope and statistic: that of the whole test, or else that of the
    /// longest span. `med` and `p50` are the same statistic.
    #[must_use]
    pub fn find(&self, metric: &str, scope: &str, stat: &str) -> Option<&Observation> {
        let length = |o: &Observation| o.window.map_or(f64::INFINITY, |(from_s, to_s)| to_s - from_s);
        let longer = |a, b| if length(b) > length(a) { b } else { a };
        self.of(metric, scope, stat).reduce(longer)
    }

    /// All figures of this metric, scope and statistic, over whatever span, in the order of the file.
    pub fn of(&self, metric: &str, scope: &str, stat: &str) -> impl Iterator<Item = &Observation> {
        let plain = |stat: &str| if stat == "med" { "p50".to_owned() } else { stat.to_owned() };
        let key = (metric.to_owned(), scope.to_owned(), plain(stat));
        self.observations.iter().filter(move |o| o.metric == key.0 && o.scope == key.1 && plain(&o.stat) == key.2)
    }

    /// Adds what another file recorded of the same test.
    pub fn add(&mut self, other: Recording) {
        self.observations.extend(other.observations);
        self.series.extend(other.series);
        self.notes.extend(other.notes);
        self.files.extend(other.files);
    }
}

/// One recorded figure. Numbers are in the canonical unit of their metric (see [`canonical_unit`]); percentiles are
/// k6's, see [`metrics`].
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub metric: String,
    pub scope: String,
    pub stat: String,
    /// Seconds since the test began; `None`: the whole test as the load tool reports it.
    pub window: Option<(f64, f64)>,
    /// `value`, or a recorded range, or both: never none.
    pub value: Option<f64>,
    pub range: Option<(f64, f64)>,
    pub unit: &'static str,
    /// Half a unit of the last digit that was written, in `unit`: how far the true figure may lie
    /// from the written one; 0 where numbers come unrounded.
    pub rounding: f64,
    /// Where the number stands in the report or file it came from.
    pub source: String,
    /// Line in the recording, for messages; 0 if it has none.
    pub line: u64,
}

impl Observation {
    /// The value, or the middle of the recorded range.
    #[must_use]
    pub fn middle(&self) -> f64 {
        let (low, high) = self.bounds();
        self.value.unwrap_or(f64::midpoint(low, high))
    }

    /// The recorded range; a plain value is a range of one point.
    #[must_use]
    pub fn bounds(&self) -> (f64, f64) {
        let value = self.value.unwrap_or(f64::NAN);
        self.range.unwrap_or((value, value))
    }
}

/// One point of a recorded series.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesPoint {
    pub t_s: f64,
    pub metric: String,
    pub scope: String,
    pub stat: String,
    pub value: f64,
    pub unit: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(stat: &str, window: Option<(f64, f64)>, value: f64) -> Observation {
        Observation {
            metric: "http_req_duration".into(),
            scope: String::new(),
            stat: stat.into(),
            window,
            value: Some(value),
            range: None,
            unit: "ms",
            rounding: 0.0,
            source: String::new(),
            line: 0,
        }
    }

    #[test]
    fn the_whole_test_is_found_before_its_parts() {
        let mut recording = Recording::default();
        recording.observations.push(observation("p95", Some((0.0, 10.0)), 1.0));
        recording.observations.push(observation("p95", Some((10.0, 60.0)), 2.0));
        assert_eq!(recording.find("http_req_duration", "", "p95").and_then(|o| o.value), Some(2.0));
        let whole = Recording { observations: vec![observation("p95", None, 3.0)], ..Recording::default() };
        recording.add(whole);
        assert_eq!(recording.find("http_req_duration", "", "p95").and_then(|o| o.value), Some(3.0));
        assert_eq!(recording.find("http_req_duration", "list", "p95"), None);
        assert_eq!(recording.of("http_req_duration", "", "p95").count(), 3);
    }

    #[test]
    fn the_median_has_two_names() {
        let recording = Recording { observations: vec![observation("p50", None, 4.0)], ..Recording::default() };
        assert!(recording.find("http_req_duration", "", "med").is_some());
    }

    #[test]
    fn a_range_without_a_value_has_a_middle() {
        let ranged = Observation { value: None, range: Some((12.0, 15.0)), ..observation("avg", None, 0.0) };
        assert_eq!((ranged.middle(), ranged.bounds()), (13.5, (12.0, 15.0)));
        let plain = observation("avg", None, 7.0);
        assert_eq!((plain.middle(), plain.bounds()), (7.0, (7.0, 7.0)));
    }
}
