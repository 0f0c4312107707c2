//! Meaning to mechanism: one test of a model becomes a [`Program`], and names for what it measures.
//!
//! One file per kind of thing. Draws are numbered by what they are for (endpoint, verb, name), never
//! by position, so that a change to one step leaves the luck of all others as it was.

mod api;
mod cache;
mod connection;
mod flow;
mod law;
mod limit;
mod load;
mod lock;
mod moves;
mod pool;
mod queue;
mod reach;
mod statement;
mod station;

use std::collections::HashSet;

use reach::Reach;
pub use reach::requested;

use crate::distribution::Law;
use crate::engine::Program;
use crate::engine::guards::GuardSpecs;
use crate::engine::program::{LawId, Op};
use crate::load::stage_windows;
use crate::model::{Cause, Model, Test};

/// A program and the names of what it measures.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub program: Program,
    pub labels: Labels,
}

/// Names for the indices of a [`Program`].
#[derive(Clone, Debug, Default)]
pub struct Labels {
    pub endpoints: Vec<String>,
    /// Parts of a request's time account, for people.
    pub parts: Vec<String>,
    pub processors: Vec<ProcessorLabel>,
    pub permits: Vec<PermitLabel>,
    pub volumes: Vec<VolumeLabel>,
    pub counters: Vec<CounterLabel>,
    /// Named statements whose durations are measured.
    pub queries: Vec<String>,
    /// Caches, and the keyspaces of all of them, each with its cache.
    pub caches: Vec<String>,
    pub keyspaces: Vec<(String, String)>,
    pub apis: Vec<ApiLabel>,
    pub meters: Vec<MeterLabel>,
    pub queues: Vec<QueueLabel>,
    /// Flows of the test.
    pub flows: Vec<String>,
    /// Measured parts of endpoints, jobs and flows.
    pub steps: Vec<StepLabel>,
    pub laps: Vec<LapLabel>,
    pub databases: Vec<DatabaseLabel>,
    pub checks: Vec<String>,
}

/// A queue of jobs.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueLabel {
    pub name: String,
    /// Whether the test puts jobs into it.
    pub used: bool,
    /// Which of [`Labels::permits`] its workers are.
    pub gauge: usize,
}

/// A measured part.
#[derive(Clone, Debug, PartialEq)]
pub struct StepLabel {
    /// "endpoint part", "queue part" or "flow step".
    pub scope: String,
    /// Whether the test sets it off.
    pub used: bool,
}

impl Labels {
    /// The gauge of a volume: they stand behind those of processors, permits and breakers.
    #[must_use]
    pub fn gauge_of_volume(&self, volume: usize) -> usize {
        let breakers = self.apis.iter().filter(|api| api.breaker.is_some()).count();
        self.processors.len() + self.permits.len() + breakers + volume
    }
}

/// What a gauge of processors stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessorLabel {
    pub kind: ProcessorKind,
    pub name: String,
    /// Cores of all its processors together.
    pub cores: f64,
    /// Event loops of all its processors together; 0 if it has none.
    pub loops: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessorKind {
    Tier,
    Database,
    /// The threads of a cache.
    Cache,
    /// Pure delays; nothing to report.
    Delay,
}

/// A volume: the storage of a database.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeLabel {
    pub name: String,
    /// Operations per second, at most and in the long run.
    pub most: f64,
    pub base: f64,
    /// Credits at the start; 0 if it has none.
    pub bucket: f64,
}

/// Something that is counted.
#[derive(Clone, Debug, PartialEq)]
pub struct CounterLabel {
    pub what: Counted,
    /// Index into [`Labels::databases`].
    pub database: usize,
    /// Number of the counter.
    pub counter: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Ends of transactions of several statements.
    Transactions,
    /// Transactions and statements outside of one that were taken back.
    Rollbacks,
    Deadlocks,
}

/// Where a measured statement belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct LapLabel {
    /// Index into [`Labels::queries`].
    pub query: usize,
    /// Index into [`Labels::databases`].
    pub database: usize,
    /// Outside of any transaction, so that it is one itself.
    pub alone: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DatabaseLabel {
    pub name: String,
    /// Statements are slow from here on, ns.
    pub slow: Option<u64>,
}

/// What a gauge of permits stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct PermitLabel {
    pub kind: PermitKind,
    pub name: String,
    /// Permits of all its kind together.
    pub most: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermitKind {
    Pool,
    /// Server connections of a pooler.
    Pooler,
    Threads,
    /// Workers of a queue of jobs.
    Workers,
    /// Attempts of ours that are on their way to an API.
    Sockets,
    /// What the far side of an API works on.
    FarSide,
}

impl PermitKind {
    /// The metrics of what is in use and of what waits, of the kinds that belong to an API.
    #[must_use]
    pub fn api_metrics(self) -> (&'static str, &'static str) {
        match self {
            PermitKind::FarSide => ("api_active", "api_waiting"),
            PermitKind::Pool | PermitKind::Pooler | PermitKind::Threads | PermitKind::Workers | PermitKind::Sockets => {
                ("sockets_active", "sockets_waiting")
            }
        }
    }
}

/// What is measured of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiLabel {
    pub name: String,
    /// Which measured statement an attempt is.
    pub lap: usize,
    /// Counts calls; the counter after it attempts, and those after that failed ones by cause.
    pub counter: usize,
    /// Which gauge of breakers, and how many of them there are.
    pub breaker: Option<(usize, u32)>,
}

