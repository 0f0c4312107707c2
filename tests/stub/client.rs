//! The client: calls that begin when they are due, each on a thread of its own.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::description::{Arrivals, Description};
use super::seconds;
use super::server::{self, spawn, uniform};

/// As long as the shortest mean answer.
const DISTURBED: Duration = Duration::from_millis(60);
/// No scheduler of a machine that works makes anybody wait so long.
const STILL: Duration = Duration::from_millis(500);

/// What a client saw.
pub struct Recorded(Vec<Call>);

struct Call {
    /// The cause by which it failed.
    cause: Option<&'static str>,
    attempts: u32,
    duration: Duration,
    /// By how much answers came later than the server had drawn.
    late: Vec<Duration>,
}

struct Client {
    description: Description,
    server: SocketAddr,
    sockets: Option<Sockets>,
}

/// Calls a server until all calls are over.
pub fn record(description: &Description) -> Recorded {
    let server = server::start(*description);
    let sockets = description.sockets.map(Sockets::new);
    let client = Arc::new(Client { description: *description, server, sockets });
    let begun = Instant::now();
    let mut calls = Vec::new();
    for (number, due) in due(description).into_iter().enumerate() {
        std::thread::sleep(seconds(due).saturating_sub(begun.elapsed()));
        let client = Arc::clone(&client);
        calls.push(spawn(move || client.call(number)));
    }
    Recorded(calls.into_iter().map(|call| call.join().expect("ends")).collect())
}

/// When calls begin.
fn due(description: &Description) -> Vec<f64> {
    let gap = |number: usize| match description.arrivals {
        Arrivals::Even => 1.0,
        Arrivals::Poisson => -uniform(&format!("{}{number}", description.name), "gap").ln(),
    };
    // k6's first iteration is due at once; of a Poisson process the first gap is as any other.
    let first = match description.arrivals {
        Arrivals::Even => 0.0,
        Arrivals::Poisson => gap(0),
    };
    let instants = (1..).scan(first, |at, number| {
        let due = *at / description.rate;
        *at += gap(number);
        Some(due)
    });
    instants.take_while(|due| *due < description.seconds).collect()
}

impl Client {
    fn call(&self, number: usize) -> Call {
        let begun = Instant::now();
        let (mut attempt, mut late) = (1, Vec::new());
        let cause = loop {
            let path = format!("/{number}/{attempt}");
            if let Some(sockets) = &self.sockets {
                sockets.take();
            }
            let outcome = self.attempt(&path, &mut late);
            if let Some(sockets) = &self.sockets {
                sockets.give_back();
            }
            let more = self.description.retry.filter(|retry| attempt < retry.attempts);
            let (Some(_), Some(retry)) = (outcome, more) else { break outcome };
            let pause = retry.delay * retry.factor.powi(attempt as i32 - 1);
            let share = if retry.full_jitter { uniform(&path, "jitter") } else { 1.0 };
            std::thread::sleep(seconds(pause * share));
            attempt += 1;
        };
        Call { cause, attempts: attempt, duration: begun.elapsed(), late }
    }

    /// One request over a connection of its own, and the cause if it fails.
    fn attempt(&self, path: &str, late: &mut Vec<Duration>) -> Option<&'static str> {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(self.server).expect("is heard");
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: stub\r\n\r\n").as_bytes()).expect("is heard");
        let mut answer = Vec::new();
        let mut bytes = [0; 512];
        while !answer.ends_with(b"\r\n\r\n") {
            let left = self.description.timeout.map(|after| seconds(after).saturating_sub(begun.elapsed()));
            if left.is_some_and(|left| left.is_zero()) {
                return Some("api_timeout");
            }
            stream.set_read_timeout(left).expect("is possible");
            match stream.read(&mut bytes) {
                Ok(length) => answer.extend(&bytes[..length]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => panic!("no answer: {error}"),
            }
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let drawn = answer.split("X-Drawn: ").nth(1).and_then(|rest| rest.lines().next());
        let drawn = drawn.and_then(|drawn| drawn.parse().ok()).expect("a time");
        late.push(begun.elapsed().saturating_sub(seconds(drawn)));
        match answer.split(' ').nth(1) {
            Some("200") => None,
            Some("429") => Some("api_rate_limited"),
            _ => Some("api_error"),
        }
    }
}

impl Recorded {
    /// By how much 95 of 100 answers were late at most.
    pub fn lateness(&self) -> Duration {
        let late = self.late();
        late[late.len() * 95 / 100]
    }

    /// Whether answers were so late that this is no recording of what was described.
    pub fn disturbed(&self) -> bool {
        self.lateness() > DISTURBED || self.late().last().is_some_and(|late| *late > STILL)
    }

    fn late(&self) -> Vec<Duration> {
        let mut late: Vec<Duration> = self.0.iter().flat_map(|call| call.late.iter().copied()).collect();
        late.sort();
        late
    }

    /// As `Predicted::figure`.
    pub fn figure(&self, name: &str) -> f64 {
        let calls = self.0.len() as f64;
        let share = |is: &dyn Fn(&Call) -> bool| self.0.iter().filter(|call| is(call)).count() as f64 / calls;
        match name {
            "failed" => share(&|call| call.cause.is_some()),
            "attempts" => self.0.iter().map(|call| f64::from(call.attempts)).sum::<f64>() / calls,
            "p50" => self.percentile(0.5),
            "p95" => self.percentile(0.95),
            cause => share(&|call| call.cause == Some(cause)),
        }
    }

    /// By k6's rule: linear between ranks.
    fn percentile(&self, share: f64) -> f64 {
        let mut durations: Vec<f64> = self.0.iter().map(|call| call.duration.as_secs_f64()).collect();
        durations.sort_by(f64::total_cmp);
        let rank = share * (durations.len() - 1) as f64;
        let (below, above) = (durations[rank.floor() as usize], durations[rank.ceil() as usize]);
        below + (above - below) * rank.fract()
    }
}

/// So many attempts at once; others wait, first come first served.
struct Sockets(Mutex<(usize, VecDeque<Sender<()>>)>);

impl Sockets {
    fn new(most: usize) -> Sockets {
        Sockets(Mutex::new((most, VecDeque::new())))
    }

    fn take(&self) {
        let turn = {
            let mut state = self.0.lock().expect("whole");
            if state.0 > 0 {
                state.0 -= 1;
                return;
            }
            let (sender, turn) = channel();
            state.1.push_back(sender);
            turn
        };
        turn.recv().expect("a turn");
    }

    fn give_back(&self) {
        let mut state = self.0.lock().expect("whole");
        match state.1.pop_front() {
            Some(next) => next.send(()).expect("waits"),
            None => state.0 += 1,
        }
    }
}
