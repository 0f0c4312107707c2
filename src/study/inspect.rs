//! What a recording says at a glance: its files, endpoints, load over time, and why requests failed.

use serde::Serialize;

use super::prediction::RecordedFigure;
use crate::recording::{FileFacts, Recording, SeriesPoint};

/// Points of a line over time.
const POINTS: usize = 60;
/// Lines over time that are shown, with their statistic.
const LINES: [(&str, &str); 5] = [
    ("http_reqs", "rate"),
    ("vus", "avg"),
    ("http_req_duration", "avg"),
    ("http_req_failed", "rate"),
    ("iterations", "rate"),
];
/// Metrics that the table of endpoints has already.
const IN_ENDPOINTS: [&str; 4] = ["http_reqs", "http_req_duration", "http_req_failed", "errors"];

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    pub files: Vec<FileSheet>,
    /// The first is the whole test, if anything is known of it.
    pub endpoints: Vec<EndpointSheet>,
    pub load: Vec<LoadLine>,
    /// Failed requests by cause.
    pub causes: Vec<Count>,
    /// Failed requests by what the file says.
    pub failures: Vec<Count>,
    /// All other figures.
    pub figures: Vec<RecordedFigure>,
    /// Figures and points of series that were read.
    pub observations: usize,
    pub points: usize,
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileSheet {
    pub name: String,
    pub format: &'static str,
    pub good_for: &'static str,
    pub begin: Option<String>,
    pub span_s: Option<f64>,
    pub lines: u64,
    pub broken: u64,
}

/// Figures of an endpoint; `None` where the recording has none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndpointSheet {
    /// Empty: the whole test.
    pub endpoint: String,
    pub count: Option<f64>,
    pub rate: Option<f64>,
    pub failed_percent: Option<f64>,
    pub avg_ms: Option<f64>,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub p999_ms: Option<f64>,
    pub max_ms: Option<f64>,
}

/// A line over time in at most 60 points; `None` where nothing was recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadLine {
    pub metric: String,
    pub stat: String,
    pub unit: &'static str,
    /// Where the first point begins, and how wide each is, s.
    pub from_s: f64,
    pub width_s: f64,
    pub values: Vec<Option<f64>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Count {
    pub what: String,
    pub count: f64,
}

/// Looks at a recording.
#[must_use]
pub fn inspect(recording: &Recording) -> Inspection {
    let causes = causes(recording);
    let mut failures: Vec<Count> = recording
        .files
        .iter()
        .flat_map(|file| &file.failures)
        .map(|(what, count)| Count { what: what.clone(), count: *count as f64 })
        .collect();
    failures.sort_by(|a, b| b.count.total_cmp(&a.count).then(a.what.cmp(&b.what)));
    let endpoints = endpoints(recording);
    let listed = |scope: &str| endpoints.iter().any(|endpoint| endpoint.endpoint == scope);
    let other = recording
        .observations
        .iter()
        .filter(|o| !IN_ENDPOINTS.contains(&o.metric.as_str()) || o.window.is_some() || !listed(&o.scope));
    let figures = other.map(RecordedFigure::from).collect();
    Inspection {
        files: recording.files.iter().map(file).collect(),
        load: LINES.iter().filter_map(|(metric, stat)| line(recording, metric, stat)).collect(),
        endpoints,
        causes,
        failures,
        figures,
        observations: recording.observations.len(),
        points: recording.series.len(),
        notes: recording.notes.clone(),
    }
}

/// Failed requests by cause, of the whole test where that was recorded.
fn causes(recording: &Recording) -> Vec<Count> {
    let counted = recording.observations.iter().filter(|o| o.metric == "errors" && o.stat == "count");
    let mut seen = std::collections::BTreeSet::new();
    let known = |scope: &str| crate::recording::causes::by_word(scope.as_bytes()).is_some();
    let once = counted.filter(|o| known(&o.scope) && seen.insert(o.scope.as_str()));
    let whole = once.filter_map(|o| recording.find("errors", &o.scope, "count"));
    whole.map(|o| Count { what: o.scope.clone(), count: o.middle() }).collect()
}

