//! "I have traces, and no model": a whole model from traces alone, to run at once and to correct by hand.
//!
//! Endpoints are the requests seen, the mix their counts, steps the parts of each in their order. Requests of an endpoint that took
//! different ways (a cache hit, a miss) become ways of an `either`. What a part is is told by its name: work, a statement, a wait for a
//! connection (left out: it is a result), anything else a time that passes. What no part covers is work of the app. All that traces do not
//! tell (cores, limits) is assumed, and says so.

mod law;
mod ways;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::recording::traces::TracedRequest;
use law::{law, milliseconds};
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

/// Times that no part covers are work of the app up to this mean, s; longer ones are a wait.
const MOST_REST: f64 = 0.02;
/// Parts of a rest that are not worth a step, s.
const LEAST_REST: f64 = 1e-5;

/// A model from traces, as text; `file` is the traces' path as it is to stand in the model, if any is.
///
/// `requests` are at least one, in the order in which they began.
#[must_use]
pub fn draft(name: &str, file: Option<&str>, requests: &[TracedRequest]) -> String {
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
    for (endpoint, of) in &endpoints {
        write_endpoint(&mut text, endpoint, of, &taken[endpoint]);
    }
    load(&mut text, &endpoints, file, requests.len() as f64 / length, length);
    text
}

fn head(name: &str, requests: usize, length: f64) -> String {
    format!(
        "# Drafted by `plimsoll fit --new` from {requests} traced requests of {length:.0} s. Check first what says \"assumed\".\n\n[system]\n\
         name = {}\nabout = \"Drafted from traces.\"\n",
        quoted(name)
    )
}

/// The tier, and a database with a pool if there are statements.
fn stations(text: &mut String, taken: &BTreeMap<&str, Vec<Way>>, requests: &[TracedRequest], length: f64) {
    let parts = || taken.values().flatten().flat_map(|way| &way.steps);
    text.push_str("\n[tier.app]\ncores = 2                  # assumed: traces do not tell\n");
    text.push_str("runtime = { threads = 200 } # assumed; \"event-loop\" for Node\n");
    if !parts().any(|name| kind(name) == Kind::Statement) {
        return;
    }
    let held: f64 =
        requests.iter().flat_map(|r| &r.steps).filter(|(n, _)| kind(n) == Kind::Statement).map(|(_, t)| t).sum();
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

fn write_endpoint(text: &mut String, endpoint: &str, requests: &[&TracedRequest], ways: &[Way]) {
    let _ = write!(
        text,
        "\n[endpoint.{}]             # {} requests\ntier = \"app\"\nsteps = [\n",
        quoted(endpoint),
        requests.len()
    );
    let laws = laws(ways);
    if let [only] = ways {
        steps(text, only, &laws, "  ");
    } else {
        text.push_str("  { either = [\n");
        for way in ways {
            let _ = writeln!(text, "    {{ weight = {}, steps = [", way.requests.len());
            steps(text, way, &laws, "      ");
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
}

/// Times by name, of all ways.
fn laws(ways: &[Way]) -> BTreeMap<String, law::Chosen> {
    let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (name, time) in ways.iter().flat_map(|way| &way.times) {
        times.entry(name.clone()).or_default().push(*time);
    }
    times.into_iter().map(|(name, times)| (name, law(&times))).collect()
}

fn steps(text: &mut String, way: &Way, laws: &BTreeMap<String, law::Chosen>, indent: &str) {
    for name in &way.steps {
        let Some(chosen) = laws.get(name) else { continue };
        let written = &chosen.written;
        let step = match kind(name) {
            Kind::PoolWait => continue,
            Kind::Work => format!("{{ cpu = {written} }}"),
            Kind::Statement => format!("{{ query = {}, pool = \"main\", time = {written} }}", quoted(name)),
            Kind::Other => format!("{{ wait = {written}, name = {} }}", quoted(name)),
        };
        let _ = writeln!(text, "{indent}{step},   # {}: {}", one_line(name), chosen.why);
    }
    let mean = way.rest.iter().sum::<f64>() / way.rest.len().max(1) as f64;
    if mean > LEAST_REST {
        let chosen = law(&way.rest.iter().map(|rest| rest.max(0.0)).collect::<Vec<f64>>());
        let written = if mean <= MOST_REST {
            format!("cpu = {}", chosen.written)
        } else {
            format!("wait = {}, name = \"rest\"", chosen.written)
        };
        let _ = writeln!(
            text,
            "{indent}{{ {written} }},   # what no span covers, {}: assumed to be this; {}",
            milliseconds(mean),
            chosen.why
        );
    } else if way.steps.iter().all(|name| kind(name) == Kind::PoolWait) {
        let _ = writeln!(text, "{indent}{{ wait = \"{}\" }},", milliseconds(LEAST_REST));
    }
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
