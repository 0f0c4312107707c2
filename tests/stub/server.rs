//! A small HTTP server on the loopback interface: one thread and one answer per connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use statrs::distribution::{ContinuousCDF, Normal};

use super::description::{Bucket, Description};

/// Small, since there are many.
const STACK: usize = 128 * 1024;

/// Runs until the process ends.
pub fn start(description: Description) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let tokens = description.bucket.map(|bucket| Arc::new(Mutex::new(Tokens::new(bucket))));
    spawn(move || {
        for stream in listener.incoming() {
            let (stream, tokens) = (stream.expect("a connection"), tokens.clone());
            spawn(move || answer(stream, &description, tokens.as_deref()));
        }
    });
    address
}

pub fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> std::thread::JoinHandle<T> {
    std::thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread")
}

/// Answers the one request of a connection, and says how long that was meant to take.
fn answer(mut stream: TcpStream, description: &Description, tokens: Option<&Mutex<Tokens>>) {
    let begun = Instant::now();
    let mut request = Vec::new();
    let mut bytes = [0; 512];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut bytes) {
            Ok(length) if length > 0 => request.extend(&bytes[..length]),
            // The client has gone.
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).expect("a path");
    let refused = tokens.is_some_and(|tokens| !tokens.lock().expect("whole").take());
    let (status, drawn) = match () {
        () if refused => ("429 Too Many Requests", 0.0),
        () if uniform(path, "hang") < description.hangs => {
            // Until the client goes.
            let _ = stream.read(&mut bytes);
            return;
        }
        () if uniform(path, "error") < description.errors => ("500 Internal Server Error", latency(path, description)),
        () => ("200 OK", latency(path, description)),
    };
    std::thread::sleep(super::seconds(drawn).saturating_sub(begun.elapsed()));
    let text = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nX-Drawn: {drawn}\r\nConnection: close\r\n\r\n");
    // Whoever has timed out no longer hears it.
    let _ = stream.write_all(text.as_bytes());
}

/// The lognormal law, from its inverse.
fn latency(path: &str, description: &Description) -> f64 {
    let variance = (1.0 + description.cv * description.cv).ln();
    let z = Normal::standard().inverse_cdf(uniform(path, "latency"));
    description.mean * (variance.sqrt() * z - variance / 2.0).exp()
}

/// Between 0 and 1, by what it is for: FNV-1a, and the finisher of SplitMix64.
pub fn uniform(path: &str, purpose: &str) -> f64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in path.bytes().chain(purpose.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    ((hash >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

struct Tokens {
    bucket: Bucket,
    left: f64,
    counted: Instant,
}

impl Tokens {
    fn new(bucket: Bucket) -> Tokens {
        Tokens { bucket, left: f64::from(bucket.burst), counted: Instant::now() }
    }

    fn take(&mut self) -> bool {
        let now = Instant::now();
        let come = now.duration_since(self.counted).as_secs_f64() * self.bucket.rate;
        self.left = (self.left + come).min(f64::from(self.bucket.burst));
        self.counted = now;
        let enough = self.left >= 1.0;
        self.left -= if enough { 1.0 } else { 0.0 };
        enough
    }
}
