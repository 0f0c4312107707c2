//! Spans that wait for the others of their trace: so many at most, the oldest trace goes first.

use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{Hash, Hasher};

use super::span_trees;
use super::spans::Span;
use crate::recording::stream::events::Events;
use crate::recording::stream::remarks::Remark;

/// Spans that wait at most (about 30 MB), and traces that are remembered when they are gone.
const MOST_SPANS: usize = 100_000;
const MOST_GONE: usize = 500_000;

/// Spans by trace.
pub struct Window<'a> {
    traces: HashMap<Cow<'a, str>, Vec<Span<'a>>>,
    /// In the order in which their first spans came.
    order: VecDeque<Cow<'a, str>>,
    spans: usize,
    most: usize,
    gone: Gone,
}

impl Default for Window<'_> {
    fn default() -> Self {
        Window::of(MOST_SPANS)
    }
}

impl<'a> Window<'a> {
    fn of(most: usize) -> Window<'a> {
        Window { traces: HashMap::new(), order: VecDeque::new(), spans: 0, most, gone: Gone::default() }
    }

    /// For what is in memory anyway.
    pub fn without_end() -> Window<'a> {
        Window::of(usize::MAX)
    }

    pub fn add(&mut self, span: Span<'a>, events: &mut Events) {
        if let Some(spans) = self.traces.get_mut(&span.trace) {
            events.happened(span.begin_ns);
            spans.push(span);
        } else if self.gone.has(&span.trace) {
            events.remark(Remark::Late, 1);
            return;
        } else {
            events.happened(span.begin_ns);
            self.order.push_back(span.trace.clone());
            self.traces.insert(span.trace.clone(), vec![span]);
        }
        self.spans += 1;
        while self.spans > self.most && self.count_oldest(events) {}
    }

    /// There are no more.
    pub fn close(&mut self, events: &mut Events) {
        while self.count_oldest(events) {}
    }

    fn count_oldest(&mut self, events: &mut Events) -> bool {
        let Some(trace) = self.order.pop_front() else { return false };
        let spans = self.traces.remove(&trace).unwrap_or_default();
        self.spans -= spans.len();
        self.gone.add(&trace);
        span_trees::count(&spans, events);
        true
    }
}

/// Traces that were counted, by what their names hash to.
#[derive(Default)]
struct Gone {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Gone {
    fn hash(trace: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        trace.hash(&mut hasher);
        hasher.finish()
    }

    fn has(&self, trace: &str) -> bool {
        self.known.contains(&Gone::hash(trace))
    }

    fn add(&mut self, trace: &str) {
        let hash = Gone::hash(trace);
        if self.known.insert(hash) {
            self.order.push_back(hash);
        }
        if self.order.len() > MOST_GONE
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(trace: &str, id: &str, parent: &str, begin_ns: i64, duration_ns: u64) -> Span<'static> {
        let text = |text: &str| Cow::Owned(text.to_owned());
        let (trace, parent, name) = (text(trace), text(parent), text(id));
        Span { trace, id: text(id), parent, name, begin_ns, duration_ns, failed: false, status: 200, asks: false }
    }

    /// The window is shorter than the distance of a trace's spans: what comes too late is said.
    #[test]
    fn what_comes_too_late_is_counted() {
        for (most, requests, late) in [(10, 5, 0), (4, 5, 1)] {
            let (mut window, mut events) = (Window::of(most), Events::default());
            for trace in ["a", "b", "c", "d", "e"] {
                window.add(span(trace, "top", "", 0, 10), &mut events);
            }
            window.add(span("a", "query", "top", 2, 5), &mut events);
            window.close(&mut events);
            let said = events.remarks.get(&Remark::Late).copied().unwrap_or(0);
            assert_eq!((events.requests(), said), (requests, late), "a window of {most}");
            let steps = events.endpoint(b"top").steps.len() as u64;
            assert_eq!(steps, 1 - late);
        }
    }
}
