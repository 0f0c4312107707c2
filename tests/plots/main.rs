//! Pictures: what each kind of figure is made of, that no words on it touch, and that all time has a kind.

mod made_of;
mod picture;
mod times;
mod touching;

use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;

/// A small system with all that figures show: hosts behind a balancer, a pool, a cache, an API, a queue, recordings.
const MODEL: &str = r#"
[system]
name = "Small shop"

[tier.app]
count = 2
cores = 2
processes = 2

[database.main]
cores = 2
max_connections = 50

[pool.main]
max = 4
scope = "process"
acquire_timeout = "300ms"

[cache.redis]
maxmemory = "1.6MB"
policy = "allkeys-lru"
empty = "0.9MiB"
command = "50us"

[cache.redis.keyspace.items]
keys = 2000
popularity = { zipf = 0.9 }
size = "1kB"

[api.payment]
latency = { mean = "80ms", cv = 0.5 }
concurrency = { limit = 20 }

[queue.mail]
tier = "app"
workers = 2
steps = [ { cpu = "2ms" } ]

[endpoint."GET /items/:id"]
tier = "app"
steps = [
  { cpu = "1ms" },
  { cache = "items", miss = [ { query = "item", pool = "main", cpu = "1ms", time = { mean = "10ms", cv = 0.5 } } ] },
]

[endpoint."POST /orders"]
tier = "app"
steps = [
  { cpu = "2ms" },
  { query = "order", pool = "main", cpu = "2ms", time = { mean = "20ms", cv = 0.5 } },
  { call = "payment" },
  { enqueue = "mail" },
]

[iteration.visit]
pick = [ { weight = 3, request = "GET /items/:id" }, { weight = 1, request = "POST /orders" } ]

[test.calm]
iteration = "visit"
stages = [ { duration = "2s", target = 10 }, { duration = "8s", target = 10 } ]
think = "50ms"
recording = { file = "calm.csv", role = "calibrate" }

[test.busy]
iteration = "visit"
stages = [ { duration = "2s", target = 40 }, { duration = "8s", target = 40 } ]
think = "50ms"
thresholds = { http_req_duration = ["p(95)<400"], http_req_failed = ["rate<0.01"] }
recording = { file = "busy.csv", role = "validate" }
"#;

const CALM: &str = "metric,scope,stat,from_s,to_s,value,low,high,unit,source
http_req_duration,,p50,,,12,,,ms,load tool
http_req_duration,,p95,,,120,,,ms,load tool
http_reqs,,rate,,,80,,,1/s,load tool
";

const BUSY: &str = "metric,scope,stat,from_s,to_s,value,low,high,unit,source
http_req_duration,,p50,,,13,,,ms,load tool
http_req_duration,,p95,,,140,,,ms,load tool
http_req_duration,,p99,,,900,,,ms,load tool
http_req_duration,GET /items/:id,p95,,,25,,,ms,load tool
http_req_duration,POST /orders,p95,,,,150,190,ms,load tool
http_reqs,,rate,,,300,,,1/s,load tool
cpu,app,avg,,,,20,30,%,load tool
http_req_failed,,rate,,,0,,,%,load tool
connections_active,main,avg,2,10,3,,,1,load tool
";

/// A folder with the small system.
fn small() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in [("shop.toml", MODEL), ("calm.csv", CALM), ("busy.csv", BUSY)] {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

/// The SVG that a command draws; `{}` in it stands for the file.
fn drawn(folder: &Path, command: &str) -> String {
    let words = command.replace("{}", "drawn.svg");
    let words: Vec<&str> = words.split_whitespace().collect();
    let ran = Command::new(cargo_bin!("plimsoll")).current_dir(folder).args(&words).output().expect("it starts");
    let code = ran.status.code();
    // A failed objective or a missed figure is a result.
    assert!(matches!(code, Some(0 | 1)), "{command}: {code:?}\n{}", String::from_utf8_lossy(&ran.stderr));
    std::fs::read_to_string(folder.join("drawn.svg")).unwrap_or_else(|error| panic!("{command}: {error}"))
}
