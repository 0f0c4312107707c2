//! Where the time goes: of all requests and of each endpoint, by kind of time, at several percentiles.

use super::super::number::{self, counted, with_unit};
use super::axis::Axis;
use super::panel::{Bar, Figure, Hatch, Ink, Layer, Panel, Shape};
use super::percentiles_figure::scopes;
use super::{FigureError, Target};
use crate::model::Model;
use crate::study::prediction::{Prediction, TimeShare};
use crate::study::time_kind::TimeKind;

const WIDTH: u32 = 1200;
const HEAD: u32 = 64;
/// Of a bar, and of all that stands above and below the chart.
const BAR: u32 = 27;
const AROUND: u32 = 170;
/// All requests, and endpoints with the most of them.
const MOST: usize = 9;
/// Parts below this share have no number.
const SMALLEST: f64 = 0.03;

/// Time by kind of all requests and of each endpoint, or of the one that is named, into the file of `target` (`.svg` or `.png`).
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn time_figure(p: &Prediction, model: &Model, endpoint: Option<&str>, target: Target) -> Result<(), FigureError> {
    super::write(&figure(p, model, endpoint), target)
}

/// How a kind looks: as a colour, and without any.
fn look(kind: TimeKind) -> (Ink, Hatch) {
    match kind {
        TimeKind::Cpu => (Ink::Blue, Hatch::Full),
        TimeKind::CpuQueue => (Ink::Blue, Hatch::Rising),
        TimeKind::Connection => (Ink::Vermillion, Hatch::Crossed),
        TimeKind::Database => (Ink::Green, Hatch::Half),
        TimeKind::DatabaseQueue => (Ink::Green, Hatch::Falling),
        TimeKind::Cache => (Ink::Purple, Hatch::Upright),
        TimeKind::Api => (Ink::Orange, Hatch::Full),
        TimeKind::Network => (Ink::Sky, Hatch::Level),
        TimeKind::Retry => (Ink::Grey, Hatch::Grid),
        TimeKind::Other => (Ink::Black, Hatch::Empty),
    }
}

fn figure(p: &Prediction, model: &Model, endpoint: Option<&str>) -> Figure {
    let all = scopes(p, None);
    let shown: Vec<&str> = match endpoint {
        Some(name) => vec![name],
        None => all.iter().copied().take(MOST).collect(),
    };
    let left_out = if endpoint.is_none() { all.len().saturating_sub(MOST) } else { 0 };
    let more = if left_out > 0 {
        format!(" {} with fewer requests left out.", counted(left_out, "endpoint"))
    } else {
        String::new()
    };
    let bars = rows(p, &shown);
    let variant = if p.variant.is_empty() { String::new() } else { format!(", variant {}", p.variant) };
    Figure {
        title: format!("{} · test {}{variant} · where the time goes", p.model, p.test),
        remark: format!(
            "Of requests near each percentile, predicted by {} together; \"all\" is the mean.{more}",
            counted(p.replications, "replication")
        ),
        key: Vec::new(),
        height: HEAD + AROUND + BAR * bars.len().max(4) as u32,
        rows: vec![vec![panel(&bars, model)]],
        width: WIDTH,
    }
}

/// The bars from top to bottom, with a gap before each further endpoint.
fn rows<'p>(p: &'p Prediction, scopes: &[&str]) -> Vec<Option<&'p TimeShare>> {
    let mut rows: Vec<Option<&TimeShare>> = Vec::new();
    for scope in scopes {
        let mut of_scope = p.time_of_endpoints.iter().filter(|share| share.scope == *scope).peekable();
        if of_scope.peek().is_some() && !rows.is_empty() {
            rows.push(None);
        }
        rows.extend(of_scope.map(Some));
    }
    rows
}

fn panel(rows: &[Option<&TimeShare>], model: &Model) -> Panel {
    let place = |index: usize| (rows.len() - 1 - index) as f64;
    let mut pieces: Vec<(TimeKind, Vec<Bar>)> = TimeKind::ALL.map(|kind| (kind, Vec::new())).into();
    for (index, share) in rows.iter().enumerate() {
        let Some(share) = share else { continue };
        let mut from = 0.0;
        for (kind, bars) in &mut pieces {
            let of_kind = share.parts.iter().filter(|part| TimeKind::of(&part.what, model) == *kind);
            let part: f64 = of_kind.map(|part| part.share).sum();
            if part > 0.0 {
                let text = if part >= SMALLEST { number::share(part) } else { String::new() };
                bars.push(Bar { y: place(index), from: 100.0 * from, to: 100.0 * (from + part).min(1.0), text });
                from += part;
            }
        }
    }
    let layers = pieces.into_iter().filter(|(_, bars)| !bars.is_empty()).map(|(kind, bars)| {
        let (ink, hatch) = look(kind);
        Layer::new(kind.words(), ink, Shape::Bars(bars, hatch))
    });
    let names = (0..rows.len()).rev().map(|index| name(rows, index)).collect();
    let mut y = Axis::categories("endpoint, percentile and duration", names);
    y.ticks.retain(|(_, name)| !name.is_empty());
    Panel {
        title: "Share of a request's time by what it is spent on".to_owned(),
        x: Axis::linear("share of the duration, %", 0.0, 100.0),
        y,
        layers: layers.collect(),
        moments: Vec::new(),
        empty: "no request is predicted".to_owned(),
    }
}

/// "GET /api/salons · all · 118 ms"; the endpoint at its first bar only.
fn name(rows: &[Option<&TimeShare>], index: usize) -> String {
    let Some(share) = rows[index] else { return String::new() };
    let begins = index == 0 || rows[index - 1].is_none();
    let scope = match share.scope.as_str() {
        _ if !begins => String::new(),
        "" => "all requests · ".to_owned(),
        scope => format!("{scope} · "),
    };
    format!("{scope}{} · {}", share.percentile, with_unit(share.duration_ms, "ms"))
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    #[test]
    fn bars_are_whole_and_kinds_differ_without_colour() {
        let figure = figure(&sample::prediction("peak"), &Model::default(), None);
        let panel = &figure.rows[0][0];
        let mut ends = vec![0.0f64; panel.y.high.ceil() as usize];
        for layer in &panel.layers {
            let Shape::Bars(bars, _) = &layer.shape else { panic!("{} is no bar", layer.name) };
            bars.iter().for_each(|bar| ends[bar.y as usize] += bar.to - bar.from);
        }
        for (at, name) in &panel.y.ticks {
            let end = ends[*at as usize];
            assert!((end - 100.0).abs() < 1e-6, "{name}: {end}");
        }
        let looks: Vec<(Ink, Hatch)> = TimeKind::ALL.map(look).into();
        for (index, a) in looks.iter().enumerate() {
            // Only the darkest and the lightest ink are both filled.
            let filled = |look: &(Ink, Hatch)| look.1 == Hatch::Full && matches!(look.0, Ink::Blue | Ink::Orange);
            let alike = looks[..index].iter().filter(|b| b.1 == a.1 && !(filled(a) && filled(b) && a.0 != b.0));
            assert_eq!(alike.count(), 0, "{a:?} looks like another in black and white");
        }
        assert_eq!(panel.y.ticks.last().map(|tick| tick.1.as_str()), Some("all requests · all · 160 ms"));
    }
}
