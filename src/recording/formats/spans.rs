//! Traces: OpenTelemetry's OTLP in JSON, and Jaeger's JSON.
//!
//! The span at the top of a trace is the request, by its name. All spans below it are steps of that endpoint, by
//! theirs. Their durations include those of the spans inside them.

use std::collections::HashMap;

use serde_json::Value;

use crate::recording::stream::blocks::{Broken, LineReader};
use crate::recording::stream::events::{Events, Failure, Request};

/// One OTLP object per line, as collectors write them.
#[derive(Clone, Copy)]
pub struct OtlpLines;

/// The reader, if the first line begins an object of OTLP, however long it is.
pub fn recognise(first_line: &[u8]) -> Option<OtlpLines> {
    first_line.starts_with(b"{\"resourceSpans\"").then_some(OtlpLines)
}

impl LineReader for OtlpLines {
    fn line(&mut self, line: &[u8], events: &mut Events) -> Result<(), Broken> {
        let object: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        otlp(&object, events);
        Ok(())
    }
}

/// A part of a trace; the part without parent is the request.
pub struct Span<'a> {
    pub trace: &'a str,
    pub id: &'a str,
    /// Empty at the top.
    pub parent: &'a str,
    pub name: &'a str,
    pub begin_ns: i64,
    pub duration_ns: u64,
    pub failed: bool,
    /// Of the answer; 0 if not told.
    pub status: u16,
}

/// The spans of an object of OTLP or of Jaeger that can be read.
pub fn spans_of(object: &Value) -> Vec<Span<'_>> {
    let jaeger = list(object, "data").flat_map(|trace| list(trace, "spans")).filter_map(of_jaeger);
    written(object).into_iter().filter_map(of_otlp).chain(jaeger).collect()
}

fn written(object: &Value) -> Vec<&Value> {
    let scopes = list(object, "resourceSpans")
        .flat_map(|resource| list(resource, "scopeSpans").chain(list(resource, "instrumentationLibrarySpans")));
    scopes.flat_map(|scope| list(scope, "spans")).collect()
}

/// Counts the spans of an OTLP object.
pub fn otlp(object: &Value, events: &mut Events) {
    let spans = written(object);
    let read: Vec<Span> = spans.iter().filter_map(|span| of_otlp(span)).collect();
    broken(spans.len() - read.len(), events);
    count(&read, events);
}

fn of_otlp(span: &Value) -> Option<Span<'_>> {
    let (begin, end) = (whole(span.get("startTimeUnixNano")?)?, whole(span.get("endTimeUnixNano")?)?);
    Some(Span {
        trace: text(span, "traceId"),
        id: text(span, "spanId"),
        parent: text(span, "parentSpanId"),
        name: span.get("name")?.as_str()?,
        begin_ns: begin,
        duration_ns: u64::try_from(end.checked_sub(begin)?).ok()?,
        failed: span.pointer("/status/code").is_some_and(|code| code == 2 || code == "STATUS_CODE_ERROR"),
        status: status(list(span, "attributes"), "value"),
    })
}

/// Counts the spans of Jaeger's `{"data": [trace, …]}`, whose times are in microseconds.
pub fn jaeger(object: &Value, events: &mut Events) {
    for trace in list(object, "data") {
        let spans: Vec<&Value> = list(trace, "spans").collect();
        let read: Vec<Span> = spans.iter().filter_map(|span| of_jaeger(span)).collect();
        broken(spans.len() - read.len(), events);
        count(&read, events);
    }
}

fn of_jaeger(span: &Value) -> Option<Span<'_>> {
    let parent = list(span, "references").find(|reference| text(reference, "refType") == "CHILD_OF");
    let error = |tag: &Value| text(tag, "key") == "error" && tag.get("value").is_some_and(|v| v == true || v == "true");
    Some(Span {
        trace: text(span, "traceID"),
        id: text(span, "spanID"),
        parent: parent.map_or("", |parent| text(parent, "spanID")),
        name: span.get("operationName")?.as_str()?,
        begin_ns: whole(span.get("startTime")?)?.checked_mul(1000)?,
        duration_ns: u64::try_from(whole(span.get("duration")?)?).ok()?.checked_mul(1000)?,
        failed: list(span, "tags").any(error),
        status: status(list(span, "tags"), "value"),
    })
}

fn broken(count: usize, events: &mut Events) {
    (0..count).for_each(|_| events.leave_out(b"spans without name or times"));
}

fn count(spans: &[Span], events: &mut Events) {
    let places: HashMap<(&str, &str), usize> =
        spans.iter().enumerate().map(|(i, span)| ((span.trace, span.id), i)).collect();
    let parent = |span: &Span| places.get(&(span.trace, span.parent)).copied().filter(|_| !span.parent.is_empty());
    for span in spans {
        // A loop among parents is no tree; it ends after as many steps as there are spans.
        let (mut top, mut left) = (span, spans.len());
        while let Some(above) = parent(top).filter(|_| left > 0) {
            (top, left) = (&spans[above], left - 1);
        }
        if span.parent.is_empty() {
            let why = if span.status > 0 { format!("status {}", span.status) } else { "error".to_owned() };
            let cause = crate::recording::causes::of_status(span.status);
            let failed = span.failed || span.status >= 400;
            let failure = failed.then_some(Failure { cause, why: why.as_bytes() });
            let end_ns = span.begin_ns.saturating_add_unsigned(span.duration_ns);
            let (duration_ns, endpoint, status) = (span.duration_ns, span.name.as_bytes(), span.status);
            events.request(&Request { end_ns, duration_ns, endpoint, status, failure });
        } else {
            events.happened(span.begin_ns);
            events.step(top.name.as_bytes(), span.name.as_bytes(), span.duration_ns);
        }
    }
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
