//! The figure of one prediction: the whole test over time, a recording beside it if there is one.

use super::super::number::counted;
use super::over_time::{self, Track};
use super::panel::{Figure, Panel};
use super::{Drawn, FigureError, Target, kinds, moments};
use crate::recording::Recording;
use crate::study::prediction::Prediction;

const WIDTH: u32 = 1200;
/// Of the head, and of each row of panels.
const HEAD: u32 = 60;
const ROW: u32 = 320;
/// Of each line that says what letters stand for.
const KEY_LINE: u32 = 20;
/// Hosts whose CPU is drawn.
const MOST_HOSTS: usize = 4;

/// Users, throughput, latency, errors, connections and CPU over the time of the test, and below what else
/// happens (caches, jobs, APIs, storage, …), written to the file of `target` (`.svg` or `.png`).
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn run_figure(p: &Prediction, recording: Option<&Recording>, target: Target) -> Result<(), FigureError> {
    super::write(&figure(p, recording), target)
}

/// The same as text, in pieces that fit a printed page.
#[must_use]
pub fn run_drawn(p: &Prediction, recording: Option<&Recording>) -> Vec<Drawn> {
    super::drawn(&figure(p, recording))
}

fn figure(p: &Prediction, recording: Option<&Recording>) -> Figure {
    let variant = if p.variant.is_empty() { String::new() } else { format!(", variant {}", p.variant) };
    let beside = recording.map_or(String::new(), |recording| format!(" Hollow: recorded ({}).", recording.name));
    let one = |title: &str, unit: &str, tracks: &[Track]| -> Panel {
        over_time::panel(title.to_owned(), unit, tracks, Some(p), recording)
    };
    let users = one("Users", "virtual users", &[Track::new("users", "vus", "", &["avg", "max"])]);
    let throughput = one("Throughput", "requests, 1/s", &[Track::new("requests", "http_reqs", "", &["rate"])]);
    let latency = one(
        "Latency of all responses",
        "duration, ms",
        &[
            Track::new("p50", "http_req_duration", "", &["p50", "med"]),
            Track::new("p95", "http_req_duration", "", &["p95"]),
            Track::new("p99", "http_req_duration", "", &["p99"]),
        ],
    );
    let cpu = one("CPU", "share of all cores, %", &hosts(p));
    let all = [
        users,
        over_time::errors("", Some(p), recording),
        throughput,
        over_time::connections("", Some(p), recording),
        latency,
        cpu,
    ];
    let all = all.into_iter().filter(|panel| !panel.layers.is_empty()).chain(kinds::panels(p, recording));
    let events = moments::moments(p);
    let finished: Vec<Panel> = all.map(|panel| Panel { moments: events.clone(), ..capitalised(panel) }).collect();
    let rows: Vec<Vec<Panel>> = finished.chunks(2).map(<[Panel]>::to_vec).collect();
    let key = moments::key(p);
    Figure {
        title: format!("{} · test {}{variant}", p.model, p.test),
        remark: format!(
            "Lines: mean of {}. Bands: the middle 95 % of them, second by second.{beside}",
            counted(p.replications, "replication")
        ),
        height: HEAD + KEY_LINE * key.len() as u32 + ROW * rows.len() as u32,
        key,
        rows,
        width: WIDTH,
    }
}

fn hosts(p: &Prediction) -> Vec<Track> {
    let cpus = p.series.iter().filter(|series| series.metric == "cpu" && series.stat == "avg");
    cpus.take(MOST_HOSTS).map(|series| Track::new(&series.scope, "cpu", &series.scope, &["avg"])).collect()
}

fn capitalised(mut panel: Panel) -> Panel {
    let mut letters = panel.title.chars();
    if let Some(first) = letters.next() {
        panel.title = first.to_uppercase().chain(letters).collect();
    }
    panel
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    #[test]
    fn six_panels_with_units() {
        let p = sample::prediction("peak");
        let figure = figure(&p, Some(&sample::recording("peak.csv")));
        let panels: Vec<&Panel> = figure.rows.iter().flatten().collect();
        assert_eq!(panels.len(), 6);
        for panel in &panels {
            assert!(!panel.layers.is_empty(), "{} is empty", panel.title);
            assert!(!panel.y.label.is_empty() && panel.x.label.ends_with(", s"), "{}", panel.title);
        }
        assert!(panels.iter().any(|panel| panel.title == "Errors"));
        assert!(figure.remark.contains("peak.csv"));
    }

    #[test]
    fn events_are_in_every_panel_and_told_once() {
        let mut p = sample::prediction("peak");
        assert!(figure(&p, None).key.is_empty());
        p.events = vec![sample::event("kill app", 120.0, 0.0), sample::event("stop database.main", 200.0, 30.0)];
        let calm = figure(&sample::prediction("peak"), None);
        let figure = figure(&p, None);
        assert_eq!(figure.key, ["A: kill app at 120 s (as planned)  ·  B: stop database.main at 200 s (as planned)"]);
        assert_eq!(figure.height, calm.height + KEY_LINE);
        for panel in figure.rows.iter().flatten() {
            let spans: Vec<(f64, f64, &str)> =
                panel.moments.iter().map(|m| (m.from, m.to, m.letter.as_str())).collect();
            assert_eq!(spans, [(120.0, 120.0, "A"), (200.0, 230.0, "B")], "{}", panel.title);
        }
    }
}
