//! Panels over the time of a test: predicted lines with their bands, recorded points beside them.

use super::axis::Axis;
use super::panel::{Dash, Form, Ink, Layer, Mark, Panel, Shape};
use crate::recording::{Observation, Recording};
use crate::study::prediction::{Prediction, Series};

/// More recorded points than this are drawn as a line without marks.
const MOST_MARKS: usize = 60;

/// Points of a predicted line; about the pixels of a panel.
const MOST_POINTS: usize = 700;

/// Causes of errors beside the line of all: what is recorded, then those of which there are most at once.
const MOST_CAUSES: usize = 3;

/// One thing over time, as the contract names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// In the legend.
    pub name: String,
    pub metric: &'static str,
    pub scope: String,
    /// Accepted statistics, best first.
    pub stats: &'static [&'static str],
}

impl Track {
    #[must_use]
    pub fn new(name: impl Into<String>, metric: &'static str, scope: &str, stats: &'static [&'static str]) -> Track {
        Track { name: name.into(), metric, scope: scope.to_owned(), stats }
    }

    /// The predicted line.
    #[must_use]
    pub fn predicted<'a>(&self, p: Option<&'a Prediction>) -> Option<&'a Series> {
        let of_this = |series: &&Series| series.metric == self.metric && series.scope == self.scope;
        let series = || p.into_iter().flat_map(|p| &p.series).filter(of_this);
        self.stats.iter().find_map(|stat| series().find(|series| series.stat == *stat))
    }

    /// Points of the recorded series, as (seconds, value).
    #[must_use]
    pub fn points(&self, recording: Option<&Recording>) -> Vec<(f64, f64)> {
        let mine = recording.into_iter().flat_map(|recording| &recording.series);
        let mine = mine.filter(|point| point.metric == self.metric && point.scope == self.scope);
        let of = |stat: &str| mine.clone().filter(|p| p.stat == stat).map(|p| (p.t_s, p.value)).collect::<Vec<_>>();
        self.stats.iter().map(|stat| of(stat)).find(|points| !points.is_empty()).unwrap_or_default()
    }

    /// Recorded spans, as (from, to, low, high); a count over a span stands for its rate.
    #[must_use]
    pub fn spans(&self, recording: Option<&Recording>) -> Vec<(f64, f64, f64, f64)> {
        let mine = recording.into_iter().flat_map(|recording| &recording.observations);
        mine.filter(|o| o.metric == self.metric && o.scope == self.scope).filter_map(|o| self.span(o)).collect()
    }

    fn span(&self, observation: &Observation) -> Option<(f64, f64, f64, f64)> {
        let (from, to) = observation.window.filter(|(from, to)| to > from)?;
        let divisor = match observation.stat.as_str() {
            "count" if self.stats.contains(&"rate") => to - from,
            stat if self.stats.contains(&stat) => 1.0,
            _ => return None,
        };
        let (low, high) = observation.range.or(observation.value.map(|value| (value, value)))?;
        Some((from, to, low / divisor, high / divisor))
    }

    /// Seconds from the test's begin to the end of what is predicted or recorded.
    #[must_use]
    pub fn end_s(&self, p: Option<&Prediction>, recording: Option<&Recording>) -> f64 {
        let predicted = self.predicted(p).map_or(0.0, |series| series.mean.len() as f64);
        let points = self.points(recording).into_iter().map(|point| point.0);
        points.chain(self.spans(recording).into_iter().map(|span| span.1)).fold(predicted, f64::max)
    }

    /// Whether anything is recorded over time.
    #[must_use]
    pub fn is_recorded(&self, recording: Option<&Recording>) -> bool {
        !self.points(recording).is_empty() || !self.spans(recording).is_empty()
    }
}

/// A panel of these tracks; each has its colour and its recorded points their form. The time axis
/// ends with the later of prediction and recording.
#[must_use]
pub fn panel(
    title: String,
    unit: &str,
    tracks: &[Track],
    p: Option<&Prediction>,
    recording: Option<&Recording>,
) -> Panel {
    let (mut bands, mut lines, mut recorded) = (Vec::new(), Vec::new(), Vec::new());
    let mut end: f64 = 0.0;
    for (track, (ink, form)) in tracks.iter().zip(Ink::CYCLE.into_iter().zip(Form::ALL)) {
        if let Some(series) = track.predicted(p) {
            end = end.max(series.mean.len() as f64);
            bands.push(Layer::new("", ink, Shape::Band(band(series))));
            let line = Shape::Line(at_seconds(&series.mean), Dash::Solid);
            lines.push(Layer::new(format!("{} predicted", track.name), ink, line));
        }
        let points = track.points(recording);
        let spans = track.spans(recording);
        end = points.iter().map(|point| point.0).chain(spans.iter().map(|span| span.1)).fold(end, f64::max);
        recorded.extend(recorded_layers(&format!("{} recorded", track.name), ink, form, points, spans));
    }
    let layers: Vec<Layer> = bands.into_iter().chain(lines).chain(recorded).collect();
    let largest = layers.iter().map(Layer::largest).fold(0.0, f64::max);
    Panel {
        title,
        x: Axis::time(end),
        y: Axis::from_zero(unit, largest),
        layers,
        moments: Vec::new(),
        empty: "neither predicted nor recorded over time".to_owned(),
    }
}

