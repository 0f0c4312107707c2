//! Meaning to mechanism: one test of a model becomes a [`Program`], and names for what it measures.
//!
//! One file per kind of thing. Draws are numbered by what they are for (endpoint, verb, name), never
//! by position, so that a change to one step leaves the luck of all others as it was.

mod admission;
mod api;
mod autoscale;
mod cache;
mod choice;
mod connection;
mod event;
mod fault;
mod flow;
mod holds;
mod host;
mod labels;
mod law;
mod limit;
mod load;
mod lock;
mod memory;
mod moves;
mod network;
mod pool;
mod queue;
mod reach;
mod replica;
mod retry;
mod statement;
mod station;

use std::collections::HashSet;

pub use labels::*;
pub use law::mean_s;
use reach::Reach;
pub use reach::requested;

use crate::distribution::Law;
use crate::engine::Program;
use crate::engine::guards::GuardSpecs;
use crate::engine::program::{Incidents, LawId, Op};
use crate::load::stage_windows;
use crate::model::{Cause, Model, Test};

/// A program and the names of what it measures.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub program: Program,
    pub labels: Labels,
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
    let at_first = model.tiers.iter().map(|tier| tier.count).collect();
    let model = &*event::grown(model, test);
    let mut builder = Builder::new(model, test, inputs, at_first);
    let stations = builder.stations();
    builder.incidents(&stations);
    builder.work_labels(test);
    builder.endpoints(&stations)?;
    builder.queues(&stations)?;
    builder.alarms_of_breaks();
    builder.iterations();
    builder.steps_of_flows(test);
    builder.sources(test);
    builder.cuts(test, windows);
    if builder.program.loses_requests() {
        builder.program.incidents.holds = holds::holds(&builder.program);
    }
    Ok(Compiled { program: builder.program, labels: builder.labels })
}

/// A program of nothing.
fn empty_program() -> Program {
    Program {
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
        footprints: Vec::new(),
        collectors: Vec::new(),
        governors: Vec::new(),
        governor_gauges: 0,
        volumes: Vec::new(),
        ios: Vec::new(),
        alarms: Vec::new(),
        locks: Vec::new(),
        feeds: Vec::new(),
        incidents: Incidents::default(),
        scalers: Vec::new(),
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
    }
}

/// The program while it grows.
struct Builder<'m> {
    /// With as many hosts as there may ever be.
    model: &'m Model,
    /// Hosts of each tier when the test begins.
    at_first: Vec<u32>,
    test: &'m Test,
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
    /// Transactions in all flows so far.
    transactions: u32,
    /// The database whose statements run under each alarm, where they break with it.
    alarms_of: Vec<Option<u32>>,
    /// What is planned of which the alarms are not known yet, each with its database.
    broken: Vec<(usize, u32)>,
}

impl<'m> Builder<'m> {
    fn new(model: &'m Model, test: &'m Test, inputs: &'m [f64], at_first: Vec<u32>) -> Builder<'m> {
        Builder {
            model,
            at_first,
            test,
            inputs,
            program: empty_program(),
            labels: Labels::default(),
            sites: HashSet::new(),
            first_moves: Vec::new(),
            reach: None,
            step_names: Vec::new(),
            transactions: 0,
            alarms_of: Vec::new(),
            broken: Vec::new(),
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
