//! Places each row of a check by its load, and says of each miss what it more likely is.

use super::check::{Recorded, recorded_bounds};
use super::check_result::{CheckRow, CheckVerdict};
use super::instant::{Place, Placing, Swing};
use super::misses::{Missed, Noise, explain};
use super::repeats::Repeats;
use super::span::covered;
use crate::load::regular_end_s;
use crate::recording::{Observation, Recording};
use crate::statistics::sampling::{count_error, mean_error, quantile_error, share_error};

/// A span of time; `None`: the whole test.
type Span = Option<(f64, f64)>;

/// Fills in zones and reasons; rows are in the order of the recording.
pub(super) fn referee(rows: &mut [CheckRow], recorded: &Recorded, repeats: &Repeats) {
    let placing = Placing::new(recorded.model, recorded.test).ok();
    let mut places: Vec<(Span, Option<Place>)> = Vec::new();
    for (row, o) in rows.iter_mut().zip(&recorded.recording.observations).filter(|(row, _)| row.predicted.is_some()) {
        let span = covered(o.window, recorded.test).window;
        let known = places.iter().position(|(known, _)| *known == span).unwrap_or_else(|| {
            places.push((span, placing.as_ref().and_then(|placing| placing.at(span))));
            places.len() - 1
        });
        let place = places[known].1.as_ref();
        (row.zone, row.load) = (place.map(|place| place.zone), place.map(|place| place.load));
        if row.scored && row.verdict == Some(CheckVerdict::Disagree) {
            let noise = Noise { sampling: sampling(recorded, o), repeats: repeats.spread(o) };
            let missed = Missed { recorded: recorded_bounds(o), predicted: interval(row), unit: o.unit };
            row.miss = Some(explain(&missed, &noise, place, place.and_then(|place| swing(place, &o.metric))));
        }
    }
}

/// With one replication there is no interval.
fn interval(row: &CheckRow) -> (f64, f64) {
    let value = row.predicted.unwrap_or(f64::NAN);
    (row.low.unwrap_or(value), row.high.unwrap_or(value))
}

/// What load does to the mean of figures of this metric: times grow with the response, queues with what waits. Of
/// throughput and shares the estimate knows nothing that is magnified.
fn swing(place: &Place, metric: &str) -> Option<Swing> {
    match metric.split('{').next().unwrap_or(metric) {
        "http_req_duration" | "http_req_waiting" | "flow_duration" | "step_duration" | "requests_in_flight" => {
            place.response
        }
        "connection_wait" | "connections_waiting" => place.waiting,
        _ => None,
    }
}

/// Half the 95 % interval of a figure by the number of its values, and that number.
fn sampling(recorded: &Recorded, o: &Observation) -> Option<(f64, f64)> {
    let value = o.value?;
    if (o.metric.as_str(), o.stat.as_str()) == ("errors", "count") {
        return Some((count_error(value), value));
    }
    let values = values(recorded, o)?;
    let error = match (o.metric.as_str(), o.stat.as_str()) {
        ("http_req_failed", "rate") => 100.0 * share_error(value / 100.0, values),
        _ if o.unit != "ms" => return None,
        (_, "avg") => mean_error(&quantiles(recorded.recording, o), values)?,
        (_, stat) => quantile_error(&quantiles(recorded.recording, o), order(stat)?, values)?,
    };
    Some((error, values))
}

/// How many values a figure is of, as recorded: requests, those that failed or did not, statements, steps.
fn values(recorded: &Recorded, o: &Observation) -> Option<f64> {
    let same = |metric: &str, scope: &str, stat: &str| {
        let mut same = recorded.recording.of(metric, scope, stat).filter(|other| other.window == o.window);
        same.next().and_then(|other| other.value)
    };
    let seconds = o.window.map_or_else(|| regular_end_s(recorded.test), |(from, to)| to - from);
    let requests =
        |scope: &str| same("http_reqs", scope, "count").or_else(|| Some(same("http_reqs", scope, "rate")? * seconds));
    let failed = || same("http_req_failed", &o.scope, "rate").map(|percent| percent / 100.0);
    let count = match o.metric.as_str() {
        "http_req_duration" | "http_req_waiting" | "http_req_failed" => requests(&o.scope),
        "http_req_duration{ok}" => failed().and_then(|share| Some(requests(&o.scope)? * (1.0 - share))),
        "http_req_duration{failed}" => failed().and_then(|share| Some(requests(&o.scope)? * share)),
        "query_duration" => {
            same("query_count", &o.scope, "count").or_else(|| same("query_duration", &o.scope, "count"))
        }
        // Who never waits counts too: not more than all requests.
        "connection_wait" => requests(""),
        other => same(other, &o.scope, "count"),
    };
    count.filter(|&count| count >= 1.0)
}

/// All quantiles of a figure's metric, scope and span, in ascending order.
fn quantiles(recording: &Recording, o: &Observation) -> Vec<(f64, f64)> {
    let same = |other: &&Observation| (&other.metric, &other.scope, other.window) == (&o.metric, &o.scope, o.window);
    let found = recording.observations.iter().filter(same);
    let mut all: Vec<(f64, f64)> = found.filter_map(|o| Some((order(&o.stat)?, o.value?))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all
}

fn order(stat: &str) -> Option<f64> {
    let percent = if stat == "med" { 50.0 } else { stat.strip_prefix('p')?.parse::<f64>().ok()? };
    Some(percent / 100.0)
}