fn recorded_layers(
    name: &str,
    ink: Ink,
    form: Form,
    points: Vec<(f64, f64)>,
    spans: Vec<(f64, f64, f64, f64)>,
) -> Vec<Layer> {
    let mark = Mark { form, filled: false };
    let mut layers = Vec::new();
    if !points.is_empty() {
        layers.push(Layer::new(name, ink, Shape::Line(points.clone(), Dash::Dashed)));
        if points.len() <= MOST_MARKS {
            layers.push(Layer::new(name, ink, Shape::Marks(points, mark)));
        }
    }
    let (ranges, values): (Vec<_>, Vec<_>) = spans.into_iter().partition(|span| span.2 < span.3);
    if !values.is_empty() {
        let middles = values.iter().map(|(from, to, value, _)| (from.midpoint(*to), *value)).collect();
        layers.push(Layer::new("", ink, Shape::Ranges(values)));
        layers.push(Layer::new(name, ink, Shape::Marks(middles, mark)));
    }
    if !ranges.is_empty() {
        layers.push(Layer::new(format!("{name}, range"), ink, Shape::Ranges(ranges)));
    }
    layers
}

/// Each second's value in the middle of its second, or the mean of a few seconds in the middle of
/// these where a line would have more points than a picture has pixels.
fn at_seconds(values: &[f64]) -> Vec<(f64, f64)> {
    let length = values.len().div_ceil(MOST_POINTS).max(1);
    let middle = |chunk: usize, seconds: &[f64]| (chunk * length) as f64 + seconds.len() as f64 / 2.0;
    let mean = |seconds: &[f64]| seconds.iter().sum::<f64>() / seconds.len() as f64;
    values.chunks(length).enumerate().map(|(chunk, seconds)| (middle(chunk, seconds), mean(seconds))).collect()
}

fn band(series: &Series) -> Vec<(f64, f64, f64)> {
    let ends = at_seconds(&series.low).into_iter().zip(at_seconds(&series.high));
    let ends = ends.map(|((second, low), (_, high))| (second, low, high));
    ends.filter(|(_, low, high)| low.is_finite() && high.is_finite()).collect()
}

