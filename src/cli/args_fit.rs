//! Arguments of the fit.

use std::path::{Path, PathBuf};

use clap::Args;

use super::args::Format;

/// Find the numbers of a model from recorded tests: CPU and connection time per request, think time, times of statements
/// and APIs, operations, mix, failures, spreads; each with a 95 % interval, its law and its figures.
///
/// The model file has the structure and first guesses. A number is found by reading a law backwards; those that --free
/// names are found by simulating the recorded tests; what no figure tells is listed with the measurement that would. Recordings that the model holds out are refused. The exit
/// code is 1 if nothing could be found.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll fit models/whatsapp.toml --test baseline
  plimsoll fit shop.toml --from results.json,postgres.csv --test load -o fitted.toml
  plimsoll fit shop.toml --from spans.csv --test load --write
  plimsoll fit models/lab.toml --format csv
  plimsoll fit models/lab.toml --keep iteration,test --free api.ai.latency.cv,api.ai.tail.share
  plimsoll fit --new traces.json -o shop.toml
  plimsoll fit shop.toml --free missing --replications 32 -o fitted.toml
  plimsoll fit shop.toml --free pool.main.connect --alternative lifo,random --replications 8")]
pub(super) struct FitArgs {
    /// Model file (TOML).
    #[arg(required_unless_present = "new")]
    model: Option<PathBuf>,
    /// Draft a whole model from traces alone (OTLP or Jaeger in JSON, or a table t_s,endpoint,status,step,duration_ms):
    /// endpoints, mix, steps, pool, and a test with the load that was traced. To --output, or stdout.
    #[arg(long, value_name = "TRACES", conflicts_with_all = ["model", "from", "write", "free", "alternative", "test", "keep", "map", "format"])]
    pub new: Option<PathBuf>,
    /// Recordings, in any format that `plimsoll inspect` knows; files that belong to no test of the model are of --test.
    /// If left out, those that the model calls calibrate.
    #[arg(long, value_name = "FILE,…", value_delimiter = ',')]
    pub from: Vec<PathBuf>,
    /// The test that was recorded; may be left out if the model says it or has only one.
    #[arg(short, long, value_name = "NAME")]
    pub test: Option<String>,
    /// Write the model with the numbers found to this file; comments and order stay.
    #[arg(short, long, value_name = "MODEL", conflicts_with = "write")]
    pub output: Option<PathBuf>,
    /// Write them into the model file itself.
    #[arg(long)]
    pub write: bool,
    /// Fit to recordings that the model holds out as well: its score on them then means nothing.
    #[arg(long)]
    pub use_held_out: bool,
    /// Numbers that stay as they are, since they are known (configured, say), by the begin of their path: iteration,test.cal.
    #[arg(long, value_name = "PATH,…", value_delimiter = ',')]
    pub keep: Vec<String>,
    /// Numbers to find by simulating the recorded tests, by their path as of --set; `missing`: whatever no law tells. They
    /// are moved until the recorded figures are met best, all trials with the same luck.
    #[arg(long, value_name = "PATH,…", value_delimiter = ',')]
    pub free: Vec<String>,
    /// Variants with another mechanism (order of waiters, scope of a pool, runtime, retries …): each is fitted like the
    /// model as it is, and all are compared.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub alternative: Vec<String>,
    /// Replications of each test at each trial of a simulation.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(4..=10_000))]
    pub replications: u32,
    /// Seed of all chance of a simulation.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Threads; 0: one per core. Results do not depend on it.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// No progress on stderr.
    #[arg(short, long)]
    pub quiet: bool,
    /// A name in the recordings and the model's name for it.
    #[arg(long, value_name = "RECORDED=MODEL")]
    pub map: Vec<String>,
    /// Form of the result on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Show every row.
    #[arg(long)]
    pub full: bool,
}

impl FitArgs {
    /// The model file; empty where a new one is drafted.
    pub fn model(&self) -> &Path {
        self.model.as_deref().unwrap_or(Path::new(""))
    }
}