fn file(facts: &FileFacts) -> FileSheet {
    FileSheet {
        name: facts.name.clone(),
        format: facts.format.word(),
        good_for: facts.format.good_for(),
        begin: facts.begin(),
        span_s: facts.span_s,
        lines: facts.lines,
        broken: facts.broken,
    }
}

/// The whole test, then every scope of requests or their durations, the busiest first.
fn endpoints(recording: &Recording) -> Vec<EndpointSheet> {
    let mut scopes: Vec<&str> = Vec::new();
    let of = recording.observations.iter().filter(|o| o.window.is_none());
    let mut seen = std::collections::BTreeSet::new();
    for o in of.filter(|o| matches!(o.metric.as_str(), "http_reqs" | "http_req_duration" | "http_req_failed")) {
        if seen.insert(o.scope.as_str()) {
            scopes.push(&o.scope);
        }
    }
    let mut sheets: Vec<EndpointSheet> = scopes.into_iter().map(|scope| endpoint(recording, scope)).collect();
    let order = |sheet: &EndpointSheet| (!sheet.endpoint.is_empty(), -sheet.count.or(sheet.rate).unwrap_or(0.0));
    sheets.sort_by(|a, b| order(a).0.cmp(&order(b).0).then(order(a).1.total_cmp(&order(b).1)));
    sheets
}

fn endpoint(recording: &Recording, scope: &str) -> EndpointSheet {
    let figure = |metric: &str, stat: &str| recording.find(metric, scope, stat).map(|o| o.middle());
    let duration = |stat: &str| figure("http_req_duration", stat);
    EndpointSheet {
        endpoint: scope.to_owned(),
        count: figure("http_reqs", "count"),
        rate: figure("http_reqs", "rate"),
        failed_percent: figure("http_req_failed", "rate"),
        avg_ms: duration("avg"),
        p50_ms: duration("p50"),
        p95_ms: duration("p95"),
        p99_ms: duration("p99"),
        p999_ms: duration("p99.9"),
        max_ms: duration("max"),
    }
}

/// A line over the whole test; where only its parts were recorded, none.
fn line(recording: &Recording, metric: &str, stat: &str) -> Option<LoadLine> {
    let wanted = |p: &&SeriesPoint| p.metric == metric && p.stat == stat && p.scope.is_empty();
    let points: Vec<&SeriesPoint> = recording.series.iter().filter(wanted).collect();
    let times = || points.iter().map(|point| point.t_s);
    let (from_s, to_s) = (times().fold(f64::INFINITY, f64::min), times().fold(f64::NEG_INFINITY, f64::max));
    if points.len() < 2 || to_s <= from_s {
        return None;
    }
    let own = recording.files.iter().map(|file| file.width_s).fold(0.0, f64::max);
    let spacing = if own > 0.0 { own } else { (to_s - from_s) / (points.len() - 1) as f64 };
    let stretches = ((to_s - from_s) / spacing).round() + 1.0;
    let width_s = spacing * (stretches / POINTS as f64).ceil().max(1.0);
    let count = (((to_s - from_s) / width_s).floor() as usize + 1).min(POINTS + 1);
    let mut sums = vec![(0.0, 0u32); count];
    for point in &points {
        let place = (((point.t_s - from_s) / width_s) as usize).min(count - 1);
        sums[place] = (sums[place].0 + point.value, sums[place].1 + 1);
    }
    let values = sums.iter().map(|(sum, n)| (*n > 0).then(|| sum / f64::from(*n))).collect();
    Some(LoadLine { metric: metric.to_owned(), stat: stat.to_owned(), unit: points[0].unit, from_s, width_s, values })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::read_text;

    /// A recording with windows has each cause several times.
    #[test]
    fn a_cause_is_listed_once_and_of_the_whole_test() {
        let table = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\n\
                     errors,api_timeout,count,0,300,4,,,1,\nerrors,acquire_timeout,count,0,300,2,,,1,\n\
                     errors,acquire_timeout,count,,,7,,,1,\nerrors,api_timeout,count,300,310,1,,,1,\n";
        let found = inspect(&read_text("x", table).expect("read")).causes;
        let shown: Vec<(&str, f64)> = found.iter().map(|cause| (cause.what.as_str(), cause.count)).collect();
        assert_eq!(shown, [("api_timeout", 4.0), ("acquire_timeout", 7.0)]);
    }
}
