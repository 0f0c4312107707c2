//! The program, serving a model of its own, until it is dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use tempfile::TempDir;

/// 40 requests/s that each hold one of two connections for 40 ms: 1.6 of 2 on average, so p95 is long until there are more.
pub const SHOP: &str = r#"
[tier.app]
cores = 4
runtime = { threads = 50 }

[database.main]
cores = 8
max_connections = 100

[pool.main]
max = 2
min = 1
scope = "total"
acquire_timeout = "5s"

[endpoint."GET /"]
steps = [
  { cpu = { mean = "2ms", shape = "exponential" } },
  { query = "one", pool = "main", time = { mean = "40ms", shape = "exponential" } },
]

[test.steady]
executor = "constant-arrival-rate"
rate = 40
duration = "60s"
preAllocatedVUs = 200
arrivals = "poisson"
thresholds = { http_req_duration = ["p(95)<150"], http_req_failed = ["rate<0.01"] }

[variant.wide]
about = "six connections"
set = { "pool.main.max" = 6 }
"#;

pub struct Server {
    process: Child,
    /// "127.0.0.1:40123".
    pub address: String,
    _folder: TempDir,
}

pub struct Answered {
    pub status: u16,
    pub text: String,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Each line of a stream.
    pub fn lines(&self) -> Vec<Value> {
        self.text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

impl Server {
    /// Serves the shop.
    pub fn start(arguments: &[&str]) -> Server {
        Server::with_files(&[("shop.toml", SHOP)], arguments)
    }

    /// Serves the first of these files, which are written for it.
    pub fn with_files(files: &[(&str, &str)], arguments: &[&str]) -> Server {
        let folder = TempDir::new().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        let model = folder.path().join(files[0].0).display().to_string();
        Server::of(&model, arguments, folder)
    }

    /// Serves a model of the repository.
    pub fn with_model(model: &str, arguments: &[&str]) -> Server {
        Server::of(model, arguments, TempDir::new().expect("a folder"))
    }

    fn of(model: &str, arguments: &[&str], folder: TempDir) -> Server {
        let mut command = Command::new(cargo_bin!("plimsoll"));
        command.args(["serve", model, "--port", "0"]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        let address = line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        assert!(address.contains(':'), "no address: {line:?}");
        Server { process, address, _folder: folder }
    }

    pub fn get(&self, path: &str) -> Answered {
        let mut response = agent().get(format!("http://{}{path}", self.address)).call().expect("an answer");
        Answered { status: response.status().as_u16(), text: response.body_mut().read_to_string().expect("text") }
    }

    pub fn post(&self, path: &str, body: &str) -> Answered {
        let request = agent().post(format!("http://{}{path}", self.address)).content_type("application/json");
        let mut response = request.send(body).expect("an answer");
        Answered { status: response.status().as_u16(), text: response.body_mut().read_to_string().expect("text") }
    }

    /// Sends these bytes and reads until the server closes or nothing comes for a while.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("connects");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        let _ = stream.write_all(bytes);
        let mut said = Vec::new();
        let mut part = [0; 4096];
        while let Ok(read) = stream.read(&mut part) {
            said.extend_from_slice(&part[..read]);
            let text = String::from_utf8_lossy(&said);
            let head = text.split_once("\r\n\r\n");
            let length =
                text.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if read == 0 || head.is_some_and(|(_, body)| length.is_some_and(|length: usize| body.len() >= length)) {
                break;
            }
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Resident memory, kB.
    pub fn memory_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().expect("its state").is_none()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An HTTP client for which a refusal is an answer.
pub fn agent() -> ureq::Agent {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(120)));
    config.build().into()
}
