//! Formats of single requests. Every file holds the same five, and one line that is broken.
//!
//! Four of `items` take 10, 20, 30 and 40 ms and are answered, one of `list` takes 100 ms and gets a 503; they begin a
//! second apart. So `items` has p50 = 25 and p95 = 30 + 0.85 x 10 = 38.5 ms by k6's rule, and all five 200 / 5 = 40 ms,
//! p50 = 30 and p95 = 40 + 0.8 x 60 = 88 ms.

use plimsoll::recording::{Format, Recording};

use super::{assert_values, has_note, points, recording, value};

/// The five requests, by these names.
fn five(name: &str, format: Format, items: &str, list: &str) -> Recording {
    let recording = recording(name, format);
    assert_values(
        &recording,
        &[
            ("http_reqs", "", "count", 5.0),
            ("http_req_duration", "", "avg", 40.0),
            ("http_req_duration", "", "p50", 30.0),
            ("http_req_duration", "", "p95", 88.0),
            ("http_req_duration{ok}", "", "max", 40.0),
            ("http_req_duration{failed}", "", "min", 100.0),
            ("http_req_failed", "", "rate", 20.0),
            ("errors", "", "count", 1.0),
            ("http_reqs", items, "count", 4.0),
            ("http_req_duration", items, "p50", 25.0),
            ("http_req_duration", items, "p95", 38.5),
            ("http_req_failed", items, "rate", 0.0),
            ("http_reqs", list, "count", 1.0),
            ("http_req_failed", list, "rate", 100.0),
        ],
    );
    let facts = &recording.files[0];
    assert_eq!(facts.broken, if name.starts_with("k6.json") { 2 } else { 1 }, "{name}");
    has_note(&recording, "left out (line");
    recording
}

/// From the begin of the first to the end of the last they take 4.1 s.
fn spans_4_1_s(recording: &Recording) {
    assert_values(recording, &[("http_reqs", "", "rate", 5.0 / 4.1)]);
    let rates: Vec<f64> = points(recording, "http_reqs", "", "rate").iter().map(|point| point.1).collect();
    assert_eq!(rates, [1.0; 5], "{}", recording.name);
}

fn begins_at_its_instant(recording: &Recording) {
    assert_eq!(recording.files[0].begin().as_deref(), Some("2023-11-14T22:13:20Z"), "{}", recording.name);
}

#[test]
fn k6_points_in_every_form() {
    for (name, format) in [("k6.json", Format::K6Json), ("k6.csv", Format::K6Csv)] {
        let recording = five(name, format, "items", "list");
        spans_4_1_s(&recording);
        begins_at_its_instant(&recording);
        // Waiting is 1 ms less than the whole; users were 1 to 5.
        assert_values(
            &recording,
            &[
                ("http_req_waiting", "items", "p50", 24.0),
                ("vus", "", "avg", 3.0),
                ("vus", "", "max", 5.0),
                ("http_status", "2xx", "count", 4.0),
                ("http_status", "503", "share", 20.0),
            ],
        );
        assert_eq!(recording.files[0].failures, [("status 503".to_owned(), 1)]);
    }
    let json = recording("k6.json", Format::K6Json);
    assert_values(
        &json,
        &[("iterations", "", "count", 5.0), ("checks", "", "rate", 80.0), ("data_received", "", "count", 0.005)],
    );
    has_note(&json, "left out: my_metric (5)");
    has_note(&json, "line 54: it is cut short; line 55: two lines are mixed in one");
    let influx = five("k6_influx.txt", Format::Influx, "items", "list");
    spans_4_1_s(&influx);
    assert_values(&influx, &[("vus", "", "max", 5.0)]);
    has_note(&influx, "left out: my metric (5)");
}

#[test]
fn jmeter_in_both_forms() {
    for (name, format) in [("jmeter.jtl", Format::JtlCsv), ("jmeter_xml.jtl", Format::JtlXml)] {
        let recording = five(name, format, "items", "list");
        spans_4_1_s(&recording);
        begins_at_its_instant(&recording);
        assert_values(&recording, &[("vus", "", "max", 5.0), ("http_req_waiting", "items", "p50", 24.0)]);
        has_note(&recording, "rows of transaction controllers (1)");
        assert_values(&recording, &[("data_received", "", "count", 0.005)]);
    }
}

#[test]
fn gatling_in_both_forms() {
    for (name, format) in [("gatling.log", Format::GatlingText), ("gatling_binary.log", Format::GatlingBinary)] {
        let recording = five(name, format, "items", "list");
        spans_4_1_s(&recording);
        begins_at_its_instant(&recording);
        assert_eq!(points(&recording, "vus", "", "avg")[1], (1.0, 2.0));
        assert_values(&recording, &[("http_status", "503", "count", 1.0)]);
        has_note(&recording, "groups of requests (1)");
    }
}

#[test]
fn vegeta_in_both_forms() {
    for name in ["vegeta.json", "vegeta.csv"] {
        let recording = five(name, Format::Vegeta, "GET /items/{id}", "GET /list/{id}");
        spans_4_1_s(&recording);
        begins_at_its_instant(&recording);
        assert_values(&recording, &[("data_received", "", "count", 0.005), ("data_sent", "", "count", 0.0005)]);
    }
}

#[test]
fn access_logs_of_three_kinds() {
    for name in ["nginx.log", "balancer.log", "access.jsonl"] {
        let recording = five(name, Format::AccessLog, "GET /items/{id}", "GET /list/{id}");
        assert_values(&recording, &[("data_received", "", "count", 0.005)]);
        // nginx writes whole seconds; the others know the very instant.
        if name != "nginx.log" {
            spans_4_1_s(&recording);
            begins_at_its_instant(&recording);
        }
    }
}

#[test]
fn tables_of_requests_and_spans() {
    let requests = five("requests.csv", Format::Requests, "items", "list");
    spans_4_1_s(&requests);
    assert_eq!(value(&requests, "errors", "list acquire_timeout", "count"), 1.0);
    assert_eq!(value(&requests, "errors", "acquire_timeout", "count"), 1.0);
    let spans = five("spans.csv", Format::Spans, "items", "list");
    assert_values(
        &spans,
        &[
            ("step_duration", "items pool_wait", "count", 4.0),
            ("step_duration", "items pool_wait", "p50", 20.0),
            ("step_duration", "list query", "max", 5.0),
        ],
    );
    assert_eq!(spans.files[0].begin(), None, "its seconds count from the begin of the test");
}

#[test]
fn traces_of_two_kinds() {
    let otlp = five("otlp.jsonl", Format::Otlp, "items", "list");
    let jaeger = recording("jaeger.json", Format::Jaeger);
    for recording in [&otlp, &jaeger] {
        spans_4_1_s(recording);
        begins_at_its_instant(recording);
        assert_values(
            recording,
            &[
                ("http_req_duration", "items", "p95", 38.5),
                ("http_req_failed", "", "rate", 20.0),
                ("step_duration", "items query", "count", 4.0),
                ("step_duration", "items query", "p99", 5.0),
            ],
        );
    }
}

#[test]
fn tables_of_hey_and_oha_know_no_endpoints() {
    for (name, format) in [("hey.csv", Format::HeyCsv), ("oha.csv", Format::OhaCsv)] {
        let recording = recording(name, format);
        spans_4_1_s(&recording);
        assert_values(&recording, &[("http_req_duration", "*", "p95", 88.0), ("http_req_failed", "", "rate", 20.0)]);
        assert_eq!(recording.files[0].broken, 1);
    }
}
