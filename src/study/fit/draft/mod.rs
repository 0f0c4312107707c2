//! "I have traces, and no model": a whole model from traces alone, to run at once and to correct by hand.
//!
//! Endpoints are the requests seen, the mix their counts, steps the parts of each in their order, or `parallel` where they lay side by
//! side. Requests of an endpoint that took different ways (a cache hit, a miss) become ways of an `either`. What is drafted is held against
//! what was traced. What a part is is told by its name: work, a statement, a wait for a
//! connection (left out: it is a result), anything else a time that passes. What no part covers is work of the app. All that traces do not
//! tell (cores, limits) is assumed, and says so.

mod law;
mod steps;
mod ways;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::problem::plural;
use crate::recording::traces::TracedRequest;
use law::milliseconds;
use steps::{Laws, write_steps};
use ways::{Way, ways};

/// What part a name says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Work,
    Statement,
    PoolWait,
    Other,
}

/// Words in names, most telling first.
const WORDS: [(Kind, &[&str]); 3] = [
    (
        Kind::PoolWait,
        &[
            "pool_wait",
            "pool wait",
            "acquire",
            "getconnection",
            "get connection",
            "checkout",
            "pg.connect",
            "pg-pool.connect",
        ],
    ),
    (
        Kind::Statement,
        &[
            "query",
            "select",
            "insert",
            "update",
            "delete",
            "begin",
            "commit",
            "transaction",
            "sql",
            "db",
            "pg",
            "mysql",
            "hold",
        ],
    ),
    (Kind::Work, &["cpu", "render", "serialize", "parse", "template", "compute", "middleware", "handler"]),
];

fn kind(name: &str) -> Kind {
    let name = name.to_lowercase();
    WORDS.iter().find(|(_, words)| words.iter().any(|word| name.contains(word))).map_or(Kind::Other, |(kind, _)| *kind)
}

/// A draft and a trace that are further apart than this are said to be: as a share, and in seconds.
const APART: f64 = 0.05;
const APART_S: f64 = 1e-4;

/// A model, and what is to be said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// As TOML.
    pub text: String,
    /// Endpoints whose steps do not make up the time that was traced, one sentence each.
    pub notes: Vec<String>,
}

/// A model from traces, as text; `file` is the traces' path as it is to stand in the model, if any is.
///
/// `requests` are at least one, in the order in which they began.
#[must_use]
pub fn draft(name: &str, file: Option<&str>, requests: &[TracedRequest]) -> Draft {
    let mut endpoints: BTreeMap<&str, Vec<&TracedRequest>> = BTreeMap::new();
    for request in requests {
        endpoints.entry(&request.endpoint).or_default().push(request);
    }
    let begin = requests.iter().map(|request| request.begin_s).fold(f64::INFINITY, f64::min);
    let end = requests.iter().map(|request| request.begin_s + request.duration_s).fold(f64::NEG_INFINITY, f64::max);
    let length = (end - begin).max(1.0);
    let mut text = head(name, requests.len(), length);
    let taken: BTreeMap<&str, Vec<Way>> = endpoints.iter().map(|(endpoint, of)| (*endpoint, ways(of))).collect();
    stations(&mut text, &taken, requests, length);
    let mut notes = Vec::new();
    for (endpoint, of) in &endpoints {
        notes.extend(write_endpoint(&mut text, endpoint, of, &taken[endpoint]));
    }
    load(&mut text, &endpoints, file, requests.len() as f64 / length, length);
    Draft { text, notes }
}

fn head(name: &str, requests: usize, length: f64) -> String {
    format!(
        "# Drafted by `plimsoll fit --new` from {} of {length:.0} s. Check first what says \"assumed\".\n\n[system]\n\
         name = {}\nabout = \"Drafted from traces.\"\n",
        counted(requests, "traced request"),
        quoted(name)
    )
}

/// The tier, and a database with a pool if there are statements.
fn stations(text: &mut String, taken: &BTreeMap<&str, Vec<Way>>, requests: &[TracedRequest], length: f64) {
    let parts = || taken.values().flatten().flat_map(Way::names);
    text.push_str("\n[tier.app]\ncores = 2                  # assumed: traces do not tell\n");
    text.push_str("runtime = { threads = 200 } # assumed; \"event-loop\" for Node\n");
    if !parts().any(|name| kind(name) == Kind::Statement) {
        return;
    }
    let all = || requests.iter().flat_map(TracedRequest::steps);
    let held: f64 = all().filter(|(name, _)| kind(name) == Kind::Statement).map(|(_, time)| time).sum();
    let in_use = held / length;
    // So many are hardly ever needed at once at this load (a Poisson count's mean and five deviations).
    let most = (in_use + 5.0 * in_use.sqrt()).ceil().max(10.0);
    let waits = if parts().any(|name| kind(name) == Kind::PoolWait) {
        "waits for a connection are in the traces"
    } else {
        "no waits seen"
    };
    let _ = write!(
        text,
        "\n[database.main]\ncores = 8                  # assumed: the times of statements are waits below, and use none\nmax_connections = {}      # \
         assumed\n\n[pool.main]                # {waits}; {in_use:.2} connections in use on average (Little's law)\nmax = {most}                   # \
         assumed: as many as this load hardly ever needs at once\n",
        most + 100.0
    );
}

