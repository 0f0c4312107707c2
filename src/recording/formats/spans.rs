//! Traces: OpenTelemetry's OTLP in JSON, and Jaeger's JSON.
//!
//! The span at the top of a trace is the request, by its name. All spans below it are steps of that endpoint, by
//! theirs (`span_trees`). Spans of one trace may stand on several lines, as collectors write them.

use std::borrow::Cow;

use serde_json::Value;

use super::span_window::Window;
use crate::recording::stream::blocks::{Broken, LineReader};
use crate::recording::stream::events::Events;

/// One OTLP object per line, as collectors write them.
#[derive(Default)]
pub struct OtlpLines {
    window: Window<'static>,
}

/// The reader, if the first line begins an object of OTLP, however long it is.
pub fn recognise(first_line: &[u8]) -> Option<OtlpLines> {
    first_line.starts_with(b"{\"resourceSpans\"").then(OtlpLines::default)
}

impl LineReader for OtlpLines {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        let object: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        for span in otlp_spans(&object, events) {
            self.window.add(span.into_owned(), events);
        }
        Ok(())
    }

    fn end(&mut self, events: &mut Events) -> Result<(), Broken> {
        self.window.close(events);
        Ok(())
    }
}

/// A part of a trace; the part without parent is the request.
#[derive(Clone, Debug, PartialEq)]
pub struct Span<'a> {
    pub trace: Cow<'a, str>,
    pub id: Cow<'a, str>,
    /// Empty at the top.
    pub parent: Cow<'a, str>,
    pub name: Cow<'a, str>,
    pub begin_ns: i64,
    pub duration_ns: u64,
    pub failed: bool,
    /// Of the answer; 0 if not told.
    pub status: u16,
    /// Whether it says that it asks another service: such a span is no request of its own.
    pub asks: bool,
}

impl Span<'_> {
    pub fn end_ns(&self) -> i64 {
        self.begin_ns.saturating_add_unsigned(self.duration_ns)
    }

    fn into_owned(self) -> Span<'static> {
        let owned = |text: Cow<str>| Cow::Owned(text.into_owned());
        let (trace, id, parent) = (owned(self.trace), owned(self.id), owned(self.parent));
        Span { trace, id, parent, name: owned(self.name), ..self }
    }
}

/// Counts the spans of an OTLP object.
pub fn otlp(object: &Value, events: &mut Events) {
    let mut window = Window::without_end();
    otlp_spans(object, events).into_iter().for_each(|span| window.add(span, events));
    window.close(events);
}

/// Counts the spans of Jaeger's `{"data": [trace, …]}`, whose times are in microseconds.
pub fn jaeger(object: &Value, events: &mut Events) {
    let mut window = Window::without_end();
    let written: Vec<&Value> = list(object, "data").flat_map(|trace| list(trace, "spans")).collect();
    readable(&written, of_jaeger, events).into_iter().for_each(|span| window.add(span, events));
    window.close(events);
}

fn otlp_spans<'v>(object: &'v Value, events: &mut Events) -> Vec<Span<'v>> {
    let scopes = list(object, "resourceSpans")
        .flat_map(|resource| list(resource, "scopeSpans").chain(list(resource, "instrumentationLibrarySpans")));
    let written: Vec<&Value> = scopes.flat_map(|scope| list(scope, "spans")).collect();
    readable(&written, of_otlp, events)
}

/// Those that can be read; the others are counted.
fn readable<'v>(
    written: &[&'v Value],
    of: impl Fn(&'v Value) -> Option<Span<'v>>,
    events: &mut Events,
) -> Vec<Span<'v>> {
    let read: Vec<Span> = written.iter().filter_map(|span| of(span)).collect();
    (read.len()..written.len()).for_each(|_| events.leave_out(b"spans without name or times"));
    read
}

fn of_otlp(span: &Value) -> Option<Span<'_>> {
    let (begin, end) = (whole(span.get("startTimeUnixNano")?)?, whole(span.get("endTimeUnixNano")?)?);
    let text = |key| Cow::Borrowed(text(span, key));
    Some(Span {
        trace: text("traceId"),
        id: text("spanId"),
        parent: text("parentSpanId"),
        name: Cow::Borrowed(span.get("name")?.as_str()?),
        begin_ns: begin,
        duration_ns: u64::try_from(end.checked_sub(begin)?).ok()?,
        failed: span.pointer("/status/code").is_some_and(|code| code == 2 || code == "STATUS_CODE_ERROR"),
        status: status(list(span, "attributes"), "value"),
        asks: span.get("kind").is_some_and(|kind| {
            [3, 4].iter().any(|asks| kind == asks) || kind == "SPAN_KIND_CLIENT" || kind == "SPAN_KIND_PRODUCER"
        }),
    })
}

fn of_jaeger(span: &Value) -> Option<Span<'_>> {
    let parent = list(span, "references").find(|reference| text(reference, "refType") == "CHILD_OF");
    let error = |tag: &Value| text(tag, "key") == "error" && tag.get("value").is_some_and(|v| v == true || v == "true");
    Some(Span {
        trace: Cow::Borrowed(text(span, "traceID")),
        id: Cow::Borrowed(text(span, "spanID")),
        parent: Cow::Borrowed(parent.map_or("", |parent| text(parent, "spanID"))),
        name: Cow::Borrowed(span.get("operationName")?.as_str()?),
        begin_ns: whole(span.get("startTime")?)?.checked_mul(1000)?,
        duration_ns: u64::try_from(whole(span.get("duration")?)?).ok()?.checked_mul(1000)?,
        failed: list(span, "tags").any(error),
        status: status(list(span, "tags"), "value"),
        asks: list(span, "tags")
            .any(|tag| text(tag, "key") == "span.kind" && matches!(text(tag, "value"), "client" | "producer")),
    })
}

fn list<'a>(object: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    object.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A whole number, also if it is written as text.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        number => number.as_i64(),
    }
}

/// The status of the answer among a span's attributes; 0 if it has none.
fn status<'a>(attributes: impl Iterator<Item = &'a Value>, value: &str) -> u16 {
    let mut attributes = attributes;
    let known = |key: &str| matches!(key, "http.response.status_code" | "http.status_code");
    let found = attributes.find(|attribute| known(text(attribute, "key"))).and_then(|attribute| attribute.get(value));
    let inner = found.map(|value| value.get("intValue").or_else(|| value.get("stringValue")).unwrap_or(value));
    inner.and_then(whole).and_then(|status| u16::try_from(status).ok()).unwrap_or(0)
}
