//! Series against figures: no point above the recorded maximum, sums over time are counts, the mean over time is the
//! average, first and last points are begin and end; and silences of the load tool that percentiles do not know of.

use super::figures::{Between, Figure, Figures, Known, half_a_unit, scale, show, show_between, show_window};
use super::{Contradiction, Facts, Severity};
use crate::recording::SeriesPoint;

/// Points are averages over a step, and windows do not end with one.
const MARGIN: f64 = 0.05;

/// Fewer points do not make a mean.
const FEWEST: usize = 10;

/// Standard errors of a mean of samples, which follow each other.
const ERRORS: f64 = 10.0;

/// Below this share of the mean rate the load tool is silent.
const SILENT: f64 = 0.1;

/// A series of one thing.
struct Line<'a> {
    metric: &'a str,
    scope: &'a str,
    stat: &'a str,
    unit: &'static str,
    /// Time, value as it was before rounding, in base units.
    points: Vec<(f64, Between)>,
}

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for line in lines(&facts.recording.series) {
        for figure in
            figures.all.iter().filter(|f| f.observation.metric == line.metric && f.observation.scope == line.scope)
        {
            above_maximum(&line, figure, found);
            mean(&line, figure, found);
            ends(&line, figure, facts, found);
        }
        if line.metric == "http_reqs" && line.scope.is_empty() {
            silences(figures, facts, &line, found);
        }
    }
    open(facts, found);
}

fn lines(series: &[SeriesPoint]) -> Vec<Line<'_>> {
    let mut all: Vec<Line> = Vec::new();
    for point in series {
        let Some(scale) = scale(point.unit).filter(|_| point.value.is_finite() && point.t_s.is_finite()) else {
            continue;
        };
        let half = half_a_unit(point.value, point.unit);
        let low = if point.value >= 0.0 { (point.value - half).max(0.0) } else { point.value - half };
        let at = Between { low: low * scale, high: (point.value + half) * scale };
        let same =
            |line: &&mut Line| line.metric == point.metric && line.scope == point.scope && line.stat == point.stat;
        match all.iter_mut().rev().find(same) {
            Some(line) => line.points.push((point.t_s, at)),
            None => all.push(Line {
                metric: &point.metric,
                scope: &point.scope,
                stat: &point.stat,
                unit: point.unit,
                points: vec![(point.t_s, at)],
            }),
        }
    }
    all
}

fn inside(figure: &Figure, t: f64) -> bool {
    figure.observation.window.is_none_or(|(from, to)| from <= t && t <= to)
}

fn above_maximum(line: &Line, figure: &Figure, found: &mut Vec<Contradiction>) {
    if figure.observation.stat != "max" || !matches!(line.stat, "avg" | "max") {
        return;
    }
    let points = line.points.iter().filter(|(t, _)| inside(figure, *t));
    let Some((t, most)) = points.max_by(|a, b| a.1.low.total_cmp(&b.1.low)) else { return };
    if most.low <= figure.at.high * (1.0 + MARGIN) {
        return;
    }
    let size = most.times_apart(figure.at);
    let numbers = format!("{} at {} s, the maximum is {}", show_between(*most), show(*t), show_between(figure.at));
    found.push(told("no point above the maximum", line, figure, numbers, size));
}

/// Step between points, if they come at a regular one.
fn step(points: &[&(f64, Between)]) -> Option<f64> {
    let mut gaps: Vec<f64> = points.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    gaps.sort_by(f64::total_cmp);
    let middle = *gaps.get(gaps.len() / 2)?;
    let longest = *gaps.last()?;
    (points.len() >= FEWEST && middle > 0.0 && longest <= 2.5 * middle).then_some(middle)
}

/// The mean over the points of a window is the average, or the rate; x their time it is the count.
fn mean(line: &Line, figure: &Figure, found: &mut Vec<Contradiction>) {
    let o = figure.observation;
    let Some((from, to)) = o.window else { return };
    let is_mean = o.stat == line.stat && matches!(line.stat, "avg" | "rate");
    let is_count = o.stat == "count" && line.stat == "rate";
    // A mean of times weighs each second by its requests, which a series does not tell.
    if !(is_mean || is_count) || o.unit == "ms" || line.unit == "ms" || o.metric == "http_req_failed" {
        return;
    }
    let points: Vec<&(f64, Between)> = line.points.iter().filter(|(t, _)| from <= *t && *t <= to).collect();
    let Some(step) = step(&points) else { return };
    let n = points.len() as f64;
    let low = points.iter().map(|(_, at)| at.low).sum::<f64>() / n;
    let high = points.iter().map(|(_, at)| at.high).sum::<f64>() / n;
    let middle = (low + high) / 2.0;
    let variance = points.iter().map(|(_, at)| ((at.low + at.high) / 2.0 - middle).powi(2)).sum::<f64>() / (n - 1.0);
    if n * step < (to - from) * 0.9 {
        return;
    }
    let of = if is_count { to - from } else { 1.0 };
    let mean = Between { low, high }.widened(MARGIN, ERRORS * (variance / n).sqrt()).times(Between::exactly(of));
    if !mean.apart(figure.at) {
        return;
    }
    let numbers = format!("the series makes it {}, recorded is {}", show_between(mean), show_between(figure.at));
    found.push(told("series make up the figure", line, figure, numbers, mean.times_apart(figure.at)));
}

