//! A law, a recorded figure, and the numbers of the model that it is about.

use super::quantities::{Key, Quantities};
use super::reading::{Reading, Z, closed, planned, response, steadiest, throughput};
use super::{LawRow, Run, Tried};
use crate::load::regular_end_s;
use crate::model::{Amount, Meaning};
use crate::theory::queues::erlang_c;

/// A number that adds less than this share to a mean is no unknown of it.
const LITTLE: f64 = 0.005;
/// Share of a response that may be waiting for a residual to be read from it.
const MOST_WAITING: f64 = 0.3;
/// Use of a database's cores from which a mean wait is too uncertain to be taken off.
const MOST_USED: f64 = 0.95;
/// Percentage of failures up to which a mean response is that of whole requests.
const MOST_FAILED: f64 = 2.0;

/// `model + Σ slope × (number - its value in the model) = target`.
#[derive(Clone, Debug)]
pub(super) struct Equation {
    pub key: Key,
    pub run: usize,
    pub target: Reading,
    pub model: f64,
    /// By number that was tried.
    pub slopes: Vec<f64>,
    pub law: &'static str,
}

/// All equations of all runs.
pub(super) fn equations(
    runs: &[Run],
    tried: &[Tried],
    base: &[Quantities],
    changed: &[Vec<Option<Quantities>>],
) -> Vec<Equation> {
    let mut all = Vec::new();
    for (number, (run, base)) in runs.iter().zip(base).enumerate() {
        for (key, &alone) in &base.of {
            let Some((mut target, law)) = target(run, base, key, alone) else { continue };
            let longer = queueing(run, base, key);
            let model = base.stretched(key, longer).unwrap_or(alone);
            // How many wait is the less certain the more there are.
            target.noise = target.noise.hypot(0.5 * (model - alone));
            let slope = |(tried, changed): (&Tried, &Vec<Option<Quantities>>)| {
                let to = changed[number].as_ref().and_then(|quantities| quantities.stretched(key, longer));
                to.map_or(0.0, |to| (to - model) / (tried.to - tried.parameter.middle()))
            };
            let slopes = tried.iter().zip(changed).map(slope).collect();
            all.push(Equation { key: key.clone(), run: number, target, model, slopes, law });
        }
    }
    all.extend(runs.iter().enumerate().flat_map(|(number, run)| steps(number, run, tried)));
    all
}

/// How many times its own length work on a database's cores waits within what was recorded: of M/M/c at the recorded use,
/// where nothing depends on how demands spread since cores are shared. 0 where the use is not known.
pub(super) fn queueing(run: &Run, base: &Quantities, key: &Key) -> f64 {
    let Some((database, _)) = base.inside.get(key) else { return 0.0 };
    let Some(cores) = base.servers.get(&Key::Cpu(database.clone())) else { return 0.0 };
    let found = steadiest(run, "cpu", database, "avg");
    let Some(used) = Reading::of(&found, run.recording).map(|used| used.value / 100.0) else { return 0.0 };
    let cores = cores.round().max(1.0);
    let waits = erlang_c(cores as u32, used * cores).filter(|_| used < MOST_USED);
    waits.map_or(0.0, |waits| waits / (cores * (1.0 - used)))
}

/// Steps that were timed one by one, known by the path of their law.
fn steps(number: usize, run: &Run, tried: &[Tried]) -> Vec<Equation> {
    let equation = |(at, tried_one): (usize, &Tried)| {
        let parameter = &tried_one.parameter;
        let speed = match &parameter.is {
            Meaning::Amount(Amount::Cpu { endpoint }) => {
                let of = run.model.endpoints.iter().find(|other| other.name == *endpoint)?;
                run.model.tiers.get(of.tier as usize)?.speed
            }
            Meaning::Amount(_) => 1.0,
            _ => return None,
        };
        let law = law_of(&parameter.path);
        let target = timed_mean(run, "step_duration", law).filter(|target| target.value.is_finite())?;
        let mut slopes = vec![0.0; tried.len()];
        slopes[at] = 1.0 / speed;
        let (key, model) = (Key::Step(law.to_owned()), parameter.middle() / speed);
        Some(Equation { key, run: number, target, model, slopes, law: "mean of the step" })
    };
    tried.iter().enumerate().filter_map(equation).collect()
}

