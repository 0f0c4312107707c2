//! Requests that nobody well-meaning sends: they are refused in words, and the server goes on.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::server::Server;

fn status(said: &str) -> u16 {
    said.split_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

#[test]
fn other_names_and_other_pages_are_refused() {
    let server = Server::start(&["--name", "plan.example.com"]);
    let port = server.address.rsplit(':').next().expect("a port").to_owned();
    let get = |host: &str, more: &str| {
        status(
            &server
                .raw(format!("GET /api/models HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n").as_bytes()),
        )
    };
    assert_eq!(get(&format!("localhost:{port}"), ""), 200);
    assert_eq!(get("plan.example.com", ""), 200);
    // A name that was made to point here.
    assert_eq!(get(&format!("rebound.example.org:{port}"), ""), 403);
    assert_eq!(get(&format!("localhost:{port}"), "Origin: http://evil.example.org\r\n"), 403);
    assert_eq!(get(&format!("localhost:{port}"), "Origin: null\r\n"), 403);
    assert_eq!(get(&format!("localhost:{port}"), "Sec-Fetch-Site: cross-site\r\n"), 403);
    let said = server.raw(format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").as_bytes());
    for header in ["content-security-policy: default-src 'none'", "x-content-type-options: nosniff"] {
        assert!(said.to_ascii_lowercase().contains(header), "{said:.900}");
    }
    assert!(!said.to_ascii_lowercase().contains("access-control-allow"), "{said:.900}");
}

#[test]
fn what_is_wrong_is_said() {
    let server = Server::start(&[]);
    let ask = |body: serde_json::Value| {
        let answered = server.post("/api/predict", &body.to_string());
        (answered.status, answered.json()["error"].as_str().expect("words").to_owned())
    };
    let refused = |body: serde_json::Value, status: u16, words: &str| {
        let (is, said) = ask(body.clone());
        assert!(is == status && said.contains(words), "{body}: {is} {said}");
    };
    refused(json!({"model": "shop", "test": "steady", "set": {"pool.main.max": 100_000_000}}), 422, "is not between");
    refused(json!({"model": "shop", "test": "steady", "set": {"pool.mian.max": 3}}), 422, "pool.main.max");
    refused(json!({"model": "shop", "test": "steady", "set": {"load": "1"}}), 422, "is no number");
    refused(json!({"model": "shop", "test": "stedy"}), 422, "stedy");
    refused(json!({"model": "shop", "test": "steady", "variant": "wode"}), 422, "wide");
    refused(json!({"model": "../../etc/passwd", "test": "steady"}), 404, "there is no model");
    refused(json!({"model": "shop", "test": "steady", "replications": 4_000_000}), 422, "between 2 and 40");
    refused(json!({"model": "shop", "test": "steady", "sets": {}}), 400, "sets");
    refused(json!([1, 2]), 400, "no question");
    let long = json!({"model": "shop", "test": "steady", "page": "x".repeat(40_000)}).to_string();
    assert_eq!(server.post("/api/predict", &long).status, 413);
    assert_eq!(server.get("/api/view?model=shop").status, 400);
    assert_eq!(server.get("/api/view?model=shop&test=..%2f..").status, 422);
    assert_eq!((server.get("/nothing").status, server.get("/api/predict").status), (404, 405));
    let form = format!(
        "POST /api/predict HTTP/1.1\r\nHost: {}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}",
        server.address
    );
    assert_eq!(status(&server.raw(form.as_bytes())), 415);
}

/// Bodies that are nearly questions, and bodies that are nothing.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        any::<f64>().prop_map(|number| json!(number)),
        any::<i64>().prop_map(|number| json!(number)),
        ".{0,40}".prop_map(|text| json!(text)),
        Just(json!(null)),
        Just(json!([[[]]])),
        Just(json!({"a": {"b": 1}})),
    ];
    let path = prop_oneof![
        Just("pool.main.max".to_owned()),
        Just("load".to_owned()),
        Just("tier.app.count".to_owned()),
        Just("pool.main.acquire_timeout".to_owned()),
        ".{0,60}",
    ];
    let question = (proptest::collection::btree_map(path, value.clone(), 0..4), "(shop|steady|.{0,9})", value)
        .prop_map(|(set, test, replications)| {
            json!({"model": "shop", "test": test, "set": set, "replications": replications}).to_string().into_bytes()
        });
    prop_oneof![3 => question, 1 => proptest::collection::vec(any::<u8>(), 0..300)]
}

#[test]
fn no_body_is_more_than_refused() {
    let mut server = Server::start(&[]);
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let result = runner.run(&body(), |body| {
        let mut request = format!(
            "POST /api/predict HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            server.address,
            body.len()
        )
        .into_bytes();
        request.extend(body);
        let status = status(&server.raw(&request));
        prop_assert!(status == 200 || (400..500).contains(&status) || status == 503, "{status}");
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(server.is_running() && server.get("/api/models").status == 200);
}

#[test]
fn half_a_request_keeps_nobody_from_being_served() {
    let server = Server::start(&[]);
    let half: Vec<std::net::TcpStream> = (0..40)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(&server.address).expect("connects");
            std::io::Write::write_all(&mut stream, b"POST /api/predict HTTP/1.1\r\nHost: loc").expect("written");
            stream
        })
        .collect();
    assert_eq!(server.get("/api/models").status, 200);
    drop(half);
}
