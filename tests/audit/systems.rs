//! Random small systems with a test, and what a run of it would report, as a recording.

use std::path::Path;

use plimsoll::model::resolve::load_model_text;
use plimsoll::model::{Model, Role};
use plimsoll::present::tidy::prediction_table;
use plimsoll::random::derive;
use plimsoll::recording::{Recording, read_text};
use plimsoll::study::audit::{AuditReport, Case, Sureness, audit};
use plimsoll::study::observe::Wanted;
use plimsoll::study::predict::{Effort, Unwatched, predict};

/// Numbers that follow from a seed and what they are for.
pub struct Numbers(u64, u64);

impl Numbers {
    pub fn new(seed: u64) -> Numbers {
        Numbers(seed, 0)
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        self.1 += 1;
        (derive(self.0, self.1) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    pub fn below(&mut self, n: usize) -> usize {
        ((self.share() * n as f64) as usize).min(n - 1)
    }
}

/// A model file: an app, a pool before a database, a cache, two to four endpoints, some of which fail; users or arrivals.
pub fn text(seed: u64) -> String {
    let mut n = Numbers::new(seed);
    let runtime = ["\"event-loop\"", "{ threads = 40 }"][n.below(2)];
    let pool = 3 + n.below(25);
    let timeout = n.between(0.05, 1.0);
    let mut text = format!(
        "[tier.app]\ncores = {}\nruntime = {runtime}\n\n[database.main]\ncores = {}\nmax_connections = 100\n\n[pool.main]\n\
         max = {pool}\nacquire_timeout = \"{timeout:.3}s\"\norder = \"{}\"\n\n[cache.redis]\nmaxmemory = \"{}MiB\"\npolicy = \
         \"allkeys-lru\"\ncommand = \"100us\"\n\n[cache.redis.keyspace.items]\nkeys = 20000\nsize = \"1kB\"\npopularity = {{ zipf = 0.9 }}\n\n",
        1 + n.below(4),
        1 + n.below(4),
        ["fifo", "random", "lifo"][n.below(3)],
        3 + n.below(10),
    );
    let endpoints = 2 + n.below(3);
    let mut branches = String::new();
    for endpoint in 0..endpoints {
        let query = format!(
            "{{ query = \"q{endpoint}\", pool = \"main\", cpu = \"{:.2}ms\", time = {{ mean = \"{:.1}ms\", cv = 0.6 }} }}",
            n.between(0.1, 1.0),
            n.between(5.0, 60.0)
        );
        let work = match n.below(3) {
            0 => format!("{{ cache = \"items\", miss = [{query}] }}"),
            1 => format!("{query}, {{ fail = \"intrinsic\", rate = \"{:.1}%\" }}", n.between(2.0, 15.0)),
            _ => query,
        };
        text += &format!(
            "[endpoint.\"GET /e{endpoint}\"]\nsteps = [ {{ cpu = \"{:.2}ms\" }}, {work} ]\n\n",
            n.between(0.2, 2.0)
        );
        branches += &format!("  {{ weight = {}, request = \"GET /e{endpoint}\" }},\n", 1 + n.below(5));
    }
    text += &format!("[iteration.visit]\npick = [\n{branches}]\n\n[test.load]\niteration = \"visit\"\n");
    let seconds = 20 + n.below(30);
    text += &match n.below(3) {
        0 => {
            format!("vus = {}\nduration = \"{seconds}s\"\nthink = \"{:.2}s\"\n", 20 + n.below(80), n.between(0.1, 0.5))
        }
        1 => format!(
            "stages = [ {{ duration = \"5s\", target = {0} }}, {{ duration = \"{seconds}s\", target = {0} }}, {{ duration = \"3s\", target = 0 }} ]\n\
             think = \"{1:.2}s\"\n",
            20 + n.below(100),
            n.between(0.1, 0.5)
        ),
        _ => format!(
            "executor = \"constant-arrival-rate\"\nrate = \"{}/s\"\nduration = \"{seconds}s\"\npreAllocatedVUs = 200\nmaxVUs = 1000\n",
            40 + n.below(200)
        ),
    };
    text
}

/// A system, and one run of its test as a recording.
pub struct Run {
    pub model: Model,
    pub recording: Recording,
}

pub fn run(seed: u64, replications: usize) -> Run {
    let text = text(seed);
    let model = load_model_text(&text, "random", Path::new(""), None, &[]).unwrap_or_else(|p| panic!("{p}\n{text}"));
    let effort = Effort { seed, replications, precision: None, max_replications: replications, threads: 1 };
    let prediction = predict(&model, &model.tests[0], "", &Wanted::default(), &effort, &Unwatched).expect("simulates");
    let mut bytes = Vec::new();
    prediction_table(&prediction).write_csv(&mut bytes).expect("memory");
    let recording = read_text("run.csv", &String::from_utf8(bytes).expect("text")).unwrap_or_else(|e| panic!("{e:?}"));
    Run { model, recording }
}

impl Run {
    /// What an audit finds that is more than too few samples; with the plan, or with the recording alone.
    pub fn found(&self, recording: &Recording, with_model: bool) -> Vec<String> {
        let planned = with_model.then(|| (&self.model, &self.model.tests[0], Role::Validate));
        accused(&audit(None, &[], &[Case { recording, planned, system: None }]))
    }
}

pub fn accused(report: &AuditReport) -> Vec<String> {
    let meant = report.findings.iter().filter(|finding| finding.severity != Sureness::Unjudged);
    meant.map(|finding| format!("{}: {}", finding.law, finding.numbers)).collect()
}