/// The path of a law, of that of its mean or spread.
pub(super) fn law_of(path: &str) -> &str {
    [".mean", ".constant", ".cv"].iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path)
}

/// What the recording says of a mean, and the law that says it.
fn target(run: &Run, base: &Quantities, key: &Key, model: f64) -> Option<(Reading, &'static str)> {
    match key {
        Key::Cpu(name) => {
            let busy = per_request(run, "cpu", name, base.servers.get(key)? / 100.0, 1.0)?;
            Some((busy, "utilisation law, D = U x cores / X"))
        }
        Key::Storage(name) => {
            Some((per_request(run, "iops", name, 1.0, 1.0)?, "forced flow law, operations per request = IOPS / X"))
        }
        Key::Hold(name) => Some((
            per_request(run, "connections_active", name, 1.0, 2.0)?,
            "Little's law, hold = connections in use / X",
        )),
        Key::Think => Some((think(run, base)?, "response time law, Z = N / X - R")),
        Key::Query(name) => Some((mean_of(run, "query_duration", name)?, "mean of the statement")),
        Key::Latency(name) => Some((mean_of(run, "api_latency", name)?, "mean of an attempt")),
        Key::Step(_) => None,
        Key::Response(name) => Some((unhindered(run, name, model)?, "what is left of the response")),
    }
    .filter(|(reading, _)| reading.value.is_finite())
}

/// A level over the throughput; chance: each request adds what it needs, with a spread of its mean.
fn per_request(run: &Run, metric: &str, scope: &str, servers: f64, squares: f64) -> Option<Reading> {
    let found = steadiest(run, metric, scope, "avg");
    let window = found.first()?.window;
    let level = Reading::of(&found, run.recording)?.times(servers);
    let rate = throughput(run, window)?;
    let length = window.map_or(regular_end_s(run.test), |(from, to)| to - from);
    let requests = (rate.value * length).max(1.0);
    // Connections are counted once a second, if nothing better is known; CPU time adds up by itself.
    let looks = if metric == "connections_active" { Z * (level.value / length).sqrt() } else { 0.0 };
    let mut reading = level.clone();
    reading.noise = reading.noise.hypot(looks);
    reading.noisy(Z * (squares / requests).sqrt()).over(&rate).filter(|_| level.value > 0.0)
}

/// Sleep per iteration: users' time over iterations, less the responses.
fn think(run: &Run, base: &Quantities) -> Option<Reading> {
    if !closed(run.test) || !base.plain_iterations || base.requests_per_iteration <= 0.0 {
        return None;
    }
    let rates = steadiest(run, "http_reqs", "", "rate");
    let span = rates.first().and_then(|o| o.window);
    let (from, to) = span.unwrap_or((0.0, regular_end_s(run.test)));
    let requests = match span {
        Some(_) => Reading::of(&rates, run.recording)?.times(to - from),
        None => super::reading::whole(run, "http_reqs", "", "count")
            .or_else(|| Some(Reading::of(&rates, run.recording)?.times(to - from)))?,
    };
    let time = planned(run.test, (from, to));
    let spent = Reading { value: time, low: time, high: time, noise: 0.0, figures: Vec::new() };
    let per_iteration = base.requests_per_iteration;
    let cycle = spent.over(&requests)?.times(per_iteration);
    // At both ends of the stretch each user is somewhere within a cycle; at the end of a test the last one may count or not.
    let (count, users) = (requests.value.max(1.0), time / (to - from));
    let ends = if span.is_none() { users / (2.0 * count) } else { 0.0 };
    let cycle = cycle.noisy(Z * (1.0 / count + users / (6.0 * count * count)).sqrt() + ends);
    let response = response(run, "")?.times(per_iteration);
    Some(cycle.minus(&response))
}

/// The mean of what was timed one by one.
fn mean_of(run: &Run, metric: &str, scope: &str) -> Option<Reading> {
    let (metric, scope) = timed_as(run, metric, scope)?;
    timed_mean(run, &metric, &scope)
}

