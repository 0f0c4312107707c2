//! Traces as requests with their parts, for drafts of models: OTLP or Jaeger in JSON, or a table of spans.
//!
//! A part counts by its own time: what the spans inside of it take is theirs. Of a table, whose rows say nothing of nesting, rows of one
//! request are those with the same time, endpoint and, if there is such a column, request.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::formats::spans::{Span, spans_of};
use super::problems::{ReadError, ReadProblem};
use super::stream::fields::{Header, field, split};
use super::stream::input::Input;

/// Bytes of traces that are read whole.
const MOST_BYTES: u64 = 1 << 30;
/// Columns that tell requests of one instant apart.
const REQUEST: [&str; 5] = ["req", "request", "request_id", "trace", "trace_id"];

/// A request and its parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TracedRequest {
    pub endpoint: String,
    /// Seconds on the clock of the file.
    pub begin_s: f64,
    pub duration_s: f64,
    pub failed: bool,
    /// Names and seconds, in the order in which they began, or were written.
    pub steps: Vec<(String, f64)>,
}

/// Reads traces, in the order in which requests began.
///
/// # Errors
/// If the file cannot be read, or has no request.
pub fn read_traces(path: &Path) -> Result<Vec<TracedRequest>, ReadError> {
    let failed =
        |what: String| ReadError { name: path.display().to_string(), problems: vec![ReadProblem::whole(what)] };
    let mut text = String::new();
    let input = Input::open(path).map_err(|error| failed(format!("cannot be read: {error}")))?;
    let read = input.into_reader().take(MOST_BYTES).read_to_string(&mut text);
    read.map_err(|error| failed(format!("cannot be read as text: {error}")))?;
    let mut requests = if text.trim_start().starts_with('{') { of_json(&text) } else { of_table(&text) };
    requests.retain(|request| request.begin_s.is_finite() && request.duration_s > 0.0);
    requests.sort_by(|a, b| a.begin_s.total_cmp(&b.begin_s));
    if requests.is_empty() {
        let what =
            "has no traced request: traces are OTLP or Jaeger in JSON, or a table with t_s,endpoint,step,duration_ms";
        return Err(failed(what.to_owned()));
    }
    Ok(requests)
}

/// A document, or one object per line.
fn of_json(text: &str) -> Vec<TracedRequest> {
    match serde_json::from_str::<Value>(text) {
        Ok(object) => of_spans(&spans_of(&object)),
        Err(_) => {
            let objects: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            of_spans(&objects.iter().flat_map(spans_of).collect::<Vec<Span>>())
        }
    }
}

fn of_spans(spans: &[Span]) -> Vec<TracedRequest> {
    let places: HashMap<(&str, &str), usize> = spans.iter().enumerate().map(|(i, s)| ((s.trace, s.id), i)).collect();
    let parent = |span: &Span| places.get(&(span.trace, span.parent)).copied().filter(|_| !span.parent.is_empty());
    let mut inside: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut tops = Vec::new();
    for (at, span) in spans.iter().enumerate() {
        match parent(span) {
            Some(above) => inside[above].push(at),
            None if span.parent.is_empty() => tops.push(at),
            None => {}
        }
    }
    let request = |top: &usize| {
        let span = &spans[*top];
        let (mut parts, mut open, mut left) = (Vec::new(), inside[*top].clone(), spans.len());
        while let Some(at) = open.pop().filter(|_| left > 0) {
            left -= 1;
            open.extend(&inside[at]);
            let own = own_ns(&spans[at], inside[at].iter().map(|child| &spans[*child]));
            parts.push((spans[at].begin_ns, spans[at].name.to_owned(), own as f64 * 1e-9));
        }
        parts.sort_by_key(|part| part.0);
        TracedRequest {
            endpoint: span.name.to_owned(),
            begin_s: span.begin_ns as f64 * 1e-9,
            duration_s: span.duration_ns as f64 * 1e-9,
            failed: span.failed || span.status >= 400,
            steps: parts.into_iter().filter(|part| part.2 > 0.0).map(|(_, name, own)| (name, own)).collect(),
        }
    };
    tops.iter().map(request).collect()
}