/// What is measured of a rate limit: a counter of tokens spent, and after it one of refusals.
#[derive(Clone, Debug, PartialEq)]
pub struct MeterLabel {
    pub kind: MeterKind,
    pub name: String,
    pub counter: usize,
    /// Tokens per second of all its copies together.
    pub rate: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeterKind {
    /// The far side's.
    Api,
    /// Our own.
    Inbound,
}

impl MeterKind {
    /// The metric of the share in use.
    #[must_use]
    pub fn metric(self) -> &'static str {
        match self {
            MeterKind::Api => "api_rate_limit",
            MeterKind::Inbound => "rate_limit",
        }
    }

    /// The metric that counts who was refused for want of tokens.
    #[must_use]
    pub fn refusals(self) -> &'static str {
        match self {
            MeterKind::Api => "api_rate_limit_refused",
            MeterKind::Inbound => "rate_limit_refused",
        }
    }
}

/// A test that cannot be made into a program; the reason for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError(pub String);

/// Requests in flight beyond this cut a run as overloaded: about 1 GB of records.
const MAX_IN_FLIGHT: u32 = 4_000_000;

/// Makes the program of `test` under one draw of the model's uncertain inputs. `windows` are spans
/// in seconds for which statistics are wanted besides those of the stages.
///
/// # Errors
/// When a flow nests more retries than a request can count.
pub fn compile(model: &Model, test: &Test, inputs: &[f64], windows: &[(f64, f64)]) -> Result<Compiled, CompileError> {
    let mut builder = Builder::new(model, inputs);
    let stations = builder.stations();
    builder.work_labels(test);
    builder.endpoints(&stations)?;
    builder.queues(&stations)?;
    builder.iterations();
    builder.steps_of_flows(test);
    builder.sources(test);
    builder.cuts(test, windows);
    Ok(Compiled { program: builder.program, labels: builder.labels })
}

/// The program while it grows.
struct Builder<'m> {
    model: &'m Model,
    inputs: &'m [f64],
    program: Program,
    labels: Labels,
    /// Sites in use: no two different draws may share one by accident.
    sites: HashSet<u32>,
    /// First move of each iteration.
    first_moves: Vec<u32>,
    /// What the test sets off.
    reach: Option<Reach>,
    /// Names of measured parts.
    step_names: Vec<String>,
}

impl<'m> Builder<'m> {
    fn new(model: &'m Model, inputs: &'m [f64]) -> Builder<'m> {
        let program = Program {
            ops: Vec::new(),
            laws: Vec::new(),
            processors: Vec::new(),
            lanes: 0,
            slots: Vec::new(),
            ceilings: Vec::new(),
            groups: Vec::new(),
            choices: Vec::new(),
            stores: Vec::new(),
            queues: Vec::new(),
            endpoints: Vec::new(),
            moves: Vec::new(),
            sources: Vec::new(),
            waits: Vec::new(),
            guards: GuardSpecs::default(),
            races: Vec::new(),
            volumes: Vec::new(),
            ios: Vec::new(),
            alarms: Vec::new(),
            locks: Vec::new(),
            counters: 0,
            parts: 0,
            processor_gauges: 0,
            permit_gauges: 0,
            laps: 0,
            steps: 0,
            deepest_steps: 0,
            flows: 0,
            step_names: 0,
            steps_of_flows: Vec::new(),
            causes: Cause::ALL.len() as u32,
            client_timeout_cause: Cause::ClientTimeout as u8,
            poll_timeout_cause: Cause::Deadline as u8,
            checks: 0,
            cuts: Vec::new(),
            end: 0,
            max_in_flight: MAX_IN_FLIGHT,
        };
        Builder {
            model,
            inputs,
            program,
            labels: Labels::default(),
            sites: HashSet::new(),
            first_moves: Vec::new(),
            reach: None,
            step_names: Vec::new(),
        }
    }

    /// The site of the draw that these words describe: a hash, moved on if it is taken.
    fn site(&mut self, words: &[&str]) -> u32 {
        let mut site = hash(words) as u32;
        while !self.sites.insert(site) {
            site = site.wrapping_add(1);
        }
        site
    }

    fn law(&mut self, law: Law) -> LawId {
        self.program.laws.push(law);
        (self.program.laws.len() - 1) as LawId
    }

    /// A pair of parts of the time account: waiting for something, and being served by it. Parts
    /// with the same words are the same.
    fn parts(&mut self, waiting: &str, service: &str) -> u16 {
        let known = self.labels.parts.chunks_exact(2).position(|pair| pair[0] == waiting && pair[1] == service);
        let pair = known.unwrap_or_else(|| {
            self.labels.parts.extend([waiting.to_owned(), service.to_owned()]);
            self.program.parts += 2;
            self.labels.parts.len() / 2 - 1
        });
        (2 * pair) as u16
    }

    /// The kind of race that lasts so many seconds.
    fn race(&mut self, seconds: f64) -> u16 {
        let after = ns(seconds);
        let races = &mut self.program.races;
        let race = races.iter().position(|&other| other == after).unwrap_or(races.len());
        if race == races.len() {
            races.push(after);
        }
        race as u16
    }

    fn emit(&mut self, op: Op) -> usize {
        self.program.ops.push(op);
        self.program.ops.len() - 1
    }

    /// Where the next instruction will stand.
    fn here(&self) -> u32 {
        self.program.ops.len() as u32
    }

    fn cuts(&mut self, test: &Test, windows: &[(f64, f64)]) {
        let stages = stage_windows(test);
        let spans = stages.iter().map(|w| (w.from_s, w.to_s)).chain(windows.iter().copied());
        let mut cuts: Vec<u64> = spans.flat_map(|(from, to)| [ns(from), ns(to)]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        // Those at the end and beyond too: a span is found by both of its edges.
        cuts.retain(|&cut| cut > 0);
        self.program.cuts = cuts;
    }
}

/// Seconds to whole nanoseconds.
fn ns(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

/// FNV-1a over words, each ended by a zero.
fn hash(words: &[&str]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