/// Errors per second: all of them, or their causes where the total is neither predicted nor
/// recorded; the share of failed requests where only that was recorded over time.
#[must_use]
pub fn errors(title: &str, p: Option<&Prediction>, recording: Option<&Recording>) -> Panel {
    const RATE: &[&str] = &["rate"];
    let failed = Track::new("failed requests", "http_req_failed", "", RATE);
    let mut tracks = vec![Track::new("all errors", "errors", "", RATE)];
    let mut scopes: Vec<&str> = Vec::new();
    let predicted = p.into_iter().flat_map(|p| &p.series).filter(|series| series.metric == "errors");
    let observed = recording.into_iter().flat_map(|r| &r.observations);
    let observed = observed.filter(|o| o.metric == "errors" && o.window.is_some());
    for scope in predicted.map(|series| series.scope.as_str()).chain(observed.map(|o| o.scope.as_str())) {
        if !scope.is_empty() && !scope.contains(' ') && !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    let highest = |scope: &str| {
        let track = Track::new(scope, "errors", scope, RATE);
        let predicted = track.predicted(p).map_or(0.0, |series| series.mean.iter().copied().fold(0.0, f64::max));
        if track.is_recorded(recording) { f64::INFINITY } else { predicted }
    };
    let mut ranked = scopes.clone();
    ranked.sort_by(|a, b| highest(b).total_cmp(&highest(a)));
    ranked.truncate(MOST_CAUSES);
    scopes.retain(|scope| ranked.contains(scope));
    tracks.extend(scopes.into_iter().map(|scope| Track::new(scope, "errors", scope, RATE)));
    if failed.is_recorded(recording) && !tracks.iter().any(|track| track.is_recorded(recording)) {
        return panel(format!("{title}failed requests"), "share of requests, %", &[failed], p, recording);
    }
    panel(format!("{title}errors"), "errors, 1/s", &tracks, p, recording)
}

/// Connections in use and requests waiting for one, for the pool of which most is recorded.
#[must_use]
pub fn connections(title: &str, p: Option<&Prediction>, recording: Option<&Recording>) -> Panel {
    const MEAN: &[&str] = &["avg", "max"];
    let mut scopes: Vec<&str> = Vec::new();
    let predicted = p.into_iter().flat_map(|p| &p.series).map(|series| (&series.metric, &series.scope));
    let recorded = recording.into_iter().flat_map(|r| &r.series).map(|point| (&point.metric, &point.scope));
    for (metric, scope) in predicted.chain(recorded) {
        if metric.starts_with("connections_") && !scopes.contains(&scope.as_str()) {
            scopes.push(scope);
        }
    }
    let tracks = |scope: &str| {
        let waiting = Track::new("waiting", "connections_waiting", scope, MEAN);
        [waiting, Track::new("in use", "connections_active", scope, MEAN)]
    };
    let amount = |scope: &str| -> usize {
        tracks(scope).iter().map(|track| track.points(recording).len() + track.spans(recording).len()).sum()
    };
    // The first of the scopes with the most points: max_by_key would take the last.
    let scope = scopes.iter().rev().max_by_key(|scope| amount(scope)).copied().unwrap_or_default();
    panel(format!("{title}connections {scope}"), "connections", &tracks(scope), p, recording)
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    #[test]
    fn recorded_is_hollow_and_dashed_predicted_solid() {
        let (p, recording) = (sample::prediction("peak"), sample::recording("peak.csv"));
        let panel = connections("", Some(&p), Some(&recording));
        for layer in panel.layers.iter().filter(|layer| layer.name.ends_with("recorded")) {
            match &layer.shape {
                Shape::Marks(_, mark) => assert!(!mark.filled),
                Shape::Line(_, dash) => assert_eq!(*dash, Dash::Dashed),
                other => panic!("{other:?} is no sign of a recording"),
            }
        }
        let predicted = panel.layers.iter().filter(|layer| layer.name.ends_with("predicted"));
        assert_eq!(predicted.filter(|layer| matches!(layer.shape, Shape::Line(_, Dash::Solid))).count(), 2);
        assert!(panel.layers.iter().any(|layer| layer.name == "waiting recorded, range"));
        assert_eq!(panel.x.high, 420.0);
    }

    #[test]
    fn counts_of_a_minute_become_rates() {
        let panel = errors("", None, Some(&sample::recording("peak.csv")));
        let marks = panel.layers.iter().find_map(|layer| match &layer.shape {
            Shape::Marks(points, _) => Some(points.clone()),
            _ => None,
        });
        let fourth = marks.expect("recorded")[3];
        assert_eq!(fourth, (210.0, 523.0 / 60.0));
    }

    #[test]
    fn a_line_breaks_where_nothing_was_predicted() {
        let p = sample::prediction("peak");
        let track = Track::new("p95", "http_req_duration", "", &["p95"]);
        let panel = panel(String::new(), "ms", &[track], Some(&p), None);
        assert!(panel.y.high.is_finite());
        let Some(Shape::Line(points, _)) = panel.layers.last().map(|layer| &layer.shape) else { panic!("no line") };
        assert_eq!(panel.y.position(points[0].1), None);
        assert!(panel.y.position(points[10].1).is_some());
    }

    #[test]
    fn long_lines_are_thinned_but_keep_their_course() {
        let hour: Vec<f64> = (0..3600).map(f64::from).collect();
        let points = at_seconds(&hour);
        assert!(points.len() <= MOST_POINTS && points.len() > MOST_POINTS / 2);
        // The mean of the seconds from a to b - 1 lies half a second before their middle.
        assert!(points.iter().all(|(second, value)| (second - 0.5 - value).abs() < 1e-9));
        assert_eq!(at_seconds(&[7.0, 8.0]), [(0.5, 7.0), (1.5, 8.0)]);
    }

    #[test]
    fn nothing_at_all_still_makes_a_panel() {
        let panel = connections("", None, None);
        assert!(panel.layers.is_empty() && !panel.empty.is_empty());
        assert!(panel.x.low < panel.x.high && panel.y.low < panel.y.high);
    }
}