/// The first and the last point of a whole test are begin and end.
fn ends(line: &Line, figure: &Figure, facts: &Facts, found: &mut Vec<Contradiction>) {
    let o = figure.observation;
    if line.stat != "avg" || !facts.load.is_known() {
        return;
    }
    let (from, to) = o.window.unwrap_or((0.0, facts.load.duration_s));
    let point = match o.stat.as_str() {
        "start" => line.points.iter().find(|(t, _)| (t - from).abs() < 1.0),
        "end" => line.points.iter().rev().find(|(t, _)| (t - to).abs() < 1.0),
        _ => None,
    };
    let Some((t, at)) = point.filter(|(_, at)| at.widened(MARGIN, 0.0).apart(figure.at)) else { return };
    let numbers = format!("{} at {} s, recorded is {}", show_between(*at), show(*t), show_between(figure.at));
    found.push(told("series make up the figure", line, figure, numbers, at.times_apart(figure.at)));
}

fn told(law: &'static str, line: &Line, figure: &Figure, numbers: String, size: f64) -> Contradiction {
    let o = figure.observation;
    let scope = if line.scope.is_empty() { String::new() } else { format!(" {}", line.scope) };
    Contradiction {
        law,
        severity: Severity::Impossible,
        statement: "A figure of a test is that of its series.".into(),
        numbers: format!("{}{scope} {}, {} (base units): {numbers}", line.metric, o.stat, show_window(o.window)),
        size,
        would_need: "a series of something else, or of another time".into(),
        rows: vec![figure.row],
    }
}

/// In use and idle are open, at each time.
fn open(facts: &Facts, found: &mut Vec<Contradiction>) {
    let all = lines(&facts.recording.series);
    let of = |metric: &str, scope: &str| {
        all.iter().find(|line| line.metric == metric && line.scope == scope && line.stat == "avg")
    };
    for open in all.iter().filter(|line| line.metric == "connections_open" && line.stat == "avg") {
        let (Some(active), Some(idle)) = (of("connections_active", open.scope), of("connections_idle", open.scope))
        else {
            continue;
        };
        for (t, most) in &open.points {
            let at = |line: &Line| line.points.iter().find(|(other, _)| (other - t).abs() < 1e-3).map(|(_, at)| *at);
            let (Some(used), Some(idle)) = (at(active), at(idle)) else { continue };
            let used = used.plus(idle);
            if used.low <= most.widened(MARGIN, 0.5).high {
                continue;
            }
            found.push(Contradiction {
                law: "open = in use + idle",
                severity: Severity::Impossible,
                statement: "An open connection is in use or idle.".into(),
                numbers: format!(
                    "{} at {} s: {} in use and idle, {} open",
                    open.scope,
                    show(*t),
                    show_between(used),
                    show_between(*most)
                ),
                size: used.times_apart(*most),
                would_need: "more open connections".into(),
                rows: Vec::new(),
            });
        }
    }
}

/// Coordinated omission: while a closed loop is silent, requests that would have waited are not sent, so percentiles do not
/// know of them.
fn silences(figures: &Figures, facts: &Facts, line: &Line, found: &mut Vec<Contradiction>) {
    let (Some(_), Some((from, to)), "rate") = (facts.load.users, facts.load.level, line.stat) else { return };
    let points: Vec<&(f64, Between)> = line.points.iter().filter(|(t, _)| from < *t && *t < to).collect();
    let Some(step) = step(&points) else { return };
    let mean = points.iter().map(|(_, at)| at.high).sum::<f64>() / points.len() as f64;
    // With a few requests per step silence is chance.
    if mean * step < 20.0 {
        return;
    }
    let silent = points.iter().filter(|(_, at)| at.high < SILENT * mean).count() as f64 * step;
    let share = silent / (points.len() as f64 * step);
    for figure in figures.each("http_req_duration", "p99").chain(figures.each("http_req_duration", "p95")) {
        let Some(order) = figure.percentile() else { continue };
        if !figure.observation.scope.is_empty() || 1.0 - order >= share / 2.0 || figure.at.high >= step {
            continue;
        }
        let known = Known { at: figure.at, rows: vec![figure.row] };
        found.push(Contradiction {
            law: "silence is not measured",
            severity: Severity::Unexplained,
            statement:
                "Users who wait for an answer send nothing meanwhile, so requests that would have waited are missing \
                        from the percentiles (coordinated omission)."
                    .into(),
            numbers: format!(
                "for {} s of {} s almost nothing was sent, yet {} is {} s",
                show(silent),
                show(to - from),
                figure.observation.stat,
                show_between(known.at)
            ),
            size: share / (1.0 - order),
            would_need: "arrivals that do not wait for answers (an open load)".into(),
            rows: known.rows,
        });
    }
}