/// The time of a span that none inside of it covers.
fn own_ns<'s>(span: &Span, inside: impl Iterator<Item = &'s Span<'s>>) -> u64 {
    let end = |span: &Span| span.begin_ns.saturating_add_unsigned(span.duration_ns);
    let mut parts: Vec<(i64, i64)> =
        inside.map(|child| (child.begin_ns.max(span.begin_ns), end(child).min(end(span)))).collect();
    parts.sort_unstable();
    let (mut covered, mut to) = (0u64, i64::MIN);
    for (from, until) in parts {
        covered += u64::try_from(until.saturating_sub(from.max(to))).unwrap_or(0);
        to = to.max(until);
    }
    span.duration_ns.saturating_sub(covered)
}

fn of_table(text: &str) -> Vec<TracedRequest> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let header = Header::of(lines.next().unwrap_or_default().as_bytes());
    let place = |names: &[&str]| header.place(names);
    let scales = [("duration_ms", 1e-3), ("duration_s", 1.0), ("duration_us", 1e-6)];
    let duration = scales.iter().find_map(|(name, times)| Some((place(&[name])?, *times)));
    let (Some(time), Some((duration, times))) = (place(&["t_s", "t_end_s", "t_start_s"]), duration) else {
        return Vec::new();
    };
    let (mut requests, mut known): (Vec<TracedRequest>, HashMap<Vec<Vec<u8>>, usize>) = (Vec::new(), HashMap::new());
    for line in lines {
        let fields = split(line.as_bytes(), header.delimiter);
        let word = |at| String::from_utf8_lossy(field(&fields, at)).into_owned();
        let (Ok(at), Ok(length)) = (word(Some(time)).parse::<f64>(), word(Some(duration)).parse::<f64>()) else {
            continue;
        };
        let key = [Some(time), place(&["endpoint"]), place(&REQUEST), place(&["worker"])];
        let key: Vec<Vec<u8>> = key.iter().map(|at| field(&fields, *at).to_vec()).collect();
        let number = *known.entry(key).or_insert_with(|| {
            requests.push(TracedRequest { endpoint: word(place(&["endpoint"])), begin_s: at, ..Default::default() });
            requests.len() - 1
        });
        let request = &mut requests[number];
        request.failed |= word(place(&["status"])).parse::<u16>().is_ok_and(|status| status >= 400);
        match word(place(&["step"])).as_str() {
            "" | "total" => request.duration_s = length * times,
            step => request.steps.push((step.to_owned(), length * times)),
        }
    }
    for request in requests.iter_mut().filter(|request| request.duration_s <= 0.0) {
        request.duration_s = request.steps.iter().map(|(_, length)| length).sum();
    }
    // Those that end early are seen by their end only.
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_request_belong_together() {
        let table = "t_s,endpoint,status,step,duration_ms\n1,a,200,db,5\n1,a,200,total,8\n2,a,500,db,6\n2,b,200,db,1\n";
        let found = of_table(table);
        let shown: Vec<_> =
            found.iter().map(|r| (r.endpoint.as_str(), r.failed, r.steps.len(), r.duration_s)).collect();
        assert_eq!(shown, [("a", false, 1, 0.008), ("a", true, 1, 0.006), ("b", false, 1, 0.001)]);
    }

    #[test]
    fn a_span_counts_without_those_inside() {
        let span = |id: &str, parent: &str, name: &str, from: u64, to: u64| {
            format!(
                "{{\"traceId\":\"1\",\"spanId\":\"{id}\",\"parentSpanId\":\"{parent}\",\"name\":\"{name}\",\"startTimeUnixNano\":\"{from}\",\
                 \"endTimeUnixNano\":\"{to}\"}}"
            )
        };
        let spans = [
            span("1", "", "GET /", 0, 100_000_000),
            span("2", "1", "outer", 10_000_000, 90_000_000),
            span("3", "2", "inner", 20_000_000, 50_000_000),
        ];
        let text = format!("{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{}]}}]}}]}}", spans.join(","));
        let found = of_json(&text);
        assert_eq!(found.len(), 1);
        let steps: Vec<(&str, f64)> =
            found[0].steps.iter().map(|(name, length)| (name.as_str(), (length * 1e3).round())).collect();
        assert_eq!(steps, [("outer", 50.0), ("inner", 30.0)]);
    }
}