fn timed_mean(run: &Run, metric: &str, scope: &str) -> Option<Reading> {
    let found = steadiest(run, metric, scope, "avg");
    let window = found.first()?.window;
    let counts = ["query_count", metric].map(|of| run.recording.of(of, scope, "count").find(|o| o.window == window));
    let count = counts.into_iter().flatten().next().map_or(30.0, crate::recording::Observation::middle);
    let mean = Reading::of(&found, run.recording).filter(|mean| mean.value > 0.0)?;
    let cv = super::spread::recorded_cv(run, metric, scope);
    Some(mean.times(1e-3).noisy(Z * cv / count.max(1.0).sqrt()))
}

/// The metric and scope under which a part is recorded: its own, or a step of this name.
pub(super) fn timed_as(run: &Run, metric: &str, name: &str) -> Option<(String, String)> {
    let all = || run.recording.observations.iter();
    if all().any(|o| o.metric == metric && o.scope == name) {
        return Some((metric.to_owned(), name.to_owned()));
    }
    let mut steps = all().filter(|o| o.metric == "step_duration" && o.stat == "avg");
    let step = steps.find(|o| o.scope.strip_suffix(name).is_some_and(|rest| rest.ends_with(' ')))?;
    Some((step.metric.clone(), step.scope.clone()))
}

/// A mean response less what is waiting in it by the estimate, which is no better known than by itself.
fn unhindered(run: &Run, endpoint: &str, model: f64) -> Option<Reading> {
    // What fails ends early, and percentiles alone leave too much open.
    let failed =
        run.recording.find("http_req_failed", endpoint, "rate").map_or(0.0, crate::recording::Observation::middle);
    if failed > MOST_FAILED {
        return None;
    }
    steadiest(run, "http_req_duration", endpoint, "avg").first()?;
    let recorded = response(run, endpoint)?;
    let instant = crate::study::instant::instant(run.model, run.test).ok()?;
    let means = instant.windows.iter().find(|window| window.busiest)?.estimate?;
    let alone = crate::study::instant::demands(run.model, run.test).ok()?.response_s;
    let waiting = (means.response_s - alone).max(0.0);
    (waiting <= MOST_WAITING * recorded.value && model > 0.0).then_some(Reading {
        value: recorded.value - waiting,
        low: recorded.low - 2.0 * waiting,
        high: recorded.high,
        noise: recorded.noise,
        figures: recorded.figures,
    })
}

impl Equation {
    /// Numbers of the model that it depends on.
    pub fn unknowns(&self, tried: &[Tried]) -> Vec<usize> {
        let adds = |at: usize| (self.slopes[at] * tried[at].parameter.middle()).abs();
        let matters = |at: &usize| {
            self.slopes[*at] != 0.0 && (tried[*at].parameter.middle() == 0.0 || adds(*at) > LITTLE * self.model.abs())
        };
        (0..self.slopes.len()).filter(matters).collect()
    }

    /// For people.
    pub fn name(&self) -> String {
        match &self.key {
            Key::Cpu(name) => format!("CPU of {name} per request"),
            Key::Storage(name) => format!("storage operations of {name} per request"),
            Key::Hold(name) => format!("hold of a connection of {name} per request"),
            Key::Think => "think time per iteration".to_owned(),
            Key::Query(name) => format!("statement {name}"),
            Key::Latency(name) => format!("latency of {name}"),
            Key::Step(law) => format!("step {law}"),
            Key::Response(name) if name.is_empty() => "response without waiting".to_owned(),
            Key::Response(name) => format!("response of {name} without waiting"),
        }
    }

    pub fn row(&self, runs: &[Run]) -> LawRow {
        let (low, high) = self.target.interval();
        LawRow {
            test: runs[self.run].test.name.clone(),
            quantity: self.name(),
            unit: if matches!(self.key, Key::Storage(_)) { "1" } else { "s" },
            model: self.model,
            value: self.target.value,
            low: low.max(0.0).min(high),
            high,
            inside: low <= self.model && self.model <= high,
            law: self.law.to_owned(),
            figures: self.target.figures.clone(),
        }
    }
}
