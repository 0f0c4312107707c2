//! Small traces by hand, and what becomes of them.

use std::borrow::Cow;

use super::*;
use crate::recording::stream::names::Fold;

/// A span of so many ms from so many ms on; its name is its number.
fn span(id: &'static str, parent: &'static str, from_ms: i64, to_ms: i64) -> Span<'static> {
    let text = |text| Cow::Borrowed(text);
    let (begin_ns, duration_ns) = (from_ms * 1_000_000, ((to_ms - from_ms) * 1_000_000) as u64);
    let (trace, id, parent, name) = (text("t"), text(id), text(parent), text(id));
    Span { trace, id, parent, name, begin_ns, duration_ns, failed: false, status: 0, asks: false }
}

fn counted(spans: &[Span]) -> Events {
    let mut events = Events::with_traces(Fold::Nothing);
    count(spans, &mut events);
    events
}

/// Parts in words: "a 5, (b 3 | c 4)".
fn shown(parts: &[Part]) -> String {
    let of = |part: &Part| match part {
        Part::Step { name, seconds } => format!("{name} {:.0}", seconds * 1e3),
        Part::Parallel(branches) => {
            format!("({})", branches.iter().map(|branch| shown(branch)).collect::<Vec<_>>().join(" | "))
        }
    };
    parts.iter().map(of).collect::<Vec<_>>().join(", ")
}

fn only(events: &Events) -> (String, f64) {
    let traces = events.traces.as_ref().expect("traces");
    let [request] = traces.requests.as_slice() else { panic!("{traces:?}") };
    (shown(&request.parts), (request.own_s.expect("placed") * 1e3).round())
}

#[test]
fn a_span_counts_without_those_inside() {
    let found = counted(&[span("top", "", 0, 100), span("outer", "top", 10, 90), span("inner", "outer", 20, 50)]);
    assert_eq!(only(&found), ("outer 50, inner 30".to_owned(), 20.0));
}

#[test]
fn spans_side_by_side_are_parallel_and_time_of_their_own_stays() {
    let found = counted(&[span("top", "", 0, 24), span("y", "top", 1, 22), span("x", "top", 1, 21)]);
    assert_eq!(only(&found), ("(x 20 | y 21)".to_owned(), 3.0));
    // Two at a time: the third takes the place of the first that is done.
    let spans = [span("top", "", 0, 60), span("a", "top", 0, 30), span("b", "top", 0, 10), span("c", "top", 10, 28)];
    assert_eq!(only(&counted(&spans)).0, "(a 30 | b 10, c 18)");
    // A clock that is read a little late makes nothing parallel, and what follows follows.
    let spans = [span("top", "", 0, 60), span("a", "top", 0, 30), span("b", "top", 29, 60)];
    assert_eq!(only(&counted(&spans)).0, "a 30, b 31");
    let spans = [span("top", "", 0, 60), span("a", "top", 0, 9), span("b", "top", 0, 9), span("c", "top", 10, 12)];
    assert_eq!(only(&counted(&spans)), ("(a 9 | b 9), c 2".to_owned(), 49.0));
    // Inside of a part too.
    let spans = [span("top", "", 0, 60), span("p", "top", 0, 20), span("a", "p", 1, 19), span("b", "p", 2, 19)];
    assert_eq!(only(&counted(&spans)), ("p 2, (a 18 | b 17)".to_owned(), 40.0));
}

#[test]
fn what_outlives_its_request_counts_up_to_its_end() {
    let spans = [span("top", "", 0, 10), span("slow", "top", 5, 50), span("after", "top", 20, 30)];
    let found = counted(&spans);
    assert_eq!(only(&found), ("slow 5".to_owned(), 5.0));
    assert_eq!(found.remarks.get(&Remark::Behind), Some(&1));
}

#[test]
fn a_parent_that_is_not_there_makes_a_top_or_a_part() {
    let found = counted(&[span("top", "gateway", 0, 10), span("query", "top", 1, 9)]);
    assert_eq!((found.requests(), only(&found).0.as_str()), (1, "query 8"));
    assert_eq!(found.remarks.get(&Remark::ParentElsewhere), Some(&1));
    let found = counted(&[span("top", "", 0, 10), span("query", "lost", 1, 9), span("x", "lost", 90, 99)]);
    assert_eq!((found.requests(), only(&found).0.as_str()), (1, "query 8"));
    assert_eq!(found.remarks.get(&Remark::ParentLost), Some(&1));
    assert_eq!(found.remarks.get(&Remark::Strayed), Some(&1));
}

/// Its parent was lost, not left elsewhere: it is a part of some request, and none itself.
#[test]
fn who_asks_others_is_no_request() {
    let asks = Span { asks: true, ..span("query", "lost", 1, 9) };
    let found = counted(std::slice::from_ref(&asks));
    assert_eq!((found.requests(), found.remarks.get(&Remark::Strayed)), (0, Some(&1)));
    let found = counted(&[asks, span("top", "gateway", 0, 10)]);
    assert_eq!((found.requests(), only(&found).0.as_str()), (1, "query 8"));
}

#[test]
fn circles_and_depth_end() {
    let found = counted(&[span("top", "", 0, 10), span("a", "b", 0, 5), span("b", "a", 0, 5)]);
    assert_eq!((found.requests(), found.remarks.get(&Remark::Circular)), (1, Some(&2)));
    let names: Vec<String> = (0..5000).map(|at| at.to_string()).collect();
    let deep = |at: usize| Span {
        id: Cow::Borrowed(&names[at]),
        parent: Cow::Borrowed(if at == 0 { "" } else { &names[at - 1] }),
        ..span("x", "", at as i64, 10_000 - at as i64)
    };
    let spans: Vec<Span> = (0..5000).map(deep).collect();
    let found = counted(&spans);
    let traces = found.traces.as_ref().expect("traces");
    let total: f64 = traces.requests[0].steps().iter().map(|step| step.1).sum();
    assert!((total - 9.998).abs() < 1e-6 && traces.requests[0].steps().len() == MOST_DEPTH, "{total}");
}
