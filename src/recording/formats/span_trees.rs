//! The spans of one trace as a tree: its tops are requests, what is below them are their parts, one after the other or
//! side by side.

use std::collections::HashMap;

use super::spans::Span;
use crate::recording::causes;
use crate::recording::stream::events::{Events, Failure, Request};
use crate::recording::stream::names::as_scope;
use crate::recording::stream::remarks::Remark;
use crate::recording::stream::traced::{Part, TracedRequest, steps};

/// Two spans lie side by side if they share more than this of the shorter one: clocks are read, and cut, one after the
/// other.
const SIDE_BY_SIDE: f64 = 0.05;
/// What lies deeper is a part of what is there.
const MOST_DEPTH: usize = 32;

/// Counts the spans of one trace.
pub fn count(spans: &[Span], events: &mut Events) {
    let tree = Tree::of(spans, events);
    let mut reached = 0;
    for &top in &tree.tops {
        let span = &spans[top];
        request(span, events);
        if events.traces.is_some() {
            let traced = tree.traced(top, events);
            events.trace(traced);
        }
        let mut open = tree.below[top].clone();
        reached += 1;
        while let Some(at) = open.pop() {
            reached += 1;
            open.extend(&tree.below[at]);
            events.happened(spans[at].begin_ns);
            events.step(span.name.as_bytes(), spans[at].name.as_bytes(), spans[at].duration_ns);
        }
    }
    let circular = (spans.len() - reached - tree.strayed) as u64;
    events.remark(Remark::Circular, circular);
}

fn request(span: &Span, events: &mut Events) {
    let why = if span.status > 0 { format!("status {}", span.status) } else { "error".to_owned() };
    let cause = causes::of_status(span.status);
    let failed = span.failed || span.status >= 400;
    let failure = failed.then_some(Failure { cause, why: why.as_bytes() });
    let (end_ns, duration_ns) = (span.end_ns(), span.duration_ns);
    let (endpoint, status) = (span.name.as_bytes(), span.status);
    events.request(&Request { end_ns, duration_ns, endpoint, status, failure });
}

/// Which span lies in which.
struct Tree<'s, 'a> {
    spans: &'s [Span<'a>],
    tops: Vec<usize>,
    /// Of each span those right below it.
    below: Vec<Vec<usize>>,
    /// Spans that belong nowhere.
    strayed: usize,
}

impl<'s, 'a> Tree<'s, 'a> {
    fn of(spans: &'s [Span<'a>], events: &mut Events) -> Tree<'s, 'a> {
        let places: HashMap<&str, usize> = spans.iter().enumerate().map(|(at, span)| (&*span.id, at)).collect();
        let mut tree = Tree { spans, tops: Vec::new(), below: vec![Vec::new(); spans.len()], strayed: 0 };
        let mut orphans = Vec::new();
        for (at, span) in spans.iter().enumerate() {
            match places.get(&*span.parent) {
                _ if span.parent.is_empty() => tree.tops.push(at),
                Some(above) => tree.below[*above].push(at),
                None => orphans.push(at),
            }
        }
        if tree.tops.is_empty() {
            (orphans, tree.tops) = orphans.into_iter().partition(|at| spans[*at].asks);
            events.remark(Remark::ParentElsewhere, tree.tops.len() as u64);
        }
        let holds = |top: &Span, span: &Span| top.begin_ns <= span.begin_ns && span.begin_ns <= top.end_ns();
        for at in orphans {
            match tree.tops.iter().find(|top| holds(&spans[**top], &spans[at])) {
                Some(&top) => {
                    tree.below[top].push(at);
                    events.remark(Remark::ParentLost, 1);
                }
                None => {
                    tree.strayed += 1;
                    events.remark(Remark::Strayed, 1);
                }
            }
        }
        tree
    }

    fn traced(&self, top: usize, events: &mut Events) -> TracedRequest {
        let span = &self.spans[top];
        let (parts, own_ns) = self.inside(top, (span.begin_ns, span.end_ns()), 0, events);
        TracedRequest {
            endpoint: events.folded(span.name.as_bytes()),
            begin_s: span.begin_ns as f64 * 1e-9,
            duration_s: span.duration_ns as f64 * 1e-9,
            failed: span.failed || span.status >= 400,
            parts,
            own_s: Some(own_ns as f64 * 1e-9),
        }
    }

    /// The parts inside of a span, which lasts from when to when, and how much of its time none of them covers, ns.
    fn inside(&self, at: usize, within: (i64, i64), depth: usize, events: &mut Events) -> (Vec<Part>, u64) {
        let mut inner: Vec<(i64, i64, usize)> = Vec::new();
        for &child in self.below[at].iter().filter(|_| depth < MOST_DEPTH) {
            let (from, to) = (self.spans[child].begin_ns.max(within.0), self.spans[child].end_ns().min(within.1));
            if to >= from {
                inner.push((from, to, child));
            } else {
                events.remark(Remark::Behind, 1);
            }
        }
        inner.sort_unstable_by_key(|(from, to, child)| (*from, std::cmp::Reverse(*to), *child));
        let (mut covered, mut until) = (0, i64::MIN);
        for (from, to, _) in &inner {
            covered += to.saturating_sub(*(from.max(&until))).max(0) as u64;
            until = until.max(*to);
        }
        let mut parts = Vec::new();
        let mut lanes: Vec<Lane> = Vec::new();
        for (from, to, child) in inner {
            if lanes.iter().all(|lane| !beside((lane.from, lane.to), (from, to))) {
                close(&mut lanes, &mut parts);
            }
            let (below, own_ns) = self.inside(child, (from, to), depth + 1, events);
            let own = Part::Step { name: as_scope(self.spans[child].name.as_bytes()), seconds: own_ns as f64 * 1e-9 };
            let these = (own_ns > 0).then_some(own).into_iter().chain(below);
            match lanes.iter_mut().find(|lane| !beside((lane.from, lane.to), (from, to))) {
                Some(lane) => {
                    (lane.from, lane.to) = (from, to);
                    lane.parts.extend(these);
                }
                None => lanes.push(Lane { from, to, parts: these.collect() }),
            }
        }
        close(&mut lanes, &mut parts);
        (parts, ((within.1.saturating_sub(within.0)).max(0) as u64).saturating_sub(covered))
    }
}

/// Spans one after the other, beside other such lanes.
struct Lane {
    /// The last of them.
    from: i64,
    to: i64,
    parts: Vec<Part>,
}

/// Whether two spans, of which the second does not begin first, lie side by side.
fn beside(first: (i64, i64), second: (i64, i64)) -> bool {
    let shared = first.1.min(second.1).saturating_sub(second.0);
    let shorter = first.1.saturating_sub(first.0).min(second.1.saturating_sub(second.0));
    shared as f64 > SIDE_BY_SIDE * shorter as f64
}

/// What lay side by side becomes a part, always in the same order.
fn close(lanes: &mut Vec<Lane>, parts: &mut Vec<Part>) {
    let mut branches: Vec<Vec<Part>> =
        lanes.drain(..).map(|lane| lane.parts).filter(|parts| !parts.is_empty()).collect();
    if branches.len() > 1 {
        branches.sort_by_cached_key(|branch| steps(branch).iter().map(|step| step.0.to_owned()).collect::<Vec<_>>());
        parts.push(Part::Parallel(branches));
    } else {
        parts.extend(branches.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests;