/// Writes an endpoint; returns what is to be said if its steps do not make up its time.
fn write_endpoint(text: &mut String, endpoint: &str, requests: &[&TracedRequest], ways: &[Way]) -> Option<String> {
    let laws = Laws::of(ways);
    let waits = laws.waits(ways);
    let traced = requests.iter().map(|request| request.duration_s).sum::<f64>() / requests.len() as f64;
    let drafted = laws.mean_s(ways);
    let without = if waits > 0.0 {
        format!(", {} of it waiting for a connection, which is a result", milliseconds(waits))
    } else {
        String::new()
    };
    let _ = write!(
        text,
        "\n[endpoint.{}]             # {} of {} on average{without}; the steps below make {}\n",
        quoted(endpoint),
        counted(requests.len(), "request"),
        milliseconds(traced),
        milliseconds(drafted)
    );
    let apart = drafted - (traced - waits);
    let note = (apart.abs() > APART * traced + APART_S).then(|| {
        let why = match requests.iter().all(|request| request.own_s.is_none()) {
            true if apart > 0.0 => {
                "steps of the table may lie inside of others or side by side, which it does not tell"
            }
            _ if apart > 0.0 => "what lay side by side took the same time as often as it did not",
            _ => "parts of it waited for each other, or ways that few requests took are left out",
        };
        format!(
            "{}: {} were traced, the drafted steps make {}: {why}",
            quoted(endpoint),
            milliseconds(traced - waits),
            milliseconds(drafted)
        )
    });
    if let Some(note) = &note {
        let _ = writeln!(text, "# differs: {}", one_line(note));
    }
    text.push_str("tier = \"app\"\nsteps = [\n");
    if let [only] = ways {
        write_steps(text, only, &laws, "  ");
    } else {
        text.push_str("  { either = [\n");
        for way in ways {
            let _ = writeln!(text, "    {{ weight = {}, steps = [", way.requests.len());
            write_steps(text, way, &laws, "      ");
            text.push_str("    ] },\n");
        }
        text.push_str("  ] },\n");
    }
    let failed = requests.iter().filter(|request| request.failed).count();
    if failed > 0 {
        let share = 100.0 * failed as f64 / requests.len() as f64;
        let _ = writeln!(
            text,
            "  {{ fail = \"intrinsic\", rate = \"{share:.3}%\" }},   # {failed} failed, why is not told"
        );
    }
    text.push_str("]\n");
    note
}

fn counted(many: usize, word: &str) -> String {
    format!("{many} {}", plural(many, word))
}

fn load(
    text: &mut String,
    endpoints: &BTreeMap<&str, Vec<&TracedRequest>>,
    file: Option<&str>,
    rate: f64,
    length: f64,
) {
    text.push_str("\n[iteration.mix]\npick = [\n");
    for (endpoint, of) in endpoints {
        let _ = writeln!(text, "  {{ weight = {}, request = {} }},", of.len(), quoted(endpoint));
    }
    let users = (rate * 60.0).ceil().clamp(100.0, 100_000.0);
    let _ = write!(
        text,
        "]\n\n[test.traced]\nabout = \"As many requests per second as were traced\"\niteration = \"mix\"\nexecutor = \"constant-arrival-rate\"\n\
         rate = {}\ntimeUnit = \"1000s\"\nduration = \"{:.0}s\"\narrivals = \"poisson\"      # as visitors come; \"even\" if a load tool sent them\n\
         preAllocatedVUs = {users}\n",
        (rate * 1000.0).round().max(1.0),
        length.ceil()
    );
    if let Some(file) = file {
        let _ = writeln!(text, "recording = {{ file = {}, role = \"calibrate\" }}", quoted(file));
    }
}

/// A name as TOML.
fn quoted(name: &str) -> String {
    let mut text = String::from("\"");
    for c in name.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text + "\""
}

/// A name as a comment.
fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
