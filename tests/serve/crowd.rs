//! Many pages at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::server::Server;

/// Pages that ask at once, and for how long; a minute of it is `PLIMSOLL_CROWD=60`.
const PAGES: usize = 32;
const SECONDS: u64 = 4;

/// Each page turns a knob as soon as it has an answer.
#[test]
fn a_crowd_is_served_or_told_to_come_again() {
    let mut server = Server::start(&["--waiting", "16"]);
    let seconds = std::env::var("PLIMSOLL_CROWD").ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let (served, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let before = server.memory_kb();
    let until = Instant::now() + Duration::from_secs(seconds);
    std::thread::scope(|scope| {
        for page in 0..PAGES {
            let (server, served, refused) = (&server, &served, &refused);
            scope.spawn(move || {
                for turn in 0.. {
                    let connections = 2 + (page + turn) % 30;
                    let body = json!({"model": "shop", "test": "steady", "set": {"pool.main.max": connections},
                        "page": page.to_string(), "part": "whatif", "replications": 4});
                    let answered = server.post("/api/predict", &body.to_string());
                    match answered.status {
                        200 => {
                            let last = answered.lines().pop().expect("a line");
                            assert!(last["step"] == "done", "{last}");
                            served.fetch_add(1, Ordering::Relaxed);
                        }
                        503 => {
                            refused.fetch_add(1, Ordering::Relaxed);
                            std::thread::sleep(Duration::from_millis(20));
                        }
                        other => panic!("{other}: {}", answered.text),
                    }
                    if Instant::now() > until {
                        break;
                    }
                }
            });
        }
    });
    let grown = server.memory_kb().saturating_sub(before);
    println!("{served:?} served, {refused:?} told to come again, {grown} kB more memory");
    assert!(served.load(Ordering::Relaxed) >= PAGES && refused.load(Ordering::Relaxed) > 0);
    assert!(grown < 200_000, "{grown} kB more");
    assert!(server.is_running());
    let status = server.get("/api/status").json();
    assert_eq!((&status["simulating"], &status["waiting"]), (&0.into(), &0.into()));
}

/// A page that asks anew, or goes away, leaves no work behind.
#[test]
fn what_nobody_wants_any_more_is_not_simulated() {
    let server = Server::start(&[]);
    let asks: Vec<std::net::TcpStream> = (0..50)
        .map(|turn| {
            let body = json!({"model": "shop", "test": "steady", "set": {"pool.main.max": 2 + turn % 40, "load": 0.9},
                "page": "p", "part": "whatif", "replications": 40})
            .to_string();
            let mut stream = std::net::TcpStream::connect(&server.address).expect("connects");
            let request = format!(
                "POST /api/predict HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                server.address,
                body.len()
            );
            std::io::Write::write_all(&mut stream, request.as_bytes()).expect("written");
            stream
        })
        .collect();
    drop(asks);
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let status = server.get("/api/status").json();
        if status["simulating"] == 0 && status["waiting"] == 0 {
            break;
        }
        assert!(Instant::now() < until, "{status}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
