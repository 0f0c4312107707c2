//! A real server of its own on a unix socket, and the few words of its protocol that a test needs.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::stream::{Answers, Stream};

/// A running server; stopped when dropped.
pub struct Server {
    child: Child,
    folder: tempfile::TempDir,
}

impl Server {
    /// Whether there is one to start.
    pub fn exists() -> bool {
        Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success())
    }

    pub fn start(policy: &str, max_bytes: u64) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("socket");
        let child = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--daemonize",
                "no",
                "--maxmemory-policy",
                policy,
            ])
            .args(["--maxmemory", &max_bytes.to_string()])
            .arg("--unixsocket")
            .arg(&socket)
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("starts");
        Server { child, folder }
    }

    pub fn connect(&self) -> Connection {
        let begun = Instant::now();
        loop {
            match UnixStream::connect(self.folder.path().join("socket")) {
                Ok(stream) => {
                    let writer = stream.try_clone().expect("a second handle");
                    return Connection { writer, reader: BufReader::new(stream), out: Vec::new() };
                }
                Err(error) => assert!(begun.elapsed() < Duration::from_secs(20), "no server: {error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Connection {
    writer: UnixStream,
    reader: BufReader<UnixStream>,
    out: Vec<u8>,
}

/// An answer, as far as it matters.
#[derive(Debug, PartialEq)]
enum Answer {
    Fine,
    Nothing,
    Text(String),
    Refused(String),
}

impl Connection {
    fn say(&mut self, words: &[&[u8]]) {
        self.out.extend(format!("*{}\r\n", words.len()).bytes());
        for word in words {
            self.out.extend(format!("${}\r\n", word.len()).bytes());
            self.out.extend(*word);
            self.out.extend(b"\r\n");
        }
    }

    fn send(&mut self) {
        self.writer.write_all(&self.out).expect("is heard");
        self.out.clear();
    }

    fn hear(&mut self) -> Answer {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("answers");
        let rest = line[1..].trim_end().to_owned();
        match line.as_bytes()[0] {
            b'$' if rest == "-1" => Answer::Nothing,
            b'$' => {
                let mut text = vec![0; rest.parse::<usize>().expect("a length") + 2];
                self.reader.read_exact(&mut text).expect("the whole text");
                text.truncate(text.len() - 2);
                Answer::Text(String::from_utf8_lossy(&text).into_owned())
            }
            b'-' => Answer::Refused(rest),
            _ => Answer::Fine,
        }
    }

    pub fn ask(&mut self, words: &[&str]) -> String {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        self.say(&words);
        self.send();
        match self.hear() {
            Answer::Text(text) => text,
            other => format!("{other:?}"),
        }
    }

    /// A number of the server's report on itself; 0 if it is not there.
    pub fn figure(&mut self, name: &str) -> u64 {
        let text = self.ask(&["INFO"]);
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        let digits: String =
            line.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    }
}

/// The server as a client of the stream sees it.
pub struct Real<'a> {
    pub connection: Connection,
    pub stream: &'a Stream,
    /// When each batch of lookups was sent, ns of the wall clock.
    pub instants: Vec<u64>,
}

impl Answers for Real<'_> {
    fn get(&mut self, ranks: &[u32]) -> Vec<bool> {
        ranks.iter().for_each(|rank| self.connection.say(&[b"GET", name(*rank).as_bytes()]));
        self.instants.push(wall());
        self.connection.send();
        ranks.iter().map(|_| self.connection.hear() != Answer::Nothing).collect()
    }

    fn set(&mut self, ranks: &[u32]) -> u64 {
        for rank in ranks {
            let (name, value) = (name(*rank), vec![b'x'; self.stream.sizes.bytes(*rank) as usize]);
            match self.stream.ttl_ms(*rank) {
                Some(ms) => {
                    self.connection.say(&[b"SET", name.as_bytes(), &value, b"PX", ms.to_string().as_bytes()]);
                }
                None => self.connection.say(&[b"SET", name.as_bytes(), &value]),
            }
        }
        self.connection.send();
        ranks.iter().filter(|_| matches!(self.connection.hear(), Answer::Refused(_))).count() as u64
    }

    fn keys(&mut self) -> u64 {
        self.connection.figure("db0:keys")
    }
}

fn name(rank: u32) -> String {
    format!("key:{rank:08}")
}

fn wall() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64
}
